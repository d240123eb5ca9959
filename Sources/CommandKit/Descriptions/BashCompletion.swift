/// A completion script for bash, from version 3.2 on, without the bash-completion package.
struct BashCompletion {
  private let words: ShellWords
  private let function: String

  init(_ program: CommandDescription) {
    words = ShellWords(program)
    function = ShellWords.function(program.name, "")
  }

  var text: String {
    """
    # bash completion for \(words.program), made by '\(words.program) completions bash'.

    # Sets what may follow the command $1: commands, options, and the options that take a value.
    \(function)_at() {
        commands= options= valued=
        case $1 in
    \(words.places.map(place).joined(separator: "\n"))
        esac
    }

    # Sets what the option $2 of the command $1 may be: choices, or the kind of file.
    \(function)_value() {
        choices= kind=
        case "$1 $2" in
    \(cases(optionCases))
        esac
    }

    # Sets what the argument in place $2 of the command $1 may be.
    \(function)_argument() {
        choices= kind=
        case "$1/$2" in
    \(cases(argumentCases))
        esac
    }

    \(function)() {
        local cur=${COMP_WORDS[COMP_CWORD]}
        local path= commands= options= valued= choices= kind= option= only= word i
        local -a arguments
        arguments=()
        COMPREPLY=()
        \(function)_at ''
        for ((i = 1; i < COMP_CWORD; i++)); do
            word=${COMP_WORDS[i]}
            if [[ -n $option ]]; then
                # bash hands over "--name=value" as three words.
                [[ $word == '=' ]] || option=
            elif [[ -n $only ]]; then
                arguments+=("$word")
            elif [[ $word == -- ]]; then
                only=1
            elif [[ $word == -?* ]]; then
                [[ " $valued " == *" $word "* ]] && option=$word
            elif [[ " $commands " == *" $word "* ]]; then
                path=${path:+$path }$word
                \(function)_at "$path"
            else
                arguments+=("$word")
            fi
        done
        if [[ -n $option ]]; then
            [[ $cur == '=' ]] && cur=
            \(function)_value "$path" "$option"
        elif [[ $cur == -* && -z $only ]]; then
            choices=$options
        elif [[ -n $commands ]]; then
            choices=$commands
        else
            \(function)_argument "$path" "$((${#arguments[@]} + 1))"
            if [[ $kind == commands ]]; then
                \(function)_at "${arguments[*]}"
                choices=$commands
            fi
        fi
        case $kind in
            files | directories)
                local IFS=$'\\n' list=-f
                [[ $kind == directories ]] && list=-d
                COMPREPLY=($(compgen $list -- "$cur"))
                # Adds the slash of a folder and the quotes of a space.
                compopt -o filenames 2>/dev/null
                ;;
            *)
                COMPREPLY=($(compgen -W "$choices" -- "$cur"))
                ;;
        esac
    }

    complete -F \(function) \(words.program)

    """
  }

  private func place(_ place: ShellWords.Place) -> String {
    let commands = place.command.commands.map(\.name).joined(separator: " ")
    let options = place.options.flatMap(\.names).joined(separator: " ")
    let valued = place.options.filter(\.takesValue).flatMap(\.names).joined(separator: " ")
    return """
              \(ShellWords.quoted(place.path)))
                  commands=\(ShellWords.quoted(commands))
                  options=\(ShellWords.quoted(options))
                  valued=\(ShellWords.quoted(valued))
                  ;;
      """
  }

  private var optionCases: [String] {
    var cases: [String] = []
    for place in words.places {
      for option in place.options where option.takesValue {
        guard let value = assignment(option) else { continue }
        let patterns = option.names.map { ShellWords.quoted("\(place.path) \($0)") }
        cases.append("        \(patterns.joined(separator: " | "))) \(value) ;;")
      }
    }
    return cases
  }

  private var argumentCases: [String] {
    var cases: [String] = []
    for place in words.places {
      for (index, argument) in place.arguments.enumerated() {
        guard let value = assignment(argument) else { continue }
        let pattern =
          argument.isRepeated
          ? ShellWords.quoted("\(place.path)/") + "*"
          : ShellWords.quoted("\(place.path)/\(index + 1)")
        cases.append("        \(pattern)) \(value) ;;")
      }
    }
    return cases
  }

  private func cases(_ lines: [String]) -> String {
    // A case without any pattern is no valid command.
    lines.isEmpty ? "        *) ;;" : lines.joined(separator: "\n")
  }

  private func assignment(_ parameter: ParameterDescription) -> String? {
    if !parameter.choices.isEmpty {
      return "choices=\(ShellWords.quoted(parameter.choices.joined(separator: " ")))"
    }
    return switch parameter.completion {
    case .none: nil
    case .files: "kind=files"
    case .directories: "kind=directories"
    case .commands: "kind=commands"
    }
  }
}
