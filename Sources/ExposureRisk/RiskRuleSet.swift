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
