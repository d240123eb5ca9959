internal import Bluetooth
internal import CommandKit
internal import EvidenceIntake
internal import ExposureRisk
internal import ExposureAnswers
internal import ExposureStorage
internal import JSONText
internal import Presence
internal import Tracing
internal import VenueCodes
internal import VenueRegistry

/// `checkin exposure`: answers one question about a case, a venue or a person.
struct ExposureCommand: Sendable {
  var caseID: String?
  var venue: VenueWord?
  var subject: String?
  var from: Moment?
  var to: Moment?
  var order: String?
  var degree = 1
  var rules: String?
  var subjects: Path?
  var ranked = false
  var limit: Int?
  var atLeast = 0.0
  var explain: String?

  private static let questionParameters: [Parameter<ExposureCommand>] = [
    .option("--case", \.caseID, value: "ID", help: "The case; with --venue, the case it is for"),
    .option("--venue", \.venue, help: "Who was at this venue between --from and --to"),
    .option("--subject", \.subject, help: "Where this person was, and near whom"),
    .option("--from", \.from, help: "The first moment of interest"),
    .option("--to", \.to, help: "The first moment after it"),
    .option("--order", \.order, value: "TEXT", help: "The order the question is asked by"),
    .option(
      "--degree", \.degree, in: 1...Tracer.highestDegree, help: "With --case: how many degrees"),
    .option(
      "--rules", \.rules, value: "FILE|ID[,…]", completes: .files,
      help: "With --case: the rule set, else the one in force; several stand side by side"),
    .option(
      "--subjects", \.subjects,
      help: "Print people as the strings of this file, one a line, where they match"),
  ]

  static let command = Command<ExposureCommand>(
    "exposure", "Answers a question about a case, a venue or a person", ExposureCommand(),
    questionParameters + contactParameters,
    shared: .passphrase,
    discussion: """
      Every question is written into the audit log with what it was for. A question about a venue \
      names people who may have nothing to do with a case, so it needs one: --case or --order. \
      --ranked and --explain join check-ins and Bluetooth; --explain takes a short form as other \
      answers print it, or the string that files call the person.
      """,
    examples: [
      Example("checkin exposure --case BN-749 --degree 2", "The F1 and F2 of a case"),
      Example(
        "checkin exposure --case BN-749 --rules 3638-2021,11042-2021,cwa-2021",
        "What each of three rule sets makes of its contacts"),
      Example(
        "checkin exposure --venue C4C6BHFZC --from 2020-08-05T18:00:00+07:00 "
          + "--to 2020-08-05T20:00:00+07:00 --case BN-749", "Who was in a hotel that evening"),
      Example("checkin exposure --case BN-749 --ranked --limit 20", "Whom to call first"),
      Example("checkin exposure --case BN-749 --explain 0912345678", "Why one is in that list"),
      Example(
        "checkin exposure --subject 0912345678 --order 'QD 12/2020'", "One person's milestones"),
    ],
    run: { options, context in try options.run(context) })

  private func run(_ context: Context) throws -> ExitStatus {
    try refuseOptionsOfOtherQuestions()
    try refuseOptionsOfOtherLists()
    if let venue {
      guard subject == nil else {
        throw UsageError("--venue and --subject exclude each other", hint: "give one of them")
      }
      return try atVenue(venue.id, context)
    }
    if let subject {
      return try ofSubject(subject, context)
    }
    guard let caseID else {
      throw UsageError(
        "the question is about nothing", hint: "give --case, --venue or --subject")
    }
    return asksForProbability ? try contacts(of: caseID, context) : try ofCase(caseID, context)
  }

  /// An option that the answer would pass over must not look as if it had been heeded.
  private func refuseOptionsOfOtherQuestions() throws(UsageError) {
    let isOfCase = venue == nil && subject == nil
    if isOfCase, from != nil || to != nil {
      throw UsageError(
        "--from and --to do not narrow the contacts of a case",
        hint: "leave them out, or ask about --venue or --subject")
    }
    if !isOfCase, degree != 1 || rules != nil {
      throw UsageError(
        "--degree and --rules are for the contacts of a case",
        hint: "leave them out, or leave out \(venue == nil ? "--subject" : "--venue")")
    }
    if let from, let to, from.unixSeconds >= to.unixSeconds {
      throw UsageError("--to is not after --from", hint: "exchange them")
    }
  }

  // MARK: A case

  private func ofCase(_ id: String, _ context: Context) throws -> ExitStatus {
    let workspace = Workspace(context)
    let registry = try workspace.registry()
    let store = try workspace.store()
    guard let record = try store.caseRecord(id) else { throw CaseText.unknown(id) }
    if let compared = try workspace.comparedRules(rules) {
      guard degree == 1 else {
        throw UsageError(
          "--degree is 1 where rule sets stand side by side", hint: "give one rule set of contacts")
      }
      let report = try RuleComparisonReport(
        compared, workspace: workspace, store: store, registry: registry, subjects: subjects)
      let ids = compared.map(\.id).joined(separator: ",")
      try note("exposure case", id, "degree 1, rules \(ids)", store, context)
      try report.printRows(of: try record.confirmedCase())
      try store.close()
      return .done
    }
    let report = try TraceReport(
      workspace: workspace, store: store, registry: registry, rules: rules, subjects: subjects)
    try note("exposure case", id, "degree \(degree), rules \(report.rules.id)", store, context)
    try report.printRows(of: [try record.confirmedCase()], degrees: degree)
    try store.close()
    return .done
  }

  // MARK: A venue

