internal import CommandKit
internal import DelimitedText
internal import EvidenceIntake
internal import ExposureRisk
internal import ExposureStorage
internal import ForeignCodes
internal import Presence
internal import ProximityFormats
internal import VenueCodes

/// Takes what another contact-tracing app's phone sent of its history.
struct UploadImport {
  let path: String
  let intake: IntakeContext
  let store: ExposureStore
  let context: Context
  /// Whose phone it was, where somebody says so.
  var owner: Pseudonym?
  /// The keys with which a BlueTrace server sealed its temporary ids.
  var temporaryIDKeys: [[UInt8]] = []

  private static let batchSize = 16_384

  // MARK: Formats

  /// Reads an upload of Bluezone.
  func bluezone() throws -> ImportSummary {
    let (name, bytes) = try contents(limit: BluezoneUpload.maximumLength)
    let upload = try reading(name) { () throws(ProximityFormatError) in
      try BluezoneUpload(bytes)
    }
    for refused in upload.refusedKeys { context.talk.warning("\(name): \(refused)") }
    var aliases = AliasIntake(store: store, context: context)
    if let owner {
      let reader = IdentifierKeyReader(context: intake)
      var keys: [[CredentialAlias]] = []
      for key in upload.keys {
        do throws(IntakeRejection) {
          keys.append(try reader.aliases(of: key, person: owner))
        } catch {
          context.talk.warning(
            "\(name): the day key of \(key.day) in it was not taken: \(error.reason)")
        }
      }
      for outcome in try aliases.take(keys) where outcome == .otherPersons {
        context.talk.warning(
          "\(name): a day key in it is another person's already, and was not taken: "
            + "check whose phone this is")
      }
    } else if !upload.keys.isEmpty {
      context.talk.note(
        "\(counted(upload.keys.count, "day key")) in it would say whose its own identifiers are: "
          + "give --subject to say who that is")
    }
    let refused = upload.refused.map {
      RejectedRow(
        cells: $0.cells, line: $0.line, column: $0.column, code: $0.error.code.rawValue,
        reason: $0.error.reason)
    }
    return try take(
      upload.sightings.map { ($0.line, $0.sighting) }, refused: refused,
      alsoRefused: upload.furtherRefusedCount, columns: BluezoneUpload.columns, source: "bluezone",
      aliases, name: name
    ) { sighting in
      [
        Self.cell(sighting.hearer), Self.cell(sighting.heard), "\(sighting.receivedStrength)",
        "\(sighting.second)",
      ]
    }
  }

  /// Reads an upload of OpenTrace.
  func openTrace() throws -> ImportSummary {
    let (name, bytes) = try contents(limit: OpenTraceUpload.maximumLength)
    let upload = try reading(name) { () throws(ProximityFormatError) in
      try OpenTraceUpload(bytes)
    }
    var aliases = AliasIntake(store: store, context: context)
    if !temporaryIDKeys.isEmpty { try openTemporaryIDs(of: upload, into: &aliases, name: name) }
    let refused = upload.refused.map {
      RejectedRow(
        cells: $0.cells, line: $0.record, column: $0.column, code: $0.error.code.rawValue,
        reason: $0.error.reason)
    }
    return try take(
      upload.sightings.map { ($0.record, $0.sighting) }, refused: refused,
      alsoRefused: upload.furtherRefusedCount, columns: OpenTraceUpload.columns,
      source: "opentrace", aliases, name: name
    ) { sighting in
      [
        "\(sighting.second)", Self.cell(sighting.heard), sighting.receivingModel ?? "",
        sighting.sendingModel ?? "", "\(sighting.receivedStrength)",
        sighting.transmitPower.map { "\($0)" } ?? "", "",
      ]
    }
  }

