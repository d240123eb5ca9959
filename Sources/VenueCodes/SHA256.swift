internal import CSodium

/// SHA-256 (FIPS 180-4) and the key derivation built on it, for formats that prescribe them.
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

  /// Returns the HMAC of a message under a key of any length.
  ///
  /// The C functions are `crypto_auth_hmacsha256_init`, `_update` and `_final`.
  package static func authenticationCode(of message: [UInt8], key: [UInt8]) -> [UInt8] {
    var state = crypto_auth_hmacsha256_state()
    var code = [UInt8](repeating: 0, count: length)
    _ = crypto_auth_hmacsha256_init(&state, key, key.count)
    _ = crypto_auth_hmacsha256_update(&state, message, UInt64(message.count))
    _ = crypto_auth_hmacsha256_final(&state, &code)
    return code
  }

  /// Returns bytes derived from a key that need not be uniform: HKDF of RFC 5869.
  ///
  /// The key is taken as it is and not kept in wiped memory: for what is printed on a wall.
  ///
  /// - Parameters:
  ///   - key: The input key.
  ///   - salt: Empty stands for 32 zero bytes, as the RFC has it.
  ///   - info: What the derived bytes are for.
  ///   - count: At most 255 · 32 bytes.
  /// - Returns: So many bytes.
  package static func derivedKey(
    from key: [UInt8], salt: [UInt8] = [], info: [UInt8], count: Int
  ) -> [UInt8] {
    precondition((0...255 * length).contains(count), "HKDF gives at most 8160 bytes")
    let extracted = authenticationCode(of: key, key: salt)
    var block: [UInt8] = []
    var derived: [UInt8] = []
    var number: UInt8 = 0
    while derived.count < count {
      number += 1
      block = authenticationCode(of: block + info + [number], key: extracted)
      derived += block
    }
    return Array(derived.prefix(count))
  }
}
