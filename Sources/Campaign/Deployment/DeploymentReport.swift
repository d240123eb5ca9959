public import VenueCodes
public import VenueRegistry

/// How far the venues of a registry have their posters, and whether anybody scans them.
///
/// It answers as of a day, the end of it: prints that were revoked later still count, and what was
/// scanned later does not. It is made of numbers for venues and days; who scanned is not in it.
///
///     let report = DeploymentReport(
///       registry: registry, prints: prints, activity: days, asOf: day)
///     print(report.total.counts.deployed, "of", report.total.counts.listed)
///
/// A registry does not say since when it lists a venue, so a venue that was added after the day is
/// listed all the same; one that was retired on the day or before is not.
public struct DeploymentReport: Hashable, Sendable {
  /// The days of the week that ends with the day of a report.
  public static let weekDays = 7
  /// The days of a chart: four weeks.
  public static let trendDays = 28

  /// One line: a part of the city with its numbers.
  public struct Row: Hashable, Sendable {
    /// The agency's id, the division's or the category's code; empty for all.
    public let key: String
    /// What people call it.
    public let name: BilingualName
    /// How deep a division lies in the one at the top: 1 for a district, 2 for a ward; else 0.
    public let depth: Int
    /// The numbers.
    public let counts: DeploymentCounts
    /// Its deadline, or nil when it has none.
    public let deadline: DeploymentDeadline?
  }

  /// A venue that somebody has to call.
  public struct FollowUp: Hashable, Sendable {
    /// The venue.
    public let venue: Venue
    /// The name of its agency.
    public let agency: BilingualName
    /// The names of the divisions it lies in, smallest first, without the topmost.
    public let divisions: [String]
    /// The day on which its newest print that counts was made, or nil when it has none.
    public let printedOn: LocalDay?
    /// Visits and scans that were entered without a code in the week, which show that the place is
    /// open.
    public let enteredInWeek: Int
  }

  /// All venues on one day of the chart.
  public struct TrendDay: Hashable, Sendable {
    /// The day.
    public let day: LocalDay
    /// Scans at the listed venues.
    public let scans: Int
    /// Listed venues with a scan.
    public let active: Int
    /// Listed venues with a print that counted.
    public let deployed: Int
  }

  /// The day that it is about.
  public let asOf: LocalDay
  /// Whether it is about all venues, and not about some agency, division or category.
  public let isConsolidated: Bool
  /// What it is about: the topmost division, or what the venues were narrowed to.
  public let subject: BilingualName
  /// All venues that it is about.
  public let total: Row
  /// A line for each agency.
  public let agencies: [Row]
  /// A line for each division below the topmost, each with all that lies in it.
  public let divisions: [Row]
  /// A line for each category.
  public let categories: [Row]
  /// Listed venues without a print that counts, by agency, division and name.
  public let notDeployed: [FollowUp]
  /// Venues with a print that counts and without a scan in the week, in the same order.
  public let silent: [FollowUp]
  /// The days up to this one of which the activity was given, at most four weeks, oldest first.
  public let trend: [TrendDay]
  /// Scans in the week at venues that are not listed: retired ones, and ones that the registry has
  /// not; only counted in a consolidated report.
  public let scansElsewhere: Int

  /// Makes a report.
  ///
  /// - Parameters:
  ///   - registry: The venues, agencies, divisions and categories.
  ///   - prints: Prints of any venues and days.
  ///   - activity: What happened on days; days that are not given had no scans.
  ///   - asOf: The day of the report.
  ///   - category: Only venues of this category.
  ///   - agency: Only venues of this agency.
  ///   - division: Only venues in this division and what lies in it.
  ///   - trendDays: The days of `trend`, this one included.
  /// - Complexity: O(v·d + p + a log a) for v venues, d days, p prints and a venues to follow up.
  public init(
    registry: Registry, prints: [PosterPrint], activity: [DayActivity], asOf: LocalDay,
    category: String? = nil, agency: String? = nil, division: String? = nil,
    trendDays: Int = DeploymentReport.weekDays
  ) {
    let listed = registry.venues(category: category, agency: agency, division: division)
      .filter { $0.isActive(on: asOf) }
    isConsolidated = category == nil && agency == nil && division == nil
    var counting = DeploymentCounting(
      registry: registry, venues: listed, prints: prints, activity: activity, asOf: asOf,
      isConsolidated: isConsolidated)
    counting.countAll()
    self.asOf = asOf
    subject = DeploymentReport.subject(registry, category, agency, division)
    total = counting.total(name: subject)
    agencies = counting.agencyRows(all: isConsolidated)
    divisions = counting.divisionRows(all: isConsolidated)
    categories = counting.categoryRows(all: isConsolidated)
    notDeployed = counting.followUps { !$0.isDeployed }
    silent = counting.followUps { $0.isDeployed && $0.scansInWeek == 0 }
    trend = counting.trend(days: trendDays)
    scansElsewhere = isConsolidated ? counting.scansElsewhere() : 0
  }

  private static func subject(
    _ registry: Registry, _ category: String?, _ agency: String?, _ division: String?
  ) -> BilingualName {
    let top = registry.divisions.first { $0.parent == nil }
    var parts: [BilingualName] = []
    if let agency { parts.append(registry.agency(agency)?.name ?? BilingualName(agency)) }
    if let category { parts.append(registry.category(category)?.name ?? BilingualName(category)) }
    if let division {
      parts.append(BilingualName(registry.division(division)?.name ?? division))
    }
    if parts.isEmpty { parts = [BilingualName(top?.name ?? "")] }
    return BilingualName(
      vietnamese: parts.map(\.vietnamese).joined(separator: ", "),
      english: parts.map(\.english).joined(separator: ", "))
  }
}

extension BilingualName {
  /// Makes the name of what has one name for all.
  init(_ name: String) {
    self.init(vietnamese: name, english: name)
  }
}
