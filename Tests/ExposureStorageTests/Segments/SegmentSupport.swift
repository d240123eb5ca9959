import Bluetooth
import CrossMatch
import ExposureStorage
import Presence
import TestSupport
import Testing
import Tracing
import VenueCodes

/// A visit or an encounter with all its facts, whoever numbered the people how.
enum Fact: Hashable, CustomStringConvertible {
  case visit(Pseudonym, Visit)
  case encounter(Pseudonym, Pseudonym, Encounter)

  var description: String {
    switch self {
    case .visit(let person, let visit):
      """
      \(person) at \(visit.venue.rawValue)/\(visit.zone) \(visit.enter)-\(visit.leave) \
      \(visit.endReason) \(visit.earliestLeave)-\(visit.latestLeave) \(visit.evidence)
      """
    case .encounter(let one, let other, let encounter):
      """
      \(one) \(other) \(encounter.start)-\(encounter.end) \(encounter.attenuation) dB \
      \(encounter.quality.rawValue) \(encounter.evidence)
      """
    }
  }
}

extension Visit {
  fileprivate func of(_ subject: SubjectNumber) -> Visit {
    var visit = self
    visit.subject = subject
    return visit
  }
}

/// Everything a history says, each fact as often as it says it.
func facts(of history: ExposureHistory) throws -> [Fact: Int] {
  var facts: [Fact: Int] = [:]
  let numbers = 0..<SubjectNumber(history.people.count)
  // At once: each question opens the days it is about.
  for visit in try history.evidence.visits(at: numbers.flatMap(history.visits.positions)) {
    let person = history.people.pseudonym(of: visit.subject)
    facts[.visit(person, visit.of(0)), default: 0] += 1
  }
  var entries: [(number: SubjectNumber, entry: EncounterEntry)] = []
  for number in numbers {
    history.encounters.forEachEntry(of: number) { entries.append((number, $0)) }
  }
  var ids: [EvidenceID] = []
  try history.evidence.appendEvidence(ofEncounters: entries.map(\.entry.position), to: &ids)
  for ((number, entry), id) in zip(entries, ids) {
    let encounter = try #require(
      Encounter(
        0, 1, start: ColumnTime.unixSeconds(entry.start), end: ColumnTime.unixSeconds(entry.end),
        attenuation: entry.attenuation, quality: entry.quality, evidence: id))
    let pair = (history.people.pseudonym(of: number), history.people.pseudonym(of: entry.peer))
    facts[.encounter(pair.0, pair.1, encounter), default: 0] += 1
  }
  return facts
}

/// Everything that follows from evidence, derived at once and in memory.
func facts(of evidence: [Evidence], _ rules: StayRules) throws -> [Fact: Int] {
  let people = Set(evidence.flatMap { [$0.subject, $0.peer ?? $0.subject] }).sorted()
  var events: [PresenceEvent] = []
  var facts: [Fact: Int] = [:]
  for row in evidence {
    let number = try #require(people.firstIndex(of: row.subject))
    if let event = PresenceEvent(row, subject: SubjectNumber(number)) {
      events.append(event)
    } else if row.kind == .bleEncounter, row.status == .accepted, let peer = row.peer {
      let end = try #require(row.end)
      let attenuation = try #require(row.attenuation)
      let encounter = try #require(
        Encounter(
          0, 1, start: row.start, end: end, attenuation: attenuation,
          quality: EncounterQuality(isOneSided: false, uncertainty: row.attenuationUncertainty),
          evidence: row.id))
      facts[.encounter(row.subject, peer, encounter), default: 0] += 1
      facts[.encounter(peer, row.subject, encounter), default: 0] += 1
    }
  }
  for visit in VisitDeriver(rules: rules).visits(from: events) {
    facts[.visit(people[Int(visit.subject)], visit.of(0)), default: 0] += 1
  }
  let sightings = evidence.filter { $0.kind == .bleSighting && $0.status == .accepted }
  for (day, rows) in Dictionary(grouping: sightings, by: { rules.calendar.day(of: $0.start) }) {
    let span = rules.calendar.start(of: day)..<rules.calendar.start(of: day.advanced(by: 1))
    let derived = EncounterDeriver().encounters(
      from: rows.enumerated().compactMap { place, row in
        guard let peer = row.peer, let hearer = people.firstIndex(of: row.subject),
          let heard = people.firstIndex(of: peer)
        else { return nil }
        return Sighting(
          hearer: SubjectNumber(hearer), heard: SubjectNumber(heard), time: row.start,
          attenuation: row.attenuation, uncertainty: row.attenuationUncertainty,
          row: UInt32(place))
      }, within: span)
    for run in derived.runs {
      let proof = try #require(derived.evidence[run.encounter].map { rows[Int($0)].id }.min())
      let encounter = try #require(
        Encounter(
          0, 1, start: run.start, end: run.end, attenuation: run.attenuation,
          quality: run.quality, evidence: proof))
      let pair = (people[Int(run.first)], people[Int(run.second)])
      facts[.encounter(pair.0, pair.1, encounter), default: 0] += 1
      facts[.encounter(pair.1, pair.0, encounter), default: 0] += 1
    }
  }
  return facts
}

