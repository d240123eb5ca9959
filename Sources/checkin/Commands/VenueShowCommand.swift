internal import CommandKit
internal import ExposureStorage
internal import JSONText
internal import VenueCodes
internal import VenueRegistry

/// `checkin venue show`: prints all that is known of a venue.
struct VenueShowCommand: Sendable {
  var venue = Required<VenueWord>()

  static let command = Command(
    "show", "Prints all that is known of a venue", VenueShowCommand(),
    [.argument("VENUE", \.venue, help: "The venue's id")],
    examples: [Example("checkin venue show C4C6BHFZC", "Show a hotel with its prints")],
    run: { options, context in try options.run(context) })

  private func run(_ context: Context) throws -> ExitStatus {
    let workspace = Workspace(context)
    let registry = try workspace.registry()
    let venue = try registry.known(self.venue.wrappedValue.id)
    let prints = try workspace.storeIfThere()?.prints(of: venue.id) ?? []
    let parts = registry.children(of: venue.id)
    if context.json {
      try context.output.json { json in
        json.object { json in
          VenueText.write(venue, of: registry, to: &json)
          json.field("parts", parts.map { "\($0.id)" })
          json.key("prints")
          json.array(prints) { json, print in
            json.object {
              $0.field("zone", Int(print.request.zone))
              $0.field("serial", Int(print.serial))
              $0.field("key_id", Int(print.request.keyID))
              $0.field("valid_from", "\(print.request.firstDay)")
              $0.field("valid_to", "\(print.request.lastDay)")
              $0.field("revoked", print.revokedAt != nil)
              $0.field("reason", print.revokeReason)
            }
          }
        }
      }
      return .done
    }
    let category = registry.category(of: venue)
    var rows: [(String, String?)] = [
      ("Id", venue.id.grouped), ("Name", venue.name), ("On the code", venue.signedName),
      ("Category", category.map { "\($0.name.vietnamese) (\($0.code), \($0.space.rawValue))" }),
      ("Agency", registry.agency(venue.agency).map { "\($0.name.vietnamese) (\($0.id))" }),
      (
        "Division",
        registry.divisionPath(venue.division).map(\.name).joined(separator: ", ")
      ),
      ("Address", venue.address),
      ("Open", registry.openingHours(of: venue).map { "\($0)" }),
      (
        "Usual stay",
        category.map {
          $0.defaultStayMinutes == 0 ? "until check-out" : "\($0.defaultStayMinutes) min"
        }
      ),
      ("Part of", venue.parent.map { id in "\(registry.venue(id)?.name ?? "") (\(id))" }),
      ("Also called", venue.aliases.isEmpty ? nil : venue.aliases.joined(separator: ", ")),
      ("Retired on", venue.retiredOn.map { "\($0)" }),
    ]
    rows += venue.zones.map { ("Zone \($0.number)", $0.name) }
    rows += parts.map { ("Has part", "\($0.name) (\($0.id))") }
    rows += prints.map { print in
      let reason = print.revokeReason.flatMap { $0.isEmpty ? nil : ": \($0)" } ?? ""
      let state = print.revokedAt == nil ? "" : ", revoked\(reason)"
      return (
        "Print \(print.serial)",
        "zone \(print.request.zone), \(print.request.firstDay) to \(print.request.lastDay)\(state)"
      )
    }
    try context.output.table(Table(properties: rows))
    return .done
  }
}
