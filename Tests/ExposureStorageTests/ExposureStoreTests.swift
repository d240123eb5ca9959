import ExposureStorage
import Foundation
import Presence
import TestSupport
import Testing
import VenueCodes

@Suite("Exposure store") struct ExposureStoreTests {
  @Test("A store keeps its settings and its calendar, and is found again")
  func createAndOpen() throws {
    let folder = try TemporaryFolder()
    let calendar = try ZoneDatabase.calendar(named: "Europe/Berlin")
    let made = try newStore(folder, calendar: calendar)
    let path = made.path
    try made.close()
    let opened = try ExposureStore.open(at: path)
    #expect(opened.calendar == calendar)
    let settings = try [StoreSetting.urlPrefix, .createdAt, .zoneName].map {
      try opened.value(of: $0)
    }
    #expect(settings == ["https://qr.example/", "\(augustSixth)", "Europe/Berlin"])
    #expect(try opened.value(of: .storeID)?.count == 32)
    try opened.set(.urlPrefix, to: "https://other/")
    #expect(try opened.value(of: .urlPrefix) == "https://other/")
    #expect(storeErrorCode { try opened.set(.zoneName, to: "Asia/Tokyo") } == .constraint)
    #expect(storeErrorCode { _ = try newStore(folder) } == .alreadyExists)
  }

  @Test("Evidence comes back as it was stored, every field of it")
  func fields() throws {
    let folder = try TemporaryFolder()
    let store = try newStore(folder)
    var rows: [Evidence] = []
    for (place, kind) in Evidence.Kind.allCases.enumerated() {
      for status in Evidence.Status.allCases {
        let number = UInt64(place * 100) + UInt64(status.rawValue)
        let isNear = kind == .bleSighting || kind == .bleEncounter
        rows.append(
          Evidence(
            id: EvidenceID(high: .max - number, low: number), kind: kind,
            subject: Pseudonym(high: .max, low: number),
            venue: isNear ? nil : VenueID(rawValue: (1 << 40) - 1 - number),
            zone: UInt8(number % 256), peer: isNear ? Pseudonym(high: 0, low: .max) : nil,
            start: augustSixth + Int64(number), end: place % 2 == 0 ? nil : 3_722_836_800,
            attenuation: isNear ? -1 : nil,
            attenuationUncertainty: isNear ? UInt8(number % 256) : nil,
            statedStay: isNear ? nil : UInt8(number % 256),
            grade: place % 2 == 0 ? -1 : 3, status: status,
            gateway: place % 3 == 0 ? "" : "cổng \(place)", receivedAt: Int64(number)))
      }
    }
    #expect(try store.append(rows).allSatisfy { $0 == .stored })
    #expect(try allEvidence(of: store) == rows.sorted { $0.id < $1.id })
  }

  @Test("An id is stored once; the same again is repeated; other content is kept aside once")
  func idempotency() throws {
    let folder = try TemporaryFolder()
    let store = try newStore(folder)
    let first = scan(1)
    var later = first
    later.receivedAt += 60
    later.gateway = "another"
    #expect(try store.append([first, scan(2), later]) == [.stored, .stored, .repeated])
    // Each of these states something else under the first id.
    var changed: [Evidence] = []
    for change in [
      { (row: inout Evidence) in row.kind = .scanOut }, { $0.subject = person(999) },
      { $0.venue = VenueID(rawValue: 77) }, { $0.zone = 9 }, { $0.peer = person(3) },
      { $0.start += 1 }, { $0.start += 86_400 }, { $0.end = $0.start }, { $0.attenuation = 1 },
      { $0.grade = 2 }, { $0.status = .clockSkew },
    ] {
      var row = first
      change(&row)
      changed.append(row)
    }
    let expected = Array(repeating: AppendOutcome.conflict, count: changed.count)
    #expect(try store.append(changed) == expected)
    #expect(try store.append(changed) == expected)
    #expect(Set(try store.conflicts()) == Set(changed))
    // Within a batch, the first that comes is the one that counts.
    var rival = scan(3)
    rival.zone = 9
    #expect(try store.append([scan(3), rival, scan(3)]) == [.stored, .conflict, .repeated])
    #expect(try store.append([rival, scan(3)]) == [.conflict, .repeated])
    let all = try allEvidence(of: store)
    #expect(all == [scan(1), scan(2), scan(3)].sorted { $0.id < $1.id })
    #expect(try store.integrityProblems() == [])
  }

  @Test("A conflict with a peer is seen on either side")
  func peers() throws {
    let folder = try TemporaryFolder()
    let store = try newStore(folder)
    var near = scan(1)
    near.kind = .bleEncounter
    near.venue = nil
    near.peer = person(200)
    var other = near
    other.peer = person(201)
    var none = near
    none.peer = nil
    #expect(try store.append([near]) == [.stored])
    #expect(try store.append([near, other, none]) == [.repeated, .conflict, .conflict])
  }

