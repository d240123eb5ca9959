import CrossMatch
import Foundation
import Fusion
import Presence
import TestSupport
import Testing
import Tracing
import VenueCodes

/// What must hold of any evidence whatever the numbers of the model are.
@Suite("Probability of a pair, for any evidence") struct PairPropertyTests {
  static let runs = 1_500

  /// Evidence of some hours, with everything that there can be of it.
  private static func evidence(_ random: inout SeededGenerator) -> PairEvidence {
    func some<Element>(_ most: Int, _ make: (inout SeededGenerator) -> Element) -> [Element] {
      (0..<Int.random(in: 0...most, using: &random)).map { _ in make(&random) }
    }
    return PairEvidence(
      radio: some(6) { radio(&$0) }, together: some(4) { together(&$0) },
      apart: some(3) { span(&$0) }, listening: some(4) { span(&$0) })
  }

  private static func span(_ random: inout SeededGenerator) -> Range<Int64> {
    let start = Int64.random(in: 0...240, using: &random) * 60
    // Some touch, some are a moment, some are empty.
    return start..<(start + Int64.random(in: 0...40, using: &random) * 60)
  }

  private static func radio(_ random: inout SeededGenerator) -> PairEvidence.Radio {
    PairEvidence.Radio(
      span: span(&random), attenuation: Double(Int.random(in: 30...100, using: &random)),
      uncertainty: Double(Int.random(in: 0...15, using: &random)), isMutual: random.oneIn(2))
  }

  private static func together(_ random: inout SeededGenerator) -> PairEvidence.Together {
    let confidence = Double(Int.random(in: 0...10, using: &random)) / 10
    return PairEvidence.Together(
      span: span(&random), venue: .random(using: &random), isOpen: random.oneIn(2),
      sharesZone: [nil, true, false][Int.random(in: 0...2, using: &random)],
      confidence: confidence, crowd: Int.random(in: 0...300, using: &random))
  }

  /// Calls `body` with many random evidences and says which one failed.
  private static func forAll(
    seed: UInt64, _ body: (PairEvidence, inout SeededGenerator) -> String?
  ) {
    print("random evidence of pairs with seed \(seed)")
    var random = SeededGenerator(seed: seed)
    for round in 0..<runs {
      let evidence = evidence(&random)
      if let problem = body(evidence, &random) {
        Issue.record("seed \(seed), round \(round): \(problem)\n\(evidence)")
        return
      }
    }
  }

  /// A probability may move by what floating point loses, and no more.
  private static let rounding = 1e-9

  private static func probability(_ evidence: PairEvidence) -> Double {
    ContactModel().judge(evidence).probability
  }

  @Test("It is a probability, and the terms add up to it", arguments: [1, 2] as [UInt64])
  func isProbability(seed: UInt64) {
    Self.forAll(seed: seed) { evidence, _ in
      let judgement = ContactModel().judge(evidence)
      guard (0...1).contains(judgement.probability) else { return "\(judgement.probability)" }
      let sum = judgement.terms.reduce(0) { $0 + $1.logOdds }
      let expected = 1 / (1 + exp(-sum))
      return abs(expected - judgement.probability) < Self.rounding ? nil : "\(sum)"
    }
  }

  @Test("Having been apart never raises it", arguments: [3, 4] as [UInt64])
  func apartNeverRaises(seed: UInt64) {
    Self.forAll(seed: seed) { evidence, random in
      var more = evidence
      more.apart.append(Self.span(&random))
      let (before, after) = (Self.probability(evidence), Self.probability(more))
      return after <= before + Self.rounding ? nil : "\(before) became \(after) by \(more.apart)"
    }
  }

  @Test("Silence of working phones never raises it", arguments: [5, 6] as [UInt64])
  func silenceNeverRaises(seed: UInt64) {
    Self.forAll(seed: seed) { evidence, random in
      var more = evidence
      more.listening.append(Self.span(&random))
      let (before, after) = (Self.probability(evidence), Self.probability(more))
      return after <= before + Self.rounding
        ? nil : "\(before) became \(after) by \(more.listening)"
    }
  }

  @Test("Less confidence in a stay, and another zone, never raise it", arguments: [7] as [UInt64])
  func doubtNeverRaises(seed: UInt64) {
    Self.forAll(seed: seed) { evidence, random in
      guard !evidence.together.isEmpty else { return nil }
      let place = Int.random(in: 0..<evidence.together.count, using: &random)
      var less = evidence
      less.together[place].confidence *= 0.1
      if less.together[place].sharesZone != false { less.together[place].sharesZone = false }
      let (before, after) = (Self.probability(evidence), Self.probability(less))
      return after <= before + Self.rounding ? nil : "\(before) became \(after) at \(place)"
    }
  }

  @Test("Stronger, surer or more hearing never lowers it", arguments: [8, 9] as [UInt64])
  func hearingNeverLowers(seed: UInt64) {
    Self.forAll(seed: seed) { evidence, random in
      var more = evidence
      if evidence.radio.isEmpty || random.oneIn(2) {
        more.radio.append(Self.radio(&random))
      } else {
        let place = Int.random(in: 0..<evidence.radio.count, using: &random)
        more.radio[place].attenuation -= Double(Int.random(in: 0...30, using: &random))
        more.radio[place].uncertainty *= 0.5
        more.radio[place].isMutual = true
      }
      let (before, after) = (Self.probability(evidence), Self.probability(more))
      return after >= before - Self.rounding ? nil : "\(before) became \(after) by \(more.radio)"
    }
  }

