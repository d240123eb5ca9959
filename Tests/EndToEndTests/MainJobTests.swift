import Foundation
import TestSupport
import Testing

/// The main job as a user does it: from an empty folder to the people who were exposed.
@Suite("Main job", .tags(.process)) struct MainJobTests {
  @Test("A poster of a new venue is read back from its picture, and its code opens the door")
  func posterToDoor() throws {
    let site = try Site(registry: .own)
    let added = try JSON(
      site.done(
        "venue", "add", "Chợ Thử", "--category", "market", "--division", "11341", "--zone",
        "1=Cổng chính", "--json"
      ).output)
    let venue = try #require(added["id"].text)
    let printed = try JSON(
      site.done("qr", venue, "--zone", "1", "--format", "pdf,png,svg", "--json").output)
    let files = printed["files"].items.compactMap(\.text)
    #expect(files.count == 3 && files.allSatisfy { site.has($0) && $0.hasPrefix("Output/market/") })
    #expect(try site.text(of: files[0]).hasPrefix("%PDF-"))
    let picture = try #require(files.first { $0.hasSuffix(".png") })

    let read = try JSON(site.done("verify", picture, "--json").output)
    #expect(read["valid"].truth == true && read["reason"].isNull)
    #expect(read["venue"].text == venue && read["zone"].number == 1)
    #expect(read["name"].text == "Chợ Thử" && read["signed_name"].text == "Chợ Thử")
    #expect(read["serial"].number == printed["serial"].number)

    let code = try #require(printed["code"].text)
    let door = try site.done("scan", "--gateway", "g", input: "\(code) an\n")
    #expect(door.output.hasPrefix("IN   Chợ Thử, Cổng chính  s:"))
  }

  @Test("Posters of a category come one file a venue, and every code is its venue's")
  func category() throws {
    let site = try Site()
    let venues = try JSON(
      site.done("venue", "list", "--category", "railway-station", "--json").output
    ).items.compactMap { $0["id"].text }
    let printed = try JSON.lines(
      site.done("qr", "--category", "railway-station", "--format", "png", "--json").output)
    #expect(!venues.isEmpty && Set(printed.compactMap { $0["venue"].text }) == Set(venues))
    for poster in printed {
      let file = try #require(poster["files"][0].text)
      let read = try JSON(site.done("verify", file, "--json").output)
      #expect(read["venue"].text == poster["venue"].text && read["valid"].truth == true)
    }
  }

  @Test("A door tells in from out, a double beep, and whose codes only lead one way")
  func door() throws {
    let site = try Site()
    let both = try site.code()
    let entrance = try site.code(of: Site.hotel, "--kind", "entrance")
    let exit = try site.code(of: Site.hotel, "--kind", "exit")
    func scan(
      _ lines: String, _ options: String..., at now: String = Site.now
    ) throws -> [JSON] {
      let outcome = try site.run(
        ["scan", "--gateway", "g", "--json"] + options, input: Data(lines.utf8), at: now)
      #expect([0, 3].contains(outcome.status), "\(outcome.errors)")
      return try JSON.lines(outcome.output)
    }
    func ways(_ answers: [JSON]) -> [String?] { answers.map { $0["direction"].text } }

    let first = try scan("\(both) an\n\(both)\tan\r\nc4c6-bhfz-c binh\n")
    #expect(ways(first) == ["in", "in", "in"])
    #expect(first.map { $0["repeat"].truth } == [false, true, false])
    #expect(first.map { $0["grade"].number } == [1, 1, 0])
    #expect(first.allSatisfy { $0["name"].text == Site.hotelName })
    // The same line an hour later is the way out: the door remembers across its restart.
    let later = try scan("\(both) an\n", at: "2020-08-06T10:00:00+07:00")
    #expect(ways(later) == ["out"] && later[0]["repeat"].truth == false)

    #expect(ways(try scan("\(entrance) chi\n\(exit) chi\n")) == ["in", "out"])
    #expect(
      ways(try scan("\(both)\n\(both)\n", "--direction", "out", "--subject", "dung"))
        == ["out", "out"])
    #expect(ways(try scan("\(both) em\n", "--direction", "in")) == ["in"])
    let wrong = try scan("\(entrance) em\n", "--direction", "out")
    #expect(wrong[0]["accepted"].truth == false && wrong[0]["code"].text == "contradiction")
  }

  /// Four people at doors over three days; `kim` is the case.
  private static func visited() throws -> Site {
    let site = try Site()
    let hotel = try site.code(at: "2020-08-01T08:00:00+07:00")
    let station = try JSON(
      site.done("venue", "list", "--category", "railway-station", "--json").output)[0]["id"].text
    let scans = [
      ("2020-08-04T10:00:00+07:00", hotel, "kim"), ("2020-08-04T10:10:00+07:00", hotel, "lan"),
      ("2020-08-04T11:00:00+07:00", hotel, "kim"), ("2020-08-04T11:00:00+07:00", hotel, "lan"),
      // After kim had left: only what kim left in the air.
      ("2020-08-04T11:05:00+07:00", Site.hotel, "minh"),
      ("2020-08-04T11:20:00+07:00", Site.hotel, "minh"),
      // Two days after lan was exposed, lan may infect.
      ("2020-08-06T11:00:00+07:00", station ?? "", "lan"),
      ("2020-08-06T11:00:00+07:00", station ?? "", "nga"),
      ("2020-08-06T12:00:00+07:00", station ?? "", "lan"),
      ("2020-08-06T12:00:00+07:00", station ?? "", "nga"),
    ]
    for (time, code, person) in scans {
      try site.done("scan", "--gateway", "g", input: "\(code) \(person)\n", at: time)
    }
    try site.write("kim\nlan\nminh\nnga\n", to: "people.txt")
    try site.done(
      "case", "add", "BN-1", "--subject", "kim", "--onset", "2020-08-03", "--isolation",
      "2020-08-05T08:00:00+07:00", at: evening)
    return site
  }

  private static let evening = "2020-08-06T20:00:00+07:00"

  @Test("Scans at doors lead to F1 and F2, with where, when and why")
  func trace() throws {
    let site = try Self.visited()
    let rows = try JSON.lines(
      site.done(
        "trace", "--degree", "2", "--subjects", "people.txt", "--json", at: Self.evening
      ).output)
    var byName: [String: JSON] = [:]
    for row in rows { byName[row["contact"].text ?? ""] = row }
    #expect(rows.count == 3 && Set(byName.keys) == ["lan", "minh", "nga"])
    let lan = byName["lan"]
    #expect(lan?["degree"].number == 1 && lan?["via"].isNull == true)
    #expect(lan?["case"].text == "BN-1" && lan?["day"].text == "2020-08-04")
    #expect(lan?["class"].text == "closed_venue" && lan?["label"].text == "F1")
    #expect(lan?["seconds"].number == 3_000 && lan?["venue_seconds"].number == 3_000)
    #expect(lan?["first"].text == "2020-08-04T10:10:00+07:00")
    #expect(lan?["last"].text == "2020-08-04T11:00:00+07:00")
    #expect(lan?["venues"].items.compactMap(\.text) == [Site.hotel])
    #expect(lan?["evidence"].items.isEmpty == false && lan?["rule"].text == "5053-2020")
    let minh = byName["minh"]
    #expect(minh?["label"].text == "brief" && minh?["tail_seconds"].number == 900)
    let nga = byName["nga"]
    #expect(nga?["degree"].number == 2 && nga?["via"].text == "lan")

    let table = try site.done("trace", "--degree", "2", at: Self.evening)
    #expect(table.output.contains(Site.hotelName) && !table.output.contains("lan"))
    #expect(table.errors.contains("1 F1, 1 F2"))
  }

  @Test("The isolation of another registered case ends what its person passes on")
  func isolationOfAnotherCase() throws {
    let site = try Self.visited()
    func people(_ words: String...) throws -> [String] {
      try JSON.lines(
        site.run(
          words + ["--degree", "2", "--subjects", "people.txt", "--json"], input: Data(),
          at: Self.evening
        )
        .output
      ).compactMap { $0["contact"].text }
    }
    let before = try people("exposure", "--case", "BN-1")
    #expect(before.sorted() == ["lan", "minh", "nga"])
    // Lan, through whom Nga is of degree 2, was isolated before she could pass anything on.
    try site.done(
      "case", "add", "BN-2", "--subject", "lan", "--onset", "2020-08-06", "--isolation",
      "2020-08-05T08:00:00+07:00", at: Self.evening)
    #expect(try people("exposure", "--case", "BN-1").sorted() == ["lan", "minh"])
    try site.done("case", "close", "BN-2", at: Self.evening)
    #expect(try people("trace").sorted() == ["lan", "minh"])
  }

  @Test("Counts agree with the rows, and the same trace gives the same checksum")
  func summary() throws {
    let site = try Self.visited()
    func summary(_ words: String...) throws -> JSON {
      let outcome = try site.run(
        ["trace", "--summary", "--json"] + words, input: Data(), at: Self.evening)
      try #require(outcome.status == 0, "\(outcome.errors)")
      return try JSON(outcome.output)
    }
    let counts = try summary("--degree", "2")
    #expect(counts["cases"].number == 1 && counts["pairs"].number == 3)
    #expect(counts["contacts"]["1"].number == 1 && counts["contacts"]["2"].number == 1)
    let checksum = try #require(counts["checksum"].text)
    #expect(try summary("--degree", "2", "--all-open")["checksum"].text == checksum)

    // The same case from a file, by another rule set, and by the rule set's file.
    try site.write(
      "id,subject,onset,isolation\nBN-1,kim,2020-08-03,2020-08-05T08:00:00+07:00\n", to: "c.csv")
    #expect(try summary("--degree", "2", "--cases", "c.csv")["checksum"].text == checksum)
    let rules = TestEnvironment.packageRoot.appendingPathComponent("Venues/rules/5053-2020.json")
    #expect(
      try summary("--degree", "2", "--rules", rules.path)["checksum"].text == checksum)
    // Dispatch 11042 counts two days before onset, which changes nothing here but the rule's name.
    let other = try JSON.lines(
      site.done("trace", "--rules", "11042-2021", "--json", at: Self.evening).output)
    #expect(!other.isEmpty && other.allSatisfy { $0["rule"].text == "11042-2021" })

    try site.done("case", "close", "BN-1", at: Self.evening)
    #expect(try summary()["cases"].number == 0)
    #expect(try summary("--cases", "c.csv", "--degree", "2")["checksum"].text == checksum)
  }

  @Test("A question is answered for a case, for a venue and for a person")
  func exposure() throws {
    let site = try Self.visited()
    let ofCase = try JSON.lines(
      site.done(
        "exposure", "--case", "BN-1", "--degree", "2", "--subjects", "people.txt", "--json",
        at: Self.evening
      ).output)
    #expect(Set(ofCase.compactMap { $0["contact"].text }) == ["lan", "minh", "nga"])

    let atVenue = try JSON.lines(
      site.done(
        "exposure", "--venue", Site.hotel, "--from", "2020-08-04T10:30:00+07:00", "--to",
        "2020-08-04T11:10:00+07:00", "--case", "BN-1", "--subjects", "people.txt", "--json",
        at: Self.evening
      ).output)
    #expect(Set(atVenue.compactMap { $0["person"].text }) == ["kim", "lan", "minh"])
    let minh = atVenue.first { $0["person"].text == "minh" }
    #expect(minh?["from"].text == "2020-08-04T11:05:00+07:00")
    #expect(minh?["to"].text == "2020-08-04T11:10:00+07:00")
    #expect(minh?["end_reason"].text == "exit_scan")

    let ofLan = try JSON.lines(
      site.done(
        "exposure", "--subject", "lan", "--order", "QD 12", "--json", at: Self.evening
      ).output)
    #expect(ofLan.map { $0["kind"].text } == ["visit", "visit"])
    #expect(ofLan[0]["name"].text == Site.hotelName)
    #expect(ofLan[0]["to"].text == "2020-08-04T11:00:00+07:00")
    // The short form that tables print leads to the same person.
    let short = try #require(ofLan[0]["person"].text)
    let again = try JSON.lines(
      site.done("exposure", "--subject", short, "--json", at: Self.evening).output)
    #expect(short.hasPrefix("s:") && again.count == 2)
    #expect(
      try site.done("exposure", "--subject", "nobody").output.split(separator: "\n").count == 1)
  }

  @Test("A case is added, shown with its windows, listed and closed; the same again is no error")
  func cases() throws {
    let site = try Site()
    let words = ["case", "add", "BN-2", "--subject", "an", "--specimen", "2020-08-05", "--json"]
    let added = try JSON(site.run(words, input: Data()).output)
    #expect(added["id"].text == "BN-2" && added["specimen"].text == "2020-08-05")
    #expect(added["infectious_from"].text == "2020-08-02T00:00:00+07:00")
    let again = try site.run(words, input: Data())
    #expect(again.status == 0 && again.errors.contains("there already"))
    let other = try site.run("case", "add", "BN-2", "--subject", "binh", "--onset", "2020-08-05")
    #expect(other.status == 1 && other.errors.contains("with other content"))
    #expect(
      try site.run(
        "case", "add", "BN-3", "--subject", "an", "--onset", "2020-08-05", "--dry-run"
      ).status == 0)

    let shown = try JSON(site.done("case", "show", "BN-2", "--json").output)
    let rules = shown["windows"].items.compactMap { $0["rule"].text }
    #expect(Set(rules) == ["5053-2020", "3638-2021", "11042-2021"])
    #expect(try site.done("case", "show", "BN-2").output.contains("2020-08-05"))
    #expect(try site.done("case", "close", "BN-2").output.contains("BN-2"))
    let listed = try JSON(site.done("case", "list", "--json").output)
    #expect(listed.items.count == 1 && listed[0]["closed_at"].text == Site.now)
    #expect(try JSON(site.done("case", "list", "--open", "--json").output).items.isEmpty)
    let unknown = try site.run("case", "show", "BN-9")
    #expect(unknown.status == 1 && unknown.errors.contains("there is no case BN-9"))
    // A subject is kept as a keyed hash only: it stands nowhere in the store.
    let found = try site.shell("grep -rc binh store | grep -v ':0$'")
    #expect(found.output.isEmpty)
  }

  @Test("Evidence of encounters makes a contact that no venue knows of")
  func encounters() throws {
    let site = try Site()
    try site.write(
      """
      subject,peer,start,end,attenuation_db,source
      kim,lan,2020-08-04T10:00:00+07:00,2020-08-04T10:20:00+07:00,55,app
      kim,far,2020-08-04T10:00:00+07:00,2020-08-04T10:20:00+07:00,80,app

      """, to: "near.csv")
    try site.done("import", "encounters", "near.csv")
    try site.done("case", "add", "B", "--subject", "kim", "--onset", "2020-08-04")
    try site.write("lan\nfar\n", to: "people.txt")
    let rows = try JSON.lines(
      site.done("trace", "--subjects", "people.txt", "--json").output)
    #expect(rows.map { $0["contact"].text } == ["lan"])
    #expect(rows.map { $0["class"].text } == ["near"] && rows[0]["near_seconds"].number == 1_200)
  }

  @Test("The demonstration runs in an empty folder and leaves its story")
  func demonstration() throws {
    let site = try Site(.nothing)
    let outcome = try BuiltProgram.checkin.run(
      ["demo", "--into", "try", "--people", "150"],
      environment: [
        "CHECKIN_VENUES": TestEnvironment.packageRoot.appendingPathComponent("Venues").path
      ], in: site.folder.url)
    try #require(outcome.status == 0, "\(outcome.errors)")
    let story = try site.text(of: "try/STORY.txt")
    #expect(outcome.output.hasPrefix(story) && story.contains("synthetic"))
    #expect(story.contains("49 of 335 venues have a poster"))
    #expect(story.contains(" posters are silent") && !story.contains("335 was scanned"))
    for name in ["report.txt", "report.xlsx", "report.pdf"] {
      #expect(site.has("try/answers/\(name)"))
    }
    let again = try site.run("demo", "--into", "try")
    #expect(again.status == 1 && again.errors.contains("not empty"))
  }

  @Test("Without venues the demonstration says so and leaves no folder")
  func demonstrationWithoutVenues() throws {
    let site = try Site(.nothing)
    let outcome = try BuiltProgram.checkin.run(
      ["demo", "--into", "try"], environment: ["CHECKIN_VENUES": site.path("nowhere")],
      in: site.folder.url)
    #expect(outcome.status != 0 && outcome.output.isEmpty)
    #expect(outcome.errors.hasPrefix("checkin: ") && outcome.errors.contains("nowhere"))
    #expect(!site.has("try"))
  }

  @Test("What the README says to type works as it stands there")
  func readme() throws {
    let site = try Site(.nothing)
    let file = TestEnvironment.packageRoot.appendingPathComponent("README.md")
    let readme = try String(contentsOf: file, encoding: .utf8)
    let section = try #require(readme.split(separator: "\n## ").first { $0.hasPrefix("By hand") })
    let commands = section.split(separator: "\n").filter { $0.hasPrefix("    ") }
      // Where the program and the registry are is the test's business.
      .filter { !$0.contains("export ") }
      // At a terminal they ask for it.
      .map {
        $0.hasPrefix("    checkin contact") ? "CHECKIN_PASSPHRASE='of the ward' " + $0 : "\($0)"
      }
    try #require(commands.count > 8)
    try site.write(
      "venue,subject,enter,leave\n\(Site.hotel),0912345678,2020-08-05T18:00:00+07:00,\n",
      to: "log.csv")
    try #require(site.shell("gzip log.csv").status == 0)
    let (own, heard) = (String(repeating: "0A", count: 12), String(repeating: "1B", count: 12))
    try site.write("\(own)\t\(heard)\t-60\t1596625200\n", to: "upload.txt")
    try site.write(
      "subject,format,key,date\n"
        + "0912345678,bluezone,\(String(repeating: "5c", count: 32)),2020-08-05\n",
      to: "keys.csv")
    try site.write(
      #"{"exposureWindows": [{"ageInDays": 1, "reportType": 3, "infectiousness": 1, "#
        + #""calibrationConfidence": 0, "scanInstances": [{"minAttenuation": 30, "#
        + #""typicalAttenuation": 25, "secondsSinceLastScan": 300}]}]}"#,
      to: "windows.json")
    let outcome = try site.shell(
      "set -e\nexec < /dev/null\n" + commands.joined(separator: "\n"))
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(site.has("rows.jsonl") && site.has("Output/hotel"))
    #expect(outcome.output.contains("BN-749") && outcome.output.contains("valid"))
  }
}
