/// The tables of one kind of file, as the steps that lead from nothing to the newest version.
///
/// A file says in `PRAGMA user_version` how many steps it has had. Opening a file takes the steps
/// that are missing, each in a transaction; a file with more steps than are known was made by a
/// newer program and is refused, because what it means is unknown. A step that was released is
/// never edited.
package struct Schema: Sendable {
  /// What `PRAGMA application_id` says in files of this kind.
  package let applicationID: Int64
  /// What each step does; step *n* leads from version *n* to *n* + 1.
  package let steps: [Step]

  /// What leads from one version to the next; it runs in a transaction.
  package enum Step: Sendable {
    /// Statements that take no values.
    case statements(String)
    /// What statements alone cannot do.
    case code(@Sendable (borrowing Connection) throws(StoreError) -> Void)
  }

  /// Makes the schema of a kind of file.
  package init(applicationID: Int64, steps: [Step]) {
    self.applicationID = applicationID
    self.steps = steps
  }

  /// Brings a file to the newest version.
  ///
  /// - Returns: Whether it was of an older version, and not new.
  /// - Throws: `schemaTooNew`, `corrupt` for a file of another kind, and what SQLite reports.
  @discardableResult
  package func migrate(_ connection: borrowing Connection) throws(StoreError) -> Bool {
    guard try version(of: connection) < steps.count else { return false }
    return try connection.transaction { () throws(StoreError) in
      // Another process may have taken the steps while this one waited for the lock.
      let version = try version(of: connection)
      for step in steps[version...] {
        switch step {
        case .statements(let statements): try connection.execute(statements)
        case .code(let run): try run(connection)
        }
      }
      try connection.execute("PRAGMA application_id = \(applicationID)")
      try connection.execute("PRAGMA user_version = \(steps.count)")
      return version > 0 && version < steps.count
    }
  }

  /// Returns how many steps a file has had; 0 for an empty one.
  ///
  /// - Throws: `schemaTooNew`, `corrupt` for a file of another kind, and what SQLite reports.
  package func version(of connection: borrowing Connection) throws(StoreError) -> Int {
    let version = Int(try connection.number("PRAGMA user_version") ?? 0)
    let kind = try connection.number("PRAGMA application_id") ?? 0
    if version == 0 {
      guard kind == 0, try connection.number("SELECT count(*) FROM sqlite_schema") == 0 else {
        throw StoreError(.corrupt, subject: connection.path)
      }
      return 0
    }
    guard kind == applicationID, version > 0 else {
      throw StoreError(.corrupt, subject: connection.path)
    }
    guard version <= steps.count else {
      throw StoreError(.schemaTooNew, subject: connection.path)
    }
    return version
  }
}

extension Schema.Step: ExpressibleByStringLiteral {
  /// Makes a step of statements.
  package init(stringLiteral statements: String) { self = .statements(statements) }
}

extension Schema {
  /// What keeps lines of the audit log from being deleted, as the catalog's first step makes it:
  /// retention puts it back.
  static let auditDeletionTrigger = """
    CREATE TRIGGER audit_is_never_deleted BEFORE DELETE ON audit BEGIN
      SELECT RAISE (ABORT, 'the audit log is append-only');
    END;
    """

