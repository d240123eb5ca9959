internal import Glibc

/// What the program says to the person at the terminal, on standard error.
///
/// Each line begins with the program's name, so that it can be told apart in a pipeline. Text from
/// outside is made harmless here, at the one edge.
public final class Talk {
  private let program: String
  private let descriptor: Int32?
  private var heard = ""

  /// Whether a person reads it.
  public let isTerminal: Bool
  /// Whether styles may be used.
  public internal(set) var usesColour = false
  /// Whether notes and progress are left out.
  public internal(set) var isQuiet = false
  /// The columns of the terminal.
  let width: Int?
  /// Whether a progress line stands where the next line should.
  private var hasProgressLine = false

  /// Makes a voice on an open descriptor, which stays open.
  public init(program: String, descriptor: Int32) {
    self.program = program
    self.descriptor = descriptor
    isTerminal = isatty(descriptor) == 1
    width = isTerminal ? terminalWidth(descriptor) : nil
  }

  /// Makes a voice that keeps what it says, for tests.
  public init(
    capturingFor program: String, asTerminal isTerminal: Bool = false, width: Int? = nil
  ) {
    self.program = program
    self.descriptor = nil
    self.isTerminal = isTerminal
    self.width = width
  }

  /// What a capturing voice has said.
  public var captured: String { heard }

  /// Says something worth knowing; `--quiet` leaves it out.
  public func note(_ text: String) {
    if !isQuiet { say(harmless(text)) }
  }

  /// Says that something needs a look though the work goes on.
  public func warning(_ text: String) {
    say("\(styled("warning", .yellow)): \(harmless(text))")
  }

  /// Says why the work cannot go on, or that a part of it failed.
  public func error(_ text: String) {
    say(harmless(text))
  }

  /// Says a failure in the usual form, with file and line.
  public func error(_ error: CommandError) {
    say(harmless(error.description))
  }

  /// Says lines of our own making as they are: help.
  func text(_ text: String) {
    clearProgress()
    write(text)
  }

  private func say(_ line: String) {
    clearProgress()
    write("\(styled(program, .bold)): \(line)\n")
  }

  private func styled(_ text: String, _ style: Style) -> String {
    usesColour ? style.applied(to: text) : text
  }

  // MARK: Progress

  var showsProgress: Bool { isTerminal && !isQuiet }

  func progress(_ line: String) {
    write("\r\u{1B}[K\(line)")
    hasProgressLine = true
  }

  func clearProgress() {
    guard hasProgressLine else { return }
    write("\r\u{1B}[K")
    hasProgressLine = false
  }

  /// Shows what a person is typing where the terminal itself does not; the next line takes its place.
  public func showTyped(_ text: String) {
    guard isTerminal else { return }
    if text.isEmpty { clearProgress() } else { progress("> \(harmless(text))") }
  }

  private func write(_ text: String) {
    guard let descriptor else {
      heard += text
      return
    }
    // Nobody is left to be told when standard error itself fails.
    var text = text
    _ = text.withUTF8 { writeAll(UnsafeRawBufferPointer($0), to: descriptor) }
  }
}
