import Foundation
import Spreadsheets
import TestSupport
import Testing

@Suite("Workbooks") struct WorkbookTests {
  private static let sheet = Sheet(
    "Bảng", columns: [.init("Tên", width: 20), .init("Số", width: 8), .init("Ngày", width: 12)],
    charts: [.init(.bars, title: "Số", labels: 0, values: [1], rows: 0..<2)])

  private static let rows: [[Cell]] = [
    [.text("=1+1"), .count(1_234), .date(year: 2020, month: 8, day: 15)],
    [.text("Chợ Sắt\0"), .share(0.25), .empty],
  ]

  private func write(to path: String, isStreamed: Bool) throws {
    var workbook = try Workbook(
      path: path, title: "Thử", createdAt: 1_600_000_000, isStreamed: isStreamed)
    try workbook.add(Self.sheet, rows: Self.rows, boldRows: 0..<1)
    try workbook.finish()
  }

  @Test(
    "A workbook is a whole file of its own name, and nothing else is left",
    arguments: [false, true])
  func writes(isStreamed: Bool) throws {
    let folder = try TemporaryFolder()
    let file = folder.url.appendingPathComponent("a.xlsx")
    try write(to: file.path, isStreamed: isStreamed)
    let first = try Data(contentsOf: file)
    #expect(first.prefix(4) == Data("PK\u{3}\u{4}".utf8))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["a.xlsx"])
    try write(to: file.path, isStreamed: isStreamed)
    #expect(try Data(contentsOf: file) == first)
  }

  @Test("A workbook that is not finished leaves nothing")
  func leavesNothing() throws {
    let folder = try TemporaryFolder()
    func begin() throws {
      var workbook = try Workbook(path: folder.url.path + "/a.xlsx", title: "", createdAt: 0)
      try workbook.add(Self.sheet, rows: Self.rows)
    }
    try begin()
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == [])
  }

  @Test("A file that cannot be made, a bad name and a date out of range are errors with a reason")
  func refuses() throws {
    let folder = try TemporaryFolder()
    for path in ["\(folder.url.path)/no/a.xlsx", "", "\(folder.url.path)/"] {
      let error = #expect(throws: SpreadsheetError.self) {
        try write(to: path, isStreamed: false)
      }
      #expect(error?.code == .notWritten && error?.reason.isEmpty == false)
    }
    for sheet in [Sheet("a/b", columns: []), Sheet(String(repeating: "x", count: 32), columns: [])]
    {
      let error = #expect(throws: SpreadsheetError.self) {
        var workbook = try Workbook(path: "\(folder.url.path)/a.xlsx", title: "", createdAt: 0)
        try workbook.add(sheet, rows: [])
      }
      #expect(error?.code == .refused)
    }
    for cell in [
      Cell.date(year: 1850, month: 1, day: 1), .text(String(repeating: "x", count: 40_000)),
    ] {
      let error = #expect(throws: SpreadsheetError.self) {
        var workbook = try Workbook(path: "\(folder.url.path)/a.xlsx", title: "", createdAt: 0)
        try workbook.add(Sheet("a", columns: [.init("x", width: 3)]), rows: [[cell]])
      }
      #expect(error?.code == .refused)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == [])
  }
}
