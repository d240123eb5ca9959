internal import CSQLite

/// One SQLite connection, closed when it goes out of scope.
///
/// It keeps the statements it has prepared. It is not `Sendable`: whoever owns it decides how it is
/// shared (the store keeps its own behind a `Mutex`).
package struct Connection: ~Copyable {
  /// How a file is opened.
  package enum Access: Sendable {
    /// For reading only; the file has to be there.
    case read
    /// For reading and writing; the file has to be there.
    case write
    /// For reading and writing; the file is made when it is not there, usable by its owner only.
    case create
  }

  /// The file's path.
  package let path: String
  private let raw: OpaquePointer
  private let cache: StatementCache

  /// Opens a file.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - access: What may be done with it.
  ///   - busyMilliseconds: How long to wait for another process.
  /// - Throws: `cannotOpen`, `outOfMemory`, `readOnly`.
  package init(
    opening path: String, for access: Access, busyMilliseconds: Int32 = 10_000
  ) throws(StoreError) {
    // The owner never uses one connection from two threads at once, so SQLite need not lock.
    let flags =
      switch access {
      case .read: SQLITE_OPEN_READONLY
      case .write: SQLITE_OPEN_READWRITE
      case .create: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
      }
    _ = Connection.librarySetting
    // SQLite gives a new file to everyone the umask lets in, and its log the rights of the file.
    if access == .create { FileOperation.makePrivateFile(path) }
    var opened: OpaquePointer?
    let result = sqlite3_open_v2(path, &opened, flags | SQLITE_OPEN_NOMUTEX, nil)
    guard result == SQLITE_OK, let opened else {
      let extended = opened.map { sqlite3_extended_errcode($0) } ?? result
      sqlite3_close(opened)
      throw StoreError(sqlite: extended, path: path, statement: nil)
    }
    sqlite3_extended_result_codes(opened, 1)
    sqlite3_busy_timeout(opened, busyMilliseconds)
    self.path = path
    self.raw = opened
    self.cache = StatementCache()
  }

  deinit {
    for prepared in cache.statements.values {
      sqlite3_finalize(prepared.raw)
      prepared.halves.deallocate()
    }
    sqlite3_close(raw)
  }

  /// Set once for the process, before the first file is opened.
  ///
  /// Nobody asks SQLite how much memory
  /// it uses; that it counts costs an import a twentieth of its time.
  private static let librarySetting: Int32 = checkin_sqlite3_config_no_memory_status()

  /// Runs `body` with a prepared statement, which stays in the cache.
  ///
  /// - Parameters:
  ///   - sql: One statement; values go into its `?1`, `?2`….
  ///   - body: Binds values and steps.
  /// - Returns: What `body` returns.
  /// - Throws: What `body` throws, and what SQLite reports.
  package borrowing func run<Result>(
    _ sql: String, _ body: (borrowing Statement) throws(StoreError) -> Result
  ) throws(StoreError) -> Result {
    let prepared = try prepare(sql)
    defer {
      sqlite3_reset(prepared.raw)
      sqlite3_clear_bindings(prepared.raw)
    }
    return try body(Statement(prepared))
  }

  /// Runs statements that take no values and give no rows.
  ///
  /// The C function is `sqlite3_exec`.
  package borrowing func execute(_ sql: String) throws(StoreError) {
    let result = sqlite3_exec(raw, sql, nil, nil, nil)
    guard result == SQLITE_OK else {
      throw StoreError(sqlite: result, path: path, statement: sql)
    }
  }

  /// Runs `body` in a transaction that has the write lock from its beginning, and undoes it all
  /// when `body` throws.
  package borrowing func transaction<Result>(
    _ body: () throws(StoreError) -> Result
  ) throws(StoreError) -> Result {
    try execute("BEGIN IMMEDIATE")
    do {
      let result = try body()
      try execute("COMMIT")
      return result
    } catch {
      // SQLite has rolled back by itself after some failures (a full disk); then this one fails,
      // and the first failure is the one to tell.
      try? execute("ROLLBACK")
      throw error
    }
  }

  /// Runs `body` in one read transaction: many small reads then lock the file once, which is most of
  /// what such a read costs.
  ///
  /// Within a transaction it only runs `body`.
  package borrowing func reading<Result>(
    _ body: () throws(StoreError) -> Result
  ) throws(StoreError) -> Result {
    guard sqlite3_get_autocommit(raw) != 0 else { return try body() }
    try execute("BEGIN")
    defer {
      // Ending a transaction that only read cannot fail in a way that matters.
      try? execute("COMMIT")
    }
    return try body()
  }

  /// Returns the one number a statement gives, or nil when it is null or there is no row.
  package borrowing func number(_ sql: String) throws(StoreError) -> Int64? {
    try run(sql) { row throws(StoreError) in try row.step() ? row.integer(0) : nil }
  }

  /// The number of the row inserted last.
  package var lastInsertedRow: Int64 { sqlite3_last_insert_rowid(raw) }

  /// The number of rows the last statement changed.
  package var changes: Int { Int(sqlite3_changes(raw)) }

  /// Asks SQLite to look at the whole file, and returns what it finds; empty means sound.
  package borrowing func integrityProblems() throws(StoreError) -> [String] {
    try run("PRAGMA integrity_check") { row throws(StoreError) in
      var found: [String] = []
      while try row.step() {
        let line = row.text(0) ?? ""
        if line != "ok" { found.append(line) }
      }
      return found
    }
  }

  private borrowing func prepare(_ sql: String) throws(StoreError) -> PreparedStatement {
    if let known = cache.statements[sql] { return known }
    var made: OpaquePointer?
    let result = sqlite3_prepare_v3(
      raw, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &made, nil)
    guard result == SQLITE_OK, let made else {
      throw StoreError(sqlite: result, path: path, statement: sql)
    }
    let count = Int(sqlite3_bind_parameter_count(made))
    let prepared = PreparedStatement(
      raw: made,
      halves: .allocate(byteCount: 16 * (count + 1), alignment: MemoryLayout<UInt64>.alignment))
    cache.statements[sql] = prepared
    return prepared
  }
}

