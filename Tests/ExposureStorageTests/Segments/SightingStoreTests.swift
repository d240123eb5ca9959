import Bluetooth
import CrossMatch
import ExposureStorage
import Foundation
import Presence
import TestSupport
import Testing
import Tracing
import VenueCodes

/// People, their phones' identifiers of 15 minutes, and what the phones heard of each other.
private struct RadioCity {
  var generator: SeededGenerator
  var rows: [Evidence] = []
  var aliases: [CredentialAlias] = []
  private var number: UInt64 = 0

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  /// The pseudonym of the identifier that a person's phone says in a slot.
  static func identifier(_ who: UInt64, _ slot: Int64) -> Pseudonym {
    Pseudonym(
      high: 0xabc0_0000_0000_0000 | who << 40 | UInt64(slot),
      low: (who &* 77 &+ UInt64(slot)) &* 0x9e37_79b9_7f4a_7c15)
  }

  static func alias(_ who: UInt64, _ slot: Int64) -> CredentialAlias {
    CredentialAlias(
      credential: identifier(who, slot), person: person(who), from: slot * 900,
      to: slot * 900 + 900)
  }

  mutating func hear(
    _ hearer: UInt64, _ heard: UInt64, at time: Int64, attenuation: Int16 = 60,
    status: Evidence.Status = .rotatingIdentifier
  ) {
    number += 1
    rows.append(
      Evidence(
        id: EvidenceID(high: generator.next(), low: number), kind: .bleSighting,
        subject: status.hearerRotates ? Self.identifier(hearer, time / 900) : person(hearer),
        peer: status.heardRotates ? Self.identifier(heard, time / 900) : person(heard),
        start: time, attenuation: attenuation, attenuationUncertainty: 4, status: status,
        gateway: "upload", receivedAt: augustSixth))
  }

  mutating func pass(_ who: UInt64, at time: Int64, gateway: String = "box") throws {
    number += 1
    rows.append(
      Evidence(
        id: EvidenceID(high: generator.next(), low: number), kind: .bleSighting,
        subject: Self.identifier(who, time / 900), venue: try venue(4), start: time,
        attenuation: 50, status: .rotatingIdentifier, gateway: gateway, receivedAt: augustSixth))
  }
}

@Suite("A store of sightings") struct SightingStoreTests {
  private let folder: TemporaryFolder
  private let store: ExposureStore
  private let rules = StayRules(calendar: .haiPhong)
  private static let noon = augustSixth + 43_200

  init() throws {
    folder = try TemporaryFolder()
    store = try newStore(folder)
  }

  private func history() throws -> ExposureHistory {
    try store.history(stayRules: rules, openVenues: [])
  }

  /// The runs that a person has: who, from, to, attenuation, quality.
  private func runs(
    of who: UInt64, in history: ExposureHistory
  ) throws -> [[Int64]] {
    guard let number = try history.people.number(of: person(who)) else { return [] }
    var runs: [[Int64]] = []
    history.encounters.forEachEntry(of: number) { entry in
      runs.append([
        Int64(history.people.pseudonym(of: entry.peer).low),
        ColumnTime.unixSeconds(entry.start) - Self.noon,
        ColumnTime.unixSeconds(entry.end) - Self.noon, Int64(entry.attenuation),
        Int64(entry.quality.rawValue),
      ])
    }
    return runs.sorted { $0.lexicographicallyPrecedes($1) }
  }

  private func listening(
    of who: UInt64, in history: ExposureHistory
  ) throws -> [[Int64]] {
    guard let number = try history.people.number(of: person(who)) else { return [] }
    return history.listening.spans(of: number).map {
      [
        ColumnTime.unixSeconds($0.lowerBound) - Self.noon,
        ColumnTime.unixSeconds($0.upperBound) - Self.noon,
      ]
    }
  }

