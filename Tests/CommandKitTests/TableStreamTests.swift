import CommandKit
import Testing

@Suite("Tables of any length") struct TableStreamTests {
  private static let columns: [Table.Column] = [.whole("ID"), "Name", .right("N"), .prose("Why")]

  private static func row(_ number: Int) -> [String] {
    [
      "\(number)", String(repeating: "x", count: number % 7), "\(number * number)",
      String(repeating: "word ", count: number % 11),
    ]
  }

  @Test("A short table is the same as one that was laid out whole", arguments: [nil, 30, 60, 200])
  func short(width: Int?) throws {
    for count in [0, 1, 40] {
      let whole = Output(capturingAsTerminal: width != nil, width: width)
      var table = Table(Self.columns)
      for number in 0..<count { table.append(Self.row(number)) }
      try whole.table(table)
      let streamed = Output(capturingAsTerminal: width != nil, width: width)
      var stream = TableStream(Self.columns, to: streamed)
      for number in 0..<count { try stream.append(Self.row(number)) }
      try stream.finish()
      #expect(streamed.captured == whole.captured)
    }
  }

  @Test("A long table begins before its end is known, keeps its widths and cuts nothing whole")
  func long() throws {
    let output = Output(capturingAsTerminal: true, width: 60)
    var stream = TableStream([.whole("ID"), "Name"], to: output)
    for number in 0..<999 { try stream.append(["\(number)", "n"]) }
    #expect(output.captured.isEmpty)
    try stream.append(["999", "n"])
    #expect(output.captured.hasPrefix("ID   Name\n0    n\n"))
    try stream.append(["1000000", "n"])
    try stream.append(["7", "n"])
    try stream.finish()
    #expect(output.captured.hasSuffix("999  n\n1000000  n\n7    n\n"))
  }
}
