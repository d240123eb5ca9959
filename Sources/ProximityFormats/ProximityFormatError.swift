/// Why a file of a contact-tracing app, or a line of one, cannot be read.
///
/// It never holds a key or an identifier.
public struct ProximityFormatError: Error, Hashable, Sendable {
  /// The kinds of fault; the raw value is stable.
  public enum Code: String, Sendable, CaseIterable {
    /// It is larger than any file of the format.
    case tooLarge = "too-large"
    /// The bytes are not UTF-8.
    case notUTF8 = "not-utf8"
    /// An upload's parts cannot be told apart.
    case badMultipart = "bad-multipart"
    /// An upload has no list of sightings.
    case noSightings = "no-sightings"
    /// The text is not the JSON that it should be.
    case badJSON = "bad-json"
    /// A line has another number of cells.
    case cellCount = "cell-count"
    /// An identifier cannot be one.
    case badIdentifier = "bad-identifier"
    /// A strength or power is none that a radio measures.
    case badStrength = "bad-strength"
    /// A moment is none.
    case badTime = "bad-time"
    /// A key has another length or spelling.
    case badKey = "bad-key"
    /// A key that opens more than one day.
    case baseKey = "base-key"
    /// A key's day is not the start of a UTC day.
    case badDay = "bad-day"
    /// The file is not an export of exposure keys.
    case badExport = "bad-export"
    /// The file is not a list of signatures.
    case badSignature = "bad-signature"
    /// The table of models cannot be read.
    case badModels = "bad-models"
    /// libcrypto cannot be loaded.
    case noCrypto = "no-crypto"
  }

  /// The kind.
  public let code: Code
  /// A sentence for the person whose file it is.
  public let reason: String

  /// Returns the error of a key that cannot be read.
  ///
  /// - Parameter count: How many bytes it should have.
  /// - Returns: An error that does not hold the key.
  public static func wrongKey(count: Int) -> ProximityFormatError {
    ProximityFormatError(
      .badKey,
      "the key is not \(count) bytes as \(2 * count) hexadecimal digits or as base64")
  }

  init(_ code: Code, _ reason: String) {
    self.code = code
    self.reason = reason
  }
}

extension ProximityFormatError: CustomStringConvertible {
  /// The reason.
  public var description: String { reason }
}