  @Test("Two phones and a gateway make one mutual encounter and no visit, built or not")
  func mainStory() throws {
    var city = RadioCity(seed: 1)
    for minute in Int64(0)..<20 {
      city.hear(1, 2, at: Self.noon + minute * 60)
      city.hear(2, 1, at: Self.noon + minute * 60 + 10, attenuation: 62)
    }
    try city.pass(1, at: Self.noon - 100)
    _ = try store.append(city.rows)
    // Nobody knows anybody: all is kept, and counted.
    var statistics = try store.sightingStatistics()
    #expect(statistics.rows == 41 && statistics.unresolved == 40 && statistics.byGateways == 1)
    #expect(try runs(of: 1, in: try history()).isEmpty)
    #expect(try listening(of: 1, in: try history()) == [[-180, 1_320]])
    #expect(try store.buildSegments(stayRules: rules) == .built)
    // Keys of one of them come later: one side of it resolves by itself.
    let slots = (Self.noon - 3_600) / 900...(Self.noon + 3_600) / 900
    #expect(try store.addAliases(slots.map { RadioCity.alias(2, $0) }, note: note) > 0)
    let oneSided = [[2, -30, 1_170, 60, 128 + 4]] as [[Int64]]
    #expect(try runs(of: 1, in: try history()) == oneSided)
    #expect(try store.buildSegments(stayRules: rules) == .built)
    #expect(try runs(of: 1, in: try history()) == oneSided)
    statistics = try store.sightingStatistics()
    #expect(statistics.unresolved == 20 && statistics.used == 20)
    // And those of the other: now both heard.
    #expect(try store.addAliases(slots.map { RadioCity.alias(1, $0) }, note: note) > 0)
    let mutual = [[2, -30, 1_180, 61, 4]] as [[Int64]]
    for isBuilt in [false, true] {
      if isBuilt { #expect(try store.buildSegments(stayRules: rules) == .built) }
      let found = try history()
      #expect(try runs(of: 1, in: found) == mutual)
      #expect(try runs(of: 2, in: found).map { Array($0.dropFirst()) } == [[-30, 1_180, 61, 4]])
      #expect(try found.milestones(of: person(1)).count == 1)
      let milestone = try #require(try found.milestones(of: person(1)).first)
      #expect(milestone.evidence == city.rows.filter { $0.venue == nil }.map(\.id).sorted())
      #expect(milestone.nearness.map(\.seconds) == [1_210])
      let number = try #require(try found.people.number(of: person(1)))
      #expect(found.visits.positions(of: number).isEmpty)
    }
    #expect(try store.sightingStatistics().unresolved == 0)
    #expect(try store.buildSegments(stayRules: rules) == .unchanged)
    #expect(try store.verify().problems == [])
    // Without the folder, the answer is the same.
    try FileManager.default.removeItem(atPath: store.path + "/segments")
    #expect(try runs(of: 1, in: try history()) == mutual)
  }

  @Test("Each row that is of no use is counted for its reason")
  func reasons() throws {
    var city = RadioCity(seed: 2)
    for status: Evidence.Status in [
      .rotatingIdentifier, .rotatingHearer, .rotatingPair, .expiredIdentifier,
      .unreadableIdentifier, .undated, .clockSkew,
      .accepted,
    ] {
      city.hear(1, 2, at: Self.noon, status: status)
    }
    city.hear(1, 1, at: Self.noon, status: .accepted)
    city.hear(1, 3, at: Self.noon)
    city.hear(1, 4, at: Self.noon)
    var weak = city.rows[7]
    weak.id = EvidenceID(high: 5, low: 5)
    weak.attenuation = nil
    _ = try store.append(city.rows + [weak])
    _ = try store.addAliases(
      [
        RadioCity.alias(3, Self.noon / 900),
        CredentialAlias(
          credential: RadioCity.identifier(3, Self.noon / 900), person: person(9),
          from: Self.noon - 10, to: Self.noon + 10),
        // Its slot is an hour ago.
        CredentialAlias(
          credential: RadioCity.identifier(4, Self.noon / 900), person: person(4),
          from: Self.noon - 4_500, to: Self.noon - 3_600),
      ], note: note)
    var expected = SightingStatistics()
    expected.rows = 12
    expected.unresolved = 3
    expected.expired = 1
    expected.unreadable = 1
    expected.undated = 1
    expected.refused = 1
    expected.ofOneself = 1
    expected.ambiguous = 1
    expected.outsideSlot = 1
    expected.withoutStrength = 1
    for _ in 0..<2 {
      #expect(try store.sightingStatistics() == expected)
      #expect(expected.used == 1)
      try store.buildSegments(stayRules: rules)
    }
  }

  @Test("A clock that is twenty minutes slow is found by a gateway, and both sides meet")
  func clocks() throws {
    var city = RadioCity(seed: 3)
    // The second phone's clock is 1,200 seconds behind: its slots begin that much later.
    func slow(_ time: Int64) -> Int64 { time - 1_200 }
    for step in Int64(0)..<30 {
      let time = Self.noon + step * 120
      city.hear(1, 2, at: time)
      city.rows[city.rows.count - 1].peer = RadioCity.identifier(2, slow(time) / 900)
      city.hear(2, 1, at: slow(time))
      city.rows[city.rows.count - 1].peer = RadioCity.identifier(1, time / 900)
      try city.pass(1, at: time)
    }
    _ = try store.append(city.rows)
    let slots = (Self.noon - 7_200) / 900...(Self.noon + 7_200) / 900
    _ = try store.addAliases(
      slots.flatMap { [RadioCity.alias(1, $0), RadioCity.alias(2, $0)] }, note: note)
    let found = try runs(of: 1, in: try history())
    #expect(found.count == 1 && found[0][4] == 4)
    // Within what two minutes between sightings leave open.
    #expect(abs(found[0][1] + 30) <= 120 && abs(found[0][2] - 3_510) <= 120)
    #expect(try store.sightingStatistics().outsideSlot == 0)
  }

  @Test("An encounter over midnight is one on each day, which meet there")
  func midnight() throws {
    var city = RadioCity(seed: 4)
    let midnight = augustSixth + 86_400
    for step in Int64(-5)...5 {
      city.hear(1, 2, at: midnight + step * 60 + 30, status: .accepted)
    }
    _ = try store.append(city.rows)
    let found = try runs(of: 1, in: try history())
    #expect(found.map { $0[1] } == [43_200 - 300, 43_200])
    #expect(found.map { $0[2] } == [43_200, 43_200 + 360])
  }

  @Test("What an older algorithm made of sightings is made anew")
  func olderAlgorithm() throws {
    var city = RadioCity(seed: 8)
    city.hear(1, 2, at: Self.noon, status: .accepted)
    _ = try store.append(city.rows)
    #expect(try store.buildSegments(stayRules: rules) == .built)
    #expect(try store.buildSegments(stayRules: rules) == .unchanged)
    let path = "\(store.path)/segments/\(SegmentManifest.name)"
    let text = try #require(try store.value(of: .storeID))
    let identity = (
      try #require(UInt64(text.prefix(16), radix: 16)),
      try #require(UInt64(text.suffix(16), radix: 16))
    )
    var manifest = try SegmentManifest(MappedColumns(path, of: identity, kind: .manifest))
    let algorithm = EncounterDeriver.algorithm
    #expect(manifest.encounterDigest == SegmentManifest.encounterDigest(ofAlgorithm: algorithm))
    manifest.encounterDigest = SegmentManifest.encounterDigest(ofAlgorithm: algorithm - 1)
    let older = manifest.files.filter { $0.kind == .heard }
    _ = try ColumnFile.write(
      manifest.columns, kind: .manifest, of: identity, to: path)
    #expect(try store.buildSegments(stayRules: rules) == .built)
    let newer = try SegmentManifest(MappedColumns(path, of: identity, kind: .manifest)).files
      .filter { $0.kind == .heard }
    #expect(older.count == 1 && newer.count == 1 && older != newer)
    #expect(try runs(of: 1, in: try history()).count == 1)
  }

  @Test("Runs of one encounter make the degree that one encounter makes")
  func degrees() throws {
    var city = RadioCity(seed: 5)
    let always = RuleSet.Criterion(threshold: 900, label: .f1)
    let rules = RuleSet(
      id: "R", source: "the design", validFrom: LocalDay(daysSince2020: 0),
      infectiousWindow: RuleSet.InfectiousWindow(
        daysBeforeOnset: 3, daysBeforeSpecimen: 3, daysAfter: 14),
      openVenue: always, tailed: always, closedVenue: always, near: always, nearAtVenue: always,
      tail: RuleSet.Tail(slope: 1, maximum: 1_800), sameZone: false, maximumAttenuation: 63,
      degree: RuleSet.Degree(threshold: 900, latent: 172_800))
    // F0 near F1 and, three days later, F1 near F2: the attenuation goes to and fro.
    for minute in Int64(0)..<20 {
      let attenuation: Int16 = minute / 2 % 2 == 0 ? 52 : 60
      city.hear(1, 2, at: Self.noon + minute * 60, attenuation: attenuation, status: .accepted)
      city.hear(
        2, 3, at: Self.noon + 3 * 86_400 + minute * 60, attenuation: attenuation,
        status: .accepted)
    }
    _ = try store.append(city.rows)
    let tracer = Tracer(history: try history(), rules: rules, calendar: store.calendar)
    let one = try Case(id: "C", subject: person(1), onset: try day("2020-08-06"))
    let trace = try tracer.trace(cases: [one], degrees: 2)
    #expect(trace.rows.map(\.contact) == [person(2), person(3)])
    #expect(trace.rows.map(\.label) == ["F1", "F2"])
    #expect(trace.rows.map(\.nearSeconds) == [1_200, 1_200])
    #expect(trace.rows.map(\.evidence.count) == [20, 20])
  }

  @Test(
    "Any order of rows and aliases, built in between or not, gives one history",
    arguments: 0..<12)
  func anyOrder(seed: UInt64) throws {
    var city = RadioCity(seed: seed)
    for _ in 0..<Int.random(in: 1...8, using: &city.generator) {
      let pair = [(1, 2), (2, 1), (1, 3), (3, 4), (4, 1)].randomElement(using: &city.generator)
      guard let (one, other) = pair else { continue }
      var time = augustSixth + Int64.random(in: 0..<172_800, using: &city.generator)
      for _ in 0..<Int.random(in: 1...15, using: &city.generator) {
        time += Int64.random(in: 1...400, using: &city.generator)
        city.hear(
          UInt64(one), UInt64(other), at: time,
          attenuation: Int16.random(in: 45...85, using: &city.generator),
          status: [
            .accepted, .rotatingHearer, .rotatingPair, .rotatingIdentifier, .rotatingIdentifier,
          ].randomElement(using: &city.generator) ?? .accepted)
        if city.generator.oneIn(4) { try city.pass(UInt64(one), at: time) }
      }
    }
    var aliases: [CredentialAlias] = []
    for who in UInt64(1)...4 where !city.generator.oneIn(5) {
      for slot in (augustSixth / 900 - 4)...(augustSixth / 900 + 200) {
        aliases.append(RadioCity.alias(who, slot))
      }
    }
    // All at once, in the order it was made, and never built.
    let other = try TemporaryFolder()
    let plain = try newStore(other)
    _ = try plain.append(city.rows)
    _ = try plain.addAliases(aliases, note: note)
    let expected = try facts(of: try plain.history(stayRules: rules, openVenues: []))
    let statistics = try plain.sightingStatistics()
    // In any order and parts.
    enum Step { case rows(ArraySlice<Evidence>), aliases(ArraySlice<CredentialAlias>), build }
    var steps: [Step] = []
    let rows = city.rows.shuffled(using: &city.generator)
    let third = rows.count / 3
    steps += [.rows(rows[..<third]), .rows(rows[third...])]
    let shuffled = aliases.shuffled(using: &city.generator)
    steps += [
      .aliases(shuffled[..<(shuffled.count / 2)]), .aliases(shuffled[(shuffled.count / 2)...]),
    ]
    steps += [.build, .build]
    for step in steps.shuffled(using: &city.generator) {
      switch step {
      case .rows(let rows): _ = try store.append(Array(rows))
      case .aliases(let aliases): _ = try store.addAliases(Array(aliases), note: note)
      case .build: try store.buildSegments(stayRules: rules)
      }
      // A question in between changes nothing.
      _ = try history()
    }
    for isBuilt in [false, true] {
      if isBuilt { try store.buildSegments(stayRules: rules) }
      let found = try facts(of: try history())
      guard found == expected else {
        Issue.record("seed \(seed), built \(isBuilt):\n\(difference(found, expected))")
        return
      }
      #expect(try store.sightingStatistics() == statistics, "seed \(seed)")
    }
    #expect(try store.verify().problems == [])
  }

  @Test("Bluetooth goes after its time with its aliases and everybody whom nothing else names")
  func retention() throws {
    var city = RadioCity(seed: 6)
    for minute in Int64(0)..<10 {
      city.hear(9_001, 9_002, at: Self.noon + minute * 60)
      city.hear(9_003, 9_004, at: Self.noon + minute * 60)
      city.hear(9_005, 9_006, at: Self.noon + 13 * 86_400 + minute * 60)
    }
    _ = try store.append(city.rows)
    let slots = [Self.noon / 900, (Self.noon + 13 * 86_400) / 900]
    _ = try store.addAliases(
      [9_002, 9_004, 9_006, 9_007].flatMap { who in slots.map { RadioCity.alias(who, $0) } },
      note: note)
    #expect(try store.buildSegments(stayRules: rules) == .built)
    let before = try facts(of: try history())
    let linked = Set(
      try #require(try history().milestones(of: person(9_003)).first).evidence)
    let today = try day("2020-08-06").advanced(by: 15)
    let report = try store.retain(
      RetentionPolicy(), today: today, keeping: linked, now: augustSixth + 15 * 86_400)
    #expect(report.deletedRows == 10 && report.filesWithTraces == [])
    // 7's phone was never heard, but its keys of the 19th say that there is somebody.
    let identifiers = [RadioCity.identifier(9_002, slots[0])]
    #expect(report.forgotten == Set([person(9_001)] + identifiers))
    // Of the first day, only the identifier that the kept rows name.
    #expect(report.aliases == 3)
    #expect(
      try store.aliases(
        of: [9_002, 9_004, 9_006, 9_007].map { RadioCity.identifier($0, slots[0]) })
        == [RadioCity.alias(9_004, slots[0])])
    let after = try facts(of: try history())
    #expect(!after.isEmpty && after.allSatisfy { before[$0.key] == $0.value })
    #expect(try history().milestones(of: person(9_003)).count == 1)
    // When the second key's day is over too, nobody is left.
    let end = try store.retain(
      RetentionPolicy(), today: today.advanced(by: 15), keeping: [],
      now: augustSixth + 30 * 86_400)
    #expect(end.filesWithTraces == [] && end.forgotten.contains(person(9_007)))
    #expect(try store.aliasCount() == 0 && store.statistics().people == 0)
    #expect(try store.verify().problems == [])
  }

  @Test("A backup has the aliases, and the restored store the same history")
  func backup() throws {
    var city = RadioCity(seed: 7)
    for minute in Int64(0)..<10 { city.hear(1, 2, at: Self.noon + minute * 60) }
    _ = try store.append(city.rows)
    _ = try store.addAliases([RadioCity.alias(2, Self.noon / 900)], note: note)
    let expected = try facts(of: try history())
    #expect(!expected.isEmpty)
    _ = try store.backUp(to: folder.path + "/backup", now: augustSixth)
    _ = try ExposureStore.restore(at: folder.path + "/again", from: folder.path + "/backup")
    let restored = try ExposureStore.open(at: folder.path + "/again")
    #expect(try facts(of: try restored.history(stayRules: rules, openVenues: [])) == expected)
    #expect(try restored.verify().problems == [])
  }
}
