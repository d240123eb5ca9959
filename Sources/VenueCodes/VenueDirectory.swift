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
public struct VenueDirectory: Sendable {
  /// Returns what is known of a venue.
  public let status: @Sendable (VenueID) -> VenueStatus

  /// Returns whether a print was reported lost or stolen, by venue, zone and serial.
  public let isRevoked: @Sendable (_ venue: VenueID, _ zone: UInt8, _ serial: UInt8) -> Bool

  /// Makes a directory of its two answers.
  ///
  /// - Parameters:
  ///   - status: What is known of a venue.
  ///   - isRevoked: Whether the print of a venue, zone and serial was reported lost or stolen.
  public init(
    status: @escaping @Sendable (VenueID) -> VenueStatus,
    isRevoked: @escaping @Sendable (_ venue: VenueID, _ zone: UInt8, _ serial: UInt8) -> Bool
  ) {
    self.status = status
    self.isRevoked = isRevoked
  }
}
