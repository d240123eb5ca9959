import CrossMatch
import TestSupport
import Testing
import VenueCodes

/// What a sweep is asked, at random.
private struct Question {
  var infectious: InfectiousSpans
  var asks: [Bool]
  var closed: Set<UInt64>
  var rule: SweepRule

  init(_ store: RandomView, _ random: inout SeededGenerator) {
    let times = store.records.joined().map(\.enter)
    infectious = InfectiousSpans(subjectCount: store.subjectCount)
    asks = Array(repeating: false, count: store.subjectCount)
    // Few infectious people are looked up, many are looked for.
    let share = (store.isLarge ? [40, 80, 200] : [2, 4, 200])[Int.random(in: 0...2, using: &random)]
    for person in 0..<store.subjectCount {
      if random.oneIn(share) {
        infectious.from[person] =
          random.oneIn(4) ? .min : (times.randomElement(using: &random) ?? 0) &+ 40
        if random.oneIn(3) {
          infectious.until[person] = (times.randomElement(using: &random) ?? 0) &+ 200
        }
      } else {
        asks[person] = !random.oneIn(6)
      }
    }
    closed = Set(store.venues.filter { _ in random.oneIn(5) })
    rule = SweepRule(minimum: Int32.random(in: 1...(random.oneIn(2) ? 3 : 90), using: &random))
    rule.sameZone = random.oneIn(2)
    rule.countsWholeVisits = random.oneIn(2)
    rule.takesFirstSecond = random.oneIn(2)
  }

  /// The moments by going through all pairs.
  func naive(_ store: RandomView) -> [Int32] {
    var moments = [Int32](repeating: .max, count: store.subjectCount)
    let all = store.records.joined().filter { $0.leave >= $0.enter && !closed.contains($0.venue) }
    for mine in all where infectious.from[Int(mine.subject)] != .max {
      let from = infectious.from[Int(mine.subject)]
      if rule.countsWholeVisits, mine.enter < from { continue }
      let until = infectious.until[Int(mine.subject)]
      // A visit of too little infectious time is none, and shares none.
      for theirs in all where asks[Int(theirs.subject)] && theirs.venue == mine.venue {
        if rule.sameZone, mine.zone != theirs.zone, mine.zone != 0, theirs.zone != 0 { continue }
        let start = max(mine.enter, from, theirs.enter)
        let end = min(mine.leave, until, theirs.leave)
        guard Int(end) - Int(start) >= Int(rule.minimum) else { continue }
        let moment = rule.takesFirstSecond ? start : start + rule.minimum
        moments[Int(theirs.subject)] = min(moments[Int(theirs.subject)], moment)
      }
    }
    return moments
  }
}

@Suite("Sweep") struct SweepTests {
  @Test("Every form of the sweep is the double loop, for any number of threads")
  func allForms() {
    for seed in 1...UInt64(TestEnvironment.propertyRuns(default: 60)) {
      var random = SeededGenerator(seed: seed &* 77)
      let store = RandomView(&random)
      let view = store.view
      let question = Question(store, &random)
      let expected = question.naive(store)
      let counts = { (venue: VenueID) in !question.closed.contains(venue.rawValue) }
      for form in KernelForm.available {
        for threads in [1, 3] {
          var moments = [Int32](repeating: .max, count: store.subjectCount)
          view.improveMoments(
            infectious: question.infectious, asks: PersonSet(question.asks), rule: question.rule,
            counts: counts, threads: threads, form: form, moments: &moments)
          #expect(moments == expected, "seed \(seed), \(form)")
          let left = view.withoutPartner(
            infectious: question.infectious, asks: PersonSet(question.asks), rule: question.rule,
            counts: counts, threads: threads, form: form)
          for person in question.asks.indices {
            let isLeft = question.asks[person] && expected[person] == .max
            if left.contains(UInt32(person)) != isLeft {
              Issue.record("seed \(seed), \(form): person \(person)")
            }
          }
        }
      }
    }
  }

  @Test("No threads are one, and a number that is past the sets ends the program")
  func edges() async {
    let records = [
      VisitRecord(venue: 1, enter: 0, leave: 100, subject: 0, source: 0),
      VisitRecord(venue: 1, enter: 50, leave: 100, subject: 1, source: 1),
    ]
    var infectious = InfectiousSpans(subjectCount: 2)
    infectious.from[0] = .min
    var moments = [Int32](repeating: .max, count: 2)
    VisitView([VisitSegment(records)]).improveMoments(
      infectious: infectious, asks: [false, true], counts: { _ in true }, minimum: 10,
      sameZone: false, threads: 0, moments: &moments)
    #expect(moments == [.max, 60])
    await #expect(processExitsWith: .failure) {
      var moments = [Int32](repeating: .max, count: 2)
      let far = VisitRecord(venue: 1, enter: 0, leave: 9, subject: 2, source: 0)
      VisitView([VisitSegment([far])]).improveMoments(
        infectious: InfectiousSpans(subjectCount: 2), asks: [true, true], counts: { _ in true },
        minimum: 1, sameZone: false, moments: &moments)
    }
  }

  @Test("A moment that is earlier already is kept")
  func keepsEarlier() {
    var random = SeededGenerator(seed: 5)
    let store = RandomView(&random)
    var infectious = InfectiousSpans(subjectCount: store.subjectCount)
    infectious.from[0] = .min
    var moments = [Int32](repeating: .min, count: store.subjectCount)
    store.view.improveMoments(
      infectious: infectious, asks: (0..<store.subjectCount).map { $0 > 0 }, counts: { _ in true },
      minimum: 1, sameZone: false, moments: &moments)
    #expect(moments.allSatisfy { $0 == .min })
  }
}
