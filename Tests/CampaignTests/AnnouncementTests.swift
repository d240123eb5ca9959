import Campaign
import Foundation
import TestSupport
import Testing
import VenueCodes
import VenueRegistry

@Suite("What is read aloud") struct AnnouncementTests {
  struct NumberRow: CustomTestStringConvertible, Sendable {
    let number: Int
    let vietnamese: String
    let english: String
    var testDescription: String { "\(number)" }
  }

  static let numbers = [
    NumberRow(number: 0, vietnamese: "không", english: "zero"),
    NumberRow(number: 5, vietnamese: "năm", english: "five"),
    NumberRow(number: 10, vietnamese: "mười", english: "ten"),
    NumberRow(number: 11, vietnamese: "mười một", english: "eleven"),
    NumberRow(number: 14, vietnamese: "mười bốn", english: "fourteen"),
    NumberRow(number: 15, vietnamese: "mười lăm", english: "fifteen"),
    NumberRow(number: 21, vietnamese: "hai mươi mốt", english: "twenty-one"),
    NumberRow(number: 24, vietnamese: "hai mươi tư", english: "twenty-four"),
    NumberRow(number: 101, vietnamese: "một trăm linh một", english: "one hundred and one"),
    NumberRow(number: 115, vietnamese: "một trăm mười lăm", english: "one hundred and fifteen"),
    NumberRow(
      number: 2020, vietnamese: "hai nghìn không trăm hai mươi",
      english: "two thousand and twenty"),
    NumberRow(
      number: 2005, vietnamese: "hai nghìn không trăm linh năm", english: "two thousand and five"),
    NumberRow(
      number: 68_827, vietnamese: "sáu mươi tám nghìn tám trăm hai mươi bảy",
      english: "sixty-eight thousand eight hundred and twenty-seven"),
    NumberRow(
      number: 1_000_000, vietnamese: "một triệu", english: "one million"),
  ]

  @Test("Numbers are written as they are spoken", arguments: numbers)
  func speaksNumbers(row: NumberRow) {
    #expect(SpokenLanguage.vietnamese.number(row.number) == row.vietnamese)
    #expect(SpokenLanguage.english.number(row.number) == row.english)
  }

  @Test("Every number below ten thousand has words of its own")
  func numbersDiffer() {
    for language in SpokenLanguage.allCases {
      #expect(Set((0..<10_000).map(language.number)).count == 10_000)
    }
  }

