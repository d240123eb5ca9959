import ExposureStorage
import Foundation
import TestSupport
import Testing
import VenueCodes

@Suite("Checkpoints of the audit log")
struct AuditCheckpointTests {
  private let folder: TemporaryFolder
  private let store: ExposureStore
  private let key: Ed25519.SigningKey
  private var catalog: String { folder.path + "/store/checkin.sqlite" }

  init() throws {
    folder = try TemporaryFolder()
    store = try newStore(folder)
    var generator = SeededGenerator(seed: 11)
    key = try Ed25519.SigningKey(using: &generator)
    for number in 1...20 {
      try store.audit(
        AuditNote(
          at: augustSixth + Int64(number), actor: "desk-\(number % 3)", action: "exposure venue",
          object: "C4C6BHFZC", purpose: "case BN-\(number)"))
    }
  }

  /// Does to the log by hand what its triggers forbid.
  private func tamper(_ statements: String) throws {
    let connection = try Connection(opening: catalog, for: .write)
    try connection.execute(
      "DROP TRIGGER audit_is_never_edited; DROP TRIGGER audit_is_never_deleted;")
    try connection.execute(statements)
  }

  private var isWhole: Bool {
    get throws {
      if case .intact = try store.verifyAudit() { true } else { false }
    }
  }

  @Test("A whole log agrees with every checkpoint, also after more lines")
  func agrees() throws {
    let first = try store.makeCheckpoint(key: key, at: augustSixth + 100)
    #expect(first.count == 20 && first.publicKey == key.publicKey)
    #expect(try store.auditLinesSinceCheckpoint() == 0)
    try store.audit(note)
    #expect(try store.auditLinesSinceCheckpoint() == 1)
    let second = try store.makeCheckpoint(key: key, at: augustSixth + 200)
    #expect(try store.checkpoints() == [first, second])
    for checkpoint in [first, second] {
      #expect(try store.compare(checkpoint, key: key.publicKey, at: augustSixth + 200) == .agrees)
    }
    let read = try #require(AuditCheckpoint(line: second.line))
    #expect(read == second)
  }

  @Test("A changed line is found")
  func changedLine() throws {
    try tamper("UPDATE audit SET purpose = 'case BN-99' WHERE sequence = 7")
    #expect(try store.verifyAudit() == .broken(at: 7))
    #expect(storeErrorCode { try store.makeCheckpoint(key: key, at: 1) } == .corrupt)
  }

  @Test("A removed line is found", arguments: [1, 7, 19])
  func removedLine(line: Int) throws {
    try tamper("DELETE FROM audit WHERE sequence = \(line)")
    #expect(try store.verifyAudit() == .broken(at: Int64(line)))
  }

  @Test("A line put in between is found")
  func insertedLine() throws {
    try tamper(
      """
      UPDATE audit SET sequence = -sequence WHERE sequence > 7;
      UPDATE audit SET sequence = 1 - sequence WHERE sequence < 0;
      INSERT INTO audit SELECT 8, at, 'mallory', action, object, purpose, detail, hash
        FROM audit WHERE sequence = 7;
      """)
    #expect(try store.verifyAudit() == .broken(at: 8))
  }

