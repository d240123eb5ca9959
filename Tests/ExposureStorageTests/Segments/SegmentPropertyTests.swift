import ExposureStorage
import Presence
import TestSupport
import Testing
import VenueCodes

@Suite("Segments, at random") struct SegmentPropertyTests {
  /// Evidence arrives in any order and grouping, with segments built in between or not: at every
  /// moment a history says what one derivation of everything says.
  private func agrees(seed: UInt64, rounds: Int, calendar: LocalCalendar) throws {
    var crowd = CrowdedEvidence(seed: seed)
    let rules = try CrowdedEvidence.rules(calendar)
    for round in 0..<rounds {
      let folder = try TemporaryFolder()
      var tuning = StoreTuning()
      tuning.mostUnbuiltRows = crowd.generator.oneIn(2) ? 8 : .max
      let path = try newStore(folder, calendar: calendar).path
      var store = try ExposureStore(at: path, mode: .readWrite, tuning: tuning)
      var all: [Evidence] = []
      let days: Int64 = crowd.generator.oneIn(2) ? 3 : 18
      for step in 0..<Int.random(in: 2...7, using: &crowd.generator) {
        let count = [1, 3, 12, 60].randomElement(using: &crowd.generator) ?? 1
        let batch = try crowd.rows(count, days: days)
        _ = try store.append(batch)
        all += batch
        if crowd.generator.oneIn(2) { _ = try store.buildSegments(stayRules: rules) }
        if crowd.generator.oneIn(4) {
          try store.close()
          store = try ExposureStore(at: path, mode: .readWrite, tuning: tuning)
        }
        let found = try facts(of: try store.history(stayRules: rules, openVenues: []))
        let expected = try facts(of: all, rules)
        guard found == expected else {
          Issue.record(
            "seed \(seed), round \(round), step \(step):\n\(difference(found, expected))")
          return
        }
      }
    }
  }

  @Test(
    "Visits are those of one derivation, however evidence arrives", arguments: [701, 702, 703])
  func incremental(seed: UInt64) throws {
    try agrees(
      seed: seed, rounds: TestEnvironment.propertyRuns(default: 8), calendar: .haiPhong)
  }

  @Test("Also where clocks are moved", arguments: [711])
  func restlessClocks(seed: UInt64) throws {
    try agrees(
      seed: seed, rounds: TestEnvironment.propertyRuns(default: 8),
      calendar: CrowdedEvidence.restlessClocks)
  }
}
