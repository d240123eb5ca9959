import CodeReading
import Posters
import TestSupport
import Testing

@Suite("QR symbol") struct QRSymbolTests {
  struct Size: CustomTestStringConvertible, Sendable {
    let name: String
    let digits: Int
    let level: QRSymbol.Level
    let version: Int
    var testDescription: String { name }
  }
  static let sizes = [
    Size(name: "compact token, 78 bytes", digits: 188, level: .quartile, version: 8),
    Size(name: "the most digits of 8-Q", digits: 189, level: .quartile, version: 8),
    Size(name: "one digit more", digits: 190, level: .quartile, version: 9),
    Size(name: "name of 21 bytes, 100 bytes", digits: 241, level: .quartile, version: 9),
    Size(name: "name of 41 bytes, 120 bytes", digits: 289, level: .quartile, version: 10),
    Size(name: "216 digits", digits: 216, level: .quartile, version: 9),
    Size(name: "317 digits", digits: 317, level: .quartile, version: 11),
    Size(name: "outdoors, 78 bytes", digits: 188, level: .high, version: 10),
  ]

  @Test("Two segments give the version that the standard's capacities allow", arguments: sizes)
  func version(size: Size) throws {
    let symbol = try QRSymbol(
      prefix: Samples.prefix, digits: Samples.digits(size.digits), level: size.level)
    #expect(symbol.version == size.version)
    #expect(symbol.side == 17 + 4 * size.version)
  }

  @Test("The finder patterns are where the standard puts them")
  func finders() throws {
    let symbol = try Samples.symbol()
    let finder = ["#######", "#     #", "# ### #", "# ### #", "# ### #", "#     #", "#######"]
    let places = [(0, 0), (symbol.side - 7, 0), (0, symbol.side - 7)]
    let wrong = places.flatMap { left, top in
      (0..<49).filter { index in
        let dark = Array(finder[index / 7])[index % 7] == "#"
        return symbol.isDark(column: left + index % 7, row: top + index / 7) != dark
      }
    }
    #expect(wrong.isEmpty)
    #expect(!symbol.isDark(column: -1, row: 0) && !symbol.isDark(column: 0, row: symbol.side))
  }

  @Test("A plain link is carried as it is, in byte mode")
  func plainLink() throws {
    let symbol = try QRSymbol(text: "https://haiphong.gov.vn/điểm-đến?a=1&b=2", level: .high)
    #expect(try read(symbol) == [symbol.text])
    #expect(try QRSymbol(text: "x", leastVersion: 5).version == 5)
  }

  @Test("Every level is read back, with digits alone and a prefix alone")
  func readBack() throws {
    for level in QRSymbol.Level.allCases {
      for (prefix, digits) in [("", Samples.digits(50)), ("https://a.vn/", ""), ("a", "000")] {
        let symbol = try QRSymbol(prefix: prefix, digits: digits, level: level)
        let found = try read(symbol)
        #expect(found == [prefix + digits], "\(level) \(prefix)")
      }
    }
  }

  @Test("What cannot be encoded is refused with its reason")
  func refusals() {
    let cases: [(String, () throws -> QRSymbol, String)] = [
      ("empty", { try QRSymbol(text: "") }, "poster-not-encodable"),
      ("both empty", { try QRSymbol(prefix: "", digits: "") }, "poster-not-encodable"),
      ("a letter", { try QRSymbol(prefix: "", digits: "12a4") }, "poster-not-encodable"),
      ("foreign digits", { try QRSymbol(prefix: "", digits: "١٢") }, "poster-not-encodable"),
      (
        "over 40-Q", { try QRSymbol(text: String(repeating: "x", count: 1_664)) },
        "poster-text-too-long"
      ),
      (
        "far over", { try QRSymbol(text: String(repeating: "x", count: 100_000)) },
        "poster-text-too-long"
      ),
      ("version 0", { try QRSymbol(text: "x", leastVersion: 0) }, "poster-size"),
      ("version 41", { try QRSymbol(text: "x", leastVersion: 41) }, "poster-size"),
    ]
    for (name, make, code) in cases {
      let error = #expect(throws: PosterError.self, "\(name)") { try make() }
      #expect(error?.code == code, "\(name)")
    }
  }

