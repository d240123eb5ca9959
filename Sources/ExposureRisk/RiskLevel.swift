/// What an app tells its user.
public enum RiskLevel: Int, Comparable, Sendable, CaseIterable {
  /// Encounters of low risk; also what an app shows when there was none.
  case low = 1
  /// Increased risk.
  case high = 2

  /// The level in a word.
  public var name: String {
    switch self {
    case .low: "low"
    case .high: "high"
    }
  }

  /// Orders levels by risk.
  public static func < (left: RiskLevel, right: RiskLevel) -> Bool {
    left.rawValue < right.rawValue
  }
}

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

/// How much a minute counts, by transmission risk level from 1 to 8.
public struct TransmissionRiskValues: Hashable, Sendable {
  private var values: [Int: Double]

  /// Makes a table.
  ///
  /// - Parameter values: The value of each level; a level that is not there has the value 0.
  public init(_ values: [Int: Double]) {
    self.values = values
  }

  /// Returns the value of a level.
  public func value(of level: Int) -> Double { values[level] ?? 0 }
}

extension TransmissionRiskValues: Decodable {
  private struct Entry: Decodable {
    let level: Int
    let value: Double

    init(from decoder: any Decoder) throws {
      let reader = try DocumentReader(
        decoder, keys: ["transmissionRiskLevel", "transmissionRiskValue"])
      level = try reader.integer("transmissionRiskLevel", in: 1...8)
      value = try reader.value("transmissionRiskValue")
      guard (0...1_000).contains(value) else {
        throw reader.outOfRange(
          DocumentKey("transmissionRiskValue"), "\(value) is not allowed: give 0 to 1000")
      }
    }
  }

  /// Reads a list of `{"transmissionRiskLevel": 3, "transmissionRiskValue": 0.6}`.
  ///
  /// - Parameter decoder: Where it is read from.
  /// - Throws: `ExposureRiskError`, or what the decoder throws.
  public init(from decoder: any Decoder) throws {
    let entries = try decoder.singleValueContainer().decode([Entry].self)
    self.init(
      Dictionary(entries.map { ($0.level, $0.value) }, uniquingKeysWith: { first, _ in first }))
  }
}
