internal import CKernels
public import Presence

/// What all pairs of a join come to.
public struct JoinSums: Hashable, Sendable {
  /// How many pairs there are.
  public var pairs: UInt64
  /// The seconds they share.
  public var seconds: UInt64
  /// The sum of the others' numbers, by which two joins can be compared.
  public var others: UInt64

  /// Makes sums of their parts.
  public init(pairs: UInt64 = 0, seconds: UInt64 = 0, others: UInt64 = 0) {
    self.pairs = pairs
    self.seconds = seconds
    self.others = others
  }
}

/// Pairs of a join as columns, in memory that is used again.
///
/// One belongs to one thread at a time.
public final class PairColumns {
  private let memory: ColumnMemorySource
  private var regions: [ColumnMemorySource.Region] = []
  fileprivate var columns = checkin_kernels_pairs()

  /// Makes room for so many pairs.
  public init(capacity: Int, memory: ColumnMemorySource = .heap) {
    self.memory = memory
    makeRoom(max(capacity, 1_024))
  }

  /// How many pairs there are.
  public var count: Int { columns.used }

  /// Whose visit was joined.
  public var subject: UnsafeBufferPointer<SubjectNumber> { filled(columns.tag) }
  /// Who was there too.
  public var other: UnsafeBufferPointer<SubjectNumber> { filled(columns.other) }
  /// Where, as a place in the plan's `venues`.
  public var venue: UnsafeBufferPointer<UInt32> { filled(columns.venue) }
  /// The seconds shared.
  public var seconds: UnsafeBufferPointer<UInt32> { filled(columns.seconds) }

  /// Drops all pairs and keeps the room.
  public func removeAll() { columns.used = 0 }

  private func filled(_ base: UnsafeMutablePointer<UInt32>?) -> UnsafeBufferPointer<UInt32> {
    UnsafeBufferPointer(start: base, count: columns.used)
  }

  /// Writes the pairs of one query, making room for as many as are found and one part more.
  fileprivate func append(
    _ query: SegmentQuery, of segment: VisitSegment, minimum: Int32, form: KernelForm
  ) {
    segment.forEachPart(of: query, minimum: minimum) { part in
      let needed = Int(part.end - part.first) + 16
      if columns.capacity - columns.used < needed {
        makeRoom(max(2 * columns.capacity, columns.used + needed))
      }
      let done = withUnsafePointer(to: part) {
        segment.appendPairs(
          of: UnsafeBufferPointer(start: $0, count: 1), minimum: minimum, form: form, to: &columns)
      }
      assert(done == 1, "there was room")
    }
  }

  /// For how many pairs there is room.
  package var capacity: Int { columns.capacity }

  /// Makes room for so many pairs, keeping those that are here.
  private func makeRoom(_ capacity: Int) {
    let new = (0..<4).map { _ in memory.allocate(capacity * 4) }
    let old = [columns.tag, columns.other, columns.venue, columns.seconds]
    let pointers = zip(new, old).map { region, old in
      let pointer = region.base.bindMemory(to: UInt32.self, capacity: capacity)
      if let old { pointer.update(from: old, count: columns.used) }
      return pointer
    }
    columns.tag = pointers[0]
    columns.other = pointers[1]
    columns.venue = pointers[2]
    columns.seconds = pointers[3]
    columns.capacity = capacity
    regions = new
  }
}

/// A join of people's visits with all visits, ready to run: what is looked for in each segment, in
/// the order of the rows, so that memory is read forwards and once.
public struct JoinPlan: Sendable {
  /// The ids of the venues of all segments, ascending.
  public let venues: [UInt64]
  /// How many visits are joined; those too short to share the minimum are left out.
  public private(set) var visitCount = 0
  private let view: VisitView
  private let minimum: Int32
  private var batches: [Batch] = []
  private var pieces: [Piece] = []

  /// What is looked for in one segment, in the order of the rows.
  private struct Batch {
    var segment: Int
    var queries: [SegmentQuery] = []
  }

  /// A piece of work.
  private struct Piece {
    var batch: Int
    var range: Range<Int>
  }

