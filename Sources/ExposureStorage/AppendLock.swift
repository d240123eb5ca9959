internal import Glibc
internal import VenueCodes

/// The lock that one process at a time holds while it appends evidence, and the news board on it.
///
/// An append touches several databases, so SQLite's own locks cannot cover it. The file is locked
/// with `flock`, which the kernel lets go when its holder dies in any way. Its content is a ring of
/// the days that were written last: who gets the lock after someone else sees which day files have
/// rows it does not know, and need not look at all of them. The board is written before the rows
/// are committed, so that a writer that dies in between leaves one look too many and never one too
/// few. It is never trusted across a restart: a store that has just been opened looks at every day.
struct AppendLock: ~Copyable {
  private static let places = 1_024
  private let descriptor: Int32
  private let path: String

  init(at path: String) throws(StoreError) {
    let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard opened >= 0 else { throw FileOperation.failure(path) }
    self.descriptor = opened
    self.path = path
  }

  deinit { close(descriptor) }

  /// Waits for the lock, runs `body`, and lets the lock go.
  ///
  /// - Throws: `busy` when another process holds the lock for too long, and what `body` throws.
  borrowing func holding<Result>(
    waitingMilliseconds: Int32, _ body: () throws(StoreError) -> Result
  ) throws(StoreError) -> Result {
    // flock has no time limit of its own, so this asks again, more and more seldom.
    var pause: UInt32 = 100
    var waited: Int64 = 0
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      guard errno == EWOULDBLOCK || errno == EINTR else { throw FileOperation.failure(path) }
      guard waited < Int64(waitingMilliseconds) * 1_000 else {
        throw StoreError(.busy, subject: path)
      }
      usleep(pause)
      waited += Int64(pause)
      pause = min(pause * 2, 10_000)
    }
    defer { flock(descriptor, LOCK_UN) }
    return try body()
  }

  /// Returns how many day writes have been announced since the file was made.
  borrowing func announced() -> Int64 {
    var count: Int64 = 0
    let read = pread(descriptor, &count, 8, 0)
    return read == 8 ? max(0, Int64(littleEndian: count)) : 0
  }

  /// Returns the days written since a count, or nil when the board no longer holds them all.
  borrowing func days(since known: Int64) -> Set<LocalDay>? {
    let count = announced()
    guard known <= count, count - known <= Int64(AppendLock.places) else { return nil }
    var days: Set<LocalDay> = []
    for entry in known..<count {
      var day: Int32 = 0
      guard pread(descriptor, &day, 4, AppendLock.offset(of: entry)) == 4 else { return nil }
      days.insert(LocalDay(daysSince2020: Int32(littleEndian: day)))
    }
    return days
  }

  /// Announces that days are about to be written, and returns the new count.
  borrowing func announce(_ days: [LocalDay]) throws(StoreError) -> Int64 {
    var count = announced()
    for day in days {
      var entry = day.daysSince2020.littleEndian
      guard pwrite(descriptor, &entry, 4, AppendLock.offset(of: count)) == 4 else {
        throw FileOperation.failure(path)
      }
      count += 1
    }
    var header = count.littleEndian
    guard pwrite(descriptor, &header, 8, 0) == 8 else { throw FileOperation.failure(path) }
    return count
  }

  private static func offset(of entry: Int64) -> off_t {
    off_t(8 + entry % Int64(places) * 4)
  }
}
