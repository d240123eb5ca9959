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
    // Most are right, and two were set by hand.
    var meeting = Meeting(seed: seed, phones: 5, mostWrong: 60)
    meeting.offsets[1] = Int64.random(in: 900...1_300, using: &meeting.generator)
    meeting.offsets[3] = Int64.random(in: -1_300 ... -900, using: &meeting.generator)
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
    var meeting = Meeting(seed: 1, phones: 2, mostWrong: 50)
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

  @Test("Two phones that hear each other by turns meet as long as they do, and no clock is moved")
  func turns() {
    // One is in the foreground for half an hour, and then the other.
    var meeting = Meeting(seed: 1, phones: 2, mostWrong: 0)
    for minute in Int64(0)...30 { meeting.hear(0, 1, at: 100_000 + minute * 60, named: false) }
    for minute in Int64(35)...60 { meeting.hear(1, 0, at: 100_000 + minute * 60, named: false) }
    let clocks = ClockOffsets(meeting.sightings)
    #expect(clocks.difference(0, 1) == ClockOffset(seconds: 0, uncertainty: 240))
    let runs = EncounterDeriver().encounters(from: meeting.sightings, within: 0..<200_000).runs
    #expect(runs.first?.start == 99_970 && runs.last?.end == 103_630)
    #expect(runs.reduce(0) { $0 + $1.end - $1.start } == 3_660)
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

  /// Whose identifiers were said again, how much later, and what is known of who said them.
  struct Replay: Sendable, CustomTestStringConvertible {
    /// The seconds after the end of its slot.
    var delay: Int64
    /// How many identifiers were said again.
    var identifiers: Int64
    /// How many identifiers were heard when they were said.
    var genuine: Int64
    /// Whether others, and gateways, heard the phone too.
    var isAnchored: Bool

    var testDescription: String {
      "\(delay) s, \(identifiers) replayed, \(genuine) genuine, anchored \(isAnchored)"
    }

    static let all: [Replay] = [180, 600, 1_020, 1_500].flatMap { delay in
      [1, 2].flatMap { identifiers in
        [0, 1, 2, 10].flatMap { genuine in
          [false, true].map {
            Replay(delay: delay, identifiers: identifiers, genuine: genuine, isAnchored: $0)
          }
        }
      }
    }
  }

  @Test("One or two identifiers that are replayed move no clock and make no minute, late or soon")
  func replaysOfFew() {
    for replay in Replay.all {
      let comment = Comment(rawValue: replay.testDescription)
      var meeting = Meeting(seed: 1, phones: 3, mostWrong: 0)
      // Near the end of a slot, where a replay that is late by less than a slot agrees with it.
      for slot in 0..<replay.genuine { meeting.hear(0, 1, at: 90_000 + slot * 900 + 800) }
      if replay.isAnchored {
        for slot in Int64(0)..<4 {
          meeting.pass(1, at: 90_000 + slot * 900 + 400)
          meeting.hear(2, 1, at: 90_000 + slot * 900 + 300)
        }
      }
      let honest = meeting.sightings
      let before = ClockOffsets(honest, anchors: meeting.anchors)
      var replayed: [Sighting] = []
      for place in 0..<replay.identifiers {
        let slot = 108_000 + place * 900
        for step in Int64(0)...8 {
          replayed.append(
            Sighting(
              hearer: 0, heard: 1, time: slot + 900 + replay.delay + step * 60, attenuation: 50,
              slot: slot..<slot + 900, row: UInt32(1_000 + replayed.count)))
        }
      }
      let after = ClockOffsets(honest + replayed, anchors: meeting.anchors)
      for phone in SubjectNumber(0)..<3 {
        #expect(after.offset(of: phone).seconds == before.offset(of: phone).seconds, comment)
      }
      #expect(after.difference(0, 1).seconds == before.difference(0, 1).seconds, comment)
      let deriver = EncounterDeriver()
      let found = deriver.encounters(
        from: honest + replayed, anchors: meeting.anchors, within: 0..<200_000)
      let expected = deriver.encounters(
        from: honest, anchors: meeting.anchors, within: 0..<200_000)
      // What is later than the tolerance and the usual error is not used.
      let late = replayed.filter { $0.time - ($0.slot?.upperBound ?? 0) >= 240 }
      #expect(found.outsideSlot >= late.count, comment)
      // The places of encounters are moved by those that are within the tolerance.
      func places(_ runs: [EncounterRun]) -> [[Int64]] {
        runs.map { [Int64($0.first), Int64($0.second), $0.start, $0.end] }
      }
      let runs = found.runs.filter { $0.start < 108_000 }
      #expect(places(runs) == places(expected.runs) && expected.outsideSlot == 0, comment)
      if late.count == replayed.count { #expect(found.runs == expected.runs, comment) }
    }
  }

  @Test("Three identifiers that agree show a clock that is wrong, two do not")
  func fewest() {
    for identifiers in Int64(2)...3 {
      var meeting = Meeting(seed: 1, phones: 2, mostWrong: 0)
      meeting.offsets = [0: 1_200, 1: 0]
      for slot in 0..<identifiers { meeting.hear(0, 1, at: 90_000 + slot * 900 + 800) }
      let found = EncounterDeriver().encounters(from: meeting.sightings, within: 0..<200_000)
      #expect(found.outsideSlot == (identifiers < 3 ? Int(identifiers) : 0))
    }
  }

  @Test("A gateway's word of one phone lets what another heard of it in few slots count")
  func knownByOthers() {
    var meeting = Meeting(seed: 1, phones: 2, mostWrong: 0)
    meeting.offsets = [0: 0, 1: -1_200]
    for slot in Int64(0)..<6 { meeting.pass(1, at: 90_000 + slot * 700) }
    meeting.hear(0, 1, at: 92_000)
    let found = EncounterDeriver().encounters(
      from: meeting.sightings, anchors: meeting.anchors, within: 0..<200_000)
    #expect(found.outsideSlot == 0 && found.runs.count == 1)
  }

  @Test("One replay at a gateway moves neither its phone nor those it meets", arguments: 1...2)
  func replayAtGateway(count: Int64) {
    var meeting = Meeting(seed: 1, phones: 2, mostWrong: 0)
    for slot in Int64(0)..<10 {
      meeting.hear(0, 1, at: 90_000 + slot * 900 + 300)
      meeting.hear(0, 1, at: 90_000 + slot * 900 + 600)
    }
    let deriver = EncounterDeriver()
    let expected = deriver.encounters(from: meeting.sightings, within: 0..<200_000)
    let anchors = (0..<count).map { place in
      let slot = 94_500 + place * 900
      return ClockAnchor(heard: 1, time: slot + 900 + 1_500, slot: slot..<slot + 900)
    }
    let found = deriver.encounters(from: meeting.sightings, anchors: anchors, within: 0..<200_000)
    #expect(found.runs == expected.runs && found.listening == expected.listening)
    #expect(found.outsideSlot == 0 && found.anchorsOutsideSlot == Int(count))
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
