public import StaffAccounts
internal import Synchronization
public import VenueCodes

/// The accounts of a deployment, in `accounts.sqlite` beside the store's catalog.
///
/// Any number of processes may use one at once. What changes an account is for `AccountDesk`, which
/// also writes the audit log.
public final class AccountStore: Sendable {
  private let database: Mutex<Handle>
  /// The file.
  package let path: String

  /// What a `Mutex` can hold of a connection.
  private final class Handle {
    let connection: Connection

    init(_ connection: consuming Connection) { self.connection = connection }
  }

  /// Opens the accounts of a store; the file is made when it is not there.
  ///
  /// - Parameter root: The folder of the store.
  /// - Throws: `noStore`, `schemaTooNew`, `corrupt`, `cannotOpen`, `readOnly`, `busy`.
  public init(at root: String) throws(StoreError) {
    let layout = StoreLayout(root: root)
    guard FileOperation.exists(layout.catalog) else { throw StoreError(.noStore, subject: root) }
    path = layout.accounts
    let connection = try Connection(opening: path, for: .create)
    try connection.execute("PRAGMA journal_mode = WAL")
    try connection.execute("PRAGMA synchronous = FULL")
    try connection.execute("PRAGMA foreign_keys = ON")
    // Digests of old passwords and secrets of old factors are of use to a thief.
    try connection.execute("PRAGMA secure_delete = ON")
    try Schema.accounts.migrate(connection)
    database = Mutex(Handle(connection))
  }

  /// Runs `body` in a transaction that may write.
  func writing<Result: Sendable>(
    _ body: (borrowing Connection) throws(StoreError) -> Result
  ) throws(StoreError) -> Result {
    try withHandle { handle throws(StoreError) in
      try handle.connection.transaction { () throws(StoreError) in try body(handle.connection) }
    }
  }

  /// Runs `body` to read.
  func reading<Result: Sendable>(
    _ body: (borrowing Connection) throws(StoreError) -> Result
  ) throws(StoreError) -> Result {
    try withHandle { handle throws(StoreError) in
      try handle.connection.reading { () throws(StoreError) in try body(handle.connection) }
    }
  }

  private func withHandle<Result: Sendable>(
    _ body: (Handle) throws(StoreError) -> Result
  ) throws(StoreError) -> Result {
    try database.withLock { handle throws(StoreError) in try body(handle) }
  }

  /// Returns the accounts by name.
  public func accounts() throws(StoreError) -> [AccountRecord] {
    try reading { connection throws(StoreError) in
      try AccountTable.records("ORDER BY name", in: connection) { _ in }
    }
  }

  /// Returns an account, or nil when there is none of this name.
  public func account(named name: String) throws(StoreError) -> AccountRecord? {
    guard let name = AccountName.canonical(name) else { return nil }
    return try reading { connection throws(StoreError) in
      try AccountTable.record(named: name, in: connection)
    }
  }

  /// Returns how many sessions an account has that have not expired.
  public func sessionCount(
    of account: AccountRecord, at now: Int64, policy: SignInPolicy
  ) throws(StoreError) -> Int {
    try reading { connection throws(StoreError) in
      let count = try connection.run(
        """
        SELECT count(*) FROM session
        WHERE account = ?1 AND generation = ?2 AND used_at > ?3 AND created_at > ?4
        """
      ) { row throws(StoreError) in
        row.bind(account.number, at: 1)
        row.bind(account.generation, at: 2)
        row.bind(now - policy.idleLife, at: 3)
        row.bind(now - policy.sessionLife, at: 4)
        return try row.step() ? row.integer(0) : nil
      }
      return Int(count ?? 0)
    }
  }

  /// Returns how many recovery codes an account has left.
  public func recoveryCodeCount(of account: AccountRecord) throws(StoreError) -> Int {
    try reading { connection throws(StoreError) in
      let count = try connection.run("SELECT count(*) FROM recovery_code WHERE account = ?1") {
        row throws(StoreError) in
        row.bind(account.number, at: 1)
        return try row.step() ? row.integer(0) : nil
      }
      return Int(count ?? 0)
    }
  }

