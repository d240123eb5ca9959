internal import CSodium

/// The secret that all screens' keys are derived from: the centre and the gateways have it.
///
/// Whoever has it can show the code of any venue at any time, so no screen ever gets it; a screen
/// gets a `ScreenKey`, which is good for its own place only.
public final class ScreenMasterKey: Sendable {
  /// The bytes of the secret.
  public static let length: Int = 32

  /// The id that codes name it by.
  public let id: UInt8

  private let secret: SecretBytes

  /// Takes a secret.
  ///
  /// - Parameters:
  ///   - id: The id that codes name it by.
  ///   - secret: 32 secret bytes.
  /// - Throws: `KeyError.wrongLength`.
  public init(id: UInt8, secret: consuming SecretBytes) throws(KeyError) {
    guard secret.count == ScreenMasterKey.length else {
      throw .wrongLength(expected: ScreenMasterKey.length, found: secret.count)
    }
    self.id = id
    self.secret = secret
  }

  /// Returns the key of one screen.
  ///
  /// HKDF-SHA-256 with the venue's five bytes and the zone's one as salt.
  ///
  /// - Parameters:
  ///   - venue: Where the screen stands.
  ///   - zone: The zone; 0 is the whole venue.
  /// - Returns: A key that tells neither the master key nor any other screen's.
  /// - Throws: `KeyError.noSecureMemory`.
  public func screenKey(venue: VenueID, zone: UInt8) throws(KeyError) -> ScreenKey {
    try ScreenKey(
      masterID: id, venue: venue, zone: zone,
      secret: HKDF.derivedKey(
        of: secret, salt: ScreenMasterKey.salt(venue, zone), info: ScreenKey.purpose,
        count: ScreenKey.length))
  }

  /// Returns whether a code's authentication code was made with the key of its place.
  ///
  /// A door asks this for every scan, so it derives on the stack and wipes it: protected memory
  /// would cost more than the answer.
  ///
  /// - Complexity: Five blocks of HMAC.
  public func isGenuine(_ code: RotatingCode) -> Bool {
    let expected = secret.withUnsafeBytes { secret in
      withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 2 * HMACSHA256.length) { memory in
        defer { sodium_memzero(memory.baseAddress, memory.count) }
        guard let key = memory.baseAddress else { return nil as AuthenticationCode? }
        HKDF.derive(
          secret: secret, salt: ScreenMasterKey.salt(code.venue, code.zone),
          info: ScreenKey.purpose,
          into: UnsafeMutableBufferPointer(start: key, count: ScreenKey.length))
        var authenticator = HMACSHA256(
          key: UnsafeRawBufferPointer(start: key, count: ScreenKey.length))
        authenticator.append(ScreenKey.purpose + [0])
        authenticator.append(code.statement)
        authenticator.finish(into: key + HMACSHA256.length)
        return AuthenticationCode(key + HMACSHA256.length)
      }
    }
    return code.keyID == id && expected?.agrees(with: code.authentication) == true
  }

  /// The salt of a screen: venue ‖ zone.
  private static func salt(_ venue: VenueID, _ zone: UInt8) -> [UInt8] {
    var salt: [UInt8] = []
    appendBigEndian(venue.rawValue, byteCount: 5, to: &salt)
    return salt + [zone]
  }
}

/// The key of the screen at one venue and zone: all that a tablet on the wall ever holds.
public final class ScreenKey: Sendable {
  /// The bytes of the secret.
  public static let length: Int = 32

  /// The id of the master key it was derived from.
  public let masterID: UInt8
  /// Where the screen stands.
  public let venue: VenueID
  /// The zone; 0 is the whole venue.
  public let zone: UInt8

  private let secret: SecretBytes
  private let hash: KeyedHash

  /// Keeps a key of a screen from being a key of anything else, and its codes from being others'.
  static let purpose = Array("checkin/screen/v1".utf8)

  /// Takes a derived key, as a key file holds it.
  ///
  /// - Parameters:
  ///   - masterID: The id of the master key it was derived from.
  ///   - venue: The venue it was derived for.
  ///   - zone: The zone it was derived for.
  ///   - secret: 32 secret bytes.
  /// - Throws: `KeyError.wrongLength`, `.noSecureMemory`.
  public init(
    masterID: UInt8, venue: VenueID, zone: UInt8, secret: consuming SecretBytes
  ) throws(KeyError) {
    self.masterID = masterID
    self.venue = venue
    self.zone = zone
    self.hash = try KeyedHash(
      key: secret, domain: String(decoding: ScreenKey.purpose, as: UTF8.self))
    self.secret = secret
  }

  /// Calls a closure with the 32 bytes, to write them into a key file.
  ///
  /// - Parameter body: Must neither keep the pointer nor leave copies.
  /// - Returns: What the closure returns.
  /// - Throws: What the closure throws.
  public func withRawRepresentation<Result: ~Copyable, Failure>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try secret.withUnsafeBytes(body)
  }

  func authenticationCode(of statement: [UInt8]) -> AuthenticationCode {
    let (high, low) = hash.hash(statement.span)
    return AuthenticationCode(high: high, low: low)
  }
}

extension ScreenMasterKey: CustomStringConvertible, CustomReflectable {
  /// A fixed word: a key never prints itself.
  public var description: String { "ScreenMasterKey(redacted)" }

  /// A mirror without children, so that `dump` shows nothing either.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension ScreenKey: CustomStringConvertible, CustomReflectable {
  /// A fixed word: a key never prints itself.
  public var description: String { "ScreenKey(redacted)" }

  /// A mirror without children, so that `dump` shows nothing either.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
