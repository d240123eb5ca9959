internal import CommandKit
internal import FoundationEssentials

/// The file beside an import's input that holds the rows which were refused.
enum RejectedFile {
  /// Where the refused rows of an input go.
  static func path(for input: String) -> String {
    input == "-" ? "stdin.rejected.csv" : "\(input).rejected.csv"
  }

  /// Writes the file in one step.
  static func write(_ bytes: [UInt8], to path: String) throws {
    do {
      try Data(bytes).write(to: URL(filePath: path), options: .atomic)
    } catch {
      throw CommandError(
        "the refused rows cannot be written to \(path)",
        hint: "make the folder writable and import again: rows that were taken are not doubled",
        code: "rejected-file")
    }
  }
}
