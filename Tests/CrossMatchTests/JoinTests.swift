import CrossMatch
import TestSupport
import Testing

/// One pair, as a double loop finds it.
private struct Pair: Hashable, Comparable {
  var subject: UInt32
  var other: UInt32
  var venue: UInt64
  var seconds: UInt32

  static func < (left: Pair, right: Pair) -> Bool {
    (left.subject, left.other, left.venue, left.seconds)
      < (right.subject, right.other, right.venue, right.seconds)
  }
}

@Suite("Join") struct JoinTests {
  /// The pairs of some people by going through all pairs of records.
  private static func naive(_ store: RandomView, _ subjects: [UInt32], _ minimum: Int) -> [Pair] {
    let all = store.records.joined().filter { $0.leave >= $0.enter }
    let wanted = Set(subjects)
    var pairs: [Pair] = []
    for mine in all where wanted.contains(mine.subject) {
      for theirs in all where theirs.venue == mine.venue && theirs.subject != mine.subject {
        let seconds = Int(min(mine.leave, theirs.leave)) - Int(max(mine.enter, theirs.enter))
        guard seconds >= minimum else { continue }
        pairs.append(
          Pair(
            subject: mine.subject, other: theirs.subject, venue: mine.venue,
            seconds: UInt32(seconds)))
      }
    }
    return pairs.sorted()
  }

  @Test("Every form of the join is the double loop, for any number of threads")
  func allForms() throws {
    let runs = UInt64(TestEnvironment.propertyRuns(default: 30))
    var largeRuns = 0
    for seed in 1...runs {
      var random = SeededGenerator(seed: seed)
      let store = RandomView(&random)
      largeRuns += store.isLarge ? 1 : 0
      let view = store.view
      let minimum = Int32.random(in: 1...(random.oneIn(2) ? 3 : 90), using: &random)
      let some = (0..<UInt32(store.subjectCount)).filter { _ in random.oneIn(6) }
      let subjects = Array(some.shuffled(using: &random).prefix(store.isLarge ? 2 : .max))
      let expected = Self.naive(store, subjects, Int(minimum))
      let sums = JoinSums(
        pairs: UInt64(expected.count), seconds: expected.reduce(0) { $0 + UInt64($1.seconds) },
        others: expected.reduce(0) { $0 + UInt64($1.other) })
      var first: [[Pair]]?
      for form in KernelForm.available {
        for threads in [1, 3] {
          let plan = JoinPlan(subjects, in: view, minimum: minimum, threads: threads)
          #expect(plan.sums(threads: threads, form: form) == sums, "seed \(seed), \(form)")
          let buffers = (0..<threads).map { _ in PairColumns(capacity: 1) }
          var pieces: [Int: [Pair]] = [:]
          plan.forEachPiece(in: [buffers[0]], form: form) { piece, pairs, range in
            pieces[piece] = range.map {
              Pair(
                subject: pairs.subject[$0], other: pairs.other[$0],
                venue: plan.venues[Int(pairs.venue[$0])], seconds: pairs.seconds[$0])
            }
          }
          let inOrder = pieces.sorted { $0.key < $1.key }.map(\.value)
          try #require(inOrder.joined().sorted() == expected, "seed \(seed), \(form)")
          #expect(inOrder == first ?? inOrder, "seed \(seed), \(form): another order")
          first = inOrder
          for buffer in buffers { buffer.removeAll() }
          plan.forEachPiece(in: buffers, form: form) { _, _, _ in }
          #expect(buffers.reduce(0) { $0 + $1.count } == expected.count, "seed \(seed), \(form)")
        }
      }
    }
    #expect(largeRuns > 0 || runs < 30, "no venue was large")
  }

  @Test("Room for the pairs of a large venue is made for those that are found")
  func roomIsOfParts() {
    // One after the other, ten at a time.
    let records = (0..<40_000).map {
      VisitRecord(
        venue: 3, enter: Int32($0), leave: Int32($0 + 10), subject: UInt32($0), source: UInt32($0))
    }
    let view = VisitView([VisitSegment(records)])
    let others = (38_991...39_009).filter { $0 != 39_000 }.map { UInt32($0) }
    let pairs = PairColumns(capacity: 1)
    view.appendPairs(of: 39_000, minimum: 1, to: pairs)
    #expect(Array(pairs.other) == others)
    #expect(pairs.seconds.map { Int($0) } == others.map { 10 - abs(Int($0) - 39_000) })
    #expect(pairs.capacity < 20_000)
    let planned = PairColumns(capacity: 1)
    JoinPlan([39_000], in: view, minimum: 1).forEachPiece(in: [planned]) { _, _, _ in }
    #expect(Array(planned.other) == others && planned.capacity < 20_000)
  }

  @Test("One person's pairs are theirs of the join")
  func onePerson() {
    for seed in 1...UInt64(TestEnvironment.propertyRuns(default: 30)) {
      var random = SeededGenerator(seed: seed &+ 7_000)
      let store = RandomView(&random)
      let view = store.view
      let minimum = Int32.random(in: 1...90, using: &random)
      for subject in 0..<UInt32(min(store.subjectCount, 8)) {
        let plan = JoinPlan([subject], in: view, minimum: minimum)
        let pairs = PairColumns(capacity: 1)
        view.appendPairs(of: subject, minimum: minimum, to: pairs)
        let sums = plan.sums()
        #expect(view.sums(of: subject, minimum: minimum) == sums, "seed \(seed)")
        #expect(UInt64(pairs.count) == sums.pairs, "seed \(seed)")
        #expect(pairs.seconds.reduce(0) { $0 + UInt64($1) } == sums.seconds, "seed \(seed)")
        #expect(pairs.other.reduce(0) { $0 + UInt64($1) } == sums.others, "seed \(seed)")
        #expect(pairs.subject.allSatisfy { $0 == subject }, "seed \(seed)")
      }
    }
  }
}