  // MARK: Divisions of cases

  /// Says which division works on a case; a case that has one keeps it.
  ///
  /// - Parameters:
  ///   - caseID: The case.
  ///   - division: The division's code.
  ///   - account: The account that registers it over HTTP; nil for the command line, which also
  ///     vouches for a case that an account registered with the same content.
  /// - Returns: The division that the case has now.
  /// - Throws: `busy`, `readOnly`.
  @discardableResult
  public func assign(
    _ caseID: String, to division: String, by account: String? = nil
  ) throws(StoreError) -> String {
    try writing { connection throws(StoreError) in
      try connection.run(
        """
        INSERT INTO case_division (case_id, division, registered_by) VALUES (?1, ?2, ?3)
        ON CONFLICT (case_id) DO UPDATE SET registered_by = NULL WHERE ?3 IS NULL
        """
      ) { row throws(StoreError) in
        row.bind(caseID, at: 1)
        row.bind(division, at: 2)
        row.bind(account, at: 3)
        try row.execute()
      }
      return try AccountTable.division(of: caseID, in: connection) ?? division
    }
  }

  /// Returns the division that works on a case, or nil when none was said: then only accounts of all
  /// divisions do.
  public func division(ofCase id: String) throws(StoreError) -> String? {
    try reading { connection throws(StoreError) in
      try AccountTable.division(of: id, in: connection)
    }
  }

  /// Returns the divisions of all cases that have one.
  public func divisionsOfCases() throws(StoreError) -> [String: String] {
    try reading { connection throws(StoreError) in
      try connection.run("SELECT case_id, division FROM case_division") { row throws(StoreError) in
        var divisions: [String: String] = [:]
        while try row.step() {
          if let id = row.text(0), let division = row.text(1) { divisions[id] = division }
        }
        return divisions
      }
    }
  }

  /// Whether more than one person vouches for a case: it was registered by command, or another account
  /// than the one that registered it confirmed it.
  public func isConfirmed(caseID id: String) throws(StoreError) -> Bool {
    try reading { connection throws(StoreError) in
      try AccountTable.isConfirmed(caseID: id, in: connection)
    }
  }

  /// Returns the cases that only the account that registered them vouches for.
  public func unconfirmedCases() throws(StoreError) -> Set<String> {
    try reading { connection throws(StoreError) in
      try connection.run(
        "SELECT case_id FROM case_division WHERE registered_by NOT NULL AND confirmed_by IS NULL"
      ) { row throws(StoreError) in
        var ids: Set<String> = []
        while try row.step() {
          if let id = row.text(0) { ids.insert(id) }
        }
        return ids
      }
    }
  }

  /// Notes that an account confirms a case that another one registered.
  ///
  /// - Parameters:
  ///   - id: The case.
  ///   - account: Who confirms it.
  ///   - note: Writes it down before it holds; what it throws leaves the case unconfirmed.
  /// - Returns: Whether it is confirmed now; false for the account that registered it.
  /// - Throws: `busy`, `readOnly`, and what `note` throws.
  public func confirm(
    caseID id: String, by account: AccountRecord, noting note: () throws(StoreError) -> Void
  ) throws(StoreError) -> Bool {
    try writing { connection throws(StoreError) in
      try connection.run(
        """
        UPDATE case_division SET confirmed_by = ?2
        WHERE case_id = ?1 AND registered_by <> ?2 AND confirmed_by IS NULL
        """
      ) { row throws(StoreError) in
        row.bind(id, at: 1)
        row.bind(account.name, at: 2)
        try row.execute()
      }
      guard connection.changes == 1 else {
        return try AccountTable.isConfirmed(caseID: id, in: connection)
      }
      try note()
      return true
    }
  }

  /// Deletes what is known of cases that are gone.
  package func forgetDivisions(ofCases ids: [String]) throws(StoreError) {
    try writing { connection throws(StoreError) in
      try connection.run("DELETE FROM case_division WHERE case_id = ?1") {
        row throws(StoreError) in
        for id in ids {
          row.bind(id, at: 1)
          try row.execute()
        }
      }
    }
  }

