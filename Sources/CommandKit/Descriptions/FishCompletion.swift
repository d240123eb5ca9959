/// A completion script for fish, from version 3 on.
struct FishCompletion {
  private let words: ShellWords

  init(_ program: CommandDescription) {
    words = ShellWords(program)
  }

  var text: String {
    let name = ShellWords.function(words.program, "")
    let valued = words.places.flatMap { place in
      place.options.filter(\.takesValue).flatMap { option in
        option.names.map { quoted("\(place.path) \($0)") }
      }
    }
    let paths = words.places.map(\.path).filter { !$0.isEmpty }.map(quoted)
    let lines = words.places.flatMap(completions)
    return """
      # fish completion for \(words.program), made by '\(words.program) completions fish'.

      # Prints the command that the words so far call.
      function \(name)_path
          set -l paths \(paths.joined(separator: " "))
          set -l valued \(valued.joined(separator: " "))
          set -l words (commandline -opc)
          set -l path
          set -l skip 0
          for word in $words[2..-1]
              if test $skip = 1
                  set skip 0
              else if string match -q -- '-*' $word
                  contains -- "$path $word" $valued; and set skip 1
              else if contains -- (string join ' ' $path $word) $paths
                  set path (string join ' ' $path $word)
              else
                  break
              end
          end
          echo "$path"
      end

      # Whether the words so far call exactly this command.
      function \(name)_at
          test (\(name)_path) = "$argv"
      end

      # Prints the commands that may follow "help" and the words after it.
      function \(name)_commands
          set -l words (commandline -opc)
          switch (string join ' ' $words[3..-1])
      \(words.places.filter { !$0.command.commands.isEmpty }.map(commandList).joined(separator: "\n"))
          end
      end

      complete -c \(words.program) -f
      \(lines.joined(separator: "\n"))

      """
  }

  private func commandList(_ place: ShellWords.Place) -> String {
    let names = place.command.commands.map { quoted("\($0.name)\t\($0.summary)") }
    return """
              case \(quoted(place.path))
                  printf '%s\\n' \(names.joined(separator: " "))
      """
  }

  private func completions(_ place: ShellWords.Place) -> [String] {
    let condition = quoted(
      "\(ShellWords.function(words.program, ""))_at \(place.path.isEmpty ? "''" : place.path)")
    let start = "complete -c \(words.program) -n \(condition)"
    let commands = place.command.commands.map {
      "\(start) -a \(quoted($0.name)) -d \(quoted($0.summary))"
    }
    let options = place.options.map { option in
      let short = option.short.map { " -s \($0)" } ?? ""
      let value = option.takesValue ? " -r\(values(option))" : ""
      return "\(start) -l \(option.name.dropFirst(2))\(short)\(value) -d \(quoted(option.help))"
    }
    let arguments = place.arguments.compactMap { argument in
      let values = values(argument)
      return values.isEmpty ? nil : "\(start)\(values)"
    }
    return commands + options + arguments
  }

  private func values(_ parameter: ParameterDescription) -> String {
    if !parameter.choices.isEmpty {
      return " -f -a \(quoted(parameter.choices.joined(separator: " ")))"
    }
    return switch parameter.completion {
    case .none: ""
    case .files: " -F"
    case .directories: " -f -a '(__fish_complete_directories)'"
    case .commands: " -f -a '(\(ShellWords.function(words.program, ""))_commands)'"
    }
  }

  /// Within single quotes fish knows the backslash.
  private func quoted(_ text: String) -> String {
    var result = ""
    for character in text {
      if character == "'" || character == "\\" { result.append("\\") }
      result.append(character)
    }
    return "'\(result)'"
  }
}
