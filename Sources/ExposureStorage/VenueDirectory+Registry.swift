public import VenueCodes
public import VenueRegistry

extension VenueDirectory {
  /// Makes a directory of a registry and the prints that a store knows to be revoked.
  public init(registry: Registry, revokedPrints: RevokedPrints) {
    self.init(
      status: { id, day in
        guard let venue = registry.venue(id) else { return .unknown }
        return venue.isActive(on: day) ? .active(name: venue.name) : .retired(name: venue.name)
      },
      isRevoked: { token, time in
        let place = PrintPlace(venue: token.venue, zone: token.zone, serial: token.serial)
        return revokedPrints.contains(place, firstDay: token.firstDay, at: time)
      })
  }
}

extension ExposureStore {
  /// The prefix of codes where a store says nothing else.
  public static let defaultCodePrefix = "https://qr.haiphong.gov.vn/#"

  /// Returns the prefix of the codes that this store prints.
  ///
  /// - Throws: `StoreError`, or what makes the stored text no prefix.
  public func codePrefix() throws -> URLPrefix {
    try URLPrefix(try value(of: .urlPrefix) ?? ExposureStore.defaultCodePrefix)
  }
}
