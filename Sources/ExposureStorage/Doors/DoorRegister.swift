/// A door that a centre enrolled, or is about to.
public struct DoorRecord: Hashable, Sendable {
  /// The number by which it signs.
  public let number: Int64
  /// The name that people gave it; no other door ever gets it.
  public let name: String
  /// Its venues, as `DoorScope.text` of the protocol writes them.
  public let scope: String
  /// Whether it may check passes, and so has the secret that makes them.
  public let mayCheckPasses: Bool
  /// When it was announced, in Unix seconds.
  public let createdAt: Int64
  /// Until when its one-time code can be used, in Unix seconds.
  public let codeExpiresAt: Int64
  /// Its Ed25519 key, 32 bytes; nil until it joined.
  public let key: [UInt8]?
  /// Its X25519 key, 32 bytes; nil until it joined.
  public let boxKey: [UInt8]?
  /// When it joined, in Unix seconds; nil until then.
  public let enrolledAt: Int64?
  /// When it was revoked, in Unix seconds; nil while it is in use.
  public let revokedAt: Int64?
  /// Why it was revoked.
  public let revokeReason: String?
  /// When it last spoke, in Unix seconds.
  public let lastContactAt: Int64?
  /// How far its clock was ahead of the centre's then, in milliseconds.
  public let clockOffsetMilliseconds: Int64?
  /// How many of its rows the centre stored.
  public let storedRows: Int64
  /// How many of its rows the centre refused.
  public let refusedRows: Int64
  /// The version of the bundle that it fetched last.
  public let bundleVersion: String?
}

/// Why a door is not enrolled.
public enum DoorRegisterError: Error, Hashable, Sendable {
  /// A door of this name is or was there: names are never used again.
  case nameTaken(String)
  /// There is no door of this name.
  case unknownDoor(String)
  /// No door waits for this code.
  case unknownCode
  /// The code is past its time.
  case expiredCode
  /// The code was used by another door.
  case usedCode
  /// Too many wrong codes came; so many seconds are to be waited.
  case tooManyAttempts(retryAfter: Int64)
  /// The file failed.
  case store(StoreError)

  /// The stable word for this failure.
  public var code: String {
    switch self {
    case .nameTaken: "door-name-taken"
    case .unknownDoor: "door-unknown"
    case .unknownCode: "door-code-unknown"
    case .expiredCode: "door-code-expired"
    case .usedCode: "door-code-used"
    case .tooManyAttempts: "door-too-many-attempts"
    case .store(let error): error.code.rawValue
    }
  }
}

extension DoorRegisterError: CustomStringConvertible {
  /// A sentence for a person.
  public var description: String {
    switch self {
    case .nameTaken(let name):
      "there is or was a door \(name): a name is never given twice, so take another"
    case .unknownDoor(let name): "there is no door \(name): see `checkin door list`"
    case .unknownCode: "no door waits for this code: type it again, or have a new one made"
    case .expiredCode: "the code is past its time: have a new one made with `checkin door enrol`"
    case .usedCode:
      "the code was used by another door: have a new one made, and find out who used it"
    case .tooManyAttempts(let seconds): "too many wrong codes came: wait \(seconds) seconds"
    case .store(let error): error.description
    }
  }
}

/// The doors of a centre, in `doors.sqlite` beside the catalog.
///
///     let register = try DoorRegister.open(inStore: "store")
///     try register.announce("market", scope: "division:303", …)
///     let door = try register.redeem(codeHash: hash, key: key, boxKey: box, at: now)
///
/// Who holds the codes gets them from `announce`; only their hashes are here.
public final class DoorRegister: Sendable {
  /// So many wrong codes an hour are looked at; with 80 bits in a code that finds none in an age.
  public static let mostAttempts: Int = 20
  private static let attemptWindowSeconds: Int64 = 3_600

  private let connection: HeldConnection

