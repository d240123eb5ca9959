/// A failure as a person should read it, on one line.
///
/// `checkin: Venues/hotels.csv:12: the venue has no name: give it one, or remove the line`
public struct CommandError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What was wrong, as a part sentence without a full stop.
  public let message: String
  /// What to do about it, or nil when there is nothing to say.
  public let hint: String?
  /// The file it is about.
  public let file: String?
  /// The line in that file, counted from 1.
  public let line: Int?
  /// The stable word for this kind of failure.
  public let code: String
  /// How the program ends.
  public let status: ExitStatus

  /// Makes a failure.
  public init(
    _ message: String, hint: String? = nil, file: String? = nil, line: Int? = nil,
    code: String = "failed", status: ExitStatus = .failed
  ) {
    self.message = message
    self.hint = hint
    self.file = file
    self.line = line
    self.code = code
    self.status = status
  }

  /// The line without the program's name.
  public var description: String {
    var parts: [String] = []
    if let file { parts.append(line.map { "\(file):\($0)" } ?? file) }
    parts.append(message)
    if let hint { parts.append(hint) }
    return parts.joined(separator: ": ")
  }
}

/// The end of a command that was asked to stop; see `Interruption`.
public struct Interrupted: Error, Equatable, Sendable {
  /// Makes the error.
  public init() {}
}

/// An error that knows how a person should read it.
///
/// The program turns any other error into its description with status 1; errors of other modules
/// conform where file, line, hint or status say more.
public protocol CommandErrorConvertible: Error {
  /// The failure as it is to be told.
  var commandError: CommandError { get }
}
