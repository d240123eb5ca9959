/// A completion script for zsh.
struct ZshCompletion {
  private let words: ShellWords

  init(_ program: CommandDescription) {
    words = ShellWords(program)
  }

  var text: String {
    let name = ShellWords.function(words.program, "")
    return """
      #compdef \(words.program)
      # zsh completion for \(words.program), made by '\(words.program) completions zsh'.

      \(words.places.map(function).joined(separator: "\n\n"))

      \(name)_commands() {
        local -a commands
        case "${(j: :)words[2,CURRENT-1]}" in
      \(words.places.filter { !$0.command.commands.isEmpty }.map(commandList).joined(separator: "\n"))
        esac
        (( $#commands )) && _describe -t commands command commands
      }

      if [ "$funcstack[1]" = \(name) ]; then
        \(name) "$@"
      else
        compdef \(name) \(words.program)
      fi

      """
  }

  private func function(_ place: ShellWords.Place) -> String {
    let name = ShellWords.function(words.program, place.path)
    let options = place.options.flatMap(specs)
    guard !place.command.commands.isEmpty else {
      let lines = options + place.arguments.enumerated().map(argumentSpec)
      return """
        \(name)() {
          _arguments -s -S \\
        \(lines.map { "    \($0)" }.joined(separator: " \\\n"))
        }
        """
    }
    let lines = options + ["'1: :->command'", "'*:: :->arguments'"]
    let cases = place.command.commands.map { command in
      let path = place.path.isEmpty ? command.name : "\(place.path) \(command.name)"
      return
        "        \(ShellWords.quoted(command.name))) \(ShellWords.function(words.program, path)) ;;"
    }
    return """
      \(name)() {
        local curcontext="$curcontext" context state state_descr line
        typeset -A opt_args
        _arguments -C -S \\
      \(lines.map { "    \($0)" }.joined(separator: " \\\n"))
        case $state in
          command)
            local -a commands
            commands=(\(items(place.command.commands)))
            _describe -t commands command commands
            ;;
          arguments)
            case $line[1] in
      \(cases.joined(separator: "\n"))
            esac
            ;;
        esac
      }
      """
  }

  private func commandList(_ place: ShellWords.Place) -> String {
    "    \(ShellWords.quoted(place.path))) commands=(\(items(place.command.commands))) ;;"
  }

  private func items(_ commands: [CommandDescription]) -> String {
    commands.map { ShellWords.quoted("\($0.name):\(escaped($0.summary))") }.joined(separator: " ")
  }

  private func specs(_ option: ParameterDescription) -> [String] {
    let text = "[\(escaped(option.help))]"
    let others = option.isRepeated ? "*" : "(\(option.names.joined(separator: " ")))"
    return option.names.map { name in
      // The long form takes its value after = or as the next word.
      let joint = option.takesValue ? (name.hasPrefix("--") ? "=" : "+") : ""
      let value =
        option.takesValue ? ":\(escaped(option.placeholder)):\(action(option))" : ""
      return ShellWords.quoted("\(others)\(name)\(joint)\(text)\(value)")
    }
  }

  private func argumentSpec(_ index: Int, _ argument: ParameterDescription) -> String {
    let place = argument.isRepeated ? "*" : "\(index + 1)"
    let optional = argument.minimum == 0 && !argument.isRepeated ? "::" : ":"
    return ShellWords.quoted(
      "\(place)\(optional)\(escaped(argument.name)):\(action(argument))")
  }

  private func action(_ parameter: ParameterDescription) -> String {
    if !parameter.choices.isEmpty {
      let list = parameter.choices.joined(separator: " ")
      return parameter.separator.map { "_values -s \($0) value \(list)" } ?? "(\(list))"
    }
    return switch parameter.completion {
    // A space says that there is a value and nothing to offer.
    case .none: " "
    case .files: "_files"
    case .directories: "_files -/"
    case .commands: "\(ShellWords.function(words.program, ""))_commands"
    }
  }

  /// The colon and brackets divide a description from the rest.
  private func escaped(_ text: String) -> String {
    var result = ""
    for character in text {
      if #":[]\"#.contains(character) { result.append("\\") }
      result.append(character)
    }
    return result
  }
}
