import Bluetooth
import Presence
import TestSupport
import Testing

@Suite("Clocks of phones") struct ClockOffsetsTests {
  /// A few phones that meet, with clocks that are wrong by known seconds.
  private struct Meeting {
    var offsets: [SubjectNumber: Int64] = [:]
    var sightings: [Sighting] = []
    var anchors: [ClockAnchor] = []
    var generator: SeededGenerator

    init(seed: UInt64, phones: SubjectNumber, mostWrong: Int64) {
      generator = SeededGenerator(seed: seed)
      for phone in 0..<phones {
        offsets[phone] = Int64.random(in: -mostWrong...mostWrong, using: &generator)
      }
    }

    /// The slot of 15 minutes that a phone's clock shows at a true time.
    func slot(_ phone: SubjectNumber, at time: Int64) -> Range<Int64> {
      let shown = time + (offsets[phone] ?? 0)
      return shown / 900 * 900..<shown / 900 * 900 + 900
    }

    mutating func hear(
      _ hearer: SubjectNumber, _ heard: SubjectNumber, at time: Int64, named: Bool = true
    ) {
      sightings.append(
        Sighting(
          hearer: hearer, heard: heard, time: time + (offsets[hearer] ?? 0), attenuation: 60,
          slot: named ? slot(heard, at: time) : nil, row: UInt32(sightings.count + 1)))
    }

    mutating func pass(_ phone: SubjectNumber, at time: Int64) {
      anchors.append(ClockAnchor(heard: phone, time: time, slot: slot(phone, at: time)))
    }

    /// A chain of phones, each of which is with the next for two hours.
    mutating func chain(named: Bool = true) {
      for phone in offsets.keys.sorted().dropLast() {
        let start = Int64.random(in: 100_000...110_000, using: &generator)
        for step in Int64(0)..<24 {
          let time = start + step * 300 + Int64.random(in: 0..<40, using: &generator)
          hear(phone, phone + 1, at: time, named: named)
          if generator.oneIn(2) {
            hear(
              phone + 1, phone, at: time + Int64.random(in: 0..<100, using: &generator),
              named: named)
          }
        }
      }
    }
  }

