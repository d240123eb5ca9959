internal import Presence

extension VisitSegment {
  /// Sorts records into a segment.
  ///
  /// The same records in any order make the same bytes.
  ///
  /// - Parameters:
  ///   - records: In any order; fastest when they come by time of entry.
  ///   - memory: Where the columns are kept.
  /// - Complexity: O(n), and 24 bytes a record meanwhile.
  public init(_ records: [VisitRecord], memory: ColumnMemorySource = .heap) {
    self = records.withUnsafeBufferPointer { VisitSegment(sorting: $0, memory: memory) }
  }

  /// Sorts records of a buffer into a segment.
  ///
  /// - Parameters:
  ///   - records: In any order.
  ///   - memory: Where the columns are kept.
  /// - Complexity: O(n), and 24 bytes a record meanwhile.
  public init(
    sorting records: UnsafeBufferPointer<VisitRecord>, memory: ColumnMemorySource = .heap
  ) {
    precondition(records.count <= VisitSegment.countLimit, "32-bit rows")
    let count = records.count

    // Records are dealt out to venues first, so that what must be compared is one integer.
    var numbering = VenueNumbering()
    var venueOfRecord = [UInt32](repeating: 0, count: count)
    for index in 0..<count { venueOfRecord[index] = numbering.number(of: records[index].venue) }
    let order = numbering.ids.indices.sorted { numbering.ids[$0] < numbering.ids[$1] }
    var rank = [UInt32](repeating: 0, count: order.count)
    for (place, number) in order.enumerated() { rank[number] = UInt32(place) }
    var starts = [Int](repeating: 0, count: order.count + 1)
    for number in venueOfRecord { starts[Int(rank[Int(number)]) + 1] += 1 }
    for place in order.indices { starts[place + 1] += starts[place] }

    // Entry in the high half, index in the low one: sorting integers sorts by entry.
    var keys = [UInt64](repeating: 0, count: count)
    var spare = [UInt64](repeating: 0, count: count)
    var next = starts
    for index in 0..<count {
      let place = Int(rank[Int(venueOfRecord[index])])
      let biased = UInt32(bitPattern: records[index].enter) ^ 0x8000_0000
      keys[next[place]] = UInt64(biased) << 32 | UInt64(index)
      next[place] += 1
    }
    var rows = RowColumns(capacity: count, hasZones: records.contains { $0.zone != 0 }, memory)
    keys.withUnsafeMutableBufferPointer { keys in
      spare.withUnsafeMutableBufferPointer { spare in
        for (place, number) in order.enumerated() {
          let run = UnsafeMutableBufferPointer(rebasing: keys[starts[place]..<starts[place + 1]])
          let other = UnsafeMutableBufferPointer(rebasing: spare[starts[place]..<starts[place + 1]])
          RadixSort.sort(run, 32..<64, spare: other)
          Self.orderEqualEntries(run, records)
          rows.beginVenue(numbering.ids[number])
          for key in run { rows.append(records[Int(key & 0xffff_ffff)]) }
        }
      }
    }
    self = rows.segment(memory, &keys, &spare)
  }

  /// Orders keys of equal entry by what else tells their records apart, so that a segment does not
  /// depend on the order it was built in.
  private static func orderEqualEntries(
    _ keys: UnsafeMutableBufferPointer<UInt64>, _ records: UnsafeBufferPointer<VisitRecord>
  ) {
    var first = 0
    while first + 1 < keys.count {
      var end = first + 1
      while end < keys.count, keys[end] >> 32 == keys[first] >> 32 { end += 1 }
      if end - first > 1 {
        keys[first..<end].sort {
          records[Int($0 & 0xffff_ffff)].isBefore(records[Int($1 & 0xffff_ffff)])
        }
      }
      first = end
    }
  }
}

extension VisitRecord {
  /// Whether a record of the same venue has its row first: by entry, source, and the rest.
  @inline(__always)
  func isBefore(_ other: VisitRecord) -> Bool {
    if enter != other.enter { return enter < other.enter }
    if source != other.source { return source < other.source }
    if subject != other.subject { return subject < other.subject }
    if leave != other.leave { return leave < other.leave }
    return zone < other.zone
  }
}

/// Numbers venues as they are met; a table of its own, because it is asked once a visit.
private struct VenueNumbering {
  private(set) var ids: [UInt64] = []
  /// One more than a number, or 0; a power of two of places, at most half of them taken.
  private var table = [UInt32](repeating: 0, count: 1 << 10)

