internal import Glibc
public import Presence
internal import Synchronization
package import VenueCodes

/// What became of one piece of evidence of a batch.
public enum AppendOutcome: Hashable, Sendable {
  /// It is new and durable.
  case stored
  /// The store had it already, with the same content.
  case repeated
  /// The store has other content under its id: it was refused and kept aside.
  case conflict
}

/// A fact about a store that is kept in it.
public struct StoreSetting: RawRepresentable, Hashable, Sendable {
  /// The name in the table.
  public let rawValue: String

  /// Makes a setting of a name.
  public init(rawValue: String) {
    self.rawValue = rawValue
  }

  /// The start of the URL that venue codes carry.
  public static let urlPrefix = StoreSetting(rawValue: "url_prefix")
  /// When the store was made, in Unix seconds; never changed.
  public static let createdAt = StoreSetting(rawValue: "created_at")
  /// 32 random hexadecimal digits that name this store; never changed.
  public static let storeID = StoreSetting(rawValue: "store_id")
  /// The IANA name of the store's time zone; never changed.
  public static let zoneName = StoreSetting(rawValue: "zone_name")
}

/// Evidence and all that is kept beside it, in a folder.
///
/// Evidence is append-only, one SQLite file for each local day, and durable when `append` returns.
/// Any number of processes may use one store at once: readers never wait, writers take turns.
///
///     let store = try ExposureStore.open(at: "store")
///     let outcomes = try store.append([evidence])  // [.stored], and [.repeated] the next time
///
/// The local calendar is part of the store: a later edition of the time zone database must not move
/// evidence that is stored to another day.
public final class ExposureStore: Sendable {
  /// What a store is opened for.
  public enum Mode: Hashable, Sendable {
    /// Only to read.
    case readOnly
    /// To read and to write.
    case readWrite
  }

  /// The local days of the store's zone.
  public let calendar: LocalCalendar
  /// The store's folder.
  public let path: String
  /// What it was opened for.
  public let mode: Mode
  package let layout: StoreLayout
  let tuning: StoreTuning
  private let state: Mutex<State>
  private let queue = AppendQueue()

  /// How many batches wait to be appended.
  package var waitingAppends: Int { queue.count }

  private enum State {
    case writing(StoreWriter)
    case reading(ReadOnlyCatalog)
    case closed
  }

  /// Makes a store in a folder, and opens it for writing.
  ///
  /// - Parameters:
  ///   - path: The folder; it is made, usable by its owner only, when it is not there.
  ///   - calendar: The local days that evidence is filed under, for good.
  ///   - createdAt: The present, in Unix seconds.
  ///   - settings: More to keep, such as `urlPrefix`.
  /// - Returns: The open store.
  /// - Throws: `alreadyExists`, `evidenceWithoutCatalog`, `cannotOpen`, `readOnly`, `diskFull`.
  public static func create(
    at path: String, calendar: LocalCalendar, createdAt: Int64,
    settings: [StoreSetting: String] = [:]
  ) throws(StoreError) -> ExposureStore {
    let layout = StoreLayout(root: path)
    for folder in [path, layout.days, layout.keys] { try FileOperation.makeFolder(folder) }
    // Numbers of people begin anew with a catalog: old rows would come to mean other people.
    if try !layout.storedDays().isEmpty, !FileOperation.exists(layout.catalog) {
      throw StoreError(.evidenceWithoutCatalog, subject: path)
    }
    try makeCatalog(layout, calendar: calendar, createdAt: createdAt, settings: settings)
    try FileOperation.synchronizeFolder(path)
    try FileOperation.synchronizeParent(of: path)
    return try open(at: path)
  }

  /// Takes away a store that was made just now and never used, when its keys could not be made.
  ///
  /// Only what `create` makes goes: whatever else is in the folder stays, and the folder with it.
  ///
  /// - Parameter path: The folder of a store that is closed.
  /// - Throws: `evidenceWithoutCatalog` when the store was used, and what the file system reports.
  public static func discardNew(at path: String) throws(StoreError) {
    let layout = StoreLayout(root: path)
    guard try layout.storedDays().isEmpty else {
      throw StoreError(.evidenceWithoutCatalog, subject: path)
    }
    try FileOperation.removeDatabase(layout.catalog)
    _ = unlink(layout.appendLock)
    // A folder that holds something is not removed.
    for folder in [layout.days, layout.keys, path] { _ = rmdir(folder) }
  }

