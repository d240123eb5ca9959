/// What the program tells the one who called it.
public enum ExitStatus: Int32, Equatable, Sendable, CaseIterable {
  /// Done.
  case done = 0
  /// The answer is no, or it failed.
  case failed = 1
  /// The call was wrong.
  case usage = 2
  /// Done in part: some rows were refused.
  case partly = 3
  /// Stopped by Ctrl-C or a request to end.
  case interrupted = 130
  /// The reader of standard output went away, as in `checkin … | head`.
  case closedPipe = 141

  /// One line for manuals.
  var meaning: String {
    switch self {
    case .done: "Done."
    case .failed: "The answer is no, or it failed."
    case .usage: "The call was wrong."
    case .partly: "Done in part; what was refused is in the error file."
    case .interrupted: "Stopped by Ctrl-C or a request to end; what was acknowledged stays."
    case .closedPipe: "The reader of the output went away."
    }
  }
}
