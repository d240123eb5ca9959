import TestSupport
import Testing
import VenueCodes

@Suite("VenueCodeVerifier") struct VenueCodeVerifierTests {
  private static let now: Int64 = 1_785_200_000
  private static let today = LocalDay(daysSince2020: 2_400)
  private static let notBefore: Int64 = 1_785_000_000
  private static let notAfter: Int64 = 1_786_000_000

  /// A verifier with key 7, in force from `notBefore` to `notAfter`, key 8, revoked at `now`, and a
  /// registry of three venues.
  private func makeVerifier(key: Ed25519.SigningKey) throws -> VenueCodeVerifier {
    var generator = SeededGenerator(seed: 1)
    let active = try VenueID(parsing: "C0FFEE00Y")
    let retired = try VenueID(parsing: "000000011")
    let keys = try KeySet([
      PublishedKey(
        id: 7, publicKey: key.publicKey, notBefore: VenueCodeVerifierTests.notBefore,
        notAfter: VenueCodeVerifierTests.notAfter),
      PublishedKey(
        id: 8, publicKey: Ed25519.SigningKey(using: &generator).publicKey, notBefore: 0,
        notAfter: 2_000_000_000, revokedAt: VenueCodeVerifierTests.now),
    ])
    let directory = VenueDirectory(
      status: { venue, _ in
        if venue == active { return .active(name: "Khách sạn Hải Âu") }
        return venue == retired ? .retired(name: "Quán cũ") : .unknown
      },
      isRevoked: { token, _ in token.venue == active && token.zone == 2 && token.serial == 9 })
    return VenueCodeVerifier(
      keys: keys, directory: directory,
      carrier: Carrier(prefixes: [try URLPrefix("https://qr.haiphong.gov.vn/#")]))
  }

  private func token(
    keyID: UInt8 = 7, venue: String = "C0FFEE00Y", zone: UInt8 = 0, day: Int32 = 2_400,
    weeks: UInt8 = 0, serial: UInt8 = 0, name: String? = nil
  ) throws -> VenueToken {
    try VenueToken(
      kind: .inAndOut, keyID: keyID, venue: VenueID(parsing: venue), zone: zone,
      firstDay: LocalDay(daysSince2020: day), weeksValid: weeks, serial: serial, name: name)
  }

  @Test("A good code is accepted, bare or behind the address, with the registry's name")
  func accepts() throws {
    let key = try goldenKey()
    let verifier = try makeVerifier(key: key)
    let token = try token(name: "Hải Âu")
    let code = VenueCode(signing: token, with: key)
    let bytes = code.bytes
    let verdicts = [
      verifier.verify(text: code.digits, now: Self.now, today: Self.today),
      verifier.verify(
        text: "HTTPS://qr.haiphong.gov.vn#" + code.digits, now: Self.now, today: Self.today),
      verifier.verify(bytes: bytes.span, now: Self.now, today: Self.today),
      verifier.verify(code, now: Self.now, today: Self.today),
    ]
    for verdict in verdicts {
      guard case .accepted(let verified) = verdict else {
        Issue.record("refused: \(String(describing: verdict.failure))")
        continue
      }
      #expect(verified.token == token && verified.venueName == "Khách sạn Hải Âu")
      #expect(verdict.token == token && verdict.failure == nil)
    }
  }

  fileprivate struct Row: CustomTestStringConvertible, Sendable {
    let testDescription: String
    var keyID: UInt8 = 7
    var venue = "C0FFEE00Y"
    var zone: UInt8 = 0
    var day: Int32 = 2_400
    var weeks: UInt8 = 0
    var serial: UInt8 = 0
    var now: Int64 = VenueCodeVerifierTests.now
    var isForged = false
    let code: String?
    /// Whether the signature was found good, so that the token comes out.
    var isGenuine = true

    init(_ description: String, _ code: String?, _ change: (inout Row) -> Void = { _ in }) {
      self.testDescription = description
      self.code = code
      change(&self)
    }
  }

