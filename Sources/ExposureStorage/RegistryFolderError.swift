public import VenueRegistry

/// Why the registry's folder could not be read or written.
public struct RegistryFolderError: Error, Hashable, Sendable {
  /// The kinds of failure a caller can tell apart.
  public enum Code: String, Sendable, CaseIterable {
    /// There is no such folder or file.
    case missing = "registry-missing"
    /// It is there but cannot be read.
    case unreadable = "registry-unreadable"
    /// A file is not UTF-8.
    case notUTF8 = "registry-not-utf8"
    /// A file is larger than any registry.
    case tooLarge = "registry-too-large"
    /// Another program is changing the registry.
    case busy = "registry-busy"
    /// A file could not be written.
    case unwritable = "registry-unwritable"
    /// Rows of the files cannot be read, so that writing would lose them.
    case damaged = "registry-damaged"
  }

  /// What kind of failure it is.
  public let code: Code
  /// The folder or file.
  public let path: String
  /// The system's error number, or 0 when the system had nothing to say.
  public let errorNumber: Int32
  /// The system's words for it.
  public let reason: String
  /// What is wrong in the files, when they are damaged.
  public let diagnostics: [Diagnostic]

  init(
    _ code: Code, path: String, errorNumber: Int32 = 0, reason: String = "",
    diagnostics: [Diagnostic] = []
  ) {
    self.code = code
    self.path = path
    self.errorNumber = errorNumber
    self.reason = reason
    self.diagnostics = diagnostics
  }
}

extension RegistryFolderError: CustomStringConvertible {
  /// A sentence that says what is wrong, where, and what to do.
  public var description: String {
    switch code {
    case .missing: "\(path) is not there: name the registry's folder with --venues"
    case .unreadable: "\(path) cannot be read: \(reason)"
    case .notUTF8: "\(path) is not UTF-8: save it as \"CSV UTF-8\""
    case .tooLarge: "\(path) is too large for a registry file"
    case .busy: "\(path) is being changed by another program: try again when it is done"
    case .unwritable: "\(path) cannot be written: \(reason)"
    case .damaged:
      "\(path) has rows that cannot be read, which writing would lose: "
        + (diagnostics.first.map { "\($0)" } ?? "see \"venue check\"")
    }
  }
}
