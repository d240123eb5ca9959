/// All that help, completions, manual and parser need to know of one parameter.
public struct ParameterDescription: Equatable, Sendable {
  /// How a parameter is written.
  public enum Shape: Equatable, Sendable {
    /// A word by its position.
    case argument
    /// All further words by position.
    case repeatedArgument
    /// A named value.
    case option
    /// A named value that may be given more than once.
    case repeatedOption
    /// A name alone.
    case flag
  }

  /// How it is written.
  public let shape: Shape

  /// `--dpi`, or the name of an argument: `ID`.
  public let name: String

  /// The letter of the short form, when it has one.
  public let short: Character?

  /// What stands for the value in help.
  public let placeholder: String

  /// What it does, as a phrase.
  public let help: String

  /// What the value is, for messages.
  public let kind: String

  /// The only words allowed, if they can be listed.
  public let choices: [String]

  /// What a shell offers.
  public let completion: Completion

  /// How many are needed; 0 when it may be left out.
  public let minimum: Int

  /// What separates several values in one word.
  public let separator: Character?

  /// The value it has when left out, as one would type it.
  public internal(set) var defaultText: String?

  /// Whether it takes a value.
  public var takesValue: Bool { shape != .flag }

  /// Whether it goes by position.
  public var isPositional: Bool { shape == .argument || shape == .repeatedArgument }

  /// Whether it can be given more than once.
  public var isRepeated: Bool { shape == .repeatedArgument || shape == .repeatedOption }
}
