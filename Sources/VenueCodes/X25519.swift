internal import CSodium

/// X25519 key agreement (RFC 7748), refusing what no honest program sends.
public enum X25519 {
  /// The bytes of a key of either half, and of what two sides agree on.
  public static let keyLength: Int = 32

  /// The secret half of a key pair, held in memory that is wiped with the last reference.
  public final class PrivateKey: Sendable {
    /// The half that everybody may know.
    public let publicKey: PublicKey

    private let scalar: SecretBytes

    /// Takes a secret.
    ///
    /// The C function is `crypto_scalarmult_base`.
    ///
    /// - Parameter bytes: 32 secret bytes, any.
    /// - Throws: `KeyError.wrongLength`, or `.noSecureMemory`.
    public init(rawRepresentation bytes: borrowing SecretBytes) throws(KeyError) {
      guard bytes.count == X25519.keyLength else {
        throw .wrongLength(expected: X25519.keyLength, found: bytes.count)
      }
      var publicBytes = [UInt8](repeating: 0, count: X25519.keyLength)
      self.scalar = try bytes.withPointer { bytes throws(KeyError) in
        try SecretBytes(count: X25519.keyLength) { memory throws(KeyError) in
          memory.update(from: bytes, count: X25519.keyLength)
        }
      }
      // It cannot fail: the base point is not of small order.
      _ = scalar.withPointer { crypto_scalarmult_base(&publicBytes, $0) }
      self.publicKey = PublicKey(unchecked: publicBytes)
    }

    /// Makes a new key.
    ///
    /// - Parameter generator: The system's generator outside tests.
    /// - Throws: `KeyError.noSecureMemory`.
    public convenience init(using generator: inout some RandomNumberGenerator) throws(KeyError) {
      try self.init(
        rawRepresentation: SecretBytes(randomCount: X25519.keyLength, using: &generator))
    }

    /// Returns what this key and another side's agree on: 32 bytes that must go through a hash.
    ///
    /// The C function is `crypto_scalarmult`.
    ///
    /// - Throws: `KeyError.unsafePoint` when it would be zero, which everybody knows; or
    ///   `.noSecureMemory`.
    public func sharedSecret(with other: PublicKey) throws(KeyError) -> SecretBytes {
      try scalar.withPointer { scalar throws(KeyError) in
        try SecretBytes(count: X25519.keyLength) { memory throws(KeyError) in
          guard crypto_scalarmult(memory, scalar, other.rawRepresentation) == 0 else {
            throw .unsafePoint
          }
        }
      }
    }

    /// Calls a closure with the 32 secret bytes, to seal them for keeping.
    ///
    /// - Parameter body: Must neither keep the pointer nor leave copies.
    /// - Returns: What the closure returns.
    /// - Throws: What the closure throws.
    public func withRawRepresentation<Result: ~Copyable, Failure>(
      _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
      try scalar.withUnsafeBytes { bytes throws(Failure) in try body(bytes) }
    }
  }

  /// The public half of a key pair.
  public struct PublicKey: Hashable, Sendable {
    /// The 32 bytes of RFC 7748.
    public let rawRepresentation: [UInt8]

    /// Imports a key, refusing points of small order: with those everybody agrees on zero.
    ///
    /// - Parameter bytes: 32 bytes.
    /// - Throws: `KeyError.wrongLength`, `.unsafePoint` or `.noSecureMemory`.
    public init(rawRepresentation bytes: some Collection<UInt8>) throws(KeyError) {
      let bytes = Array(bytes)
      guard bytes.count == X25519.keyLength else {
        throw .wrongLength(expected: X25519.keyLength, found: bytes.count)
      }
      guard Sodium.isReady else { throw .noSecureMemory }
      // Every scalar is a multiple of eight and so takes a point of small order to zero.
      var product = [UInt8](repeating: 0, count: X25519.keyLength)
      let any = [UInt8](repeating: 0x55, count: X25519.keyLength)
      guard crypto_scalarmult(&product, any, bytes) == 0 else { throw .unsafePoint }
      self.rawRepresentation = bytes
    }

    /// Takes the bytes of a key that the library made itself.
    fileprivate init(unchecked bytes: [UInt8]) {
      self.rawRepresentation = bytes
    }
  }
}

extension X25519.PrivateKey: CustomStringConvertible, CustomReflectable {
  /// A fixed word: a secret key never prints itself.
  public var description: String { "X25519.PrivateKey(redacted)" }

  /// A mirror without children, so that `dump` shows nothing either.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
