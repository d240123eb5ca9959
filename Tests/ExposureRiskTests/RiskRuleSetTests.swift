import ExposureRisk
import Foundation
import TestSupport
import Testing
import Tracing
import VenueCodes

@Suite("Rule sets of apps as files")
struct RiskRuleSetTests {
  @Test("Corona-Warn-App's rule set ships")
  func shipped() throws {
    let rules = try Support.cwa()
    #expect(rules.id == "cwa-2021")
    #expect(rules.source.contains("Apache-2.0"))
    #expect(rules.windows.maximumAge == 10)
    #expect(rules.checkIns.maximumAge == 10)
    #expect(
      (0...80).map(rules.windows.weight)
        == (0...80).map { $0 < 63 ? 0.8 : $0 < 73 ? 1 : $0 < 79 ? 0.1 : 0 })
    #expect(
      (1...8).map(rules.windows.values.value) == [0, 0, 0.6, 0.8, 1, 1.2, 1.4, 1.6])
  }

  @Test("The numbers are those collected of the server, where they are at hand")
  func collectedNumbers() throws {
    guard
      let file = TestEnvironment.sharedFolder?
        .appendingPathComponent("vectors/gaen/risk_parameter_sets.json"),
      let data = try? Data(contentsOf: file)
    else {
      print("skipped: vectors/gaen/risk_parameter_sets.json is not here")
      return
    }
    let all = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let server = try #require(all["CWA_server_head"] as? [String: Any])
    func numbers(_ key: String) throws -> [Double] { try #require(server[key] as? [Double]) }
    let rules = try Support.cwa()
    #expect(
      rules.windows.attenuationWeights.map {
        [$0.attenuation.minimum, $0.attenuation.maximum, $0.weight]
      } == (try #require(server["attenuationWeights"] as? [[Double]])))
    func starts(_ mappings: [LevelMapping]) -> [Double] {
      mappings.map(\.normalizedMinutes.minimum)
    }
    #expect(starts(rules.windows.perWindow) == (try numbers("ew_minutes_low_high")))
    #expect(starts(rules.windows.perDay) == (try numbers("day_minutes_low_high")))
    #expect(starts(rules.checkIns.perCheckIn) == (try numbers("checkin_minutes_low_high")))
    #expect(starts(rules.checkIns.perDay) == (try numbers("day_checkin_minutes_low_high")))
    #expect(rules.windows.maximumAge == server["maxEncounterAgeDays"] as? Int)
    #expect(
      rules.checkIns.submission.droppedMinutes.map(\.maximum)
        == [try #require(server["dropCheckInsShorterThanMin"] as? Double)])
  }

  /// The published vectors: index 0 is the day of the upload, index i is i days before.
  @Test("The published transmission risk vectors come out, 21 by onset and 6 by what is known")
  func publishedVectors() throws {
    let document = try #require(
      try JSONSerialization.jsonObject(with: Support.fixture("transmission-risk-vectors.json"))
        as? [String: Any])
    let byOnset = try #require(document["onset_days_ago"] as? [String: [Int]])
    #expect(byOnset.count == 21)
    let levels = try Support.cwa().infectiousness
    for (onset, vector) in byOnset {
      let daysAgo = try #require(Int(onset))
      #expect(
        vector.indices.map { levels.level(daysSinceOnset: daysAgo - $0) } == vector,
        "onset \(onset) days ago")
    }
    let others = document.compactMapValues { $0 as? [Int] }
    #expect(others.count == 6)
    for (knowledge, vector) in others {
      #expect(vector.indices.map { levels.level(daysAgo: $0, knowing: knowledge) } == vector)
    }
    #expect(levels.level(daysAgo: -1, knowing: "no_information") == 1)
  }

  @Test("A folder's two sorts of rule sets are told apart, and neither is taken for the other")
  func sorts() throws {
    let file = try Support.cwaFile()
    #expect(RuleKind(json: file) == .riskCalculation)
    let error = #expect(throws: RuleSetError.self) { try RuleSet(json: file) }
    #expect(error?.code == .otherKind)
    let contacts = try Data(contentsOf: Support.rulesFolder.appending(path: "3638-2021.json"))
    #expect(RuleKind(json: contacts) == .contactDefinition)
    #expect(throws: ExposureRiskError.self) { try RiskRuleSet(json: contacts) }
    #expect(RuleKind(json: Array("[".utf8)) == .contactDefinition)
    let said = String(decoding: contacts, as: UTF8.self)
      .replacingOccurrences(of: #""id":"#, with: #""kind": "contact-definition", "id":"#)
    #expect(try RuleSet(json: said.utf8) == RuleSet(json: contacts))
  }

  struct Mistake: CustomTestStringConvertible, Sendable {
    let old: String
    let new: String
    let code: ExposureRiskError.Code
    let path: String
    var testDescription: String { "\(new) for \(old)" }
  }

  static let mistakes = [
    Mistake(
      old: #""kind": "risk-calculation""#, new: #""kind": "contact-definition""#,
      code: .outOfRange, path: "kind"),
    Mistake(old: #""id": "cwa-2021""#, new: #""id": """#, code: .outOfRange, path: "id"),
    Mistake(old: #""source""#, new: #""sauce""#, code: .unknownKey, path: "sauce"),
    Mistake(
      old: #""valid_to": "2023-05-31""#, new: #""valid_to": "2020-05-31""#, code: .outOfRange,
      path: "valid_to"),
    Mistake(
      old: #""valid_from": "2021-04-01""#, new: #""valid_from": "April""#, code: .outOfRange,
      path: "valid_from"),
    Mistake(
      old: #""weight": 0.1"#, new: #""weight": -0.1"#, code: .outOfRange,
      path: "exposure_windows.minutesAtAttenuationWeights[2].weight"),
    Mistake(
      old: #""max": 79, "maxExclusive": true"#, new: #""max": 79, "maxExclusiv": true"#,
      code: .unknownKey,
      path: "exposure_windows.minutesAtAttenuationWeights[2].attenuationRange.maxExclusiv"),
    Mistake(
      old: #""min": 73, "max": 79"#, new: #""min": 99, "max": 79"#, code: .outOfRange,
      path: "exposure_windows.minutesAtAttenuationWeights[2].attenuationRange.max"),
    Mistake(
      old: #""trlFilters": []"#, new: #""trlFilters": 0"#, code: .wrongType,
      path: "exposure_windows.trlFilters"),
    Mistake(
      old: #""maxCheckInAgeInDays": 10"#, new: #""maxCheckInAgeInDays": "ten""#,
      code: .wrongType, path: "check_ins.maxCheckInAgeInDays"),
    Mistake(
      old: #""-5": 2"#, new: #""-5": 9"#, code: .outOfRange,
      path: "transmission_risk_levels.by_days_since_onset"),
    Mistake(
      old: #""-5": 2"#, new: #""five": 2"#, code: .outOfRange,
      path: "transmission_risk_levels.by_days_since_onset"),
    Mistake(
      old: #""no_information""#, new: #""no_clue""#, code: .missingKey,
      path: "transmission_risk_levels.by_days_ago"),
    Mistake(
      old: #""otherwise": 1"#, new: #""otherwise": 0"#, code: .outOfRange,
      path: "transmission_risk_levels.otherwise"),
  ]

  @Test("A mistake in a file is named with its key", arguments: mistakes)
  func mistakesAreNamed(mistake: Mistake) throws {
    let text = String(decoding: try Support.cwaFile(), as: UTF8.self)
    #expect(text.contains(mistake.old))
    let broken = text.replacingOccurrences(of: mistake.old, with: mistake.new)
    let error = #expect(throws: ExposureRiskError.self) {
      try RiskRuleSet(json: broken.utf8)
    }
    #expect(error?.code == mistake.code)
    #expect(error?.path == mistake.path)
  }
}
