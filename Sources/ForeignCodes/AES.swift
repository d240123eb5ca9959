internal import CCrypto
package import VenueCodes

/// AES-128 on single blocks, which exposure notification makes its identifiers with.
///
/// The arithmetic is libcrypto's, loaded at first use.
package enum AES128 {
  /// The bytes of a key, and of a block.
  package static let blockLength: Int = 16

  /// Encrypts blocks, each by itself; nil when libcrypto is not there to do it.
  ///
  /// - Parameters:
  ///   - blocks: Whole blocks, 2²⁰ at most.
  ///   - key: 16 bytes.
  /// - Returns: As many bytes.
  package static func encrypted(_ blocks: [UInt8], key: [UInt8]) -> [UInt8]? {
    precondition(
      key.count == blockLength && blocks.count % blockLength == 0, "AES takes whole blocks")
    var output = [UInt8](repeating: 0, count: blocks.count)
    let status = checkin_crypto_aes128(key, blocks, blocks.count / blockLength, &output)
    return status == Int32(CHECKIN_CRYPTO_OK.rawValue) ? output : nil
  }
}

/// AES-256-GCM, which BlueTrace's servers seal their temporary ids with, and contact details are sealed
/// with.
///
/// The arithmetic is libcrypto's, loaded at first use.
package enum AES256GCM {
  /// The bytes of a key.
  package static let keyLength: Int = 32
  /// The bytes of a tag.
  package static let tagLength: Int = 16

  /// What became of something sealed.
  package enum Opened: Hashable, Sendable {
    /// The key sealed exactly this.
    case message([UInt8])
    /// Nobody who has the key sealed it.
    case forged
    /// libcrypto could not be loaded.
    case unavailable
  }

  /// Opens what was sealed without additional data.
  ///
  /// - Parameters:
  ///   - sealed: The ciphertext, without the tag.
  ///   - iv: The initialization vector, of 1 to 64 bytes.
  ///   - tag: 16 bytes.
  ///   - key: 32 bytes.
  /// - Returns: The message, or why there is none.
  package static func open(
    _ sealed: ArraySlice<UInt8>, iv: ArraySlice<UInt8>, tag: ArraySlice<UInt8>, key: [UInt8]
  ) -> Opened {
    key.withUnsafeBytes { open(sealed, iv: iv, tag: tag, additional: [], key: $0) }
  }

  /// Opens what was sealed with additional data.
  ///
  /// - Parameters:
  ///   - sealed: The ciphertext and behind it the tag.
  ///   - iv: The initialization vector, of 1 to 64 bytes.
  ///   - additional: What was said with it, 2²⁰ bytes at most.
  ///   - key: 32 bytes.
  /// - Returns: The message, or why there is none.
  package static func open(
    _ sealed: ArraySlice<UInt8>, iv: [UInt8], additional: [UInt8], key: borrowing SecretBytes
  ) -> Opened {
    guard sealed.count >= tagLength else { return .forged }
    return key.withUnsafeBytes {
      open(
        sealed.dropLast(tagLength), iv: iv[...], tag: sealed.suffix(tagLength),
        additional: additional, key: $0)
    }
  }

  /// Seals a message; nil when libcrypto is not there to do it.
  ///
  /// - Parameters:
  ///   - message: 2²⁰ bytes at most.
  ///   - iv: The initialization vector, of 1 to 64 bytes, never used twice with one key.
  ///   - additional: What is said with it, 2²⁰ bytes at most.
  ///   - key: 32 bytes.
  /// - Returns: The ciphertext and behind it the tag.
  package static func sealed(
    _ message: [UInt8], iv: [UInt8], additional: [UInt8], key: borrowing SecretBytes
  ) -> [UInt8]? {
    precondition(key.count == keyLength, "AES-256-GCM has fixed lengths")
    var output = [UInt8](repeating: 0, count: message.count + 16)
    var tag = [UInt8](repeating: 0, count: tagLength)
    let status = key.withUnsafeBytes { key in
      checkin_crypto_seal_aes256_gcm(
        key.bindMemory(to: UInt8.self).baseAddress, iv, iv.count, additional, additional.count,
        message, message.count, &output, &tag)
    }
    guard status == Int32(CHECKIN_CRYPTO_OK.rawValue) else { return nil }
    return output.prefix(message.count) + tag
  }

  private static func open(
    _ sealed: ArraySlice<UInt8>, iv: ArraySlice<UInt8>, tag: ArraySlice<UInt8>,
    additional: [UInt8], key: UnsafeRawBufferPointer
  ) -> Opened {
    precondition(key.count == keyLength && tag.count == tagLength, "AES-256-GCM has fixed lengths")
    var output = [UInt8](repeating: 0, count: sealed.count + 16)
    let status = sealed.withUnsafeBufferPointer { sealed in
      iv.withUnsafeBufferPointer { iv in
        tag.withUnsafeBufferPointer { tag in
          checkin_crypto_open_aes256_gcm(
            key.bindMemory(to: UInt8.self).baseAddress, iv.baseAddress, iv.count, additional,
            additional.count, sealed.baseAddress, sealed.count, tag.baseAddress, &output)
        }
      }
    }
    switch status {
    case Int32(CHECKIN_CRYPTO_OK.rawValue): return .message(Array(output.prefix(sealed.count)))
    case Int32(CHECKIN_CRYPTO_UNAVAILABLE.rawValue): return .unavailable
    default: return .forged
    }
  }
}