  /// Takes what the server's keys say of the temporary ids in an upload.
  ///
  /// The rows themselves do not depend on it: an id that these keys do not open may be opened by
  /// others later, and the row must be the same then.
  private func openTemporaryIDs(
    of upload: OpenTraceUpload, into aliases: inout AliasIntake, name: String
  ) throws {
    let reader = IdentifierKeyReader(context: intake)
    var known: [[CredentialAlias]] = []
    var closed = 0
    var absurd: (count: Int, reason: String) = (0, "")
    var seen: Set<TemporaryID> = []
    for (_, sighting) in upload.sightings {
      guard case .temporary(let identifier)? = sighting.heard, sighting.fault == nil,
        seen.insert(identifier).inserted
      else { continue }
      switch identifier.opened(with: temporaryIDKeys) {
      case .content(let content):
        do throws(IntakeRejection) {
          known.append([try reader.alias(of: identifier, content)])
        } catch {
          absurd = (absurd.count + 1, error.reason)
        }
      case .unreadable: closed += 1
      case .notChecked:
        throw CommandError(
          "libcrypto.so.3 cannot be loaded, which opens temporary ids",
          hint: "install Debian's libssl3", code: "no-crypto")
      }
    }
    let conflicts = try aliases.take(known).count(where: { $0 == .otherPersons })
    if closed > 0 {
      context.talk.warning(
        "\(name): none of the keys opens \(counted(closed, "temporary id")): import the file again "
          + "with the keys of their server")
    }
    if absurd.count > 0 {
      context.talk.warning(
        "\(name): \(counted(absurd.count, "temporary id")) cannot be believed: \(absurd.reason)")
    }
    if conflicts > 0 {
      context.talk.warning(
        "\(name): \(counted(conflicts, "temporary id")) is another person's already, and was not taken"
      )
    }
  }

  /// Reads exposure windows of a phone with exposure notification.
  func exposureWindows() throws -> ImportSummary {
    let (name, bytes) = try contents(limit: 64 << 20)
    let windows: [ExposureWindow]
    do throws(ExposureRiskError) {
      windows = try ExposureWindow.windows(
        json: bytes, today: Int(context.now() / 86_400))
    } catch {
      throw CommandError("\(error)", file: path, code: error.code.rawValue)
    }
    guard let owner else { preconditionFailure("whose phone it is was asked before") }
    var reader = ExposureWindowReader(context: intake, owner: owner)
    var run = RunningImport(
      name: name, path: path, columns: ["window", "date"], aliases: nil, store: store,
      context: context)
    for (place, window) in windows.enumerated() {
      run.summary.rows += 1
      let day = LocalDay(daysSince2020: Int32(clamping: window.day - 18_262))
      do throws(IntakeRejection) {
        let evidence = try reader.evidence(from: window, source: "gaen")
        run.add(
          SightingReader.Sighting(evidence: evidence), line: place + 1,
          cells: ["\(place + 1)", "\(day)"])
      } catch {
        run.refuse(error, line: place + 1, cells: ["\(place + 1)", "\(day)"])
      }
      if run.count >= Self.batchSize { try run.flush() }
    }
    run.summary.undated = windows.count - run.summary.rejected
    return try run.finish()
  }

  // MARK: What they share

  private func contents(limit: Int) throws -> (name: String, bytes: [UInt8]) {
    var file = try InputFile(path: path, interruption: context.interruption)
    return (file.name, try file.readAll(limit: limit))
  }

  private func reading<Upload>(
    _ name: String, _ body: () throws(ProximityFormatError) -> Upload
  ) throws -> Upload {
    do throws(ProximityFormatError) {
      return try body()
    } catch {
      throw CommandError("\(error)", file: name, code: error.code.rawValue)
    }
  }

