internal import Glibc
public import VenueCodes

/// What a backup did.
public struct BackupReport: Hashable, Sendable {
  /// The days whose evidence was copied.
  public let copiedDays: [LocalDay]
  /// The days that the backup had already, unchanged.
  public let keptDays: [LocalDay]
  /// The bytes of the whole backup.
  public let bytes: Int
}

/// What a restored store has.
public struct RestoreReport: Hashable, Sendable {
  /// When the backup was made, in Unix seconds.
  public let madeAt: Int64
  /// The days with evidence.
  public let days: [LocalDay]
}

extension ExposureStore {
  /// Copies the store into a folder while it is in use.
  ///
  /// Everything that was acknowledged before the call is in the copy. What is acknowledged meanwhile
  /// may be in it or not, but whatever evidence is, its people and gateways are too: days are copied
  /// first and the catalog last. Each file is a copy at one moment, without free pages; writers do
  /// not wait. Keys are copied as they are sealed; what opens them is not in the store and not in the
  /// copy. The table of ids and the segments are derived from the rest, and left out.
  ///
  /// Into the folder of an earlier backup of the same store only the days that changed are copied.
  /// The page at its front is exchanged last, so that an interrupted backup leaves the earlier one.
  ///
  /// - Parameters:
  ///   - folder: A folder of its own, which is made when it is not there.
  ///   - now: The present, in Unix seconds.
  /// - Returns: What was copied.
  /// - Throws: `foreignBackup` when the folder has something else in it, and what the disk reports.
  /// - Complexity: O(n) in the bytes of the days that changed.
  public func backUp(to folder: String, now: Int64) throws(StoreError) -> BackupReport {
    guard let storeID = try value(of: .storeID) else {
      throw StoreError(.corrupt, subject: layout.catalog)
    }
    try FileOperation.makeFolder(folder)
    return try FileOperation.locking(folder: folder) { () throws(StoreError) in
      try ExposureStore.retryingChanges { () throws(StoreError) in
        try backUpLocked(to: folder, storeID, now)
      }
    } failed: {
      $0
    }
  }

  private func backUpLocked(
    to folder: String, _ storeID: String, _ now: Int64
  ) throws(StoreError) -> BackupReport {
    let forgotten = try forgettings()
    var writer = try BackupWriter(folder: folder, storeID: storeID, madeAt: now)
    var copied: [LocalDay] = []
    var kept: [LocalDay] = []
    for day in try layout.storedDays() {
      switch try writer.add(day, from: layout.file(of: day)) {
      case .copied: copied.append(day)
      case .kept: kept.append(day)
      case .gone: break
      }
    }
    try writer.addKeys(from: layout.keys)
    for name in StoreLayout.companions {
      try writer.addCompanion(name, from: layout.companion(name))
    }
    // Retention between the first day and the catalog would leave rows of people nobody knows.
    guard try writer.addCatalog(from: layout.catalog) == forgotten else {
      throw StoreError(.changedMeanwhile, subject: layout.catalog)
    }
    let bytes = try writer.finish()
    return BackupReport(copiedDays: copied, keptDays: kept, bytes: bytes)
  }

  /// Checks every file of a backup against the page at its front.
  ///
  /// - Parameter folder: The folder of the backup.
  /// - Returns: What is wrong, a sentence each; empty means that it can be restored.
  /// - Throws: `noBackup` when there is none.
  public static func problemsOfBackup(in folder: String) throws(StoreError) -> [String] {
    let manifest = try BackupFolder.manifest(in: folder)
    var problems: [String] = []
    for file in manifest.files {
      let path = "\(folder)/\(file.name)"
      do throws(StoreError) {
        let found = try FileOperation.digest(of: path)
        if found.bytes != file.bytes || found.digest != file.digest {
          problems.append("\(path): is not what was written")
        }
      } catch {
        problems.append("\(error)")
      }
    }
    return problems
  }

