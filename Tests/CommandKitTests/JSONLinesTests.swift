import CommandKit
import JSONText
import Testing

@Suite("Long lists of JSON")
struct JSONLinesTests {
  @Test("A long list arrives whole, an object a line")
  func streamsLines() throws {
    let output = Output()
    var rows = JSONLines(to: output)
    for index in 0..<10_000 { try rows.object { $0.field("index", index) } }
    try rows.finish()
    let lines = output.captured.split(separator: "\n")
    #expect(lines.count == 10_000)
    #expect(lines.first == #"{"index":0}"# && lines.last == #"{"index":9999}"#)
  }
}
