/// The commands that every program has.
extension Program {
  func builtIns(beside own: [AnyCommand]) -> [AnyCommand] {
    [helpCommand.erased]
  }

  // MARK: help

  struct HelpOptions: Sendable {
    var path: [String] = []
  }

  private var helpCommand: Command<HelpOptions> {
    Command(
      "help", "Shows the help of a command", HelpOptions(),
      [.arguments("COMMAND", \.path, help: "The command; without one, the help of all")],
      examples: [Example("\(name) help", "Show what there is")]
    ) { options, context in
      try context.output.write(
        HelpText(
          program: name, path: ([name] + options.path).joined(separator: " "),
          command: try find(options.path), width: context.output.width
        ).text)
      return .done
    }
  }

  /// Returns the command that a path of words names.
  func find(_ path: [String]) throws(UsageError) -> CommandDescription {
    var command = description
    for (depth, word) in path.enumerated() {
      guard let next = command.commands.first(where: { $0.name == word }) else {
        let near = closest(to: word, in: command.commands.map(\.name))
        let above = ([name, "help"] + path[..<depth]).joined(separator: " ")
        throw UsageError(
          "there is no command '\(path[...depth].joined(separator: " "))'",
          hint: near.map { "did you mean '\(above) \($0)'?" } ?? "see '\(above)'")
      }
      command = next
    }
    return command
  }
}
