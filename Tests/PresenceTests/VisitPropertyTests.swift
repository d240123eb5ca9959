import Presence
import TestSupport
import Testing
import VenueCodes

@Suite("Visit deriver, at random") struct VisitPropertyTests {
  private let rules: StayRules
  private let deriver: VisitDeriver

  init() throws {
    var byVenue: [VenueID: StayRule] = [:]
    let some = [
      StayRule(defaultStaySeconds: 600), StayRule(closingSecond: 61_200),
      StayRule(defaultStaySeconds: 1_800, capSeconds: 3_600, closingSecond: 72_000),
      StayRule(capSeconds: 7_200), StayRule(defaultStaySeconds: 5_400, closingSecond: 93_600),
    ]
    for (number, rule) in some.enumerated() {
      byVenue[try #require(VenueID(rawValue: UInt64(number)))] = rule
    }
    rules = StayRules(calendar: .haiPhong, byVenue: byVenue)
    deriver = VisitDeriver(rules: rules)
  }

  /// Events of one person, crowded into so little time and so few venues that everything happens.
  private func events(
    of subject: SubjectNumber, using generator: inout SeededGenerator
  ) throws -> [PresenceEvent] {
    let step = [20, 90, 700, 4_000, 30_000].randomElement(using: &generator) ?? 20
    let isRound = Bool.random(using: &generator)
    var time: Int64 = 1_596_646_800 + Int64.random(in: 0..<86_400, using: &generator)
    var result: [PresenceEvent] = []
    for _ in 0..<Int.random(in: 1...12, using: &generator) {
      time += Int64.random(in: 0...Int64(step), using: &generator)
      // Round times make ties, where the rules are easiest to get wrong.
      if isRound { time = (time + 299) / 300 * 300 }
      let venue = ([0, 0, 1, 1, 2, 3, 4, 5] as [UInt64]).randomElement(using: &generator) ?? 0
      let kind = PresenceEvent.Kind.allCases.randomElement(using: &generator) ?? .scan
      let length = Int64.random(in: 0...9_000, using: &generator)
      result.append(
        PresenceEvent(
          kind, subject: subject, venue: try #require(VenueID(rawValue: venue)),
          zone: [0, 0, 0, 1, 2].randomElement(using: &generator) ?? 0, time: time,
          leave: Bool.random(using: &generator) ? time + length : nil,
          defaultStaySeconds: [nil, nil, nil, 0, 300, 4_000].randomElement(using: &generator)
            ?? nil,
          evidence: EvidenceID(
            high: generator.next() & 0xff, low: UInt64(result.count) << 32 | UInt64(subject))))
    }
    return result
  }

  @Test("Visits are those of the naive way", arguments: [101, 102, 103, 104] as [UInt64])
  func agreesWithOracle(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let oracle = VisitOracle(rules: rules)
    var seenReasons: Set<Visit.EndReason> = []
    for round in 0..<700 {
      let events = try events(of: 3, using: &generator)
      let visits = deriver.visits(from: events)
      let expected = oracle.visits(ofOne: events)
      seenReasons.formUnion(visits.map(\.endReason))
      guard visits == expected else {
        Issue.record("seed \(seed), round \(round):\n\(events)\nis\n\(visits)\nnot\n\(expected)")
        return
      }
    }
    #expect(seenReasons.count == Visit.EndReason.allCases.count, "seed \(seed)")
  }

  @Test(
    "Neither the order of arrival nor other people change anything",
    arguments: [201, 202] as [UInt64])
  func isIndependentOfOrderAndOthers(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for round in 0..<60 {
      var all: [PresenceEvent] = []
      var apart: [Visit] = []
      for subject in 0..<SubjectNumber.random(in: 1...6, using: &generator) {
        let own = try events(of: subject &* 1_000_000_007, using: &generator)
        all += own
        apart += deriver.visits(from: own)
      }
      all.shuffle(using: &generator)
      apart.sort { $0.subject < $1.subject }
      let together = deriver.visits(from: all)
      guard together == apart else {
        Issue.record("seed \(seed), round \(round)")
        return
      }
    }
  }

  @Test("A pause longer than the longest cap cuts a history in two", arguments: [401] as [UInt64])
  func isCutByPauses(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for round in 0..<300 {
      let early = try events(of: 3, using: &generator)
      let last = early.map { max($0.time, $0.leave ?? 0) }.max() ?? 0
      let model = try events(of: 3, using: &generator)
      let shift = last + 86_401 - (model.first?.time ?? 0)
      let late = model.map { event in
        PresenceEvent(
          event.kind, subject: 3, venue: event.venue, zone: event.zone, time: event.time + shift,
          leave: event.leave.map { $0 + shift }, defaultStaySeconds: event.defaultStaySeconds,
          evidence: event.evidence)
      }
      let apart = deriver.visits(from: early) + deriver.visits(from: late)
      guard deriver.visits(from: late + early) == apart else {
        Issue.record("seed \(seed), round \(round)")
        return
      }
    }
  }

  @Test(
    "Ends lie between their bounds, and no derived visit is longer than its cap",
    arguments: [301] as [UInt64])
  func keepsBounds(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var wrong: [Visit] = []
    for _ in 0..<1_500 {
      let events = try events(of: 3, using: &generator)
      for visit in deriver.visits(from: events) {
        let isBounded =
          visit.enter <= visit.leave && visit.earliestLeave <= visit.leave
          && visit.leave <= visit.latestLeave
        let cap = Int64(rules.rule(for: visit.venue).capSeconds)
        if !isBounded || visit.endReason != .given && visit.leave - visit.enter > cap {
          wrong.append(visit)
        }
      }
    }
    #expect(wrong.isEmpty, "seed \(seed)")
  }
}
