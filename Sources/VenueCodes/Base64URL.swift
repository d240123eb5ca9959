internal import CSodium

/// Base64url without padding (RFC 4648, section 5), in its one canonical spelling.
enum Base64URL {
  /// Returns the text of bytes.
  static func text(of bytes: [UInt8]) -> String {
    let capacity = sodium_base64_encoded_len(
      bytes.count, Int32(sodium_base64_VARIANT_URLSAFE_NO_PADDING))
    var text = [CChar](repeating: 0, count: capacity)
    // The C function is `sodium_bin2base64`; it ends the text with a zero.
    sodium_bin2base64(
      &text, text.count, bytes, bytes.count, Int32(sodium_base64_VARIANT_URLSAFE_NO_PADDING))
    return String(decoding: text.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// Returns the bytes of a text, or nil when it is anything but base64url without padding.
  ///
  /// The C function is `sodium_base642bin`; it refuses left-over bits that are not zero.
  static func bytes(of text: String) -> [UInt8]? {
    let symbols = text.utf8.map(CChar.init(bitPattern:))
    var bytes = [UInt8](repeating: 0, count: symbols.count * 3 / 4 + 1)
    var length = 0
    // Without an end pointer the library fails on anything behind the last symbol.
    let result = sodium_base642bin(
      &bytes, bytes.count, symbols, symbols.count, nil, &length, nil,
      Int32(sodium_base64_VARIANT_URLSAFE_NO_PADDING))
    guard result == 0 else { return nil }
    return Array(bytes[..<length])
  }
}