  @Test("The order of evidence does not matter", arguments: [10, 11] as [UInt64])
  func orderDoesNotMatter(seed: UInt64) {
    Self.forAll(seed: seed) { evidence, random in
      let shuffled = PairEvidence(
        radio: evidence.radio.shuffled(using: &random),
        together: evidence.together.shuffled(using: &random),
        apart: evidence.apart.shuffled(using: &random),
        listening: evidence.listening.shuffled(using: &random))
      let (before, after) = (Self.probability(evidence), Self.probability(shuffled))
      return abs(after - before) <= Self.rounding ? nil : "\(before) became \(after)"
    }
  }

  @Test("Evidence that is there twice counts once", arguments: [12, 13] as [UInt64])
  func repetitionDoesNotMatter(seed: UInt64) {
    Self.forAll(seed: seed) { evidence, random in
      // All of it, or one piece; whole, or again in two halves.
      func repeated<Element>(_ all: [Element], _ cut: (Element) -> [Element]) -> [Element] {
        all.flatMap { [$0] + (random.oneIn(2) ? [$0] : []) + (random.oneIn(2) ? cut($0) : []) }
      }
      func halves(_ span: Range<Int64>) -> [Range<Int64>] {
        let middle = (span.lowerBound + span.upperBound) / 2
        return [span.lowerBound..<middle, middle..<span.upperBound]
      }
      let more = PairEvidence(
        radio: repeated(evidence.radio) { entry in
          halves(entry.span).map {
            var half = entry
            half.span = $0
            return half
          }
        },
        together: repeated(evidence.together) { entry in
          halves(entry.span).map {
            var half = entry
            half.span = $0
            return half
          }
        },
        apart: repeated(evidence.apart, halves), listening: repeated(evidence.listening, halves))
      let (before, after) = (Self.probability(evidence), Self.probability(more))
      return abs(after - before) <= Self.rounding ? nil : "\(before) became \(after)"
    }
  }

  @Test("No term rests on more seconds than there are", arguments: [14] as [UInt64])
  func secondsCountOnce(seed: UInt64) {
    Self.forAll(seed: seed) { evidence, _ in
      let heard = SpanSet(evidence.radio.map(\.span))
      let joined = SpanSet(heard.spans + evidence.together.map(\.span)).seconds
      let listening = SpanSet(evidence.listening).seconds
      var heardSeconds = 0.0
      for term in ContactModel().judge(evidence).terms {
        switch term.kind {
        case .crowd, .timeTogether:
          guard term.seconds <= Double(joined) else { return "\(term) of \(joined) s" }
        case .heardByBoth, .heardByOne:
          heardSeconds += term.seconds
          guard heardSeconds <= Double(heard.seconds) else { return "\(term), \(heard.seconds) s" }
        case .silence:
          guard term.seconds <= Double(listening) else { return "\(term) of \(listening) s" }
        case .apart:
          guard term.seconds == Double(SpanSet(evidence.apart).seconds) else { return "\(term)" }
        }
      }
      return nil
    }
  }

  @Test("The seconds of the classes are those of the evidence, each once", arguments: 0..<4)
  func classesAddUp(block: Int) throws {
    print("random meetings with seeds \(block * 300 + 1)...\(block * 300 + 300)")
    var compared = 0
    for seed in (block * 300 + 1)...(block * 300 + 300) {
      let store = try RandomMeetings(seed: UInt64(seed))
      let history = try store.history()
      let rows = try Tracer(history: history, rules: store.rules, calendar: store.calendar)
        .trace(cases: [store.one]).rows
      var found: [Pseudonym: [LocalDay: Exposure]] = [:]
      for row in rows { found[row.contact, default: [:]][row.day] = row }
      try PairGatherer(
        history: history, rules: store.rules, calendar: store.calendar, witness: nil
      ).forEachContact(of: store.one) { contact in
        for day in contact.days {
          let near = zip(day.evidence.radio, day.encounters).filter {
            $0.1.attenuation <= store.rules.maximumAttenuation
          }.map(\.0.span)
          let stays = day.stays.filter { !store.rules.sameZone || $0.sharesZone != false }
          let union = SpanSet(near + stays.map(\.span) + day.tails.map(\.span)).seconds
          let row = found[contact.person]?[day.day]
          let sum = (row?.nearSeconds ?? 0) + (row?.venueSeconds ?? 0) + (row?.tailSeconds ?? 0)
          #expect(Int64(sum) == union, "seed \(seed), \(contact.person) on \(day.day)\n\(store)")
          #expect(row?.seconds ?? 0 == sum, "seed \(seed)")
          #expect(
            Int64(row?.nearSeconds ?? 0) == SpanSet(near).seconds, "seed \(seed)")
          if sum > 0 { compared += 1 }
        }
      }
    }
    #expect(compared > 100)
  }

  @Test("Evidence in the store twice, or from both sides, changes nothing", arguments: 1...120)
  func repeatedRowsChangeNothing(seed: Int) throws {
    let store = try RandomMeetings(seed: UInt64(seed))
    let model = ContactModel()
    func chances(_ history: ExposureHistory) throws -> [Pseudonym: [Double]] {
      var chances: [Pseudonym: [Double]] = [:]
      try PairGatherer(
        history: history, rules: store.rules, calendar: store.calendar, witness: nil
      ).forEachContact(of: store.one) { contact in
        chances[contact.person] = contact.days.map { model.judge($0.evidence).probability }
      }
      return chances
    }
    let once = try chances(store.history())
    let twice = try chances(store.history(encounters: store.encounters + store.encounters))
    #expect(once.keys == twice.keys, "seed \(seed)")
    for (person, days) in once {
      for (one, other) in zip(days, twice[person] ?? []) {
        #expect(abs(one - other) < Self.rounding, "seed \(seed)\n\(store)")
      }
    }
  }
}
