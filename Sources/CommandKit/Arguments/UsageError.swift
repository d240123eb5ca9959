/// A call that was wrong: the exit status is 2.
public struct UsageError: Error, Equatable, Sendable {
  /// What was wrong, as a part sentence without a full stop.
  public let message: String

  /// What to do about it; nil points to the command's help.
  public let hint: String?

  /// The stable word for this kind of error.
  public var code: String { "usage" }

  /// Makes an error from what was wrong and what to do about it.
  public init(_ message: String, hint: String? = nil) {
    self.message = message
    self.hint = hint
  }
}
