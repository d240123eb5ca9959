internal import CSodium

/// What is kept of a password: an Argon2id hash with its salt and what it cost.
///
/// The cost is kept beside each hash, so that it can be raised later: a hash of another cost still
/// matches, and is made anew when its owner next signs in.
public struct PasswordHash: Hashable, Sendable {
  /// What a guess costs.
  public let cost: PassphraseCost
  /// 16 random bytes.
  public let salt: [UInt8]
  /// 32 bytes.
  public let digest: [UInt8]

  /// The bytes of a digest.
  public static let digestLength: Int = 32
  /// The bytes of a salt.
  public static let saltLength: Int = Int(crypto_pwhash_SALTBYTES)

  /// Hashes a password under a new salt.
  ///
  /// - Parameters:
  ///   - password: Its UTF-8 bytes, in normalization form C.
  ///   - cost: What a guess is to cost.
  ///   - generator: The system's generator outside tests.
  /// - Throws: `KeyError.noSecureMemory` when the system gives no memory for it.
  /// - Complexity: As the cost says, on purpose: a tenth of a second and 64 MiB for the standard one.
  public init(
    of password: borrowing SecretBytes, cost: PassphraseCost,
    using generator: inout some RandomNumberGenerator
  ) throws(KeyError) {
    let salt = (0..<PasswordHash.saltLength).map { _ in
      UInt8(truncatingIfNeeded: generator.next())
    }
    self.cost = cost
    self.salt = salt
    self.digest = try PasswordHash.digest(of: password, salt: salt, cost: cost)
  }

  /// Takes a hash as it was kept; nil when its lengths are not those of one.
  public init?(cost: PassphraseCost, salt: [UInt8], digest: [UInt8]) {
    guard salt.count == PasswordHash.saltLength, digest.count == PasswordHash.digestLength else {
      return nil
    }
    self.cost = cost
    self.salt = salt
    self.digest = digest
  }

  /// Returns whether a password is the one that was hashed, in a time that tells nothing else.
  ///
  /// - Throws: `KeyError.noSecureMemory` when the system gives no memory for it.
  /// - Complexity: As the cost of the hash says.
  public func matches(_ password: borrowing SecretBytes) throws(KeyError) -> Bool {
    let found = try PasswordHash.digest(of: password, salt: salt, cost: cost)
    return ConstantTime.areEqual(found, digest)
  }

  /// The C function is `crypto_pwhash`; it fails when it gets no memory.
  private static func digest(
    of password: borrowing SecretBytes, salt: [UInt8], cost: PassphraseCost
  ) throws(KeyError) -> [UInt8] {
    guard Sodium.isReady else { throw .noSecureMemory }
    var digest = [UInt8](repeating: 0, count: digestLength)
    let result = password.withUnsafeBytes { password in
      withUnsafePointer(to: CChar(0)) { empty in
        crypto_pwhash(
          &digest, UInt64(digestLength), password.bindMemory(to: CChar.self).baseAddress ?? empty,
          UInt64(password.count), salt, UInt64(cost.operations), Int(cost.memoryKiB) * 1_024,
          crypto_pwhash_ALG_ARGON2ID13)
      }
    }
    guard result == 0 else { throw .noSecureMemory }
    return digest
  }
}

/// Comparisons whose time does not depend on where two secrets differ.
public enum ConstantTime {
  /// Returns whether two byte strings are the same; only their lengths may be told from the time.
  ///
  /// The C function is `sodium_memcmp`.
  public static func areEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool {
    one.count == other.count && (one.isEmpty || sodium_memcmp(one, other, one.count) == 0)
  }
}

/// SHA-512 (FIPS 180-4), for formats that prescribe it.
package enum SHA512 {
  /// Returns the 64 bytes of the digest.
  ///
  /// The C function is `crypto_hash_sha512`.
  package static func digest(of bytes: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: Int(crypto_hash_sha512_BYTES))
    _ = crypto_hash_sha512(&digest, bytes, UInt64(bytes.count))
    return digest
  }
}
