/// Who did or asked what, and for what purpose: what the audit log keeps of an act.
public struct AuditNote: Hashable, Sendable {
  /// When, in Unix seconds.
  public var at: Int64
  /// Who: a person's name or the name of a gateway.
  public var actor: String
  /// What was done, as a stable word: `case.add`, `exposure.venue`.
  public var action: String
  /// What it was done to: a case, a venue, the short form of a pseudonym.
  public var object: String
  /// Why: the case or the order that allows it.
  public var purpose: String
  /// More, when there is more: the times asked for, the number of rows answered.
  public var detail: String

  /// Makes a note; see the properties.
  public init(
    at: Int64, actor: String, action: String, object: String, purpose: String, detail: String = ""
  ) {
    self.at = at
    self.actor = actor
    self.action = action
    self.object = object
    self.purpose = purpose
    self.detail = detail
  }
}

/// A line of the audit log.
public struct AuditEntry: Hashable, Sendable {
  /// The place in the log, from 1.
  public let sequence: Int64
  /// What was noted.
  public let note: AuditNote
  /// BLAKE2b-256 of the line before and this line.
  public let hash: [UInt8]
}

/// What a look at the whole audit log found.
public enum AuditVerdict: Hashable, Sendable {
  /// Every line fits the one before, of which `count` were ever written.
  ///
  /// The head is the last hash (of the store's own start when the log is empty). A log that was cut
  /// off at its end looks intact by itself: compare its head and count with ones noted elsewhere.
  case intact(count: Int64, head: [UInt8])
  /// This line is missing, or was changed, or does not follow from the one before.
  case broken(at: Int64)
}

extension ExposureStore {
  /// Appends a note to the audit log; it is durable when this returns.
  public func audit(_ note: AuditNote) throws(StoreError) {
    try withWritableCatalog { catalog throws(StoreError) in
      try AuditTable.append(note, to: catalog)
    }
  }

  /// Returns the newest lines of the audit log, oldest first.
  ///
  /// - Parameter limit: The most lines to return.
  /// - Returns: The lines.
  /// - Throws: `closed`, `busy`, `corrupt`.
  public func auditEntries(limit: Int = .max) throws(StoreError) -> [AuditEntry] {
    try withCatalog { catalog throws(StoreError) in
      var entries: [AuditEntry] = []
      try AuditTable.forEach(newest: limit, in: catalog) { entry in
        entries.append(entry)
        return true
      }
      return entries
    }
  }

  /// Checks that no line of the audit log was changed, removed or put in.
  ///
  /// - Complexity: O(n) in the lines.
  public func verifyAudit() throws(StoreError) -> AuditVerdict {
    try verifyAudit(after: nil)
  }

  /// Checks the lines behind a checkpoint that was found to agree, or all of them.
  func verifyAudit(after checkpoint: AuditCheckpoint?) throws(StoreError) -> AuditVerdict {
    try withCatalog { catalog throws(StoreError) in
      var (count, previous) = try AuditTable.base(in: catalog)
      var limit = Int.max
      if let checkpoint {
        (count, previous) = (checkpoint.count, checkpoint.head)
        let newest = try catalog.number("SELECT max (sequence) FROM audit") ?? count
        limit = Int(newest - count)
      }
      var broken: Int64?
      try AuditTable.forEach(newest: limit, in: catalog) { entry in
        guard entry.sequence == count + 1,
          entry.hash == AuditTable.hash(entry.note, sequence: entry.sequence, after: previous)
        else {
          broken = count + 1
          return false
        }
        previous = entry.hash
        count += 1
        return true
      }
      if let broken { return .broken(at: broken) }
      return .intact(count: count, head: previous)
    }
  }
}

/// The audit log in `checkin.sqlite`: a chain of hashes over lines that triggers protect.
enum AuditTable {
  /// Appends a line; called in a transaction.
  static func append(
    _ note: AuditNote, to catalog: borrowing Connection
  ) throws(StoreError) {
    var (sequence, previous) = try base(in: catalog)
    sequence += 1
    try catalog.run("SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1") {
      row throws(StoreError) in
      guard try row.step() else { return }
      guard let newest = row.integer(0), newest < .max, let hash = row.bytes(1) else {
        throw StoreError(.corrupt, subject: catalog.path)
      }
      sequence = newest + 1
      previous = hash
    }
    try catalog.run(
      """
      INSERT INTO audit (sequence, at, actor, action, object, purpose, detail, hash)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
      """
    ) { row throws(StoreError) in
      row.bind(sequence, at: 1)
      row.bind(note.at, at: 2)
      row.bind(note.actor, at: 3)
      row.bind(note.action, at: 4)
      row.bind(note.object, at: 5)
      row.bind(note.purpose, at: 6)
      row.bind(note.detail, at: 7)
      row.bind(hash(note, sequence: sequence, after: previous), at: 8)
      try row.execute()
    }
  }

