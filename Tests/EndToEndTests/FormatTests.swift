import Foundation
import TestSupport
import Testing

/// The forms that one and the same evidence comes in.
@Suite("Files of evidence", .tags(.process)) struct FormatTests {
  private static let plain = """
    id,venue,zone,subject,enter,leave
    0173c17f-1d00-7000-8000-000000000001,C4C6BHFZC,,an,2020-08-05T09:00:00+07:00,2020-08-05T10:00:00+07:00
    ,C4C6BHFZC,0,"binh, con",2020-08-05T09:30:00+07:00,
    ,C4C6BHFZC,,+84 912,2020-08-05T23:59:59+07:00,2020-08-06T00:00:01+07:00

    """

  struct Form: CustomTestStringConvertible, Sendable {
    let name: String
    let file: String
    let bytes: Data
    var testDescription: String { name }

    init(_ name: String, file: String = "visits.csv", _ text: String) {
      self.init(name, file: file, bytes: Data(text.utf8))
    }

    init(_ name: String, file: String = "visits.csv", bytes: Data) {
      (self.name, self.file, self.bytes) = (name, file, bytes)
    }
  }

  /// The same rows with other separators: none of the cells holds one, but for the comma.
  private static func separated(by separator: String) -> String {
    plain.replacingOccurrences(of: "\"binh, con\"", with: "binh@ con")
      .replacingOccurrences(of: ",", with: separator)
      .replacingOccurrences(of: "@", with: ",")
  }

  static let forms = [
    Form("with a byte order mark", "\u{FEFF}" + plain),
    Form("semicolons", separated(by: ";")),
    Form("tabs", file: "visits.tsv", separated(by: "\t")),
    Form("a spreadsheet's separator line", "sep=;\r\n" + separated(by: ";")),
    Form("CR LF", plain.replacingOccurrences(of: "\n", with: "\r\n")),
    Form("CR alone", plain.replacingOccurrences(of: "\n", with: "\r")),
    Form("no end of the last line", String(plain.dropLast())),
    Form("empty lines", plain.replacingOccurrences(of: "\n", with: "\n\n")),
    Form(
      "names in capitals", plain.replacingOccurrences(of: "subject,enter", with: " SUBJECT ,Enter")),
    Form(
      "times in UTC",
      plain.replacingOccurrences(of: "2020-08-05T09:00:00+07:00", with: "2020-08-05T02:00:00Z")),
    Form(
      "columns in another order, and one that means nothing",
      """
      subject;leave;note;enter;venue;id
      an;2020-08-05T10:00:00+07:00;x;2020-08-05T09:00:00+07:00;c4c6-bhfz-c;0173C17F-1D00-7000-8000-000000000001
      "binh, con";;y;2020-08-05T09:30:00+07:00;C4C6 BHFZ C;
      +84 912;2020-08-06T00:00:01+07:00;;2020-08-05T23:59:59+07:00;C4C6BHFZC;
      """),
    Form(
      "objects, one a line", file: "visits.ndjson",
      """
      {"venue":"C4C6BHFZC","subject":"an","enter":"2020-08-05T09:00:00+07:00","leave":"2020-08-05T10:00:00+07:00","id":"0173c17f-1d00-7000-8000-000000000001"}
      {"subject":"binh, con","zone":0,"venue":"C4C6BHFZC","enter":"2020-08-05T09:30:00+07:00","leave":null}

      {"enter":"2020-08-05T23:59:59+07:00","leave":"2020-08-06T00:00:01+07:00","venue":"C4C6BHFZC","subject":"\\u002b84 912","more":true}
      """),
  ]

  @Test("One log is the same evidence in every form it comes in")
  func everyForm() throws {
    let site = try Site()
    try site.write(Self.plain, to: "plain.csv")
    let first = try JSON(site.done("import", "visits", "plain.csv", "--json").output)
    #expect(first["stored"].number == 3 && first["rows"].number == 3)
    for form in Self.forms {
      try site.write(form.bytes, to: form.file)
      let outcome = try site.run("import", "visits", form.file, "--json")
      let counts = try JSON(outcome.output)
      #expect(
        outcome.status == 0 && counts["repeated"].number == 3 && counts["stored"].number == 0,
        "\(form.name): \(outcome.output)\(outcome.errors)")
      #expect(
        outcome.errors.isEmpty || outcome.errors.contains("means nothing here"),
        "\(form.name): \(outcome.errors)")
      #expect(!site.has("\(form.file).rejected.csv"))
    }
  }

  @Test("Standard input, gzip, and gzip from standard input are read alike")
  func pipes() throws {
    let site = try Site()
    try site.write(Self.plain, to: "visits.csv")
    let lines = [
      "checkin import visits - < visits.csv",
      "gzip -c visits.csv > visits.csv.gz && checkin import visits visits.csv.gz",
      "gzip -c visits.csv | checkin import visits -",
      "cat visits.csv.gz visits.csv.gz > two.gz && checkin import visits two.gz",
      "mkfifo pipe && (cat visits.csv > pipe &) && checkin import visits pipe",
    ]
    for (place, line) in lines.enumerated() {
      let outcome = try site.shell(line)
      let expected = place == 0 ? "3 rows: 3 stored" : "0 stored, 3 known already"
      // Two members are one text: the second header is a row that is refused.
      let status: Int32 = line.contains("two.gz") ? 3 : 0
      #expect(
        outcome.status == status && (status == 3 || outcome.output.contains(expected)),
        "\(line): \(outcome.output)\(outcome.errors)")
    }
  }

  @Test("Scans, encounters and cases come in by the same doors")
  func otherTables() throws {
    let site = try Site()
    let code = try site.code()
    try site.write(
      "code;subject;time;direction\r\n\(code);an;2020-08-06T08:00:00+07:00;in\r\n"
        + "\(code);an;2020-08-06T08:30:00+07:00;\r\n", to: "scans.csv")
    try site.write(
      #"{"subject":"an","peer":"binh","start":"2020-08-06T08:00:00+07:00","end":"2020-08-06T08:20:00+07:00","rssi_dbm":-62,"tx_power_dbm":-10}"#,
      to: "near.ndjson")
    try site.write("subject,id,specimen,onset\nan,BN-1,2020-08-06,\n", to: "cases.csv")
    #expect(try site.done("import", "scans", "scans.csv").output.hasPrefix("2 rows: 2 stored"))
    #expect(
      try site.done("import", "encounters", "near.ndjson").output.hasPrefix("1 row: 1 stored"))
    #expect(try site.done("import", "cases", "cases.csv", "--dry-run").output.contains("would be"))
    #expect(try JSON(site.done("case", "list", "--json").output).items.isEmpty)
    #expect(try site.done("import", "cases", "cases.csv").output.hasPrefix("1 row: 1 stored"))
    #expect(try site.done("case", "import", "cases.csv").output.contains("1 known already"))
    let milestones = try JSON.lines(site.done("exposure", "--subject", "an", "--json").output)
    #expect(
      milestones.map { $0["kind"].text }.sorted { ($0 ?? "") < ($1 ?? "") }
        == ["encounter", "visit"])
    #expect(milestones.first { $0["kind"].text == "visit" }?["end_reason"].text == "exit_scan")
    #expect(milestones.first { $0["kind"].text == "encounter" }?["attenuation_db"].number == 52)
  }
}
