import Campaign
import CodeReading
import Foundation
import Posters
import TestSupport
import Testing
import VenueCodes
import VenueRegistry

@Suite("The leaflet of a kit") struct KitLeafletTests {
  private typealias Passage = KitLeaflet.Passage

  /// The campaign of `Venues/`, which fills texts as `checkin kit` does.
  private struct Texts {
    let facts: CampaignFacts
    let expires: LocalDay
    var texts: [String: CampaignText] = [:]
    var words: [SpokenLanguage: SpokenWords] = [:]

    init() throws {
      let folder = TestEnvironment.packageRoot.appendingPathComponent("Venues/campaign")
      let registry = try Samples.registry()
      let settings = try CampaignSettings(
        json: Data(contentsOf: folder.appendingPathComponent("campaign.json")))
      let today = LocalDay(daysSince2020: 218)
      expires = today.advanced(by: 364)
      facts = CampaignFacts(
        registry: registry, settings: settings, hotline: "1900 9095", host: "qr.haiphong.gov.vn",
        today: today)
      for language in SpokenLanguage.allCases {
        for name in ["venue", "division", "agency", "instructions"] {
          let file = folder.appendingPathComponent("\(name).\(language.rawValue).txt")
          texts["\(name).\(language)"] = try CampaignText(String(contentsOf: file, encoding: .utf8))
        }
        let table = try Data(
          contentsOf: folder.appendingPathComponent("spoken.\(language.rawValue).csv"))
        words[language] = try SpokenWords(
          language, csv: Array(table),
          abbreviations: language == .vietnamese ? registry.abbreviations : [])
      }
    }

    private func text(_ name: String, _ language: SpokenLanguage) throws -> CampaignText {
      try #require(texts["\(name).\(language)"])
    }

    func leaflet(about subject: CampaignSubject) throws -> KitLeaflet {
      var instructions: [Passage] = []
      var said: [Passage] = []
      for language in SpokenLanguage.allCases {
        let announcement = try Announcement(
          text(subject.textName, language),
          facts: facts.facts(about: subject, in: language, .spoken, expires: expires),
          words: #require(words[language]))
        said.append(Passage(language, announcement.text, tenths: announcement.tenths))
        if case .venue = subject {
          let filled = try text("instructions", language).filled(
            facts.facts(about: subject, in: language, .written, expires: expires))
          instructions.append(Passage(language, filled))
        }
      }
      let (name, mark) =
        switch subject {
        case .venue(let venue): (venue.name, venue.id.grouped)
        case .division(let division): (division.name, division.code)
        case .agency(let agency): (agency.name.vietnamese, agency.id)
        }
      return try KitLeaflet(
        name, mark: mark, instructions: instructions, announcements: said, app: facts.settings.app,
        install: QRSymbol(text: facts.settings.installLink))
    }
  }

  private static let link = "https://bluezone.gov.vn"

  private static func leaflet(
    _ title: String = "Khách sạn Hữu Nghị", instructions: String = "HƯỚNG DẪN\n\n1. Treo áp phích.",
    said: String = "Kính thưa quý khách!", app: String = "Bluezone", link: String = link
  ) throws -> KitLeaflet {
    try KitLeaflet(
      title, mark: "C4C6 BHFZC", instructions: [Passage(.vietnamese, instructions)],
      announcements: [
        Passage(.vietnamese, said, tenths: 123), Passage(.english, said, tenths: 45),
      ], app: app, install: QRSymbol(text: link))
  }

  /// What is wrong with the pages of a leaflet, in words.
  private static func problems(_ pages: [PosterPage], link: String = link) -> [String] {
    var found: [String] = []
    for page in pages {
      found += page.layout.problems(on: .a4, allowsBelowMinimum: true)
      if page.layout.page != PosterLayout.Box(x: 0, y: 0, width: 210, height: 297) {
        found.append("it is no A4")
      }
      for block in page.layout.blocks where block.pointSize < 9 {
        found.append("\(block.text) has \(block.pointSize) pt")
      }
    }
    if pages.flatMap(\.texts) != [link] { found.append("its codes are \(pages.flatMap(\.texts))") }
    guard let last = pages.last, let code = last.layout.symbols.first else {
      return found + ["the last page has no code"]
    }
    if code.modules.width < 30 { found.append("the code has \(code.modules.width) mm") }
    // Four modules of quiet on each side, of a symbol that has as many modules as its link needs.
    let side = (try? QRSymbol(text: link).side) ?? 0
    let quiet = 4 * code.modules.width / Double(side)
    for edge in [
      code.modules.x - code.quietZone.x, code.modules.y - code.quietZone.y,
      code.quietZone.maxX - code.modules.maxX, code.quietZone.maxY - code.modules.maxY,
    ] where abs(edge - quiet) > 1e-9 {
      found.append("the quiet zone has \(edge) mm")
    }
    let below = last.layout.blocks.filter { $0.frame.y >= code.quietZone.maxY - 0.001 }
    if !below.map(\.text).joined().hasPrefix(link) {
      found.append("the link is not under its code")
    }
    return found
  }

  /// All letters of the pages in order, without the feet and without blanks.
  private static func letters(_ pages: [PosterPage]) -> String {
    pages.flatMap { $0.layout.blocks.dropLast() }.map(\.text).joined().filter { $0 != " " }
  }

