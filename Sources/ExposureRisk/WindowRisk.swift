/// Exposure windows as Corona-Warn-App judges them.
///
/// This is what is computed; the app's own test cases pin it down:
///
/// - The minutes of a window are those since the scan before, each weighted by the smallest
///   attenuation heard, not the usual one. Scans that go back in time count 0.
/// - The minutes times the value of the window's transmission risk level are its *normalized
///   minutes*. They are never rounded.
/// - Windows that a filter drops, and windows whose normalized minutes have no level, count nowhere.
/// - A UTC day's level follows from the sum over its windows. Days without a level do not count.
/// - Encounters are told apart by day, level of the window, transmission risk level and calibration
///   confidence, which is why their number is the least there can have been.
public struct WindowRisk: Hashable, Sendable {
  /// One window that counts.
  public struct Judged: Hashable, Sendable {
    /// The window.
    public let window: ExposureWindow
    /// From 1 to 8.
    public let transmissionRiskLevel: Int
    /// Its weighted minutes times the value of its level.
    public let normalizedMinutes: Double
    /// Its level by its own minutes.
    public let level: RiskLevel
  }

  /// One UTC day with windows that count.
  public struct Day: Hashable, Sendable {
    /// The days since 1970.
    public let day: Int
    /// The sum over its windows.
    public let normalizedMinutes: Double
    /// The day's level; nil when it has none.
    public let level: RiskLevel?
    /// The least number of encounters by the level of their windows; none on a day without a level.
    public let minimumDistinctEncounters: [RiskLevel: Int]
  }

  /// The windows that count, in the order they were given in.
  public let windows: [Judged]
  /// The days, ascending.
  public let days: [Day]

  /// Judges windows.
  ///
  /// - Parameters:
  ///   - windows: In any order.
  ///   - parameters: What they are judged by.
  ///   - today: The days since 1970 of the UTC day that ages count from; nil when none is too old.
  /// - Complexity: O(n log n) in the windows and their scans.
  public init(_ windows: [ExposureWindow], by parameters: WindowParameters, today: Int? = nil) {
    let judged = windows.compactMap { window -> Judged? in
      if let today, let oldest = parameters.maximumAge, today - window.day > oldest { return nil }
      return parameters.judge(window)
    }
    self.windows = judged
    var byDay: [Int: [Judged]] = [:]
    for one in judged { byDay[one.window.day, default: []].append(one) }
    days = byDay.keys.sorted().map { day in
      let ofDay = byDay[day] ?? []
      let minutes = ofDay.reduce(0) { $0 + $1.normalizedMinutes }
      let level = parameters.perDay.level(of: minutes)
      var encounters: [RiskLevel: Set<[Int]>] = [:]
      if level != nil {
        for one in ofDay {
          encounters[one.level, default: []].insert([
            one.transmissionRiskLevel, one.window.calibrationConfidence,
          ])
        }
      }
      return Day(
        day: day, normalizedMinutes: minutes, level: level,
        minimumDistinctEncounters: encounters.mapValues(\.count))
    }
  }
}

extension WindowParameters {
  /// Returns a window with its level, or nil when it does not count.
  func judge(_ window: ExposureWindow) -> WindowRisk.Judged? {
    for filter in attenuationFilters {
      let seconds = window.scanInstances.reduce(0) {
        filter.attenuation.contains(Double($1.minimumAttenuation)) ? $0 + $1.countedSeconds : $0
      }
      if filter.droppedMinutes.contains(Double(seconds) / 60) { return nil }
    }
    guard
      let transmission = encoding.level(
        infectiousness: window.infectiousness, reportType: window.reportType),
      !droppedTransmissionRiskLevels.contains(where: { $0.contains(Double(transmission)) })
    else { return nil }
    let seconds = window.scanInstances.reduce(0) {
      $0 + Double($1.countedSeconds) * weight(of: $1.minimumAttenuation)
    }
    let normalized = seconds / 60 * values.value(of: transmission)
    guard let level = perWindow.level(of: normalized) else { return nil }
    return WindowRisk.Judged(
      window: window, transmissionRiskLevel: transmission, normalizedMinutes: normalized,
      level: level)
  }
}

extension ExposureWindow.ScanInstance {
  /// The seconds that count: phones whose clock was set back report less than none.
  var countedSeconds: Int { max(0, secondsSinceLastScan) }
}
