import CommandKit
import Foundation
import Testing

@Suite("Output, signals and secrets") struct ProcessEdgeTests {
  // MARK: Output

  @Test("What is written arrives in order, also beyond the buffer")
  func writesAll() throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("out", [])
    let descriptor = open(path, O_WRONLY)
    let output = Output(descriptor: descriptor)
    var expected: [UInt8] = []
    for index in 0..<20_000 {
      try output.write("\(index) ")
      try output.line()
      try output.write(bytes: [65, 10])
      expected += Array("\(index) \nA\n".utf8)
    }
    try output.flush()
    close(descriptor)
    #expect([UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) == expected)
    #expect(!output.isTerminal)
  }

  @Test("A reader that went away is told apart from a full disk")
  func tellsWhyOutputFails() async throws {
    await #expect(processExitsWith: .exitCode(7)) {
      signal(SIGPIPE, SIG_IGN)
      var ends: [Int32] = [0, 0]
      guard pipe(&ends) == 0 else { exit(1) }
      close(ends[0])
      let output = Output(descriptor: ends[1])
      try? output.write("x")
      do throws(OutputError) { try output.flush() } catch { exit(error == .closed ? 7 : 2) }
      exit(3)
    }
    let full = open("/dev/full", O_WRONLY)
    try #require(full >= 0)
    defer { close(full) }
    let output = Output(descriptor: full)
    try output.write("x")
    #expect(throws: OutputError.failed(errno: ENOSPC)) { try output.flush() }
  }

  // MARK: Signals

  @Test("The first signal asks to stop, and a waiting read sees it, whatever thread got it")
  func firstSignalAsks() async {
    await #expect(processExitsWith: .exitCode(9)) {
      let interruption = Interruption.ofSignals()
      if interruption.isRequested { exit(1) }
      var ends: [Int32] = [0, 0]
      guard pipe(&ends) == 0 else { exit(2) }
      Thread.detachNewThread {
        usleep(50_000)
        kill(getpid(), SIGINT)
      }
      var file = InputFile(
        descriptor: ends[0], name: "standard input", isOwned: true, size: nil,
        interruption: interruption)
      do throws(InputError) { _ = try file.next() } catch {
        exit(error.code == .interrupted && interruption.isRequested ? 9 : 3)
      }
      exit(4)
    }
  }

  @Test("The second signal ends at once")
  func secondSignalEnds() async {
    await #expect(processExitsWith: .exitCode(130)) {
      let interruption = Interruption.ofSignals()
      kill(getpid(), SIGTERM)
      while !interruption.isRequested { usleep(1_000) }
      kill(getpid(), SIGINT)
      sleep(5)
      exit(1)
    }
  }

  @Test("A signal that the parent ignored stays ignored")
  func keepsIgnoring() async {
    await #expect(processExitsWith: .exitCode(5)) {
      signal(SIGHUP, SIG_IGN)
      let interruption = Interruption.ofSignals()
      kill(getpid(), SIGHUP)
      kill(getpid(), SIGHUP)
      usleep(10_000)
      exit(interruption.isRequested ? 1 : 5)
    }
  }

  // MARK: Secrets

  private func context(
    _ change: (inout GlobalOptions) -> Void = { _ in }, environment: [String: String] = [:]
  ) -> (context: Context, talk: Talk) {
    var options = GlobalOptions()
    options.input = false
    change(&options)
    let talk = Talk(capturingFor: "sample")
    let host = Host(
      output: Output(), talk: talk, environment: { environment[$0] }, wallClock: { 0 },
      monotonic: { 0 })
    return (Context(host: host, options: options), talk)
  }

  private func bytes(_ passphrase: borrowing Passphrase) -> [UInt8] {
    passphrase.withBytes { Array($0) }
  }

  private func code(_ context: Context) -> String? {
    do {
      let passphrase = try context.passphrase(for: "the keys")
      return "\(bytes(passphrase).count) bytes"
    } catch {
      return (error as? CommandError)?.code ?? (error as? UsageError)?.code
        ?? (error as? any CommandErrorConvertible)?.commandError.code
    }
  }

  static let files: [(name: String, content: String, secret: String)] = [
    ("no line feed", "bí mật", "bí mật"), ("a line feed", "bí mật\n", "bí mật"),
    ("a carriage return", "bí mật\r\n", "bí mật"), ("spaces count", " a b \n", " a b "),
    ("only the last line feed goes", "a\n\n", "a\n"),
    (
      "as long as allowed", String(repeating: "x", count: 4_095),
      String(repeating: "x", count: 4_095)
    ),
  ]

  @Test("A file or a descriptor gives its content without the last line's end", arguments: files)
  func readsFromFile(row: (name: String, content: String, secret: String)) throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("secret", Array(row.content.utf8))
    #expect(chmod(path, 0o600) == 0)
    let (fromFile, talk) = context { $0.passphraseFile = Path(path) }
    #expect(bytes(try fromFile.passphrase(for: "the keys")) == Array(row.secret.utf8))
    #expect(talk.captured == "")
    let descriptor = open(path, O_RDONLY)
    defer { close(descriptor) }
    let (fromDescriptor, _) = context { $0.passphraseDescriptor = Int(descriptor) }
    #expect(bytes(try fromDescriptor.passphrase(for: "the keys")) == Array(row.secret.utf8))
  }

  @Test("A file that others may read is warned of")
  func warnsOfOpenFile() throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("secret", Array("x".utf8))
    #expect(chmod(path, 0o644) == 0)
    let (context, talk) = context { $0.passphraseFile = Path(path) }
    #expect(bytes(try context.passphrase(for: "the keys")) == Array("x".utf8))
    #expect(talk.captured.contains("warning") && talk.captured.contains("chmod 600"))
  }

  @Test("An option goes before the environment, and the environment before asking")
  func ordersSources() throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("secret", Array("from file".utf8))
    let variables = ["CHECKIN_PASSPHRASE": "from environment"]
    let (both, _) = context({ $0.passphraseFile = Path(path) }, environment: variables)
    #expect(bytes(try both.passphrase(for: "the keys")) == Array("from file".utf8))
    let (one, _) = context(environment: variables)
    #expect(bytes(try one.passphrase(for: "the keys")) == Array("from environment".utf8))
  }

  @Test("Each way to have no passphrase is told apart")
  func tellsFailures() throws {
    let folder = try TemporaryFolder()
    let empty = try folder.file("empty", [10])
    let long = try folder.file("long", [UInt8](repeating: 65, count: 5_000))
    #expect(code(context().context) == "passphrase.not-given")
    #expect(code(context { $0.passphraseFile = Path(empty) }.context) == "passphrase.empty")
    #expect(code(context { $0.passphraseFile = Path(long) }.context) == "passphrase.too-long")
    #expect(code(context { $0.passphraseFile = "/nonexistent/x" }.context) == "input.not-found")
    #expect(
      code(context { $0.passphraseFile = Path(folder.path) }.context) == "passphrase.unreadable")
    #expect(code(context { $0.passphraseDescriptor = 999 }.context) == "passphrase.unreadable")
    let both = context {
      $0.passphraseFile = "x"
      $0.passphraseDescriptor = 3
    }
    #expect(code(both.context) == "usage")
  }

  /// The two ends of a terminal without a person.
  private struct Terminal {
    let person: Int32
    let program: Int32

    /// Whether the machine has terminals to give; a bare root folder has none.
    static let isPossible: Bool = {
      let descriptor = open("/dev/ptmx", O_RDWR | O_NOCTTY)
      if descriptor >= 0 { close(descriptor) }
      return descriptor >= 0
    }()

    init() throws {
      person = open("/dev/ptmx", O_RDWR | O_NOCTTY)
      try #require(person >= 0)
      // What unlockpt and ptsname do; Glibc's module does not offer them.
      var locked: Int32 = 0
      var number: UInt32 = 0
      let unlock: UInt = 0x4004_5431
      let getNumber: UInt = 0x8004_5430
      try #require(ioctl(person, unlock, &locked) == 0 && ioctl(person, getNumber, &number) == 0)
      program = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY)
      try #require(program >= 0)
    }

    var echoes: Bool {
      var settings = termios()
      return tcgetattr(program, &settings) == 0 && settings.c_lflag & tcflag_t(ECHO) != 0
    }

    func closeBoth() {
      close(person)
      close(program)
    }
  }

  @Test(
    "A typed passphrase is not shown, and the terminal echoes again afterwards",
    .enabled(if: Terminal.isPossible, "there are no pseudo-terminals here"))
  func asksInSecret() throws {
    let terminal = try Terminal()
    defer { terminal.closeBoth() }
    let person = terminal.person
    Thread.detachNewThread {
      // Answers once the question is there; what is typed before is dropped.
      var seen: [UInt8] = []
      var byte: UInt8 = 0
      while !seen.suffix(2).elementsEqual([58, 32]), read(person, &byte, 1) == 1 {
        seen.append(byte)
      }
      let answer = Array("bí mật\n".utf8)
      _ = write(person, answer, answer.count)
    }
    let passphrase = try Passphrase(
      asking: "Passphrase for the keys", on: terminal.program, interruption: .never)
    #expect(bytes(passphrase) == Array("bí mật".utf8))
    #expect(terminal.echoes)
    // All that the person saw after the question is a new line.
    var shown = [UInt8](repeating: 0, count: 100)
    let count = read(person, &shown, shown.count)
    #expect(Array(shown[..<max(0, count)]) == [13, 10])
  }

  @Test(
    "A wish to stop gives the terminal back as it was",
    .enabled(if: Terminal.isPossible, "there are no pseudo-terminals here"))
  func restoresTerminal() throws {
    let terminal = try Terminal()
    defer { terminal.closeBoth() }
    #expect(throws: Interrupted.self) {
      _ = try Passphrase(
        asking: "Passphrase", on: terminal.program, interruption: Interruption { true })
    }
    #expect(terminal.echoes)
  }

  @Test("What is no terminal cannot be asked")
  func refusesOtherFiles() throws {
    let null = open("/dev/null", O_RDWR)
    defer { close(null) }
    #expect(throws: CommandError.self) {
      _ = try Passphrase(asking: "Passphrase", on: null, interruption: .never)
    }
  }

  @Test("Two passphrases are equal when all bytes are")
  func comparesPassphrases() throws {
    let first = try Passphrase(text: "abc")
    for (text, isEqual) in [("abc", true), ("abd", false), ("ab", false), ("abcd", false)] {
      let other = try Passphrase(text: text)
      #expect(first.equals(other) == isEqual, "\(text)")
    }
  }
}
