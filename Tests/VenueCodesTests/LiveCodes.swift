import TestSupport
import Testing
import VenueCodes

/// Secrets, places and moments that the tests of screens, passes and receipts share.
enum Live {
  /// 2020-08-06 03:00:00 UTC, ten in the morning of Hai Phong: the first second of a step.
  static let now: Int64 = 1_596_682_800
  static let today = LocalDay(daysSince2020: 218)

  /// The first second of a local day at UTC+7.
  static func start(of day: LocalDay) -> Int64 {
    (Int64(day.daysSince2020) + 18_262) * 86_400 - 7 * 3_600
  }

  static func day(of time: Int64) -> LocalDay {
    LocalDay(daysSince2020: Int32((time + 7 * 3_600) / 86_400 - 18_262))
  }

  static func venue() throws -> VenueID { try VenueID(parsing: "C0FFEE00Y") }

  static func secret(_ first: UInt8 = 0) throws -> SecretBytes {
    let bytes = (0..<32).map { first &+ $0 }
    return try SecretBytes(copying: bytes.span)
  }

  static func screenMaster(_ id: UInt8 = 1, first: UInt8 = 0) throws -> ScreenMasterKey {
    try ScreenMasterKey(id: id, secret: secret(first))
  }

  static func passMaster(_ id: UInt8 = 1, first: UInt8 = 0) throws -> PassMasterKey {
    try PassMasterKey(id: id, secret: secret(first))
  }

  static func checkIn(first: UInt8 = 0) throws -> CheckInSecret {
    try CheckInSecret(secret(first))
  }

  static func step(at time: Int64 = now) throws -> ScreenStep {
    try #require(ScreenStep(at: time))
  }

  static func rotating(
    at time: Int64 = now, venue: VenueID? = nil, zone: UInt8 = 3
  ) throws -> RotatingCode {
    RotatingCode(
      step: try step(at: time),
      key: try screenMaster().screenKey(venue: venue ?? Self.venue(), zone: zone))
  }

  static func batch(
    at time: Int64 = now, zone: UInt8 = 3, serial: UInt8 = 0, keyID: UInt8 = 7
  ) throws -> ScreenBatchCode {
    let day = Live.day(of: time)
    let minute = UInt16((time - start(of: day)) / 60)
    let token = try ScreenToken(
      keyID: keyID, venue: venue(), zone: zone, day: day,
      minute: try #require(MinuteOfDay(rawValue: minute)), defaultStay: 18, serial: serial)
    return ScreenBatchCode(signing: token, with: try goldenKey())
  }

  static func poster(zone: UInt8 = 3) throws -> VenueCode {
    let token = try VenueToken(
      kind: .inAndOut, keyID: 7, venue: venue(), zone: zone, firstDay: today, weeksValid: 4)
    return VenueCode(signing: token, with: try goldenKey())
  }

  static func pass(seed: UInt64 = 1) throws -> VisitorPass {
    var generator = SeededGenerator(seed: seed)
    return VisitorPass(issuedWith: try passMaster(), using: &generator)
  }

  static func receipt(at time: Int64 = now) throws -> CheckInReceipt {
    CheckInReceipt(
      venue: try venue(), zone: 3, step: try step(at: time), secret: try checkIn())
  }

  static func verifier(
    status: VenueStatus = .active(name: "Khách sạn Hải Âu"),
    secrets: CodeSecrets? = nil, keys: KeySet? = nil
  ) throws -> VenueCodeVerifier {
    let own = try KeySet([
      PublishedKey(
        id: 7, publicKey: goldenKey().publicKey, notBefore: 0, notAfter: 2_000_000_000)
    ])
    let home = try venue()
    return VenueCodeVerifier(
      keys: keys ?? own,
      directory: VenueDirectory(
        status: { venue, _ in venue == home ? status : .unknown },
        isRevoked: { print, _ in print.serial == 9 }),
      carrier: Carrier(prefixes: [try URLPrefix("https://qr.haiphong.gov.vn/#")]),
      secrets: try secrets ?? CodeSecrets(screens: [screenMaster()], passes: [passMaster()]))
  }
}

extension VenueCodeVerifier {
  /// Judges the digits of some bytes as of a moment in Hai Phong.
  func judge(_ bytes: [UInt8], at now: Int64) -> CodeVerdict {
    judge(
      text: Carrier.digits(of: bytes.span), now: now, today: Live.day(of: now),
      startOfDay: Live.start(of:))
  }
}

extension VenueCodeVerifier {
  /// Reads a text as a pass.
  func pass(of text: String) throws(VenueCodeError) -> VisitorPass? {
    try pass(in: text.utf8.span)
  }
}

extension CodeVerdict {
  /// Grade and failure in a word, to be compared.
  var summary: String {
    "\(grade.map { "\($0)" } ?? "-") \(failure?.code ?? "ok")"
  }
}
