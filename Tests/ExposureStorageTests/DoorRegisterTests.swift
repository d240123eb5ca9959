import ExposureStorage
import Foundation
import Presence
import Testing
import VenueCodes

@Suite("Doors in the store") struct DoorRegisterTests {
  private func makeStore(_ folder: TemporaryFolder) throws -> ExposureStore {
    try ExposureStore.create(at: folder.path + "/store", calendar: .haiPhong, createdAt: 1_000)
  }

  private func hash(_ byte: UInt8) -> [UInt8] { [UInt8](repeating: byte, count: 32) }

  private func code(_ body: () throws -> Void) -> String? {
    do {
      try body()
      return nil
    } catch {
      return (error as? DoorRegisterError)?.code
    }
  }

  @Test("A code enrols one door once, and a name is never given twice (A12)")
  func enrolment() throws {
    let folder = try TemporaryFolder()
    let store = try makeStore(folder)
    let register = try DoorRegister.open(inStore: store.path)
    func announce(_ name: String, _ code: UInt8, expires: Int64 = 2_000) throws -> DoorRecord {
      try register.announce(
        name, scope: "division:303", mayCheckPasses: false, codeHash: hash(code),
        expiresAt: expires, at: 1_000)
    }
    let announced = try announce("market", 1)
    #expect(announced.key == nil)
    #expect(code { _ = try announce("market", 2) } == "door-name-taken")
    let door = try register.redeem(codeHash: hash(1), key: hash(7), boxKey: hash(8), at: 1_500)
    #expect(door.number == announced.number)
    #expect(door.enrolledAt == 1_500)
    // The answer got lost: the same door asks again, even after the code's time.
    #expect(
      try register.redeem(codeHash: hash(1), key: hash(7), boxKey: hash(8), at: 9_000) == door)
    let stolen = code {
      _ = try register.redeem(codeHash: hash(1), key: hash(9), boxKey: hash(8), at: 1_600)
    }
    #expect(stolen == "door-code-used")
    _ = try announce("school", 3)
    let late = code {
      _ = try register.redeem(codeHash: hash(3), key: hash(4), boxKey: hash(4), at: 2_000)
    }
    #expect(late == "door-code-expired")
    let revoked = try register.revoke("market", reason: "stolen", at: 3_000)
    #expect(revoked.revokedAt == 3_000)
    #expect(try register.revoke("market", reason: "again", at: 4_000).revokedAt == 3_000)
    #expect(code { _ = try announce("market", 5) } == "door-name-taken")
    #expect(code { _ = try register.revoke("nobody", reason: "", at: 1) } == "door-unknown")
    #expect(try register.doors().map(\.name) == ["market", "school"])
    #expect(try register.door(numbered: door.number)?.name == "market")
    try register.noteContact(
      of: door.number, at: 5_000, clockOffset: -40, stored: 10, refused: 2, bundleVersion: "v")
    let noted = try #require(try register.door(named: "market"))
    #expect(noted.storedRows == 10)
    #expect(noted.refusedRows == 2)
    #expect(noted.clockOffsetMilliseconds == -40)
  }

  @Test("Beyond twenty wrong codes an hour none is looked at, the right one neither")
  func attempts() throws {
    let folder = try TemporaryFolder()
    let store = try makeStore(folder)
    let register = try DoorRegister.open(inStore: store.path)
    _ = try register.announce(
      "a", scope: "division:303", mayCheckPasses: false, codeHash: hash(1), expiresAt: 90_000,
      at: 0)
    func redeem(_ code: UInt8, at now: Int64) throws {
      _ = try register.redeem(codeHash: hash(code), key: hash(7), boxKey: hash(8), at: now)
    }
    for attempt in 0..<DoorRegister.mostAttempts {
      #expect(code { try redeem(99, at: 1_000 + Int64(attempt)) } == "door-code-unknown")
    }
    #expect(code { try redeem(1, at: 1_100) } == "door-too-many-attempts")
    // It holds for other programs that open the store, and passes.
    let again = try DoorRegister.open(inStore: store.path)
    let locked = code {
      _ = try again.redeem(codeHash: hash(1), key: hash(7), boxKey: hash(8), at: 1_200)
    }
    #expect(locked == "door-too-many-attempts")
    try redeem(1, at: 5_000)
  }

  private func evidence(_ number: Int, day: Int64 = 18_480) -> Evidence {
    Evidence(
      id: EvidenceID(high: 1, low: UInt64(number)), kind: .scan,
      subject: Pseudonym(high: UInt64(number % 7), low: 1), venue: VenueID(rawValue: 5),
      start: day * 86_400 + Int64(number), grade: 1, gateway: "door-\(number % 3)",
      receivedAt: day * 86_400 + Int64(number))
  }

  @Test("The log is the outbox: what is not acknowledged comes in order, and each once")
  func outbox() throws {
    let folder = try TemporaryFolder()
    let store = try makeStore(folder)
    let later = (0..<1_500).map { evidence($0, day: 18_481) }
    let earlier = (2_000..<2_100).map { evidence($0, day: 18_480) }
    _ = try store.append(later)
    _ = try store.append(earlier)
    let state = try UpstreamState.open(inStore: store.path)
    var sent: [Evidence] = []
    var rounds = 0
    while true {
      let pending = try store.pendingEvidence(after: try state.cursors(), limit: 700)
      if pending.isEmpty { break }
      rounds += 1
      let backlog = try store.backlog(after: try state.cursors())
      #expect(backlog.rows == 1_600 - sent.count)
      #expect(backlog.oldestScan != nil)
      sent += pending.map(\.evidence)
      var cursors: [LocalDay: UpstreamCursor] = [:]
      for one in pending { cursors[one.day] = UpstreamCursor(identity: one.identity, row: one.row) }
      try state.advance(cursors)
    }
    #expect(rounds == 3)
    #expect(sent == earlier + later)
    #expect(try store.backlog(after: try state.cursors()) == UpstreamBacklog.none)
    // A day's file that is another one is sent again from its beginning.
    let cursors = try state.cursors().mapValues {
      UpstreamCursor(identity: $0.identity &+ 1, row: $0.row)
    }
    try state.advance(cursors)
    #expect(try store.pendingEvidence(after: try state.cursors(), limit: 9_999).count == 1_600)
  }

  @Test("A day that is damaged is left out and told of, and the other days go up")
  func damagedDay() throws {
    let folder = try TemporaryFolder()
    let store = try makeStore(folder)
    _ = try store.append((0..<10).map { evidence($0, day: 18_480) })
    _ = try store.append((20..<25).map { evidence($0, day: 18_481) })
    let day = try #require(try store.storedDays().first)
    try store.close()
    let file = store.path + "/days/\(day).sqlite"
    for name in [file + "-wal", file + "-shm"] {
      try? FileManager.default.removeItem(atPath: name)
    }
    try Data(repeating: 0x5a, count: 8_192).write(to: URL(fileURLWithPath: file))
    let opened = try ExposureStore.open(at: store.path)
    var damaged: Set<LocalDay> = []
    let pending = try opened.pendingEvidence(after: [:], limit: 100, damaged: &damaged)
    #expect(pending.map(\.evidence) == (20..<25).map { evidence($0, day: 18_481) })
    #expect(damaged == [day])
    #expect(try opened.backlog(after: [:]).damagedDays == [day])
    #expect(try opened.backlog(after: [:]).rows == 5)
  }

  @Test("Rows that were refused are found again by their place, and forgotten with their day")
  func refusedRows() throws {
    let folder = try TemporaryFolder()
    let store = try makeStore(folder)
    _ = try store.append((0..<10).map { evidence($0) })
    let state = try UpstreamState.open(inStore: store.path)
    let day = try #require(try store.storedDays().first)
    let found = try store.evidence(at: [(day, 4), (day, 9), (day, 99), (day.advanced(by: 1), 1)])
    #expect(found.map(\.evidence) == [evidence(3), evidence(8)])
    try state.advance(
      [:],
      refused: [
        RefusedRow(id: evidence(3).id, day: day, row: 4, code: "future", refusedAt: 1)
      ])
    try state.pruneRefused(keeping: [day])
    #expect(try state.refusedRows().count == 1)
    try state.pruneRefused(keeping: [])
    #expect(try state.refusedRows().isEmpty)
  }

  @Test("A restored door sends everything again, and a restored centre is another one to its doors")
  func restored() throws {
    let folder = try TemporaryFolder()
    let store = try makeStore(folder)
    let register = try DoorRegister.open(inStore: store.path)
    let epoch = try register.epoch()
    #expect(try DoorRegister.open(inStore: store.path).epoch() == epoch)
    let state = try UpstreamState.open(inStore: store.path)
    #expect(try !state.noteEpoch("a"))
    _ = try store.append((0..<10).map { evidence($0) })
    let day = try #require(try store.storedDays().first)
    let identity = try #require(try store.pendingEvidence(after: [:], limit: 1).first?.identity)
    // The cursor is ahead of the rows that the backup has: they came while it was made.
    try state.advance([day: UpstreamCursor(identity: identity, row: 20)])
    _ = try store.backUp(to: folder.path + "/backup", now: 0)
    _ = try ExposureStore.restore(at: folder.path + "/restored", from: folder.path + "/backup")
    let restored = try ExposureStore.open(at: folder.path + "/restored")
    _ = try restored.append((50..<55).map { evidence($0) })
    let again = try UpstreamState.open(inStore: restored.path)
    let pending = try restored.pendingEvidence(after: try again.cursors(), limit: 100)
    #expect(pending.count == 15)
    #expect(try DoorRegister.open(inStore: restored.path).epoch() != epoch)
    #expect(try register.epoch() == epoch)
    // Another epoch than the one that cursors were made under forgets them; the same one does not.
    #expect(try !state.noteEpoch("a"))
    #expect(try state.noteEpoch("b"))
    #expect(try state.cursors().isEmpty)
  }

  @Test("A cursor that somebody else moved meanwhile is left alone")
  func movedCursors() throws {
    let folder = try TemporaryFolder()
    let store = try makeStore(folder)
    let state = try UpstreamState.open(inStore: store.path)
    let day = try #require(LocalDay(iso8601: "2020-08-06"))
    let first = [day: UpstreamCursor(identity: 1, row: 5)]
    #expect(try state.advance(first, from: [:]))
    try state.forgetCursors()
    #expect(try !state.advance([day: UpstreamCursor(identity: 1, row: 9)], from: first))
    #expect(try state.cursors().isEmpty)
  }

  @Test("Retention leaves a day alone until the centre has all of it")
  func retention() throws {
    let folder = try TemporaryFolder()
    let store = try makeStore(folder)
    _ = try store.append((0..<10).map { evidence($0) })
    let state = try UpstreamState.open(inStore: store.path)
    let day = try #require(try store.storedDays().first)
    let today = day.advanced(by: 40)
    func retain() throws -> Int {
      try store.retain(RetentionPolicy(), today: today, keeping: [], now: 0).deletedRows
    }
    #expect(try store.retentionPlan(RetentionPolicy(), today: today, keeping: []).deletedRows == 0)
    #expect(try retain() == 0)
    let pending = try store.pendingEvidence(after: [:], limit: 100)
    let last = try #require(pending.last)
    try state.advance([day: UpstreamCursor(identity: last.identity, row: last.row)])
    #expect(try retain() == 10)
  }

  @Test("What a door was told of its centre is there again")
  func link() throws {
    let folder = try TemporaryFolder()
    let store = try makeStore(folder)
    #expect(try UpstreamState.openIfThere(inStore: store.path) == nil)
    let state = try UpstreamState.open(inStore: store.path)
    #expect(try state.link() == nil)
    let link = UpstreamLink(
      url: "https://centre.example", door: 3, name: "chợ", scope: "division:303",
      centreKey: hash(3))
    try state.keep(link)
    try state.keep(
      UpstreamContact(lastContactAt: 5, clockOffsetMilliseconds: -7, failure: "no route"))
    let venue = try #require(VenueID(rawValue: 5))
    let place = PrintPlace(venue: venue, zone: 1, serial: 9)
    let first = LocalDay(daysSince2020: 200)
    try state.keepBundle(["a": "b"], manifest: "m", revoked: [(place, first, 77)])
    let refused = RefusedRow(
      id: EvidenceID(high: 1, low: 2), day: first, row: 4, code: "future", refusedAt: 9)
    try state.advance([:], refused: [refused])
    let again = try UpstreamState.open(inStore: store.path)
    #expect(try again.link() == link)
    #expect(try again.contact().clockOffsetMilliseconds == -7)
    #expect(try again.contact().failure == "no route")
    #expect(try again.bundleFiles() == ["a": "b"])
    #expect(try again.manifest() == "m")
    #expect(try again.refusedRows() == [refused])
    #expect(try store.revokedPrints().contains(place, firstDay: first, at: 77))
    #expect(try !store.revokedPrints().contains(place, firstDay: first, at: 76))
  }

  @Test("A backup has the doors and what a door knows of its centre")
  func backup() throws {
    let folder = try TemporaryFolder()
    let store = try makeStore(folder)
    _ = try DoorRegister.open(inStore: store.path).announce(
      "market", scope: "division:303", mayCheckPasses: true, codeHash: hash(1), expiresAt: 9,
      at: 1)
    try UpstreamState.open(inStore: store.path).keep(
      UpstreamLink(url: "u", door: 1, name: "n", scope: "s", centreKey: hash(2)))
    let copy = folder.path + "/copy"
    for _ in 0..<2 { _ = try store.backUp(to: copy, now: 5) }
    let restored = folder.path + "/restored"
    _ = try ExposureStore.restore(at: restored, from: copy)
    #expect(try DoorRegister.open(inStore: restored).doors().map(\.name) == ["market"])
    #expect(try UpstreamState.openIfThere(inStore: restored)?.link()?.url == "u")
    #expect(try ExposureStore.open(at: restored).verify().problems == [])
  }
}
