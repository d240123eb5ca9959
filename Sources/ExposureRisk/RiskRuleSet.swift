internal import Tracing
public import VenueCodes

/// An app's way to judge exposures, as dated data with its source.
///
/// It is the second sort of rule set: one that gives a level of risk by weighted minutes, where a
/// `RuleSet` of Vietnam's decisions says who is a contact.
public struct RiskRuleSet: Hashable, Sendable {
  /// The short name, unique in a folder.
  public let id: String
  /// Names for people by language.
  public let names: [String: String]
  /// Where the numbers are from.
  public let source: String
  /// What is not certain, or chosen by us.
  public let notes: String
  /// The first day in force.
  public let validFrom: LocalDay
  /// The last day in force; nil when open.
  public let validTo: LocalDay?
  /// How exposure windows are judged.
  public let windows: WindowParameters
  /// How check-ins are judged.
  public let checkIns: CheckInParameters
  /// How infectious somebody is by day.
  public let infectiousness: TransmissionRiskLevels

  /// Reads a rule set from the JSON of `Venues/rules/`.
  ///
  /// - Parameter json: The bytes of the file.
  /// - Throws: `ExposureRiskError` that names the key and what it should be.
  public init(json: some Sequence<UInt8>) throws(ExposureRiskError) {
    self = try ExposureRiskError.decode(RiskRuleSet.self, from: json)
  }
}

extension RiskRuleSet: Decodable {
  /// Reads a rule set.
  ///
  /// - Parameter decoder: Where it is read from.
  /// - Throws: `ExposureRiskError`, or what the decoder throws.
  public init(from decoder: any Decoder) throws {
    let reader = try DocumentReader(
      decoder,
      keys: [
        "kind", "id", "name", "source", "notes", "valid_from", "valid_to", "exposure_windows",
        "check_ins", "transmission_risk_levels",
      ])
    let kind: String = try reader.value("kind")
    guard kind == RuleKind.riskCalculation.rawValue else {
      throw reader.outOfRange(
        DocumentKey("kind"),
        "“\(kind.prefix(40))” is another sort of rule set: want "
          + RuleKind.riskCalculation.rawValue)
    }
    id = try reader.text("id")
    names = try reader.optional("name") ?? [:]
    source = try reader.text("source")
    notes = try reader.optional("notes") ?? ""
    validFrom = try reader.day("valid_from")
    validTo = reader.key(["valid_to"]) == nil ? nil : try reader.day("valid_to")
    if let validTo, validTo < validFrom {
      throw reader.outOfRange(
        DocumentKey("valid_to"), "\(validTo) is before valid_from, \(validFrom)")
    }
    windows = try reader.value("exposure_windows")
    checkIns = try reader.value("check_ins")
    infectiousness = try reader.value("transmission_risk_levels")
  }
}

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
