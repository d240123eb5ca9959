import Foundation
import TestSupport
import Testing

/// The campaign as the city administration sees it.
@Suite("The deployment report", .tags(.process)) struct ReportTests {
  private static func otherHotel(_ site: Site) throws -> String {
    let hotels = try JSON(site.done("venue", "list", "--category", "hotel", "--json").output).items
    return try #require(hotels.compactMap { $0["id"].text }.first { $0 != Site.hotel })
  }

  @Test("A poster, scans, a revocation and a deadline are what the report of each day says")
  func follows() throws {
    let site = try Site()
    let other = try Self.otherHotel(site)
    let code = try site.code(at: "2020-08-05T08:00:00+07:00")
    for venue in [Site.hotel, other] {
      try site.done("qr", venue, at: "2020-08-05T09:00:00+07:00")
    }
    for visitor in 1...3 {
      try site.done(
        "scan", "--gateway", "door", input: "\(code) visitor-\(visitor)\n",
        at: "2020-08-06T0\(visitor):00:00+07:00")
    }
    try site.done(
      "qr", other, "--revoke", "1", "--reason", "stolen", at: "2020-08-08T08:00:00+07:00")
    func report(_ day: String, _ words: String...) throws -> JSON {
      let outcome = try site.run(
        ["report", "--as-of", day, "--json"] + words, input: Data(),
        at: "2020-08-20T09:00:00+07:00")
      try #require(outcome.status == 0, "\(outcome.errors)")
      return try JSON(outcome.output)
    }
    let before = try report("2020-08-04")["total"]
    #expect(before["deployed"].number == 0 && before["listed"].number == 335)
    #expect(before["deadline"].text == "2020-08-20" && before["days_left"].number == 16)
    let during = try report("2020-08-06")
    #expect(during["total"]["deployed"].number == 2 && during["total"]["active_day"].number == 1)
    #expect(during["total"]["scans_day"].number == 3)
    #expect(during["silent"].items.map { $0["venue"].text } == [other])
    #expect(during["not_deployed"].items.count == 333 && during["days"].items.count == 28)
    // The print that was revoked on the eighth still counted on the seventh.
    #expect(try report("2020-08-07")["total"]["deployed"].number == 2)
    let after = try report("2020-08-08", "--category", "hotel")
    #expect(after["total"]["deployed"].number == 1 && after["total"]["listed"].number == 15)
    #expect(after["consolidated"].truth == false && after["agencies"].items.count == 1)
    #expect(try report("2020-08-13")["total"]["active_week"].number == 0)
    let late = try report("2020-08-20", "--agency", "so-du-lich")["total"]
    #expect(late["deadline_standing"].text == "overdue" && late["days_left"].number == -5)
    // It asks about venues and not about people, so nobody has to answer for it.
    #expect(try !site.done("audit", "show").output.contains("report"))
  }

  @Test("A bare code, a sticker or a screen is no poster, and what names a venue is no scan")
  func countsPostersAndCodesOnly() throws {
    let site = try Site()
    for words in [
      ["--format", "svg"], ["--format", "terminal"], ["--sheet", "stickers"],
      ["--sheet", "screen-portrait"],
    ] {
      let made = try site.run(["qr", Site.hotel] + words, input: Data())
      try #require(made.status == 0, "\(made.errors)")
      let total = try JSON(site.done("report", "--json").output)["total"]
      #expect(total["deployed"].number == 0, "\(words)")
    }
    try site.write(
      "venue,subject,time,direction\n\(Site.hotel),0912345678,2020-08-06T07:00:00+07:00,in\n",
      to: "scans.csv")
    try site.done("import", "scans", "scans.csv")
    let typed = try JSON(site.done("report", "--json").output)["total"]
    #expect(typed["active_day"].number == 0 && typed["scans_week"].number == 0)
    #expect(typed["entered_week"].number == 1)
    try site.done("qr", Site.hotel, "--sheet", "a3")
    let report = try JSON(site.done("report", "--json").output)
    #expect(report["total"]["deployed"].number == 1 && report["silent"].items.count == 1)
  }

  @Test("The same figures are in the text, the CSV, the workbook and the document")
  func writesFormats() throws {
    let site = try Site()
    try site.done("qr", Site.hotel)
    let text = try site.done("report").output
    #expect(text.contains("Venues listed") && text.contains("No poster: 334 venues"))
    #expect(text.contains("… and 314 more: give --full"))
    let full = try site.done("report", "--full").output
    #expect(full.contains("Phường Quán Toan") && !full.contains("more: give"))
    let groups = try site.done("report", "--format", "csv").output
    #expect(groups.hasPrefix("\u{FEFF}as_of,group") && groups.contains(",335,1,0.0030,"))
    try site.done("report", "--table", "follow-up", "--output", "list.csv")
    let list = try site.text(of: "list.csv")
    #expect(list.split(separator: "\r\n").count == 1 + 335)  // 334 without a poster, one silent

    try site.done("report", "--output", "report.xlsx")
    let sheets = try site.shell("unzip -p report.xlsx xl/workbook.xml xl/worksheets/sheet2.xml")
    #expect(sheets.output.contains("<sheet name=\"Tổng hợp\"") && !sheets.output.contains("<f>"))
    #expect(sheets.output.contains("<autoFilter ref=\"A1:N30\"/>"))
    #expect(sheets.output.contains("state=\"frozen\""))
    let strings = try site.shell("unzip -p report.xlsx xl/sharedStrings.xml xl/charts/chart1.xml")
    #expect(
      strings.output.contains("Khách sạn Hữu Nghị") && strings.output.contains("<c:barChart>"))

    try site.done("report", "--output", "report.pdf")
    let pdf = try Data(contentsOf: site.folder.url.appendingPathComponent("report.pdf"))
    #expect(pdf.prefix(5) == Data("%PDF-".utf8) && pdf.count > 50_000)
    try site.done("report", "--output", "report.pdf")
    #expect(try Data(contentsOf: site.folder.url.appendingPathComponent("report.pdf")) == pdf)
    let english = try site.done("report", "--format", "pdf", "--language", "en")
    #expect(english.output == "Output/deployment-2020-08-06.pdf\n")
    #expect(site.has("Output/deployment-2020-08-06.pdf"))
  }

  /// A number with one decimal, as the Vietnamese document has it.
  private static func decimal(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10),\(tenths % 10)"
  }

  @Test("The figures in the document and the workbook are those of the JSON")
  func figuresAgree() throws {
    let site = try Site()
    let code = try site.code(at: "2020-08-05T08:00:00+07:00")
    let other = try Self.otherHotel(site)
    for venue in [Site.hotel, other] { try site.done("qr", venue) }
    for visitor in 1...5 {
      try site.done(
        "scan", "--gateway", "door", input: "\(code) visitor-\(visitor)\n",
        at: "2020-08-0\(5 + visitor / 4)T0\(visitor):00:00+07:00")
    }
    let report = try JSON(site.done("report", "--json").output)
    func counts(_ row: JSON) throws -> [Int] {
      try ["listed", "deployed", "active_week", "active_day", "scans_day", "scans_week"].map {
        try #require(row[$0].number)
      }
    }
    let hotels = try #require(report["categories"].items.first { $0["key"].text == "hotel" })
    #expect(try counts(hotels) == [15, 2, 1, 1, 2, 5])

    try site.done("report", "--output", "report.pdf")
    let lines = try site.shell("pdftotext -layout report.pdf -").output
      .split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
    let rows = report["categories"].items + report["agencies"].items + [report["total"]]
    var compared = 0
    for row in rows {
      let numbers = try counts(row)
      guard numbers[0] > 0 else { continue }
      func share(_ count: Int) -> String {
        "\(Self.decimal(Double(count) / Double(numbers[0]) * 100)) %"
      }
      let figures = [
        "\(numbers[0])", "\(numbers[1])", share(numbers[1]), "\(numbers[2])", share(numbers[2]),
        "\(numbers[3])", Self.decimal(Double(numbers[5]) / 7),
      ].joined(separator: " ")
      let name = row["key"].text == "" ? "Tổng số" : try #require(row["name"].text)
      let start = name.split(separator: " ").prefix(2).joined(separator: " ")
      #expect(
        lines.contains { $0.hasPrefix(start) && $0.contains(" \(figures)") }, "\(name) \(figures)")
      compared += 1
    }
    #expect(compared > 20)

    try site.done("report", "--output", "report.xlsx")
    let sheet = try site.shell("unzip -p report.xlsx xl/worksheets/sheet5.xml").output
    let cells = sheet.split(separator: "<row ").dropFirst(2).map { row in
      row.split(separator: "<c ").dropFirst().filter { !$0.contains("t=\"s\"") }.map { cell in
        cell.firstRange(of: "<v>").flatMap { start in
          cell.firstRange(of: "</v>").flatMap { Double(cell[start.upperBound..<$0.lowerBound]) }
        }
      }
    }
    let categories = report["categories"].items
    #expect(cells.count == categories.count + 1)
    for (row, cells) in zip(categories + [report["total"]], cells) {
      let numbers = try counts(row)
      #expect(Array(cells.prefix(4)) == numbers.prefix(4).map(Double.init), "\(row["key"])")
      guard numbers[0] > 0 else { continue }
      let share = try #require(cells[4])
      #expect(abs(share - Double(numbers[1]) / Double(numbers[0])) < 1e-9)
      let mean = try #require(cells[8])
      #expect(cells[7] == Double(numbers[4]) && abs(mean - Double(numbers[5]) / 7) < 1e-9)
    }
  }

  @Test("One agency's report is that agency's, and an early day is a text in a workbook")
  func isTheAgencys() throws {
    let site = try Site()
    try site.done("report", "--agency", "so-du-lich", "--output", "report.pdf")
    let text = try site.shell("pdftotext -layout report.pdf -").output
    #expect(text.contains("SỞ DU LỊCH") && !text.contains("SỞ THÔNG TIN"))
    #expect(!text.contains("STTTT") && text.contains("Sở Thông tin và Truyền thông (để tổng hợp)"))
    try site.done("report", "--as-of", "1899-12-31", "--output", "early.xlsx")
    let strings = try site.shell("unzip -p early.xlsx xl/sharedStrings.xml").output
    #expect(strings.contains("31/12/1899"))
    let due = try site.done("report", "--as-of", "2020-08-15", at: "2020-08-20T09:00:00+07:00")
    #expect(due.output.contains("due on the day of the report"))
  }

  @Test("A store that can only be read is enough")
  func reads() throws {
    let site = try Site()
    try site.done("qr", Site.hotel)
    let outcome = try site.shell(
      "chmod -R a-w store && checkin report --category hotel; chmod -R u+w store")
    #expect(outcome.status == 0 && outcome.output.contains("Poster printed"), "\(outcome.errors)")
  }

  struct Refusal: CustomTestStringConvertible, Sendable {
    let words: [String]
    let status: Int32
    let says: String
    var testDescription: String { words.joined(separator: " ") }
  }

  static let refusals = [
    Refusal(words: ["--as-of", "2020-02-30"], status: 2, says: "is not a date"),
    Refusal(
      words: ["--as-of", "2020-08-07"], status: 2, says: "in the future: today is 2020-08-06"),
    Refusal(words: ["--agency", "so-du-lic"], status: 2, says: "did you mean so-du-lich?"),
    Refusal(words: ["--division", "9"], status: 2, says: "no division '9'"),
    Refusal(words: ["--format", "docx"], status: 2, says: "docx"),
    Refusal(words: ["--json", "--format", "pdf"], status: 2, says: "exclude each other"),
    Refusal(words: ["--table", "days"], status: 2, says: "--table is for --format csv"),
    Refusal(words: ["--output", "no/such/a.xlsx"], status: 1, says: "no/such/a.xlsx"),
    Refusal(words: ["--output", "no/such/a.pdf"], status: 1, says: "no/such/a.pdf"),
    Refusal(words: ["--output", "no/such/a.csv"], status: 1, says: "no/such/a.csv"),
  ]

  @Test(
    "What cannot be answered is refused with a reason, and nothing is left", arguments: refusals)
  func refuses(row: Refusal) throws {
    let site = try Site()
    let outcome = try site.run(["report"] + row.words, input: Data())
    #expect(outcome.status == row.status, "\(outcome.errors)")
    #expect(outcome.errors.contains(row.says) && outcome.output.isEmpty, "\(outcome.errors)")
    #expect(!site.has("Output"))
  }
}

