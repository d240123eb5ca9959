import EvidenceIntake
import Presence
import Testing

@Suite("What evidence is read against") struct IntakeContextTests {
  @Test(
    "A subject has one pseudonym, whatever stands around it",
    arguments: ["0912345678", " 0912345678", "0912345678\t", "\r\n0912345678\u{7F} "])
  func trimsSubjects(text: String) throws {
    #expect(try Sample.context().pseudonym(of: text) == Sample.subject("0912345678"))
  }

  static let bad = [
    Named("empty", ""), Named("only white space", " \t\n"), Named("a tab inside", "A\tB"),
    Named("an escape inside", "A\u{1B}[2JB"),
    Named("too long", String(repeating: "x", count: 257)),
  ]

  @Test("What names nobody is refused without being repeated", arguments: bad)
  func refusesSubjects(row: Named<String>) throws {
    let context = try Sample.context()
    let refusal = #expect(throws: IntakeRejection.self) { try context.pseudonym(of: row.value) }
    #expect(refusal.map { row.value.isEmpty || !$0.reason.contains(row.value) } ?? false)
  }

  @Test("The longest subject is taken, and letters inside stay as they are")
  func takesAnySubject() throws {
    let context = try Sample.context()
    for text in [String(repeating: "x", count: 256), "Nguyễn Văn A", "a  b", "\u{1F9CD}"] {
      #expect(try context.pseudonym(of: text) == Sample.subject(text))
    }
    let other = try Sample.context(subjectKey: 1)
    #expect(try context.pseudonym(of: "A1") != other.pseudonym(of: "A1"))
  }

  @Test(
    "A time may be a day ahead of the store's clock and no more",
    arguments: [(-1, true), (86_400, true), (86_401, false)])
  func toleratesClocks(ahead: Int64, isTaken: Bool) throws {
    let context = try Sample.context()
    let time = ISO8601.format(Sample.now + ahead, in: .haiPhong)
    let refusal = try Sample.refusal(
      .scans, "venue,subject,time\n000000Z92,A1,\(time)\n", context)
    #expect((refusal == nil) == isTaken && (isTaken || refusal?.code == .future))
  }

  @Test("A venue's first retired day begins at local midnight")
  func retiresAtMidnight() throws {
    let context = try Sample.context()
    let header = "venue,subject,enter\n000000ZA3,A1,"
    let before = try Sample.evidence(.visits, header + "2020-08-09T23:59:59+07:00\n", context)
    let after = try Sample.evidence(.visits, header + "2020-08-09T17:00:00Z\n", context)
    #expect([before.status, after.status] == [.accepted, .retiredVenue])
  }
}
