extension CommandDescription {
  /// What is wrong with the declaration of a command or any under it; empty when all is well.
  ///
  /// A table can say things that no call could ever mean. A test, and every start of a debug build,
  /// holds the whole program against this.
  public var problems: [String] {
    all(path: [name]).flatMap { path, command in
      command.ownProblems.map { "\(path.joined(separator: " ")): \($0)" }
    }
  }

  private var ownProblems: [String] {
    var problems: [String] = []
    if name.isEmpty || name.contains(where: { !$0.isASCII || $0.isWhitespace || $0 == "'" }) {
      problems.append("'\(name)' cannot be typed as a name")
    }
    if summary.isEmpty || summary.hasSuffix(".") {
      problems.append("the summary is a sentence without its full stop")
    }
    let options = parameters.filter { !$0.isPositional } + shared
    let common = GlobalOptions.common.map(\.description)
    var taken: Set<String> = []
    for name in (options + common).flatMap(\.names) where !taken.insert(name).inserted {
      problems.append("the option \(name) is declared twice")
    }
    for option in options where !option.name.hasPrefix("--") || option.name.count < 4 {
      problems.append("\(option.name) is no long option")
    }
    let arguments = parameters.filter(\.isPositional)
    if arguments.dropLast().contains(where: \.isRepeated) {
      problems.append("no argument can follow one that takes all words")
    }
    for (argument, next) in zip(arguments, arguments.dropFirst())
    where argument.minimum == 0 && next.minimum > 0 {
      problems.append("\(next.name) is needed, but follows \(argument.name), which is not")
    }
    for parameter in parameters {
      if parameter.help.isEmpty || parameter.help.hasSuffix(".") {
        problems.append("the help of \(parameter.name) is a phrase without a full stop")
      }
      if parameter.choices.contains(where: { $0.contains(where: \.isWhitespace) }) {
        problems.append("a choice of \(parameter.name) contains a space")
      }
    }
    var names: Set<String> = []
    for command in commands where !names.insert(command.name).inserted {
      problems.append("the command \(command.name) is declared twice")
    }
    return problems
  }
}
