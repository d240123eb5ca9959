/// A value of JSON that somebody sent, read strictly (RFC 8259).
///
/// Strictly, because a request must mean the same to whoever reads it: keys that come twice, bytes
/// that are no UTF-8, lone surrogates and anything after the value are refused. Numbers keep the
/// digits they were written with, so that nothing is rounded.
public enum JSONValue: Hashable, Sendable {
  /// Null.
  case null
  /// True or false.
  case bool(Bool)
  /// A number, as it was written.
  case number(String)
  /// A text.
  case string(String)
  /// A list.
  case array([JSONValue])
  /// Members by name.
  case object(JSONObject)

  /// Reads a value.
  ///
  /// - Parameters:
  ///   - bytes: The text.
  ///   - limits: What is refused before memory is spent on it.
  /// - Throws: `JSONError`.
  /// - Complexity: O(n) for n bytes.
  public init(_ bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONError) {
    guard String(validating: bytes, as: UTF8.self) != nil else { throw JSONError(.notUTF8) }
    var reader = JSONReader(bytes: bytes, limits: limits)
    self = try reader.document()
  }

  /// The text; nil when it is something else.
  public var string: String? {
    if case .string(let text) = self { text } else { nil }
  }

  /// The whole number; nil when it is something else or does not fit.
  public var integer: Int64? {
    if case .number(let digits) = self { Int64(digits) } else { nil }
  }

  /// The number, which may be rounded; nil when it is something else or not finite.
  public var double: Double? {
    guard case .number(let digits) = self, let value = Double(digits), value.isFinite else {
      return nil
    }
    return value
  }

  /// True or false; nil when it is something else.
  public var bool: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  /// The list; nil when it is something else.
  public var array: [JSONValue]? {
    if case .array(let values) = self { values } else { nil }
  }

  /// The object; nil when it is something else.
  public var object: JSONObject? {
    if case .object(let members) = self { members } else { nil }
  }

  /// Whether it is null.
  public var isNull: Bool { self == .null }
}

/// The members of an object, in the order they were sent.
public struct JSONObject: Hashable, Sendable {
  /// The members.
  public let members: [Member]

  /// One member.
  public struct Member: Hashable, Sendable {
    /// Its name.
    public let name: String
    /// Its value.
    public let value: JSONValue
  }

  /// The value of a name; nil when there is no such member.
  ///
  /// A null is a value.
  public subscript(name: String) -> JSONValue? {
    members.first { $0.name == name }?.value
  }

  /// The names that are none of those known, in the order they were sent.
  public func names(besides known: [String]) -> [String] {
    members.map(\.name).filter { !known.contains($0) }
  }
}

/// What a value may have at most.
public struct JSONLimits: Hashable, Sendable {
  /// How deep lists and objects may stand in one another.
  public var depth = 16
  /// How many values there may be, all together.
  public var values = 100_000

  /// Makes the defaults.
  public init() {}

  /// Makes limits.
  public init(depth: Int, values: Int) {
    self.depth = depth
    self.values = values
  }
}

/// Why a text is no JSON that is taken.
public struct JSONError: Error, Hashable, Sendable {
  /// The kinds.
  public enum Code: String, CaseIterable, Hashable, Sendable {
    /// The bytes are no UTF-8.
    case notUTF8 = "not-utf-8"
    /// The text does not follow the grammar.
    case notJSON = "not-json"
    /// A name comes twice in an object.
    case duplicateName = "duplicate-name"
    /// Lists and objects stand in one another too deep.
    case tooDeep = "too-deep"
    /// There are too many values.
    case tooMany = "too-many"
  }

  /// The kind.
  public let code: Code
  /// The place in the text, in bytes, when there is one.
  public let offset: Int?

  init(_ code: Code, at offset: Int? = nil) {
    self.code = code
    self.offset = offset
  }
}

