import CrossMatch
import Presence
import TestSupport
import Testing
import VenueCodes

@Suite("Degree sweep") struct DegreeSweepTests {
  @Test("The sweep is the best of all pairs", arguments: 1...60)
  func allPairs(seed: UInt64) {
    let store = RandomVisits(seed: seed)
    var random = SeededGenerator(seed: seed &* 331)
    let sameZone = random.oneIn(2)
    let minimum = Int32.random(in: 1...60, using: &random)
    var infectious = InfectiousSpans(subjectCount: store.subjectCount)
    var asks = [Bool](repeating: false, count: store.subjectCount)
    for person in 0..<store.subjectCount {
      if random.oneIn(4) {
        infectious.from[person] = Int32.random(in: -2_500...1_500, using: &random)
        if random.oneIn(2) {
          infectious.until[person] = Int32.random(in: -2_500...2_500, using: &random)
        }
      } else {
        asks[person] = !random.oneIn(6)
      }
    }
    let columns = store.columns
    let counts = columns.venues.map { _ in !random.oneIn(4) }
    var expected = [Partner](repeating: .none, count: store.subjectCount)
    for mine in store.visits where infectious.from[Int(mine.subject)] != .max {
      for theirs in store.visits where asks[Int(theirs.subject)] && mine.venue == theirs.venue {
        guard let venue = columns.number(of: mine.venue), counts[venue],
          RandomVisits.agree(mine.zone, theirs.zone, sameZone)
        else { continue }
        let until = Int64(infectious.until[Int(mine.subject)])
        let start = max(
          Int64(infectious.from[Int(mine.subject)]), mine.enter - ColumnTime.epoch,
          theirs.enter - ColumnTime.epoch)
        let partnerEnd = min(until, mine.leave - ColumnTime.epoch)
        guard min(partnerEnd, theirs.leave - ColumnTime.epoch) - start >= Int64(minimum) else {
          continue
        }
        let found = Partner(
          moment: Int32(start) + minimum, end: Int32(partnerEnd), subject: mine.subject)
        let held = expected[Int(theirs.subject)]
        let order = (found.moment, -Int(found.end), found.subject)
        if held == .none || order < (held.moment, -Int(held.end), held.subject) {
          expected[Int(theirs.subject)] = found
        }
      }
    }
    var best = [Partner](repeating: .none, count: store.subjectCount)
    columns.improvePartners(
      infectious: infectious, asks: asks, counts: counts, minimum: minimum, sameZone: sameZone,
      best: &best)
    #expect(best == expected, "seed \(seed)")
  }

  @Test("A better reason from elsewhere is kept")
  func keepsBetter() throws {
    let store = RandomVisits(seed: 5)
    var infectious = InfectiousSpans(subjectCount: store.subjectCount)
    infectious.from[0] = .min
    let earlier = Partner(moment: .min, end: 0, subject: 0)
    var best = [Partner](repeating: earlier, count: store.subjectCount)
    store.columns.improvePartners(
      infectious: infectious, asks: (0..<store.subjectCount).map { $0 > 0 },
      counts: store.columns.venues.map { _ in true }, minimum: 1, sameZone: false, best: &best)
    #expect(best.allSatisfy { $0 == earlier })
  }
}
