/// Reads one line of NDJSON, an object of texts, numbers and nulls, into a record.
///
/// The line was checked to be UTF-8 before. Escapes are undone into the record's storage; numbers
/// keep the digits they were written with, so that nothing is rounded.
struct JSONRowParser: Sendable {
  /// By bytes, for keys that are written exactly as the field is named: nearly all.
  private let fieldOfKey: [[UInt8]: Int]
  private let fieldOfName: [String: Int]
  /// For each field the line, counted by `generation`, that had it last.
  private var lastSeen: [Int]
  private var generation = 0
  /// The keys of the last line by place, with their fields: the next line is likely the same.
  private var usualKeys: [(key: [UInt8], field: Int)] = []
  private(set) var unknownKeys: [String] = []

  init(fields: [TableField]) {
    var known: [[UInt8]: Int] = [:]
    var names: [String: Int] = [:]
    for (index, field) in fields.enumerated() {
      for name in [field.name] + field.aliases {
        let key = TableField.key(name)
        guard names[key] == nil else { continue }
        names[key] = index
        known[Array(key.utf8)] = index
      }
    }
    self.fieldOfKey = known
    self.fieldOfName = names
    self.lastSeen = Array(repeating: 0, count: fields.count)
  }

  mutating func forgetUnknownKeys() {
    if !unknownKeys.isEmpty { unknownKeys.removeAll() }
  }

  /// Parses an object; returns what is wrong and in which field, or nil when all is well.
  mutating func parse(
    _ line: ArraySlice<UInt8>, into record: inout Record
  ) -> (reason: RowFault.Reason, field: Int?)? {
    var cursor = Cursor(line: line)
    record.storage.removeAll(keepingCapacity: true)
    record.columns.removeAll(keepingCapacity: true)
    record.columns.append(contentsOf: repeatElement(.absent, count: lastSeen.count))
    var seen: Set<[UInt8]> = []
    var place = 0
    generation += 1
    unknownKeys.removeAll()

    guard cursor.take(UInt8(ascii: "{")) else { return (.notJSON, nil) }
    if cursor.take(UInt8(ascii: "}")) { return cursor.isAtEnd ? nil : (.notJSON, nil) }
    var key: [UInt8] = []
    repeat {
      key.removeAll(keepingCapacity: true)
      guard cursor.takeString(into: &key), cursor.take(UInt8(ascii: ":")) else {
        return (.notJSON, nil)
      }
      let field = field(ofKey: key, at: place)
      place += 1
      if let field {
        if lastSeen[field] == generation { return (.duplicateKey, field) }
        lastSeen[field] = generation
      } else {
        guard seen.insert(key).inserted else { return (.duplicateKey, nil) }
        unknownKeys.append(String(decoding: key, as: UTF8.self))
      }
      let start = record.storage.count
      switch cursor.takeValue(into: &record.storage) {
      case .value:
        if let field {
          record.columns[field] = Record.Cell(
            start: Int32(truncatingIfNeeded: start),
            end: Int32(truncatingIfNeeded: record.storage.count))
        }
      case .null: break
      case .nested: return (.nestedValue, field)
      case .invalid: return (.notJSON, field)
      }
    } while cursor.take(UInt8(ascii: ","))
    guard cursor.take(UInt8(ascii: "}")), cursor.isAtEnd else { return (.notJSON, nil) }
    return nil
  }

  private mutating func field(ofKey key: [UInt8], at place: Int) -> Int? {
    if place < usualKeys.count, usualKeys[place].key == key { return usualKeys[place].field }
    guard
      let field = fieldOfKey[key]
        ?? fieldOfName[TableField.key(String(decoding: key, as: UTF8.self))]
    else { return nil }
    if place < usualKeys.count {
      usualKeys[place] = (key, field)
    } else if place == usualKeys.count {
      usualKeys.append((key, field))
    }
    return field
  }

  private enum Value {
    case value
    case null
    case nested
    case invalid
  }

  private struct Cursor {
    let line: ArraySlice<UInt8>
    var place: Int

    init(line: ArraySlice<UInt8>) {
      self.line = line
      self.place = line.startIndex
    }

    var isAtEnd: Bool {
      mutating get {
        skipSpace()
        return place == line.endIndex
      }
    }

    mutating func skipSpace() {
      while place < line.endIndex,
        line[place] == 0x20 || line[place] == 0x09 || line[place] == 0x0D || line[place] == 0x0A
      {
        place += 1
      }
    }

