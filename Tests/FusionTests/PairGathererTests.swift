import CrossMatch
import FoundationEssentials
import Fusion
import Presence
import Testing
import Tracing
import VenueCodes

/// The gathering against a second one that goes second by second.
///
/// `CHECKIN_PROPERTY_RUNS` is the number of stores (1600 if not set), `CHECKIN_PROPERTY_SEED` the
/// first seed.
@Suite("Gathering of pairs, against brute force") struct PairGathererTests {
  static let blocks = 4
  static let runs = setting("CHECKIN_PROPERTY_RUNS") ?? 1_600
  static let firstSeed = setting("CHECKIN_PROPERTY_SEED") ?? 1

  private static func setting(_ name: String) -> Int? {
    ProcessInfo.processInfo.environment[name].flatMap { Int($0) }
  }

  @Test("Every pair of every random store has what the definition says", arguments: 0..<blocks)
  func agrees(block: Int) throws {
    let each = (Self.runs + Self.blocks - 1) / Self.blocks
    let seeds = (Self.firstSeed + block * each)..<(Self.firstSeed + (block + 1) * each)
    print("random meetings with seeds \(seeds)")
    var seen: Set<String> = []
    for seed in seeds {
      let store = try RandomMeetings(seed: UInt64(seed))
      let gatherer = PairGatherer(
        history: try store.history(), rules: store.rules, calendar: store.calendar, witness: nil)
      var found: [Pseudonym: ContactEvidence] = [:]
      var order: [Pseudonym] = []
      try gatherer.forEachContact(of: store.one) {
        found[$0.person] = $0
        order.append($0.person)
      }
      let naive = NaiveGathering(store: store)
      for number in 1..<SubjectNumber(store.people.count) {
        let expected = naive.days(of: number)
        let contact = found[store.people[Int(number)]]
        let problems = Self.differences(contact, expected)
        guard problems == [] else {
          Issue.record("seed \(seed), p\(number): \(problems)\n\(store)")
          return
        }
        for day in contact?.days ?? [] {
          if !day.evidence.radio.isEmpty { seen.insert("radio") }
          if !day.evidence.together.isEmpty { seen.insert("together") }
          if day.evidence.together.contains(where: { $0.crowd > 0 }) { seen.insert("crowd") }
          if day.evidence.together.contains(where: { $0.sharesZone == false }) {
            seen.insert("zones")
          }
          if !day.evidence.apart.isEmpty { seen.insert("apart") }
          if !day.evidence.listening.isEmpty { seen.insert("listening") }
          if !day.tails.isEmpty { seen.insert("tail") }
        }
      }
      #expect(order == order.sorted(), "seed \(seed)")
      #expect(found[store.people[0]] == nil, "seed \(seed): the case is its own contact")
    }
    // A generator that makes nothing would agree with everything.
    if each >= 200 { #expect(seen.count == 7, "seen were \(seen.sorted())") }
  }

  private static func differences(
    _ contact: ContactEvidence?, _ expected: [LocalDay: NaiveGathering.Day]
  ) -> [String] {
    let days = contact?.days ?? []
    guard days.map(\.day) == expected.keys.sorted() else {
      return ["days \(days.map(\.day)) instead of \(expected.keys.sorted())"]
    }
    return days.flatMap { day -> [String] in
      guard let wanted = expected[day.day] else { return ["\(day.day)"] }
      var problems: [String] = []
      let radio = day.evidence.radio.map {
        "\($0.span) \($0.attenuation) \($0.uncertainty) \($0.isMutual)"
      }
      if radio.sorted() != wanted.radio.sorted() { problems.append("radio \(radio)") }
      if day.encounters.count != radio.count { problems.append("encounters") }
      if Set(day.evidence.apart.flatMap { Array($0) }) != wanted.apart { problems.append("apart") }
      if Set(day.alibis.flatMap { Array($0.span) }) != wanted.apart { problems.append("alibis") }
      if Set(day.evidence.listening.flatMap { Array($0) }) != wanted.listening {
        problems.append("listening")
      }
      if Set(day.tails.flatMap { Array($0.span) }) != wanted.tail { problems.append("tail") }
      var together: [String: [Int64: Double]] = [:]
      for part in day.evidence.together {
        let zones = part.sharesZone.map { "\($0)" } ?? "unknown"
        for second in part.span {
          together["\(part.venue) \(zones) \(part.crowd)", default: [:]][second, default: 0] +=
            part.confidence
        }
      }
      if Set(together.keys) != Set(wanted.together.keys) {
        problems.append("together \(together.keys) instead of \(wanted.together.keys)")
      }
      for (key, chances) in together {
        let others = wanted.together[key] ?? [:]
        if Set(chances.keys) != Set(others.keys) { problems.append("together \(key)") }
        for (second, chance) in chances where abs(chance - (others[second] ?? 0)) > 0.35 {
          problems.append("chance at \(second): \(chance) instead of \(others[second] ?? 0)")
        }
        let sums = (chances.values.reduce(0, +), others.values.reduce(0, +))
        if abs(sums.0 - sums.1) > 0.3 { problems.append("chances of \(key): \(sums)") }
      }
      return problems
    }
  }

  @Test("One contact alone is the same as in the list of all", arguments: 1..<100)
  func oneIsAsAll(seed: Int) throws {
    let store = try RandomMeetings(seed: UInt64(seed))
    let gatherer = PairGatherer(
      history: try store.history(), rules: store.rules, calendar: store.calendar, witness: nil)
    var all: [Pseudonym: [PairEvidence]] = [:]
    try gatherer.forEachContact(of: store.one) { all[$0.person] = $0.days.map(\.evidence) }
    for person in store.people {
      let alone = try gatherer.contact(person, of: store.one)?.days.map(\.evidence)
      #expect(alone == all[person], "seed \(seed)")
    }
  }
}
