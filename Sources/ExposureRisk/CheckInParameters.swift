/// How check-ins become warnings and how warnings are judged: Corona-Warn-App's presence tracing.
///
/// In JSON the keys are that app's own.
public struct CheckInParameters: Hashable, Sendable {
  /// How check-ins of somebody infected become warnings.
  public var submission: Submission
  /// How much a minute counts by transmission risk level.
  public var values: TransmissionRiskValues
  /// The level of one check-in on one day.
  public var perCheckIn: [LevelMapping]
  /// The level of a UTC day, by the sum of its check-ins.
  public var perDay: [LevelMapping]
  /// The days after which a check-in does not count any more; nil for none.
  public var maximumAge: Int?

  /// Makes parameters of their parts; see the properties for meanings.
  public init(
    submission: Submission, values: TransmissionRiskValues, perCheckIn: [LevelMapping],
    perDay: [LevelMapping], maximumAge: Int? = nil
  ) {
    self.submission = submission
    self.values = values
    self.perCheckIn = perCheckIn
    self.perDay = perDay
    self.maximumAge = maximumAge
  }

  /// How check-ins of somebody infected become warnings.
  public struct Submission: Hashable, Sendable {
    /// How long aerosols stay after a stay of some minutes: `slope · minutes + intercept`.
    public struct Decay: Hashable, Sendable {
      /// The minutes of the stay.
      public var minutes: NumberRange
      /// Minutes for each minute of the stay.
      public var slope: Double
      /// Minutes whatever the stay.
      public var intercept: Double

      /// Makes a function of its parts.
      public init(minutes: NumberRange, slope: Double, intercept: Double) {
        self.minutes = minutes
        self.slope = slope
        self.intercept = intercept
      }
    }

    /// The minutes of stays that warn nobody.
    public var droppedMinutes: [NumberRange]
    /// How long aerosols stay; the first function whose minutes fit counts.
    public var decays: [Decay]

    /// Makes parameters of their parts.
    public init(droppedMinutes: [NumberRange], decays: [Decay]) {
      self.droppedMinutes = droppedMinutes
      self.decays = decays
    }

    /// Returns the time that a stay warns of, in whole intervals of ten minutes, or nil when it is
    /// too short.
    ///
    /// The stay gets longer by the time that aerosols stay, then its length is rounded to intervals,
    /// and it is moved to where they begin, by less than one interval: to the end that lies more
    /// inside its interval.
    ///
    /// - Parameters:
    ///   - start: The first second, in Unix seconds.
    ///   - end: The first second after.
    /// - Returns: The time in Unix seconds.
    public func warnedSpan(ofStayFrom start: Int64, to end: Int64) -> Range<Int64>? {
      guard start <= end else { return nil }
      let minutes = Double(end - start) / 60
      if droppedMinutes.contains(where: { $0.contains(minutes) }) { return nil }
      let decay = decays.first { $0.minutes.contains(minutes) }
      let tail = decay.map { ($0.slope * minutes + $0.intercept) * 60 } ?? 0
      let length = CheckInWarning.intervalLength
      let until = end + Int64(tail.rounded())
      let target = (until - start + length / 2) / length * length
      let first = floor(start)
      let last = floor(until)
      if until - last > first + length - start {
        return (last + length - target)..<(last + length)
      }
      return first..<(first + target)
    }

    private func floor(_ second: Int64) -> Int64 {
      let length = CheckInWarning.intervalLength
      return (second >= 0 ? second / length : (second - length + 1) / length) * length
    }
  }
}

extension CheckInParameters.Submission: Decodable {
  private struct Filter: Decodable {
    let dropped: NumberRange

    init(from decoder: any Decoder) throws {
      dropped = try DocumentReader(decoder, keys: ["dropIfMinutesInRange"])
        .value("dropIfMinutesInRange")
    }
  }

  /// Reads the submission parameters.
  ///
  /// - Parameter decoder: Where they are read from.
  /// - Throws: `ExposureRiskError`, or what the decoder throws.
  public init(from decoder: any Decoder) throws {
    let reader = try DocumentReader(
      decoder, keys: ["durationFilters", "aerosoleDecayLinearFunctions"])
    droppedMinutes = try reader.value("durationFilters", as: [Filter].self).map(\.dropped)
    decays = try reader.value("aerosoleDecayLinearFunctions")
  }
}

extension CheckInParameters.Submission.Decay: Decodable {
  /// Reads `{"minutesRange": {…}, "slope": 1, "intercept": 0}`.
  ///
  /// - Parameter decoder: Where it is read from.
  /// - Throws: `ExposureRiskError`, or what the decoder throws.
  public init(from decoder: any Decoder) throws {
    let reader = try DocumentReader(decoder, keys: ["minutesRange", "slope", "intercept"])
    minutes = try reader.value("minutesRange")
    slope = try reader.value("slope")
    intercept = try reader.value("intercept")
    guard (0...100).contains(slope) else {
      throw reader.outOfRange(DocumentKey("slope"), "\(slope) is not allowed: give 0 to 100")
    }
    guard (0...1_440).contains(intercept) else {
      throw reader.outOfRange(
        DocumentKey("intercept"), "\(intercept) is not allowed: give 0 to 1440 minutes")
    }
  }
}

extension CheckInParameters: Decodable {
  /// Reads parameters under the names of Corona-Warn-App.
  ///
  /// - Parameter decoder: Where they are read from.
  /// - Throws: `ExposureRiskError`, or what the decoder throws.
  public init(from decoder: any Decoder) throws {
    let reader = try DocumentReader(
      decoder,
      keys: [
        "submissionParameters", "transmissionRiskValueMapping",
        "normalizedTimePerCheckInToRiskLevelMapping", "normalizedTimePerDayToRiskLevelMapping",
        "maxCheckInAgeInDays",
      ])
    submission = try reader.value("submissionParameters")
    values = try reader.value("transmissionRiskValueMapping")
    perCheckIn = try reader.value("normalizedTimePerCheckInToRiskLevelMapping")
    perDay = try reader.value("normalizedTimePerDayToRiskLevelMapping")
    maximumAge =
      reader.key(["maxCheckInAgeInDays"]) == nil
      ? nil : try reader.integer("maxCheckInAgeInDays", in: 0...36_500)
  }
}
