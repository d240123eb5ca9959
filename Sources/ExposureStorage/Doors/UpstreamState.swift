public import Presence
public import VenueCodes

/// To which centre a door belongs, and what it last heard of it.
public struct UpstreamLink: Hashable, Sendable {
  /// The address of the centre.
  public var url: String
  /// The number by which the door signs.
  public var door: Int64
  /// The name that the centre gave it.
  public var name: String
  /// Its venues, as the centre's protocol writes them.
  public var scope: String
  /// The key that signs what the centre says, 32 bytes.
  public var centreKey: [UInt8]

  /// Makes a link.
  public init(url: String, door: Int64, name: String, scope: String, centreKey: [UInt8]) {
    self.url = url
    self.door = door
    self.name = name
    self.scope = scope
    self.centreKey = centreKey
  }
}

/// How a door stands with its centre, for people to look at.
public struct UpstreamContact: Hashable, Sendable {
  /// When the centre last answered, in Unix seconds by the door's clock; nil when it never did.
  public var lastContactAt: Int64?
  /// How far the door's clock is ahead of the centre's, in milliseconds; nil when it is not known.
  public var clockOffsetMilliseconds: Int64?
  /// Why the last attempt failed; nil when it did not.
  public var failure: String?

  /// Makes a standing.
  public init(
    lastContactAt: Int64? = nil, clockOffsetMilliseconds: Int64? = nil, failure: String? = nil
  ) {
    self.lastContactAt = lastContactAt
    self.clockOffsetMilliseconds = clockOffsetMilliseconds
    self.failure = failure
  }
}

/// A row that the centre refused: it stays at the door.
public struct RefusedRow: Hashable, Sendable {
  /// The evidence.
  public let id: EvidenceID
  /// The local day of it.
  public let day: LocalDay
  /// The row of the day's file.
  public let row: Int64
  /// Why, as the centre's word.
  public let code: String
  /// When, in Unix seconds.
  public let refusedAt: Int64

  /// Makes an entry.
  public init(id: EvidenceID, day: LocalDay, row: Int64, code: String, refusedAt: Int64) {
    self.id = id
    self.day = day
    self.row = row
    self.code = code
    self.refusedAt = refusedAt
  }
}

/// Up to which row a local day's evidence is at the centre.
public struct UpstreamCursor: Hashable, Sendable {
  /// The day's file: another one has other rows.
  public var identity: Int64
  /// The last row that the centre has.
  public var row: Int64

  /// Makes a cursor.
  public init(identity: Int64, row: Int64) {
    self.identity = identity
    self.row = row
  }
}

/// What a door knows of its centre, in `upstream.sqlite` beside the catalog.
///
/// The evidence log is the outbox: here is only up to where it was acknowledged. A cursor that was lost
/// costs that rows are sent again, which the centre recognises by their ids.
public final class UpstreamState: Sendable {
  private let connection: HeldConnection

  static let schema = Schema(
    applicationID: 0x636b_6975,
    steps: [
      """
      CREATE TABLE setting (name TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL)
        STRICT, WITHOUT ROWID;

      CREATE TABLE cursor (
        day INTEGER PRIMARY KEY, identity INTEGER NOT NULL, last_row INTEGER NOT NULL
      ) STRICT;

      CREATE TABLE refused (
        id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16), day INTEGER NOT NULL,
        row_number INTEGER NOT NULL, code TEXT NOT NULL, refused_at INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE bundle_file (path TEXT PRIMARY KEY NOT NULL, content TEXT NOT NULL)
        STRICT, WITHOUT ROWID;

      CREATE TABLE revoked_print (
        venue INTEGER NOT NULL, zone INTEGER NOT NULL, serial INTEGER NOT NULL,
        first_day INTEGER NOT NULL, revoked_at INTEGER NOT NULL,
        PRIMARY KEY (venue, zone, serial, first_day)
      ) STRICT, WITHOUT ROWID;
      """
    ])

  private init(at path: String) throws(StoreError) {
    // What is lost here is asked again, and costs an answer of the centre.
    connection = try HeldConnection(
      opening: path, schema: UpstreamState.schema, synchronous: "NORMAL")
  }

  /// Opens the state of a door's store; the file is made when it is not there.
  ///
  /// - Throws: `noStore`, `cannotOpen`, `corrupt`, `schemaTooNew`, `diskFull`.
  public static func open(inStore store: String) throws(StoreError) -> UpstreamState {
    let layout = StoreLayout(root: store)
    guard FileOperation.exists(layout.catalog) else { throw StoreError(.noStore, subject: store) }
    return try UpstreamState(at: layout.upstream)
  }

