/// The secret of one check-in, made by the visitor's phone and sent with the upload of it.
public final class CheckInSecret: Sendable {
  /// The bytes of the secret.
  public static let length: Int = KeyedHash.keyLength

  /// The check-in's own pseudonym: 80 bits that follow from the secret and do not tell it.
  public let pseudonym: CheckInPseudonym

  /// What checks the visitor out: it tells neither the secret nor another check-in's proof.
  public let checkOutProof: CheckOutProof

  private let hash: KeyedHash

  /// Takes a secret.
  ///
  /// - Parameter secret: 32 secret bytes.
  /// - Throws: `KeyError.wrongLength`, `.noSecureMemory`.
  public init(_ secret: borrowing SecretBytes) throws(KeyError) {
    let (high, low) = try KeyedHash(key: secret, domain: "checkin/check-out/v1").hash("")
    self.checkOutProof = CheckOutProof(high: high, low: low)
    self.pseudonym = checkOutProof.pseudonym
    self.hash = try KeyedHash(key: secret, domain: "checkin/receipt/v1")
  }

  func authenticationCode(of statement: [UInt8]) -> AuthenticationCode {
    let (high, low) = hash.hash(statement.span)
    return AuthenticationCode(high: high, low: low)
  }
}

extension CheckInSecret: CustomStringConvertible, CustomReflectable {
  /// A fixed word: a secret never prints itself.
  public var description: String { "CheckInSecret(redacted)" }

  /// A mirror without children, so that `dump` shows nothing either.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// What proves that a check-out is of the phone that checked in.
///
/// A check-in shows its pseudonym only, which is a digest of the proof: a check-out shows the proof.
/// Whoever saw the check-in or its receipts cannot check out, and any gateway can tell, without
/// having kept anything. The proof does not tell the check-in's secret, so who saw it can make no
/// receipt, and all it can be used for is to check out the one check-in again.
public struct CheckOutProof: Hashable, Sendable {
  /// The bytes of a proof.
  public static let length: Int = 16

  /// The first 64 bits.
  public let high: UInt64
  /// The last 64 bits.
  public let low: UInt64

  /// Makes a proof of its parts.
  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Reads a proof; nil when it has not 16 bytes.
  public init?(bytes: some Collection<UInt8>) {
    let bytes = Array(bytes)
    guard bytes.count == CheckOutProof.length else { return nil }
    self.init(
      high: bytes.span.bigEndian(at: 0, count: 8), low: bytes.span.bigEndian(at: 8, count: 8))
  }

  /// The bytes on the wire.
  public var bytes: [UInt8] {
    var bytes: [UInt8] = []
    appendBigEndian(high, byteCount: 8, to: &bytes)
    appendBigEndian(low, byteCount: 8, to: &bytes)
    return bytes
  }

  /// The pseudonym of the check-in that it is of: the first 80 bits of SHA-256 of
  /// `"checkin/check-in/v1\0"` and the proof.
  public var pseudonym: CheckInPseudonym {
    let digest = SHA256.digest(of: Array("checkin/check-in/v1\0".utf8) + bytes)
    return CheckInPseudonym(
      high: digest.span.bigEndian(at: 0, count: 8),
      low: UInt16(truncatingIfNeeded: digest.span.bigEndian(at: 8, count: 2)))
  }
}

/// What a receipt calls the one who checked in, good for that check-in only.
public struct CheckInPseudonym: Hashable, Sendable {
  /// The first 64 bits.
  public let high: UInt64
  /// The last 16 bits.
  public let low: UInt16

  /// The bytes of a pseudonym.
  public static let length: Int = 10

  /// Makes a pseudonym of its parts.
  public init(high: UInt64, low: UInt16) {
    self.high = high
    self.low = low
  }

  /// Reads a pseudonym; nil when it has not 10 bytes.
  public init?(bytes: some Collection<UInt8>) {
    let bytes = Array(bytes)
    guard bytes.count == CheckInPseudonym.length else { return nil }
    self.init(
      high: bytes.span.bigEndian(at: 0, count: 8),
      low: UInt16(truncatingIfNeeded: bytes.span.bigEndian(at: 8, count: 2)))
  }

  /// The bytes on the wire.
  public var bytes: [UInt8] {
    var bytes: [UInt8] = []
    appendBigEndian(high, byteCount: 8, to: &bytes)
    appendBigEndian(UInt64(low), byteCount: 2, to: &bytes)
    return bytes
  }

