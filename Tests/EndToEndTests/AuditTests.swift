import ExposureStorage
import Foundation
import TestSupport
import Testing

/// The log of questions and changes, as who has to answer for them reads it.
@Suite("Audit log", .tags(.process)) struct AuditTests {
  private static let hours = [
    "--from", "2020-08-06T08:00:00+07:00", "--to", "2020-08-06T10:00:00+07:00",
  ]

  @Test("Every question and change is a line with who, what and for what, and a changed line shows")
  func log() throws {
    let site = try Site()
    try site.done("case", "add", "BN-1", "--subject", "an", "--onset", "2020-08-01")
    let venue = try site.run(
      ["exposure", "--venue", Site.hotel, "--case", "BN-1"] + Self.hours, input: .init())
    #expect(venue.status == 0)
    try site.done("exposure", "--subject", "an", "--order", "QD 12", environment: ["USER": "binh"])
    try site.done("trace")
    // Refused for want of a reason, so nothing was asked.
    let refused = try site.run(["exposure", "--venue", Site.hotel] + Self.hours, input: .init())
    #expect(refused.status == 2)

    let lines = try JSON.lines(site.done("audit", "show", "--json").output)
    #expect(
      lines.map { $0["action"].text } == [
        "case add", "exposure venue", "exposure subject", "trace",
      ])
    #expect(lines[1]["object"].text == Site.hotel && lines[1]["purpose"].text == "case BN-1")
    #expect(lines[2]["actor"].text == "binh" && lines[2]["purpose"].text == "order QD 12")
    #expect(try site.done("audit", "show", "--last", "1").output.contains("trace"))
    #expect(lines[3]["object"].text == "BN-1")

    let whole = try JSON(site.done("audit", "verify", "--json").output)
    #expect(whole["intact"].truth == true && whole["lines"].number == 4)
    // Who can write the file can also take the guard away.
    try Connection(opening: site.path("store/checkin.sqlite"), for: .write).execute(
      "DROP TRIGGER audit_is_never_edited")
    try Connection(opening: site.path("store/checkin.sqlite"), for: .write)
      .execute("UPDATE audit SET purpose = 'case BN-2' WHERE purpose = 'case BN-1'")
    let broken = try site.run("audit", "verify", "--json")
    #expect(broken.status == 1)
    #expect(try JSON(broken.output)["broken_at"].number == 2)
  }

  @Test("A trace of several cases says which, as far as a line has room")
  func severalCases() throws {
    let site = try Site()
    func detail(cases: ClosedRange<Int>) throws -> String {
      let rows = cases.map { "an,BN-\($0),2020-08-06,\n" }
      try site.write("subject,id,specimen,onset\n" + rows.joined(), to: "cases.csv")
      try site.done("trace", "--cases", "cases.csv", "--summary")
      let lines = try JSON.lines(site.done("audit", "show", "--last", "1", "--json").output)
      let line = try #require(lines.last)
      #expect(line["object"].text == "\(cases.count) cases")
      return try #require(line["detail"].text)
    }
    #expect(try detail(cases: 1...3).hasSuffix(", cases BN-1, BN-2, BN-3"))
    let long = try detail(cases: 1_000...1_999)
    #expect(long.contains(", cases BN-1000, BN-1001,") && long.hasSuffix(" more"))
    #expect(long.utf8.count < 2_200)
  }
}