  // MARK: Rows

  /// Counts rows that an account is about to be shown on a day, unless they are too many.
  ///
  /// - Parameters:
  ///   - rows: How many rows the answer has.
  ///   - account: Who asks.
  ///   - day: The local day.
  ///   - most: The most rows of one account and day.
  /// - Returns: Whether they may be shown; nothing is counted when not.
  /// - Throws: `busy`, `diskFull`.
  public func spend(
    rows: Int, of account: AccountRecord, on day: LocalDay, most: Int
  ) throws(StoreError) -> Bool {
    guard rows > 0 else { return true }
    return try writing { connection throws(StoreError) in
      try connection.run("DELETE FROM rows_seen WHERE day < ?1") { row throws(StoreError) in
        row.bind(Int64(day.daysSince2020), at: 1)
        try row.execute()
      }
      try connection.run(
        """
        INSERT INTO rows_seen (account, day, rows) SELECT ?1, ?2, ?3 WHERE ?3 <= ?4
        ON CONFLICT (account, day) DO UPDATE SET rows = rows + ?3 WHERE rows + ?3 <= ?4
        """
      ) { row throws(StoreError) in
        row.bind(account.number, at: 1)
        row.bind(Int64(day.daysSince2020), at: 2)
        row.bind(Int64(rows), at: 3)
        row.bind(Int64(most), at: 4)
        try row.execute()
      }
      return connection.changes == 1
    }
  }
}

/// The accounts in `accounts.sqlite`.
enum AccountTable {
  static func record(
    named name: String, in connection: borrowing Connection
  ) throws(StoreError) -> AccountRecord? {
    try records("WHERE name = ?1", in: connection) { row in row.bind(name, at: 1) }.first
  }

  static func record(
    _ number: Int64, in connection: borrowing Connection
  ) throws(StoreError) -> AccountRecord? {
    try records("WHERE number = ?1", in: connection) { row in row.bind(number, at: 1) }.first
  }

  static func records(
    _ clause: String, in connection: borrowing Connection, bind: (borrowing Statement) -> Void
  ) throws(StoreError) -> [AccountRecord] {
    try connection.run(
      "SELECT number, name, role, scope, created_at, disabled_at, generation FROM account \(clause)"
    ) { row throws(StoreError) in
      bind(row)
      var records: [AccountRecord] = []
      while try row.step() {
        guard let number = row.integer(0), let name = row.text(1),
          let role = row.text(2).flatMap(StaffRole.init(rawValue:)),
          let scope = row.text(3).flatMap(StaffScope.init(text:)), let createdAt = row.integer(4),
          let generation = row.integer(6)
        else { throw StoreError(.corrupt, subject: connection.path) }
        records.append(
          AccountRecord(
            number: number, name: name, role: role, scope: scope, createdAt: createdAt,
            disabledAt: row.integer(5), generation: generation))
      }
      return records
    }
  }

  static func division(
    of caseID: String, in connection: borrowing Connection
  ) throws(StoreError) -> String? {
    try connection.run("SELECT division FROM case_division WHERE case_id = ?1") {
      row throws(StoreError) in
      row.bind(caseID, at: 1)
      return try row.step() ? row.text(0) : nil
    }
  }

  static func isConfirmed(
    caseID: String, in connection: borrowing Connection
  ) throws(StoreError) -> Bool {
    try connection.run(
      """
      SELECT 1 FROM case_division
      WHERE case_id = ?1 AND registered_by NOT NULL AND confirmed_by IS NULL
      """
    ) { row throws(StoreError) in
      row.bind(caseID, at: 1)
      return try !row.step()
    }
  }

  /// What an account signs in with.
  struct Credentials: Sendable {
    let password: PasswordHash
    let factor: [UInt8]
    let digest: OneTimePassword.Digest
    let lastStep: Int64
  }

