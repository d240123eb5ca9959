internal import CommandKit
internal import ExposureStorage
internal import JSONText
internal import Presence
internal import VenueCodes
internal import VenueRegistry

/// `checkin venue import`: takes a manager's spreadsheet into the registry.
struct VenueImportCommand: Sendable {
  var file = Required<Path>()
  var category: String?
  var agency: String?
  var division: String?

  static let command = Command(
    "import", "Takes a spreadsheet's CSV into the registry", VenueImportCommand(),
    [
      .argument("FILE", \.file, help: "CSV or NDJSON, plain or gzip; - is standard input"),
      .option("--category", \.category, value: "CODE", help: "For new venues that do not say"),
      .option("--agency", \.agency, value: "ID", help: "For new venues that do not say"),
      .option("--division", \.division, value: "CODE", help: "For new venues that do not say"),
    ],
    shared: .dryRun,
    discussion: """
      Columns may stand in any order, under Vietnamese or English names. A row with an id changes \
      that venue; a row without one makes a venue, unless one of the same name, category and \
      division is there. Rows that cannot be taken go to FILE.rejected.csv with the reason.
      """,
    examples: [
      Example("checkin venue import cho.csv --category market --dry-run", "See what would happen")
    ],
    run: { options, context in try options.run(context) })

  private func run(_ context: Context) throws -> ExitStatus {
    let workspace = Workspace(context)
    var input = try InputFile(path: file.wrappedValue.string, interruption: context.interruption)
    let bytes = try input.readAll()
    let defaults = ImportDefaults(category: category, agency: agency, division: division)
    let name = input.name
    var generator = SystemRandomNumberGenerator()
    func plan(_ registry: Registry) throws -> ImportPlan {
      do {
        return try registry.planImport(
          of: bytes, file: name, defaults: defaults, using: &generator)
      } catch {
        throw CommandError(error.message, file: name, code: error.code)
      }
    }
    let plan: ImportPlan =
      context.isDryRun
      ? try plan(try workspace.registry())
      : try workspace.registryFolder.update { registry in
        let made = try plan(registry)
        try registry.apply(made)
        return made
      }
    for warning in plan.warnings { context.talk.warning("\(warning)") }
    for change in plan.creations + plan.updates where !context.json {
      let verb = change.before == nil ? "new" : "changed"
      try context.output.line("\(change.after.id)  \(verb)  \(change.after.name)")
    }
    let rejectedPath = RejectedFile.path(for: file.wrappedValue.string)
    let rejectedFile = plan.rejections.isEmpty ? nil : rejectedPath
    if rejectedFile == nil {
      RejectedFile.removeEarlier(at: rejectedPath)
    } else {
      try RejectedFile.write(plan.rejectedFile(), to: rejectedPath)
    }
    if context.json {
      try context.output.json { json in
        json.object {
          $0.field("created", plan.creations.map { "\($0.after.id)" })
          $0.field("updated", plan.updates.map { "\($0.after.id)" })
          $0.field("unchanged", plan.unchanged.count)
          $0.field("duplicates", plan.duplicates.count)
          $0.field("rejected", plan.rejections.count)
          $0.field("rejected_file", rejectedFile)
          $0.field("dry_run", context.isDryRun)
        }
      }
    }
    for rejection in plan.rejections.prefix(5) {
      context.talk.warning(
        RejectedFile.words(
          for: rejection.reason, column: rejection.column, line: rejection.line, of: name))
    }
    context.talk.note(
      "\(plan.creations.count) new, \(plan.updates.count) changed, "
        + "\(plan.unchanged.count) unchanged, \(plan.duplicates.count) there already, "
        + "\(plan.rejections.count) refused" + (context.isDryRun ? "; nothing was changed" : ""))
    if let rejectedFile {
      context.talk.note(RejectedFile.words(for: plan.rejections.count, in: rejectedFile))
    }
    return plan.rejections.isEmpty ? .done : .partly
  }
}

/// `checkin venue retire`: takes a venue out of use.
struct VenueRetireCommand: Sendable {
  var venue = Required<VenueWord>()
  var day: DateWord?

  static let command = Command(
    "retire", "Takes a venue out of use", VenueRetireCommand(),
    [
      .argument("VENUE", \.venue, help: "The venue's id"),
      .option("--on", \.day, help: "The first day out of use; else today"),
    ],
    shared: .dryRun,
    discussion: "The venue stays in the registry, so that old evidence keeps its place.",
    run: { options, context in try options.run(context) })

  private func run(_ context: Context) throws -> ExitStatus {
    let workspace = Workspace(context)
    let id = venue.wrappedValue.id
    let calendar = try workspace.storeIfThere()?.calendar ?? .haiPhong
    let day = self.day?.day ?? calendar.day(of: context.now())
    var registry = try workspace.registry()
    let name = try registry.known(id).name
    if context.isDryRun {
      try registry.retire(id, on: day)
      context.talk.note("nothing was changed")
    } else {
      registry = try workspace.registryFolder.update { registry in
        try registry.retire(id, on: day)
        return registry
      }
    }
    if context.json {
      let venue = try registry.known(id)
      try context.output.json { json in
        json.object { json in VenueText.write(venue, of: registry, to: &json) }
      }
    } else {
      try context.output.line("\(id)  retired from \(day)  \(name)")
    }
    return .done
  }
}

/// `checkin venue check`: looks for faults in the registry.
struct VenueCheckCommand: Sendable {
  static let command = Command(
    "check", "Looks for faults in the registry", VenueCheckCommand(), [],
    discussion: """
      Reports rows that cannot be read, unknown categories, agencies, divisions and parents, names \
      that are not NFC, duplicates, and names so alike that one may be the other.
      """,
    run: { _, context in try run(context) })

  private static func run(_ context: Context) throws -> ExitStatus {
    let (registry, reading) = try Workspace(context).registryFolder.load()
    let diagnostics = reading + registry.check()
    let errors = diagnostics.count { $0.severity == .error }
    if context.json {
      try context.output.json { json in
        json.array(diagnostics) { json, diagnostic in
          json.object {
            $0.field("severity", diagnostic.severity.rawValue)
            $0.field("code", diagnostic.code)
            $0.field("file", diagnostic.file)
            $0.field("line", diagnostic.line)
            $0.field("message", diagnostic.message)
          }
        }
      }
    } else {
      for diagnostic in diagnostics { try context.output.line("\(diagnostic)") }
    }
    context.talk.note(
      "\(counted(registry.venues.count, "venue")), \(counted(errors, "error")), "
        + counted(diagnostics.count - errors, "warning"))
    return errors == 0 ? .done : .failed
  }
}