  /// Opens the state of a store that is a door's; nil for any other.
  public static func openIfThere(inStore store: String) throws(StoreError) -> UpstreamState? {
    guard FileOperation.exists(StoreLayout(root: store).upstream) else { return nil }
    return try open(inStore: store)
  }

  // MARK: The centre

  /// Returns to which centre the door belongs; nil until it joined.
  ///
  /// - Throws: `corrupt` when a part is missing.
  public func link() throws(StoreError) -> UpstreamLink? {
    try connection.withLock { connection throws(StoreError) in
      guard let url = try Self.value("url", connection) else { return nil }
      guard let door = try Self.value("door", connection).flatMap({ Int64($0) }),
        let name = try Self.value("name", connection),
        let scope = try Self.value("scope", connection),
        let key = try Self.value("centre_key", connection)
          .flatMap({ StoreDigest.bytes(hexadecimal: $0[...]) })
      else { throw StoreError(.corrupt, subject: connection.path) }
      return UpstreamLink(url: url, door: door, name: name, scope: scope, centreKey: key)
    }
  }

  /// Keeps to which centre the door belongs.
  public func keep(_ link: UpstreamLink) throws(StoreError) {
    try transaction { connection throws(StoreError) in
      try Self.set("url", link.url, connection)
      try Self.set("door", "\(link.door)", connection)
      try Self.set("name", link.name, connection)
      try Self.set("scope", link.scope, connection)
      try Self.set("centre_key", StoreDigest.hexadecimal(link.centreKey), connection)
    }
  }

  /// Returns when and how the centre was last heard.
  public func contact() throws(StoreError) -> UpstreamContact {
    try connection.withLock { connection throws(StoreError) in
      return UpstreamContact(
        lastContactAt: try Self.value("last_contact", connection).flatMap { Int64($0) },
        clockOffsetMilliseconds: try Self.value("clock_offset", connection)
          .flatMap { Int64($0) },
        failure: try Self.value("failure", connection).flatMap { $0.isEmpty ? nil : $0 })
    }
  }

  /// Keeps when and how the centre was heard.
  public func keep(_ contact: UpstreamContact) throws(StoreError) {
    try transaction { connection throws(StoreError) in
      if let time = contact.lastContactAt { try Self.set("last_contact", "\(time)", connection) }
      if let offset = contact.clockOffsetMilliseconds {
        try Self.set("clock_offset", "\(offset)", connection)
      }
      try Self.set("failure", contact.failure ?? "", connection)
    }
  }

  // MARK: What came down

  /// The centre's signed word on what the door is to use, as it came; nil before the first.
  public func manifest() throws(StoreError) -> String? {
    try connection.withLock { connection throws(StoreError) in
      return try Self.value("manifest", connection)
    }
  }

  /// The files that came down, by their path.
  public func bundleFiles() throws(StoreError) -> [String: String] {
    try connection.withLock { connection throws(StoreError) in
      return try connection.run("SELECT path, content FROM bundle_file") { row throws(StoreError) in
        var files: [String: String] = [:]
        while try row.step() {
          if let path = row.text(0), let content = row.text(1) { files[path] = content }
        }
        return files
      }
    }
  }

  /// Keeps what came down, all of it in one step.
  ///
  /// - Parameters:
  ///   - files: Every file.
  ///   - manifest: The signed word on them.
  ///   - revoked: The prints that count no more.
  /// - Throws: What the disk reports.
  public func keepBundle(
    _ files: [String: String], manifest: String,
    revoked: [(place: PrintPlace, firstDay: LocalDay, at: Int64)]
  ) throws(StoreError) {
    try transaction { connection throws(StoreError) in
      try connection.execute("DELETE FROM bundle_file")
      try connection.run("INSERT INTO bundle_file (path, content) VALUES (?1, ?2)") {
        row throws(StoreError) in
        for (path, content) in files {
          row.bind(path, at: 1)
          row.bind(content, at: 2)
          try row.execute()
        }
      }
      try connection.execute("DELETE FROM revoked_print")
      try connection.run(
        """
        INSERT OR REPLACE INTO revoked_print (venue, zone, serial, first_day, revoked_at)
        VALUES (?1, ?2, ?3, ?4, ?5)
        """
      ) { row throws(StoreError) in
        for print in revoked {
          row.bind(Int64(print.place.venue.rawValue), at: 1)
          row.bind(Int64(print.place.zone), at: 2)
          row.bind(Int64(print.place.serial), at: 3)
          row.bind(Int64(print.firstDay.daysSince2020), at: 4)
          row.bind(print.at, at: 5)
          try row.execute()
        }
      }
      try Self.set("manifest", manifest, connection)
    }
  }

