import ExposureStorage
import Foundation
import Presence
import Testing
import VenueCodes

@Suite("Backup and restore")
struct BackupTests {
  private let folder: TemporaryFolder
  private let store: ExposureStore
  private var backup: String { folder.path + "/backup" }
  private var restored: String { folder.path + "/restored" }

  init() throws {
    folder = try TemporaryFolder()
    store = try newStore(folder)
    _ = try store.append((1...500).map { scan($0, dayOffset: Int64($0 % 3)) })
    try store.audit(note)
  }

  private func append(_ numbers: ClosedRange<UInt64>, dayOffset: Int64) throws {
    _ = try store.append(numbers.map { scan($0, dayOffset: dayOffset) })
  }

  @Test("A restored store has the evidence, the people, the settings and the audit log")
  func roundTrip() throws {
    let report = try store.backUp(to: backup, now: augustSixth)
    #expect(report.copiedDays.count == 3 && report.keptDays.isEmpty)
    #expect(try ExposureStore.problemsOfBackup(in: backup) == [])
    let made = try ExposureStore.restore(at: restored, from: backup)
    #expect(made.madeAt == augustSixth && made.days.count == 3)
    let copy = try ExposureStore.open(at: restored)
    #expect(try allEvidence(of: copy) == allEvidence(of: store))
    #expect(try copy.auditEntries() == store.auditEntries())
    #expect(try copy.verifyAudit() == store.verifyAudit())
    #expect(try copy.value(of: .urlPrefix) == "https://qr.example/")
    #expect(try copy.integrityProblems() == [])
    // Ids are known again, and numbers of people go on where they were.
    #expect(try copy.append([scan(7, dayOffset: 1)]) == [.repeated])
    #expect(try copy.append([scan(9_001, person: 77_777)]) == [.stored])
  }

  @Test("A second backup into the folder copies only the days that changed")
  func incremental() throws {
    _ = try store.backUp(to: backup, now: augustSixth)
    try append(601...650, dayOffset: 1)
    try append(700...710, dayOffset: 9)
    let report = try store.backUp(to: backup, now: augustSixth + 60)
    #expect(report.copiedDays == [try day("2020-08-07"), try day("2020-08-15")])
    #expect(report.keptDays == [try day("2020-08-06"), try day("2020-08-08")])
    let made = try ExposureStore.restore(at: restored, from: backup)
    #expect(made.madeAt == augustSixth + 60)
    let copy = try ExposureStore.open(at: restored)
    #expect(try allEvidence(of: copy) == allEvidence(of: store))
    let days = try FileManager.default.contentsOfDirectory(atPath: backup + "/days")
    #expect(days.count == 4, "the former copy of a changed day is gone: \(days)")
  }

