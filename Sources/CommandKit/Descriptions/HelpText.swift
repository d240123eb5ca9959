/// The help of one command as text.
struct HelpText {
  let program: String
  /// The command as called: `checkin venue list`.
  let path: String
  let command: CommandDescription
  /// The columns of the terminal; 80 when nobody says.
  let width: Int?

  /// Where the second column begins.
  private static let indent = 28

  /// Lines are kept readable however wide the terminal is.
  private var columns: Int { min(100, max(40, width ?? 80)) }

  var text: String {
    var sections = [command.summary + ".", "Usage: " + command.usage(path: path)]
    if !command.discussion.isEmpty { sections.append(paragraphs(command.discussion)) }
    if !command.commands.isEmpty {
      sections.append(section("Commands", command.commands.map { ($0.name, $0.summary) }))
    }
    let arguments = command.parameters.filter(\.isPositional)
    if !arguments.isEmpty { sections.append(section("Arguments", arguments.map(row))) }
    let options = command.parameters.filter { !$0.isPositional } + command.shared
    if !options.isEmpty { sections.append(section("Options", options.map(row))) }
    sections.append(section("Options of every command", commonParameters.map(row)))
    if !command.examples.isEmpty {
      let lines = command.examples.map { "  \($0.call)\n      \($0.purpose)" }
      sections.append("Examples:\n" + lines.joined(separator: "\n"))
    }
    if !command.commands.isEmpty {
      sections.append("'\(path) COMMAND --help' tells more of a command.")
    }
    return sections.joined(separator: "\n\n") + "\n"
  }

  private var commonParameters: [ParameterDescription] {
    GlobalOptions.common.map(\.description)
      + (path == program ? [GlobalOptions.versionParameter.description] : [])
  }

  private func row(_ parameter: ParameterDescription) -> (String, String) {
    (parameter.term, parameter.explanation)
  }

  private func section(_ title: String, _ rows: [(term: String, text: String)]) -> String {
    var lines = ["\(title):"]
    for row in rows {
      let text = wrapped(row.text, to: columns - HelpText.indent)
      let term = "  " + row.term
      let space = HelpText.indent - displayWidth(term)
      if space >= 2, let first = text.first {
        lines.append(term + String(repeating: " ", count: space) + first)
        lines += text.dropFirst().map { String(repeating: " ", count: HelpText.indent) + $0 }
      } else {
        lines.append(term)
        lines += text.map { String(repeating: " ", count: HelpText.indent) + $0 }
      }
    }
    return lines.joined(separator: "\n")
  }

  private func paragraphs(_ text: String) -> String {
    text.paragraphs.map { wrapped($0, to: columns).joined(separator: "\n") }.joined(
      separator: "\n\n")
  }
}

extension String {
  /// The parts between empty lines, without those that hold nothing.
  var paragraphs: [String] {
    split(separator: "\n\n").map(String.init).filter { !$0.allSatisfy(\.isWhitespace) }
  }
}

extension CommandDescription {
  /// Returns the command that a path of words names, or nil when there is none.
  func command(at path: [String]) -> CommandDescription? {
    var command = self
    for word in path {
      guard let next = command.commands.first(where: { $0.name == word }) else { return nil }
      command = next
    }
    return command
  }

  /// Returns the line that shows how to call it.
  func usage(path: String) -> String {
    if !commands.isEmpty { return "\(path) COMMAND" }
    let options = parameters.filter { !$0.isPositional }
    let needed = options.filter { $0.minimum > 0 }.map { "\($0.name) \($0.placeholder)" }
    let words = parameters.filter(\.isPositional).map { argument in
      let name = argument.name + (argument.isRepeated ? "..." : "")
      return argument.minimum == 0 ? "[\(name)]" : name
    }
    return ([path] + needed + ["[OPTIONS]"] + words).joined(separator: " ")
  }

  /// Itself and all commands under it, each with its path.
  func all(path: [String]) -> [(path: [String], command: CommandDescription)] {
    [(path, self)] + commands.flatMap { $0.all(path: path + [$0.name]) }
  }
}

extension ParameterDescription {
  /// How it is written in a list: `-q, --quiet`, `--dpi N`.
  var term: String {
    if isPositional { return isRepeated ? "\(name)..." : name }
    let names = short.map { "-\($0), \(name)" } ?? name
    return takesValue ? "\(names) \(placeholder)" : names
  }

  /// What it does, what it may be and what it is when left out.
  var explanation: String {
    var notes: [String] = []
    if !choices.isEmpty { notes.append("one of \(choices.joined(separator: ", "))") }
    if shape == .repeatedOption {
      notes.append(separator.map { "several with '\($0)' or repeated" } ?? "may be repeated")
    }
    if !isPositional, minimum > 0 { notes.append("required") }
    if let defaultText, !defaultText.isEmpty { notes.append("default \(defaultText)") }
    return notes.isEmpty ? help : "\(help) (\(notes.joined(separator: "; ")))"
  }
}
