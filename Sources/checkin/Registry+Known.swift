internal import CommandKit
internal import VenueCodes
internal import VenueRegistry

extension Registry {
  /// Returns a venue, or an error that says it is not there.
  func known(_ id: VenueID) throws -> Venue {
    guard let venue = venue(id) else {
      throw CommandError(
        "the registry has no venue \(id)", hint: "see `checkin venue list`",
        code: "unknown-venue")
    }
    return venue
  }
}
