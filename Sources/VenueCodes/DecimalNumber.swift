/// Bytes as one zero-padded decimal number, and back.
///
/// The number is worked on in 64-bit limbs in fixed space: both directions of a 120-byte token take
/// about a hundred limb multiplications, a hundredth of a signature check. Writing takes 19 digits at
/// a time, the most that a limb holds; reading takes 16, two words of eight ASCII digits, because a
/// door that knows a code does little else.
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

  /// Returns the place of the first byte that is no ASCII digit, or nil when all are.
  ///
  /// - Complexity: O(n), eight bytes at a time.
  static func firstNonDigit(in text: Span<UInt8>) -> Int? {
    text.withUnsafeBytes { bytes in
      var place = 0
      while place + 8 <= bytes.count {
        let word = bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)
        // A high bit comes up in a byte above `9` by the sum, in one below `0` by the difference; a
        // carry can only reach a byte above another that is no digit either.
        let above = word &+ 0x4646_4646_4646_4646
        let below = word &- 0x3030_3030_3030_3030
        guard (above | below) & 0x8080_8080_8080_8080 == 0 else { break }
        place += 8
      }
      while place < bytes.count {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[place]) else { return place }
        place += 1
      }
      return nil
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
    let fits = digits.withUnsafeBytes { text in
      var used = 0
      var place = text.count % 16
      var carry: UInt64 = 0
      for digit in text[..<place] { carry = carry &* 10 &+ UInt64(digit &- UInt8(ascii: "0")) }
      if carry != 0 {
        limbs[0] = carry
        used = 1
      }
      while place < text.count {
        carry =
          number(ofWord: text.loadUnaligned(fromByteOffset: place, as: UInt64.self)) &* 100_000_000
          &+ number(ofWord: text.loadUnaligned(fromByteOffset: place + 8, as: UInt64.self))
        for limb in 0..<used {
          let product = limbs[limb].multipliedFullWidth(by: 10_000_000_000_000_000)
          let (low, overflow) = product.low.addingReportingOverflow(carry)
          limbs[limb] = low
          carry = product.high &+ (overflow ? 1 : 0)
        }
        if carry != 0 {
          guard used < capacity else { return false }
          limbs[used] = carry
          used += 1
        }
        place += 16
      }
      return true
    }
    guard fits else { return nil }
    if byteCount % 8 != 0, limbs[capacity - 1] >> UInt64(byteCount % 8 * 8) != 0 { return nil }
    return [UInt8](unsafeUninitializedCapacity: byteCount) { output, initialized in
      let output = UnsafeMutableRawBufferPointer(output)
      for limb in 0..<(byteCount / 8) {
        output.storeBytes(
          of: limbs[limb].bigEndian, toByteOffset: byteCount - 8 * (limb + 1), as: UInt64.self)
      }
      for place in 0..<(byteCount % 8) {
        output[place] = UInt8(
          truncatingIfNeeded: limbs[capacity - 1] >> UInt64((byteCount % 8 - 1 - place) * 8))
      }
      initialized = byteCount
    }
  }

  /// The number that eight ASCII digits are, the first of them in the lowest byte of a word.
  ///
  /// Each step joins neighbours: bytes to pairs, pairs to fours, fours to eight.
  @inline(__always)
  private static func number(ofWord word: UInt64) -> UInt64 {
    let word = UInt64(littleEndian: word) & 0x0f0f_0f0f_0f0f_0f0f
    let pairs = (word &* (10 << 8 + 1)) >> 8 & 0x00ff_00ff_00ff_00ff
    let fours = (pairs &* (100 << 16 + 1)) >> 16 & 0x0000_ffff_0000_ffff
    return (fours &* (10_000 << 32 + 1)) >> 32
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
