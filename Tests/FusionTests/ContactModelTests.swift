import Foundation
import Fusion
import TestSupport
import Testing
import VenueCodes

@Suite("The contact model")
struct ContactModelTests {
  private static let model = ContactModel()

  /// Any evidence: spans overlap, repeat and are empty now and then.
  private static func evidence(_ generator: inout SeededGenerator) throws -> PairEvidence {
    var evidence = PairEvidence()
    for _ in 0..<Int.random(in: 0...6, using: &generator) {
      evidence.radio.append(radio(&generator))
    }
    for _ in 0..<Int.random(in: 0...3, using: &generator) {
      evidence.together.append(try together(&generator))
    }
    for _ in 0..<Int.random(in: 0...2, using: &generator) {
      evidence.apart.append(span(&generator))
    }
    for _ in 0..<Int.random(in: 0...3, using: &generator) {
      evidence.listening.append(span(&generator))
    }
    return evidence
  }

  private static func span(_ generator: inout SeededGenerator) -> Range<Int64> {
    let start = Int64.random(in: 0...20_000, using: &generator)
    return start..<(start + Int64.random(in: 0...6_000, using: &generator))
  }

  private static func radio(_ generator: inout SeededGenerator) -> PairEvidence.Radio {
    PairEvidence.Radio(
      span: span(&generator), attenuation: .random(in: 35...95, using: &generator),
      uncertainty: .random(in: 0...12, using: &generator), isMutual: .random(using: &generator))
  }

  private static func together(_ generator: inout SeededGenerator) throws -> PairEvidence.Together {
    PairEvidence.Together(
      span: span(&generator),
      venue: try #require(VenueID(rawValue: UInt64.random(in: 1...9, using: &generator))),
      isOpen: .random(using: &generator),
      sharesZone: [nil, true, false].randomElement(using: &generator) ?? nil,
      confidence: .random(in: 0...1, using: &generator),
      crowd: .random(in: 0...500, using: &generator))
  }

  /// Two numbers that differ by rounding only are equal.
  private static let rounding = 1e-9

  @Test("Silence and being apart never raise the probability", arguments: 0..<40 as Range<UInt64>)
  func contradictionNeverRaises(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<50 {
      let evidence = try Self.evidence(&generator)
      let before = Self.model.judge(evidence).logOdds
      var apart = evidence
      apart.apart.append(Self.span(&generator))
      #expect(Self.model.judge(apart).logOdds <= before + Self.rounding, "seed \(seed)")
      var listening = evidence
      listening.listening.append(Self.span(&generator))
      #expect(Self.model.judge(listening).logOdds <= before + Self.rounding, "seed \(seed)")
    }
  }

  @Test(
    "More hearing, stronger hearing and more time together never lower it",
    arguments: 0..<40 as Range<UInt64>)
  func supportNeverLowers(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<50 {
      let evidence = try Self.evidence(&generator)
      let before = Self.model.judge(evidence).logOdds
      var more = evidence
      more.radio.append(Self.radio(&generator))
      #expect(Self.model.judge(more).logOdds >= before - Self.rounding, "seed \(seed)")
      var longer = evidence
      longer.together.append(try Self.together(&generator))
      #expect(Self.model.judge(longer).logOdds >= before - Self.rounding, "seed \(seed)")
      guard let place = evidence.radio.indices.randomElement(using: &generator) else { continue }
      var stronger = evidence
      stronger.radio[place].attenuation -= .random(in: 0...20, using: &generator)
      stronger.radio[place].uncertainty *= .random(in: 0...1, using: &generator)
      stronger.radio[place].isMutual = true
      #expect(Self.model.judge(stronger).logOdds >= before - Self.rounding, "seed \(seed)")
    }
  }

  @Test("No second counts twice", arguments: 0..<40 as Range<UInt64>)
  func repetitionChangesNothing(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<50 {
      let evidence = try Self.evidence(&generator)
      var twice = evidence
      twice.radio += evidence.radio.shuffled(using: &generator)
      twice.together += evidence.together.shuffled(using: &generator)
      twice.apart += evidence.apart
      twice.listening += evidence.listening
      let once = Self.model.judge(evidence)
      let again = Self.model.judge(twice)
      #expect(once.terms.map(\.kind) == again.terms.map(\.kind), "seed \(seed)")
      for (one, other) in zip(once.terms, again.terms) {
        #expect(abs(one.logOdds - other.logOdds) < Self.rounding, "seed \(seed)")
        #expect(abs(one.seconds - other.seconds) < Self.rounding, "seed \(seed)")
      }
    }
  }

  @Test("A stretch cut into pieces says what it said whole", arguments: 0..<20 as Range<UInt64>)
  func cutsChangeNothing(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<50 {
      let evidence = try Self.evidence(&generator)
      var cut = evidence
      cut.radio = evidence.radio.flatMap { radio -> [PairEvidence.Radio] in
        guard radio.span.count > 1 else { return [radio] }
        let middle = Int64.random(
          in: radio.span.lowerBound..<radio.span.upperBound, using: &generator)
        var (first, second) = (radio, radio)
        first.span = radio.span.lowerBound..<middle
        second.span = middle..<radio.span.upperBound
        return [second, first]
      }
      let difference = Self.model.judge(cut).logOdds - Self.model.judge(evidence).logOdds
      #expect(abs(difference) < Self.rounding, "seed \(seed)")
    }
  }