  @Test("Dates and telephone numbers are written as they are spoken")
  func speaksDates() throws {
    #expect(
      SpokenLanguage.vietnamese.date(try day("2020-08-15"))
        == "mười lăm tháng tám năm hai nghìn không trăm hai mươi")
    #expect(
      SpokenLanguage.vietnamese.date(try day("2021-04-01"))
        == "mùng một tháng tư năm hai nghìn không trăm hai mươi mốt")
    #expect(
      SpokenLanguage.english.date(try day("2020-08-21"))
        == "the twenty-first of August twenty twenty")
    #expect(
      SpokenLanguage.vietnamese.digits("1900 9095")
        == "một chín không không, chín không chín năm")
  }

  private static let words = SpokenWords(
    .vietnamese, table: ["QR": "quy rờ", "Co.opmart": "cúp mát", "GO!": "gâu"],
    abbreviations: [
      Abbreviation(short: "UBND", long: "Ủy ban nhân dân"),
      Abbreviation(short: "THPT", long: "Trung học phổ thông"),
    ])

  static let spoken: [(String, String)] = [
    ("mã QR, UBND phường", "mã quy rờ, Ủy ban nhân dân phường"),
    ("Trường THPT (cơ sở 2)", "Trường Trung học phổ thông cơ sở hai"),
    ("Ga 15/8", "Ga mười lăm tháng tám"), ("Chợ 30/4", "Chợ ba mươi tháng tư"),
    ("Cầu 2/9, phố 19-8", "Cầu hai tháng chín, phố mười chín tháng tám"),
    ("Ngày 30/4/1975", "Ngày ba mươi tháng tư năm một nghìn chín trăm bảy mươi lăm"),
    ("Số 12/45", "Số mười hai trên bốn mươi lăm"), ("Ngõ 30/2", "Ngõ ba mươi trên hai"),
    ("1.000 mã", "một nghìn mã"), ("nam/nữ", "nam nữ"),
    ("Siêu thị GO! Hải Phòng", "Siêu thị gâu Hải Phòng"),
    ("Siêu thị Co.opmart", "Siêu thị cúp mát"), ("MM Mega", "mờ mờ Mega"),
    ("Chợ Sắt – cửa 1", "Chợ Sắt, cửa một"), ("Y tế & Dược", "Y tế và Dược"),
    ("B52", "bê năm mươi hai"), ("0912", "không chín một hai"), ("AEON Mall", "AEON Mall"),
    ("qr.vn.", "quy rờ chấm vê en."),
  ]

  @Test("Short forms, digits, hosts and marks are written as they are spoken")
  func speaksWords() {
    let words = SpokenWords(
      .vietnamese,
      table: ["QR": "quy rờ", "qr": "quy rờ", "vn": "vê en", "Co.opmart": "cúp mát", "GO!": "gâu"],
      abbreviations: [
        Abbreviation(short: "UBND", long: "Ủy ban nhân dân"),
        Abbreviation(short: "THPT", long: "Trung học phổ thông"),
      ])
    for (written, spoken) in Self.spoken { #expect(words.spoken(written) == spoken) }
  }

  @Test("English speaks dates in names and grouped thousands too")
  func speaksEnglishWords() {
    let words = SpokenWords(.english, table: [:])
    for (written, spoken) in [
      ("30/4 Park", "the thirtieth of April Park"),
      ("Route 12/45", "Route twelve slash forty-five"),
      ("2-9 Square", "the second of September Square"), ("1,000 codes", "one thousand codes"),
    ] {
      #expect(words.spoken(written) == spoken)
    }
  }

  @Test("A venue whose name makes a text too long goes by its short name")
  func usesShortNames() throws {
    let settings = try CampaignSettings(
      json: #"{"install_link": "https://a.vn", "limit_seconds": 5}"#.utf8)
    func facts(_ short: String?) throws -> (CampaignFacts, CampaignSubject) {
      let venue = Venue(
        id: try VenueID(parsing: "C4C6BHFZC"),
        name: "một hai ba bốn năm sáu bảy tám chín mười một hai ba bốn năm sáu bảy tám chín mười",
        shortName: short, category: "hotel", agency: "a", division: "1")
      let registry = Registry(categories: [], agencies: [], divisions: [], venues: [venue])
      return (
        CampaignFacts(
          registry: registry, settings: settings, hotline: nil, host: nil,
          today: try day("2020-08-06")), .venue(venue)
      )
    }
    let text = try CampaignText("Xin chào {place}.")
    let (short, venue) = try facts("chợ")
    let said = try short.announcement(text, about: venue, words: Self.words)
    #expect(said.text == "Xin chào chợ.")
    let (long, other) = try facts(nil)
    #expect(throws: CampaignError.self) {
      try long.announcement(text, about: other, words: Self.words)
    }
  }

  @Test("Time is syllables and pauses, and a second too much is told")
  func takesTime() throws {
    let text = try CampaignText("Một hai, ba bốn.\nNăm sáu!")
    let said = try Announcement(
      text, facts: [:], words: Self.words,
      rate: SpeechRate(syllablesPerSecond: 2, commaSeconds: 0.3, sentenceSeconds: 1))
    #expect(said.syllables == 6 && said.tenths == 43)  // 3 s, a comma, one end before more words
    #expect(throws: CampaignError.tooLong(tenths: 43, limitTenths: 40, syllables: 6)) {
      try Announcement(
        text, facts: [:], words: Self.words,
        rate: SpeechRate(syllablesPerSecond: 2, commaSeconds: 0.3, sentenceSeconds: 1),
        limitSeconds: 4)
    }
    let error = CampaignError.tooLong(tenths: 437, limitTenths: 400, syllables: 160)
    #expect(error.description.contains("43.7 s") && error.description.contains("3.7 s more"))
  }

  @Test("A Vietnamese word is a syllable, tones, marks and pieces notwithstanding")
  func countsSyllables() throws {
    let words = "nghiêng quý khuya hoà Nguyễn giờ thuyền ỷ ưỡn đường ngoằn ngoèo"
    for text in [words, words.decomposedStringWithCanonicalMapping] {
      let said = try Announcement(try CampaignText(text), facts: [:], words: Self.words)
      #expect(said.syllables == 12)
    }
    let foreign = try Announcement(
      try CampaignText("Flamingo Beach Resort Plaza"), facts: [:], words: Self.words)
    #expect(foreign.syllables == 8)
  }

  // MARK: Texts

  @Test("A sentence in brackets goes when a fact in it is unknown; any other gap is an error")
  func fills() throws {
    let text = try CampaignText("# remark\nXin chào {place}. [Gọi {hotline}.]\n\n\nHết.")
    #expect(try text.filled([.place: "chợ"]) == "Xin chào chợ.\n\nHết.")
    #expect(
      try text.filled([.place: "chợ", .hotline: "1900"]) == "Xin chào chợ. Gọi 1900.\n\nHết.")
    #expect(throws: CampaignError.missingFact(name: "place")) { try text.filled([:]) }
    #expect(text.facts == [.place, .hotline])
    #expect(throws: CampaignError.empty) { try CampaignText("# nothing\n").filled([:]) }
    for (bad, error) in [
      ("{plaec}", CampaignError.unknownFact(name: "plaec")), ("a { b", .unevenBrackets(line: 1)),
      ("x\na } b", .unevenBrackets(line: 2)), ("[a [b]]", .unevenBrackets(line: 1)),
      ("[a", .unevenBrackets(line: 1)), ("a]", .unevenBrackets(line: 1)),
    ] {
      #expect(throws: error) { try CampaignText(bad) }
    }
  }

  @Test("Settings with a misspelt key, a wrong kind or a bad link are refused")
  func refusesSettings() throws {
    let good = try CampaignSettings(
      json: #"{"install_link": "https://a.vn/x", "limit_seconds": 30}"#.utf8)
    #expect(good.installHost == "a.vn" && good.limitSeconds == 30)
    for (json, key) in [
      (#"{"install_link": "https://a.vn", "apps": "x"}"#, "apps"), (#"{}"#, "install_link"),
      (#"{"install_link": "http://a.vn"}"#, "install_link"),
      (#"{"install_link": "https://a b"}"#, "install_link"),
      (#"{"install_link": "https://a.vn", "limit_seconds": 1}"#, "limit_seconds"),
      (#"{"install_link": "https://a.vn", "report": {"sinner": ""}}"#, "report.sinner"),
      (
        #"{"install_link": "https://a.vn", "report": {"agencies": {"x": {"sinner": ""}}}}"#,
        "report.agencies.x.sinner"
      ),
      (#"{"install_link": 3}"#, "install_link"), ("[]", ""), ("", ""), ("{", ""),
    ] {
      let error = #expect(throws: CampaignError.self) { try CampaignSettings(json: json.utf8) }
      guard case .settings(let found, _)? = error else {
        Issue.record("\(json): \(String(describing: error))")
        continue
      }
      #expect(found == key, "\(json)")
    }
  }

  @Test("An agency's report is its own: its name, its number, and who it goes to")
  func agencyWrites() throws {
    let settings = try CampaignSettings(
      json: #"""
        {"install_link": "https://a.vn", "report": {
          "superior": "Ủy ban", "office": "Sở Thông tin", "number_suffix": "BC-STTTT",
          "signer": "Giám đốc", "recipients": ["Các sở."],
          "agencies": {"so-du-lich": {"number_suffix": "BC-SDL", "recipients": ["Lưu."]}}}}
        """#.utf8)
    func agency(_ id: String, _ name: String) -> Agency {
      Agency(id: id, name: BilingualName(vietnamese: name, english: name), kind: .department)
    }
    let other = settings.written(by: agency("so-y-te", "Sở Y tế"))
    #expect(other.office == "Sở Y tế" && other.superior == "Ủy ban")
    #expect(!other.numberSuffix.contains("STTTT") && other.signer != "Giám đốc")
    #expect(
      other.recipients
        == ["Ủy ban (để báo cáo);", "Sở Thông tin (để tổng hợp);", "Lưu: VT."])
    let own = settings.written(by: agency("so-du-lich", "Sở Du lịch"))
    #expect(own.numberSuffix == "BC-SDL" && own.recipients == ["Lưu."])
    #expect(settings.written(by: agency("so-tt", "Sở thông tin")) == settings)
  }

  @Test("A table of spoken forms with a bad row is refused with its line")
  func refusesSpokenWords() throws {
    let good = try SpokenWords(
      .vietnamese, csv: Array("written,spoken\nQR,\"quy, rờ\"\n".utf8))
    #expect(good.spoken("QR") == "quy, rờ")
    for (text, line) in [
      ("a,b\nQR,x\n", 1), ("written,spoken\nQR,\n", 2), ("written,spoken\nQ R,x\n", 2),
      ("written,spoken\nQR,x\nQR,y\n", 3),
    ] {
      let error = #expect(throws: CampaignError.self) {
        try SpokenWords(.vietnamese, csv: Array(text.utf8))
      }
      guard case .spokenWords(let found, _)? = error else {
        Issue.record("\(text): \(String(describing: error))")
        continue
      }
      #expect(found == line, "\(text)")
    }
  }
}

/// The texts that are shipped, for every place that is shipped.
@Suite("The shipped announcements") struct ShippedAnnouncementTests {
  private static let venues = TestEnvironment.packageRoot.appendingPathComponent("Venues")

  private static func text(_ name: String) throws -> String {
    try String(contentsOf: venues.appendingPathComponent(name), encoding: .utf8)
  }

  /// The registry that is shipped, with every agency's deadline on a day if one is given.
  private static func registry(deadline: String? = nil) throws -> Registry {
    var files = RegistryFiles()
    for name in [
      RegistryFiles.categories, RegistryFiles.agencies, RegistryFiles.divisions,
      RegistryFiles.abbreviations,
    ] {
      files.texts[name] = try text(name)
    }
    if let deadline {
      files.texts[RegistryFiles.agencies] = try text(RegistryFiles.agencies)
        .replacing("2020-08-15", with: deadline).replacing("2020-08-20", with: deadline)
    }
    let folder = venues.appendingPathComponent(RegistryFiles.venuesFolder)
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path)
    where name.hasSuffix(".csv") {
      let path = "\(RegistryFiles.venuesFolder)/\(name)"
      files.texts[path] = try text(path)
    }
    let (registry, diagnostics) = Registry.read(files)
    try #require(diagnostics.isEmpty)
    return registry
  }

  @Test(
    "Every venue, ward and agency can be announced in 40 seconds, in words",
    arguments: SpokenLanguage.allCases, ["2020-08-06", "2020-11-21", "2020-12-31"])
  func fitsEverywhere(language: SpokenLanguage, today: String) throws {
    let registry = try Self.registry(deadline: today)
    let settings = try CampaignSettings(json: try Self.text("campaign/campaign.json").utf8)
    #expect(settings.limitSeconds == 40)
    let words = try SpokenWords(
      language, csv: Array(try Self.text("campaign/spoken.\(language.rawValue).csv").utf8),
      abbreviations: language == .vietnamese ? registry.abbreviations : [])
    let facts = CampaignFacts(
      registry: registry, settings: settings, hotline: "1900 9095", host: "qr.haiphong.gov.vn",
      today: try day(today))
    let subjects: [CampaignSubject] =
      registry.venues.map { .venue($0) } + registry.divisions.map { .division($0) }
      + registry.agencies.map { .agency($0) }
    #expect(subjects.count == 335 + 239 + 30)
    var texts: [String: CampaignText] = [:]
    for name in ["venue", "division", "agency"] {
      texts[name] = try CampaignText(try Self.text("campaign/\(name).\(language.rawValue).txt"))
    }
    var longest = 0
    for subject in subjects {
      let text = try #require(texts[subject.textName])
      let said = try facts.announcement(text, about: subject, words: words)
      longest = max(longest, said.tenths)
      // Nothing is left that a reader would have to work out.
      let isSpoken = !said.text.contains { $0.isNumber || "{}[]()/&–".contains($0) }
      #expect(isSpoken, "\(said.text)")
      #expect(!said.text.contains("UBND") && !said.text.contains("THPT"), "\(said.text)")
      #expect(said.syllables >= 80)
    }
    // They use the time they have, so that the limit is one that is felt.
    #expect(longest > 330)
  }

  @Test("What is said of a ward names the ward, its committee's deadline and the hotline")
  func saysFacts() throws {
    let registry = try Self.registry()
    let settings = try CampaignSettings(json: try Self.text("campaign/campaign.json").utf8)
    let ward = try #require(registry.division("11296"))
    func facts(_ today: String) throws -> [CampaignFact: String] {
      CampaignFacts(
        registry: registry, settings: settings, hotline: "1900 9095", host: nil,
        today: try day(today)
      ).facts(about: .division(ward), in: .vietnamese, .spoken)
    }
    let before = try facts("2020-08-15")
    #expect(before[.place] == "phường Quán Toan")
    // The year is that of who listens.
    #expect(before[.deadline] == "mười lăm tháng tám")
    #expect(before[.consolidated] == "hai mươi tháng tám")
    #expect(
      try facts("2019-08-15")[.deadline]?.hasSuffix("năm hai nghìn không trăm hai mươi") == true)
    #expect(before[.hotline] == "một chín không không, chín không chín năm")
    #expect(before[.host] == nil && before[.venues] == "một")
    let after = try facts("2020-08-16")
    #expect(after[.deadline] == nil && after[.consolidated] != nil)
  }
}