  // MARK: What went up

  /// Returns up to where each day's evidence is at the centre.
  public func cursors() throws(StoreError) -> [LocalDay: UpstreamCursor] {
    try connection.withLock { connection throws(StoreError) in
      return try UpstreamTables.cursors(in: connection)
    }
  }

  /// Notes under which epoch of the centre's store rows go up; under another one than before, all of them
  /// are to be sent again, and what was refused is judged anew.
  ///
  /// - Parameter epoch: What the centre said.
  /// - Returns: Whether cursors were forgotten.
  /// - Throws: What the disk reports.
  public func noteEpoch(_ epoch: String) throws(StoreError) -> Bool {
    try transaction { connection throws(StoreError) in
      guard try Self.value("epoch", connection) != epoch else { return false }
      let isSent = try connection.number("SELECT count(*) FROM cursor") ?? 0 > 0
      try connection.execute("DELETE FROM cursor")
      try connection.execute("DELETE FROM refused")
      try Self.set("epoch", epoch, connection)
      return isSent
    }
  }

  /// Forgets what went up, so that all of it is sent again; ids keep that from doubling anything.
  ///
  /// - Throws: What the disk reports.
  public func forgetCursors() throws(StoreError) {
    try transaction { connection throws(StoreError) in try Self.forgetCursors(connection) }
  }

  /// Forgets what went up, in a file that is not in use.
  ///
  /// Of a store that was restored, cursors may be ahead of the rows: new rows would get the numbers of
  /// those that the backup lacks, and never be sent.
  static func forgetCursors(_ connection: borrowing Connection) throws(StoreError) {
    try schema.migrate(connection)
    try connection.execute("DELETE FROM cursor")
    try connection.execute("DELETE FROM refused")
  }

  /// Returns at which bundle, offset and day refused rows were last sent again; nil before.
  public func lastRetry() throws(StoreError) -> String? {
    try connection.withLock { connection throws(StoreError) in
      try Self.value("last_retry", connection)
    }
  }

  /// Notes what became of refused rows that were sent again.
  ///
  /// - Parameters:
  ///   - taken: The ids of those that the centre has now, or that are here no more.
  ///   - refused: Those that it refused again.
  ///   - mark: What `lastRetry` returns from now on; nil to leave it.
  /// - Throws: What the disk reports.
  public func noteRetry(
    taken: [EvidenceID], refused: [RefusedRow], mark: String?
  ) throws(StoreError) {
    try transaction { connection throws(StoreError) in
      try connection.run("DELETE FROM refused WHERE id = ?1") { row throws(StoreError) in
        for id in taken {
          row.bind(high: id.high, low: id.low, at: 1)
          try row.execute()
        }
      }
      try Self.insert(refused, connection)
      if let mark { try Self.set("last_retry", mark, connection) }
    }
  }

  /// Forgets refused rows of days that the store has no more.
  ///
  /// - Parameter days: Those that it has.
  /// - Throws: What the disk reports.
  public func pruneRefused(keeping days: Set<LocalDay>) throws(StoreError) {
    let gone = Set(try refusedRows().map(\.day)).subtracting(days)
    guard !gone.isEmpty else { return }
    try transaction { connection throws(StoreError) in
      try connection.run("DELETE FROM refused WHERE day = ?1") { row throws(StoreError) in
        for day in gone {
          row.bind(Int64(day.daysSince2020), at: 1)
          try row.execute()
        }
      }
    }
  }

  /// Notes that the centre has rows, and which it refused, in one step.
  ///
  /// - Parameters:
  ///   - cursors: The new last row of each day that moved.
  ///   - refused: What it refused among them.
  ///   - before: Where the days were when the rows were read; nil not to look. Cursors that somebody else
  ///     moved or forgot since stay as they are.
  /// - Returns: Whether it was noted.
  /// - Throws: What the disk reports.
  @discardableResult
  public func advance(
    _ cursors: [LocalDay: UpstreamCursor], refused: [RefusedRow] = [],
    from before: [LocalDay: UpstreamCursor]? = nil
  ) throws(StoreError) -> Bool {
    try transaction { connection throws(StoreError) in
      if let before {
        let present = try UpstreamTables.cursors(in: connection)
        guard cursors.keys.allSatisfy({ present[$0] == before[$0] }) else { return false }
      }
      try connection.run(
        "INSERT OR REPLACE INTO cursor (day, identity, last_row) VALUES (?1, ?2, ?3)"
      ) { row throws(StoreError) in
        for (day, cursor) in cursors {
          row.bind(Int64(day.daysSince2020), at: 1)
          row.bind(cursor.identity, at: 2)
          row.bind(cursor.row, at: 3)
          try row.execute()
        }
      }
      try Self.insert(refused, connection)
      return true
    }
  }

