import CodeReading
import Foundation
import Posters
import TestSupport
import Testing
import VenueCodes
import VenueRegistry

@Suite("Sheets") struct SheetTests {
  // MARK: Layout

  /// The sheet of a kind with a code such as it usually has.
  private func page(
    _ sheet: PosterSheet, as kind: SheetKind, style: SheetStyle = SheetStyle(),
    isNamed: Bool? = nil
  ) throws -> PosterPage {
    var style = style
    if !kind.meetsMinimum { style.allowsBelowMinimum = true }
    let symbol = isNamed ?? !kind.isCompact ? Self.named : Self.compact
    return try PosterPage(sheet, try #require(symbol), as: kind, style: style)
  }

  private static let named = try? Samples.symbol(digits: 289)  // a name of 41 bytes: 10-Q
  private static let compact = try? Samples.symbol(digits: 188)  // 8-Q

  @Test(
    "Every venue of the registry has its room on every sheet", .tags(.slow),
    arguments: SheetKind.allCases)
  func everyVenue(kind: SheetKind) throws {
    let registry = try Samples.registry()
    #expect(registry.venues.count == 335)
    var found: [String] = []
    var smallest = Double.infinity
    var smallestName = ""
    for venue in registry.venues {
      var sheet = Samples.sheet(name: venue.name)
      sheet.address = venue.address
      sheet.zone = nil
      sheet.district = registry.divisionPath(venue.division).map(\.name).joined(separator: ", ")
      sheet.agency = registry.agency(venue.agency)?.name.vietnamese
      let layout = try page(sheet, as: kind).layout
      found += layout.problems(on: kind, allowsBelowMinimum: !kind.meetsMinimum)
        .map { "\(venue.name): \($0)" }
      let size = layout.blocks.first { $0.part == .name }?.pointSize ?? 0
      if size < smallest { (smallest, smallestName) = (size, venue.name) }
    }
    #expect(found == [])
    // Names must be read from as far as the sheet is meant for.
    let least: [SheetKind: Double] = [
      .a3: 30, .a4: 20, .a5: 13, .tableTent: 12, .stickers: 7, .card: 7, .screenLandscape: 30,
      .screenPortrait: 34,
    ]
    #expect(
      smallest >= least[kind] ?? .infinity, "the smallest name has \(smallest) pt: \(smallestName)")
  }

  static let names = [
    "…một cửa Ủy ban nhân dân xã Đông Sơn",
    String(repeating: "Ủy ban nhân dân ", count: 9) + "Hải Phòng",  // 200 bytes
    String(repeating: "w", count: 60),
    String(repeating: "ỄỘỖ", count: 20),
    "ỄỘỖ ỀỆỔ ẪẶỮ ỦỰỬ ỄỘỖ ỀỆỔ ẪẶỮ ỦỰỬ ỄỘỖ ỀỆỔ",
    "0123456789 0123456789 0123456789 0123456789",
    "9",
    "Trường Trung học phổ thông chuyên Trần Phú – Cơ sở 2 (khu nội trú học sinh, nhà B, tầng 1)"
      .decomposedStringWithCanonicalMapping,
  ]
  static let languages = [
    ["vi", "en"], ["en", "vi"], ["vi"], ["vi", "fr"], ["ru", "en"], ["fr"],
  ]

  @Test(
    "Nothing covers anything else on any sheet, whatever the name and the languages",
    .tags(.slow), arguments: SheetKind.allCases, languages)
  func everyName(kind: SheetKind, languages: [String]) throws {
    var found: [String] = []
    for name in Self.names {
      for isFull in [true, false] {
        var sheet = Samples.sheet(name: name)
        sheet.languages = Samples.languages(languages)
        #expect(sheet.languages.count == languages.count)
        if !isFull {
          sheet = PosterSheet(
            name: name, direction: .exit, typedCode: sheet.typedCode, issued: sheet.issued,
            expires: sheet.expires, printSerial: 255, languages: sheet.languages)
        }
        for style in [SheetStyle(), SheetStyle(hasMarks: true, isPreview: true)] {
          let layout = try page(sheet, as: kind, style: style).layout
          found += layout.problems(on: kind, allowsBelowMinimum: !kind.meetsMinimum)
            .map { "\(name), \(isFull): \($0)" }
        }
      }
    }
    #expect(found == [])
  }

