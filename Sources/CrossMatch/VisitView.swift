public import Presence
public import VenueCodes

/// Where a visit is in a view.
public struct VisitPosition: Hashable, Comparable, Sendable {
  /// The place of its segment in the view.
  public var segment: UInt32
  /// The row in the segment.
  public var row: UInt32

  /// Makes a position of its parts.
  public init(segment: UInt32, row: UInt32) {
    self.segment = segment
    self.row = row
  }

  /// By segment, then by row.
  public static func < (left: VisitPosition, right: VisitPosition) -> Bool {
    (left.segment, left.row) < (right.segment, right.row)
  }
}

/// A span of time at a venue for which the join looks for others: an index visit clipped to its
/// window, or the time after it.
public struct IndexSpan: Hashable, Sendable {
  /// Where.
  public var venue: VenueID
  /// The zone; 0 is the whole venue.
  public var zone: UInt8
  /// Whose span it is; the join never pairs a person with themselves.
  public var subject: SubjectNumber
  /// The first second.
  public var start: Int32
  /// The first second after.
  public var end: Int32
  /// What the caller wants to recognise the span by.
  public var tag: UInt32

  /// Makes a span; an empty one pairs with nobody.
  public init(
    venue: VenueID, zone: UInt8, subject: SubjectNumber, start: Int32, end: Int32, tag: UInt32
  ) {
    self.venue = venue
    self.zone = zone
    self.subject = subject
    self.start = start
    self.end = end
    self.tag = tag
  }
}

/// The seconds that an index span and somebody's visit have in common; never empty.
public struct SharedSpan: Hashable, Sendable, BitwiseCopyable {
  /// The tag of the index span.
  public var tag: UInt32
  /// The other person.
  public var other: SubjectNumber
  /// The first second shared.
  public var start: Int32
  /// The first second after.
  public var end: Int32
  /// The segment of the other's visit.
  public var segment: UInt32
  /// The row of the other's visit.
  public var row: UInt32

  /// Makes a shared span of its parts.
  public init(
    tag: UInt32, other: SubjectNumber, start: Int32, end: Int32, segment: UInt32, row: UInt32
  ) {
    self.tag = tag
    self.other = other
    self.start = start
    self.end = end
    self.segment = segment
    self.row = row
  }
}

/// All visits that are known, as segments.
///
/// Usually there is one for each local day, and small ones for what came late. Segments may overlap
/// in time.
public struct VisitView: Sendable {
  /// The segments, in the order that positions count them.
  public let segments: [VisitSegment]

  /// Makes a view of segments.
  public init(_ segments: [VisitSegment]) {
    self.segments = segments
  }

  /// How many visits there are, void ones among them.
  public var count: Int { segments.reduce(0) { $0 + $1.count } }

  /// The venues that have visits, ascending.
  ///
  /// - Complexity: O(n log n) in the venues of all segments.
  public var venues: [VenueID] {
    var all: Set<UInt64> = []
    for segment in segments {
      for place in segment.venues.indices { all.insert(segment.venues[place]) }
    }
    return all.sorted().compactMap { VenueID(rawValue: $0) }
  }

  /// Returns the positions of a person's visits, ascending.
  public func positions(of subject: SubjectNumber) -> [VisitPosition] {
    var found: [VisitPosition] = []
    for (number, segment) in segments.enumerated() {
      segment.forEachRow(of: subject) {
        found.append(VisitPosition(segment: UInt32(number), row: UInt32($0)))
      }
    }
    return found
  }

  /// Adds every visit that shares at least one second with a span, and what they share.
  ///
  /// The test is the intersection itself, `min(leave, end) > max(enter, start)`. Widening the ends
  /// by a minimum stay τ instead (`enter ≤ end − τ and leave ≥ start + τ`) is wrong: it also lets
  /// through visits that are themselves shorter than τ.
  ///
  /// - Parameters:
  ///   - span: The index span.
  ///   - sameZone: Whether zones must agree where both are known.
  ///   - shared: Gets each pair once, by segment and row.
  public func appendShared(
    with span: IndexSpan, sameZone: Bool, to shared: inout [SharedSpan]
  ) {
    forEachRow(
      at: span.venue, from: span.start, until: span.end, excluding: span.subject
    ) { number, row in
      let segment = segments[number]
      if sameZone, !Self.areTogether(segment.zone(at: row), span.zone) { return }
      shared.append(
        SharedSpan(
          tag: span.tag, other: segment.subject[row], start: max(segment.enter[row], span.start),
          end: min(segment.leave[row], span.end), segment: UInt32(number), row: UInt32(row)))
    }
  }

  /// Adds the position of every visit that has at least one second at a venue within a span.
  ///
  /// - Parameters:
  ///   - venue: Where.
  ///   - start: The first second.
  ///   - end: The first second after.
  ///   - positions: Gets each once, ascending.
  /// - Complexity: O(log n) in the venues of each segment that reaches the span, and the visits.
  public func appendPresent(
    at venue: VenueID, from start: Int32, until end: Int32, to positions: inout [VisitPosition]
  ) {
    forEachRow(at: venue, from: start, until: end, excluding: nil) {
      positions.append(VisitPosition(segment: UInt32($0), row: UInt32($1)))
    }
  }

  /// Calls `body` with the segment and row of each visit at a venue that has a second in a span.
  @inline(__always)
  private func forEachRow(
    at venue: VenueID, from start: Int32, until end: Int32, excluding subject: SubjectNumber?,
    _ body: (Int, Int) -> Void
  ) {
    for (number, segment) in segments.enumerated() where segment.mayReach(start, end, 1) {
      let rows = segment.rows(at: venue)
      guard
        let query = segment.query(
          rows: rows, start: start, end: end, subject: subject ?? 0, minimum: 1)
      else { continue }
      let room = min(rows.count, VisitSegment.partLength) + 16
      withUnsafeTemporaryAllocation(of: UInt32.self, capacity: room) { found in
        guard let base = found.baseAddress else { return }
        segment.forEachPart(of: query, minimum: 1) { part in
          let count = segment.find(
            part, excludes: subject != nil, minimum: 1, form: .best, found: base)
          for place in 0..<count { body(number, Int(base[place])) }
        }
      }
    }
  }

  /// Whether two zones of one venue count as the same place: equal, or either is the whole venue.
  @inline(__always)
  public static func areTogether(_ one: UInt8, _ other: UInt8) -> Bool {
    one == other || one == 0 || other == 0
  }
}
