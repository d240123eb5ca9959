import FoundationEssentials
import TestSupport
import Testing
import Tracing
import VenueCodes

@Suite("Rule sets") struct RuleSetTests {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Venues/rules")

  static func shipped() throws -> [RuleSet] {
    try ["5053-2020", "3638-2021", "11042-2021"].map {
      try RuleSet(json: try Data(contentsOf: folder.appending(path: "\($0).json")))
    }
  }

  static let example: String = """
    {"id": "3638-2021", "source": "the design", "valid_from": "2021-07-30", "valid_to": null,
     "infectious_window": {"days_before_onset": 3, "days_before_specimen": 3, "days_after": 14},
     "threshold_seconds": {"near_at_venue": 900, "near": 900, "closed_venue": 900, "tail": 1800, "open_venue": 1800},
     "label": {"near_at_venue": "F1", "near": "F1", "closed_venue": "F1", "tail": "factor", "open_venue": "factor"},
     "tail": {"slope": 1.0, "max_seconds": 1800}, "same_zone": false, "max_attenuation_db": 63,
     "degree": {"threshold_seconds": 900, "latent_seconds": 172800}}
    """

  @Test("The example of the design is read to the letter")
  func designExample() throws {
    #expect(try RuleSet(json: Self.example.utf8) == Story.rules)
  }

  @Test("The shipped rule sets are named like their files, say their source, and follow in time")
  func shippedRules() throws {
    let rules = try Self.shipped()
    #expect(rules.map(\.id) == ["5053-2020", "3638-2021", "11042-2021"])
    #expect(rules.allSatisfy { $0.names["vi"] != nil && $0.names["en"] != nil })
    #expect(rules.allSatisfy { $0.notes.contains("ot verified") })
    for (earlier, later) in zip(rules, rules.dropFirst()) {
      #expect(earlier.validTo?.advanced(by: 1) == later.validFrom)
    }
    #expect(rules.map { $0.isF1(.closedVenue) } == [true, true, false])
    #expect(rules.map(\.infectiousWindow.daysBeforeOnset) == [3, 3, 2])
  }

  struct Row: CustomTestStringConvertible, Sendable {
    let name: String
    let old: String
    let new: String
    let code: String
    let path: String
    var testDescription: String { name }
  }

  static let rows = [
    Row(name: "no JSON", old: "}}", new: "}", code: "rules-not-json", path: ""),
    Row(
      name: "a list", old: Self.example, new: "[]", code: "rules-wrong-type", path: ""),
    Row(
      name: "a key too many", old: "\"same_zone\"", new: "\"same_zones\": 1, \"same_zone\"",
      code: "rules-unknown-key", path: "same_zones"),
    Row(
      name: "a misspelt threshold", old: "\"near\": 900", new: "\"naer\": 900",
      code: "rules-missing-key", path: "threshold_seconds.near"),
    Row(
      name: "a threshold nobody needs", old: "\"near\": 900", new: "\"near\": 900, \"far\": 1",
      code: "rules-unknown-key", path: "threshold_seconds.far"),
    Row(
      name: "a threshold of nothing", old: "\"near\": 900", new: "\"near\": 0",
      code: "rules-out-of-range", path: "threshold_seconds.near"),
    Row(
      name: "half a second", old: "\"near\": 900", new: "\"near\": 0.5",
      code: "rules-wrong-type", path: "threshold_seconds.near"),
    Row(
      name: "seconds as text", old: "\"near\": 900", new: "\"near\": \"900\"",
      code: "rules-wrong-type", path: "threshold_seconds.near"),
    Row(
      name: "a number too large", old: "\"near\": 900", new: "\"near\": 99999999999999999999",
      code: "rules-wrong-type", path: "threshold_seconds.near"),
    Row(
      name: "a label of its own", old: "\"near\": \"F1\"", new: "\"near\": \"F9\"",
      code: "rules-out-of-range", path: "label.near"),
    Row(
      name: "a negative slope", old: "\"slope\": 1.0", new: "\"slope\": -0.1",
      code: "rules-out-of-range", path: "tail.slope"),
    Row(
      name: "no tail", old: "\"tail\": {\"slope\": 1.0, \"max_seconds\": 1800}",
      new: "\"tail\": null", code: "rules-wrong-type", path: "tail"),
    Row(
      name: "a zone in words", old: "false", new: "\"no\"", code: "rules-wrong-type",
      path: "same_zone"),
    Row(
      name: "a day that is not", old: "2021-07-30", new: "2021-02-30", code: "rules-out-of-range",
      path: "valid_from"),
    Row(
      name: "an end before the start", old: "\"valid_to\": null",
      new: "\"valid_to\": \"2021-07-29\"", code: "rules-out-of-range", path: "valid_to"),
    Row(
      name: "no id", old: "\"id\": \"3638-2021\",", new: "", code: "rules-missing-key",
      path: "id"),
    Row(
      name: "an empty source", old: "the design", new: "", code: "rules-out-of-range",
      path: "source"),
    Row(
      name: "a name without words", old: "\"source\"", new: "\"name\": {\"vi\": \"\"}, \"source\"",
      code: "rules-out-of-range", path: "name.vi"),
  ]

