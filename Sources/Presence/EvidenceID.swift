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
    var halves: (UInt64, UInt64) = (0, 0)
    var digits = 0
    var place = 0
    for byte in text.utf8 {
      defer { place += 1 }
      if byte == UInt8(ascii: "-") {
        guard place == 8 || place == 13 || place == 18 || place == 23 else { return nil }
        continue
      }
      let digit: UInt8
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
      default: return nil
      }
      guard digits < 32 else { return nil }
      if digits < 16 {
        halves.0 = halves.0 << 4 | UInt64(digit)
      } else {
        halves.1 = halves.1 << 4 | UInt64(digit)
      }
      digits += 1
    }
    guard digits == 32, place == 32 || place == 36 else { return nil }
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
