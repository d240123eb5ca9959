/// One command: its name, its table of parameters and what it does.
///
/// Parser, help, completions and manual are all made from this one declaration.
public struct Command<Options: Sendable>: Sendable {
  /// The word that calls it.
  public let name: String
  /// What it does: one sentence without a full stop, with a verb in -s.
  public let summary: String

  let discussion: String
  let examples: [Example]
  let defaults: Options
  let parameters: [Parameter<Options>]
  let shared: SharedOptions
  let body: @Sendable (Options, Context) throws -> ExitStatus

  /// Makes a command.
  ///
  /// - Parameters:
  ///   - name: The word that calls it.
  ///   - summary: What it does: one sentence without a full stop, with a verb in -s.
  ///   - defaults: The options as they are when nothing is given.
  ///   - parameters: The table.
  ///   - shared: Options shared with other commands that the context carries.
  ///   - discussion: Paragraphs for help and manual, separated by empty lines.
  ///   - examples: Calls that work, with what they are for.
  ///   - run: What it does. `UsageError` ends with status 2, `Interrupted` with 130, any other
  ///     error with its own status or 1.
  public init(
    _ name: String, _ summary: String, _ defaults: Options, _ parameters: [Parameter<Options>],
    shared: SharedOptions = [], discussion: String = "", examples: [Example] = [],
    run: @escaping @Sendable (Options, Context) throws -> ExitStatus
  ) {
    self.name = name
    self.summary = summary
    self.defaults = defaults
    self.parameters = parameters
    self.shared = shared
    self.discussion = discussion
    self.examples = examples
    self.body = run
  }

  /// Reads options from the words after the command's name; for tests.
  ///
  /// - Throws: What is wrong with the call; help that is asked for counts as wrong here.
  public func parse(_ words: [String]) throws(UsageError) -> Options {
    var globals = GlobalOptions()
    guard let options = try parse(words[...], path: name, &globals) else {
      throw UsageError("help is asked for")
    }
    return options
  }

  /// Reads options and what is common to all; nil when help is asked for.
  func parse(
    _ words: ArraySlice<String>, path: String, _ globals: inout GlobalOptions
  ) throws(UsageError) -> Options? {
    var options = defaults
    let common = shared.parameters + GlobalOptions.common
    let parser = WordParser(
      path: path, parameters: parameters.map(\.description) + common.map(\.description),
      firstShared: parameters.count)
    let outcome = try parser.parse(words) { index, word, isFirst throws(UsageError) in
      if index < parameters.count {
        try parameters[index].store(&options, word, isFirst)
      } else {
        try common[index - parameters.count].store(&globals, word, isFirst)
      }
    }
    return outcome == .help ? nil : options
  }

  /// The command without the type of its options, to stand in a list with others.
  public var erased: AnyCommand { AnyCommand(self) }
}

/// A call that works, with what it is for.
public struct Example: Equatable, Sendable {
  /// The call, beginning with the program's name.
  public let call: String
  /// What it is for.
  public let purpose: String

  /// Makes an example.
  public init(_ call: String, _ purpose: String) {
    self.call = call
    self.purpose = purpose
  }
}