/// What one list of facts says and the other does not.
func difference(_ found: [Fact: Int], _ expected: [Fact: Int]) -> String {
  let extra = found.filter { expected[$0.key] != $0.value }.map { "+ \($0.key) ×\($0.value)" }
  let missing = expected.filter { found[$0.key] != $0.value }.map { "- \($0.key) ×\($0.value)" }
  return (extra + missing).sorted().joined(separator: "\n")
}

/// Evidence crowded into so few people, places and days that everything happens.
struct CrowdedEvidence {
  var generator: SeededGenerator
  private var number: UInt64 = 0

  init(seed: UInt64) {
    generator = SeededGenerator(seed: seed)
  }

  /// Rules with a hotel, closing times past midnight and caps.
  static func rules(_ calendar: LocalCalendar) throws -> StayRules {
    var byVenue: [VenueID: StayRule] = [:]
    let some = [
      StayRule(defaultStaySeconds: 600), StayRule(closingSecond: 61_200),
      StayRule(defaultStaySeconds: 1_800, capSeconds: 3_600, closingSecond: 72_000),
      StayRule(capSeconds: 1_209_600), StayRule(defaultStaySeconds: 90_000, closingSecond: 93_600),
    ]
    for (number, rule) in some.enumerated() { byVenue[try venue(UInt64(number))] = rule }
    return StayRules(calendar: calendar, byVenue: byVenue)
  }

  /// A zone whose clocks go forward and back in August.
  static let restlessClocks = LocalCalendar(
    zoneName: "Test/Clocks",
    spans: [
      .init(start: .min, offset: 25_200), .init(start: augustSixth + 200_000, offset: 28_800),
      .init(start: augustSixth + 500_000, offset: 25_200),
    ])

  /// Makes rows of evidence in any order of time.
  mutating func rows(_ count: Int, people: UInt64 = 6, days: Int64 = 18) throws -> [Evidence] {
    let isRound = Bool.random(using: &generator)
    return try (0..<count).map { _ in
      number += 1
      var time = augustSixth + Int64.random(in: 0..<days * 86_400, using: &generator)
      if generator.oneIn(3) {
        // Around midnight and close together.
        time = time / 86_400 * 86_400 + 61_200 + Int64.random(in: -90...90, using: &generator)
      }
      if isRound { time = time / 300 * 300 }
      let who = UInt64.random(in: 0..<people, using: &generator)
      // Some people only have stays that were given.
      let kinds: [Evidence.Kind] =
        who < 2
        ? [.visit, .visit, .bleEncounter, .correction, .bleSighting]
        : [
          .scanIn, .scanIn, .scanOut, .scan, .gatewayScan, .visit, .bleEncounter, .staffNote,
          .bleSighting, .bleSighting,
        ]
      let kind = kinds.randomElement(using: &generator) ?? .scan
      // Some phones are heard by a gateway, which makes no visit.
      let isEncounter = kind.isBluetooth && !(kind == .bleSighting && generator.oneIn(5))
      let length = Int64.random(in: 0...40_000, using: &generator)
      let hasEnd = kind == .bleEncounter || kind == .visit && !(who >= 2 && generator.oneIn(3))
      return Evidence(
        id: EvidenceID(high: generator.next() >> 60, low: number), kind: kind,
        subject: person(who),
        venue: isEncounter
          ? nil : try venue([0, 0, 1, 1, 2, 2, 3, 4, 5].randomElement(using: &generator) ?? 0),
        zone: isEncounter ? 0 : [0, 0, 0, 1, 2].randomElement(using: &generator) ?? 0,
        peer: isEncounter ? person((who + 1) % people) : nil, start: time,
        end: hasEnd ? time + length : nil, attenuation: isEncounter ? 55 : nil,
        attenuationUncertainty: [nil, 0, 4, 12].randomElement(using: &generator) ?? nil,
        statedStay: [nil, nil, 0, 1, 12].randomElement(using: &generator) ?? nil,
        status: generator.oneIn(9)
          ? kind == .bleSighting ? .rotatingIdentifier : .expiredCode : .accepted, gateway: "g",
        receivedAt: augustSixth)
    }
  }
}
