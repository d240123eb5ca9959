import Posters
import TestSupport
import Testing

@Suite("QR encoder") struct QREncoderTests {
  /// The symbol of either encoder, or nil when the text does not fit.
  private func symbols(
    _ prefix: String, _ digits: String, _ level: QRSymbol.Level, _ leastVersion: Int
  ) -> (own: QRSymbol?, library: QRSymbol?) {
    (
      try? QRSymbol(prefix: prefix, digits: digits, level: level, leastVersion: leastVersion),
      try? QRSymbol(byLibrary: prefix, digits: digits, level: level, leastVersion: leastVersion)
    )
  }

  @Test(
    "Symbols are libqrencode's, module for module and mask for mask",
    arguments: QRSymbol.Level.allCases, [1, 2, 3, 4, 5] as [UInt64])
  func equalToLibrary(level: QRSymbol.Level, seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var versions: Set<Int> = []
    for number in 0..<300 {
      let length = Int(generator.next() % 70)
      let prefix = String(
        decoding: (0..<length).map { _ in UInt8(generator.next() % 128) }, as: UTF8.self)
      var digits = Samples.digits(Int(generator.next() % 400), seed: generator.next())
      if generator.next() % 4 == 0 { digits = String(repeating: "0", count: digits.utf8.count) }
      if prefix.isEmpty && digits.isEmpty { continue }
      let least = generator.next() % 3 == 0 ? Int(generator.next() % 12) + 1 : 1
      let (own, library) = symbols(prefix, digits, level, least)
      #expect(own == library, "seed \(seed), symbol \(number)")
      if let own { versions.insert(own.version) }
    }
    // What is above 11 comes from the library; below, every version must have been met.
    #expect(versions.isSuperset(of: level == .high ? 3...12 : 2...12), "seed \(seed)")
  }

  @Test(
    "Every length up to version 12 takes the library's version", arguments: ["", "https://a.vn/#"])
  func everyLength(prefix: String) {
    for level in QRSymbol.Level.allCases {
      let wrong = (1...420).filter { count in
        let (own, library) = symbols(prefix, Samples.digits(count, seed: 7), level, 1)
        return own == nil || own != library
      }
      #expect(wrong.isEmpty, "\(level)")
    }
  }

  @Test("Long runs and wide finder patterns are judged as the library does")
  func plainSymbols() {
    // One byte over and over makes stripes: runs as long as the symbol, patterns of double width.
    for byte in 0..<UInt8(128) {
      let prefix = String(repeating: Character(Unicode.Scalar(byte)), count: 90)
      for level in QRSymbol.Level.allCases {
        let (own, library) = symbols(prefix, "", level, 1)
        #expect(own != nil && own == library, "byte \(byte), \(level)")
      }
    }
  }
}
