internal import Glibc

/// Tells systemd how the gateway is, as `sd_notify` does: a datagram to a socket that it names.
public struct ServiceManager: Sendable {
  private let path: String?
  /// How often it wants to hear that the gateway lives, in milliseconds; nil when it does not.
  public let watchdogMilliseconds: Int64?

  /// Reads what systemd put into the environment; without it, nothing is ever sent.
  ///
  /// - Parameter environment: Reads a variable.
  public init(_ environment: (String) -> String?) {
    path = environment("NOTIFY_SOCKET")
    let isOurs = environment("WATCHDOG_PID").map { $0 == "\(getpid())" } ?? true
    watchdogMilliseconds =
      isOurs
      ? environment("WATCHDOG_USEC").flatMap { Int64($0) }.map { max(1, $0 / 2_000) } : nil
  }

  /// What is told.
  public enum Message: Sendable {
    /// The gateway serves.
    case ready
    /// The gateway reads venues and keys again.
    case reloading
    /// The gateway lives.
    case watchdog
    /// The gateway is about to end.
    case stopping

    var text: String {
      switch self {
      case .ready: "READY=1"
      case .reloading:
        "RELOADING=1\nMONOTONIC_USEC=\(MonotonicClock.microseconds)"
      case .watchdog: "WATCHDOG=1"
      case .stopping: "STOPPING=1"
      }
    }
  }

  /// Tells something; a service manager that does not listen stops nothing.
  ///
  /// - Parameter message: What.
  /// - Returns: Whether it was sent.
  @discardableResult
  public func tell(_ message: Message) -> Bool {
    guard let path, !path.isEmpty else { return false }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    var name = Array(path.utf8)
    // A name that begins with @ is no file: its first byte is zero.
    if name.first == UInt8(ascii: "@") { name[0] = 0 }
    guard name.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
    let text = Array(message.text.utf8)
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        sendto(descriptor, text, text.count, Int32(MSG_NOSIGNAL), $0, length) == text.count
      }
    }
  }
}
