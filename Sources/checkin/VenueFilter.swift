internal import CommandKit
internal import VenueRegistry

/// Which venues a command is about.
struct VenueFilter: Sendable {
  var category: String?
  var agency: String?
  var division: String?

  /// The options that narrow a command to some venues.
  static func parameters<Root>(
    category: Property<Root, String?>, agency: Property<Root, String?>,
    division: Property<Root, String?>
  ) -> [Parameter<Root>] {
    [
      .option(
        "--category", category, value: "CODE", help: "Only this category, such as market"),
      .option("--agency", agency, value: "ID", help: "Only the venues of this agency"),
      .option(
        "--division", division, value: "CODE",
        help: "Only this district, ward or commune and what is in it"),
    ]
  }

  /// Whether nothing was asked for.
  var isEmpty: Bool { category == nil && agency == nil && division == nil }

  /// Throws when the registry does not know the category, agency or division.
  func check(in registry: Registry) throws {
    func check(_ word: String?, _ what: String, _ file: String, _ known: [String]) throws {
      guard let word, !known.contains(word) else { return }
      throw CommandError(
        "--\(what): the registry has no \(what) '\(word)'",
        hint: closest(to: word, in: known).map { "did you mean \($0)?" }
          ?? "\(file) in the registry's folder has those there are",
        code: "unknown-\(what)", status: .usage)
    }
    try check(category, "category", "categories.csv", registry.categories.map(\.code))
    try check(agency, "agency", "agencies.csv", registry.agencies.map(\.id))
    try check(division, "division", "divisions.csv", registry.divisions.map(\.code))
  }

  /// Returns the venues asked for.
  ///
  /// - Throws: `CommandError` when the registry does not know the category, agency or division.
  func venues(of registry: Registry) throws -> [Venue] {
    try check(in: registry)
    return registry.venues(category: category, agency: agency, division: division)
  }
}
