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

/// What tells a print apart from every other: where it hangs, its serial, and when it begins.
public struct PrintMark: Hashable, Sendable {
  /// The venue in the code.
  public let venue: VenueID
  /// The zone in the code.
  public let zone: UInt8
  /// The serial in the code.
  public let serial: UInt8
  /// The first day in the code; a serial is used again when its print has expired.
  public let firstDay: LocalDay

  /// Makes the mark of a poster.
  public init(_ token: VenueToken) {
    venue = token.venue
    zone = token.zone
    serial = token.serial
    firstDay = token.firstDay
  }

  /// Makes the mark of a pre-signed day, all of whose minutes are one print.
  public init(_ token: ScreenToken) {
    venue = token.venue
    zone = token.zone
    serial = token.serial
    firstDay = token.day
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
  public let isRevoked: @Sendable (_ print: PrintMark, _ time: Int64) -> Bool

  /// Makes a directory of its two answers.
  ///
  /// - Parameters:
  ///   - status: What is known of a venue on a local day.
  ///   - isRevoked: Whether the print that a token is from had been reported lost or stolen by a moment.
  public init(
    status: @escaping @Sendable (_ venue: VenueID, _ day: LocalDay) -> VenueStatus,
    isRevoked: @escaping @Sendable (_ print: PrintMark, _ time: Int64) -> Bool
  ) {
    self.status = status
    self.isRevoked = isRevoked
  }
}
