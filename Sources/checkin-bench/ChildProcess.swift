internal import CommandKit
internal import Glibc

/// A finished child process: what it said and what it took.
struct ChildProcess {
  /// The exit status; negative for a signal.
  let status: Int32
  /// What it wrote to standard output.
  let output: String
  /// What it took: times by the kernel's account, memory looked at every 20 ms.
  let cost: Cost

  /// Runs a program to its end; its standard error is dropped unless it is to be shown.
  ///
  /// - Parameters:
  ///   - program: A path, or a name that is looked up.
  ///   - arguments: The words after the name.
  ///   - showsErrors: Whether its standard error is this program's.
  /// - Returns: What it said and took.
  /// - Throws: `CommandError` when it cannot be started.
  static func run(
    _ program: String, _ arguments: [String], showsErrors: Bool = false
  ) throws -> ChildProcess {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw failure(program, errno) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    for end in ends { posix_spawn_file_actions_addclose(&actions, end) }
    if !showsErrors { posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0) }
    var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) }
    words.append(nil)
    defer { for word in words { free(word) } }
    let start = Cost.seconds(CLOCK_MONOTONIC)
    var child = pid_t()
    let spawned = posix_spawnp(&child, program, &actions, nil, words, environ)
    close(ends[1])
    defer { close(ends[0]) }
    guard spawned == 0 else { throw failure(program, spawned) }
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    var peakBytes: Int?
    while true {
      var waiting = pollfd(fd: ends[0], events: Int16(POLLIN), revents: 0)
      if poll(&waiting, 1, 20) == 0 {
        peakBytes = peakMemory(of: child) ?? peakBytes
        continue
      }
      let count = read(ends[0], &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      output.append(contentsOf: buffer[..<count])
    }
    var status: Int32 = 0
    var usage = rusage()
    while wait4(child, &status, 0, &usage) < 0, errno == EINTR {}
    let wall = Cost.seconds(CLOCK_MONOTONIC) - start
    return ChildProcess(
      status: status & 0x7f == 0 ? status >> 8 & 0xff : -(status & 0x7f),
      output: String(decoding: output, as: UTF8.self),
      cost: Cost(
        wall: wall, processor: seconds(usage.ru_utime) + seconds(usage.ru_stime),
        peakBytes: peakBytes))
  }

  /// The most memory that a running process has had, in bytes.
  ///
  /// What `wait4` reports will not do: a spawned process begins with the peak of its parent.
  static func peakMemory(of child: pid_t) -> Int? {
    let descriptor = open("/proc/\(child)/status", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 4_096)
    let count = read(descriptor, &bytes, bytes.count)
    guard count > 0 else { return nil }
    for line in String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n")
    where line.hasPrefix("VmHWM:") {
      return Int(line.filter(\.isNumber)).map { $0 * 1_024 }
    }
    return nil
  }

  /// Runs a program that must succeed.
  static func runSuccessfully(_ program: String, _ arguments: [String]) throws -> ChildProcess {
    let child = try run(program, arguments, showsErrors: true)
    guard child.status == 0 else {
      throw CommandError("\(program) \(arguments.first ?? "") ended with status \(child.status)")
    }
    return child
  }

  private static func seconds(_ time: timeval) -> Double {
    Double(time.tv_sec) + Double(time.tv_usec) * 1e-6
  }

  private static func failure(_ program: String, _ number: Int32) -> CommandError {
    CommandError("\(program) cannot be started: \(String(cString: strerror(number)))")
  }
}
