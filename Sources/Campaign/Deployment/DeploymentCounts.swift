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
  /// Of those listed, venues that had a print that counted on any day up to this one.
  public var everDeployed = 0
  /// The latest of the days on which a venue had its first such print, or nil when none had.
  public var lastFirstDeployment: LocalDay?

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

  private func share(_ count: Int) -> Double? {
    listed == 0 ? nil : Double(count) / Double(listed)
  }

  /// Adds a listed venue.
  mutating func add(_ venue: VenueStanding) {
    listed += 1
    if venue.isDeployed { deployed += 1 }
    if venue.scansOnDay > 0 { activeOnDay += 1 }
    if venue.scansInWeek > 0 { activeInWeek += 1 }
    scansOnDay += venue.scansOnDay
    scansInWeek += venue.scansInWeek
    if let first = venue.firstDeployment {
      everDeployed += 1
      lastFirstDeployment = max(lastFirstDeployment ?? first, first)
    }
  }
}

/// What one venue adds to a report.
struct VenueStanding {
  var isDeployed = false
  /// The first day of any print that counted, up to the day of the report.
  var firstDeployment: LocalDay?
  /// The day on which the newest print that counts was made.
  var printedOn: LocalDay?
  var scansOnDay = 0
  var scansInWeek = 0
  var enteredInWeek = 0
}
