import Bluetooth
import Presence
import TestSupport
import Testing

@Suite("Encounters from sightings") struct EncounterDeriverTests {
  private static let day: Range<Int64> = 86_400..<172_800
  private static let noon: Int64 = 86_400 + 43_200

  private func sighting(
    _ hearer: SubjectNumber, _ heard: SubjectNumber, _ time: Int64, _ attenuation: Int16?,
    uncertainty: UInt8? = 5, slot: Range<Int64>? = nil, row: UInt32 = 0
  ) -> Sighting {
    Sighting(
      hearer: hearer, heard: heard, time: Self.noon + time, attenuation: attenuation,
      uncertainty: uncertainty,
      slot: slot.map { $0.lowerBound + Self.noon..<$0.upperBound + Self.noon },
      row: row)
  }

  private struct Run: Hashable {
    var start: Int64
    var end: Int64
    var attenuation: Int16
    var isMutual: Bool

    init(_ start: Int64, _ end: Int64, _ attenuation: Int16, mutual: Bool = false) {
      self.start = start
      self.end = end
      self.attenuation = attenuation
      self.isMutual = mutual
    }
  }

  private func runs(_ sightings: [Sighting], _ rule: EncounterRule = EncounterRule()) -> [Run] {
    EncounterDeriver(rule: rule).encounters(from: sightings, within: Self.day).runs.map {
      Run(
        $0.start - Self.noon, $0.end - Self.noon, $0.attenuation, mutual: !$0.quality.isOneSided)
    }
  }

  @Test("A sighting alone is a minute that one side knows of")
  func lone() {
    #expect(runs([sighting(1, 2, 0, 60)]) == [Run(-30, 30, 60)])
  }

