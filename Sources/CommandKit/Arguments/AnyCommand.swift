/// A command whose options' type is not known, or a group of commands.
public struct AnyCommand: Sendable {
  /// All that help, completions and manual need.
  public let description: CommandDescription

  enum Body: Sendable {
    case group([AnyCommand])
    case command(
      @Sendable (ArraySlice<String>, String, inout GlobalOptions) throws(UsageError) -> Call)
  }

  /// What a call of a command came to.
  enum Call {
    case help
    case run((Context) throws -> ExitStatus)
  }

  let body: Body

  /// The word that calls it.
  public var name: String { description.name }

  /// Makes a command without the type of its options.
  public init<Options>(_ command: Command<Options>) {
    description = CommandDescription(
      name: command.name, summary: command.summary, discussion: command.discussion,
      parameters: command.parameters.map { parameter in
        var description = parameter.description
        description.defaultText = parameter.defaultText(command.defaults)
        return description
      },
      shared: command.shared.parameters.map(\.description),
      examples: command.examples, commands: [])
    body = .command { words, path, globals throws(UsageError) in
      guard let options = try command.parse(words, path: path, &globals) else { return .help }
      return .run { context in try command.body(options, context) }
    }
  }

  private init(description: CommandDescription, body: Body) {
    self.description = description
    self.body = body
  }

  /// Makes a group of commands: `venue` of `venue list` and `venue show`.
  public static func group(
    _ name: String, _ summary: String, discussion: String = "", _ commands: [AnyCommand]
  ) -> AnyCommand {
    AnyCommand(
      description: CommandDescription(
        name: name, summary: summary, discussion: discussion, parameters: [], shared: [],
        examples: [], commands: commands.map(\.description)),
      body: .group(commands))
  }
}

/// A command as data: what help, completions and manual are made from.
public struct CommandDescription: Equatable, Sendable {
  /// The word that calls it.
  public let name: String
  /// What it does, in one sentence without a full stop.
  public let summary: String
  /// Further paragraphs.
  public let discussion: String
  /// Its own parameters.
  public let parameters: [ParameterDescription]
  /// The options it shares with some other commands.
  public let shared: [ParameterDescription]
  /// Calls that work.
  public let examples: [Example]
  /// The commands of a group; empty for a command that does something.
  public let commands: [CommandDescription]
}
