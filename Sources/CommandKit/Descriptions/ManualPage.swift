/// The manual page of one command, in the language of man(7).
struct ManualPage {
  let program: CommandDescription
  let version: String
  /// The words after the program's name.
  let path: [String]
  let command: CommandDescription

  /// The page's name: `checkin-venue-list`.
  var name: String { ([program.name] + path).joined(separator: "-") }

  var fileName: String { "\(name).1" }

  private var call: String { ([program.name] + path).joined(separator: " ") }

  var text: String {
    var lines = [
      // No date: the same source makes the same page.
      ".TH \"\(escaped(name.uppercased()))\" 1 \"\" \"\(escaped("\(program.name) \(version)"))\"",
      ".nh", ".ad l",
      ".SH NAME", "\(escaped(name)) \\- \(escaped(lowercasedFirst(command.summary)))",
      ".SH SYNOPSIS", ".B \(escaped(call))",
      escaped(String(command.usage(path: call).dropFirst(call.count + 1))),
    ]
    lines += [".SH DESCRIPTION", text(command.summary + ".")]
    for paragraph in command.discussion.paragraphs { lines += [".PP", text(paragraph)] }
    lines += list(
      "COMMANDS", command.commands.map { ("\\fB\(escaped($0.name))\\fR", $0.summary + ".") })
    lines += list("ARGUMENTS", command.parameters.filter(\.isPositional).map(item))
    let own = command.parameters.filter { !$0.isPositional } + command.shared
    lines += list("OPTIONS", own.map(item))
    let common =
      GlobalOptions.common + (path.isEmpty ? [GlobalOptions.versionParameter] : [])
    lines += list(
      own.isEmpty ? "OPTIONS" : "OPTIONS OF EVERY COMMAND", common.map { item($0.description) })
    lines += list("ENVIRONMENT", environment)
    lines += list(
      "EXIT STATUS",
      ExitStatus.allCases.map { ("\\fB\($0.rawValue)\\fR", $0.meaning) })
    if !command.examples.isEmpty {
      lines.append(".SH EXAMPLES")
      for example in command.examples {
        lines += [".TP", "\\fB\(escaped(example.call))\\fR", text(example.purpose + ".")]
      }
    }
    lines += seeAlso
    return lines.joined(separator: "\n") + "\n"
  }

  private var environment: [(term: String, text: String)] {
    let usesPassphrase = command.shared.contains { $0.name == "--passphrase-file" }
    let always = [
      ("CHECKIN_STORE", "The store's folder, when --store is not given."),
      ("CHECKIN_VENUES", "The registry's folder, when --venues is not given."),
      ("CHECKIN_ACTOR", "Who works, for the audit log; else the name of the system's user."),
      ("NO_COLOR", "Print without colour when it is set to anything."),
    ]
    let secrets = [
      ("CHECKIN_PASSPHRASE", "The passphrase, when no option says where it is."),
      ("CHECKIN_KEY_FILE", "The file that opens the keys, when it is not beside the store."),
    ]
    return (always + (usesPassphrase ? secrets : [])).map { ("\\fB\(escaped($0.0))\\fR", $0.1) }
  }

  private var seeAlso: [String] {
    let above = path.isEmpty ? [] : [([program.name] + path.dropLast()).joined(separator: "-")]
    let below = command.commands.map { "\(name)-\($0.name)" }
    let pages = (above + below).map { "\\fB\(escaped($0))\\fR(1)" }
    return pages.isEmpty ? [] : [".SH SEE ALSO", pages.joined(separator: ",\n")]
  }

  private func list(_ title: String, _ items: [(term: String, text: String)]) -> [String] {
    guard !items.isEmpty else { return [] }
    return [".SH \(title)"] + items.flatMap { [".TP", $0.term, text($0.text)] }
  }

  private func item(_ parameter: ParameterDescription) -> (term: String, text: String) {
    let names = (parameter.short.map { ["-\($0)"] } ?? []) + [parameter.name]
    let term =
      parameter.isPositional
      ? "\\fI\(escaped(parameter.term))\\fR"
      : names.map { "\\fB\(escaped($0))\\fR" }.joined(separator: ", ")
        + (parameter.takesValue ? " \\fI\(escaped(parameter.placeholder))\\fR" : "")
    return (term, parameter.explanation + ".")
  }

  /// A paragraph as one line that cannot be taken for a request.
  private func text(_ text: String) -> String {
    let line = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    let needsGuard = line.hasPrefix(".") || line.hasPrefix("'")
    return (needsGuard ? "\\&" : "") + escaped(line)
  }

  private func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += "\\e"
      case "-": result += "\\-"
      case "'": result += "\\(aq"
      case "`": result += "\\(ga"
      case "^": result += "\\(ha"
      case "~": result += "\\(ti"
      case "\"": result += "\\(dq"
      default:
        if scalar.isASCII {
          result.unicodeScalars.append(scalar)
        } else {
          // Readable by every groff, whatever the encoding it expects.
          let digits = String(scalar.value, radix: 16, uppercase: true)
          result += "\\[u\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits)]"
        }
      }
    }
    return result
  }

  private func lowercasedFirst(_ text: String) -> String {
    text.prefix(1).lowercased() + text.dropFirst()
  }
}
