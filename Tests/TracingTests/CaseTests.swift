import Presence
import Testing
import Tracing
import VenueCodes

@Suite("Case and its window") struct CaseTests {
  struct Row: CustomTestStringConvertible, Sendable {
    let name: String
    var id = "C1"
    var onset: String?
    var specimen: String?
    var isolation: String?
    var from: String?
    var to: String?
    /// The window, or the code of the error.
    let result: String
    var testDescription: String { name }
  }

  static let rows = [
    Row(
      name: "onset", onset: "2020-08-06",
      result: "2020-08-03T00:00:00+07:00 2020-08-21T00:00:00+07:00"),
    Row(
      name: "onset before specimen", onset: "2020-08-06", specimen: "2020-08-09",
      result: "2020-08-03T00:00:00+07:00 2020-08-21T00:00:00+07:00"),
    Row(
      name: "specimen alone", specimen: "2020-08-09",
      result: "2020-08-07T00:00:00+07:00 2020-08-24T00:00:00+07:00"),
    Row(
      name: "isolation ends it", onset: "2020-08-06", isolation: "8/12:00",
      result: "2020-08-03T00:00:00+07:00 2020-08-08T12:00:00+07:00"),
    Row(
      name: "isolation after the last day ends it all the same", onset: "2020-08-06",
      isolation: "25/12:00", result: "2020-08-03T00:00:00+07:00 2020-08-25T12:00:00+07:00"),
    Row(
      name: "isolation before it leaves nothing", onset: "2020-08-06", isolation: "1/12:00",
      result: "2020-08-03T00:00:00+07:00 2020-08-03T00:00:00+07:00"),
    Row(
      name: "from and to override all", onset: "2020-08-06", isolation: "8/12:00",
      from: "1/01:00", to: "9/01:00",
      result: "2020-08-01T01:00:00+07:00 2020-08-09T01:00:00+07:00"),
    Row(
      name: "from and to alone", from: "1/01:00", to: "1/01:00:01",
      result: "2020-08-01T01:00:00+07:00 2020-08-01T01:00:01+07:00"),
    Row(
      name: "from and an isolation", isolation: "2/01:00", from: "1/01:00",
      result: "2020-08-01T01:00:00+07:00 2020-08-02T01:00:00+07:00"),
    Row(name: "no id", id: "", onset: "2020-08-06", result: "case-no-id"),
    Row(
      name: "a line in the id", id: "C\n1", onset: "2020-08-06", result: "case-control-character"),
    Row(name: "no date", isolation: "8/12:00", to: "9/01:00", result: "case-no-start"),
    Row(name: "no end", from: "1/01:00", result: "case-no-end"),
    Row(
      name: "to before from", from: "2/01:00", to: "2/01:00",
      result: "case-ends-before-it-starts"),
  ]

  @Test("A case has this window, or is refused", arguments: rows)
  func window(row: Row) throws {
    var rules = Story.rules
    rules.infectiousWindow.daysBeforeSpecimen = 2
    let result: String
    do {
      let one = try Case(
        id: row.id, subject: Pseudonym(high: 0, low: 0),
        onset: row.onset.flatMap { LocalDay(iso8601: $0) },
        specimen: row.specimen.flatMap { LocalDay(iso8601: $0) },
        isolation: try row.isolation.map { try Story.time($0) },
        from: try row.from.map { try Story.time($0) }, to: try row.to.map { try Story.time($0) })
      let window = rules.window(of: one, in: .haiPhong)
      result = [window.lowerBound, window.upperBound]
        .map { ISO8601.format($0, in: .haiPhong) }.joined(separator: " ")
    } catch let error as CaseError {
      #expect(!error.description.isEmpty)
      result = error.code.rawValue
    }
    #expect(result == row.result)
  }
}
