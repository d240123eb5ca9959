internal import CommandKit
internal import FoundationEssentials

/// The file beside an import's input that holds the rows which were refused.
enum RejectedFile {
  /// Where the refused rows of an input go.
  static func path(for input: String) -> String {
    input == "-" ? "stdin.rejected.csv" : "\(input).rejected.csv"
  }

  /// Takes away the file of an earlier run, which a reader would take for this one's.
  static func removeEarlier(at path: String) {
    try? FileManager.default.removeItem(atPath: path)
  }

  /// The words for one refused row.
  static func words(
    for reason: String, column: String?, line: Int, of name: String
  ) -> String {
    // Most sentences say themselves which column they are about.
    let place = column.map { reason.hasPrefix($0) ? "" : "\($0): " } ?? ""
    return "\(name):\(line): \(place)\(reason)"
  }

  /// The words for where the refused rows are.
  static func words(for count: Int, in path: String) -> String {
    count == 1
      ? "the refused row is in \(path)" : "the \(grouped(count)) refused rows are in \(path)"
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
