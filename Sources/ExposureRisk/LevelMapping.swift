/// The level that some normalized minutes have.
public struct LevelMapping: Hashable, Sendable {
  /// The normalized minutes.
  public var normalizedMinutes: NumberRange
  /// The level.
  public var level: RiskLevel

  /// Makes a mapping of its parts.
  public init(_ normalizedMinutes: NumberRange, _ level: RiskLevel) {
    self.normalizedMinutes = normalizedMinutes
    self.level = level
  }
}

extension [LevelMapping] {
  /// Returns the level of the first range that some minutes are in, or nil when they are in none.
  func level(of normalizedMinutes: Double) -> RiskLevel? {
    first { $0.normalizedMinutes.contains(normalizedMinutes) }?.level
  }
}

extension LevelMapping: Decodable {
  /// Reads `{"normalizedTimeRange": {…}, "riskLevel": 2}`.
  ///
  /// - Parameter decoder: Where it is read from.
  /// - Throws: `ExposureRiskError`, or what the decoder throws.
  public init(from decoder: any Decoder) throws {
    let reader = try DocumentReader(decoder, keys: ["normalizedTimeRange", "riskLevel"])
    normalizedMinutes = try reader.value("normalizedTimeRange")
    let number = try reader.integer("riskLevel", in: 1...2)
    level = number == 2 ? .high : .low
  }
}
