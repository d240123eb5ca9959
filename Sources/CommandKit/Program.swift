internal import Glibc

/// A command-line program: a tree of commands, with help, completions and manual made from it.
///
/// ```swift
/// @main
/// enum Checkin {
///   static func main() {
///     Program(name: "checkin", version: version, summary: "…", readTime: …) {
///       [InitCommand.command.erased, .group("venue", "…", [VenueList.command.erased])]
///     }.main()
///   }
/// }
/// ```
public struct Program: Sendable {
  /// What it is called by.
  public let name: String
  /// Its version, as `--version` shows it.
  public let version: String
  /// What it is, in one sentence without a full stop.
  public let summary: String

  private let readTime: @Sendable (String) throws(InvalidArgument) -> Int64
  private let makeCommands: @Sendable () -> [AnyCommand]

  /// Makes a program.
  ///
  /// - Parameters:
  ///   - name: What it is called by.
  ///   - version: Its version.
  ///   - summary: What it is, in one sentence without a full stop.
  ///   - readTime: Reads the value of `--now` as Unix seconds.
  ///   - commands: Makes the commands; called only when one is needed.
  public init(
    name: String, version: String, summary: String,
    readTime: @escaping @Sendable (String) throws(InvalidArgument) -> Int64,
    commands: @escaping @Sendable () -> [AnyCommand]
  ) {
    self.name = name
    self.version = version
    self.summary = summary
    self.readTime = readTime
    self.makeCommands = commands
  }

  /// The commands, with those that every program has.
  package var commands: [AnyCommand] {
    makeCommands() + builtIns
  }

  /// The whole program as data.
  public var description: CommandDescription {
    AnyCommand.group(name, summary, commands).description
  }

  // MARK: Running

  /// Runs the process's own call and ends the process.
  public func main() -> Never {
    assert(description.problems.isEmpty, description.problems.joined(separator: "\n"))
    // A closed pipe is then an error of write, and what is open is closed in order.
    signal(SIGPIPE, SIG_IGN)
    let status = run(CommandLine.arguments.dropFirst(), on: .process(name: name))
    if status == .closedPipe {
      // End as any other program in a pipeline does.
      signal(SIGPIPE, SIG_DFL)
      raise(SIGPIPE)
    }
    exit(status.rawValue)
  }

  /// Runs one call, tells what went wrong, and returns the exit status.
  ///
  /// - Parameters:
  ///   - words: The words after the program's name.
  ///   - host: What surrounds the run.
  /// - Returns: The exit status.
  public func run(_ words: ArraySlice<String>, on host: Host) -> ExitStatus {
    decideColour(host, allowed: true)
    do {
      let status = try dispatch(words, on: host)
      host.talk.clearProgress()
      try host.output.flush()
      return status
    } catch {
      // What was printed before the failure belongs before the message.
      try? host.output.flush()
      return tell(error, host.talk)
    }
  }

  private func dispatch(_ words: ArraySlice<String>, on host: Host) throws -> ExitStatus {
    var globals = GlobalOptions()
    var rest = words
    var path = name
    var group = Group(name: name, summary: summary, commands: nil)
    while true {
      let common = GlobalOptions.common + (path == name ? [GlobalOptions.versionParameter] : [])
      let parser = WordParser(path: path, parameters: common.map(\.description), firstShared: 0)
      let outcome: WordParser.Outcome
      do {
        outcome = try parser.parse(rest, stopsAtArgument: true) {
          index, word, isFirst throws(UsageError) in
          try common[index].store(&globals, word, isFirst)
        }
      } catch {
        throw error.pointing(to: path)
      }
      if globals.showsVersion {
        try host.output.line("\(name) \(version)")
        return .done
      }
      let commands = group.commands ?? self.commands
      switch outcome {
      case .help:
        try printHelp(path: path, on: host)
        return .done
      case .complete:
        // Nothing was called. Help is the best answer, but a script must not take it for success.
        host.talk.text(helpText(path: path, width: host.talk.width))
        return .usage
      case .argument(let index):
        let word = rest[index]
        guard let command = commands.first(where: { $0.name == word }) else {
          throw unknownCommand(word, in: commands, path: path)
        }
        path += " \(word)"
        rest = rest[(index + 1)...]
        switch command.body {
        case .group(let inner):
          group = Group(name: word, summary: command.description.summary, commands: inner)
        case .command(let parse):
          return try run(parse, rest, path, globals, on: host)
        }
      }
    }
  }

  private struct Group {
    let name: String
    let summary: String
    /// Nil for the program itself, whose commands are not made before they are needed.
    let commands: [AnyCommand]?
  }

