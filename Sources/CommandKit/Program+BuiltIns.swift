internal import Glibc

/// The commands that every program has.
extension Program {
  var builtIns: [AnyCommand] {
    [helpCommand.erased, completionsCommand.erased, manualCommand.erased]
  }

  // MARK: help

  struct HelpOptions: Sendable {
    var path: [String] = []
  }

  private var helpCommand: Command<HelpOptions> {
    Command(
      "help", "Shows the help of a command", HelpOptions(),
      [
        .arguments(
          "COMMAND", \.path, completes: .commands,
          help: "The command's words; without any, the help of the program")
      ],
      examples: [Example("\(name) help", "Show what there is")]
    ) { options, context in
      let command = try find(options.path)
      let path = ([name] + options.path).joined(separator: " ")
      let help = HelpText(program: name, path: path, command: command, width: context.output.width)
      try context.output.write(help.text)
      return .done
    }
  }

  // MARK: completions

  /// A shell that completes words.
  package enum Shell: String, CaseIterable, ArgumentValue {
    case bash, zsh, fish
  }

  struct CompletionOptions: Sendable {
    @Required var shell: Shell
  }

  private var completionsCommand: Command<CompletionOptions> {
    Command(
      "completions", "Prints the script that completes words in a shell", CompletionOptions(),
      [.argument("SHELL", \.$shell, help: "The shell")],
      examples: [
        Example("source <(\(name) completions bash)", "Complete words in this bash"),
        Example(
          "\(name) completions fish > ~/.config/fish/completions/\(name).fish",
          "Complete words in every fish"),
      ]
    ) { options, context in
      try context.output.write(completions(for: options.shell))
      return .done
    }
  }

  package func completions(for shell: Shell) -> String {
    switch shell {
    case .bash: BashCompletion(description).text
    case .zsh: ZshCompletion(description).text
    case .fish: FishCompletion(description).text
    }
  }

  // MARK: man

  struct ManualOptions: Sendable {
    var path: [String] = []
    var output: Path?
  }

  private var manualCommand: Command<ManualOptions> {
    Command(
      "man", "Prints a manual page, or writes all of them into a folder", ManualOptions(),
      [
        .arguments(
          "COMMAND", \.path, completes: .commands,
          help: "The command's words; without any, the page of the program"),
        .option(
          "--output", short: "o", \.output, value: "DIR", completes: .directories,
          help: "Write the pages of the command and of all under it into this folder"),
      ],
      examples: [
        Example("\(name) man help | man -l -", "Read the page of 'help'"),
        Example("\(name) man --output man1", "Write all pages for a package"),
      ]
    ) { options, context in
      let command = try find(options.path)
      guard let folder = options.output?.string else {
        try context.output.write(manualPage(options.path, command).text)
        return .done
      }
      let pages = command.all(path: options.path).map { manualPage($0.path, $0.command) }
      if mkdir(folder, 0o755) != 0, errno != EEXIST {
        throw CommandError("the folder cannot be made: \(systemMessage(errno))", file: folder)
      }
      for page in pages { try write(page.text, to: "\(folder)/\(page.fileName)") }
      context.talk.note("\(pages.count) pages are in \(folder)")
      return .done
    }
  }

  private func manualPage(_ path: [String], _ command: CommandDescription) -> ManualPage {
    ManualPage(program: description, version: version, path: path, command: command)
  }

  private func write(_ text: String, to path: String) throws(CommandError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw CommandError("it cannot be written: \(systemMessage(errno))", file: path)
    }
    var text = text
    let failure = text.withUTF8 { writeAll(UnsafeRawBufferPointer($0), to: descriptor) }
    if let number = failure ?? (close(descriptor) == 0 ? nil : errno) {
      throw CommandError("it cannot be written: \(systemMessage(number))", file: path)
    }
  }

  /// Returns the command that a path of words names.
  private func find(_ path: [String]) throws(UsageError) -> CommandDescription {
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
