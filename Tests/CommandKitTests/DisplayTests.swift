import CommandKit
import Testing

@Suite("Display") struct DisplayTests {
  static let widths: [(text: String, width: Int)] = [
    ("", 0), ("abc", 3), ("Hải Phòng", 9), ("Ha\u{309}i Pho\u{300}ng", 9), ("Nguyễn Thị Ưởng", 15),
    ("e\u{302}\u{301}", 1), ("漢字", 4), ("ｱ", 1), ("Ａ", 2), ("한글", 4),
    ("\u{1112}\u{1161}\u{11AB}", 2),
    ("🙂", 2), ("👩‍👩‍👧", 2), ("🇻🇳", 2), ("❤\u{FE0F}", 2), ("❤", 1), ("a\u{200B}b", 2),
    ("\u{FEFF}a", 1), ("…", 1), ("–", 1), ("đ", 1), ("①", 1), ("\u{0301}", 0),
  ]

  @Test("A text's width is what is seen of it", arguments: widths)
  func measures(row: (text: String, width: Int)) {
    #expect(displayWidth(row.text) == row.width)
  }

  static let cuts: [(text: String, width: Int, cut: String)] = [
    ("Cát Bà", 6, "Cát Bà"), ("Cát Bà", 5, "Cát …"), ("Cát Bà", 1, "…"), ("Cát Bà", 0, ""),
    ("漢字漢字", 5, "漢字…"), ("漢字漢字", 4, "漢…"), ("Ca\u{301}t", 2, "C…"),
  ]

  @Test("A cut text fits and never splits a letter", arguments: cuts)
  func fits(row: (text: String, width: Int, cut: String)) {
    #expect(truncated(row.text, to: row.width) == row.cut)
    #expect(displayWidth(row.cut) <= max(row.width, 0))
  }

  static let dangers: [(text: String, shown: String)] = [
    ("Hải Phòng", "Hải Phòng"), ("a\u{1B}[2Jb", "a\\u{1B}[2Jb"), ("a\nb\tc", "a\\u{A}b\\u{9}c"),
    ("\u{202E}abc", "\\u{202E}abc"), ("\u{9B}1m", "\\u{9B}1m"), ("a\r\n", "a\\u{D}\\u{A}"),
    ("\u{7F}", "\\u{7F}"),
  ]

  @Test("What could move a terminal's cursor is made visible", arguments: dangers)
  func defuses(row: (text: String, shown: String)) {
    #expect(harmless(row.text) == row.shown)
  }

  private var table: Table {
    var table = Table(["ID", "NAME", .right("VISITS")])
    table.append("ab12", "Cảng Hải Phòng", "7")
    table.append("cd34", "Cho\u{31B}\u{323} Sắt\u{1B}", "1200")
    table.append("ef56", "", "35")
    return table
  }

