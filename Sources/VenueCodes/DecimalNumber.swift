/// Bytes as one zero-padded decimal number, and back.
///
/// The number is worked on in 64-bit limbs, 19 digits at a time, in fixed space: both directions of
/// a 120-byte token take about a hundred limb multiplications, a hundredth of a signature check.
enum DecimalNumber {
  /// The most bytes that are written this way: a named token.
  static let maximumByteCount = 120

  private static let limbCount = maximumByteCount / 8
  private static let digitsPerChunk = 19
  private static let chunk: UInt64 = 10_000_000_000_000_000_000

  /// ⌊(2^128 − 1) ∕ 10^19⌋ − 2^64: turns the division by 10^19 into a multiplication.
  private static let chunkReciprocal: UInt64 = 0xd83c_94fb_6d2a_c34a

  /// Returns ⌈8n · log10 2⌉, the digits of n bytes.
  ///
  /// The fraction 30103 ∕ 100000 is just above log10 2; up to `maximumByteCount` (and far beyond) it
  /// never crosses a whole number on the way, which a test counts out.
  static func digitCount(ofBytes byteCount: Int) -> Int {
    (8 * byteCount * 30_103 + 99_999) / 100_000
  }

  /// Returns how many bytes so many digits stand for, or nil when no number of bytes has as many.
  static func byteCount(ofDigits digitCount: Int) -> Int? {
    guard digitCount > 0, digitCount <= self.digitCount(ofBytes: maximumByteCount) else {
      return nil
    }
    let byteCount = digitCount * 100_000 / (8 * 30_103)
    return self.digitCount(ofBytes: byteCount) == digitCount ? byteCount : nil
  }

  /// Writes bytes as ASCII digits.
  ///
  /// - Parameter bytes: `maximumByteCount` at most.
  /// - Returns: `digitCount(ofBytes:)` digits.
  /// - Complexity: O(n²) in the bytes, n ≤ 120.
  static func digits(of bytes: Span<UInt8>) -> [UInt8] {
    precondition(bytes.count <= maximumByteCount)
    var limbs = InlineArray<15, UInt64>(repeating: 0)
    for place in bytes.indices {
      let fromEnd = bytes.count - 1 - place
      limbs[fromEnd / 8] |= UInt64(bytes[place]) << UInt64(fromEnd % 8 * 8)
    }
    var used = (bytes.count + 7) / 8
    let count = digitCount(ofBytes: bytes.count)
    return [UInt8](unsafeUninitializedCapacity: count) { output, initialized in
      var end = count
      while end > 0 {
        var rest: UInt64 = 0
        for limb in stride(from: used - 1, through: 0, by: -1) {
          (limbs[limb], rest) = dividedByChunk(high: rest, low: limbs[limb])
        }
        while used > 0, limbs[used - 1] == 0 { used -= 1 }
        let start = max(0, end - digitsPerChunk)
        for place in stride(from: end - 1, through: start, by: -1) {
          output[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
          rest /= 10
        }
        end = start
      }
      initialized = count
    }
  }

  /// Reads ASCII digits as so many bytes, or returns nil when the number needs more.
  ///
  /// - Parameters:
  ///   - digits: Digits only; the caller has looked.
  ///   - byteCount: `maximumByteCount` at most.
  /// - Returns: `byteCount` bytes, or nil.
  /// - Complexity: O(n²) in the bytes, n ≤ 120.
  static func bytes(ofDigits digits: Span<UInt8>, byteCount: Int) -> [UInt8]? {
    precondition(byteCount <= maximumByteCount)
    var limbs = InlineArray<15, UInt64>(repeating: 0)
    let capacity = (byteCount + 7) / 8
    var used = 0
    var place = 0
    var end = digits.count % digitsPerChunk
    if end == 0 { end = min(digitsPerChunk, digits.count) }
    while place < digits.count {
      var carry: UInt64 = 0
      while place < end {
        carry = carry &* 10 &+ UInt64(digits[place] &- UInt8(ascii: "0"))
        place += 1
      }
      for limb in 0..<used {
        let product = limbs[limb].multipliedFullWidth(by: chunk)
        let (low, overflow) = product.low.addingReportingOverflow(carry)
        limbs[limb] = low
        carry = product.high &+ (overflow ? 1 : 0)
      }
      if carry != 0 {
        guard used < capacity else { return nil }
        limbs[used] = carry
        used += 1
      }
      end += digitsPerChunk
    }
    if byteCount % 8 != 0, limbs[capacity - 1] >> UInt64(byteCount % 8 * 8) != 0 { return nil }
    return [UInt8](unsafeUninitializedCapacity: byteCount) { output, initialized in
      for place in 0..<byteCount {
        let fromEnd = byteCount - 1 - place
        output[place] = UInt8(truncatingIfNeeded: limbs[fromEnd / 8] >> UInt64(fromEnd % 8 * 8))
      }
      initialized = byteCount
    }
  }

  /// Divides a two-limb number by 10^19, without a divide instruction.
  ///
  /// Algorithm 4 of N. Möller and T. Granlund, "Improved division by invariant integers"; 10^19 has
  /// its top bit set, as the algorithm wants. The high limb must be less than 10^19, as every
  /// remainder is.
  @inline(__always)
  private static func dividedByChunk(high: UInt64, low: UInt64) -> (UInt64, UInt64) {
    let product = chunkReciprocal.multipliedFullWidth(by: high)
    let (fraction, overflow) = product.low.addingReportingOverflow(low)
    var quotient = product.high &+ high &+ (overflow ? 1 : 0) &+ 1
    var rest = low &- quotient &* chunk
    if rest > fraction {
      quotient &-= 1
      rest = rest &+ chunk
    }
    if rest >= chunk {
      quotient &+= 1
      rest &-= chunk
    }
    return (quotient, rest)
  }
}
