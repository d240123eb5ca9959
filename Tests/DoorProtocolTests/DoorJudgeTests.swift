import DoorProtocol
import Presence
import Testing
import VenueCodes

@Suite("What a centre takes of a door") struct DoorJudgeTests {
  static let now: Int64 = 1_596_700_000
  static let own = VenueID(rawValue: 1)
  static let other = VenueID(rawValue: 2)
  static let unknown = VenueID(rawValue: 3)

  struct Row: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let evidence: Evidence
    let refusal: RowRefusal?
    let mayCheckPasses: Bool

    init(
      _ name: String, _ refusal: RowRefusal?, kind: Evidence.Kind = .scan,
      venue: VenueID? = DoorJudgeTests.own, peer: Pseudonym? = nil,
      start: Int64 = DoorJudgeTests.now, end: Int64? = nil, grade: Int8 = 1, passes: Bool = false
    ) {
      testDescription = name
      self.refusal = refusal
      mayCheckPasses = passes
      evidence = Evidence(
        id: EvidenceID(high: 1, low: 1), kind: kind, subject: Pseudonym(high: 1, low: 1),
        venue: venue, peer: peer, start: start, end: end, grade: grade,
        receivedAt: DoorJudgeTests.now)
    }
  }

  @Test(
    "Each row is judged by itself (A31)",
    arguments: [
      Row("a scan", nil),
      Row("a live code", nil, grade: 2),
      Row("an hour ahead, by a fast clock", nil, start: now + 3_600),
      Row("next week", .future, start: now + 7 * 86_400),
      Row("ends next week", .future, kind: .visit, end: now + 7 * 86_400, grade: 0),
      Row("21 days old", nil, start: now - 21 * 86_400),
      Row("22 days old", .tooOld, start: now - 22 * 86_400),
      Row("before 1970", .contradiction, start: -1),
      Row("ends before it begins", .contradiction, kind: .visit, end: now - 1, grade: 0),
      Row("a sighting 15 days old", .tooOld, kind: .bleSighting, start: now - 15 * 86_400),
      Row("another door's venue", .notThisDoors, venue: other),
      Row("a venue nobody knows", .unknownVenue, venue: unknown),
      Row("no venue", .kind, venue: nil),
      Row("an encounter", .kind, kind: .bleEncounter),
      Row("a peer", .kind, kind: .bleSighting, peer: Pseudonym(high: 2, low: 2)),
      Row("a note of staff", .kind, kind: .staffNote),
      Row("a correction", .kind, kind: .correction),
      Row("grade 3", .grade, grade: 3),
      Row("a typed stay of grade 2", .grade, kind: .visit, grade: 2),
      Row("a pass, without the secret of passes", .grade, kind: .gatewayScan, grade: 2),
      Row("a pass", nil, kind: .gatewayScan, grade: 2, passes: true),
      Row("a card at the door", nil, kind: .gatewayScan, grade: 1),
    ])
  func judged(row: Row) throws {
    let own = try #require(Self.own)
    let other = try #require(Self.other)
    let judge = DoorJudge(
      venues: [own], isKnown: { $0 == own || $0 == other }, mayCheckPasses: row.mayCheckPasses,
      scanDays: 21, bluetoothDays: 14, calendar: .haiPhong)
    #expect(judge.refusal(of: row.evidence, at: Self.now) == row.refusal)
  }

  @Test("An answer names the rows that were not stored, and is read back the same")
  func answer() throws {
    var answer = BatchAnswer(rows: 10, receivedAt: 7)
    for row in [0, 1, 2, 5] { answer.noteRepeated(row) }
    answer.conflicts = [6]
    answer.refused = [.init(row: 9, code: "future")]
    #expect(answer.repeated == [0..<3, 5..<6])
    #expect(answer.storedCount == 4)
    #expect(try BatchAnswer(json: answer.json, ofRows: 10) == answer)
    #expect(throws: DoorProtocolError.badAnswer) {
      try BatchAnswer(json: answer.json, ofRows: 11)
    }
  }

  @Test(
    "An answer that cannot be is not believed",
    arguments: [
      "", "{}", "[]", #"{"rows":2}"#, #"{"rows":2,"received_at":1,"repeated":[[0,3]]}"#,
      #"{"rows":2,"received_at":1,"repeated":[[1,1]]}"#,
      #"{"rows":2,"received_at":1,"conflicts":[2]}"#,
      #"{"rows":2,"received_at":1,"conflicts":[-1]}"#,
      #"{"rows":2,"received_at":1,"conflicts":[1],"refused":[{"row":1,"code":"x"}]}"#,
    ])
  func badAnswer(text: String) {
    #expect(throws: DoorProtocolError.badAnswer) {
      try BatchAnswer(json: Array(text.utf8), ofRows: 2)
    }
  }
}
