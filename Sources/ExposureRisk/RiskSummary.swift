/// What Corona-Warn-App shows its user: windows and check-ins together.
///
/// The app never adds minutes of Bluetooth to minutes of check-ins. Each day has a level by either,
/// and the higher is the day's; a day that has both is one day. (Early versions for Android counted
/// such a day twice.)
public struct RiskSummary: Hashable, Sendable {
  /// One UTC day that either says something of.
  public struct Day: Hashable, Sendable {
    /// The days since 1970.
    public let day: Int
    /// What the windows say.
    public let windows: WindowRisk.Day?
    /// What the check-ins say.
    public let checkIns: CheckInRisk.Day?

    /// The higher of the two levels; nil when there is neither.
    public var level: RiskLevel? {
      [windows?.level, checkIns?.level].compactMap { $0 }.max()
    }
  }

  /// The days, ascending.
  public let days: [Day]

  /// Joins what windows and check-ins say.
  public init(windows: WindowRisk, checkIns: CheckInRisk? = nil) {
    let ofWindows = Dictionary(
      windows.days.map { ($0.day, $0) }, uniquingKeysWith: { one, _ in one })
    let ofCheckIns = Dictionary(
      (checkIns?.days ?? []).map { ($0.day, $0) }, uniquingKeysWith: { one, _ in one })
    days = Set(ofWindows.keys).union(ofCheckIns.keys).sorted().map {
      Day(day: $0, windows: ofWindows[$0], checkIns: ofCheckIns[$0])
    }
  }

  /// The level in total: high when any day is.
  public var totalLevel: RiskLevel {
    days.contains { $0.level == .high } ? .high : .low
  }

  /// Returns the latest day of a level, or nil when there is none.
  public func mostRecentDay(with level: RiskLevel) -> Int? {
    days.last { $0.level == level }?.day
  }

  /// Returns how many days have a level.
  public func numberOfDays(with level: RiskLevel) -> Int {
    days.count { $0.level == level }
  }

  /// Returns the least number of Bluetooth encounters whose windows have a level.
  public func minimumDistinctEncounters(with level: RiskLevel) -> Int {
    days.reduce(0) { $0 + ($1.windows?.minimumDistinctEncounters[level] ?? 0) }
  }
}
