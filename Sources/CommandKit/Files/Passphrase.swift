internal import Glibc
internal import Synchronization

/// A secret that a person knows, in memory that is wiped when it goes out of scope.
///
/// The bytes are kept out of swap where the system allows it, and never become a `String`, with one
/// exception: from the environment, where they lie open anyway.
public struct Passphrase: ~Copyable {
  private let start: UnsafeMutableRawPointer
  private var count = 0

  private var memory: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: start, count: Passphrase.capacity)
  }

  /// The most bytes a passphrase may have; what a terminal can give in one line.
  package static let limit = 4_095
  private static let capacity = limit + 1

  private init() {
    start = .allocate(byteCount: Passphrase.capacity, alignment: 4_096)
    start.initializeMemory(as: UInt8.self, repeating: 0, count: Passphrase.capacity)
    // Refused where the limit for locked memory is low; the secret is then as safe as any memory.
    mlock(start, Passphrase.capacity)
  }

  deinit {
    explicit_bzero(start, Passphrase.capacity)
    munlock(start, Passphrase.capacity)
    start.deallocate()
  }

  /// Hands the bytes to a function; they must not be kept.
  public func withBytes<Result: ~Copyable, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(memory)[..<count]))
  }

  /// Compares in a time that does not depend on where two passphrases differ.
  package func equals(_ other: borrowing Passphrase) -> Bool {
    var difference: UInt8 = count == other.count ? 0 : 1
    for index in 0..<memory.count { difference |= memory[index] ^ other.memory[index] }
    return difference == 0
  }

  // MARK: Sources

  /// Takes the text of an environment variable.
  package init(text: String) throws(CommandError) {
    self.init()
    guard text.utf8.count <= Passphrase.limit else {
      throw Passphrase.tooLong("CHECKIN_PASSPHRASE")
    }
    memory.copyBytes(from: text.utf8)
    count = text.utf8.count
    try requireSome("CHECKIN_PASSPHRASE")
  }

  /// Reads the first line of an open descriptor to its end.
  package init(descriptor: Int32, name: String, interruption: Interruption) throws {
    self.init()
    try read(descriptor, name, stopsAtLineFeed: false, interruption)
  }

  /// Asks on a terminal without showing what is typed.
  ///
  /// The terminal gets its settings back in every case, also when a second Ctrl-C ends the program.
  package init(
    asking question: String, on terminal: Int32, interruption: Interruption
  ) throws {
    self.init()
    var settings = termios()
    guard tcgetattr(terminal, &settings) == 0 else {
      throw CommandError(
        "the passphrase cannot be asked for here", hint: Passphrase.otherWays,
        code: "passphrase.no-terminal")
    }
    let before = UnsafeMutablePointer<PromptTerminal>.allocate(capacity: 1)
    before.initialize(to: PromptTerminal(descriptor: terminal, settings: settings))
    savedTerminal.store(UInt(bitPattern: before), ordering: .sequentiallyConsistent)
    defer {
      _ = withUnsafePointer(to: before.pointee.settings) { tcsetattr(terminal, TCSANOW, $0) }
      savedTerminal.store(0, ordering: .sequentiallyConsistent)
      before.deallocate()
    }
    settings.c_lflag &= ~tcflag_t(ECHO)
    settings.c_lflag |= tcflag_t(ICANON | ISIG | ECHONL)
    // What was typed ahead was typed where everybody could see it, and is dropped.
    guard tcsetattr(terminal, TCSAFLUSH, &settings) == 0 else {
      throw CommandError(
        "the terminal cannot hide a passphrase", hint: Passphrase.otherWays,
        code: "passphrase.no-terminal")
    }
    var prompt = "\(question): "
    _ = prompt.withUTF8 { writeAll(UnsafeRawBufferPointer($0), to: terminal) }
    try read(terminal, "the terminal", stopsAtLineFeed: true, interruption)
  }

  private mutating func read(
    _ descriptor: Int32, _ name: String, stopsAtLineFeed: Bool, _ interruption: Interruption
  ) throws {
    while true {
      guard waitForInput(descriptor, interruption) else { throw Interrupted() }
      guard count < memory.count else { throw Passphrase.tooLong(name) }
      let got = Glibc.read(descriptor, start + count, memory.count - count)
      if got < 0 {
        if errno == EINTR || errno == EAGAIN { continue }
        throw CommandError(
          "the passphrase cannot be read: \(systemMessage(errno))", hint: Passphrase.otherWays,
          file: name, code: "passphrase.unreadable")
      }
      count += got
      if got == 0 || stopsAtLineFeed && memory[count - 1] == UInt8(ascii: "\n") { break }
    }
    // Editors and echo end a file with a line feed, which is no part of the secret.
    if count > 0, memory[count - 1] == UInt8(ascii: "\n") { dropLast() }
    if count > 0, memory[count - 1] == UInt8(ascii: "\r") { dropLast() }
    try requireSome(name)
    guard count <= Passphrase.limit else { throw Passphrase.tooLong(name) }
  }

  private mutating func dropLast() {
    count -= 1
    memory[count] = 0
  }

  private func requireSome(_ name: String) throws(CommandError) {
    if count == 0 {
      throw CommandError(
        "the passphrase is empty", hint: "give at least one letter", file: name,
        code: "passphrase.empty")
    }
  }

  private static func tooLong(_ name: String) -> CommandError {
    CommandError(
      "the passphrase is longer than \(grouped(limit)) bytes", hint: "give a shorter one",
      file: name, code: "passphrase.too-long")
  }

  fileprivate static let otherWays =
    "set CHECKIN_PASSPHRASE, or give --passphrase-file or --passphrase-fd"
}

