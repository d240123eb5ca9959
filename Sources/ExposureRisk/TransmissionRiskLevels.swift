/// How infectious somebody is on each day, as transmission risk levels from 1 to 8.
public struct TransmissionRiskLevels: Hashable, Sendable {
  /// The levels by days since the onset of symptoms.
  public let byDaysSinceOnset: [Int: Int]
  /// The level of all other days.
  public let otherwise: Int
  /// The levels by days before the upload, from 0, for people whose onset is not known, by what is
  /// known of their symptoms.
  public let byDaysAgo: [String: [Int]]

  /// Returns the level of a day by the onset of symptoms.
  public func level(daysSinceOnset days: Int) -> Int {
    byDaysSinceOnset[days] ?? otherwise
  }

  /// Returns the level of a day when the onset is not known.
  ///
  /// - Parameters:
  ///   - days: How many days before the upload it is; days after it are as infectious as no other.
  ///   - knowledge: What is known of the symptoms: a key of `byDaysAgo`.
  /// - Returns: The level, from 1 to 8.
  public func level(daysAgo days: Int, knowing knowledge: String) -> Int {
    guard let vector = byDaysAgo[knowledge], vector.indices.contains(days) else { return otherwise }
    return vector[days]
  }
}

extension TransmissionRiskLevels: Decodable {
  /// The key of `byDaysAgo` for those of whom nothing is known.
  public static let noInformation = "no_information"

  /// Reads the levels.
  ///
  /// - Parameter decoder: Where they are read from.
  /// - Throws: `ExposureRiskError`, or what the decoder throws.
  public init(from decoder: any Decoder) throws {
    let reader = try DocumentReader(
      decoder, keys: ["by_days_since_onset", "otherwise", "by_days_ago"])
    otherwise = try reader.integer("otherwise", in: 1...8)
    byDaysAgo = try reader.value("by_days_ago")
    for (name, levels) in byDaysAgo.sorted(by: { $0.key < $1.key }) {
      guard levels.count <= 366, levels.allSatisfy((1...8).contains) else {
        throw reader.outOfRange(
          DocumentKey("by_days_ago"), "\(name) must be at most 366 levels from 1 to 8")
      }
    }
    guard byDaysAgo[Self.noInformation] != nil else {
      throw ExposureRiskError(
        .missingKey, path: reader.path(of: DocumentKey("by_days_ago")),
        detail: "\(Self.noInformation) is missing")
    }
    var levels: [Int: Int] = [:]
    for (word, level) in try reader.value("by_days_since_onset", as: [String: Int].self) {
      guard let day = Int(word), (-366...366).contains(day), (1...8).contains(level) else {
        throw reader.outOfRange(
          DocumentKey("by_days_since_onset"),
          "\(word.prefix(40)): \(level) is not a day within a year and a level from 1 to 8")
      }
      levels[day] = level
    }
    byDaysSinceOnset = levels
  }
}