  @Test("Evidence is filed under the local day it begins on")
  func days() throws {
    let folder = try TemporaryFolder()
    let store = try newStore(folder)
    var evening = scan(86_399)
    var midnight = scan(0)
    evening.start = augustSixth + 86_399
    midnight.start = augustSixth + 86_400
    _ = try store.append([midnight, evening])
    #expect(try store.storedDays().map(\.description) == ["2020-08-06", "2020-08-07"])
    var found: [Evidence] = []
    try store.forEachEvidence(from: day("2020-08-06"), to: day("2020-08-06")) { found.append($0) }
    #expect(found == [evening])
    for start in [Int64.min, -1, 253_402_300_799, .max] {
      var row = scan(5)
      row.start = start
      #expect(storeErrorCode { _ = try store.append([scan(9), row]) } == .timeOutOfRange)
    }
    #expect(try allEvidence(of: store).count == 2)
  }

  @Test("A snapshot names people in order, filters, and stays as it was while rows arrive")
  func snapshot() throws {
    let folder = try TemporaryFolder()
    let store = try newStore(folder)
    let stored: [Evidence] = (0..<50).map { scan($0, dayOffset: Int64($0 % 3)) }
    _ = try store.append(stored)
    let snapshot = try store.snapshot(from: day("2020-08-06"), to: day("2020-08-09"))
    _ = try store.append((50..<90).map { scan($0, dayOffset: 1, person: $0) })
    #expect(snapshot.people == snapshot.people.sorted())
    #expect(snapshot.rowCount == 50)
    let rows = try snapshot.rows()
    let read: [Evidence] = rows.map { snapshot.evidence(of: $0) }
    #expect(Set(read) == Set(stored))
    let someone = try #require(snapshot.number(of: person(3)))
    #expect(snapshot.number(of: person(4_711)) == nil)
    let theirs = try snapshot.rows(about: someone)
    #expect(Set(theirs) == Set(rows.filter { $0.subject == someone }))
    #expect(!theirs.isEmpty && theirs.count < 50)
    let there = try snapshot.rows(at: venue(2))
    #expect(there == rows.filter { $0.venue?.rawValue == 2 })
    #expect(try snapshot.rows(about: someone, at: venue(3)).count < theirs.count)
    struct Stop: Error {}
    var seen = 0
    #expect(throws: Stop.self) {
      try snapshot.forEachRow { _ in
        seen += 1
        if seen == 7 { throw Stop() }
      }
    }
    #expect(seen == 7)
  }

  @Test("A store that only reads reads beside a writer, and writes nothing")
  func readOnly() throws {
    let folder = try TemporaryFolder()
    let store = try newStore(folder)
    _ = try store.append([scan(1)])
    let reader = try ExposureStore.open(at: store.path, mode: .readOnly)
    _ = try store.append([scan(2)])
    #expect(try allEvidence(of: reader).count == 2)
    #expect(storeErrorCode { _ = try reader.append([scan(3)]) } == .readOnly)
    #expect(storeErrorCode { try reader.audit(note) } == .readOnly)
  }

  @Test("A closed store says so, and closing twice is no harm")
  func closed() throws {
    let folder = try TemporaryFolder()
    let store = try newStore(folder)
    try store.close()
    try store.close()
    #expect(storeErrorCode { _ = try store.append([]) } == .closed)
    #expect(storeErrorCode { _ = try store.caseRecords() } == .closed)
  }

  @Test("Any order of new, repeated and conflicting rows agrees with a dictionary")
  func agreesWithModel() throws {
    let seed = UInt64(ProcessInfo.processInfo.environment["CHECKIN_SEED"] ?? "") ?? 20_200_806
    var generator = SeededGenerator(seed: seed)
    let folder = try TemporaryFolder()
    _ = try newStore(folder)
    var tuning = StoreTuning()
    tuning.identityRegionSlots = 64
    tuning.subjectMemory = 8
    let path = folder.path + "/store"
    var store = try ExposureStore(at: path, mode: .readWrite, tuning: tuning)
    var model: [EvidenceID: Evidence] = [:]
    for round in 0..<60 {
      var batch: [Evidence] = []
      for _ in 0..<Int.random(in: 0...40, using: &generator) {
        let number = UInt64.random(in: 0..<600, using: &generator)
        var row = scan(number, dayOffset: Int64(number % 4))
        if Int.random(in: 0..<8, using: &generator) == 0 {
          row.zone = UInt8.random(in: 0..<4, using: &generator)
        }
        row.receivedAt += Int64(round)
        batch.append(row)
      }
      var expected: [AppendOutcome] = []
      for row in batch {
        if let known = model[row.id] {
          expected.append(known.statesTheSame(as: row) ? .repeated : .conflict)
        } else {
          model[row.id] = row
          expected.append(.stored)
        }
      }
      let outcomes = try store.append(batch)
      guard outcomes == expected else {
        Issue.record("seed \(seed), round \(round): \(outcomes) and not \(expected)")
        return
      }
      if round % 13 == 12 {
        store = try ExposureStore(at: path, mode: .readWrite, tuning: tuning)
      }
    }
    let same = try allEvidence(of: store) == model.values.sorted { $0.id < $1.id }
    #expect(same, "seed \(seed)")
    #expect(try store.integrityProblems() == [], "seed \(seed)")
  }
}
