import ExposureStorage
import Foundation
import Presence
import Testing
import VenueCodes

@Suite("Cases") struct CaseTests {
  @Test("A case is added once, listed, and closed once, each with a line in the audit log")
  func lifecycle() throws {
    let folder = try TemporaryFolder()
    let store = try newStore(folder)
    let full = CaseRecord(
      id: "BN-687", subject: person(1), onset: try day("2020-08-01"),
      specimen: try day("2020-08-04"), isolation: augustSixth, from: augustSixth - 9,
      to: augustSixth + 9, rule: "5053-2020", createdAt: augustSixth)
    let bare = CaseRecord(id: "BN-100", subject: person(2), createdAt: augustSixth)
    #expect(try store.addCase(full, note: note) == .stored)
    #expect(try store.addCase(bare, note: note) == .stored)
    var later = full
    later.createdAt += 5
    #expect(try store.addCase(later, note: note) == .repeated)
    for change in [
      { (record: inout CaseRecord) in record.subject = person(3) }, { $0.onset = nil },
      { $0.specimen = nil }, { $0.isolation = nil }, { $0.from = nil }, { $0.to = nil },
      { $0.rule = nil },
    ] {
      var other = full
      change(&other)
      let code = storeErrorCode { _ = try store.addCase(other, note: note) }
      #expect(code == .caseConflict)
    }
    #expect(try store.caseRecords() == [bare, full])
    try store.closeCase("BN-687", at: augustSixth + 100, note: note)
    try store.closeCase("BN-687", at: augustSixth + 200, note: note)
    #expect(try store.caseRecord("BN-687")?.closedAt == augustSixth + 100)
    #expect(try store.caseRecords(openOnly: true) == [bare])
    #expect(try store.addCase(full, note: note) == .repeated)
    #expect(try store.caseRecord("BN-1") == nil)
    #expect(storeErrorCode { try store.closeCase("BN-1", at: 0, note: note) } == .unknownCase)
    #expect(try store.auditEntries().count == 3)
  }

  @Test("A case and evidence of one person mean the same person")
  func samePerson() throws {
    let folder = try TemporaryFolder()
    let store = try newStore(folder)
    _ = try store.append([scan(1, person: 40)])
    _ = try store.addCase(
      CaseRecord(id: "a", subject: person(40), createdAt: 0), note: note)
    _ = try store.addCase(
      CaseRecord(id: "b", subject: person(41), createdAt: 0), note: note)
    _ = try store.append([scan(2, person: 41)])
    let people = try store.snapshot(from: day("2020-08-06"), to: day("2020-08-06")).people
    #expect(people == [person(40), person(41)].sorted())
  }
}

@Suite("Numbers of people") struct PeopleNumberTests {
  @Test("The number after the last that kernels can look up is refused")
  func limit() throws {
    let folder = try TemporaryFolder()
    let store = try newStore(folder)
    try Connection(opening: folder.path + "/store/checkin.sqlite", for: .write).execute(
      "UPDATE number_series SET last = \(SubjectNumber.subjectLimit - 2) WHERE name = 'subject'")
    _ = try store.append([scan(1, person: 40)])
    #expect(storeErrorCode { _ = try store.append([scan(2, person: 41)]) } == .constraint)
    _ = try store.append([scan(3, person: 40)])
  }
}

@Suite("Prints") struct PrintTests {
  private let today = LocalDay(daysSince2020: 200)

  private func request(
    zone: UInt8 = 0, first: Int32 = 200, weeks: UInt8 = 4, sheet: String? = nil
  ) throws -> PrintRequest {
    let firstDay = LocalDay(daysSince2020: first)
    return PrintRequest(
      venue: try venue(5), zone: zone, kind: 0, keyID: 1, firstDay: firstDay, weeks: weeks,
      lastDay: weeks == 0 ? firstDay : firstDay.advanced(by: Int(weeks) * 7 - 1), sheet: sheet)
  }

  private func mint(
    _ requests: [PrintRequest], in store: ExposureStore, today: Int32 = 200
  ) throws -> [UInt8] {
    let records = try store.reservePrints(
      requests, today: LocalDay(daysSince2020: today), now: augustSixth)
    try store.confirmPrints(records.map(\.number), now: augustSixth)
    return records.map(\.serial)
  }

  @Test("A print keeps the sheet that it is on, and a bare code has none")
  func sheets() throws {
    let folder = try TemporaryFolder()
    let store = try newStore(folder)
    _ = try mint([try request(sheet: "table-tent"), try request()], in: store)
    #expect(try store.prints().map(\.request.sheet) == ["table-tent", nil])
  }

