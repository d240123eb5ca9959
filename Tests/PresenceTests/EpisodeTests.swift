import Presence
import TestSupport
import Testing
import VenueCodes

@Suite("Episodes") struct EpisodeTests {
  /// Rules with a hotel, closing times past midnight, and clocks that go back and forth.
  private func rules() throws -> StayRules {
    var byVenue: [VenueID: StayRule] = [:]
    let some = [
      StayRule(defaultStaySeconds: 600), StayRule(closingSecond: 61_200),
      StayRule(defaultStaySeconds: 1_800, capSeconds: 3_600, closingSecond: 72_000),
      StayRule(capSeconds: 1_209_600), StayRule(defaultStaySeconds: 90_000, closingSecond: 93_600),
    ]
    for (number, rule) in some.enumerated() {
      byVenue[try #require(VenueID(rawValue: UInt64(number)))] = rule
    }
    let calendar = LocalCalendar(
      zoneName: "Test/Clocks",
      spans: [
        .init(start: .min, offset: 25_200), .init(start: 1_596_700_000, offset: 28_800),
        .init(start: 1_597_000_000, offset: 25_200), .init(start: 1_597_200_000, offset: -3_600),
      ])
    return StayRules(calendar: calendar, byVenue: byVenue)
  }

  private func history(using generator: inout SeededGenerator) throws -> [PresenceEvent] {
    var time: Int64 = 1_596_646_800 + Int64.random(in: 0..<86_400, using: &generator)
    let isRound = Bool.random(using: &generator)
    let mayStayLong = generator.oneIn(4)
    var events: [PresenceEvent] = []
    for number in 0..<Int.random(in: 1...24, using: &generator) {
      let step = [30, 90, 4_000, 30_000, 60_000, 90_000, 200_000].randomElement(using: &generator)
      time += Int64.random(in: 0...Int64(step ?? 30), using: &generator)
      if isRound { time = (time + 299) / 300 * 300 }
      let venues: [UInt64] = mayStayLong ? [0, 1, 2, 3, 4, 5] : [0, 0, 1, 1, 2, 2, 4, 5]
      let venue = venues.randomElement(using: &generator) ?? 0
      events.append(
        PresenceEvent(
          PresenceEvent.Kind.allCases.randomElement(using: &generator) ?? .scan, subject: 3,
          venue: try #require(VenueID(rawValue: venue)),
          zone: [0, 0, 0, 1, 2].randomElement(using: &generator) ?? 0, time: time,
          leave: Bool.random(using: &generator)
            ? time + Int64.random(in: 0...200_000, using: &generator) : nil,
          defaultStaySeconds: [nil, nil, nil, 0, 300, 4_000].randomElement(using: &generator)
            ?? nil,
          evidence: EvidenceID(high: generator.next() & 0xff, low: UInt64(number))))
    }
    return events.sorted { ($0.time, $0.evidence) < ($1.time, $1.evidence) }
  }

  @Test("Episodes walked apart give the visits of the whole history", arguments: [501, 502])
  func apart(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let rules = try rules()
    let deriver = VisitDeriver(rules: rules)
    let cutter = EpisodeCutter(rules: rules)
    var cuts = 0
    var joined = 0
    for round in 0..<TestEnvironment.propertyRuns(default: 1_500) {
      let events = try history(using: &generator)
      let starts = cutter.starts(of: events)
      cuts += starts.count - 1
      joined += events.count - starts.count
      var apart: [Visit] = []
      for (start, end) in zip(starts, starts.dropFirst() + [events.count]) {
        apart += deriver.visits(ofOrdered: Array(events[start..<end]))
      }
      let whole = deriver.visits(ofOrdered: events)
      guard Set(apart) == Set(whole), apart.count == whole.count else {
        Issue.record("seed \(seed), round \(round): \(events)")
        return
      }
    }
    // Both must happen for the test to mean something.
    #expect(cuts > 1_000 && joined > 1_000)
  }

  @Test(
    "Late evidence changes the visits of the episodes it falls into and no others",
    arguments: [601, 602])
  func late(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let rules = try rules()
    let deriver = VisitDeriver(rules: rules)
    let cutter = EpisodeCutter(rules: rules)
    var spared = 0
    for round in 0..<TestEnvironment.propertyRuns(default: 1_000) {
      let events = try history(using: &generator)
      let lateness = Int.random(in: 1...10, using: &generator)
      let late = events.filter { _ in generator.oneIn(lateness) }
      let early = events.filter { !late.contains($0) }
      guard let first = events.first, let last = events.last, !late.isEmpty else { continue }
      let days = rules.calendar.day(of: first.time)...rules.calendar.day(of: last.time)
      var readDays: [LocalDay] = []
      let episodes = cutter.episodes(around: late.map(\.time), in: days) { day in
        readDays.append(day)
        return events.filter { rules.calendar.day(of: $0.time) == day }
      }
      let touched = Set(episodes.joined().map(\.evidence))
      let kept = deriver.visits(ofOrdered: early).filter { !touched.contains($0.openedBy) }
      let made = episodes.flatMap { deriver.visits(ofOrdered: $0) }
      let whole = deriver.visits(ofOrdered: events)
      spared += kept.count
      guard Set(kept + made) == Set(whole), kept.count + made.count == whole.count,
        Set(readDays).count == readDays.count
      else {
        Issue.record("seed \(seed), round \(round): \(events) after \(early)")
        return
      }
    }
    #expect(spared > 300)
  }

  @Test("Moments at which nothing happened have no episode")
  func nothing() throws {
    let rules = try rules()
    let day = rules.calendar.day(of: 1_596_646_800)
    let days = day.advanced(by: -40)...day.advanced(by: 40)
    let none = EpisodeCutter(rules: rules).episodes(around: [1_596_646_800], in: days) { _ in [] }
    #expect(none.isEmpty)
  }
}
