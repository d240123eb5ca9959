internal import CommandKit
internal import ExposureStorage
internal import FoundationEssentials
internal import JSONText
internal import Presence
internal import Tracing
internal import VenueCodes
internal import VenueRegistry

/// A history, the rules it is judged by, and how the result is printed.
struct TraceReport {
  let rules: RuleSet
  private let context: Context
  private let registry: Registry
  private let calendar: LocalCalendar
  private let names: PersonNames
  private let tracer: Tracer
  /// When people were isolated by any registered case, also one that is not traced.
  private let isolations: [Pseudonym: Int64]

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
    tracer = Tracer(
      history: try workspace.history(store: store, registry: registry), rules: chosen,
      calendar: calendar, threads: ProcessInfo.processInfo.activeProcessorCount)
    isolations = try workspace.isolations(store: store)
  }

  /// Traces cases and prints counts and the checksum.
  func printSummary(of cases: [Case], degrees: Int) throws {
    let summary = try tracer.summary(cases: cases, degrees: degrees, isolations: isolations)
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

  /// Traces cases and prints the rows as they are found, for programs or for people.
  func printRows(of cases: [Case], degrees: Int) throws {
    if context.json {
      var rows = JSONRows(
        lines: ExposureLines(of: tracer, nameOfPerson: names.knownName), output: context.output)
      _ = try tracer.trace(
        cases: cases, degrees: degrees, isolations: isolations, into: &rows)
      return
    }
    var rows = TableRows(
      tracer: tracer, names: names, registry: registry,
      table: TableStream(
        [
          .whole("Case"), .whole("Person"), .whole("Day"), "Label", .right("Min"), "Class",
          .whole("Via"), .prose("Why"),
        ], to: context.output))
    let counts = try tracer.trace(
      cases: cases, degrees: degrees, isolations: isolations, into: &rows)
    try rows.table.finish()
    let texts = counts.enumerated().map { "\($0.element) F\($0.offset + 1)" }
    context.talk.note("\(texts.joined(separator: ", ")) under \(rules.id)")
  }
}

/// Rows as lines of JSON.
private struct JSONRows: ExposureSink {
  let lines: ExposureLines
  let output: Output
  var wantsEvidence: Bool { true }

  func preparation() -> @Sendable (ExposureBlock) throws -> [UInt8] {
    let lines = lines
    return { lines.json(of: $0) }
  }

  func take(_ prepared: [UInt8]) throws {
    try output.write(bytes: prepared)
  }
}

/// Rows as a table for people.
private struct TableRows: ExposureSink {
  let tracer: Tracer
  let names: PersonNames
  let registry: Registry
  var table: TableStream
  var wantsEvidence: Bool { false }

  func preparation() -> @Sendable (ExposureBlock) throws -> [[String]] {
    let (tracer, names, registry) = (tracer, names, registry)
    return { block in
      block.rows.map {
        let row = tracer.exposure($0, of: block)
        return [
          row.caseID, names.name(of: row.contact), "\(row.day)", row.label,
          "\(row.seconds / 60)", row.exposureClass.name, row.via.map { names.name(of: $0) } ?? "",
          row.reason(in: tracer.calendar) { registry.venue($0)?.name ?? "\($0)" },
        ]
      }
    }
  }

  mutating func take(_ prepared: [[String]]) throws {
    for cells in prepared { try table.append(cells) }
  }
}
