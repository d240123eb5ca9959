import Foundation
import JSONText
import TestSupport
import Testing

@Suite("JSON") struct JSONWriterTests {
  private func text(_ body: (inout JSONWriter) -> Void) -> String {
    var json = JSONWriter()
    body(&json)
    return String(decoding: json.bytes, as: UTF8.self)
  }

  static let strings: [(value: String, json: String)] = [
    ("", #""""#), ("Hải Phòng", #""Hải Phòng""#), ("a\"b\\c", #""a\"b\\c""#),
    ("\n\r\t", #""\n\r\t""#), ("\u{0}\u{1F}\u{7F}", #""\u0000\u001f\u007f""#),
    ("/</script>", #""/</script>""#), ("🙂", #""🙂""#), ("\\", #""\\""#),
  ]

  @Test("Strings are escaped where they must be", arguments: strings)
  func escapesStrings(row: (value: String, json: String)) {
    #expect(text { $0.string(row.value) } == row.json)
  }

  static let integers: [(value: Int64, json: String)] = [
    (0, "0"), (7, "7"), (10, "10"), (-1, "-1"), (.max, "9223372036854775807"),
    (.min, "-9223372036854775808"), (1_000_000, "1000000"),
  ]

  @Test("Whole numbers are written in full", arguments: integers)
  func writesIntegers(row: (value: Int64, json: String)) {
    #expect(text { $0.integer(row.value) } == row.json)
  }

  @Test("Other numbers are written as JSON has them")
  func writesNumbers() {
    #expect(text { $0.integer(UInt64.max) } == "18446744073709551615")
    let numbers: [Double] = [0, -0.5, 0.1, 1e21, 1e-9, .infinity, .nan]
    #expect(
      text { $0.array(numbers) { $0.number($1) } } == "[0.0,-0.5,0.1,1e+21,1e-09,null,null]")
  }

  @Test("Fields keep their order, and commas stand between values only")
  func nests() {
    let written = text { json in
      json.object {
        $0.field("z", 1)
        $0.field("a", "x")
        $0.field("none", String?.none)
        $0.field("flag", true)
        $0.field("maybe", Bool?.none)
        $0.field("count", Int?.none)
        $0.field("ratio", Double?(0.5))
        $0.field("list", ["p", "q"])
        $0.field("empty") { $0.array { _ in } }
        $0.field("inner") { $0.object { $0.field("k", 2) } }
        $0.key(named: "a\"b")
        $0.object { _ in }
      }
      json.endLine()
      json.array([1, 2]) { $0.integer($1) }
    }
    #expect(
      written == #"""
        {"z":1,"a":"x","none":null,"flag":true,"maybe":null,"count":null,"ratio":0.5,\#
        "list":["p","q"],"empty":[],"inner":{"k":2},"a\"b":{}}
        [1,2]
        """#)
  }

  @Test("Random text comes back from another reader as it was")
  func roundTrips() throws {
    let seed = UInt64.random(in: .min ... .max)
    var random = SeededGenerator(seed: seed)
    let texts = (0..<300).map { _ in
      String(
        String.UnicodeScalarView(
          (0..<Int.random(in: 0..<20, using: &random)).map { _ in
            let limit: UInt32 = Bool.random(using: &random) ? 0x80 : 0x11_0000
            return Unicode.Scalar(UInt32.random(in: 0..<limit, using: &random)) ?? "?"
          }))
    }
    let written = text { json in json.array(texts) { $0.string($1) } }
    let read = try JSONDecoder().decode([String].self, from: Data(written.utf8))
    // Compared by scalars: equal strings may be composed differently.
    #expect(
      read.map { Array($0.unicodeScalars) } == texts.map { Array($0.unicodeScalars) }, "\(seed)")
  }
}
