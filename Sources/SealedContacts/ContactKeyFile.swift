public import VenueCodes

/// The private half of a key of the health authority, as it is kept in a file: sealed under a
/// passphrase, on a machine that is no gateway.
public enum ContactKeyFile {
  /// The most bytes of a file.
  public static let maximumLength: Int = 1_024

  /// What the file says it is; another sealed secret does not open as one.
  private static let purpose = "checkin/contact-key/v1"

  /// Returns the file of a key.
  ///
  /// - Parameters:
  ///   - key: The private key.
  ///   - passphrase: What is to open the file.
  ///   - cost: What a guess costs.
  ///   - generator: The system's generator outside tests.
  /// - Returns: The bytes for the file.
  /// - Throws: `SealedBytesError.noSecureMemory`.
  public static func sealed(
    _ key: X25519.PrivateKey, passphrase: borrowing SecretBytes, cost: PassphraseCost = .standard,
    using generator: inout some RandomNumberGenerator
  ) throws(SealedBytesError) -> [UInt8] {
    let secret: SecretBytes
    do {
      secret = try key.withRawRepresentation { bytes throws(KeyError) in
        try SecretBytes(copying: bytes.bindMemory(to: UInt8.self).span)
      }
    } catch {
      throw .noSecureMemory
    }
    return try SealedBytes(
      sealing: secret, passphrase: passphrase, purpose: purpose, cost: cost, using: &generator
    ).bytes
  }

  /// Opens a file.
  ///
  /// - Parameters:
  ///   - bytes: Of any length and content.
  ///   - passphrase: What it was sealed under.
  /// - Returns: The private key.
  /// - Throws: `SealedBytesError`; `.damaged` when what is sealed is no key.
  public static func opened(
    _ bytes: [UInt8], passphrase: borrowing SecretBytes
  ) throws(SealedBytesError) -> X25519.PrivateKey {
    let secret = try SealedBytes(bytes: bytes).open(passphrase: passphrase, purpose: purpose)
    do {
      return try X25519.PrivateKey(rawRepresentation: secret)
    } catch {
      throw error == .noSecureMemory ? .noSecureMemory : .damaged
    }
  }
}
