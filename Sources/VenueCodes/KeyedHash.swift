internal import CDigest
internal import CSodium

/// HMAC-SHA-256 cut to its first 16 bytes, for pseudonyms that only the holder of the key can make.
///
/// The key's two half-way states are computed once, which halves the work on short inputs and is
/// what lets an import hash a million rows in well under a second of processor time. Key and
/// states live in wiped memory.
public final class KeyedHash: Sendable {
  /// The bytes of a key.
  public static let keyLength: Int = 32

  /// The state after the key and the domain, copied for each hash.
  private let prepared: SecretBytes

  /// Prepares a key.
  ///
  /// - Parameters:
  ///   - key: 32 secret bytes.
  ///   - domain: What the hashes are for. With it, hashes of one key for two purposes never agree;
  ///     it goes in front of every input, with a zero byte behind it. Empty is plain HMAC.
  /// - Throws: `KeyError.wrongLength`, or `.noSecureMemory`.
  public init(key: borrowing SecretBytes, domain: String = "") throws(KeyError) {
    guard key.count == KeyedHash.keyLength else {
      throw .wrongLength(expected: KeyedHash.keyLength, found: key.count)
    }
    let prefix = domain.isEmpty ? [] : Array(domain.utf8) + [0]
    self.prepared = try key.withPointer { key throws(KeyError) in
      let size = MemoryLayout<crypto_auth_hmacsha256_state>.size
      return try SecretBytes(count: size) { memory throws(KeyError) in
        memory.withMemoryRebound(to: crypto_auth_hmacsha256_state.self, capacity: 1) { state in
          _ = crypto_auth_hmacsha256_init(state, key, KeyedHash.keyLength)
          _ = crypto_auth_hmacsha256_update(state, prefix, UInt64(prefix.count))
        }
      }
    }
  }

  /// Returns the first 16 bytes of the hash as two big-endian halves.
  ///
  /// - Parameter bytes: The input, of any length.
  /// - Returns: The halves of a `Pseudonym` or another 16-byte id.
  public func hash(_ bytes: Span<UInt8>) -> (high: UInt64, low: UInt64) {
    bytes.withUnsafeBufferPointer { hash($0) }
  }

  /// Returns the first 16 bytes of the hash of 16 bytes, both as two big-endian halves.
  public func hash(high: UInt64, low: UInt64) -> (high: UInt64, low: UInt64) {
    withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) {
      $0.withMemoryRebound(to: UInt8.self) { hash($0) }
    }
  }

  private func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> (high: UInt64, low: UInt64) {
    prepared.withUnsafeBytes { prepared in
      var output: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
      withUnsafeMutablePointer(to: &output) { output in
        output.withMemoryRebound(to: UInt8.self, capacity: 32) { output in
          if SHA256.isFast {
            // The C function is `checkin_digest_hmac`.
            checkin_digest_hmac(
              prepared.baseAddress?.assumingMemoryBound(to: checkin_digest_hmac_begun.self),
              bytes.baseAddress, bytes.count, output)
          } else {
            // `final` wipes the copy.
            var state = prepared.load(as: crypto_auth_hmacsha256_state.self)
            _ = crypto_auth_hmacsha256_update(&state, bytes.baseAddress, UInt64(bytes.count))
            _ = crypto_auth_hmacsha256_final(&state, output)
          }
        }
      }
      return (UInt64(bigEndian: output.0), UInt64(bigEndian: output.1))
    }
  }

  /// Returns the hash of a text's UTF-8 bytes.
  public func hash(_ text: String) -> (high: UInt64, low: UInt64) {
    hash(text.utf8.span)
  }
}

extension KeyedHash: CustomStringConvertible, CustomReflectable {
  /// A fixed word: a key never prints itself.
  public var description: String { "KeyedHash(redacted)" }

  /// A mirror without children, so that `dump` shows nothing either.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
