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
      salt.withUnsafeBytes { salt in
        var extract = HMACSHA256(key: salt)
        extract.append(secret)
        extract.finish(into: extracted)
      }
      var written = 0
      var number: UInt8 = 0
      while written < output.count {
        number += 1
        var expand = HMACSHA256(
          key: UnsafeRawBufferPointer(start: extracted, count: HMACSHA256.length))
        if number > 1 {
          expand.append(UnsafeRawBufferPointer(start: block, count: HMACSHA256.length))
        }
        expand.append(info)
        expand.append([number])
        expand.finish(into: block)
        let count = min(HMACSHA256.length, output.count - written)
        for place in 0..<count { output[written + place] = block[place] }
        written += count
      }
    }
  }
}
