import CrossMatch
import Presence
import TestSupport
import VenueCodes

/// Visits to few venues, so that one venue has many blocks of rows; some stay for days.
struct RandomVisits {
  let visits: [Visit]
  let subjectCount: Int
  let columns: VisitColumns

  init(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    let subjects = number(2...40)
    let hasZones = random.oneIn(2)
    var visits: [Visit] = []
    for row in 0..<number(0...700) {
      // Venue numbers out of order, and one that dominates.
      let raw: UInt64 = random.oneIn(2) ? 500 : UInt64(number(1...4)) * 1_000 % 3_001
      guard let venue = VenueID(rawValue: raw) else { continue }
      let enter = ColumnTime.epoch + Int64(number(-2_000...2_000))
      let length = random.oneIn(12) ? 0 : random.oneIn(30) ? number(500...3_000) : number(1...90)
      visits.append(
        Visit(
          subject: SubjectNumber(number(0...(subjects - 1))), venue: venue,
          zone: hasZones && random.oneIn(2) ? UInt8([1, 2, 255][number(0...2)]) : 0,
          enter: enter, leave: enter + Int64(length),
          openedBy: EvidenceID(high: 0, low: UInt64(row))))
    }
    self.visits = visits
    self.subjectCount = subjects
    self.columns = VisitColumns(visits: visits, subjectCount: subjects)
  }

  /// Whether two zones are one place, when that is asked.
  static func agree(_ one: UInt8, _ other: UInt8, _ sameZone: Bool) -> Bool {
    !sameZone || one == other || one == 0 || other == 0
  }
}
