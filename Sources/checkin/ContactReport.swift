internal import CommandKit
internal import ExposureStorage
internal import FoundationEssentials
internal import Fusion
internal import JSONText
internal import Presence
internal import Tracing
internal import VenueCodes
internal import VenueRegistry

/// The contacts of a case by what check-ins and Bluetooth say of each: ranked, or one explained.
struct ContactReport {
  let rules: RuleSet
  private let context: Context
  private let calendar: LocalCalendar
  private let one: Case
  private let gatherer: PairGatherer
  private let sightings: RadioSightings
  /// The first day whose Bluetooth retention does not delete by now.
  private let bluetoothKeptFrom: LocalDay
  private let names: ExplanationNames
  private let model = ContactModel()
  private let threads = ProcessInfo.processInfo.activeProcessorCount

  init(
    workspace: Workspace, store: ExposureStore, registry: Registry, history: ExposureHistory,
    rules: String?, subjects: Path?, record: CaseRecord, explaining person: Pseudonym?
  ) throws {
    context = workspace.context
    calendar = store.calendar
    let one = try record.confirmedCase()
    self.one = one
    let (chosen, remark) = try workspace.rules(rules, on: calendar.day(of: context.now()))
    if let remark { context.talk.warning(remark) }
    self.rules = chosen
    let people = try PersonNames(subjects, workspace: workspace)
    names = ExplanationNames(registry: registry, people: people)
    let policy = try store.retentionPolicy()
    bluetoothKeptFrom = calendar.day(of: context.now()).advanced(by: -policy.bluetooth)
    let window = chosen.window(of: one, in: calendar)
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
      history: history, rules: chosen, calendar: calendar,
      witness: try CheckInWitness(history: history, sightings: sightings))
  }

  /// Prints the contacts by probability.
  func printRanking(limit: Int?, atLeast least: Double) throws {
    let all = try ContactRanking(gatherer: gatherer, model: model, threads: threads)
      .contacts(of: one)
    let shown = all.prefix { $0.probability >= least }.prefix(limit ?? .max)
    if context.json {
      var lines = JSONLines(to: context.output)
      for (place, contact) in shown.enumerated() {
        try lines.object { json in
          json.field("case", one.id)
          json.field("rank", place + 1)
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
      }
      try lines.finish()
      return
    }
    var table = TableStream(
      [
        .right("#"), .whole("Person"), .right("Chance"), "Class", "Label", .right("Near"),
        .right("At venue"), .prose("Why"),
      ], to: context.output)
    for (place, contact) in shown.enumerated() {
      try table.append([
        "\(place + 1)", names.person(contact.person), Decimals.percent(contact.probability),
        contact.exposureClass?.name ?? "", contact.label ?? "", "\(contact.nearSeconds / 60)",
        "\(contact.venueSeconds / 60)", contact.digest.reason(nameOfVenue: names.venue),
      ])
    }
    try table.finish()
    context.talk.note(
      "\(counted(shown.count, "contact")) of \(all.count) under \(rules.id); minutes in \"Near\" and "
        + "\"At venue\"")
  }

  /// Explains one contact; returns whether anything joins them.
  func printExplanation(of person: Pseudonym) throws -> Bool {
    let unresolved = sightings.unresolved.map {
      UnresolvedSighting(person: $0.person, moment: $0.moment, identifier: $0.identifier)
    }
    let explainer = ContactExplainer(
      gatherer: gatherer, model: model, names: names, threads: threads)
    guard
      let explanation = try explainer.explanation(
        of: person, to: one, unresolved: unresolved, bluetoothKeptFrom: bluetoothKeptFrom)
    else {
      context.talk.note(
        "nothing joins \(names.person(person)) with case \(one.id) while it was infectious")
      return false
    }
    if context.json {
      try context.output.json { json in
        json.object { json in write(explanation, to: &json) }
      }
      return true
    }
    for line in explanation.text(in: calendar, names: names) { try context.output.line(line) }
    return true
  }

  private func write(_ explanation: ContactExplanation, to json: inout JSONWriter) {
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

extension CheckInWitness {
  /// Makes a witness that also knows what receivers of venues heard.
  init(history: ExposureHistory, sightings: RadioSightings) throws {
    var receivers: [SubjectNumber: [ReceiverSighting]] = [:]
    for (person, heard) in Dictionary(grouping: sightings.receivers, by: \.person) {
      guard let number = try history.people.number(of: person) else { continue }
      receivers[number] = heard.map { ReceiverSighting(venue: $0.venue, moment: $0.moment) }
    }
    self.init(history: history, receivers: receivers)
  }
}

extension ExplanationNames {
  /// Makes the names of a registry, and of people as they are printed.
  init(registry: Registry, people: PersonNames) {
    self.init(
      person: { people.name(of: $0) }, venue: { registry.venue($0)?.name ?? "\($0)" },
      zone: { registry.venue($0)?.zone(numbered: $1)?.name },
      hasZones: { registry.venue($0)?.zones.isEmpty == false })
  }
}
