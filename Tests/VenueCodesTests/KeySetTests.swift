import TestSupport
import Testing
import VenueCodes

@Suite("KeySet") struct KeySetTests {
  private static let publicKey = "A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg"

  private static func file(_ replacements: (String, String)...) -> String {
    var text = """
      {"version":1,"keys":[{"id":7,"algorithm":"Ed25519","public_key":"\(publicKey)",\
      "not_before":"2026-01-01T00:00:00Z","not_after":"2027-01-01T00:00:00Z","revoked_at":null}]}
      """
    for (old, new) in replacements { text = text.replacing(old, with: new) }
    return text
  }

  private static let entry =
    #"{"id":7,"algorithm":"Ed25519","public_key":"\#(publicKey)","#
    + #""not_before":"2026-01-01T00:00:00Z","not_after":"2027-01-01T00:00:00Z","revoked_at":null}"#

  @Test("The published file reads as it says")
  func reads() throws {
    let set = try KeySet(json: Array(KeySetTests.file().utf8))
    let key = try #require(set[7])
    #expect(set.keys.count == 1 && set[6] == nil)
    #expect(key.publicKey == (try goldenKey()).publicKey)
    #expect(key.algorithm == .ed25519)
    #expect(key.notBefore == 1_767_225_600 && key.notAfter == 1_798_761_600)
    #expect(key.revokedAt == nil)
  }

  @Test("A set is written so that it reads back equal, in the order of ids", arguments: [3, 4])
  func roundTrips(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for count in [0, 1, 5, 256] {
      let ids = Array(UInt8.min...255).shuffled(using: &generator).prefix(count)
      let keys = try ids.map { id in
        let start = Int64.random(in: -5_000_000_000...5_000_000_000, using: &generator)
        return try PublishedKey(
          id: id, publicKey: Ed25519.SigningKey(using: &generator).publicKey, notBefore: start,
          notAfter: start + .random(in: 0...5_000_000_000, using: &generator),
          revokedAt: Bool.random(using: &generator) ? start : nil)
      }
      let set = try KeySet(keys)
      #expect(try KeySet(json: set.json) == set, "seed \(seed), \(count) keys")
      #expect(set.keys.map(\.id) == ids.sorted())
      #expect((set.unusedID == nil) == (count == 256))
    }
  }

