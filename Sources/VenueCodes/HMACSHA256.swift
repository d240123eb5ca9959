internal import CSodium

/// HMAC-SHA-256 (RFC 2104) under a key of any length, into memory that the caller wipes.
struct HMACSHA256 {
  /// The bytes of a code.
  static let length = 32

  private var state = crypto_auth_hmacsha256_state()

  init(key: UnsafeRawBufferPointer) {
    // The C function is `crypto_auth_hmacsha256_init`; it hashes a key longer than a block. An empty
    // key is one of zeros, and has no address.
    if let start = key.bindMemory(to: UInt8.self).baseAddress {
      _ = crypto_auth_hmacsha256_init(&state, start, key.count)
    } else {
      _ = crypto_auth_hmacsha256_init(&state, [0], 1)
    }
  }

  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    _ = crypto_auth_hmacsha256_update(
      &state, bytes.bindMemory(to: UInt8.self).baseAddress, UInt64(bytes.count))
  }

  mutating func append(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { append($0) }
  }

  /// Writes the 32 bytes of the code and wipes the state, which held the key.
  mutating func finish(into output: UnsafeMutablePointer<UInt8>) {
    _ = crypto_auth_hmacsha256_final(&state, output)
    withUnsafeMutableBytes(of: &state) { sodium_memzero($0.baseAddress, $0.count) }
  }
}

/// HKDF-SHA-256 (RFC 5869): many keys from one secret, none of which tells the secret or another.
public enum HKDF {
  /// The most bytes that can be derived under one salt and info.
  public static let maximumCount: Int = 255 * HMACSHA256.length

  /// Returns a key derived from a secret.
  ///
  /// - Parameters:
  ///   - secret: The input key material, of any length.
  ///   - salt: What keeps two users of one secret apart; empty is the RFC's default.
  ///   - info: What the key is for.
  ///   - count: How many bytes, 1 to `maximumCount`.
  /// - Returns: The key, in wiped memory.
  /// - Throws: `KeyError.noSecureMemory`.
  public static func derivedKey(
    of secret: borrowing SecretBytes, salt: [UInt8], info: [UInt8], count: Int = 32
  ) throws(KeyError) -> SecretBytes {
    precondition((1...maximumCount).contains(count), "HKDF derives 1 to \(maximumCount) bytes")
    return try secret.withUnsafeBytes { secret throws(KeyError) in
      try SecretBytes(count: count) { memory throws(KeyError) in
        derive(
          secret: secret, salt: salt, info: info,
          into: UnsafeMutableBufferPointer(start: memory, count: count))
      }
    }
  }

  /// Returns bytes derived from what is no secret, such as the text of a code on a wall.
  ///
  /// - Parameters:
  ///   - input: The input key material, which is not kept in wiped memory.
  ///   - info: What the bytes are for.
  ///   - count: How many bytes, 1 to `maximumCount`.
  /// - Returns: The bytes.
  package static func derivedBytes(
    ofPublic input: [UInt8], info: [UInt8], count: Int
  ) -> [UInt8] {
    precondition((1...maximumCount).contains(count), "HKDF derives 1 to \(maximumCount) bytes")
    return [UInt8](unsafeUninitializedCapacity: count) { output, initialized in
      input.withUnsafeBytes {
        derive(
          secret: $0, salt: [], info: info,
          into: UnsafeMutableBufferPointer(rebasing: output[..<count]))
      }
      initialized = count
    }
  }

  /// Returns the pseudorandom key of the first half of HKDF, for protocols that take the halves apart.
  ///
  /// - Parameters:
  ///   - secret: The input key material, of any length.
  ///   - salt: What keeps two users of one secret apart, or is the secret itself.
  /// - Returns: 32 bytes, in wiped memory.
  /// - Throws: `KeyError.noSecureMemory`.
  package static func pseudorandomKey(
    of secret: [UInt8], salt: UnsafeRawBufferPointer
  ) throws(KeyError) -> SecretBytes {
    try SecretBytes(count: HMACSHA256.length) { memory throws(KeyError) in
      secret.withUnsafeBytes { extract(secret: $0, salt: salt, into: memory) }
    }
  }

  /// Returns a key of the second half of HKDF.
  ///
  /// - Parameters:
  ///   - key: A pseudorandom key.
  ///   - info: What the key is for.
  ///   - count: How many bytes, 1 to `maximumCount`.
  /// - Returns: The key, in wiped memory.
  /// - Throws: `KeyError.noSecureMemory`.
  package static func expandedKey(
    of key: borrowing SecretBytes, info: [UInt8], count: Int
  ) throws(KeyError) -> SecretBytes {
    precondition((1...maximumCount).contains(count), "HKDF derives 1 to \(maximumCount) bytes")
    return try key.withUnsafeBytes { key throws(KeyError) in
      try SecretBytes(count: count) { memory throws(KeyError) in
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: HMACSHA256.length) { block in
          guard let start = block.baseAddress else { return }
          defer { sodium_memzero(start, block.count) }
          expand(
            key, info: info, block: start,
            into: UnsafeMutableBufferPointer(start: memory, count: count))
        }
      }
    }
  }

  /// Derives into memory that the caller wipes; it cannot fail.
  static func derive(
    secret: UnsafeRawBufferPointer, salt: [UInt8], info: [UInt8],
    into output: UnsafeMutableBufferPointer<UInt8>
  ) {
    // The pseudorandom key, and behind it one block of output.
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 2 * HMACSHA256.length) { memory in
      guard let extracted = memory.baseAddress else { return }
      defer { sodium_memzero(extracted, memory.count) }
      let block = extracted + HMACSHA256.length
      salt.withUnsafeBytes { extract(secret: secret, salt: $0, into: extracted) }
      expand(
        UnsafeRawBufferPointer(start: extracted, count: HMACSHA256.length), info: info,
        block: block, into: output)
    }
  }

  private static func extract(
    secret: UnsafeRawBufferPointer, salt: UnsafeRawBufferPointer,
    into output: UnsafeMutablePointer<UInt8>
  ) {
    var code = HMACSHA256(key: salt)
    code.append(secret)
    code.finish(into: output)
  }

  /// Expands a key; `block` is room for 32 bytes, which the caller wipes.
  private static func expand(
    _ key: UnsafeRawBufferPointer, info: [UInt8], block: UnsafeMutablePointer<UInt8>,
    into output: UnsafeMutableBufferPointer<UInt8>
  ) {
    var written = 0
    var number: UInt8 = 0
    while written < output.count {
      number += 1
      var code = HMACSHA256(key: key)
      if number > 1 {
        code.append(UnsafeRawBufferPointer(start: block, count: HMACSHA256.length))
      }
      code.append(info)
      code.append([number])
      code.finish(into: block)
      let count = min(HMACSHA256.length, output.count - written)
      for place in 0..<count { output[written + place] = block[place] }
      written += count
    }
  }
}