  /// `checkin.sqlite`: all but the evidence itself.
  ///
  /// The number of a person is taken from `number_series`, one step for a whole batch, and never
  /// from what is in the table: a number whose person was deleted must not come to mean another.
  package static let catalog = Schema(
    applicationID: 0x636b_6963,
    steps: [
      """
      CREATE TABLE setting (
        name TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE zone_span (
        start INTEGER PRIMARY KEY, utc_offset INTEGER NOT NULL
      ) STRICT;

      CREATE TABLE subject (
        number INTEGER PRIMARY KEY,
        pseudonym BLOB NOT NULL UNIQUE CHECK (length(pseudonym) = 16)
      ) STRICT;

      CREATE TABLE number_series (
        name TEXT PRIMARY KEY NOT NULL, last INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      INSERT INTO number_series (name, last) VALUES ('subject', 0);

      CREATE TABLE gateway (
        number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE
      ) STRICT;

      CREATE TABLE conflict (
        id BLOB NOT NULL CHECK (length(id) = 16),
        digest BLOB NOT NULL CHECK (length(digest) = 32),
        day INTEGER NOT NULL, kind INTEGER NOT NULL, subject BLOB NOT NULL, venue INTEGER,
        zone INTEGER NOT NULL, peer BLOB, start INTEGER NOT NULL, finish INTEGER,
        attenuation INTEGER, grade INTEGER NOT NULL, status INTEGER NOT NULL,
        gateway TEXT NOT NULL, received_at INTEGER NOT NULL, stay INTEGER,
        PRIMARY KEY (id, digest)
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE confirmed_case (
        id TEXT PRIMARY KEY NOT NULL,
        subject INTEGER NOT NULL REFERENCES subject (number),
        onset INTEGER, specimen INTEGER, isolation INTEGER, window_from INTEGER,
        window_to INTEGER, rule TEXT, created_at INTEGER NOT NULL, closed_at INTEGER
      ) STRICT;

      CREATE TABLE print (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        venue INTEGER NOT NULL, zone INTEGER NOT NULL, serial INTEGER NOT NULL,
        kind INTEGER NOT NULL, key INTEGER NOT NULL, first_day INTEGER NOT NULL,
        weeks INTEGER NOT NULL, last_day INTEGER NOT NULL, reserved_at INTEGER NOT NULL,
        printed_at INTEGER, revoked_at INTEGER, revoke_reason TEXT,
        UNIQUE (venue, zone, serial, first_day)
      ) STRICT;

      CREATE TABLE audit (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        at INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, object TEXT NOT NULL,
        purpose TEXT NOT NULL, detail TEXT NOT NULL,
        hash BLOB NOT NULL CHECK (length(hash) = 32)
      ) STRICT;

      CREATE TRIGGER audit_is_never_edited BEFORE UPDATE ON audit BEGIN
        SELECT RAISE (ABORT, 'the audit log is append-only');
      END;

      CREATE TRIGGER audit_is_never_deleted BEFORE DELETE ON audit BEGIN
        SELECT RAISE (ABORT, 'the audit log is append-only');
      END;
      """,
      // Prints of before may be posters or not: the report takes them for posters.
      """
      ALTER TABLE print ADD COLUMN sheet TEXT;
      UPDATE print SET sheet = 'unknown';
      """,
      """
      CREATE TABLE alias (
        credential BLOB NOT NULL CHECK (length(credential) = 16),
        valid_from INTEGER NOT NULL, valid_to INTEGER NOT NULL,
        person INTEGER NOT NULL REFERENCES subject (number),
        PRIMARY KEY (credential, valid_from, valid_to, person)
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE alias_day (
        day INTEGER PRIMARY KEY, generation INTEGER NOT NULL
      ) STRICT;

      INSERT INTO number_series (name, last) VALUES ('alias', 0);
      """,
      // Whose identifiers, and not only whose an identifier.
      "CREATE INDEX alias_of_person ON alias (person);",
      // Codes for a case's phone, and the check-ins that came with one.
      """
      CREATE TABLE upload_code (
        hash BLOB PRIMARY KEY CHECK (length(hash) = 32),
        case_id TEXT NOT NULL, made_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
        used_at INTEGER
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE linked_check_in (
        check_in INTEGER PRIMARY KEY REFERENCES subject (number),
        person INTEGER NOT NULL REFERENCES subject (number),
        case_id TEXT NOT NULL, linked_at INTEGER NOT NULL
      ) STRICT;
      """,
    ])

  /// `days/YYYY-MM-DD.sqlite`: the evidence that begins on one local day, in order of arrival.
  ///
  /// Rows come in frames (see `EvidenceFrame`) of consecutive numbers, the first of which names the
  /// frame. There is no secondary index: it would cost more than the row at each append, and the
  /// readers read whole days. Ids are unique by the table of ids.
  ///
  /// Version 1 had a row of the table for each row of evidence.
  package static let day = Schema(
    applicationID: 0x636b_6964,
    steps: [
      """
      CREATE TABLE evidence (
        row INTEGER PRIMARY KEY,
        id BLOB NOT NULL, kind INTEGER NOT NULL, subject INTEGER NOT NULL, venue INTEGER,
        zone INTEGER NOT NULL, peer INTEGER, start INTEGER NOT NULL, finish INTEGER,
        attenuation INTEGER, grade INTEGER NOT NULL, status INTEGER NOT NULL,
        gateway INTEGER NOT NULL, received_at INTEGER NOT NULL, stay INTEGER
      ) STRICT;

      CREATE TABLE origin (identity INTEGER NOT NULL) STRICT;
      INSERT INTO origin (identity) VALUES (random());
      """,
      .code { connection throws(StoreError) in try DayMigration.packRows(in: connection) },
    ])
}