extension JSONError: CustomStringConvertible {
  /// A sentence that holds nothing of the text.
  public var description: String {
    let place = offset.map { " at byte \($0)" } ?? ""
    return switch code {
    case .notUTF8: "the text is not UTF-8"
    case .notJSON: "the text is no JSON\(place)"
    case .duplicateName: "a name comes twice in an object\(place)"
    case .tooDeep: "lists and objects stand too deep in one another\(place)"
    case .tooMany: "there are too many values\(place)"
    }
  }
}

/// Reads one value; the bytes were checked to be UTF-8.
private struct JSONReader {
  let bytes: [UInt8]
  let limits: JSONLimits
  var place = 0
  var count = 0

  init(bytes: [UInt8], limits: JSONLimits) {
    self.bytes = bytes
    self.limits = limits
  }

  mutating func document() throws(JSONError) -> JSONValue {
    let value = try value(depth: 0)
    skipSpace()
    guard place == bytes.count else { throw JSONError(.notJSON, at: place) }
    return value
  }

  private mutating func skipSpace() {
    while place < bytes.count {
      switch bytes[place] {
      case 0x20, 0x09, 0x0A, 0x0D: place += 1
      default: return
      }
    }
  }

  /// Takes one character after any space.
  private mutating func take(_ byte: UInt8) -> Bool {
    skipSpace()
    guard place < bytes.count, bytes[place] == byte else { return false }
    place += 1
    return true
  }

  private mutating func require(_ byte: UInt8) throws(JSONError) {
    guard take(byte) else { throw JSONError(.notJSON, at: place) }
  }

