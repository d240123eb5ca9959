/// Reads the fields of one protobuf message, in the order they stand.
///
/// Own and small: three message types of a few fields do not earn a library. Groups, which are long
/// withdrawn, are refused; what a field means is the caller's business.
package struct ProtobufReader {
  /// A field: its number and what stands there.
  package struct Field: Equatable {
    /// The number.
    package var number: UInt32
    /// What stands there.
    package var value: Value
  }

  /// What the wire tells apart.
  package enum Value: Equatable {
    /// A whole number or an enumeration.
    case number(UInt64)
    /// A string, bytes or a message.
    case bytes(ArraySlice<UInt8>)
    /// Eight fixed bytes.
    case fixed64(UInt64)
    /// Four fixed bytes, which none of the messages read here has.
    case fixed32
  }

  /// A message that is none; the format's reader knows which.
  package struct Malformed: Error {}

  /// The most fields a message of a code may have: the largest read here has six.
  package static let usualMaximumFieldCount: Int = 64

  private var rest: ArraySlice<UInt8>
  private var count = 0
  private let maximumFieldCount: Int

  /// Starts reading.
  ///
  /// - Parameters:
  ///   - bytes: The message.
  ///   - maximumFieldCount: With how many fields it is given up.
  package init(
    _ bytes: ArraySlice<UInt8>, maximumFieldCount: Int = ProtobufReader.usualMaximumFieldCount
  ) {
    rest = bytes
    self.maximumFieldCount = maximumFieldCount
  }

  /// Returns the next field, or nil at the end.
  package mutating func next() throws(Malformed) -> Field? {
    guard !rest.isEmpty else { return nil }
    count += 1
    guard count <= maximumFieldCount else { throw Malformed() }
    let key = try number()
    guard let number = UInt32(exactly: key >> 3), (1...0x1FFF_FFFF).contains(number) else {
      throw Malformed()
    }
    switch key & 7 {
    case 0: return Field(number: number, value: .number(try self.number()))
    case 1:
      let value = try bytes(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      return Field(number: number, value: .fixed64(value))
    case 2:
      guard let length = Int(exactly: try self.number()) else { throw Malformed() }
      return Field(number: number, value: .bytes(try bytes(length)))
    case 5:
      _ = try bytes(4)
      return Field(number: number, value: .fixed32)
    default: throw Malformed()
    }
  }

  /// Reads a number of seven bits a byte, the lowest first: ten bytes at most, 64 bits at most.
  private mutating func number() throws(Malformed) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while let byte = rest.popFirst() {
      guard shift < 63 || byte <= 1 else { throw Malformed() }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    throw Malformed()
  }

  private mutating func bytes(_ length: Int) throws(Malformed) -> ArraySlice<UInt8> {
    guard length <= rest.count else { throw Malformed() }
    defer { rest = rest.dropFirst(length) }
    return rest.prefix(length)
  }
}

/// The fields of a message by number, each there once.
///
/// Protobuf takes the last of two; a code that says two things is refused here.
struct ProtobufMessage {
  private var numbers: [UInt32: UInt64] = [:]
  private var parts: [UInt32: ArraySlice<UInt8>] = [:]

  /// Reads a message.
  ///
  /// - Parameters:
  ///   - bytes: The message.
  ///   - known: The numbers of the fields that have a meaning; the others are passed over.
  /// - Throws: `Malformed` when it is no message, or a known field is there twice.
  init(_ bytes: ArraySlice<UInt8>, known: Set<UInt32>) throws(ProtobufReader.Malformed) {
    var reader = ProtobufReader(bytes)
    var seen: Set<UInt32> = []
    while let field = try reader.next() {
      guard known.contains(field.number) else { continue }
      guard seen.insert(field.number).inserted else { throw ProtobufReader.Malformed() }
      switch field.value {
      case .number(let value): numbers[field.number] = value
      case .bytes(let value): parts[field.number] = value
      case .fixed64, .fixed32: throw ProtobufReader.Malformed()
      }
    }
  }

  /// The number of a field; absent is 0, as in protobuf.
  ///
  /// Nil when it is no number.
  func number(_ field: UInt32) -> UInt64? {
    parts[field] == nil ? numbers[field] ?? 0 : nil
  }

  /// The bytes of a field; absent is empty.
  ///
  /// Nil when it is a number.
  func bytes(_ field: UInt32) -> ArraySlice<UInt8>? {
    numbers[field] == nil ? parts[field] ?? [] : nil
  }

  /// Whether a field is there.
  func has(_ field: UInt32) -> Bool {
    numbers[field] != nil || parts[field] != nil
  }

  /// The text of a field; absent is empty.
  ///
  /// Nil when it is no UTF-8 text.
  func text(_ field: UInt32) -> String? {
    bytes(field).flatMap { String(validating: $0, as: UTF8.self) }
  }
}