  private func take(
    _ sightings: [(line: Int, sighting: RadioSighting)], refused: [RejectedRow],
    alsoRefused: Int, columns: [String], source: String, _ aliases: AliasIntake, name: String,
    cells: (RadioSighting) -> [String]
  ) throws -> ImportSummary {
    var run = RunningImport(
      name: name, path: path, columns: columns, aliases: aliases, store: store, context: context)
    var reader = SightingReader(context: intake)
    run.summary.rows = sightings.count + refused.count + alsoRefused
    run.summary.rejected = alsoRefused
    run.summary.unwritten = alsoRefused
    if alsoRefused > 0 {
      context.talk.warning(
        "\(name): \(counted(alsoRefused, "further row")) cannot be read, and the first "
          + "\(grouped(refused.count)) alone are written down")
    }
    for row in refused { run.refuse(row) }
    for (line, sighting) in sightings {
      let cells = cells(sighting)
      do throws(IntakeRejection) {
        run.add(
          try reader.sighting(from: sighting, owner: owner, source: source), line: line,
          cells: cells)
      } catch {
        run.refuse(error, line: line, cells: cells)
      }
      if run.count >= Self.batchSize { try run.flush() }
    }
    return try run.finish()
  }

  private static func cell(_ identifier: RadioIdentifier?) -> String {
    switch identifier {
    case .bluezone(let identifier)?: "\(identifier)"
    case .temporary(let identifier)?: "\(identifier)"
    case .rollingProximity(let identifier)?: "\(identifier)"
    case nil: ""
    }
  }
}

/// Rows of an upload on their way to the store.
private struct RunningImport {
  var summary: ImportSummary
  private let path: String
  private let columns: [String]
  private let store: ExposureStore
  private let context: Context
  private let started: UInt64
  private var batch: [SightingReader.Sighting] = []
  private var origins: [(line: Int, cells: [String])] = []
  private var refused: [RejectedRow] = []
  private var resolution: Resolution?

  init(
    name: String, path: String, columns: [String], aliases: AliasIntake?, store: ExposureStore,
    context: Context
  ) {
    summary = ImportSummary(name: name)
    self.path = path
    self.columns = columns
    self.store = store
    self.context = context
    self.started = context.monotonic()
    if let aliases {
      summary.identifiers = aliases.added
      var resolution = Resolution()
      if context.isDryRun { resolution.learn(aliases.taken) }
      self.resolution = resolution
    }
  }

  var count: Int { batch.count }

  mutating func add(_ sighting: SightingReader.Sighting, line: Int, cells: [String]) {
    batch.append(sighting)
    origins.append((line, cells))
  }

  mutating func refuse(_ rejection: IntakeRejection, line: Int, cells: [String]) {
    refuse(
      RejectedRow(
        cells: cells, line: line, column: rejection.column, code: rejection.code.rawValue,
        reason: rejection.reason))
  }

  mutating func refuse(_ row: RejectedRow) {
    summary.rejected += 1
    note(row)
  }

  private mutating func note(_ row: RejectedRow) {
    refused.append(row)
    if summary.examples.count < 5 { summary.examples.append(row) }
  }

  mutating func flush() throws {
    defer {
      batch.removeAll(keepingCapacity: true)
      origins.removeAll(keepingCapacity: true)
    }
    try context.interruption.check()
    try resolution?.count(batch, in: store)
    guard !context.isDryRun else {
      summary.stored += batch.count
      return
    }
    for place in summary.count(try store.append(batch.map(\.evidence))) {
      note(
        RejectedRow(
          cells: origins[place].cells, line: origins[place].line, column: nil, code: "conflict",
          reason: "this sighting is there with another attenuation or status: the row was kept "
            + "aside and not taken"))
    }
  }

  mutating func finish() throws -> ImportSummary {
    try flush()
    summary.resolved = resolution?.resolved
    summary.unresolved = resolution?.unresolved
    let path = RejectedFile.path(for: path)
    if refused.isEmpty {
      RejectedFile.removeEarlier(at: path)
    } else {
      var writer = RejectedRowWriter(columns: columns)
      for row in refused { writer.write(row) }
      try RejectedFile.write(writer.takeBytes(), to: path)
      summary.rejectedFile = path
    }
    summary.seconds = Double(context.monotonic() - started) / 1e9
    return summary
  }
}
