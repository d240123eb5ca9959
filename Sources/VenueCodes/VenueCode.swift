/// A token and its signature: the bytes that a QR code carries.
///
///     let code = VenueCode(signing: token, with: key)
///     code.url(prefix: prefix)  // https://qr.haiphong.gov.vn/#0123…
///     try VenueCode(bytes: code.bytes).token == token  // true
///
/// A code read from bytes is well formed, not yet genuine: only `VenueCodeVerifier` says that.
///
/// Codes deliberately cannot be compared. Whoever holds the key can make many signatures of one
/// token, so equality of signatures means nothing; compare the tokens.
public struct VenueCode: Sendable {
  /// What the code says.
  public let token: VenueToken

  private let signature: InlineArray<64, UInt8>

  /// Signs a token.
  ///
  /// - Parameters:
  ///   - token: What the code says; its `keyID` must be the id under which the key is published.
  ///   - key: The secret key.
  public init(signing token: VenueToken, with key: Ed25519.SigningKey) {
    let signature = key.signature(for: token.signedBytes.span)
    self.token = token
    self.signature = InlineArray { signature[$0] }
  }

  /// Makes the specimen of a code: its token with a signature of zeros, for a preview.
  ///
  /// It has the size and the symbol of the code that would be printed and is worth nothing: every
  /// verifier answers `.specimen`. No key makes such a signature.
  ///
  /// - Parameter token: What the code would say.
  public init(specimenOf token: VenueToken) {
    self.token = token
    self.signature = InlineArray(repeating: 0)
  }

  /// Whether the code is the specimen of one.
  public var isSpecimen: Bool {
    signature.indices.allSatisfy { signature[$0] == 0 }
  }

  /// Reads the bytes of a code.
  ///
  /// - Parameter bytes: Of any length and content.
  /// - Throws: `.wrongLength`, `.unknownVersion`, `.unknownKind`, `.wrongNameLength` or one of the
  ///   name's errors, in this order.
  public init(bytes: Span<UInt8>) throws(VenueCodeError) {
    self.token = try VenueToken(codeBytes: bytes)
    let start = bytes.count - Ed25519.signatureLength
    self.signature = InlineArray<64, UInt8> { bytes[start + $0] }
  }

  /// Reads the bytes of a code.
  ///
  /// - Parameter bytes: Of any length and content.
  /// - Throws: `.wrongLength`, `.unknownVersion`, `.unknownKind`, `.wrongNameLength` or one of the
  ///   name's errors, in this order.
  public init(bytes: [UInt8]) throws(VenueCodeError) {
    try self.init(bytes: bytes.span)
  }

  /// The bytes on the wire.
  public var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(token.sizeInBytes)
    token.append(to: &bytes)
    signature.span.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
    return bytes
  }

  /// The decimal digits, the numeric segment of the QR code.
  public var digits: String {
    Carrier.digits(of: bytes.span)
  }

  /// Returns the text of the QR code.
  ///
  /// - Parameter prefix: The address of the check-in page, the byte segment of the QR code.
  /// - Returns: The prefix and the digits.
  public func url(prefix: URLPrefix) -> String {
    prefix.text + digits
  }

  /// Returns whether the signature is this key's over this token.
  public func isSigned(by key: Ed25519.PublicKey) -> Bool {
    key.isValid(signature: signature.span, for: token.signedBytes.span)
  }
}
