import CrossMatch
import Presence
import Testing
import VenueCodes

@Suite("Visit columns") struct VisitColumnsTests {
  @Test("Columns are the visits, sorted by venue and entry", arguments: 1...20)
  func sorted(seed: UInt64) {
    let store = RandomVisits(seed: seed)
    let columns = store.columns
    var wrong: [String] = []
    if columns.visit.map({ Int($0) }).sorted() != Array(store.visits.indices) {
      wrong.append("not a permutation")
    }
    for venue in columns.venues.indices {
      if venue > 0, columns.venues[venue - 1] >= columns.venues[venue] { wrong.append("venues") }
      for position in columns.venueStart[venue]..<columns.venueStart[venue + 1] {
        let visit = store.visits[Int(columns.visit[position])]
        let isEqual =
          visit.venue == columns.venues[venue] && visit.subject == columns.subject[position]
          && visit.enter == ColumnTime.unixSeconds(columns.enter[position])
          && visit.leave == ColumnTime.unixSeconds(columns.leave[position])
          && visit.zone == columns.zone(at: position)
        if !isEqual { wrong.append("row \(position)") }
        if columns.venueNumber(at: position) != venue { wrong.append("venue of \(position)") }
        if position > columns.venueStart[venue],
          columns.enter[position - 1] > columns.enter[position]
        {
          wrong.append("order at \(position)")
        }
      }
    }
    for subject in 0..<store.subjectCount {
      let positions = columns.positions(of: SubjectNumber(subject)).map { Int($0) }
      let wanted = columns.subject.indices.filter { columns.subject[$0] == subject }
      if positions != wanted { wrong.append("rows of subject \(subject)") }
    }
    #expect(wrong == [], "seed \(seed)")
  }

  @Test("A venue is found by its id, and one that nobody visited is not")
  func number() throws {
    let store = RandomVisits(seed: 3)
    let found = store.columns.venues.map { store.columns.number(of: $0) }
    #expect(found == Array(store.columns.venues.indices).map(Optional.some))
    let unknown = try #require(VenueID(rawValue: 7))
    #expect(store.columns.number(of: unknown) == nil)
  }

  @Test("No visits make no columns, and every query is empty")
  func empty() throws {
    let columns = VisitColumns(visits: [], subjectCount: 2)
    let venue = try #require(VenueID(rawValue: 7))
    #expect(columns.venues.isEmpty && columns.positions(of: 1).isEmpty)
    #expect(columns.number(of: venue) == nil)
    var best = [Partner.none, .none]
    columns.improvePartners(
      infectious: InfectiousSpans(subjectCount: 2), asks: [true, true], counts: [], minimum: 1,
      sameZone: true, best: &best)
    #expect(best == [.none, .none])
  }

  @Test("Times keep 68 years either side of 2020, and what is beyond becomes the nearest end")
  func time() {
    let range = ColumnTime.range
    let kept = [range.lowerBound, ColumnTime.epoch - 1, ColumnTime.epoch, range.upperBound]
    #expect(kept.map { ColumnTime.unixSeconds(ColumnTime.clamping($0)) } == kept)
    #expect([Int64.min, .max].map(ColumnTime.clamping) == [Int32.min, .max])
  }
}
