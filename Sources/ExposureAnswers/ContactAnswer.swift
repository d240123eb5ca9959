internal import FoundationEssentials
package import Fusion
package import JSONText
package import Presence
package import Tracing
package import VenueRegistry
package import ExposureStorage
package import VenueCodes

/// The contacts of a case by what check-ins and Bluetooth say of each: ranked, or one explained.
package struct ContactAnswer: Sendable {
  /// The rule set that judges them.
  package let rules: RuleSet
  /// How people and places are written.
  package let names: ExplanationNames
  private let calendar: LocalCalendar
  private let one: Case
  private let gatherer: PairGatherer
  private let sightings: RadioSightings
  /// The first day whose Bluetooth retention does not delete by now.
  private let bluetoothKeptFrom: LocalDay
  private let model = ContactModel()
  private let threads = ProcessInfo.processInfo.activeProcessorCount

  /// Gathers what there is; the question must be in the audit log already.
  ///
  /// - Parameters:
  ///   - store: The store.
  ///   - registry: The venues.
  ///   - history: The history of all evidence.
  ///   - rules: The rule set of contacts.
  ///   - record: The case.
  ///   - person: The one who is to be explained, if only one is.
  ///   - today: The present local day.
  ///   - nameOfPerson: How a person is written.
  /// - Throws: What keeps evidence from being read.
  package init(
    store: ExposureStore, registry: Registry, history: ExposureHistory, rules: RuleSet,
    record: CaseRecord, explaining person: Pseudonym?, today: LocalDay,
    nameOfPerson: @escaping @Sendable (Pseudonym) -> String
  ) throws {
    calendar = store.calendar
    let one = try record.confirmedCase()
    self.one = one
    self.rules = rules
    names = ExplanationNames(registry: registry, nameOfPerson: nameOfPerson)
    let policy = try store.retentionPolicy()
    bluetoothKeptFrom = today.advanced(by: -policy.bluetooth)
    let window = rules.window(of: one, in: calendar)
    sightings =
      window.isEmpty
      ? RadioSightings()
      : try store.radioSightings(
        // A visit may have begun on the day before.
        from: calendar.day(of: window.lowerBound).advanced(by: -1),
        to: calendar.day(of: window.upperBound - 1),
        unresolvedOf: person.map { [one.subject, $0] } ?? [],
        heardOf: person.map { [one.subject, $0] })
    gatherer = PairGatherer(
      history: history, rules: rules, calendar: calendar,
      witness: try CheckInWitness(
        history: history, sightings: sightings, namesEvidence: person != nil))
  }

  /// Why the case was never infectious; nil when it was.
  package var whyNeverInfectious: String? {
    guard rules.window(of: one, in: calendar).isEmpty else { return nil }
    return CaseText.whyNeverInfectious(one, by: rules, in: calendar)
  }

  /// Whether the store has ever seen a person.
  package func isKnown(_ person: Pseudonym) throws -> Bool {
    try gatherer.history.people.number(of: person) != nil
  }

  /// Returns the contacts by probability.
  package func ranking() throws -> [RankedContact] {
    try ContactRanking(gatherer: gatherer, model: model, threads: threads).contacts(of: one)
  }

  /// Writes a contact into an open JSON object.
  package func write(_ contact: RankedContact, rank: Int, to json: inout JSONWriter) {
    json.field("case", one.id)
    json.field("rank", rank)
    json.field("person", names.person(contact.person))
    json.field("probability", contact.probability)
    json.field("class", contact.exposureClass?.name)
    json.field("label", contact.label)
    json.field("near_seconds", contact.nearSeconds)
    json.field("venue_seconds", contact.venueSeconds)
    json.field("tail_seconds", contact.tailSeconds)
    json.field("day", "\(contact.digest.day)")
    json.field("reason", contact.digest.reason(nameOfVenue: names.venue))
    json.field("rule", rules.id)
  }

  /// Explains one contact; nil when nothing joins the two.
  package func explanation(of person: Pseudonym) throws -> ContactExplanation? {
    let unresolved = sightings.unresolved.map {
      UnresolvedSighting(person: $0.person, moment: $0.moment, identifier: $0.identifier)
    }
    return try ContactExplainer(
      gatherer: gatherer, model: model, names: names, threads: threads
    ).explanation(
      of: person, to: one, unresolved: unresolved, bluetoothKeptFrom: bluetoothKeptFrom)
  }

  /// Writes an explanation into an open JSON object.
  package func write(_ explanation: ContactExplanation, to json: inout JSONWriter) {
    json.field("case", explanation.caseID)
    json.field("person", names.person(explanation.person))
    json.field("rule", explanation.rule)
    json.field("from", ISO8601.format(explanation.window.lowerBound, in: calendar))
    json.field("to", ISO8601.format(explanation.window.upperBound, in: calendar))
    json.field("probability", explanation.probability)
    json.key("days")
    json.array(explanation.days) { json, day in
      json.object { json in
        json.field("day", "\(day.day)")
        json.field("probability", day.probability)
        json.field("class", day.exposure?.exposureClass.name)
        json.field("label", day.exposure?.label)
        json.field("seconds", day.exposure?.seconds)
        json.field("near_seconds", day.exposure?.nearSeconds)
        json.field("venue_seconds", day.exposure?.venueSeconds)
        json.field("tail_seconds", day.exposure?.tailSeconds)
        json.key("lines")
        json.array(day.lines) { json, line in
          json.object { json in
            json.field("topic", line.topic.rawValue)
            json.field("text", line.text)
            json.field("evidence", line.evidence.map { "\($0)" })
            json.field("log_odds", line.logOdds)
          }
        }
      }
    }
  }
}