  @Test(
    "Differences that were planted are found within what is said to be uncertain", arguments: 0..<30
  )
  func planted(seed: UInt64) throws {
    var meeting = Meeting(seed: seed, phones: 5, mostWrong: 800)
    meeting.chain()
    for time in stride(from: Int64(100_000), to: 108_000, by: 1_300) { meeting.pass(0, at: time) }
    let clocks = ClockOffsets(meeting.sightings, anchors: meeting.anchors)
    for (phone, truth) in meeting.offsets {
      let found = clocks.offset(of: phone)
      #expect(abs(found.seconds - truth) <= found.uncertainty, "seed \(seed), phone \(phone)")
      for (other, theirs) in meeting.offsets where other != phone {
        let difference = clocks.difference(phone, other)
        #expect(
          abs(difference.seconds - (truth - theirs)) <= difference.uncertainty,
          "seed \(seed), \(phone) against \(other)")
      }
    }
    // Two hours are eight changes of identifier each: neighbours are known to a few minutes at worst.
    for phone in SubjectNumber(0)..<4 {
      #expect(clocks.difference(phone, phone + 1).uncertainty <= 300, "seed \(seed)")
    }
  }

  @Test("Where the identifier changes, the difference is known to seconds")
  func narrow() {
    var meeting = Meeting(seed: 1, phones: 2, mostWrong: 500)
    let change = 900 - ((meeting.offsets[1] ?? 0) + 100_800) % 900 + 100_800
    for step in Int64(-3)..<3 { meeting.hear(0, 1, at: change + step * 4 + 1) }
    let found = ClockOffsets(meeting.sightings).difference(0, 1)
    #expect(found.uncertainty <= 8)
    #expect(
      abs(found.seconds - (meeting.offsets[0] ?? 0) + (meeting.offsets[1] ?? 0))
        <= found.uncertainty)
  }

  @Test(
    "Without gateways, differences are found and the whole is placed near true time",
    arguments: 0..<30)
  func unanchored(seed: UInt64) {
    var meeting = Meeting(seed: seed, phones: 5, mostWrong: 120)
    meeting.offsets[3] = 1_200
    meeting.chain()
    let clocks = ClockOffsets(meeting.sightings)
    for (phone, truth) in meeting.offsets {
      let found = clocks.offset(of: phone)
      #expect(abs(found.seconds - truth) <= found.uncertainty, "seed \(seed), phone \(phone)")
    }
    // The one that was set by hand is known by its neighbours.
    #expect(clocks.offset(of: 3).seconds > 300, "seed \(seed)")
  }

  @Test(
    "Two phones without identifiers that rotate, one set wrong by hand, are laid over each other",
    arguments: 0..<20)
  func reciprocal(seed: UInt64) {
    var meeting = Meeting(seed: seed, phones: 2, mostWrong: 0)
    meeting.offsets = [0: 1_200, 1: 0]
    // They meet now and then, as people do; each hears the other once in five minutes.
    var time: Int64 = 100_000
    for _ in 0..<6 {
      for _ in 0..<Int.random(in: 2...6, using: &meeting.generator) {
        meeting.hear(
          0, 1, at: time + Int64.random(in: 0..<40, using: &meeting.generator), named: false)
        meeting.hear(
          1, 0, at: time + Int64.random(in: 100..<140, using: &meeting.generator), named: false)
        time += 300
      }
      time += Int64.random(in: 1_200...5_000, using: &meeting.generator)
    }
    let found = ClockOffsets(meeting.sightings).difference(0, 1)
    #expect(abs(found.seconds - 1_200) <= found.uncertainty, "seed \(seed)")
    #expect(found.uncertainty < 700, "seed \(seed)")
  }

  @Test("Two phones whose clocks are about right are not told that they are not", arguments: 0..<20)
  func rightClocks(seed: UInt64) {
    var meeting = Meeting(seed: seed, phones: 2, mostWrong: 100)
    meeting.chain(named: false)
    let clocks = ClockOffsets(meeting.sightings)
    #expect(clocks.difference(0, 1) == ClockOffset(seconds: 0, uncertainty: 240), "seed \(seed)")
  }

  @Test("Replays, however many, move no clock and are not used", arguments: 0..<20)
  func replays(seed: UInt64) {
    var meeting = Meeting(seed: seed, phones: 3, mostWrong: 300)
    meeting.chain()
    for time in stride(from: Int64(100_000), to: 112_000, by: 700) { meeting.pass(0, at: time) }
    let honest = meeting.sightings
    let before = ClockOffsets(honest, anchors: meeting.anchors)
    // One identifier of phone 1, sent again at phone 0 for an hour.
    guard let stolen = honest.first(where: { $0.hearer == 0 && $0.heard == 1 }) else {
      Issue.record("phone 0 heard phone 1")
      return
    }
    var replayed: [Sighting] = []
    for step in Int64(0)..<200 {
      var copy = stolen
      copy.time += 7_200 + step * 18
      copy.row = 10_000 + UInt32(step)
      replayed.append(copy)
    }
    let after = ClockOffsets(honest + replayed, anchors: meeting.anchors)
    for phone in SubjectNumber(0)..<3 {
      #expect(after.offset(of: phone) == before.offset(of: phone), "seed \(seed)")
    }
    let found = EncounterDeriver().encounters(
      from: honest + replayed, anchors: meeting.anchors, within: 0..<200_000)
    #expect(found.outsideSlot == replayed.count, "seed \(seed)")
    let expected = EncounterDeriver().encounters(
      from: honest, anchors: meeting.anchors, within: 0..<200_000)
    #expect(expected.outsideSlot == 0 && found.runs == expected.runs, "seed \(seed)")
  }

  @Test("Of two phones of which one is wrong, either may be it", arguments: 0..<10)
  func ambiguous(seed: UInt64) {
    for wrong in [(900, 0), (0, 900)] as [(Int64, Int64)] {
      var meeting = Meeting(seed: seed, phones: 2, mostWrong: 0)
      meeting.offsets = [0: wrong.0, 1: wrong.1]
      meeting.chain()
      let clocks = ClockOffsets(meeting.sightings)
      for (phone, truth) in meeting.offsets {
        let found = clocks.offset(of: phone)
        #expect(abs(found.seconds - truth) <= found.uncertainty, "seed \(seed), \(wrong)")
      }
      #expect(abs(clocks.difference(0, 1).seconds) > 500, "seed \(seed)")
      let runs = EncounterDeriver().encounters(from: meeting.sightings, within: 0..<200_000).runs
      #expect(runs.contains { !$0.quality.isOneSided }, "seed \(seed)")
    }
  }

  @Test("The order of sightings changes nothing", arguments: 0..<10)
  func order(seed: UInt64) {
    var meeting = Meeting(seed: seed, phones: 6, mostWrong: 400)
    meeting.chain()
    meeting.pass(2, at: 103_000)
    let clocks = ClockOffsets(meeting.sightings, anchors: meeting.anchors)
    let shuffled = ClockOffsets(
      meeting.sightings.shuffled(using: &meeting.generator), anchors: meeting.anchors)
    for phone in SubjectNumber(0)..<7 {
      #expect(clocks.offset(of: phone) == shuffled.offset(of: phone), "seed \(seed)")
    }
  }

  @Test("Of a phone that nobody heard, the usual error is known")
  func nothing() {
    let clocks = ClockOffsets([])
    #expect(clocks.offset(of: 4) == ClockOffset(seconds: 0, uncertainty: 120))
    #expect(clocks.difference(4, 5) == ClockOffset(seconds: 0, uncertainty: 240))
  }
}
