import ExposureRisk
import Foundation
import TestSupport
import Testing

/// What the tests of this module read.
enum Support {
  /// Reads a file of vectors.
  static func fixture(_ name: String) throws -> Data {
    try Data(contentsOf: Bundle.module.bundleURL.appendingPathComponent("Fixtures/\(name)"))
  }

  static func fixture<Document: Decodable>(
    _ name: String, as type: Document.Type
  ) throws -> Document {
    try JSONDecoder().decode(type, from: try fixture(name))
  }

  /// The rule sets that ship.
  static let rulesFolder = TestEnvironment.packageRoot.appending(path: "Venues/rules")

  /// The bytes of Corona-Warn-App's rule set as it ships.
  static func cwaFile() throws -> Data {
    try Data(contentsOf: rulesFolder.appending(path: "cwa-2021.json"))
  }

  /// Corona-Warn-App's rule set as it ships.
  static func cwa() throws -> RiskRuleSet {
    try RiskRuleSet(json: try cwaFile())
  }

  /// Reads a time of the vectors, which may leave out seconds.
  static func second(_ text: String) throws -> Int64 {
    let formatter = ISO8601DateFormatter()
    let whole = text.count == 22 ? text.prefix(16) + ":00" + text.suffix(6) : text[...]
    return Int64(try #require(formatter.date(from: String(whole))).timeIntervalSince1970)
  }
}
