internal import Bluetooth
package import ExposureStorage
internal import Fusion
package import JSONText
package import Presence
package import Tracing
package import VenueCodes
package import VenueRegistry

/// What check-ins and Bluetooth say of each other's milestones: where an encounter was, and whether a
/// check-in is believed.
package struct MilestoneFacts {
  private let places: [EncounterPlace?]
  private let checkIns: [Visit: CheckInCorroboration]
  private let names: ExplanationNames
  private let nameOfVenue: @Sendable (VenueID) -> String?
  private let calendar: LocalCalendar
  private let subject: Pseudonym

  /// Finds what is known of a person's milestones.
  ///
  /// - Parameters:
  ///   - milestones: The milestones.
  ///   - person: Whose.
  ///   - history: The history of all evidence.
  ///   - store: The store.
  ///   - registry: The venues.
  ///   - nameOfPerson: How a person is written.
  ///   - mayName: Whether a venue is named to who asks; else it is "another venue" in what is said of
  ///     a check-in.
  /// - Throws: What keeps evidence from being read.
  package init(
    _ milestones: [Milestone], of person: Pseudonym, history: ExposureHistory,
    store: ExposureStore, registry: Registry,
    nameOfPerson: @escaping @Sendable (Pseudonym) -> String,
    mayName: @escaping @Sendable (VenueID) -> Bool = { _ in true }
  ) throws {
    calendar = store.calendar
    subject = person
    nameOfVenue = { registry.venue($0)?.name }
    names = ExplanationNames(registry: registry, nameOfPerson: nameOfPerson, mayName: mayName)
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
    // Each encounter is a row of its own, with its evidence.
    checkIns = try CheckInWitness(history: history, sightings: sightings, namesEvidence: false)
      .corroborations(of: person)
  }

  /// Where the encounter at a place of the milestones was, for people.
  package func whereText(at place: Int) -> String {
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
  package func checkInText(of visit: Visit) -> String {
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

  /// Writes the milestone at a place of the milestones into an open JSON object.
  package func write(
    _ milestone: Milestone, at place: Int, of person: Pseudonym,
    nameOfPerson: (Pseudonym) -> String, to json: inout JSONWriter
  ) {
    json.field("person", nameOfPerson(person))
    json.field("from", ISO8601.format(milestone.start, in: calendar))
    json.field("to", ISO8601.format(milestone.end, in: calendar))
    switch milestone.event {
    case .visit(let visit):
      json.field("kind", "visit")
      json.field("venue", "\(visit.venue)")
      json.field("name", nameOfVenue(visit.venue))
      json.field("zone", Int(visit.zone))
      VisitText.write(visit, in: calendar, to: &json)
      writeCheckIn(of: visit, to: &json)
    case .encounter(let peer, let encounter):
      json.field("kind", "encounter")
      json.field("peer", nameOfPerson(peer))
      json.field("attenuation_db", Int(encounter.attenuation))
      json.field("one_sided", encounter.quality.isOneSided)
      json.field("uncertainty_db", encounter.quality.uncertainty.map(Int.init))
      json.key("nearness")
      json.array(milestone.nearness) { json, nearness in
        json.object {
          $0.field("attenuation_db", Int(nearness.attenuation))
          $0.field("seconds", Int(nearness.seconds))
        }
      }
      json.field("evidence", milestone.evidence.map { "\($0)" })
      writePlace(at: place, to: &json)
    }
  }

  /// Writes where an encounter was into an open JSON object.
  private func writePlace(at place: Int, to json: inout JSONWriter) {
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
  private func writeCheckIn(of visit: Visit, to json: inout JSONWriter) {
    let checkIn = checkIns[visit]
    json.field("check_in", checkIn.map { $0.verdict.name })
    json.field("grade", checkIn.map { Int($0.grade) })
    json.field("reason", checkIn.map { words($0, of: visit) })
  }
}

extension CheckInWitness {
  /// Makes a witness that also knows what receivers of venues heard.
  init(history: ExposureHistory, sightings: RadioSightings, namesEvidence: Bool) throws {
    var receivers: [SubjectNumber: [ReceiverSighting]] = [:]
    for (person, heard) in Dictionary(grouping: sightings.receivers, by: \.person) {
      guard let number = try history.people.number(of: person) else { continue }
      receivers[number] = heard.map {
        ReceiverSighting(venue: $0.venue, moment: $0.moment, evidence: $0.evidence)
      }
    }
    self.init(history: history, receivers: receivers, namesEvidence: namesEvidence)
  }
}

extension ExplanationNames {
  /// Makes the names of a registry, and of people as they are printed.
  init(
    registry: Registry, nameOfPerson: @escaping @Sendable (Pseudonym) -> String,
    mayName: @escaping @Sendable (VenueID) -> Bool = { _ in true }
  ) {
    self.init(
      person: nameOfPerson,
      venue: { mayName($0) ? registry.venue($0)?.name ?? "\($0)" : "another venue" },
      zone: { mayName($0) ? registry.venue($0)?.zone(numbered: $1)?.name : nil },
      hasZones: { mayName($0) && registry.venue($0)?.zones.isEmpty == false })
  }
}
