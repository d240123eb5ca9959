public import Foundation
internal import Glibc
internal import Synchronization

/// A started program with its pipes.
///
/// It is made with `posix_spawn` and read with `poll`, in the one thread that asks: `Process` needs
/// a run loop, and a thread for each pipe.
public final class RunningProgram {
  /// Why a program could not be started.
  public struct StartError: Error {
    /// The system's error number.
    public let number: Int32
  }

  /// The process id, for signals.
  public let processIdentifier: pid_t

  private var input: Int32
  private var output: Int32
  private var errors: Int32
  private var read = 0
  private var readErrors = 0
  private var outputBytes: [UInt8] = []
  private var errorBytes: [UInt8] = []
  private var status: Int32?

  /// The longest that anything here waits for the program: a test that hangs says nothing.
  private static let patienceMilliseconds = 60_000

  init(path: String, words: [String], variables: [String], folder: String) throws {
    // Writing to a program that was killed must fail, not end the tests.
    signal(SIGPIPE, SIG_IGN)
    // A program that another thread starts between a pipe's making and its marking would hold it
    // open, and its end would never be seen.
    (processIdentifier, input, output, errors) = try Self.starting.withLock { _ in
      try Self.spawn(path: path, words: words, variables: variables, folder: folder)
    }
    // Feeding must not block while the program waits for us to read its answers.
    _ = fcntl(input, F_SETFL, O_NONBLOCK)
  }

  private static let starting = Mutex(())

