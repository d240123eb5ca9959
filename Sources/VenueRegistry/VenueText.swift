internal import Foundation

/// What a text of the registry may hold.
enum VenueText {
  /// Returns the text in NFC.
  static func nfc(_ text: String) -> String {
    text.precomposedStringWithCanonicalMapping
  }

  /// Returns whether the text is NFC, scalar by scalar.
  static func isNFC(_ text: String) -> Bool {
    // What is ASCII is NFC; Swift's own `==` would call both forms equal.
    text.utf8.allSatisfy { $0 < 0x80 }
      || nfc(text).unicodeScalars.elementsEqual(text.unicodeScalars)
  }

  /// Returns the text as a registry keeps it: NFC, one space between words, none around.
  static func tidied(_ text: String) -> String {
    nfc(text.split(whereSeparator: \.isWhitespace).joined(separator: " "))
  }

  /// Says why a text cannot be kept as it is, or returns nil when it can.
  static func fault(in text: String, limit: Int) -> (code: String, message: String)? {
    if text.isEmpty { return ("empty", "is empty") }
    if text.utf8.count > limit { return ("too-long", "is longer than \(limit) bytes of UTF-8") }
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse,
        .unassigned:
        return (
          "invisible-character",
          "holds the invisible character U+\(String(scalar.value, radix: 16, uppercase: true))"
        )
      default: break
      }
    }
    if !isNFC(text) { return ("not-nfc", "is not in Unicode form NFC: type it again") }
    if text != tidied(text) { return ("spaces", "has spaces around it or twice in a row") }
    return nil
  }

  /// Returns the text in lower case without the marks on its letters; all else stays.
  static func withoutMarks(_ text: String) -> String {
    var plain = String.UnicodeScalarView()
    for scalar in text.lowercased().decomposedStringWithCanonicalMapping.unicodeScalars
    where scalar.properties.generalCategory != .nonspacingMark {
      plain.append(scalar == "đ" ? "d" : scalar)
    }
    return String(plain)
  }

  /// Returns the words of a text in lower case, without marks, split at all but letters and digits.
  static func plainWords(_ text: String) -> [String] {
    FoldedName.words(of: text).map { $0.letters }
  }

  /// Returns the text in lower case, without marks, spaces and punctuation, for finding by name.
  static func key(_ text: String) -> String {
    plainWords(text).joined()
  }
}
