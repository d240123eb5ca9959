internal import Glibc
public import VenueRegistry

/// The folder on disk that holds the registry: `categories.csv`, `venues/hotel.csv` and so on.
///
/// A file is replaced whole: written beside, synced, renamed, and the folder synced, so that a
/// crash leaves the old file or the new one. One program changes the folder at a time; readers need
/// no lock. Files of other names are left alone.
///
///     let folder = RegistryFolder(path: "Venues")
///     try folder.update { registry throws(RegistryError) in try registry.add(venue) }
public struct RegistryFolder: Sendable {
  /// The steps that can fail, for tests that make them fail.
  package enum Step: Hashable, Sendable {
    case open, read, lock, makeFolder, create, write, sync, rename, syncFolder
  }

  /// The folder's path.
  public let path: String
  /// The most bytes of one file.
  package static let fileLimit = 256 << 20
  /// Returns the error number with which a step is to fail, in tests.
  package var failing: (@Sendable (Step, String) -> Int32?)?
  /// How often the lock is tried, a tenth of a second apart.
  package var lockAttempts = 50

  /// Names the folder; nothing is read yet.
  public init(path: String) {
    self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
  }

  // MARK: Reading

  /// Reads the files of the registry.
  ///
  /// - Returns: The text of each file, by its path in the folder.
  /// - Throws: `RegistryFolderError` with `.missing`, `.unreadable`, `.notUTF8` or `.tooLarge`.
  public func read() throws(RegistryFolderError) -> RegistryFiles {
    var files = RegistryFiles()
    let top = try names(in: path)
    for name in [
      RegistryFiles.categories, RegistryFiles.agencies, RegistryFiles.divisions,
      RegistryFiles.abbreviations,
    ] where top.contains(name) {
      files.texts[name] = try text(of: "\(path)/\(name)")
    }
    if top.contains(RegistryFiles.venuesFolder) {
      for name in try names(in: "\(path)/\(RegistryFiles.venuesFolder)") {
        let file = "\(RegistryFiles.venuesFolder)/\(name)"
        // An editor's or an interrupted writer's leftover begins with a dot.
        guard !name.hasPrefix("."), RegistryFiles.category(ofFile: file) != nil else { continue }
        files.texts[file] = try text(of: "\(path)/\(file)")
      }
    }
    return files
  }

  /// Reads the registry.
  ///
  /// - Returns: The registry, and what in its files could not be read.
  /// - Throws: `RegistryFolderError` when the files themselves cannot be read.
  public func load() throws(RegistryFolderError) -> (
    registry: Registry, diagnostics: [Diagnostic]
  ) {
    Registry.read(try read())
  }

