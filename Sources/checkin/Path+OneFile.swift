internal import CommandKit

extension Path {
  /// Checks that this is the name of a PDF, for `--one-file`.
  ///
  /// - Throws: `UsageError` when it is not.
  func checkIsOneFile() throws {
    guard !string.contains("/") else {
      throw UsageError(
        "--one-file: '\(self)' is not a name alone", hint: "name the folder with --output")
    }
    guard string.lowercased().hasSuffix(".pdf"), string.count > 4 else {
      throw UsageError("--one-file: '\(self)' is no PDF", hint: "give a name that ends in .pdf")
    }
  }
}
