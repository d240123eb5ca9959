import Fusion
import Testing
import Tracing

@Suite("Where an encounter was") struct EncounterPlaceTests {
  struct Row: CustomTestStringConvertible, Sendable {
    let name: String
    let visits: [String]
    let place: String?
    var testDescription: String { name }
  }

  static let rows = [
    Row(
      name: "both were checked in there",
      visits: ["A Café:2 09:00 10:00 exit", "B Café 09:20 10:00 usual 18:00"],
      place: "Café zone 2 by both"),
    Row(
      name: "one was there, and nothing is known of the other",
      visits: ["A Café 09:00 10:00 exit"], place: "Café by A"),
    Row(
      name: "the other one was there", visits: ["B Hotel 09:00 10:00 usual 18:00"],
      place: "Hotel by B"),
    Row(
      name: "the other was certainly elsewhere",
      visits: ["A Café 09:00 10:00 usual 18:00", "B Hotel 09:00 10:00 exit"],
      place: "Hotel by B"),
    Row(
      name: "each was certainly somewhere else",
      visits: ["A Café 09:00 10:00 exit", "B Hotel 09:00 10:00 exit"], place: nil),
    Row(
      name: "both are only assumed: the likelier for longer",
      visits: ["A Café 08:30 10:00 usual 18:00", "B Hotel 09:28 10:00 usual 18:00"],
      place: "Hotel by B"),
    Row(
      name: "in a mall and in a shop of it",
      visits: ["A Café 09:00 10:00 exit", "A Hotel 09:31 09:32 exit", "B Café 09:00 10:00 exit"],
      place: "Café by both"),
    Row(
      name: "one in a mall and one in a shop of it are no alibi of each other",
      visits: ["A Shop 09:00 10:00 exit", "B Mall 09:35 10:00 exit"], place: "Shop by A"),
    Row(
      name: "two shops of one mall are two places",
      visits: ["A Shop 09:00 10:00 exit", "B Kiosk 09:00 10:00 exit"], place: nil),
    Row(
      name: "they were at one place at different times",
      visits: ["A Café 09:00 09:35 exit", "B Café 09:35 10:00 exit"], place: "Café by A"),
    Row(name: "nobody checked in anywhere", visits: ["A Café 10:00 11:00 exit"], place: nil),
    Row(
      name: "in two zones of one place",
      visits: ["A Café:1 09:00 10:00 exit", "B Café:2 09:00 10:00 exit"], place: "Café by both"),
  ]

  @Test("The visits of both say where", arguments: rows)
  func places(row: Row) throws {
    let story = try FusionStory(visits: row.visits)
    let (a, b) = (try FusionStory.person("A"), try FusionStory.person("B"))
    let span = try FusionStory.span("09:30", "09:40")
    let found = try story.history.places(of: [
      PlaceQuestion(person: a, peer: b, span: span), PlaceQuestion(person: b, peer: a, span: span),
    ])
    let texts = found.map { $0.map(Self.text) }
    #expect(texts == [row.place, row.place])
  }

  private static func text(_ place: EncounterPlace) -> String {
    let zone = place.zone == 0 ? "" : " zone \(place.zone)"
    let basis =
      switch place.basis {
      case .both: "both"
      case .one(let person): FusionStory.letter(person)
      }
    return "\(FusionStory.name(place.venue))\(zone) by \(basis)"
  }
}
