import Foundation

/// What the name in a token may be.
package enum NameRule {
  /// Checks a name.
  ///
  /// Refused are control and format characters (bidirectional overrides and zero-width characters
  /// are format characters), line and paragraph separators, private-use characters, and those not
  /// assigned yet, for which nobody can tell what normalization form C is.
  ///
  /// - Throws: `.nameEmpty`, `.nameTooLong`, `.nameForbiddenCharacter` or `.nameNotNFC`.
  static func check(_ name: String) throws(VenueCodeError) {
    guard !name.isEmpty else { throw .nameEmpty }
    guard name.utf8.count <= VenueToken.maximumNameLength else {
      throw .nameTooLong(name.utf8.count)
    }
    var isPlain = true
    for scalar in name.unicodeScalars {
      if isLatinLetter(scalar) { continue }
      guard !isForbidden(scalar) else { throw .nameForbiddenCharacter(scalar) }
      isPlain = isPlain && isAlwaysNFC(scalar)
    }
    // Foundation builds a second string, which nearly no name needs.
    if isPlain { return }
    guard name.precomposedStringWithCanonicalMapping.utf8.elementsEqual(name.utf8) else {
      throw .nameNotNFC
    }
  }

  /// Returns whether a scalar is of the Latin blocks that a Vietnamese name is made of: allowed, and
  /// in normalization form C, without a look into the Unicode tables.
  package static func isLatinLetter(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0xad: false  // the soft hyphen, a format character
    case 0x20...0x7e, 0xa1...0x2ff, 0x1e00...0x1eff: true
    default: false
    }
  }

  package static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse,
      .unassigned:
      true
    default: false
    }
  }

  /// Returns whether a scalar is in a block where every scalar is in normalization form C whatever
  /// its neighbours in these blocks are: no combining mark, no character with a canonical
  /// replacement.
  ///
  /// Latin up to U+02FF, the Vietnamese letters of U+1E00–U+1EFF, and Chinese characters.
  package static func isAlwaysNFC(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0...0x2ff, 0x1e00...0x1eff, 0x4e00...0x9fff: true
    default: false
    }
  }
}
