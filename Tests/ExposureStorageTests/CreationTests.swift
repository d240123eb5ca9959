import ExposureStorage
import Foundation
import Presence
import Testing
import VenueCodes

@Suite("Making a store") struct CreationTests {
  private func mode(_ path: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return try #require(attributes[.posixPermissions] as? Int)
  }

  private func names(_ folder: String) throws -> Set<String> {
    Set(try FileManager.default.contentsOfDirectory(atPath: folder))
  }

  @Test("Taking a new store away leaves everything that was in the folder before")
  func discard() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/store"
    try FileManager.default.createDirectory(
      atPath: path + "/keys", withIntermediateDirectories: true)
    for name in ["precious.txt", "keys/keyset.json"] {
      try Data("mine".utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
    }
    try newStore(folder).close()
    try ExposureStore.discardNew(at: path)
    #expect(try names(path) == ["precious.txt", "keys"])
    #expect(try names(path + "/keys") == ["keyset.json"])
    let empty = try TemporaryFolder()
    try newStore(empty).close()
    try ExposureStore.discardNew(at: empty.path + "/store")
    #expect(try names(empty.path) == [])
  }

  @Test("Evidence whose catalog is lost is neither given to other people nor taken away")
  func lostCatalog() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/store"
    let store = try newStore(folder)
    _ = try store.append([scan(1)])
    try store.close()
    for suffix in ["", "-wal", "-shm"] {
      try? FileManager.default.removeItem(atPath: path + "/checkin.sqlite" + suffix)
    }
    #expect(storeErrorCode { _ = try newStore(folder) } == .evidenceWithoutCatalog)
    #expect(storeErrorCode { try ExposureStore.discardNew(at: path) } == .evidenceWithoutCatalog)
    #expect(try names(path + "/days") == ["2020-08-06.sqlite"])
  }

  @Test("Every database is for its owner only, also in a folder that others may enter")
  func modes() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/store"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let store = try newStore(folder)
    _ = try store.append([scan(1)])
    let files = [
      "checkin.sqlite", "checkin.sqlite-wal", "ids.table",
      "days/2020-08-06.sqlite", "days/2020-08-06.sqlite-wal",
    ]
    for file in files { #expect(try mode("\(path)/\(file)") == 0o600, "\(file)") }
    try store.close()
  }

  @Test("Keys that cannot be made leave no key file in the way of the next try")
  func keyFileAfterFailure() throws {
    let folder = try TemporaryFolder()
    let keyFile = folder.path + "/gateway.key"
    func make(notAfter: Int64) throws {
      _ = try KeyVault.create(
        in: folder.path, secret: .keyFile(keyFile), notBefore: 1_000, notAfter: notAfter)
    }
    #expect(throws: VaultError.self) { try make(notAfter: 999) }
    #expect(!FileManager.default.fileExists(atPath: keyFile))
    try make(notAfter: 2_000)
    // A second vault in the folder is refused, and takes nothing of the first away.
    #expect(throws: VaultError.self) { try make(notAfter: 2_000) }
    #expect(FileManager.default.fileExists(atPath: keyFile))
    #expect(try KeyVault.keySet(in: folder.path).keys.count == 1)
  }
}
