internal import Glibc
internal import JSONText
internal import Synchronization

/// Lines of JSON on standard error, which journald keeps.
///
/// Nothing of a person is in them: no address, no visitor, no venue, no path of a request. Who writes
/// a line gives the event, a literal, and values that the program made; texts of clients have no way
/// in.
public final class ServerLog: Sendable {
  /// How bad it is, by the names and numbers of syslog.
  public enum Level: Int, Sendable {
    /// Something does not work.
    case error = 3
    /// Something may stop working.
    case warning = 4
    /// Something happened.
    case info = 6
  }

  private let write: @Sendable ([UInt8]) -> Bool
  private let clock: @Sendable () -> Int64
  private let dropped = Atomic<Int>(0)

  /// How many lines were dropped because who reads the log does not keep up.
  public var droppedLines: Int { dropped.load(ordering: .relaxed) }

  /// Makes a log.
  ///
  /// - Parameters:
  ///   - clock: Unix milliseconds.
  ///   - write: Takes whole lines.
  public convenience init(
    clock: @escaping @Sendable () -> Int64, write: @escaping @Sendable ([UInt8]) -> Void
  ) {
    self.init(
      clock: clock,
      tryingToWrite: { line in
        write(line)
        return true
      })
  }

  /// Makes a log whose `write` says whether it took the line.
  init(
    clock: @escaping @Sendable () -> Int64,
    tryingToWrite write: @escaping @Sendable ([UInt8]) -> Bool
  ) {
    self.clock = clock
    self.write = write
  }

  /// A log that keeps nothing.
  public static let silent = ServerLog(clock: { 0 }, write: { _ in })

  /// Lines on a file descriptor, each in one write; what it does not take at once is dropped and
  /// counted, so that a reader who is stuck holds nobody up.
  public static func descriptor(
    _ descriptor: Int32, clock: @escaping @Sendable () -> Int64
  ) -> ServerLog {
    // One at a time: the room that was found must still be there for the write.
    let turn = Mutex(())
    return ServerLog(
      clock: clock,
      tryingToWrite: { line in
        turn.withLock { _ in
          var state = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
          guard poll(&state, 1, 0) == 1, state.revents & Int16(POLLOUT) != 0 else { return false }
          // A pipe that is ready has room for 4,096 bytes.
          let count = min(line.count, 4_096)
          return line.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, count) } == count
        }
      })
  }

  /// Says that something happened.
  public func info(_ event: StaticString, _ values: [(StaticString, String)] = []) {
    line(.info, event, values)
  }

  /// Says that something may stop working.
  public func warning(_ event: StaticString, _ values: [(StaticString, String)] = []) {
    line(.warning, event, values)
  }

  /// Says that something does not work.
  public func error(_ event: StaticString, _ values: [(StaticString, String)] = []) {
    line(.error, event, values)
  }

  private func line(_ level: Level, _ event: StaticString, _ values: [(StaticString, String)]) {
    var json = JSONWriter()
    json.object {
      $0.field("time", ServerLog.time(clock()))
      $0.field("priority", level.rawValue)
      $0.field("event", "\(event)")
      for (name, value) in values { $0.field(name, value) }
    }
    json.endLine()
    if !write(Array(json.bytes)) { dropped.wrappingAdd(1, ordering: .relaxed) }
  }

  /// A time in UTC, such as `2021-07-30T01:02:03.004Z`.
  static func time(_ milliseconds: Int64) -> String {
    var seconds = time_t(milliseconds / 1_000)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func padded(_ number: Int, _ width: Int) -> String {
      let digits = String(number)
      return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
    return "\(padded(Int(parts.tm_year) + 1900, 4))-\(padded(Int(parts.tm_mon) + 1, 2))-"
      + "\(padded(Int(parts.tm_mday), 2))T\(padded(Int(parts.tm_hour), 2)):"
      + "\(padded(Int(parts.tm_min), 2)):\(padded(Int(parts.tm_sec), 2))."
      + "\(padded(Int(milliseconds % 1_000), 3))Z"
  }
}