  /// Calls `body` with the newest lines, oldest first, until it returns false.
  static func forEach(
    newest limit: Int, in catalog: borrowing Connection, _ body: (AuditEntry) -> Bool
  ) throws(StoreError) {
    try catalog.run(
      """
      SELECT sequence, at, actor, action, object, purpose, detail, hash FROM audit
      WHERE sequence > (SELECT coalesce(max(sequence), 0) FROM audit) - ?1 ORDER BY sequence
      """
    ) { row throws(StoreError) in
      row.bind(Int64(max(0, limit)), at: 1)
      while try row.step() {
        guard let sequence = row.integer(0), let at = row.integer(1), let actor = row.text(2),
          let action = row.text(3), let object = row.text(4), let purpose = row.text(5),
          let detail = row.text(6), let hash = row.bytes(7)
        else { throw StoreError(.corrupt, subject: catalog.path) }
        let note = AuditNote(
          at: at, actor: actor, action: action, object: object, purpose: purpose, detail: detail)
        guard body(AuditEntry(sequence: sequence, note: note, hash: hash)) else { return }
      }
    }
  }

  /// What the oldest line follows: the number and the hash of the newest line that was past its time,
  /// or 0 and the start.
  static func base(
    in catalog: borrowing Connection
  ) throws(StoreError) -> (sequence: Int64, hash: [UInt8]) {
    guard let text = try SettingTable.value(of: .auditBase, in: catalog) else {
      return (0, try start(in: catalog))
    }
    let words = text.split(separator: " ")
    guard words.count == 2, let sequence = Int64(words[0]), sequence > 0, sequence < .max,
      let hash = StoreDigest.bytes(hexadecimal: words[1]), hash.count == 32
    else { throw StoreError(.corrupt, subject: catalog.path) }
    return (sequence, hash)
  }

  /// Deletes the oldest lines, up to the first one that is not before a time; called in a
  /// transaction.
  ///
  /// The chain goes on from the newest line that goes, whose hash stays. A line that a checkpoint is
  /// of stays as long as the checkpoint is younger than the time: else its being gone could not be
  /// told from somebody's having deleted it.
  ///
  /// - Returns: How many lines are gone.
  static func prune(
    before time: Int64, keeping signed: Int64?, in catalog: borrowing Connection
  ) throws(StoreError) -> Int {
    let oldest = try catalog.run("SELECT min (sequence) FROM audit WHERE at >= ?1") {
      row throws(StoreError) in
      row.bind(time, at: 1)
      return try row.step() ? row.integer(0) : nil
    }
    // The newest line stays in any case: it is what the log goes on from.
    guard let newest = try catalog.number("SELECT max (sequence) FROM audit") else { return 0 }
    let last = min(oldest ?? newest, newest, signed ?? newest) - 1
    guard
      let hash = try catalog.run(
        "SELECT hash FROM audit WHERE sequence = ?1",
        {
          row throws(StoreError) in
          row.bind(last, at: 1)
          return try row.step() ? row.bytes(0) : nil
        })
    else { return 0 }
    try SettingTable.write(
      [.auditBase: "\(last) \(StoreDigest.hexadecimal(hash))"], to: catalog)
    try catalog.execute("DROP TRIGGER audit_is_never_deleted")
    try catalog.run("DELETE FROM audit WHERE sequence <= ?1") { row throws(StoreError) in
      row.bind(last, at: 1)
      try row.execute()
    }
    let deleted = catalog.changes
    try catalog.execute(Schema.auditDeletionTrigger)
    return deleted
  }

  /// What the first line follows: a digest of the store's own id, so that no line can be moved from
  /// one store to another.
  static func start(in catalog: borrowing Connection) throws(StoreError) -> [UInt8] {
    var bytes: [UInt8] = Array("checkin/audit/v1\0".utf8)
    StoreDigest.append(try SettingTable.value(of: .storeID, in: catalog) ?? "", to: &bytes)
    return StoreDigest.digest(of: bytes)
  }

  static func hash(_ note: AuditNote, sequence: Int64, after previous: [UInt8]) -> [UInt8] {
    var bytes = previous
    StoreDigest.append(UInt64(bitPattern: sequence), to: &bytes)
    StoreDigest.append(UInt64(bitPattern: note.at), to: &bytes)
    for text in [note.actor, note.action, note.object, note.purpose, note.detail] {
      StoreDigest.append(text, to: &bytes)
    }
    return StoreDigest.digest(of: bytes)
  }
}