  @Test("The file is written as documented, byte for byte")
  func writesGolden() throws {
    let set = try KeySet([
      PublishedKey(
        id: 7, publicKey: goldenKey().publicKey, notBefore: 1_767_225_600, notAfter: 1_798_761_600,
        revokedAt: 1_767_225_661)
    ])
    #expect(
      String(decoding: set.json, as: UTF8.self) == """
        {
          "version":1,
          "keys":[
            {"id":7,"algorithm":"Ed25519","public_key":"\(KeySetTests.publicKey)",\
        "not_before":"2026-01-01T00:00:00Z","not_after":"2027-01-01T00:00:00Z",\
        "revoked_at":"2026-01-01T00:01:01Z"}
          ]
        }

        """)
    #expect(
      String(decoding: KeySet().json, as: UTF8.self)
        == "{\n  \"version\":1,\n  \"keys\":[]\n}\n")
  }

  fileprivate struct Row: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let text: String
    let expected: KeySetError?

    init(_ description: String, _ text: String, _ expected: KeySetError?) {
      self.testDescription = description
      self.text = text
      self.expected = expected
    }
  }

  fileprivate static let rows = [
    Row("as it should be", file(), nil),
    Row("without revoked_at", file((#","revoked_at":null"#, "")), nil),
    Row("with a member nobody knows", file((#""id""#, #""note":"x","id""#)), nil),
    Row("nothing", "", .notJSON),
    Row("half a file", String(file().dropLast(40)), .notJSON),
    Row("something behind it", file() + "x", .notJSON),
    Row("a list", "[]", .wrongType("")),
    Row("no version", file((#""version":1,"#, "")), .missing("version")),
    Row("version as text", file((#""version":1"#, #""version":"1""#)), .wrongType("version")),
    Row("version 2", file((#""version":1"#, #""version":2"#)), .unknownVersion(2)),
    Row("no keys", #"{"version":1}"#, .missing("keys")),
    Row("keys that are none", #"{"version":1,"keys":{}}"#, .wrongType("keys")),
    Row("no id", file((#""id":7,"#, "")), .missing("keys.[0].id")),
    Row("id 256", file((#""id":7"#, #""id":256"#)), .idOutOfRange(at: 0)),
    Row("id −1", file((#""id":7"#, #""id":-1"#)), .idOutOfRange(at: 0)),
    Row("id 7.5", file((#""id":7"#, #""id":7.5"#)), .idOutOfRange(at: 0)),
    Row("id as text", file((#""id":7"#, #""id":"7""#)), .wrongType("keys.[0].id")),
    Row("version 1.5", file((#""version":1"#, #""version":1.5"#)), .wrongType("version")),
    Row("another algorithm", file(("Ed25519", "none")), .unknownAlgorithm(id: 7)),
    Row("an algorithm in lower case", file(("Ed25519", "ed25519")), .unknownAlgorithm(id: 7)),
    Row(
      "no public key", file((#""public_key":"\#(publicKey)","#, "")),
      .missing("keys.[0].public_key")),
    Row("base64 of the other alphabet", file(("v_PO", "v/PO")), .notBase64URL(id: 7)),
    Row("padding", file(("BJVMbg", "BJVMbg=")), .notBase64URL(id: 7)),
    Row("left-over bits", file(("BJVMbg", "BJVMbh")), .notBase64URL(id: 7)),
    Row("a space within", file(("BJVMbg", "BJVM bg")), .notBase64URL(id: 7)),
    Row("letters beyond ASCII", file(("BJVMbg", "BJVMbé")), .notBase64URL(id: 7)),
    Row(
      "a short key", file((publicKey, "A6EHvw")),
      .badKey(id: 7, .wrongLength(expected: 32, found: 4))),
    Row(
      "an empty key", file((publicKey, "")),
      .badKey(id: 7, .wrongLength(expected: 32, found: 0))),
    Row(
      "a key of small order", file((publicKey, "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")),
      .badKey(id: 7, .unsafePoint)),
    Row(
      "a key that is not canonical",
      file((publicKey, "7f_______________________________________38")),
      .badKey(id: 7, .notCanonical)),
    Row(
      "a day without a time", file(("2026-01-01T00:00:00Z", "2026-01-01")),
      .badTime(id: 7, "not_before")),
    Row(
      "an offset", file(("2027-01-01T00:00:00Z", "2027-01-01T00:00:00+07:00")),
      .badTime(id: 7, "not_after")),
    Row(
      "no zone", file(("2027-01-01T00:00:00Z", "2027-01-01T00:00:00")),
      .badTime(id: 7, "not_after")),
    Row(
      "the 30th of February", file(("2026-01-01T", "2026-02-30T")),
      .badTime(id: 7, "not_before")),
    Row("hour 24", file(("2026-01-01T00", "2026-01-01T24")), .badTime(id: 7, "not_before")),
    Row(
      "a leap second", file(("2026-01-01T00:00:00Z", "2026-01-01T23:59:60Z")),
      .badTime(id: 7, "not_before")),
    Row(
      "fractions", file(("2026-01-01T00:00:00Z", "2026-01-01T00:00:0.5Z")),
      .badTime(id: 7, "not_before")),
    Row(
      "a revocation that is no time", file((#""revoked_at":null"#, #""revoked_at":"yes""#)),
      .badTime(id: 7, "revoked_at")),
    Row("the end before the beginning", file(("2027-", "2025-")), .timesReversed(id: 7)),
    Row("one id twice", file((entry, entry + "," + entry)), .duplicateID(7)),
    Row(
      "one key under two ids",
      file((entry, entry + "," + entry.replacing(#""id":7"#, with: #""id":9"#))),
      .duplicateKey(7, 9)),
  ]

  @Test("A file is read, or refused with its own error", arguments: rows)
  fileprivate func refuses(row: Row) {
    #expect(failure(KeySetError.self) { try KeySet(json: Array(row.text.utf8)) } == row.expected)
  }

  @Test("A file cut short anywhere is refused, and one with any byte changed never crashes")
  func survivesDamage() throws {
    let whole = Array(KeySetTests.file().utf8)
    var accepted: [Int] = []
    for count in 0..<whole.count {
      if failure(KeySetError.self, { try KeySet(json: Array(whole.prefix(count))) }) == nil {
        accepted.append(count)
      }
    }
    #expect(accepted.isEmpty)
    var generator = SeededGenerator(seed: 21)
    for place in whole.indices {
      var changed = whole
      changed[place] = UInt8(truncatingIfNeeded: generator.next())
      _ = try? KeySet(json: changed)
    }
  }

  @Test("Deep nesting is refused and not followed to the end of the stack")
  func survivesNesting() {
    let text = String(repeating: "[", count: 100_000)
    #expect(failure(KeySetError.self) { try KeySet(json: Array(text.utf8)) } == .notJSON)
  }

  @Test("Keys are added and revoked, and an earlier revocation stands")
  func changes() throws {
    var generator = SeededGenerator(seed: 8)
    let first = try PublishedKey(
      id: 0, publicKey: goldenKey().publicKey, notBefore: 0, notAfter: 1_000)
    let second = try PublishedKey(
      id: 1, publicKey: Ed25519.SigningKey(using: &generator).publicKey, notBefore: 0,
      notAfter: 1_000)
    let set = try KeySet([first]).adding(second)
    #expect(set.unusedID == 2)
    let revoked = try set.revoking(0, at: 500)
    #expect(revoked[0]?.revokedAt == 500 && revoked[1]?.revokedAt == nil)
    #expect(try revoked.revoking(0, at: 900)[0]?.revokedAt == 500)
    #expect(try revoked.revoking(0, at: 100)[0]?.revokedAt == 100)
    #expect(failure(KeySetError.self) { try set.revoking(2, at: 1) } == .noSuchKey(2))
    #expect(failure(KeySetError.self) { try set.adding(first) } == .duplicateID(0))
    let same = try PublishedKey(
      id: 3, publicKey: first.publicKey, notBefore: 0, notAfter: 1_000)
    #expect(failure(KeySetError.self) { try set.adding(same) } == .duplicateKey(0, 3))
  }

  @Test("A key's times: reversed ones and those no file can hold are refused")
  func refusesTimes() throws {
    let key = try goldenKey().publicKey
    func made(_ start: Int64, _ end: Int64, _ revoked: Int64? = nil) -> KeySetError? {
      failure(KeySetError.self) {
        try PublishedKey(id: 1, publicKey: key, notBefore: start, notAfter: end, revokedAt: revoked)
      }
    }
    #expect(made(5, 5) == nil)
    #expect(made(5, 4) == .timesReversed(id: 1))
    #expect(made(.min, 4) == .timeOutOfRange(id: 1))
    #expect(made(0, 253_402_300_799) == nil)
    #expect(made(0, 253_402_300_800) == .timeOutOfRange(id: 1))
    #expect(made(0, 4, .max) == .timeOutOfRange(id: 1))
  }
}
