import DelimitedText
import TestSupport
import Testing

@Suite("Reading delimited text") struct RecordReaderTests {
  struct Row: CustomTestStringConvertible, Sendable {
    let name: String
    let text: [UInt8]
    let events: [Event]
    var limits = TableLimits()
    var testDescription: String { name }

    init(_ name: String, _ text: String, _ events: [Event], limits: TableLimits = TableLimits()) {
      self.init(name, bytes: Array(text.utf8), events, limits: limits)
    }

    init(_ name: String, bytes: [UInt8], _ events: [Event], limits: TableLimits = TableLimits()) {
      self.name = name
      self.text = bytes
      self.events = events
      self.limits = limits
    }
  }

  static let chợ = "Chợ Lũng"
  static let rows = [
    Row("plain rows", "a,b\n1,2\n3,4\n", [.row(2, ["1", "2"]), .row(3, ["3", "4"])]),
    Row("no end of line at the end", "a,b\n1,2", [.row(2, ["1", "2"])]),
    Row("CR LF", "a,b\r\n1,2\r\n3,4\r\n", [.row(2, ["1", "2"]), .row(3, ["3", "4"])]),
    Row("CR alone", "a,b\r1,2\r3,4", [.row(2, ["1", "2"]), .row(3, ["3", "4"])]),
    Row("a byte order mark", "\u{FEFF}a,b\n1,2\n", [.row(2, ["1", "2"])]),
    Row(
      "empty lines are passed over", "\n\na,b\n\n1,2\n\n\n3,4\n\n",
      [
        .row(5, ["1", "2"]), .row(8, ["3", "4"]),
      ]),
    Row("rows of separators are passed over", "a,b\n,\n1,2\n,\n", [.row(3, ["1", "2"])]),
    Row("a quoted empty row is a row", "a,b\n\"\",\n", [.row(2, ["", ""])]),
    Row("empty cells", "a,b,c\n,2,\n", [.row(2, ["", "2", ""])]),
    Row("quoted cells", "a,b\n\"1,5\",\"x\"\"y\"\n", [.row(2, ["1,5", "x\"y"])]),
    Row("a cell of one quote", "a,b\n\"\"\"\",2\n", [.row(2, ["\"", "2"])]),
    Row(
      "quotes with line ends inside count lines", "a,b\n\"1\n2\r\n3\",x\n4,5\n",
      [
        .row(2, ["1\n2\r\n3", "x"]), .row(5, ["4", "5"]),
      ]),
    Row("a quoted cell ends the file", "a,b\n1,\"2\"", [.row(2, ["1", "2"])]),
    Row("spaces belong to the cell", "a,b\n 1 , 2\n", [.row(2, [" 1 ", " 2"])]),
    Row("Vietnamese letters", "a,b\n\(chợ),Đồ Sơn\n", [.row(2, [chợ, "Đồ Sơn"])]),
    Row("semicolons", "a;b\n1,5;2\n", [.row(2, ["1,5", "2"])]),
    Row("tabs", "a\tb\n1\t2;3\n", [.row(2, ["1", "2;3"])]),
    Row("a spreadsheet's sep line", "sep=;\r\na;b\r\n1;2\r\n", [.row(3, ["1", "2"])]),
    Row("empty lines after a sep line", "sep=;\r\n\r\n\na;b\n1;2\n", [.row(5, ["1", "2"])]),
    Row("a quoted header over two lines", "\"a\",\"b\nc\"\n1,2\n", [.row(3, ["1", "2"])]),
    Row("too few cells", "a,b\n1\n3,4\n", [.fault(2, "column-count"), .row(3, ["3", "4"])]),
    Row("too many cells", "a,b\n1,2,3\n3,4\n", [.fault(2, "column-count"), .row(3, ["3", "4"])]),
    Row(
      "a stray quote", "a,b\n1\",2\n3,4\n",
      [
        .fault(2, "stray-quote", column: 1), .row(3, ["3", "4"]),
      ]),
    Row(
      "text after a closing quote", "a,b\n1,\"2\"x\n3,4\n",
      [
        .fault(2, "stray-quote", column: 2), .row(3, ["3", "4"]),
      ]),
    Row(
      "an open quote costs its own line only", "a,b\n1,\"2\n3,4\n5,6\n",
      [
        .fault(2, "unterminated-quote", column: 2), .row(3, ["3", "4"]), .row(4, ["5", "6"]),
      ]),
    Row(
      "an open quote that a later quote closes", "a,b\n1,\"2\n3,4\n5,x\"y\n7,8\n",
      [
        .fault(2, "stray-quote", column: 2), .row(3, ["3", "4"]),
        .fault(4, "stray-quote", column: 2), .row(5, ["7", "8"]),
      ]),
    Row(
      "an open quote in the last line", "a,b\n1,2\n3,\"4",
      [
        .row(2, ["1", "2"]), .fault(3, "unterminated-quote", column: 2),
      ]),
    Row(
      "bytes that are no UTF-8", bytes: Array("a,b\n1,".utf8) + [0xFF, 0x0A] + Array("3,4\n".utf8),
      [
        .fault(2, "not-utf8", column: 2), .row(3, ["3", "4"]),
      ]),
    Row(
      "a letter cut in half", bytes: Array("a,b\n".utf8) + [0xE1, 0xBB, 0x2C, 0x32],
      [
        .fault(2, "not-utf8", column: 1)
      ]),
    Row(
      "an overlong form", bytes: Array("a,b\n\"".utf8) + [0xC0, 0xAF] + Array("\",2".utf8),
      [
        .fault(2, "not-utf8", column: 1)
      ]),
    Row("NUL is a character", "a,b\n\u{0},2\n", [.row(2, ["\u{0}", "2"])]),
    Row(
      "a row at the limit", "a,b\n1,3456789\n1,2\n",
      [.row(2, ["1", "3456789"]), .row(3, ["1", "2"])], limits: TableLimits(rowBytes: 9)),
    Row(
      "a row past the limit", "a,b\n1,34567890\n1,2\n",
      [.fault(2, "row-too-long", column: 2), .row(3, ["1", "2"])],
      limits: TableLimits(rowBytes: 9)),
    Row(
      "a row past the limit with a quote behind it", "a,b\n1,3456789,\"x\"\n1,2\n",
      [.fault(2, "row-too-long", column: 3), .row(3, ["1", "2"])],
      limits: TableLimits(rowBytes: 9)),
    Row(
      "a row far past the limit", "a,b\n\(String(repeating: "x", count: 500))\r\n1,2\n",
      [.fault(2, "row-too-long", column: 1), .row(3, ["1", "2"])],
      limits: TableLimits(rowBytes: 9)),
    Row(
      "an open quote past the limit", "a,b\n1,\"2\n3,4\n5,6\n7,8\n",
      [
        .fault(2, "unterminated-quote", column: 2), .row(3, ["3", "4"]), .row(4, ["5", "6"]),
        .row(5, ["7", "8"]),
      ], limits: TableLimits(rowBytes: 10)),
    Row(
      "cells past the limit", "a,b\n1,2,3,4,5,6\n1,2\n",
      [.fault(2, "too-many-columns", column: 5), .row(3, ["1", "2"])],
      limits: TableLimits(columns: 4)),
    Row("only a header", "a,b\n", []),
    Row("only a header without a line end", "a,b", []),
  ]