  @Test("A sheet with every field as long as the registry allows is set or refused by its part")
  func everythingLong() throws {
    let long = String(repeating: "Quận Ngô Quyền, ", count: 8)
    for kind in SheetKind.allCases {
      var sheet = Samples.sheet(name: long)
      sheet.address = long
      sheet.zone = long
      sheet.district = long
      sheet.authority = long
      sheet.notice = long
      sheet.hotline = String(repeating: "0225 3 747 888, ", count: 4)
      do throws(PosterError) {
        var style = SheetStyle()
        style.allowsBelowMinimum = !kind.meetsMinimum
        let symbol = kind.isCompact ? Self.compact : Self.named
        guard let symbol else {
          Issue.record("there is no code to set")
          return
        }
        let layout = try PosterPage(sheet, symbol, as: kind, style: style).layout
        #expect(layout.faces.contains { !$0.shapes.isEmpty }, "a band at least is drawn")
        #expect(
          layout.problems(on: kind, allowsBelowMinimum: style.allowsBelowMinimum) == [], "\(kind)")
      } catch {
        #expect(![.a4, .a3].contains(kind), "\(kind): \(error)")
        #expect(error.code == "poster-no-room", "\(kind): \(error)")
      }
    }
  }

  // MARK: Sizes

  @Test("Pages have their size, and as many faces as they are cut into")
  func pages() throws {
    let sizes: [(SheetKind, Double, Double, Int)] = [
      (.a3, 297, 420, 1), (.a4, 210, 297, 1), (.a5, 148, 210, 1), (.tableTent, 210, 297, 2),
      (.stickers, 210, 297, 9), (.card, 210, 297, 8), (.screenLandscape, 508, 285.75, 1),
      (.screenPortrait, 285.75, 508, 1),
    ]
    for (kind, width, height, count) in sizes {
      let layout = try page(Samples.sheet(), as: kind).layout
      #expect(abs(layout.page.width - width) < 1e-9 && abs(layout.page.height - height) < 1e-9)
      #expect(layout.symbols.count == count, "\(kind)")
    }
  }

  @Test("The code is as large as the authority asks, and its modules as large as readers need")
  func codeSizes() throws {
    for (kind, least) in [(SheetKind.a3, 200.0), (.a4, 150), (.stickers, 50), (.card, 50)] {
      for symbol in [Self.named, Self.compact] {
        let symbol = try #require(symbol)
        for code in try PosterPage(Samples.sheet(), symbol, as: kind).layout.symbols {
          #expect(code.modules.width >= least - 1e-9, "\(kind)")
          #expect(code.modules.width / Double(symbol.side) >= 0.8, "\(kind)")
        }
      }
    }
  }

  @Test(
    "A sheet without room for 15 cm needs to be allowed", arguments: [SheetKind.a5, .tableTent])
  func belowMinimum(kind: SheetKind) throws {
    let symbol = try Samples.symbol()
    let error = #expect(throws: PosterError.self) {
      _ = try PosterPage(Samples.sheet(), symbol, as: kind)
    }
    #expect(error?.code == "poster-below-minimum")
    #expect(error?.description.contains("150 mm") == true)
    let layout = try PosterPage(
      Samples.sheet(), symbol, as: kind, style: SheetStyle(allowsBelowMinimum: true)
    ).layout
    let code = try #require(layout.symbols.first)
    #expect((80..<150).contains(code.modules.width))
    #expect(code.modules.width / Double(symbol.side) >= 0.8)
  }

  @Test("A code of small modules grows to 0.8 mm a module, and beyond the sheet is refused")
  func leastModule() throws {
    // 65 modules of 0.8 mm are 52 mm: a little more than the card's 50.
    let grown = try Samples.symbol(digits: 400)
    #expect(grown.side == 65)
    let code = try #require(
      try PosterPage(Samples.sheet(), grown, as: .card).layout.symbols.first)
    #expect(abs(code.modules.width - 52) < 1e-9)
    let large = try Samples.symbol(digits: 700)
    let error = #expect(throws: PosterError.self) {
      _ = try PosterPage(Samples.sheet(), large, as: .card)
    }
    #expect(error?.description.contains("0.8 mm") == true)
    let allowed = try PosterPage(
      Samples.sheet(), large, as: .card, style: SheetStyle(allowsBelowMinimum: true))
    #expect(allowed.layout.problems(on: .card) == [])
  }

  // MARK: Drawing

  @Test(
    "Every sheet shows its codes, in colour, in black and with marks", arguments: SheetKind.allCases
  )
  func decodes(kind: SheetKind) throws {
    for style in [
      SheetStyle(), SheetStyle(isMono: true), SheetStyle(hasMarks: true, isPreview: true),
    ] {
      let file = try PosterFile.sheet(page(Samples.sheet(), as: kind, style: style))
      #expect(file.format == kind.format)
      try file.prove()
    }
  }

  @Test("A sheet that shows a code too few, or another, is caught")
  func catches() throws {
    let file = try PosterFile.sheet(page(Samples.sheet(), as: .stickers))
    let text = try #require(file.texts.first)
    #expect(file.texts == [String](repeating: text, count: 9))
    for texts in [file.texts + [text], Array(file.texts.dropLast()) + ["other"], ["other"]] {
      #expect(throws: PosterError.self) {
        try PosterFile(format: .pdf, bytes: file.bytes, texts: texts).prove()
      }
    }
  }

  @Test(
    "A screen has exactly its pixels, and each module is whole ones",
    arguments: [(SheetKind.screenLandscape, 1_920, 1_080), (.screenPortrait, 1_080, 1_920)])
  func screens(kind: SheetKind, width: Int, height: Int) throws {
    let symbol = try Samples.symbol()
    let page = try PosterPage(Samples.sheet(), symbol, as: kind)
    let image = try GreyImage(png: page.png())
    #expect(image.width == width && image.height == height)
    let code = try #require(page.layout.symbols.first)
    let scale = 96 / 25.4
    let left = Int((code.modules.x * scale).rounded())
    let top = Int((code.modules.y * scale).rounded())
    let module = Int((code.modules.width * scale / Double(symbol.side)).rounded())
    #expect(module >= 12)
    var wrong = 0
    let quiet = QRSymbol.quietZone * module
    for y in -quiet..<symbol.side * module + quiet {
      for x in -quiet..<symbol.side * module + quiet {
        let column = Int((Double(x) / Double(module)).rounded(.down))
        let row = Int((Double(y) / Double(module)).rounded(.down))
        let expected: UInt8 = symbol.isDark(column: column, row: row) ? 0 : 255
        if image.pixels[(top + y) * width + left + x] != expected { wrong += 1 }
      }
    }
    #expect(wrong == 0)
    #expect(throws: PosterError.self) { try PosterPage(Samples.sheet(), symbol).png() }
  }

  @Test(
    "Black and white is drawn without colour",
    .enabled(if: Program.areInstalled, "needs Debian's poppler-utils"),
    arguments: SheetKind.allCases, [true, false])
  func mono(kind: SheetKind, isMono: Bool) throws {
    try Samples.withFolder { folder in
      let style = SheetStyle(isMono: isMono, hasMarks: true, isPreview: true)
      let file = try PosterFile.sheet(page(Samples.sheet(), as: kind, style: style))
      let path = "\(folder)/sheet.\(file.format.fileExtension)"
      try file.write(to: path)
      if file.format == .png {
        // A palette of greys; colours that fill no palette are no greys.
        let palette = PlainPNG.chunks(of: file.bytes).first { $0.type == "PLTE" }?.data
        #expect(isGrey(palette ?? [0, 1, 2]) == isMono)
      } else {
        let picture = [UInt8](try Program.output(of: "pdftoppm", ["-r", "40", path]))
        // P6, width and height, and the greatest value: three lines.
        var lines = 0
        let start = picture.firstIndex { byte in
          if byte == UInt8(ascii: "\n") { lines += 1 }
          return lines == 3
        }
        #expect(isGrey(Array(picture[(try #require(start) + 1)...])) == isMono)
      }
    }
  }

  /// Whether the three parts of every colour are the same.
  private func isGrey(_ colours: [UInt8]) -> Bool {
    for place in stride(from: 0, to: colours.count - 2, by: 3) {
      let red: UInt8 = colours[place]
      if colours[place + 1] != red || colours[place + 2] != red { return false }
    }
    return true
  }

  @Test("Crop marks come with the boxes that a print shop's program reads")
  func marks() throws {
    for kind in SheetKind.allCases where kind.format == .pdf {
      let plain = try page(Samples.sheet(), as: kind)
      let page = try page(Samples.sheet(), as: kind, style: SheetStyle(hasMarks: true))
      #expect(page.layout.page.width == plain.layout.page.width + 20)
      #expect(page.layout.page.height == plain.layout.page.height + 20)
      let text = String(decoding: try page.pdf(), as: UTF8.self)
      for (name, outside) in [("/TrimBox[", 0.0), ("/BleedBox[", 3.0)] {
        let boxes = text.split(separator: name).dropFirst()
        #expect(boxes.count == 1, "\(kind) \(name)")
        let box = try #require(boxes.first)
        let numbers = box.prefix { $0 != "]" }.split(separator: " ").compactMap { Double($0) }
        try #require(numbers.count == 4)
        let width = (numbers[2] - numbers[0]) / 72 * 25.4
        let height = (numbers[3] - numbers[1]) / 72 * 25.4
        #expect(abs(width - plain.layout.page.width - 2 * outside) < 0.001)
        #expect(abs(height - plain.layout.page.height - 2 * outside) < 0.001)
      }
      #expect(!String(decoding: try plain.pdf(), as: UTF8.self).contains("TrimBox"))
    }
  }

  @Test("A preview has the print's layout, and words around it that touch nothing")
  func preview() throws {
    for kind in SheetKind.allCases {
      let print = try page(Samples.sheet(), as: kind)
      let preview = try page(Samples.sheet(), as: kind, style: SheetStyle(isPreview: true))
      let words = preview.layout.blocks.filter { $0.part == .preview }
      #expect(words.count == 4 * print.layout.symbols.count, "\(kind)")
      #expect(words.allSatisfy { $0.text.contains("BẢN XEM TRƯỚC · PREVIEW") })
      #expect(preview.layout.blocks.filter { $0.part != .preview } == print.layout.blocks)
      #expect(preview.layout.symbols == print.layout.symbols)
      #expect(preview.title.hasPrefix("BẢN XEM TRƯỚC"))
      #expect(
        preview.layout.problems(on: kind, allowsBelowMinimum: !kind.meetsMinimum) == [])
    }
  }

  @Test(
    "The texts of a PDF can be selected and searched, and its typefaces are embedded",
    .enabled(if: Program.areInstalled, "needs Debian's poppler-utils"),
    arguments: SheetKind.allCases.filter { $0.format == .pdf })
  func peers(kind: SheetKind) throws {
    try Samples.withFolder { folder in
      let path = "\(folder)/sheet.pdf"
      try PosterFile.sheet(page(Samples.sheet(), as: kind)).write(to: path)
      func output(_ program: String, _ words: [String]) throws -> String {
        String(decoding: try Program.output(of: program, words), as: UTF8.self)
      }
      let text = try output("pdftotext", [path, "-"])
      #expect(text.contains("Ga Hải") && text.contains("K7Q2 M9X4 T"))
      let fonts = try output("pdffonts", [path]).split(separator: "\n").dropFirst(2)
      #expect(fonts.count >= 1 && fonts.allSatisfy { $0.contains("NotoSans") })
      #expect(fonts.allSatisfy { $0.contains(/\syes +yes +yes\s/) }, "embedded, subset, to Unicode")
      let title = "Quét mã khai báo điểm đến – Ga Hải Phòng"
      #expect(try output("pdfinfo", [path]).contains(title))
    }
  }
}

/// The programs of poppler-utils, which had no part in making a file.
enum Program {
  private static func url(_ name: String) -> URL { URL(fileURLWithPath: "/usr/bin/\(name)") }

  static let areInstalled = ["pdftotext", "pdffonts", "pdfinfo", "pdftoppm"].allSatisfy {
    FileManager.default.isExecutableFile(atPath: url($0).path)
  }

  /// What a program writes, which must succeed.
  static func output(of name: String, _ words: [String]) throws -> Data {
    let process = Process()
    process.executableURL = url(name)
    process.arguments = words
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
    return data
  }
}
