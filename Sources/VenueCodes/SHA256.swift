internal import CDigest
internal import CSodium

/// SHA-256 (FIPS 180-4), for formats that prescribe it.
///
/// What this system itself needs a digest for uses `ContentDigest` and `KeyedHash`.
package enum SHA256 {
  /// The bytes of a digest.
  package static let length: Int = 32

  /// Returns the digest of bytes.
  ///
  /// The C function is `checkin_digest_sha256`, or `crypto_hash_sha256` where the processor has no
  /// instructions for it.
  package static func digest(of bytes: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: length)
    if isFast {
      checkin_digest_sha256(bytes, bytes.count, &digest)
    } else {
      _ = crypto_hash_sha256(&digest, bytes, UInt64(bytes.count))
    }
    return digest
  }

  /// Whether the processor has instructions for it, and libsodium is laid out as they are used.
  static let isFast: Bool =
    checkin_digest_is_here() == 1
    && MemoryLayout<checkin_digest_begun>.size == MemoryLayout<crypto_hash_sha256_state>.size
    && MemoryLayout<checkin_digest_hmac_begun>.size
      == MemoryLayout<crypto_auth_hmacsha256_state>.size

  /// Calls a closure with each link of a chain: the digest of bytes, the digest of that, and so on.
  ///
  /// - Parameters:
  ///   - bytes: What the first link is the digest of.
  ///   - count: How many links.
  ///   - body: Is given each link's number, from 0, and its 32 bytes, valid only inside it.
  package static func forEachLink(
    from bytes: [UInt8], count: Int, _ body: (Int, Span<UInt8>) -> Void
  ) {
    guard count > 0 else { return }
    var link = digest(of: bytes)
    body(0, link.span)
    for number in 1..<max(count, 1) {
      link.withUnsafeMutableBufferPointer { link in
        guard let start = link.baseAddress else { return }
        // Both hash all of their input before they write.
        if isFast {
          checkin_digest_sha256(start, length, start)
        } else {
          _ = crypto_hash_sha256(start, start, UInt64(length))
        }
      }
      body(number, link.span)
    }
  }
}