  // Each row breaks one check and, where it can, every later one too: the first must answer.
  fileprivate static let rows = [
    Row("nothing wrong", nil),
    Row("a key nobody published", "unknown_key") {
      ($0.keyID, $0.isForged, $0.isGenuine, $0.day) = (99, true, false, 0)
    },
    Row("the second before the key begins", "key_not_yet_valid") {
      ($0.now, $0.isForged, $0.isGenuine) = (1_784_999_999, true, false)
    },
    Row("the first second of the key", nil) { $0.now = 1_785_000_000 },
    Row("the last second of the key", nil) { $0.now = 1_786_000_000 },
    Row("the second after the key ends", "key_expired") {
      ($0.now, $0.isForged, $0.isGenuine) = (1_786_000_001, true, false)
    },
    Row("a key at the second it is revoked", "key_revoked") {
      ($0.keyID, $0.isGenuine) = (8, false)
    },
    Row("another key's signature the second before revocation", "bad_signature") {
      ($0.keyID, $0.now, $0.isGenuine) = (8, 1_785_199_999, false)
    },
    Row("forged, out of date and of no venue", "bad_signature") {
      ($0.isForged, $0.isGenuine, $0.day, $0.venue) = (true, false, 0, "000000022")
    },
    Row("from tomorrow, of no venue", "not_yet_valid") {
      ($0.day, $0.venue) = (2_401, "000000022")
    },
    Row("of yesterday only, of no venue", "expired") { ($0.day, $0.venue) = (2_399, "000000022") },
    Row("the last day of a week", nil) { ($0.day, $0.weeks) = (2_394, 1) },
    Row("the day after a week", "expired") { ($0.day, $0.weeks) = (2_393, 1) },
    Row("a venue nobody knows, a revoked print elsewhere", "unknown_venue") {
      ($0.venue, $0.zone, $0.serial) = ("000000022", 2, 9)
    },
    Row("a retired venue", "retired_venue") { $0.venue = "000000011" },
    Row("a revoked print", "revoked_print") { ($0.zone, $0.serial) = (2, 9) },
    Row("the print beside the revoked one", nil) { ($0.zone, $0.serial) = (2, 8) },
    Row("the zone beside the revoked print", nil) { ($0.zone, $0.serial) = (1, 9) },
  ]

  @Test(
    "The first check that fails is the answer, and a genuine token comes out",
    arguments: rows)
  fileprivate func refuses(row: Row) throws {
    let key = try goldenKey()
    let verifier = try makeVerifier(key: key)
    let token = try token(
      keyID: row.keyID, venue: row.venue, zone: row.zone, day: row.day, weeks: row.weeks,
      serial: row.serial)
    var bytes = VenueCode(signing: token, with: key).bytes
    if row.isForged { bytes[20] ^= 1 }
    let verdict = verifier.verify(bytes: bytes.span, now: row.now, today: Self.today)
    #expect(verdict.failure?.code == row.code)
    #expect(verdict.token == (row.isGenuine ? token : nil))
  }

  @Test("The order is digit form, length, version, key: each is asked before the next")
  func asksInOrder() throws {
    let verifier = try makeVerifier(key: goldenKey())
    func code(_ bytes: [UInt8]) -> String? {
      verifier.verify(bytes: bytes.span, now: Self.now, today: Self.today).failure?.code
    }
    func text(_ text: String) -> String? {
      verifier.verify(text: text, now: Self.now, today: Self.today).failure?.code
    }
    #expect(text("x" + String(repeating: "9", count: 500)) == "not_digits")
    #expect(text(String(repeating: "9", count: 500)) == "wrong_digit_count")
    #expect(code([UInt8](repeating: 0xff, count: 77)) == "wrong_length")
    #expect(code([UInt8](repeating: 0xff, count: 78)) == "unknown_version")
    #expect(code([0x1f] + [UInt8](repeating: 0xff, count: 77)) == "unknown_kind")
    #expect(code([0x18] + [UInt8](repeating: 0xff, count: 27)) == "unknown_kind")
    #expect(code([0x10] + [UInt8](repeating: 0xff, count: 77)) == "unknown_key")
  }

  @Test("Every flipped bit of a code, compact or named, is refused with a typed error")
  func refusesFlippedBits() throws {
    let key = try goldenKey()
    let verifier = try makeVerifier(key: key)
    var accepted: [Int] = []
    var codes: Set<String> = []
    for name in [nil, "Hải Âu"] {
      let bytes = VenueCode(signing: try token(name: name), with: key).bytes
      for bit in 0..<(bytes.count * 8) {
        var changed = bytes
        changed[bit / 8] ^= 1 << UInt8(bit % 8)
        switch verifier.verify(bytes: changed.span, now: Self.now, today: Self.today) {
        case .notGenuine(let error): codes.insert(error.code)
        case .accepted, .refused: accepted.append(bit)
        }
      }
    }
    #expect(accepted.isEmpty)
    let expected: Set = [
      "unknown_version", "unknown_kind", "unknown_key", "bad_signature", "wrong_name_length",
      "name_not_utf8",
    ]
    #expect(codes.isSuperset(of: expected))
  }

