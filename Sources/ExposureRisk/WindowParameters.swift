/// How exposure windows are judged: the risk calculation parameters of Corona-Warn-App 1.9 and later.
///
/// In JSON the keys are that app's own, so that a configuration of it can be read as it is.
public struct WindowParameters: Hashable, Sendable {
  /// Windows to leave out by the time at some attenuations.
  public struct AttenuationFilter: Hashable, Sendable {
    /// The attenuations in dB whose scans count.
    public var attenuation: NumberRange
    /// The minutes that drop the window.
    public var droppedMinutes: NumberRange

    /// Makes a filter of its parts.
    public init(attenuation: NumberRange, droppedMinutes: NumberRange) {
      self.attenuation = attenuation
      self.droppedMinutes = droppedMinutes
    }
  }

  /// How much a minute at some attenuations counts.
  public struct AttenuationWeight: Hashable, Sendable {
    /// The attenuations in dB.
    public var attenuation: NumberRange
    /// What a minute counts.
    public var weight: Double

    /// Makes a weight of its parts.
    public init(attenuation: NumberRange, weight: Double) {
      self.attenuation = attenuation
      self.weight = weight
    }
  }

  /// Windows to leave out by the time at some attenuations.
  public var attenuationFilters: [AttenuationFilter]
  /// Transmission risk levels whose windows are left out.
  public var droppedTransmissionRiskLevels: [NumberRange]
  /// How much a minute counts by attenuation; the first range that fits counts, none is 0.
  public var attenuationWeights: [AttenuationWeight]
  /// The level of one window; a window of no level counts nowhere.
  public var perWindow: [LevelMapping]
  /// The level of a UTC day, by the sum of its windows.
  public var perDay: [LevelMapping]
  /// How a transmission risk level is made of infectiousness and report type.
  public var encoding: TransmissionRiskEncoding
  /// How much a minute counts by transmission risk level.
  public var values: TransmissionRiskValues
  /// The age in days from which on a window does not count any more; nil for none.
  public var maximumAge: Int?

  /// Makes parameters of their parts; see the properties for meanings.
  public init(
    attenuationFilters: [AttenuationFilter] = [],
    droppedTransmissionRiskLevels: [NumberRange] = [], attenuationWeights: [AttenuationWeight],
    perWindow: [LevelMapping], perDay: [LevelMapping], encoding: TransmissionRiskEncoding,
    values: TransmissionRiskValues, maximumAge: Int? = nil
  ) {
    self.attenuationFilters = attenuationFilters
    self.droppedTransmissionRiskLevels = droppedTransmissionRiskLevels
    self.attenuationWeights = attenuationWeights
    self.perWindow = perWindow
    self.perDay = perDay
    self.encoding = encoding
    self.values = values
    self.maximumAge = maximumAge
  }

  /// What a minute at an attenuation counts.
  public func weight(of attenuation: Int) -> Double {
    attenuationWeights.first { $0.attenuation.contains(Double(attenuation)) }?.weight ?? 0
  }
}

extension WindowParameters: Decodable {
  /// Reads parameters under the names of Corona-Warn-App.
  ///
  /// Unknown keys are refused: a misspelt threshold must not silently become none.
  ///
  /// - Parameter decoder: Where they are read from.
  /// - Throws: `ExposureRiskError`, or what the decoder throws.
  public init(from decoder: any Decoder) throws {
    let reader = try DocumentReader(
      decoder,
      keys: [
        "minutesAtAttenuationFilters", "trlFilters", "minutesAtAttenuationWeights",
        "normalizedTimePerEWToRiskLevelMapping", "normalizedTimePerDayToRiskLevelMapping",
        "trlEncoding", "transmissionRiskValueMapping", "maxEncounterAgeInDays",
      ])
    attenuationFilters = try reader.value("minutesAtAttenuationFilters")
    droppedTransmissionRiskLevels = try reader.value("trlFilters", as: [LevelFilter].self)
      .map(\.dropped)
    attenuationWeights = try reader.value("minutesAtAttenuationWeights")
    perWindow = try reader.value("normalizedTimePerEWToRiskLevelMapping")
    perDay = try reader.value("normalizedTimePerDayToRiskLevelMapping")
    encoding = try reader.value("trlEncoding")
    values = try reader.value("transmissionRiskValueMapping")
    maximumAge =
      reader.key(["maxEncounterAgeInDays"]) == nil
      ? nil : try reader.integer("maxEncounterAgeInDays", in: 0...36_500)
  }

  private struct LevelFilter: Decodable {
    let dropped: NumberRange

    init(from decoder: any Decoder) throws {
      dropped = try DocumentReader(decoder, keys: ["dropIfTrlInRange"]).value("dropIfTrlInRange")
    }
  }
}

extension WindowParameters.AttenuationFilter: Decodable {
  /// Reads `{"attenuationRange": {…}, "dropIfMinutesInRange": {…}}`.
  ///
  /// - Parameter decoder: Where it is read from.
  /// - Throws: `ExposureRiskError`, or what the decoder throws.
  public init(from decoder: any Decoder) throws {
    let reader = try DocumentReader(decoder, keys: ["attenuationRange", "dropIfMinutesInRange"])
    attenuation = try reader.value("attenuationRange")
    droppedMinutes = try reader.value("dropIfMinutesInRange")
  }
}

extension WindowParameters.AttenuationWeight: Decodable {
  /// Reads `{"attenuationRange": {…}, "weight": 0.8}`.
  ///
  /// - Parameter decoder: Where it is read from.
  /// - Throws: `ExposureRiskError`, or what the decoder throws.
  public init(from decoder: any Decoder) throws {
    let reader = try DocumentReader(decoder, keys: ["attenuationRange", "weight"])
    attenuation = try reader.value("attenuationRange")
    weight = try reader.value("weight")
    guard (0...1_000).contains(weight) else {
      throw reader.outOfRange(
        DocumentKey("weight"), "\(weight) is not allowed: give 0 to 1000")
    }
  }
}
