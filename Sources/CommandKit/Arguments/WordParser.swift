/// Walks the words of a call against a table of parameters.
///
/// It knows how words are written, not what they mean: values go to `store` as they are.
struct WordParser {
  /// The command as called: `checkin venue list`.
  let path: String
  let parameters: [ParameterDescription]
  /// The parameters from here on may be given again, and the last one counts: a person's alias may
  /// hold `--store`, while a second `--case` would silently drop the first.
  let firstShared: Int

  enum Outcome: Equatable {
    /// All words were taken.
    case complete
    /// Help was asked for; nothing after it was looked at.
    case help
    /// The walk stopped before the first word by position.
    case argument(at: Int)
  }

  /// Walks the words.
  ///
  /// - Parameters:
  ///   - words: The words after the command's name.
  ///   - stopsAtArgument: Whether the first word by position ends the walk: it names a command.
  ///   - store: Receives the index of a parameter, a word (empty for a flag), and whether it is the
  ///     parameter's first.
  /// - Returns: How the walk ended.
  /// - Throws: The first thing that is wrong with the call.
  func parse(
    _ words: ArraySlice<String>, stopsAtArgument: Bool = false,
    store: (Int, String, Bool) throws(UsageError) -> Void
  ) throws(UsageError) -> Outcome {
    var uses = [Int](repeating: 0, count: parameters.count)
    let positional = parameters.indices.filter { parameters[$0].isPositional }
    var position = 0
    var index = words.startIndex
    var onlyArguments = false

    func take(_ parameter: Int, _ word: String) throws(UsageError) {
      let description = parameters[parameter]
      if uses[parameter] > 0, !description.isRepeated, parameter < firstShared,
        description.takesValue
      {
        throw UsageError("\(description.name) is given twice", hint: "give it once")
      }
      try store(parameter, word, uses[parameter] == 0)
      uses[parameter] += 1
    }

    while index < words.endIndex {
      let word = words[index]
      if onlyArguments || !WordParser.looksLikeOption(word) {
        if stopsAtArgument { return .argument(at: index) }
        guard position < positional.count else { throw unexpected(word, positional) }
        let parameter = positional[position]
        try take(parameter, word)
        if !parameters[parameter].isRepeated { position += 1 }
        index += 1
        continue
      }
      index += 1
      if word == "--" {
        onlyArguments = true
        continue
      }
      let parts = WordParser.split(word)
      var letters = parts.letters
      var name = parts.name
      while true {
        guard let parameter = find(name, isShort: parts.isShort) else { throw unknown(name, word) }
        let description = parameters[parameter]
        if description.name == GlobalOptions.helpName { return .help }
        if !description.takesValue {
          if let value = parts.value {
            throw UsageError(
              "\(description.name) takes no value, but '\(value)' is given",
              hint: "write \(description.name) alone")
          }
          try take(parameter, "")
          guard let next = letters.popFirst() else { break }
          name = "-\(next)"
          continue
        }
        if let value = parts.value {
          try take(parameter, value)
        } else if !letters.isEmpty {
          try take(parameter, String(letters))
        } else {
          guard index < words.endIndex, !isKnownOption(words[index]) else {
            throw UsageError(
              "\(description.name) needs a value",
              hint: "write \(description.name) \(description.placeholder)")
          }
          try take(parameter, words[index])
          index += 1
          // `--train A B`: where no word goes by position, it can only be one more value.
          while description.isRepeated, description.separator == nil, positional.isEmpty,
            !stopsAtArgument, index < words.endIndex, !WordParser.looksLikeOption(words[index])
          {
            try take(parameter, words[index])
            index += 1
          }
        }
        break
      }
    }
    if !stopsAtArgument { try checkRequired(uses) }
    return .complete
  }

  /// A lone `-` is standard input and `-5` is a number; both are arguments.
  private static func looksLikeOption(_ word: String) -> Bool {
    let bytes = word.utf8
    guard bytes.count >= 2, bytes.first == UInt8(ascii: "-"),
      let second = bytes.dropFirst().first
    else { return false }
    return !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(second)
  }

  /// Splits `--name=value`, `--name`, `-n` and `-nrest`.
  private static func split(
    _ word: String
  ) -> (name: String, value: String?, letters: Substring, isShort: Bool) {
    guard word.hasPrefix("--") else {
      return (String(word.prefix(2)), nil, word.dropFirst(2), true)
    }
    guard let equals = word.firstIndex(of: "=") else { return (word, nil, "", false) }
    return (String(word[..<equals]), String(word[word.index(after: equals)...]), "", false)
  }

  private func find(_ name: String, isShort: Bool) -> Int? {
    parameters.firstIndex { parameter in
      guard !parameter.isPositional else { return false }
      return isShort ? parameter.short.map { "-\($0)" } == name : parameter.name == name
    }
  }

  private func isKnownOption(_ word: String) -> Bool {
    guard WordParser.looksLikeOption(word) else { return false }
    let parts = WordParser.split(word)
    return word == "--"
      || find(parts.name, isShort: parts.isShort) != nil
        && (!parts.isShort || parts.letters.isEmpty)
  }

  // MARK: Messages

  private func unknown(_ name: String, _ word: String) -> UsageError {
    let names = parameters.filter { !$0.isPositional }.map(\.name)
    // `-json` is a long option with a dash too few.
    let meant =
      closest(to: name, in: names)
      ?? (name.hasPrefix("--") ? nil : names.first { $0 == "-\(word)" })
    return UsageError("unknown option '\(name)'", hint: meant.map { "did you mean \($0)?" })
  }

  private func unexpected(_ word: String, _ positional: [Int]) -> UsageError {
    let limit =
      switch positional.count {
      case 0: "takes no arguments"
      case 1: "takes only \(parameters[positional[0]].name)"
      default:
        "takes only \(positional.map { parameters[$0].name }.joined(separator: " "))"
      }
    let option = parameters.first { !$0.isPositional && $0.name == "--\(word)" }
    return UsageError(
      "unexpected argument '\(word)': \(path) \(limit)",
      hint: option.map { "did you mean \($0.name)?" })
  }

  private func checkRequired(_ uses: [Int]) throws(UsageError) {
    for (index, parameter) in parameters.enumerated() where uses[index] < parameter.minimum {
      let what =
        parameter.isPositional
        ? "argument \(parameter.name)" : "option \(parameter.name) \(parameter.placeholder)"
      let count =
        uses[index] == 0
        ? "the \(what) is missing"
        : "the \(what) is given \(uses[index]) times, and \(parameter.minimum) are needed"
      throw UsageError(count, hint: "\(path) needs it: \(parameter.help)")
    }
  }
}
