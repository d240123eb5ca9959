internal import CommandKit
internal import JSONText
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
