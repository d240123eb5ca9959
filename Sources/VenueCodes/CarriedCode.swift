/// A code that travels as the digits of a QR code.
public protocol CarriedCode {
  /// The bytes on the wire.
  var bytes: [UInt8] { get }
}

extension CarriedCode {
  /// The decimal digits, the numeric segment of the QR code.
  public var digits: String {
    let bytes = self.bytes
    return Carrier.digits(of: bytes.span)
  }

  /// Returns the text of the QR code.
  ///
  /// - Parameter prefix: The address of the check-in page, the byte segment of the QR code.
  /// - Returns: The prefix and the digits.
  public func url(prefix: URLPrefix) -> String {
    prefix.text + digits
  }
}

extension VenueCode: CarriedCode {}

/// The kinds of code that are no poster's: the low four bits of the first byte.
enum CodeKind {
  static let screenBatch: UInt8 = 3
  static let rotating: UInt8 = 8
  static let pass: UInt8 = 9
  static let receipt: UInt8 = 10

  /// The first byte of a code of a kind.
  static func firstByte(_ kind: UInt8) -> UInt8 { VenueToken.version << 4 | kind }

  /// Checks length, version and kind, in the order of the design.
  static func check(
    _ bytes: Span<UInt8>, is kind: UInt8, length: Int
  ) throws(VenueCodeError) {
    guard bytes.count == length else { throw .wrongLength(bytes.count) }
    guard bytes[0] >> 4 == VenueToken.version else { throw .unknownVersion(bytes[0] >> 4) }
    guard bytes[0] & 0x0f == kind else { throw .unknownKind(bytes[0] & 0x0f) }
  }
}