  private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
    skipSpace()
    count += 1
    guard count <= limits.values else { throw JSONError(.tooMany, at: place) }
    guard place < bytes.count else { throw JSONError(.notJSON, at: place) }
    switch bytes[place] {
    case UInt8(ascii: "\""):
      place += 1
      return .string(try text())
    case UInt8(ascii: "{"): return .object(try object(depth: depth + 1))
    case UInt8(ascii: "["): return .array(try list(depth: depth + 1))
    case UInt8(ascii: "t"):
      try word("true")
      return .bool(true)
    case UInt8(ascii: "f"):
      try word("false")
      return .bool(false)
    case UInt8(ascii: "n"):
      try word("null")
      return .null
    default: return .number(try number())
    }
  }

  private mutating func word(_ word: StaticString) throws(JSONError) {
    let isThere = word.withUTF8Buffer { bytes[place...].starts(with: $0) }
    guard isThere else { throw JSONError(.notJSON, at: place) }
    place += word.utf8CodeUnitCount
  }

  private mutating func object(depth: Int) throws(JSONError) -> JSONObject {
    guard depth <= limits.depth else { throw JSONError(.tooDeep, at: place) }
    place += 1
    var members: [JSONObject.Member] = []
    // A few names are compared; many are looked up, so that no object costs their square.
    var names: Set<String> = []
    if take(UInt8(ascii: "}")) { return JSONObject(members: []) }
    repeat {
      try require(UInt8(ascii: "\""))
      let start = place
      let name = try text()
      if members.count == 8 { names = Set(members.map(\.name)) }
      let isNew =
        members.count < 8
        ? !members.contains { $0.name == name } : names.insert(name).inserted
      guard isNew else { throw JSONError(.duplicateName, at: start) }
      try require(UInt8(ascii: ":"))
      members.append(JSONObject.Member(name: name, value: try value(depth: depth)))
    } while take(UInt8(ascii: ","))
    try require(UInt8(ascii: "}"))
    return JSONObject(members: members)
  }

  private mutating func list(depth: Int) throws(JSONError) -> [JSONValue] {
    guard depth <= limits.depth else { throw JSONError(.tooDeep, at: place) }
    place += 1
    var values: [JSONValue] = []
    if take(UInt8(ascii: "]")) { return values }
    repeat {
      values.append(try value(depth: depth))
    } while take(UInt8(ascii: ","))
    try require(UInt8(ascii: "]"))
    return values
  }

  private mutating func digits() -> Int {
    let first = place
    while place < bytes.count, (0x30...0x39).contains(bytes[place]) { place += 1 }
    return place - first
  }

  private mutating func number() throws(JSONError) -> String {
    let first = place
    if bytes[place] == UInt8(ascii: "-") { place += 1 }
    let whole = place
    let count = digits()
    guard count > 0, count == 1 || bytes[whole] != UInt8(ascii: "0") else {
      throw JSONError(.notJSON, at: first)
    }
    if place < bytes.count, bytes[place] == UInt8(ascii: ".") {
      place += 1
      guard digits() > 0 else { throw JSONError(.notJSON, at: place) }
    }
    if place < bytes.count, bytes[place] | 0x20 == UInt8(ascii: "e") {
      place += 1
      if place < bytes.count, bytes[place] == 0x2B || bytes[place] == 0x2D { place += 1 }
      guard digits() > 0 else { throw JSONError(.notJSON, at: place) }
    }
    return String(decoding: bytes[first..<place], as: UTF8.self)
  }

  /// Reads a text whose first quote was taken.
  private mutating func text() throws(JSONError) -> String {
    let start = place
    while place < bytes.count, !JSONReader.isSpecial(bytes[place]) { place += 1 }
    guard place < bytes.count else { throw JSONError(.notJSON, at: place) }
    // Nearly all texts have no escapes.
    if bytes[place] == UInt8(ascii: "\"") {
      place += 1
      return String(decoding: bytes[start..<place - 1], as: UTF8.self)
    }
    var content = Array(bytes[start..<place])
    while true {
      guard place < bytes.count, bytes[place] >= 0x20 else {
        throw JSONError(.notJSON, at: place)
      }
      let byte = bytes[place]
      place += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: content, as: UTF8.self)
      case UInt8(ascii: "\\"): try escape(into: &content)
      default: content.append(byte)
      }
    }
  }

  private static func isSpecial(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20
  }

  private mutating func escape(into content: inout [UInt8]) throws(JSONError) {
    guard place < bytes.count else { throw JSONError(.notJSON, at: place) }
    let byte = bytes[place]
    place += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(byte)
    case UInt8(ascii: "b"): content.append(0x08)
    case UInt8(ascii: "f"): content.append(0x0C)
    case UInt8(ascii: "n"): content.append(0x0A)
    case UInt8(ascii: "r"): content.append(0x0D)
    case UInt8(ascii: "t"): content.append(0x09)
    case UInt8(ascii: "u"):
      var code = try hexadecimal()
      if (0xD800..<0xDC00).contains(code) {
        guard place + 1 < bytes.count, bytes[place] == UInt8(ascii: "\\"),
          bytes[place + 1] == UInt8(ascii: "u")
        else { throw JSONError(.notJSON, at: place) }
        place += 2
        let low = try hexadecimal()
        guard (0xDC00..<0xE000).contains(low) else { throw JSONError(.notJSON, at: place) }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code), let encoded = UTF8.encode(scalar) else {
        throw JSONError(.notJSON, at: place)
      }
      content.append(contentsOf: encoded)
    default: throw JSONError(.notJSON, at: place - 1)
    }
  }

  private mutating func hexadecimal() throws(JSONError) -> UInt32 {
    guard place + 4 <= bytes.count else { throw JSONError(.notJSON, at: place) }
    var code: UInt32 = 0
    for byte in bytes[place..<place + 4] {
      let digit: UInt32
      switch byte {
      case 0x30...0x39: digit = UInt32(byte) - 0x30
      case 0x41...0x46: digit = UInt32(byte) - 0x41 + 10
      case 0x61...0x66: digit = UInt32(byte) - 0x61 + 10
      default: throw JSONError(.notJSON, at: place)
      }
      code = code << 4 | digit
    }
    place += 4
    return code
  }
}
