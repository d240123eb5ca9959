import ExposureStorage
import Foundation
import Presence
import SealedContacts
import TestSupport
import Testing
import VenueCodes

@Suite("The sealed contacts of a store") struct ContactArchiveTests {
  private let folder: TemporaryFolder
  private let store: ExposureStore
  private let key: ContactKey

  init() throws {
    folder = try TemporaryFolder()
    store = try ExposureStore.create(
      at: folder.path + "/store",
      calendar: .haiPhong, createdAt: 1_596_646_800)
    var generator = SeededGenerator(seed: 1)
    key = ContactKey(publicKey: try X25519.PrivateKey(using: &generator).publicKey, madeAt: 0)
  }

  private let today = LocalDay(daysSince2020: 218)
  private var archive: ContactArchive { ContactArchive(at: store.path) }

  private func contact(_ number: UInt64, daysAgo: Int = 0, seed: UInt64 = 7) throws -> StoredContact
  {
    var generator = SeededGenerator(seed: seed &+ number)
    let place = ContactPlace(
      venue: try #require(VenueID(rawValue: 412_836_378_624)),
      evidence: EvidenceID(high: 0x0173_0000_0000_7000, low: 1 << 63 | number))
    let details = try ContactDetails(phone: "+8491234\(1_000 + number % 9_000)")
    return StoredContact(
      place: place, day: today.advanced(by: -daysAgo),
      box: try ContactBox(sealing: details, of: place, to: key, using: &generator),
      receivedAt: 1_596_646_800)
  }

  @Test("A box is kept, the same one again is repeated, and another for the check-in is refused")
  func addition() throws {
    let first = try contact(1)
    let second = try contact(2)
    let other = try contact(1, seed: 99)
    #expect(try archive.count() == 0)
    #expect(try archive.add([first, second]) == [.stored, .stored])
    #expect(try archive.add([first, other]) == [.repeated, .conflict])
    let ids = [first, second].map(\.place.evidence)
    #expect(try archive.contacts(of: ids + [EvidenceID(high: 1, low: 1)]) == [first, second])
    #expect(try archive.countsByKey() == [key.id: 2])
    #expect(try store.verify().problems == [])
  }

