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
/// Both are about the moment of the scan, not of the check: a scan that arrives late is judged as it
/// would have been at the door.
public struct VenueDirectory: Sendable {
  /// Returns what is known of a venue on a local day.
  public let status: @Sendable (_ venue: VenueID, _ day: LocalDay) -> VenueStatus

  /// Returns whether the print that a genuine token is from was reported lost or stolen by a moment,
  /// in Unix seconds.
  public let isRevoked: @Sendable (_ token: VenueToken, _ time: Int64) -> Bool

  /// Makes a directory of its two answers.
  ///
  /// - Parameters:
  ///   - status: What is known of a venue on a local day.
  ///   - isRevoked: Whether the print a token is from had been reported lost or stolen by a moment.
  public init(
    statusOnDay status: @escaping @Sendable (_ venue: VenueID, _ day: LocalDay) -> VenueStatus,
    isRevokedAtTime isRevoked: @escaping @Sendable (_ token: VenueToken, _ time: Int64) -> Bool
  ) {
    self.status = status
    self.isRevoked = isRevoked
  }

  /// Makes a directory whose answers are the same at any time.
  ///
  /// - Parameters:
  ///   - status: What is known of a venue.
  ///   - isRevoked: Whether the print of a venue, zone and serial was reported lost or stolen.
  public init(
    status: @escaping @Sendable (VenueID) -> VenueStatus,
    isRevoked: @escaping @Sendable (_ venue: VenueID, _ zone: UInt8, _ serial: UInt8) -> Bool
  ) {
    self.init(
      statusOnDay: { venue, _ in status(venue) },
      isRevokedAtTime: { token, _ in isRevoked(token.venue, token.zone, token.serial) })
  }
}
