public import Foundation

/// A program of this package as the build left it beside the tests.
public struct BuiltProgram: Sendable {
  /// Where the program is.
  public let url: URL

  /// The program under test.
  public static let checkin = BuiltProgram(named: "checkin")

  /// Names a product of this package.
  public init(named name: String) {
    url = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
      .appendingPathComponent(name)
  }

  /// What a finished run left.
  public struct Outcome: Sendable {
    /// The exit status, or the signal number when a signal ended it.
    public let status: Int32
    /// Whether a signal ended it.
    public let wasSignalled: Bool
    /// What it wrote to standard output.
    public let output: String
    /// What it wrote to standard error.
    public let errors: String

    /// The lines of standard output.
    public var lines: [Substring] { output.split(separator: "\n") }
  }

  /// Runs the program to its end.
  ///
  /// - Parameters:
  ///   - arguments: The words after the program's name.
  ///   - input: What it reads from standard input; nothing when nil.
  ///   - environment: Variables added to a small fixed environment.
  ///   - folder: The working directory.
  /// - Returns: Its status and output.
  /// - Throws: When the program cannot be started.
  @discardableResult
  public func run(
    _ arguments: [String], input: Data? = nil, environment: [String: String] = [:],
    in folder: URL
  ) throws -> Outcome {
    let running = try start(arguments, environment: environment, in: folder)
    return running.finish(feeding: input ?? Data())
  }

  /// Starts the program and leaves it running.
  ///
  /// - Returns: The process with its pipes.
  public func start(
    _ arguments: [String], environment: [String: String] = [:], in folder: URL
  ) throws -> RunningProgram {
    let process = Process()
    process.executableURL = url
    process.arguments = arguments
    process.currentDirectoryURL = folder
    var variables = ["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": folder.path]
    variables.merge(environment) { $1 }
    process.environment = variables
    return try RunningProgram(process)
  }
}

/// A started program with its pipes.
public final class RunningProgram: @unchecked Sendable {
  // Used by one test at a time; Process and FileHandle are not marked Sendable on Linux.
  private let process: Process
  private let input = Pipe()
  private let output = Pipe()
  private let errors = Pipe()
  private var pending = Data()

  init(_ process: Process) throws {
    self.process = process
    process.standardInput = input
    process.standardOutput = output
    process.standardError = errors
    // Writing to a program that was killed must fail, not end the tests.
    signal(SIGPIPE, SIG_IGN)
    try process.run()
  }

  /// The process id, for signals.
  public var processIdentifier: Int32 { process.processIdentifier }

  /// Writes a line to its standard input; false when it has gone.
  @discardableResult
  public func send(_ line: String) -> Bool {
    (try? input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))) != nil
  }

  /// Reads the next line of its standard output, or nil at the end.
  public func nextLine() -> String? {
    while true {
      if let place = pending.firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: pending[..<place], as: UTF8.self)
        pending = Data(pending[(place + 1)...])
        return line
      }
      let more = output.fileHandleForReading.availableData
      if more.isEmpty { return nil }
      pending.append(more)
    }
  }

  /// Ends it at once, as power loss would (SIGKILL), and waits.
  public func kill() {
    Foundation.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  /// Feeds it the rest of its input, reads all it writes, and waits for its end.
  public func finish(feeding data: Data = Data()) -> BuiltProgram.Outcome {
    let writer = Thread { [input] in
      try? input.fileHandleForWriting.write(contentsOf: data)
      try? input.fileHandleForWriting.close()
    }
    writer.start()
    let group = DispatchGroup()
    let box = Box()
    DispatchQueue.global().async(group: group) { [errors] in
      box.data = errors.fileHandleForReading.readDataToEndOfFile()
    }
    let text = pending + output.fileHandleForReading.readDataToEndOfFile()
    group.wait()
    process.waitUntilExit()
    return BuiltProgram.Outcome(
      status: process.terminationStatus,
      wasSignalled: process.terminationReason == .uncaughtSignal,
      output: String(decoding: text, as: UTF8.self),
      errors: String(decoding: box.data, as: UTF8.self))
  }

  private final class Box: @unchecked Sendable {
    // Written by one block and read after the group's wait.
    var data = Data()
  }
}