  mutating func number(of id: UInt64) -> UInt32 {
    let mask = table.count - 1
    var place = VenueNumbering.hash(id) & mask
    while table[place] != 0 {
      if ids[Int(table[place] - 1)] == id { return table[place] - 1 }
      place = (place + 1) & mask
    }
    ids.append(id)
    table[place] = UInt32(ids.count)
    if ids.count * 2 > table.count { grow() }
    return UInt32(ids.count - 1)
  }

  private mutating func grow() {
    table = [UInt32](repeating: 0, count: table.count * 4)
    let mask = table.count - 1
    for (number, id) in ids.enumerated() {
      var place = VenueNumbering.hash(id) & mask
      while table[place] != 0 { place = (place + 1) & mask }
      table[place] = UInt32(number + 1)
    }
  }

  /// The upper half of a product with an odd number mixes all bits; ids from outside that collide on
  /// purpose cost time, in a table of the venues of one registry.
  private static func hash(_ id: UInt64) -> Int {
    Int((id &* 0x9e37_79b9_7f4a_7c15) >> 32)
  }
}

/// Sorting of integers digit by digit, which is stable and linear.
enum RadixSort {
  /// Sorts keys by some of their bits.
  ///
  /// - Parameters:
  ///   - keys: What is sorted in place.
  ///   - bits: The bits that are compared.
  ///   - spare: As much room as keys.
  static func sort(
    _ keys: UnsafeMutableBufferPointer<UInt64>, _ bits: Range<Int>,
    spare: UnsafeMutableBufferPointer<UInt64>
  ) {
    guard keys.count > 1 else { return }
    // What comes by time is in order already.
    var isSorted = true
    var differing: UInt64 = 0
    for place in 1..<keys.count {
      isSorted =
        isSorted
        && keys[place - 1] >> UInt64(bits.lowerBound) <= keys[place] >> UInt64(bits.lowerBound)
      differing |= keys[place - 1] ^ keys[place]
    }
    if isSorted { return }
    if keys.count <= 24 {
      insertionSort(keys, UInt64(bits.lowerBound))
      return
    }
    var (from, to) = (keys, spare)
    withUnsafeTemporaryAllocation(of: Int.self, capacity: 256) { next in
      for shift in stride(from: bits.lowerBound, to: bits.upperBound, by: 8) {
        let digit = UInt64(shift)
        // A digit that all share orders nothing.
        if differing >> digit & 0xff == 0 { continue }
        for value in 0..<256 { next[value] = 0 }
        for key in from { next[Int(key >> digit & 0xff)] += 1 }
        var sum = 0
        for value in 0..<256 {
          let count = next[value]
          next[value] = sum
          sum += count
        }
        for key in from {
          let value = Int(key >> digit & 0xff)
          to[next[value]] = key
          next[value] += 1
        }
        swap(&from, &to)
      }
    }
    if from.baseAddress != keys.baseAddress {
      let filled = keys.update(fromContentsOf: from)
      assert(filled == keys.count)
    }
  }

  private static func insertionSort(_ keys: UnsafeMutableBufferPointer<UInt64>, _ shift: UInt64) {
    for place in 1..<keys.count {
      let key = keys[place]
      var hole = place
      while hole > 0, keys[hole - 1] >> shift > key >> shift {
        keys[hole] = keys[hole - 1]
        hole -= 1
      }
      keys[hole] = key
    }
  }
}

/// The columns of rows in their final order, from which a segment derives the others.
struct RowColumns {
  private var venues: [UInt64] = []
  private var venueStart: [UInt32] = []
  private let enter: GrowingColumn<Int32>
  private let leave: GrowingColumn<Int32>
  private let subject: GrowingColumn<UInt32>
  private let source: GrowingColumn<UInt32>
  private let zone: GrowingColumn<UInt8>
  private let hasZones: Bool
  private(set) var count = 0

  /// Makes room for so many rows.
  init(capacity: Int, hasZones: Bool, _ memory: ColumnMemorySource) {
    enter = GrowingColumn(capacity: capacity, memory: memory)
    leave = GrowingColumn(capacity: capacity, memory: memory)
    subject = GrowingColumn(capacity: capacity, memory: memory)
    source = GrowingColumn(capacity: capacity, memory: memory)
    zone = GrowingColumn(capacity: hasZones ? capacity : 0, memory: memory)
    self.hasZones = hasZones
  }

  /// Says which venue the next rows are of; venues come in order, and one without rows vanishes.
  mutating func beginVenue(_ id: UInt64) {
    if let last = venueStart.last, Int(last) == count {
      venues[venues.count - 1] = id
    } else {
      venues.append(id)
      venueStart.append(UInt32(count))
    }
  }

