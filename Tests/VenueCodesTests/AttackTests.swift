import Foundation
import TestSupport
import Testing
import VenueCodes

@Suite("Attacks on codes") struct AttackTests {
  @Test("A02: a code of an own key, an old key or no key warns nobody")
  func a02() throws {
    let verifier = try Live.verifier()
    let other = try signingKey(seed: Array(32..<64))
    func poster(keyID: UInt8, with key: Ed25519.SigningKey) throws -> [UInt8] {
      let token = try VenueToken(
        kind: .inAndOut, keyID: keyID, venue: Live.venue(), firstDay: Live.today, weeksValid: 1)
      return VenueCode(signing: token, with: key).bytes
    }
    #expect(
      try verifier.judge(poster(keyID: 99, with: other), at: Live.now).summary == "- unknown_key")
    #expect(
      try verifier.judge(poster(keyID: 7, with: other), at: Live.now).summary == "- bad_signature")
    let old = try Live.verifier(
      keys: KeySet([
        PublishedKey(
          id: 7, publicKey: goldenKey().publicKey, notBefore: 0, notAfter: Live.now - 1)
      ]))
    #expect(
      try old.judge(poster(keyID: 7, with: goldenKey()), at: Live.now).summary == "- key_expired")
    // The same for a screen: a master key of one's own, and one under an id that nobody has.
    let own = try Live.screenMaster(first: 1).screenKey(venue: Live.venue(), zone: 3)
    let code = RotatingCode(step: try Live.step(), key: own)
    #expect(verifier.judge(code.bytes, at: Live.now).summary == "- bad_signature")
    let none = try Live.screenMaster(9).screenKey(venue: Live.venue(), zone: 3)
    let unknown = RotatingCode(step: try Live.step(), key: none)
    #expect(verifier.judge(unknown.bytes, at: Live.now).summary == "- unknown_screen_key")
  }

  @Test("A18: a digest without a key in place of the signature is refused")
  func a18() throws {
    let verifier = try Live.verifier()
    func digest(_ bytes: [UInt8]) -> [UInt8] { ContentDigest.longDigest(of: bytes.span) }
    let poster = Array(try Live.poster().bytes[..<14])
    for message in [poster, Array("checkin/venue-code/v1\0".utf8) + poster] {
      let forged = poster + digest(message) + digest(message)
      #expect(verifier.judge(forged, at: Live.now).summary == "- bad_signature")
    }
    let rotating = Array(try Live.rotating().bytes[..<12])
    let pass = Array(try Live.pass().bytes[..<18])
    // Without a key, with an empty one, and with one of zeros.
    let zeros = try KeyedHash(
      key: SecretBytes(copying: [UInt8](repeating: 0, count: 32).span),
      domain: "checkin/screen/v1")
    let (high, low) = zeros.hash(rotating.span)
    let halves = [high, low].flatMap { half in
      stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: half >> UInt64($0)) }
    }
    for code in [
      rotating + digest(rotating)[..<16], rotating + halves, pass + digest(pass)[..<12],
      rotating + [UInt8](repeating: 0, count: 16), pass + [UInt8](repeating: 0, count: 12),
    ] {
      #expect(verifier.judge(code, at: Live.now).summary == "- bad_signature")
    }
  }

  @Test(
    "A19: no signature, another key's id (of a receipt, another venue), and what follows are refused"
  )
  func a19() throws {
    let verifier = try Live.verifier()
    let codes = try [
      Live.poster().bytes, Live.batch().bytes, Live.rotating().bytes, Live.pass().bytes,
      Live.receipt().bytes,
    ]
    for bytes in codes {
      #expect(verifier.judge(bytes, at: Live.now).failure == nil)
      let unsigned = Array(bytes[..<(bytes.count == 78 ? 14 : 12)])
      let other = [bytes[0], bytes[1] ^ 0x55] + bytes[2...]
      for changed in [unsigned, bytes + [0], [0] + bytes, Array(bytes.dropLast()), bytes + bytes] {
        guard changed.count <= 120 else { continue }
        #expect(
          verifier.judge(changed, at: Live.now).content == nil, "\(bytes[0]), \(changed.count)")
      }
      // A receipt names no key: its second byte is of its venue, which the registry must know.
      let expected: Set<String> =
        bytes.count == CheckInReceipt.length
        ? ["unknown_venue"] : ["unknown_key", "unknown_screen_key", "unknown_pass_key"]
      let fault = verifier.judge(Array(other), at: Live.now).failure?.code
      #expect(fault.map { expected.contains($0) } == true, "\(bytes[0]): \(fault ?? "taken")")
      let digits = Carrier.digits(of: bytes.span)
      for text in [digits + "0", "0" + digits, digits + " ", digits + "#", "alg=none." + digits] {
        let verdict = verifier.judge(
          text: text, now: Live.now, today: Live.today, startOfDay: Live.start(of:))
        #expect(verdict.content == nil, "\(text.suffix(3))")
      }
    }
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
    let testGroups: [Group]
  }

  @Test(
    "A20: every invalid signature of Wycheproof is refused, and a cache knows codes by every byte")
  func a20() throws {
    let file = try JSONDecoder().decode(Wycheproof.self, from: fixture("ed25519_test.json"))
    var refused = 0
    for group in file.testGroups {
      let key = try Ed25519.PublicKey(rawRepresentation: bytes(hexadecimal: group.publicKey.pk))
      for test in group.tests where test.result == "invalid" {
        let signature = try bytes(hexadecimal: test.sig)
        let message = try bytes(hexadecimal: test.msg)
        let isValid = key.isValid(signature: signature.span, for: message.span)
        #expect(!isValid, "case \(test.tcId)")
        refused += 1
      }
    }
    #expect(refused == 63)
    // A cache that knows a token under one signature has not learnt it under another.
    let token = try Live.poster().token
    let first = VenueCode(signing: token, with: try goldenKey())
    let other = VenueCode(signing: token, with: try signingKey(seed: Array(1..<33)))
    #expect(first.bytes != other.bytes)
    let verifier = try Live.verifier()
    var cache = GenuineCodeCache()
    let summaries = [first, other, first].map { code in
      verifier.judge(
        text: code.digits.utf8.span, now: Live.now, today: Live.today,
        startOfDay: Live.start(of:), cache: &cache
      ).summary
    }
    #expect(summaries == ["1 ok", "- bad_signature", "1 ok"] && cache.count == 1)
  }

  @Test("A21: a rotating code of three steps before is degraded, and of an hour before refused")
  func a21() throws {
    let verifier = try Live.verifier()
    let code = try Live.rotating().bytes
    #expect(verifier.judge(code, at: Live.now + 29).summary == "2 ok")
    #expect(verifier.judge(code, at: Live.now + 90).summary == "1 ok")
    #expect(verifier.judge(code, at: Live.now + 3_600).summary == "-1 clock_skew")
    #expect(verifier.judge(code, at: Live.now + 86_400).summary == "-1 screen_of_another_day")
    // Wherever it is presented, it says the place and moment it was shown at.
    let late = verifier.judge(code, at: Live.now + 90)
    #expect(try late.seenAt == Live.now && late.venue == Live.venue() && late.zone == 3)
  }

  @Test("A23: a tablet's clock may be five minutes off; ten minutes or a day are told")
  func a23() throws {
    let verifier = try Live.verifier()
    for (skew, expected) in [
      (-300, "1 ok"), (300, "1 ok"), (-600, "-1 clock_skew"), (600, "-1 clock_skew"),
      (-86_400, "-1 screen_of_another_day"), (86_400, "-1 screen_of_another_day"),
    ] as [(Int64, String)] {
      let verdict = verifier.judge(
        try Live.rotating(at: Live.now + skew).bytes, at: Live.now)
      #expect(verdict.summary == expected, "\(skew) s")
    }
    let verdict = verifier.judge(try Live.rotating(at: Live.now - 600).bytes, at: Live.now)
    #expect(verdict.failure.map { "\($0)" }?.contains("10 minutes ago") == true)
  }

  @Test("A39: a code of any other version is not read, and says to update the program")
  func a39() throws {
    let verifier = try Live.verifier()
    let codes = try [
      Live.poster().bytes, Live.batch().bytes, Live.rotating().bytes, Live.pass().bytes,
      Live.receipt().bytes,
    ]
    for bytes in codes {
      for version in 0...15 as ClosedRange<UInt8> where version != 1 {
        let changed = [version << 4 | bytes[0] & 15] + bytes[1...]
        let verdict = verifier.judge(Array(changed), at: Live.now)
        #expect(verdict.failure == .unknownVersion(version) && verdict.content == nil)
        #expect(verdict.failure.map { "\($0)" }?.contains("update the program") == true)
      }
    }
  }
}