  private func run(
    _ parse: (ArraySlice<String>, String, inout GlobalOptions) throws(UsageError) ->
      AnyCommand.Call,
    _ words: ArraySlice<String>, _ path: String, _ globals: GlobalOptions, on host: Host
  ) throws -> ExitStatus {
    var globals = globals
    do {
      switch try parse(words, path, &globals) {
      case .help:
        try printHelp(path: path, on: host)
        return .done
      case .run(let body):
        decideColour(host, allowed: globals.color)
        host.talk.isQuiet = globals.quiet
        return try body(Context(host: host, options: globals, now: try time(globals)))
      }
    } catch let error as UsageError {
      throw error.pointing(to: path)
    }
  }

  private func time(_ globals: GlobalOptions) throws(UsageError) -> Int64? {
    guard let word = globals.now else { return nil }
    do {
      return try readTime(word)
    } catch {
      throw UsageError(
        "--now: '\(word)' \(error.reason ?? "is not a time")",
        hint: error.hint ?? "write it as 2021-06-01T12:00:00+07:00")
    }
  }

  private func decideColour(_ host: Host, allowed: Bool) {
    let noColour = host.environment("NO_COLOR").map { !$0.isEmpty } ?? false
    let wanted = allowed && !noColour && host.environment("TERM") != "dumb"
    host.output.usesColour = wanted && host.output.isTerminal
    host.talk.usesColour = wanted && host.talk.isTerminal
  }

  // MARK: Errors

  private func tell(_ error: any Error, _ talk: Talk) -> ExitStatus {
    switch error {
    case let error as UsageError:
      talk.error(CommandError(error.message, hint: error.hint, status: .usage))
      return .usage
    case let error as CommandError:
      talk.error(error)
      return error.status
    case let error as any CommandErrorConvertible:
      let error = error.commandError
      // Where the program stood when it was asked to stop is of no use to the one who asked.
      if error.status == .interrupted { return tell(Interrupted(), talk) }
      talk.error(error)
      return error.status
    case OutputError.closed:
      return .closedPipe
    case is Interrupted:
      talk.note("stopped as asked; what was acknowledged stays")
      return .interrupted
    default:
      talk.error(String(describing: error))
      return .failed
    }
  }

  private func unknownCommand(
    _ word: String, in commands: [AnyCommand], path: String
  ) -> UsageError {
    let message = "unknown command '\(word)'"
    if let near = closest(to: word, in: commands.map(\.name)) {
      return UsageError(message, hint: "did you mean '\(path) \(near)'?")
    }
    // The name of a command inside a group, called without its group.
    let inside = commands.filter { group in group.description.commands.contains { $0.name == word }
    }
    let calls = inside.map { "'\(path) \($0.name) \(word)'" }
    if !calls.isEmpty {
      return UsageError(message, hint: "did you mean \(calls.joined(separator: " or "))?")
    }
    return UsageError(message, hint: "see '\(path) --help' for those there are")
  }

  // MARK: Help

  func printHelp(path: String, on host: Host) throws {
    try host.output.write(helpText(path: path, width: host.output.width))
  }

  /// Returns the help of a command that exists.
  private func helpText(path: String, width: Int?) -> String {
    let program = description
    let steps = path.split(separator: " ").dropFirst().map(String.init)
    let command = program.command(at: steps) ?? program
    return HelpText(program: name, path: path, command: command, width: width).text
  }
}

extension UsageError {
  /// The error with a hint: its own, or where to read how the call should be.
  fileprivate func pointing(to path: String) -> UsageError {
    UsageError(message, hint: hint ?? "see '\(path) --help'")
  }
}

extension Host {
  /// The surroundings of this process.
  public static func process(name: String) -> Host {
    Host(
      output: Output(descriptor: STDOUT_FILENO),
      talk: Talk(program: name, descriptor: STDERR_FILENO),
      environment: { name in getenv(name).map { String(cString: $0) } },
      interruption: .ofSignals(),
      wallClock: { clock(CLOCK_REALTIME).seconds },
      monotonic: {
        let time = clock(CLOCK_MONOTONIC)
        return UInt64(time.seconds) * 1_000_000_000 + UInt64(time.nanoseconds)
      })
  }

  private static func clock(_ id: clockid_t) -> (seconds: Int64, nanoseconds: Int64) {
    var time = timespec()
    // It fails only for clocks that do not exist, and these two always do.
    _ = clock_gettime(id, &time)
    return (Int64(time.tv_sec), Int64(time.tv_nsec))
  }
}
