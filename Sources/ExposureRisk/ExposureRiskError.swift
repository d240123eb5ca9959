internal import FoundationEssentials

/// What is wrong with a file of exposure windows, of check-ins or of risk parameters.
public struct ExposureRiskError: Error, Hashable, Sendable {
  /// The kinds of mistake; the raw value is stable.
  public enum Code: String, Sendable, CaseIterable {
    /// The bytes are no JSON document.
    case notJSON = "risk-not-json"
    /// A key is missing.
    case missingKey = "risk-missing-key"
    /// A value is of the wrong type.
    case wrongType = "risk-wrong-type"
    /// A value is of the right type but not allowed.
    case outOfRange = "risk-out-of-range"
    /// A key is not part of the format.
    case unknownKey = "risk-unknown-key"
    /// A day is told by its age, and nobody said what day it is now.
    case noToday = "risk-no-today"
  }

  /// Which mistake.
  public let code: Code
  /// Where, as `exposureWindows[3].scanInstances[0].minAttenuation`; empty for the document itself.
  public let path: String
  /// What was found and what is wanted.
  public let detail: String

  init(_ code: Code, path: String, detail: String) {
    self.code = code
    self.path = path
    self.detail = detail
  }
}

extension ExposureRiskError: CustomStringConvertible {
  /// A sentence for the person who gave the file.
  public var description: String {
    path.isEmpty ? detail : "\(path): \(detail)"
  }
}

extension ExposureRiskError {
  /// Decodes a document, and turns what the decoder says into a mistake at a place.
  ///
  /// - Parameters:
  ///   - type: What the document is.
  ///   - json: The bytes.
  ///   - today: The day that ages count back from.
  /// - Returns: The document.
  /// - Throws: `ExposureRiskError`.
  static func decode<Document: Decodable>(
    _ type: Document.Type, from json: some Sequence<UInt8>, today: Int? = nil
  ) throws(ExposureRiskError) -> Document {
    let decoder = JSONDecoder()
    if let today { decoder.userInfo[.today] = today }
    do {
      return try decoder.decode(type, from: Data(json))
    } catch let error as ExposureRiskError {
      throw error
    } catch let error as DecodingError {
      throw ExposureRiskError(error)
    } catch {
      throw ExposureRiskError(.notJSON, path: "", detail: "it is not a JSON document")
    }
  }

  /// Whether a document is a list and not an object.
  static func isList(_ json: [UInt8]) -> Bool {
    json.first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D } == UInt8(ascii: "[")
  }

  private init(_ error: DecodingError) {
    switch error {
    case .keyNotFound(let key, let context):
      self.init(
        .missingKey, path: Self.path(context.codingPath + [key]), detail: "the key is missing")
    case .valueNotFound(_, let context):
      self.init(.wrongType, path: Self.path(context.codingPath), detail: "null is not a value here")
    case .typeMismatch(let wanted, let context):
      self.init(
        .wrongType, path: Self.path(context.codingPath),
        detail: "the value is of the wrong type: give \(Self.name(of: wanted))")
    default:
      self.init(.notJSON, path: "", detail: "it is not a JSON document")
    }
  }

  /// Writes a place in the document as a person would.
  static func path(_ keys: [any CodingKey]) -> String {
    var text = ""
    for key in keys {
      if let index = key.intValue {
        text += "[\(index)]"
      } else {
        text += text.isEmpty ? key.stringValue : ".\(key.stringValue)"
      }
    }
    return text
  }

  private static func name(of type: any Any.Type) -> String {
    switch type {
    case is any BinaryInteger.Type: "a whole number"
    case is any BinaryFloatingPoint.Type: "a number"
    case is String.Type: "a text"
    case is Bool.Type: "true or false"
    case is [Any].Type: "a list"
    default: "an object"
    }
  }
}
