/// Who was face to face with whom, as sensors noted it: the lines `t i j` of SocioPatterns.
///
/// A line says that two people were face to face in the 20 seconds that end at `t`, in seconds since
/// some moment. Fields are separated by spaces, tabs or commas; further ones (classes, groups) are not
/// looked at. Empty lines and lines that begin with `#` are skipped, and so is a first line of words.
public struct ContactList: Sendable {
  /// One line.
  public struct Row: Hashable, Sendable {
    /// When, in seconds since some moment.
    public var seconds: Int64
    /// One of the two, as an index into `people`.
    public var one: Int32
    /// The other.
    public var other: Int32
  }

  /// What the people are called.
  public let people: [String]
  /// The lines, in order of time.
  public let rows: [Row]

  /// The most lines that are read.
  private static let rowLimit = 20_000_000
  /// The most people.
  private static let peopleLimit = 100_000
  /// The longest name in bytes.
  private static let nameLimit = 64
  /// Times above are milliseconds: as seconds they would be in the year 5138.
  private static let millisecondsFrom: Int64 = 100_000_000_000

  /// Reads the lines of a file.
  ///
  /// - Throws: What the first line that cannot be read has wrong.
  public init(parsing bytes: some Sequence<UInt8>) throws(ContactListError) {
    var parser = Parser()
    for byte in bytes { try parser.take(byte) }
    try parser.endLine()
    guard !parser.rows.isEmpty else { throw ContactListError(.empty, line: 0) }
    var rows = parser.rows
    if let last = rows.map(\.seconds).max(), last >= Self.millisecondsFrom {
      for place in rows.indices { rows[place].seconds /= 1_000 }
    }
    people = parser.names
    self.rows = rows.sorted { ($0.seconds, $0.one, $0.other) < ($1.seconds, $1.one, $1.other) }
  }

  private struct Parser {
    var rows: [Row] = []
    var names: [String] = []
    private var numbers: [[UInt8]: Int32] = [:]
    private var fields: [[UInt8]] = []
    private var field: [UInt8] = []
    private var line = 1

    mutating func take(_ byte: UInt8) throws(ContactListError) {
      switch byte {
      case UInt8(ascii: "\n"):
        try endLine()
        line += 1
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: ","), UInt8(ascii: "\r"):
        endField()
      default:
        guard fields.count < 3 else { return }
        guard field.count < ContactList.nameLimit else {
          throw ContactListError(.fieldTooLong, line: line)
        }
        field.append(byte)
      }
    }

    private mutating func endField() {
      if !field.isEmpty, fields.count < 3 { fields.append(field) }
      field.removeAll(keepingCapacity: true)
    }

    mutating func endLine() throws(ContactListError) {
      endField()
      defer { fields.removeAll(keepingCapacity: true) }
      guard let first = fields.first, first.first != UInt8(ascii: "#") else { return }
      guard let time = Self.number(first) else {
        // The names of the columns.
        if line == 1 { return }
        throw ContactListError(.time, line: line)
      }
      guard fields.count == 3 else { throw ContactListError(.fields, line: line) }
      guard fields[1] != fields[2] else { throw ContactListError(.samePerson, line: line) }
      let (one, other) = (try person(fields[1]), try person(fields[2]))
      guard rows.count < ContactList.rowLimit else {
        throw ContactListError(.tooMany, line: line)
      }
      rows.append(Row(seconds: time, one: min(one, other), other: max(one, other)))
    }

    private mutating func person(_ name: [UInt8]) throws(ContactListError) -> Int32 {
      if let known = numbers[name] { return known }
      guard names.count < ContactList.peopleLimit else {
        throw ContactListError(.tooMany, line: line)
      }
      let number = Int32(names.count)
      numbers[name] = number
      names.append(String(decoding: name, as: UTF8.self))
      return number
    }

    /// A whole number from 0 to 10^15, or nil.
    private static func number(_ digits: [UInt8]) -> Int64? {
      guard (1...15).contains(digits.count) else { return nil }
      var value: Int64 = 0
      for digit in digits {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
        value = value * 10 + Int64(digit - UInt8(ascii: "0"))
      }
      return value
    }
  }
}

/// What is wrong with a list of contacts.
public struct ContactListError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The sort of a fault.
  public enum Code: String, CaseIterable, Sendable {
    /// There is no line with a contact.
    case empty
    /// A line has fewer than three fields.
    case fields
    /// The first field is no time in whole seconds.
    case time
    /// Somebody is in contact with themself.
    case samePerson = "same-person"
    /// A field is longer than 64 bytes.
    case fieldTooLong = "field-too-long"
    /// There are more than 20 million lines or 100,000 people.
    case tooMany = "too-many"
  }

  /// Which.
  public let code: Code
  /// The line, from 1; 0 for the whole.
  public let line: Int

  init(_ code: Code, line: Int) {
    self.code = code
    self.line = line
  }

  /// The fault as a sentence.
  public var description: String {
    switch code {
    case .empty: "there is no contact in it: give lines of a time and two people"
    case .fields: "fewer than three fields: give a time and two people"
    case .time: "the time is not a whole number of seconds"
    case .samePerson: "somebody is in contact with themself"
    case .fieldTooLong: "a field is longer than 64 bytes"
    case .tooMany: "there are more than 20 million lines or 100,000 people"
    }
  }
}