  @Test("The outlines enclose exactly the dark modules", arguments: [1, 2, 3, 4, 5] as [UInt64])
  func outlines(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let noise = (0..<441).map { _ in UInt8(generator.next() & 1) }
    let random = try #require(QRSymbol(text: "", level: .low, modules: noise))
    for symbol in [random, try QRSymbol(prefix: "x", digits: Samples.digits(30, seed: seed))] {
      let path = try path(ofSVG: symbol.svg(title: ""))
      #expect(fill(path, side: symbol.side) == symbol.modules, "seed \(seed)")
    }
  }

  @Test(
    "A terminal picture shows the modules and their quiet zone", arguments: TerminalStyle.allCases)
  func terminal(style: TerminalStyle) throws {
    let symbol = try Samples.symbol()
    let text = symbol.terminalText(style: style)
      .replacing("\u{1B}[30;107m", with: "").replacing("\u{1B}[0m", with: "")
    let lines = text.split(separator: "\n").map(Array.init)
    let total = symbol.side + 8
    #expect(lines.count == (total + 1) / 2)
    #expect(lines.allSatisfy { $0.count == total })
    let inked = style != .darkBackground
    var wrong = 0
    for row in 0..<total {
      for column in 0..<total {
        let letter = lines[row / 2][column]
        let ink = letter == "█" || letter == (row % 2 == 0 ? "▀" : "▄")
        if (ink == inked) != symbol.isDark(column: column - 4, row: row - 4) { wrong += 1 }
      }
    }
    #expect(wrong == 0)
  }

  @Test("An SVG states its size in millimetres and escapes its title")
  func svg() throws {
    let symbol = try QRSymbol(text: "x")  // version 1: 21 modules, 29 with the quiet zone
    let text = String(
      decoding: try symbol.svg(title: "Chợ <Sắt> & \"Đổ\"\u{0}\u{FFFF}", symbolMillimetres: 42),
      as: UTF8.self)
    #expect(text.contains("width=\"58mm\" height=\"58mm\" viewBox=\"0 0 29 29\""))
    #expect(text.contains("<title>Chợ &lt;Sắt&gt; &amp; &quot;Đổ&quot;</title>"))
    #expect(throws: PosterError.self) { try symbol.svg(title: "", symbolMillimetres: .nan) }
  }

  private func read(_ symbol: QRSymbol) throws -> [String] {
    try CodeReader.codes(inPNG: symbol.png(scale: 4)).map(\.text)
  }

  /// The commands of the only path, such as `M4 4`, `h7`.
  private func path(ofSVG bytes: [UInt8]) throws -> Substring {
    let text = String(decoding: bytes, as: UTF8.self)
    let start = try #require(text.firstRange(of: " d=\""))
    return try #require(text[start.upperBound...].split(separator: "\"").first)
  }

  /// Fills a path of lattice edges by crossings counted along each row, without the quiet zone.
  private func fill(_ path: Substring, side: Int) -> [UInt8] {
    var crossings = [Int](repeating: 0, count: (side + 9) * (side + 9))
    func edge(_ column: Int, from: Int, to: Int) {
      for row in min(from, to)..<max(from, to) {
        crossings[row * (side + 9) + column] += to > from ? 1 : -1
      }
    }
    for outline in path.split(separator: "z") {
      var (x, y, startY) = (0, 0, 0)
      var words: [(Character, [Int])] = []
      for letter in outline {
        if letter.isLetter {
          words.append((letter, []))
          continue
        }
        if letter == " " || words[words.count - 1].1.isEmpty {
          words[words.count - 1].1.append(0)
        }
        if let digit = letter.wholeNumberValue {
          let last = words[words.count - 1].1.count - 1
          words[words.count - 1].1[last] = words[words.count - 1].1[last] * 10 + digit
        } else if letter == "-" {
          words[words.count - 1].0 = words[words.count - 1].0 == "h" ? "H" : "V"  // backward
        }
      }
      for (command, numbers) in words {
        switch command {
        case "M": (x, y, startY) = (numbers[0], numbers[1], numbers[1])
        case "h": x += numbers[0]
        case "H": x -= numbers[0]
        default:
          let next = command == "v" ? y + numbers[0] : y - numbers[0]
          edge(x, from: y, to: next)
          y = next
        }
      }
      if y != startY { edge(x, from: y, to: startY) }
    }
    var filled: [UInt8] = []
    for row in 4..<(side + 4) {
      var winding = 0
      for column in 0..<(side + 4) {
        winding += crossings[row * (side + 9) + column]
        if column >= 4 { filled.append(winding != 0 ? 1 : 0) }
      }
    }
    return filled
  }
}