  static func credentials(
    of number: Int64, in connection: borrowing Connection
  ) throws(StoreError) -> Credentials? {
    try connection.run(
      """
      SELECT operations, memory_kib, salt, digest, factor, factor_digest, last_step
      FROM account WHERE number = ?1
      """
    ) { row throws(StoreError) in
      row.bind(number, at: 1)
      guard try row.step() else { return nil }
      guard let operations = row.integer(0).flatMap(UInt32.init(exactly:)),
        let memory = row.integer(1).flatMap(UInt32.init(exactly:)),
        let cost = PassphraseCost(operations: operations, memoryKiB: memory),
        let salt = row.bytes(2), let digest = row.bytes(3),
        let password = PasswordHash(cost: cost, salt: salt, digest: digest),
        let factor = row.bytes(4),
        let hash = row.text(5).flatMap(OneTimePassword.Digest.init(rawValue:)),
        let lastStep = row.integer(6)
      else { throw StoreError(.corrupt, subject: connection.path) }
      return Credentials(password: password, factor: factor, digest: hash, lastStep: lastStep)
    }
  }

  static func insert(
    name: String, role: StaffRole, scope: StaffScope, password: PasswordHash,
    digest: OneTimePassword.Digest, at now: Int64, to connection: borrowing Connection
  ) throws(StoreError) -> Int64 {
    try connection.run(
      """
      INSERT INTO account (
        name, role, scope, created_at, operations, memory_kib, salt, digest, factor, factor_digest,
        last_step, generation
      ) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, x'', ?9, -1, 0)
      """
    ) { row throws(StoreError) in
      row.bind(name, at: 1)
      row.bind(role.rawValue, at: 2)
      row.bind(scope.text, at: 3)
      row.bind(now, at: 4)
      row.bind(Int64(password.cost.operations), at: 5)
      row.bind(Int64(password.cost.memoryKiB), at: 6)
      row.bind(password.salt, at: 7)
      row.bind(password.digest, at: 8)
      row.bind(digest.rawValue, at: 9)
      try row.execute()
    }
    return connection.lastInsertedRow
  }

  static func setPassword(
    _ password: PasswordHash, of number: Int64, endsSessions: Bool,
    in connection: borrowing Connection
  ) throws(StoreError) {
    try connection.run(
      """
      UPDATE account SET operations = ?2, memory_kib = ?3, salt = ?4, digest = ?5,
        generation = generation + ?6
      WHERE number = ?1
      """
    ) { row throws(StoreError) in
      row.bind(number, at: 1)
      row.bind(Int64(password.cost.operations), at: 2)
      row.bind(Int64(password.cost.memoryKiB), at: 3)
      row.bind(password.salt, at: 4)
      row.bind(password.digest, at: 5)
      row.bind(endsSessions ? 1 : 0 as Int64, at: 6)
      try row.execute()
    }
  }

  static func setFactor(
    _ sealed: [UInt8], recovery: [[UInt8]], of number: Int64, in connection: borrowing Connection
  ) throws(StoreError) {
    try connection.run(
      """
      UPDATE account SET factor = ?2, last_step = -1, generation = generation + 1 WHERE number = ?1
      """
    ) { row throws(StoreError) in
      row.bind(number, at: 1)
      row.bind(sealed, at: 2)
      try row.execute()
    }
    try connection.run("DELETE FROM recovery_code WHERE account = ?1") { row throws(StoreError) in
      row.bind(number, at: 1)
      try row.execute()
    }
    try connection.run("INSERT INTO recovery_code (account, digest) VALUES (?1, ?2)") {
      row throws(StoreError) in
      for digest in recovery {
        row.bind(number, at: 1)
        row.bind(digest, at: 2)
        try row.execute()
      }
    }
  }

  /// Deletes what an account is signed in with now.
  static func endSessions(
    of number: Int64, in connection: borrowing Connection
  ) throws(StoreError) {
    for table in ["session", "sign_in", "familiar_address"] {
      try connection.run("DELETE FROM \(table) WHERE account = ?1") { row throws(StoreError) in
        row.bind(number, at: 1)
        try row.execute()
      }
    }
  }
}
