public import VenueCodes

/// The numbers of one line of a deployment report.
public struct DeploymentCounts: Hashable, Sendable {
  /// Venues in use on the day of the report.
  public var listed = 0
  /// Of these, venues with a print that counts on the day.
  public var deployed = 0
  /// Of those listed, venues with a scan on the day.
  public var activeOnDay = 0
  /// Of those listed, venues with a scan in the seven days that end with the day.
  public var activeInWeek = 0
  /// Scans at the venues on the day.
  public var scansOnDay = 0
  /// Scans at the venues in the week.
  public var scansInWeek = 0
  /// Visits and scans that were entered without a code at the venues in the week.
  public var enteredInWeek = 0
  /// Of those listed, venues with a poster that fulfils the line's deadline: see
  /// `DeploymentDeadline`.
  public var fulfilled = 0
  /// The latest of the days since which these venues have that poster, or nil when none has.
  public var lastFulfilled: LocalDay?

  /// Makes the numbers of nothing.
  public init() {}

  /// Listed venues without a print that counts.
  public var notDeployed: Int { listed - deployed }

  /// The part of the listed venues that have a print that counts, or nil when none is listed.
  public var deployedShare: Double? { share(deployed) }

  /// The part of the listed venues with a scan on the day, or nil when none is listed.
  public var activeShare: Double? { share(activeOnDay) }

  /// The part of the listed venues with a scan in the week, or nil when none is listed.
  public var weekActiveShare: Double? { share(activeInWeek) }

  /// Scans a day, as the mean of the week.
  public var meanScansADay: Double { Double(scansInWeek) / Double(DeploymentReport.weekDays) }

  /// A share as it is shown with one decimal of a percent: nothing but the whole is 100 %.
  ///
  /// Of 10,000 venues with one missing, 99.99 % would be rounded to 100.0 %, as if all were done.
  public static func shown(_ share: Double) -> Double { share < 1 ? min(share, 0.999) : share }

  private func share(_ count: Int) -> Double? {
    listed == 0 ? nil : Double(count) / Double(listed)
  }

  /// Adds a listed venue.
  ///
  /// - Parameters:
  ///   - venue: The venue.
  ///   - since: The day since which it has the poster that fulfils the deadline, if it has one.
  mutating func add(_ venue: VenueStanding, fulfilled since: LocalDay?) {
    listed += 1
    if venue.isDeployed { deployed += 1 }
    if venue.scansOnDay > 0 { activeOnDay += 1 }
    if venue.scansInWeek > 0 { activeInWeek += 1 }
    scansOnDay += venue.scansOnDay
    scansInWeek += venue.scansInWeek
    enteredInWeek += venue.enteredInWeek
    if let since {
      fulfilled += 1
      lastFulfilled = max(lastFulfilled ?? since, since)
    }
  }
}

/// What one venue adds to a report.
struct VenueStanding {
  var isDeployed = false
  /// The day on which the newest print that counts was made.
  var printedOn: LocalDay?
  var scansOnDay = 0
  var scansInWeek = 0
  var enteredInWeek = 0
}
