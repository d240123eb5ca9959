internal import CommandKit
internal import DelimitedText
internal import EvidenceIntake
internal import ExposureStorage
internal import Presence
internal import Tracing

/// `checkin import`: takes evidence or cases from a file.
struct ImportCommand: Sendable {
  /// What a file holds.
  enum What: String, ArgumentValue, CaseIterable {
    case visits
    case scans
    case encounters
    case cases
  }

  /// The formats that encounters come in.
  enum Format: String, ArgumentValue, CaseIterable {
    case checkin
  }

  var what = Required<What>()
  var file = Required<Path>()
  var format = Format.checkin

  static let command = Command(
    "import", "Takes evidence or cases from a file", ImportCommand(),
    [
      .argument("WHAT", \.what, help: "What the file holds"),
      .argument("FILE", \.file, help: "CSV or NDJSON, plain or gzip; - is standard input"),
      .option("--format", \.format, help: "The format of the file"),
    ],
    shared: [.passphrase, .dryRun],
    discussion: """
      Columns may stand in any order. visits: id, venue, zone, subject, enter, leave. scans: id, \
      code or venue, zone, subject, time, direction, gateway. encounters: id, subject, peer, start, \
      end, attenuation_db (or rssi_dbm and tx_power_dbm), source. cases: id, subject, onset, \
      specimen, isolation, from, to. Times are ISO 8601 with an offset.

      A row's id is what makes it one: importing a file again, or the rest of one that was cut off, \
      doubles nothing. A row without an id gets one from its content. The same id with other content \
      is refused and kept aside. A row that cannot be taken never stops the import; it goes to \
      FILE.rejected.csv with line, column and reason.
      """,
    examples: [
      Example("checkin import visits visits.csv.gz", "Take a log of visits"),
      Example("checkin import scans - < door.ndjson", "Take scans from a pipe"),
    ],
    run: { options, context in try options.run(context) })

  /// The command that takes cases, under its other name.
  static func cases(from file: Required<Path>) -> ImportCommand {
    ImportCommand(what: Required(wrappedValue: .cases), file: file)
  }

  func run(_ context: Context) throws -> ExitStatus {
    let workspace = Workspace(context)
    let store = try workspace.store()
    let registry = try workspace.registry()
    let intake = try workspace.intake(store: store, registry: registry)
    let path = file.wrappedValue.string
    var summary: ImportSummary
    switch what.wrappedValue {
    case .visits:
      summary = try importing(.visits, path, into: store, intake, context)
    case .scans:
      summary = try importing(.scans, path, into: store, intake, context)
    case .encounters:
      summary = try importing(.encounters, path, into: store, intake, context)
    case .cases:
      var sink = CaseSink(
        reader: CaseReader(context: intake), store: store, context: context)
      summary = try TableImport(fields: CaseReader.fields, path: path, context: context)
        .run(&sink)
    }
    summary.isDryRun = context.isDryRun
    if summary.stored > 0, !context.isDryRun {
      // The rows are safe already: questions build what is missing here, and take longer.
      _ = try? store.buildSegments(
        stayRules: StayRules(registry: registry, calendar: store.calendar))
    }
    try store.close()
    return try summary.report(context)
  }

  private func importing(
    _ table: EvidenceTable, _ path: String, into store: ExposureStore, _ intake: IntakeContext,
    _ context: Context
  ) throws -> ImportSummary {
    var sink = EvidenceSink(
      reader: EvidenceReader(table, context: intake),
      store: context.isDryRun ? nil : store)
    return try TableImport(fields: table.fields, path: path, context: context).run(&sink)
  }
}

/// Takes rows of evidence to the store, a batch at a time.
private struct EvidenceSink: RowSink {
  var reader: EvidenceReader
  /// Nil for a dry run.
  let store: ExposureStore?
  private var batch: [Evidence] = []
  /// The rows of the batch as they were read, for those that the store refuses.
  private var records = RecordBatch()

  init(reader: EvidenceReader, store: ExposureStore?) {
    self.reader = reader
    self.store = store
  }

  var isFull: Bool { batch.count >= 16_384 }

  mutating func take(_ record: Record) throws(IntakeRejection) {
    batch.append(try reader.evidence(from: record))
    records.append(record)
  }

  mutating func store(
    into summary: inout ImportSummary, refuse: (RejectedRow) -> Void
  ) throws {
    defer {
      batch.removeAll(keepingCapacity: true)
      records.removeAll()
    }
    guard let store else {
      summary.stored += batch.count
      return
    }
    for (place, outcome) in try store.append(batch).enumerated() {
      switch outcome {
      case .stored: summary.stored += 1
      case .repeated: summary.repeated += 1
      case .conflict:
        summary.conflicts += 1
        refuse(
          RejectedRow(
            cells: records.cells(of: place), line: records.line(of: place), column: "id",
            code: "conflict",
            reason: "this id is there with other content: the row was kept aside and not taken"))
      }
    }
  }
}

/// Takes rows of cases to the store, one at a time.
private struct CaseSink: RowSink {
  let reader: CaseReader
  let store: ExposureStore
  let context: Context
  private var pending: [(confirmed: Case, record: Record)] = []

  init(reader: CaseReader, store: ExposureStore, context: Context) {
    self.reader = reader
    self.store = store
    self.context = context
  }

  var isFull: Bool { pending.count >= 256 }

  mutating func take(_ record: Record) throws(IntakeRejection) {
    pending.append((try reader.confirmedCase(from: record), record))
  }

  mutating func store(
    into summary: inout ImportSummary, refuse: (RejectedRow) -> Void
  ) throws {
    defer { pending.removeAll() }
    for (confirmed, record) in pending {
      if context.isDryRun {
        summary.stored += 1
        continue
      }
      let now = context.now()
      let note = context.auditNote("case import", confirmed.id)
      do {
        switch try store.addCase(CaseRecord(confirmed, createdAt: now), note: note) {
        case .stored: summary.stored += 1
        case .repeated: summary.repeated += 1
        }
      } catch {
        guard error.code == .caseConflict else { throw error }
        summary.conflicts += 1
        refuse(
          RejectedRow(
            cells: record.cells, line: record.line, column: "id", code: "conflict",
            reason: "a case of this id is there with other content: give it another id"))
      }
    }
  }
}
