import DelimitedText
import Testing

@Suite("Reading NDJSON") struct JSONLinesTests {
  struct Row: CustomTestStringConvertible, Sendable {
    let name: String
    let text: String
    let events: [Event]
    var unknown: [String] = []
    var testDescription: String { name }
  }

  static let rows = [
    Row(name: "texts and numbers", text: #"{"id":"x","zone":3}"#, events: [.row(1, ["x", "3"])]),
    Row(
      name: "numbers keep their digits", text: #"{"id":1.50,"zone":-0.1e+3}"#,
      events: [.row(1, ["1.50", "-0.1e+3"])]),
    Row(
      name: "null is as if it were not there", text: #"{"id":null,"zone":1}"#,
      events: [.row(1, ["", "1"])]),
    Row(
      name: "truth is text", text: #"{"id":true,"zone":false}"#,
      events: [.row(1, ["true", "false"])]),
    Row(
      name: "keys in any case, spaces anywhere", text: " { \"ID\" : \"x\" , \"Zone\":\"1\" } \r\n",
      events: [.row(1, ["x", "1"])]),
    Row(name: "an empty object", text: "{}", events: [.row(1, ["", ""])]),
    Row(
      name: "unknown keys are told",
      text: #"{"id":"x","note":"n"}"# + "\n" + #"{"note":"m","more":1}"#,
      events: [.row(1, ["x", ""]), .row(2, ["", ""])], unknown: ["note", "more"]),
    Row(
      name: "escapes", text: #"{"id":"\"\\\/\b\f\n\r\t","zone":"\u1EDF\uD83D\uDEAA"}"#,
      events: [.row(1, ["\"\\/\u{8}\u{c}\n\r\t", "ở🚪"])]),
    Row(
      name: "empty lines", text: "\n{\"id\":\"x\"}\n\n \n{\"id\":\"y\"}\n",
      events: [.row(2, ["x", ""]), .row(5, ["y", ""])]),
    Row(
      name: "half a surrogate pair", text: #"{"id":"\uD83D"}"# + "\n{}",
      events: [.fault(1, "not-json", column: 1), .row(2, ["", ""])]),
    Row(
      name: "a CR is space and ends no line", text: "{\r\"id\":}\n{\r\"id\":\"y\"}",
      events: [.fault(1, "not-json", column: 1), .row(2, ["y", ""])]),
    Row(
      name: "a nested value", text: #"{"id":{"a":1}}"#,
      events: [.fault(1, "nested-value", column: 1)]),
    Row(name: "an array", text: #"{"zone":[1]}"#, events: [.fault(1, "nested-value", column: 2)]),
    Row(
      name: "a key twice", text: #"{"id":1,"id":2}"#,
      events: [.fault(1, "duplicate-key", column: 1)]),
    Row(
      name: "a key and its synonym", text: #"{"id":1,"mã":2}"#,
      events: [.fault(1, "duplicate-key", column: 1)]),
    Row(
      name: "an unknown key twice", text: #"{"x":1,"x":2}"#, events: [.fault(1, "duplicate-key")]),
    Row(name: "two objects in a line", text: #"{"id":1}{"id":2}"#, events: [.fault(1, "not-json")]),
    Row(
      name: "a cut line", text: "{\"id\":\"x\n{\"id\":\"y\"}",
      events: [.fault(1, "not-json", column: 1), .row(2, ["y", ""])]),
    Row(name: "a leading zero", text: #"{"id":01}"#, events: [.fault(1, "not-json", column: 1)]),
    Row(name: "a bare point", text: #"{"id":1.}"#, events: [.fault(1, "not-json", column: 1)]),
    Row(name: "a trailing comma", text: #"{"id":1,}"#, events: [.fault(1, "not-json")]),
    Row(
      name: "a tab in a text", text: "{\"id\":\"a\tb\"}", events: [.fault(1, "not-json", column: 1)]
    ),
    Row(
      name: "an unknown escape", text: #"{"id":"\x"}"#, events: [.fault(1, "not-json", column: 1)]),
  ]

  @Test("Each line is one row or one fault", arguments: rows)
  func reads(row: Row) {
    let fields = [TableField("id", aliases: ["mã"]), TableField("zone")]
    for chunk in [0, 1, 4] {
      let reading = Reading(
        Array(row.text.utf8), fields: fields, chunk: chunk, format: .jsonLines, byField: true)
      #expect(reading.error == nil)
      #expect(reading.events == row.events)
      #expect(reading.unknown == row.unknown)
    }
  }

  @Test("A file that begins with a brace is taken for JSON")
  func isFound() {
    let text = Array("\u{FEFF}{\"id\":\"x\"}\n".utf8)
    let reading = Reading(text, fields: [TableField("id")], byField: true)
    #expect(reading.events == [.row(1, ["x"])])
    #expect(reading.separator == nil)
  }

  @Test("A line past the limit is refused and the next one read")
  func refusesLongLines() {
    let text = "{\"id\":\"\(String(repeating: "x", count: 90))\"}\n{\"id\":\"y\"}\n"
    for chunk in [0, 1, 7, 200] {
      let reading = Reading(
        Array(text.utf8), fields: [TableField("id")], chunk: chunk,
        limits: TableLimits(rowBytes: 40))
      #expect(reading.events == [.fault(1, "row-too-long"), .row(2, ["y"])])
    }
  }
}
