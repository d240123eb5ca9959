import CodeReading
import Posters
import TestSupport
import Testing

@Suite("Pictures") struct GreyImageTests {
  struct Kind: CustomTestStringConvertible, Sendable {
    let name: String
    let bitDepth: UInt8
    let colourType: UInt8
    let row: [UInt8]
    var extra: [(type: String, data: [UInt8])] = []
    let grey: [UInt8]
    var testDescription: String { name }
  }
  static let kinds = [
    Kind(name: "grey", bitDepth: 8, colourType: 0, row: [0, 77, 255], grey: [0, 77, 255]),
    Kind(name: "1-bit grey", bitDepth: 1, colourType: 0, row: [0b1010_0000], grey: [255, 0, 255]),
    Kind(
      name: "16-bit grey", bitDepth: 16, colourType: 0, row: [0, 0, 0x80, 0x80, 0xFF, 0xFF],
      grey: [0, 128, 255]),
    Kind(
      name: "grey with alpha", bitDepth: 8, colourType: 4, row: [0, 255, 0, 0, 0, 128],
      grey: [0, 255, 127]),
    Kind(
      name: "colour", bitDepth: 8, colourType: 2, row: [0, 0, 0, 255, 255, 255, 90, 90, 90],
      grey: [0, 255, 90]),
    Kind(
      name: "colour with alpha", bitDepth: 8, colourType: 6,
      row: [0, 0, 0, 255, 9, 9, 9, 0, 255, 255, 255, 255], grey: [0, 255, 255]),
    Kind(
      name: "palette", bitDepth: 8, colourType: 3, row: [0, 1, 0],
      extra: [("PLTE", [0, 0, 0, 255, 255, 255])], grey: [0, 255, 0]),
    Kind(
      name: "palette with transparency", bitDepth: 8, colourType: 3, row: [0, 1, 1],
      extra: [("PLTE", [0, 0, 0, 0, 0, 0]), ("tRNS", [255, 0])], grey: [0, 255, 255]),
  ]

  @Test("Any kind of PNG is read as grey on white", arguments: kinds)
  func readsKinds(kind: Kind) throws {
    let bytes = PlainPNG.bytes(
      width: 3, height: 2, bitDepth: kind.bitDepth, colourType: kind.colourType,
      rows: [kind.row, kind.row], extraChunks: kind.extra)
    let image = try GreyImage(png: bytes)
    #expect(image.width == 3 && image.height == 2)
    #expect(image.pixels == kind.grey + kind.grey)
  }

  @Test("Files that are no PNG, or claim too much, are refused")
  func refusals() {
    let rows = [[UInt8]](repeating: [0], count: 1)
    let cases: [(String, [UInt8], String)] = [
      ("empty", [], "picture-unreadable"),
      ("text", Array("hello, world".utf8), "picture-unreadable"),
      ("signature alone", [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], "picture-unreadable"),
      ("no width", plain(0, 1, rows), "picture-unreadable"),
      ("60000 × 60000", plain(60_000, 60_000, rows), "picture-too-large"),
      ("2³¹ − 1 wide", plain(0x7FFF_FFFF, 0x7FFF_FFFF, rows), "picture-unreadable"),
      ("sign bit set", plain(0xFFFF_FFFF, 1, rows), "picture-unreadable"),
      ("rows missing", plain(8, 100, rows), "picture-unreadable"),
    ]
    for (name, bytes, code) in cases {
      let error = #expect(throws: CodeReadingError.self, "\(name)") { try GreyImage(png: bytes) }
      #expect(error?.code == code, "\(name): \(error?.description ?? "")")
    }
    #expect(GreyImage(width: 2, height: 2, pixels: [0]) == nil)
    #expect(GreyImage(width: .max, height: .max, pixels: []) == nil)
  }

  @Test("A file cut short anywhere is refused")
  func truncated() throws {
    let bytes = try QRSymbol(text: "x").png(scale: 2)
    let read = bytes.indices.filter { (try? GreyImage(png: Array(bytes[..<$0]))) != nil }
    #expect(read.isEmpty)
  }

