/// A time at a place with somebody infectious, as Corona-Warn-App's server tells everybody.
public struct CheckInWarning: Hashable, Sendable {
  /// The place.
  public var location: String
  /// The first interval of ten minutes since 1970.
  public var startInterval: Int
  /// How many intervals.
  public var period: Int
  /// From 1 to 8.
  public var transmissionRiskLevel: Int

  /// Makes a warning of its parts.
  public init(location: String, startInterval: Int, period: Int, transmissionRiskLevel: Int) {
    self.location = location
    self.startInterval = startInterval
    self.period = period
    self.transmissionRiskLevel = transmissionRiskLevel
  }

  /// The seconds of an interval.
  public static let intervalLength: Int64 = 600

  /// The time in Unix seconds.
  public var span: Range<Int64> {
    let start = Int64(startInterval) * Self.intervalLength
    return start..<(start + Int64(period) * Self.intervalLength)
  }

  /// Returns the seconds that a check-in shares with the warning; 0 at another place.
  public func sharedSeconds(with checkIn: CheckIn) -> Int64 {
    guard checkIn.location == location else { return 0 }
    return max(0, min(checkIn.end, span.upperBound) - max(checkIn.start, span.lowerBound))
  }
}

extension CheckInWarning: Decodable {
  /// Reads a warning under the names of Corona-Warn-App's protocol.
  ///
  /// - Parameter decoder: Where it is read from.
  /// - Throws: `ExposureRiskError`, or what the decoder throws.
  public init(from decoder: any Decoder) throws {
    let reader = try DocumentReader(decoder)
    self.init(
      location: try reader.value("location", "locationIdHash", "traceLocationIdHash"),
      startInterval: try reader.integer("startIntervalNumber", in: 0...9_782_640),
      period: try reader.integer("period", in: 0...52_704),
      transmissionRiskLevel: try reader.integer("transmissionRiskLevel", in: 1...8))
  }
}
