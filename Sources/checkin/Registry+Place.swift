internal import CommandKit
internal import VenueCodes
internal import VenueRegistry

extension Registry {
  /// Returns a venue and the number of one of its zones, as a person asked for them.
  ///
  /// - Parameters:
  ///   - venue: The venue.
  ///   - zone: The zone; nil is the whole venue.
  /// - Returns: The venue, and the zone's number; 0 is the whole venue.
  /// - Throws: `CommandError` for a venue or a zone that is not there.
  func place(
    _ venue: VenueID, zone: Int?
  ) throws -> (venue: Venue, zone: UInt8) {
    let known = try known(venue)
    let number = UInt8(clamping: zone ?? 0)
    guard number == 0 || known.zone(numbered: number) != nil else {
      throw CommandError(
        "\(known.name) (\(known.id)) has no zone \(number)",
        hint: "see `checkin venue show \(known.id)`", code: "unknown-zone")
    }
    return (known, number)
  }
}
