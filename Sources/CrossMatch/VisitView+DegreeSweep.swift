public import VenueCodes

extension VisitView {
  /// Finds, for everyone who asks, the earliest moment at which they have shared a visit with
  /// someone infectious for long enough, without going through pairs.
  ///
  /// Per venue the infectious visits, clipped and at least `minimum` long, are sorted by start `c`.
  /// A visit `[a, b)` that is long enough has a partner from its own first second when the latest
  /// end among those with `c ≤ a` is at or after `a + minimum`; else the first later `c` that leaves
  /// `minimum` before `b`. A running maximum answers the former, the sort order the latter, so the
  /// work is linear in visits whatever the number of pairs.
  ///
  /// - Parameters:
  ///   - infectious: When each person is infectious.
  ///   - asks: Whether a person is looked at, by subject number; nobody infectious may ask.
  ///   - counts: Whether a venue is looked at.
  ///   - minimum: The seconds one shared visit must last, at least 1.
  ///   - sameZone: Whether zones must agree where both are known.
  ///   - moments: The moment by subject number: the start of the shared time plus `minimum`; only
  ///     ever made earlier. `Int32.max` where there is none.
  public func improveMoments(
    infectious: InfectiousSpans, asks: [Bool], counts: (VenueID) -> Bool, minimum: Int32,
    sameZone: Bool, moments: inout [Int32]
  ) {
    precondition(minimum >= 1, "an exposure of no time is none")
    for venue in venues where counts(venue) {
      var stays: [(start: Int32, end: Int32, zone: UInt8)] = []
      for segment in segments {
        for row in segment.rows(at: venue) {
          let person = Int(segment.subject[row])
          let start = max(segment.enter[row], infectious.from[person])
          let end = min(segment.leave[row], infectious.until[person])
          guard Int64(end) - Int64(start) >= Int64(minimum) else { continue }
          stays.append((start, end, segment.zone(at: row)))
        }
      }
      guard !stays.isEmpty else { continue }
      stays.sort { $0.start < $1.start }
      for segment in segments {
        for row in segment.rows(at: venue) {
          let person = Int(segment.subject[row])
          let enter = segment.enter[row]
          guard asks[person], Int64(segment.leave[row]) - Int64(enter) >= Int64(minimum) else {
            continue
          }
          let zone = segment.zone(at: row)
          for stay in stays where !sameZone || Self.areTogether(stay.zone, zone) {
            let start = max(stay.start, enter)
            let end = min(stay.end, segment.leave[row])
            if Int64(end) - Int64(start) >= Int64(minimum) {
              moments[person] = min(moments[person], start + minimum)
            }
          }
        }
      }
    }
  }
}
