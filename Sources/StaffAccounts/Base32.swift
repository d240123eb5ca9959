/// Base32 without padding (RFC 4648, section 6), which secrets and recovery codes are written in.
public enum Base32 {
  private static let symbols = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

  /// Returns the text of bytes.
  public static func text(of bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count * 8 + 4) / 5)
    var bits: UInt32 = 0
    var count = 0
    for byte in bytes {
      bits = bits << 8 | UInt32(byte)
      count += 8
      while count >= 5 {
        count -= 5
        text.append(symbols[Int(bits >> UInt32(count) & 31)])
      }
    }
    if count > 0 { text.append(symbols[Int(bits << UInt32(5 - count) & 31)]) }
    return String(decoding: text, as: UTF8.self)
  }

  /// Returns the bytes of a text as a person types it, or nil when it is none.
  ///
  /// Case does not matter, spaces and dashes are passed over, and 0, 1 and 8, which are no symbols,
  /// are read as O, I and B. Left-over bits must be zero, so that bytes have one text.
  ///
  /// - Complexity: O(n) in the text.
  public static func bytes(of text: some StringProtocol) -> [UInt8]? {
    var bytes: [UInt8] = []
    var bits: UInt32 = 0
    var count = 0
    for symbol in text.utf8 {
      let value: UInt8
      switch symbol {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = symbol - UInt8(ascii: "A")
      case UInt8(ascii: "a")...UInt8(ascii: "z"): value = symbol - UInt8(ascii: "a")
      case UInt8(ascii: "2")...UInt8(ascii: "7"): value = symbol - UInt8(ascii: "2") + 26
      case UInt8(ascii: "0"): value = 14
      case UInt8(ascii: "1"): value = 8
      case UInt8(ascii: "8"): value = 1
      case UInt8(ascii: " "), UInt8(ascii: "-"): continue
      default: return nil
      }
      bits = (bits << 5 | UInt32(value)) & 0xfff
      count += 5
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
    }
    guard count < 5, bits & ((1 << UInt32(count)) - 1) == 0 else { return nil }
    return bytes
  }
}