/// The statements a connection has prepared, by their text.
private final class StatementCache {
  var statements: [String: PreparedStatement] = [:]
}

/// A statement and the memory of its 16-byte values.
private struct PreparedStatement {
  let raw: OpaquePointer
  /// 16 bytes for each parameter, which live as long as the statement: SQLite then need not copy
  /// an id at each binding.
  let halves: UnsafeMutableRawPointer
}

/// A prepared statement, lent by its connection: bind, step, read, reset.
///
/// Parameters count from 1 and columns from 0, as in SQLite.
package struct Statement: ~Copyable {
  // Only pointers are kept here: with a string beside them, Swift 6.3.1 fails to specialize `run`.
  private let raw: OpaquePointer
  private let halves: UnsafeMutableRawPointer

  fileprivate init(_ prepared: PreparedStatement) {
    self.raw = prepared.raw
    self.halves = prepared.halves
  }

  /// Goes to the next row, and returns whether there is one.
  ///
  /// The C function is `sqlite3_step`.
  package borrowing func step() throws(StoreError) -> Bool {
    switch sqlite3_step(raw) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    case let failure:
      let file = sqlite3_db_filename(sqlite3_db_handle(raw), "main")
      throw StoreError(
        sqlite: failure, path: file.map { String(cString: $0) } ?? "a database",
        statement: sqlite3_sql(raw).map { String(cString: $0) })
    }
  }

  /// Steps once and makes the statement ready for the next values.
  package borrowing func execute() throws(StoreError) {
    _ = try step()
    reset()
  }

  /// Makes the statement ready to run again; values stay bound.
  package borrowing func reset() { sqlite3_reset(raw) }

  // Binding fails only for a parameter that the statement does not have, a value that is too long,
  // or want of memory. The first is a mistake in this module and the second impossible by the
  // limits above it; all three are told at once rather than at each call, by the step that follows
  // with a null where a NOT NULL column is.

  /// Binds a whole number, or null.
  package borrowing func bind(_ value: Int64?, at place: Int32) {
    if let value {
      sqlite3_bind_int64(raw, place, value)
    } else {
      sqlite3_bind_null(raw, place)
    }
  }

  /// Binds text, or null.
  package borrowing func bind(_ value: String?, at place: Int32) {
    guard var value else {
      sqlite3_bind_null(raw, place)
      return
    }
    value.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { text in
        // SQLite takes a null pointer for null, and an empty text has none of its own.
        withUnsafePointer(to: CChar(0)) { empty in
          _ = checkin_sqlite3_bind_text(
            raw, place, text.baseAddress ?? empty, Int32(clamping: text.count))
        }
      }
    }
  }

  /// Binds bytes, or null.
  package borrowing func bind(_ value: [UInt8]?, at place: Int32) {
    guard let value else {
      sqlite3_bind_null(raw, place)
      return
    }
    value.withUnsafeBytes { bytes in
      withUnsafePointer(to: UInt8(0)) { empty in
        _ = checkin_sqlite3_bind_blob(
          raw, place, bytes.baseAddress ?? UnsafeRawPointer(empty), Int32(clamping: bytes.count))
      }
    }
  }

  /// Binds 16 bytes given as two big-endian halves.
  package borrowing func bind(high: UInt64, low: UInt64, at place: Int32) {
    precondition(place >= 1 && place <= sqlite3_bind_parameter_count(raw))
    let bytes = halves + 16 * Int(place)
    bytes.storeBytes(of: high.bigEndian, as: UInt64.self)
    bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
    _ = checkin_sqlite3_bind_static_blob(raw, place, bytes, 16)
  }

  /// Returns a whole number, or nil when the column holds something else.
  package borrowing func integer(_ column: Int32) -> Int64? {
    sqlite3_column_type(raw, column) == SQLITE_INTEGER ? sqlite3_column_int64(raw, column) : nil
  }

  /// Returns text, or nil when the column holds something else.
  package borrowing func text(_ column: Int32) -> String? {
    guard sqlite3_column_type(raw, column) == SQLITE_TEXT,
      let bytes = sqlite3_column_text(raw, column)
    else { return nil }
    let count = Int(sqlite3_column_bytes(raw, column))
    return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
  }

  /// Returns bytes, or nil when the column holds something else.
  package borrowing func bytes(_ column: Int32) -> [UInt8]? {
    guard sqlite3_column_type(raw, column) == SQLITE_BLOB else { return nil }
    let count = Int(sqlite3_column_bytes(raw, column))
    guard count > 0, let start = sqlite3_column_blob(raw, column) else { return [] }
    return Array(UnsafeRawBufferPointer(start: start, count: count))
  }

  /// Lends bytes where SQLite has them, or none when the column holds something else.
  ///
  /// They are gone with the next step; `body` must not keep them.
  package borrowing func withBytes<Result>(
    _ column: Int32, _ body: (UnsafeRawBufferPointer) throws(StoreError) -> Result
  ) throws(StoreError) -> Result {
    guard sqlite3_column_type(raw, column) == SQLITE_BLOB else {
      return try body(UnsafeRawBufferPointer(start: nil, count: 0))
    }
    let start = sqlite3_column_blob(raw, column)
    return try body(
      UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(raw, column))))
  }

  /// Returns 16 bytes as two big-endian halves, or nil when the column holds something else.
  package borrowing func halves(_ column: Int32) -> (high: UInt64, low: UInt64)? {
    guard sqlite3_column_type(raw, column) == SQLITE_BLOB,
      let start = sqlite3_column_blob(raw, column), sqlite3_column_bytes(raw, column) == 16
    else { return nil }
    let high = start.loadUnaligned(as: UInt64.self)
    let low = start.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
    return (UInt64(bigEndian: high), UInt64(bigEndian: low))
  }
}

extension StoreError {
  /// Makes the failure that an extended result code of SQLite stands for.
  init(sqlite result: Int32, path: String, statement: String?) {
    let code: Code =
      switch result & 0xff {
      case SQLITE_BUSY, SQLITE_LOCKED: .busy
      case SQLITE_CORRUPT, SQLITE_NOTADB: .corrupt
      case SQLITE_FULL: .diskFull
      case SQLITE_READONLY: .readOnly
      case SQLITE_CANTOPEN, SQLITE_PERM, SQLITE_AUTH: .cannotOpen
      case SQLITE_IOERR:
        // A log gets the rights of its file, which SQLite looks up by name: a file that retention
        // took away after it was opened is no longer there.
        result == StoreError.rightsUnknown && !FileOperation.exists(path)
          ? .changedMeanwhile : .inputOutput
      case SQLITE_CONSTRAINT: .constraint
      case SQLITE_NOMEM: .outOfMemory
      default: .other
      }
    self.init(code, subject: path, sqliteCode: result, statement: statement)
  }

  /// What SQLite calls `SQLITE_IOERR_FSTAT`.
  private static let rightsUnknown = SQLITE_IOERR | 7 << 8
}