  @Test("A table reads the same in chunks of any size", arguments: rows)
  func readsInChunks(row: Row) {
    let fields = [TableField("a"), TableField("b")]
    let whole = Reading(row.text, fields: fields, limits: row.limits)
    #expect(whole.events == row.events)
    #expect(whole.error == nil)
    let differing = [1, 2, 3, 5, 7].filter {
      Reading(row.text, fields: fields, chunk: $0, limits: row.limits) != whole
    }
    #expect(differing == [], "chunk sizes that read otherwise")
  }

  struct Header: CustomTestStringConvertible, Sendable {
    let name: String
    let text: [UInt8]
    let error: String?
    var unknown: [String] = []
    var first: [String] = []
    var testDescription: String { name }
  }

  static let headers = [
    Header(
      name: "names in any order and case", text: Array("NAME , Id\nx,1\n".utf8), error: nil,
      first: ["1", "x"]),
    Header(name: "a synonym", text: Array("Mã;Tên\n1;x\n".utf8), error: nil, first: ["1", "x"]),
    Header(
      name: "a synonym in decomposed letters", text: Array("Ma\u{303};Te\u{302}n\n1;x\n".utf8),
      error: nil, first: ["1", "x"]),
    Header(
      name: "columns nobody knows", text: Array("name,note,id,\nx,n,1,\n".utf8), error: nil,
      unknown: ["note"], first: ["1", "x"]),
    Header(
      name: "an optional column is missing", text: Array("id\n1\n".utf8), error: nil,
      first: ["1", ""]),
    Header(
      name: "a separator in a name that is known", text: Array("\"id\";\"a,b,c,d\"\n1;2\n".utf8),
      error: nil, unknown: ["a,b,c,d"], first: ["1", ""]),
    Header(name: "nothing", text: [], error: "table-empty"),
    Header(name: "empty lines", text: Array("\n\r\n".utf8), error: "table-empty"),
    Header(name: "only a byte order mark", text: [0xEF, 0xBB, 0xBF], error: "table-empty"),
    Header(name: "UTF-16", text: [0xFF, 0xFE, 0x61, 0x00, 0x2C, 0x00], error: "table-utf16"),
    Header(name: "no UTF-8", text: [0x69, 0x64, 0x2C, 0xC3, 0x0A], error: "table-header"),
    Header(
      name: "the required column is missing", text: Array("name,x\n1,2\n".utf8),
      error: "table-missing-column"),
    Header(
      name: "one field twice", text: Array("id,name,Mã\n1,2,3\n".utf8),
      error: "table-duplicate-column"),
    Header(
      name: "an unknown column twice", text: Array("id,x,X \n1,2,3\n".utf8),
      error: "table-duplicate-column"),
    Header(name: "an open quote", text: Array("id,\"name\n1,2\n".utf8), error: "table-header"),
    Header(
      name: "a header past the limit", text: Array(repeating: 0x61, count: 70_000),
      error: "table-header"),
  ]

