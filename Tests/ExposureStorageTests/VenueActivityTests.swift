import ExposureStorage
import Presence
import TestSupport
import Testing
import VenueCodes

@Suite("Counting what happened at venues") struct VenueActivityTests {
  @Test("The counts of a day are those of a walk over all its evidence")
  func countsAsAWalkDoes() throws {
    for seed in 0..<UInt64(TestEnvironment.propertyRuns(default: 5)) {
      let folder = try TemporaryFolder()
      let store = try newStore(folder)
      var generator = SeededGenerator(seed: seed)
      // More venues than the table begins with, so that it grows.
      var batch: [Evidence] = []
      for number in 0..<UInt64(6_000) {
        var row = scan(number, dayOffset: Int64.random(in: 0...3, using: &generator))
        row.venue = try venue(UInt64.random(in: 0..<2_000, using: &generator))
        row.kind = [.scanIn, .scanOut, .scan, .gatewayScan, .visit, .staffNote][Int(number % 6)]
        row.grade = Int8.random(in: -1...3, using: &generator)
        row.status = generator.oneIn(4) ? .expiredCode : .accepted
        if row.kind == .visit { row.end = row.start + 600 }
        batch.append(row)
      }
      _ = try store.append(batch)
      let first = store.calendar.day(of: augustSixth).advanced(by: 1)
      let last = first.advanced(by: 1)
      var scans: [LocalDay: [VenueID: Int]] = [:]
      var visits: [LocalDay: [VenueID: Int]] = [:]
      for row in try allEvidence(of: store) where row.status == .accepted {
        let day = store.calendar.day(of: row.start)
        guard let venue = row.venue, first <= day, day <= last else { continue }
        switch row.kind {
        case .scanIn, .scanOut, .scan, .gatewayScan:
          if row.grade >= 1 {
            scans[day, default: [:]][venue, default: 0] += 1
          } else {
            visits[day, default: [:]][venue, default: 0] += 1
          }
        case .visit: visits[day, default: [:]][venue, default: 0] += 1
        default: continue
        }
      }
      let found = try store.venueActivity(from: first, to: last)
      #expect(found.map(\.day) == [first, last], "seed \(seed)")
      for day in found {
        #expect(day.scans == scans[day.day], "seed \(seed)")
        #expect(day.entered == visits[day.day], "seed \(seed)")
      }
      try store.close()
      let reader = try ExposureStore.open(at: folder.path + "/store", mode: .readOnly)
      #expect(try reader.venueActivity(from: first, to: last) == found)
      #expect(
        try reader.venueActivity(from: last.advanced(by: 10), to: last.advanced(by: 11)) == [])
    }
  }
}