  static let schema = Schema(
    applicationID: 0x636b_6972,
    steps: [
      """
      CREATE TABLE door (
        number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, scope TEXT NOT NULL,
        passes INTEGER NOT NULL, created_at INTEGER NOT NULL,
        code_hash BLOB NOT NULL UNIQUE CHECK (length(code_hash) = 32),
        code_expires_at INTEGER NOT NULL,
        key BLOB UNIQUE, box_key BLOB, enrolled_at INTEGER, revoked_at INTEGER,
        revoke_reason TEXT, last_contact_at INTEGER, clock_offset INTEGER,
        stored_rows INTEGER NOT NULL DEFAULT 0, refused_rows INTEGER NOT NULL DEFAULT 0,
        bundle_version TEXT
      ) STRICT;

      CREATE TABLE attempt (at INTEGER NOT NULL) STRICT;
      """,
      """
      CREATE TABLE setting (name TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL)
        STRICT, WITHOUT ROWID;
      """,
    ])

  /// Forgets the epoch of a file that was restored: what doors were told is there may be gone.
  static func forgetEpoch(_ connection: borrowing Connection) throws(StoreError) {
    try schema.migrate(connection)
    try connection.execute("DELETE FROM setting WHERE name = 'epoch'")
  }

  private init(at path: String) throws(StoreError) {
    connection = try HeldConnection(
      opening: path, schema: DoorRegister.schema, synchronous: "FULL")
  }

  /// Opens the doors of a store; the file is made when it is not there.
  ///
  /// - Throws: `cannotOpen`, `corrupt`, `schemaTooNew`, `diskFull`.
  public static func open(inStore store: String) throws(StoreError) -> DoorRegister {
    let layout = StoreLayout(root: store)
    guard FileOperation.exists(layout.catalog) else { throw StoreError(.noStore, subject: store) }
    return try DoorRegister(at: layout.doors)
  }

  /// Whether a store has ever announced a door.
  public static func exists(inStore store: String) -> Bool {
    FileOperation.exists(StoreLayout(root: store).doors)
  }

  /// Returns what names the centre's store as it is since it was made or restored; made when it is asked
  /// for the first time.
  ///
  /// A door that hears another epoch sends everything again: a backup has not what came after it.
  ///
  /// - Throws: What the disk reports.
  public func epoch() throws(StoreError) -> String {
    try connection.transaction { connection throws(StoreError) in
      let known = try connection.run("SELECT value FROM setting WHERE name = 'epoch'") {
        row throws(StoreError) in try row.step() ? row.text(0) : nil
      }
      if let known { return known }
      let made = StoreDigest.hexadecimal([UInt64.random(in: 0...UInt64.max)])
      try connection.run("INSERT INTO setting (name, value) VALUES ('epoch', ?1)") {
        row throws(StoreError) in
        row.bind(made, at: 1)
        try row.execute()
      }
      return made
    }
  }

  // MARK: Announcing and joining

  /// Announces a door, which may join with the code from now on.
  ///
  /// - Parameters:
  ///   - name: A name that no door ever had.
  ///   - scope: Its venues.
  ///   - mayCheckPasses: Whether it will be given the secret of passes.
  ///   - codeHash: The hash of the code.
  ///   - expiresAt: Until when the code is good, in Unix seconds.
  ///   - now: The present, in Unix seconds.
  /// - Returns: The door.
  /// - Throws: `nameTaken`, `store`.
  public func announce(
    _ name: String, scope: String, mayCheckPasses: Bool, codeHash: [UInt8], expiresAt: Int64,
    at now: Int64
  ) throws(DoorRegisterError) -> DoorRecord {
    let record: DoorRecord? = try transaction { connection throws(StoreError) in
      guard try Self.door(where: "name = ?1", name, in: connection) == nil else { return nil }
      try connection.run(
        """
        INSERT INTO door (name, scope, passes, created_at, code_hash, code_expires_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        """
      ) { row throws(StoreError) in
        row.bind(name, at: 1)
        row.bind(scope, at: 2)
        row.bind(mayCheckPasses ? 1 : 0, at: 3)
        row.bind(now, at: 4)
        row.bind(codeHash, at: 5)
        row.bind(expiresAt, at: 6)
        try row.execute()
      }
      return try Self.door(where: "name = ?1", name, in: connection)
    }
    guard let record else { throw .nameTaken(name) }
    return record
  }

