internal import CommandKit
internal import EvidenceIntake
internal import ExposureAnswers
internal import ExposureStorage
internal import GatewayServer
internal import JSONText
internal import Presence
internal import Tracing
internal import VenueCodes
internal import VenueRegistry

/// `checkin case add`: registers a confirmed case.
struct CaseAddCommand: Sendable {
  var id = Required<String>()
  var subject = Required<String>()
  var onset: DateWord?
  var specimen: DateWord?
  var isolation: Moment?
  var from: Moment?
  var to: Moment?
  var division: String?
  var purpose = ""

  static let command = Command(
    "add", "Registers a confirmed case", CaseAddCommand(),
    [
      .argument("ID", \.id, help: "The case's id, unique in the store"),
      .option("--subject", \.subject, help: "Who: the string that files and passes use"),
      .option("--onset", \.onset, help: "The day of the first symptoms"),
      .option("--specimen", \.specimen, help: "The day of the positive specimen"),
      .option("--isolation", \.isolation, help: "When the person was isolated"),
      .option("--from", \.from, help: "When they became infectious, whatever the rules say"),
      .option("--to", \.to, help: "When they ceased to be, whatever the rules say"),
      .option(
        "--division", \.division, value: "CODE",
        help: "The division whose accounts may see it; else only those of all"),
      .option("--purpose", \.purpose, help: "What for, for the audit log"),
    ],
    shared: [.passphrase, .dryRun],
    examples: [
      Example(
        "checkin case add BN-749 --subject 0912345678 --onset 2020-08-01 "
          + "--isolation 2020-08-06T10:00:00+07:00", "Register a case")
    ],
    run: { options, context in try options.run(context) })

  private func run(_ context: Context) throws -> ExitStatus {
    let workspace = Workspace(context)
    let store = try workspace.store()
    let registry = try workspace.registry()
    if let division, registry.division(division) == nil {
      throw UsageError("--division: there is none of code \(division)", hint: "see divisions.csv")
    }
    let intake = try workspace.intake(store: store, registry: registry)
    let confirmed = try confirmedCase(of: try intake.person(subject.wrappedValue))
    let now = context.now()
    let record = CaseRecord(confirmed, createdAt: now)
    let (rules, remark) = try workspace.rules(nil, on: store.calendar.day(of: now))
    if let remark { context.talk.warning(remark) }
    let window = rules.window(of: confirmed, in: store.calendar)
    if !context.isDryRun {
      let note = context.auditNote("case add", confirmed.id, purpose: purpose)
      if try store.addCase(record, note: note) == .repeated {
        context.talk.note("case \(confirmed.id) was there already, with the same content")
      }
      if let division { try assign(confirmed.id, to: division, context) }
    } else {
      context.talk.note("nothing was changed")
    }
    try store.close()
    if context.json {
      try context.output.json { json in
        json.object { json in
          CaseText.write(record, in: store.calendar, to: &json)
          CaseText.write(window, by: rules, in: store.calendar, to: &json)
        }
      }
    } else {
      try context.output.line("\(confirmed.id)  \(confirmed.subject)")
      try context.output.line(
        "\(CaseText.words(for: window, in: store.calendar)) under \(rules.id)")
    }
    return .done
  }
}

extension CaseAddCommand {
  private func assign(_ id: String, to division: String, _ context: Context) throws {
    let assigned = try AccountStore(at: context.store).assign(id, to: division)
    if assigned != division {
      context.talk.warning("case \(id) stays with division \(assigned), which had it before")
    }
  }

  private func confirmedCase(of subject: Pseudonym) throws(UsageError) -> Case {
    do {
      return try Case(
        id: id.wrappedValue, subject: subject, onset: onset?.day, specimen: specimen?.day,
        isolation: isolation?.unixSeconds, from: from?.unixSeconds, to: to?.unixSeconds)
    } catch {
      throw UsageError("\(error)")
    }
  }
}

/// `checkin case list`: prints the cases.
struct CaseListCommand: Sendable {
  var openOnly = false

  static let command = Command(
    "list", "Prints the cases", CaseListCommand(),
    [.flag("--open", \.openOnly, help: "Only cases that are not closed")],
    run: { options, context in try options.run(context) })

  private func run(_ context: Context) throws -> ExitStatus {
    let store = try Workspace(context).store(.readOnly)
    let cases = try store.caseRecords(openOnly: openOnly)
    if context.json {
      try context.output.json { json in
        json.array(cases) { json, record in
          json.object { json in CaseText.write(record, in: store.calendar, to: &json) }
        }
      }
      return .done
    }
    var table = Table([
      .whole("Case"), .whole("Person"), .whole("Onset"), .whole("Specimen"), .whole("Isolated"),
      "State",
    ])
    for record in cases {
      table.append(
        record.id, "\(record.subject)", record.onset.map { "\($0)" } ?? "",
        record.specimen.map { "\($0)" } ?? "",
        record.isolation.map { ISO8601.format($0, in: store.calendar) } ?? "",
        record.closedAt == nil ? "open" : "closed")
    }
    try context.output.table(table)
    return .done
  }
}

/// `checkin case show`: prints a case and its infectious windows.
struct CaseShowCommand: Sendable {
  var id = Required<String>()

