import CodeReading
import Foundation
import Posters
import TestSupport
import Testing

@Suite("Poster documents") struct PosterDocumentTests {
  private static func page(_ number: Int, name: String = "Ga Hải Phòng") throws -> PosterPage {
    var sheet = Samples.sheet(name: name)
    sheet.printSerial = number
    return try PosterPage(
      sheet,
      QRSymbol(prefix: Samples.prefix, digits: Samples.digits(188, seed: UInt64(number))))
  }

  /// The bytes of a document, and how many had left after each page.
  private static func document(_ pages: [PosterPage]) throws -> (bytes: [UInt8], left: [Int]) {
    let received = Received()
    var left: [Int] = []
    var document = try PosterDocument(title: "Một tờ", author: "x", madeAtSecond: 0) {
      (bytes) throws(PosterError) in received.bytes += bytes
    }
    for page in pages {
      try document.append(page)
      left.append(received.bytes.count)
    }
    try document.finish()
    return (received.bytes, left)
  }

  private final class Received {
    var bytes: [UInt8] = []
  }

  /// Runs one of poppler's programs on a file, or returns nil where it is not installed.
  private static func poppler(_ name: String, _ arguments: [String], in folder: String) throws
    -> String?
  {
    let url = URL(fileURLWithPath: "/usr/bin/\(name)")
    guard FileManager.default.isExecutableFile(atPath: url.path) else { return nil }
    let outcome = try BuiltProgram(at: url).run(arguments, in: URL(fileURLWithPath: folder))
    #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(name): \(outcome.errors)")
    return outcome.output
  }

  private static let hasPoppler =
    FileManager.default.isExecutableFile(atPath: "/usr/bin/pdftotext")
    && FileManager.default.isExecutableFile(atPath: "/usr/bin/pdftoppm")

