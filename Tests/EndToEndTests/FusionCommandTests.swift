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
    #expect(nobody.errors.contains("nothing joins"))
    let log = try JSON.lines(site.done("audit", "show", "--json").output)
    let asked = log.filter { $0["action"].text == "exposure contact" }
    #expect(asked.count == 4 && asked.allSatisfy { $0["purpose"].text == "case BN-1" })
    #expect(asked.first?["object"].text == short)
    #expect(asked.first?["detail"].text == "of case BN-1, rules 3638-2021")
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
