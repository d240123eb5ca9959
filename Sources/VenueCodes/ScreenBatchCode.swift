/// A minute of a local day, 0 to 1439, counted from the day's first second.
public struct MinuteOfDay: Hashable, Comparable, Sendable {
  /// How many minutes a batch has.
  public static let count: Int = 1_440

  /// The minutes since the day began.
  public let rawValue: UInt16

  /// Makes a minute of a number, or returns nil when it is 1440 or more.
  public init?(rawValue: UInt16) {
    guard rawValue < MinuteOfDay.count else { return nil }
    self.rawValue = rawValue
  }

  /// Every minute of a day, in order.
  public static var all: [MinuteOfDay] {
    (0..<UInt16(count)).compactMap(MinuteOfDay.init(rawValue:))
  }

  /// Orders minutes by time.
  public static func < (left: MinuteOfDay, right: MinuteOfDay) -> Bool {
    left.rawValue < right.rawValue
  }
}

extension MinuteOfDay: CustomStringConvertible {
  /// The time as `HH:MM`.
  public var description: String {
    let hour = rawValue / 60
    let minute = rawValue % 60
    return "\(hour < 10 ? "0" : "")\(hour):\(minute < 10 ? "0" : "")\(minute)"
  }
}

/// What one code of a pre-signed day says: a minute of a day at a venue and zone.
///
/// The layout is that of a compact poster of kind 3, which has no place for a time of day. Such a
/// code is always for one day and needs no category, so offsets 10 and 11, a poster's weeks and
/// category, are the minute, big-endian. It is a type of its own and no `VenueToken`, and a
/// `VenueToken` has no kind 3: neither can be taken for the other, whose minute would be weeks.
public struct ScreenToken: Hashable, Sendable {
  /// Which key of the published key set signs.
  public let keyID: UInt8
  /// The venue.
  public let venue: VenueID
  /// The zone; 0 is the whole venue.
  public let zone: UInt8
  /// The only day it holds.
  public let day: LocalDay
  /// When on that day it is shown.
  public let minute: MinuteOfDay
  /// The stay taken when nobody checks out, in 5-minute units; 0 is until check-out.
  public let defaultStay: UInt8
  /// Tells one batch from the next, so that a stolen one is revoked alone.
  public let serial: UInt8

  /// Makes a token.
  ///
  /// - Parameters:
  ///   - keyID: Which key of the published key set signs.
  ///   - venue: The venue.
  ///   - zone: The zone; 0 is the whole venue.
  ///   - day: From 2020-01-01 to `VenueToken.latestDay`.
  ///   - minute: When on that day it is shown.
  ///   - defaultStay: 5-minute units; 0 is until check-out.
  ///   - serial: The batch's serial.
  /// - Throws: `.firstDayOutOfRange`.
  public init(
    keyID: UInt8, venue: VenueID, zone: UInt8, day: LocalDay, minute: MinuteOfDay,
    defaultStay: UInt8 = 0, serial: UInt8 = 0
  ) throws(VenueCodeError) {
    guard day >= VenueToken.earliestDay, day <= VenueToken.latestDay else {
      throw .firstDayOutOfRange(day)
    }
    self.keyID = keyID
    self.venue = venue
    self.zone = zone
    self.day = day
    self.minute = minute
    self.defaultStay = defaultStay
    self.serial = serial
  }

  /// Every byte before the signature.
  var statement: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(ScreenBatchCode.length)
    bytes.append(CodeKind.firstByte(CodeKind.screenBatch))
    bytes.append(keyID)
    appendBigEndian(venue.rawValue, byteCount: 5, to: &bytes)
    bytes.append(zone)
    appendBigEndian(UInt64(day.daysSince2020), byteCount: 2, to: &bytes)
    appendBigEndian(UInt64(minute.rawValue), byteCount: 2, to: &bytes)
    bytes.append(defaultStay)
    bytes.append(serial)
    return bytes
  }

  fileprivate init(statement bytes: Span<UInt8>) throws(VenueCodeError) {
    let number = UInt16(truncatingIfNeeded: bytes.bigEndian(at: 10, count: 2))
    guard let minute = MinuteOfDay(rawValue: number) else {
      throw .minuteOutOfRange(Int(number))
    }
    try self.init(
      keyID: bytes[1], venue: VenueID(unchecked: bytes.bigEndian(at: 2, count: 5)),
      zone: bytes[7], day: LocalDay(daysSince2020: Int32(bytes.bigEndian(at: 8, count: 2))),
      minute: minute, defaultStay: bytes[12], serial: bytes[13])
  }
}

/// A signed minute of a day: what a screen shows that has no connection and no secret.
///
/// A tablet gets a day's 1,440 of them, signed at the centre. Whoever copies them can show them
/// elsewhere for that one day and for no other.
public struct ScreenBatchCode: Sendable, CarriedCode {
  /// The kind in the first byte: that of a print which is a pre-signed day.
  public static let kind: UInt8 = CodeKind.screenBatch

  /// The bytes of a code: a compact poster's.
  public static let length: Int = VenueToken.fixedLength + Ed25519.signatureLength

  /// What the code says.
  public let token: ScreenToken

  private let signature: InlineArray<64, UInt8>

  /// Signs a token.
  ///
  /// - Parameters:
  ///   - token: What the code says; its `keyID` must be the id under which the key is published.
  ///   - key: The secret key.
  public init(signing token: ScreenToken, with key: Ed25519.SigningKey) {
    let message = VenueToken.domain + token.statement
    let signature = key.signature(for: message.span)
    self.token = token
    self.signature = InlineArray { signature[$0] }
  }

  /// Reads the bytes of a code; well formed is not yet genuine.
  ///
  /// - Parameter bytes: Of any length and content.
  /// - Throws: `.wrongLength`, `.unknownVersion`, `.unknownKind` or `.minuteOutOfRange`.
  public init(bytes: Span<UInt8>) throws(VenueCodeError) {
    try CodeKind.check(bytes, is: CodeKind.screenBatch, length: ScreenBatchCode.length)
    self.token = try ScreenToken(statement: bytes)
    self.signature = InlineArray<64, UInt8> { bytes[VenueToken.fixedLength + $0] }
  }

  /// The bytes on the wire.
  public var bytes: [UInt8] {
    var bytes = token.statement
    signature.span.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
    return bytes
  }

  /// Returns whether the signature is this key's over this token.
  public func isSigned(by key: Ed25519.PublicKey) -> Bool {
    let message = VenueToken.domain + token.statement
    return key.isValid(signature: signature.span, for: message.span)
  }
}
