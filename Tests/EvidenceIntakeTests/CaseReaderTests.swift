import EvidenceIntake
import Presence
import Testing
import Tracing
import VenueCodes

@Suite("Reading cases from tables") struct CaseReaderTests {
  struct Row: Sendable {
    let cells: String
    var onset: String?
    var specimen: String?
    var isolation: String?
    var from: String?
    var to: String?
    /// Why and where it is refused.
    var refusal: String?
  }

  private static let time = "2020-08-05T09:00:00+07:00"
  private static let later = "2020-08-06T00:00:00+07:00"
  static let rows = [
    Named("an onset", Row(cells: "C1,A1,2020-08-01,,,,", onset: "2020-08-01")),
    Named(
      "a specimen and an isolation",
      Row(cells: " C1 , A1 ,,2020-08-02,\(time),,", specimen: "2020-08-02", isolation: time)),
    Named("a window of its own", Row(cells: "C1,A1,,,,\(time),\(later)", from: time, to: later)),
    Named(
      "a window that ends with the isolation",
      Row(cells: "C1,A1,,,\(later),\(time),", isolation: later, from: time)),
    Named(
      "an isolation that is planned",
      Row(
        cells: "C1,A1,2020-08-01,,2020-09-01T09:00:00+07:00,,", onset: "2020-08-01",
        isolation: "2020-09-01T09:00:00+07:00")),
    Named("no id", Row(cells: ",A1,2020-08-01,,,,", refusal: "missing id")),
    Named(
      "an id of 257 bytes",
      Row(
        cells: String(repeating: "x", count: 257) + ",A1,2020-08-01,,,,", refusal: "bad-case id")),
    Named(
      "an id with a tab inside", Row(cells: "\"C\t1\",A1,2020-08-01,,,,", refusal: "bad-case id")),
    Named("no subject", Row(cells: "C1,,2020-08-01,,,,", refusal: "missing subject")),
    Named("no day and no window", Row(cells: "C1,A1,,,,,", refusal: "bad-case onset")),
    Named("a window without end", Row(cells: "C1,A1,,,,\(time),", refusal: "bad-case to")),
    Named(
      "a window that ends first", Row(cells: "C1,A1,,,,\(later),\(time)", refusal: "bad-case to")),
    Named("a date of other form", Row(cells: "C1,A1,1/8/2020,,,,", refusal: "bad-date onset")),
    Named("a time for a date", Row(cells: "C1,A1,,\(time),,,", refusal: "bad-date specimen")),
    Named(
      "a date for a time",
      Row(cells: "C1,A1,2020-08-01,,2020-08-05,,", refusal: "bad-time isolation")),
    Named("an onset of next year", Row(cells: "C1,A1,2021-08-01,,,,", refusal: "future onset")),
    Named(
      "a specimen of next week", Row(cells: "C1,A1,,2020-08-27,,,", refusal: "future specimen")),
    Named(
      "a window of next year",
      Row(
        cells: "C1,A1,,,,2021-08-01T00:00:00+07:00,2021-08-02T00:00:00+07:00",
        refusal: "future from")),
  ]

  @Test("A row is the case that it states, or is refused at its column", arguments: rows)
  func readsCases(row: Named<Row>) throws {
    let value = row.value
    let record = try Sample.row(
      "id,subject,onset,specimen,isolation,from,to\n\(value.cells)\n", fields: CaseReader.fields)
    let reader = CaseReader(context: try Sample.context())
    do {
      let read = try reader.confirmedCase(from: record)
      let expected = try Case(
        id: "C1", subject: Sample.subject("A1"),
        onset: value.onset.flatMap { LocalDay(iso8601: $0) },
        specimen: value.specimen.flatMap { LocalDay(iso8601: $0) },
        isolation: value.isolation.map(Sample.moment), from: value.from.map(Sample.moment),
        to: value.to.map(Sample.moment))
      #expect(value.refusal == nil && read == expected)
    } catch let error as IntakeRejection {
      #expect("\(error.code.rawValue) \(error.column)" == value.refusal)
      #expect(!error.reason.contains("A1") && !error.reason.isEmpty)
    }
  }
}
