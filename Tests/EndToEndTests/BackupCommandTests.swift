import Foundation
import TestSupport
import Testing

@Suite("Store commands", .tags(.process))
struct BackupCommandTests {
  @Test("A store that is lost begins again from its backup, with its keys and its answers")
  func lostStore() throws {
    let site = try Site()
    try site.done("scan", "--gateway", "g", input: "\(Site.hotel) an\n\(Site.hotel) binh\n")
    try site.done("case", "add", "BN-1", "--subject", "an", "--onset", "2020-08-05")
    let before = try site.done("exposure", "--case", "BN-1", "--json").output
    #expect(before.contains("\"contact\""))
    try site.done("store", "backup", "copy")
    let stats = try site.done("store", "stats", "--json").output
    #expect(stats.contains("\"rows\":2") && stats.contains("\"people\":2"), "\(stats)")
    try FileManager.default.removeItem(atPath: site.path("store"))
    try site.done("store", "restore", "copy", "--dry-run")
    #expect(!site.has("store"))
    try site.done("store", "restore", "copy")
    #expect(try site.done("exposure", "--case", "BN-1", "--json").output == before)
    #expect(try site.done("store", "verify").errors.contains("sound: 2 rows"))
    // The keys are the same: a scan is repeated and not another person's.
    try site.done("scan", "--gateway", "g", input: "\(Site.hotel) an\n")
    #expect(try site.done("store", "stats", "--json").output.contains("\"people\":2"))
    let again = try site.run("store", "restore", "copy")
    #expect(again.status == 1 && again.errors.contains("a store in ./store already"))
  }

  @Test("A damaged day and a damaged backup are found")
  func damage() throws {
    let site = try Site()
    try site.done("scan", "--gateway", "g", input: "\(Site.hotel) an\n")
    try site.done("store", "backup", "copy")
    let day = "store/days/2020-08-06.sqlite"
    var bytes = try Data(contentsOf: URL(fileURLWithPath: site.path(day)))
    // A frame stands at the end of its page: every page but the first, which holds the tables.
    for page in stride(from: 8_192, to: bytes.count, by: 8_192) { bytes[page + 8_191 - 20] ^= 0xff }
    try bytes.write(to: URL(fileURLWithPath: site.path(day)))
    let found = try site.run("store", "verify")
    #expect(found.status == 1 && found.output.contains("2020-08-06.sqlite"), "\(found)")
    let page = site.path("copy/backup.txt")
    try FileManager.default.removeItem(atPath: page)
    let none = try site.run("store", "restore", "copy", "--store", "new")
    #expect(none.status == 1 && none.errors.contains("there is no backup in copy"))
    #expect(!site.has("new"))
  }
}

@Suite("Retention", .tags(.process))
struct RetentionCommandTests {
  private let later = "2020-08-29T09:00:00+07:00"

  @Test("Days past their time go, what an open case rests on stays until it is closed")
  func lifecycle() throws {
    let site = try Site()
    try site.done("scan", "--gateway", "g", input: "\(Site.hotel) an\n\(Site.hotel) binh\n")
    try site.done(
      "import", "visits", "-",
      input: "venue,subject,enter,leave\n\(Site.hotel),chi,2020-08-01T10:00:00+07:00,"
        + "2020-08-01T11:00:00+07:00\n")
    try site.done("case", "add", "BN-1", "--subject", "an", "--onset", "2020-08-06")
    let plan = try site.done("retention", "--dry-run", "--json", at: later)
    #expect(plan.output.contains("\"rows_deleted\":1,\"rows_kept_for_cases\":2"), "\(plan)")
    #expect(try site.done("store", "stats", "--json", at: later).output.contains("\"rows\":3"))
    let first = try site.done("retention", "--json", at: later)
    #expect(
      first.output.contains("\"rows_deleted\":1")
        && first.output.contains("\"people_forgotten\":1"),
      "\(first)")
    #expect(try site.done("exposure", "--case", "BN-1", "--json", at: later).output.contains("F1"))
    try site.done("case", "close", "BN-1", at: later)
    let second = try site.done("retention", at: later)
    #expect(second.errors.contains("2 rows, 1 person"), "\(second)")
    #expect(try site.done("store", "stats", "--json", at: later).output.contains("\"rows\":0"))
    #expect(try site.done("audit", "show", at: later).output.contains("retention"))
    #expect(try site.done("case", "list", at: later).output.contains("BN-1"))
    let last = try site.done("retention", "--cases", "30", at: "2020-12-01T09:00:00+07:00")
    #expect(
      last.errors.contains("1 person, 0 sealed contacts, 1 case, 0 identifiers of phones"),
      "\(last)")
    #expect(try !site.done("case", "list", at: later).output.contains("BN-1"))
    #expect(try site.done("store", "verify", at: later).status == 0)
  }

  @Test("Numbers that are kept hold for later runs, and days below one are refused")
  func policy() throws {
    let site = try Site()
    try site.done("scan", "--gateway", "g", input: "\(Site.hotel) an\n")
    try site.done("retention", "--scans", "60", "--keep", at: later)
    #expect(try site.done("store", "stats", "--json", at: later).output.contains("\"rows\":1"))
    try site.done("retention", at: later)
    #expect(try site.done("store", "stats", "--json", at: later).output.contains("\"rows\":1"))
    #expect(try site.run("retention", "--scans", "0", at: later).status == 2)
    try site.done("retention", "--scans", "20", at: later)
    #expect(try site.done("store", "stats", "--json", at: later).output.contains("\"rows\":0"))
  }
}
