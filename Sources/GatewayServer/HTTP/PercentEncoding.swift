/// The escapes of URLs, such as `%C3%A9`.
enum PercentEncoding {
  /// Undoes the escapes; nil when one is cut off, or when the bytes are no UTF-8 or hold a zero.
  ///
  /// - Parameters:
  ///   - text: The part of a URL.
  ///   - plusIsSpace: Whether a plus sign stands for a space, as it does in a query.
  /// - Returns: The text, or nil.
  static func decoded(_ text: Substring.UTF8View, plusIsSpace: Bool = false) -> String? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var rest = text.makeIterator()
    while let byte = rest.next() {
      switch byte {
      case UInt8(ascii: "%"):
        guard let high = rest.next().flatMap(digit), let low = rest.next().flatMap(digit) else {
          return nil
        }
        bytes.append(high << 4 | low)
      case UInt8(ascii: "+") where plusIsSpace: bytes.append(0x20)
      default: bytes.append(byte)
      }
    }
    guard !bytes.contains(0) else { return nil }
    return String(validating: bytes, as: UTF8.self)
  }

  /// Reads a query; nil when an escape in it is wrong or when it has too many parameters.
  static func query(_ text: Substring.UTF8View) -> [(name: String, value: String)]? {
    var items: [(name: String, value: String)] = []
    for pair in text.split(separator: UInt8(ascii: "&")) {
      guard items.count < mostItems else { return nil }
      let equals = pair.firstIndex(of: UInt8(ascii: "="))
      guard let name = decoded(pair[..<(equals ?? pair.endIndex)], plusIsSpace: true) else {
        return nil
      }
      var value = ""
      if let equals {
        guard let text = decoded(pair[pair.index(after: equals)...], plusIsSpace: true) else {
          return nil
        }
        value = text
      }
      items.append((name, value))
    }
    return items
  }

  /// The most parameters that a query may have.
  static let mostItems = 64

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x41 + 10
    case 0x61...0x66: byte - 0x61 + 10
    default: nil
    }
  }
}
