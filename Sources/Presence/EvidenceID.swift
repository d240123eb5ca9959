/// The 16-byte id of one piece of evidence, made where the evidence was made: the idempotency key.
///
/// Written as a UUID. Ids made by `checkin` are version 7 (time-ordered); an id derived from a row
/// that has none is version 8 (RFC 9562).
public struct EvidenceID: Hashable, Comparable, Sendable {
  /// The first eight bytes, big-endian.
  public let high: UInt64
  /// The last eight bytes, big-endian.
  public let low: UInt64

  /// Makes an id of its two halves.
  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Makes a time-ordered id (UUID version 7) from a time and random bits.
  ///
  /// - Parameters:
  ///   - milliseconds: Unix time in milliseconds.
  ///   - generator: Where the random bits come from.
  public init(
    atMilliseconds milliseconds: Int64, using generator: inout some RandomNumberGenerator
  ) {
    let time = UInt64(bitPattern: milliseconds) << 16
    self.init(
      high: time | 0x7000 | (generator.next() & 0x0fff),
      low: 0x8000_0000_0000_0000 | (generator.next() >> 2))
  }

  /// Makes the id of a row that has none from a digest of its content (UUID version 8).
  public init(contentDigest high: UInt64, _ low: UInt64) {
    self.init(
      high: (high & ~0xf000) | 0x8000,
      low: (low & 0x3fff_ffff_ffff_ffff) | 0x8000_0000_0000_0000)
  }

  /// Reads a UUID in its usual form, with or without hyphens, or returns nil.
  public init?(_ text: some StringProtocol) {
    self.init(utf8: Array(text.utf8)[...])
  }

  /// Reads a UUID in its usual form, with or without hyphens, or returns nil.
  public init?(utf8 text: ArraySlice<UInt8>) {
    // An import reads a million of these: no branch looks at the digits, which are random, and what
    // is wrong with any of them is found at the end.
    let isHyphenated = text.count == 36
    guard isHyphenated || text.count == 32 else { return nil }
    let bytes = text.span
    var halves: (UInt64, UInt64) = (0, 0)
    var place = 0
    var fault: UInt8 = 0
    for digit in 0..<32 {
      if isHyphenated, digit == 8 || digit == 12 || digit == 16 || digit == 20 {
        fault |= bytes[place] ^ UInt8(ascii: "-")
        place += 1
      }
      let decimal = bytes[place] &- UInt8(ascii: "0")
      let letter = (bytes[place] | 0x20) &- UInt8(ascii: "a")
      fault |= decimal < 10 || letter < 6 ? 0 : 1
      halves.0 = halves.0 << 4 | halves.1 >> 60
      halves.1 = halves.1 << 4 | UInt64(decimal < 10 ? decimal : letter &+ 10)
      place += 1
    }
    guard fault == 0 else { return nil }
    self.init(high: halves.0, low: halves.1)
  }

  /// Orders ids as their bytes.
  public static func < (left: EvidenceID, right: EvidenceID) -> Bool {
    (left.high, left.low) < (right.high, right.low)
  }
}

extension EvidenceID: CustomStringConvertible {
  /// The usual form of a UUID, lower case.
  public var description: String {
    var text: [UInt8] = []
    text.reserveCapacity(36)
    append(to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// Appends the 36 bytes of the usual form, lower case.
  public func append(to buffer: inout [UInt8]) {
    append(high, from: 60, through: 32, to: &buffer)
    buffer.append(UInt8(ascii: "-"))
    append(high, from: 28, through: 16, to: &buffer)
    buffer.append(UInt8(ascii: "-"))
    append(high, from: 12, through: 0, to: &buffer)
    buffer.append(UInt8(ascii: "-"))
    append(low, from: 60, through: 48, to: &buffer)
    buffer.append(UInt8(ascii: "-"))
    append(low, from: 44, through: 0, to: &buffer)
  }

  private func append(
    _ half: UInt64, from first: Int, through last: Int, to buffer: inout [UInt8]
  ) {
    for shift in stride(from: first, through: last, by: -4) {
      let digit = UInt8(truncatingIfNeeded: half >> UInt64(shift)) & 15
      buffer.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit)
    }
  }
}