  /// How many queries one piece of work has: enough that dealing it out costs nothing, few enough
  /// that threads end together.
  private static let pieceLength = 2_048

  /// Plans a join.
  ///
  /// - Parameters:
  ///   - subjects: Whose visits are joined, each once.
  ///   - view: With what.
  ///   - minimum: The seconds a pair must share, at least 1.
  ///   - threads: How many threads may work.
  /// - Complexity: O(k log k) for k visits of the subjects.
  public init(
    _ subjects: [SubjectNumber], in view: VisitView, minimum: Int32, threads: Int = 1
  ) {
    precondition(minimum >= 1, "a pair that shares nothing is none")
    self.view = view
    self.minimum = minimum
    let index = view.venueIndex()
    venues = index.venues
    // In order of number their places in a segment ascend, and memory is read forwards.
    let ordered = subjects.sorted()
    let found = UnsafeMutableBufferPointer<[Batch]>.allocate(capacity: view.segments.count)
    found.initialize(repeating: [])
    defer { found.deinitialize().deallocate() }
    Workers.forEach(view.segments.count, threads: threads) { number, _ in
      found[number] = JoinPlan.batches(of: ordered, segment: number, view, index, minimum)
    }
    for batches in found {
      for (place, batch) in batches.enumerated() where !batch.queries.isEmpty {
        // The first is of the segment itself.
        if place == 0 { visitCount += batch.queries.count }
        for first in stride(from: 0, to: batch.queries.count, by: JoinPlan.pieceLength) {
          pieces.append(
            Piece(
              batch: self.batches.count,
              range: first..<min(first + JoinPlan.pieceLength, batch.queries.count)))
        }
        self.batches.append(batch)
      }
    }
  }

  /// Returns the sums of all pairs.
  public func sums(threads: Int = 1) -> JoinSums { sums(threads: threads, form: .best) }

  package func sums(threads: Int, form: KernelForm) -> JoinSums {
    let sums = UnsafeMutableBufferPointer<checkin_kernels_sums>.allocate(capacity: pieces.count)
    sums.initialize(repeating: checkin_kernels_sums())
    defer { sums.deallocate() }
    Workers.forEach(pieces.count, threads: threads) { piece, _ in
      let batch = batches[pieces[piece].batch]
      batch.queries.withUnsafeBufferPointer {
        view.segments[batch.segment].addSums(
          of: UnsafeBufferPointer(rebasing: $0[pieces[piece].range]), minimum: minimum, form: form,
          to: &sums[piece])
      }
    }
    return sums.reduce(into: JoinSums()) {
      $0.pairs += $1.count
      $0.seconds += $1.seconds
      $0.others += $1.subjects
    }
  }

  /// Writes all pairs, piece by piece.
  ///
  /// Pieces and the pairs of each are the same for any number of threads; only which thread writes a
  /// piece, and when, is not.
  ///
  /// - Parameters:
  ///   - buffers: One for each thread that may work. A buffer that is not emptied by `body` keeps
  ///     its pairs and grows.
  ///   - body: Gets each piece once, as a number, a buffer, and which of its pairs are of the piece;
  ///     from several threads at a time, but for one buffer from one.
  public func forEachPiece(
    in buffers: [PairColumns],
    _ body: (_ piece: Int, _ pairs: PairColumns, _ range: Range<Int>) -> Void
  ) {
    forEachPiece(in: buffers, form: .best, body)
  }

  package func forEachPiece(
    in buffers: [PairColumns], form: KernelForm,
    _ body: (_ piece: Int, _ pairs: PairColumns, _ range: Range<Int>) -> Void
  ) {
    precondition(!buffers.isEmpty, "pairs are written to buffers")
    Workers.forEach(pieces.count, threads: buffers.count) { piece, worker in
      let batch = batches[pieces[piece].batch]
      let range = pieces[piece].range
      let buffer = buffers[worker]
      let first = buffer.count
      batch.queries.withUnsafeBufferPointer { queries in
        var next = range.lowerBound
        while next < range.upperBound {
          next += view.segments[batch.segment].appendPairs(
            of: UnsafeBufferPointer(rebasing: queries[next..<range.upperBound]), minimum: minimum,
            form: form, to: &buffer.columns)
          if next < range.upperBound {
            buffer.append(
              queries[next], of: view.segments[batch.segment], minimum: minimum, form: form)
            next += 1
          }
        }
      }
      body(piece, buffer, first..<buffer.count)
    }
  }

