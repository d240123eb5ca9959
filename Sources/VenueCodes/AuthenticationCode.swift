/// The first 128 bits of an HMAC, compared in a time that tells nothing of them.
///
/// Not `Equatable`: the operators of Swift stop at the first difference, and who can measure that
/// learns a code byte by byte.
struct AuthenticationCode: Sendable {
  let high: UInt64
  let low: UInt64

  init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Reads the 16 bytes at an address.
  init(_ bytes: UnsafePointer<UInt8>) {
    var halves: (UInt64, UInt64) = (0, 0)
    for place in 0..<8 {
      halves.0 = halves.0 << 8 | UInt64(bytes[place])
      halves.1 = halves.1 << 8 | UInt64(bytes[8 + place])
    }
    self.init(high: halves.0, low: halves.1)
  }

  /// Returns whether the first bits are the same, in the same time whatever they are.
  ///
  /// - Parameters:
  ///   - other: The claimed code; bits behind `bitCount` are not looked at.
  ///   - bitCount: 64 to 128.
  /// - Returns: False for every difference alike.
  func agrees(with other: AuthenticationCode, bitCount: Int = 128) -> Bool {
    let mask = bitCount == 64 ? 0 : UInt64.max << UInt64(128 - bitCount)
    return (high ^ other.high) | ((low ^ other.low) & mask) == 0
  }
}

/// Reads big-endian numbers out of a code.
extension Span<UInt8> {
  /// Returns the number in so many bytes, at most 8, from a place on.
  func bigEndian(at place: Int, count: Int) -> UInt64 {
    var value: UInt64 = 0
    for offset in 0..<count { value = value << 8 | UInt64(self[place + offset]) }
    return value
  }
}

/// Appends the low bytes of a number, the most significant first.
func appendBigEndian(_ number: UInt64, byteCount: Int, to bytes: inout [UInt8]) {
  for place in stride(from: byteCount - 1, through: 0, by: -1) {
    bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(8 * place)))
  }
}
