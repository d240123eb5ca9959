/// A failure to write a workbook.
///
/// `code` is the stable part that scripts and logs compare; the description is a sentence for a
/// person and may change.
public struct SpreadsheetError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What went wrong, as a stable word.
  public enum Code: String, Hashable, Sendable, CaseIterable {
    /// The library refused a name, a cell or a chart.
    case refused = "spreadsheet-refused"
    /// There are more rows than a sheet holds.
    case tooManyRows = "spreadsheet-rows"
    /// The file could not be written; nothing was left behind.
    case notWritten = "spreadsheet-not-written"
  }

  /// The stable word for this kind of failure.
  public let code: Code
  /// The file, or the sheet in it.
  public let subject: String
  /// What the library or the system said.
  public let reason: String

  /// Makes a failure.
  init(_ code: Code, subject: String, reason: String) {
    self.code = code
    self.subject = subject
    self.reason = reason
  }

  /// A sentence that says what is wrong.
  public var description: String {
    switch code {
    case .refused: "\(subject) cannot be put into a workbook: \(reason)"
    case .tooManyRows: "\(subject) has more rows than a sheet holds: \(reason)"
    case .notWritten: "\(subject) could not be written: \(reason)"
    }
  }
}
