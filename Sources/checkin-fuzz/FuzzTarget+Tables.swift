import DelimitedText
import FoundationEssentials

extension FuzzTarget {
  /// A table in chunks: it must read the same whole and in pieces of any size.
  ///
  /// The first byte chooses the size of the pieces, the format, the limits and the guards.
  static let recordReader = FuzzTarget(
    "record-reader",
    examples: texts(
      "\u{02}a,b,c\n1,\"2\n3\",x\r\n4,\"5\"\"6\",y\n", "\u{11}sep=;\r\na;b\r\n1;2\r\n",
      "\u{47}\u{FEFF}a,b\n\n'=1+1,2\n,\n\"\",\n3,\"4",
      "\u{21}{\"a\":1.50,\"b\":\"x\\u00e9\"}\n{}\n",
      "\u{08}a\tb\r1\t2\r3\t4")
  ) { input in
    guard let choice = input.first else { return }
    let bytes = Array(input.dropFirst())
    let limits =
      choice & 0x08 == 0 ? TableLimits() : TableLimits(rowBytes: 24, columns: 4)
    let format: TableFormat =
      switch choice >> 4 & 3 {
      case 1: .delimited(separator: UInt8(ascii: ";"))
      case 2: .jsonLines
      default: .automatic
      }
    let whole = Reading(
      bytes, chunk: bytes.count, format: format, limits: limits, removesGuards: choice & 0x40 != 0)
    for chunk in [Int(choice & 7) + 1, 64] {
      let pieces = Reading(
        bytes, chunk: chunk, format: format, limits: limits, removesGuards: choice & 0x40 != 0)
      require(pieces == whole, "a table reads the same in chunks of \(chunk)")
    }
    require(
      zip(whole.lines, whole.lines.dropFirst()).allSatisfy { $0 < $1 }, "every row has a line")
  }

  /// One line of JSON: what is taken must be an object to another reader too, with the same texts.
  static let jsonRow = FuzzTarget(
    "json-row",
    examples: texts(
      #"{"a":"1","b":-2.50e3,"c":null,"x":true}"#, #" { "A" : "\u0110\ud83d\ude00\n\/" , "b":0 } "#,
      #"{"a":{"x":[1]},"b":[2]}"#, #"{"a":"1","a":"2"}"#)
  ) { input in
    guard !input.contains(UInt8(ascii: "\n")) else { return }
    var reader = RecordReader(fields: Reading.fields, format: .jsonLines)
    reader.append(input)
    reader.finish()
    var record = Record()
    guard case .record = try? reader.next(into: &record) else { return }
    guard let other = try? JSONDecoder().decode([String: JSONCell].self, from: Data(input)) else {
      // The other reader refuses numbers that a `Double` cannot hold, and a mark before the object.
      return require(
        input.contains { $0 | 0x20 == UInt8(ascii: "e") } || input.count > 300
          || input.starts(with: [0xEF]), "an object is an object to every reader")
    }
    for (place, field) in Reading.fields.enumerated() {
      guard case .text(let text) = other[field.name] else { continue }
      require(Array(record[place]) == Array(text.utf8), "a text is the same to every reader")
    }
  }

  /// Rows that are written must be read back: cells between bytes 0xFF, rows between bytes 0xFE.
  static let delimitedWriter = FuzzTarget(
    "delimited-writer",
    examples: [
      [0x00] + Array("a,b".utf8) + [0xFF] + Array("\"c\"".utf8) + [0xFE, 0xFF] + Array("d".utf8),
      [0x0D] + Array("=1+1".utf8) + [0xFF] + Array("'-2".utf8) + [0xFF] + Array("\n-3".utf8),
    ]
  ) { input in
    guard let choice = input.first else { return }
    let separators = [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t")]
    let isGuarded = choice & 4 != 0
    var writer = DelimitedWriter(
      separator: separators[Int(choice & 3) % 3],
      lineEnding: choice & 8 == 0 ? .lineFeed : .carriageReturnLineFeed,
      guardsFormulas: isGuarded, byteOrderMark: choice & 16 != 0)
    let rows = input.dropFirst().split(separator: 0xFE, omittingEmptySubsequences: false).map {
      row in
      let cells = row.split(separator: 0xFF, omittingEmptySubsequences: false)
      return (0..<3).map { $0 < cells.count ? String(decoding: cells[$0], as: UTF8.self) : "" }
    }
    writer.write(Reading.fields.map(\.name))
    for row in rows { writer.write(row) }
    let reading = Reading(
      writer.takeBytes(), chunk: 1 << 20, format: .automatic,
      limits: TableLimits(rowBytes: 1 << 24), removesGuards: isGuarded)
    require(
      reading.error == nil && reading.faults.isEmpty && reading.cells.count == rows.count,
      "what is written is read")
    for (read, row) in zip(reading.cells, rows) {
      require(
        zip(read, row).allSatisfy { $0.utf8.elementsEqual($1.utf8) }, "a cell is read as written")
    }
  }

  /// A cell that is guarded must be safe, and must lose its guard again.
  static let formulaGuard = FuzzTarget(
    "formula-guard", examples: texts("=1+1", "'=1+1", "-12.5e3", " \u{200B}@x", "\u{FF1D}1", "\t1")
  ) { input in
    let text = String(decoding: input, as: UTF8.self)
    let safe = FormulaGuard.applied(to: text)
    require(
      FormulaGuard.removed(from: safe).utf8.elementsEqual(text.utf8), "a guard can be taken off")
    let first = safe.utf8.first ?? 0
    require(!"=+@\t\r\n".utf8.contains(first), "no cell begins as a formula")
    require(
      first != UInt8(ascii: "-") || Double(text.replacing(",", with: ".")) != nil,
      "only a number begins with a minus")
  }
}

/// A table as it was read, to be compared.
private struct Reading: Equatable {
  static let fields = [TableField("a"), TableField("b", aliases: ["bê"]), TableField("c")]

  var cells: [[String]] = []
  var faults: [RowFault] = []
  var lines: [Int] = []
  var columns: [String] = []
  var unknown: [String] = []
  var separator: UInt8?
  var error: TableError?

  init(
    _ bytes: [UInt8], chunk: Int, format: TableFormat, limits: TableLimits, removesGuards: Bool
  ) {
    var reader = RecordReader(
      fields: Reading.fields, format: format, limits: limits, removesFormulaGuards: removesGuards)
    var record = Record()
    var rest = bytes[...]
    do throws(TableError) {
      reading: while true {
        switch try reader.next(into: &record) {
        case .record:
          lines.append(record.line)
          cells.append(Reading.fields.indices.map { record.text($0) })
          for place in Reading.fields.indices {
            FuzzTarget.require(
              String(validating: record[place], as: UTF8.self) != nil, "a cell is UTF-8")
          }
        case .fault(let fault):
          lines.append(fault.line)
          faults.append(fault)
          cells.append(record.cells)
        case .needsBytes:
          if rest.isEmpty {
            reader.finish()
          } else {
            reader.append(Array(rest.prefix(max(1, chunk))))
            rest = rest.dropFirst(max(1, chunk))
          }
        case .end: break reading
        }
      }
    } catch {
      self.error = error
    }
    columns = reader.columnNames
    unknown = reader.unknownColumns
    separator = reader.separator
  }
}

/// A value of an object as another reader takes it.
private enum JSONCell: Decodable {
  case text(String)
  case other

  init(from decoder: any Decoder) throws {
    self = (try? decoder.singleValueContainer().decode(String.self)).map(JSONCell.text) ?? .other
  }
}
