/// A person as the store knows one: 16 bytes, the keyed hash of what a file or pass called them.
///
/// The key is outside the day files, so that a stolen store cannot be searched by phone number.
/// People are ordered by these bytes wherever an order is fixed.
public struct Pseudonym: Hashable, Comparable, Sendable, BitwiseCopyable {
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
    var text: [UInt8] = []
    text.reserveCapacity(14)
    append(to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// Appends the 14 bytes of the short form.
  public func append(to buffer: inout [UInt8]) {
    buffer.append(UInt8(ascii: "s"))
    buffer.append(UInt8(ascii: ":"))
    for shift in stride(from: 59, through: 4, by: -5) {
      buffer.append(Self.symbols[Int(high >> UInt64(shift) & 31)])
    }
  }

  private static let symbols = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

  /// Reads the short form, or returns nil when the text is anything else.
  ///
  /// - Returns: The first 60 bits of the pseudonym, in the low bits.
  public static func first60Bits(ofShortForm text: some StringProtocol) -> UInt64? {
    let bytes = Array(text.utf8)
    guard bytes.count == 14, bytes.starts(with: "s:".utf8) else { return nil }
    var bits: UInt64 = 0
    for byte in bytes.dropFirst(2) {
      guard let symbol = symbols.firstIndex(of: byte) else { return nil }
      bits = bits << 5 | UInt64(symbol)
    }
    return bits
  }
}
