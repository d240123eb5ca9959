internal import Synchronization

/// A connection that threads take turns at, of one of the small databases beside the catalog.
final class HeldConnection: @unchecked Sendable {
  // Unchecked is safe: the connection is private and used under the lock only.
  private let connection: Connection
  private let lock = Mutex(())

  /// Opens a database, which is made when it is not there, and brings it up to date.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - schema: Its tables.
  ///   - synchronous: `FULL` for what must not be lost with the power, else `NORMAL`.
  /// - Throws: `cannotOpen`, `corrupt`, `schemaTooNew`, and what SQLite reports.
  init(opening path: String, schema: Schema, synchronous: String) throws(StoreError) {
    let connection = try Connection(opening: path, for: .create)
    try connection.execute("PRAGMA journal_mode = WAL")
    try connection.execute("PRAGMA synchronous = \(synchronous)")
    try connection.execute("PRAGMA secure_delete = ON")
    try schema.migrate(connection)
    self.connection = connection
  }

  /// Runs `body` with the connection while no other thread has it.
  func withLock<Value>(
    _ body: (borrowing Connection) throws(StoreError) -> Value
  ) throws(StoreError) -> Value {
    let result: Result<Value, StoreError> = lock.withLock { _ in
      do throws(StoreError) {
        return .success(try body(connection))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// Runs `body` in a transaction that may write.
  func transaction<Value>(
    _ body: (borrowing Connection) throws(StoreError) -> Value
  ) throws(StoreError) -> Value {
    try withLock { connection throws(StoreError) in
      try connection.transaction { () throws(StoreError) in try body(connection) }
    }
  }
}
