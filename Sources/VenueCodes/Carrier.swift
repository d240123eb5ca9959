/// How a token travels: as one zero-padded decimal number, alone or behind `#` of an address.
///
/// The number has exactly ⌈8n · log10 2⌉ digits for n bytes, so that a string of digits has one
/// reading and a token one spelling.
///
/// Nothing around the code is forgiven, no white space and no line end: whoever reads lines takes
/// the line ends off first. A code with something else in it is then never read as a valid one.
public struct Carrier: Sendable {
  /// The most digits of any code.
  public static let maximumDigitCount: Int = DecimalNumber.digitCount(
    ofBytes: DecimalNumber.maximumByteCount)

  /// The addresses that may stand before the digits.
  public let prefixes: [URLPrefix]

  /// Makes a carrier that knows some addresses, besides bare digits.
  ///
  /// - Parameter prefixes: The current address and those of older prints.
  public init(prefixes: [URLPrefix] = []) {
    self.prefixes = prefixes
  }

  /// Returns the bytes of a scanned text.
  ///
  /// - Parameter text: The bytes a scanner gave, of any length and any content.
  /// - Returns: The bytes of what may be a token: 1 to 120.
  /// - Throws: `.empty`, `.notDigits`, `.foreignURL`, `.wrongDigitCount` or `.numberTooLarge`.
  /// - Complexity: O(n) in the text, plus O(k²) in the bytes of a token, k ≤ 120.
  public func bytes(decoding text: Span<UInt8>) throws(VenueCodeError) -> [UInt8] {
    guard let start = try digitsStart(in: text) else { throw .foreignURL }
    let digits = text.extracting(start...)
    guard !digits.isEmpty else { throw .empty }
    if let place = DecimalNumber.firstNonDigit(in: digits) { throw .notDigits(at: start + place) }
    guard let byteCount = DecimalNumber.byteCount(ofDigits: digits.count) else {
      throw .wrongDigitCount(digits.count)
    }
    guard let bytes = DecimalNumber.bytes(ofDigits: digits, byteCount: byteCount) else {
      throw .numberTooLarge
    }
    return bytes
  }

  /// Returns the bytes of a scanned text.
  ///
  /// - Parameter text: The text a scanner gave, of any length and any content.
  /// - Returns: The bytes of what may be a token: 1 to 120.
  /// - Throws: `.empty`, `.notDigits`, `.foreignURL`, `.wrongDigitCount` or `.numberTooLarge`.
  public func bytes(decoding text: String) throws(VenueCodeError) -> [UInt8] {
    try bytes(decoding: text.utf8.span)
  }

  /// Returns the digits of a token's bytes, the numeric segment of its QR code.
  ///
  /// - Parameter bytes: 120 at most, which every token keeps to.
  /// - Returns: Exactly `digitCount(ofBytes:)` digits.
  public static func digits(of bytes: Span<UInt8>) -> String {
    String(decoding: DecimalNumber.digits(of: bytes), as: UTF8.self)
  }

  /// Returns how many digits a token of so many bytes has.
  public static func digitCount(ofBytes byteCount: Int) -> Int {
    DecimalNumber.digitCount(ofBytes: byteCount)
  }

  /// Returns where the digits begin, or nil behind a foreign address.
  private func digitsStart(in text: Span<UInt8>) throws(VenueCodeError) -> Int? {
    guard !text.isEmpty else { throw .empty }
    if Carrier.isDigit(text[0]) { return 0 }
    for prefix in prefixes {
      if let start = prefix.digitsStart(in: text) { return start }
    }
    if Carrier.hasScheme(text) { return nil }
    return 0
  }

  /// Returns whether a text begins with letters and a colon, as an address or a foreign code does.
  private static func hasScheme(_ text: Span<UInt8>) -> Bool {
    for place in text.indices {
      switch text[place] {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): continue
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"),
        UInt8(ascii: "."):
        guard place > 0 else { return false }
      case UInt8(ascii: ":"): return place > 0
      default: return false
      }
    }
    return false
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
