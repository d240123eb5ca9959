public import VenueCodes

/// How much happened at each venue on one day: numbers only, and nothing of the people.
public struct DayActivity: Hashable, Sendable {
  /// The local day.
  public let day: LocalDay
  /// The number of scans that count, of venues that have any.
  public var scans: [VenueID: Int]
  /// The number of visits entered by hand or imported, of venues that have any.
  ///
  /// They show that people came, and not that anybody used the code.
  public var enteredVisits: [VenueID: Int]

  /// Makes the activity of a day.
  public init(
    day: LocalDay, scans: [VenueID: Int] = [:], enteredVisits: [VenueID: Int] = [:]
  ) {
    self.day = day
    self.scans = scans
    self.enteredVisits = enteredVisits
  }
}
