import CodeReading
import Posters
import TestSupport
import Testing

@Suite("Symbols as PNG") struct SymbolPNGTests {
  @Test("A PNG is 1-bit grey, of whole pixels a module, and states its print size")
  func header() throws {
    let symbol = try Samples.symbol(digits: 188)  // 49 modules, 57 with the quiet zone
    let bytes = try symbol.png(scale: 10, symbolMillimetres: 150)
    let chunks = PlainPNG.chunks(of: bytes)
    #expect(chunks.map(\.type) == ["IHDR", "pHYs", "IDAT", "IEND"])
    let header = chunks[0].data
    #expect(PlainPNG.number(header[0..<4]) == 570 && PlainPNG.number(header[4..<8]) == 570)
    #expect(Array(header[8...]) == [1, 0, 0, 0, 0], "depth 1, grey, not interlaced")
    // 490 pixels in 0.15 m are 3,267 a metre.
    #expect(PlainPNG.number(chunks[1].data[0..<4]) == 3_267)
    #expect(Array(chunks[1].data[4...]) == [0, 0, 0x0C, 0xC3, 1])
    #expect(bytes.count < 4_000)
  }

  @Test(
    "Every pixel of a PNG is its module's, and the quiet zone is white", arguments: [1, 3, 8, 13])
  func pixels(scale: Int) throws {
    let symbol = try Samples.symbol()
    let image = try GreyImage(png: symbol.png(scale: scale))
    let total = (symbol.side + 8) * scale
    #expect(image.width == total && image.height == total)
    var wrong = 0
    for y in 0..<total {
      for x in 0..<total {
        let dark = symbol.isDark(column: x / scale - 4, row: y / scale - 4)
        if image.pixels[y * total + x] != (dark ? 0 : 255) { wrong += 1 }
      }
    }
    #expect(wrong == 0)
  }

  @Test("Sizes that cannot be drawn are refused")
  func sizes() throws {
    let symbol = try Samples.symbol()
    for (scale, width) in [
      (0, 150.0), (-1, 150), (600, 150), (10, 0), (10, -1), (10, .nan), (1, 1e9),
    ] {
      let error = #expect(throws: PosterError.self) {
        try symbol.png(scale: scale, symbolMillimetres: width)
      }
      #expect(error?.code == "poster-size", "\(scale) \(width)")
    }
  }
}
