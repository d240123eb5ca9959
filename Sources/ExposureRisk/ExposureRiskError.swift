internal import FoundationEssentials
internal import Presence
internal import VenueCodes

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

extension CodingUserInfoKey {
  /// The days since 1970 of the UTC day that ages count back from.
  static var today: CodingUserInfoKey {
    guard let key = CodingUserInfoKey(rawValue: "today") else {
      preconditionFailure("a text makes a key")
    }
    return key
  }
}

/// A key of a document, by name.
struct DocumentKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }

  init(_ name: String) { stringValue = name }
  init?(stringValue: String) { self.init(stringValue) }
  init?(intValue: Int) { nil }
}

/// Reads one object of a document, whose keys may have several spellings.
struct DocumentReader {
  private let container: KeyedDecodingContainer<DocumentKey>
  private let decoder: any Decoder

  /// Opens an object.
  ///
  /// - Parameters:
  ///   - decoder: Where it is read from.
  ///   - keys: All keys it may have, or nil when others do no harm.
  /// - Throws: `ExposureRiskError` for an unknown key, or what the decoder throws.
  init(_ decoder: any Decoder, keys: Set<String>? = nil) throws {
    self.decoder = decoder
    container = try decoder.container(keyedBy: DocumentKey.self)
    guard let keys else { return }
    if let other = container.allKeys.map(\.stringValue).filter({ !keys.contains($0) }).min() {
      throw ExposureRiskError(
        .unknownKey, path: path(of: DocumentKey(other)), detail: "there is no such key")
    }
  }

  /// The day that ages count back from.
  var today: Int? { decoder.userInfo[.today] as? Int }

  /// Returns the first of some spellings of a key that has a value.
  func key(_ names: [String]) -> DocumentKey? {
    for name in names {
      let key = DocumentKey(name)
      if container.contains(key), (try? container.decodeNil(forKey: key)) != true { return key }
    }
    return nil
  }

  func value<Value: Decodable>(_ names: String..., as type: Value.Type = Value.self) throws -> Value
  {
    try container.decode(type, forKey: key(names) ?? DocumentKey(names[0]))
  }

  func optional<Value: Decodable>(
    _ names: String..., as type: Value.Type = Value.self
  ) throws -> Value? {
    guard let key = key(names) else { return nil }
    return try container.decode(type, forKey: key)
  }

  /// Reads a whole number within a range.
  func integer(_ names: String..., in range: ClosedRange<Int>) throws -> Int {
    let key = key(names) ?? DocumentKey(names[0])
    let number: Int
    do {
      number = try container.decode(Int.self, forKey: key)
    } catch {
      // Of a number that is no whole one the decoder does not say where it is.
      guard (try? container.decode(Double.self, forKey: key)) != nil else { throw error }
      throw outOfRange(key, "the number does not fit: give a smaller one, without a fraction")
    }
    guard range.contains(number) else {
      throw outOfRange(
        key, "\(number) is not allowed: give \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// Reads a number of a list of words, as the number itself or as one of the words.
  ///
  /// Words are taken in any case and with any signs between their parts: each program that writes
  /// these files has its own habit.
  func number(
    _ name: String, words: [[String]], default missing: Int? = nil
  ) throws -> Int {
    let key = DocumentKey(name)
    if let missing, self.key([name]) == nil { return missing }
    if let number = try? container.decode(Int.self, forKey: key) {
      guard words.indices.contains(number) else {
        throw outOfRange(key, "\(number) is not allowed: give 0 to \(words.count - 1)")
      }
      return number
    }
    guard let word = try? container.decode(String.self, forKey: key) else {
      guard container.contains(key) else {
        throw ExposureRiskError(
          .missingKey, path: path(of: key), detail: "the key is missing")
      }
      throw ExposureRiskError(
        .wrongType, path: path(of: key),
        detail: "the value is neither a whole number nor a word such as \(words[1][0])")
    }
    let letters = String(word.lowercased().filter { $0.isLetter })
    guard let number = words.firstIndex(where: { $0.contains(letters) }) else {
      throw outOfRange(
        key,
        "“\(word.prefix(40))” is not known: give \(words.map { $0[0] }.joined(separator: ", "))")
    }
    return number
  }

  /// Reads a moment with an offset, in Unix seconds.
  func time(_ names: String...) throws -> Int64 {
    let key = key(names) ?? DocumentKey(names[0])
    let text = try container.decode(String.self, forKey: key)
    do {
      return try ISO8601.parse(text)
    } catch {
      throw outOfRange(key, "“\(text.prefix(40))”: \(error)")
    }
  }

  /// Reads a date.
  func day(_ name: String) throws -> LocalDay {
    let text: String = try value(name)
    guard let day = LocalDay(iso8601: text) else {
      throw outOfRange(
        DocumentKey(name), "“\(text.prefix(40))” is not allowed: give a date as 2021-07-30")
    }
    return day
  }

  /// Reads a text that is not empty.
  func text(_ name: String) throws -> String {
    let text: String = try value(name)
    guard !text.isEmpty else { throw outOfRange(DocumentKey(name), "the text is empty") }
    return text
  }

  func outOfRange(_ key: DocumentKey, _ detail: String) -> ExposureRiskError {
    ExposureRiskError(.outOfRange, path: path(of: key), detail: detail)
  }

  func path(of key: DocumentKey) -> String {
    ExposureRiskError.path(decoder.codingPath + [key])
  }
}