  @Test("Columns are aligned by what is seen, numbers to the right")
  func alignsColumns() {
    #expect(
      table.lines() == [
        "ID    NAME            VISITS",
        "ab12  Cảng Hải Phòng       7",
        "cd34  Cho\u{31B}\u{323} Sắt\\u{1B}     1200",
        "ef56                      35",
      ])
  }

  @Test("Long text is cut to the terminal; numbers and short columns are not")
  func fitsTerminal() {
    #expect(
      table.lines(width: 24) == [
        "ID    NAME        VISITS",
        "ab12  Cảng Hải …       7",
        "cd34  Cho\u{31B}\u{323} Sắt\\u…    1200",
        "ef56                  35",
      ])
    #expect(table.lines(width: 5).allSatisfy { displayWidth($0) == 22 })
    #expect(table.lines(width: 500) == table.lines())
  }

  @Test("Ids and times are never cut, sentences go on beside or below")
  func keepsWholeColumns() {
    var table = Table([.whole("ID"), "NAME", .prose("WHY")])
    table.append("C4C6BHFZC-long", "Khách sạn Hữu Nghị", "in the same hotel as the case for 50 min")
    #expect(table.lines(width: 200).count == 2)
    #expect(
      table.lines(width: 74) == [
        "ID              NAME                WHY",
        "C4C6BHFZC-long  Khách sạn Hữu Nghị  in the same hotel as the case for 50",
        "                                    min",
      ])
    #expect(
      table.lines(width: 30) == [
        "ID              NAME       WHY",
        "C4C6BHFZC-long  Khách sạ…",
        "    in the same hotel as the",
        "    case for 50 min",
      ])
  }

  @Test("Properties have no heading, and those that are not known are left out")
  func listsProperties() {
    let table = Table(properties: [("Name", "Cảng Hải Phòng"), ("Zone", nil), ("Open", "24h")])
    #expect(table.lines(colour: true) == ["Name  Cảng Hải Phòng", "Open  24h"])
  }

  @Test("One thing is not counted in the plural")
  func counts() {
    #expect(counted(1, "row") == "1 row")
    #expect(counted(1_000, "row") == "1,000 rows")
    #expect(counted(0, "person", "people") == "0 people")
  }

  @Test("A table without rows is its heading")
  func showsHeadingAlone() {
    let empty = Table(["A", .right("B")])
    #expect(empty.isEmpty)
    #expect(empty.lines(colour: true) == ["\u{1B}[1mA  B\u{1B}[0m"])
  }

  @Test("Names and values without titles have no empty line above them")
  func leavesOutEmptyHeading() {
    var table = Table(["", .right("")])
    table.append("Cases", "3")
    #expect(table.lines() == ["Cases  3"])
  }

  static let progress: [(completed: Int, total: Int?, seconds: Double, line: String)] = [
    (0, 335, 0, "Drawing: 0 of 335 posters (0 %)"),
    (5, 335, 0.2, "Drawing: 5 of 335 posters (1 %)"),
    (100, 335, 10, "Drawing: 100 of 335 posters (29 %), 10/s, 24 s left"),
    (5, 335, 2, "Drawing: 5 of 335 posters (1 %), 2.5/s, 2 min 12 s left"),
    (335, 335, 10, "Drawing: 335 of 335 posters (100 %), 33/s"),
    (1_234_567, nil, 1, "Drawing: 1,234,567 posters, 1,234,567/s"),
    (1, 10_000, 1, "Drawing: 1 of 10,000 posters (0 %), 1.0/s, 2 h 46 min left"),
    (1, 10_000_000, 1, "Drawing: 1 of 10,000,000 posters (0 %), 1.0/s, days left"),
    (12, 10, 1, "Drawing: 12 of 10 posters (100 %), 12/s"),
    (0, 0, 1, "Drawing: 0 of 0 posters"),
  ]

  @Test("Progress tells rate and time left", arguments: progress)
  func tellsProgress(row: (completed: Int, total: Int?, seconds: Double, line: String)) {
    let line = Progress.line(
      label: "Drawing", completed: row.completed, total: row.total, unit: "posters",
      nanoseconds: UInt64(row.seconds * 1e9))
    #expect(line == row.line)
  }

  private final class Clock {
    var time: UInt64 = 0
  }

  private func heard(terminal: Bool, options: GlobalOptions = GlobalOptions()) -> String {
    let clock = Clock()
    let talk = Talk(capturingFor: "sample", asTerminal: terminal, width: 60)
    let host = Host(
      output: Output(capturingAsTerminal: false), talk: talk, wallClock: { 0 },
      monotonic: { clock.time })
    let progress = Context(host: host, options: options).progress("Reading", unit: "rows")
    for _ in 0..<100 {
      progress.advance(by: 10)
      clock.time += 20_000_000
    }
    talk.warning("row 7 is odd")
    progress.finish()
    return talk.captured
  }

  @Test("Progress draws at most ten times a second, and gives way to a warning")
  func drawsSparingly() {
    let text = heard(terminal: true)
    #expect(text.split(separator: "Reading").count - 1 == 20)
    #expect(text.hasPrefix("\r\u{1B}[KReading: 10 rows"))
    #expect(text.hasSuffix("\r\u{1B}[Ksample: warning: row 7 is odd\n"))
  }

  @Test("Progress shows nothing when nobody watches")
  func staysSilent() {
    #expect(heard(terminal: false) == "sample: warning: row 7 is odd\n")
  }
}