  @Test("A mistake is named by its key", arguments: rows)
  func mistakes(row: Row) throws {
    #expect(Self.example.contains(row.old))
    let text = Self.example.replacing(row.old, with: row.new)
    do {
      _ = try RuleSet(json: text.utf8)
      Issue.record("it was read")
    } catch {
      #expect("\(error.code.rawValue) \(error.path)" == "\(row.code) \(row.path)")
      #expect(error.description.contains(row.path))
    }
  }

  @Test("Bytes that are no rules at all are refused, not trapped on")
  func noise() {
    var random = SeededGenerator(seed: 7)
    let bytes = Array(Self.example.utf8)
    var read = 0
    for _ in 0..<300 {
      var noisy = bytes
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        noisy[Int.random(in: 0..<noisy.count, using: &random)] = UInt8(
          truncatingIfNeeded: random.next())
      }
      if (try? RuleSet(json: noisy)) != nil { read += 1 }
    }
    #expect(read < 150)
  }

  struct DayRow: CustomTestStringConvertible, Sendable {
    let day: String
    let id: String
    let isInForce: Bool
    var testDescription: String { day }
  }

  @Test(
    "The rule set of a day is the one in force, else the nearest, and it says so",
    arguments: [
      DayRow(day: "2020-08-06", id: "5053-2020", isInForce: false),
      DayRow(day: "2020-12-02", id: "5053-2020", isInForce: false),
      DayRow(day: "2020-12-03", id: "5053-2020", isInForce: true),
      DayRow(day: "2021-07-29", id: "5053-2020", isInForce: true),
      DayRow(day: "2021-07-30", id: "3638-2021", isInForce: true),
      DayRow(day: "2021-12-28", id: "3638-2021", isInForce: true),
      DayRow(day: "2021-12-29", id: "11042-2021", isInForce: true),
      DayRow(day: "2026-01-01", id: "11042-2021", isInForce: true),
    ])
  func library(row: DayRow) throws {
    let library = try RuleLibrary(try Self.shipped().reversed())
    let choice = library.inForce(on: try #require(LocalDay(iso8601: row.day)))
    #expect(choice.rules.id == row.id)
    #expect(choice.isInForce == row.isInForce)
    #expect((choice.remark == nil) == row.isInForce)
  }

  @Test("After the last rule set has ended it is still the nearest")
  func ended() throws {
    var rules = Story.rules
    rules.validTo = rules.validFrom
    let choice = try RuleLibrary([rules]).inForce(on: rules.validFrom.advanced(by: 2))
    #expect(!choice.isInForce)
    #expect(choice.remark?.contains("in force until 2021-07-30") == true)
  }

  @Test("A library needs rule sets, each with its own id, and finds them by it")
  func ids() throws {
    let rules = Story.rules
    #expect(throws: RuleSetError.self) { try RuleLibrary([]) }
    #expect(throws: RuleSetError.self) { try RuleLibrary([rules, rules]) }
    let library = try RuleLibrary([rules])
    #expect(try library.ruleSet(id: "3638-2021") == rules)
    #expect(throws: RuleSetError.self) { try library.ruleSet(id: "3638") }
  }
}
