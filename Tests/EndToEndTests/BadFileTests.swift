import Foundation
import TestSupport
import Testing

/// Files that cannot be read as they are, in whole or in part.
@Suite("Bad files", .tags(.process)) struct BadFileTests {
  /// A row of a table of scans, and what is to be said of it.
  struct Row: Sendable {
    let name: String
    let bytes: [UInt8]
    /// The column at fault; nil when the row is good.
    let column: String?
    let phrase: String

    init(_ name: String, _ text: String, _ column: String?, _ phrase: String = "") {
      self.init(name, bytes: Array(text.utf8), column, phrase)
    }

    init(_ name: String, bytes: [UInt8], _ column: String?, _ phrase: String) {
      (self.name, self.bytes, self.column, self.phrase) = (name, bytes, column, phrase)
    }
  }

  private static let header = "id,code,venue,zone,subject,time,direction,gateway"
  private static let time = "2020-08-05T09:30:00+07:00"
  private static let id = "0173c17f-1d00-7000-8000-000000000001"

  static let rows = [
    Row("good", "\(id),,C4C6BHFZC,,an,\(time),in,g", nil),
    Row(
      "no offset", ",,C4C6BHFZC,,an,2020-08-05T09:30:00,in,g", "time", "offset from UTC is missing"),
    Row("no time", ",,C4C6BHFZC,,an,,in,g", "time", "time is missing"),
    Row("no such day", ",,C4C6BHFZC,,an,2020-02-30T09:30:00+07:00,in,g", "time", ""),
    Row(
      "a time of next year", ",,C4C6BHFZC,,an,2021-08-05T09:30:00+07:00,in,g", "time",
      "in the future"),
    Row("mistyped venue", ",,C4C6BHFZD,,an,\(time),in,g", "venue", "mistyped"),
    Row("unknown venue", ",,000000000,,an,\(time),in,g", "venue", "no venue 000000000"),
    Row("no venue and no code", ",,,,an,\(time),in,g", "venue", "venue is missing"),
    Row("zone 256", ",,C4C6BHFZC,256,an,\(time),in,g", "zone", "0 to 255"),
    Row("nobody", ",,C4C6BHFZC,, ,\(time),in,g", "subject", "subject is missing"),
    Row(
      "a long subject", ",,C4C6BHFZC,,\(String(repeating: "a", count: 257)),\(time),in,g",
      "subject", "longer than 256"),
    Row("NUL in the subject", ",,C4C6BHFZC,,a\u{0}n,\(time),in,g", "subject", "control characters"),
    Row("letters lost before", ",,C4C6BHFZC,,Nguy\u{FFFD}n,\(time),in,g", "subject", "lost"),
    Row("a direction of its own", ",,C4C6BHFZC,,an,\(time),up,g", "direction", "in, out, auto"),
    Row("no UUID", "1,,C4C6BHFZC,,an,\(time),in,g", "id", "not a UUID"),
    Row(
      "cut code", ",https://qr.haiphong.gov.vn/#0179,,,an,\(time),in,g", "code",
      "no venue code has 4 digits"),
    Row(
      "another site's code", ",https://example.com/#0179,,,an,\(time),in,g", "code",
      "another service"),
    Row("too few cells", ",,C4C6BHFZC,,an", "", "5 cells where the header has 8"),
    Row("too many cells", ",,C4C6BHFZC,,an,\(time),in,g,h", "", "9 cells where the header has 8"),
    Row("a quote in a cell", ",,C4C6BHFZC,,a\"n,\(time),in,g", "subject", "quote stands inside"),
    Row(
      "not UTF-8", bytes: Array(",,C4C6BHFZC,,".utf8) + [0xC3] + Array(",\(time),in,g".utf8),
      "subject", "not UTF-8"),
    Row(
      "over 64 KiB", ",,C4C6BHFZC,,\(String(repeating: "x", count: 66_000)),\(time),in,g",
      "subject",
      "longer than 65536 bytes"),
    Row("good, from a file with CR LF", ",,C4C6BHFZC,,+84 1,\(time),out,g\r", nil),
    Row(
      "the good id with other content", "\(id),,C4C6BHFZC,,binh,\(time),in,g", "id", "other content"
    ),
    // One quote left open costs its row; what follows is read.
    Row("an open quote", ",,C4C6BHFZC,,\"open,\(time),in,g", "subject", "quote is opened"),
    Row("good, and last", ",,C4C6BHFZC,,zung,\(time),in,g", nil),
  ]

  @Test("Each bad row goes to the rejected file with line, column and reason; the rest is taken")
  func rows() throws {
    let site = try Site()
    var file = Data((Self.header + "\n").utf8)
    for row in Self.rows { file += Data(row.bytes + [0x0a]) }
    try site.write(file, to: "scans.csv")
    let outcome = try site.run("import", "scans", "scans.csv", "--json")
    #expect(outcome.status == 3 && !outcome.wasSignalled)
    let counts = try JSON(outcome.output)
    let good = Self.rows.count { $0.column == nil }
    #expect(counts["rows"].number == Self.rows.count && counts["stored"].number == good)
    #expect(counts["conflicts"].number == 1)
    #expect(counts["rejected"].number == Self.rows.count - good - 1)
    #expect(counts["rejected_file"].text == "scans.csv.rejected.csv")
    #expect(outcome.errors.contains("scans.csv:3: time: the offset"))

    let rejected = try site.text(of: "scans.csv.rejected.csv").split(separator: "\n")
    #expect(rejected[0] == "\(Self.header),line,column,reason")
    for (place, row) in Self.rows.enumerated() where row.column != nil {
      let mark = ",\(place + 2),\(row.column ?? ""),"
      let found = rejected.first {
        $0.contains(mark) && (row.phrase.isEmpty || $0.contains(row.phrase))
      }
      #expect(found != nil, "\(row.name): no line with \(mark) and '\(row.phrase)'")
    }
    // The same again takes nothing twice.
    let again = try JSON(site.run("import", "scans", "scans.csv", "--json").output)
    #expect(again["stored"].number == 0 && again["repeated"].number == good)
  }

  @Test("A rejected file can be mended and imported, and then nothing is refused")
  func mended() throws {
    let site = try Site()
    try site.write(
      "venue;subject;enter\nC4C6BHFZC;+84 912;2020-08-05T09:00\nC4C6BHFZC;=an;2020-08-05T09:00\n",
      to: "v.csv")
    #expect(try site.run("import", "visits", "v.csv").status == 3)
    let rejected = try site.text(of: "v.csv.rejected.csv")
    // A spreadsheet must not take the cells for formulas.
    #expect(rejected.contains("'+84 912") && rejected.contains("'=an"))
    let mended = rejected.replacingOccurrences(of: "T09:00;", with: "T09:00:00+07:00;")
    try site.write(mended, to: "mended.csv")
    let outcome = try site.done("import", "visits", "mended.csv")
    #expect(outcome.output.hasPrefix("2 rows: 2 stored") && outcome.errors.isEmpty)
    // They are the same people as ever.
    for person in ["+84 912", "=an"] {
      let known = try site.done("exposure", "--subject=\(person)", "--json")
      #expect(known.lines.count == 1, "\(person)")
    }
    // A run without refusals takes the file of the last one away.
    try site.write(mended, to: "v.csv")
    try site.done("import", "visits", "v.csv")
    #expect(!site.has("v.csv.rejected.csv"))
  }

  struct Whole: Sendable {
    let name: String
    let file: String
    var bytes: Data?
    var status: Int32 = 1
    let phrase: String
  }

  @Test("A file that is no table is refused as a whole, and says why")
  func files() throws {
    let site = try Site()
    let table = "\(Self.header)\n,,C4C6BHFZC,,an,\(Self.time),in,g\n"
    try site.write(table, to: "whole.csv")
    let squeezed = try site.shell("gzip -c whole.csv > whole.csv.gz && cat whole.csv.gz | wc -c")
    #expect(squeezed.status == 0)
    let gzip = try Data(contentsOf: site.folder.url.appendingPathComponent("whole.csv.gz"))
    var damaged = gzip
    damaged[damaged.count - 6] ^= 0x55
    var utf16 = Data([0xff, 0xfe])
    for unit in table.utf16 { utf16 += [UInt8(unit & 0xff), UInt8(unit >> 8)] }
    try FileManager.default.createDirectory(
      atPath: site.path("folder.csv"), withIntermediateDirectories: true)
    let rows = [
      Whole(name: "empty", file: "a.csv", bytes: Data(), phrase: "the file is empty"),
      Whole(
        name: "a byte order mark", file: "a.csv", bytes: Data([0xef, 0xbb, 0xbf]),
        phrase: "the file is empty"),
      Whole(
        name: "blank lines", file: "a.csv", bytes: Data("\r\n\r\n".utf8),
        phrase: "the file is empty"),
      Whole(
        name: "missing columns", file: "a.csv", bytes: Data("venue,direction\n".utf8),
        phrase: "no column named subject, time"),
      Whole(
        name: "a column twice", file: "a.csv", bytes: Data("subject,time,Subject\n".utf8),
        phrase: "columns 1 and 3 are both subject"),
      Whole(name: "UTF-16", file: "a.csv", bytes: utf16, phrase: "UTF-16"),
      Whole(
        name: "a header that is not UTF-8", file: "a.csv", bytes: Data([0x73, 0xff, 0x2c, 0x0a]),
        phrase: "not UTF-8"),
      Whole(
        name: "an endless header", file: "a.csv", bytes: Data(repeating: 0x61, count: 200_000),
        phrase: "header"),
      Whole(name: "NUL bytes", file: "a.csv", bytes: Data(count: 5_000), phrase: "a.csv"),
      Whole(name: "cut gzip", file: "a.csv.gz", bytes: gzip.dropLast(9), phrase: "ends too early"),
      Whole(name: "damaged gzip", file: "a.csv.gz", bytes: damaged, phrase: "damaged"),
      Whole(name: "no gzip", file: "a.csv.gz", bytes: Data(table.utf8), phrase: "not gzip"),
      Whole(name: "a folder", file: "folder.csv", phrase: "this is a folder"),
      Whole(name: "nothing", file: "nothing.csv", phrase: "there is no such file"),
      Whole(
        name: "header alone", file: "a.csv", bytes: Data("\(Self.header)\n".utf8), status: 0,
        phrase: ""),
    ]
    for row in rows {
      if let bytes = row.bytes { try site.write(bytes, to: row.file) }
      let outcome = try site.run("import", "scans", row.file)
      #expect(
        outcome.status == row.status && !outcome.wasSignalled
          && (row.status == 0
            || outcome.errors.contains(row.phrase) && outcome.errors.contains(row.file)
              && outcome.output.isEmpty),
        "\(row.name): \(outcome.status) \(outcome.errors)")
      #expect(outcome.errors.split(separator: "\n").count <= 1, "\(row.name): \(outcome.errors)")
    }
  }

  @Test("A case that cannot be read stops a trace, with file, line and reason")
  func cases() throws {
    let site = try Site()
    try site.write("id,subject,onset\nA,an,2020-08-01\nB,binh,1 August\n", to: "cases.csv")
    let trace = try site.run("trace", "--cases", "cases.csv")
    #expect(trace.status == 1 && trace.output.isEmpty)
    #expect(trace.errors.contains("cases.csv:3: onset") && trace.errors.contains("miss people"))
    let imported = try site.run("import", "cases", "cases.csv")
    #expect(imported.status == 3 && imported.output.hasPrefix("2 rows: 1 stored"))
    try site.write("id,subject,onset\nA,an,2020-08-02\n", to: "other.csv")
    let other = try site.run("case", "import", "other.csv")
    #expect(other.status == 3 && other.output.contains("1 in conflict"))
    #expect(try site.text(of: "other.csv.rejected.csv").contains("give it another id"))
    try site.write("{\"id\": \"broken\"}", to: "rules.json")
    let rules = try site.run("trace", "--rules", "rules.json")
    #expect(rules.status == 1 && rules.errors.contains("rules.json"))
    #expect(try site.run("trace", "--rules", "none-such").errors.contains("5053-2020"))
    try site.write(Data([0xff, 0x0a, 0x0a]), to: "people.txt")
    #expect(try site.run("trace", "--subjects", "people.txt").status == 0)
  }
}
