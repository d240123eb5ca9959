extension Schema {
  /// `accounts.sqlite`: who may ask, and what they are known by.
  ///
  /// No password, session or recovery code is in it, only digests; the secrets of second factors are
  /// sealed under a key of the vault. Addresses and names that somebody tried are digests too.
  package static let accounts = Schema(
    applicationID: 0x636b_6961,
    steps: [
      """
      CREATE TABLE account (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL UNIQUE, role TEXT NOT NULL, scope TEXT NOT NULL,
        created_at INTEGER NOT NULL, disabled_at INTEGER,
        operations INTEGER NOT NULL, memory_kib INTEGER NOT NULL,
        salt BLOB NOT NULL, digest BLOB NOT NULL,
        factor BLOB NOT NULL, factor_digest TEXT NOT NULL, last_step INTEGER NOT NULL,
        generation INTEGER NOT NULL
      ) STRICT;

      CREATE TABLE recovery_code (
        account INTEGER NOT NULL REFERENCES account (number), digest BLOB NOT NULL,
        PRIMARY KEY (account, digest)
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE sign_in (
        digest BLOB PRIMARY KEY NOT NULL,
        account INTEGER NOT NULL REFERENCES account (number), generation INTEGER NOT NULL,
        expires_at INTEGER NOT NULL, failures INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE session (
        digest BLOB PRIMARY KEY NOT NULL,
        account INTEGER NOT NULL REFERENCES account (number), generation INTEGER NOT NULL,
        created_at INTEGER NOT NULL, used_at INTEGER NOT NULL, factor TEXT NOT NULL
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE attempt (
        key BLOB PRIMARY KEY NOT NULL, failures INTEGER NOT NULL, last_at INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE familiar_address (
        account INTEGER NOT NULL REFERENCES account (number), address BLOB NOT NULL,
        last_at INTEGER NOT NULL, PRIMARY KEY (account, address)
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE case_division (
        case_id TEXT PRIMARY KEY NOT NULL, division TEXT NOT NULL
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE export_request (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        question TEXT NOT NULL, purpose TEXT NOT NULL,
        requested_by TEXT NOT NULL, requested_at INTEGER NOT NULL, scope TEXT NOT NULL,
        approved_by TEXT, approved_at INTEGER, refused_by TEXT, refused_at INTEGER,
        taken_at INTEGER
      ) STRICT;
      """,
      """
      ALTER TABLE case_division ADD COLUMN registered_by TEXT;
      ALTER TABLE case_division ADD COLUMN confirmed_by TEXT;

      CREATE TABLE rows_seen (
        account INTEGER NOT NULL REFERENCES account (number), day INTEGER NOT NULL,
        rows INTEGER NOT NULL, PRIMARY KEY (account, day)
      ) STRICT, WITHOUT ROWID;
      """,
    ])
}
