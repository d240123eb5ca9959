internal import CSodium

/// A 16-byte BLAKE2b digest of a record's fields, for ids that follow from content.
///
/// Fields are framed by their length, so that `"ab", "c"` and `"a", "bc"` differ. It is no secret
/// and no signature: anyone who knows the content knows the digest.
///
///     var digest = ContentDigest(domain: "visit")
///     digest.append("0912")
///     digest.append("2026-01-01")
///     let (high, low) = digest.finish()
///
/// A value keeps its memory from one record to the next.
public struct ContentDigest: Sendable {
  private var content: [UInt8] = []
  private let domainLength: Int

  /// Starts a digest.
  ///
  /// - Parameter domain: What kind of record it is; digests of two kinds never agree.
  public init(domain: String) {
    ContentDigest.append(domain.utf8.span, to: &content)
    self.domainLength = content.count
  }

  /// Adds a field.
  public mutating func append(_ field: Span<UInt8>) {
    ContentDigest.append(field, to: &content)
  }

  /// Adds a field of text, as its UTF-8 bytes.
  public mutating func append(_ field: String) {
    ContentDigest.append(field.utf8.span, to: &content)
  }

  /// Adds a field that is a number.
  public mutating func append(_ number: Int64) {
    // Straight into the content: an import digests five numbers a row.
    appendBigEndian(UInt32(MemoryLayout<Int64>.size), to: &content)
    appendBigEndian(number, to: &content)
  }

  /// Returns the digest as two big-endian halves and begins the next record of the same domain.
  ///
  /// The C function is `crypto_generichash`.
  public mutating func finish() -> (high: UInt64, low: UInt64) {
    let result = ContentDigest.digest(of: content.span)
    content.removeSubrange(domainLength...)
    return result
  }

  /// Returns the plain BLAKE2b-256 of bytes, for chains of records.
  ///
  /// The C function is `crypto_generichash`.
  public static func longDigest(of bytes: Span<UInt8>) -> [UInt8] {
    _ = Sodium.isReady
    var digest = [UInt8](repeating: 0, count: 32)
    bytes.withUnsafeBufferPointer { bytes in
      // It fails only for lengths of digest or key that it does not know.
      _ = crypto_generichash(&digest, 32, bytes.baseAddress, UInt64(bytes.count), nil, 0)
    }
    return digest
  }

  /// Returns the plain BLAKE2b-128 of bytes as two big-endian halves.
  ///
  /// The C function is `crypto_generichash`.
  public static func digest(of bytes: Span<UInt8>) -> (high: UInt64, low: UInt64) {
    // Only makes the library choose its fastest code; the digest does not need it.
    _ = Sodium.isReady
    var output: (UInt64, UInt64) = (0, 0)
    withUnsafeMutablePointer(to: &output) { output in
      output.withMemoryRebound(to: UInt8.self, capacity: 16) { output in
        bytes.withUnsafeBufferPointer { bytes in
          // It cannot fail for this length.
          _ = crypto_generichash(output, 16, bytes.baseAddress, UInt64(bytes.count), nil, 0)
        }
      }
    }
    return (UInt64(bigEndian: output.0), UInt64(bigEndian: output.1))
  }

  private static func append(_ field: Span<UInt8>, to content: inout [UInt8]) {
    appendBigEndian(UInt32(field.count), to: &content)
    field.withUnsafeBufferPointer { content.append(contentsOf: $0) }
  }
}

/// Appends a number's bytes, the most significant first.
func appendBigEndian<Number: FixedWidthInteger>(_ number: Number, to bytes: inout [UInt8]) {
  withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
}
