import CrossMatch
import Presence
import TestSupport
import Testing

@Suite("Encounter segments") struct EncounterSegmentTests {
  @Test("Every encounter is with both of its people by start, and void ones with nobody")
  func bothSides() {
    let encounters: [(SubjectNumber, SubjectNumber, Int32, Int32)] = [
      (9, 2, 10, 20), (700, 2, 5, 9), (9, 2, 1, 2), (9, 700, 4, 3), (2, 9, 7, 7),
    ]
    let records = encounters.enumerated().map { number, row in
      EncounterRecord(
        first: row.0, second: row.1, start: row.2, end: row.3, attenuation: Int16(60 + number),
        source: UInt32(number))
    }
    let segments = [
      EncounterSegment(Array(records[..<2])), EncounterSegment([]),
      EncounterSegment(Array(records[2...])),
    ]
    let view = EncounterView(segments)
    var rows: [SubjectNumber: [[Int]]] = [:]
    for person: SubjectNumber in [0, 2, 9, 700, 701] {
      view.forEachEntry(of: person) { entry in
        let segment = segments[Int(entry.position.segment)]
        rows[person, default: []].append([
          Int(entry.peer), Int(entry.start), Int(entry.end), Int(entry.attenuation) - 60,
          Int(segment.source[Int(entry.position.row)]),
        ])
        #expect(view.entry(at: entry.position) == entry)
      }
    }
    #expect(
      rows == [
        2: [[700, 5, 9, 1, 1], [9, 10, 20, 0, 0], [9, 1, 2, 2, 2], [9, 7, 7, 4, 4]],
        9: [[2, 10, 20, 0, 0], [2, 1, 2, 2, 2], [2, 7, 7, 4, 4]],
        700: [[2, 5, 9, 1, 1]],
      ])
    #expect(segments.map(\.count) == [4, 0, 6])
  }

  @Test(
    "Runs of one encounter below a limit are one entry, second by second; given ones stay apart",
    arguments: 0..<30)
  func nearEntries(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var records: [EncounterRecord] = []
    for peer: SubjectNumber in [2, 3, 9] {
      var time: Int32 = 0
      for _ in 0..<Int.random(in: 0...12, using: &generator) {
        if generator.oneIn(3) { time += Int32.random(in: 1...5, using: &generator) }
        let end = time + Int32.random(in: 1...9, using: &generator)
        records.append(
          EncounterRecord(
            first: 5, second: peer, start: time, end: end,
            attenuation: [50, 60, 63, 64, 80].randomElement(using: &generator) ?? 0, source: 0))
        time = end
      }
    }
    records.shuffle(using: &generator)
    let near = records.filter { $0.attenuation <= 63 }
    let derived = EncounterView([EncounterSegment(records, isDerived: true)])
    var found: [SubjectNumber: [Range<Int32>]] = [:]
    derived.forEachNearEntry(of: 5, within: 63) { entry in
      found[entry.peer, default: []].append(entry.start..<entry.end)
      let parts = near.filter {
        $0.second == entry.peer && entry.start <= $0.start && $0.end <= entry.end
      }
      #expect(parts.map(\.attenuation).max() == entry.attenuation, "seed \(seed)")
      #expect(derived.entry(at: entry.position).start == entry.start, "seed \(seed)")
    }
    for peer: SubjectNumber in [2, 3, 9] {
      let spans = (found[peer] ?? []).sorted { $0.lowerBound < $1.lowerBound }
      let seconds = near.filter { $0.second == peer }.flatMap { Array($0.start..<$0.end) }
      #expect(spans.flatMap { Array($0) } == seconds.sorted(), "seed \(seed)")
      // As long as they can be.
      for (span, next) in zip(spans, spans.dropFirst()) {
        #expect(span.upperBound < next.lowerBound, "seed \(seed)")
      }
    }
    var count = 0
    EncounterView([EncounterSegment(records)]).forEachNearEntry(of: 5, within: 63) { _ in
      count += 1
    }
    #expect(count == near.count, "seed \(seed)")
  }
}
