public import Foundation

/// A program of this package as the build left it beside the tests, or one of the system.
public struct BuiltProgram: Sendable {
  /// Where the program is.
  public let url: URL

  /// The program under test.
  public static let checkin = BuiltProgram(named: "checkin")

  /// The shell, for pipelines.
  public static let shell = BuiltProgram(at: URL(fileURLWithPath: "/bin/bash"))

  /// Names a product of this package.
  ///
  /// `CHECKIN_BUILT` names the folder of another build, to test the program that ships.
  public init(named name: String) {
    let folder =
      ProcessInfo.processInfo.environment["CHECKIN_BUILT"].map { URL(fileURLWithPath: $0) }
      ?? URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    self.init(at: folder.appendingPathComponent(name))
  }

  /// Names any program.
  public init(at url: URL) {
    self.url = url
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
    var variables = ["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": folder.path]
    variables.merge(environment) { $1 }
    return try RunningProgram(
      path: url.path, words: arguments,
      variables: variables.map { "\($0.key)=\($0.value)" }, folder: folder.path)
  }
}