/// The campaign as the manager of a place gets it.
@Suite("The campaign kit", .tags(.process)) struct KitTests {
  @Test("A venue's kit is whole, its codes say what they should, and each print has a serial")
  func venue() throws {
    let site = try Site()
    let made = try JSON(site.done("kit", Site.hotel, "--json").output)
    let folder = try #require(made["folder"].text)
    #expect(folder == "Output/kit/\(Site.hotel)-khach-san-huu-nghi")
    for name in [
      "ap-phich.pdf", "ap-phich.png", "ap-phich.svg", "man-hinh-ngang.png", "man-hinh-doc.png",
      "loa-phat-thanh.txt", "announcement.txt", "huong-dan.txt", "instructions.txt", "cai-dat.png",
      "cai-dat.svg",
    ] {
      #expect(site.has("\(folder)/\(name)"), "\(name)")
      #expect(made["files"].items.contains { $0.text == "\(folder)/\(name)" }, "\(name)")
    }
    #expect(made["serials"].items.compactMap(\.number) == [1, 2, 3])
    for picture in ["ap-phich.png", "man-hinh-ngang.png", "man-hinh-doc.png"] {
      let said = try site.run("verify", "\(folder)/\(picture)", "--json")
      #expect(try said.status == 0 && JSON(said.output)["venue"].text == Site.hotel, "\(picture)")
    }
    let spoken = try site.text(of: "\(folder)/loa-phat-thanh.txt")
    #expect(spoken.contains("Khách sạn Hữu Nghị") && spoken.contains("quy rờ"))
    #expect(spoken.contains("một chín không không") && !spoken.contains { $0.isNumber })
    let manual = try site.text(of: "\(folder)/huong-dan.txt")
    #expect(manual.contains("130 cm") && manual.contains("1900 9095"))
    #expect(manual.contains("04/08/2021") && manual.split(separator: "\n").count < 40)
    for said in made["announcements"].items {
      #expect(try #require(said["syllables"].number) <= 140)
    }
  }

  @Test("A ward is found by its name, and a name of several places is refused with all of them")
  func finds() throws {
    let site = try Site()
    let ward = try site.done("kit", "phuong quan toan", "--output", "w")
    #expect(ward.output.contains("w/11296-phuong-quan-toan/loa-phat-thanh.txt\n"))
    #expect(ward.output.contains("/ap-phich.pdf\n"))
    let text = try site.text(of: "w/11296-phuong-quan-toan/loa-phat-thanh.txt")
    #expect(text.contains("nhân dân phường Quán Toan") && text.contains("mười lăm tháng tám"))
    for (word, says) in [
      ("Quang Trung", "may be"), ("nothing-at-all", "nothing is called"), ("C4C6BHFZ0", "nothing"),
    ] {
      let outcome = try site.run("kit", word)
      #expect(outcome.status == 2 && outcome.errors.contains(says), "\(word): \(outcome.errors)")
    }
    let many = try site.run("kit", "Khách sạn")
    #expect(many.status == 2 && many.errors.contains("may be"), "\(many.errors)")
    // A union has no venue and still has something to say.
    let union = try site.done("kit", "doan-thanh-nien")
    #expect(union.lines.count == 4 && union.output.contains("doan-thanh-nien/cai-dat.svg"))
  }

  @Test("A text that takes too long is an error with its excess, and mints nothing")
  func refusesLongTexts() throws {
    let site = try Site(registry: .own)
    let text = String(repeating: "Xin mời quý khách quét mã khi vào và khi ra về. ", count: 20)
    try site.write("Kính thưa {place}. \(text)\n", to: "Venues/campaign/venue.vi.txt")
    for words in [["kit", Site.hotel], ["kit", Site.hotel, "--dry-run"]] {
      let outcome = try site.run(words, input: Data())
      #expect(outcome.status == 1 && outcome.errors.contains("venue.vi.txt"), "\(outcome.errors)")
      #expect(outcome.errors.contains("more than the 40.0 s"), "\(outcome.errors)")
    }
    #expect(!site.has("Output"))
    try site.write("Kính thưa {plaec}.\n", to: "Venues/campaign/venue.vi.txt")
    let misspelt = try site.run("kit", Site.hotel)
    #expect(misspelt.status == 1 && misspelt.errors.contains("{plaec}"), "\(misspelt.errors)")
    // The first serial is still to be had.
    let poster = try JSON(site.done("qr", Site.hotel, "--json").output)
    #expect(poster["serial"].number == 1)
  }

  @Test("A place whose text takes too long keeps no other from its kit")
  func goesOnWithTheOthers() throws {
    let site = try Site(registry: .own)
    let text = String(repeating: "Xin mời quý khách quét mã khi vào và khi ra về. ", count: 20)
    try site.write("Kính thưa {place}. \(text)\n", to: "Venues/campaign/venue.vi.txt")
    let outcome = try site.run("kit", "so-du-lich", "--dry-run")
    #expect(outcome.status == 3 && outcome.lines.count == 1 + 19)
    #expect(outcome.errors.contains("Khách sạn Hữu Nghị") && outcome.errors.contains("more than"))
  }

  @Test("A dry run tells how long each announcement of an agency takes, and makes nothing")
  func dryRun() throws {
    let site = try Site()
    let outcome = try site.done("kit", "so-du-lich", "--dry-run")
    #expect(outcome.lines.count == 1 + 19 && outcome.lines[0].contains("vi "))
    #expect(outcome.errors.contains("57 prints") && !site.has("Output"), "\(outcome.errors)")
  }

  @Test("A ward's kit in one file: its announcement, then a poster and a page for each manager")
  func oneFile() throws {
    let site = try Site()
    let words = ["kit", "phuong quan toan", "--one-file", "quan-toan.pdf", "--output", "w"]
    let timed = try site.run(words + ["--dry-run"], input: Data())
    try #require(timed.status == 0, "\(timed.errors)")
    #expect(timed.lines.first?.hasPrefix("11296-phuong-quan-toan: vi ") == true)
    #expect(timed.errors.contains("would get \(timed.lines.count - 1) print"))
    #expect(!site.has("w"))

    let made = try site.run(words + ["--json"], input: Data())
    try #require(made.status == 0, "\(made.errors)")
    let parts = try JSON.lines(made.output)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: site.path("w")) == ["quan-toan.pdf"])
    let venues = parts.count - 1
    #expect(parts.count == timed.lines.count && venues > 0)
    #expect(parts[0]["page"].number == 1 && parts[0]["serials"].items.isEmpty)
    // A poster, and a page for its manager.
    for (index, part) in parts.dropFirst().enumerated() {
      #expect(part["page"].number == 2 + 2 * index)
      #expect(part["serials"].items.compactMap(\.number) == [1])
      #expect(part["files"].items.map(\.text) == ["w/quan-toan.pdf"])
    }

    let shown = try site.shell(
      "pdfinfo w/quan-toan.pdf; pdffonts w/quan-toan.pdf; pdftotext -raw w/quan-toan.pdf -")
    try #require(shown.status == 0, "\(shown.errors)")
    #expect(shown.output.contains(try Regex("Pages: +\(1 + 2 * venues)\\n")))
    #expect(shown.output.contains("Bộ tài liệu mã QR – Phường Quán Toan"))
    let fonts = shown.output.split(separator: "\n").filter { $0.contains("NotoSans") }
    #expect(!fonts.isEmpty && fonts.allSatisfy { $0.contains(/yes +yes +yes/) })
    // As a reader takes it out: the same words, lines broken elsewhere.
    func joined(_ text: String) -> String {
      text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
    let text = joined(shown.output)
    for part in parts {
      for said in part["announcements"].items {
        #expect(try text.contains(joined(#require(said["text"].text))))
      }
    }
    #expect(text.contains("HƯỚNG DẪN ĐẶT MÃ QR") && text.contains("ĐỌC TRÊN LOA – "))
    #expect(text.split(separator: "https://bluezone.gov.vn").count == 2 + venues)

    // Every code of every page: the install link before, and then in turn with a genuine poster.
    let said = try JSON.lines(site.run("verify", "w/quan-toan.pdf", "--json").output)
    #expect(said.count == 1 + 2 * venues)
    for (index, code) in said.enumerated() {
      if index % 2 == 1 {
        #expect(code["venue"].text == parts[(index + 1) / 2]["venue"].text)
        #expect(code["valid"].truth == true)
      } else {
        #expect(code["reason"].text == "foreign_url")
      }
    }
  }

  @Test("One file of a venue or of an agency without any, and again over the one that was there")
  func oneFileOfOne() throws {
    let site = try Site()
    for serial in 1...2 {
      let made = try JSON(site.done("kit", Site.hotel, "--one-file", "k.pdf", "--json").output)
      #expect(made["serials"].items.compactMap(\.number) == [serial] && made["page"].number == 1)
    }
    #expect(try site.shell("pdfinfo Output/kit/k.pdf").output.contains("Pages:           2\n"))
    let union = try site.done("kit", "doan-thanh-nien", "--one-file", "d.pdf")
    #expect(union.output == "Output/kit/d.pdf\n")
    #expect(try site.shell("pdfinfo Output/kit/d.pdf").output.contains("Pages:           1\n"))
  }

  @Test("A text that cannot be printed, or is too long, leaves no file and no serial")
  func oneFileFails() throws {
    let site = try Site(registry: .own)
    let words = ["kit", Site.hotel, "--one-file", "k.pdf"]
    let good = try site.text(of: "Venues/campaign/venue.vi.txt")
    let long = String(repeating: "Xin mời quý khách quét mã khi vào và khi ra về. ", count: 20)
    for (text, says) in [
      ("Kính thưa {place}. \(long)\n", "more than the 40.0 s"), ("{place} 漢字\n", "U+6F22"),
    ] {
      try site.write(text, to: "Venues/campaign/venue.vi.txt")
      for words in [words, words + ["--dry-run"]] {
        let outcome = try site.run(words, input: Data())
        #expect(outcome.status == 1 && outcome.errors.contains(says), "\(outcome.errors)")
      }
    }
    try site.write(good, to: "Venues/campaign/venue.vi.txt")
    // Here the serial is reserved already, and is given back.
    let settings = try site.text(of: "Venues/campaign/campaign.json")
    let app = String(repeating: "Bluezone ", count: 99)
    try site.write(
      settings.replacing("\"Bluezone\"", with: "\"\(app)\""),
      to: "Venues/campaign/campaign.json")
    for text in ["venue.vi.txt", "venue.en.txt"] {
      try site.write("{place}\n", to: "Venues/campaign/\(text)")
    }
    let late = try site.run(words, input: Data())
    #expect(late.status == 1 && late.errors.contains("no room"), "\(late.errors)")
    #expect(try site.shell("find Output -type f").output.isEmpty)
    let poster = try JSON(site.done("qr", Site.hotel, "--json").output)
    #expect(poster["serial"].number == 1)
  }
}
