import Campaign
import CodeReading
import Posters
import TestSupport
import Testing
import VenueCodes
import VenueRegistry

@Suite("The deployment report as a document") struct DeploymentDocumentTests {
  /// A city of one district with so many markets, some named as no typeface can print.
  private static func report(venues count: Int) throws -> DeploymentReport {
    var generator = SeededGenerator(seed: 4)
    var registry = Registry(
      categories: [
        VenueCategory(
          code: "market", wireNumber: 11,
          name: BilingualName(vietnamese: "Chợ", english: "Market"), space: .closed,
          defaultStayMinutes: 60, isTailAllowed: true)
      ],
      agencies: [
        Agency(
          id: "a", name: BilingualName(vietnamese: "Sở Công Thương", english: "Trade"),
          kind: .department, clause: "coordination", reportsBy: LocalDay(daysSince2020: 226))
      ],
      divisions: [
        Division(code: "1", parent: nil, kind: "thành phố", name: "Thành phố Hải Phòng"),
        Division(code: "11", parent: "1", kind: "quận", name: "Quận Hồng Bàng"),
        Division(code: "111", parent: "11", kind: "phường", name: "Phường Quán Toan"),
      ])
    for number in 0..<count {
      try registry.add(
        Venue(
          id: registry.unusedID(using: &generator),
          name: number % 7 == 0 ? "Chợ 漢字 🛒 số \(number)" : "Chợ số \(number)",
          category: "market", agency: "a", division: "111"))
    }
    let asOf = LocalDay(daysSince2020: 219)
    let printed = registry.venues.prefix(count / 2).map { venue in
      PosterPrint(
        venue: venue.id, firstDay: asOf.advanced(by: -9), lastDay: asOf.advanced(by: 300),
        printedOn: asOf.advanced(by: -9))
    }
    return DeploymentReport(
      registry: registry, prints: Array(printed),
      activity: [DayActivity(day: asOf, scans: [registry.venues[0].id: 1_234])], asOf: asOf,
      trendDays: 28)
  }

  private static func pdf(
    _ report: DeploymentReport, hasVietnamese: Bool = true, hasEnglish: Bool = true
  ) throws -> [UInt8] {
    var frame = DeploymentDocument.Frame()
    frame.office = "Sở Thông tin và Truyền thông"
    frame.recipients = ["Lưu: VT."]
    return try DeploymentDocument(
      report, frame: frame,
      languages: ReportLanguages(hasVietnamese: hasVietnamese, hasEnglish: hasEnglish),
      signedOn: LocalDay(daysSince2020: 220), madeAtSecond: 1_597_000_000
    ).pdf()
  }

  @Test("The same report gives the same bytes, whatever names are in it")
  func isDeterministic() throws {
    let report = try Self.report(venues: 300)
    let first = try Self.pdf(report)
    #expect(first.prefix(5).elementsEqual("%PDF-".utf8))
    #expect(try Self.pdf(report) == first)
    // What a printer makes of its first page has ink on it, and has margins.
    let image = try GreyImage(pdf: first)
    let dark = image.pixels.count { $0 < 128 }
    #expect(dark > image.pixels.count / 200 && dark < image.pixels.count / 5)
    let edge = image.width / 30
    for row in 0..<image.height {
      let line = image.pixels[row * image.width..<(row + 1) * image.width]
      #expect(
        line.prefix(edge).allSatisfy { $0 == 255 } && line.suffix(edge).allSatisfy { $0 == 255 })
    }
  }

  @Test(
    "No text stands in another or off the page, however many the order goes to",
    arguments: [1, 12, 30, 90])
  func keepsToItsPlaces(recipients: Int) throws {
    var frame = DeploymentDocument.Frame()
    frame.superior = "Ủy ban nhân dân thành phố Hải Phòng"
    frame.office = "Sở Thông tin và Truyền thông"
    frame.directive = "Thực hiện chỉ đạo của Ủy ban nhân dân thành phố"
    frame.recipients = (1...recipients).map { "Ủy ban nhân dân quận, huyện số \($0);" }
    let document = DeploymentDocument(
      try Self.report(venues: 40), frame: frame,
      languages: ReportLanguages(hasVietnamese: true, hasEnglish: true),
      signedOn: LocalDay(daysSince2020: 220), madeAtSecond: 1_597_000_000)
    let pages = try document.textBoxes()
    #expect(pages.count >= 4)
    for (number, texts) in pages.enumerated() {
      for (place, one) in texts.enumerated() {
        let box = one.box
        #expect(
          box.x >= 15 && box.y >= 15 && box.x + box.width <= 200 && box.y + box.height <= 292,
          "page \(number + 1): \(one.text)")
        for other in texts[(place + 1)...] {
          let across =
            min(box.x + box.width, other.box.x + other.box.width) - max(box.x, other.box.x)
          let down =
            min(box.y + box.height, other.box.y + other.box.height) - max(box.y, other.box.y)
          #expect(
            across <= 0.05 || down <= 0.05, "page \(number + 1): '\(one.text)', '\(other.text)'")
        }
      }
    }
    let all = pages.joined().map(\.text)
    for recipient in frame.recipients { #expect(all.contains("- \(recipient)")) }
  }

  @Test("Each choice of languages makes a document of its own")
  func hasLanguages() throws {
    let report = try Self.report(venues: 5)
    let documents = [
      try Self.pdf(report), try Self.pdf(report, hasEnglish: false),
      try Self.pdf(report, hasVietnamese: false),
    ]
    #expect(Set(documents).count == 3)
  }

  @Test("A list that is too long for paper ends with what is left out")
  func endsLongLists() throws {
    let short = try Self.pdf(try Self.report(venues: 4_000))
    let long = try Self.pdf(try Self.report(venues: 6_000))
    // Two thousand more in each list are a line on the last page, and not forty pages.
    #expect(long.count < short.count + short.count / 20)
  }
}
