internal import CCrypto

/// ECDSA on the curve P-256 with SHA-256, which the NHS's posters are signed with.
///
/// The arithmetic is libcrypto's, loaded at first use. Nothing of this system is signed so.
enum P256 {
  /// The bytes of a signature, r and s.
  static let signatureLength = 64

  /// The DER of a SubjectPublicKeyInfo up to the point: an uncompressed one on P-256.
  private static let header: [UInt8] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A,
    0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
  ]

  /// Checks a signature; nil when libcrypto is not there to do it.
  ///
  /// - Parameters:
  ///   - signature: r and s, of any length; only 64 bytes can be valid.
  ///   - message: What was signed.
  ///   - key: A SubjectPublicKeyInfo; only one of P-256 can be valid.
  /// - Returns: Whether the key signed the message.
  static func isValid(signature: [UInt8], for message: [UInt8], key: [UInt8]) -> Bool? {
    guard signature.count == signatureLength, key.count == header.count + 64,
      key.starts(with: header)
    else { return false }
    let status = checkin_crypto_verify_p256(key, key.count, signature, message, message.count)
    return status == Int32(CHECKIN_CRYPTO_UNAVAILABLE.rawValue)
      ? nil : status == Int32(CHECKIN_CRYPTO_OK.rawValue)
  }
}

/// SHA-384 (FIPS 180-4), which New Zealand's alerts hide location numbers behind.
enum SHA384 {
  /// Returns the digest of bytes; nil when libcrypto is not there to make it.
  static func digest(of bytes: [UInt8]) -> [UInt8]? {
    var digest = [UInt8](repeating: 0, count: 48)
    let status = checkin_crypto_sha384(bytes, bytes.count, &digest)
    return status == Int32(CHECKIN_CRYPTO_OK.rawValue) ? digest : nil
  }
}