  @Test(
    "Every venue, division and agency of the registry has its room, on two pages and on one",
    .tags(.slow))
  func everySubject() throws {
    let campaign = try Texts()
    let registry = campaign.facts.registry
    #expect(registry.venues.count == 335 && registry.divisions.count > 200)
    let subjects =
      registry.venues.map(CampaignSubject.venue) + registry.divisions.map(CampaignSubject.division)
      + registry.agencies.map(CampaignSubject.agency)
    var found: [String] = []
    for subject in subjects {
      let pages = try campaign.leaflet(about: subject).pages()
      found += Self.problems(pages, link: campaign.facts.settings.installLink).map {
        "\(subject): \($0)"
      }
      let isVenue = if case .venue = subject { true } else { false }
      if pages.count > (isVenue ? 2 : 1) { found.append("\(subject) has \(pages.count) pages") }
      // What is read out is on the page as it was timed, 12 pt at least.
      let said = pages.flatMap(\.layout.blocks).filter { $0.text.hasPrefix("Kính thưa") }
      if said.isEmpty || said.contains(where: { $0.pointSize < 12 }) {
        found.append("\(subject): the announcement is too small")
      }
      // Nobody turns a page while reading aloud.
      let first = pages.firstIndex { $0.layout.blocks.contains { $0.text.hasPrefix("Kính thưa") } }
      let last = pages.firstIndex { $0.layout.blocks.contains { $0.text.hasSuffix("cảm ơn!") } }
      if first == nil || first != last { found.append("\(subject): the announcement is parted") }
    }
    #expect(found == [])
  }

  struct LongText: CustomTestStringConvertible, Sendable {
    let testDescription: String
    var instructions = "HƯỚNG DẪN\nKhách sạn\n\n1. Treo áp phích.\n2. Quét thử."
    var said = "Kính thưa quý khách!\nXin cảm ơn."
    var link = KitLeafletTests.link
  }

  static let longTexts = [
    LongText(
      testDescription: "an announcement of ten minutes in one line",
      said: String(repeating: "Xin mời quý khách quét mã khi vào, khi ra. ", count: 300)),
    LongText(
      testDescription: "instructions of 400 items",
      instructions: "HƯỚNG DẪN\n\n"
        + (1...400).map { "\($0). Treo áp phích bên trái lối vào." }.joined(separator: "\n")),
    LongText(
      testDescription: "one word that is longer than two pages",
      instructions: "A\n\n" + String(repeating: "Ễ", count: 9_000)),
    LongText(
      testDescription: "a text that is longer than what is set at once",
      instructions: String(repeating: "Ộ ", count: 25_000)),
    LongText(
      testDescription: "a link as long as may be",
      link: "https://" + String(repeating: "w", count: 150) + "/" + Samples.digits(141)),
    LongText(
      testDescription: "stacked accents, and empty lines at both ends",
      instructions: "\n\nỄỘỖ ỀỆỔ ẪẶỮ ỦỰỬ\n\n\nỄỘỖ\n", said: "\nỄỘỖ ỀỆỔ ẪẶỮ\nỦỰỬ\n"),
  ]

  @Test("A text of any length goes on to further pages, whole and in order", arguments: longTexts)
  func goesOn(row: LongText) throws {
    let pages = try Self.leaflet(instructions: row.instructions, said: row.said, link: row.link)
      .pages()
    #expect(Self.problems(pages, link: row.link) == [])
    let letters = Self.letters(pages)
    for text in [row.instructions, row.said, row.link] {
      #expect(letters.contains(text.filter { $0 != " " && $0 != "\n" }))
    }
    for page in pages { #expect(page.layout.blocks.count > 1) }
  }

  @Test("Texts shrink to fit one page before they take two, and grow again on two")
  func shrinks() throws {
    func leaflet(_ count: Int) throws -> [PosterPage] {
      let items = (1...count).map { "\($0). Treo áp phích bên trái lối vào, cao 130 cm." }
      return try Self.leaflet(instructions: "HƯỚNG DẪN\n\n" + items.joined(separator: "\n")).pages()
    }
    func size(_ pages: [PosterPage]) throws -> Double {
      try #require(pages[0].layout.blocks.first { $0.text.hasPrefix("Treo") }).pointSize
    }
    var sizes: [(pages: Int, size: Double)] = []
    for count in stride(from: 5, through: 60, by: 5) {
      let pages = try leaflet(count)
      #expect(Self.problems(pages) == [])
      sizes.append((pages.count, try size(pages)))
    }
    #expect(sizes.first?.pages == 1 && sizes.first?.size == 10.5)
    #expect(sizes.contains { $0.pages == 1 && $0.size < 10 })
    #expect(sizes.contains { $0.pages == 2 && $0.size == 10.5 })
  }

  @Test("What no typeface shows, and an app whose name has no room, is refused by its code")
  func refuses() throws {
    for (code, make) in [
      ("poster-glyph-missing", { try Self.leaflet(instructions: "漢字").pages() }),
      ("poster-character", { try Self.leaflet(said: "a\tb").pages() }),
      (
        "poster-no-room",
        { try Self.leaflet(app: String(repeating: "Ứng dụng ", count: 99)).pages() }
      ),
    ] as [(String, () throws -> [PosterPage])] {
      let error = #expect(throws: PosterError.self) { _ = try make() }
      #expect(error?.code == code)
    }
  }

  @Test("A page that is read back shows the code of the link and no other")
  func proves() throws {
    for link in [Self.link, "https://a.vn/" + Samples.digits(280)] {
      let pages = try Self.leaflet(link: link).pages()
      let page = try #require(pages.last)
      let image = try GreyImage(pdf: page.pdf())
      try SheetProof(of: page).check(image, as: "page")
      #expect(throws: PosterError.self) {
        try SheetProof(texts: ["https://other.vn"]).check(image, as: "page")
      }
    }
  }
}
