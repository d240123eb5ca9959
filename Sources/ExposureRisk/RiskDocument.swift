/// What a phone would know: exposure windows, its own check-ins and everybody's warnings.
public struct RiskDocument: Hashable, Sendable {
  /// The exposure windows.
  public let windows: [ExposureWindow]
  /// The check-ins of the phone's owner.
  public let checkIns: [CheckIn]
  /// The warnings that came from the server.
  public let warnings: [CheckInWarning]

  /// Reads a document from JSON: a list of windows, or an object with `exposureWindows`, `checkIns`
  /// and `warnings`, of which the first or the second must be there.
  ///
  /// - Parameters:
  ///   - json: The bytes of the file; see `ExposureWindow.windows` for the windows.
  ///   - today: The days since 1970 of the UTC day that `ageInDays` counts back from, if known.
  /// - Throws: `ExposureRiskError` that names the place in the document.
  /// - Complexity: Linear in the file.
  public init(json: some Sequence<UInt8>, today: Int? = nil) throws(ExposureRiskError) {
    let bytes = Array(json)
    if ExposureRiskError.isList(bytes) {
      windows = try ExposureWindow.windows(json: bytes, today: today)
      checkIns = []
      warnings = []
    } else {
      self = try ExposureRiskError.decode(RiskDocument.self, from: bytes, today: today)
    }
  }

  /// Judges the document as Corona-Warn-App would.
  ///
  /// - Parameters:
  ///   - rules: What it is judged by.
  ///   - now: The moment that ages count from, in Unix seconds.
  /// - Returns: What the windows and the check-ins say, and both together.
  public func judged(
    by rules: RiskRuleSet, now: Int64
  ) -> (windows: WindowRisk, checkIns: CheckInRisk, summary: RiskSummary) {
    let windows = WindowRisk(self.windows, by: rules.windows, today: UTCDay.containing(now))
    let checkIns = CheckInRisk(
      self.checkIns, warnings: warnings, by: rules.checkIns, now: now)
    return (windows, checkIns, RiskSummary(windows: windows, checkIns: checkIns))
  }
}

extension RiskDocument: Decodable {
  /// Reads an object.
  ///
  /// - Parameter decoder: Where it is read from.
  /// - Throws: `ExposureRiskError`, or what the decoder throws.
  public init(from decoder: any Decoder) throws {
    let reader = try DocumentReader(decoder)
    let checkIns: [CheckIn]? = try reader.optional("checkIns")
    if checkIns == nil {
      windows = try reader.value("exposureWindows")
    } else {
      windows = try reader.optional("exposureWindows") ?? []
    }
    self.checkIns = checkIns ?? []
    warnings = try reader.optional("warnings") ?? []
  }
}