  private static func spawn(
    path: String, words: [String], variables: [String], folder: String
  ) throws -> (child: pid_t, input: Int32, output: Int32, errors: Int32) {
    let inputEnds = try makePipe()
    let outputEnds = try makePipe()
    let errorEnds = try makePipe()
    let theirs = [inputEnds.reading, outputEnds.writing, errorEnds.writing]
    defer { for descriptor in theirs { close(descriptor) } }

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (place, descriptor) in theirs.enumerated() {
      posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(place))
    }

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    // A runner in the background has some of them ignored, and that would be inherited.
    for number in [SIGPIPE, SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, number) }
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGDEF) | Int16(POSIX_SPAWN_SETSIGMASK))

    // The C library's own way to change the folder is not seen from Swift.
    let call = ["env", "-C", folder, path] + words
    let arguments: [UnsafeMutablePointer<CChar>?] = call.map { strdup($0) } + [nil]
    let environment: [UnsafeMutablePointer<CChar>?] = variables.map { strdup($0) } + [nil]
    defer { for text in arguments + environment { free(text) } }
    var child = pid_t()
    let failure = posix_spawn(
      &child, "/usr/bin/env", &actions, &attributes, arguments, environment)
    let ours = [inputEnds.writing, outputEnds.reading, errorEnds.reading]
    guard failure == 0 else {
      for descriptor in ours { close(descriptor) }
      throw StartError(number: failure)
    }
    return (child, ours[0], ours[1], ours[2])
  }

  deinit {
    if status == nil { kill() }
    for descriptor in [input, output, errors] where descriptor >= 0 { close(descriptor) }
  }

  private static func makePipe() throws -> (reading: Int32, writing: Int32) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw StartError(number: errno) }
    for descriptor in ends { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  // MARK: Talking

  /// Writes a line to its standard input; false when it has gone.
  @discardableResult
  public func send(_ line: String) -> Bool {
    var rest = Array((line + "\n").utf8)[...]
    while !rest.isEmpty {
      guard input >= 0 else { return false }
      guard pump(&rest, until: Self.milliseconds() + Self.patienceMilliseconds) else {
        return false
      }
    }
    return input >= 0
  }

  /// Reads the next line of its standard output, or nil at the end.
  public func nextLine() -> String? {
    let deadline = Self.milliseconds() + Self.patienceMilliseconds
    var nothing: ArraySlice<UInt8> = []
    while true {
      if let end = outputBytes[read...].firstIndex(of: UInt8(ascii: "\n")) {
        defer { read = end + 1 }
        return String(decoding: outputBytes[read..<end], as: UTF8.self)
      }
      guard output >= 0, pump(&nothing, until: deadline) else { return nil }
    }
  }

  /// Reads the next line of its standard error, or nil at the end; `finish` gives all of them.
  public func nextErrorLine() -> String? {
    let deadline = Self.milliseconds() + Self.patienceMilliseconds
    var nothing: ArraySlice<UInt8> = []
    while true {
      if let end = errorBytes[readErrors...].firstIndex(of: UInt8(ascii: "\n")) {
        defer { readErrors = end + 1 }
        return String(decoding: errorBytes[readErrors..<end], as: UTF8.self)
      }
      guard errors >= 0, pump(&nothing, until: deadline) else { return nil }
    }
  }

  /// Sends it a signal.
  public func send(signal number: Int32) {
    if status == nil { _ = Glibc.kill(processIdentifier, number) }
  }

  /// Ends it at once (SIGKILL), and waits.
  public func kill() {
    send(signal: SIGKILL)
    wait()
  }

  /// Feeds it, and ends it at once (SIGKILL) after a time, in the middle of whatever it does.
  ///
  /// - Parameters:
  ///   - milliseconds: When it is ended, unless it ended by itself before.
  ///   - data: What it reads; the end of it is not shown to the program.
  /// - Returns: How it ended, and all it wrote before that.
  public func kill(afterMilliseconds milliseconds: Int, feeding data: Data) -> BuiltProgram.Outcome
  {
    var rest = Array(data)[...]
    let deadline = Self.milliseconds() + milliseconds
    while Self.milliseconds() < deadline, output >= 0 || errors >= 0 {
      _ = pump(&rest, until: deadline)
    }
    send(signal: SIGKILL)
    rest = []
    return outcome(feeding: &rest)
  }

  /// Feeds it the rest of its input, reads all it writes, and waits for its end.
  public func finish(feeding data: Data = Data()) -> BuiltProgram.Outcome {
    var rest = Array(data)[...]
    return outcome(feeding: &rest)
  }

  // MARK: Pipes

  private func outcome(feeding rest: inout ArraySlice<UInt8>) -> BuiltProgram.Outcome {
    if rest.isEmpty { closeInput() }
    let deadline = Self.milliseconds() + Self.patienceMilliseconds
    while output >= 0 || errors >= 0 {
      guard pump(&rest, until: deadline) else { break }
      if rest.isEmpty { closeInput() }
    }
    if output >= 0 || errors >= 0 { send(signal: SIGKILL) }
    wait()
    let ended = status ?? 0
    let signal = ended & 0x7f
    return BuiltProgram.Outcome(
      status: signal == 0 ? (ended >> 8) & 0xff : signal, wasSignalled: signal != 0,
      output: String(decoding: outputBytes[read...], as: UTF8.self),
      errors: String(decoding: errorBytes, as: UTF8.self))
  }

  /// Moves what can be moved through the three pipes; false when nothing could before the deadline.
  private func pump(
    _ rest: inout ArraySlice<UInt8>, until deadline: Int
  ) -> Bool {
    var waiting = [
      pollfd(fd: rest.isEmpty ? -1 : input, events: Int16(POLLOUT), revents: 0),
      pollfd(fd: output, events: Int16(POLLIN), revents: 0),
      pollfd(fd: errors, events: Int16(POLLIN), revents: 0),
    ]
    let left = deadline - Self.milliseconds()
    guard left > 0, poll(&waiting, 3, Int32(left)) > 0 else { return false }
    if waiting[0].revents != 0 {
      let count = rest.withUnsafeBytes { write(input, $0.baseAddress, $0.count) }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if errno != EAGAIN {
        // It reads no more.
        rest = []
        closeInput()
      }
    }
    if waiting[1].revents != 0 { receive(&output, into: &outputBytes) }
    if waiting[2].revents != 0 { receive(&errors, into: &errorBytes) }
    return true
  }

  private func receive(_ descriptor: inout Int32, into bytes: inout [UInt8]) {
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    let count = Glibc.read(descriptor, &piece, piece.count)
    if count > 0 {
      bytes += piece[..<count]
    } else if count == 0 || errno != EINTR {
      close(descriptor)
      descriptor = -1
    }
  }

  private func closeInput() {
    if input >= 0 { close(input) }
    input = -1
  }

  private func wait() {
    guard status == nil else { return }
    var ended: Int32 = 0
    while waitpid(processIdentifier, &ended, 0) < 0, errno == EINTR {}
    status = ended
  }

  private static func milliseconds() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1_000 + time.tv_nsec / 1_000_000
  }
}
