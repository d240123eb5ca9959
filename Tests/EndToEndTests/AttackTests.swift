import ExposureStorage
import Foundation
import Presence
import TestSupport
import Testing
import VenueCodes

@Suite("Attacks on the program", .tags(.process)) struct AttackTests {
  /// Everything in the store.
  private static func evidence(_ site: Site) throws -> [Evidence] {
    var rows: [Evidence] = []
    let store = try ExposureStore.open(at: site.path("store"), mode: .readOnly)
    try store.forEachEvidence(
      from: LocalDay(daysSince2020: .min), to: LocalDay(daysSince2020: .max)
    ) { rows.append($0) }
    return rows
  }

  @Test("A02: a code of somebody else's key is refused everywhere, and nothing is stored")
  func a02() throws {
    let site = try Site()
    let stranger = try Site()
    let codes = [
      try stranger.code(), try stranger.done("screen", Site.hotel).output.trimmed,
      try stranger.done("pass", "new").output.trimmed,
    ]
    for (code, reason) in zip(codes, ["bad_signature", "bad_signature", "bad_signature"]) {
      let verified = try site.run("verify", code, "--json")
      #expect(try verified.status == 1 && JSON(verified.output)["reason"].text == reason)
      let scan = try site.run(
        "scan", "--gateway", "g", "--venue", Site.hotel, "--json", input: "\(code) an\n")
      #expect(try scan.status == 3 && JSON(scan.output)["code"].text == reason)
    }
    #expect(try Self.evidence(site).isEmpty)
  }

  @Test("A03: whoever shows or finds a card is told nothing of where its holder was")
  func a03Card() throws {
    let site = try Site()
    let card = "001090123456||NGUYEN VAN A|01011990|Nam|x|15042021"
    let code = try site.code()
    try site.done("scan", "--gateway", "g", input: "\(code) \(card)\n")
    for subject in [card, " \(card)", "]Q1\(card)", "\u{FEFF}\(card)", String(card.dropLast(5))] {
      let outcome = try site.run("exposure", "--subject", subject, "--order", "test", "--json")
      #expect(outcome.status == 2 && outcome.output.isEmpty)
      for secret in ["0010", "NGUYEN", Site.hotel, Site.hotelName] {
        #expect(!outcome.errors.contains(secret), "\(secret)")
      }
    }
    // Staff who know the number ask by it.
    let asked = try site.done(
      "exposure", "--subject", "cccd:001090123456", "--order", "test", "--json")
    #expect(asked.output.contains(Site.hotel))
  }

  @Test("A03: whoever shows or finds a pass is told nothing of where its holder was")
  func a03() throws {
    let site = try Site()
    let pass = try site.done("pass", "new").output.trimmed
    try site.done("scan", "--gateway", "g", "--venue", Site.hotel, input: "\(pass)\n")
    let person = try #require(Self.evidence(site).first?.subject)
    let calls = [
      ["exposure", "--subject", pass], ["exposure", "--subject", " \(pass)", "--json"],
      ["exposure", "--subject", "]Q1\(pass)"],
      ["pass", "check", pass], ["pass", "check", pass, "--json"], ["verify", pass],
      ["verify", pass, "--json"], ["scan", "--gateway", "g", "--subject", pass],
    ]
    for words in calls {
      let outcome = try site.run(words, input: Data())
      let said = outcome.output + outcome.errors
      for secret in [Site.hotel, Site.hotelName, "\(person)", "2020-08-06"] {
        #expect(!said.contains(secret), "\(words[0]) says \(secret)")
      }
      if words[0] == "exposure" { #expect(outcome.status == 2 && outcome.output.isEmpty) }
    }
    // The store has neither the pass nor its secret, only a keyed hash.
    let digits = try #require(pass.split(separator: "#").last)
    let bytes = try Carrier().bytes(decoding: String(digits))
    let secret = Data(bytes[2..<18])
    let paths = try FileManager.default.subpathsOfDirectory(atPath: site.path("store"))
    for path in paths {
      guard
        let data = try? Data(contentsOf: site.folder.url.appendingPathComponent("store/\(path)"))
      else { continue }
      #expect(data.firstRange(of: secret) == nil, "\(path)")
      #expect(data.firstRange(of: Data(digits.utf8)) == nil, "\(path)")
    }
  }

  @Test("A10: what comes in by a file is verified again: a door's word is not taken for it")
  func a10() throws {
    let site = try Site()
    let good = try site.code()
    let rotating = try site.done("screen", Site.hotel).output.trimmed
    let pass = try site.done("pass", "new").output.trimmed
    func forged(_ code: String) -> String {
      String(code.dropLast()) + (code.hasSuffix("1") ? "2" : "1")
    }
    let time = "2020-08-06T09:00:00+07:00"
    try site.write(
      "id,code,venue,subject,time\n"
        + [good, rotating].map { ",\(forged($0)),,an,\(time)\n" }.joined()
        + ",\(forged(pass)),\(Site.hotel),,\(time)\n", to: "forged.csv")
    let outcome = try site.run("import", "scans", "forged.csv")
    #expect(outcome.status == 3 && outcome.output.hasPrefix("3 rows: 0 stored"))
    let rejected = try site.text(of: "forged.csv.rejected.csv")
    #expect(rejected.components(separatedBy: "does not fit").count == 4)
    #expect(try Self.evidence(site).isEmpty)
  }

  @Test("A16(b): a door that knows where it is names both venues and stores nothing")
  func a16() throws {
    let site = try Site()
    let other = try site.code(of: "Q9J3MP1BD")
    let shown = try JSON(site.done("verify", other, "--json").output)
    #expect(shown["signed_name"].text?.isEmpty == false)
    let scan = try site.run(
      "scan", "--gateway", "g", "--venue", Site.hotel, input: "\(other) an\n")
    let name = try #require(shown["name"].text)
    #expect(scan.status == 3 && scan.output.contains(Site.hotelName) && scan.output.contains(name))
    #expect(try Self.evidence(site).isEmpty)
  }

  @Test(
    "A17: a guard's gateway keeps a live receipt, refuses a copied one, and a forged one is no visit"
  )
  func a17() throws {
    let site = try Site()
    let now = try ISO8601.parse(Site.now)
    let bytes = [UInt8](repeating: 7, count: 32)
    let receipt = CheckInReceipt(
      venue: try VenueID(parsing: Site.hotel), zone: 0, step: try #require(ScreenStep(at: now)),
      secret: try CheckInSecret(SecretBytes(copying: bytes.span)))
    let live = try site.done("scan", "--gateway", "guard", "--json", input: "\(receipt.digits)\n")
    let answer = try JSON(live.output)
    #expect(answer["grade"].number == 0 && answer["accepted"].truth == false)
    #expect(answer["proved"].truth == false && !answer.keys.contains("direction"))
    let copied = try site.run(
      "scan", "--gateway", "guard", input: "\(receipt.digits)\n", at: "2020-08-06T09:01:01+07:00")
    #expect(copied.status == 3 && copied.output.contains("61 seconds old"))
    let verified = try site.done("verify", receipt.digits)
    #expect(verified.output.hasPrefix("fresh, not proved yet\n"))
    #expect(try site.run("verify", receipt.digits, at: "2020-08-06T10:00:00+07:00").status == 1)
    let rows = try Self.evidence(site)
    #expect(rows.count == 1 && rows[0].kind == .gatewayScan && rows[0].gateway == "guard")
    #expect(rows[0].status == .unproved)

    // Made up by a stranger: the venue, the step and random bytes.
    let seed = UInt64.random(in: .min ... .max)
    var generator = SeededGenerator(seed: seed)
    let forged =
      receipt.bytes[..<11]
      + (0..<18).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    let madeUp = Array(forged)
    let line = Carrier.digits(of: madeUp.span)
    for way in ["in", "out", "auto"] {
      let told = try site.done(
        "scan", "--gateway", "guard", "--direction", way, input: "\(line)\n")
      #expect(told.output.hasPrefix("FRESH, not proved yet  \(Site.hotelName)"), "seed \(seed)")
      #expect(!told.output.contains("IN ") && !told.output.contains("OUT "))
    }
    // Nobody was there by any of it, and nobody can be traced by it.
    let there = try site.done(
      "exposure", "--venue", Site.hotel, "--from", "2020-08-06T00:00:00+07:00",
      "--to", "2020-08-07T00:00:00+07:00", "--order", "test", "--json",
      at: "2020-08-07T09:00:00+07:00")
    #expect(there.output.isEmpty)
    let store = try ExposureStore.open(at: site.path("store"), mode: .readOnly)
    let day = try #require(LocalDay(iso8601: "2020-08-06"))
    let activity = try store.venueActivity(from: day, to: day)
    #expect(activity.allSatisfy { $0.scans.isEmpty && $0.entered.isEmpty })
  }

  @Test("A21: a rotating code shown twice, at two doors and in a file, is one record")
  func a21() throws {
    let site = try Site()
    let code = try site.done("screen", Site.hotel).output.trimmed
    let line = "\(code) an\n"
    let first = try site.done("scan", "--gateway", "a", "--json", input: line + line)
    let second = try site.done(
      "scan", "--gateway", "b", "--json", input: line, at: "2020-08-06T09:00:20+07:00")
    let repeats = try JSON.lines(first.output + second.output).map { $0["repeat"].truth }
    #expect(repeats == [false, true, true])
    try site.write(
      "code,subject,time,gateway\n\(code),an,2020-08-06T09:00:10+07:00,c\n", to: "s.csv")
    #expect(try site.done("import", "scans", "s.csv").output.contains("1 known already"))
    var rows = try Self.evidence(site)
    #expect(rows.count == 1 && rows[0].grade == 2 && rows[0].gateway == "a")
    // Three steps later it is worth less: a row of its own, which is no second visit.
    let late = try site.done(
      "scan", "--gateway", "d", "--json", input: line, at: "2020-08-06T09:01:30+07:00")
    #expect(try JSON(late.output)["grade"].number == 1)
    rows = try Self.evidence(site)
    #expect(rows.count == 2 && Set(rows.map(\.grade)) == [1, 2])
    #expect(Set(rows.map(\.start)).count == 1)
    #expect(try Self.visits(site).count == 1)
    // Another visitor at the same screen is another record.
    try site.done("scan", "--gateway", "a", input: "\(code) binh\n")
    #expect(try Self.evidence(site).count == 3)
    #expect(try Self.visits(site).count == 2)
  }

  /// What the hotel answers of the whole day.
  private static func visits(_ site: Site) throws -> [JSON] {
    try JSON.lines(
      site.done(
        "exposure", "--venue", Site.hotel, "--from", "2020-08-06T00:00:00+07:00",
        "--to", "2020-08-07T00:00:00+07:00", "--order", "test", "--json",
        at: "2020-08-07T09:00:00+07:00"
      ).output)
  }

  @Test("A21: a way out in the step of the way in is stored before it is answered")
  func a21Ways() throws {
    let site = try Site()
    let line = "\(try site.done("screen", Site.hotel).output.trimmed) an\n"
    let entry = try JSON(
      site.done("scan", "--gateway", "a", "--direction", "in", "--json", input: line).output)
    let exit = try JSON(
      site.done(
        "scan", "--gateway", "b", "--direction", "out", "--json", input: line,
        at: "2020-08-06T09:00:20+07:00"
      ).output)
    #expect(entry["direction"].text == "in" && entry["repeat"].truth == false)
    #expect(exit["direction"].text == "out" && exit["repeat"].truth == false)
    let rows = try Self.evidence(site)
    #expect(Set(rows.map(\.kind)) == [.scanIn, .scanOut] && rows.count == 2)
    #expect(Set(rows.map { "\($0.id)" }) == Set([entry, exit].compactMap { $0["evidence"].text }))
  }

  @Test("A21: a file that brings a code late or too late does not keep the door from storing it")
  func a21WorstFirst() throws {
    let site = try Site()
    let code = try site.done("screen", Site.hotel).output.trimmed
    for (name, time) in [("far", "09:20:00"), ("late", "09:03:00")] {
      try site.write("code,subject,time\n\(code),an,2020-08-06T\(time)+07:00\n", to: "\(name).csv")
      #expect(try site.done("import", "scans", "\(name).csv").output.contains("1 stored"))
    }
    let live = try JSON(site.done("scan", "--gateway", "a", "--json", input: "\(code) an\n").output)
    #expect(live["grade"].number == 2)
    let rows = try Self.evidence(site)
    #expect(rows.map(\.grade).sorted() == [-1, 1, 2])
    #expect(rows.contains { "\($0.id)" == live["evidence"].text && $0.grade == 2 })
    #expect(try Self.visits(site).count == 1)
  }

  @Test("A22: a case by a venue's new poster finds the visitor of its old one")
  func a22() throws {
    let site = try Site()
    let old = try site.code(at: "2020-07-01T09:00:00+07:00")
    let new = try site.code(at: "2020-08-05T09:00:00+07:00")
    #expect(old != new)
    try site.done("scan", "--gateway", "a", "--direction", "in", input: "\(old) visitor\n")
    let sick = try site.done(
      "scan", "--gateway", "b", "--direction", "in", input: "\(new) sick\n",
      at: "2020-08-06T09:10:00+07:00")
    #expect(sick.output.contains(Site.hotelName))
    try site.done("case", "add", "BN1", "--subject", "sick", "--onset", "2020-08-06")
    try site.write("visitor\nsick\n", to: "people.txt")
    let found = try JSON.lines(
      site.done(
        "trace", "--json", "--subjects", "people.txt", at: "2020-08-07T09:00:00+07:00"
      ).output)
    #expect(found.contains { $0["contact"].text == "visitor" })
  }
}

extension String {
  /// The text without white space around it.
  fileprivate var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}
