import DoorProtocol
import Presence
import TestSupport
import Testing
import VenueCodes

@Suite("Batches of evidence on the wire") struct EvidenceBatchTests {
  static func rows(_ count: Int, seed: UInt64) -> [Evidence] {
    var generator = SeededGenerator(seed: seed)
    let people = (0..<max(1, count / 3)).map { _ in
      Pseudonym(high: generator.next(), low: generator.next())
    }
    return (0..<count).map { row in
      let kind = Evidence.Kind.allCases.randomElement(using: &generator) ?? .scan
      let start = Int64.random(in: 0..<2_000_000_000, using: &generator)
      return Evidence(
        id: EvidenceID(high: generator.next(), low: generator.next()), kind: kind,
        subject: people.randomElement(using: &generator) ?? people[0],
        venue: Bool.random(using: &generator) ? VenueID.random(using: &generator) : nil,
        zone: UInt8.random(in: 0...255, using: &generator),
        peer: Bool.random(using: &generator) ? people.randomElement(using: &generator) : nil,
        start: start,
        end: Bool.random(using: &generator)
          ? start + Int64.random(in: 0..<1_000_000, using: &generator) : nil,
        attenuation: Bool.random(using: &generator)
          ? Int16.random(in: .min ... .max, using: &generator) : nil,
        attenuationUncertainty: kind.isBluetooth ? UInt8(row & 255) : nil,
        statedStay: kind.isBluetooth || row & 1 == 0 ? nil : UInt8(row & 255),
        grade: Int8.random(in: -1...3, using: &generator),
        status: Evidence.Status.allCases.randomElement(using: &generator) ?? .accepted,
        gateway: ["", "door-1", "cửa chính"].randomElement(using: &generator) ?? "",
        receivedAt: start + Int64(row))
    }
  }

  @Test("What is packed comes back the same", arguments: [1, 2, 17, 1_000, 10_000])
  func roundTrip(count: Int) throws {
    let rows = Self.rows(count, seed: UInt64(count))
    let bytes = try EvidenceBatch.bytes(of: rows)
    #expect(bytes.count < EvidenceBatch.mostBytes)
    #expect(try EvidenceBatch.rows(of: bytes) == rows)
  }

  @Test(
    "A gateway's name that cannot be carried goes up shortened, and keeps no other row back",
    arguments: [
      ("door-1", "door-1"), ("", ""), ("a\nb\u{7f}", "a_b_"),
      (String(repeating: "x", count: 300), String(repeating: "x", count: 64)),
      (String(repeating: "ử", count: 30), String(repeating: "ử", count: 21)),
    ])
  func gatewayNames(name: String, carried: String) throws {
    var rows = Self.rows(3, seed: 9)
    rows[1].gateway = name
    let read = try EvidenceBatch.rows(of: try EvidenceBatch.bytes(of: rows))
    #expect(read[1].gateway == carried)
    #expect(read.map(\.id) == rows.map(\.id))
    #expect(GatewayName.isValid(name) == (name == carried && !name.isEmpty))
  }

  @Test("Each person is renamed once, whatever the number of rows")
  func renaming() throws {
    let rows = Self.rows(300, seed: 5)
    let bytes = try EvidenceBatch.bytes(of: rows)
    var asked: [Pseudonym] = []
    let renamed = try EvidenceBatch.rows(of: bytes) { person in
      asked.append(person)
      return Pseudonym(high: ~person.high, low: person.low)
    }
    #expect(Set(asked).count == asked.count)
    #expect(renamed.map(\.subject.high) == rows.map { ~$0.subject.high })
    #expect(renamed.map(\.peer?.high) == rows.map { row in row.peer.map { ~$0.high } })
  }