  @Test("A store without boxes has no file of them, and reading makes none")
  func absence() throws {
    #expect(try archive.contacts(of: [EvidenceID(high: 1, low: 1)]) == [])
    #expect(try archive.countsByKey() == [:])
    #expect(!FileManager.default.fileExists(atPath: store.path + "/contacts.sqlite"))
    #expect(throws: StoreError.self) {
      try ContactArchive(at: folder.path + "/nowhere").add([try contact(1)])
    }
  }

  @Test("Boxes go with the evidence they came with, and no byte of them is left")
  func retention() throws {
    let kept = try contact(1, daysAgo: 21)
    let linked = try contact(2, daysAgo: 30)
    let old = try (3..<200).map { try contact(UInt64($0), daysAgo: 22 + Int($0 % 9)) }
    _ = try archive.add([kept, linked] + old)
    let plan = try store.retentionPlan(
      RetentionPolicy(), today: today, keeping: [linked.place.evidence])
    #expect(plan.contacts == old.count)
    let report = try store.retain(
      RetentionPolicy(), today: today, keeping: [linked.place.evidence], now: 1_596_700_000)
    #expect(report.contacts == old.count)
    #expect(report.filesWithTraces == [])
    let everything = (old + [kept, linked]).map(\.place.evidence)
    #expect(Set(try archive.contacts(of: everything)) == [kept, linked])
    let raw = try Data(contentsOf: URL(fileURLWithPath: store.path + "/contacts.sqlite"))
    for gone in old.prefix(20) {
      let mark = Data(gone.box.bytes[9..<25])
      #expect(raw.range(of: mark) == nil)
    }
    #expect(raw.range(of: Data(kept.box.bytes[9..<25])) != nil)
  }

  @Test("A trace of a box that went is told")
  func traces() throws {
    let old = try contact(1, daysAgo: 40)
    _ = try archive.add([old])
    let copy = store.path + "/copy.bin"
    try Data(old.box.bytes).write(to: URL(fileURLWithPath: copy))
    let report = try store.retain(RetentionPolicy(), today: today, keeping: [], now: 1_596_700_000)
    #expect(report.filesWithTraces == [copy])
  }

  @Test("A backup has the boxes, and a restored store too")
  func backup() throws {
    let first = try contact(1)
    _ = try archive.add([first])
    let target = folder.path + "/backup"
    _ = try store.backUp(to: target, now: 1_596_646_900)
    // A second one into the same folder replaces what the first had.
    let second = try contact(2)
    _ = try archive.add([second])
    _ = try store.backUp(to: target, now: 1_596_646_901)
    #expect(try ExposureStore.problemsOfBackup(in: target) == [])
    let place = folder.path + "/restored"
    _ = try ExposureStore.restore(at: place, from: target)
    let ids = [first, second].map(\.place.evidence)
    #expect(try ContactArchive(at: place).contacts(of: ids) == [first, second])
    #expect(try ContactArchive(at: place).add([first]) == [.repeated])
  }

  @Test("Damage to the file is found")
  func damage() throws {
    _ = try archive.add(try (0..<300).map { try contact(UInt64($0)) })
    let path = store.path + "/contacts.sqlite"
    // Moves the log into the file, so that the damage is read.
    _ = try store.retain(RetentionPolicy(), today: today, keeping: [], now: 1_596_700_000)
    var raw = try Data(contentsOf: URL(fileURLWithPath: path))
    for place in stride(from: 8_192, to: raw.count, by: 64) { raw[place] ^= 0xff }
    try raw.write(to: URL(fileURLWithPath: path))
    let problems = try? store.verify().problems
    #expect(problems?.isEmpty != true)
  }
}

@Suite("The health authority's keys in a store") struct ContactKeyFolderTests {
  @Test("Keys are installed once, the newest is used, and a folder without a vault takes none")
  func installation() throws {
    let folder = try TemporaryFolder()
    var generator = SeededGenerator(seed: 2)
    let old = ContactKey(publicKey: try X25519.PrivateKey(using: &generator).publicKey, madeAt: 10)
    let new = ContactKey(publicKey: try X25519.PrivateKey(using: &generator).publicKey, madeAt: 20)
    #expect(throws: VaultError.self) {
      try ContactKeyFolder.install(ContactKeySet([old]), in: folder.path)
    }
    try Data("{}".utf8).write(to: URL(fileURLWithPath: folder.path + "/keyset.json"))
    #expect(try ContactKeyFolder.keys(in: folder.path) == ContactKeySet())
    #expect(try ContactKeyFolder.install(ContactKeySet([new]), in: folder.path).new == 1)
    #expect(try ContactKeyFolder.install(ContactKeySet([old, new]), in: folder.path).new == 1)
    #expect(try ContactKeyFolder.keys(in: folder.path).newest == new)
    try Data("{".utf8).write(to: URL(fileURLWithPath: folder.path + "/contacts.json"))
    #expect(throws: VaultError.self) { try ContactKeyFolder.keys(in: folder.path) }
  }

  @Test("A private key that others may read is refused, and none is overwritten")
  func privacy() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/health.key"
    try ContactKeyFolder.writePrivate([1, 2, 3], to: path)
    #expect(try ContactKeyFolder.readPrivate(path) == [1, 2, 3])
    #expect(throws: VaultError.keyFileExists(path)) {
      try ContactKeyFolder.writePrivate([4], to: path)
    }
    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
    #expect(throws: VaultError.keyFileOpenToOthers(path, mode: 0o640)) {
      try ContactKeyFolder.readPrivate(path)
    }
  }
}
