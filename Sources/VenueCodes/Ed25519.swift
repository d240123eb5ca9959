internal import CSodium

/// Ed25519 signatures (RFC 8032), checked strictly.
public enum Ed25519 {
  /// The bytes of a signature.
  public static let signatureLength: Int = 64

  /// The secret half of a key pair, held in memory that is wiped with the last reference.
  ///
  /// A class and not a value, so that a key can sit in a dictionary by its id and still exist once.
  public final class SigningKey: Sendable {
    /// The half that everybody may know.
    public let publicKey: PublicKey

    /// The seed and the public key behind it, as the C library wants them.
    private let expanded: SecretBytes

    /// Makes the key of a 32-byte seed, the private key of RFC 8032.
    ///
    /// - Parameter seed: 32 secret bytes.
    /// - Throws: `KeyError.wrongLength`, or `.noSecureMemory`.
    public init(seed: borrowing SecretBytes) throws(KeyError) {
      guard seed.count == Int(crypto_sign_SEEDBYTES) else {
        throw .wrongLength(expected: Int(crypto_sign_SEEDBYTES), found: seed.count)
      }
      var publicBytes = [UInt8](repeating: 0, count: Int(crypto_sign_PUBLICKEYBYTES))
      self.expanded = try seed.withPointer { seed throws(KeyError) in
        try SecretBytes(count: Int(crypto_sign_SECRETKEYBYTES)) { memory throws(KeyError) in
          // It cannot fail for lengths that fit.
          _ = crypto_sign_seed_keypair(&publicBytes, memory, seed)
        }
      }
      self.publicKey = PublicKey(unchecked: publicBytes)
    }

    /// Makes a new key.
    ///
    /// - Parameter generator: The system's generator outside tests.
    /// - Throws: `KeyError.noSecureMemory`.
    public convenience init(using generator: inout some RandomNumberGenerator) throws(KeyError) {
      let seed = try SecretBytes(randomCount: Int(crypto_sign_SEEDBYTES), using: &generator)
      try self.init(seed: seed)
    }

    /// Calls a closure with the 32-byte seed, to seal it for keeping.
    ///
    /// - Parameter body: Must neither keep the pointer nor leave copies.
    /// - Returns: What the closure returns.
    /// - Throws: What the closure throws.
    public func withRawRepresentation<Result: ~Copyable, Failure>(
      _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
      try expanded.withUnsafeBytes { bytes throws(Failure) in
        try body(UnsafeRawBufferPointer(rebasing: bytes[..<Int(crypto_sign_SEEDBYTES)]))
      }
    }

    /// Returns the 64-byte signature of a message; the same message always gets the same one.
    ///
    /// The C function is `crypto_sign_detached`.
    public func signature(for message: Span<UInt8>) -> [UInt8] {
      var signature = [UInt8](repeating: 0, count: Ed25519.signatureLength)
      expanded.withPointer { key in
        message.withUnsafeBufferPointer { message in
          // It cannot fail; the key was made by the library.
          _ = crypto_sign_detached(
            &signature, nil, message.baseAddress, UInt64(message.count), key)
        }
      }
      return signature
    }
  }

  /// The public half of a key pair: 32 bytes that were checked when they came in.
  public struct PublicKey: Hashable, Sendable {
    /// The 32 bytes of RFC 8032.
    public let rawRepresentation: [UInt8]

    /// Imports a key, refusing what no honest program makes.
    ///
    /// - Parameter bytes: 32 bytes.
    /// - Throws: `KeyError.wrongLength`; `.notCanonical` for a second spelling of a point;
    ///   `.unsafePoint` for one off the curve, of small order, or outside the prime-order group.
    public init(rawRepresentation bytes: some Collection<UInt8>) throws(KeyError) {
      let bytes = Array(bytes)
      guard bytes.count == Int(crypto_sign_PUBLICKEYBYTES) else {
        throw .wrongLength(expected: Int(crypto_sign_PUBLICKEYBYTES), found: bytes.count)
      }
      guard PublicKey.isCanonical(bytes) else { throw .notCanonical }
      guard Sodium.isReady else { throw .noSecureMemory }
      // The C function is `crypto_core_ed25519_is_valid_point`.
      guard crypto_core_ed25519_is_valid_point(bytes) == 1 else { throw .unsafePoint }
      self.rawRepresentation = bytes
    }

    /// Takes the bytes of a key that the library made itself.
    fileprivate init(unchecked bytes: [UInt8]) {
      self.rawRepresentation = bytes
    }

    /// Returns whether a signature of a message was made with this key.
    ///
    /// Strict: the signature must have 64 bytes, its scalar must be less than the group order, and
    /// its point must be canonical and not of small order, so that no second signature can be made
    /// from a first without the key. The C function is `crypto_sign_verify_detached`.
    ///
    /// - Parameters:
    ///   - signature: The claimed signature, of any length.
    ///   - message: What was signed.
    /// - Returns: False for every failure alike.
    public func isValid(signature: Span<UInt8>, for message: Span<UInt8>) -> Bool {
      guard signature.count == Ed25519.signatureLength else { return false }
      return signature.withUnsafeBufferPointer { signature in
        message.withUnsafeBufferPointer { message in
          guard let first = signature.baseAddress else { return false }
          return crypto_sign_verify_detached(
            first, message.baseAddress, UInt64(message.count), rawRepresentation) == 0
        }
      }
    }

    /// Returns whether the y coordinate is less than 2^255 − 19, as its one canonical form is.
    private static func isCanonical(_ bytes: [UInt8]) -> Bool {
      let allOnes = bytes[31] & 0x7f == 0x7f && bytes[1..<31].allSatisfy { $0 == 0xff }
      return !(allOnes && bytes[0] >= 0xed)
    }
  }
}

extension Ed25519.SigningKey: CustomStringConvertible {
  /// A fixed word: a secret key never prints itself.
  public var description: String { "Ed25519.SigningKey(redacted)" }
}

extension Ed25519.SigningKey: CustomReflectable {
  /// A mirror without children, so that `dump` shows nothing either.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
