internal import Bluetooth
internal import CommandKit
internal import ExposureStorage
internal import Fusion
internal import JSONText
internal import Presence
internal import Tracing
internal import VenueCodes
internal import VenueRegistry

/// What check-ins and Bluetooth say of each other's milestones: where an encounter was, and whether a
/// check-in is believed.
struct MilestoneFacts {
  private let places: [EncounterPlace?]
  private let checkIns: [Visit: CheckInCorroboration]
  private let names: ExplanationNames
  private let calendar: LocalCalendar
  private let subject: Pseudonym

  /// Finds what is known of a person's milestones.
  init(
    _ milestones: [Milestone], of person: Pseudonym, history: ExposureHistory,
    store: ExposureStore, registry: Registry, people: PersonNames
  ) throws {
    calendar = store.calendar
    subject = person
    names = ExplanationNames(registry: registry, people: people)
    var questions: [PlaceQuestion] = []
    var asked: [Int] = []
    for (number, milestone) in milestones.enumerated() {
      guard case .encounter(let peer, _) = milestone.event else { continue }
      asked.append(number)
      questions.append(
        PlaceQuestion(person: person, peer: peer, span: milestone.start..<milestone.end))
    }
    var places = [EncounterPlace?](repeating: nil, count: milestones.count)
    for (number, place) in zip(asked, try history.places(of: questions)) { places[number] = place }
    self.places = places
    let visits = milestones.filter { if case .visit = $0.event { true } else { false } }
    guard let first = visits.map(\.start).min(), let last = visits.map(\.end).max() else {
      checkIns = [:]
      return
    }
    let sightings = try store.radioSightings(
      from: calendar.day(of: first), to: calendar.day(of: last), heardOf: [person])
    checkIns = try CheckInWitness(history: history, sightings: sightings)
      .corroborations(of: person)
  }

  /// Where the encounter at a place of the milestones was, for people.
  func whereText(at place: Int) -> String {
    guard let found = places[place] else { return "" }
    let zone = found.zone == 0 ? nil : names.zone(found.venue, found.zone)
    let name = names.venue(found.venue) + (zone.map { ", \($0)" } ?? "")
    return switch found.basis {
    case .both: name
    case .one(let person):
      "likely \(name), by the visit of \(person == subject ? "this person" : "the other")"
    }
  }

  /// How a visit is known by its check-in, for people; nothing when its code needs no witness.
  func checkInText(of visit: Visit) -> String {
    guard let checkIn = checkIns[visit] else { return "" }
    return "; the check-in " + words(checkIn, of: visit)
  }

  /// Nobody but the person who was asked for is named: the others did not have their look-up logged.
  private func words(_ checkIn: CheckInCorroboration, of visit: Visit) -> String {
    let day = calendar.day(of: visit.enter)
    return CheckInWords.text(checkIn, names: names, known: [subject]) {
      ClockText.of($0, on: day, in: calendar)
    }
  }

  /// Writes where an encounter was into an open JSON object.
  func writePlace(at place: Int, to json: inout JSONWriter) {
    let found = places[place]
    json.field("venue", found.map { "\($0.venue)" })
    json.field("name", found.map { names.venue($0.venue) })
    json.field("zone", found.map { Int($0.zone) })
    switch found?.basis {
    case .both:
      json.field("where", "both")
      json.field("where_by", String?.none)
    case .one(let person):
      json.field("where", "one")
      json.field("where_by", person == subject ? "self" : "other")
    case nil:
      json.field("where", String?.none)
      json.field("where_by", String?.none)
    }
  }

  /// Writes what Bluetooth says of a check-in into an open JSON object.
  func writeCheckIn(of visit: Visit, to json: inout JSONWriter) {
    let checkIn = checkIns[visit]
    json.field("check_in", checkIn.map { $0.verdict.name })
    json.field("grade", checkIn.map { Int($0.grade) })
    json.field("reason", checkIn.map { words($0, of: visit) })
  }
}
