import Bluetooth
import Presence
import Testing

/// A short way to write a report: who, whom, from, to, attenuation; the id is the place.
private func reports(_ rows: [(SubjectNumber, SubjectNumber, Int64, Int64, Int16)])
  -> [EncounterReport]
{
  rows.enumerated().map { place, row in
    EncounterReport(
      of: row.0, hearing: row.1, start: row.2, end: row.3, attenuation: row.4,
      evidence: EvidenceID(high: 0, low: UInt64(place)))
  }
}

/// Writes an encounter as `1–2 100..<200 55 dB both 0,1`.
private func written(_ encounters: [Encounter]) -> [String] {
  encounters.map { encounter in
    let ids = encounter.allEvidence.map { String($0.low) }.joined(separator: ",")
    return "\(encounter.first)–\(encounter.second) \(encounter.start)..<\(encounter.end) "
      + "\(encounter.attenuation) dB \(encounter.witness) \(ids)"
  }
}

@Suite("Encounter merger") struct EncounterMergerTests {
  struct Row: CustomTestStringConvertible, Sendable {
    let name: String
    let reports: [(SubjectNumber, SubjectNumber, Int64, Int64, Int16)]
    let encounters: [String]
    var testDescription: String { name }
  }

  static let rows = [
    Row(name: "nothing", reports: [], encounters: []),
    Row(
      name: "one side", reports: [(1, 2, 100, 200, 55)],
      encounters: ["1–2 100..<200 55 dB first 0"]),
    Row(
      name: "the other side", reports: [(2, 1, 100, 200, 55)],
      encounters: ["1–2 100..<200 55 dB second 0"]),
    Row(
      name: "both sides, seconds apart: the union, the nearer",
      reports: [(1, 2, 100, 200, 55), (2, 1, 97, 205, 51)],
      encounters: ["1–2 97..<205 51 dB both 0,1"]),
    Row(
      name: "five seconds apart", reports: [(1, 2, 100, 200, 55), (2, 1, 105, 195, 60)],
      encounters: ["1–2 100..<200 55 dB both 0,1"]),
    Row(
      name: "six seconds apart at the start",
      reports: [(1, 2, 100, 200, 55), (2, 1, 106, 200, 60)],
      encounters: ["1–2 100..<200 55 dB first 0", "1–2 106..<200 60 dB second 1"]),
    Row(
      name: "six seconds apart at the end", reports: [(1, 2, 100, 200, 55), (2, 1, 100, 206, 60)],
      encounters: ["1–2 100..<200 55 dB first 0", "1–2 100..<206 60 dB second 1"]),
    Row(
      name: "the same side twice", reports: [(1, 2, 100, 200, 55), (1, 2, 101, 201, 56)],
      encounters: ["1–2 100..<201 55 dB first 0,1"]),
    Row(
      name: "one after the other: each keeps its attenuation",
      reports: [(1, 2, 100, 200, 55), (2, 1, 200, 300, 80)],
      encounters: ["1–2 100..<200 55 dB first 0", "1–2 200..<300 80 dB second 1"]),
    Row(
      name: "steps of less than the tolerance do not add up",
      reports: [(1, 2, 100, 200, 55), (2, 1, 104, 204, 55), (1, 2, 108, 208, 55)],
      encounters: ["1–2 100..<204 55 dB both 0,1", "1–2 108..<208 55 dB first 2"]),
    Row(
      name: "other pairs", reports: [(3, 1, 100, 200, 55), (2, 1, 100, 200, 55)],
      encounters: ["1–2 100..<200 55 dB second 1", "1–3 100..<200 55 dB second 0"]),
    Row(name: "a phone that hears itself", reports: [(4, 4, 100, 200, 30)], encounters: []),
    Row(
      name: "an end before the start", reports: [(1, 2, 100, 50, 55)],
      encounters: ["1–2 100..<100 55 dB first 0"]),
  ]

  @Test("Reports of one encounter are joined", arguments: rows)
  func joins(row: Row) {
    #expect(written(EncounterMerger.encounters(from: reports(row.reports))) == row.encounters)
  }

  @Test("Every report is in one encounter, whatever their order", arguments: [1, 2] as [UInt64])
  func keepsEverything(seed: UInt64) throws {
    var generator = SplitMix(seed: seed)
    for round in 0..<60 {
      let rows = (0..<40).map { _ in
        let start = Int64.random(in: 0..<40, using: &generator)
        return (
          SubjectNumber.random(in: 0..<4, using: &generator),
          SubjectNumber.random(in: 0..<4, using: &generator), start,
          start + Int64.random(in: 0..<40, using: &generator),
          Int16.random(in: 40..<80, using: &generator)
        )
      }
      let all = reports(rows)
      let encounters = EncounterMerger.encounters(from: all)
      var isRight = encounters == EncounterMerger.encounters(from: all.shuffled(using: &generator))
      let byID = Dictionary(uniqueKeysWithValues: all.map { ($0.evidence, $0) })
      for encounter in encounters {
        let own = encounter.allEvidence.compactMap { byID[$0] }
        // No end moves by more than the tolerance, and the pair is the same.
        isRight =
          isRight && own.map(\.start).min() == encounter.start
          && own.map(\.end).max() == encounter.end
          && own.allSatisfy {
            $0.start - encounter.start <= 5 && encounter.end - $0.end <= 5
              && Set([$0.subject, $0.peer]) == Set([encounter.first, encounter.second])
          }
      }
      let kept = encounters.flatMap(\.allEvidence).sorted()
      isRight = isRight && kept == all.filter { $0.subject != $0.peer }.map(\.evidence).sorted()
      guard isRight else {
        Issue.record("seed \(seed), round \(round): \(all)")
        return
      }
    }
  }

  @Test("An encounter has no direction and needs two people")
  func hasNoDirection() {
    let id = EvidenceID(high: 0, low: 9)
    let there = Encounter(5, 3, start: 1, end: 2, attenuation: 60, evidence: id)
    #expect(there == Encounter(3, 5, start: 1, end: 2, attenuation: 60, evidence: id))
    #expect(there?.first == 3)
    #expect(there?.isOneSided == false)
    #expect(Encounter(3, 3, start: 1, end: 2, attenuation: 60, evidence: id) == nil)
  }

  struct Radio: CustomTestStringConvertible, Sendable {
    let received: Int
    let sent: Int
    let attenuation: Int16?
    var testDescription: String { "\(received) dBm of \(sent) dBm" }
  }

  static let radios = [
    Radio(received: -70, sent: -10, attenuation: 60),
    Radio(received: -86, sent: 12, attenuation: 98),
    Radio(received: -20, sent: -30, attenuation: -10),
    Radio(received: -127, sent: 30, attenuation: 157),
    Radio(received: 127, sent: 0, attenuation: nil),
    Radio(received: -128, sent: 0, attenuation: nil),
    Radio(received: -70, sent: 127, attenuation: nil),
    Radio(received: .max, sent: .min, attenuation: nil),
  ]

  @Test("Attenuation is what was sent minus what arrived", arguments: radios)
  func attenuates(row: Radio) {
    #expect(
      Attenuation.decibels(receivedStrength: row.received, transmitPower: row.sent)
        == row.attenuation)
  }
}

/// A seeded generator for property tests.
private struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var word = state
    word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
    return word ^ (word >> 31)
  }
}