  /// Opens the store in a folder.
  ///
  /// - Parameters:
  ///   - path: The folder.
  ///   - mode: What the store is opened for.
  /// - Returns: The open store.
  /// - Throws: `noStore`, `schemaTooNew`, `corrupt`, `cannotOpen`, `readOnly`, `busy`.
  public static func open(
    at path: String, mode: Mode = .readWrite
  ) throws(StoreError) -> ExposureStore {
    try ExposureStore(at: path, mode: mode, tuning: StoreTuning())
  }

  /// Opens the store in a folder, tuned for a test.
  package init(at path: String, mode: Mode, tuning: StoreTuning) throws(StoreError) {
    let layout = StoreLayout(root: path)
    guard FileOperation.exists(layout.catalog) else { throw StoreError(.noStore, subject: path) }
    let catalog = try Connection(
      opening: layout.catalog, for: mode == .readOnly ? .read : .write,
      busyMilliseconds: tuning.busyMilliseconds)
    try ExposureStore.configure(catalog)
    let version = try Schema.catalog.version(of: catalog)
    guard version > 0, try SettingTable.value(of: .storeID, in: catalog) != nil else {
      throw StoreError(.noStore, subject: path)
    }
    // What only reads cannot migrate.
    if mode == .readWrite {
      try Schema.catalog.migrate(catalog)
    } else if version < Schema.catalog.steps.count {
      throw StoreError(.schemaTooOld, subject: layout.catalog)
    }
    let calendar = try SettingTable.calendar(in: catalog)
    self.path = path
    self.mode = mode
    self.layout = layout
    self.tuning = tuning
    self.calendar = calendar
    switch mode {
    case .readOnly:
      self.state = Mutex(.reading(ReadOnlyCatalog(catalog)))
    case .readWrite:
      self.state = Mutex(
        .writing(
          try StoreWriter(catalog: catalog, layout: layout, calendar: calendar, tuning: tuning)))
    }
  }

  deinit {
    // A failure costs that the table of ids is made anew some day, and nothing else.
    try? close()
  }

  /// Closes the store; later uses throw `closed`.
  ///
  /// What was acknowledged is durable without it: closing only makes a large table of ids durable, so
  /// that it need not be made anew after a restart of the machine.
  public func close() throws(StoreError) {
    try state.withLock { state throws(StoreError) in
      defer { state = .closed }
      if case .writing(let writer) = state { try writer.finish() }
    }
  }

  /// Appends evidence, and returns what became of each piece, in order.
  ///
  /// What is new is durable when this returns. An id stands for one row: the same id with the same
  /// statement is `repeated`, with another it is a `conflict`, which is refused and kept aside (see
  /// `conflicts()`). When this throws, a part of the batch may have been stored; appending the
  /// same batch again completes it and doubles nothing.
  ///
  /// May be called from many threads at once: what they bring meanwhile is made durable together.
  ///
  /// - Parameter batch: Evidence of any days; a thousand to ten thousand rows at a time are fast.
  /// - Returns: One outcome for each piece.
  /// - Throws: `busy`, `diskFull`, `readOnly`, `timeOutOfRange` (then nothing is stored), `closed`.
  /// - Complexity: O(n) for n pieces, and O(log p) for each new one of p people; one synchronization of
  ///   the disk for each day in the batch, and one more for new people, gateways or conflicts.
  public func append(_ batch: [Evidence]) throws(StoreError) -> [AppendOutcome] {
    let entry = queue.add(batch)
    // Nobody appends for who has no writer.
    defer { queue.remove(entry) }
    try withWriter { writer throws(StoreError) in queue.append(until: entry, by: writer) }
    return try entry.outcome?.get() ?? []
  }

  /// Deletes a local day's evidence and forgets its ids, which are then new again.
  ///
  /// - Throws: `busy`, `readOnly`, `closed`.
  package func deleteDay(_ day: LocalDay) throws(StoreError) {
    try withWriter { writer throws(StoreError) in
      try writer.replacingDay(day) { () throws(StoreError) in ((), .deletion) }
    }
  }

  /// Returns the value of a setting, or nil when it has none.
  public func value(of setting: StoreSetting) throws(StoreError) -> String? {
    try withCatalog { catalog throws(StoreError) in
      try SettingTable.value(of: setting, in: catalog)
    }
  }

