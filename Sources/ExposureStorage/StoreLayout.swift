internal import Glibc
package import VenueCodes

/// Where the files of a store are.
package struct StoreLayout: Hashable, Sendable {
  /// The folder of the store.
  package let root: String

  /// Makes the layout of a folder.
  package init(root: String) {
    self.root = root
  }

  /// Subjects, cases, prints, audit and settings.
  package var catalog: String { root + "/checkin.sqlite" }
  /// The folder of the day files.
  package var days: String { root + "/days" }
  /// The table of ids.
  package var identities: String { root + "/ids.table" }
  /// The lock that is held while evidence is appended.
  package var appendLock: String { root + "/append.lock" }
  /// The folder of the segments, which are derived from the day files.
  package var segments: String { root + "/segments" }
  /// The doors that a centre enrolled.
  package var doors: String { root + "/doors.sqlite" }
  /// What a door knows of its centre.
  package var upstream: String { root + "/upstream.sqlite" }
  /// Accounts, sessions and requests of exports.
  package var accounts: String { root + "/accounts.sqlite" }
  /// The names of the databases that may be beside the catalog: each is copied, restored and checked
  /// when it is there.
  package static let companions = ["accounts", "contacts", "doors", "upstream"]
  /// The path of a database beside the catalog.
  package func companion(_ name: String) -> String { "\(root)/\(name).sqlite" }
  /// The signed checkpoints of the audit log, which are copied with the keys.
  package var checkpoints: String { keys + "/audit.checkpoints" }
  /// The folder of the sealed keys.
  package var keys: String { root + "/keys" }

  /// Returns the file of a local day.
  package func file(of day: LocalDay) -> String { "\(days)/\(day).sqlite" }

  /// Returns the days that have a file, in order.
  package func storedDays() throws(StoreError) -> [LocalDay] {
    try FileOperation.names(in: days).compactMap { name in
      name.hasSuffix(".sqlite") ? LocalDay(iso8601: name.dropLast(7)) : nil
    }
    .sorted()
  }
}

/// The few operations on files that SQLite does not do for the store.
enum FileOperation {
  /// Returns whether something is at a path.
  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Makes a folder that only its owner can use; one that is there is left as it is.
  static func makeFolder(_ path: String) throws(StoreError) {
    guard mkdir(path, 0o700) != 0 else { return }
    guard errno == EEXIST, isFolder(path) else { throw failure(path) }
  }

  /// Returns the names in a folder, in no order.
  static func names(in folder: String) throws(StoreError) -> [String] {
    guard let stream = opendir(folder) else { throw failure(folder) }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
        tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }

  /// Makes the names in a folder durable, as a new file's name is only then.
  static func synchronizeFolder(_ path: String) throws(StoreError) {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(path) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure(path) }
  }

  /// Makes the name of a file or folder durable in the folder it is in.
  static func synchronizeParent(of path: String) throws(StoreError) {
    var path = path[...]
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    let folder = path.lastIndex(of: "/").map { path[..<$0] } ?? "."
    try synchronizeFolder(folder.isEmpty ? "/" : String(folder))
  }

  /// Makes an empty file that only its owner can use; one that is there is left as it is, and what
  /// fails is told by whoever opens the file next.
  static func makePrivateFile(_ path: String) {
    let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    if descriptor >= 0 { close(descriptor) }
  }

  /// Reads a whole file, or throws when it is longer than it may be.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - limit: The most bytes it may have.
  ///   - check: Looks at the opened file before it is read.
  /// - Returns: Its bytes.
  /// - Throws: `corrupt` when it is longer, and what `check` and the file system report.
  static func read(
    _ path: String, limit: Int, check: (stat) throws(StoreError) -> Void = { _ in }
  ) throws(StoreError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure(path) }
    try check(status)
    var bytes = [UInt8](repeating: 0, count: limit + 1)
    var count = 0
    while count <= limit {
      let got = bytes.withUnsafeMutableBytes { buffer in
        Glibc.read(descriptor, buffer.baseAddress.map { $0 + count }, buffer.count - count)
      }
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw failure(path) }
      guard got > 0 else { break }
      count += got
    }
    guard count <= limit else { throw StoreError(.corrupt, subject: path) }
    bytes.removeSubrange(count...)
    return bytes
  }

  /// Writes a file so that at any moment, also after a power cut, its path has the old content or
  /// the new one, whole.
  static func writeAtomically(_ bytes: [UInt8], to path: String, mode: mode_t) throws(StoreError) {
    let draft = path + ".new"
    guard unlink(draft) == 0 || errno == ENOENT else { throw failure(draft) }
    try writeNew(bytes, to: draft, mode: mode)
    guard rename(draft, path) == 0 else {
      let error = failure(path)
      unlink(draft)
      throw error
    }
    try synchronizeParent(of: path)
  }

  /// Writes a file that must not be there yet, durably but for its name; on failure nothing stays.
  static func writeNew(_ bytes: [UInt8], to path: String, mode: mode_t) throws(StoreError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
    guard descriptor >= 0 else {
      throw errno == EEXIST ? StoreError(.alreadyExists, subject: path) : failure(path)
    }
    defer { close(descriptor) }
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        write(descriptor, buffer.baseAddress.map { $0 + written }, buffer.count - written)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        let error = failure(path)
        unlink(path)
        throw error
      }
      written += count
    }
    guard fsync(descriptor) == 0 else {
      let error = failure(path)
      unlink(path)
      throw error
    }
  }

  /// Appends a line to a file that only its owner may write, durably; a line that was cut off by a
  /// power cut before is ended first.
  static func appendLine(_ line: String, to path: String) throws(StoreError) {
    let isNew = !exists(path)
    let descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure(path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure(path) }
    var last: UInt8 = 0
    if status.st_size > 0, pread(descriptor, &last, 1, status.st_size - 1) == 1,
      last != UInt8(ascii: "\n")
    {
      var end = status.st_size
      while end > 0, pread(descriptor, &last, 1, end - 1) == 1, last != UInt8(ascii: "\n") {
        end -= 1
      }
      guard ftruncate(descriptor, end) == 0 else { throw failure(path) }
    }
    let bytes = Array("\(line)\n".utf8)
    // One call, so that two writers do not mix their lines.
    let count = write(descriptor, bytes, bytes.count)
    guard count == bytes.count, fsync(descriptor) == 0 else { throw failure(path) }
    if isNew { try synchronizeParent(of: path) }
  }

  /// Returns the last bytes of a file, so many at most.
  static func tail(of path: String, count: Int) throws(StoreError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure(path) }
    let length = min(count, Int(status.st_size))
    var bytes = [UInt8](repeating: 0, count: length)
    let got = pread(descriptor, &bytes, length, off_t(Int(status.st_size) - length))
    guard got >= 0 else { throw failure(path) }
    return Array(bytes.prefix(got))
  }

  /// Returns the length and the BLAKE2b-256 digest of a file.
  static func digest(of path: String) throws(StoreError) -> (bytes: Int, digest: [UInt8]) {
    try withBytes(of: path) { bytes in
      (bytes.count, StoreDigest.digest(of: bytes.bindMemory(to: UInt8.self).span))
    }
  }

  /// Reads a file in pieces that begin with the last bytes of the one before, until `body` returns
  /// false.
  ///
  /// It is read and not mapped, because others may cut it off meanwhile.
  static func forEachPiece(
    of path: String, overlap: Int, _ body: (UnsafeRawBufferPointer) -> Bool
  ) throws(StoreError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(path) }
    defer { close(descriptor) }
    let size = 1 << 22
    let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
    defer { memory.deallocate() }
    var kept = 0
    while true {
      let count = Glibc.read(descriptor, memory + kept, size - kept)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw failure(path) }
      guard count > 0, body(UnsafeRawBufferPointer(start: memory, count: kept + count)) else {
        return
      }
      let end = kept + count
      kept = min(overlap, end)
      memory.copyMemory(from: memory + (end - kept), byteCount: kept)
    }
  }

  /// Lends the bytes of a file, mapped, so that they cost no memory of their own.
  static func withBytes<Result>(
    of path: String, _ body: (UnsafeRawBufferPointer) -> Result
  ) throws(StoreError) -> Result {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure(path) }
    let length = Int(status.st_size)
    guard length > 0 else { return body(UnsafeRawBufferPointer(start: nil, count: 0)) }
    guard let memory = mmap(nil, length, PROT_READ, MAP_PRIVATE, descriptor, 0),
      memory != MAP_FAILED
    else { throw failure(path) }
    defer { munmap(memory, length) }
    return body(UnsafeRawBufferPointer(start: memory, count: length))
  }

  /// Copies a file to a path that must not be there yet, durably but for its name.
  static func copy(_ path: String, to target: String) throws(StoreError) {
    let from = open(path, O_RDONLY | O_CLOEXEC)
    guard from >= 0 else { throw failure(path) }
    defer { close(from) }
    let to = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard to >= 0 else { throw failure(target) }
    defer { close(to) }
    while true {
      let count = sendfile(to, from, nil, 1 << 30)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw failure(target) }
      if count == 0 { break }
    }
    guard fsync(to) == 0 else { throw failure(target) }
  }

  /// Removes a file, and returns whether it was there.
  static func remove(_ path: String) -> Bool { unlink(path) == 0 }

  /// Makes what is in a file durable.
  static func synchronize(_ path: String) throws(StoreError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(path) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure(path) }
  }

  /// Runs `body` while no other process runs one for the same folder.
  static func locking<Result, Failure>(
    folder: String, _ body: () throws(Failure) -> Result, failed: (StoreError) -> Failure
  ) throws(Failure) -> Result {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failed(failure(folder)) }
    defer { close(descriptor) }
    while flock(descriptor, LOCK_EX) != 0 {
      guard errno == EINTR else { throw failed(failure(folder)) }
    }
    return try body()
  }

  /// Removes a database and the files SQLite keeps beside it; what is not there is no error.
  static func removeDatabase(_ path: String) throws(StoreError) {
    for suffix in ["", "-wal", "-shm"] {
      guard unlink(path + suffix) == 0 || errno == ENOENT else { throw failure(path + suffix) }
    }
  }

  /// What the file system calls a file, whatever its path.
  struct Node: Equatable {
    let device: UInt64
    let inode: UInt64
  }

  /// Returns which file is at a path, or nil when there is none.
  static func node(of path: String) -> Node? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    return Node(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
  }

  /// The failure that `errno` stands for.
  static func failure(_ path: String) -> StoreError {
    let number = errno
    let code: StoreError.Code =
      switch number {
      case ENOSPC, EDQUOT: .diskFull
      case EROFS, EACCES, EPERM: .readOnly
      case EIO: .inputOutput
      default: .cannotOpen
      }
    return StoreError(code, subject: path, sqliteCode: number)
  }

  /// Whether a path is a folder.
  static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }
}
