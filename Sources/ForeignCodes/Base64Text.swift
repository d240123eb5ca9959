/// Base64 as foreign formats write it (RFC 4648, sections 4 and 5).
///
/// Bits that stand for nothing must be zero and padding, where there is any, complete, so that
/// a string of bytes has few spellings.
package enum Base64Text {
  /// Which symbols 62 and 63 have.
  package enum Alphabet {
    /// `+` and `/`.
    case standard
    /// `-` and `_`.
    case url
    /// Either, as readers of the Corona-Warn-App's codes take them.
    case either
  }

  /// Returns the bytes of a text, or nil when it is no base64 of the alphabet.
  ///
  /// - Parameters:
  ///   - text: The text.
  ///   - alphabet: Its symbols.
  ///   - isPadded: Whether `=` may stand at the end; it never must.
  /// - Returns: The bytes.
  package static func bytes(
    of text: ArraySlice<UInt8>, _ alphabet: Alphabet, isPadded: Bool
  ) -> [UInt8]? {
    let symbols = text.last == UInt8(ascii: "=") ? text.dropPadding() : text
    let padding = text.count - symbols.count
    guard padding == 0 || isPadded && padding <= 2 && text.count % 4 == 0 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(symbols.count * 3 / 4)
    var bits: UInt32 = 0
    var count = 0
    for symbol in symbols {
      guard let value = value(of: symbol, alphabet) else { return nil }
      bits = bits << 6 | value
      count += 6
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
    }
    guard count < 6, bits & (1 << UInt32(count) - 1) == 0 else { return nil }
    return bytes
  }

  /// Returns the base64 of bytes, of the standard alphabet and padded.
  package static func text(of bytes: ArraySlice<UInt8>) -> String {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    var rest = bytes
    while !rest.isEmpty {
      let group = Array(rest.prefix(3))
      rest = rest.dropFirst(3)
      var bits: UInt32 = 0
      for place in 0..<3 { bits = bits << 8 | (place < group.count ? UInt32(group[place]) : 0) }
      for place in 0..<4 {
        text.append(
          place <= group.count
            ? symbols[Int(bits >> UInt32(18 - 6 * place) & 63)] : UInt8(ascii: "="))
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  private static let symbols = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  private static func value(of symbol: UInt8, _ alphabet: Alphabet) -> UInt32? {
    switch symbol {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(symbol - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(symbol - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(symbol - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "+") where alphabet != .url: 62
    case UInt8(ascii: "/") where alphabet != .url: 63
    case UInt8(ascii: "-") where alphabet != .standard: 62
    case UInt8(ascii: "_") where alphabet != .standard: 63
    default: nil
    }
  }
}

extension ArraySlice<UInt8> {
  fileprivate func dropPadding() -> ArraySlice<UInt8> {
    var rest = self
    while rest.last == UInt8(ascii: "=") { rest.removeLast() }
    return rest
  }

  /// Returns what follows a prefix of ASCII, or nil when the text begins otherwise.
  ///
  /// - Parameters:
  ///   - prefix: What must stand there, in lower case as far as case does not matter.
  ///   - count: How many bytes of it are read in any case.
  /// - Returns: The rest.
  func dropping(_ prefix: String, inAnyCase count: Int = 0) -> ArraySlice<UInt8>? {
    var place = startIndex
    for (number, wanted) in prefix.utf8.enumerated() {
      guard place < endIndex else { return nil }
      var byte = self[place]
      if number < count, (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) { byte |= 0x20 }
      guard byte == wanted else { return nil }
      place += 1
    }
    return self[place...]
  }

  /// Returns what follows an address's scheme and host, which are read in any case.
  func dropping(origin: String) -> ArraySlice<UInt8>? {
    dropping(origin, inAnyCase: origin.utf8.count)
  }
}

extension UInt8 {
  /// Whether the byte is a decimal digit.
  var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
  /// Whether the byte is an ASCII letter.
  var isLetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) }
}