  /// Makes a store of a backup, where there is none yet.
  ///
  /// Every file is checked before anything is made. The store appears whole or not at all: it is put
  /// together beside its place and renamed. Ids are found again at the first append. What came after the
  /// backup is not there, so a door sends everything again, and a centre tells its doors to.
  ///
  /// - Parameters:
  ///   - path: The folder of the new store; it must not be there, or be empty.
  ///   - folder: The folder of the backup.
  /// - Returns: What the store has.
  /// - Throws: `noBackup`, `damagedBackup`, `alreadyExists`, and what the disk reports.
  public static func restore(
    at path: String, from folder: String
  ) throws(StoreError) -> RestoreReport {
    var path = path[...]
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    let manifest = try BackupFolder.manifest(in: folder)
    if let problem = try problemsOfBackup(in: folder).first {
      throw StoreError(.damagedBackup, subject: problem)
    }
    // An empty folder makes room; anything else stays where it is.
    guard rmdir(String(path)) == 0 || errno == ENOENT else {
      throw StoreError(.alreadyExists, subject: String(path))
    }
    let draft = StoreLayout(root: path + ".restoring")
    try BackupFolder.removeDraft(draft)
    for made in [draft.root, draft.days, draft.keys] { try FileOperation.makeFolder(made) }
    var days: [LocalDay] = []
    for file in manifest.files {
      let source = "\(folder)/\(file.name)"
      let parts = file.name.split(separator: "/")
      switch (parts.first, parts.last) {
      case ("days", let name?):
        guard let day = LocalDay(iso8601: name.prefix(10)) else {
          throw StoreError(.damagedBackup, subject: source)
        }
        try BackupFolder.restoreDatabase(source, to: draft.file(of: day))
        days.append(day)
      case ("keys", let name?):
        let plain = name.drop { $0 != "-" }.dropFirst()
        try FileOperation.copy(source, to: "\(draft.keys)/\(plain)")
      default:
        let companion = StoreLayout.companions.first { file.name.hasPrefix($0 + ".") }
        let place = companion.map { draft.companion($0) } ?? draft.catalog
        try BackupFolder.restoreDatabase(source, to: place)
        switch place {
        case draft.upstream:
          try UpstreamState.forgetCursors(Connection(opening: place, for: .write))
        case draft.doors: try DoorRegister.forgetEpoch(Connection(opening: place, for: .write))
        default: break
        }
      }
    }
    for made in [draft.days, draft.keys, draft.root] {
      try FileOperation.synchronizeFolder(made)
    }
    guard rename(draft.root, String(path)) == 0 else { throw FileOperation.failure(String(path)) }
    try FileOperation.synchronizeParent(of: String(path))
    return RestoreReport(madeAt: manifest.madeAt, days: days.sorted())
  }
}

/// A backup that is being written.
private struct BackupWriter {
  private let folder: String
  private let storeID: String
  private let madeAt: Int64
  private let earlier: [String: BackupManifest.File]
  private var files: [BackupManifest.File] = []

  init(folder: String, storeID: String, madeAt: Int64) throws(StoreError) {
    self.folder = folder
    self.storeID = storeID
    self.madeAt = madeAt
    if FileOperation.exists(BackupFolder.page(of: folder)) {
      let manifest = try BackupFolder.manifest(in: folder)
      guard manifest.storeID == storeID else {
        throw StoreError(.foreignBackup, subject: folder)
      }
      earlier = Dictionary(
        manifest.files.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    } else {
      // What an interrupted first backup left is made anew under the same names.
      let names = try FileOperation.names(in: folder)
      guard names.allSatisfy(BackupFolder.isOwn) else {
        throw StoreError(.foreignBackup, subject: folder)
      }
      earlier = [:]
    }
    try FileOperation.makeFolder(folder + "/days")
    try FileOperation.makeFolder(folder + "/keys")
  }

  enum Addition {
    case copied
    /// The backup has the day as it is now.
    case kept
    /// Retention took the day away meanwhile.
    case gone
  }

  /// Adds the evidence of a day.
  mutating func add(_ day: LocalDay, from path: String) throws(StoreError) -> Addition {
    guard let source = try Connection.reading(ifThere: path) else { return .gone }
    if let known = earlier[try BackupWriter.name(of: day, source)], isWhole(known) {
      files.append(known)
      return .kept
    }
    let draft = "\(folder)/days/\(day).draft"
    try BackupFolder.copyDatabase(source, to: draft)
    // Named by what was copied: rows may have come since, or another file.
    let name = try BackupWriter.name(of: day, Connection(opening: draft, for: .read))
    try adopt(draft, as: name)
    return .copied
  }

  /// The name of the copy of a day: which file it is of, and how many rows that had.
  private static func name(
    of day: LocalDay, _ connection: borrowing Connection
  ) throws(StoreError) -> String {
    guard let identity = try connection.number("SELECT identity FROM origin") else {
      throw StoreError(.corrupt, subject: connection.path)
    }
    let number = StoreDigest.hexadecimal([UInt64(bitPattern: identity)])
    return "days/\(day).\(number)-\(try connection.newestRow()).sqlite"
  }

  /// Whether a file of the earlier backup is still what was written: a backup that is relied on
  /// again must not carry damage along.
  private func isWhole(_ file: BackupManifest.File) -> Bool {
    guard let found = try? FileOperation.digest(of: "\(folder)/\(file.name)") else { return false }
    return found.bytes == file.bytes && found.digest == file.digest
  }

  /// Adds the catalog, and returns how often people had been deleted from it.
  mutating func addCatalog(from path: String) throws(StoreError) -> UInt64 {
    let draft = "\(folder)/catalog.draft"
    try BackupFolder.copyDatabase(Connection(opening: path, for: .read), to: draft)
    let forgettings = try NameTable.forgettings(in: Connection(opening: draft, for: .read))
    let (_, digest) = try FileOperation.digest(of: draft)
    try adopt(draft, as: "catalog.\(StoreDigest.hexadecimal(Array(digest.prefix(8)))).sqlite")
    return UInt64(clamping: forgettings)
  }

  /// Adds a database that may be beside the catalog.
  mutating func addCompanion(_ name: String, from path: String) throws(StoreError) {
    guard FileOperation.exists(path) else { return }
    let draft = "\(folder)/\(name).draft"
    try BackupFolder.copyDatabase(Connection(opening: path, for: .read), to: draft)
    let (_, digest) = try FileOperation.digest(of: draft)
    try adopt(draft, as: "\(name).\(StoreDigest.hexadecimal(Array(digest.prefix(8)))).sqlite")
  }

  mutating func addKeys(from keys: String) throws(StoreError) {
    guard FileOperation.exists(keys) else { return }
    for name in try FileOperation.names(in: keys) where name.first != "." {
      let draft = "\(folder)/keys/draft"
      unlink(draft)
      try FileOperation.copy("\(keys)/\(name)", to: draft)
      let (_, digest) = try FileOperation.digest(of: draft)
      try adopt(draft, as: "keys/\(StoreDigest.hexadecimal(Array(digest.prefix(8))))-\(name)")
    }
  }

  private mutating func adopt(_ draft: String, as name: String) throws(StoreError) {
    let path = "\(folder)/\(name)"
    let (bytes, digest) = try FileOperation.digest(of: draft)
    try FileOperation.synchronize(draft)
    guard rename(draft, path) == 0 else { throw FileOperation.failure(path) }
    files.append(BackupManifest.File(name: name, bytes: bytes, digest: digest))
  }

  /// Exchanges the page at the front, and removes what it no longer names.
  func finish() throws(StoreError) -> Int {
    let manifest = BackupManifest(storeID: storeID, madeAt: madeAt, files: files)
    for made in [folder + "/days", folder + "/keys", folder] {
      try FileOperation.synchronizeFolder(made)
    }
    try FileOperation.writeAtomically(
      manifest.text, to: BackupFolder.page(of: folder), mode: 0o600)
    let named = Set(files.map(\.name))
    for sub in ["days/", "keys/", ""] {
      for name in try FileOperation.names(in: "\(folder)/\(sub)")
      where !named.contains(sub + name) && name != "days" && name != "keys"
        && "\(folder)/\(name)" != BackupFolder.page(of: folder)
      {
        unlink("\(folder)/\(sub)\(name)")
      }
    }
    return files.reduce(0) { $0 + $1.bytes }
  }
}

/// The files of a backup's folder.
private enum BackupFolder {
  /// The page at the front of a backup.
  static func page(of folder: String) -> String { folder + "/backup.txt" }

