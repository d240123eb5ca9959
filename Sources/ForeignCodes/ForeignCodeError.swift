/// Why a text that is plainly of a foreign format cannot be read as such.
///
/// It never holds what was scanned: the text may be somebody's card.
public struct ForeignCodeError: Error, Hashable, Sendable {
  /// The kinds of fault; the raw value is stable.
  public enum Fault: String, Sendable, CaseIterable {
    /// It is longer than any code of the format.
    case tooLong = "too_long"
    /// It has other parts than a code of the format.
    case malformed
    /// It is of a version that is not read here.
    case unknownVersion = "unknown_version"
    /// A part is not base64, or in another spelling than the format's.
    case badEncoding = "bad_encoding"
    /// A part is not the JSON object it should be.
    case badJSON = "bad_json"
    /// The payload is not the protobuf message it should be.
    case badMessage = "bad_message"
    /// The signature is not of the one algorithm the format has.
    case badAlgorithm = "bad_algorithm"
    /// The signature is missing or has another length.
    case badSignature = "bad_signature"
    /// The venue's id is missing or cannot be one.
    case badIdentifier = "bad_identifier"
    /// A name or description is missing, too long or has line breaks.
    case badName = "bad_name"
    /// An address is missing, too long or has line breaks.
    case badAddress = "bad_address"
    /// The secret seed has another length than the format's.
    case badSeed = "bad_seed"
    /// The start is after the end.
    case badTimes = "bad_times"
    /// A date is none.
    case badDate = "bad_date"
    /// A document's number cannot be one.
    case badNumber = "bad_number"
  }

  /// The format.
  public let format: ForeignFormat
  /// What is wrong.
  public let fault: Fault

  /// Names a fault.
  public init(_ format: ForeignFormat, _ fault: Fault) {
    self.format = format
    self.fault = fault
  }

  /// The stable word.
  public var code: String { "foreign_\(fault.rawValue)" }
}

extension ForeignCodeError: CustomStringConvertible {
  /// A sentence for the person who scanned.
  public var description: String {
    let fault =
      switch self.fault {
      case .tooLong: "it is too long"
      case .malformed: "its parts are not those of such a code"
      case .unknownVersion: "it is of a version that this program does not read"
      case .badEncoding: "a part of it is not base64"
      case .badJSON: "what it holds is not the JSON it should be"
      case .badMessage: "what it holds is not the message it should be"
      case .badAlgorithm: "it is not signed in the one way that such a code is"
      case .badSignature: "its signature is missing or cut"
      case .badIdentifier: "its id is missing or cannot be one"
      case .badName: "its name is missing, too long or has line breaks"
      case .badAddress: "its address is missing, too long or has line breaks"
      case .badSeed: "its seed has not the length it must have"
      case .badTimes: "it ends before it begins"
      case .badDate: "a date in it is none"
      case .badNumber: "its number cannot be one"
      }
    return "this looks like a code of \(format.name), but \(fault): scan again"
  }
}