  @Test("No number of rows but 1 to 10,000 is packed")
  func counts() {
    #expect(throws: DoorProtocolError.rowCount(0)) { try EvidenceBatch.bytes(of: []) }
    #expect(throws: DoorProtocolError.rowCount(10_001)) {
      try EvidenceBatch.bytes(of: Self.rows(10_001, seed: 1))
    }
  }

  @Test("Whatever is cut off, put on or changed is refused or gives rows, and never more")
  func damage() throws {
    let bytes = try EvidenceBatch.bytes(of: Self.rows(20, seed: 3))
    for length in 0..<bytes.count {
      #expect(throws: DoorProtocolError.self) {
        try EvidenceBatch.rows(of: Array(bytes.prefix(length)))
      }
    }
    #expect(throws: DoorProtocolError.wrongLength) { try EvidenceBatch.rows(of: bytes + [0]) }
    var generator = SeededGenerator(seed: 4)
    for _ in 0..<20_000 {
      var changed = bytes
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let place = Int.random(in: 0..<changed.count, using: &generator)
        changed[place] = UInt8.random(in: 0...255, using: &generator)
      }
      if let rows = try? EvidenceBatch.rows(of: changed) {
        #expect((1...EvidenceBatch.mostRows).contains(rows.count))
      }
    }
  }

  struct Refused: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    let error: DoorProtocolError
    var testDescription: String { name }
  }

  @Test(
    "A batch that is none is told why",
    arguments: [
      Refused(name: "nothing", bytes: [], error: .notABatch),
      Refused(name: "another file", bytes: Array("PK\u{3}\u{4}....".utf8), error: .notABatch),
      Refused(name: "version 2", bytes: Array("CKEV".utf8) + [2, 0], error: .unknownVersion(2)),
      Refused(
        name: "no rows", bytes: Array("CKEV".utf8) + [1, 0, 0, 0, 0], error: .rowCount(0)),
      Refused(
        name: "too many rows", bytes: Array("CKEV".utf8) + [1, 0x11, 0x27, 0, 0],
        error: .rowCount(10_001)),
      Refused(
        name: "more people than rows can have",
        bytes: Array("CKEV".utf8) + [1, 1, 0, 0, 0, 3, 0, 0, 0], error: .wrongLength),
    ])
  func refused(row: Refused) {
    #expect(throws: row.error) { try EvidenceBatch.rows(of: row.bytes) }
  }

  @Test("A line of a third party becomes evidence")
  func lines() throws {
    let text = """
      {"id":"01900000-0000-7000-8000-000000000001","kind":"scan-in","subject":"00112233445566778899aabbccddeeff","venue":"C4C6BHFZC","zone":2,"time":"2020-08-06T12:00:00+07:00","grade":2,"stay":12,"gateway":"north"}
      {"id":"01900000-0000-7000-8000-000000000002","kind":"visit","subject":"00112233445566778899aabbccddeeff","venue":"C4C6BHFZC","time":"2020-08-06T12:00:00+07:00","end":"2020-08-06T13:00:00+07:00"}

      """
    let rows = try EvidenceLines.rows(of: Array(text.utf8), receivedAt: 9) { $0 }
    #expect(rows.count == 2)
    #expect(rows[0].kind == .scanIn)
    #expect(
      rows[0].subject == Pseudonym(high: 0x0011_2233_4455_6677, low: 0x8899_aabb_ccdd_eeff))
    #expect(rows[0].start == 1_596_690_000)
    #expect(rows[0].zone == 2)
    #expect(rows[0].grade == 2)
    #expect(rows[0].statedStay == 12)
    #expect(rows[0].gateway == "north")
    #expect(rows[0].receivedAt == 9)
    #expect(rows[1].end == 1_596_693_600)
  }

  @Test(
    "A line that is not understood refuses the batch",
    arguments: [
      #"{"kind":"scan"}"#, "id,kind\n1,2", "[]", "",
      #"{"id":"01900000-0000-7000-8000-000000000001","kind":"staff","subject":"00112233445566778899aabbccddeeff","venue":"C4C6BHFZC","time":"2020-08-06T12:00:00+07:00"}"#,
      #"{"id":"01900000-0000-7000-8000-000000000001","kind":"scan","subject":"0912345678","venue":"C4C6BHFZC","time":"2020-08-06T12:00:00+07:00"}"#,
      #"{"id":"01900000-0000-7000-8000-000000000001","kind":"scan","subject":"+0112233445566778899aabbccddeeff","venue":"C4C6BHFZC","time":"2020-08-06T12:00:00+07:00"}"#,
      #"{"id":"01900000-0000-7000-8000-000000000001","kind":"scan","subject":"00112233445566778899aabbccddeeff","venue":"C4C6BHFZC","time":"yesterday"}"#,
      #"{"id":"01900000-0000-7000-8000-000000000001","kind":"scan","subject":"00112233445566778899aabbccddeeff","venue":"C4C6BHFZC","time":"2020-08-06T12:00:00+07:00","grade":300}"#,
      #"{"id":"01900000-0000-7000-8000-000000000001","kind":"scan","subject":"00112233445566778899aabbccddeeff","venue":"C4C6BHFZC","time":"2020-08-06T12:00:00+07:00","note":"free text"}"#,
    ])
  func badLines(text: String) {
    #expect(throws: DoorProtocolError.self) {
      try EvidenceLines.rows(of: Array(text.utf8), receivedAt: 0)
    }
  }
}
