import Bluetooth
import Presence
import Testing
import Tracing
import VenueCodes

@Suite("Queries by venue and by person") struct QueryTests {
  @Test("Who was at a venue, clipped to the time asked for, by start and person")
  func presence() throws {
    let story = try Story(visits: [
      "B Café 09:00 10:00", "A Café 08:00 12:00", "C Café 07:00 09:30", "D Café 10:30 11:00",
      "E Hotel 09:00 10:00", "A Café 09:40 09:50", "F Café 09:45 09:45",
    ])
    let rows = try story.history.presence(
      at: try Story.venue("Café"), from: try Story.time("09:30"), to: try Story.time("10:30"))
    let times = try ["09:30", "10:30", "09:30", "10:00", "09:40", "09:50"].map(Story.time)
    #expect(rows.map { Story.letter($0.person) } == ["A", "B", "A"])
    #expect(rows.flatMap { [$0.start, $0.end] } == times)
    #expect(
      try story.history.presence(at: try Story.venue("Park"), from: 0, to: .max).isEmpty)
  }

  @Test("The milestones of a person are their visits and encounters in time order")
  func milestones() throws {
    let story = try Story(
      visits: ["X Café 09:00 10:00", "X Hotel 08:00 09:30", "Y Café 09:00 10:00"],
      near: ["X Y 09:00 10:00 60", "A X 07:00 07:10 90", "A Y 07:00 07:10 60"])
    func texts(_ from: Int64, _ to: Int64) throws -> [String] {
      try story.history.milestones(of: try Story.person("X"), from: from, to: to).map {
        switch $0.event {
        case .visit(let visit): Story.name(visit.venue)
        case .encounter(let peer, _): Story.letter(peer)
        }
      }
    }
    #expect(try texts(.min, .max) == ["A", "Hotel", "Café", "Y"])
    #expect(try texts(try Story.time("07:10"), try Story.time("09:00")) == ["Hotel"])
    #expect(try story.history.milestones(of: Pseudonym(high: 1, low: 1)).isEmpty)
  }

  @Test("A person is found by the short form, and by nothing else")
  func shortForm() throws {
    let people = [3, 1, 2].map { Pseudonym(high: $0 << 60 | 0xf, low: 7) }
    let history = try ExposureHistory(people: people, visits: [])
    for person in people { #expect(history.person(shortForm: "\(person)") == person) }
    for text in ["s:4G0000000000", "s:100000000000 ", "S:100000000000", "100000000000", "s:", "x"] {
      #expect(history.person(shortForm: text) == nil, "\(text)")
    }
  }

  struct Row: CustomTestStringConvertible, Sendable {
    let name: String
    let people: [UInt64]
    let subject: SubjectNumber
    let enter: Int64
    let leave: Int64
    let code: String
    var testDescription: String { name }
  }

  @Test(
    "Rows that cannot be are refused",
    arguments: [
      Row(name: "fine", people: [1, 2], subject: 1, enter: 5, leave: 5, code: "none"),
      Row(
        name: "people in any order", people: [2, 1], subject: 1, enter: 5, leave: 6, code: "none"),
      Row(
        name: "a person twice", people: [2, 1, 2], subject: 1, enter: 5, leave: 6,
        code: "history-person-twice"),
      Row(
        name: "nobody", people: [1, 2], subject: 2, enter: 5, leave: 6,
        code: "history-unknown-subject"),
      Row(
        name: "the year 292277026596", people: [1], subject: 0, enter: 5, leave: .max,
        code: "history-time-out-of-range"),
      Row(
        name: "out before in", people: [1], subject: 0, enter: 6, leave: 5,
        code: "history-ends-before-it-starts"),
    ])
  func refusals(row: Row) throws {
    let visit = Visit(
      subject: row.subject, venue: try Story.venue("Café"), enter: row.enter, leave: row.leave,
      openedBy: EvidenceID(high: 0, low: 0))
    var code = "none"
    do {
      _ = try ExposureHistory(
        people: row.people.map { Pseudonym(high: $0, low: 0) }, visits: [visit])
    } catch {
      code = error.code.rawValue
    }
    #expect(code == row.code)
  }
}
