import CrossMatch
import Presence
import TestSupport
import Testing
import VenueCodes

@Suite("Co-presence join") struct CoPresenceTests {
  @Test("The join is the double loop", arguments: 1...40)
  func doubleLoop(seed: UInt64) {
    let store = RandomVisits(seed: seed)
    var random = SeededGenerator(seed: seed &* 977)
    let sameZone = random.oneIn(2)
    let columns = store.columns
    var spans: [ColumnSpan] = []
    for tag in 0..<(columns.venues.isEmpty ? 0 : 60) {
      let start = Int32.random(in: -2_200...2_200, using: &random)
      spans.append(
        ColumnSpan(
          venue: Int.random(in: columns.venues.indices, using: &random),
          zone: [0, 0, 1, 255][Int.random(in: 0..<4, using: &random)],
          subject: SubjectNumber.random(in: 0..<SubjectNumber(store.subjectCount), using: &random),
          start: start, end: start + Int32.random(in: 0...120, using: &random),
          tag: UInt32(tag)))
    }
    var expected: Set<SharedColumnSpan> = []
    for span in spans {
      for position in columns.subject.indices {
        let visit = store.visits[Int(columns.visit[position])]
        let start = max(Int64(span.start), visit.enter - ColumnTime.epoch)
        let end = min(Int64(span.end), visit.leave - ColumnTime.epoch)
        if visit.venue == columns.venues[span.venue], visit.subject != span.subject, start < end,
          RandomVisits.agree(visit.zone, span.zone, sameZone)
        {
          expected.insert(
            SharedColumnSpan(
              tag: span.tag, position: UInt32(position), start: Int32(start), end: Int32(end)))
        }
      }
    }
    var found: [SharedColumnSpan] = []
    columns.forEachShared(with: spans, sameZone: sameZone) { found.append($0) }
    #expect(Set(found) == expected, "seed \(seed)")
    #expect(found.count == expected.count, "seed \(seed): a pair came twice")
  }

  /// One index span of 1000 to 4000, and one visit.
  struct Row: CustomTestStringConvertible, Sendable {
    let name: String
    let enter: Int64
    let leave: Int64
    let shared: [Int32]
    var testDescription: String { name }
  }

  static let rows = [
    Row(name: "around it", enter: 0, leave: 9_000, shared: [1_000, 4_000]),
    Row(name: "inside it", enter: 2_000, leave: 3_000, shared: [2_000, 3_000]),
    Row(name: "one second inside it", enter: 2_000, leave: 2_001, shared: [2_000, 2_001]),
    Row(name: "the first second", enter: 0, leave: 1_001, shared: [1_000, 1_001]),
    Row(name: "the last second", enter: 3_999, leave: 9_000, shared: [3_999, 4_000]),
    Row(name: "left as it began", enter: 0, leave: 1_000, shared: []),
    Row(name: "came as it ended", enter: 4_000, leave: 9_000, shared: []),
    Row(name: "no duration, inside", enter: 2_000, leave: 2_000, shared: []),
    Row(name: "no duration, at the start", enter: 1_000, leave: 1_000, shared: []),
  ]

  @Test("Half-open spans share exactly the seconds in both", arguments: rows)
  func seconds(row: Row) throws {
    let venue = try #require(VenueID(rawValue: 9))
    let visit = Visit(
      subject: 1, venue: venue, enter: ColumnTime.epoch + row.enter,
      leave: ColumnTime.epoch + row.leave, openedBy: EvidenceID(high: 0, low: 1))
    let columns = VisitColumns(visits: [visit], subjectCount: 2)
    let span = ColumnSpan(venue: 0, zone: 0, subject: 0, start: 1_000, end: 4_000, tag: 0)
    var found: [Int32] = []
    columns.forEachShared(with: [span], sameZone: false) { found += [$0.start, $0.end] }
    #expect(found == row.shared)
  }

  @Test("A visit shorter than the minimum is no exposure, though widened ends would admit it")
  func widenedEnds() throws {
    // The tempting predicate for "at least 900 s": enter ≤ end − 900 and leave ≥ start + 900.
    let venue = try #require(VenueID(rawValue: 9))
    let enter: Int64 = 2_000
    let leave: Int64 = 2_600
    #expect(enter <= 4_000 - 900 && leave >= 1_000 + 900)
    let visit = Visit(
      subject: 1, venue: venue, enter: ColumnTime.epoch + enter, leave: ColumnTime.epoch + leave,
      openedBy: EvidenceID(high: 0, low: 1))
    let stay = Visit(
      subject: 0, venue: venue, enter: ColumnTime.epoch + 1_000, leave: ColumnTime.epoch + 4_000,
      openedBy: EvidenceID(high: 0, low: 2))
    let columns = VisitColumns(visits: [visit, stay], subjectCount: 2)
    let span = ColumnSpan(venue: 0, zone: 0, subject: 0, start: 1_000, end: 4_000, tag: 0)
    var longest: Int32 = 0
    columns.forEachShared(with: [span], sameZone: false) {
      longest = max(longest, $0.end - $0.start)
    }
    #expect(longest == 600)
    var infectious = InfectiousSpans(subjectCount: 2)
    infectious.from[0] = 0
    var best = [Partner.none, .none]
    columns.improvePartners(
      infectious: infectious, asks: [false, true], counts: [true], minimum: 900, sameZone: false,
      best: &best)
    #expect(best[1] == .none)
  }
}
