import Presence
import TestSupport
import Testing

@Suite("Evidence id")
struct EvidenceIDTests {
  struct Row: CustomTestStringConvertible {
    let name: String
    let text: String
    let isID: Bool
    var testDescription: String { name }

    init(_ name: String, _ text: String, _ isID: Bool) {
      self.name = name
      self.text = text
      self.isID = isID
    }
  }

  static let usual = "0173c2f0-9a3e-7abc-8def-0123456789ab"

  @Test(
    "A UUID is read in its forms and nothing else is",
    arguments: [
      Row("usual form", usual, true),
      Row("capitals", "0173C2F0-9A3E-7ABC-8DEF-0123456789AB", true),
      Row("without hyphens", "0173c2f09a3e7abc8def0123456789ab", true),
      Row("empty", "", false),
      Row("one short", String(usual.dropLast()), false),
      Row("one long", usual + "0", false),
      Row("braces", "{0173c2f0-9a3e-7abc-8def-0123456789}", false),
      Row("a hyphen in another place", "0173c2f-09a3e-7abc-8def-0123456789ab", false),
      Row("a digit where a hyphen is", "0173c2f009a3e-7abc-8def-0123456789ab", false),
      Row("hyphens for digits", "0173c2f0-9a3e-7abc-8def-01234567----", false),
      Row("some hyphens only", "0173c2f09a3e-7abc-8def-0123456789ab", false),
      Row("a letter after f", "0173c2f0-9a3e-7abc-8def-0123456789ag", false),
      Row("before 0", "0173c2f0-9a3e-7abc-8def-0123456789a/", false),
      Row("after 9", "0173c2f0-9a3e-7abc-8def-0123456789a:", false),
      Row("before a", "0173c2f0-9a3e-7abc-8def-0123456789a@", false),
      Row("a backquote", "0173c2f0-9a3e-7abc-8def-0123456789a`", false),
      Row("a control for 0", "0173c2f0-9a3e-7abc-8def-0123456789a\u{10}", false),
      Row("not ASCII", "0173c2f0-9a3e-7abc-8def-0123456789é", false),
    ])
  func forms(row: Row) {
    let read = EvidenceID(row.text)
    let expected = EvidenceID(high: 0x0173_c2f0_9a3e_7abc, low: 0x8def_0123_4567_89ab)
    #expect(read == (row.isID ? expected : nil))
  }

  @Test("What is written is read again")
  func roundTrip() {
    var generator = SeededGenerator(seed: 17)
    let ids = (0..<500).map { _ in EvidenceID(high: generator.next(), low: generator.next()) }
    #expect(ids.map { EvidenceID($0.description) } == ids)
  }
}
