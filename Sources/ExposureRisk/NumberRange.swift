/// A stretch of numbers, as Corona-Warn-App's configuration writes one; each end may be left out.
public struct NumberRange: Hashable, Sendable {
  /// The lower end.
  public var minimum: Double
  /// The upper end.
  public var maximum: Double
  /// Whether the lower end itself is outside.
  public var excludesMinimum: Bool
  /// Whether the upper end itself is outside.
  public var excludesMaximum: Bool

  /// Makes a range of its ends; both are inside unless told otherwise.
  public init(
    _ minimum: Double, _ maximum: Double, excludesMinimum: Bool = false,
    excludesMaximum: Bool = false
  ) {
    self.minimum = minimum
    self.maximum = maximum
    self.excludesMinimum = excludesMinimum
    self.excludesMaximum = excludesMaximum
  }

  /// Returns whether a number is in the range.
  public func contains(_ number: Double) -> Bool {
    (excludesMinimum ? number > minimum : number >= minimum)
      && (excludesMaximum ? number < maximum : number <= maximum)
  }
}

extension NumberRange: Decodable {
  /// Reads `{"min": 0, "max": 63, "maxExclusive": true}`.
  ///
  /// - Parameter decoder: Where it is read from.
  /// - Throws: `ExposureRiskError`, or what the decoder throws.
  public init(from decoder: any Decoder) throws {
    let reader = try DocumentReader(decoder, keys: ["min", "max", "minExclusive", "maxExclusive"])
    self.init(
      try reader.value("min"), try reader.value("max"),
      excludesMinimum: try reader.optional("minExclusive") ?? false,
      excludesMaximum: try reader.optional("maxExclusive") ?? false)
    guard minimum <= maximum else {
      throw reader.outOfRange(DocumentKey("max"), "\(maximum) is below min, \(minimum)")
    }
  }
}