  @Test("A header finds the fields, or says why it cannot", arguments: headers)
  func readsHeader(header: Header) {
    let fields = [
      TableField("id", aliases: ["mã"], isRequired: true), TableField("name", aliases: ["tên"]),
    ]
    for chunk in [0, 1, 5] where chunk == 0 || header.text.count < 1000 {
      let reading = Reading(header.text, fields: fields, chunk: chunk, byField: true)
      #expect(reading.error?.code == header.error)
      guard header.error == nil else { continue }
      #expect(reading.unknown == header.unknown)
      #expect(reading.events == [.row(2, header.first)])
    }
  }

  @Test("A reader that threw says end for ever after")
  func endsAfterError() throws {
    var reader = RecordReader(fields: [TableField("id", isRequired: true)])
    reader.append(Array("x\n1\n".utf8))
    reader.finish()
    var record = Record()
    #expect(throws: TableError.missingColumns(["id"])) { try reader.next(into: &record) }
    #expect(try reader.next(into: &record) == .end)
  }

  @Test("Fields are looked up by number, present or not")
  func looksUpFields() throws {
    var reader = RecordReader(fields: ["venue", "zone", "none"].map { TableField($0) })
    var found = 0
    try reader.readAll(Array("zone,x,venue\n, y,\t C4C6 \n".utf8)) { record, fault in
      found += 1
      #expect(fault == nil)
      #expect(Array(record.trimmed(0)) == Array("C4C6".utf8))
      #expect(record.text(0) == "\t C4C6 ")
      #expect(record.has(1) && record[1].isEmpty)
      #expect(!record.has(2) && record[2].isEmpty)
      #expect([0, 1, 2].map { record.column(of: $0) } == [3, 1, nil])
    }
    #expect(found == 1)
    #expect(reader.hasColumn(0) && !reader.hasColumn(2))
  }