  static let command = Command(
    "show", "Prints a case with its infectious window under every rule set", CaseShowCommand(),
    [.argument("ID", \.id, help: "The case's id")],
    run: { options, context in try options.run(context) })

  private func run(_ context: Context) throws -> ExitStatus {
    let workspace = Workspace(context)
    let store = try workspace.store(.readOnly)
    guard let record = try store.caseRecord(id.wrappedValue) else {
      throw CaseText.unknown(id.wrappedValue)
    }
    let confirmed = try record.confirmedCase()
    let ruleSets = try workspace.ruleLibrary().ruleSets
    if context.json {
      try context.output.json { json in
        json.object { json in
          CaseText.write(record, in: store.calendar, to: &json)
          json.key("windows")
          json.array(ruleSets) { json, rules in
            json.object { json in
              CaseText.write(
                rules.window(of: confirmed, in: store.calendar), by: rules, in: store.calendar,
                to: &json)
            }
          }
        }
      }
      return .done
    }
    func time(_ moment: Int64?) -> String? {
      moment.map { ISO8601.format($0, in: store.calendar) }
    }
    let properties: [(String, String?)] = [
      ("Case", record.id), ("Person", "\(record.subject)"),
      ("Onset", record.onset.map { "\($0)" }), ("Specimen", record.specimen.map { "\($0)" }),
      ("Isolated", time(record.isolation)), ("From", time(record.from)), ("To", time(record.to)),
      ("Closed", time(record.closedAt)),
    ]
    let windows = ruleSets.map { rules -> (String, String?) in
      let window = rules.window(of: confirmed, in: store.calendar)
      return (rules.id, CaseText.words(for: window, in: store.calendar))
    }
    let table = Table(properties: properties + windows)
    try context.output.table(table)
    return .done
  }
}

/// `checkin case close`: ends the work on a case.
struct CaseCloseCommand: Sendable {
  var id = Required<String>()
  var purpose = ""

  static let command = Command(
    "close", "Ends the work on a case", CaseCloseCommand(),
    [
      .argument("ID", \.id, help: "The case's id"),
      .option("--purpose", \.purpose, help: "Why, for the audit log"),
    ],
    shared: .dryRun,
    run: { options, context in try options.run(context) })

  private func run(_ context: Context) throws -> ExitStatus {
    let store = try Workspace(context).store(context.isDryRun ? .readOnly : .readWrite)
    let id = id.wrappedValue
    guard var record = try store.caseRecord(id) else { throw CaseText.unknown(id) }
    let now = context.now()
    if context.isDryRun {
      context.talk.note("nothing was changed")
    } else {
      try store.closeCase(
        id, at: now,
        note: context.auditNote("case close", id, purpose: purpose))
    }
    record = try store.caseRecord(id) ?? record
    try store.close()
    if context.json {
      try context.output.json { json in
        json.object { json in CaseText.write(record, in: store.calendar, to: &json) }
      }
    } else {
      try context.output.line("\(id) is closed")
    }
    return .done
  }
}

/// `checkin case upload-code`: makes a one-time code for the phone of a case's person.
struct CaseUploadCodeCommand: Sendable {
  var id = Required<String>()
  var purpose = ""

  static let command = Command(
    "upload-code", "Makes a one-time code with which the person's phone sends its check-ins",
    CaseUploadCodeCommand(),
    [
      .argument("ID", \.id, help: "The case's id; it must be open"),
      .option("--purpose", \.purpose, help: "Why, for the audit log"),
    ],
    discussion: """
      The code is good once and for 72 hours, and for this case only; the store keeps its hash. The phone \
      sends it to `POST /uploads` with the secrets of its check-ins, which are the person's from then on.
      """,
    examples: [Example("checkin case upload-code BN-749", "A code to read out to the person")],
    run: { options, context in try options.run(context) })

  private func run(_ context: Context) throws -> ExitStatus {
    let store = try Workspace(context).store()
    let id = id.wrappedValue
    guard let record = try store.caseRecord(id) else { throw CaseText.unknown(id) }
    guard record.closedAt == nil else {
      throw CommandError(
        "case \(id) is closed: nothing more is taken for it", hint: "see `checkin case show`",
        code: "case-closed")
    }
    var generator = SystemRandomNumberGenerator()
    let (code, expiresAt) = try UploadFace.makeCode(
      ofCase: id, in: store, using: &generator,
      note: context.auditNote("case upload-code", id, purpose: purpose))
    let until = ISO8601.format(expiresAt, in: store.calendar)
    try store.close()
    if context.json {
      try context.output.json { json in
        json.object {
          $0.field("case", id)
          $0.field("code", code)
          $0.field("expires_at", until)
        }
      }
    } else {
      try context.output.line("\(code)  good once, until \(until)")
    }
    return .done
  }
}

/// `checkin case import`: registers the cases of a file.
struct CaseImportCommand: Sendable {
  var file = Required<Path>()

  static let command = Command(
    "import", "Registers the cases of a file, as `checkin import cases` does", CaseImportCommand(),
    [.argument("FILE", \.file, help: "CSV or NDJSON, plain or gzip; - is standard input")],
    shared: [.passphrase, .dryRun],
    run: { options, context in try ImportCommand.cases(from: options.file).run(context) })
}