  @Test("A backup that is kept is checked, and damage in it is copied over")
  func damageIsNotCarriedAlong() throws {
    _ = try store.backUp(to: backup, now: augustSixth)
    let name = try #require(
      try FileManager.default.contentsOfDirectory(atPath: backup + "/days")
        .first { $0.hasPrefix("2020-08-07") })
    try flip(backup + "/days/" + name, at: 5_000)
    #expect(try ExposureStore.problemsOfBackup(in: backup).count == 1)
    #expect(
      storeErrorCode { _ = try ExposureStore.restore(at: restored, from: backup) }
        == .damagedBackup)
    #expect(!FileManager.default.fileExists(atPath: restored))
    let report = try store.backUp(to: backup, now: augustSixth)
    #expect(report.copiedDays == [try day("2020-08-07")])
    #expect(try ExposureStore.problemsOfBackup(in: backup) == [])
  }

  @Test("Whatever is cut, changed or missing in a backup is found before a store is made")
  func everyFileIsChecked() throws {
    _ = try store.backUp(to: backup, now: augustSixth)
    let files = try #require(FileManager.default.subpaths(atPath: backup)).filter {
      !$0.hasSuffix("days") && !$0.hasSuffix("keys")
    }
    #expect(files.count >= 5)
    for file in files {
      let path = "\(backup)/\(file)"
      let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
      var damages = [bytes.prefix(bytes.count / 2), Data()]
      var changed = bytes
      changed[bytes.count / 2] ^= 1
      damages.append(changed)
      for damage in damages {
        try damage.write(to: URL(fileURLWithPath: path))
        #expect(
          storeErrorCode { _ = try ExposureStore.restore(at: restored, from: backup) }
            == .damagedBackup, "\(file)")
      }
      try FileManager.default.removeItem(atPath: path)
      let missing = storeErrorCode { _ = try ExposureStore.restore(at: restored, from: backup) }
      #expect(missing == .damagedBackup || missing == .noBackup, "\(file)")
      try bytes.write(to: URL(fileURLWithPath: path))
    }
    _ = try ExposureStore.restore(at: restored, from: backup)
  }

  @Test("A store is never written over, nor a folder that holds something else")
  func nothingIsOverwritten() throws {
    _ = try store.backUp(to: backup, now: augustSixth)
    #expect(
      storeErrorCode { _ = try ExposureStore.restore(at: folder.path + "/store", from: backup) }
        == .alreadyExists)
    try FileManager.default.createDirectory(
      atPath: folder.path + "/photos", withIntermediateDirectories: true)
    try Data("x".utf8).write(to: URL(fileURLWithPath: folder.path + "/photos/a.jpg"))
    #expect(
      storeErrorCode { _ = try store.backUp(to: folder.path + "/photos", now: 0) }
        == .foreignBackup)
    let other = try ExposureStore.create(
      at: folder.path + "/other", calendar: .haiPhong, createdAt: 1)
    #expect(storeErrorCode { _ = try other.backUp(to: backup, now: 0) } == .foreignBackup)
    #expect(try ExposureStore.problemsOfBackup(in: backup) == [])
  }

  @Test("What was acknowledged before a backup is in it, while others write")
  func online() async throws {
    let store = store
    let stop = Flag()
    let writing = Task.detached {
      var number: UInt64 = 100_000
      while !stop.isSet {
        _ = try store.append((number..<number + 20).map { scan($0, dayOffset: Int64($0 % 5)) })
        number += 20
      }
    }
    for round in 0..<8 {
      let before = try allEvidence(of: store)
      _ = try store.backUp(to: backup, now: Int64(round))
      try? FileManager.default.removeItem(atPath: restored)
      _ = try ExposureStore.restore(at: restored, from: backup)
      let copy = try ExposureStore.open(at: restored)
      let ids = try allEvidence(of: copy).map(\.id)
      #expect(Set(ids).isSuperset(of: before.map(\.id)))
      #expect(Set(ids).count == ids.count)
      #expect(try copy.integrityProblems() == [])
    }
    stop.set()
    try await writing.value
  }

  private func flip(_ path: String, at place: Int) throws {
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    bytes[place] ^= 0x20
    try bytes.write(to: URL(fileURLWithPath: path))
  }
}

@Suite("The page at the front of a backup")
struct BackupManifestTests {
  private let page = BackupManifest(
    storeID: "8f0c", madeAt: 1_596_646_800,
    files: [
      BackupManifest.File(
        name: "days/2020-08-06.5f1e-12.sqlite", bytes: 73_728,
        digest: Array(repeating: 0xa7, count: 32)),
      BackupManifest.File(
        name: "catalog.77.sqlite", bytes: 0, digest: Array(repeating: 1, count: 32)),
    ])

  @Test("A page reads as it was written")
  func roundTrip() {
    #expect(BackupManifest(text: page.text) == page)
  }

  @Test("A page that was cut or changed anywhere is refused")
  func damage() {
    let text = page.text
    for length in 0..<text.count { #expect(BackupManifest(text: Array(text[..<length])) == nil) }
    for place in text.indices {
      var changed = text
      changed[place] ^= 1
      #expect(BackupManifest(text: changed) == nil, "byte \(place)")
    }
  }

  @Test(
    "A file outside the folder is refused",
    arguments: ["../x", "/etc/passwd", "a/b/c", "days/..", ".hidden", "days/", "", "a b", "a\u{0}"])
  func names(name: String) {
    let page = BackupManifest(
      storeID: "s", madeAt: 0,
      files: [BackupManifest.File(name: name, bytes: 1, digest: Array(repeating: 0, count: 32))])
    #expect(BackupManifest(text: page.text) == nil)
  }
}
