internal import Glibc
internal import Synchronization

/// Standard input as a scanner or a person types it, key by key where it is a terminal.
///
/// A terminal gives a line only after Enter, which some scanners do not send, and shows what is typed,
/// which may be somebody's card. So both are switched off while this lives, and what is typed by hand
/// is shown by `show`, if the caller thinks it fit.
///
/// A line editor of the terminal's is lost with that: Ctrl-D ends the input, and other editing is the
/// caller's. Ctrl-C works as ever.
public struct TypedInput: ~Copyable {
  /// What a wait came to.
  public enum Event: Equatable, Sendable {
    /// Bytes came.
    case bytes([UInt8])
    /// Nothing came in the time.
    case silence
    /// No more will come.
    case end
  }

  /// Whether keys come from a terminal, one by one.
  public let isTerminal: Bool

  private var file: InputFile
  private let interruption: Interruption
  private let before: UnsafeMutablePointer<PromptTerminal>?

  /// Opens standard input.
  ///
  /// - Parameter interruption: Ends a wait.
  /// - Throws: `InputError` when it cannot be opened.
  public init(interruption: Interruption) throws(InputError) {
    try self.init(descriptor: STDIN_FILENO, interruption: interruption)
  }

  package init(descriptor: Int32, interruption: Interruption) throws(InputError) {
    file = InputFile(
      descriptor: descriptor, name: "standard input", isOwned: false, size: nil,
      interruption: interruption)
    self.interruption = interruption
    var settings = termios()
    guard tcgetattr(descriptor, &settings) == 0 else {
      isTerminal = false
      before = nil
      return
    }
    isTerminal = true
    let before = UnsafeMutablePointer<PromptTerminal>.allocate(capacity: 1)
    before.initialize(to: PromptTerminal(descriptor: descriptor, settings: settings))
    // A second Ctrl-C gives the settings back too.
    savedTerminal.store(UInt(bitPattern: before), ordering: .sequentiallyConsistent)
    self.before = before
    // ICRNL stays: the Enter of a scanner and of a person come alike.
    settings.c_lflag &= ~tcflag_t(ICANON | ECHO)
    withUnsafeMutableBytes(of: &settings.c_cc) { characters in
      characters[Int(VMIN)] = 1
      characters[Int(VTIME)] = 0
    }
    _ = tcsetattr(descriptor, TCSANOW, &settings)
  }

  deinit {
    guard let before else { return }
    _ = withUnsafePointer(to: before.pointee.settings) {
      tcsetattr(before.pointee.descriptor, TCSANOW, $0)
    }
    savedTerminal.store(0, ordering: .sequentiallyConsistent)
    before.deallocate()
  }

  /// Waits for bytes, on a terminal no longer than a time.
  ///
  /// - Parameter milliseconds: The longest wait on a terminal; elsewhere a wait ends with bytes or
  ///   the end.
  /// - Throws: What reading throws.
  /// - Returns: What came.
  public mutating func next(withinMilliseconds milliseconds: Int32) throws(InputError) -> Event {
    if let before {
      var waiting = pollfd(fd: before.pointee.descriptor, events: Int16(POLLIN), revents: 0)
      if poll(&waiting, 1, milliseconds) == 0 {
        guard !interruption.isRequested else { throw InputError(.interrupted, "standard input") }
        return .silence
      }
    }
    guard let bytes = try file.next() else { return .end }
    guard isTerminal else { return .bytes(Array(bytes)) }
    // Without the line editor Ctrl-D is a character.
    guard let end = bytes.firstIndex(of: 0x04) else { return .bytes(Array(bytes)) }
    return end == bytes.startIndex ? .end : .bytes(Array(bytes[..<end]))
  }

  /// A clock that does not go back, in milliseconds.
  public static var milliseconds: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
  }
}
