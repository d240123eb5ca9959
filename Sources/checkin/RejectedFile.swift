internal import CommandKit
internal import Foundation
internal import Glibc

/// The file beside an import's input that holds the rows which were refused.
///
/// Such rows name people as the input does, so the file is for its owner only, whoever may read the
/// folder.
enum RejectedFile {
  /// Where the refused rows of an input go.
  static func path(for input: String) -> String {
    input == "-" ? "stdin.rejected.csv" : "\(input).rejected.csv"
  }

  /// Takes away the file of an earlier run, which a reader would take for this one's.
  static func removeEarlier(at path: String) {
    unlink(path)
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

  /// Opens a new file in the place of an earlier one.
  static func make(_ path: String) throws -> FileHandle {
    // Never written into: what is there may have other rights, or be a link to something else.
    unlink(path)
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure(path) }
    return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  }

  /// Writes a whole file in the place of an earlier one.
  static func write(_ bytes: [UInt8], to path: String) throws {
    try append(bytes, to: make(path), path)
  }

  /// Writes more rows.
  static func append(_ bytes: [UInt8], to file: FileHandle, _ path: String) throws {
    do { try file.write(contentsOf: Data(bytes)) } catch { throw failure(path) }
  }

  private static func failure(_ path: String) -> CommandError {
    CommandError(
      "the refused rows cannot be written to \(path)",
      hint: "make the folder writable and make room there, then import again: rows that were taken "
        + "are not doubled",
      code: "rejected-file")
  }
}
