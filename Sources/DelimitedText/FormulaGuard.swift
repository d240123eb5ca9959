/// Keeps a spreadsheet from taking a cell of ours for a formula.
///
/// A cell whose first character that is not space or invisible is one of `= + - @`, their
/// full-width twins, tab, CR or LF gets a leading apostrophe, which spreadsheets take as "this is
/// text". A negative number stays as it is; a leading plus does not, because a spreadsheet would
/// drop it from a telephone number. `removed(from:)` undoes exactly what `applied(to:)` did, for
/// any text:
///
///     FormulaGuard.applied(to: "=1+1")    // '=1+1
///     FormulaGuard.applied(to: "-12.5")   // -12.5
///     FormulaGuard.applied(to: "'=1+1")   // ''=1+1
///
/// The rule follows OWASP's "CSV Injection" page, with the gaps of one shipped escape (first
/// character only, a character range written by mistake) closed.
public enum FormulaGuard {
  static let mark = UInt8(ascii: "'")

  /// Returns the text as it is safe to put in a cell.
  public static func applied(to text: String) -> String {
    needsGuard(text) ? "'" + text : text
  }

  /// Returns the text that `applied(to:)` was given.
  public static func removed(from text: String) -> String {
    guard text.utf8.first == mark, needsGuard(text.unicodeScalars.dropFirst()) else { return text }
    return String(text.unicodeScalars.dropFirst())
  }

  static func needsGuard(_ text: String) -> Bool {
    guard let first = text.utf8.first else { return false }
    // Letters and digits are nearly all there is; the rest is looked at closely.
    if first >= 0x30,
      first <= 0x39 || (0x41...0x5A).contains(first) || (0x61...0x7A).contains(first)
    {
      return false
    }
    return needsGuard(text.unicodeScalars[...])
  }

  static func isGuarded(_ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.first == mark
      && needsGuard(String(decoding: bytes, as: UTF8.self).unicodeScalars.dropFirst())
  }

  private static func needsGuard(_ text: Substring.UnicodeScalarView) -> Bool {
    // Apostrophes first: a text that looks guarded gets one more, so that undoing is exact.
    let unmarked = text.drop { $0 == "'" }
    if let first = unmarked.first, first == "\t" || first == "\r" || first == "\n" { return true }
    guard let first = unmarked.first(where: { !isInvisible($0) }), isTrigger(first) else {
      return false
    }
    return unmarked.startIndex != text.startIndex || !isNegativeNumber(text)
  }

  private static func isTrigger(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "=", "+", "-", "@": true
    case "\u{FF1D}", "\u{FF0B}", "\u{FF0D}", "\u{FF20}": true  // full-width
    case "\u{FE66}", "\u{FE62}", "\u{FE63}", "\u{FE6B}": true  // small
    default: false
    }
  }

  private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.properties.isWhitespace || scalar.properties.isDefaultIgnorableCodePoint {
      return true
    }
    switch scalar.properties.generalCategory {
    case .control, .format: return true
    default: return false
    }
  }

  /// Whether the whole text is a minus, digits, and perhaps a fraction and an exponent.
  private static func isNegativeNumber(_ text: Substring.UnicodeScalarView) -> Bool {
    let isDigit: (Unicode.Scalar) -> Bool = { ("0"..."9").contains($0) }
    guard text.first == "-" else { return false }
    var rest = text.dropFirst()
    guard let whole = rest.first, isDigit(whole) else { return false }
    rest = rest.drop(while: isDigit)
    if let point = rest.first, point == "." || point == "," {
      rest = rest.dropFirst()
      guard let digit = rest.first, isDigit(digit) else { return false }
      rest = rest.drop(while: isDigit)
    }
    if let letter = rest.first, letter == "e" || letter == "E" {
      rest = rest.dropFirst()
      if let sign = rest.first, sign == "+" || sign == "-" { rest = rest.dropFirst() }
      guard let digit = rest.first, isDigit(digit) else { return false }
      rest = rest.drop(while: isDigit)
    }
    return rest.isEmpty
  }
}