  private static func insert(
    _ refused: [RefusedRow], _ connection: borrowing Connection
  ) throws(StoreError) {
    try connection.run(
      """
      INSERT OR REPLACE INTO refused (id, day, row_number, code, refused_at)
      VALUES (?1, ?2, ?3, ?4, ?5)
      """
    ) { row throws(StoreError) in
      for one in refused {
        row.bind(high: one.id.high, low: one.id.low, at: 1)
        row.bind(Int64(one.day.daysSince2020), at: 2)
        row.bind(one.row, at: 3)
        row.bind(one.code, at: 4)
        row.bind(one.refusedAt, at: 5)
        try row.execute()
      }
    }
  }

  /// Returns the rows that the centre refused, by day and row.
  public func refusedRows() throws(StoreError) -> [RefusedRow] {
    try connection.withLock { connection throws(StoreError) in
      let path = connection.path
      return try connection.run(
        "SELECT id, day, row_number, code, refused_at FROM refused ORDER BY day, row_number"
      ) { row throws(StoreError) in
        var rows: [RefusedRow] = []
        while try row.step() {
          guard let id = row.halves(0), let day = row.integer(1).flatMap(UpstreamTables.day),
            let number = row.integer(2), let code = row.text(3), let at = row.integer(4)
          else { throw StoreError(.corrupt, subject: path) }
          rows.append(
            RefusedRow(
              id: EvidenceID(high: id.high, low: id.low), day: day, row: number, code: code,
              refusedAt: at))
        }
        return rows
      }
    }
  }

  private static func value(
    _ name: String, _ connection: borrowing Connection
  ) throws(StoreError) -> String? {
    try connection.run("SELECT value FROM setting WHERE name = ?1") { row throws(StoreError) in
      row.bind(name, at: 1)
      return try row.step() ? row.text(0) : nil
    }
  }

  private static func set(
    _ name: String, _ value: String, _ connection: borrowing Connection
  ) throws(StoreError) {
    try connection.run("INSERT OR REPLACE INTO setting (name, value) VALUES (?1, ?2)") {
      row throws(StoreError) in
      row.bind(name, at: 1)
      row.bind(value, at: 2)
      try row.execute()
    }
  }

  private func transaction<Value: Sendable>(
    _ body: (borrowing Connection) throws(StoreError) -> Value
  ) throws(StoreError) -> Value {
    try connection.transaction(body)
  }
}

/// What others than its owner read of `upstream.sqlite`.
enum UpstreamTables {
  static func day(_ number: Int64) -> LocalDay? {
    Int32(exactly: number).map { LocalDay(daysSince2020: $0) }
  }

  static func cursors(
    in connection: borrowing Connection
  ) throws(StoreError) -> [LocalDay: UpstreamCursor] {
    try connection.run("SELECT day, identity, last_row FROM cursor") { row throws(StoreError) in
      var cursors: [LocalDay: UpstreamCursor] = [:]
      while try row.step() {
        if let day = row.integer(0).flatMap(day), let identity = row.integer(1),
          let last = row.integer(2)
        {
          cursors[day] = UpstreamCursor(identity: identity, row: last)
        }
      }
      return cursors
    }
  }

  /// Adds the prints that a door was told count no more.
  static func addRevoked(to prints: inout RevokedPrints, at path: String) throws(StoreError) {
    let connection = try Connection(opening: path, for: .read)
    guard try UpstreamState.schema.version(of: connection) > 0 else { return }
    var found: [(PrintPlace, LocalDay, Int64)] = []
    try connection.run("SELECT venue, zone, serial, first_day, revoked_at FROM revoked_print") {
      row throws(StoreError) in
      while try row.step() {
        guard let venue = row.integer(0).flatMap({ VenueID(rawValue: UInt64(clamping: $0)) }),
          let zone = row.integer(1).flatMap({ UInt8(exactly: $0) }),
          let serial = row.integer(2).flatMap({ UInt8(exactly: $0) }),
          let firstDay = row.integer(3).flatMap(day), let time = row.integer(4)
        else { throw StoreError(.corrupt, subject: path) }
        found.append((PrintPlace(venue: venue, zone: zone, serial: serial), firstDay, time))
      }
    }
    for (place, firstDay, time) in found { prints.insert(place, firstDay: firstDay, at: time) }
  }
}
