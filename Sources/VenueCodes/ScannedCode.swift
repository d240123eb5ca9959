/// A code of any kind as it was scanned: well formed, not yet genuine.
///
/// The kind is in the first byte and each kind has lengths of its own, so nothing is read as two
/// things:
///
///     kind  0–2, 4   78, 80–120 bytes   poster
///     kind  3        78 bytes           minute of a pre-signed day
///     kind  8        28 bytes           rotating code
///     kind  9        30 bytes           pass
///     kind 10        29 bytes           receipt
public enum ScannedCode: Sendable, CarriedCode {
  /// A poster, card or sticker.
  case poster(VenueCode)
  /// What an offline screen shows.
  case screenBatch(ScreenBatchCode)
  /// What a screen shows that has a key.
  case rotating(RotatingCode)
  /// A visitor.
  case pass(VisitorPass)
  /// A visitor after a check-in.
  case receipt(CheckInReceipt)

  /// Reads the bytes of a code.
  ///
  /// - Parameter bytes: Of any length and content.
  /// - Throws: `.wrongLength`, `.unknownVersion`, `.unknownKind`, `.minuteOutOfRange`,
  ///   `.wrongNameLength` or one of the name's errors, in this order.
  public init(bytes: Span<UInt8>) throws(VenueCodeError) {
    switch bytes.count {
    case RotatingCode.length, VisitorPass.length, CheckInReceipt.length:
      guard bytes[0] >> 4 == VenueToken.version else { throw .unknownVersion(bytes[0] >> 4) }
      switch bytes[0] & 0x0f {
      case CodeKind.rotating: self = .rotating(try RotatingCode(bytes: bytes))
      case CodeKind.pass: self = .pass(try VisitorPass(bytes: bytes))
      case CodeKind.receipt: self = .receipt(try CheckInReceipt(bytes: bytes))
      case let kind where kind == CodeKind.screenBatch || PosterKind(rawValue: kind) != nil:
        throw .wrongLength(bytes.count)
      case let kind: throw .unknownKind(kind)
      }
    case ScreenBatchCode.length where bytes[0] == CodeKind.firstByte(CodeKind.screenBatch):
      self = .screenBatch(try ScreenBatchCode(bytes: bytes))
    default:
      self = .poster(try VenueCode(bytes: bytes))
    }
  }

  /// The bytes on the wire.
  public var bytes: [UInt8] {
    switch self {
    case .poster(let code): code.bytes
    case .screenBatch(let code): code.bytes
    case .rotating(let code): code.bytes
    case .pass(let code): code.bytes
    case .receipt(let code): code.bytes
    }
  }

  /// Whether only a secret of the centre tells if it is genuine.
  public var needsSecret: Bool {
    switch self {
    case .rotating, .pass: true
    case .poster, .screenBatch, .receipt: false
    }
  }
}

/// The secrets that rotating codes and passes are checked with, each under its id.
///
/// A program without them checks posters and pre-signed days all the same.
public struct CodeSecrets: Sendable {
  /// The keys of screens.
  public let screens: [ScreenMasterKey]
  /// The keys of passes.
  public let passes: [PassMasterKey]
  /// The keys of single screens, for who has no master key.
  public let rings: [ScreenKeyRing]

  /// Makes a set.
  ///
  /// - Parameters:
  ///   - screens: The keys of screens, no two of one id.
  ///   - passes: The keys of passes, no two of one id.
  ///   - rings: The keys of single screens, where the master key is elsewhere.
  public init(
    screens: [ScreenMasterKey] = [], passes: [PassMasterKey] = [], rings: [ScreenKeyRing] = []
  ) {
    self.screens = screens
    self.passes = passes
    self.rings = rings
  }

  /// Returns whether a screen's code is genuine; nil when no key here could tell.
  func isGenuine(_ code: RotatingCode) -> Bool? {
    if let master = screens.first(where: { $0.id == code.keyID }) { return master.isGenuine(code) }
    for ring in rings {
      if let isGenuine = ring.isGenuine(code) { return isGenuine }
    }
    return nil
  }
}