  /// Returns the store's name for the one who checked in: a keyed hash.
  ///
  /// - Parameter hash: The store's key of pseudonyms.
  /// - Returns: Two halves, which no text that a person could be called by hashes to.
  public func storedPseudonym(with hash: KeyedHash) -> (high: UInt64, low: UInt64) {
    let input = Array("\0receipt\0".utf8) + bytes
    return hash.hash(input.span)
  }
}

/// What a phone shows a guard after a check-in, new every 30 seconds.
///
/// 29 bytes, version 1, kind 10, big-endian: first byte, venue (5), zone, step (4), the check-in's
/// pseudonym (10), and the first 64 bits of HMAC-SHA-256 under the check-in's secret over
/// `"checkin/receipt/v1\0"` and every byte before.
///
/// A guard's gateway has not the secret: it sees whether the receipt is fresh, so that a picture of
/// somebody's screen buys nothing, and stores what it saw. Whether the receipt is genuine shows when
/// the phone's upload arrives with the secret; until then anybody could have made it.
public struct CheckInReceipt: Sendable, CarriedCode {
  /// The bytes of a receipt.
  public static let length: Int = 29

  /// How old or how far ahead a receipt may be, in seconds from the start of its step.
  public static let freshSeconds: Int64 = 60

  /// The venue that was checked in at.
  public let venue: VenueID
  /// The zone; 0 is the whole venue.
  public let zone: UInt8
  /// When it is shown.
  public let step: ScreenStep
  /// Who checked in.
  public let pseudonym: CheckInPseudonym

  private let authentication: UInt64

  /// Makes the receipt of a step.
  ///
  /// - Parameters:
  ///   - venue: The venue that was checked in at.
  ///   - zone: The zone; 0 is the whole venue.
  ///   - step: When it is shown.
  ///   - secret: The check-in's secret.
  public init(venue: VenueID, zone: UInt8, step: ScreenStep, secret: CheckInSecret) {
    self.venue = venue
    self.zone = zone
    self.step = step
    self.pseudonym = secret.pseudonym
    let statement = CheckInReceipt.statement(venue, zone, step, secret.pseudonym)
    self.authentication = secret.authenticationCode(of: statement).high
  }

  /// Reads the bytes of a receipt; well formed is not yet genuine.
  ///
  /// - Parameter bytes: Of any length and content.
  /// - Throws: `.wrongLength`, `.unknownVersion` or `.unknownKind`.
  public init(bytes: Span<UInt8>) throws(VenueCodeError) {
    try CodeKind.check(bytes, is: CodeKind.receipt, length: CheckInReceipt.length)
    self.venue = VenueID(unchecked: bytes.bigEndian(at: 1, count: 5))
    self.zone = bytes[6]
    self.step = ScreenStep(rawValue: UInt32(truncatingIfNeeded: bytes.bigEndian(at: 7, count: 4)))
    self.pseudonym = CheckInPseudonym(
      high: bytes.bigEndian(at: 11, count: 8),
      low: UInt16(truncatingIfNeeded: bytes.bigEndian(at: 19, count: 2)))
    self.authentication = bytes.bigEndian(at: 21, count: 8)
  }

  /// The bytes on the wire.
  public var bytes: [UInt8] {
    var bytes = CheckInReceipt.statement(venue, zone, step, pseudonym)
    appendBigEndian(authentication, byteCount: 8, to: &bytes)
    return bytes
  }

  /// Returns why a receipt is not to be taken at a moment, or nil when it is fresh.
  ///
  /// - Parameter time: Unix seconds.
  /// - Returns: `.staleReceipt`, `.receiptAhead` or nil.
  public func staleness(at time: Int64) -> VenueCodeError? {
    let age = time - step.start
    if age > CheckInReceipt.freshSeconds { return .staleReceipt(seconds: age) }
    if -age > CheckInReceipt.freshSeconds { return .receiptAhead(seconds: -age) }
    return nil
  }

  /// Returns whether the receipt was made with a check-in's secret: asked when its upload arrives.
  public func isGenuine(secret: CheckInSecret) -> Bool {
    let expected = secret.authenticationCode(
      of: CheckInReceipt.statement(venue, zone, step, pseudonym))
    let claimed = AuthenticationCode(high: authentication, low: 0)
    return secret.pseudonym == pseudonym && expected.agrees(with: claimed, bitCount: 64)
  }

  /// Returns the store's name for the one who checked in: a keyed hash.
  ///
  /// - Parameter hash: The store's key of pseudonyms.
  /// - Returns: Two halves, which no text that a person could be called by hashes to.
  public func storedPseudonym(with hash: KeyedHash) -> (high: UInt64, low: UInt64) {
    pseudonym.storedPseudonym(with: hash)
  }

  private static func statement(
    _ venue: VenueID, _ zone: UInt8, _ step: ScreenStep, _ pseudonym: CheckInPseudonym
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(length)
    bytes.append(CodeKind.firstByte(CodeKind.receipt))
    appendBigEndian(venue.rawValue, byteCount: 5, to: &bytes)
    bytes.append(zone)
    appendBigEndian(UInt64(step.rawValue), byteCount: 4, to: &bytes)
    appendBigEndian(pseudonym.high, byteCount: 8, to: &bytes)
    appendBigEndian(UInt64(pseudonym.low), byteCount: 2, to: &bytes)
    return bytes
  }
}
