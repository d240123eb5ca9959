import Foundation
import TestSupport
import Testing
import VenueCodes

@Suite("X25519") struct X25519Tests {
  private struct Wycheproof: Decodable {
    struct Group: Decodable {
      struct Test: Decodable {
        let tcId: Int
        let `public`: String
        let `private`: String
        let shared: String
        let flags: [String]
      }
      let tests: [Test]
    }
    let numberOfTests: Int
    let testGroups: [Group]
  }

  @Test("All 518 cases of Wycheproof come out, and every secret of zeros is refused")
  func wycheproof() throws {
    let file = try JSONDecoder().decode(Wycheproof.self, from: fixture("x25519_test.json"))
    var wrong: [Int] = []
    var refused = 0
    for test in file.testGroups.flatMap(\.tests) {
      let secret = try bytes(hexadecimal: test.private)
      let point = try bytes(hexadecimal: test.public)
      let isZero = test.flags.contains("ZeroSharedSecret")
      let shared = try? Self.shared(secret, point)
      if shared == nil { refused += 1 }
      if shared.map(hexadecimal) != (isZero ? nil : test.shared) { wrong.append(test.tcId) }
    }
    #expect(wrong.isEmpty)
    #expect(file.numberOfTests == 518)
    #expect(refused == 31)
  }

  private static func shared(_ secret: [UInt8], _ point: [UInt8]) throws -> [UInt8] {
    let scalar = try SecretBytes(copying: secret.span)
    let key = try X25519.PrivateKey(rawRepresentation: scalar)
    let other = try X25519.PublicKey(rawRepresentation: point)
    let agreed = try key.sharedSecret(with: other)
    return agreed.withUnsafeBytes { Array($0) }
  }

  @Test("Two sides agree, and a third agrees on something else")
  func agreement() throws {
    var generator = SeededGenerator(seed: 25_519)
    let first = try X25519.PrivateKey(using: &generator)
    let second = try X25519.PrivateKey(using: &generator)
    let third = try X25519.PrivateKey(using: &generator)
    let here = try first.sharedSecret(with: second.publicKey).withUnsafeBytes { Array($0) }
    let there = try second.sharedSecret(with: first.publicKey).withUnsafeBytes { Array($0) }
    let elsewhere = try third.sharedSecret(with: first.publicKey).withUnsafeBytes { Array($0) }
    #expect(here == there)
    #expect(here != elsewhere)
  }

  @Test("A key of another length is refused", arguments: [0, 31, 33])
  func lengths(count: Int) {
    let error = failure(KeyError.self) {
      try X25519.PublicKey(rawRepresentation: [UInt8](repeating: 9, count: count))
    }
    #expect(error == .wrongLength(expected: 32, found: count))
  }

  @Test("A private key never prints itself")
  func redaction() throws {
    var generator = SeededGenerator(seed: 1)
    let key = try X25519.PrivateKey(using: &generator)
    var dumped = ""
    dump(key, to: &dumped)
    #expect("\(key)" == "X25519.PrivateKey(redacted)")
    #expect(!dumped.contains("scalar"))
  }
}

@Suite("The proof of a check-out") struct CheckOutProofTests {
  private static func secret(_ first: UInt8) throws -> CheckInSecret {
    let bytes = (0..<32).map { first &+ UInt8($0) }
    let secret = try SecretBytes(copying: bytes.span)
    return try CheckInSecret(secret)
  }

  @Test("A proof leads to the pseudonym of its check-in, and to no other's (A09)")
  func proves() throws {
    let first = try Self.secret(0)
    let second = try Self.secret(1)
    #expect(first.checkOutProof.pseudonym == first.pseudonym)
    #expect(first.checkOutProof.pseudonym != second.pseudonym)
    let proof = try #require(CheckOutProof(bytes: first.checkOutProof.bytes))
    #expect(proof == first.checkOutProof)
    // What others saw of a check-in is no proof of it.
    let seen = first.pseudonym.bytes + [UInt8](repeating: 0, count: 6)
    #expect(CheckOutProof(bytes: seen)?.pseudonym != first.pseudonym)
  }

  @Test("The bytes of two check-ins' values have nothing in common (A06)")
  func nothingRepeats() throws {
    let first = try Self.secret(0)
    let second = try Self.secret(1)
    #expect(
      Set(first.checkOutProof.bytes.chunks).isDisjoint(with: second.checkOutProof.bytes.chunks))
    #expect(Set(first.pseudonym.bytes.chunks).isDisjoint(with: second.pseudonym.bytes.chunks))
  }

  @Test("Pages compute the same: the values of the secret 0, 1, …, 31")
  func golden() throws {
    let secret = try Self.secret(0)
    #expect(hexadecimal(secret.checkOutProof.bytes) == "5d9f1d1ebadc78c021a0f074f30392f8")
    #expect(hexadecimal(secret.pseudonym.bytes) == "4e9abda5e3a3ffd12dde")
  }

  @Test("A proof has 16 bytes and a pseudonym 10", arguments: [0, 9, 10, 11, 15, 16, 17])
  func lengths(count: Int) {
    let bytes = [UInt8](repeating: 7, count: count)
    #expect((CheckOutProof(bytes: bytes) != nil) == (count == 16))
    #expect((CheckInPseudonym(bytes: bytes) != nil) == (count == 10))
  }
}

extension [UInt8] {
  /// Every four bytes that follow each other.
  fileprivate var chunks: [[UInt8]] { (0...(count - 4)).map { Array(self[$0..<($0 + 4)]) } }
}
