import ExposureStorage
import Presence
import TestSupport
import Testing
import VenueCodes

@Suite("The log in numbers") struct EvidenceLogTests {
  /// The ids and the numbers of the rows of a day after a row.
  private func rows(
    _ log: EvidenceLog, _ extent: DayExtent, after row: Int64 = 0
  ) throws -> [(number: Int64, id: EvidenceID, subject: UInt32)] {
    var found: [(number: Int64, id: EvidenceID, subject: UInt32)] = []
    try log.forEachFrame(of: extent, after: row) { columns, places, first in
      for place in places {
        found.append((first + Int64(place), columns.id(at: place), columns.subject[place]))
      }
      return true
    }
    return found
  }

  @Test("Rows keep their numbers however they come, and are read from any number on")
  func numbers() throws {
    let folder = try TemporaryFolder()
    let store = try newStore(folder)
    var generator = SeededGenerator(seed: 3)
    var ids: [EvidenceID] = []
    // Batches of one row and of thousands: frames that are packed again, and frames that are not.
    for size in [1, 1, 1, 400, 1, 3_000, 2, 150, 150, 700] + Array(repeating: 1, count: 40) {
      let batch = (0..<size).map { scan(UInt64(ids.count + $0)) }
      #expect(try store.append(batch).allSatisfy { $0 == .stored })
      ids += batch.map(\.id)
    }
    let log = try store.evidenceLog(from: day("2020-08-06"), to: day("2020-08-06"))
    let extent = try #require(log.days.first)
    #expect(extent.rowCount == ids.count)
    for row in [0, 1, 399, 400, 401, 3_500, ids.count - 1, ids.count].map({ Int64($0) }) {
      let found = try rows(log, extent, after: row)
      #expect(found.map(\.id) == Array(ids[Int(row)...]))
      #expect(found.map(\.number) == Array(row..<Int64(ids.count)).map { $0 + 1 })
    }
    for _ in 0..<20 {
      let wanted = (1...Int64(ids.count)).filter { _ in generator.oneIn(50) }
      let found = try log.evidenceIDs(of: extent, rows: wanted)
      #expect(found == wanted.map { ids[Int($0) - 1] })
    }
    #expect(storeErrorCode { _ = try log.evidenceIDs(of: extent, rows: [9_999_999]) } == .corrupt)
    // What comes later is not of the moment, also where it shares a frame with what is.
    _ = try store.append([scan(70_000)])
    #expect(try rows(log, extent).count == ids.count)
    let newer = try store.evidenceLog(from: day("2020-08-06"), to: day("2020-08-06"))
    let last = try rows(newer, newer.days[0], after: extent.newestRow)
    #expect(last.map(\.id) == [scan(70_000).id])
    let who = try store.pseudonyms(of: last.map(\.subject))
    #expect(who == [scan(70_000).subject])
    #expect(try store.catalogNumber(of: who[0]) == last[0].subject)
    #expect(try store.catalogNumber(of: person(123_456)) == nil)
    #expect(try store.newestCatalogNumber() == 17)
    #expect(storeErrorCode { _ = try store.pseudonyms(of: [18]) } == .corrupt)
  }

  @Test("Rows that come one by one take as little room as those that come together")
  func packed() throws {
    let folder = try TemporaryFolder()
    let store = try newStore(folder)
    for number in 0..<600 { _ = try store.append([scan(UInt64(number))]) }
    let file = try Connection(opening: store.path + "/days/2020-08-06.sqlite", for: .read)
    #expect(try file.number("SELECT count(*) FROM frame") ?? 99 <= 4)
  }

  @Test("A reader that has enough stops, and what it throws comes out")
  func stops() throws {
    let folder = try TemporaryFolder()
    let store = try newStore(folder)
    _ = try store.append((0..<2_000).map { scan($0) })
    let log = try store.evidenceLog(from: day("2020-08-06"), to: day("2020-08-06"))
    var seen = 0
    try log.forEachFrame(of: log.days[0]) { _, places, _ in
      seen += places.count
      return false
    }
    #expect(seen > 0 && seen < 2_000)
    struct Stop: Error {}
    #expect(throws: Stop.self) {
      try log.forEachFrame(of: log.days[0]) { _, _, _ in throw Stop() }
    }
  }
}
