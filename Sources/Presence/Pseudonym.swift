/// A person as the store knows one: 16 bytes, the keyed hash of what a file or pass called them.
///
/// The key is outside the day files, so that a stolen store cannot be searched by phone number.
/// People are ordered by these bytes wherever an order is fixed.
public struct Pseudonym: Hashable, Comparable, Sendable {
  /// The first eight bytes, big-endian.
  public let high: UInt64
  /// The last eight bytes, big-endian.
  public let low: UInt64

  /// Makes a pseudonym of its two halves.
  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Hashes the first half only: both are a keyed hash already, which nobody outside can aim.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(high)
  }

  /// Orders pseudonyms as their bytes.
  public static func < (left: Pseudonym, right: Pseudonym) -> Bool {
    (left.high, left.low) < (right.high, right.low)
  }
}

extension Pseudonym: CustomStringConvertible {
  /// The short form: `s:` and the first 60 bits as 12 Crockford base32 symbols.
  public var description: String {
    let symbols = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
    var text = Array("s:".utf8)
    for shift in stride(from: 59, through: 4, by: -5) {
      text.append(symbols[Int(high >> UInt64(shift) & 31)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}
