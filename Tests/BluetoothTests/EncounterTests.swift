import Bluetooth
import Presence
import Testing

@Suite("Encounters")
struct EncounterTests {
  private let id = EvidenceID(high: 1, low: 2)

  @Test("An encounter has no direction")
  func hasNoDirection() throws {
    let one = Encounter(7, 3, start: 0, end: 9, attenuation: 50, evidence: id)
    let other = Encounter(3, 7, start: 0, end: 9, attenuation: 50, evidence: id)
    #expect(one == other)
    #expect(try #require(one).first == 3)
  }

  @Test("Nobody meets themself")
  func needsTwo() {
    #expect(Encounter(3, 3, start: 0, end: 9, attenuation: 50, evidence: id) == nil)
  }

  struct Row: Sendable, CustomTestStringConvertible {
    let name: String
    let received: Int
    let sent: Int
    let decibels: Int16?
    var testDescription: String { name }
  }

  @Test(
    "Attenuation is what was sent less what arrived",
    arguments: [
      Row(name: "usual", received: -70, sent: -7, decibels: 63),
      Row(name: "louder than sent", received: -5, sent: -7, decibels: -2),
      Row(name: "no such strength", received: -128, sent: 0, decibels: nil),
      Row(name: "no such power", received: -60, sent: 31, decibels: nil),
    ])
  func attenuation(row: Row) {
    #expect(
      Attenuation.decibels(receivedStrength: row.received, transmitPower: row.sent)
        == row.decibels)
  }
}
