/// Check-ins as Corona-Warn-App judges them by warnings.
///
/// - A check-in and a warning at one place share the time they overlap, to the second. Corona-Warn-App
///   for iOS rounds that to minutes; we do not.
/// - The minutes times the value of the warning's transmission risk level are normalized minutes. Those
///   of a check-in are added up by UTC day, over all warnings: two warnings of one time count twice.
/// - A day's level follows from the sum over its check-ins.
/// - Check-ins that their owner warned others with, and those that ended too long ago, do not count.
public struct CheckInRisk: Hashable, Sendable {
  /// A check-in on one UTC day.
  public struct Judged: Hashable, Sendable {
    /// Its place among the check-ins that were given.
    public let place: Int
    /// The days since 1970.
    public let day: Int
    /// Its minutes with warnings times their values.
    public let normalizedMinutes: Double
    /// Its level by its own minutes; nil when it has none.
    public let level: RiskLevel?
  }

  /// One UTC day.
  public struct Day: Hashable, Sendable {
    /// The days since 1970.
    public let day: Int
    /// The sum over its check-ins.
    public let normalizedMinutes: Double
    /// The day's level; nil when it has none.
    public let level: RiskLevel?
  }

  /// The check-ins that share time with a warning, by place and day.
  public let checkIns: [Judged]
  /// The days, ascending.
  public let days: [Day]

  /// Judges check-ins.
  ///
  /// - Parameters:
  ///   - checkIns: In any order.
  ///   - warnings: In any order.
  ///   - parameters: What they are judged by.
  ///   - now: The moment that ages count from, in Unix seconds; nil when none is too old.
  /// - Complexity: Linear in the pairs of a check-in and a warning at one place.
  public init(
    _ checkIns: [CheckIn], warnings: [CheckInWarning], by parameters: CheckInParameters,
    now: Int64? = nil
  ) {
    let byLocation = Dictionary(grouping: warnings, by: \.location)
    var shares: [Share] = []
    for (place, checkIn) in checkIns.enumerated() where !checkIn.isSubmitted {
      if let now, let days = parameters.maximumAge, now - checkIn.end > Int64(days) * 86_400 {
        continue
      }
      let parts = CheckIn.parts(from: checkIn.start, to: checkIn.end)
      for warning in byLocation[checkIn.location] ?? [] {
        for part in parts where part.overlaps(warning.span) {
          var share = checkIn
          (share.start, share.end) = (part.lowerBound, part.upperBound)
          shares.append(
            Share(
              place: place, day: UTCDay.containing(part.lowerBound),
              seconds: warning.sharedSeconds(with: share),
              transmissionRiskLevel: warning.transmissionRiskLevel))
        }
      }
    }
    self.init(shares, by: parameters)
  }

  /// Time that a check-in shares with one warning on one day.
  struct Share {
    var place: Int
    var day: Int
    var seconds: Int64
    var transmissionRiskLevel: Int
  }

  /// Judges shared times.
  init(_ shares: [Share], by parameters: CheckInParameters) {
    var minutes: [[Int]: Double] = [:]
    for share in shares {
      minutes[[share.place, share.day], default: 0] +=
        Double(share.seconds) / 60 * parameters.values.value(of: share.transmissionRiskLevel)
    }
    checkIns = minutes.keys.sorted { $0.lexicographicallyPrecedes($1) }.map { key in
      let normalized = minutes[key] ?? 0
      return Judged(
        place: key[0], day: key[1], normalizedMinutes: normalized,
        level: parameters.perCheckIn.level(of: normalized))
    }
    var byDay: [Int: Double] = [:]
    for one in checkIns { byDay[one.day, default: 0] += one.normalizedMinutes }
    days = byDay.keys.sorted().map { day in
      let normalized = byDay[day] ?? 0
      return Day(
        day: day, normalizedMinutes: normalized, level: parameters.perDay.level(of: normalized))
    }
  }
}
