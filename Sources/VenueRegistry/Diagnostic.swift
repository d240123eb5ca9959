/// Something that is wrong, or looks wrong, in the registry's files.
public struct Diagnostic: Hashable, Sendable {
  /// How bad it is.
  public enum Severity: String, Sendable, CaseIterable {
    /// The registry cannot be used as it is.
    case error
    /// A person should look at it.
    case warning
  }

  /// How bad it is.
  public let severity: Severity
  /// The stable word for scripts, such as `duplicate-id`.
  public let code: String
  /// The file, by its path in the registry's folder.
  public let file: String?
  /// The line in that file, from 1.
  public let line: Int?
  /// A sentence that says what is wrong and what to do.
  public let message: String

  /// Makes a diagnostic.
  public init(
    _ severity: Severity, code: String, file: String? = nil, line: Int? = nil, message: String
  ) {
    self.severity = severity
    self.code = code
    self.file = file
    self.line = line
    self.message = message
  }
}

extension Diagnostic: CustomStringConvertible {
  /// One line, as compilers write them: `file:line: error: message`.
  public var description: String {
    var place = ""
    if let file { place += file + ":" }
    if let line { place += "\(line):" }
    return (place.isEmpty ? "" : place + " ") + "\(severity.rawValue): \(message)"
  }
}

/// Where in the files a value of the registry came from.
struct Origin: Hashable, Sendable {
  let file: String
  let line: Int
}

/// A value and where it came from.
struct Entry<Value: Sendable>: Sendable {
  var value: Value
  var origin: Origin?
}

/// Why a change to the registry was refused.
public enum RegistryError: Error, Hashable, Sendable {
  /// No venue has the id.
  case unknownVenue(VenueIDText)
  /// A venue has the id already.
  case duplicateID(VenueIDText)
  /// The venue has faults; each is told.
  case invalid([VenueProblem])

  /// An id as it is written.
  public typealias VenueIDText = String

  /// The stable word for scripts and logs.
  public var code: String {
    switch self {
    case .unknownVenue: "unknown-venue"
    case .duplicateID: "duplicate-id"
    case .invalid(let problems): problems.first?.code ?? "invalid-venue"
    }
  }
}

extension RegistryError: CustomStringConvertible {
  /// A sentence for the person who asked for the change.
  public var description: String {
    switch self {
    case .unknownVenue(let id): "no venue has the id \(id): see \"venue list\""
    case .duplicateID(let id): "a venue has the id \(id) already"
    case .invalid(let problems): problems.map(\.message).joined(separator: "; ")
    }
  }
}
