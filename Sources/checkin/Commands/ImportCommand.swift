internal import CommandKit
internal import DelimitedText
internal import EvidenceIntake
internal import ExposureAnswers
internal import ExposureStorage
internal import Presence
internal import ProximityFormats
internal import Tracing

/// `checkin import`: takes evidence, cases or keys from a file.
struct ImportCommand: Sendable {
  /// What a file holds.
  enum What: String, ArgumentValue, CaseIterable {
    case visits
    case scans
    case encounters
    case sightings
    case cases
    case keys
  }

  /// The formats that encounters come in.
  enum Format: String, ArgumentValue, CaseIterable {
    case checkin
    case bluezone
    case opentrace
    case gaen
  }

  var what = Required<What>()
  var file = Required<Path>()
  var format = Format.checkin
  var subject: String?
  var temporaryIDKeys: Path?

  static let command = Command(
    "import", "Takes evidence, cases or keys from a file", ImportCommand(),
    [
      .argument("WHAT", \.what, help: "What the file holds"),
      .argument("FILE", \.file, help: "CSV or NDJSON, plain or gzip; - is standard input"),
      .option("--format", \.format, help: "The format of the file, for encounters"),
      .option(
        "--subject", \.subject, value: "PERSON",
        help: "Whose phone the file is of, for formats of other apps"),
      .option(
        "--tempid-keys", \.temporaryIDKeys, value: "FILE",
        help: "Keys that open the temporary ids of opentrace, one a line"),
    ],
    shared: [.passphrase, .dryRun],
    discussion: """
      Columns may stand in any order. visits: id, venue, zone, subject, enter, leave. scans: id, \
      code or venue, zone, subject, time, direction, gateway. encounters: id, subject, peer, start, \
      end, attenuation_db (or rssi_dbm and tx_power_dbm), source. sightings: id, subject (or gateway, \
      venue and zone of a box at a door), heard, time, rssi_dbm, tx_power_dbm (or attenuation_db), \
      model, heard_model. cases: id, subject, onset, specimen, isolation, from, to. keys: subject, \
      format (bluezone or gaen), key, date. Times are ISO 8601 with an offset.

      Who is heard may be a person or an identifier: bluezone: and 24 hexadecimal digits, rpi: and 32, \
      or tempid: and base64. Identifiers are kept though nobody knows whose they are, and become \
      somebody's when the key of their day is imported, in whichever order. Keys are not kept. A key \
      without its day is refused, and so is a base key: it opens past and future. Other apps' files \
      are whole: bluezone is the upload of a phone, or the list of four columns in it; opentrace the \
      JSON of an upload; gaen a JSON of exposure windows, which know a day and no moment, so they \
      are kept and not counted.

      A row's id is what makes it one: importing a file again, or the rest of one that was cut off, \
      doubles nothing. A row without an id gets one from its content. The same id with other content \
      is refused and kept aside. A row that cannot be taken never stops the import; it goes to \
      FILE.rejected.csv with line, column and reason.
      """,
    examples: [
      Example("checkin import visits visits.csv.gz", "Take a log of visits"),
      Example("checkin import scans - < door.ndjson", "Take scans from a pipe"),
      Example(
        "checkin import encounters upload.txt --format bluezone --subject 0912345678",
        "Take what a phone with Bluezone sent"),
      Example("checkin import keys keys.csv", "Say whose identifiers are"),
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
    let upload = try upload(path, into: store, intake, context)
    var summary: ImportSummary
    switch what.wrappedValue {
    case .visits:
      summary = try importing(.visits, path, into: store, intake, context)
    case .scans:
      summary = try importing(.scans, path, into: store, intake, context)
    case .encounters:
      switch format {
      case .checkin: summary = try importing(.encounters, path, into: store, intake, context)
      case .bluezone: summary = try upload.bluezone()
      case .opentrace: summary = try upload.openTrace()
      case .gaen: summary = try upload.exposureWindows()
      }
    case .sightings:
      var sink = SightingSink(
        reader: SightingReader(context: intake), store: store, isDryRun: context.isDryRun)
      summary = try TableImport(fields: SightingReader.fields, path: path, context: context)
        .run(&sink)
      summary.resolved = sink.resolution.resolved
      summary.unresolved = sink.resolution.unresolved
    case .keys:
      var sink = KeySink(
        reader: IdentifierKeyReader(context: intake),
        aliases: AliasIntake(store: store, context: context))
      summary = try TableImport(fields: IdentifierKeyReader.fields, path: path, context: context)
        .run(&sink)
      summary.identifiers = sink.aliases.added
      summary.sightings = try Resolution.sightings(of: sink.aliases.taken, in: store)
    case .cases:
      var sink = CaseSink(
        reader: CaseReader(context: intake), store: store, context: context)
      summary = try TableImport(fields: CaseReader.fields, path: path, context: context)
        .run(&sink)
    }
    summary.isDryRun = context.isDryRun
    if summary.stored > 0 || summary.identifiers ?? 0 > 0, !context.isDryRun {
      // The rows are safe already: questions build what is missing here, and take longer.
      _ = try? store.buildSegments(
        stayRules: StayRules(registry: registry, calendar: store.calendar))
    }
    try store.close()
    return try summary.report(context)
  }

  /// Checks the options that go with formats of other apps.
  private func upload(
    _ path: String, into store: ExposureStore, _ intake: IntakeContext, _ context: Context
  ) throws -> UploadImport {
    guard what.wrappedValue == .encounters || format == .checkin else {
      throw UsageError(
        "--format: only encounters come in other formats",
        hint: "leave it out, or import encounters")
    }
    guard subject == nil || format != .checkin else {
      throw UsageError(
        "--subject: a table says itself whom each row is about",
        hint: "leave it out, or give the --format of the app that wrote the file")
    }
    guard temporaryIDKeys == nil || format == .opentrace else {
      throw UsageError("--tempid-keys: only opentrace has temporary ids")
    }
    guard subject != nil || format == .checkin || format == .bluezone else {
      throw UsageError(
        "--subject is missing: a file of \(format.rawValue) does not say whose phone it is of")
    }
    return UploadImport(
      path: path, intake: intake, store: store, context: context,
      owner: try subject.map { try intake.person($0) },
      temporaryIDKeys: try temporaryIDKeys.map { try Self.keys(in: $0.string) } ?? [])
  }

  /// Reads the keys of a server, one a line in hexadecimal or base64.
  private static func keys(in path: String) throws -> [[UInt8]] {
    var file = try InputFile(path: path)
    do {
      return try TemporaryID.keys(inLines: file.readAll(limit: 1 << 16))
    } catch let error as ProximityFormatError {
      throw CommandError("\(error)", file: path, code: error.code.rawValue)
    }
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
    for place in summary.count(try store.append(batch)) {
      refuse(.conflict(records.cells(of: place), line: records.line(of: place)))
    }
  }
}

/// Takes rows of sightings to the store, a batch at a time, and counts whose they are.
private struct SightingSink: RowSink {
  var reader: SightingReader
  let store: ExposureStore
  let isDryRun: Bool
  private(set) var resolution = Resolution()
  private var batch: [SightingReader.Sighting] = []
  private var records = RecordBatch()

