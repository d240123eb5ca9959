internal import CSodium

/// Bytes encrypted to one receiver's X25519 key, by a sender who needs no key: libsodium's sealed box.
///
/// What a centre gives a door goes through proxies that end TLS; only the door can open this.
public enum SealedBox {
  /// How many bytes a box is longer than what is in it.
  public static let overhead: Int = Int(crypto_box_PUBLICKEYBYTES + crypto_box_MACBYTES)
  /// The bytes of a public key.
  public static let publicKeyLength: Int = Int(crypto_box_PUBLICKEYBYTES)

  /// The receiver's key pair.
  public final class ReceiverKey: Sendable {
    /// The half that senders need.
    public let publicKey: [UInt8]
    private let secret: SecretBytes

    /// Makes the pair of a 32-byte seed.
    ///
    /// - Throws: `KeyError.wrongLength`, `.noSecureMemory`.
    public init(seed: borrowing SecretBytes) throws(KeyError) {
      guard seed.count == Int(crypto_box_SEEDBYTES) else {
        throw .wrongLength(expected: Int(crypto_box_SEEDBYTES), found: seed.count)
      }
      var publicKey = [UInt8](repeating: 0, count: SealedBox.publicKeyLength)
      self.secret = try seed.withPointer { seed throws(KeyError) in
        try SecretBytes(count: Int(crypto_box_SECRETKEYBYTES)) { memory throws(KeyError) in
          // The C function is `crypto_box_seed_keypair`; it cannot fail.
          _ = crypto_box_seed_keypair(&publicKey, memory, seed)
        }
      }
      self.publicKey = publicKey
    }

    /// Opens a box, or returns nil when it is not for this key or was changed.
    ///
    /// - Throws: `KeyError.noSecureMemory`.
    public func open(_ box: [UInt8]) throws(KeyError) -> SecretBytes? {
      guard box.count > SealedBox.overhead else { return nil }
      var isGenuine = false
      let opened = try secret.withPointer { secret throws(KeyError) in
        try SecretBytes(count: box.count - SealedBox.overhead) { memory throws(KeyError) in
          // The C function is `crypto_box_seal_open`.
          isGenuine =
            crypto_box_seal_open(memory, box, UInt64(box.count), publicKey, secret) == 0
        }
      }
      guard isGenuine else { return nil }
      return consume opened
    }
  }

  /// Returns a box that only the holder of a key opens; nil for a key that is none.
  ///
  /// The C function is `crypto_box_seal`; the pair it makes for each box comes from the system.
  ///
  /// - Parameters:
  ///   - bytes: What goes in.
  ///   - publicKey: The receiver's 32 bytes.
  /// - Returns: The box.
  public static func sealed(_ bytes: [UInt8], to publicKey: [UInt8]) -> [UInt8]? {
    guard publicKey.count == publicKeyLength, Sodium.isReady else { return nil }
    var box = [UInt8](repeating: 0, count: bytes.count + overhead)
    guard crypto_box_seal(&box, bytes, UInt64(bytes.count), publicKey) == 0 else { return nil }
    return box
  }
}

extension SealedBox.ReceiverKey: CustomStringConvertible, CustomReflectable {
  /// A fixed word: a secret key never prints itself.
  public var description: String { "SealedBox.ReceiverKey(redacted)" }

  /// A mirror without children, so that `dump` shows nothing either.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
