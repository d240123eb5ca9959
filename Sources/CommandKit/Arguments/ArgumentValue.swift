/// A type that can be read from one word of a command line.
///
/// Help, completions and messages take their words from the same type, so that an enumeration
/// needs no more than its cases:
///
/// ```swift
/// enum PosterFormat: String, CaseIterable, ArgumentValue { case pdf, png, svg }
/// ```
public protocol ArgumentValue: Sendable, SendableMetatype {
  /// Reads the value from a word, or throws what is wrong with the word.
  init(argument: String) throws(InvalidArgument)

  /// What the value is, for messages: "a whole number".
  static var kind: String { get }

  /// The capital word that stands for the value in help: `N`, `FILE`.
  static var placeholder: String { get }

  /// The only words allowed, or nothing when the values cannot be listed.
  static var choices: [String] { get }

  /// What a shell offers for the value.
  static var completion: Completion { get }

  /// The value as one would type it; help shows defaults with it.
  var argumentText: String { get }
}

extension ArgumentValue {
  /// `VALUE`, for types that say nothing better.
  public static var placeholder: String { "VALUE" }

  /// No list of words.
  public static var choices: [String] { [] }

  /// Nothing is offered.
  public static var completion: Completion { .none }

  /// The value's own description.
  public var argumentText: String { String(describing: self) }
}

extension ArgumentValue where Self: RawRepresentable, RawValue == String {
  /// The raw value, which is what is typed.
  public var argumentText: String { rawValue }
}

extension ArgumentValue
where Self: RawRepresentable, RawValue == String, Self: CaseIterable {
  /// Reads one of the cases by its raw value, in exactly its spelling.
  public init(argument: String) throws(InvalidArgument) {
    guard let value = Self(rawValue: argument) else { throw InvalidArgument() }
    self = value
  }

  /// The list of the cases.
  public static var kind: String { "one of \(choices.joined(separator: ", "))" }

  /// The raw values, in the order of declaration.
  public static var choices: [String] { allCases.map(\.rawValue) }
}

/// What is wrong with a word that should be a value.
public struct InvalidArgument: Error, Equatable, Sendable {
  /// A part sentence that follows the word: "has a wrong check symbol"; nil says what was expected.
  public let reason: String?

  /// What to do about it; nil leaves that to a near choice or the help.
  public let hint: String?

  /// Makes the error, with a reason when there is more to say than what kind was expected.
  ///
  /// Sentences of other modules end in what to do, after a colon; that part is taken for the hint
  /// when none is given.
  public init(_ reason: String? = nil, hint: String? = nil) {
    let colon = reason?.indices.first { reason?[$0...].hasPrefix(": ") ?? false }
    guard let reason, let colon, hint == nil else {
      self.reason = reason
      self.hint = hint
      return
    }
    self.reason = String(reason[..<colon])
    self.hint = String(reason[colon...].dropFirst(2))
  }
}

/// What a shell offers when a value is to be completed.
public enum Completion: Equatable, Sendable {
  /// Nothing.
  case none
  /// Names of files and folders.
  case files
  /// Names of folders only.
  case directories
  /// The program's own commands.
  case commands
}

extension Int: ArgumentValue {
  /// Reads a decimal number with an optional sign.
  public init(argument: String) throws(InvalidArgument) {
    guard let value = Int(argument, radix: 10) else { throw InvalidArgument() }
    self = value
  }

  /// The words "a whole number".
  public static var kind: String { "a whole number" }

  /// The letter `N`.
  public static var placeholder: String { "N" }
}

extension Double: ArgumentValue {
  /// Reads a finite decimal number.
  public init(argument: String) throws(InvalidArgument) {
    guard let value = Double(argument), value.isFinite else { throw InvalidArgument() }
    self = value
  }

  /// The words "a number".
  public static var kind: String { "a number" }

  /// The letter `N`.
  public static var placeholder: String { "N" }
}

extension String: ArgumentValue {
  /// Takes the word as it is.
  public init(argument: String) throws(InvalidArgument) {
    self = argument
  }

  /// The word "text".
  public static var kind: String { "text" }

  /// The word `TEXT`.
  public static var placeholder: String { "TEXT" }
}

/// The name of a file or folder, as given; `-` is a name like any other here.
public struct Path: ArgumentValue, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
  /// The name.
  public let string: String

  /// Makes a path of a name that is known to be good.
  public init(_ string: String) {
    self.string = string
  }

  /// Makes a path of a literal.
  public init(stringLiteral value: String) {
    self.string = value
  }

  /// Takes any name the system could open: not empty, and without a zero byte.
  public init(argument: String) throws(InvalidArgument) {
    guard !argument.isEmpty else { throw InvalidArgument("is empty") }
    guard !argument.utf8.contains(0) else { throw InvalidArgument("contains a zero byte") }
    self.string = argument
  }

  /// The words "a file name".
  public static var kind: String { "a file name" }

  /// The word `FILE`.
  public static var placeholder: String { "FILE" }

  /// Files and folders.
  public static var completion: Completion { .files }

  /// The name.
  public var description: String { string }
}
