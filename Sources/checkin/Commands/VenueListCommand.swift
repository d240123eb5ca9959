internal import CommandKit
internal import VenueCodes
internal import VenueRegistry

/// `checkin venue list`: prints the venues of the registry.
struct VenueListCommand: Sendable {
  var filter = VenueFilter()
  var includesRetired = false

  static let command = Command(
    "list", "Prints the venues of the registry", VenueListCommand(),
    VenueFilter.parameters(
      category: \.filter.category, agency: \.filter.agency, division: \.filter.division) + [
        .flag("--retired", \.includesRetired, help: "Print retired venues too")
      ],
    examples: [
      Example("checkin venue list --category market", "Print the markets"),
      Example("checkin venue list --division 303 --json", "Print a district's venues as JSON"),
    ],
    run: { options, context in try options.run(context) })

  private func run(_ context: Context) throws -> ExitStatus {
    let registry = try Workspace(context).registry()
    let venues = try filter.venues(of: registry).filter { includesRetired || $0.retiredOn == nil }
    if context.json {
      try context.output.json { json in
        json.array(venues) { json, venue in
          json.object { json in VenueText.write(venue, of: registry, to: &json) }
        }
      }
      return .done
    }
    var table = Table([.whole("ID"), "Name", "Category", "Agency", "Division"])
    for venue in venues {
      table.append(
        "\(venue.id)", venue.name, venue.category, venue.agency,
        registry.division(venue.division)?.name ?? venue.division)
    }
    try context.output.table(table)
    context.talk.note(counted(venues.count, "venue"))
    return .done
  }
}

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

/// How a venue is printed.
enum VenueText {
  /// Writes the fields of a venue into an open JSON object.
  static func write(_ venue: Venue, of registry: Registry, to json: inout JSONWriter) {
    json.field("id", "\(venue.id)")
    json.field("name", venue.name)
    json.field("category", venue.category)
    json.field("space", registry.category(of: venue)?.space.rawValue)
    json.field("agency", venue.agency)
    json.field("division", venue.division)
    json.key("zones")
    json.array(venue.zones) { json, zone in
      json.object {
        $0.field("number", Int(zone.number))
        $0.field("name", zone.name)
      }
    }
    json.field("signed_name", venue.signedName)
    json.field("address", venue.address)
    json.field("parent", venue.parent.map { "\($0)" })
    json.field("opening_hours", registry.openingHours(of: venue).map { "\($0)" })
    json.field("default_stay_minutes", registry.category(of: venue)?.defaultStayMinutes)
    json.field("aliases", venue.aliases)
    json.field("retired_on", venue.retiredOn.map { "\($0)" })
  }
}
