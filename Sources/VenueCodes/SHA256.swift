internal import CSodium

/// SHA-256 (FIPS 180-4), for formats that prescribe it.
///
/// What this system itself needs a digest for uses `ContentDigest` and `KeyedHash`.
package enum SHA256 {
  /// The bytes of a digest.
  package static let length: Int = 32

  /// Returns the digest of bytes.
  ///
  /// The C function is `crypto_hash_sha256`.
  package static func digest(of bytes: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: length)
    _ = crypto_hash_sha256(&digest, bytes, UInt64(bytes.count))
    return digest
  }
}
