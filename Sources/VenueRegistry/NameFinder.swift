/// Finds categories, agencies and divisions by what people write in a cell.
struct NameFinder {
  private let categories: [String: String]
  private let agencies: [String: String]
  private let divisions: [String: [Division]]
  private let divisionCodes: [String: Division]
  private let parents: [String: [Division]]
  private let abbreviations: [String: [FoldedName.Word]]
  /// A few codes to name in a message.
  let someCategories: String

  init(registry: Registry, abbreviations: [String: [FoldedName.Word]]) {
    self.abbreviations = abbreviations
    func letters(_ text: String) -> String {
      NameFinder.letters(text, abbreviations)
    }
    var categories: [String: String] = [:]
    for category in registry.categories {
      for name in [category.code, category.name.vietnamese, category.name.english]
      where categories[letters(name)] == nil {
        categories[letters(name)] = category.code
      }
    }
    self.categories = categories
    var agencies: [String: String] = [:]
    for agency in registry.agencies {
      for name in [agency.id, agency.name.vietnamese, agency.name.english]
      where agencies[letters(name)] == nil {
        agencies[letters(name)] = agency.id
      }
    }
    self.agencies = agencies
    var divisions: [String: [Division]] = [:]
    for division in registry.divisions {
      let full = letters(division.name)
      let kind = letters(division.kind)
      divisions[full, default: []].append(division)
      if full.hasPrefix(kind), full.count > kind.count {
        divisions[String(full.dropFirst(kind.count)), default: []].append(division)
      }
    }
    self.divisions = divisions
    divisionCodes = Dictionary(
      registry.divisions.map { ($0.code, $0) }, uniquingKeysWith: { first, _ in first })
    parents = Dictionary(
      registry.divisions.map { ($0.code, registry.divisionPath($0.code)) },
      uniquingKeysWith: { first, _ in first })
    someCategories = registry.categories.prefix(4).map(\.code).joined(separator: ", ")
  }

  func category(_ text: String) -> String? { categories[letters(text)] }

  func agency(_ text: String) -> String? { agencies[letters(text)] }

  /// Returns the divisions that a text may mean, smallest part first: `P. Minh Khai, Hồng Bàng`.
  func divisions(_ texts: [String]) -> [Division] {
    let parts = texts.flatMap { $0.split(separator: ",").map(String.init) }
      .map { VenueText.tidied($0) }.filter { !$0.isEmpty }
    guard let first = parts.first else { return [] }
    if parts.count == 1, let division = divisionCodes[first] { return [division] }
    let named = matches(first).filter { division in
      let around = parents[division.code, default: []].dropFirst()
      return parts.dropFirst().allSatisfy { part in
        let meant = matches(part)
        return around.contains { meant.contains($0) }
      }
    }
    // Where marks tell two names apart, the one that was written is meant.
    let exact = named.filter { isWritten(first, as: $0) }
    return exact.isEmpty ? named : exact
  }

  private func matches(_ text: String) -> [Division] {
    if let division = divisionCodes[text] { return [division] }
    return divisions[letters(text)] ?? []
  }

  private func isWritten(_ text: String, as division: Division) -> Bool {
    let written = spelling(text)
    let name = spelling(division.name)
    return written == name
      || name.hasSuffix(" " + written) && spelling(division.kind) + " " + written == name
  }

  private func spelling(_ text: String) -> String {
    FoldedName(text, abbreviations: abbreviations).words.map(\.spelling).joined(separator: " ")
  }

  private func letters(_ text: String) -> String {
    NameFinder.letters(text, abbreviations)
  }

  private static func letters(
    _ text: String, _ abbreviations: [String: [FoldedName.Word]]
  ) -> String {
    FoldedName(text, abbreviations: abbreviations).words.map(\.letters).joined()
  }
}