  @Test("A specimen has its token's bytes and no signature, and is refused as what it is")
  func specimen() throws {
    let key = try goldenKey()
    let verifier = try makeVerifier(key: key)
    var cache = GenuineCodeCache(capacity: 4)
    // Of a key in force, one that is revoked, and one that nobody has.
    for keyID in [7, 8, 9] as [UInt8] {
      for name in ["Hải Âu", nil] {
        let token = try token(keyID: keyID, name: name)
        let specimen = VenueCode(specimenOf: token)
        let code = VenueCode(signing: token, with: key)
        #expect(specimen.isSpecimen && !code.isSpecimen)
        #expect(specimen.bytes.dropLast(64) == code.bytes.dropLast(64))
        #expect(specimen.digits.count == code.digits.count)
        #expect(try VenueCode(bytes: specimen.bytes).token == token)
        #expect(!specimen.isSigned(by: key.publicKey))
        let text = Array(specimen.digits.utf8)
        for _ in 0..<2 {
          #expect(
            verifier.verify(text: text.span, now: Self.now, today: Self.today, cache: &cache)
              == .notGenuine(.specimen))
        }
        #expect(
          verifier.verify(specimen, now: Self.now, today: Self.today) == .notGenuine(.specimen))
      }
    }
  }

  @Test("A signature with the group order added to its scalar is refused")
  func refusesMalleatedSignature() throws {
    let key = try goldenKey()
    let verifier = try makeVerifier(key: key)
    // L = 2^252 + 27742317777372353535851937790883648493, little-endian.
    let order = try bytes(
      hexadecimal: "edd3f55c1a631258d69cf7a2def9de14" + "00000000000000000000000000000010")
    var changed = VenueCode(signing: try token(), with: key).bytes
    var carry = 0
    for place in 0..<32 {
      let sum = Int(changed[46 + place]) + Int(order[place]) + carry
      changed[46 + place] = UInt8(truncatingIfNeeded: sum)
      carry = sum >> 8
    }
    #expect(carry == 0)
    let verdict = verifier.verify(bytes: changed.span, now: Self.now, today: Self.today)
    #expect(verdict.failure == .badSignature)
  }

  @Test("A signature over the same bytes without the domain string is refused")
  func refusesOtherDomain() throws {
    let key = try goldenKey()
    let verifier = try makeVerifier(key: key)
    let body = Array(VenueCode(signing: try token(), with: key).bytes.prefix(14))
    for message in [body, Array("checkin/venue-code/v2\0".utf8) + body] {
      let forged = body + key.signature(for: message.span)
      #expect(
        verifier.verify(bytes: forged.span, now: Self.now, today: Self.today).failure
          == .badSignature)
    }
  }

  @Test("Random bytes and random texts are refused without a crash", arguments: [31, 32])
  func survivesNoise(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let verifier = try makeVerifier(key: goldenKey())
    var accepted = 0
    for _ in 0..<2_000 {
      let noise = generator.bytes(.random(in: 0...200, using: &generator))
      let digits = noise.map { 0x30 + $0 % 10 }
      let verdicts = [
        verifier.verify(bytes: noise.span, now: Self.now, today: Self.today),
        verifier.verify(text: noise.span, now: Self.now, today: Self.today),
        verifier.verify(text: digits.span, now: Self.now, today: Self.today),
      ]
      accepted += verdicts.filter { $0.token != nil }.count
    }
    #expect(accepted == 0, "seed \(seed)")
  }

  @Test("A cached code answers as an uncached one, for its whole bytes and its key only")
  func caches() throws {
    let key = try goldenKey()
    let verifier = try makeVerifier(key: key)
    var cache = GenuineCodeCache(capacity: 3)
    func verdict(_ code: [UInt8], now: Int64 = Self.now, with verifier: VenueCodeVerifier)
      -> String?
    {
      let digits = Array(Carrier.digits(of: code.span).utf8)
      return verifier.verify(text: digits.span, now: now, today: Self.today, cache: &cache)
        .failure?.code ?? "accepted"
    }
    let good = VenueCode(signing: try token(), with: key).bytes
    #expect(verdict(good, with: verifier) == "accepted")
    #expect(cache.count == 1)
    #expect(verdict(good, with: verifier) == "accepted")
    #expect(cache.count == 1)
    // The same signature on another token, and the same token with another signature.
    var moved = good
    moved[7] = 1
    #expect(verdict(moved, with: verifier) == "bad_signature")
    var resigned = good
    resigned[77] ^= 1
    #expect(verdict(resigned, with: verifier) == "bad_signature")
    #expect(cache.count == 1)
    // The key's times are asked each time, and another key under the same id is another key.
    #expect(verdict(good, now: Self.notAfter + 1, with: verifier) == "key_expired")
    var generator = SeededGenerator(seed: 77)
    let other = try makeVerifier(key: Ed25519.SigningKey(using: &generator))
    #expect(verdict(good, with: other) == "bad_signature")
    for zone in UInt8(10)..<20 {
      let bytes = VenueCode(signing: try token(zone: zone), with: key).bytes
      #expect(verdict(bytes, with: verifier) == "accepted")
      #expect(cache.count <= 3)
    }
  }

  @Test("Each failure has a code of its own and a sentence that names the day or key it is about")
  func describesFailures() throws {
    let day = LocalDay(daysSince2020: 2_400)
    let venue = try VenueID(parsing: "C0FFEE00Y")
    let errors: [(VenueCodeError, String)] = [
      (.empty, "no code"), (.notDigits(at: 4), "character 5"), (.foreignURL, "another service"),
      (.wrongDigitCount(187), "187 digits"), (.numberTooLarge, "read wrongly"),
      (.wrongLength(77), "77 bytes"), (.unknownVersion(2), "version 2"),
      (.unknownKind(9), "kind 9"), (.wrongNameLength(declared: 3, found: 4), "3 bytes but has 4"),
      (.nameEmpty, "leave the name out"), (.nameTooLong(42), "42 bytes"),
      (.nameNotUTF8, "UTF-8"), (.nameNotNFC, "form C"),
      (.nameForbiddenCharacter("\n"), "U+000A"), (.firstDayOutOfRange(day), "2199-06-06"),
      (.unknownKey(7), "key 7"), (.keyNotYetValid(keyID: 7, from: 0), "1970-01-01T00:00:00Z"),
      (.keyExpired(keyID: 7, after: 86_399), "1970-01-01T23:59:59Z"),
      (.keyRevoked(keyID: 7, at: -1), "1969-12-31T23:59:59Z"), (.badSignature, "forged"),
      (.specimen, "preview"),
      (.notYetValid(from: day), "2026-07-28"), (.expired(after: day), "2026-07-28"),
      (.unknownVenue(venue), "C0FFEE00Y"), (.retiredVenue(venue), "C0FFEE00Y"),
      (.revokedPrint(serial: 5), "print 5"),
    ]
    #expect(Set(errors.map(\.0.code)).count == errors.count)
    #expect(errors.filter { !$0.0.description.contains($0.1) }.map(\.0).isEmpty)
    let isWord = errors.allSatisfy { error, _ in
      error.code.allSatisfy { $0 == "_" || $0.isLowercase || $0.isNumber }
    }
    #expect(isWord)
  }

  @Test("Venue and print are judged as of the scan, whenever the code is checked")
  func momentOfTheScan() throws {
    let key = try goldenKey()
    let verifier = VenueCodeVerifier(
      keys: try makeVerifier(key: key).keys,
      directory: VenueDirectory(
        status: { _, day in
          day < Self.today ? .active(name: "Hải Âu") : .retired(name: "Hải Âu")
        },
        isRevoked: { token, time in token.serial == 9 && time >= Self.now - 90_000 }),
      carrier: Carrier())
    let rows: [(serial: UInt8, seconds: Int64, days: Int, reason: String?)] = [
      (1, 0, 0, "retired_venue"), (1, -86_400, -1, nil), (9, -90_000, -1, "revoked_print"),
      (9, -90_001, -1, nil),
    ]
    for row in rows {
      let code = VenueCode(
        signing: try token(day: 2_390, weeks: 2, serial: row.serial), with: key)
      let verdict = verifier.verify(
        code, now: Self.now + row.seconds, today: Self.today.advanced(by: row.days))
      #expect(verdict.failure?.code == row.reason, "serial \(row.serial), \(row.seconds) s")
    }
  }
}
