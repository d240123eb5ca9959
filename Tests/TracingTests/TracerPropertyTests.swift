import FoundationEssentials
import Presence
import Testing
import Tracing

/// The tracer against a brute force that knows nothing of columns, sweeps or walks.
///
/// `CHECKIN_PROPERTY_RUNS` is the number of stores (1600 if not set), `CHECKIN_PROPERTY_SEED` the
/// first seed.
@Suite("Tracer, against brute force") struct TracerPropertyTests {
  static let blocks = 8
  static let runs = setting("CHECKIN_PROPERTY_RUNS") ?? 1_600
  static let firstSeed = setting("CHECKIN_PROPERTY_SEED") ?? 1

  private static func setting(_ name: String) -> Int? {
    ProcessInfo.processInfo.environment[name].flatMap { Int($0) }
  }

  @Test("Every row of every random store is what the definition says", arguments: 0..<blocks)
  func agrees(block: Int) throws {
    let each = (Self.runs + Self.blocks - 1) / Self.blocks
    let seeds = (Self.firstSeed + block * each)..<(Self.firstSeed + (block + 1) * each)
    print("random stores with seeds \(seeds)")
    var seen: [String: Int] = [:]
    for seed in seeds {
      let store = try RandomStore(seed: UInt64(seed))
      let expected = BruteForce(
        people: store.people, visits: store.visits, encounters: store.encounters,
        openVenues: store.openVenues, venuesWithoutTail: store.venuesWithoutTail,
        isolations: store.isolations, rules: store.rules, calendar: store.calendar
      ).rows(cases: store.cases, degrees: store.degrees)
      for row in expected {
        seen["\(row.exposureClass.name) of degree \(row.degree)", default: 0] += 1
      }
      for (name, history) in [
        ("in memory", try store.history()), ("in segments", try store.segmentedHistory(seed: seed)),
      ] {
        for threads in 1...2 {
          let tracer = Tracer(
            history: history, rules: store.rules, calendar: store.calendar, threads: threads)
          let found = try tracer.trace(
            cases: store.cases, degrees: store.degrees, isolations: store.isolations)
          let summary = try tracer.summary(
            cases: store.cases, degrees: store.degrees, isolations: store.isolations)
          guard found.rows != expected || summary != found.summary else { continue }
          let text = { (rows: [Exposure]) in
            rows.map { $0.json(in: store.calendar, nameOfPerson: \.description) }
              .joined(separator: "\n")
          }
          Issue.record(
            """
            seed \(seed), \(name), \(threads) threads:
            \(store)
            found: \(summary)
            \(text(found.rows))
            expected: \(found.summary)
            \(text(expected))
            """)
          return
        }
      }
    }
    guard each >= 200 else { return }
    // A generator that makes nothing would agree with everything.
    let classes = ExposureClass.allCases.map { "\($0.name) of degree 1" }
    let higher = ["open_venue", "closed_venue", "near", "near_at_venue"].map { "\($0) of degree 2" }
    let missing = (classes + higher + ["closed_venue of degree 3"]).filter { seen[$0] == nil }
    #expect(missing == [], "in seeds \(seeds); seen were \(seen)")
  }
}
