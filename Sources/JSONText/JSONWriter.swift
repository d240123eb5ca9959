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
  public var bytes: ArraySlice<UInt8> { storage[..<count] }

  // Room is made once for a key with its value, and then filled by pointer: appending byte by byte
  // to an array costs several times as much.
  private var storage: [UInt8] = []
  private var count = 0

  /// Whether the next value in this array or object follows another.
  private var needsComma = false

  /// Makes an empty buffer.
  public init() {}

  /// Empties the buffer, and keeps its memory for the next value.
  public mutating func removeAll() {
    count = 0
    needsComma = false
  }

  /// Ends a line, so that the next value stands on its own.
  public mutating func endLine() {
    write(1) { $0.put(UInt8(ascii: "\n")) }
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
    var value = value
    value.withUTF8 { text in
      let length = JSONWriter.quotedLength(text)
      writeValue(length) { $0.putQuoted(text, isPlain: length == text.count + 2) }
    }
  }

  /// Writes a whole number.
  public mutating func integer(_ value: some BinaryInteger) {
    if let small = Int64(exactly: value) {
      writeValue(20) { $0.putDigits(of: small) }
    } else {
      raw(String(value))
    }
  }

  /// Writes a number in the shortest form that reads back the same; null when it is not finite,
  /// for which JSON has no word.
  public mutating func number(_ value: Double) {
    raw(value.isFinite ? value.description : "null")
  }

  /// Writes true or false.
  public mutating func bool(_ value: Bool) {
    raw(value ? "true" : "false")
  }

  /// Writes null.
  public mutating func null() {
    raw("null")
  }

  // MARK: Fields

  /// Writes a key; the next value belongs to it.
  public mutating func key(_ name: StaticString) {
    name.withUTF8Buffer { text in
      writeValue(text.count + 3) {
        $0.putQuoted(text, isPlain: true)
        $0.put(UInt8(ascii: ":"))
      }
    }
    needsComma = false
  }

  /// Writes a key that is not a literal; the next value belongs to it.
  public mutating func key(named name: String) {
    string(name)
    write(1) { $0.put(UInt8(ascii: ":")) }
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

  /// Makes room, lets `body` fill it from the start, and keeps what it filled.
  private mutating func write(_ room: Int, _ body: (inout Cursor) -> Void) {
    if storage.count - count < room {
      storage.append(contentsOf: repeatElement(0, count: max(room, storage.count, 1_024)))
    }
    count += storage.withUnsafeMutableBufferPointer { buffer in
      var cursor = Cursor(buffer: UnsafeMutableBufferPointer(rebasing: buffer[count...]))
      body(&cursor)
      return cursor.count
    }
  }

  private mutating func writeValue(_ room: Int, _ body: (inout Cursor) -> Void) {
    let follows = needsComma
    write(room + 1) { cursor in
      if follows { cursor.put(UInt8(ascii: ",")) }
      body(&cursor)
    }
    needsComma = true
  }

  private mutating func raw(_ text: String) {
    var text = text
    text.withUTF8 { text in writeValue(text.count) { $0.put(text) } }
  }

  private mutating func begin(_ bracket: UInt8) {
    writeValue(1) { $0.put(bracket) }
    needsComma = false
  }

  private mutating func end(_ bracket: UInt8) {
    write(1) { $0.put(bracket) }
    needsComma = true
  }

  private static func quotedLength(_ text: UnsafeBufferPointer<UInt8>) -> Int {
    var length = text.count + 2
    // Nearly all text is plain; without a way out of the loop it is looked at many bytes at once.
    var escapes: UInt8 = 0
    for byte in text { escapes |= Cursor.needsEscape(byte) ? 1 : 0 }
    if escapes == 0 { return length }
    for byte in text where Cursor.needsEscape(byte) {
      length += Cursor.letter(ofEscaped: byte) == nil ? 5 : 1
    }
    return length
  }

  /// A place in memory that was made large enough.
  private struct Cursor {
    let buffer: UnsafeMutableBufferPointer<UInt8>
    var count = 0

    mutating func put(_ byte: UInt8) {
      buffer[count] = byte
      count += 1
    }

    mutating func put(_ bytes: UnsafeBufferPointer<UInt8>) {
      _ = UnsafeMutableBufferPointer(rebasing: buffer[count...]).update(fromContentsOf: bytes)
      count += bytes.count
    }

    mutating func putQuoted(_ text: UnsafeBufferPointer<UInt8>, isPlain: Bool) {
      put(UInt8(ascii: "\""))
      if isPlain {
        put(text)
      } else {
        for byte in text { putEscaped(byte) }
      }
      put(UInt8(ascii: "\""))
    }

    private mutating func putEscaped(_ byte: UInt8) {
      guard Cursor.needsEscape(byte) else {
        put(byte)
        return
      }
      put(UInt8(ascii: "\\"))
      if let letter = Cursor.letter(ofEscaped: byte) {
        put(letter)
      } else {
        put(UInt8(ascii: "u"))
        put(UInt8(ascii: "0"))
        put(UInt8(ascii: "0"))
        put(Cursor.hexDigit(byte >> 4))
        put(Cursor.hexDigit(byte & 15))
      }
    }

    mutating func putDigits(of value: Int64) {
      if value < 0 { put(UInt8(ascii: "-")) }
      var rest = value.magnitude
      var digits = 1
      var limit: UInt64 = 10
      // An Int64 has at most 19 digits, so that the limit stays within its type.
      while rest >= limit {
        digits += 1
        limit *= 10
      }
      for place in stride(from: count + digits - 1, through: count, by: -1) {
        buffer[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
      }
      count += digits
    }

    static func needsEscape(_ byte: UInt8) -> Bool {
      byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == 0x7F
    }

    /// The letter after the backslash, for bytes that have a short form.
    static func letter(ofEscaped byte: UInt8) -> UInt8? {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): byte
      case 0x0A: UInt8(ascii: "n")
      case 0x0D: UInt8(ascii: "r")
      case 0x09: UInt8(ascii: "t")
      default: nil
      }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
      value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value
    }
  }
}
