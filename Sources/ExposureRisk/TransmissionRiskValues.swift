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
