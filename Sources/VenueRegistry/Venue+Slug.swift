extension Venue {
  /// The name in plain letters with hyphens, for the names of files: `cho-sat`.
  ///
  /// Letters and digits of ASCII only, 60 bytes at most; empty when the name has none.
  public var slug: String { Venue.slug(of: name) }

  /// Returns a name in plain letters with hyphens; see `slug`.
  public static func slug(of name: String) -> String {
    var slug = ""
    for word in FoldedName.words(of: name) {
      let letters = word.letters.filter { $0.isASCII && ($0.isLetter || $0.isNumber) }
      guard !letters.isEmpty, slug.utf8.count + letters.utf8.count < 60 else { continue }
      if !slug.isEmpty { slug += "-" }
      slug += letters
    }
    return slug
  }
}
