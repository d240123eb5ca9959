internal import Glibc

/// Why an input file could not be read.
public struct InputError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The kinds of failure a caller can tell apart.
  public enum Code: String, Sendable, CaseIterable {
    /// There is no such file.
    case notFound = "input.not-found"
    /// It is a folder.
    case isDirectory = "input.is-directory"
    /// The rights do not allow it.
    case notPermitted = "input.not-permitted"
    /// Its name ends in `.gz`, and it is not gzip.
    case notGzip = "input.not-gzip"
    /// The compressed data ends too early.
    case gzipTruncated = "input.gzip-truncated"
    /// The compressed data is damaged, or something else follows it.
    case gzipCorrupt = "input.gzip-corrupt"
    /// It holds more than may be read at once.
    case tooLarge = "input.too-large"
    /// The person asked to stop while it was read.
    case interrupted = "input.interrupted"
    /// The system says no for another reason.
    case system = "input.system"
  }

  /// The stable part.
  public let code: Code
  /// The file's name, or `standard input`.
  public let file: String
  /// The system's or the decoder's own words, where there are some.
  public let detail: String?

  init(_ code: Code, _ file: String, _ detail: String? = nil) {
    self.code = code
    self.file = file
    self.detail = detail
  }

  /// The sentence for a person, with the file's name.
  public var description: String { commandError.description }

  init(opening file: String, errno number: Int32) {
    switch number {
    case ENOENT, ENOTDIR: self.init(.notFound, file)
    case EACCES, EPERM: self.init(.notPermitted, file)
    case EISDIR: self.init(.isDirectory, file)
    default: self.init(.system, file, systemMessage(number))
    }
  }
}

extension InputError: CommandErrorConvertible {
  /// The failure with what to do about it.
  public var commandError: CommandError {
    let (message, hint): (String, String?) =
      switch code {
      case .notFound: ("there is no such file", "check the name, or give - for standard input")
      case .isDirectory: ("this is a folder", "give a file inside it")
      case .notPermitted:
        ("it may not be read", "ask its owner for the right to read it")
      case .notGzip:
        ("its name ends in .gz, but it is not gzip", "rename it if it is not compressed")
      case .gzipTruncated:
        ("the compressed data ends too early", "copy or compress the file again")
      case .gzipCorrupt:
        (
          "the compressed data is damaged\(detail.map { " (\($0))" } ?? "")",
          "copy or compress the file again"
        )
      case .tooLarge: ("it is too large\(detail.map { ": \($0)" } ?? "")", nil)
      case .interrupted: ("stopped while reading", nil)
      case .system: (detail.map { "it cannot be read: \($0)" } ?? "it cannot be read", nil)
      }
    return CommandError(
      message, hint: hint, file: file, code: code.rawValue,
      status: code == .interrupted ? .interrupted : .failed)
  }
}
