internal import CommandKit
internal import VenueCodes

/// `checkin-bench verify`: the text of a poster's code to a verdict.
struct VerifyBenchmark: Benchmark {
  var setting = BenchmarkSetting()
  var count = 4_000

  static let command = Command(
    "verify", "Times verification of venue codes", VerifyBenchmark(),
    [.option("--count", \.count, in: 1...1_000_000, help: "How many codes a run verifies")]
      + settingParameters,
    run: { options, context in
      try options.run(context)
      return .done
    })

  func run(_ context: Context) throws {
    let city = try BenchCity(context)
    let surroundings = Surroundings(setting)
    let compact = try (0..<count).map { try city.code($0) }
    let compactTexts = compact.map { Array($0.url(prefix: city.prefix).utf8) }
    let namedTexts = try (0..<count).map {
      Array(try city.code($0, isNamed: true).url(prefix: city.prefix).utf8)
    }
    let messages = compact.map(\.token.signedBytes)
    let signatures = compact.map { Array($0.bytes.suffix(Ed25519.signatureLength)) }
    let publicKey = city.signingKey.publicKey
    var race = Race(
      "verify", unit: "codes",
      remarks: [
        "\(grouped(count)) codes a run; compact: \(compact[0].bytes.count) bytes, "
          + "\(compact[0].digits.utf8.count) digits; named: up to \(namedTexts.map(\.count).max() ?? 0)"
          + " characters of URL",
        "checkin: URL text to verdict: digits, signature, key, dates, registry, revoked prints",
        "PyNaCl verifies the bare signature of the same message length; PyJWT parses and verifies "
          + "a JSON token",
      ])
    // A door has seen its posters' codes before; the first pass fills the cache.
    var cache = GenuineCodeCache()
    try Self.verify(compactTexts, city, &cache)
    var contestants = [
      Contestant("checkin, compact code", count: count) { try Self.verify(compactTexts, city) },
      Contestant("checkin, named code", count: count) { try Self.verify(namedTexts, city) },
      Contestant("checkin, compact code seen before", count: count) {
        try Self.verify(compactTexts, city, &cache)
      },
      Contestant("libsodium, bare signature", count: count) {
        for place in messages.indices {
          let (signature, message) = (signatures[place], messages[place])
          guard publicKey.isValid(signature: signature.span, for: message.span) else {
            throw CommandError("a signature did not verify")
          }
        }
      },
    ]
    if surroundings.hasPython("nacl", "jwt", "cryptography") {
      contestants.append(
        Contestant(
          script: surroundings.peer("verify_codes.py"), ["\(count)"], python: surroundings.python))
    } else {
      race.absent.append("PyNaCl, PyJWT (pip install -r Tests/Peers/requirements.txt)")
    }
    try race.run(contestants, repetitions: setting.repetitions ?? 9, context)
    try race.report(context)
  }

  private static func verify(_ texts: [[UInt8]], _ city: BenchCity) throws {
    for text in texts {
      try check(city.verifier.verify(text: text.span, now: city.now, today: city.today))
    }
  }

  private static func verify(
    _ texts: [[UInt8]], _ city: BenchCity, _ cache: inout GenuineCodeCache
  ) throws {
    for text in texts {
      try check(
        city.verifier.verify(text: text.span, now: city.now, today: city.today, cache: &cache))
    }
  }

  private static func check(_ verdict: Verdict) throws {
    if let failure = verdict.failure { throw CommandError("a code was not accepted: \(failure)") }
  }
}