  /// Whether a name at the top of a backup's folder is one that a backup makes.
  static func isOwn(_ name: String) -> Bool {
    name == "days" || name == "keys" || name.hasPrefix("catalog.") || name.hasPrefix("backup.txt")
      || StoreLayout.companions.contains { name.hasPrefix($0 + ".") }
  }

  static func manifest(in folder: String) throws(StoreError) -> BackupManifest {
    let path = page(of: folder)
    guard FileOperation.exists(path) else { throw StoreError(.noBackup, subject: folder) }
    // A line is about 120 bytes and there are some files a day: this is a thousand years.
    let bytes = try FileOperation.read(path, limit: 64 << 20)
    guard let manifest = BackupManifest(text: bytes) else {
      throw StoreError(.damagedBackup, subject: path)
    }
    return manifest
  }

  /// Copies a database at one moment, without its free pages.
  static func copyDatabase(
    _ source: borrowing Connection, to path: String
  ) throws(StoreError) {
    guard unlink(path) == 0 || errno == ENOENT else { throw FileOperation.failure(path) }
    // SQLite takes an empty file for a new database; ours has rights for its owner only.
    FileOperation.makePrivateFile(path)
    try source.run("VACUUM INTO ?1") { statement throws(StoreError) in
      statement.bind(path, at: 1)
      try statement.execute()
    }
  }

  /// Copies a database of a backup to its place in a store, and lets it have a write-ahead log.
  static func restoreDatabase(_ source: String, to path: String) throws(StoreError) {
    try FileOperation.copy(source, to: path)
    let connection = try Connection(opening: path, for: .write)
    try connection.execute("PRAGMA journal_mode = WAL")
  }

  /// Removes what a restoring that was interrupted left; only what one makes.
  static func removeDraft(_ draft: StoreLayout) throws(StoreError) {
    guard FileOperation.exists(draft.root) else { return }
    for folder in [draft.days, draft.keys, draft.root] where FileOperation.exists(folder) {
      for name in try FileOperation.names(in: folder) { unlink("\(folder)/\(name)") }
      rmdir(folder)
    }
  }
}