  @Test("What lies between two sightings is of the one that is nearer, up to the longest gap")
  func gaps() {
    #expect(
      runs([sighting(1, 2, 0, 60), sighting(1, 2, 360, 70)])
        == [Run(-30, 180, 60), Run(180, 390, 70)])
    // A second in the middle is of the later one.
    #expect(
      runs([sighting(1, 2, 0, 60), sighting(1, 2, 101, 70), sighting(1, 2, 400, 60)])
        == [Run(-30, 50, 60), Run(50, 250, 70), Run(250, 430, 60)])
    #expect(
      runs([sighting(1, 2, 0, 60), sighting(1, 2, 361, 62)])
        == [Run(-30, 30, 60), Run(331, 391, 62)])
  }

  @Test("Both sides make one encounter, which is mutual, with the mean of the two")
  func bothSides() {
    #expect(
      runs([sighting(1, 2, 0, 60), sighting(2, 1, 10, 63)]) == [Run(-30, 40, 62, mutual: true)])
    // The same seen by one side only.
    #expect(runs([sighting(1, 2, 0, 60), sighting(1, 2, 10, 63)]) == [Run(-30, 40, 60)])
  }

  @Test("An encounter is mutual where both phones heard, and one-sided where only one still did")
  func ceases() {
    let found = runs([
      sighting(1, 2, 0, 60), sighting(2, 1, 5, 60), sighting(1, 2, 300, 60),
      sighting(1, 2, 600, 60), sighting(1, 2, 900, 60),
    ])
    // The second phone's hearing reaches as far as the gap and what the clocks are uncertain by.
    #expect(found.map(\.isMutual) == [true, false])
    #expect(found.first?.start == -30 && found.last?.end == 930)
  }

  @Test("The nearest of one look counts, and echoes within five seconds are one sighting")
  func looks() {
    #expect(
      runs([sighting(1, 2, 0, 75), sighting(1, 2, 4, 61), sighting(1, 2, 20, 80)])
        == [Run(-30, 50, 61)])
  }

  @Test("A run lies between two edges, and the edges are of the nearer bin")
  func bins() {
    let found = runs([
      sighting(1, 2, 0, 55), sighting(1, 2, 100, 55), sighting(1, 2, 200, 56),
      sighting(1, 2, 300, 63), sighting(1, 2, 400, 64),
    ])
    #expect(found == [Run(-30, 150, 55), Run(150, 350, 60), Run(350, 430, 64)])
  }

  @Test("What clocks and the day's ends leave over is cut off")
  func clipping() {
    let deriver = EncounterDeriver()
    let late = Sighting(
      hearer: 1, heard: 2, time: Self.day.upperBound - 1, attenuation: 60, row: 7)
    let found = deriver.encounters(from: [late], within: Self.day)
    #expect(found.runs.map(\.end) == [Self.day.upperBound] && found.evidence == [[7]])
    #expect(found.listening.map(\.end) == [Self.day.upperBound])
  }

  @Test("Whoever hears is listening for as long as it takes to listen again; who is heard is not")
  func listening() {
    let found = EncounterDeriver().encounters(
      from: [sighting(1, 2, 0, nil)],
      moments: [300, 660, 1_200].map { HearingMoment(hearer: 1, time: Self.noon + $0) },
      within: Self.day)
    #expect(
      found.listening.map { [Int64($0.person), $0.start - Self.noon, $0.end - Self.noon] }
        == [[1, -180, 840], [1, 1_020, 1_380]])
    #expect(found.withoutStrength == 1 && found.runs.isEmpty)
  }

  @Test("A phone does not meet itself")
  func oneself() {
    let found = EncounterDeriver().encounters(
      from: [sighting(1, 1, 0, 40)], within: Self.day)
    #expect(found.ofOneself == 1 && found.runs.isEmpty)
  }

  @Test("An identifier that is replayed after its slot is not used, and is counted")
  func replay() {
    var sightings: [Sighting] = []
    // Seen all through two of its slots, and one of them again for half an hour.
    for place in Int64(0)..<6 {
      sightings.append(
        sighting(1, 2, place * 300, 60, slot: place / 3 * 900..<place / 3 * 900 + 900))
    }
    for place in Int64(0)..<6 {
      sightings.append(sighting(1, 2, 3_000 + place * 300, 50, slot: 0..<900))
    }
    let found = EncounterDeriver().encounters(from: sightings, within: Self.day)
    #expect(found.outsideSlot == 6)
    #expect(found.runs.map { $0.end - Self.noon }.max() == 1_530)
  }

  /// Sightings of one pair that come in crowds and gaps.
  private func random(_ generator: inout SeededGenerator, count: Int) -> [Sighting] {
    var time: Int64 = 0
    return (0..<count).map { row in
      time += [0, 1, 3, 5, 6, 20, 31, 60, 150, 360, 361, 500].randomElement(using: &generator) ?? 0
      let isBySecond = generator.oneIn(3)
      let attenuation: Int16? =
        generator.oneIn(12) ? nil : Int16.random(in: 45...90, using: &generator)
      return sighting(
        isBySecond ? 9 : 4, isBySecond ? 4 : 9, time, attenuation,
        uncertainty: generator.oneIn(6) ? nil : UInt8.random(in: 0...12, using: &generator),
        row: UInt32(row + 1))
    }
  }

  @Test("Second by second, runs are what the meaning of the rule says", arguments: 0..<60)
  func oracle(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let sightings = random(&generator, count: Int.random(in: 1...40, using: &generator))
    let rule = EncounterRule(
      longestGap: [60, 300, 360].randomElement(using: &generator) ?? 360,
      edges: [[55, 63, 73, 79], [], [63]].randomElement(using: &generator) ?? [])
    // Clocks that are known.
    let clocks = ClockRule(usualError: 0)
    let found = EncounterDeriver(rule: rule, clockRule: clocks)
      .encounters(from: sightings, within: Self.day)
    let oracle = EncounterOracle(sightings, rule: rule, apart: 0)
    let last = (sightings.map(\.time).max() ?? 0) + 100
    var seconds: [Int64: EncounterOracle.Second] = [:]
    for second in (Self.noon - 100)...last { seconds[second] = oracle.second(second) }
    var covered = 0
    func bin(_ attenuation: Int) -> Int { rule.edges.count { Int($0) < attenuation } }
    for (place, run) in found.runs.enumerated() {
      covered += Int(run.end - run.start)
      let inside = (run.start..<run.end).compactMap { seconds[$0] }
      #expect(inside.count == Int(run.end - run.start), "seed \(seed)")
      let sum = inside.reduce(0) { $0 + $1.attenuation }
      let mean = (Double(sum) / Double(inside.count) + 0.5).rounded(.down)
      #expect(Int(run.attenuation) == Int(mean), "seed \(seed)")
      #expect(
        inside.allSatisfy { bin($0.attenuation) == bin(Int(run.attenuation)) }, "seed \(seed)")
      #expect(inside.allSatisfy { $0.isMutual != run.quality.isOneSided }, "seed \(seed)")
      let uncertainties = inside.map(\.uncertainty)
      let expected =
        uncertainties.contains(nil) ? nil : uncertainties.compactMap { $0 }.max()
      #expect(run.quality.uncertainty.map(Int.init) == expected, "seed \(seed)")
      if place > 0 {
        let before = found.runs[place - 1]
        #expect(before.end <= run.start, "seed \(seed)")
        if before.end == run.start, before.encounter == run.encounter {
          // Runs are as long as they can be.
          #expect(
            bin(Int(before.attenuation)) != bin(Int(run.attenuation))
              || before.quality.isOneSided != run.quality.isOneSided, "seed \(seed)")
        }
      }
    }
    #expect(covered == seconds.count, "seed \(seed)")
    #expect(
      Set(found.evidence.joined())
        == Set(sightings.filter { $0.attenuation != nil }.map(\.row)), "seed \(seed)")
  }

  @Test(
    "Order, repeated rows and the numbers of people change nothing, and no second is made up",
    arguments: 0..<40)
  func invariance(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var sightings = random(&generator, count: 30)
    // Others about, with slots and clocks of their own.
    for row in 0..<60 {
      let pair = [(4, 7), (7, 4), (9, 7), (7, 11)].randomElement(using: &generator) ?? (4, 7)
      let time = Int64.random(in: 0...6_000, using: &generator)
      let slot = time / 900 * 900
      sightings.append(
        sighting(
          SubjectNumber(pair.0), SubjectNumber(pair.1), time, 66,
          slot: generator.oneIn(4) ? nil : slot..<slot + 900, row: UInt32(100 + row)))
    }
    let deriver = EncounterDeriver()
    let found = deriver.encounters(from: sightings, within: Self.day)
    #expect(
      deriver.encounters(from: sightings.shuffled(using: &generator), within: Self.day) == found,
      "seed \(seed)")
    let doubled = deriver.encounters(
      from: (sightings + sightings).shuffled(using: &generator), within: Self.day)
    #expect(doubled.listening == found.listening, "seed \(seed)")
    #expect(doubled.runs == found.runs, "seed \(seed)")
    for (pair, own) in Dictionary(grouping: found.runs, by: { [$0.first, $0.second] }) {
      let total = own.reduce(0) { $0 + $1.end - $1.start }
      let moments = sightings.filter { Set([$0.hearer, $0.heard]) == Set(pair) }.map(\.time)
      // Clocks move moments by no more than all together are apart.
      let most = (moments.max() ?? 0) - (moments.min() ?? 0) + 2 * 30 + 4 * 1_800
      #expect(total <= most, "seed \(seed)")
      for (one, next) in zip(own, own.dropFirst()) { #expect(one.end <= next.start) }
    }
  }

  @Test("Rows that are there twice make the same runs", arguments: 0..<20)
  func duplicates(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let sightings = random(&generator, count: 40)
    let deriver = EncounterDeriver()
    let doubled = deriver.encounters(from: sightings + sightings, within: Self.day)
    #expect(doubled.runs == deriver.encounters(from: sightings, within: Self.day).runs)
  }

  @Test("Which of two phones is called the first changes no second", arguments: 0..<20)
  func symmetry(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let sightings = random(&generator, count: 40)
    let deriver = EncounterDeriver()
    let swapped = sightings.map { one in
      var other = one
      (other.hearer, other.heard) = (13 - one.hearer, 13 - one.heard)
      return other
    }
    let found = deriver.encounters(from: sightings, within: Self.day)
    let other = deriver.encounters(from: swapped, within: Self.day)
    #expect(other.runs == found.runs && other.evidence == found.evidence, "seed \(seed)")
  }
}
