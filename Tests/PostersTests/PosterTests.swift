import Posters
import Testing
import VenueCodes

extension Tag {
  /// Takes more than a second.
  @Tag static var slow: Self
}

@Suite("Poster") struct PosterTests {
  struct Variant: CustomTestStringConvertible, Sendable {
    let name: String
    var digits = 241
    var plainLink = false
    let change: @Sendable (inout PosterSheet) -> Void
    var testDescription: String { name }
  }
  static let variants = [
    Variant(name: "all fields") { _ in },
    Variant(name: "entrance") { $0.direction = .entrance },
    Variant(name: "exit in Vietnamese only") {
      $0.direction = .exit
      $0.languages = Samples.languages(["vi"])
    },
    Variant(name: "English first") { $0.languages = Samples.languages(["en", "vi"]) },
    Variant(name: "only what must be there") {
      $0 = PosterSheet(
        name: "A", direction: .inAndOut, typedCode: "0000 0000 0", issued: $0.issued,
        expires: $0.expires, printSerial: 0, languages: $0.languages)
    },
    Variant(name: "blank fields count as absent") {
      $0.zone = ""
      $0.address = "  "
    },
    Variant(name: "a name of 200 letters") {
      $0.name = String(repeating: "Trung tâm Văn hóa ", count: 11)
    },
    Variant(name: "a name of 200 letters without a space") {
      $0.name = String(repeating: "Ế", count: 200)
    },
    Variant(name: "a name with a word longer than a line") {
      $0.name = "Chợ " + String(repeating: "ngoằn", count: 20)
    },
    Variant(name: "everything long") {
      let long = String(repeating: "Quận Ngô Quyền, ", count: 8)
      $0.name = long
      $0.address = long
      $0.zone = long
      $0.district = long
      $0.authority = long
      $0.notice = long
      $0.hotline = String(repeating: "0225 3 747 888, ", count: 4)
    },
    Variant(name: "the smallest code", plainLink: true) { _ in },
    Variant(name: "a large code", digits: 900) { _ in },
  ]

  @Test("Nothing covers anything else, whatever the texts", arguments: variants)
  func layout(variant: Variant) throws {
    var sheet = Samples.sheet()
    variant.change(&sheet)
    let symbol =
      try variant.plainLink
      ? QRSymbol(text: "https://a.vn", leastVersion: 3) : Samples.symbol(digits: variant.digits)
    #expect(try PosterPage(sheet, symbol).layout.problems(on: .a4) == [])
  }

  @Test(
    "Every real name of Hai Phong has its room", .tags(.slow),
    .enabled(if: !Samples.realNames.isEmpty, "needs the shared data (CHECKIN_SHARED)"))
  func realNames() throws {
    let symbol = try Samples.symbol(digits: 289)
    var smallest = Double.infinity
    for name in Samples.realNames {
      let layout = try PosterPage(Samples.sheet(name: name), symbol).layout
      let found = layout.problems(on: .a4)
      #expect(found == [], "\(name)")
      let size = layout.blocks.first { $0.part == .name }?.pointSize ?? 0
      smallest = min(smallest, size)
    }
    #expect(Samples.realNames.count == 335)
    #expect(smallest >= 18, "names must be read from afar")
  }

  @Test("The code is 150 mm wide, whatever its version")
  func symbolSize() throws {
    for digits in [188, 241, 289] {
      let symbol = try Samples.symbol(digits: digits)
      let layout = try PosterPage(Samples.sheet(), symbol).layout
      let code = try #require(layout.symbols.first)
      #expect(code.modules.width == 150 && abs(code.modules.height - 150) < 1e-9)
      let quiet = code.quietZone.width - code.modules.width
      #expect(abs(quiet - 8 * 150 / Double(symbol.side)) < 1e-9)
    }
  }

  @Test("A poster says what its sheet says, in each of its languages")
  func says() throws {
    let sheet = Samples.sheet()
    let layout = try PosterPage(sheet, Samples.symbol()).layout
    func texts(_ part: PosterPart) -> [String] {
      layout.blocks.filter { $0.part == part }.map(\.text)
    }
    #expect(texts(.name) == ["Ga Hải Phòng"])
    #expect(texts(.zone) == ["Khu vực / Zone: Cửa số 2"])
    #expect(texts(.typedCode).last == "K7Q2 M9X4 T")
    #expect(texts(.heading) == ["QUÉT MÃ KHAI BÁO ĐIỂM ĐẾN", "Scan to check in and out"])
    #expect(texts(.direction) == ["VÀO VÀ RA", "In and out"])
    #expect(texts(.steps).count == 9, "three numbers, three steps in two languages")
    #expect(texts(.steps).filter { $0.contains("qr.haiphong.gov.vn") }.count == 2)
    #expect(!layout.blocks.contains { $0.text.contains("{") })
    let record = texts(.record)
    #expect(["23/08/2021", "30/05/2022", "3", "0225 3 747 888"].allSatisfy(record.contains))
  }