  /// Finds the visits that one segment holds, as queries of itself and then of others that they
  /// reach into.
  private static func batches(
    of subjects: [SubjectNumber], segment number: Int, _ view: VisitView, _ index: VenueIndex,
    _ minimum: Int32
  ) -> [Batch] {
    let segment = view.segments[number]
    var batches = [Batch(segment: number)]
    batches += view.neighbours(of: number).map { Batch(segment: $0) }
    // The row in the high half, the place of the subject in the low one: sorted, rows ascend, and
    // with them venues and times, so that successive queries read the same lines of memory.
    var keys: [UInt64] = []
    for (place, subject) in subjects.enumerated() {
      for entry in segment.people.entries(of: subject) {
        keys.append(UInt64(segment.people.rows.base[entry]) << 32 | UInt64(place))
      }
    }
    var spare = [UInt64](repeating: 0, count: keys.count)
    keys.withUnsafeMutableBufferPointer { keys in
      spare.withUnsafeMutableBufferPointer { RadixSort.sort(keys, 32..<64, spare: $0) }
    }
    batches[0].queries.reserveCapacity(keys.count)
    var rows = 0..<0
    var venuePlace = 0
    for key in keys {
      let row = Int(key >> 32)
      if row >= rows.upperBound {
        venuePlace = segment.venuePlace(at: row)
        rows = segment.rows(ofVenueAt: venuePlace)
      }
      let subject = subjects[Int(key & 0xffff_ffff)]
      let (enter, leave) = (segment.enter.base[row], segment.leave.base[row])
      guard leave >= enter else { continue }
      let venue = index.number(ofPlace: venuePlace, segment: number)
      if let query = segment.query(
        rows: rows, start: enter, end: leave, subject: subject, minimum: minimum, tag: subject,
        venue: venue)
      {
        batches[0].queries.append(query)
      }
      for place in batches.indices.dropFirst() {
        let neighbour = view.segments[batches[place].segment]
        guard neighbour.mayReach(enter, leave, minimum),
          let there = neighbour.venues.place(of: segment.venues[venuePlace]),
          let query = neighbour.query(
            rows: neighbour.rows(ofVenueAt: there), start: enter, end: leave, subject: subject,
            minimum: minimum, tag: subject, venue: venue)
        else { continue }
        batches[place].queries.append(query)
      }
    }
    return batches
  }
}

extension VisitSegment {
  /// Whether a span can share the minimum with rows of this segment, by their extent.
  @inline(__always)
  func mayReach(_ start: Int32, _ end: Int32, _ minimum: Int32) -> Bool {
    Int64(min(end, latestLeave)) - Int64(max(start, earliestEnter)) >= Int64(minimum)
  }
}

extension VisitView {
  /// Returns the other segments whose times overlap those of one.
  func neighbours(of number: Int) -> [Int] {
    let segment = segments[number]
    return segments.indices.filter {
      $0 != number && segments[$0].mayReach(segment.earliestEnter, segment.latestLeave, 1)
    }
  }

  /// Adds the pairs of one person's visits with all visits: what `JoinPlan` gives for many people,
  /// at once for one.
  ///
  /// - Parameters:
  ///   - subject: Whose visits.
  ///   - minimum: The seconds a pair must share, at least 1.
  ///   - pairs: Gets the pairs; `venue` is a place in the `venues` of the segment of the visit.
  /// - Complexity: O(log n) and the pairs.
  public func appendPairs(of subject: SubjectNumber, minimum: Int32, to pairs: PairColumns) {
    precondition(minimum >= 1, "a pair that shares nothing is none")
    for number in segments.indices {
      segments[number].forEachRow(of: subject) { row in
        forEachQuery(ofRow: row, segment: number, minimum: minimum) { segment, query in
          pairs.append(query, of: segment, minimum: minimum, form: .best)
        }
      }
    }
  }