  /// Sets the value of a setting; the ones that are never changed are refused as `constraint`.
  public func set(_ setting: StoreSetting, to value: String) throws(StoreError) {
    guard ![.createdAt, .storeID, .zoneName].contains(setting) else {
      throw StoreError(.constraint, subject: "setting \(setting.rawValue)")
    }
    try withWritableCatalog { catalog throws(StoreError) in
      try SettingTable.write([setting: value], to: catalog)
    }
  }

  /// Asks SQLite to look at every file of the store.
  ///
  /// - Returns: What it found, each with the file; empty means sound.
  package func integrityProblems() throws(StoreError) -> [String] {
    var files = [layout.catalog]
    files += StoreLayout.companions.map { layout.companion($0) }.filter(FileOperation.exists)
    files += try layout.storedDays().map { layout.file(of: $0) }
    var problems: [String] = []
    for file in files {
      let found = try Connection(opening: file, for: .read).integrityProblems()
      problems += found.map { "\(file): \($0)" }
    }
    return problems
  }

  /// Runs `body` with the catalog, to read.
  func withCatalog<Result: Sendable>(
    _ body: (borrowing Connection) throws(StoreError) -> Result
  ) throws(StoreError) -> Result {
    try state.withLock { state throws(StoreError) in
      switch state {
      case .writing(let writer): try body(writer.catalog)
      case .reading(let reader): try body(reader.connection)
      case .closed: throw StoreError(.closed, subject: path)
      }
    }
  }

  /// Runs `body` with the catalog, in a transaction that may write.
  func withWritableCatalog<Result: Sendable>(
    _ body: (borrowing Connection) throws(StoreError) -> Result
  ) throws(StoreError) -> Result {
    try withWriter { writer throws(StoreError) in
      try writer.catalog.transaction { () throws(StoreError) in try body(writer.catalog) }
    }
  }

  func withWriter<Result: Sendable>(
    _ body: (StoreWriter) throws(StoreError) -> Result
  ) throws(StoreError) -> Result {
    try state.withLock { state throws(StoreError) in
      switch state {
      case .writing(let writer): try body(writer)
      case .reading: throw StoreError(.readOnly, subject: path)
      case .closed: throw StoreError(.closed, subject: path)
      }
    }
  }

  private static func makeCatalog(
    _ layout: StoreLayout, calendar: LocalCalendar, createdAt: Int64,
    settings: [StoreSetting: String]
  ) throws(StoreError) {
    let catalog = try Connection(opening: layout.catalog, for: .create)
    let version = try Schema.catalog.version(of: catalog)
    // A file without an id was left by a creation that did not come to its end.
    if version > 0, try SettingTable.value(of: .storeID, in: catalog) != nil {
      throw StoreError(.alreadyExists, subject: layout.root)
    }
    try catalog.execute("PRAGMA journal_mode = WAL")
    try configure(catalog)
    try Schema.catalog.migrate(catalog)
    var generator = SystemRandomNumberGenerator()
    var all = settings
    all[.createdAt] = String(createdAt)
    all[.zoneName] = calendar.zoneName
    all[.storeID] = StoreDigest.hexadecimal([generator.next(), generator.next()])
    try catalog.transaction { () throws(StoreError) in
      // Another process may have made the store while this one waited for the lock.
      guard try SettingTable.value(of: .storeID, in: catalog) == nil else {
        throw StoreError(.alreadyExists, subject: layout.root)
      }
      try SettingTable.write(calendar, to: catalog)
      try SettingTable.write(all, to: catalog)
    }
  }

  private static func configure(_ catalog: borrowing Connection) throws(StoreError) {
    try catalog.execute("PRAGMA synchronous = FULL")
    try catalog.execute("PRAGMA foreign_keys = ON")
    // New people touch pages all over the index: moving them from the log seldom, many at once, is
    // most of what their insertion costs.
    try catalog.execute("PRAGMA wal_autocheckpoint = 8000")
    try catalog.execute("PRAGMA cache_size = -65536")
    // What is deleted here named a person: its bytes go too.
    try catalog.execute("PRAGMA secure_delete = ON")
  }
}

/// The catalog of a store that is only read.
private final class ReadOnlyCatalog {
  let connection: Connection

  init(_ connection: consuming Connection) {
    self.connection = connection
  }
}
