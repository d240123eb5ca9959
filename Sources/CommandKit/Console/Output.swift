internal import Glibc
public import JSONText

/// Why standard output could not be written.
public enum OutputError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The reader went away, as in `checkin … | head`; the program ends without a word.
  case closed
  /// Anything else, with the system's error number: a full disk, a bad descriptor.
  case failed(errno: Int32)

  /// The stable word for this kind of failure.
  public var code: String {
    switch self {
    case .closed: "output.closed"
    case .failed: "output.failed"
    }
  }

  /// The sentence for a person.
  public var description: String {
    switch self {
    case .closed: "the reader of the output went away"
    case .failed(let number): "the output cannot be written: \(systemMessage(number))"
    }
  }
}

/// A buffered writer of data to a file descriptor.
///
/// Standard output carries data only; what is for people goes to `Talk`. Nothing is written before
/// the buffer is full or `flush()` is called, which the program does at its end; a command that
/// answers line by line calls it after each answer.
public final class Output {
  private enum Destination {
    case descriptor(Int32)
    case memory
  }

  private let destination: Destination
  private var buffer: [UInt8] = []
  private static let capacity = 1 << 16

  /// Whether a person reads it.
  public let isTerminal: Bool

  /// Whether styles may be used; the program decides from the terminal, NO_COLOR and --no-color.
  public internal(set) var usesColour = false

  /// The columns to fit tables in, when a person reads it.
  public let width: Int?

  /// Makes a writer to an open descriptor, which stays open.
  public init(descriptor: Int32) {
    destination = .descriptor(descriptor)
    isTerminal = isatty(descriptor) == 1
    width = isTerminal ? terminalWidth(descriptor) : nil
  }

  /// Makes a writer that keeps what it is given, for tests.
  public init(capturingAsTerminal isTerminal: Bool = false, width: Int? = nil) {
    destination = .memory
    self.isTerminal = isTerminal
    self.width = width
  }

  /// What was written to a capturing writer, as text.
  public var captured: String { String(decoding: buffer, as: UTF8.self) }

  /// Writes text as it is.
  public func write(_ text: String) throws(OutputError) {
    buffer.append(contentsOf: text.utf8)
    try flushIfFull()
  }

  /// Writes bytes as they are.
  public func write(bytes: some Collection<UInt8>) throws(OutputError) {
    buffer.append(contentsOf: bytes)
    try flushIfFull()
  }

  /// Writes text and a line feed.
  public func line(_ text: String = "") throws(OutputError) {
    buffer.append(contentsOf: text.utf8)
    buffer.append(UInt8(ascii: "\n"))
    try flushIfFull()
  }

  /// Writes a table, fitted to the terminal when there is one.
  public func table(_ table: Table) throws(OutputError) {
    for line in table.lines(width: width, colour: usesColour) { try self.line(line) }
  }

  /// Writes one JSON value and a line feed.
  ///
  /// For long lists of objects keep one `JSONLines` instead, which reuses its buffer.
  public func json(_ body: (inout JSONWriter) -> Void) throws(OutputError) {
    var json = JSONWriter()
    body(&json)
    json.endLine()
    try write(bytes: json.bytes)
  }

  /// Returns text in a style, or as it is where colour is not wanted.
  public func styled(_ text: String, _ style: Style) -> String {
    usesColour ? style.applied(to: text) : text
  }

  /// Hands what is buffered to the system.
  public func flush() throws(OutputError) {
    guard case .descriptor(let descriptor) = destination, !buffer.isEmpty else { return }
    // What could not be written is dropped: the program ends on the error.
    defer { buffer.removeAll(keepingCapacity: true) }
    let failure = buffer.withUnsafeBytes { writeAll($0, to: descriptor) }
    if let failure { throw failure == EPIPE ? .closed : .failed(errno: failure) }
  }

  private func flushIfFull() throws(OutputError) {
    if buffer.count >= Output.capacity { try flush() }
  }
}

/// Writes all bytes, going on after signals and partial writes; returns the error number if any.
func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32? {
  guard var next = bytes.baseAddress else { return nil }
  var left = bytes.count
  while left > 0 {
    let count = Glibc.write(descriptor, next, left)
    if count >= 0 {
      next += count
      left -= count
    } else if errno == EAGAIN {
      // The descriptor was made non-blocking by whoever shares it with us.
      var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      _ = poll(&waiting, 1, -1)
    } else if errno != EINTR {
      return errno
    }
  }
  return nil
}

/// The columns of a terminal, or nil when it does not say.
func terminalWidth(_ descriptor: Int32) -> Int? {
  var size = winsize()
  guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
  return Int(size.ws_col)
}
