import CommandKit
import Foundation
import Glibc
import Testing

@Suite("Input that is typed") struct TypedInputTests {
  /// The two ends of a terminal.
  private struct Terminal: ~Copyable {
    let keyboard: Int32
    let program: Int32

    init() throws {
      keyboard = open("/dev/ptmx", O_RDWR | O_NOCTTY)
      // The functions that make a pair of ends are not seen from Swift; these are what they call.
      var isLocked: Int32 = 0
      var number: Int32 = -1
      let unlocked = ioctl(keyboard, 0x4004_5431, &isLocked)  // TIOCSPTLCK
      let numbered = ioctl(keyboard, 0x8004_5430, &number)  // TIOCGPTN
      program = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY)
      try #require(unlocked == 0 && numbered == 0)
      try #require(program >= 0)
    }

    deinit {
      close(keyboard)
      close(program)
    }

    func type(_ text: String) {
      let bytes = Array(text.utf8)
      _ = write(keyboard, bytes, bytes.count)
    }

    var mode: tcflag_t {
      var settings = termios()
      tcgetattr(program, &settings)
      return settings.c_lflag & tcflag_t(ICANON | ECHO)
    }
  }

  @Test("Keys come without Enter and are not shown, and the terminal is left as it was")
  func keys() throws {
    let terminal = try Terminal()
    let before = terminal.mode
    #expect(before == tcflag_t(ICANON | ECHO))
    try {
      var input = try TypedInput(descriptor: terminal.program, interruption: .never)
      let isTerminal = input.isTerminal
      #expect(isTerminal)
      #expect(terminal.mode == 0)
      #expect(try input.next(withinMilliseconds: 0) == .silence)
      terminal.type("12")
      #expect(try input.next(withinMilliseconds: 10_000) == .bytes(Array("12".utf8)))
      terminal.type("3\r")
      #expect(try input.next(withinMilliseconds: 10_000) == .bytes(Array("3\n".utf8)))
      terminal.type("4\u{4}")
      #expect(try input.next(withinMilliseconds: 10_000) == .bytes(Array("4".utf8)))
      terminal.type("\u{4}")
      #expect(try input.next(withinMilliseconds: 10_000) == .end)
    }()
    #expect(terminal.mode == before)
    var shown = pollfd(fd: terminal.keyboard, events: Int16(POLLIN), revents: 0)
    #expect(poll(&shown, 1, 0) == 0)
  }

  @Test("A pipe is read to its end, without a look at the clock")
  func pipes() throws {
    var ends: [Int32] = [-1, -1]
    try #require(pipe(&ends) == 0)
    var input = try TypedInput(descriptor: ends[0], interruption: .never)
    let isTerminal = input.isTerminal
    #expect(!isTerminal)
    _ = write(ends[1], Array("a\u{4}b".utf8), 3)
    #expect(try input.next(withinMilliseconds: 0) == .bytes(Array("a\u{4}b".utf8)))
    close(ends[1])
    #expect(try input.next(withinMilliseconds: 0) == .end)
    close(ends[0])
  }

  @Test("A wish to stop ends a wait for keys")
  func interruption() throws {
    let terminal = try Terminal()
    var input = try TypedInput(
      descriptor: terminal.program, interruption: Interruption { true })
    let error = #expect(throws: InputError.self) { try input.next(withinMilliseconds: 0) }
    #expect(error?.code == .interrupted)
  }
}
