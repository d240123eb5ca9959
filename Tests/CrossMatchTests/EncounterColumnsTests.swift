import CrossMatch
import Presence
import Testing

@Suite("Encounter columns") struct EncounterColumnsTests {
  @Test("Every encounter is with both of its people, in the order given")
  func bothSides() {
    let encounters: [(SubjectNumber, SubjectNumber, Int64, Int64)] = [
      (0, 2, 10, 20), (1, 2, 5, 9), (0, 2, 1, 2),
    ]
    let columns = EncounterColumns(count: encounters.count, subjectCount: 4) {
      let (first, second, start, end) = encounters[$0]
      return (first, second, ColumnTime.epoch + start, ColumnTime.epoch + end)
    }
    let rows = (0..<4).map { person in
      columns.entries(of: SubjectNumber(person)).map {
        [Int($0.peer), Int($0.start), Int($0.end), Int($0.encounter)]
      }
    }
    #expect(
      rows == [
        [[2, 10, 20, 0], [2, 1, 2, 2]], [[2, 5, 9, 1]],
        [[0, 10, 20, 0], [1, 5, 9, 1], [0, 1, 2, 2]], [],
      ])
  }
}
