import Testing
import VenueCodes

@Suite("KeyedHash and ContentDigest") struct HashTests {
  fileprivate struct Row: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let key: [UInt8]
    var domain = ""
    let message: [UInt8]
    let expected: String

    init(
      _ description: String, key: [UInt8], domain: String = "", _ message: [UInt8],
      _ expected: String
    ) {
      self.testDescription = description
      // HMAC fills a short key up with zeros itself.
      self.key = key + [UInt8](repeating: 0, count: 32 - key.count)
      self.domain = domain
      self.message = message
      self.expected = expected
    }
  }

  fileprivate static let rows = [
    Row(
      "RFC 4231, case 1", key: [UInt8](repeating: 0x0b, count: 20), Array("Hi There".utf8),
      "b0344c61d8db38535ca8afceaf0bf12b"),
    Row(
      "RFC 4231, case 2", key: Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
      "5bdcc146bf60754e6a042426089575c7"),
    Row("nothing", key: Array(0..<32), [], "d38b42096d80f45f826b44a9d5607de7"),
    Row(
      "a thousand bytes", key: Array(0..<32), [UInt8](repeating: 0x78, count: 1_000),
      "2ab4ed3956f17094c9b1878953e91ac9"),
    Row(
      "with a domain", key: Array(0..<32), domain: "subject", Array("0912".utf8),
      "6f3be7ac52641c48efdf5d0a545595c8"),
  ]

  @Test("The keyed hash is the beginning of HMAC-SHA-256, each time it is asked", arguments: rows)
  fileprivate func hashes(row: Row) throws {
    let hash = try KeyedHash(key: SecretBytes(copying: row.key.span), domain: row.domain)
    let results = (0..<3).map { _ in hexadecimal(hash.hash(row.message.span)) }
    #expect(results == [row.expected, row.expected, row.expected])
  }

  @Test("A key of another length is refused, and a key never prints itself")
  func guardsKeys() throws {
    for count in [0, 31, 33] {
      let made = failure(KeyError.self) {
        try KeyedHash(key: SecretBytes(copying: [UInt8](repeating: 1, count: count).span))
      }
      #expect(made == .wrongLength(expected: 32, found: count))
    }
    let hash = try KeyedHash(key: SecretBytes(copying: [UInt8](repeating: 1, count: 32).span))
    #expect("\(hash)" == "KeyedHash(redacted)")
    let text = Array("Âu".utf8)
    #expect(hexadecimal(hash.hash("Âu")) == hexadecimal(hash.hash(text.span)))
  }

  @Test("The content digest is BLAKE2b of 16 bytes")
  func digests() {
    let messages = [[], Array("abc".utf8), [UInt8](repeating: 0x78, count: 1_000)]
    let digests = messages.map { hexadecimal(ContentDigest.digest(of: $0.span)) }
    #expect(
      digests == [
        "cae66941d9efbd404e4d88758ea67670", "cf4ab791c62b8d2b2109c90275287816",
        "c9b2bd4ff487864c29fb41fab3e8187e",
      ])
  }

  @Test("A record's digest frames its fields and starts afresh for the next record")
  func framesFields() {
    func digest(_ domain: String, _ fields: [String]) -> String {
      var digest = ContentDigest(domain: domain)
      for field in fields { digest.append(field) }
      return hexadecimal(digest.finish())
    }
    let different = [
      digest("visit", []), digest("visit", [""]), digest("visit", ["ab", "c"]),
      digest("visit", ["a", "bc"]), digest("visit", ["abc"]), digest("scan", ["abc"]),
      digest("visit", ["c", "ab"]),
    ]
    #expect(Set(different).count == different.count)
    var digest = ContentDigest(domain: "visit")
    var results: [String] = []
    for _ in 0..<2 {
      digest.append("ab")
      digest.append(-2)
      results.append(hexadecimal(digest.finish()))
    }
    #expect(results == [String](repeating: "0436c10cad326205245bf0a5b0df4b6f", count: 2))
  }
}
