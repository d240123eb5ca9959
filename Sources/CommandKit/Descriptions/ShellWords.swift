/// What the completion scripts of all shells are made from.
struct ShellWords {
  /// A command, with the path from the program's name: `venue list`, empty for the program.
  struct Place {
    let path: String
    let command: CommandDescription
    /// All options that can be given there.
    let options: [ParameterDescription]
    let arguments: [ParameterDescription]
  }

  let program: String
  let places: [Place]

  init(_ program: CommandDescription) {
    self.program = program.name
    let common = GlobalOptions.common.map(\.description)
    places = program.all(path: []).map { path, command in
      Place(
        path: path.joined(separator: " "), command: command,
        options: command.parameters.filter { !$0.isPositional } + command.shared + common
          + (path.isEmpty ? [GlobalOptions.versionParameter.description] : []),
        arguments: command.parameters.filter(\.isPositional))
    }
  }

  /// A name that any shell takes for a function.
  static func function(_ program: String, _ path: String) -> String {
    let words = ([program] + path.split(separator: " ").map(String.init)).joined(separator: "_")
    return "_" + words.map { $0.isLetter || $0.isNumber ? String($0) : "_" }.joined()
  }

  /// The text between single quotes, which bash and zsh take as it is.
  static func quoted(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#)
      + "'"
  }
}

extension ParameterDescription {
  /// `--quiet` and `-q`.
  var names: [String] { [name] + (short.map { ["-\($0)"] } ?? []) }
}
