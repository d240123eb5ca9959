import TestSupport
import Testing
import VenueCodes

@Suite("VenueID") struct VenueIDTests {
  private static let symbols = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ*~$=U")

  /// Ids at the edges and some by chance.
  private func samples(seed: UInt64) -> [VenueID] {
    var generator = SeededGenerator(seed: seed)
    let edges: [UInt64] = [0, 1, 31, 32, 36, 37, 1 << 39, (1 << 40) - 1, 0x55_5555_5555]
    return edges.compactMap { VenueID(rawValue: $0) }
      + (0..<40).map { _ in VenueID.random(using: &generator) }
  }

  @Test("Every single wrong symbol is found, the check symbol's too", arguments: [41, 42])
  func findsSubstitutions(seed: UInt64) {
    var missed: [String] = []
    for id in samples(seed: seed) {
      let text = Array(id.description)
      for place in text.indices {
        for symbol in VenueIDTests.symbols where symbol != text[place] {
          var changed = text
          changed[place] = symbol
          if (try? VenueID(parsing: String(changed))) != nil { missed.append(String(changed)) }
        }
      }
    }
    #expect(missed.isEmpty, "seed \(seed)")
  }

  @Test("Every swap of two neighbours is found, the check symbol's too", arguments: [43, 44])
  func findsTranspositions(seed: UInt64) {
    var missed: [String] = []
    for id in samples(seed: seed) {
      let text = Array(id.description)
      for place in 0..<8 where text[place] != text[place + 1] {
        var changed = text
        changed.swapAt(place, place + 1)
        if (try? VenueID(parsing: String(changed))) != nil { missed.append(String(changed)) }
      }
    }
    #expect(missed.isEmpty, "seed \(seed)")
  }

  @Test("Swaps of any two symbols at one remove are found too, though not promised")
  func findsJumps() {
    var missed: [String] = []
    for id in samples(seed: 45) {
      let text = Array(id.description)
      for place in 0..<7 where text[place] != text[place + 2] {
        var changed = text
        changed.swapAt(place, place + 2)
        if (try? VenueID(parsing: String(changed))) != nil { missed.append(String(changed)) }
      }
    }
    #expect(missed.isEmpty)
  }

  @Test("The text reads back, as people type it", arguments: [46])
  func roundTrips(seed: UInt64) throws {
    var wrong: [VenueID] = []
    for id in samples(seed: seed) {
      let texts = [
        id.description, id.grouped, id.description.lowercased(),
        id.grouped.replacing(" ", with: "-"), " \(id) ",
        id.description.replacing("0", with: "O").replacing("1", with: "l"),
        id.description.replacing("0", with: "o").replacing("1", with: "I"),
      ]
      let readings = try texts.map { try VenueID(parsing: $0) }
      if readings.contains(where: { $0 != id }) { wrong.append(id) }
    }
    #expect(wrong.isEmpty, "seed \(seed)")
  }

  @Test("Random ids have a check symbol that is a letter or a digit")
  func avoidsPunctuation() {
    var generator = SeededGenerator(seed: 47)
    let ids = (0..<2_000).map { _ in VenueID.random(using: &generator).description }
    #expect(ids.allSatisfy { $0.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) } })
    #expect(Set(ids).count == ids.count)
  }

  fileprivate struct Row: CustomTestStringConvertible, Sendable {
    let text: String
    let expected: VenueIDError?
    var testDescription: String { "“\(text)”" }
  }

  fileprivate static let rows = [
    Row(text: "c0ff ee00 y", expected: nil),
    Row(text: "cOff ee01 y", expected: .wrongCheckSymbol),
    Row(text: "C0FFEE00X", expected: .wrongCheckSymbol),
    Row(text: "", expected: .wrongLength),
    Row(text: "C0FFEE00", expected: .wrongLength),
    Row(text: "C0FFEE00YY", expected: .wrongLength),
    Row(text: "C0FFEE00Y?", expected: .wrongLength),
    Row(text: "C0FFEE00?", expected: .foreignSymbol(at: 8)),
    Row(text: "C0FF_E00Y", expected: .foreignSymbol(at: 4)),
    Row(text: "U0FFEE00Y", expected: .foreignSymbol(at: 0)),
    Row(text: "C0FFEE0*Y", expected: .foreignSymbol(at: 7)),
    Row(text: "Ć0FFEE00Y", expected: .foreignSymbol(at: 0)),
    Row(text: "C0FFEE00Ｙ", expected: .foreignSymbol(at: 8)),
    Row(text: "C0FF\tEE00Y", expected: .foreignSymbol(at: 4)),
    Row(text: "00000014U", expected: nil),
  ]

  @Test("A typed id is read, or refused with its own error", arguments: rows)
  fileprivate func reads(row: Row) {
    #expect(failure(VenueIDError.self) { try VenueID(parsing: row.text) } == row.expected)
  }

  @Test("A number of more than 40 bits is no id")
  func refusesNumbers() {
    #expect(VenueID(rawValue: 1 << 40) == nil)
    #expect(VenueID(rawValue: .max) == nil)
    let largest: UInt64 = (1 << 40) - 1
    #expect(VenueID(rawValue: largest)?.rawValue == largest)
  }
}