  @Test(
    "Each page of a document shows its own code and its own words",
    .enabled(if: hasPoppler, "needs poppler-utils"))
  func pagesAreTheirOwn() throws {
    try Samples.withFolder { folder in
      let names = ["Ga Hải Phòng", "Chợ Sắt", "Phở g̃ữ n̥hanh"]  // letters without a composed form
      let pages = try names.enumerated().map { try Self.page($0 + 1, name: $1) }
      try PosterDocument.write(
        to: "\(folder)/all.pdf", title: "Quận Ngô Quyền", author: "Sở Y tế", madeAtSecond: 0
      ) { document in for page in pages { try document.append(page) } }
      for (index, name) in names.enumerated() {
        let number = "\(index + 1)"
        let text = try #require(
          try Self.poppler(
            "pdftotext", ["-raw", "-f", number, "-l", number, "all.pdf", "-"], in: folder))
        let lines = text.split(whereSeparator: \.isNewline).map(String.init)
        #expect(lines.contains(name), "\(lines)")
        #expect(Array(text.utf8) == Array(text.precomposedStringWithCanonicalMapping.utf8))
        #expect(text.contains("75 Lương Khánh Thiện, phường Cầu Đất"))
        let order = ["QUÉT MÃ", name, "Không quét được mã", "Ngày cấp", "truy vết phòng"]
          .map { text.range(of: $0)?.lowerBound }
        #expect(
          !order.contains(nil) && order.compactMap(\.self).sorted() == order.compactMap(\.self))

        _ = try Self.poppler(
          "pdftoppm",
          ["-r", "100", "-f", number, "-l", number, "-png", "all.pdf", "page\(number)"],
          in: folder)
        let picture = try Data(
          contentsOf: URL(fileURLWithPath: "\(folder)/page\(number)-\(number).png"))
        let codes = try CodeReader.codes(in: GreyImage(png: Array(picture))).map(\.text)
        #expect(codes == [Samples.prefix + Samples.digits(188, seed: UInt64(index + 1))])
      }
    }
  }

  @Test(
    "What copying gives is the text that was set, letter for letter",
    .enabled(if: hasPoppler, "needs poppler-utils"))
  func textIsWhatWasSet() throws {
    try Samples.withFolder { folder in
      let page = try Self.page(1)
      try Data(page.pdf()).write(to: URL(fileURLWithPath: "\(folder)/one.pdf"))
      let text = try #require(try Self.poppler("pdftotext", ["-raw", "one.pdf", "-"], in: folder))
      let words = Set(text.split(whereSeparator: \.isWhitespace))
      let missing = page.layout.faces.flatMap(\.blocks)
        .flatMap { $0.text.split(whereSeparator: \.isWhitespace) }.filter { !words.contains($0) }
      #expect(missing.isEmpty)
    }
  }

  @Test("The table of objects tells where each object begins")
  func tableOfObjects() throws {
    let bytes = try Self.document([Self.page(1), Self.page(2)]).bytes
    let lines = String(decoding: bytes.suffix(4_000), as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false)
    let end = try #require(lines.lastIndex(of: "startxref"))
    let table = try #require(Int(lines[end + 1]))
    let entries = String(decoding: bytes[table...], as: UTF8.self).split(separator: "\n")
    #expect(entries[0] == "xref")
    let count = try #require(entries[1].split(separator: " ").last.flatMap { Int($0) })
    #expect(count > 10)
    for number in 1..<count {
      let entry = entries[2 + number]
      #expect(entry.utf8.count == 19)
      let place = try #require(Int(entry.prefix(10)))
      #expect(bytes[place...].starts(with: "\(number) 0 obj\n".utf8))
    }
  }

  @Test("Pages leave as they come, and what is common is written once")
  func streams() throws {
    let pages = try (0..<40).map { try Self.page($0) }
    let (bytes, left) = try Self.document(pages)
    // No page waits for more than a chunk to gather.
    let perPage = bytes.count / pages.count
    #expect(left[39] >= 39 * perPage / 2 && left[10] > 0)
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(text.ranges(of: "/FontFile2").count == 2)
    #expect(text.ranges(of: "/Type/Page/").count == 40)
  }

  @Test("A face that stands in many places of a page is written once")
  func repeatedFaces() throws {
    let page = try PosterPage(
      Samples.sheet(), Samples.symbol(), as: .stickers, style: SheetStyle(allowsBelowMinimum: true))
    #expect(page.layout.faces.count > 4)
    let text = String(decoding: try Self.document([page]).bytes, as: UTF8.self)
    #expect(text.ranges(of: "/Subtype/Form").count == 1)
  }

  @Test("The same pages give the same bytes, whatever was set in between")
  func deterministic() throws {
    let first = try Self.document([Self.page(1), Self.page(2)]).bytes
    for number in 0..<150 { _ = try Self.page(number, name: "Quán số \(number)") }
    #expect(try Self.document([Self.page(1), Self.page(2)]).bytes == first)
  }

  @Test("A document that fails leaves the old file as it was and nothing beside it")
  func failures() throws {
    struct Stop: Error {}
    try Samples.withFolder { folder in
      let path = "\(folder)/x.pdf"
      try Data("old".utf8).write(to: URL(fileURLWithPath: path))
      #expect(throws: Stop.self) {
        try PosterDocument.write(to: path, title: "", author: "", madeAtSecond: 0) { document in
          for number in 0..<10 { try document.append(Self.page(number)) }
          throw Stop()
        }
      }
      let error = #expect(throws: PosterError.self, "no page") {
        try PosterDocument.write(to: path, title: "", author: "", madeAtSecond: 0) { _ in }
      }
      #expect(error?.code == "poster-drawing")
      let folderIsMissing = #expect(throws: PosterError.self) {
        try PosterDocument.write(to: "\(folder)/none/x", title: "", author: "", madeAtSecond: 0) {
          try $0.append(Self.page(1))
        }
      }
      #expect(folderIsMissing?.code == "poster-not-written")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["x.pdf"])
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data("old".utf8))
    }
  }

  @Test("A write that fails half way is told, and the file is not published")
  func fullDisk() throws {
    let error = #expect(throws: PosterError.self) {
      var document = try PosterDocument(title: "", author: "", madeAtSecond: 0) {
        (_) throws(PosterError) in throw .notWritten(path: "x", reason: "no space")
      }
      for number in 0..<20 { try document.append(Self.page(number)) }
      try document.finish()
    }
    #expect(error?.code == "poster-not-written")
  }
}
