import ExposureStorage
import Foundation
import Presence
import SealedContacts
import TestSupport
import Testing
import VenueCodes

@Suite("Contact details on the command line", .tags(.process)) struct ContactCommandTests {
  private let site: Site
  private static let secret = ["CHECKIN_PASSPHRASE": "một hai ba bốn"]
  private static let evening = "2020-08-05T19:00:00+07:00"

  init() throws {
    site = try Site()
    try site.done("contact", "key", "new", "--output", "health.key", environment: Self.secret)
    try site.done("contact", "key", "install", "health.key.public.json")
  }

  private var storePath: String { site.folder.url.appendingPathComponent("store").path }

  /// Puts a box beside evidence, as a gateway does.
  private func leave(_ phone: String, with evidence: String) throws {
    let keys = try ContactKeyFolder.keys(in: storePath + "/keys")
    let key = try #require(keys.newest)
    let id = try #require(EvidenceID(evidence))
    let place = ContactPlace(venue: try VenueID(parsing: Site.hotel), evidence: id)
    var generator = SeededGenerator(seed: id.low)
    let day = try #require(LocalDay(iso8601: "2020-08-05"))
    let box = try ContactBox(
      sealing: ContactDetails(phone: phone, name: "Mai"), of: place, to: key, using: &generator)
    let contact = StoredContact(place: place, day: day, box: box, receivedAt: 1_596_628_800)
    #expect(try ContactArchive(at: storePath).add([contact]) == [.stored])
  }

  private static let caseEvidence = "0173bea4-5f6e-7abc-8123-000000000001"
  private static let contactEvidence = "0173bea4-5f6e-7abc-8123-000000000002"
  private static let otherEvidence = "0173bea4-5f6e-7abc-8123-000000000003"

  private func story() throws {
    try site.folder.write(
      """
      id,subject,venue,enter,leave
      \(Self.caseEvidence),case,\(Site.hotel),2020-08-05T18:00:00+07:00,2020-08-05T20:00:00+07:00
      \(Self.contactEvidence),near,\(Site.hotel),2020-08-05T18:30:00+07:00,2020-08-05T19:30:00+07:00
      \(Self.otherEvidence),far,\(Site.hotel),2020-08-01T08:00:00+07:00,2020-08-01T09:00:00+07:00
      """, to: "visits.csv")
    try site.done("import", "visits", "visits.csv")
    try site.done(
      "case", "add", "BN-1", "--subject", "case", "--onset", "2020-08-05", "--isolation",
      "2020-08-06T08:00:00+07:00")
    try leave("+84900000001", with: Self.caseEvidence)
    try leave("+84900000002", with: Self.contactEvidence)
    try leave("+84900000003", with: Self.otherEvidence)
  }

  @Test("Only the contacts of a case are opened for it, and the log says so before")
  func opensForCase() throws {
    try story()
    let listed = try site.done("contact", "list", "--case", "BN-1", "--json")
    #expect(listed.lines.count == 1 && listed.output.contains(Self.contactEvidence))
    #expect(!listed.output.contains("+84"))
    let opened = try site.done(
      "contact", "open", "--case", "BN-1", "--key", "health.key", "--json",
      environment: Self.secret)
    #expect(opened.lines.count == 1 && opened.output.contains("+84900000002"))
    let log = try site.done("audit", "show", "--json").output
    #expect(log.contains("contact open") && log.contains("case BN-1"))
    #expect(log.contains(Self.contactEvidence) && !log.contains("+84900000002"))
  }

  @Test("Others need an order, a reason is needed, and the log has what was refused by nobody")
  func needsReason() throws {
    try story()
    let other = try site.run(
      "contact", "open", "--case", "BN-1", "--key", "health.key", "--evidence",
      Self.otherEvidence, environment: Self.secret)
    #expect(other.status != 0 && !other.output.contains("+84"))
    let ordered = try site.done(
      "contact", "open", "--order", "QD 12/2020", "--key", "health.key", "--evidence",
      Self.otherEvidence, environment: Self.secret)
    #expect(ordered.output.contains("+84900000003"))
    let without = try site.run(
      "contact", "open", "--key", "health.key", "--evidence", Self.otherEvidence,
      environment: Self.secret)
    #expect(without.status == 2)
    let everybody = try site.run(
      "contact", "open", "--order", "QD 12/2020", "--key", "health.key", environment: Self.secret)
    #expect(everybody.status == 2)
    let log = try site.done("audit", "show", "--json").output
    #expect(log.contains("order QD 12\\/2020") || log.contains("order QD 12/2020"))
  }

  @Test("After a rotation both keys open their own boxes")
  func rotation() throws {
    try story()
    try site.done(
      "contact", "key", "new", "--output", "second.key", at: "2020-08-07T09:00:00+07:00",
      environment: Self.secret)
    try site.done("contact", "key", "install", "second.key.public.json")
    let fourth = "0173bea4-5f6e-7abc-8123-000000000004"
    try leave("+84900000004", with: fourth)
    let listed = try site.done("contact", "key", "list", "--json").output
    #expect(listed.contains("\"boxes\":3") && listed.contains("\"boxes\":1"))
    for (key, evidence, phone, stranger) in [
      ("health.key", Self.contactEvidence, "+84900000002", fourth),
      ("second.key", fourth, "+84900000004", Self.contactEvidence),
    ] {
      let right = try site.done(
        "contact", "open", "--order", "QD 1", "--key", key, "--evidence", evidence,
        environment: Self.secret)
      #expect(right.output.contains(phone))
      let wrong = try site.run(
        "contact", "open", "--order", "QD 1", "--key", key, "--evidence", stranger,
        environment: Self.secret)
      #expect(wrong.status != 0 && wrong.errors.contains("opens with key"))
    }
  }

  @Test("A wrong passphrase opens nothing, and no key is overwritten")
  func passphrases() throws {
    try story()
    let wrong = try site.run(
      "contact", "open", "--case", "BN-1", "--key", "health.key",
      environment: ["CHECKIN_PASSPHRASE": "năm sáu bảy tám"])
    #expect(wrong.status != 0 && wrong.errors.contains("passphrase is wrong"))
    let again = try site.run(
      "contact", "key", "new", "--output", "health.key", environment: Self.secret)
    #expect(again.status != 0 && again.errors.contains("already"))
    let attributes = try FileManager.default.attributesOfItem(
      atPath: site.folder.url.appendingPathComponent("health.key").path)
    #expect(attributes[.posixPermissions] as? Int == 0o600)
  }
}

@Suite("The check-in page in a browser", .tags(.process)) struct BrowserTests {
  /// A Python with playwright, zxing-cpp and pillow; nil where none was named.
  private static let python = ProcessInfo.processInfo.environment["CHECKIN_BROWSER_PYTHON"]

  @Test(
    "A visitor checks in and out in Chromium, and forged codes send nothing (A06, A07, A09, A16b, A35)",
    .enabled(if: python != nil, "CHECKIN_BROWSER_PYTHON names no Python with playwright"))
  func page() throws {
    let script = TestEnvironment.packageRoot.appendingPathComponent("scripts/browser-test.sh")
    let built = BuiltProgram.checkin.url.deletingLastPathComponent().path
    let outcome = try BuiltProgram.shell.run(
      [script.path], environment: ["PYTHON": Self.python ?? "", "CHECKIN_BUILT": built],
      in: TestEnvironment.packageRoot)
    #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    #expect(outcome.output.contains("0 wrong"), "\(outcome.output)")
  }
}
