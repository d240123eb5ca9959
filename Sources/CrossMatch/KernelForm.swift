internal import CKernels
internal import Presence

/// The forms that the innermost loops come in; all give the same bytes.
package enum KernelForm: Int32, CaseIterable, Comparable, Sendable {
  /// Swift, a row at a time and without the maxima of blocks: what the others are tested against,
  /// and what reads a segment whose times lie more than 68 years apart.
  case plain = 0
  /// C for any processor.
  case portable = 1
  /// C for x86 processors of 2013 and later.
  case avx2 = 2
  /// C for x86 processors with registers of 64 bytes.
  case avx512 = 3

  /// The fastest form of this processor.
  package static let best = KernelForm(rawValue: checkin_kernels_best()) ?? .portable

  /// The forms that this processor can run.
  package static var available: [KernelForm] { allCases.filter { $0 <= best } }

  package static func < (left: KernelForm, right: KernelForm) -> Bool {
    left.rawValue < right.rawValue
  }
}

/// A span at a venue of one segment, as kernels take it.
typealias SegmentQuery = checkin_kernels_query

extension VisitSegment {
  /// Returns a span as a query, or nil when it cannot share the minimum with any row.
  ///
  /// Clipped to what the segment reaches it shares the same with every row, and differences of times
  /// stay small.
  @inline(__always)
  func query(
    rows: Range<Int>, start: Int32, end: Int32, subject: SubjectNumber, minimum: Int32,
    tag: UInt32 = 0, venue: UInt32 = 0
  ) -> SegmentQuery? {
    let start = max(start, earliestEnter)
    let end = min(end, latestLeave)
    guard !rows.isEmpty, Int64(end) - Int64(start) >= Int64(minimum) else { return nil }
    return SegmentQuery(
      first: UInt32(truncatingIfNeeded: rows.lowerBound),
      end: UInt32(truncatingIfNeeded: rows.upperBound), start: start, last: end, subject: subject,
      tag: tag, venue: venue)
  }

  /// The rows for which room is made at once where most likely few are found.
  static let partLength = 1 << 14

  /// Calls `body` with parts of a query, of `partLength` rows at most and in order, up to the first
  /// row that begins too late to share the minimum.
  ///
  /// Room for what is found must do for all rows of a query. That of a part is small, also where a
  /// venue has hundreds of millions of rows and three of them are found. One after the other, parts
  /// find what the query finds.
  @inline(__always)
  func forEachPart(
    of query: SegmentQuery, minimum: Int32, _ body: (SegmentQuery) -> Void
  ) {
    var part = query
    let latest = Int64(query.last) - Int64(minimum)
    while part.first < query.end, Int64(storage.enter[Int(part.first)]) <= latest {
      // Parts end with a group of rows, so that none is looked at twice.
      part.end = min(query.end, (part.first | UInt32(Self.partLength - 1)) + 1)
      body(part)
      part.first = part.end
    }
  }

  /// Returns the form to read this segment with.
  @inline(__always)
  func form(_ wanted: KernelForm) -> KernelForm { storage.isNarrow ? wanted : .plain }

  /// Calls `body` with the columns as kernels take them; they are alive until it returns.
  @inline(__always)
  func withRows<Result>(
    _ body: (UnsafePointer<checkin_kernels_rows>) -> Result
  ) -> Result {
    var rows = checkin_kernels_rows(
      enter: storage.enter.base, leave: storage.leave.base, subject: storage.subject.base,
      block_leave: storage.blockLeave.base, group_leave: storage.groupLeave.base)
    return withExtendedLifetime(storage) { body(&rows) }
  }