  /// Enrols the door that a code was made for.
  ///
  /// The same door with the same key may ask again, for an answer may get lost; anybody else finds the
  /// code used. Wrong codes are counted, and beyond `mostAttempts` an hour none is looked at.
  ///
  /// - Throws: `unknownCode`, `expiredCode`, `usedCode`, `tooManyAttempts`, `store`.
  public func redeem(
    codeHash: [UInt8], key: [UInt8], boxKey: [UInt8], at now: Int64
  ) throws(DoorRegisterError) -> DoorRecord {
    let result: Result<DoorRecord, DoorRegisterError> = try transaction {
      connection throws(StoreError) in
      try connection.run("DELETE FROM attempt WHERE at <= ?1 OR at > ?2") {
        row throws(StoreError) in
        row.bind(now - Self.attemptWindowSeconds, at: 1)
        // A clock that was set back must not lock the door for good.
        row.bind(now + Self.attemptWindowSeconds, at: 2)
        try row.execute()
      }
      let failures = try connection.number("SELECT count(*) FROM attempt") ?? 0
      let oldest = try connection.number("SELECT min (at) FROM attempt") ?? now
      guard failures < Self.mostAttempts else {
        return .failure(
          .tooManyAttempts(retryAfter: max(1, oldest + Self.attemptWindowSeconds - now)))
      }
      guard let door = try Self.door(withCode: codeHash, in: connection) else {
        return try Self.failed(.unknownCode, at: now, in: connection)
      }
      if let known = door.key {
        return known == key && door.revokedAt == nil
          ? .success(door) : try Self.failed(.usedCode, at: now, in: connection)
      }
      guard now < door.codeExpiresAt, door.revokedAt == nil else {
        return try Self.failed(.expiredCode, at: now, in: connection)
      }
      try connection.run(
        "UPDATE door SET key = ?1, box_key = ?2, enrolled_at = ?3 WHERE number = ?4"
      ) { row throws(StoreError) in
        row.bind(key, at: 1)
        row.bind(boxKey, at: 2)
        row.bind(now, at: 3)
        row.bind(door.number, at: 4)
        try row.execute()
      }
      guard let enrolled = try Self.door(withCode: codeHash, in: connection) else {
        throw StoreError(.corrupt, subject: connection.path)
      }
      return .success(enrolled)
    }
    return try result.get()
  }

  private static func failed(
    _ error: DoorRegisterError, at now: Int64, in connection: borrowing Connection
  ) throws(StoreError) -> Result<DoorRecord, DoorRegisterError> {
    try connection.run("INSERT INTO attempt (at) VALUES (?1)") { row throws(StoreError) in
      row.bind(now, at: 1)
      try row.execute()
    }
    return .failure(error)
  }

  /// Takes a door out of use, for good.
  ///
  /// - Returns: The door as it is now; one that was revoked before keeps the earlier time.
  /// - Throws: `unknownDoor`, `store`.
  public func revoke(
    _ name: String, reason: String, at now: Int64
  ) throws(DoorRegisterError) -> DoorRecord {
    let record: DoorRecord? = try transaction { connection throws(StoreError) in
      try connection.run(
        "UPDATE door SET revoked_at = ?1, revoke_reason = ?2 WHERE name = ?3 AND revoked_at IS NULL"
      ) { row throws(StoreError) in
        row.bind(now, at: 1)
        row.bind(reason, at: 2)
        row.bind(name, at: 3)
        try row.execute()
      }
      return try Self.door(where: "name = ?1", name, in: connection)
    }
    guard let record else { throw .unknownDoor(name) }
    return record
  }

  // MARK: Looking up

  /// Returns all doors in the order in which they were announced.
  public func doors() throws(StoreError) -> [DoorRecord] {
    try connection.withLock { connection throws(StoreError) in
      var doors: [DoorRecord] = []
      try connection.run("\(Self.columns) ORDER BY number") { row throws(StoreError) in
        while try row.step() { doors.append(try Self.record(row, connection.path)) }
      }
      return doors
    }
  }

