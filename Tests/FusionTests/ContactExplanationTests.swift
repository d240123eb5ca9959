import Foundation
import Fusion
import Presence
import TestSupport
import Testing
import Tracing
import VenueCodes

@Suite("Explanation of a contact") struct ContactExplanationTests {
  static let names = ExplanationNames(
    person: { FusionStory.letter($0) }, venue: { FusionStory.name($0) },
    zone: { _, zone in zone == 2 ? "the terrace" : nil },
    hasZones: { FusionStory.name($0) == "Café" })

  private static func explanation(
    of person: String, _ story: FusionStory, unresolved: [UnresolvedSighting] = []
  ) throws -> ContactExplanation? {
    try ContactExplainer(gatherer: story.gatherer, model: ContactModel(), names: names)
      .explanation(
        of: try FusionStory.person(person), to: try FusionStory.caseA(), unresolved: unresolved)
  }

  /// A with B at the café: B checked in by the poster, was heard there, and never checked out.
  static let visits = [
    "A Café:2 09:00 09:45 exit", "B Café 09:10 10:10 usual 18:00", "C Café 08:50 09:40 exit",
    "A Hotel 14:00 15:00", "B Park 14:30 15:30 exit", "A Park 16:00 16:30 next",
    "D Park 15:00 16:10 exit",
  ]
  static let near = [
    "A B 09:15 09:25 55±4", "A B 09:25 09:30 62±4", "B C 09:20 09:25 60±4 one",
  ]

