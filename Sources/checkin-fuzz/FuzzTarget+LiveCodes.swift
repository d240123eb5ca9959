import SyntheticCity
import VenueCodes

extension FuzzTarget {
  /// Bytes to a code of any kind: a code that is read must be written the same again.
  static let scannedCode = FuzzTarget("scanned-code", examples: LiveSamples.all) { input in
    guard let code = try? ScannedCode(bytes: input.span) else { return }
    require(code.bytes == input, "one code, one byte string")
  }

  /// Bytes to a rotating code: only the key holder's is genuine.
  static let rotatingCode = FuzzTarget(
    "rotating-code", examples: LiveSamples.rotating.map { [$0.bytes] } ?? []
  ) { input in
    guard let code = try? RotatingCode(bytes: input.span) else { return }
    require(code.bytes == input, "one code, one byte string")
    guard let master = LiveSamples.screenMaster, master.isGenuine(code),
      let key = try? master.screenKey(venue: code.venue, zone: code.zone)
    else { return }
    require(RotatingCode(step: code.step, key: key).bytes == input, "no forgery")
  }

  /// Bytes to a minute of a pre-signed day, which no poster may be read as.
  static let screenBatch = FuzzTarget(
    "screen-batch", examples: LiveSamples.batch.map { [$0.bytes] } ?? []
  ) { input in
    guard let code = try? ScreenBatchCode(bytes: input.span) else { return }
    require(code.bytes == input, "one code, one byte string")
    require(code.token.minute.rawValue < 1_440, "a minute of a day")
    require((try? VenueCode(bytes: input)) == nil, "no minute is read as weeks")
  }

  /// Bytes to a pass.
  static let visitorPass = FuzzTarget(
    "visitor-pass", examples: LiveSamples.pass.map { [$0.bytes] } ?? []
  ) { input in
    guard let pass = try? VisitorPass(bytes: input.span) else { return }
    require(pass.bytes == input, "one pass, one byte string")
    require("\(pass)" == "VisitorPass(redacted)", "a pass is not printed")
    guard let master = LiveSamples.passMaster, master.isGenuine(pass) else { return }
    require(input == LiveSamples.pass?.bytes, "no forgery")
  }

  /// Bytes to a receipt.
  static let receipt = FuzzTarget(
    "receipt", examples: LiveSamples.receipt.map { [$0.bytes] } ?? []
  ) { input in
    guard let receipt = try? CheckInReceipt(bytes: input.span) else { return }
    require(receipt.bytes == input, "one receipt, one byte string")
    require(receipt.staleness(at: receipt.step.start) == nil, "fresh when it is made")
    guard let secret = LiveSamples.checkIn, receipt.isGenuine(secret: secret) else { return }
    let made = CheckInReceipt(
      venue: receipt.venue, zone: receipt.zone, step: receipt.step, secret: secret)
    require(made.bytes == input, "no forgery")
  }

  /// Scanned text to a verdict: a grade follows from what was shown, and only from that.
  static let judge = FuzzTarget("judge", examples: LiveSamples.texts) { input in
    var cache = GenuineCodeCache()
    func judged(_ now: Int64) -> CodeVerdict {
      LiveSamples.verifier.judge(
        text: input.span, now: now, today: LiveSamples.day(of: now),
        startOfDay: LiveSamples.start(of:), cache: &cache)
    }
    let verdict = judged(LiveSamples.now)
    let again = judged(LiveSamples.now)
    require(
      verdict.failure == again.failure && verdict.grade == again.grade
        && verdict.seenAt == again.seenAt, "a cache changes no answer")
    require((verdict.content == nil) == (verdict.grade == nil), "what is not genuine has no grade")
    require((verdict.grade ?? 0) <= 2, "no code alone is confirmed")
    guard let seenAt = verdict.seenAt else { return }
    require(judged(seenAt + 86_400).grade != 2, "a day later nothing is live")
  }

  /// A file to a screen's key: read, it is written the same again.
  static let screenSetup = FuzzTarget(
    "screen-setup", examples: LiveSamples.setup.map { [$0.file] } ?? []
  ) { input in
    guard let setup = try? ScreenSetup(file: input) else { return }
    require(setup.file == input, "one setup, one file")
  }
}

/// Good inputs, always the same ones, made with secrets that everybody knows.
enum LiveSamples {
  static let now: Int64 = 1_597_900_000 / 60 * 60

  static func start(of day: LocalDay) -> Int64 {
    (Int64(day.daysSince2020) + 18_262) * 86_400 - 7 * 3_600
  }

  static func day(of time: Int64) -> LocalDay {
    LocalDay(daysSince2020: Int32(clamping: (time + 7 * 3_600) / 86_400 - 18_262))
  }

  /// The venue and zone that these codes are of.
  static let venue = VenueID(rawValue: 1_001)

  private static func secret() throws(KeyError) -> SecretBytes {
    try SecretBytes(copying: Array(0..<32).span)
  }

  static let screenMaster = try? ScreenMasterKey(id: 1, secret: secret())
  static let passMaster = try? PassMasterKey(id: 1, secret: secret())
  static let checkIn = try? CheckInSecret(secret())
  static let key = try? Ed25519.SigningKey(seed: secret())

  private static let screenKey = venue.flatMap { try? screenMaster?.screenKey(venue: $0, zone: 1) }

  static let rotating: RotatingCode? = ScreenStep(at: now).flatMap { step in
    screenKey.map { RotatingCode(step: step, key: $0) }
  }

  static let batch: ScreenBatchCode? = {
    let day = LiveSamples.day(of: now)
    guard let key, let venue,
      let minute = MinuteOfDay(rawValue: UInt16((now - LiveSamples.start(of: day)) / 60)),
      let token = try? ScreenToken(keyID: 7, venue: venue, zone: 1, day: day, minute: minute)
    else { return nil }
    return ScreenBatchCode(signing: token, with: key)
  }()

  static let pass: VisitorPass? = passMaster.map { master in
    var generator = SeededGenerator(seed: 0)
    return VisitorPass(issuedWith: master, using: &generator)
  }

  static let receipt: CheckInReceipt? = ScreenStep(at: now).flatMap { step in
    guard let venue, let checkIn else { return nil }
    return CheckInReceipt(venue: venue, zone: 1, step: step, secret: checkIn)
  }

  static let setup: ScreenSetup? = screenKey.flatMap { key in
    (try? URLPrefix("https://qr.haiphong.gov.vn/#")).map {
      ScreenSetup(key: key, name: "Khách sạn", prefix: $0, timeZone: "Asia/Ho_Chi_Minh")
    }
  }

  static let all: [[UInt8]] = [
    rotating?.bytes, batch?.bytes, pass?.bytes, receipt?.bytes,
  ].compactMap { $0 }

  static let texts: [[UInt8]] = all.map { Array(Carrier.digits(of: $0.span).utf8) }

  static let secrets = CodeSecrets(
    screens: [screenMaster].compactMap { $0 }, passes: [passMaster].compactMap { $0 })

  static let verifier = VenueCodeVerifier(
    keys: (try? KeySet(
      [key].compactMap { $0 }.map {
        try PublishedKey(id: 7, publicKey: $0.publicKey, notBefore: 0, notAfter: 2_000_000_000)
      })) ?? KeySet(),
    directory: VenueDirectory(
      status: { _, _ in .active(name: "Khách sạn") }, isRevoked: { print, _ in print.serial == 9 }),
    carrier: Carrier(), secrets: secrets)
}
