import StaffAccounts
import TestSupport
import Testing
import VenueCodes

/// Secret bytes of a text.
private func secret(_ text: String) throws -> SecretBytes {
  let bytes = Array(text.utf8)
  return try SecretBytes(copying: bytes.span)
}

@Suite("One-time passwords")
struct OneTimePasswordTests {
  struct Vector: Sendable, CustomTestStringConvertible {
    let time: Int64
    let digest: OneTimePassword.Digest
    let code: String
    var testDescription: String { "\(digest.rawValue) at \(time)" }

    /// The RFC's seed is the digits again and again, as long as the hash.
    var seed: String {
      let length =
        switch digest {
        case .sha1: 20
        case .sha256: 32
        case .sha512: 64
        }
      return String(String(repeating: "1234567890", count: 7).prefix(length))
    }
  }

  static let vectors: [Vector] = [
    (59, "94287082", "46119246", "90693936"),
    (1_111_111_109, "07081804", "68084774", "25091201"),
    (1_111_111_111, "14050471", "67062674", "99943326"),
    (1_234_567_890, "89005924", "91819424", "93441116"),
    (2_000_000_000, "69279037", "90698825", "38618901"),
    (20_000_000_000, "65353130", "77737706", "47863826"),
  ].flatMap { (time: Int64, one: String, two: String, five: String) in
    [
      Vector(time: time, digest: .sha1, code: one),
      Vector(time: time, digest: .sha256, code: two),
      Vector(time: time, digest: .sha512, code: five),
    ]
  }

  @Test("The codes are those of RFC 6238, appendix B", arguments: vectors)
  func publishedVectors(vector: Vector) throws {
    let factor = OneTimePassword(secret: try secret(vector.seed), digest: vector.digest)
    let step = OneTimePassword.step(at: vector.time)
    #expect(factor.code(ofStep: step, digitCount: 8) == vector.code)
    #expect(factor.code(ofStep: step) == String(vector.code.suffix(6)))
  }

  @Test("The counted codes are those of RFC 4226, appendix D")
  func counterVectors() throws {
    let factor = OneTimePassword(secret: try secret("12345678901234567890"))
    let codes = (0..<10).map { factor.code(ofStep: $0) }
    #expect(
      codes == [
        "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871",
        "520489",
      ])
  }

  @Test("A code is taken one step early and late, not two, and never twice")
  func stepsAreUsedOnce() throws {
    let factor = OneTimePassword(secret: try secret("12345678901234567890"))
    let now: Int64 = 1_700_000_010
    let step = OneTimePassword.step(at: now)
    for offset in Int64(-3)...3 {
      let found = factor.acceptedStep(of: factor.code(ofStep: step + offset), at: now, after: -1)
      #expect(found == (abs(offset) <= 1 ? step + offset : nil), "offset \(offset)")
    }
    let code = factor.code(ofStep: step)
    #expect(factor.acceptedStep(of: code, at: now, after: step) == nil)
    #expect(factor.acceptedStep(of: code, at: now, after: step + 1) == nil)
    #expect(factor.acceptedStep(of: factor.code(ofStep: step - 1), at: now, after: step) == nil)
    #expect(
      factor.acceptedStep(of: " \(code.prefix(3)) \(code.suffix(3)) ", at: now, after: 0) == step)
  }

  @Test(
    "What is no code is refused", arguments: ["", "12345", "1234567", "12345a", "１２３４５６", "-12345"])
  func refusesOtherTexts(text: String) throws {
    let factor = OneTimePassword(secret: try secret("12345678901234567890"))
    #expect(factor.acceptedStep(of: text, at: 59, after: -1) == nil)
  }

  @Test("The setup address names account and issuer, and nothing else prints the secret")
  func setupAddress() throws {
    let factor = OneTimePassword(secret: try secret("12345678901234567890"))
    #expect(
      factor.setupAddress(account: "lan.nguyen", issuer: "CDC Hải Phòng")
        == "otpauth://totp/CDC%20H%E1%BA%A3i%20Ph%C3%B2ng:lan.nguyen"
        + "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=CDC%20H%E1%BA%A3i%20Ph%C3%B2ng"
        + "&algorithm=SHA1&digits=6&period=30")
    var dumped = "\(factor)"
    dump(factor, to: &dumped)
    #expect(!dumped.contains("GEZD") && !dumped.contains("49"))
  }
}

@Suite("Base32 and recovery codes")
struct Base32Tests {
  @Test(
    "The texts are those of RFC 4648, section 10, without padding",
    arguments: [
      ("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"),
      ("fooba", "MZXW6YTB"), ("foobar", "MZXW6YTBOI"),
    ])
  func publishedVectors(bytes: String, text: String) {
    #expect(Base32.text(of: Array(bytes.utf8)) == text)
    #expect(Base32.bytes(of: text) == Array(bytes.utf8))
    #expect(Base32.bytes(of: text.lowercased()) == Array(bytes.utf8))
  }

  @Test(
    "What no bytes have as their text is refused",
    arguments: ["M", "MZ9Q", "MZX", "MB", "M=", "M\u{0}", "Ｍ"])
  func refusesOtherTexts(text: String) {
    #expect(Base32.bytes(of: text) == nil)
  }

  @Test("Any bytes come back", arguments: [UInt64(1), 2, 3, 4])
  func roundTrip(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<500 {
      let bytes = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
        UInt8.random(in: 0...255, using: &generator)
      }
      #expect(Base32.bytes(of: Base32.text(of: bytes)) == bytes, "seed \(seed)")
    }
  }

  @Test("A recovery code is read as a person types it, and another is another")
  func recoveryCodes() throws {
    var generator = SeededGenerator(seed: 7)
    let code = RecoveryCode(using: &generator)
    #expect(code.text.count == 19)
    let typed = code.text.lowercased().replacing("-", with: " ").replacing("o", with: "0")
    #expect(try #require(RecoveryCode(typed: typed)).digest == code.digest)
    #expect(RecoveryCode(using: &generator).digest != code.digest)
    for wrong in ["", "ABCD", String(code.text.dropLast()), code.text + "A", "287082"] {
      #expect(RecoveryCode(typed: wrong) == nil)
    }
    #expect(!"\(code)".contains(code.text.prefix(4)))
  }

  @Test("A token is read back, proves requests by another text, and prints nothing")
  func sessionTokens() throws {
    var generator = SeededGenerator(seed: 9)
    let token = SessionToken(using: &generator)
    let read = try #require(SessionToken(text: token.text))
    #expect(read.digest == token.digest && read.requestProof == token.requestProof)
    #expect(token.requestProof != token.text && !"\(token)".contains(token.text))
    for wrong in ["", "a", token.text + "A", String(token.text.dropLast()) + "=", token.text + " "]
    {
      #expect(SessionToken(text: wrong) == nil)
    }
  }
}