  @Test("Decomposed letters are composed before they are set")
  func composes() throws {
    let decomposed = "Ga Ha\u{309}i Pho\u{300}ng"
    let layout = try PosterPage(Samples.sheet(name: decomposed), Samples.symbol()).layout
    let name = try #require(layout.blocks.first { $0.part == .name })
    #expect(Array(name.text.unicodeScalars) == Array("Ga Hải Phòng".unicodeScalars))
  }

  struct Refusal: CustomTestStringConvertible, Sendable {
    let name: String
    let error: PosterError
    let change: @Sendable (inout PosterSheet) -> Void
    var testDescription: String { name }
  }
  static let refusals = [
    Refusal(
      name: "Khmer", error: .glyphMissing("\u{1780}", part: .name, family: "Noto Sans")
    ) { $0.name = "Chợ \u{1780}" },
    Refusal(
      name: "private use", error: .glyphMissing("\u{E000}", part: .address, family: "Noto Sans")
    ) { $0.address = "\u{E000}" },
    Refusal(
      name: "emoji", error: .glyphMissing("\u{1F600}", part: .zone, family: "Noto Sans")
    ) { $0.zone = "\u{1F600}" },
    Refusal(name: "line break", error: .characterNotPrintable("\n", part: .name)) {
      $0.name = "Chợ\nSắt"
    },
    Refusal(name: "direction mark", error: .characterNotPrintable("\u{202E}", part: .district)) {
      $0.agency = "A\u{202E}B"
    },
    Refusal(name: "NUL", error: .characterNotPrintable("\0", part: .notice)) { $0.notice = "A\0B" },
    Refusal(name: "no name", error: .empty(.name)) { $0.name = " " },
    Refusal(name: "no typed code", error: .empty(.typedCode)) { $0.typedCode = "" },
    Refusal(name: "no language", error: .empty(.heading)) { $0.languages = [] },
    Refusal(name: "a name like a book", error: .noRoom(.name)) {
      $0.name = String(repeating: "Trung tâm ", count: 500)
    },
    Refusal(name: "an address like a book", error: .noRoom(.address)) {
      $0.address = String(repeating: "Trung tâm ", count: 500)
    },
  ]

  @Test("What cannot be set truly is refused, and the part is named", arguments: refusals)
  func refuses(refusal: Refusal) {
    var sheet = Samples.sheet()
    refusal.change(&sheet)
    #expect(throws: refusal.error) { _ = try PosterPage(sheet, Samples.symbol()) }
  }

  @Test("A typeface that is not installed is an error, not another typeface")
  func missingFont() throws {
    let error = #expect(throws: PosterError.self) {
      try PosterPage(Samples.sheet(), Samples.symbol(), family: "No Such Typeface")
    }
    #expect(error?.code == "poster-font-missing")
    #expect(error?.description.contains("install it, or name another") == true)
  }

  @Test("The same sheet gives the same bytes, and the time comes from the sheet")
  func deterministic() throws {
    let symbol = try Samples.symbol()
    var sheet = Samples.sheet()
    let first = try PosterPage(sheet, symbol).pdf()
    let same = try PosterPage(sheet, symbol).pdf() == first
    #expect(same)
    let dated = String(decoding: first, as: UTF8.self).contains("20210823000000Z)")
    #expect(dated, "the day of issue")
    sheet.madeAtSecond = 1_622_516_645  // 2021-06-01 03:04:05 UTC
    let other = String(decoding: try PosterPage(sheet, symbol).pdf(), as: UTF8.self)
      .contains("20210601030405Z)")
    #expect(other, "the given time")
  }

  @Test("A PDF embeds its typeface")
  func embeds() throws {
    let file = String(
      decoding: try PosterPage(Samples.sheet(), Samples.symbol()).pdf(), as: UTF8.self)
    let embedded = file.contains("+NotoSans-Bold") && file.contains("/FontFile2")
    #expect(embedded)
  }
}
