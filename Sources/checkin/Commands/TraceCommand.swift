internal import CommandKit
internal import ExposureStorage
internal import Tracing

/// `checkin trace`: the whole cross-match of cases with presence and encounters.
struct TraceCommand: Sendable {
  var casesFile: Path?
  var allOpen = false
  var degree = 1
  var rules: String?
  var summary = false
  var subjects: Path?
  var purpose = ""

  static let command = Command(
    "trace", "Finds everybody who was exposed to the cases, and by what", TraceCommand(),
    [
      .option(
        "--cases", \.casesFile, help: "Trace the cases of this file, which are not registered"),
      .flag(
        "--all-open", \.allOpen, help: "Trace the registered cases that are not closed (default)"),
      .option(
        "--degree", \.degree, in: 1...Tracer.highestDegree,
        help: "How many degrees: 1 finds F1, 2 F2 too"),
      .option(
        "--rules", \.rules, value: "FILE|ID", completes: .files,
        help: "The rule set; else the one in force"),
      .flag("--summary", \.summary, help: "Print counts and the checksum only"),
      .option(
        "--subjects", \.subjects,
        help: "Print people as the strings of this file, one a line, where they match"),
      .option("--purpose", \.purpose, help: "What for, for the audit log"),
    ],
    shared: .passphrase,
    discussion: """
      One row is one case, one contact and one local day, and for the degrees above 1 one person. \
      Every second is counted once, by the strongest class that covers it. With --json, one object a \
      line, sorted by degree, case, contact and day. For the degrees above 1 the \
      isolation of every registered case counts, also of one that is not traced.
      """,
    examples: [
      Example("checkin trace --degree 2", "Trace all open cases to F2"),
      Example(
        "checkin trace --cases drill.csv --rules 11042-2021 --json", "Judge by another rule set"),
    ],
    run: { options, context in try options.run(context) })

  private func run(_ context: Context) throws -> ExitStatus {
    guard casesFile == nil || !allOpen else {
      throw UsageError("--cases and --all-open exclude each other", hint: "give one of them")
    }
    let workspace = Workspace(context)
    let registry = try workspace.registry()
    let store = try workspace.store()
    let cases =
      try casesFile.map { path in
        try CaseFile.read(
          path.string, intake: try workspace.intake(store: store, registry: registry), context)
      } ?? workspace.cases(store: store, openOnly: true)
    if cases.isEmpty {
      context.talk.warning("there is no open case: add one with `checkin case add`")
    }
    let report = try TraceReport(
      workspace: workspace, store: store, registry: registry, rules: rules, subjects: subjects)
    try store.audit(
      context.auditNote(
        "trace", cases.count == 1 ? cases[0].id : "\(cases.count) cases", purpose: purpose,
        detail: "degree \(degree), rules \(report.rules.id)" + Self.list(of: cases)))
    if summary {
      try report.printSummary(of: cases, degrees: degree)
    } else {
      try report.printRows(of: cases, degrees: degree)
    }
    try store.close()
    return .done
  }

  /// The bytes of ids that a line of the audit log lists.
  private static let longestList = 2_000

  /// Returns which cases they are when there are several, so that the log says whose contacts were
  /// looked at: as many ids as fit, and how many more there are.
  private static func list(of cases: [Case]) -> String {
    guard cases.count > 1 else { return "" }
    var text = ", cases"
    for (place, one) in cases.enumerated() {
      guard text.utf8.count + one.id.utf8.count <= longestList else {
        return "\(text) and \(cases.count - place) more"
      }
      text += place == 0 ? " \(one.id)" : ", \(one.id)"
    }
    return text
  }
}