  /// Returns the sums of the pairs of one person's visits with all visits.
  ///
  /// - Parameters:
  ///   - subject: Whose visits.
  ///   - minimum: The seconds a pair must share, at least 1.
  /// - Returns: Their number and sums.
  /// - Complexity: O(log n) and the pairs.
  public func sums(of subject: SubjectNumber, minimum: Int32) -> JoinSums {
    precondition(minimum >= 1, "a pair that shares nothing is none")
    var sums = checkin_kernels_sums()
    for number in segments.indices {
      segments[number].forEachRow(of: subject) { row in
        forEachQuery(ofRow: row, segment: number, minimum: minimum) { segment, query in
          withUnsafePointer(to: query) {
            segment.addSums(
              of: UnsafeBufferPointer(start: $0, count: 1), minimum: minimum, form: .best,
              to: &sums)
          }
        }
      }
    }
    return JoinSums(pairs: sums.count, seconds: sums.seconds, others: sums.subjects)
  }

  /// Calls `body` with each segment that a visit reaches into, and the visit as its query.
  @inline(__always)
  private func forEachQuery(
    ofRow row: Int, segment number: Int, minimum: Int32,
    _ body: (VisitSegment, SegmentQuery) -> Void
  ) {
    let own = segments[number]
    let place = own.venuePlace(at: row)
    let (enter, leave) = (own.enter[row], own.leave[row])
    for other in segments.indices where segments[other].mayReach(enter, leave, minimum) {
      let segment = segments[other]
      guard
        let there = other == number ? place : segment.venues.place(of: own.venues[place]),
        let query = segment.query(
          rows: segment.rows(ofVenueAt: there), start: enter, end: leave,
          subject: own.subject[row], minimum: minimum, tag: own.subject[row],
          venue: UInt32(place))
      else { continue }
      body(segment, query)
    }
  }
}

/// The venues of a view, numbered through.
struct VenueIndex: Sendable {
  /// The ids, ascending.
  let venues: [UInt64]
  /// By segment: the number of each of its venues; empty where all are here in the same places.
  private let numbers: [[UInt32]]

  init(_ segments: [VisitSegment]) {
    // Segments of a city mostly have the same venues, so ids are gathered in one pass over each and
    // only those not seen in the last segment are looked up.
    var all: [UInt64] = []
    for segment in segments {
      all = VenueIndex.union(all, segment.venues)
    }
    venues = all
    numbers = segments.map { segment in
      guard segment.venues.count < all.count else { return [] }
      var numbers: [UInt32] = []
      numbers.reserveCapacity(segment.venues.count)
      var next = 0
      for place in segment.venues.indices {
        while all[next] < segment.venues[place] { next += 1 }
        numbers.append(UInt32(next))
      }
      return numbers
    }
  }

  /// Returns the number of the venue at a place of a segment's venues.
  @inline(__always)
  func number(ofPlace place: Int, segment: Int) -> UInt32 {
    numbers[segment].isEmpty ? UInt32(place) : numbers[segment][place]
  }

  private static func union(_ left: [UInt64], _ right: Column<UInt64>) -> [UInt64] {
    var union: [UInt64] = []
    union.reserveCapacity(max(left.count, right.count))
    var (l, r) = (0, 0)
    while l < left.count || r < right.count {
      if r == right.count || (l < left.count && left[l] < right[r]) {
        union.append(left[l])
        l += 1
      } else {
        if l < left.count, left[l] == right[r] { l += 1 }
        union.append(right[r])
        r += 1
      }
    }
    return union
  }
}

extension VisitView {
  /// Numbers the venues of all segments.
  ///
  /// - Complexity: O(n) in the venues of all segments.
  func venueIndex() -> VenueIndex { VenueIndex(segments) }
}