  private func atVenue(_ id: VenueID, _ context: Context) throws -> ExitStatus {
    guard let from, let to else {
      throw UsageError("a question about a venue needs a time", hint: "give --from and --to")
    }
    guard caseID != nil || order?.isEmpty == false else {
      throw UsageError(
        "a question about a venue needs a reason", hint: "give --case ID or --order TEXT")
    }
    let workspace = Workspace(context)
    let registry = try workspace.registry()
    let venue = try registry.known(id)
    let store = try workspace.store()
    if let caseID, try store.caseRecord(caseID) == nil { throw CaseText.unknown(caseID) }
    let calendar = store.calendar
    let names = try PersonNames(subjects, workspace: workspace)
    try note(
      "exposure venue", "\(id)",
      "\(ISO8601.format(from.unixSeconds, in: calendar)) to "
        + ISO8601.format(to.unixSeconds, in: calendar), store, context)
    let rows = try workspace.history(store: store, registry: registry)
      .presence(at: id, from: from.unixSeconds, to: to.unixSeconds)
    try store.close()
    if context.json {
      var lines = JSONLines(to: context.output)
      for row in rows {
        try lines.object { json in
          json.field("venue", "\(id)")
          json.field("zone", Int(row.visit.zone))
          json.field("person", names.name(of: row.person))
          json.field("from", ISO8601.format(row.start, in: calendar))
          json.field("to", ISO8601.format(row.end, in: calendar))
          VisitText.write(row.visit, in: calendar, to: &json)
        }
      }
      try lines.finish()
      return .done
    }
    var table = Table([.whole("Person"), "Zone", .whole("From"), .whole("To"), "End known by"])
    for row in rows {
      table.append(
        names.name(of: row.person), venue.zone(numbered: row.visit.zone)?.name ?? "",
        (row.visit.isStartUnknown ? "≈ " : "") + ISO8601.format(row.start, in: calendar),
        ISO8601.format(row.end, in: calendar), VisitText.word(for: row.visit.endReason))
    }
    try context.output.table(table)
    context.talk.note(
      "\(counted(Set(rows.map(\.person)).count, "person", "people")) in "
        + "\(counted(rows.count, "visit")) at \(venue.name)")
    return .done
  }

  // MARK: A person

  private func ofSubject(_ subject: String, _ context: Context) throws -> ExitStatus {
    let workspace = Workspace(context)
    let registry = try workspace.registry()
    let store = try workspace.store()
    if let caseID, try store.caseRecord(caseID) == nil { throw CaseText.unknown(caseID) }
    let calendar = store.calendar
    let names = try PersonNames(subjects, workspace: workspace)
    let history = try workspace.history(store: store, registry: registry)
    let person = try workspace.person(
      named: subject, by: "--subject", in: history, store: store, registry: registry)
    try note("exposure subject", "\(person)", "", store, context)
    let milestones = try history.milestones(
      of: person, from: from?.unixSeconds ?? .min, to: to?.unixSeconds ?? .max)
    let facts = try MilestoneFacts(
      milestones, of: person, history: history, store: store, registry: registry,
      nameOfPerson: { names.name(of: $0) })
    try store.close()
    if context.json {
      var lines = JSONLines(to: context.output)
      for (place, milestone) in milestones.enumerated() {
        try lines.object { json in
          facts.write(
            milestone, at: place, of: person, nameOfPerson: { names.name(of: $0) }, to: &json)
        }
      }
      try lines.finish()
      return .done
    }
    var table = Table([.whole("From"), .whole("To"), "What", "Known by", "Where"])
    for (place, milestone) in milestones.enumerated() {
      let what: String
      let known: String
      switch milestone.event {
      case .visit(let visit):
        let venue = registry.venue(visit.venue)
        let zone = venue?.zone(numbered: visit.zone)?.name
        what = (venue?.name ?? "\(visit.venue)") + (zone.map { ", \($0)" } ?? "")
        known = VisitText.word(for: visit.endReason) + facts.checkInText(of: visit)
      case .encounter(let peer, let encounter):
        what = "heard \(names.name(of: peer))"
        known = Self.words(encounter, milestone.nearness)
      }
      table.append(
        ISO8601.format(milestone.start, in: calendar), ISO8601.format(milestone.end, in: calendar),
        what, known, facts.whereText(at: place))
    }
    try context.output.table(table)
    if milestones.isEmpty {
      context.talk.note("nothing is known of \(subject)")
    }
    return .done
  }

  /// How near two phones were: `Bluetooth, 58 dB`, or `Bluetooth, 12 min at 54 dB, 3 min at 66 dB`.
  private static func words(
    _ encounter: Encounter, _ nearness: [Milestone.Nearness]
  ) -> String {
    let sides = encounter.quality.isOneSided ? " (one side)" : ""
    guard nearness.count > 1 else { return "Bluetooth, \(encounter.attenuation) dB\(sides)" }
    let parts = nearness.map { part in
      let length = part.seconds < 60 ? "\(part.seconds) s" : "\(part.seconds / 60) min"
      return "\(length) at \(part.attenuation) dB"
    }
    return "Bluetooth, " + parts.joined(separator: ", ") + sides
  }

  func note(
    _ action: String, _ object: String, _ detail: String, _ store: ExposureStore,
    _ context: Context
  ) throws {
    let purpose = [caseID.map { "case \($0)" }, order.map { "order \($0)" }]
      .compactMap { $0 }.joined(separator: ", ")
    try store.audit(
      context.auditNote(action, object, purpose: purpose, detail: detail))
  }
}
