internal import FoundationEssentials
internal import Presence
internal import VenueCodes

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
