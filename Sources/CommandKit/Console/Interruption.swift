internal import Glibc
internal import Synchronization

/// The wish of the person or the system that a command stop.
///
/// Ctrl-C and SIGTERM only set a flag. A command looks at it between pieces of work, keeps what it
/// acknowledged, and ends with `Interrupted`; a second Ctrl-C ends the program at once.
public struct Interruption: Sendable {
  private let read: @Sendable () -> Bool

  /// Makes a wish that is read from a closure, for tests.
  public init(_ read: @escaping @Sendable () -> Bool) {
    self.read = read
  }

  /// Nobody wishes to stop.
  public static let never = Interruption { false }

  /// Whether the command should stop.
  public var isRequested: Bool { read() }

  /// Throws when the command should stop.
  public func check() throws(Interrupted) {
    if isRequested { throw Interrupted() }
  }

  /// Catches the signals of this process from now on, and returns the wish they express.
  ///
  /// Calls that wait for input return when a signal comes. A signal that the parent had ignored,
  /// as `nohup` does, stays ignored.
  public static func ofSignals() -> Interruption {
    // Touched once before a handler can run: the first use of a global may take a lock.
    _ = signalCount.load(ordering: .relaxed)
    _ = savedTerminal.load(ordering: .relaxed)
    for number in [SIGINT, SIGTERM, SIGHUP] {
      var current = sigaction()
      _ = sigaction(number, nil, &current)
      if unsafeBitCast(current.__sigaction_handler.sa_handler, to: Int.self) == 1 { continue }
      var action = sigaction()
      action.__sigaction_handler.sa_handler = handleSignal
      // Without SA_RESTART, so that a read of a terminal or pipe ends and the flag is seen.
      action.sa_flags = 0
      _ = sigaction(number, &action, nil)
    }
    return Interruption { signalCount.load(ordering: .relaxed) > 0 }
  }
}

/// How many signals came.
private let signalCount = Atomic<Int>(0)

/// The address of the settings to give back to the terminal before an immediate end, or 0.
let savedTerminal = Atomic<UInt>(0)

/// Only what is safe in a signal handler: atomics, tcsetattr and _exit.
private func handleSignal(_ number: Int32) {
  let saved = errno
  let before = signalCount.add(1, ordering: .relaxed).oldValue
  if before > 0 {
    if let settings = UnsafePointer<PromptTerminal>(
      bitPattern: savedTerminal.load(ordering: .relaxed))
    {
      _ = withUnsafePointer(to: settings.pointee.settings) {
        tcsetattr(settings.pointee.descriptor, TCSANOW, $0)
      }
    }
    _exit(ExitStatus.interrupted.rawValue)
  }
  errno = saved
}

/// A terminal whose echo is off, and its settings from before.
struct PromptTerminal {
  let descriptor: Int32
  let settings: termios
}
