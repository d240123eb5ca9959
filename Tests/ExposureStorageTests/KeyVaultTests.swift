import ExposureStorage
import Foundation
import Glibc
import Presence
import Testing
import VenueCodes

@Suite("Key vault") struct KeyVaultTests {
  private static let cheap = PassphraseCost(operations: 1, memoryKiB: 8)

  private func secret(_ text: String) throws -> VaultSecret {
    .passphrase(try SecretBytes(copying: Array(text.utf8).span))
  }

  private func makeVault(_ folder: TemporaryFolder, _ text: String? = nil) throws -> KeyVault {
    let chosen: VaultSecret
    if let text {
      chosen = try secret(text)
    } else {
      chosen = .keyFile(folder.path + "/gateway.key")
    }
    return try KeyVault.create(
      in: folder.path, secret: chosen, notBefore: 1_000, notAfter: 2_000,
      cost: try #require(KeyVaultTests.cheap))
  }

  private func code(_ body: () throws -> Void) -> String? {
    do {
      try body()
      return nil
    } catch {
      return (error as? VaultError)?.code
    }
  }

  private func mode(_ path: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return try #require(attributes[.posixPermissions] as? Int)
  }

  private func signs(_ vault: KeyVault, at now: Int64, id: UInt8) throws -> Bool {
    let (published, key) = try vault.currentSigningKey(at: now)
    let message = Array("hello".utf8)
    let signature = key.signature(for: message.span)
    return published.id == id
      && published.publicKey.isValid(signature: signature.span, for: message.span)
  }

  @Test("A passphrase opens the keys again, and a wrong one does not")
  func passphrase() throws {
    let folder = try TemporaryFolder()
    let made = try makeVault(folder, "correct horse")
    let hash = try made.subjectHash().hash("0912345678")
    let opened = try KeyVault.unlock(in: folder.path, secret: secret("correct horse"))
    #expect(try opened.subjectHash().hash("0912345678") == hash)
    #expect(try signs(opened, at: 1_500, id: 1))
    #expect(try KeyVault.protection(in: folder.path) == .passphrase)
    #expect(try KeyVault.keySet(in: folder.path) == made.keySet())
    let wrong = code { _ = try KeyVault.unlock(in: folder.path, secret: secret("wrong horse")) }
    #expect(wrong == "sealed_wrong_passphrase")
    let file = code { _ = try KeyVault.unlock(in: folder.path, secret: .keyFile("/nowhere")) }
    #expect(file == "vault-needs-passphrase")
    #expect(code { _ = try makeVault(folder, "another one") } == "vault-already-exists")
    let short = try TemporaryFolder()
    #expect(code { _ = try makeVault(short, "1234567") } == "vault-passphrase-too-short")
    #expect(code { _ = try KeyVault.protection(in: short.path) } == "vault-not-found")
  }

  @Test("A key file opens the keys again, unless others may read it or it is not the one")
  func keyFile() throws {
    let folder = try TemporaryFolder()
    let made = try makeVault(folder)
    let path = folder.path + "/gateway.key"
    #expect(try mode(path) == 0o600)
    func unlock() throws -> KeyVault {
      try KeyVault.unlock(in: folder.path, secret: .keyFile(path))
    }
    #expect(try signs(unlock(), at: 1_500, id: 1))
    #expect(try unlock().subjectHash().hash("x") == made.subjectHash().hash("x"))
    #expect(try KeyVault.protection(in: folder.path) == .keyFile)
    for bits in [0o640, 0o604, 0o620, 0o601, 0o777] {
      chmod(path, mode_t(bits))
      #expect(code { _ = try unlock() } == "vault-key-file-open-to-others")
    }
    chmod(path, 0o600)
    let content = try #require(
      String(
        data: Data(contentsOf: URL(fileURLWithPath: path)),
        encoding: .utf8))
    let other = try TemporaryFolder()
    _ = try makeVault(other)
    let damages: [(String, String)] = [
      ("", "vault-key-file-damaged"), ("checkin-key-file-1 ", "vault-key-file-damaged"),
      (String(content.dropLast(2)), "vault-key-file-damaged"),
      (content + "0", "vault-key-file-damaged"),
      (content.replacingOccurrences(of: "-1 ", with: "-2 "), "vault-key-file-damaged"),
      (String(content.dropLast(2)) + "g\n", "vault-key-file-damaged"),
      (String(repeating: "x", count: 5_000), "vault-key-file-damaged"),
      (
        try String(contentsOfFile: other.path + "/gateway.key", encoding: .utf8),
        "sealed_wrong_key"
      ),
    ]
    for (text, expected) in damages {
      try Data(text.utf8).write(to: URL(fileURLWithPath: path))
      chmod(path, 0o600)
      #expect(code { _ = try unlock() } == expected)
    }
    #expect(
      code { _ = try KeyVault.unlock(in: folder.path, secret: secret("long enough")) }
        == "vault-needs-key-file")
    let taken = try TemporaryFolder()
    try Data("mine".utf8).write(to: URL(fileURLWithPath: taken.path + "/gateway.key"))
    #expect(code { _ = try makeVault(taken) } == "vault-key-file-exists")
    let kept = try String(contentsOfFile: taken.path + "/gateway.key", encoding: .utf8)
    #expect(kept == "mine")
  }

  @Test("A new key signs, the one before stays in force until it expires or is revoked")
  func rotation() throws {
    let folder = try TemporaryFolder()
    let vault = try makeVault(folder, "correct horse")
    let second = try vault.rotate(notBefore: 1_800, notAfter: 3_000)
    #expect(second.id == 2)
    #expect(try signs(vault, at: 1_700, id: 1) && signs(vault, at: 1_800, id: 2))
    #expect(try vault.keySet()[1]?.failure(at: 1_900) == nil)
    // Another process sees the new key and can sign with it.
    let other = try KeyVault.unlock(in: folder.path, secret: secret("correct horse"))
    #expect(try signs(other, at: 2_500, id: 2))
    try other.revoke(2, at: 1_850)
    try vault.revoke(2, at: 1_990)
    #expect(try vault.keySet()[2]?.revokedAt == 1_850)
    #expect(try signs(vault, at: 1_900, id: 1))
    #expect(code { _ = try vault.currentSigningKey(at: 2_500) } == "vault-no-key-in-force")
    #expect(code { try vault.revoke(77, at: 0) } == "key_set_no_such_key")
    let reversed = code { _ = try vault.rotate(notBefore: 9, notAfter: 8) }
    #expect(reversed == "key_set_times_reversed")
    #expect(try vault.keySet().keys.map(\.id) == [1, 2])
  }

  @Test("The secret can be changed, and only the new one opens the keys")
  func changeSecret() throws {
    let folder = try TemporaryFolder()
    let vault = try makeVault(folder, "correct horse")
    let hash = try vault.subjectHash().hash("x")
    let path = folder.path + "/door.key"
    try vault.changeSecret(to: .keyFile(path))
    #expect(
      code { _ = try KeyVault.unlock(in: folder.path, secret: secret("correct horse")) }
        == "vault-needs-key-file")
    let opened = try KeyVault.unlock(in: folder.path, secret: .keyFile(path))
    #expect(try opened.subjectHash().hash("x") == hash)
    #expect(code { try opened.changeSecret(to: secret("short")) } == "vault-passphrase-too-short")
    #expect(try KeyVault.protection(in: folder.path) == .keyFile)
  }

  @Test("Secrets are for their owner only, sealed, and damage is told apart from a wrong secret")
  func files() throws {
    let folder = try TemporaryFolder()
    let vault = try makeVault(folder, "correct horse")
    let names = ["master.sealed", "subjects.sealed", "signing-1.sealed"]
    #expect(try names.map { try mode("\(folder.path)/\($0)") } == [0o600, 0o600, 0o600])
    let (_, key) = try vault.currentSigningKey(at: 1_500)
    let seed = key.withRawRepresentation { Array($0) }
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
      let content = try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/\(name)"))
      #expect(content.range(of: Data(seed)) == nil)
    }
    let other = try TemporaryFolder()
    _ = try makeVault(other, "correct horse")
    func opened() throws -> KeyVault {
      try KeyVault.unlock(in: folder.path, secret: secret("correct horse"))
    }
    // The key set of another store does not fit the sealed key.
    TemporaryFolder.copy(other.path + "/keyset.json", to: folder.path + "/keyset.json")
    #expect(code { _ = try opened().currentSigningKey(at: 1_500) } == "vault-key-mismatch")
    TemporaryFolder.copy(other.path + "/signing-1.sealed", to: folder.path + "/signing-1.sealed")
    #expect(code { _ = try opened().currentSigningKey(at: 1_500) } == "sealed_wrong_key")
    for (name, expected) in [
      ("subjects.sealed", "sealed_truncated"), ("master.sealed", "sealed_truncated"),
      ("keyset.json", "key_set_not_json"),
    ] {
      let path = "\(folder.path)/\(name)"
      try Data(contentsOf: URL(fileURLWithPath: path)).prefix(20)
        .write(to: URL(fileURLWithPath: path))
      let found = code {
        let vault = try opened()
        _ = try vault.subjectHash()
        _ = try vault.keySet()
      }
      // The master is read before the others, and is damaged from the second round on.
      #expect(found == (name == "keyset.json" ? "sealed_truncated" : expected))
    }
    #expect(code { _ = try KeyVault.keySet(in: folder.path) } == "key_set_not_json")
  }

  @Test("Secrets of screens and passes are sealed with the rest, and stay the same")
  func codeSecrets() throws {
    let folder = try TemporaryFolder()
    let made = try makeVault(folder)
    let venue = try #require(VenueID(rawValue: 5))
    var generator = SystemRandomNumberGenerator()
    let step = ScreenStep(rawValue: 7)
    let code = RotatingCode(
      step: step, key: try made.screenMasterKey().screenKey(venue: venue, zone: 2))
    let pass = VisitorPass(issuedWith: try made.passMasterKey(), using: &generator)
    let opened = try KeyVault.unlock(
      in: folder.path, secret: .keyFile(folder.path + "/gateway.key"))
    let secrets = try opened.codeSecrets()
    #expect(secrets.screens.map(\.id) == [1] && secrets.passes.map(\.id) == [1])
    #expect(secrets.screens[0].isGenuine(code) && secrets.passes[0].isGenuine(pass))
    for name in ["screen-1.sealed", "pass-1.sealed"] {
      #expect(try mode(folder.path + "/" + name) == 0o600)
      let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.path + "/" + name))
      #expect(bytes.count == 94)
    }
  }

  @Test("A vault of an earlier version has no such secrets until one is needed")
  func olderVault() throws {
    let folder = try TemporaryFolder()
    let vault = try makeVault(folder)
    for name in ["screen-1.sealed", "pass-1.sealed", "screen-1.made", "pass-1.made"] {
      try FileManager.default.removeItem(atPath: folder.path + "/" + name)
    }
    let none = try vault.codeSecrets()
    #expect(none.screens.isEmpty && none.passes.isEmpty)
    let venue = try #require(VenueID(rawValue: 5))
    let first = try vault.screenMasterKey().screenKey(venue: venue, zone: 0)
      .withRawRepresentation { Array($0) }
    let again = try vault.screenMasterKey().screenKey(venue: venue, zone: 0)
      .withRawRepresentation { Array($0) }
    #expect(first == again)
    let now = try vault.codeSecrets()
    #expect(now.screens.count == 1 && now.passes.isEmpty)
  }

  @Test("A secret that was made and is lost is not replaced, and works again once restored")
  func lostSecret() throws {
    let folder = try TemporaryFolder()
    let vault = try makeVault(folder)
    var generator = SystemRandomNumberGenerator()
    let pass = VisitorPass(issuedWith: try vault.passMasterKey(), using: &generator)
    for name in ["screen-1", "pass-1"] {
      try FileManager.default.moveItem(
        atPath: "\(folder.path)/\(name).sealed", toPath: "\(folder.path)/\(name).old")
    }
    #expect(code { _ = try vault.passMasterKey() } == "vault-secret-lost")
    #expect(code { _ = try vault.screenMasterKey() } == "vault-secret-lost")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(!names.contains("pass-1.sealed") && !names.contains("screen-1.sealed"))
    try FileManager.default.moveItem(
      atPath: folder.path + "/pass-1.old", toPath: folder.path + "/pass-1.sealed")
    #expect(try vault.passMasterKey().isGenuine(pass))
    // Where only the mark is missing, as in vaults of before, it is made when the secret is used.
    try FileManager.default.removeItem(atPath: folder.path + "/pass-1.made")
    #expect(try vault.passMasterKey().isGenuine(pass))
    try FileManager.default.removeItem(atPath: folder.path + "/pass-1.sealed")
    #expect(code { _ = try vault.passMasterKey() } == "vault-secret-lost")
  }

  @Test("A screen's key file is its owner's, and is not written over")
  func screenKeyFile() throws {
    let folder = try TemporaryFolder()
    let vault = try makeVault(folder)
    let venue = try #require(VenueID(rawValue: 5))
    let setup = ScreenSetup(
      key: try vault.screenMasterKey().screenKey(venue: venue, zone: 2), name: "Chợ",
      prefix: try URLPrefix("https://qr.haiphong.gov.vn/#"), timeZone: "Asia/Ho_Chi_Minh")
    let path = folder.path + "/hall.screen"
    try ScreenKeyFile.write(setup, to: path)
    #expect(try mode(path) == 0o600 && ScreenKeyFile.read(path).file == setup.file)
    #expect(code { try ScreenKeyFile.write(setup, to: path) } == "vault-key-file-exists")
    chmod(path, 0o640)
    #expect(code { _ = try ScreenKeyFile.read(path) } == "vault-key-file-open-to-others")
    chmod(path, 0o600)
    try Data("something else".utf8).write(to: URL(fileURLWithPath: path))
    #expect(code { _ = try ScreenKeyFile.read(path) } == "screen_key_not_one")
    try Data(repeating: 0x61, count: 5_000).write(to: URL(fileURLWithPath: path))
    #expect(code { _ = try ScreenKeyFile.read(path) } == "vault-key-file-damaged")
  }
}

@Suite("Zone database") struct ZoneDatabaseTests {
  @Test("Hai Phong needs no file, and a name is a path below the folder and nothing else")
  func names() throws {
    #expect(try ZoneDatabase.calendar(named: "Asia/Ho_Chi_Minh", in: "/nowhere") == .haiPhong)
    let folder = try TemporaryFolder()
    try Data("TZif".utf8).write(to: URL(fileURLWithPath: folder.path + "/Bad"))
    for (name, code) in [
      ("", "zone-unknown"), ("../etc/passwd", "zone-unknown"), ("/etc/passwd", "zone-unknown"),
      ("A//B", "zone-unknown"), ("Nowhere", "zone-unknown"), (".", "zone-unknown"),
      ("Bad", "zone-bad-file"),
    ] {
      let error = #expect(throws: ZoneDatabaseError.self) {
        _ = try ZoneDatabase.calendar(named: name, in: folder.path)
      }
      #expect(error?.code == code)
    }
  }
}
