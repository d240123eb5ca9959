import CodeReading
import Foundation
import Posters
import TestSupport
import Testing

@Suite("Poster files") struct PosterFileTests {
  @Test("A file is on disk as proved, and its code reads back", arguments: PosterFormat.allCases)
  func writes(format: PosterFormat) throws {
    try Samples.withFolder { folder in
      let file = try made(format, Samples.symbol())
      let path = "\(folder)/poster.\(format.fileExtension)"
      try file.write(to: path)
      try file.write(to: path)  // and again over the old one
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)).elementsEqual(file.bytes))
      #expect(try contents(of: folder) == ["poster.\(format.fileExtension)"])
      let image = try image(file)
      #expect(try CodeReader.codes(in: image).map(\.text) == file.texts)
    }
  }

  struct Fault: CustomTestStringConvertible, Sendable {
    let name: String
    let code: String
    let symbol: @Sendable () throws -> QRSymbol
    var testDescription: String { name }
  }
  static let faults = [
    Fault(name: "another text's modules", code: "proof-mismatch") {
      let other = try QRSymbol(prefix: Samples.prefix, digits: Samples.digits(241, seed: 2))
      return try #require(
        QRSymbol(text: Samples.symbol().text, level: .quartile, modules: other.modules))
    },
    Fault(name: "one digit too many", code: "proof-mismatch") {
      let symbol = try Samples.symbol()
      return try #require(
        QRSymbol(text: symbol.text + "0", level: .quartile, modules: symbol.modules))
    },
    Fault(name: "half of the modules inverted", code: "proof-unreadable") {
      let symbol = try Samples.symbol()
      var modules = symbol.modules
      for index in modules.indices where index % 2 == 0 { modules[index] ^= 1 }
      return try #require(QRSymbol(text: symbol.text, level: .quartile, modules: modules))
    },
    Fault(name: "no dark module", code: "proof-unreadable") {
      let symbol = try Samples.symbol()
      let modules = symbol.modules.map { _ in UInt8(0) }
      return try #require(QRSymbol(text: symbol.text, level: .quartile, modules: modules))
    },
  ]

  @Test(
    "A code that says something else, or nothing, is caught and leaves no file",
    arguments: faults, PosterFormat.allCases)
  func catches(fault: Fault, format: PosterFormat) throws {
    try Samples.withFolder { folder in
      let file = try made(format, fault.symbol())
      let error = #expect(throws: PosterError.self) { try file.write(to: "\(folder)/x") }
      #expect(error?.code == fault.code)
      #expect(error?.description.contains("\(folder)/x") == true)
      #expect(try contents(of: folder).isEmpty)
    }
  }

  @Test("A mismatch leaves the old file as it was")
  func keepsOldFile() throws {
    try Samples.withFolder { folder in
      let symbol = try Samples.symbol()
      try PosterFile.png(symbol).write(to: "\(folder)/x")
      let wrong = PosterFile(format: .png, bytes: try symbol.png(), texts: ["something else"])
      #expect(throws: PosterError.self) { try wrong.write(to: "\(folder)/x") }
      let kept = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/x"))
      #expect(try kept.elementsEqual(symbol.png()))
    }
  }

  @Test("A picture that shows a second code is a mismatch")
  func secondCode() throws {
    let one = try GreyImage(png: try QRSymbol(text: "one", leastVersion: 2).png(scale: 4))
    let two = try GreyImage(png: try QRSymbol(text: "two", leastVersion: 2).png(scale: 4))
    let rows = (0..<one.height).map { row in
      one.pixels[row * one.width..<(row + 1) * one.width]
        + two.pixels[row * two.width..<(row + 1) * two.width]
    }
    let bytes = PlainPNG.bytes(
      width: UInt32(one.width + two.width), height: UInt32(one.height), bitDepth: 8,
      colourType: 0, rows: rows.map(Array.init))
    let error = #expect(throws: PosterError.self) {
      try PosterFile(format: .png, bytes: bytes, texts: ["one"]).prove()
    }
    #expect(error?.code == "proof-mismatch")
  }

  @Test("A damaged file does not pass the proof", arguments: PosterFormat.allCases)
  func damaged(format: PosterFormat) throws {
    let file = try made(format, Samples.symbol())
    let half = PosterFile(
      format: format, bytes: Array(file.bytes[..<(file.bytes.count / 2)]), texts: file.texts)
    #expect(throws: PosterError.self) { try half.prove() }
  }

  @Test("Posters are made and proved on several threads at once, each with its own code")
  func threads() async throws {
    try await withThrowingTaskGroup(of: [UInt8].self) { group in
      for seed in 0..<12 as Range<UInt64> {
        group.addTask {
          let digits = Samples.digits(241, seed: seed % 3)
          let symbol = try QRSymbol(prefix: Samples.prefix, digits: digits)
          let file = try PosterFile.sheet(
            PosterPage(Samples.sheet(name: "Chợ \(seed % 3)"), symbol))
          try file.prove()
          try PosterFile.svg(symbol, title: "").prove()
          return file.bytes
        }
      }
      var files: Set<[UInt8]> = []
      for try await bytes in group { files.insert(bytes) }
      #expect(files.count == 3, "equal sheets give equal bytes, on any thread")
    }
  }

  @Test("A place that cannot be written to is named, and nothing is left there")
  func unwritable() throws {
    try Samples.withFolder { folder in
      try FileManager.default.createDirectory(
        atPath: "\(folder)/taken/inside", withIntermediateDirectories: true)
      let file = try PosterFile.png(Samples.symbol())
      for path in ["\(folder)/none/x.png", "\(folder)/taken", "", "\(folder)/a\0b"] {
        let error = #expect(throws: PosterError.self) { try file.write(to: path) }
        #expect(error?.code == "poster-not-written", "\(path)")
      }
      #expect(try contents(of: folder) == ["taken"])
    }
  }

  private func made(_ format: PosterFormat, _ symbol: QRSymbol) throws -> PosterFile {
    switch format {
    case .pdf: try .sheet(PosterPage(Samples.sheet(), symbol))
    case .png: try .png(symbol)
    case .svg: try .svg(symbol, title: "Ga Hải Phòng")
    }
  }

  private func image(_ file: PosterFile) throws -> GreyImage {
    switch file.format {
    case .pdf: try GreyImage(pdf: file.bytes)
    case .png: try GreyImage(png: file.bytes)
    case .svg: try GreyImage(svg: file.bytes)
    }
  }

  private func contents(of folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }
}
