public import Presence

/// A span of time at a venue for which the join looks for others: an index visit clipped to its
/// window, or the time after it.
public struct ColumnSpan: Hashable, Sendable {
  /// The number of the venue in `VisitColumns.venues`.
  public var venue: Int
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
    venue: Int, zone: UInt8, subject: SubjectNumber, start: Int32, end: Int32, tag: UInt32
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
public struct SharedColumnSpan: Hashable, Sendable {
  /// The tag of the index span.
  public var tag: UInt32
  /// The position of the other visit.
  public var position: UInt32
  /// The first second shared.
  public var start: Int32
  /// The first second after.
  public var end: Int32

  /// Makes a shared span of its parts.
  public init(tag: UInt32, position: UInt32, start: Int32, end: Int32) {
    self.tag = tag
    self.position = position
    self.start = start
    self.end = end
  }
}

extension VisitColumns {
  /// Finds every visit that shares at least one second with a span, and tells what they share.
  ///
  /// The test is the intersection itself, `min(leave, end) > max(enter, start)`. Widening the ends
  /// by a minimum stay τ instead (`enter ≤ end − τ and leave ≥ start + τ`) is wrong: it also lets
  /// through visits that are themselves shorter than τ.
  ///
  /// - Parameters:
  ///   - spans: The index spans, in any order; overlapping ones are each joined.
  ///   - sameZone: Whether zones must agree where both are known.
  ///   - body: Gets each pair once a span; the order is not promised.
  /// - Complexity: O(log n + k) a span for k visits in the blocks that reach it.
  public func forEachShared(
    with spans: some Sequence<ColumnSpan>, sameZone: Bool, _ body: (SharedColumnSpan) -> Void
  ) {
    let zonesMatter = sameZone && !zone.isEmpty
    for span in spans where span.start < span.end {
      let first = venueStart[span.venue]
      let limit = firstPosition(enteringAtOrAfter: span.end, venue: span.venue)
      guard limit > first else { continue }
      var block = blockStart[span.venue] + (limit - 1 - first) / Self.blockLength
      while block >= blockStart[span.venue] {
        // Nobody in this block or before it was still there.
        if reachingMaximum[block] <= span.start { break }
        if blockMaximum[block] > span.start {
          let low = first + (block - blockStart[span.venue]) * Self.blockLength
          for position in low..<min(low + Self.blockLength, limit)
          where leave[position] > span.start && subject[position] != span.subject {
            let start = max(enter[position], span.start)
            let end = min(leave[position], span.end)
            // Someone of no duration (enter = leave) can pass the tests above.
            guard start < end else { continue }
            if zonesMatter, !Self.areTogether(zone[position], span.zone) { continue }
            body(
              SharedColumnSpan(tag: span.tag, position: UInt32(position), start: start, end: end))
          }
        }
        block -= 1
      }
    }
  }

  /// Returns the first position of a venue whose entry is at or after a moment.
  private func firstPosition(enteringAtOrAfter time: Int32, venue: Int) -> Int {
    var low = venueStart[venue]
    var high = venueStart[venue + 1]
    while low < high {
      let middle = (low + high) / 2
      if enter[middle] < time { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
