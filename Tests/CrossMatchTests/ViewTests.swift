import CrossMatch
import TestSupport
import Testing
import VenueCodes

@Suite("Visit view") struct ViewTests {
  @Test("Shared spans and those present are the double loop")
  func sharedSpans() throws {
    for seed in 1...UInt64(TestEnvironment.propertyRuns(default: 100)) {
      var random = SeededGenerator(seed: seed &* 13)
      let store = RandomView(&random)
      let view = store.view
      for _ in 0..<6 {
        let all = Array(store.records.joined())
        guard let one = all.randomElement(using: &random),
          let venue = VenueID(rawValue: one.venue)
        else { continue }
        let sameZone = random.oneIn(2)
        let span = IndexSpan(
          venue: venue, zone: one.zone, subject: one.subject,
          start: one.enter - Int32.random(in: 0...30, using: &random),
          end: one.leave + Int32.random(in: -5...30, using: &random), tag: 9)
        var expected: [SharedSpan] = []
        var present: [VisitPosition] = []
        for (number, segment) in view.segments.enumerated() {
          for row in 0..<segment.count {
            let record = segment.record(at: row)
            let start = max(record.enter, span.start)
            let end = min(record.leave, span.end)
            guard record.venue == one.venue, start < end, record.leave >= record.enter else {
              continue
            }
            present.append(VisitPosition(segment: UInt32(number), row: UInt32(row)))
            guard record.subject != one.subject,
              !sameZone || VisitView.areTogether(record.zone, one.zone)
            else { continue }
            expected.append(
              SharedSpan(
                tag: 9, other: record.subject, start: start, end: end, segment: UInt32(number),
                row: UInt32(row)))
          }
        }
        var shared: [SharedSpan] = []
        view.appendShared(with: span, sameZone: sameZone, to: &shared)
        try #require(shared == expected, "seed \(seed)")
        var found: [VisitPosition] = []
        view.appendPresent(at: venue, from: span.start, until: span.end, to: &found)
        try #require(found == present, "seed \(seed)")
      }
    }
  }
}