  /// Returns the door of a name, or nil.
  public func door(named name: String) throws(StoreError) -> DoorRecord? {
    try connection.withLock { connection throws(StoreError) in
      return try Self.door(where: "name = ?1", name, in: connection)
    }
  }

  /// Returns the door of a number, or nil.
  public func door(numbered number: Int64) throws(StoreError) -> DoorRecord? {
    try connection.withLock { connection throws(StoreError) in
      return try connection.run("\(Self.columns) WHERE number = ?1") { row throws(StoreError) in
        row.bind(number, at: 1)
        return try row.step() ? try Self.record(row, connection.path) : nil
      }
    }
  }

  /// Notes what a door did; what is noted may be lost with the power, and is for people to look at.
  ///
  /// - Parameters:
  ///   - number: The door.
  ///   - now: When it spoke, in Unix seconds.
  ///   - offset: How far its clock was ahead, in milliseconds.
  ///   - stored: How many rows were stored since the last note.
  ///   - refused: How many rows were refused since the last note.
  ///   - version: The version of the bundle that it fetched; nil when it fetched none.
  /// - Throws: What the disk reports.
  public func noteContact(
    of number: Int64, at now: Int64, clockOffset offset: Int64, stored: Int = 0, refused: Int = 0,
    bundleVersion version: String? = nil
  ) throws(StoreError) {
    try connection.withLock { connection throws(StoreError) in
      try connection.run(
        """
        UPDATE door SET last_contact_at = ?1, clock_offset = ?2, stored_rows = stored_rows + ?3,
          refused_rows = refused_rows + ?4, bundle_version = coalesce (?5, bundle_version)
        WHERE number = ?6
        """
      ) { row throws(StoreError) in
        row.bind(now, at: 1)
        row.bind(offset, at: 2)
        row.bind(Int64(stored), at: 3)
        row.bind(Int64(refused), at: 4)
        row.bind(version, at: 5)
        row.bind(number, at: 6)
        try row.execute()
      }
    }
  }

  // MARK: Rows

  private static let columns = """
    SELECT number, name, scope, passes, created_at, code_expires_at, key, box_key, enrolled_at,
      revoked_at, revoke_reason, last_contact_at, clock_offset, stored_rows, refused_rows,
      bundle_version FROM door
    """

  private static func record(
    _ row: borrowing Statement, _ path: String
  ) throws(StoreError) -> DoorRecord {
    guard let number = row.integer(0), let name = row.text(1), let scope = row.text(2),
      let passes = row.integer(3), let created = row.integer(4), let expires = row.integer(5),
      let stored = row.integer(13), let refused = row.integer(14)
    else { throw StoreError(.corrupt, subject: path) }
    return DoorRecord(
      number: number, name: name, scope: scope, mayCheckPasses: passes != 0, createdAt: created,
      codeExpiresAt: expires, key: row.bytes(6), boxKey: row.bytes(7), enrolledAt: row.integer(8),
      revokedAt: row.integer(9), revokeReason: row.text(10), lastContactAt: row.integer(11),
      clockOffsetMilliseconds: row.integer(12), storedRows: stored, refusedRows: refused,
      bundleVersion: row.text(15))
  }

  private static func door(
    where condition: String, _ value: String, in connection: borrowing Connection
  ) throws(StoreError) -> DoorRecord? {
    let path = connection.path
    return try connection.run("\(columns) WHERE \(condition)") { row throws(StoreError) in
      row.bind(value, at: 1)
      return try row.step() ? try record(row, path) : nil
    }
  }

  private static func door(
    withCode hash: [UInt8], in connection: borrowing Connection
  ) throws(StoreError) -> DoorRecord? {
    let path = connection.path
    return try connection.run("\(columns) WHERE code_hash = ?1") { row throws(StoreError) in
      row.bind(hash, at: 1)
      return try row.step() ? try record(row, path) : nil
    }
  }

  private func transaction<Value: Sendable>(
    _ body: (borrowing Connection) throws(StoreError) -> Value
  ) throws(DoorRegisterError) -> Value {
    do {
      return try connection.transaction(body)
    } catch {
      throw .store(error)
    }
  }
}