  init(reader: SightingReader, store: ExposureStore, isDryRun: Bool) {
    self.reader = reader
    self.store = store
    self.isDryRun = isDryRun
  }

  var isFull: Bool { batch.count >= 16_384 }

  mutating func take(_ record: Record) throws(IntakeRejection) {
    batch.append(try reader.sighting(from: record))
    records.append(record)
  }

  mutating func store(
    into summary: inout ImportSummary, refuse: (RejectedRow) -> Void
  ) throws {
    defer {
      batch.removeAll(keepingCapacity: true)
      records.removeAll()
    }
    try resolution.count(batch, in: store)
    guard !isDryRun else {
      summary.stored += batch.count
      return
    }
    for place in summary.count(try store.append(batch.map(\.evidence))) {
      refuse(.conflict(records.cells(of: place), line: records.line(of: place)))
    }
  }
}

/// Takes keys to the store as the aliases that follow from them.
private struct KeySink: RowSink {
  let reader: IdentifierKeyReader
  private(set) var aliases: AliasIntake
  private var batch: [[CredentialAlias]] = []
  private var records: [Record] = []

  init(reader: IdentifierKeyReader, aliases: AliasIntake) {
    self.reader = reader
    self.aliases = aliases
  }

  var isFull: Bool { batch.count >= 1_024 }

  mutating func take(_ record: Record) throws(IntakeRejection) {
    batch.append(try reader.aliases(from: record))
    records.append(record)
  }

  mutating func store(
    into summary: inout ImportSummary, refuse: (RejectedRow) -> Void
  ) throws {
    defer {
      batch.removeAll(keepingCapacity: true)
      records.removeAll(keepingCapacity: true)
    }
    for (record, outcome) in zip(records, try aliases.take(batch)) {
      switch outcome {
      case .stored: summary.stored += 1
      case .repeated: summary.repeated += 1
      case .otherPersons:
        summary.conflicts += 1
        refuse(
          RejectedRow(
            cells: record.cells, line: record.line, column: "subject", code: "conflict",
            reason: "this key is another person's already: find out whose it is"))
      }
    }
  }
}

extension RejectedRow {
  /// The row of evidence that the store refused.
  fileprivate static func conflict(_ cells: [String], line: Int) -> RejectedRow {
    RejectedRow(
      cells: cells, line: line, column: "id", code: "conflict",
      reason: "this id is there with other content: the row was kept aside and not taken")
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
