/// Writes JSON into a byte buffer, in the order it is told.
///
/// ```swift
/// json.object {
///   $0.field("id", venue.id.description)
///   $0.field("zones", venue.zones)
///   $0.field("grade") { $0.null() }
/// }
/// ```
///
/// It builds no tree and sorts nothing, so that a million rows cost their bytes. Keys are literals
/// of the program and must need no escaping; `field(named:)` takes any other.
public struct JSONWriter: Sendable {
  /// The bytes so far.
  public private(set) var bytes: [UInt8] = []

  /// Whether the next value in this array or object follows another.
  private var needsComma = false

  /// Makes an empty buffer.
  public init() {}

  /// Empties the buffer, and keeps its memory for the next value.
  public mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    needsComma = false
  }

  /// Ends a line, so that the next value stands on its own.
  public mutating func endLine() {
    bytes.append(UInt8(ascii: "\n"))
    needsComma = false
  }

  // MARK: Containers

  /// Writes an object of the fields that `body` writes.
  public mutating func object(_ body: (inout JSONWriter) throws -> Void) rethrows {
    begin(UInt8(ascii: "{"))
    try body(&self)
    end(UInt8(ascii: "}"))
  }

  /// Writes an array of the values that `body` writes.
  public mutating func array(_ body: (inout JSONWriter) throws -> Void) rethrows {
    begin(UInt8(ascii: "["))
    try body(&self)
    end(UInt8(ascii: "]"))
  }

  /// Writes an array with what `body` writes for each element.
  public mutating func array<Elements: Sequence>(
    _ elements: Elements, _ body: (inout JSONWriter, Elements.Element) throws -> Void
  ) rethrows {
    begin(UInt8(ascii: "["))
    for element in elements { try body(&self, element) }
    end(UInt8(ascii: "]"))
  }

  // MARK: Values

  /// Writes a string.
  public mutating func string(_ value: String) {
    beginValue()
    appendQuoted(value)
    needsComma = true
  }

  /// Writes a whole number.
  public mutating func integer(_ value: some BinaryInteger) {
    beginValue()
    if let small = Int64(exactly: value) {
      appendDigits(of: small)
    } else {
      bytes.append(contentsOf: String(value).utf8)
    }
    needsComma = true
  }

  /// Writes a number in the shortest form that reads back the same; null when it is not finite,
  /// for which JSON has no word.
  public mutating func number(_ value: Double) {
    beginValue()
    bytes.append(contentsOf: (value.isFinite ? value.description : "null").utf8)
    needsComma = true
  }

  /// Writes true or false.
  public mutating func bool(_ value: Bool) {
    beginValue()
    bytes.append(contentsOf: (value ? "true" : "false").utf8)
    needsComma = true
  }

  /// Writes null.
  public mutating func null() {
    beginValue()
    bytes.append(contentsOf: "null".utf8)
    needsComma = true
  }

  // MARK: Fields

  /// Writes a key; the next value belongs to it.
  public mutating func key(_ name: StaticString) {
    beginValue()
    bytes.append(UInt8(ascii: "\""))
    name.withUTF8Buffer { bytes.append(contentsOf: $0) }
    bytes.append(UInt8(ascii: "\""))
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  /// Writes a key that is not a literal; the next value belongs to it.
  public mutating func key(named name: String) {
    beginValue()
    appendQuoted(name)
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  /// Writes a field of text.
  public mutating func field(_ name: StaticString, _ value: String) {
    key(name)
    string(value)
  }

  /// Writes a field of text, or null.
  public mutating func field(_ name: StaticString, _ value: String?) {
    key(name)
    if let value { string(value) } else { null() }
  }

  /// Writes a field of a whole number.
  public mutating func field(_ name: StaticString, _ value: some BinaryInteger) {
    key(name)
    integer(value)
  }

  /// Writes a field of a whole number, or null.
  public mutating func field<Number: BinaryInteger>(_ name: StaticString, _ value: Number?) {
    key(name)
    if let value { integer(value) } else { null() }
  }

  /// Writes a field of a number.
  public mutating func field(_ name: StaticString, _ value: Double) {
    key(name)
    number(value)
  }

  /// Writes a field of a number, or null.
  public mutating func field(_ name: StaticString, _ value: Double?) {
    key(name)
    if let value { number(value) } else { null() }
  }

  /// Writes a field of true or false.
  public mutating func field(_ name: StaticString, _ value: Bool) {
    key(name)
    bool(value)
  }

  /// Writes a field of true or false, or null.
  public mutating func field(_ name: StaticString, _ value: Bool?) {
    key(name)
    if let value { bool(value) } else { null() }
  }

  /// Writes a field that is an array of text.
  public mutating func field(_ name: StaticString, _ values: some Sequence<String>) {
    key(name)
    array(values) { $0.string($1) }
  }

  /// Writes a field whose value `body` writes.
  public mutating func field(
    _ name: StaticString, _ body: (inout JSONWriter) throws -> Void
  ) rethrows {
    key(name)
    try body(&self)
  }

  // MARK: Bytes

  private mutating func beginValue() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
  }

  private mutating func begin(_ bracket: UInt8) {
    beginValue()
    bytes.append(bracket)
    needsComma = false
  }

  private mutating func end(_ bracket: UInt8) {
    bytes.append(bracket)
    needsComma = true
  }

  private mutating func appendQuoted(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { utf8 in
      // Runs without anything to escape, nearly always the whole text, are copied at once.
      var start = 0
      for index in utf8.indices where JSONWriter.needsEscape(utf8[index]) {
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start..<index]))
        appendEscape(of: utf8[index])
        start = index + 1
      }
      bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start...]))
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private static func needsEscape(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == 0x7F
  }

  private mutating func appendEscape(of byte: UInt8) {
    bytes.append(UInt8(ascii: "\\"))
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
    case 0x0A: bytes.append(UInt8(ascii: "n"))
    case 0x0D: bytes.append(UInt8(ascii: "r"))
    case 0x09: bytes.append(UInt8(ascii: "t"))
    default:
      let digits = Array("0123456789abcdef".utf8)
      bytes.append(contentsOf: "u00".utf8)
      bytes.append(digits[Int(byte >> 4)])
      bytes.append(digits[Int(byte & 15)])
    }
  }

  private mutating func appendDigits(of value: Int64) {
    if value < 0 { bytes.append(UInt8(ascii: "-")) }
    var rest = value.magnitude
    let start = bytes.count
    repeat {
      bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
      rest /= 10
    } while rest > 0
    bytes[start...].reverse()
  }
}

/// A long list of objects, one a line, written in large pieces.
///
/// ```swift
/// var rows = JSONLines(to: context.output)
/// for exposure in exposures {
///   try rows.object { $0.field("case", exposure.caseID) }
/// }
/// try rows.finish()
/// ```
public struct JSONLines {
  private let output: Output
  private var json = JSONWriter()
  private static let capacity = 1 << 15

  /// Makes an empty list that goes to an output.
  public init(to output: Output) {
    self.output = output
  }

  /// Writes one object and ends the line.
  public mutating func object(_ body: (inout JSONWriter) -> Void) throws(OutputError) {
    json.object(body)
    json.endLine()
    if json.bytes.count >= JSONLines.capacity { try finish() }
  }

  /// Hands over what is still held back.
  public mutating func finish() throws(OutputError) {
    try output.write(bytes: json.bytes)
    json.removeAll()
  }
}
