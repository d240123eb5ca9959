public import VenueCodes

/// A poster that was printed, as far as the deployment report needs to know it.
///
/// Days are the store's local days. What was only reserved is no print.
public struct PosterPrint: Hashable, Sendable {
  /// The venue on it.
  public let venue: VenueID
  /// The first day it is valid.
  public let firstDay: LocalDay
  /// The last day it is valid.
  public let lastDay: LocalDay
  /// The day its file was made.
  public let printedOn: LocalDay
  /// The day it was revoked, or nil while it counts.
  public let revokedOn: LocalDay?

  /// Makes a print; see the properties.
  public init(
    venue: VenueID, firstDay: LocalDay, lastDay: LocalDay, printedOn: LocalDay,
    revokedOn: LocalDay? = nil
  ) {
    self.venue = venue
    self.firstDay = firstDay
    self.lastDay = lastDay
    self.printedOn = printedOn
    self.revokedOn = revokedOn
  }

  /// The days on which it counts: made, valid and not revoked at the end of the day.
  ///
  /// A print that is revoked later still counts for the days before, because a report about a day
  /// says what was on the wall then.
  public var days: Range<LocalDay> {
    let start = max(printedOn, firstDay)
    let end = min(lastDay.advanced(by: 1), revokedOn ?? lastDay.advanced(by: 1))
    return start..<max(start, end)
  }
}