extension Context {
  /// Whether an option or CHECKIN_PASSPHRASE says where a passphrase is.
  public var namesPassphrase: Bool {
    options.passphraseDescriptor != nil || options.passphraseFile != nil
      || environment("CHECKIN_PASSPHRASE") != nil
  }

  /// Gets a passphrase: from `--passphrase-fd` or `--passphrase-file`, else from
  /// CHECKIN_PASSPHRASE, else by asking at the terminal.
  ///
  /// - Parameters:
  ///   - purpose: What it opens, for the question: "the signing keys".
  ///   - isNew: Whether it is chosen now, so that it is asked for twice.
  /// - Throws: `UsageError` when two sources are given, `CommandError` when there is none or it
  ///   cannot be read, `Interrupted` on Ctrl-C.
  /// - Returns: The passphrase, not empty.
  public func passphrase(for purpose: String, isNew: Bool = false) throws -> Passphrase {
    switch (options.passphraseDescriptor, options.passphraseFile) {
    case (.some, .some):
      throw UsageError(
        "--passphrase-fd and --passphrase-file are both given", hint: "give one of them")
    case (.some(let descriptor), nil):
      return try Passphrase(
        descriptor: Int32(descriptor), name: "descriptor \(descriptor)",
        interruption: interruption)
    case (nil, .some(let file)):
      return try passphrase(inFile: file.string)
    case (nil, nil):
      break
    }
    if let text = environment("CHECKIN_PASSPHRASE") { return try Passphrase(text: text) }
    guard options.input else {
      throw CommandError(
        "a passphrase for \(purpose) is needed, and --no-input forbids asking",
        hint: Passphrase.otherWays, code: "passphrase.not-given")
    }
    return try askedPassphrase(for: purpose, isNew: isNew)
  }

  /// Gets a secret of another purpose than the store's passphrase, which may be needed beside it: from
  /// a file when one is named, else by asking twice at the terminal.
  ///
  /// - Parameters:
  ///   - file: The file that an option names; nil asks.
  ///   - option: The option, for the hint when nobody can be asked.
  ///   - purpose: What it is for, for the question: "the account lan".
  /// - Throws: `CommandError` when there is none or it cannot be read, `Interrupted` on Ctrl-C.
  /// - Returns: The secret, not empty.
  public func newSecret(
    inFile file: Path?, option: String, for purpose: String
  ) throws -> Passphrase {
    if let file { return try passphrase(inFile: file.string) }
    guard options.input else {
      throw CommandError(
        "a password for \(purpose) is needed, and --no-input forbids asking",
        hint: "give \(option)", code: "passphrase.not-given")
    }
    return try askedPassphrase(for: purpose, isNew: true)
  }

  private func passphrase(inFile name: String) throws -> Passphrase {
    let descriptor = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY)
    guard descriptor >= 0 else { throw InputError(opening: name, errno: errno) }
    defer { close(descriptor) }
    var status = stat()
    if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      status.st_mode & 0o077 != 0
    {
      talk.warning("\(name): others on this machine may read this passphrase: chmod 600 it")
    }
    return try Passphrase(descriptor: descriptor, name: name, interruption: interruption)
  }

  private func askedPassphrase(for purpose: String, isNew: Bool) throws -> Passphrase {
    // The terminal itself, so that data may come through a pipe at the same time.
    let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
    guard terminal >= 0 else {
      throw CommandError(
        "a passphrase for \(purpose) is needed, and there is no terminal to ask at",
        hint: Passphrase.otherWays, code: "passphrase.no-terminal")
    }
    defer { close(terminal) }
    talk.clearProgress()
    let first = try Passphrase(
      asking: isNew ? "New passphrase for \(purpose)" : "Passphrase for \(purpose)", on: terminal,
      interruption: interruption)
    guard isNew else { return first }
    let second = try Passphrase(asking: "The same again", on: terminal, interruption: interruption)
    guard first.equals(second) else {
      throw CommandError(
        "the two passphrases differ", hint: "try again", code: "passphrase.differs")
    }
    return first
  }
}
