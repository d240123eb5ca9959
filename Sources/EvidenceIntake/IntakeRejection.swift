public import VenueCodes

/// Why a row or a scan is not taken as evidence.
public struct IntakeRejection: Error, Hashable, Sendable {
  /// The kinds of rejection; the raw value is stable.
  public enum Code: String, Sendable, CaseIterable {
    /// A value that must be there is missing.
    case missing
    /// An id is not a UUID.
    case badID = "bad-id"
    /// A time cannot be read.
    case badTime = "bad-time"
    /// A date cannot be read.
    case badDate = "bad-date"
    /// A number cannot be read or is out of range.
    case badNumber = "bad-number"
    /// A word is none of those allowed.
    case badWord = "bad-word"
    /// A subject is too long or has control characters.
    case badSubject = "bad-subject"
    /// A gateway's name is too long or has control characters.
    case badGateway = "bad-gateway"
    /// A venue id cannot be read, or an alias is of several venues.
    case badVenue = "bad-venue"
    /// The registry has no such venue.
    case unknownVenue = "unknown-venue"
    /// Two values cannot both be true.
    case contradiction
    /// The time is in the future.
    case future
    /// A code is not genuine.
    case badCode = "bad-code"
    /// A genuine code is of another venue than the door it was scanned at.
    case otherVenue = "other-venue"
    /// Nothing shows that the scan is the visitor's own, which this needs.
    case unprovedVisitor = "unproved-visitor"
    /// A case cannot be as it is given.
    case badCase = "bad-case"
    /// A code is of another service, or a person's document stands in a code's place.
    case foreignCode = "foreign-code"
    /// An identifier of the radio cannot be one.
    case badIdentifier = "bad-identifier"
    /// A key cannot be one of its format.
    case badKey = "bad-key"
    /// A key opens more than one day.
    case baseKey = "base-key"
  }

  /// The kind.
  public let code: Code
  /// The column the value stands in.
  public let column: String
  /// A sentence for the person whose file it is; it holds no subject.
  public let reason: String
  /// What is wrong with the code, when that is what is wrong.
  public let cause: VenueCodeError?

  /// The stable word that says most: the code's own fault, else the kind of rejection.
  public var word: String { cause?.code ?? code.rawValue }

  init(_ code: Code, _ column: String, _ reason: String, cause: VenueCodeError? = nil) {
    self.code = code
    self.column = column
    self.reason = reason
    self.cause = cause
  }

  init(_ code: Code, cause: VenueCodeError) {
    self.init(code, "code", "\(cause)", cause: cause)
  }
}

extension IntakeRejection: CustomStringConvertible {
  /// The reason.
  public var description: String { reason }
}
