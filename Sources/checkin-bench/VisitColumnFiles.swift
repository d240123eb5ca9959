internal import CommandKit
internal import CrossMatch
internal import Dispatch
internal import Glibc

/// Visits as files of 32-bit columns.
///
/// `person.u32`, `venue.u32`, `enter.u32` and `exit.u32` in the order of entry, and `cases.u32`. Times
/// are seconds from any zero.
struct VisitColumnFiles {
  let person: MappedColumn
  let venue: MappedColumn
  let enter: MappedColumn
  let exit: MappedColumn
  let cases: [UInt32]
  /// More than the largest number of a person.
  let personCount: Int

  init(folder: String) throws {
    person = try MappedColumn("\(folder)/person.u32")
    venue = try MappedColumn("\(folder)/venue.u32")
    enter = try MappedColumn("\(folder)/enter.u32")
    exit = try MappedColumn("\(folder)/exit.u32")
    let cases = try MappedColumn("\(folder)/cases.u32")
    self.cases = withExtendedLifetime(cases) { Array(cases.values) }
    guard Set([person, venue, enter, exit].map(\.values.count)).count == 1 else {
      throw CommandError("the columns in \(folder) are not of one length")
    }
    var (largest, last, latest): (UInt32, UInt32, UInt32) = (0, 0, 0)
    for row in enter.values.indices {
      guard enter.values[row] >= last else {
        throw CommandError("\(folder)/enter.u32 does not ascend")
      }
      last = enter.values[row]
      latest = max(latest, exit.values[row])
      largest = max(largest, person.values[row])
    }
    guard largest < .max, latest <= Int32.max else {
      throw CommandError("\(folder) holds a person or a time that is too large")
    }
    personCount = person.values.isEmpty ? 0 : Int(largest) + 1
    guard self.cases.allSatisfy({ Int($0) < personCount }) else {
      throw CommandError("\(folder)/cases.u32 names somebody who has no visit")
    }
  }

  var count: Int { person.values.count }

  /// Builds the segments, one for each 86,400 seconds.
  func view(threads: Int) -> VisitView {
    var days: [Range<Int>] = []
    var first = 0
    while first < count {
      let day = enter.values[first] / 86_400
      var (low, high) = (first, count)
      while low < high {
        let middle = (low + high) / 2
        if enter.values[middle] / 86_400 <= day { low = middle + 1 } else { high = middle }
      }
      days.append(first..<low)
      first = low
    }
    nonisolated(unsafe) let segments = UnsafeMutableBufferPointer<VisitSegment?>.allocate(
      capacity: days.count)
    segments.initialize(repeating: nil)
    defer { segments.deinitialize().deallocate() }
    let sorted = days
    // Each thread takes every so manieth day: days are of one size.
    DispatchQueue.concurrentPerform(iterations: threads) { thread in
      for day in stride(from: thread, to: sorted.count, by: threads) {
        segments[day] = segment(sorted[day])
      }
    }
    return VisitView(segments.compactMap { $0 })
  }

  private func segment(_ rows: Range<Int>) -> VisitSegment {
    withUnsafeTemporaryAllocation(of: VisitRecord.self, capacity: rows.count) { records in
      for (place, row) in rows.enumerated() {
        records.initializeElement(
          at: place,
          to: VisitRecord(
            venue: UInt64(venue.values[row]), enter: Int32(bitPattern: enter.values[row]),
            leave: Int32(bitPattern: exit.values[row]), subject: person.values[row],
            source: UInt32(row)))
      }
      return VisitSegment(sorting: UnsafeBufferPointer(records), memory: .largePages)
    }
  }
}

/// A file of 32-bit numbers, mapped.
final class MappedColumn: @unchecked Sendable {
  // The file is only read, and unmapped once nobody has the value.
  let values: UnsafeBufferPointer<UInt32>

  init(_ path: String) throws {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw CommandError("\(path) cannot be read: \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_size % 4 == 0 else {
      throw CommandError("\(path) is not a file of 32-bit numbers")
    }
    let size = Int(status.st_size)
    guard size > 0 else {
      values = UnsafeBufferPointer(start: nil, count: 0)
      return
    }
    guard let base = mmap(nil, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, descriptor, 0),
      base != MAP_FAILED
    else { throw CommandError("\(path) cannot be mapped: \(String(cString: strerror(errno)))") }
    values = UnsafeBufferPointer(
      start: base.bindMemory(to: UInt32.self, capacity: size / 4), count: size / 4)
  }

  deinit {
    if let base = values.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: base), values.count * 4)
    }
  }
}

extension ColumnMemorySource {
  /// Memory of its own in pages of 2 MiB, where the system has them, and reserved only as written.
  static let largePages = ColumnMemorySource { byteCount in
    guard byteCount >= 1 << 21,
      let base = mmap(
        nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0),
      base != MAP_FAILED
    else { return ColumnMemorySource.heap.allocate(byteCount) }
    madvise(base, byteCount, MADV_HUGEPAGE)
    return Region(base: base, owner: Mapping(base, byteCount))
  }

  /// A mapping, undone with the value.
  private final class Mapping: @unchecked Sendable {
    // Nothing is done through the pointer but to unmap it, once.
    private let base: UnsafeMutableRawPointer
    private let byteCount: Int

    init(_ base: UnsafeMutableRawPointer, _ byteCount: Int) {
      self.base = base
      self.byteCount = byteCount
    }

    deinit { munmap(base, byteCount) }
  }
}