  @Test("What was written reads back, whatever the cells, the separator and the chunks")
  func roundTrips() {
    let alphabet: [Character] = [
      "a", "1", ",", ";", "\t", "\"", "\n", "\r", "\r\n", " ", "'", "=", "-", "+", "@", "ữ", "Đ",
      "\u{FEFF}", "🚪",
    ]
    for seed in UInt64(1)...150 {
      var generator = SeededGenerator(seed: seed)
      let separators = Array(",;\t".utf8)
      let separator = separators[Int.random(in: 0..<3, using: &generator)]
      let isGuarded = Bool.random(using: &generator)
      var writer = DelimitedWriter(
        separator: separator,
        lineEnding: Bool.random(using: &generator) ? .lineFeed : .carriageReturnLineFeed,
        guardsFormulas: isGuarded, byteOrderMark: Bool.random(using: &generator))
      let width = Int.random(in: 1...4, using: &generator)
      writer.write((0..<width).map { "c\($0)" })
      var rows: [[String]] = []
      for _ in 0..<Int.random(in: 0...6, using: &generator) {
        rows.append(
          (0..<width).map { _ in
            String(
              (0..<Int.random(in: 0...5, using: &generator)).map { _ in
                alphabet.randomElement(using: &generator) ?? "a"
              })
          })
        writer.write(rows.last ?? [])
      }
      let reading = Reading(
        writer.bytes, fields: (0..<width).map { TableField("c\($0)", isRequired: true) },
        chunk: Int.random(in: 0...9, using: &generator), removesFormulaGuards: isGuarded)
      let cells = reading.events.map { event in
        if case .row(_, let cells) = event { cells } else { ["\(event)"] }
      }
      // Scalar by scalar: Swift's `==` would take a lost mark for the same.
      let isSame = cells.map { $0.map { Array($0.utf8) } } == rows.map { $0.map { Array($0.utf8) } }
      #expect(isSame, "seed \(seed): \(rows) read as \(cells)")
    }
  }

  @Test("Bytes of any kind are read to the end, and the same in chunks of any size")
  func readsAnyBytes() {
    let alphabet = Array("ab,;\t\"\"\n\n\r {:}\\u".utf8) + [0xC3, 0xA1, 0xFF, 0x00]
    for seed in UInt64(1)...400 {
      var generator = SeededGenerator(seed: seed)
      let bytes =
        Array("a,b\n".utf8)
        + (0..<Int.random(in: 0...60, using: &generator)).map { _ in
          alphabet.randomElement(using: &generator) ?? 0
        }
      let limits = TableLimits(
        rowBytes: Int.random(in: 3...30, using: &generator),
        columns: Int.random(in: 2...5, using: &generator))
      let format: TableFormat =
        Bool.random(using: &generator) ? .jsonLines : .delimited(separator: UInt8(ascii: ","))
      let fields = [TableField("a"), TableField("b")]
      let whole = Reading(bytes, fields: fields, format: format, limits: limits)
      let piecewise = Reading(
        bytes, fields: fields, chunk: Int.random(in: 1...6, using: &generator), format: format,
        limits: limits)
      #expect(whole == piecewise, "seed \(seed)")
      let lines = whole.events.map { event in
        switch event {
        case .row(let line, _), .fault(let line, _, _): line
        }
      }
      #expect(zip(lines, lines.dropFirst()).allSatisfy { $0 < $1 }, "seed \(seed): \(lines)")
    }
  }

  @Test("One broken line costs no other")
  func recovers() {
    let broken = ["\"", "x\"", "\"a", "\"a\",b\"", "1,\"2", "\"\"x,1", "a,\"b\"\"", "\"a\"b\"c"]
    for (index, line) in broken.enumerated() {
      let good = (0..<20).map { "\($0),v\($0)" }
      for place in [0, 7, 20] {
        let lines = good[..<place] + [line] + good[place...]
        let text = "a,b\n" + lines.joined(separator: "\n") + "\n"
        let reading = Reading(
          Array(text.utf8), fields: [TableField("a"), TableField("b")], chunk: 11)
        let expected: [Event] = lines.enumerated().compactMap { offset, text in
          text == line ? nil : .row(offset + 2, text.split(separator: ",").map(String.init))
        }
        let rows = reading.events.filter { if case .row = $0 { true } else { false } }
        #expect(rows == expected, "broken line \(index) at \(place)")
        #expect(reading.events.count == expected.count + 1)
      }
    }
  }
}
