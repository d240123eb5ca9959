import CrossMatch
import Presence
import TestSupport
import Testing
import Tracing
import VenueCodes

@Suite("Rows as they are found") struct SinkTests {
  /// Keeps lines of JSON, and what it was asked.
  private struct Lines: ExposureSink {
    let lines: ExposureLines
    var text = ""
    var wantsEvidence = true

    func preparation() -> @Sendable (ExposureBlock) throws -> [UInt8] {
      let lines = lines
      return { lines.json(of: $0) }
    }

    mutating func take(_ prepared: [UInt8]) {
      text += String(decoding: prepared, as: UTF8.self)
    }
  }

  @Test("Lines of JSON are those of the rows one by one")
  func lines() throws {
    var rowCount = 0
    for seed in UInt64(1)...40 { rowCount += try lines(seed: seed) }
    #expect(rowCount > 40)
  }

  /// Compares the lines of one random store, and returns how many there are.
  private func lines(seed: UInt64) throws -> Int {
    let store = try RandomStore(seed: seed)
    let tracer = Tracer(
      history: try store.history(), rules: store.rules, calendar: store.calendar, threads: 2)
    let trace = try tracer.trace(cases: store.cases, degrees: 3)
    let known = Dictionary(
      uniqueKeysWithValues: store.people.prefix(3).enumerated().map { ($1, "Ng \"\($0)\"\u{1}") })
    var sink = Lines(lines: ExposureLines(of: tracer) { known[$0] })
    let counts = try tracer.trace(cases: store.cases, degrees: 3, into: &sink)
    let expected = trace.rows.map {
      $0.json(in: store.calendar) { known[$0] ?? $0.description } + "\n"
    }.joined()
    #expect(sink.text == expected, "seed \(seed)")
    #expect(counts == trace.contactCounts)

    sink = Lines(lines: ExposureLines(of: tracer, nameOfPerson: nil), wantsEvidence: false)
    _ = try tracer.trace(cases: store.cases, degrees: 3, into: &sink)
    let bare = trace.rows.map { row in
      var row = row
      row.evidence = []
      return row.json(in: store.calendar, nameOfPerson: \.description) + "\n"
    }.joined()
    #expect(sink.text == bare, "seed \(seed)")
    return trace.rows.count
  }

  @Test("A thousand contacts of a case come by pseudonym, whatever the first bits are")
  func order() throws {
    var random = SeededGenerator(seed: 4)
    for mask in [UInt64.max, 7 << 61, 0, 0xffff] {
      var people: Set<Pseudonym> = []
      while people.count < 1_500 {
        people.insert(Pseudonym(high: random.next() & mask, low: random.next()))
      }
      let list = Array(people).shuffled(using: &random)
      let venue = try Story.venue("Café")
      let start = try Story.time("09:00")
      let visits = list.indices.flatMap { number in
        (0..<2).map { turn in
          Visit(
            subject: SubjectNumber(number), venue: venue, enter: start + Int64(number),
            leave: start + 3_000 + Int64(turn),
            openedBy: EvidenceID(high: 9, low: UInt64(number * 2 + turn)))
        }
      }
      let trace = try Tracer(
        history: try ExposureHistory(people: list, visits: visits), rules: Story.rules,
        calendar: .haiPhong
      ).trace(
        cases: [try Case(id: "C", subject: list[0], onset: LocalDay(iso8601: "2020-08-06"))])
      let expected = list.dropFirst().sorted()
      #expect(trace.rows.map(\.contact) == expected, "mask \(mask)")
      #expect(trace.rows.allSatisfy { $0.evidence.count == 4 })
    }
  }

  /// Fails at the second block.
  private struct Full: ExposureSink {
    struct NoRoom: Error {}
    var taken = 0
    var wantsEvidence: Bool { false }

    func preparation() -> @Sendable (ExposureBlock) throws -> Int {
      { $0.rows.count }
    }

    mutating func take(_ prepared: Int) throws {
      taken += 1
      if taken == 2 { throw NoRoom() }
    }
  }

  @Test("What a sink throws ends the trace", arguments: 1...2)
  func failingSink(threads: Int) throws {
    let story = try Story(visits: ["A Café 09:00 10:00", "X Café 09:00 10:00"])
    let tracer = Tracer(
      history: story.history, rules: Story.rules, calendar: .haiPhong, threads: threads)
    let cases = try (0..<5).map { try Story.sixthOfAugust("C\($0)", "A") }
    var sink = Full()
    #expect(throws: Full.NoRoom.self) { _ = try tracer.trace(cases: cases, into: &sink) }
    #expect(sink.taken == 2)
  }

  /// Evidence on a disk that is gone.
  private struct Lost: EvidenceLookup {
    struct Gone: Error {}

    func appendEvidence(
      ofVisits positions: [VisitPosition], to evidence: inout [VisitEvidence]
    ) throws { throw Gone() }

    func appendEvidence(
      ofEncounters positions: [EncounterPosition], to evidence: inout [EvidenceID]
    ) throws { throw Gone() }

    func visits(at positions: [VisitPosition]) throws -> [Visit] { throw Gone() }
  }

  @Test("Evidence that cannot be read ends what shows it, and nothing else")
  func lostEvidence() throws {
    let known = try Story(visits: ["A Café 09:00 10:00", "X Café 09:00 10:00"]).history
    let history = ExposureHistory(
      people: known.people, visits: known.visits, encounters: known.encounters, evidence: Lost(),
      extent: known.extent)
    let tracer = Tracer(history: history, rules: Story.rules, calendar: .haiPhong)
    let cases = [try Story.sixthOfAugust("C", "A")]
    #expect(throws: Lost.Gone.self) { _ = try tracer.trace(cases: cases) }
    #expect(throws: Lost.Gone.self) {
      _ = try history.presence(at: try Story.venue("Café"), from: 0, to: .max)
    }
    let summary = try tracer.summary(cases: cases)
    #expect(summary.pairs == 1 && summary.contacts == [1])
  }
}
