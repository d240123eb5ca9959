/// A time near somebody with one attenuation, within a UTC day.
struct AttenuationRun {
  var span: Range<Int64>
  var attenuation: Int

  /// Returns runs that do not overlap, by time; where several did, the smallest attenuation counts.
  ///
  /// - Complexity: O(n log n), times the attenuations heard at one moment.
  static func apart(_ runs: [AttenuationRun]) -> [AttenuationRun] {
    var changes: [(time: Int64, attenuation: Int, change: Int)] = []
    for run in runs where !run.span.isEmpty {
      changes.append((run.span.lowerBound, run.attenuation, 1))
      changes.append((run.span.upperBound, run.attenuation, -1))
    }
    changes.sort { $0.time < $1.time }
    var heard: [Int: Int] = [:]
    var apart: [AttenuationRun] = []
    var since = Int64.min
    for change in changes {
      if change.time > since, let attenuation = heard.keys.min() {
        if let last = apart.last, last.attenuation == attenuation, last.span.upperBound == since,
          UTCDay.containing(last.span.lowerBound) == UTCDay.containing(since)
        {
          apart[apart.count - 1].span = last.span.lowerBound..<change.time
        } else {
          apart.append(AttenuationRun(span: since..<change.time, attenuation: attenuation))
        }
      }
      since = change.time
      let count = (heard[change.attenuation] ?? 0) + change.change
      heard[change.attenuation] = count == 0 ? nil : count
    }
    return apart
  }

  /// The seconds of a window.
  private static let windowLength: Int64 = 1_800

  /// Makes exposure windows of runs that do not overlap and are in order.
  ///
  /// - Parameters:
  ///   - runs: The runs.
  ///   - parts: Returns the infectiousness and report type of a day; nil for none.
  /// - Returns: The windows in order.
  static func windows(
    of runs: [AttenuationRun], parts: (Int) -> (infectiousness: Int, reportType: Int)?
  ) -> [ExposureWindow] {
    var windows: [ExposureWindow] = []
    var until = Int64.min
    for run in runs {
      var from = run.span.lowerBound
      let day = UTCDay.containing(from)
      guard let parts = parts(day) else { continue }
      while from < run.span.upperBound {
        if from >= until {
          let length = CheckInWarning.intervalLength
          until = min(from / length * length + windowLength, Int64(day + 1) * 86_400)
          windows.append(
            ExposureWindow(
              day: day, reportType: parts.reportType, infectiousness: parts.infectiousness,
              calibrationConfidence: 0, scanInstances: []))
        }
        let to = min(until, run.span.upperBound)
        windows[windows.count - 1].scanInstances.append(
          ExposureWindow.ScanInstance(
            minimumAttenuation: run.attenuation, typicalAttenuation: run.attenuation,
            secondsSinceLastScan: Int(to - from)))
        from = to
      }
    }
    return windows
  }
}