  /// Adds up the pairs of queries.
  func addSums(
    of queries: UnsafeBufferPointer<SegmentQuery>, minimum: Int32, form wanted: KernelForm,
    to sums: inout checkin_kernels_sums
  ) {
    guard let base = queries.baseAddress else { return }
    let form = form(wanted)
    if form != .plain {
      withRows {
        checkin_kernels_sum(form.rawValue, $0, base, queries.count, minimum, &sums)
      }
      return
    }
    for query in queries {
      forEachShared(with: query, minimum: minimum) { row, seconds in
        guard subject[row] != query.subject else { return }
        sums.count += 1
        sums.seconds += UInt64(seconds)
        sums.subjects += UInt64(subject[row])
      }
    }
  }

  /// Writes the pairs of queries as long as there is room, and returns how many queries were done.
  func appendPairs(
    of queries: UnsafeBufferPointer<SegmentQuery>, minimum: Int32, form wanted: KernelForm,
    to pairs: inout checkin_kernels_pairs
  ) -> Int {
    guard let base = queries.baseAddress else { return 0 }
    let form = form(wanted)
    if form != .plain {
      return withRows {
        checkin_kernels_join(form.rawValue, $0, base, queries.count, minimum, &pairs)
      }
    }
    for (place, query) in queries.enumerated() {
      guard pairs.capacity - pairs.used >= Int(query.end - query.first) + 16 else { return place }
      forEachShared(with: query, minimum: minimum) { row, seconds in
        guard subject[row] != query.subject else { return }
        pairs.tag[pairs.used] = query.tag
        pairs.other[pairs.used] = subject[row]
        pairs.venue[pairs.used] = query.venue
        pairs.seconds[pairs.used] = UInt32(seconds)
        pairs.used += 1
      }
    }
    return queries.count
  }

  /// Writes the rows that share the minimum with a query, ascending.
  ///
  /// - Parameters:
  ///   - query: The query.
  ///   - excludes: Whether rows of the query's own subject are left out.
  ///   - minimum: The seconds to share.
  ///   - members: The bits of those who may be found; nil for all.
  ///   - form: The form to use.
  ///   - found: Room for all rows of the query and 16 more.
  /// - Returns: How many there are.
  func find(
    _ query: SegmentQuery, excludes: Bool, minimum: Int32, members: UnsafePointer<UInt32>? = nil,
    form: KernelForm, found: UnsafeMutablePointer<UInt32>
  ) -> Int {
    let form = self.form(form)
    if form != .plain {
      return withRows { rows in
        withUnsafePointer(to: query) {
          checkin_kernels_find(form.rawValue, rows, $0, excludes ? 1 : 0, minimum, members, found)
        }
      }
    }
    var count = 0
    forEachShared(with: query, minimum: minimum) { row, _ in
      let person = subject[row]
      if excludes, person == query.subject { return }
      if let members, members[Int(person >> 5)] >> (person & 31) & 1 == 0 { return }
      found[count] = UInt32(row)
      count += 1
    }
    return count
  }

  /// Writes the rows of a range whose subject's bit is set, ascending, and returns how many.
  ///
  /// There must be room for all rows of the range and 16 more.
  func findMembers(
    _ rows: Range<Int>, _ members: UnsafePointer<UInt32>, form: KernelForm,
    found: UnsafeMutablePointer<UInt32>
  ) -> Int {
    if form != .plain {
      return withExtendedLifetime(self) {
        checkin_kernels_members(
          form.rawValue, subject.base, UInt32(rows.lowerBound), UInt32(rows.upperBound), members,
          found)
      }
    }
    var count = 0
    for row in rows where members[Int(subject[row] >> 5)] >> (subject[row] & 31) & 1 != 0 {
      found[count] = UInt32(row)
      count += 1
    }
    return count
  }

  /// Calls `body` with each row that shares the minimum with a query, and the seconds it shares.
  private func forEachShared(
    with query: SegmentQuery, minimum: Int32, _ body: (Int, Int64) -> Void
  ) {
    for row in Int(query.first)..<Int(query.end) {
      if enter[row] >= query.last { break }
      let start = Int64(max(enter[row], query.start))
      let end = Int64(min(leave[row], query.last))
      if end - start >= Int64(minimum) { body(row, end - start) }
    }
  }
}
