internal import Glibc

/// How many files the process may have open; a connection is one.
public enum OpenFiles {
  /// What is left for the store, its days and the log.
  static let reserved = 512

  /// The most that the process may ask for.
  static var most: Int { limit.map { count($0.rlim_max) } ?? 1_024 }

  /// Asks for as many as the process may have.
  ///
  /// - Returns: How many it has now.
  public static func raise() -> Int {
    guard var limit else { return 1_024 }
    let before = limit.rlim_cur
    limit.rlim_cur = limit.rlim_max
    // A sandbox may forbid it; then it stays as it was.
    return setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
      ? count(limit.rlim_max) : count(before)
  }

  /// How many connections there is room for.
  ///
  /// - Parameters:
  ///   - wanted: How many there should be.
  ///   - files: How many files may be open.
  /// - Returns: At least 8, as the server needs.
  public static func connections(of wanted: Int, files: Int) -> Int {
    min(wanted, max(8, files - min(reserved, files / 2)))
  }

  private static var limit: rlimit? {
    var limit = rlimit()
    return getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 ? limit : nil
  }

  private static func count(_ number: rlim_t) -> Int { Int(clamping: number) }
}
