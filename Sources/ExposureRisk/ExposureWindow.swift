/// Up to half an hour near one phone of somebody infected, as exposure notification tells it.
///
/// Only the UTC day is known, never the moment: the interface of Google and Apple gives no more.
public struct ExposureWindow: Hashable, Sendable {
  /// One scan of the radio that heard the phone.
  public struct ScanInstance: Hashable, Sendable {
    /// The smallest attenuation in dB of what was heard in the scan.
    public var minimumAttenuation: Int
    /// The usual attenuation in dB of what was heard in the scan.
    public var typicalAttenuation: Int
    /// The seconds since the scan before; some phones report less than 0.
    public var secondsSinceLastScan: Int

    /// Makes a scan of its numbers.
    public init(minimumAttenuation: Int, typicalAttenuation: Int, secondsSinceLastScan: Int) {
      self.minimumAttenuation = minimumAttenuation
      self.typicalAttenuation = typicalAttenuation
      self.secondsSinceLastScan = secondsSinceLastScan
    }
  }

  /// The days since 1970 of the UTC day.
  public var day: Int
  /// How the infection is known.
  ///
  /// 0 unknown, 1 test, 2 clinical, 3 self-reported, 4 recursive, 5 revoked.
  public var reportType: Int
  /// 0 none, 1 standard, 2 high.
  public var infectiousness: Int
  /// How well the radios of the two models are calibrated, 0 lowest to 3 high.
  public var calibrationConfidence: Int
  /// What was heard, in order.
  public var scanInstances: [ScanInstance]

  /// Makes a window of its parts.
  public init(
    day: Int, reportType: Int, infectiousness: Int, calibrationConfidence: Int,
    scanInstances: [ScanInstance]
  ) {
    self.day = day
    self.reportType = reportType
    self.infectiousness = infectiousness
    self.calibrationConfidence = calibrationConfidence
    self.scanInstances = scanInstances
  }
}
