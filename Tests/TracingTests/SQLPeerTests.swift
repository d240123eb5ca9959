import Foundation
import Presence
import TestSupport
import Testing
import Tracing
import VenueCodes

/// The SQL that benchmarks measure against says the same as the tracer, so that it is a fair peer.
@Suite("The trace in SQL") struct SQLPeerTests {
  static let shell = URL(fileURLWithPath: "/usr/bin/sqlite3")
  static let isThere = FileManager.default.isExecutableFile(atPath: shell.path)

  @Test(
    "SQLite gives the same rows of degree 1 for a small town", .enabled(if: isThere),
    arguments: 1...4)
  func sameRows(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let calendar = LocalCalendar.haiPhong
    let epoch = calendar.start(of: LocalDay(daysSince2020: 0)) + 25_200
    let people = (0..<60).map { Pseudonym(high: random.next(), low: UInt64($0)) }
    let venues = try (1...5).map { try #require(VenueID(rawValue: UInt64($0))) }
    let open = Set(venues.prefix(2))
    let aired = Set([venues[4]])
    let visits = (0..<600).map { number in
      let enter = epoch + 600 * 86_400 + Int64.random(in: 0..<400_000, using: &random)
      return Visit(
        subject: SubjectNumber.random(in: 0..<60, using: &random),
        venue: venues[Int.random(in: 0..<5, using: &random)], enter: enter,
        leave: enter + Int64.random(in: 0...20_000, using: &random),
        openedBy: EvidenceID(high: 0, low: UInt64(number)))
    }
    let cases = try (0..<4).map {
      try Case(
        id: "C\($0)", subject: people[$0 * 7], onset: LocalDay(daysSince2020: 602),
        isolation: $0 == 1 ? epoch + 602 * 86_400 + 5_000 : nil)
    }
    let rules = Story.rules
    let history = try ExposureHistory(
      people: people, visits: visits, openVenues: open, venuesWithoutTail: aired)
    let trace = try Tracer(history: history, rules: rules, calendar: calendar).trace(cases: cases)

    var sql = """
      CREATE TABLE visit (venue INTEGER, enter INTEGER, number INTEGER, person INTEGER,
        leave INTEGER, PRIMARY KEY (venue, enter, number)) WITHOUT ROWID;
      CREATE TABLE venue (venue INTEGER PRIMARY KEY, open INTEGER, tail INTEGER);
      CREATE TABLE cases (place INTEGER, person INTEGER, first INTEGER, last INTEGER);

      """
    for (number, visit) in visits.enumerated() {
      sql +=
        "INSERT INTO visit VALUES (\(visit.venue.rawValue), \(visit.enter - epoch), \(number), "
      sql += "\(visit.subject), \(visit.leave - epoch));\n"
    }
    for venue in venues {
      let isOpen = open.contains(venue)
      let hasTail = !isOpen && !aired.contains(venue)
      sql +=
        "INSERT INTO venue VALUES (\(venue.rawValue), \(isOpen ? 1 : 0), \(hasTail ? 1 : 0));\n"
    }
    for (place, one) in cases.enumerated() {
      let window = rules.window(of: one, in: calendar)
      sql += "INSERT INTO cases VALUES (\(place), \(place * 7), \(window.lowerBound - epoch), "
      sql += "\(window.upperBound - epoch));\n"
    }
    for (name, value) in [
      ("closed", 900), ("tail", 1_800), ("open", 1_800), ("tail_most", 1_800), ("longest", 20_000),
      ("offset", 25_200),
    ] { sql += ".parameter set :\(name) \(value)\n" }
    let file = TestEnvironment.packageRoot.appendingPathComponent("Tests/Peers/trace_sqlite.sql")
    sql += String(decoding: try Data(contentsOf: file), as: UTF8.self) + ";\n"
    let folder = try TemporaryFolder()
    let outcome = try BuiltProgram(at: Self.shell).run(
      ["-list"], input: Data(sql.utf8), in: folder.url)
    try #require(outcome.status == 0, "\(outcome.errors)")

    let expected = trace.rows.map { row in
      let place = Int(row.caseID.dropFirst()) ?? -1
      let numbers = [
        place, people.firstIndex(of: row.contact) ?? -1, Int(row.day.daysSince2020),
        Int(row.exposureClass.rawValue), row.venueSeconds, row.tailSeconds, Int(row.first - epoch),
        Int(row.last - epoch),
      ]
      return numbers.map { "\($0)" }.joined(separator: "|") + "|"
        + row.venues.map { "\($0.rawValue)" }.joined(separator: ",")
    }
    // SQLite names the venues of a row in any order.
    let found = outcome.lines.map { line in
      let cells = line.split(separator: "|", omittingEmptySubsequences: false)
      let venues = (cells.last ?? "").split(separator: ",").compactMap { Int($0) }.sorted()
      return cells.dropLast().joined(separator: "|") + "|"
        + venues.map { "\($0)" }.joined(separator: ",")
    }
    #expect(Set(found) == Set(expected), "seed \(seed)")
    #expect(found.count == expected.count && expected.count > 50)
  }
}
