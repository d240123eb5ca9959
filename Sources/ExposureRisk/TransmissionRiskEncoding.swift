/// How Corona-Warn-App hid a transmission risk level from 1 to 8 in what exposure notification
/// carries: the infectiousness and the report type of a key.
public struct TransmissionRiskEncoding: Hashable, Sendable {
  /// What an infectiousness adds, by its number; nil where it has no level.
  public var infectiousness: [Int?]
  /// What a report type adds, by its number; nil where it has no level.
  public var reportType: [Int?]

  /// Makes an encoding.
  ///
  /// - Parameters:
  ///   - standard: What standard infectiousness adds.
  ///   - high: What high infectiousness adds.
  ///   - test: What a confirmed test adds.
  ///   - clinical: What a confirmed clinical diagnosis adds.
  ///   - selfReport: What a self report adds.
  ///   - recursive: What a recursive report adds.
  public init(
    standard: Int, high: Int, test: Int, clinical: Int, selfReport: Int, recursive: Int
  ) {
    infectiousness = [nil, standard, high]
    reportType = [nil, test, clinical, selfReport, recursive, nil]
  }

  /// Returns the level that a window's infectiousness and report type stand for.
  ///
  /// - Returns: The level, or nil for no infectiousness and for unknown and revoked reports, which
  ///   exposure notification makes no windows of.
  public func level(infectiousness: Int, reportType: Int) -> Int? {
    guard self.infectiousness.indices.contains(infectiousness),
      self.reportType.indices.contains(reportType),
      let one = self.infectiousness[infectiousness], let other = self.reportType[reportType]
    else { return nil }
    return one + other
  }

  /// Returns an infectiousness and a report type that stand for a level, or nil when none do.
  public func parts(of level: Int) -> (infectiousness: Int, reportType: Int)? {
    for reportType in reportType.indices {
      for infectiousness in infectiousness.indices
      where self.level(infectiousness: infectiousness, reportType: reportType) == level {
        return (infectiousness, reportType)
      }
    }
    return nil
  }
}

extension TransmissionRiskEncoding: Decodable {
  private static let keys = [
    "infectiousnessOffsetStandard", "infectiousnessOffsetHigh", "reportTypeOffsetConfirmedTest",
    "reportTypeOffsetConfirmedClinicalDiagnosis", "reportTypeOffsetSelfReport",
    "reportTypeOffsetRecursive",
  ]

  /// Reads the six offsets.
  ///
  /// - Parameter decoder: Where they are read from.
  /// - Throws: `ExposureRiskError`, or what the decoder throws.
  public init(from decoder: any Decoder) throws {
    let reader = try DocumentReader(decoder, keys: Set(Self.keys))
    let offsets = try Self.keys.map { try reader.integer($0, in: 0...8) }
    self.init(
      standard: offsets[0], high: offsets[1], test: offsets[2], clinical: offsets[3],
      selfReport: offsets[4], recursive: offsets[5])
  }
}
