import CrossMatch
import Presence
import VenueCodes

/// How many people were at venues, by clock hour; each is counted when first asked for.
///
/// It serves one question on one thread.
final class HourlyCrowds {
  private struct Key: Hashable {
    var venue: VenueID
    var hour: Int64
  }

  private let visits: VisitView
  private var counts: [Key: Int] = [:]

  init(_ visits: VisitView) {
    self.visits = visits
  }

  /// Returns the clock hours that a span is in, in hours since 1970 in UTC, and its part in each.
  static func hours(of span: Range<Int64>) -> [(hour: Int64, span: Range<Int64>)] {
    guard !span.isEmpty else { return [] }
    let first = floor(span.lowerBound)
    return (first...floor(span.upperBound - 1)).map { hour in
      (hour, span.clamped(to: (hour * 3_600)..<((hour + 1) * 3_600)))
    }
  }

  private static func floor(_ moment: Int64) -> Int64 {
    moment >= 0 ? moment / 3_600 : (moment - 3_599) / 3_600
  }

  /// Returns how many people were at a venue at any moment of a clock hour.
  ///
  /// - Complexity: That of finding the visits of the hour when it is asked for first, then O(1).
  func people(at venue: VenueID, in hour: Int64) -> Int {
    let key = Key(venue: venue, hour: hour)
    if let count = counts[key] { return count }
    var positions: [VisitPosition] = []
    visits.appendPresent(
      at: venue, from: ColumnTime.clamping(hour * 3_600),
      until: ColumnTime.clamping((hour + 1) * 3_600), to: &positions)
    var people: Set<SubjectNumber> = []
    for position in positions {
      people.insert(visits.segments[Int(position.segment)].subject[Int(position.row)])
    }
    counts[key] = people.count
    return people.count
  }
}