  /// Adds the next row of the venue.
  @inline(__always)
  mutating func append(_ record: VisitRecord) {
    enter.values[count] = record.enter
    leave.values[count] = record.leave
    subject.values[count] = record.subject
    source.values[count] = record.source
    if hasZones { zone.values[count] = record.zone }
    count += 1
  }

  /// Makes the segment.
  ///
  /// - Parameters:
  ///   - memory: Where the other columns are kept.
  ///   - keys: Room for as many keys as rows, with any contents.
  ///   - spare: As much again.
  /// - Returns: A segment of the rows so far; the value must not be used after.
  mutating func segment(
    _ memory: ColumnMemorySource, _ keys: inout [UInt64], _ spare: inout [UInt64]
  ) -> VisitSegment {
    if let last = venueStart.last, Int(last) == count {
      venues.removeLast()
      venueStart.removeLast()
    }
    venueStart.append(UInt32(count))
    let leave = leave.column(count: count)
    let enter = enter.column(count: count)
    let subject = subject.column(count: count)
    let blockLeave = RowColumns.maxima(of: leave, each: 16, memory)
    var extent = [Int32.max, Int32.min, Int32.min]
    for row in 0..<count {
      extent[0] = min(extent[0], enter.base[row])
      extent[1] = max(extent[1], enter.base[row])
      extent[2] = max(extent[2], leave.base[row])
    }
    var stepVenue: [UInt32] = []
    stepVenue.reserveCapacity((count + 63) / 64)
    var venue = 0
    for row in stride(from: 0, to: count, by: 64) {
      while Int(venueStart[venue + 1]) <= row { venue += 1 }
      stepVenue.append(UInt32(venue))
    }
    let people = PersonOrder(subject, memory, &keys, &spare)
    precondition(
      people.largest.map { $0 < Int(SubjectNumber.subjectLimit) } ?? true,
      "kernels take people's numbers as signed")
    return VisitSegment(
      SegmentStorage(
        venues: Column(venues), venueStart: Column(venueStart), enter: enter, leave: leave,
        subject: subject, source: source.column(count: count),
        zone: zone.column(count: hasZones ? count : 0), stepVenue: Column(stepVenue),
        blockLeave: blockLeave, groupLeave: RowColumns.maxima(of: blockLeave, each: 16, memory),
        people: people, extent: Column(extent)))
  }

  /// Returns the maximum of each so many values.
  private static func maxima(
    of column: Column<Int32>, each length: Int, _ memory: ColumnMemorySource
  ) -> Column<Int32> {
    let blocks = (column.count + length - 1) / length
    let maxima = GrowingColumn<Int32>(capacity: blocks, memory: memory)
    for block in 0..<blocks {
      var latest = Int32.min
      for place in (block * length)..<min((block + 1) * length, column.count) {
        latest = max(latest, column.base[place])
      }
      maxima.values[block] = latest
    }
    return maxima.column(count: blocks)
  }
}

extension PersonOrder {
  /// Sorts rows by person.
  init(
    _ subject: Column<UInt32>, _ memory: ColumnMemorySource, _ keys: inout [UInt64],
    _ spare: inout [UInt64]
  ) {
    let count = subject.count
    let rows = GrowingColumn<UInt32>(capacity: count, memory: memory)
    let starts = GrowingColumn<UInt64>(capacity: (count + 63) / 64, memory: memory)
    starts.values.update(repeating: 0)
    var groups: [UInt64] = []
    keys.withUnsafeMutableBufferPointer { keys in
      spare.withUnsafeMutableBufferPointer { spare in
        let keys = UnsafeMutableBufferPointer(rebasing: keys[..<count])
        for row in 0..<count { keys[row] = UInt64(subject.base[row]) << 32 | UInt64(row) }
        RadixSort.sort(
          keys, 32..<64, spare: UnsafeMutableBufferPointer(rebasing: spare[..<count]))
        // No person has all bits set in the number of their group.
        var person = UInt64.max
        for entry in 0..<count {
          let key = keys[entry]
          rows.values[entry] = UInt32(truncatingIfNeeded: key)
          guard key >> 32 != person else { continue }
          if key >> 38 != person >> 6 {
            groups.append((key >> 38) << 32 | UInt64(entry))
            groups.append(0)
          }
          person = key >> 32
          groups[groups.count - 1] |= 1 << (person & 63)
          starts.values[entry >> 6] |= 1 << UInt64(entry & 63)
        }
      }
    }
    groups.append(UInt64(UInt32.max) << 32 | UInt64(count))
    groups.append(0)
    self.init(
      groups: Column(groups), starts: starts.column(count: (count + 63) / 64),
      rows: rows.column(count: count))
  }
}