  @Test("A day whose Bluetooth is past its time says so, and no other day does")
  func afterRetention() throws {
    let story = try FusionStory(visits: Self.visits, near: Self.near)
    let plain = try #require(try Self.explanation(of: "B", story))
    let day = try #require(plain.days.first).day
    let explainer = ContactExplainer(
      gatherer: story.gatherer, model: ContactModel(), names: Self.names)
    for (keptFrom, isPast) in [(day, false), (day.advanced(by: 1), true)] {
      let explanation = try #require(
        try explainer.explanation(
          of: FusionStory.person("B"), to: FusionStory.caseA(), bluetoothKeptFrom: keptFrom))
      let lines = explanation.days.flatMap(\.lines).filter { $0.text.contains("past its time") }
      #expect(lines.map(\.topic) == (isPast ? [.missing] : []))
      #expect(explanation.probability == plain.probability)
    }
  }

  @Test("A story is explained line by line, from the evidence to the probability")
  func story() throws {
    let story = try FusionStory(
      visits: Self.visits, near: Self.near,
      listening: ["A 09:05 09:50", "B 09:10 09:40"], posters: [1])
    let stranger = Pseudonym(high: 99, low: 0)
    let unresolved = try ["09:20", "09:35", "12:00"].map { clock in
      UnresolvedSighting(
        person: try FusionStory.person("B"), moment: try FusionStory.time(clock),
        identifier: stranger)
    }
    let explanation = try #require(try Self.explanation(of: "B", story, unresolved: unresolved))
    let text = explanation.text(in: .haiPhong, names: Self.names)
    // How the model weighs is not this story's: its lines are compared with what it says itself.
    let heading = try #require(text.firstIndex { $0.contains("From evidence to probability") })
    let chance = Decimals.percent(explanation.probability)
    #expect(
      text[...heading].joined(separator: "\n")
        == Self.expected.replacingOccurrences(of: "CHANCE", with: chance))
    let contact = try #require(
      try story.gatherer.contact(try FusionStory.person("B"), of: try FusionStory.caseA()))
    let judgement = ContactModel().judge(try #require(contact.days.first).evidence)
    let steps = text[(heading + 1)...].map { $0.trimmingCharacters(in: .whitespaces) }
    #expect(
      steps.map { String($0.prefix { $0 != " " }) }
        == judgement.terms.map { Decimals.signed($0.logOdds) } + [
          Decimals.signed(judgement.logOdds)
        ])
    #expect(steps.last?.hasSuffix("a probability of \(chance)") == true)
    try Self.compareWithPage(text)
    // What is printed is what is said: the terms add up to the probability.
    let day = try #require(explanation.days.first)
    let sum = day.lines.compactMap(\.logOdds).reduce(0, +)
    let probability = try #require(day.probability)
    #expect(abs(sum - Self.logOdds(probability)) < 1e-9)
    #expect(explanation.probability == probability && explanation.days.count == 1)
  }

  static let expected = """
    B as a contact of case BN-1
    The case was infectious from 2020-08-03T00:00:00+07:00 to 2020-08-21T00:00:00+07:00 by 3638-2021.
    Probability that they were in contact: CHANCE

    2020-08-06: CHANCE, near_at_venue, F1
      Check-ins
        the case was at Café, the terrace, from 09:00 to 09:45 by an exit scan
          evidence 00000000-0000-0001-0000-000000000000, 00000000-0000-0001-0000-000000000064
        the contact was at Café from 09:10, assumed until 10:10, the usual stay; at most until 18:00
          evidence 00000000-0000-0001-0000-000000000001
        the contact's check-in at Café was by a poster's code and is confirmed by Bluetooth: the phone of A, who was checked in there, 09:15–09:30; the phone of somebody who was checked in there, 09:20–09:25
          evidence 00000000-0000-0001-0000-000000000001, 00000000-0000-0002-0000-000000000000, 00000000-0000-0002-0000-000000000001 and 1 more
        together at Café 09:10–09:45, 35 min; chance that both were there 95 % to 76 %; 1 other person there at the time
          evidence 00000000-0000-0001-0000-000000000000, 00000000-0000-0001-0000-000000000064, 00000000-0000-0001-0000-000000000001
        the contact was at Café 09:45–10:10, 25 min, after the case had left it
          evidence 00000000-0000-0001-0000-000000000000, 00000000-0000-0001-0000-000000000064, 00000000-0000-0001-0000-000000000001
      Bluetooth
        the phones heard each other 09:15–09:30, 15 min, at 55 to 62 dB ± 4 dB, both of them; at Café by both visits
          evidence 00000000-0000-0002-0000-000000000000, 00000000-0000-0002-0000-000000000001
        both phones worked 09:10–09:40, 30 min; for 15 min of it they heard nothing of each other, 15 min of that while together by their visits
      Against it
        apart 14:30–15:00, 30 min: the case at Hotel, the contact at Park
          evidence 00000000-0000-0001-0000-000000000003, 00000000-0000-0001-0000-000000000004, 00000000-0000-0001-0000-000000000068
      What is missing
        no exit scan of the contact at Café
        the zone of the contact at Café
        no sign that both phones worked for 5 min of the time together: their silence then says nothing
        the owner of 1 identifier that the phone of the contact heard then: it may be the other's
      By the rule set
        3638-2021 says near_at_venue, F1: 1 h, each second once, of these 15 min near, 20 min at one venue, 25 min after the case
      From evidence to probability
    """

  /// Compares an explanation with the one that docs/fusion.md shows; `CHECKIN_RECORD=1` writes it there.
  private static func compareWithPage(_ text: [String]) throws {
    let path = TestEnvironment.packageRoot.appendingPathComponent("docs/fusion.md")
    let page = try String(contentsOf: path, encoding: .utf8)
    let shown = text.map { $0.isEmpty ? "" : "    \($0)" }.joined(separator: "\n")
    let first = try #require(page.range(of: "    B as a contact of case BN-1"))
    let last = try #require(page.range(of: "\n\nThe terms are natural logarithms"))
    let block = first.lowerBound..<last.lowerBound
    if ProcessInfo.processInfo.environment["CHECKIN_RECORD"] == "1" {
      try page.replacingCharacters(in: block, with: shown)
        .write(to: path, atomically: true, encoding: .utf8)
    } else {
      #expect(page[block] == shown, "docs/fusion.md shows another explanation: record it")
    }
  }

  private static func logOdds(_ probability: Double) -> Double {
    // ln(p / (1 − p)) by its own series would prove nothing: halve an interval instead.
    var (low, high) = (-40.0, 40.0)
    for _ in 0..<200 {
      let middle = (low + high) / 2
      let judged = ContactJudgement(terms: [.init(kind: .crowd, seconds: 0, logOdds: middle)])
      if judged.probability < probability { low = middle } else { high = middle }
    }
    return low
  }

  @Test("Whoever is joined by nothing is not explained")
  func nothing() throws {
    let story = try FusionStory(visits: Self.visits, near: Self.near)
    #expect(try Self.explanation(of: "Z", story) == nil)
    #expect(try Self.explanation(of: "A", story) == nil)
  }

  @Test("A day on which they shared the air only adds nothing to the probability")
  func tailOnly() throws {
    let story = try FusionStory(visits: ["A Café 09:00 09:45 exit", "B Café 09:50 10:30 exit"])
    let explanation = try #require(try Self.explanation(of: "B", story))
    #expect(explanation.probability == 0 && explanation.days.map(\.probability) == [nil])
    let day = try #require(explanation.days.first)
    #expect(
      day.lines.map(\.topic) == [
        .visit, .visit, .tail, .missing, .missing, .rule, .probability,
      ])
    #expect(day.exposure?.tailSeconds == 1_500)
  }

  struct Row: CustomTestStringConvertible, Sendable {
    let name: String
    let visits: [String]
    var near: [String] = []
    var listening: [String] = []
    var posters: Set<Int> = []
    /// Part of a line that must be there.
    let says: String
    var testDescription: String { name }
  }

  static let rows = [
    Row(
      name: "an exit without an entry",
      visits: ["A Café 09:00 10:00 exit", "B Café 09:30 10:00 unknown"],
      says: "the contact was at Café until 10:00 by an exit scan; assumed since 09:30"),
    Row(
      name: "a check-in elsewhere",
      visits: ["A Café 09:00 10:00 exit", "B Café 09:30 10:00 next"],
      says: "the contact was at Café from 09:30, and elsewhere at 10:00 by the next check-in"),
    Row(
      name: "one phone that heard", visits: [], near: ["A B 09:00 09:10 70±5 one"],
      says: "the phones heard each other 09:00–09:10, 10 min, at 70 dB ± 5 dB, only one of them; "
        + "no visit says where"),
    Row(
      name: "a visit of one says where", visits: ["A Café 08:30 10:00 exit"],
      near: ["A B 09:00 09:10 70±5"], says: "likely at Café, by the visit of the case alone"),
    Row(
      name: "two zones", visits: ["A Café:1 09:00 10:00 exit", "B Café:2 09:00 10:00 exit"],
      says: "chance that both were there 100.0 %; in two zones; 0 others there at the time"),
    Row(
      name: "the open", visits: ["A Park 09:00 10:00 exit", "B Park 09:00 10:00 exit"],
      says: "0 others there at the time; in the open"),
    Row(
      name: "a phone that was off",
      visits: ["A Park 09:00 10:00 exit", "B Park 09:00 10:00 exit"], listening: ["A 09:00 09:30"],
      says: "no sign that the phone of the contact worked on this day: its silence says nothing"),
    Row(
      name: "phones that worked for a part",
      visits: ["A Park 09:00 10:00 exit", "B Park 09:00 10:00 exit"],
      listening: ["A 09:00 09:30", "B 08:00 12:00"],
      says: "no sign that both phones worked for 30 min of the time together"),
    Row(
      name: "silence", visits: ["A Park 09:00 10:00 exit", "B Park 09:00 10:00 exit"],
      listening: ["A 09:00 10:00", "B 09:00 10:00"],
      says: "both phones worked 09:00–10:00, 1 h; for 1 h of it they heard nothing of each other, "
        + "1 h of that while together by their visits"),
    Row(
      name: "hearing that goes on after the visits",
      visits: ["A Park 09:00 10:00 exit", "B Park 09:00 09:20 exit"],
      near: ["A B 09:10 09:40 70±5"],
      says: "at Park by both visits 09:10–09:20"),
    Row(
      name: "hearing alone at the outset", visits: [], near: ["A B 09:00 09:20 60±5"],
      says: "by hearing alone: about"),
    Row(
      name: "hearing that counts up to five minutes", visits: [], near: ["A B 09:00 09:20 60±5"],
      says: "5 min of hearing, counted up to 5 min"),
    Row(
      name: "check-ins at the outset",
      visits: ["A Park 09:00 13:00 exit", "B Park 09:00 13:00 exit", "C Park 09:30 09:40 exit"],
      says: "0 to 1 others there at the time; by the chance that both were there"),
    Row(
      name: "time together that counts up to three hours",
      visits: ["A Park 09:00 13:00 exit", "B Park 09:00 13:00 exit"],
      says: "3 h together by their check-ins, counted up to 3 h"),
    Row(
      name: "working phones that heard each other from afar", visits: [],
      near: ["A B 09:00 09:47 85±5"], listening: ["A 09:00 09:51", "B 09:00 09:51"],
      says: "both phones worked for 51 min and heard each other for 47 min of it, but not 5 min"),
    Row(
      name: "a crowd of which nobody counts further than five",
      visits: ["A Café 09:00 10:00 exit", "B Café 09:00 10:00 exit"]
        + CheckInCorroborationTests.others.dropFirst().map { "\($0) Café 08:30 10:00 exit" },
      listening: (["A"] + CheckInCorroborationTests.others).map { "\($0) 09:00 10:00" },
      posters: [1],
      says: "silent among 5 or more working phones of others who were there"),
    Row(
      name: "a crowd of fewer",
      visits: ["A Café 09:00 10:00 exit", "B Café 09:00 10:00 exit", "C Café 09:00 10:00 exit"],
      listening: ["A 09:00 10:00", "B 09:00 10:00"], posters: [1],
      says:
        "stands on a poster's code alone: silent among 1 working phone of others who were there, "
        + "too few to contradict it"),
    Row(
      name: "too weak for the rules", visits: [], near: ["A B 09:00 09:10 70±5"],
      says: "3638-2021 counts no second of this day"),
  ]

  @Test("Each thing that is known, or missing, is said", arguments: rows)
  func says(row: Row) throws {
    let story = try FusionStory(
      visits: row.visits, near: row.near, listening: row.listening, posters: row.posters)
    let explanation = try #require(try Self.explanation(of: "B", story))
    let lines = explanation.days.flatMap(\.lines).map(\.text)
    #expect(lines.contains { $0.contains(row.says) }, "\(lines.joined(separator: "\n"))")
  }
}