  @Test("A log that was cut off looks whole by itself, and not beside a checkpoint")
  func cutOffLog() throws {
    let checkpoint = try store.makeCheckpoint(key: key, at: augustSixth + 100)
    try tamper("DELETE FROM audit WHERE sequence > 15")
    #expect(try isWhole)
    #expect(
      try store.compare(checkpoint, key: key.publicKey, at: augustSixth + 200) == .cutOff(lines: 5))
    // Nor is it signed anew once somebody noticed nothing.
    #expect(storeErrorCode { try store.makeCheckpoint(key: key, at: 1) } == .corrupt)
    // Lines that are written over the gap do not close it.
    for _ in 0..<10 { try store.audit(note) }
    #expect(try isWhole)
    #expect(try store.compare(checkpoint, key: key.publicKey, at: augustSixth + 200) == .rewritten)
  }

  @Test("A log that was emptied is found")
  func emptiedLog() throws {
    let checkpoint = try store.makeCheckpoint(key: key, at: augustSixth + 100)
    try tamper("DELETE FROM audit")
    #expect(try isWhole)
    #expect(
      try store.compare(checkpoint, key: key.publicKey, at: augustSixth + 200) == .cutOff(lines: 20)
    )
  }

  @Test("A chain that was written anew from the first line on is found")
  func rewrittenChain() throws {
    let checkpoint = try store.makeCheckpoint(key: key, at: augustSixth + 100)
    let lines = try store.auditEntries().map(\.note)
    try tamper("DELETE FROM audit; DELETE FROM sqlite_sequence WHERE name = 'audit';")
    for var line in lines {
      // The one line that somebody would rather not have written.
      if line.purpose == "case BN-7" { line.actor = "somebody-else" }
      try store.audit(line)
    }
    #expect(try store.verifyAudit() != .broken(at: 7))
    #expect(try isWhole)
    #expect(try store.auditEntries().count == 20)
    #expect(try store.compare(checkpoint, key: key.publicKey, at: augustSixth + 200) == .rewritten)
    // The checkpoint of the new chain by another key is not the store's.
    var generator = SeededGenerator(seed: 12)
    let other = try Ed25519.SigningKey(using: &generator)
    let forged = try store.makeCheckpoint(key: other, at: augustSixth + 100)
    #expect(try store.compare(forged, key: key.publicKey, at: augustSixth + 200) == .otherKey)
  }

  @Test("A front that was cut off is found, though the log says that retention took it")
  func cutOffFront() throws {
    let first = try store.makeCheckpoint(key: key, at: augustSixth + 100)
    try store.audit(note)
    let newest = try store.makeCheckpoint(key: key, at: augustSixth + 200)
    let head = newest.head.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    try tamper(
      """
      INSERT INTO setting (name, value) VALUES ('audit_base', '\(newest.count) \(head)');
      DELETE FROM audit WHERE sequence <= \(newest.count);
      """)
    #expect(try isWhole)
    for checkpoint in [first, newest] {
      #expect(
        try store.compare(checkpoint, key: key.publicKey, at: augustSixth + 300) == .deletedEarly)
      // Once retention may have deleted the lines, nothing can be said of them.
      let later = augustSixth + 2_000 * 86_400
      #expect(
        try store.compare(checkpoint, key: key.publicKey, at: later)
          == (checkpoint == newest ? .agrees : .pastRetention))
    }
    #expect(
      storeErrorCode { try store.makeCheckpoint(key: key, at: augustSixth + 300) } == .corrupt)
  }

  @Test("Retention keeps the line of a checkpoint for as long as it could be missed")
  func retentionKeepsSignedLines() throws {
    // Signed 50 days after its newest line: the line alone would go 50 days before the checkpoint.
    let checkpoint = try store.makeCheckpoint(key: key, at: augustSixth + 50 * 86_400)
    var later = note
    later.at = augustSixth + 60 * 86_400
    try store.audit(later)
    try store.set(RetentionPolicy(audit: 100))
    for (days, verdict) in [(120, CheckpointVerdict.agrees), (151, .agrees), (500, .pastRetention)]
    {
      let now = augustSixth + Int64(days) * 86_400
      later.at = now - 1
      try store.audit(later)
      _ = try store.retain(
        RetentionPolicy(audit: 100), today: try day("2023-01-01"), keeping: [], now: now)
      #expect(try store.compare(checkpoint, key: key.publicKey, at: now) == verdict, "\(days)")
    }
    // And a log whose last checkpoint is past retention is signed all the same.
    let end = augustSixth + 500 * 86_400
    #expect(try store.makeCheckpoint(key: key, at: end).count == 24)
  }

  @Test("Retention is told from cutting off, and a checkpoint of another store is refused")
  func retentionAndOtherStores() throws {
    let early = try store.makeCheckpoint(key: key, at: augustSixth + 100)
    for number in 0..<5 {
      var later = note
      later.at = augustSixth + 900 * 86_400 + Int64(number)
      try store.audit(later)
    }
    let late = try store.makeCheckpoint(key: key, at: augustSixth + 900 * 86_400 + 9)
    _ = try store.retain(
      RetentionPolicy(audit: 100), today: try day("2023-01-01"), keeping: [],
      now: augustSixth + 900 * 86_400 + 10)
    #expect(try isWhole)
    #expect(try store.auditEntries().count == 5)
    // The newest line that went is still known by its hash, the ones before it by nothing.
    try store.set(RetentionPolicy(audit: 100))
    let end = augustSixth + 900 * 86_400 + 10
    #expect(try store.compare(early, key: key.publicKey, at: end) == .agrees)
    #expect(try store.compare(late, key: key.publicKey, at: end) == .agrees)
    let former = AuditCheckpoint(
      storeID: early.storeID, count: 19, time: 0, head: early.head, key: key)
    #expect(try store.compare(former, key: key.publicKey, at: end) == .pastRetention)
    // By a policy that keeps lines longer nothing of it may be gone.
    try store.set(RetentionPolicy(audit: 901))
    #expect(try store.compare(former, key: key.publicKey, at: end) == .pastRetention)
    #expect(try store.compare(early, key: key.publicKey, at: end) == .deletedEarly)
    let elsewhere = try newStore(try TemporaryFolder())
    #expect(try elsewhere.compare(early, key: key.publicKey, at: end) == .otherStore)
  }

  @Test("A line that was changed anywhere is none", arguments: 0..<7)
  func changedWords(word: Int) throws {
    let line = try store.makeCheckpoint(key: key, at: augustSixth).line
    var words = line.split(separator: " ").map(String.init)
    let last = try #require(words[word].last)
    words[word] = words[word].dropLast() + (last == "1" ? "2" : "1")
    #expect(AuditCheckpoint(line: words.joined(separator: " ")) == nil)
    #expect(AuditCheckpoint(line: line + " ") == nil && AuditCheckpoint(line: " " + line) == nil)
    words.remove(at: word)
    #expect(AuditCheckpoint(line: words.joined(separator: " ")) == nil)
  }

  @Test("A file is read whole or not at all, but for a last line that a power cut cut off")
  func files() throws {
    let first = try store.makeCheckpoint(key: key, at: augustSixth).line
    try store.audit(note)
    let second = try store.makeCheckpoint(key: key, at: augustSixth + 1).line
    func count(_ text: String) -> Int? { ExposureStore.checkpoints(in: Array(text.utf8))?.count }
    #expect(count("\(first)\n\(second)\n") == 2)
    #expect(count("\(first)\r\n\(second)\r\n") == 2)
    #expect(count(first) == 1)
    #expect(count("\(first)\n\(second.dropLast(9))") == 1)
    #expect(count("\(first)\n\n\(second)\n") == nil)
    #expect(count("") == nil && count("\n") == nil && count(String(first.dropLast())) == nil)
    // The next checkpoint replaces the piece.
    let path = folder.path + "/store/keys/audit.checkpoints"
    try Data("\(first)\n\(second.dropLast(9))".utf8).write(to: URL(fileURLWithPath: path))
    try store.makeCheckpoint(key: key, at: augustSixth + 2)
    #expect(try store.checkpoints().map(\.time) == [augustSixth, augustSixth + 2])
  }

  @Test("The vault makes the key once, and its public half needs no secret")
  func vaultKey() throws {
    let keys = store.path + "/keys"
    #expect(try KeyVault.auditPublicKey(in: keys) == nil)
    let vault = try KeyVault.create(
      in: keys, secret: .keyFile(folder.path + "/key"), notBefore: 0, notAfter: 1)
    let made = try vault.auditKey().publicKey
    #expect(try vault.auditKey().publicKey == made)
    #expect(try KeyVault.auditPublicKey(in: keys) == made)
  }
}