  @Test("A file with any bit flipped is refused or read, and never read as another code")
  func flipped() throws {
    let bytes = try QRSymbol(text: "x").png(scale: 2)
    var refused = 0
    var wrong: [Int] = []
    for index in bytes.indices {
      for bit in 0..<8 {
        var damaged = bytes
        damaged[index] ^= 1 << UInt8(bit)
        guard let image = try? GreyImage(png: damaged) else {
          refused += 1
          continue
        }
        let texts = try CodeReader.codes(in: image, taken: .rendering).map(\.text)
        if texts != ["x"] { wrong.append(index) }
      }
    }
    #expect(wrong.isEmpty)
    #expect(refused > bytes.count, "checksums find most of it")
  }

  @Test("A rendering that is turned, mirrored in colour or scaled is read as a photograph")
  func photographs() throws {
    let symbol = try QRSymbol(prefix: "https://qr.haiphong.gov.vn/#", digits: "0123456789")
    let image = try GreyImage(png: symbol.png(scale: 4))
    #expect(try CodeReader.codes(in: image.inverted).map(\.text) == [symbol.text])
    var turned = image.pixels
    for y in 0..<image.height {
      for x in 0..<image.width {
        turned[x * image.height + image.height - 1 - y] = image.pixels[y * image.width + x]
      }
    }
    let quarter = try #require(
      GreyImage(width: image.height, height: image.width, pixels: turned))
    #expect(try CodeReader.codes(in: quarter).map(\.text) == [symbol.text])
  }

  @Test("Pictures without a code give none")
  func nothing() throws {
    var generator = SeededGenerator(seed: 7)
    let noise = (0..<10_000).map { _ in UInt8(generator.next() & 255) }
    for pixels in [[UInt8](repeating: 255, count: 10_000), noise] {
      let image = try #require(GreyImage(width: 100, height: 100, pixels: pixels))
      #expect(try CodeReader.codes(in: image).isEmpty)
    }
    let dot = try #require(GreyImage(width: 1, height: 1, pixels: [0]))
    #expect(try CodeReader.codes(in: dot).isEmpty)
  }

  @Test("Bytes that are no PDF and no SVG are refused")
  func renderers() {
    for bytes in [[], Array("<html/>".utf8), Array("%PDF-1.5\n%%EOF".utf8), Array("<svg".utf8)] {
      #expect(throws: CodeReadingError.self) { try GreyImage(pdf: bytes) }
      #expect(throws: CodeReadingError.self) { try GreyImage(svg: bytes) }
    }
    for size in ["", "width='0' height='0'", "width='100%' height='100%'"] {
      let drawing = "<svg xmlns='http://www.w3.org/2000/svg' \(size)/>"
      let error = #expect(throws: CodeReadingError.self) {
        try GreyImage(svg: Array(drawing.utf8))
      }
      #expect(error?.description.contains("states no size") == true, "\(size)")
    }
  }

  @Test("A drawing is as large as it states, or as its viewBox, and never larger than can be drawn")
  func sizes() throws {
    let rows: [(size: String, width: Int, height: Int)] = [
      ("width='700' height='50'", 700, 50), ("width='90000' height='900'", 8_192, 82),
      ("width='10' height='90000'", 1, 8_192), ("viewBox='0 0 1920 96'", 2_000, 100),
      ("viewBox='0 0 29 29'", 600, 600),
      ("viewBox='0 0 9e9 9e9' height='9e9' width='9e7'", 82, 8_192),
    ]
    for row in rows {
      let drawing = "<svg xmlns='http://www.w3.org/2000/svg' \(row.size)/>"
      let image = try GreyImage(svg: Array(drawing.utf8))
      #expect((image.width, image.height) == (row.width, row.height), "\(row.size)")
    }
  }

  private func plain(_ width: UInt32, _ height: UInt32, _ rows: [[UInt8]]) -> [UInt8] {
    PlainPNG.bytes(width: width, height: height, bitDepth: 8, colourType: 0, rows: rows)
  }
}
