import Foundation
import TestSupport
import Testing
import VenueCodes

@Suite("Ed25519") struct Ed25519Tests {
  struct Vector: Decodable, CustomTestStringConvertible, Sendable {
    let name: String
    let seed: String
    let publicKey: String
    let message: String
    let signature: String
    var testDescription: String { name }
  }

  @Test("The vectors of RFC 8032 sign and verify")
  func rfc8032() throws {
    let vectors = try JSONDecoder().decode([Vector].self, from: fixture("rfc8032.json"))
    #expect(vectors.count == 5)
    var wrong: [String] = []
    for vector in vectors {
      let key = try signingKey(seed: bytes(hexadecimal: vector.seed))
      let message = try bytes(hexadecimal: vector.message)
      let signature = try bytes(hexadecimal: vector.signature)
      let publicBytes = try bytes(hexadecimal: vector.publicKey)
      let publicKey = try Ed25519.PublicKey(rawRepresentation: publicBytes)
      let isRight =
        key.publicKey.rawRepresentation == publicBytes
        && key.signature(for: message.span) == signature
        && publicKey.isValid(signature: signature.span, for: message.span)
        && !key.publicKey.isValid(signature: signature.span, for: (message + [0]).span)
      if !isRight { wrong.append(vector.name) }
    }
    #expect(wrong.isEmpty)
  }

  private struct Wycheproof: Decodable {
    struct Group: Decodable {
      struct Key: Decodable { let pk: String }
      struct Test: Decodable {
        let tcId: Int
        let msg: String
        let sig: String
        let result: String
      }
      let publicKey: Key
      let tests: [Test]
    }
    let numberOfTests: Int
    let testGroups: [Group]
  }

  @Test("All 151 cases of Wycheproof come out as they should")
  func wycheproof() throws {
    let file = try JSONDecoder().decode(Wycheproof.self, from: fixture("ed25519_test.json"))
    var counts: [String: Int] = [:]
    var wrong: [Int] = []
    for group in file.testGroups {
      let key = try Ed25519.PublicKey(
        rawRepresentation: bytes(hexadecimal: group.publicKey.pk))
      for test in group.tests {
        counts[test.result, default: 0] += 1
        // Spans of temporaries of throwing calls crash this compiler; hence the names.
        let signature = try bytes(hexadecimal: test.sig)
        let message = try bytes(hexadecimal: test.msg)
        let isValid = key.isValid(signature: signature.span, for: message.span)
        if isValid != (test.result == "valid") { wrong.append(test.tcId) }
      }
    }
    #expect(wrong.isEmpty)
    #expect(file.numberOfTests == 151)
    #expect(counts == ["valid": 88, "invalid": 63])
  }

  fileprivate struct KeyRow: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let key: String
    let expected: KeyError

    init(_ description: String, _ key: String, _ expected: KeyError) {
      self.testDescription = description
      self.key = key
      self.expected = expected
    }
  }

  // The eight points of small order and second spellings of them, from the equation of the curve.
  fileprivate static let keyRows = [
    KeyRow("no bytes", "", .wrongLength(expected: 32, found: 0)),
    KeyRow("31 bytes", String(repeating: "58", count: 31), .wrongLength(expected: 32, found: 31)),
    KeyRow("33 bytes", String(repeating: "58", count: 33), .wrongLength(expected: 32, found: 33)),
    KeyRow("the neutral point", "01" + String(repeating: "00", count: 31), .unsafePoint),
    KeyRow("order 2", "ec" + String(repeating: "ff", count: 30) + "7f", .unsafePoint),
    KeyRow("order 4", String(repeating: "00", count: 32), .unsafePoint),
    KeyRow("order 4, the other", String(repeating: "00", count: 31) + "80", .unsafePoint),
    KeyRow(
      "order 8", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", .unsafePoint),
    KeyRow(
      "order 8, its negative",
      "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85", .unsafePoint),
    KeyRow(
      "order 8, a second",
      "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", .unsafePoint),
    KeyRow(
      "order 8, its negative too",
      "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa", .unsafePoint),
    KeyRow("y = p, a second zero", "ed" + String(repeating: "ff", count: 30) + "7f", .notCanonical),
    KeyRow("y = p + 1", "ee" + String(repeating: "ff", count: 30) + "7f", .notCanonical),
    KeyRow("y = 2^255 − 1", String(repeating: "ff", count: 31) + "7f", .notCanonical),
    KeyRow("y = p with a sign", "ed" + String(repeating: "ff", count: 31), .notCanonical),
    KeyRow("off the curve", "02" + String(repeating: "00", count: 31), .unsafePoint),
    KeyRow(
      "a good point with one of order 8 added",
      "b154bd62188ae283dd187fefe8c31f5e276edf083b4cff11c9d5cff856c74440", .unsafePoint),
  ]

  @Test("A public key that no honest program makes is refused", arguments: keyRows)
  fileprivate func refusesKeys(row: KeyRow) throws {
    let bytes = try bytes(hexadecimal: row.key)
    #expect(
      failure(KeyError.self) { try Ed25519.PublicKey(rawRepresentation: bytes) } == row.expected)
  }

  @Test("A signature of any length but 64 is refused")
  func refusesOtherLengths() throws {
    let key = try goldenKey()
    let message: [UInt8] = [1, 2, 3]
    let signature = key.signature(for: message.span)
    var accepted: [Int] = []
    for count in 0...200 {
      let changed =
        Array(signature.prefix(count)) + [UInt8](repeating: 0, count: max(0, count - 64))
      if key.publicKey.isValid(signature: changed.span, for: message.span) {
        accepted.append(count)
      }
    }
    #expect(accepted == [64])
  }

  @Test("A seed of another length is refused")
  func refusesSeeds() {
    for count in [0, 31, 33, 64] {
      let made = failure(KeyError.self) {
        try Ed25519.SigningKey(
          seed: SecretBytes(copying: [UInt8](repeating: 1, count: count).span))
      }
      #expect(made == .wrongLength(expected: 32, found: count))
    }
  }

  @Test("The seed comes back out, and the key never prints itself")
  func keepsItsSecret() throws {
    let key = try goldenKey()
    let seed = key.withRawRepresentation { Array($0) }
    #expect(seed == Array(0..<32))
    var dumped = ""
    dump(key, to: &dumped)
    #expect("\(key)" == "Ed25519.SigningKey(redacted)")
    #expect(String(reflecting: key) == "Ed25519.SigningKey(redacted)")
    #expect(!dumped.contains("expanded"))
  }

  @Test("Two new keys differ, and one seed makes one key")
  func makesKeys() throws {
    var generator = SeededGenerator(seed: 5)
    let first = try Ed25519.SigningKey(using: &generator)
    let second = try Ed25519.SigningKey(using: &generator)
    var again = SeededGenerator(seed: 5)
    #expect(first.publicKey != second.publicKey)
    #expect(try Ed25519.SigningKey(using: &again).publicKey == first.publicKey)
  }
}
