/// What a screen shows for 30 seconds: which venue and zone, and that somebody saw it just then.
///
/// 28 bytes, version 1, kind 8, big-endian: first byte, key id, venue (5), zone, step (4), and the
/// first 128 bits of HMAC-SHA-256 under the screen's key over `"checkin/screen/v1\0"` and every byte
/// before. A photograph of it is worth nothing a minute later, which no poster can say of itself.
/// Against someone who passes it on within that minute it does not help.
///
///     let code = RotatingCode(step: step, key: screenKey)
///     code.url(prefix: prefix)  // https://qr.haiphong.gov.vn/# and 68 digits: QR version 5-Q
public struct RotatingCode: Sendable, CarriedCode {
  /// The bytes of a code.
  public static let length: Int = 28

  /// The id of the screen master key.
  public let keyID: UInt8
  /// The venue; it never rotates, so that posters, screens and re-prints of a venue match.
  public let venue: VenueID
  /// The zone; 0 is the whole venue.
  public let zone: UInt8
  /// When it is shown.
  public let step: ScreenStep

  let authentication: AuthenticationCode

  /// Makes the code of a step.
  ///
  /// - Parameters:
  ///   - step: When it is shown.
  ///   - key: The screen's key, which says where.
  public init(step: ScreenStep, key: ScreenKey) {
    self.keyID = key.masterID
    self.venue = key.venue
    self.zone = key.zone
    self.step = step
    self.authentication = key.authenticationCode(
      of: RotatingCode.statement(key.masterID, key.venue, key.zone, step))
  }

  /// Reads the bytes of a code; well formed is not yet genuine.
  ///
  /// - Parameter bytes: Of any length and content.
  /// - Throws: `.wrongLength`, `.unknownVersion` or `.unknownKind`.
  public init(bytes: Span<UInt8>) throws(VenueCodeError) {
    try CodeKind.check(bytes, is: CodeKind.rotating, length: RotatingCode.length)
    self.keyID = bytes[1]
    self.venue = VenueID(unchecked: bytes.bigEndian(at: 2, count: 5))
    self.zone = bytes[7]
    self.step = ScreenStep(rawValue: UInt32(truncatingIfNeeded: bytes.bigEndian(at: 8, count: 4)))
    self.authentication = AuthenticationCode(
      high: bytes.bigEndian(at: 12, count: 8), low: bytes.bigEndian(at: 20, count: 8))
  }

  /// The bytes on the wire.
  public var bytes: [UInt8] {
    var bytes = statement
    appendBigEndian(authentication.high, byteCount: 8, to: &bytes)
    appendBigEndian(authentication.low, byteCount: 8, to: &bytes)
    return bytes
  }

  /// Every byte before the authentication code.
  var statement: [UInt8] { RotatingCode.statement(keyID, venue, zone, step) }

  private static func statement(
    _ keyID: UInt8, _ venue: VenueID, _ zone: UInt8, _ step: ScreenStep
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(length)
    bytes.append(CodeKind.firstByte(CodeKind.rotating))
    bytes.append(keyID)
    appendBigEndian(venue.rawValue, byteCount: 5, to: &bytes)
    bytes.append(zone)
    appendBigEndian(UInt64(step.rawValue), byteCount: 4, to: &bytes)
    return bytes
  }
}
