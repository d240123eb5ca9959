internal import CommandKit
internal import JSONText
internal import VenueCodes
internal import VenueRegistry

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
