import ExposureStorage
import Foundation
import Presence
import TestSupport
import Testing
import Tracing
import VenueCodes

@Suite("Uploads of a case's phone") struct UploadTests {
  private let hash = [UInt8](repeating: 7, count: 32)

  private func caseStore(
    _ folder: TemporaryFolder, person who: UInt64 = 1, tuning: StoreTuning = StoreTuning()
  ) throws -> ExposureStore {
    let path = try newStore(folder).path
    let store = try ExposureStore(at: path, mode: .readWrite, tuning: tuning)
    _ = try store.addCase(
      CaseRecord(
        id: "BN-1", subject: person(who), onset: day("2020-08-06"), createdAt: augustSixth),
      note: note)
    return store
  }

  @Test("A30: a code is good once, until its end, and while its case is open")
  func codes() throws {
    let folder = try TemporaryFolder()
    let store = try caseStore(folder)
    _ = try store.append([scan(5, person: 500), scan(6, person: 501)])
    let end = augustSixth + 3_600
    #expect(
      storeErrorCode {
        try store.addUploadCode(
          hash: hash, ofCase: "BN-2", expiresAt: end, at: augustSixth, note: note)
      } == .unknownCase)
    try store.addUploadCode(
      hash: hash, ofCase: "BN-1", expiresAt: end, at: augustSixth, note: note)
    #expect(try store.caseOfUploadCode(hash: hash, at: end - 1)?.id == "BN-1")
    #expect(try store.caseOfUploadCode(hash: hash, at: end) == nil)
    #expect(
      try store.caseOfUploadCode(hash: [UInt8](repeating: 8, count: 32), at: augustSixth) == nil)
    let lines = try store.auditEntries().count
    #expect(
      try store.takeUpload(of: [person(500)], codeHash: hash, at: end, note: note) == nil)
    #expect(try store.auditEntries().count == lines)
    let outcome = try store.takeUpload(
      of: [person(500), person(999)], codeHash: hash, at: end - 1, note: note)
    // Who is in no evidence is not linked, and gets no number either.
    #expect(outcome?.linked == [person(500)] && outcome?.others == [person(999)])
    #expect(try store.auditEntries().count == lines + 1)
    #expect(
      try store.takeUpload(of: [person(501)], codeHash: hash, at: end - 1, note: note) == nil)
    #expect(try store.caseOfUploadCode(hash: hash, at: augustSixth) == nil)
    let second = [UInt8](repeating: 9, count: 32)
    try store.addUploadCode(
      hash: second, ofCase: "BN-1", expiresAt: end, at: augustSixth, note: note)
    try store.closeCase("BN-1", at: augustSixth, note: note)
    #expect(try store.caseOfUploadCode(hash: second, at: augustSixth) == nil)
    #expect(
      storeErrorCode {
        try store.addUploadCode(
          hash: hash, ofCase: "BN-1", expiresAt: end, at: augustSixth, note: note)
      } == .unknownCase)
    #expect(try store.verify().problems == [])
  }

  @Test("A check-in is the person's whose upload came first")
  func firstStays() throws {
    let folder = try TemporaryFolder()
    let store = try caseStore(folder)
    _ = try store.addCase(
      CaseRecord(id: "BN-2", subject: person(2), createdAt: augustSixth), note: note)
    _ = try store.append([scan(5, person: 500)])
    for (id, isFirst) in [("BN-1", true), ("BN-2", false), ("BN-1", true)] {
      let code = (0..<32).map { _ in UInt8.random(in: 0...255) }
      try store.addUploadCode(
        hash: code, ofCase: id, expiresAt: augustSixth + 10, at: augustSixth, note: note)
      let outcome = try store.takeUpload(
        of: [person(500)], codeHash: code, at: augustSixth, note: note)
      #expect(outcome?.linked == (isFirst ? [person(500)] : []))
      #expect(outcome?.others == (isFirst ? [] : [person(500)]))
    }
  }

  /// A crowd at a few venues, and a person who is there under many names.
  private func evidence(
    using generator: inout SeededGenerator
  ) throws -> (rows: [Evidence], checkIns: [Pseudonym]) {
    var rows: [Evidence] = []
    func add(
      _ kind: Evidence.Kind, _ who: UInt64, _ place: UInt64, _ time: Int64,
      _ end: Int64? = nil
    ) throws {
      rows.append(
        Evidence(
          id: EvidenceID(high: generator.next(), low: generator.next()), kind: kind,
          subject: person(who), venue: try venue(place), zone: UInt8(place % 2), start: time,
          end: end, grade: 1, receivedAt: augustSixth + 4 * 86_400))
    }
    for number in 0..<40 {
      let time = augustSixth + Int64.random(in: 0..<2 * 86_400, using: &generator) / 300 * 300
      let place = UInt64.random(in: 0..<4, using: &generator)
      try add(.scanIn, 20 + UInt64(number % 12), place, time)
      if Bool.random(using: &generator) {
        try add(.visit, 40 + UInt64(number % 9), place, time, time + 3_600)
      }
    }
    let count = UInt64.random(in: 1...9, using: &generator)
    for number in 0..<count {
      // Also in the same second, at the same place, and past midnight.
      let time = augustSixth + Int64.random(in: 0..<2 * 86_400, using: &generator) / 300 * 300
      let place = UInt64.random(in: 0..<4, using: &generator)
      try add(.scanIn, 500 + number, place, time)
      if Bool.random(using: &generator) {
        try add(
          .scanOut, 500 + number, place,
          time + Int64.random(in: 60..<20_000, using: &generator))
      }
    }
    if Bool.random(using: &generator) { try add(.scanIn, 1, 2, augustSixth + 40_000) }
    if Bool.random(using: &generator) {
      try add(.visit, 1, 3, augustSixth + 50_000, augustSixth + 60_000)
    }
    return (rows.shuffled(using: &generator), (0..<count).map { person(500 + $0) })
  }

  @Test(
    "A case under many names has the visits and exposures it would have under one",
    arguments: [UInt64](1...6))
  func sameAsOne(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let rules = StayRules(
      calendar: .haiPhong, standard: StayRule(defaultStaySeconds: 3_600))
    let contacts = try RuleSet(
      json: Data(
        contentsOf: TestEnvironment.packageRoot.appendingPathComponent(
          "Venues/rules/11042-2021.json")))
    for round in 0..<TestEnvironment.propertyRuns(default: 6) {
      let (rows, checkIns) = try evidence(using: &generator)
      let folders = [try TemporaryFolder(), try TemporaryFolder()]
      var tuning = StoreTuning()
      tuning.mostUnbuiltRows = Bool.random(using: &generator) ? 4 : .max
      let many = try caseStore(folders[0], tuning: tuning)
      let one = try caseStore(folders[1], tuning: tuning)
      // Some come after the upload and after segments were built.
      let cut = Int.random(in: 0...rows.count, using: &generator)
      let known = Set(rows[..<cut].map(\.subject))
      _ = try many.append(Array(rows[..<cut]))
      if Bool.random(using: &generator) { _ = try many.buildSegments(stayRules: rules) }
      func link() throws {
        let code = (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
        try many.addUploadCode(
          hash: code, ofCase: "BN-1", expiresAt: augustSixth + 10, at: augustSixth, note: note)
        _ = try many.takeUpload(
          of: Set(checkIns), codeHash: code, at: augustSixth, note: note)
      }
      if !known.isDisjoint(with: checkIns) { try link() }
      _ = try many.append(Array(rows[cut...]))
      try link()
      if Bool.random(using: &generator) { _ = try many.buildSegments(stayRules: rules) }
      _ = try one.append(
        rows.map { row in
          var row = row
          if checkIns.contains(row.subject) { row.subject = person(1) }
          return row
        })
      // Twice, since what is made for one question must not be there for the next.
      for _ in 0..<2 {
        let histories = try [many, one].map {
          try $0.history(stayRules: rules, openVenues: [])
        }
        let found = try facts(of: histories[0])
        let expected = try facts(of: histories[1])
        guard found == expected else {
          Issue.record("seed \(seed), round \(round):\n\(difference(found, expected))")
          return
        }
        let traces = try histories.map { history in
          let traced = try Case(id: "BN-1", subject: person(1), onset: day("2020-08-06"))
          return try Tracer(history: history, rules: contacts, calendar: .haiPhong)
            .trace(cases: [traced], degrees: 2).rows
        }
        #expect(Set(traces[0]) == Set(traces[1]), "seed \(seed), round \(round)")
        #expect(!traces[0].contains { $0.contact == person(1) || checkIns.contains($0.contact) })
        if rows.count > cut { _ = try many.buildSegments(stayRules: rules) }
      }
      #expect(try many.verify().problems == [])
    }
  }

  @Test("A link goes with the last row of its check-in, and leaves nothing of it")
  func retention() throws {
    let folder = try TemporaryFolder()
    let store = try caseStore(folder)
    _ = try store.append([scan(5, person: 500)])
    try store.addUploadCode(
      hash: hash, ofCase: "BN-1", expiresAt: augustSixth + 10, at: augustSixth, note: note)
    _ = try store.takeUpload(of: [person(500)], codeHash: hash, at: augustSixth, note: note)
    let report = try store.retain(
      RetentionPolicy(), today: day("2020-09-06"), keeping: [], now: augustSixth + 31 * 86_400)
    #expect(report.forgotten == [person(500)])
    #expect(try store.verify().problems == [])
    let catalog = try Connection(opening: store.path + "/checkin.sqlite", for: .read)
    #expect(try catalog.number("SELECT count(*) FROM linked_check_in") == 0)
  }
}
