import SyntheticCity
import VenueCodes

extension FuzzTarget {
  /// Scanned text to bytes: what is read must be written the same again.
  static let carrier = FuzzTarget("carrier", examples: Samples.texts) { input in
    guard let bytes = try? Samples.carrier.bytes(decoding: input.span) else { return }
    let digits = Carrier.digits(of: bytes.span)
    require(input.count >= digits.utf8.count, "a code has all its digits")
    require(input.suffix(digits.utf8.count).elementsEqual(digits.utf8), "one number, one spelling")
  }

  /// Bytes to a code: a code that is read must be written the same again.
  static let venueCode = FuzzTarget("venue-code", examples: Samples.codes.map(\.bytes)) { input in
    guard let code = try? VenueCode(bytes: input) else { return }
    require(code.bytes == input, "one code, one byte string")
    require(code.token.sizeInBytes == input.count, "the size is the size")
    require((code.token.name?.utf8.count ?? 1) > 0, "a name is not empty")
  }

  /// Scanned text to a verdict: a genuine token must be one that the key holder signed.
  static let verifier = FuzzTarget("verifier", examples: Samples.texts) { input in
    let today = LocalDay(daysSince2020: 2_400)
    let verdict = Samples.verifier.verify(text: input.span, now: 0, today: today)
    var cache = GenuineCodeCache()
    for _ in 0..<2 {
      let cached = Samples.verifier.verify(text: input.span, now: 0, today: today, cache: &cache)
      require(cached == verdict, "a cache changes no answer")
    }
    guard let token = verdict.token, let key = Samples.key else { return }
    let signed = VenueCode(signing: token, with: key)
    require(input.suffix(signed.digits.utf8.count).elementsEqual(signed.digits.utf8), "no forgery")
  }

  /// Typed text to a venue id: its nine symbols lead back to it.
  static let venueID = FuzzTarget("venue-id", examples: texts("C0FFEE00Y", "c0ff ee00-y")) {
    input in
    guard let id = try? VenueID(parsing: input.span) else { return }
    let again = try? VenueID(parsing: id.description)
    require(again == id, "an id reads as it is written")
  }

  /// Text to a day: only the one spelling is read.
  static let localDay = FuzzTarget("local-day", examples: texts("2026-07-28", "2020-02-29")) {
    input in
    let text = String(decoding: input, as: UTF8.self)
    guard let day = LocalDay(iso8601: text) else { return }
    require(day.description == text, "one day, one spelling")
  }

  /// Configuration text to a prefix: its own codes are read behind it.
  static let urlPrefix = FuzzTarget(
    "url-prefix", examples: texts("https://qr.haiphong.gov.vn/#", "https://a.vn:8443/x/y")
  ) { input in
    guard let prefix = try? URLPrefix(String(decoding: input, as: UTF8.self)) else { return }
    let bytes = try? Carrier(prefixes: [prefix]).bytes(decoding: prefix.text + "00255")
    require(bytes == [0, 255], "a prefix is read by its own carrier")
  }

  /// Bytes to a public key.
  static let publicKey = FuzzTarget(
    "public-key", examples: Samples.key.map { [$0.publicKey.rawRepresentation] } ?? []
  ) { input in
    guard let key = try? Ed25519.PublicKey(rawRepresentation: input) else { return }
    require(key.rawRepresentation == input, "a key keeps its bytes")
    require(
      !key.isValid(signature: [UInt8](repeating: 0, count: 64).span, for: input.span),
      "nothing signs everything")
  }

  /// A published file to a key set: it must be written so that it reads back equal.
  static let keySet = FuzzTarget("key-set", examples: [Samples.verifier.keys.json]) { input in
    guard let keys = try? KeySet(json: input) else { return }
    let again = try? KeySet(json: keys.json)
    require(again == keys, "a key set reads as it is written")
  }

  /// A file to a sealed secret: read, never opened, since that is slow on purpose.
  static let sealedBytes = FuzzTarget("sealed-bytes", examples: Samples.sealed) { input in
    guard let sealed = try? SealedBytes(bytes: input) else { return }
    require(sealed.bytes == input, "a sealed secret keeps its bytes")
  }

  /// Returns texts as bytes.
  static func texts(_ texts: String...) -> [[UInt8]] {
    texts.map { Array($0.utf8) }
  }
}

/// Good inputs, always the same ones, made with a key that everybody knows.
private enum Samples {
  static let key = try? Ed25519.SigningKey(seed: SecretBytes(copying: Array(0..<32).span))

  static let carrier = Carrier(
    prefixes: ["https://qr.haiphong.gov.vn/#", "https://a.vn:8443/q"].compactMap {
      try? URLPrefix($0)
    })

  static let codes: [VenueCode] = {
    guard let key, let venue = VenueID(rawValue: 412_836_378_624) else { return [] }
    return [nil, "Khách sạn Hải Âu", String(repeating: "x", count: 41)].compactMap { name in
      let token = try? VenueToken(
        kind: .inAndOut, keyID: 7, venue: venue, zone: 3, firstDay: LocalDay(daysSince2020: 2_400),
        weeksValid: 26, category: 12, defaultStay: 18, serial: 5, name: name)
      return token.map { VenueCode(signing: $0, with: key) }
    }
  }()

  static let texts: [[UInt8]] = codes.flatMap { code in
    [Array(code.digits.utf8)] + carrier.prefixes.map { Array(code.url(prefix: $0).utf8) }
  }

  static let verifier = VenueCodeVerifier(
    keys: (try? KeySet(
      [key].compactMap { $0 }.map {
        try PublishedKey(id: 7, publicKey: $0.publicKey, notBefore: 0, notAfter: 2_000_000_000)
      })) ?? KeySet(),
    directory: VenueDirectory(
      status: { _, _ in .active(name: "Khách sạn") }, isRevoked: { token, _ in token.serial == 9 }),
    carrier: carrier)

  static let sealed: [[UInt8]] = {
    var generator = SeededGenerator(seed: 0)
    guard let secret = try? SecretBytes(copying: Array(0..<32).span),
      let key = try? SecretBytes(copying: Array(32..<64).span),
      let cost = PassphraseCost(operations: 1, memoryKiB: 8)
    else { return [] }
    let underKey = try? SealedBytes(
      sealing: secret, wrappingKey: key, purpose: "fuzz", using: &generator)
    let underPassphrase = try? SealedBytes(
      sealing: secret, passphrase: key, purpose: "fuzz", cost: cost, using: &generator)
    return [underKey, underPassphrase].compactMap { $0?.bytes }
  }()
}
