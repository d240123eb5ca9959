internal import CommandKit
internal import ExposureAnswers
internal import ExposureStorage
internal import Fusion
internal import JSONText
internal import Presence
internal import Tracing
internal import VenueRegistry

/// The contacts of a case by what check-ins and Bluetooth say of each: ranked, or one explained.
struct ContactReport {
  private let context: Context
  private let calendar: LocalCalendar
  private let caseID: String
  private let answer: ContactAnswer

  /// The rule set that judges them.
  var rules: RuleSet { answer.rules }

  init(
    workspace: Workspace, store: ExposureStore, registry: Registry, history: ExposureHistory,
    rules: String?, subjects: Path?, record: CaseRecord, explaining person: Pseudonym?
  ) throws {
    context = workspace.context
    calendar = store.calendar
    caseID = record.id
    let today = calendar.day(of: context.now())
    let (chosen, remark) = try workspace.rules(rules, on: today)
    if let remark { context.talk.warning(remark) }
    let people = try PersonNames(subjects, workspace: workspace)
    answer = try ContactAnswer(
      store: store, registry: registry, history: history, rules: chosen, record: record,
      explaining: person, today: today, nameOfPerson: { people.name(of: $0) })
  }

  /// Prints the contacts by probability.
  func printRanking(limit: Int?, atLeast least: Double) throws {
    guard wasInfectious() else { return }
    let all = try answer.ranking()
    let shown = all.prefix { $0.probability >= least }.prefix(limit ?? .max)
    if context.json {
      var lines = JSONLines(to: context.output)
      for (place, contact) in shown.enumerated() {
        try lines.object { json in answer.write(contact, rank: place + 1, to: &json) }
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
        "\(place + 1)", answer.names.person(contact.person), Decimals.percent(contact.probability),
        contact.exposureClass?.name ?? "", contact.label ?? "", "\(contact.nearSeconds / 60)",
        "\(contact.venueSeconds / 60)", contact.digest.reason(nameOfVenue: answer.names.venue),
      ])
    }
    try table.finish()
    context.talk.note(
      "\(counted(shown.count, "contact")) of \(all.count) under \(rules.id); \"Near\" and \"At venue\" "
        + "are minutes of all days, \"Why\" is of the day that says most")
  }

  /// Says why, when the case was never infectious; returns whether it was.
  private func wasInfectious() -> Bool {
    guard let reason = answer.whyNeverInfectious else { return true }
    context.talk.note(reason)
    return false
  }

  /// Explains one contact, whom the question called by a word; returns whether anything joins them.
  func printExplanation(of person: Pseudonym, called word: String) throws -> Bool {
    guard wasInfectious() else { return false }
    guard let explanation = try answer.explanation(of: person) else {
      context.talk.note(
        try answer.isKnown(person)
          ? "\(word) is known in this store, but nothing joins them with case \(caseID) while it was "
            + "infectious"
          : "\(word) was never seen in this store: nothing joins them with case \(caseID)")
      return false
    }
    if context.json {
      try context.output.json { json in
        json.object { json in answer.write(explanation, to: &json) }
      }
      return true
    }
    for line in explanation.text(in: calendar, names: answer.names) {
      try context.output.line(line)
    }
    return true
  }
}