  @Test("The lowest free serial is taken, for each place, and reused after the print expired")
  func serials() throws {
    let folder = try TemporaryFolder()
    let store = try newStore(folder)
    let two = [try request(), try request()]
    #expect(try mint(two + [request(zone: 1)], in: store) == [1, 2, 1])
    #expect(try mint([request(weeks: 1)], in: store) == [3])
    // Its last day is 206: on that day it counts, on the next its serial is free.
    #expect(try mint([request(first: 207)], in: store, today: 206) == [4])
    #expect(try mint([request(first: 206)], in: store, today: 207) == [5])
    #expect(try mint([request(first: 207)], in: store, today: 207) == [3])
  }

  @Test("The next serials are those that a reservation then gets, and asking reserves nothing")
  func nextSerials() throws {
    let folder = try TemporaryFolder()
    let store = try newStore(folder)
    #expect(try mint([request(), request()], in: store) == [1, 2])
    let reserved = try store.reservePrints([request()], today: today, now: augustSixth)
    #expect(reserved.map(\.serial) == [3])
    let requests = [try request(), try request(zone: 1), try request()]
    let late = augustSixth + ExposureStore.reservationSeconds + 1
    for (now, expected) in [(augustSixth, [4, 1, 5] as [UInt8]), (late, [3, 1, 4])] {
      for _ in 0..<2 {
        #expect(try store.nextSerials(for: requests, today: today, now: now) == expected)
      }
      #expect(try store.prints().count == 3)
    }
    let made = try store.reservePrints(requests, today: today, now: late)
    #expect(made.map(\.serial) == [3, 1, 4])
  }

  @Test("A reservation is confirmed, cancelled or lost, and holds its serial until then")
  func reservations() throws {
    let folder = try TemporaryFolder()
    let store = try newStore(folder)
    let made = try store.reservePrints(
      [request(), request(), request()], today: today, now: augustSixth)
    #expect(made.map(\.serial) == [1, 2, 3])
    try store.confirmPrints([made[0].number], now: augustSixth + 1)
    try store.cancelPrints([made[0].number, made[1].number])
    #expect(try store.prints(of: venue(5)).map(\.serial) == [1, 3])
    #expect(try mint([request()], in: store) == [2])
    let late = augustSixth + ExposureStore.reservationSeconds + 1
    let next = try store.reservePrints([request()], today: today, now: late)
    #expect(next.map(\.serial) == [3])
    let code = storeErrorCode { try store.confirmPrints([made[2].number], now: late) }
    #expect(code == .reservationLost)
    // All or none: the reservation that is still there was not confirmed with the lost one.
    let both = [next[0].number, made[2].number]
    #expect(storeErrorCode { try store.confirmPrints(both, now: late) } == .reservationLost)
    let state = try store.prints().last
    #expect(state?.number == next[0].number && state?.printedAt == nil)
    #expect(try store.prints(of: venue(6)).isEmpty)
  }

  @Test("Prints whose files could not be put in place are withdrawn, and their serials are free")
  func withdrawal() throws {
    let folder = try TemporaryFolder()
    let store = try newStore(folder)
    let made = try store.reservePrints(
      [request(), request(), request()], today: today, now: augustSixth)
    try store.confirmPrints(made.map(\.number), now: augustSixth)
    try store.withdrawPrints(made[1...].map(\.number))
    #expect(try store.prints(of: venue(5)).map(\.serial) == [1])
    #expect(try mint([request()], in: store) == [2])
  }

  @Test("The 257th valid print of a place is refused, and nothing of its batch is reserved")
  func exhausted() throws {
    let folder = try TemporaryFolder()
    let store = try newStore(folder)
    let many = try (0..<250).map { _ in try request() }
    #expect(try mint(many, in: store).last == 250)
    let seven = try (0..<7).map { _ in try request() }
    #expect(storeErrorCode { _ = try mint(seven, in: store) } == .serialsExhausted)
    #expect(try mint(Array(seven.dropLast()), in: store).last == 0)
    #expect(try mint([request(zone: 7)], in: store) == [1])
  }