@Suite("Ranking of contacts") struct ContactRankingTests {
  @Test("Contacts come by probability, then by class, with the numbers of the trace")
  func ranks() throws {
    let story = try FusionStory(
      visits: [
        "A Café 09:00 10:00 exit", "B Café 09:00 10:00 exit", "C Café 09:00 10:00 exit",
        "D Café 09:00 10:00 exit", "E Café 10:05 10:55 exit", "G Park 09:00 10:00 exit",
      ],
      near: ["A B 09:10 09:30 50±3", "D C 09:00 10:00 60±3", "A F 12:00 12:20 90±3"],
      listening: ["A 09:00 10:00", "B 09:00 10:00", "D 09:00 10:00"])
    let ranked = try ContactRanking(gatherer: story.gatherer, model: ContactModel())
      .contacts(of: try FusionStory.caseA())
    // B was near; the phones of C and D heard each other only; E came after, F was far.
    #expect(ranked.map { FusionStory.letter($0.person) }.first == "B")
    #expect(Set(ranked.map { FusionStory.letter($0.person) }) == ["B", "C", "D", "E", "F"])
    #expect(
      zip(ranked, ranked.dropFirst()).allSatisfy { $0.probability >= $1.probability })
    let byLetter = Dictionary(
      uniqueKeysWithValues: ranked.map { (FusionStory.letter($0.person), $0) })
    let b = try #require(byLetter["B"])
    #expect(b.exposureClass == .nearAtVenue && b.label == "F1")
    #expect(b.nearSeconds == 1_200 && b.venueSeconds == 2_400 && b.tailSeconds == 0)
    let e = try #require(byLetter["E"])
    #expect(e.exposureClass == .brief && e.probability == 0 && e.tailSeconds == 1_500)
    let f = try #require(byLetter["F"])
    #expect(f.exposureClass == nil && f.label == nil && f.nearSeconds == 0)
    #expect(
      b.digest.reason(nameOfVenue: FusionStory.name)
        == "2020-08-06: heard each other 20 min from 50 dB; together at Café 1 h; silent 40 min of it"
    )
    #expect(
      e.digest.reason(nameOfVenue: FusionStory.name)
        == "2020-08-06: 25 min at Café after the case")
  }

  @Test("A venue where only the air was shared is not one where they were together")
  func namesVenues() throws {
    let story = try FusionStory(
      visits: [
        "A Café 09:00 10:00 exit", "B Café 09:30 09:40 exit", "A Hotel 12:00 13:00 exit",
        "B Hotel 13:10 13:20 exit",
      ])
    let contact = try #require(
      try ContactRanking(gatherer: story.gatherer, model: ContactModel())
        .contacts(of: try FusionStory.caseA()).first)
    #expect(
      contact.digest.reason(nameOfVenue: FusionStory.name)
        == "2020-08-06: together at Café 10 min; 10 min at Hotel after the case")
  }

  @Test("Equal probabilities are ordered by class and then by pseudonym")
  func breaksTies() throws {
    // All three only shared the air, so that nothing says they met.
    let story = try FusionStory(
      visits: [
        "A Café 09:00 10:00 exit", "D Café 10:05 10:55 exit", "C Café 10:00 10:55 exit",
        "B Café 10:05 10:55 exit",
      ])
    let ranked = try ContactRanking(gatherer: story.gatherer, model: ContactModel())
      .contacts(of: try FusionStory.caseA())
    #expect(ranked.map { FusionStory.letter($0.person) } == ["C", "B", "D"])
    #expect(ranked.map(\.exposureClass) == [.tail, .brief, .brief])
  }

  @Test("Days add up as independent chances")
  func combinesDays() throws {
    let calendar = LocalCalendar.haiPhong
    let (a, b) = (try FusionStory.person("A"), try FusionStory.person("B"))
    let venue = try FusionStory.venue("Café")
    let days = [0, 1].map { FusionStory.day.advanced(by: $0) }
    let visits = days.flatMap { day in
      [SubjectNumber(0), 1].map { person in
        Visit(
          subject: person, venue: venue, enter: calendar.start(of: day) + 36_000,
          leave: calendar.start(of: day) + 39_600,
          openedBy: EvidenceID(high: UInt64(person), low: UInt64(day.daysSince2020)))
      }
    }
    let history = try ExposureHistory(people: [a, b], visits: visits)
    let gatherer = PairGatherer(
      history: history, rules: FusionStory.rules, calendar: calendar, witness: nil)
    let model = ContactModel()
    let ranked = try ContactRanking(gatherer: gatherer, model: model)
      .contacts(of: try FusionStory.caseA())
    let contact = try #require(try gatherer.contact(b, of: try FusionStory.caseA()))
    let chances = contact.days.map { model.judge($0.evidence).probability }
    #expect(chances.count == 2 && chances[0] == chances[1] && chances[0] > 0)
    #expect(ranked.map(\.probability) == [1 - (1 - chances[0]) * (1 - chances[1])])
    #expect(ranked.map(\.venueSeconds) == [7_200])
  }
}
