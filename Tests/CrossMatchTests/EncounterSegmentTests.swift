import CrossMatch
import Presence
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
}
