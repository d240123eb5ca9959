import CodeReading
import Foundation
import Posters
import Testing

@Suite("Picture files") struct PictureFileTests {
  /// The bytes of a file in `Fixtures/`, whose README says how it was made.
  static func fixture(_ name: String) throws -> [UInt8] {
    let url = try #require(
      Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: nil), "\(name)")
    return try Array(Data(contentsOf: url))
  }

  /// What the code in all fixtures says.
  static let text = "https://qr.haiphong.gov.vn/#" + String(repeating: "0123456789", count: 12)

  static let pictures = [
    "code.png", "grey.jpg", "colour.jpg", "progressive.jpg", "inks.jpg", "camera.jpg", "photo.jpg",
  ]

  @Test("A code is read from any kind of JPEG, whatever the file is called", arguments: pictures)
  func reads(name: String) throws {
    let file = try PictureFile(Self.fixture(name))
    #expect(file.format == (name == "code.png" ? .png : .jpeg))
    #expect(file.pageCount == 1)
    #expect(try file.codes().map(\.text) == [Self.text])
  }

  @Test("A JPEG cut short anywhere is refused", arguments: ["grey.jpg", "progressive.jpg"])
  func truncated(name: String) throws {
    let bytes = try Self.fixture(name)
    for count in stride(from: 0, to: bytes.count - 2, by: 37) {
      let error = #expect(throws: CodeReadingError.self, "\(count) bytes") {
        try GreyImage(jpeg: Array(bytes[..<count]))
      }
      #expect(error?.code == "picture-unreadable", "\(count) bytes")
    }
  }

  @Test("A JPEG with any byte spoilt is refused, or read, and never read as another code")
  func spoilt() throws {
    let bytes = try Self.fixture("grey.jpg")
    for place in stride(from: 0, to: bytes.count, by: 23) {
      var damaged = bytes
      damaged[place] ^= 0x55
      guard let image = try? GreyImage(jpeg: damaged), image.pixels.count < 200_000 else {
        continue
      }
      for code in try CodeReader.codes(in: image, taken: .rendering) {
        #expect(code.text == Self.text, "byte \(place)")
      }
    }
  }

  @Test("A JPEG that claims to be huge is refused before memory is taken for it")
  func huge() throws {
    var bytes = try Self.fixture("grey.jpg")
    // The frame header: marker, length, precision, rows, columns.
    let header = try #require(
      bytes.indices.first { bytes[$0...].starts(with: [0xFF, 0xC0]) })
    bytes.replaceSubrange(header + 5..<header + 9, with: [0xFF, 0x00, 0xFF, 0x00])
    let error = #expect(throws: CodeReadingError.self) { try GreyImage(jpeg: bytes) }
    #expect(error?.code == "picture-too-large")
    bytes.replaceSubrange(header + 5..<header + 9, with: [0, 0, 0, 0])
    #expect(throws: CodeReadingError.self) { try GreyImage(jpeg: bytes) }
  }

  @Test("A progressive JPEG that goes over the picture without end is refused")
  func scans() throws {
    let bytes = try Self.fixture("progressive.jpg")
    // The last scan, again and again.
    let scan = try #require(bytes.indices.last { bytes[$0...].starts(with: [0xFF, 0xDA]) })
    let end = bytes.count - 2
    var bomb = Array(bytes[..<end])
    for _ in 0..<500 { bomb += bytes[scan..<end] }
    bomb += [0xFF, 0xD9]
    let error = #expect(throws: CodeReadingError.self) { try GreyImage(jpeg: bomb) }
    #expect(error?.code == "picture-unreadable")
    #expect(error?.description.contains("too often") == true)
  }

  struct Other: CustomTestStringConvertible, Sendable {
    let start: [UInt8]
    let words: String
    var testDescription: String { words }
  }
  static let others = [
    Other(start: [], words: "this is no picture"),
    Other(start: Array("hello, world".utf8), words: "this is no picture"),
    Other(start: Array("<html><body/></html>".utf8), words: "this is no picture"),
    Other(start: [0xFF, 0xD8], words: "this is no picture"),
    Other(start: Array("GIF89a".utf8), words: "a GIF"),
    Other(start: Array("BM".utf8), words: "a BMP"),
    Other(start: Array("RIFF\0\0\0\0WEBPVP8 ".utf8), words: "a WebP"),
    Other(start: Array("\0\0\0\u{18}ftypheic".utf8), words: "a HEIC"),
    Other(start: Array("\0\0\0\u{18}ftypavif".utf8), words: "an AVIF"),
    Other(start: [0x49, 0x49, 0x2A, 0], words: "a TIFF"),
    Other(start: Array("YUV4MPEG2 W2 H2\n".utf8), words: "--camera"),
  ]

  @Test("What is no picture that is read is named, with what to do", arguments: others)
  func unread(other: Other) {
    let error = #expect(throws: CodeReadingError.self) { _ = try PictureFile(other.start) }
    #expect(error?.code == "not-a-picture")
    #expect(error?.description.contains(other.words) == true, "\(error?.description ?? "")")
  }

  @Test("An SVG is known by its content, after a byte order mark and a declaration")
  func drawings() throws {
    let symbol = try QRSymbol(text: "in outlines")
    let svg = try symbol.svg(title: "code")
    #expect(try PictureFile(svg).codes().map(\.text) == ["in outlines"])
    #expect(try PictureFile([0xEF, 0xBB, 0xBF, 0x0A] + svg).format == .svg)
    #expect(throws: CodeReadingError.self) { _ = try PictureFile(Array("<svg".utf8)).codes() }
  }

  @Test("Codes of one size in a picture are all found, and every page of a PDF is one to look at")
  func several() throws {
    let one = try GreyImage(png: QRSymbol(text: "one", leastVersion: 2).png(scale: 4))
    let two = try GreyImage(png: QRSymbol(text: "two", leastVersion: 2).png(scale: 4))
    var pixels: [UInt8] = []
    for row in 0..<one.height {
      pixels += one.pixels[row * one.width..<(row + 1) * one.width]
      pixels += two.pixels[row * two.width..<(row + 1) * two.width]
    }
    let both = try #require(GreyImage(width: 2 * one.width, height: one.height, pixels: pixels))
    #expect(try Set(CodeReader.codes(in: both).map(\.text)) == ["one", "two"])
    let pages = try PictureFile(Self.fixture("pages.pdf"))
    #expect(pages.format == .pdf && pages.pageCount == 2)
    #expect(try pages.codes(onPage: 0).map(\.text) == [Self.text])
    #expect(try pages.codes(onPage: 1).map(\.text) == [Self.text])
    #expect(throws: CodeReadingError.self) { _ = try PictureFile(Array("%PDF-1.5\n%%EOF".utf8)) }
  }

  /// A PDF of pages drawn with filled rectangles, in points from the upper left corner.
  ///
  /// Its table of places is left out: readers make one, as they do of many files of this world.
  static func pdf(_ pages: [(width: Double, height: Double, codes: [PlacedCode])]) -> [UInt8] {
    var text = "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    let kids = pages.indices.map { "\(3 + 2 * $0) 0 R" }.joined(separator: " ")
    text += "2 0 obj<</Type/Pages/Count \(pages.count)/Kids[\(kids)]>>endobj\n"
    for (index, page) in pages.enumerated() {
      let number = 3 + 2 * index
      var content = ""
      for code in page.codes {
        let symbol = code.symbol
        for row in 0..<symbol.side {
          for column in 0..<symbol.side where symbol.isDark(column: column, row: row) {
            let x = code.x + Double(column) * code.module
            let y = page.height - code.y - Double(row + 1) * code.module
            content += "\(x) \(y) \(code.module) \(code.module) re "
          }
        }
      }
      content += "f"
      text += "\(number) 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 \(page.width) \(page.height)]"
      text += "/Resources<<>>/Contents \(number + 1) 0 R>>endobj\n"
      text +=
        "\(number + 1) 0 obj<</Length \(content.utf8.count)>>stream\n\(content)\nendstream endobj\n"
    }
    return Array((text + "trailer<</Root 1 0 R>>\n%%EOF\n").utf8)
  }

  struct PlacedCode {
    let symbol: QRSymbol
    let x: Double
    let y: Double
    /// The side of a module in points.
    let module: Double

    init(_ text: String, x: Double, y: Double, module: Double) throws {
      symbol = try QRSymbol(text: text, leastVersion: 8)
      self.x = x
      self.y = y
      self.module = module
    }
  }

  @Test("A small sticker beside a large poster is found on a page and in a drawing")
  func sizes() throws {
    // A module of 0.4 points is 0.8 pixels at 150 pixels an inch, and 1.7 at 300.
    let bytes = try Self.pdf([
      (
        595, 842,
        [
          PlacedCode("large", x: 60, y: 60, module: 8),
          PlacedCode("small", x: 60, y: 600, module: 0.4),
          PlacedCode("small", x: 200, y: 600, module: 0.4),
        ]
      )
    ])
    let coarse = try GreyImage(pdf: bytes, pixelsPerInch: 150)
    #expect(try CodeReader.codes(in: coarse).map(\.text) == ["large"], "one size is not enough")
    #expect(try PictureFile(bytes).codes().map(\.text).sorted() == ["large", "small", "small"])

    func part(_ text: String, _ x: Int, _ side: Int) throws -> String {
      let svg = String(
        decoding: try QRSymbol(text: text, leastVersion: 8).svg(title: text), as: UTF8.self)
      let start = try #require(svg.firstRange(of: "viewBox")?.lowerBound)
      return "<svg x='\(x)' y='10' width='\(side)' height='\(side)' " + svg[start...]
    }
    let drawing =
      "<svg xmlns='http://www.w3.org/2000/svg' width='150mm' height='120mm' viewBox='0 0 150 120'>"
      + "<rect width='150' height='120' fill='#fff'/>" + (try part("large", 5, 100))
      + (try part("small", 120, 11)) + "</svg>"
    #expect(
      try PictureFile(Array(drawing.utf8)).codes().map(\.text).sorted() == ["large", "small"])
    let bare = drawing.replacing("width='150mm' height='120mm' ", with: "")
    #expect(try PictureFile(Array(bare.utf8)).codes().map(\.text).contains("large"))
  }

  @Test("A page as large as a wall is read, and one without a size takes nothing from the others")
  func largePages() throws {
    let code = try PlacedCode("on a banner", x: 500, y: 500, module: 100)
    let page = try PlacedCode("on a page", x: 50, y: 50, module: 4)
    let bytes = Self.pdf([
      (1_684, 2_384, []), (9_000, 14_000, [code]), (300, 300, [page]),
    ])
    let file = try PictureFile(bytes)
    #expect(try file.codes(onPage: 0).isEmpty, "A1, blank")
    #expect(try file.codes(onPage: 1).map(\.text) == ["on a banner"])
    #expect(try file.codes(onPage: 2).map(\.text) == ["on a page"])
  }

  @Test("A code of less than two pixels a module, blurred and noisy, is read as a photograph")
  func small() throws {
    // The plain pass reads none of it: that is what the further stages are for.
    let image = try GreyImage(jpeg: Self.fixture("photo.jpg"))
    #expect(try CodeReader.codes(in: image, taken: .rendering).isEmpty)
    #expect(try CodeReader.codes(in: image, taken: .frame).map(\.text) == [Self.text])
    #expect(try CodeReader.codes(in: image.inverted).map(\.text) == [Self.text])
  }
}
