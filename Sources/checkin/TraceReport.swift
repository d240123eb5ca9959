internal import CommandKit
internal import ExposureStorage
internal import Presence
internal import Tracing
internal import VenueCodes
internal import VenueRegistry

/// A history, the rules it is judged by, and how the result is printed.
struct TraceReport {
  let rules: RuleSet
  let history: ExposureHistory
  private let context: Context
  private let registry: Registry
  private let calendar: LocalCalendar
  private let names: PersonNames

  init(
    workspace: Workspace, store: ExposureStore, registry: Registry, rules: String?,
    subjects: Path?
  ) throws {
    context = workspace.context
    self.registry = registry
    calendar = store.calendar
    let (chosen, remark) = try workspace.rules(rules, on: calendar.day(of: context.now()))
    if let remark { context.talk.warning(remark) }
    self.rules = chosen
    names = try PersonNames(subjects, workspace: workspace)
    history = try workspace.history(store: store, registry: registry)
  }

  func trace(_ cases: [Case], degrees: Int) throws -> Trace {
    try Tracer(history: history, rules: rules, calendar: calendar)
      .trace(cases: cases, degrees: degrees)
  }

  /// Prints counts and the checksum.
  func printSummary(of trace: Trace) throws {
    let summary = trace.summary
    if context.json {
      try context.output.json { json in
        json.object { json in
          json.field("cases", summary.cases)
          json.key("contacts")
          json.object { json in
            for (place, count) in summary.contacts.enumerated() {
              json.key(named: "\(place + 1)")
              json.integer(count)
            }
          }
          json.field("pairs", summary.pairs)
          json.field("seconds", summary.seconds)
          json.field("checksum", summary.checksumText)
        }
      }
      return
    }
    var table = Table(["", .right("")])
    table.append("Cases", grouped(summary.cases))
    for (place, count) in summary.contacts.enumerated() {
      table.append("F\(place + 1)", grouped(count))
    }
    table.append("Pairs of case and contact", grouped(summary.pairs))
    table.append("Seconds", grouped(summary.seconds))
    table.append("Checksum", summary.checksumText)
    table.append("Rules", rules.id)
    try context.output.table(table)
  }

  /// Prints the rows, for programs or for people.
  func printRows(of trace: Trace) throws {
    if context.json {
      for row in trace.rows {
        try context.output.line(row.json(in: calendar) { names.name(of: $0) })
      }
      return
    }
    var table = Table([
      .whole("Case"), .whole("Person"), .whole("Day"), "Label", .right("Min"), "Class",
      .whole("Via"), .prose("Why"),
    ])
    for row in trace.rows {
      table.append(
        row.caseID, names.name(of: row.contact), "\(row.day)", row.label,
        "\(row.seconds / 60)", row.exposureClass.name, row.via.map { names.name(of: $0) } ?? "",
        row.reason(in: calendar) { registry.venue($0)?.name ?? "\($0)" })
    }
    try context.output.table(table)
    let counts = trace.contactCounts.enumerated().map { "\($0.element) F\($0.offset + 1)" }
    context.talk.note("\(counts.joined(separator: ", ")) under \(rules.id)")
  }
}
