/// What the registry knows of a venue.
public enum VenueStatus: Hashable, Sendable {
  /// Nothing.
  case unknown
  /// In use, under this name.
  case active(name: String)
  /// No longer in use; its last name.
  case retired(name: String)

  /// The name, or nil when the venue is unknown.
  public var name: String? {
    switch self {
    case .unknown: nil
    case .active(let name), .retired(let name): name
    }
  }
}

/// The two questions that the check of a code asks of the registry.
///
/// Both are asked for the day on which the code was scanned: a venue that closed yesterday was open
/// when last week's scans were made, and a serial is used again once its print has expired.
public struct VenueDirectory: Sendable {
  /// Returns what is known of a venue on a day.
  public let status: @Sendable (_ venue: VenueID, _ day: LocalDay) -> VenueStatus

  /// Returns whether the print of a venue, zone and serial that was valid on a day was reported
  /// lost or stolen.
  public let isRevoked:
    @Sendable (_ venue: VenueID, _ zone: UInt8, _ serial: UInt8, _ day: LocalDay) -> Bool

  /// Makes a directory of its two answers.
  ///
  /// - Parameters:
  ///   - status: What is known of a venue on a day.
  ///   - isRevoked: Whether the print of a venue, zone and serial that was valid on a day was
  ///     reported lost or stolen.
  public init(
    status: @escaping @Sendable (_ venue: VenueID, _ day: LocalDay) -> VenueStatus,
    isRevoked:
      @escaping @Sendable (
        _ venue: VenueID, _ zone: UInt8, _ serial: UInt8, _ day: LocalDay
      ) -> Bool
  ) {
    self.status = status
    self.isRevoked = isRevoked
  }
}
