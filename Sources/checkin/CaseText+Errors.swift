internal import CommandKit
internal import ExposureAnswers

extension CaseText {
  /// The error for a case that is not there.
  static func unknown(_ id: String) -> CommandError {
    CommandError("there is no case \(id)", hint: "see `checkin case list`", code: "unknown-case")
  }
}
