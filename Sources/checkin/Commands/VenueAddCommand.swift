internal import CommandKit
internal import ExposureStorage
internal import JSONText
internal import VenueCodes
internal import VenueRegistry

/// `checkin venue add`: adds one venue to the registry.
struct VenueAddCommand: Sendable {
  var name = Required<String>()
  var category = Required<String>()
  var agency: String?
  var division = Required<String>()
  var address: String?
  var shortName: String?
  var parent: VenueWord?
  var zones: [ZoneWord] = []
  var hours: HoursWord?

  static let command = Command(
    "add", "Adds a venue to the registry", VenueAddCommand(),
    [
      .argument("NAME", \.name, help: "The venue's full name"),
      .option("--category", \.category, value: "CODE", help: "Its category, such as market"),
      .option(
        "--division", \.division, value: "CODE", help: "The ward, commune or district it is in"),
      .option("--agency", \.agency, value: "ID", help: "The agency in charge; else the category's"),
      .option("--address", \.address, help: "Street and number"),
      .option("--short-name", \.shortName, help: "The name on the code, 41 bytes at most"),
      .option("--parent", \.parent, help: "The venue it is part of"),
      .options("--zone", \.zones, value: "N=NAME", help: "A zone, such as 1=Sảnh"),
      .option("--hours", \.hours, help: "Its own opening hours"),
    ],
    shared: .dryRun,
    examples: [
      Example(
        "checkin venue add 'Chợ Mới' --category market --division 11341 --zone '1=Cổng chính'",
        "Add a market with an entrance")
    ],
    run: { options, context in try options.run(context) })

  private func run(_ context: Context) throws -> ExitStatus {
    let workspace = Workspace(context)
    var generator = SystemRandomNumberGenerator()
    func make(in registry: Registry) throws -> Venue {
      let category = self.category.wrappedValue
      let division = self.division.wrappedValue
      try VenueFilter(category: category, agency: agency, division: division).check(in: registry)
      guard
        let agency = agency ?? registry.defaultAgency(category: category, division: division)?.id
      else {
        throw UsageError("no agency is in charge of \(category)", hint: "give --agency")
      }
      return Venue(
        id: registry.unusedID(using: &generator),
        name: name.wrappedValue.precomposed, shortName: shortName?.precomposed,
        category: category, agency: agency, division: division, address: address?.precomposed,
        parent: parent?.id, zones: zones.map(\.zone), openingHours: hours?.hours)
    }
    let venue: Venue
    if context.isDryRun {
      var registry = try workspace.registry()
      venue = try make(in: registry)
      try registry.add(venue)
    } else {
      venue = try workspace.registryFolder.update { registry in
        let venue = try make(in: registry)
        try registry.add(venue)
        return venue
      }
    }
    let registry = try workspace.registry()
    for diagnostic in registry.check() where diagnostic.message.contains("\(venue.id)") {
      context.talk.warning(diagnostic.message)
    }
    if context.json {
      try context.output.json { json in
        json.object { json in VenueText.write(venue, of: registry, to: &json) }
      }
    } else {
      try context.output.line("\(venue.id)  \(venue.name)")
      if context.isDryRun { context.talk.note("nothing was changed") }
    }
    return .done
  }
}

/// A zone on the command line: `1=Sảnh`.
struct ZoneWord: ArgumentValue {
  let zone: Zone

  init(argument: String) throws(InvalidArgument) {
    guard let sign = argument.firstIndex(of: "="), let number = UInt8(argument[..<sign]), number > 0
    else { throw InvalidArgument() }
    zone = Zone(number: number, name: String(argument[argument.index(after: sign)...]).precomposed)
  }

  static var kind: String { "a zone such as 1=Sảnh" }
  var argumentText: String { "\(zone.number)=\(zone.name)" }
}

/// Opening hours on the command line.
struct HoursWord: ArgumentValue {
  let hours: OpeningHours

  init(argument: String) throws(InvalidArgument) {
    guard let hours = OpeningHours(parsing: argument) else { throw InvalidArgument() }
    self.hours = hours
  }

  static var kind: String { "hours such as 07:30-17:00, or 24h" }
  static var placeholder: String { "HOURS" }
  var argumentText: String { "\(hours)" }
}
