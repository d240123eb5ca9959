internal import Glibc
internal import Synchronization

/// Who may read a file that is written.
public enum FileAccess: Sendable {
  /// Everybody, as the person's umask allows: posters hang on walls.
  case everybody
  /// Its owner: whoever has a pass comes in as its holder.
  case owner

  var mode: mode_t {
    switch self {
    case .everybody: 0o644
    case .owner: 0o600
    }
  }
}

/// A file that is written under a hidden name and takes its own when it is whole.
///
/// A reader sees the old file or the new one. Nothing is forced to the disk: a poster can be made again.
/// A draft that is not published is removed with the value.
struct FileDraft: ~Copyable {
  /// What to write to.
  let descriptor: Int32
  private let path: String
  private let partial: String
  private var isOpen = true

  /// Makes the hidden file in the folder of the one that is meant.
  ///
  /// - Parameters:
  ///   - path: The file that is meant.
  ///   - access: Who may read it.
  /// - Throws: `PosterError.notWritten`.
  init(path: String, access: FileAccess = .everybody) throws(PosterError) {
    guard !path.isEmpty, !path.utf8.contains(0) else {
      throw .notWritten(path: path, reason: "this is no file name")
    }
    let folder = path.lastIndex(of: "/").map { path[...$0] } ?? ""
    let number = FileDraft.count.add(1, ordering: .relaxed).newValue
    let partial = "\(folder).checkin-\(FileDraft.process)-\(number).partial"
    let descriptor = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, access.mode)
    guard descriptor >= 0 else { throw .notWritten(path: path, reason: QRSymbol.message(errno)) }
    self.path = path
    self.partial = partial
    self.descriptor = descriptor
  }

  deinit {
    guard isOpen else { return }
    close(descriptor)
    unlink(partial)
  }

  /// Writes all of some bytes.
  ///
  /// - Throws: `PosterError.notWritten`.
  static func write(
    _ bytes: [UInt8], to descriptor: Int32, path: String
  ) throws(PosterError) {
    let failure: Int32 = bytes.withUnsafeBytes { buffer in
      var written = 0
      while written < buffer.count {
        let rest = UnsafeRawBufferPointer(rebasing: buffer[written...])
        let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { return count < 0 ? errno : EIO }
        written += count
      }
      return 0
    }
    guard failure == 0 else { throw .notWritten(path: path, reason: QRSymbol.message(failure)) }
  }

  /// Gives the file its name.
  ///
  /// - Throws: `PosterError.notWritten`; the hidden file is then gone.
  mutating func publish() throws(PosterError) {
    isOpen = false
    var failure: Int32 = close(descriptor) != 0 ? errno : 0
    if failure == 0 && rename(partial, path) != 0 { failure = errno }
    guard failure == 0 else {
      unlink(partial)
      throw .notWritten(path: path, reason: QRSymbol.message(failure))
    }
  }

  /// Counts the hidden files of this process, so that two writers never share one.
  private static let count = Atomic<UInt64>(0)
  private static let process = getpid()
}
