import DelimitedText
import EvidenceIntake
import Presence
import ProximityFormats
import TestSupport
import Testing
import VenueCodes
import VenueRegistry

/// A row of a table with a name that says what is special about it.
struct Named<Value: Sendable>: CustomTestStringConvertible, Sendable {
  let name: String
  let value: Value
  var testDescription: String { name }

  init(_ name: String, _ value: Value) {
    self.name = name
    self.value = value
  }
}

/// What rows and scans are read against in these tests: noon of 20 August 2020 in Hai Phong.
enum Sample {
  static let now = moment("2020-08-20T12:00:00+07:00")
  static let hotel = id(1001)  // 000000Z92
  static let bar = id(1002)  // 000000ZA3, retired on 10 August 2020
  static let market = id(1003)  // 000000ZB4

  static func moment(_ text: String) -> Int64 {
    guard let moment = try? ISO8601.parse(text) else { preconditionFailure(text) }
    return moment
  }

  static func id(_ number: UInt64) -> VenueID {
    guard let id = VenueID(rawValue: number) else { preconditionFailure("\(number)") }
    return id
  }

  static let registry = Registry(
    categories: [
      VenueCategory(
        code: "hotel", wireNumber: 6,
        name: BilingualName(vietnamese: "Khách sạn", english: "Hotel"),
        space: .closed, defaultStayMinutes: 0, isTailAllowed: true)
    ], agencies: [], divisions: [],
    venues: [
      venue(hotel, aliases: ["HNHPMC", "Shared", "Khách sạn Hữu Nghị"]),
      venue(bar, retiredOn: LocalDay(iso8601: "2020-08-10")),
      venue(market, aliases: ["shared", "chợ"]),
    ])

  private static func venue(
    _ id: VenueID, aliases: [String] = [], retiredOn: LocalDay? = nil
  ) -> Venue {
    Venue(
      id: id, name: "Venue \(id)", category: "hotel", agency: "a", division: "31",
      aliases: aliases, retiredOn: retiredOn)
  }

  /// The key of a first byte of its seed; 7 is good, 8 was revoked on 15 August 2020.
  static func key(_ id: UInt8) throws -> Ed25519.SigningKey {
    try Ed25519.SigningKey(seed: secret(id))
  }

  /// Returns 32 bytes that count on from a first one.
  private static func secret(_ first: UInt8) throws -> SecretBytes {
    let bytes = (0..<32).map { first &+ $0 }
    return try SecretBytes(copying: bytes.span)
  }

  static func screenMaster() throws -> ScreenMasterKey {
    try ScreenMasterKey(id: 1, secret: secret(40))
  }

  static func passMaster() throws -> PassMasterKey {
    try PassMasterKey(id: 1, secret: secret(80))
  }

  /// The digits of what a screen shows at a moment.
  static func rotating(
    at time: Int64 = now, venue: VenueID = hotel, zone: UInt8 = 0
  ) throws -> String {
    let step = try #require(ScreenStep(at: time))
    return RotatingCode(step: step, key: try screenMaster().screenKey(venue: venue, zone: zone))
      .digits
  }

  /// The digits of what a screen shows at a moment that has a pre-signed day.
  static func batch(at time: Int64 = now, venue: VenueID = hotel) throws -> String {
    let day = LocalCalendar.haiPhong.day(of: time)
    let minute = UInt16((time - LocalCalendar.haiPhong.start(of: day)) / 60)
    let token = try ScreenToken(
      keyID: 7, venue: venue, zone: 0, day: day,
      minute: try #require(MinuteOfDay(rawValue: minute)), defaultStay: stay)
    return ScreenBatchCode(signing: token, with: try key(7)).digits
  }

  static func pass(seed: UInt64 = 1) throws -> String {
    var generator = SeededGenerator(seed: seed)
    return VisitorPass(issuedWith: try passMaster(), using: &generator).digits
  }

  static func receipt(at time: Int64 = now, venue: VenueID = hotel) throws -> String {
    let step = try #require(ScreenStep(at: time))
    return CheckInReceipt(
      venue: venue, zone: 0, step: step, secret: try CheckInSecret(secret(120))
    ).digits
  }

  static func subjectHash(_ key: UInt8) throws -> PseudonymHash {
    PseudonymHash(try KeyedHash(key: secret(key), domain: "test"))
  }

  static func context(
    subjectKey: UInt8 = 0, receivedAt: Int64 = now, models: DeviceModels = .none
  ) throws -> IntakeContext {
    let keys = try KeySet([
      PublishedKey(id: 7, publicKey: key(7).publicKey, notBefore: 0, notAfter: 2_000_000_000),
      PublishedKey(
        id: 8, publicKey: key(8).publicKey, notBefore: 0, notAfter: 2_000_000_000,
        revokedAt: moment("2020-08-15T00:00:00+07:00")),
    ])
    let directory = VenueDirectory(
      status: { id, day in
        guard let venue = registry.venue(id) else { return .unknown }
        return venue.isActive(on: day) ? .active(name: venue.name) : .retired(name: venue.name)
      }, isRevoked: { token, _ in token.serial == 9 })
    return IntakeContext(
      registry: registry,
      verifier: VenueCodeVerifier(
        keys: keys, directory: directory,
        carrier: Carrier(prefixes: [try URLPrefix("https://qr.haiphong.gov.vn/#")]),
        secrets: CodeSecrets(screens: [try screenMaster()], passes: [try passMaster()])),
      subjectHash: try subjectHash(subjectKey),
      calendar: .haiPhong, receivedAt: receivedAt, models: models)
  }

  /// The stay that the sample codes state: an hour and a half.
  static let stay: UInt8 = 18

  /// The digits of a code that holds for 26 weeks from 1 July 2020, unless stated otherwise.
  static func code(
    _ kind: PosterKind = .inAndOut, venue: VenueID = hotel, zone: UInt8 = 0, key: UInt8 = 7,
    signedBy signer: UInt8? = nil, from day: String = "2020-07-01", weeks: UInt8 = 26,
    serial: UInt8 = 0
  ) throws -> String {
    let firstDay = try #require(LocalDay(iso8601: day))
    let token = try VenueToken(
      kind: kind, keyID: key, venue: venue, zone: zone, firstDay: firstDay, weeksValid: weeks,
      defaultStay: stay, serial: serial)
    return VenueCode(signing: token, with: try Self.key(signer ?? key)).digits
  }

  static func subject(_ text: String, key: UInt8 = 0) throws -> Pseudonym {
    let (high, low) = try subjectHash(key).hash(text)
    return Pseudonym(high: high, low: low)
  }

  /// Reads the only row of a table.
  static func row(_ text: String, fields: [TableField]) throws -> Record {
    var reader = RecordReader(fields: fields)
    var records: [Record] = []
    try reader.readAll(Array(text.utf8)) { record, fault in
      #expect(fault == nil)
      records.append(record)
    }
    try #require(records.count == 1)
    return records[0]
  }

  static func evidence(
    _ table: EvidenceTable, _ text: String, _ context: IntakeContext
  ) throws -> Evidence {
    var reader = EvidenceReader(table, context: context)
    return try reader.evidence(from: row(text, fields: table.fields))
  }

  /// Why a row is refused, or nil when it is taken.
  static func refusal(
    _ table: EvidenceTable, _ text: String, _ context: IntakeContext
  ) throws -> IntakeRejection? {
    do {
      _ = try evidence(table, text, context)
      return nil
    } catch let error as IntakeRejection {
      return error
    }
  }
}
