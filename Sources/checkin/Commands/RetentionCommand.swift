internal import Bluetooth
internal import CommandKit
internal import ExposureAnswers
internal import ExposureStorage
internal import JSONText
internal import Presence
internal import Tracing
internal import VenueCodes

/// `checkin retention`: deletes what is past its time, and proves it.
struct RetentionCommand: Sendable {
  var scans: Int?
  var bluetooth: Int?
  var audit: Int?
  var cases: Int?
  var keep = false

  static let command = Command(
    "retention", "Deletes what is past its time, and proves it", RetentionCommand(),
    [
      .option(
        "--scans", \.scans, in: RetentionPolicy.range,
        help: "Days that scans and visits are kept; else as kept in the store, at first 21"),
      .option(
        "--bluetooth", \.bluetooth, in: RetentionPolicy.range,
        help: "Days that Bluetooth evidence is kept; else as kept in the store, at first 14"),
      .option(
        "--audit", \.audit, in: RetentionPolicy.range,
        help: "Days that the audit log is kept; else as kept in the store, at first 1826"),
      .option(
        "--cases", \.cases, in: RetentionPolicy.range,
        help: "Days that cases are kept once closed; else as kept in the store, at first 1826"),
      .flag("--keep", \.keep, help: "Keep these numbers in the store for later runs"),
    ],
    shared: [.dryRun],
    discussion: """
      Evidence is kept for so many days after its local day. What open cases rest on stays until they \
      are closed: the person's own visits and encounters in the infectious window, and those of the \
      contacts that the rules in force find.

      Days are deleted by unlinking their files, and people of whom nothing is left by deleting their \
      pseudonym. Then every byte of the store is searched for those pseudonyms; finding one is a \
      failure. Run it once a day. Backups are copies: they keep what they have.
      """,
    examples: [
      Example("checkin retention --dry-run", "See what would go"),
      Example("checkin retention --scans 28 --keep", "Keep scans for four weeks from now on"),
    ],
    run: { options, context in try options.run(context) })

  private func run(_ context: Context) throws -> ExitStatus {
    let workspace = Workspace(context)
    let store = try workspace.store()
    var policy = try store.retentionPolicy()
    if let scans { policy.scans = scans }
    if let bluetooth { policy.bluetooth = bluetooth }
    if let audit { policy.audit = audit }
    if let cases { policy.cases = cases }
    let today = store.calendar.day(of: context.now())
    let linked = try workspace.evidenceOfOpenCases(in: store, on: today)
    if context.isDryRun {
      try print(try store.retentionPlan(policy, today: today, keeping: linked), context)
      context.talk.note("nothing was deleted")
      return .done
    }
    if keep { try store.set(policy) }
    let report = try store.retain(policy, today: today, keeping: linked, now: context.now())
    try store.audit(
      context.auditNote(
        "retention", "store",
        purpose: "\(policy.scans) days, Bluetooth \(policy.bluetooth), audit \(policy.audit), "
          + "closed cases \(policy.cases)",
        detail: "\(report.deletedRows) rows, \(report.forgotten.count) people"))
    try store.close()
    try print(report, context)
    for file in report.filesWithTraces {
      context.talk.warning(
        "\(file) still holds a pseudonym that was deleted: run this again when nothing else uses it"
      )
    }
    return report.filesWithTraces.isEmpty ? .done : .failed
  }

  private func print(_ report: RetentionReport, _ context: Context) throws {
    if context.json {
      try context.output.json { json in
        json.object { json in
          json.field("dry_run", context.isDryRun)
          json.field("rows_deleted", report.deletedRows)
          json.field("rows_kept_for_cases", report.linkedRows)
          json.field("people_forgotten", report.forgotten.count)
          json.field("contacts_deleted", report.contacts)
          json.field("conflicts_deleted", report.conflicts)
          json.field("aliases_deleted", report.aliases)
          json.field("cases_deleted", report.cases)
          json.field("audit_lines_deleted", report.auditLines)
          json.field("files_with_traces", report.filesWithTraces)
          json.key("days")
          json.array(report.days) { json, day in
            json.object {
              $0.field("day", "\(day.day)")
              $0.field("deleted", day.deleted)
              $0.field("kept", day.kept)
              $0.field("kept_for_cases", day.linked)
            }
          }
        }
      }
      return
    }
    var table = Table([.whole("Day"), .right("Deleted"), .right("Kept"), .right("For cases")])
    for day in report.days {
      table.append(
        "\(day.day)", grouped(day.deleted), grouped(day.kept), grouped(day.linked))
    }
    try context.output.table(table)
    context.talk.note(
      "\(counted(report.deletedRows, "row")), \(counted(report.forgotten.count, "person", "people")), "
        + "\(counted(report.contacts, "sealed contact")), \(counted(report.cases, "case")), \(counted(report.aliases, "identifier")) of phones and "
        + "\(counted(report.auditLines, "line")) of the audit log "
        + (context.isDryRun ? "would go" : "are gone")
        + (context.isDryRun || !report.filesWithTraces.isEmpty
          ? "" : "; no byte of the store names the people or the identifiers"))
  }
}

extension Workspace {
  /// The evidence that open cases rest on: what is known of the person in the infectious window, and
  /// what made their contacts.
  func evidenceOfOpenCases(in store: ExposureStore, on day: LocalDay) throws -> Set<EvidenceID> {
    guard try !store.caseRecords(openOnly: true).isEmpty else { return [] }
    return try store.evidenceOfOpenCases(
      registry: try registry(), rules: try rules(nil, on: day).rules)
  }
}