    /// Takes one character after any space.
    mutating func take(_ byte: UInt8) -> Bool {
      skipSpace()
      guard place < line.endIndex, line[place] == byte else { return false }
      place += 1
      return true
    }

    mutating func takeValue(into storage: inout [UInt8]) -> Value {
      skipSpace()
      guard place < line.endIndex else { return .invalid }
      switch line[place] {
      case UInt8(ascii: "\""): return takeString(into: &storage) ? .value : .invalid
      case UInt8(ascii: "{"), UInt8(ascii: "["): return .nested
      case UInt8(ascii: "n"): return takeWord("null") ? .null : .invalid
      case UInt8(ascii: "t"): return takeWord("true", into: &storage)
      case UInt8(ascii: "f"): return takeWord("false", into: &storage)
      default: return takeNumber(into: &storage) ? .value : .invalid
      }
    }

    private mutating func takeWord(_ word: String) -> Bool {
      guard line[place...].starts(with: word.utf8) else { return false }
      place += word.utf8.count
      return true
    }

    private mutating func takeWord(_ word: String, into storage: inout [UInt8]) -> Value {
      guard takeWord(word) else { return .invalid }
      storage.append(contentsOf: word.utf8)
      return .value
    }

    private mutating func takeDigits() -> Int {
      let first = place
      while place < line.endIndex, (0x30...0x39).contains(line[place]) { place += 1 }
      return place - first
    }

    private mutating func takeNumber(into storage: inout [UInt8]) -> Bool {
      let first = place
      if line[place] == UInt8(ascii: "-") { place += 1 }
      let whole = place
      let digits = takeDigits()
      guard digits > 0, digits == 1 || line[whole] != UInt8(ascii: "0") else { return false }
      if place < line.endIndex, line[place] == UInt8(ascii: ".") {
        place += 1
        guard takeDigits() > 0 else { return false }
      }
      if place < line.endIndex, line[place] | 0x20 == UInt8(ascii: "e") {
        place += 1
        if place < line.endIndex, line[place] == 0x2B || line[place] == 0x2D { place += 1 }
        guard takeDigits() > 0 else { return false }
      }
      storage.append(contentsOf: line[first..<place])
      return true
    }

    mutating func takeString(into storage: inout [UInt8]) -> Bool {
      guard take(UInt8(ascii: "\"")) else { return false }
      while true {
        let start = place
        while place < line.endIndex, line[place] != UInt8(ascii: "\""),
          line[place] != UInt8(ascii: "\\"), line[place] >= 0x20
        {
          place += 1
        }
        storage.append(contentsOf: line[start..<place])
        guard place < line.endIndex else { return false }
        let byte = line[place]
        place += 1
        if byte == UInt8(ascii: "\"") { return true }
        guard byte == UInt8(ascii: "\\"), takeEscape(into: &storage) else { return false }
      }
    }

    private mutating func takeEscape(into storage: inout [UInt8]) -> Bool {
      guard place < line.endIndex else { return false }
      let byte = line[place]
      place += 1
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): storage.append(byte)
      case UInt8(ascii: "b"): storage.append(0x08)
      case UInt8(ascii: "f"): storage.append(0x0C)
      case UInt8(ascii: "n"): storage.append(0x0A)
      case UInt8(ascii: "r"): storage.append(0x0D)
      case UInt8(ascii: "t"): storage.append(0x09)
      case UInt8(ascii: "u"):
        guard var code = takeHex() else { return false }
        if (0xD800..<0xDC00).contains(code) {
          guard takeWord("\\u"), let low = takeHex(), (0xDC00..<0xE000).contains(low) else {
            return false
          }
          code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code), let encoded = UTF8.encode(scalar) else {
          return false
        }
        storage.append(contentsOf: encoded)
      default: return false
      }
      return true
    }

    private mutating func takeHex() -> UInt32? {
      guard place + 4 <= line.endIndex else { return nil }
      var code: UInt32 = 0
      for byte in line[place..<place + 4] {
        let digit: UInt32
        switch byte {
        case 0x30...0x39: digit = UInt32(byte) - 0x30
        case 0x41...0x46: digit = UInt32(byte) - 0x41 + 10
        case 0x61...0x66: digit = UInt32(byte) - 0x61 + 10
        default: return nil
        }
        code = code << 4 | digit
      }
      place += 4
      return code
    }
  }
}