  private func names(in folder: String) throws(RegistryFolderError) -> [String] {
    if let number = failing?(.open, folder) { throw reading(folder, number) }
    guard let stream = opendir(folder) else { throw reading(folder, errno) }
    defer { closedir(stream) }
    var names: [String] = []
    errno = 0
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      names.append(name)
      errno = 0
    }
    if errno != 0 { throw reading(folder, errno) }
    return names.sorted()
  }

  private func text(of file: String) throws(RegistryFolderError) -> String {
    if let number = failing?(.open, file) { throw reading(file, number) }
    // Not blocking, so that a pipe put in place of a file cannot hang the program.
    let descriptor = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw reading(file, errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw reading(file, errno) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw RegistryFolderError(.unreadable, path: file, reason: "it is not a regular file")
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(max(0, min(Int(status.st_size), RegistryFolder.fileLimit)) + 1)
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      if let number = failing?(.read, file) { throw reading(file, number) }
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw reading(file, errno)
      }
      if count == 0 { break }
      bytes.append(contentsOf: chunk[0..<count])
      guard bytes.count <= RegistryFolder.fileLimit else {
        throw RegistryFolderError(.tooLarge, path: file)
      }
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw RegistryFolderError(.notUTF8, path: file)
    }
    return text
  }

  private func reading(_ path: String, _ number: Int32) -> RegistryFolderError {
    RegistryFolderError(
      number == ENOENT || number == ENOTDIR ? .missing : .unreadable, path: path,
      errorNumber: number, reason: RegistryFolder.words(number))
  }

  // MARK: Writing

  /// Changes the registry: reads it, lets `body` change it, and writes the files that differ.
  ///
  /// No other program can write in between. Nothing is written when `body` throws. When a venue
  /// moves from one file to another and the machine stops between the two, it is in both, which
  /// `Registry.check()` tells, and never in none.
  ///
  /// - Parameter body: Changes the registry.
  /// - Returns: What `body` returns.
  /// - Throws: `RegistryFolderError`, or what `body` throws.
  public func update<Result>(
    _ body: (inout Registry) throws -> Result
  ) throws -> Result {
    try withLock {
      let (before, diagnostics) = try load()
      let errors = diagnostics.filter { $0.severity == .error }
      guard errors.isEmpty else {
        throw RegistryFolderError(.damaged, path: path, diagnostics: errors)
      }
      var after = before
      let result = try body(&after)
      let old = before.files().texts
      // Files whose rows did not change keep the order and the line ends a person gave them.
      try replace(after.files().texts.filter { $0.value != old[$0.key] }, old: old)
      return result
    }
  }

  /// Writes files, whatever is there; other files stay.
  ///
  /// The folder is made when it is missing.
  ///
  /// - Parameter files: The files to write.
  /// - Throws: `RegistryFolderError`.
  public func write(_ files: RegistryFiles) throws(RegistryFolderError) {
    try makeFolder(path)
    do {
      try withLock { try replace(files.texts, old: [:]) }
    } catch let error as RegistryFolderError {
      throw error
    } catch {
      // Nothing else is thrown above; the rule of the language wants the clause.
      throw RegistryFolderError(.unwritable, path: path, reason: "\(error)")
    }
  }

  private func replace(
    _ texts: [String: String], old: [String: String]
  ) throws(RegistryFolderError) {
    func growth(_ file: String) -> Int {
      (texts[file]?.utf8.count ?? 0) - (old[file]?.utf8.count ?? 0)
    }
    // What grows first: a venue that moves is written where it goes before it leaves where it was.
    let order = texts.keys.sorted { left, right in
      growth(left) != growth(right) ? growth(left) > growth(right) : left < right
    }
    for file in order {
      guard let text = texts[file], RegistryFolder.isPlain(file) else {
        throw RegistryFolderError(.unwritable, path: file, reason: "it is no file of a registry")
      }
      if file.hasPrefix("\(RegistryFiles.venuesFolder)/") {
        try makeFolder("\(path)/\(RegistryFiles.venuesFolder)")
      }
      try replace("\(path)/\(file)", with: text)
    }
  }

  /// Whether a path stays in the folder: a name, or `venues/` and a name.
  private static func isPlain(_ file: String) -> Bool {
    let parts = file.split(separator: "/", omittingEmptySubsequences: false)
    return parts.allSatisfy { !$0.isEmpty && !$0.hasPrefix(".") && !$0.utf8.contains(0) }
      && (parts.count == 1 || (parts.count == 2 && parts[0] == RegistryFiles.venuesFolder))
  }

  private func replace(_ file: String, with text: String) throws(RegistryFolderError) {
    let slash = file.lastIndex(of: "/") ?? file.startIndex
    let folder = String(file[..<slash])
    let temporary = "\(folder)/.\(file[file.index(after: slash)...]).checkin-tmp"
    // The lock is held, so a leftover of this name is nobody's.
    unlink(temporary)
    if let number = failing?(.create, temporary) { throw writing(file, number) }
    let descriptor = open(
      temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw writing(file, errno) }
    do throws(RegistryFolderError) {
      defer { close(descriptor) }
      var status = stat()
      if stat(file, &status) == 0 { fchmod(descriptor, status.st_mode & 0o777) }
      try write(Array(text.utf8), to: descriptor, file: file)
      if let number = failing?(.sync, file) { throw writing(file, number) }
      guard fsync(descriptor) == 0 else { throw writing(file, errno) }
    } catch {
      unlink(temporary)
      throw error
    }
    let number = failing?(.rename, file)
    guard number == nil, rename(temporary, file) == 0 else {
      let error = writing(file, number ?? errno)
      unlink(temporary)
      throw error
    }
    try syncFolder(folder)
  }

  private func write(
    _ bytes: [UInt8], to descriptor: Int32, file: String
  ) throws(RegistryFolderError) {
    var written = 0
    while written < bytes.count {
      if let number = failing?(.write, file) { throw writing(file, number) }
      let count = bytes[written...].withUnsafeBytes { rest in
        Glibc.write(descriptor, rest.baseAddress, min(rest.count, 1 << 20))
      }
      if count < 0 {
        if errno == EINTR { continue }
        throw writing(file, errno)
      }
      written += count
    }
  }

  private func makeFolder(_ folder: String) throws(RegistryFolderError) {
    var status = stat()
    if stat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return }
    if let number = failing?(.makeFolder, folder) { throw writing(folder, number) }
    guard mkdir(folder, 0o777) == 0 || errno == EEXIST else { throw writing(folder, errno) }
    let slash = folder.lastIndex(of: "/")
    try syncFolder(slash.map { $0 == folder.startIndex ? "/" : String(folder[..<$0]) } ?? ".")
  }

  private func syncFolder(_ folder: String) throws(RegistryFolderError) {
    if let number = failing?(.syncFolder, folder) { throw writing(folder, number) }
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw writing(folder, errno) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw writing(folder, errno) }
  }

  private func writing(_ path: String, _ number: Int32) -> RegistryFolderError {
    RegistryFolderError(
      .unwritable, path: path, errorNumber: number, reason: RegistryFolder.words(number))
  }

  /// Holds the folder itself, which needs no file of its own and ends with the program.
  private func withLock<Result>(_ body: () throws -> Result) throws -> Result {
    if let number = failing?(.lock, path) { throw writing(path, number) }
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw reading(path, errno) }
    defer { close(descriptor) }
    var attempts = max(1, lockAttempts)
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      let number = errno
      if number == EINTR { continue }
      guard number == EWOULDBLOCK else { throw writing(path, number) }
      attempts -= 1
      if attempts == 0 { throw RegistryFolderError(.busy, path: path, errorNumber: number) }
      usleep(100_000)
    }
    return try body()
  }

  private static func words(_ number: Int32) -> String {
    String(cString: strerror(number))
  }
}
