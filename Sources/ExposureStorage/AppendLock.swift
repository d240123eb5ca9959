internal import Glibc

/// The lock that one process at a time holds while it appends evidence.
///
/// An append touches several files, so SQLite's own locks cannot cover it. The file is locked with
/// `flock`, which the kernel lets go when its holder dies in any way.
struct AppendLock: ~Copyable {
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
}
