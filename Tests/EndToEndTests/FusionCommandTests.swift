import Foundation
import TestSupport
import Testing

/// The contacts of a case by probability, why, and where encounters were.
@Suite("Contacts by probability", .tags(.process)) struct FusionCommandTests {
  /// A site where An, the case, was in the hotel with Binh, whose phone was near, and with Chi, whose
  /// phone heard nothing; Dung came after An had left.
  private static func visited() throws -> Site {
    let site = try Site()
    try site.write(
      """
      venue,subject,enter,leave
      \(Site.hotel),an,2020-08-05T08:00:00+07:00,2020-08-05T10:00:00+07:00
      \(Site.hotel),binh,2020-08-05T08:30:00+07:00,2020-08-05T09:30:00+07:00
      \(Site.hotel),chi,2020-08-05T08:00:00+07:00,2020-08-05T10:00:00+07:00
      \(Site.hotel),dung,2020-08-05T10:05:00+07:00,2020-08-05T10:20:00+07:00

      """, to: "visits.csv")
    var sightings = "subject,heard,time,attenuation_db\n"
    for minute in stride(from: 31, through: 56, by: 5) {
      sightings += "an,binh,2020-08-05T08:\(minute):00+07:00,52\n"
      sightings += "binh,an,2020-08-05T08:\(minute):20+07:00,54\n"
      // An's phone heard Giang, who checked in nowhere; Chi's heard somebody unknown.
      sightings += "an,giang,2020-08-05T09:\(minute):00+07:00,80\n"
      sightings += "chi,bluezone:\(unknown),2020-08-05T09:\(minute):00+07:00,60\n"
    }
    try site.write(sightings, to: "sightings.csv")
    try site.done("import", "visits", "visits.csv")
    try site.done("import", "sightings", "sightings.csv")
    try site.done("case", "add", "BN-1", "--subject", "an", "--onset", "2020-08-05")
    try site.write("an\nbinh\nchi\ndung\ngiang\n", to: "people.txt")
    return site
  }

  private static let unknown = "0123456789ABCDEF01234567"
  private static let rules = ["--rules", "3638-2021", "--subjects", "people.txt"]

  private static func ranked(_ site: Site, _ words: String...) throws -> [JSON] {
    let outcome = try site.run(
      ["exposure", "--case", "BN-1", "--ranked", "--json"] + words + rules, input: Data())
    try #require(outcome.status == 0, "\(outcome.errors)")
    return try JSON.lines(outcome.output)
  }

  @Test("Contacts come by probability, and limits are heeded")
  func ranks() throws {
    let site = try Self.visited()
    let all = try Self.ranked(site)
    let people = all.map { $0["person"].text ?? "" }
    #expect(people.first == "binh" && Set(people) == ["binh", "chi", "dung", "giang"])
    #expect(all.map { $0["rank"].number } == [1, 2, 3, 4])
    let chances = all.map { $0["probability"].real ?? -1 }
    #expect(chances == chances.sorted(by: >) && chances.allSatisfy { (0...1).contains($0) })
    #expect(all[0]["class"].text == "near_at_venue" && all[0]["label"].text == "F1")
    #expect(all[0]["near_seconds"].number ?? 0 > 1_200 && all[0]["rule"].text == "3638-2021")
    #expect(all[0]["reason"].text?.contains("heard each other") == true)
    // Giang was heard too weakly for the rule set to know of it.
    let giang = try #require(all.first { $0["person"].text == "giang" })
    #expect(giang["class"].isNull && giang["label"].isNull && giang["near_seconds"].number == 0)
    let two = try Self.ranked(site, "--limit", "2").map { $0["person"].text ?? "" }
    #expect(two == Array(people[..<2]))
    let between = "\((chances[0] + chances[1]) / 2)"
    #expect(try Self.ranked(site, "--at-least", between).map { $0["rank"].number } == [1])
    let table = try site.done(
      "exposure", "--case", "BN-1", "--ranked", "--rules", "3638-2021", "--subjects", "people.txt")
    #expect(table.output.contains("binh") && table.errors.contains("4 contacts of 4"))
  }

  @Test("A contact is explained, by name or by short form, and the question is in the log")
  func explains() throws {
    let site = try Self.visited()
    let words = ["exposure", "--case", "BN-1", "--explain"]
    let text = try site.run(words + ["binh"] + Self.rules, input: Data()).output
    for part in [
      "binh as a contact of case BN-1", "the phones heard each other",
      "both of them; at \(Site.hotelName)",
      "From evidence to probability", "3638-2021 says near_at_venue, F1",
    ] {
      #expect(text.contains(part), "\(text)")
    }
    let short = try #require(
      try JSON.lines(
        site.done("exposure", "--case", "BN-1", "--ranked", "--limit", "1", "--json").output
      ).first?["person"].text)
    #expect(short.hasPrefix("s:"))
    let answer = try JSON(
      site.run(words + [short, "--json"] + Self.rules, input: Data()).output)
    #expect(answer["person"].text == "binh" && answer["case"].text == "BN-1")
    let lines = answer["days"].items.flatMap { $0["lines"].items }
    let sum = lines.compactMap { $0["log_odds"].real }.reduce(0, +)
    let probability = try #require(answer["probability"].real)
    #expect(abs(1 / (1 + exp(-sum)) - probability) < 1e-9)
    // Each sighting that the encounter stands on is named.
    let radio = try #require(lines.first { $0["topic"].text == "radio" })
    #expect(radio["evidence"].items.count == 12)
    let silent = try site.run(words + ["chi"] + Self.rules, input: Data()).output
    #expect(silent.contains("the owner of 1 identifier that the phone of the contact heard then"))
    let nobody = try site.run(words + ["nobody"] + Self.rules, input: Data())
    #expect(nobody.status == 1 && nobody.output.isEmpty)
    #expect(
      nobody.errors.contains(
        "nobody was never seen in this store: nothing joins them with case BN-1"))
    let log = try JSON.lines(site.done("audit", "show", "--json").output)
    let asked = log.filter { $0["action"].text == "exposure contact" }
    #expect(asked.count == 4 && asked.allSatisfy { $0["purpose"].text == "case BN-1" })
    #expect(asked.first?["object"].text == short)
    #expect(asked.first?["detail"].text == "of case BN-1, rules 3638-2021")
  }

  @Test(
    "Who is not found is told apart: known and never met, never seen, or a short form of nobody")
  func explainsNobody() throws {
    let site = try Self.visited()
    try site.write(
      """
      venue,subject,enter,leave
      \(Site.hotel),khanh,2020-08-05T18:00:00+07:00,2020-08-05T18:30:00+07:00

      """, to: "evening.csv")
    try site.done("import", "visits", "evening.csv")
    func explain(_ person: String) throws -> BuiltProgram.Outcome {
      let outcome = try site.run(
        ["exposure", "--case", "BN-1", "--explain", person] + Self.rules, input: Data())
      #expect(outcome.status == 1 && outcome.output.isEmpty)
      return outcome
    }
    #expect(
      try explain("khanh").errors.contains(
        "khanh is known in this store, but nothing joins them with case BN-1 while it was infectious"
      ))
    #expect(try explain("quynh").errors.contains("quynh was never seen in this store"))
    let words = ["exposure", "--case", "BN-1", "--ranked", "--limit", "1", "--json"]
    let short = try #require(
      try JSON.lines(site.run(words, input: Data()).output).first?["person"].text)
    // Another last character is the short form of nobody; it is not taken for a name.
    let other = String(short.dropLast()) + (short.hasSuffix("0") ? "1" : "0")
    let refused = try explain(other)
    #expect(refused.errors.contains("--explain: nobody in this store has the short form \(other)"))
    let history = try site.run("exposure", "--subject", other)
    #expect(
      history.status == 1 && history.errors.contains("nobody in this store has the short form"))
    // A case of whom there is no evidence has one.
    try site.done("case", "add", "BN-2", "--subject", "son", "--onset", "2020-08-05")
    let son = try #require(
      try JSON(site.done("case", "list", "--json").output).items
        .first { $0["id"].text == "BN-2" }?["subject"].text)
    #expect(
      try site.done("exposure", "--subject", son).errors.contains("nothing is known of \(son)"))
  }

  @Test("A case that was never infectious has no contacts by probability, and the reason is said")
  func neverInfectious() throws {
    let site = try Self.visited()
    let cases = [
      (
        ["--onset", "2020-08-05", "--isolation", "2020-07-30T08:00:00+07:00"],
        "it was isolated at 2020-07-30T08:00:00+07:00, before its infectious time began at "
          + "2020-08-02T00:00:00+07:00"
      ),
      (
        ["--onset", "2020-08-05", "--to", "2020-07-30T08:00:00+07:00"],
        "it is given as over at 2020-07-30T08:00:00+07:00, and would have begun at "
          + "2020-08-02T00:00:00+07:00"
      ),
      (
        ["--onset", "2020-07-05", "--from", "2020-08-01T08:00:00+07:00"],
        "it is given as beginning at 2020-08-01T08:00:00+07:00, after the infectious time of the "
          + "rule set"
      ),
    ]
    for (number, (words, reason)) in cases.enumerated() {
      let id = "BN-\(number + 2)"
      let added = try site.run(["case", "add", id, "--subject", "an"] + words, input: Data())
      try #require(added.status == 0, "\(added.errors)")
      let sentence = "case \(id) was never infectious by 3638-2021: \(reason)"
      let ranked = try site.run(
        ["exposure", "--case", id, "--ranked", "--json"] + Self.rules, input: Data())
      #expect(ranked.status == 0 && ranked.output.isEmpty)
      #expect(ranked.errors.contains(sentence), "\(ranked.errors)")
      let explained = try site.run(
        ["exposure", "--case", id, "--explain", "binh"] + Self.rules, input: Data())
      #expect(explained.status == 1 && explained.output.isEmpty)
      #expect(explained.errors.contains(sentence), "\(explained.errors)")
    }
  }

  @Test("An encounter is placed by the visits of both")
  func places() throws {
    let site = try Self.visited()
    let rows = try JSON.lines(
      site.done("exposure", "--subject", "an", "--subjects", "people.txt", "--json").output)
    let binh = try #require(rows.first { $0["peer"].text == "binh" })
    #expect(binh["where"].text == "both" && binh["venue"].text == Site.hotel)
    #expect(binh["where_by"].isNull && binh["name"].text == Site.hotelName)
    let giang = try #require(rows.first { $0["peer"].text == "giang" })
    #expect(giang["where"].text == "one" && giang["where_by"].text == "self")
    let table = try site.done("exposure", "--subject", "giang", "--subjects", "people.txt").output
    #expect(table.contains("likely \(Site.hotelName), by the visit of the other"))
    // Nobody knows where two were who checked in nowhere.
    try site.write(
      "subject,heard,time,attenuation_db\nha,giang,2020-08-05T20:00:00+07:00,50\n", to: "more.csv")
    try site.done("import", "sightings", "more.csv")
    let ha = try JSON.lines(site.done("exposure", "--subject", "ha", "--json").output)
    #expect(ha.count == 1 && ha[0]["where"].isNull && ha[0]["venue"].isNull)
  }

  @Test("A check-in by a poster's code is confirmed by who was heard there")
  func confirmsCheckIns() throws {
    let site = try Self.visited()
    let code = try site.code(at: "2020-07-20T08:00:00+07:00")
    try site.write(
      """
      code,subject,time,direction
      \(code),em,2020-08-05T08:20:00+07:00,in
      \(code),hoa,2020-08-05T08:20:00+07:00,in

      """, to: "scans.csv")
    try site.write(
      """
      subject,heard,time,attenuation_db
      em,chi,2020-08-05T08:25:00+07:00,70
      em,chi,2020-08-05T08:30:00+07:00,70

      """, to: "heard.csv")
    try site.done("import", "scans", "scans.csv")
    try site.done("import", "sightings", "heard.csv")
    func checkIn(_ person: String) throws -> JSON {
      try #require(
        try JSON.lines(
          site.done("exposure", "--subject", person, "--subjects", "people.txt", "--json").output
        ).first { $0["kind"].text == "visit" })
    }
    let em = try checkIn("em")
    #expect(em["check_in"].text == "confirmed" && em["grade"].number == 3)
    #expect(em["reason"].text?.contains("the phone of somebody who was checked in there") == true)
    // The log was kept by hand: no code is worth anything there, and nothing is asked.
    let chi = try checkIn("chi")
    #expect(chi["check_in"].isNull && chi["grade"].isNull)
    let text = try site.done("exposure", "--subject", "em").output
    #expect(text.contains("by a poster's code and is confirmed by Bluetooth"))
    // A box at the door of another venue heard Hoa at the moment of the scan.
    let registry = try JSON(site.done("venue", "list", "--json").output).items
    let elsewhere = try #require(registry.compactMap { $0["id"].text }.first { $0 != Site.hotel })
    try site.write(
      "gateway,venue,heard,time,attenuation_db\nbox,\(elsewhere),hoa,2020-08-05T08:22:00+07:00,60\n",
      to: "box.csv")
    try site.done("import", "sightings", "box.csv")
    let hoa = try checkIn("hoa")
    #expect(hoa["check_in"].text == "contradicted" && hoa["grade"].number == -1)
  }
}
