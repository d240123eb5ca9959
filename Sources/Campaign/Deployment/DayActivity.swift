public import VenueCodes

/// How much happened at each venue on one day: numbers only, and nothing of the people.
public struct DayActivity: Hashable, Sendable {
  /// The local day.
  public let day: LocalDay
  /// The number of scans with a verified code or pass, of venues that have any.
  public var scans: [VenueID: Int]
  /// The number of visits and scans entered without a code, of venues that have any.
  ///
  /// They show that people came, and not that anybody used the code.
  public var entered: [VenueID: Int]

  /// Makes the activity of a day.
  public init(
    day: LocalDay, scans: [VenueID: Int] = [:], entered: [VenueID: Int] = [:]
  ) {
    self.day = day
    self.scans = scans
    self.entered = entered
  }
}
