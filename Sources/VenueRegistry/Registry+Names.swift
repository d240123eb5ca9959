extension Venue {
  /// Returns a text as the registry keeps names: NFC, one space between words, none around.
  ///
  /// A terminal or a form may give letters in pieces and stray spaces; a venue with such a name is
  /// refused, so names that people type pass through here first.
  public static func tidied(_ text: String) -> String {
    VenueText.tidied(text)
  }
}

extension Registry {
  /// Returns the category of a code or a name in either language, with or without marks.
  public func category(matching text: String) -> VenueCategory? {
    category(text) ?? finder().category(text).flatMap { category($0) }
  }

  /// Returns the agency of an id or a name in either language, with or without marks.
  public func agency(matching text: String) -> Agency? {
    agency(text) ?? finder().agency(text).flatMap { agency($0) }
  }

  /// Returns the divisions that a code or a name may mean: `P. Minh Khai, Hồng Bàng`.
  ///
  /// The smallest division stands first, those around it after commas; the kind may be left out.
  public func divisions(matching text: String) -> [Division] {
    finder().divisions([text])
  }

  /// Returns the venues whose name or alias holds a text, without regard to case and marks.
  ///
  /// - Complexity: O(n) in the number of venues.
  public func venues(matching text: String) -> [Venue] {
    let table = FoldedName.table(of: abbreviations)
    func letters(_ text: String) -> String {
      FoldedName(text, abbreviations: table).words.map(\.letters).joined(separator: " ")
    }
    let wanted = letters(text)
    guard !wanted.isEmpty else { return [] }
    return venues.filter { venue in
      ([venue.name] + venue.aliases).contains { letters($0).contains(wanted) }
    }
  }

  private func finder() -> NameFinder {
    NameFinder(registry: self, abbreviations: FoldedName.table(of: abbreviations))
  }
}