  @Test("A revoked print is refused from then on, and its serial's next print is not")
  func revocation() throws {
    let folder = try TemporaryFolder()
    let store = try newStore(folder)
    _ = try mint([request(weeks: 1), request()], in: store)
    let place = PrintPlace(venue: try venue(5), zone: 0, serial: 1)
    func isRevoked(first: Int32, at time: Int64) throws -> Bool {
      try store.revokedPrints()
        .contains(place, firstDay: LocalDay(daysSince2020: first), at: time)
    }
    #expect(try !isRevoked(first: 200, at: note.at))
    let revoked = try store.revokePrint(
      serial: 1, venue: venue(5), zone: 0, reason: "stolen", today: today, note: note)
    #expect(revoked.revokedAt == note.at && revoked.revokeReason == "stolen")
    let seconds = [note.at - 1, note.at, note.at + 1_000_000]
    #expect(try seconds.map { try isRevoked(first: 200, at: $0) } == [false, true, true])
    #expect(try !isRevoked(first: 201, at: note.at))
    let again = try store.revokePrint(
      serial: 1, venue: venue(5), zone: 0, reason: "other", today: today, note: note)
    #expect(again == revoked)
    #expect(try store.auditEntries().count == 1)
    let unknown: [(UInt8, UInt8, UInt64, Int32)] = [
      (9, 0, 5, 200), (1, 1, 5, 200), (1, 0, 6, 200), (1, 0, 5, 207),
    ]
    for (serial, zone, number, day) in unknown {
      let code = storeErrorCode {
        _ = try store.revokePrint(
          serial: serial, venue: venue(number), zone: zone, reason: "x",
          today: LocalDay(daysSince2020: day), note: note)
      }
      #expect(code == .unknownPrint)
    }
    #expect(try mint([request(first: 210)], in: store, today: 210) == [1])
    #expect(try !isRevoked(first: 210, at: note.at + 1_000_000))
    #expect(try store.integrityProblems() == [])
  }
}

@Suite("Audit log") struct AuditTests {
  private func notes(_ count: Int) -> [AuditNote] {
    (0..<count).map { number in
      AuditNote(
        at: augustSixth + Int64(number), actor: "bàn \(number % 2)", action: "exposure.venue",
        object: "venue \(number)", purpose: number == 0 ? "" : "case BN-\(number)", detail: "")
    }
  }

  @Test("An untouched log is intact, and its newest lines come in order")
  func intact() throws {
    let folder = try TemporaryFolder()
    let store = try newStore(folder)
    guard case .intact(0, let start) = try store.verifyAudit() else {
      Issue.record("an empty log is not intact")
      return
    }
    for note in notes(6) { try store.audit(note) }
    guard case .intact(6, let head) = try store.verifyAudit() else {
      Issue.record("the log is not intact")
      return
    }
    let entries = try store.auditEntries()
    #expect(entries.map(\.note) == notes(6))
    #expect(entries.map(\.sequence) == [1, 2, 3, 4, 5, 6])
    #expect(entries.last?.hash == head && head != start)
    #expect(try store.auditEntries(limit: 2).map(\.sequence) == [5, 6])
    #expect(try store.auditEntries(limit: 0).isEmpty)
  }

  struct Tampering: CustomTestStringConvertible, Sendable {
    let name: String
    let sql: String
    let brokenAt: Int64
    var testDescription: String { name }
  }

  static let tamperings = [
    Tampering(name: "text", sql: "UPDATE audit SET purpose = '' WHERE sequence = 3", brokenAt: 3),
    Tampering(name: "time", sql: "UPDATE audit SET at = at + 1 WHERE sequence = 1", brokenAt: 1),
    Tampering(
      name: "text moved to the next column",
      sql: "UPDATE audit SET object = object || purpose, purpose = '' WHERE sequence = 2",
      brokenAt: 2),
    Tampering(name: "line removed", sql: "DELETE FROM audit WHERE sequence = 4", brokenAt: 4),
    Tampering(name: "first line removed", sql: "DELETE FROM audit WHERE sequence = 1", brokenAt: 1),
    Tampering(
      name: "lines renumbered",
      sql: "DELETE FROM audit WHERE sequence = 4; UPDATE audit SET sequence = 4 WHERE sequence = 5;"
        + "UPDATE audit SET sequence = 5 WHERE sequence = 6", brokenAt: 4),
    Tampering(
      name: "line put in",
      sql: "INSERT INTO audit SELECT 7, at, actor, action, object, purpose, "
        + "detail, hash FROM audit WHERE sequence = 6", brokenAt: 7),
    Tampering(
      name: "moved to another store", sql: "UPDATE setting SET value = 'x' WHERE name = 'store_id'",
      brokenAt: 1),
  ]

  @Test("What was changed, removed or put in is found where it is", arguments: tamperings)
  func tampered(row: Tampering) throws {
    let folder = try TemporaryFolder()
    let store = try newStore(folder)
    for note in notes(6) { try store.audit(note) }
    let connection = try Connection(opening: store.path + "/checkin.sqlite", for: .write)
    if row.sql.contains("audit") {
      #expect(
        storeErrorCode { try connection.execute(row.sql) }
          == (row.brokenAt == 7 ? nil : .constraint))
    }
    try connection.execute(
      "DROP TRIGGER audit_is_never_edited; DROP TRIGGER audit_is_never_deleted")
    if row.brokenAt != 7 { try connection.execute(row.sql) }
    #expect(try store.verifyAudit() == .broken(at: row.brokenAt))
  }
}
