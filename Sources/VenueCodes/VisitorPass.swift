/// The secret that passes are made with: the centre and the gateways have it.
public final class PassMasterKey: Sendable {
  /// The bytes of the secret.
  public static let length: Int = 32

  /// The id that passes name it by.
  public let id: UInt8

  private let hash: KeyedHash

  /// Takes a secret.
  ///
  /// - Parameters:
  ///   - id: The id that passes name it by.
  ///   - secret: 32 secret bytes; the pass key is derived from them by HKDF-SHA-256.
  /// - Throws: `KeyError.wrongLength`, `.noSecureMemory`.
  public init(id: UInt8, secret: consuming SecretBytes) throws(KeyError) {
    guard secret.count == PassMasterKey.length else {
      throw .wrongLength(expected: PassMasterKey.length, found: secret.count)
    }
    self.id = id
    self.hash = try KeyedHash(
      key: HKDF.derivedKey(of: secret, salt: [], info: Array("checkin/pass/v1".utf8)),
      domain: "checkin/pass/v1")
  }

  /// Returns whether a pass was made with this key.
  public func isGenuine(_ pass: VisitorPass) -> Bool {
    let is96BitsRight = authenticationCode(of: pass.statement)
      .agrees(with: pass.authentication, bitCount: 96)
    return pass.keyID == id && is96BitsRight
  }

  func authenticationCode(of statement: [UInt8]) -> AuthenticationCode {
    let (high, low) = hash.hash(statement.span)
    return AuthenticationCode(high: high, low: low)
  }
}

extension PassMasterKey: CustomStringConvertible, CustomReflectable {
  /// A fixed word: a key never prints itself.
  public var description: String { "PassMasterKey(redacted)" }

  /// A mirror without children, so that `dump` shows nothing either.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// What a visitor shows at a door: 128 random bits, and nothing about the visitor.
///
/// 30 bytes, version 1, kind 9: first byte, key id, secret (16), and the first 96 bits of
/// HMAC-SHA-256 under the pass key over `"checkin/pass/v1\0"` and every byte before, so that a door
/// without a connection tells a mistyped or made-up pass. The secret cannot be guessed (luca's
/// printed serials of 56 bits were); the store keeps a keyed hash of it and never the secret, and
/// answers nobody who presents it.
public struct VisitorPass: Sendable, CarriedCode {
  /// The bytes of a pass.
  public static let length: Int = 30

  /// The bytes of the secret.
  public static let secretLength: Int = 16

  /// The id of the pass master key.
  public let keyID: UInt8

  private let secret: (high: UInt64, low: UInt64)
  /// The claimed code; its low 32 bits are zero.
  let authentication: AuthenticationCode

  /// Makes a new pass.
  ///
  /// - Parameters:
  ///   - key: The key of the issuer.
  ///   - generator: The system's generator outside tests.
  public init(issuedWith key: PassMasterKey, using generator: inout some RandomNumberGenerator) {
    let secret: (high: UInt64, low: UInt64) = (generator.next(), generator.next())
    let full = key.authenticationCode(of: VisitorPass.statement(key.id, secret))
    self.keyID = key.id
    self.secret = secret
    self.authentication = AuthenticationCode(high: full.high, low: (full.low >> 32) << 32)
  }

  /// Reads the bytes of a pass; well formed is not yet genuine.
  ///
  /// - Parameter bytes: Of any length and content.
  /// - Throws: `.wrongLength`, `.unknownVersion` or `.unknownKind`.
  public init(bytes: Span<UInt8>) throws(VenueCodeError) {
    try CodeKind.check(bytes, is: CodeKind.pass, length: VisitorPass.length)
    self.keyID = bytes[1]
    self.secret = (bytes.bigEndian(at: 2, count: 8), bytes.bigEndian(at: 10, count: 8))
    self.authentication = AuthenticationCode(
      high: bytes.bigEndian(at: 18, count: 8), low: bytes.bigEndian(at: 26, count: 4) << 32)
  }

  /// The bytes on the wire.
  public var bytes: [UInt8] {
    var bytes = statement
    appendBigEndian(authentication.high, byteCount: 8, to: &bytes)
    appendBigEndian(authentication.low >> 32, byteCount: 4, to: &bytes)
    return bytes
  }

  /// Returns the store's name for the holder: the keyed hash of the secret.
  ///
  /// - Parameter hash: The store's key of pseudonyms.
  /// - Returns: Two halves. No text that a person could be called by hashes to the same: texts have
  ///   no zero byte.
  public func pseudonym(with hash: PseudonymHash) -> (high: UInt64, low: UInt64) {
    var input = Array("\0pass\0".utf8)
    appendBigEndian(secret.high, byteCount: 8, to: &input)
    appendBigEndian(secret.low, byteCount: 8, to: &input)
    return hash.hash(input.span)
  }

  /// Every byte before the authentication code.
  var statement: [UInt8] { VisitorPass.statement(keyID, secret) }

  private static func statement(_ keyID: UInt8, _ secret: (high: UInt64, low: UInt64)) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(length)
    bytes.append(CodeKind.firstByte(CodeKind.pass))
    bytes.append(keyID)
    appendBigEndian(secret.high, byteCount: 8, to: &bytes)
    appendBigEndian(secret.low, byteCount: 8, to: &bytes)
    return bytes
  }
}

extension VisitorPass: CustomStringConvertible, CustomReflectable {
  /// A fixed word: who knows a pass can come in as its holder.
  public var description: String { "VisitorPass(redacted)" }

  /// A mirror without children, so that `dump` shows nothing either.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