  @Test("The terms add up to the odds, and each counts with its sign")
  func termsAddUp() throws {
    let hour: Range<Int64> = 0..<3_600
    let venue = try #require(VenueID(rawValue: 7))
    let evidence = PairEvidence(
      radio: [
        .init(span: 0..<150, attenuation: 52, uncertainty: 4, isMutual: true),
        .init(span: 150..<250, attenuation: 60, uncertainty: 4, isMutual: false),
      ],
      together: [
        .init(
          span: hour, venue: venue, isOpen: false, sharesZone: nil, confidence: 0.5, crowd: 20)
      ],
      apart: [2_400..<3_600], listening: [hour])
    let judgement = Self.model.judge(evidence)
    #expect(
      judgement.terms.map(\.kind) == [
        .crowd, .timeTogether, .heardByBoth, .heardByOne, .silence, .apart,
      ])
    let sum = judgement.terms.reduce(0) { $0 + $1.logOdds }
    #expect(abs(log(judgement.probability / (1 - judgement.probability)) - sum) < 1e-9)
    #expect(judgement.terms.map(\.seconds) == [3_600, 3_600, 150, 100, 3_600, 1_200])
    #expect(judgement.terms.map { $0.logOdds > 0 } == [false, false, true, true, false, false])
  }

  @Test("Hearing of other minutes than the strongest adds nothing")
  func onlyTheStrongestMinutesCount() {
    func judgement(_ minutes: Int64, at attenuation: Double) -> ContactJudgement {
      Self.model.judge(
        PairEvidence(radio: [
          .init(
            span: 0..<(60 * minutes), attenuation: attenuation, uncertainty: 0, isMutual: true)
        ]))
    }
    func hearing(_ judgement: ContactJudgement) -> Double? {
      judgement.terms.first { $0.kind == .heardByBoth }?.logOdds
    }
    #expect(hearing(judgement(10, at: 60)) == hearing(judgement(400, at: 60)))
    #expect(hearing(judgement(400, at: 66)) ?? 9 < hearing(judgement(10, at: 60)) ?? 0)
    #expect(hearing(judgement(400, at: 77)) == 0)
    #expect(hearing(judgement(10, at: 20)) == Self.model.strongestHearing)
  }

  @Test("Silence lowers only while both phones worked, and leaves what deaf pairs leave")
  func silenceIsBounded() throws {
    let venue = try #require(VenueID(rawValue: 7))
    var evidence = PairEvidence(together: [
      .init(
        span: 0..<7_200, venue: venue, isOpen: false, sharesZone: nil, confidence: 1, crowd: 30)
    ])
    let unknown = Self.model.judge(evidence)
    #expect(!unknown.terms.contains { $0.kind == .silence })
    evidence.listening = [0..<7_200]
    let silent = Self.model.judge(evidence)
    let term = try #require(silent.terms.last)
    #expect(term.kind == .silence)
    #expect(abs(term.logOdds - log(Self.model.deafShare)) < 1e-9)
  }

  @Test("What is not a number, or has no length, says nothing")
  func oddNumbersAreHarmless() throws {
    let venue = try #require(VenueID(rawValue: 7))
    let evidence = PairEvidence(
      radio: [
        .init(span: 0..<60, attenuation: .nan, uncertainty: .infinity, isMutual: true),
        .init(span: 5..<5, attenuation: 40, uncertainty: 0, isMutual: true),
        .init(span: .min ..< .max, attenuation: 90, uncertainty: .nan, isMutual: false),
      ],
      together: [
        .init(
          span: 0..<60, venue: venue, isOpen: true, sharesZone: true, confidence: .nan, crowd: -3)
      ],
      apart: [.min ..< .max], listening: [.min ..< .max])
    let judgement = Self.model.judge(evidence)
    #expect(judgement.probability > 0)
    #expect(judgement.probability < 1)
  }
}

@Suite("The radio model")
struct RadioModelTests {
  @Test(
    "More attenuation, more uncertainty and one side never say more",
    arguments: 0..<20 as Range<UInt64>)
  func isMonotone(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let model = RadioModel()
    for _ in 0..<200 {
      let attenuation = Double.random(in: 20...110, using: &generator)
      let uncertainty = Double.random(in: 0...20, using: &generator)
      let support = model.support(
        attenuation: attenuation, uncertainty: uncertainty, isMutual: true)
      #expect((0...1).contains(support), "seed \(seed)")
      let more = Double.random(in: 0...10, using: &generator)
      #expect(
        model.support(attenuation: attenuation + more, uncertainty: uncertainty, isMutual: true)
          <= support, "seed \(seed)")
      #expect(
        model.support(attenuation: attenuation, uncertainty: uncertainty + more, isMutual: true)
          <= support, "seed \(seed)")
      #expect(
        model.support(attenuation: attenuation, uncertainty: uncertainty, isMutual: false)
          <= support, "seed \(seed)")
    }
  }

  @Test("Its ends are 0 and 1")
  func hasItsEnds() {
    let model = RadioModel()
    #expect(model.support(attenuation: 50, uncertainty: 0, isMutual: true) == 1)
    #expect(model.support(attenuation: 64, uncertainty: 0, isMutual: true) == 0.5)
    #expect(model.support(attenuation: 76, uncertainty: 0, isMutual: true) == 0)
    #expect(model.support(attenuation: 50, uncertainty: 8, isMutual: true) == 0.5)
  }
}
