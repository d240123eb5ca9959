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

  @Test("The exposure field is the sum over all pairs")
  func exposureField() throws {
    for seed in 1...UInt64(TestEnvironment.propertyRuns(default: 60)) {
      var random = SeededGenerator(seed: seed &* 29)
      let store = RandomView(&random, mayBeLarge: false)
      let view = store.view
      let times = store.records.joined().map(\.enter)
      var infectious = InfectiousSpans(subjectCount: store.subjectCount)
      for person in 0..<store.subjectCount where random.oneIn(4) {
        infectious.from[person] = random.oneIn(3) ? .min : times.randomElement(using: &random) ?? 0
        if random.oneIn(3) {
          infectious.until[person] = times.randomElement(using: &random) ?? 0
        }
      }
      for venue in view.venues {
        var expected: [VisitPosition: Int64] = [:]
        let here = view.segments.enumerated().flatMap { number, segment in
          segment.rows(at: venue).map { (number, $0, segment.record(at: $0)) }
        }.filter { $0.2.leave >= $0.2.enter }
        for (number, row, mine) in here {
          var seconds: Int64 = 0
          for (_, _, theirs) in here where theirs.subject != mine.subject {
            let from = infectious.from[Int(theirs.subject)]
            if from == .max { continue }
            let start = max(mine.enter, theirs.enter, from)
            let end = min(mine.leave, theirs.leave, infectious.until[Int(theirs.subject)])
            seconds += max(0, Int64(end) - Int64(start))
          }
          if seconds > 0 {
            expected[VisitPosition(segment: UInt32(number), row: UInt32(row))] = seconds
          }
        }
        var found: [VisitPosition: Int64] = [:]
        view.forEachExposure(at: venue, infectious: infectious) { found[$0] = $1 }
        try #require(found == expected, "seed \(seed)")
      }
    }
  }
}
