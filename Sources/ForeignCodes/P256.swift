internal import CCrypto

/// ECDSA on the curve P-256 with SHA-256, which NHS posters and exports of exposure keys are signed
/// with.
///
/// The arithmetic is libcrypto's, loaded at first use. Nothing of this system is signed so.
package enum P256 {
  /// The bytes of a signature, r and s.
  package static let signatureLength: Int = 64

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
  package static func isValid(signature: [UInt8], for message: [UInt8], key: [UInt8]) -> Bool? {
    guard signature.count == signatureLength, key.count == header.count + 64,
      key.starts(with: header)
    else { return false }
    let status = checkin_crypto_verify_p256(key, key.count, signature, message, message.count)
    return status == Int32(CHECKIN_CRYPTO_UNAVAILABLE.rawValue)
      ? nil : status == Int32(CHECKIN_CRYPTO_OK.rawValue)
  }

  /// Whether bytes have the form of a key: a SubjectPublicKeyInfo of a point on P-256.
  package static func isKey(_ bytes: [UInt8]) -> Bool {
    bytes.count == header.count + 64 && bytes.starts(with: header)
  }

  /// Returns r and s of a signature in DER (RFC 3279, section 2.2.3); nil when it is none.
  ///
  /// Only the one encoding that DER allows is read, so that a signature has one spelling.
  package static func rawSignature(ofDER bytes: ArraySlice<UInt8>) -> [UInt8]? {
    var rest = bytes
    // Two numbers of 33 bytes at most: no length needs a second byte.
    guard rest.popFirst() == 0x30, let length = rest.popFirst(), Int(length) == rest.count else {
      return nil
    }
    var raw: [UInt8] = []
    for _ in 0..<2 {
      guard rest.popFirst() == 0x02, let count = rest.popFirst(), (1...33).contains(count),
        Int(count) <= rest.count
      else { return nil }
      var number = rest.prefix(Int(count))
      rest = rest.dropFirst(Int(count))
      guard let first = number.first, first < 0x80 else { return nil }
      if number.count > 1, first == 0 {
        number.removeFirst()
        guard let second = number.first, second >= 0x80 else { return nil }
      }
      guard number.count <= 32 else { return nil }
      raw += Array(repeating: 0, count: 32 - number.count) + number
    }
    return rest.isEmpty ? raw : nil
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
