import ExposureStorage
import Foundation
import TestSupport
import Testing

/// Stores, keys and passphrases that are not as they should be.
@Suite("Stores and keys", .tags(.process)) struct StoreTests {
  /// Something that happened to a store, and what is said of it.
  private struct Fault: Sendable {
    let name: String
    let words: [String]
    let phrase: String
    var status: Int32 = 1
    /// Brings it about.
    let damage: @Sendable (Site) throws -> Void
  }

  private static let noise = Data((0..<8_192).map { UInt8(truncatingIfNeeded: $0 * 31 + 7) })
  private static let scan = ["scan", "--gateway", "g"]

  private static let faults: [Fault] = [
    Fault(name: "no store", words: ["case", "list", "--store", "none"], phrase: "no store in none")
    { _ in },
    Fault(
      name: "a file for a store", words: ["case", "list", "--store", "file"],
      phrase: "no store in file"
    ) {
      try $0.write("x", to: "file")
    },
    Fault(
      name: "a damaged catalog", words: ["case", "list"], phrase: "store/checkin.sqlite is damaged"
    ) {
      try $0.write(noise, to: "store/checkin.sqlite")
    },
    Fault(name: "an empty catalog", words: ["case", "list"], phrase: "no store in ./store") {
      try $0.write("", to: "store/checkin.sqlite")
    },
    Fault(name: "a newer schema", words: scan, phrase: "newer version of checkin") {
      // The version stands at byte 60 of an SQLite file, big end first.
      var bytes = try Data(contentsOf: URL(fileURLWithPath: $0.path("store/checkin.sqlite")))
      bytes[63] = 99
      try $0.write(bytes, to: "store/checkin.sqlite")
    },
    Fault(name: "a damaged day", words: scan, phrase: "2020-08-06.sqlite is damaged") {
      try $0.write(noise, to: "store/days/2020-08-06.sqlite")
    },
    Fault(
      name: "a damaged day, to a trace", words: ["trace"], phrase: "2020-08-06.sqlite is damaged"
    ) {
      try $0.write(noise, to: "store/days/2020-08-06.sqlite")
    },
    Fault(name: "a cut day", words: ["trace"], phrase: "2020-08-06.sqlite is damaged") {
      let day = URL(fileURLWithPath: $0.path("store/days/2020-08-06.sqlite"))
      try $0.write(try Data(contentsOf: day).prefix(5_000), to: "store/days/2020-08-06.sqlite")
    },
    Fault(name: "no key file", words: scan, phrase: "CHECKIN_KEY_FILE") {
      try FileManager.default.removeItem(atPath: $0.path("store.key"))
    },
    Fault(name: "a key file open to others", words: scan, phrase: "chmod 600") {
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o644], ofItemAtPath: $0.path("store.key"))
    },
    Fault(name: "a damaged key file", words: scan, phrase: "no key file or is damaged") {
      let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: $0.path("store.key")))
      try handle.truncate(atOffset: 5)
    },
    Fault(name: "another store's key file", words: scan, phrase: "store/keys/") { site in
      let other = try Site()
      let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: site.path("store.key")))
      try handle.truncate(atOffset: 0)
      try handle.write(
        contentsOf: Data(contentsOf: URL(fileURLWithPath: other.path("store.key"))))
    },
    Fault(name: "no keys", words: ["key", "list"], phrase: "no keys in ./store/keys") {
      try FileManager.default.removeItem(atPath: $0.path("store/keys"))
    },
    Fault(name: "a damaged key set", words: ["key", "list"], phrase: "keyset.json") {
      try $0.write("{\"version\":", to: "store/keys/keyset.json")
    },
    Fault(name: "a store that is there", words: ["init"], phrase: "a store in ./store already") {
      _ in
    },
    Fault(
      name: "a key file that is there", words: ["init", "--store", "new"], phrase: "new.key already"
    ) {
      try $0.write("precious", to: "new.key")
    },
    Fault(name: "a key that is not there", words: ["key", "revoke", "7"], phrase: "no key 7") { _ in
    },
    Fault(
      name: "no zone", words: ["init", "--store", "new", "--zone", "Asia/Hanoi"],
      phrase: "knows no time zone", status: 2
    ) { _ in },
    Fault(
      name: "no address", words: ["init", "--store", "new", "--url-prefix", "HTTP://x"],
      phrase: "lower case", status: 2
    ) { _ in },
  ]

  @Test("Whatever became of a store or its keys is told in one line, and the program does not fall")
  func faults() throws {
    for fault in Self.faults {
      let site = try Site()
      try site.done("scan", "--gateway", "g", input: "\(Site.hotel) an\n")
      try fault.damage(site)
      let outcome = try site.run(fault.words, input: Data("\(Site.hotel) binh\n".utf8))
      #expect(
        outcome.status == fault.status && !outcome.wasSignalled && outcome.output.isEmpty
          && outcome.errors.contains(fault.phrase),
        "\(fault.name): \(outcome.status) \(outcome.errors)")
      let lines = outcome.errors.split(separator: "\n").filter { !$0.contains("warning") }
      #expect(lines.count == 1, "\(fault.name): \(outcome.errors)")
    }
  }

  @Test("A failed init leaves nothing behind, and no key is written over")
  func failedInit() throws {
    let site = try Site(.nothing)
    try site.write("precious", to: "store.key")
    #expect(try site.run("init").status == 1)
    #expect(try !site.has("store") && site.text(of: "store.key") == "precious")
    let short = try site.run("init", "--store", "s", environment: ["CHECKIN_PASSPHRASE": "short"])
    #expect(short.status == 1 && short.errors.contains("too short") && !site.has("s"))
    let other = try site.run("init", environment: ["CHECKIN_KEY_FILE": "elsewhere.key"])
    #expect(other.status == 0 && site.has("elsewhere.key"))
    let mode = try FileManager.default.attributesOfItem(atPath: site.path("elsewhere.key"))
    #expect(mode[.posixPermissions] as? Int == 0o600)
  }

  @Test("A store that others own is read-only or closed to them, and says so")
  func rights() throws {
    // The other user may not get to the package's own registry.
    let site = try Site(registry: .own)
    try site.done("scan", "--gateway", "g", input: "\(Site.hotel) an\n")
    // Rights do not bind root: the program is then run as nobody.
    let prefix = geteuid() == 0 ? "setpriv --reuid=65534 --regid=65534 --clear-groups" : ""
    let program = "\(prefix) '\(BuiltProgram.checkin.url.path)' --now \(Site.now)"
    guard try site.shell("chmod 755 . && \(program) --version").status == 0 else {
      print("rights: not run, another user may not start the program here")
      return
    }
    if geteuid() == 0 { _ = try site.shell("chown -R 65534:65534 store store.key") }
    #expect(try site.shell("\(program) case list").status == 0)

    let unwritable = try site.shell(
      "chmod -R a-w store; echo '\(Site.hotel) binh' | \(program) scan --gateway g")
    #expect(unwritable.status == 1 && unwritable.output.isEmpty)
    #expect(
      unwritable.errors.contains("store") && unwritable.errors.contains("cannot be"),
      "\(unwritable.errors)")
    let closed = try site.shell("chmod 000 store; \(program) case list")
    #expect(closed.status == 1 && closed.errors.contains("store"), "\(closed.errors)")
    _ = try site.shell("chmod 700 store; chmod -R u+w store")
    #expect(try site.shell("echo '\(Site.hotel) binh' | \(program) scan --gateway g").status == 0)
    let file = try site.shell("echo a > a.csv; chmod 000 a.csv; \(program) import visits a.csv")
    #expect(file.status == 1 && file.errors.contains("may not be read"), "\(file.errors)")
  }

  @Test(
    "A passphrase comes from the environment, a file or a descriptor, and is never asked in vain")
  func passphrase() throws {
    let site = try Site(.nothing)
    let secret = ["CHECKIN_PASSPHRASE": "correct horse battery"]
    let made = try site.done("init", environment: secret)
    #expect(made.output.contains("passphrase") && !site.has("store.key"))
    let line = "\(Site.hotel) an\n"
    try site.write("correct horse battery\n", to: "pass")
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o600], ofItemAtPath: site.path("pass"))
    #expect(try site.run("scan", "--gateway", "g", input: line, environment: secret).status == 0)
    let fromFile = try site.run("scan", "--gateway", "g", "--passphrase-file", "pass", input: line)
    #expect(fromFile.status == 0 && fromFile.errors.isEmpty)
    #expect(
      try site.shell("checkin qr \(Site.hotel) --format svg --passphrase-fd 3 3< pass").status == 0)

    let refusals:
      [(words: [String], environment: [String: String], phrase: String, status: Int32)] = [
        (["--no-input"], [:], "--no-input forbids asking: set CHECKIN_PASSPHRASE", 1),
        ([], ["CHECKIN_PASSPHRASE": "wrong horse battery"], "the passphrase is wrong", 1),
        (["--passphrase-file", "none"], [:], "none: there is no such file", 1),
        (["--passphrase-file", "pass", "--passphrase-fd", "3"], [:], "both given", 2),
        (["--passphrase-fd", "77"], [:], "cannot be read", 1),
      ]
    for (words, environment, phrase, status) in refusals {
      let outcome = try site.run(
        ["scan", "--gateway", "g"] + words, input: Data(line.utf8), environment: environment)
      #expect(
        outcome.status == status && outcome.errors.contains(phrase) && outcome.output.isEmpty,
        "\(words): \(outcome.errors)")
    }
    try site.write("x", to: "open")
    let open = try site.run("scan", "--gateway", "g", "--passphrase-file", "open", input: line)
    #expect(open.status == 1 && open.errors.contains("chmod 600"))
    // What is public needs no secret.
    #expect(try site.run("key", "list", "--no-input").status == 0)
    #expect(try site.run("trace", "--summary", "--no-input").status == 0)
  }

  @Test("A new key signs, the old one's posters hang on, and a revoked key's do not")
  func keys() throws {
    let site = try Site()
    let old = try site.code()
    #expect(try site.run("key", "rotate", "--dry-run").status == 0)
    let second = try JSON(site.done("key", "rotate", "--json").output)
    #expect(second["id"].number == 2 && second["state"].text == "in force")
    let later = try JSON(
      site.done("key", "rotate", "--from", "2021-01-01T00:00:00+07:00", "--json").output)
    #expect(later["id"].number == 3 && later["state"].text == "not yet")
    let new = try site.code()
    #expect(try site.run("verify", old, new).status == 0)
    #expect(try JSON(site.run("verify", new, "--json").output)["key_id"].number == 2)
    try site.write(site.done("key", "export").output, to: "before.json")

    let revoked = try JSON(site.done("key", "revoke", "1", "--json").output)
    #expect(revoked["state"].text == "revoked" && revoked["revoked_at"].text == Site.now)
    #expect(try site.run("verify", new).status == 0)
    #expect(try JSON(site.run("verify", old, "--json").output)["reason"].text == "key_revoked")
    // Whoever has not fetched the new key set does not know yet.
    #expect(try site.run("verify", old, "--keys", "before.json").status == 0)
    let states = try JSON(site.done("key", "list", "--json").output).items.map { $0["state"].text }
    #expect(states == ["revoked", "in force", "not yet"])
    let exported = try JSON(site.done("key", "export").output)
    #expect(exported["keys"].items.count == 3 && !"\(exported)".contains("private"))
    try site.done("key", "revoke", "2")
    let none = try site.run("qr", Site.hotel)
    #expect(none.status == 1 && none.errors.contains("checkin key rotate"))
    #expect(try JSON.lines(none.output).isEmpty)
  }
}
