internal import CommandKit
internal import ExposureStorage
internal import JSONText
internal import Posters
internal import Presence
internal import VenueCodes
internal import VenueRegistry

/// `checkin screen`: shows a venue's rotating code, or makes a day of codes for an offline screen.
struct ScreenCommand: Sendable {
  var venue = Required<VenueWord>()
  var zone: Int?
  var count: Int?
  var output: Path?
  var dayBatch: DateWord?
  var keyFile: Path?
  var exportKey: Path?

  static let command = Command(
    "screen", "Shows a venue's rotating code on a screen", ScreenCommand(),
    [
      .argument("VENUE", \.venue, help: "The venue the screen stands in, by id"),
      .option("--zone", \.zone, in: 0...255, value: "N", help: "The zone the screen stands in"),
      .option(
        "--count", \.count, in: 1...2_880, value: "N", help: "End after this many codes"),
      .option(
        "--output", \.output, value: "DIR", completes: .directories,
        help: "Keep current.png and a page that shows it in this folder"),
      .option(
        "--day-batch", \.dayBatch, value: "DATE",
        help: "Make a folder of signed codes, one a minute of this day, and a page that shows them"),
      .option(
        "--key-file", \.keyFile,
        help: "Show codes with this screen's key alone, without a store"),
      .option(
        "--export-key", \.exportKey, value: "FILE", completes: .files,
        help: "Write this screen's key for --key-file, and show nothing"),
    ],
    shared: .passphrase,
    discussion: """
      A code holds for 30 seconds, so a photograph of it proves nothing a minute later. In a \
      terminal it is painted anew until Ctrl-C; on a pipe the code of the present is printed, with \
      --count also those after it, each when its time has come. No code is shown before its time. \
      Every picture is read back before it is shown.

      A tablet on a wall needs no store and must not have one: --export-key writes a file with the \
      key of this one screen, mode 0600, and --key-file shows codes with it. A tablet without any \
      program or connection gets --day-batch: pictures and a page that a browser opens from the \
      folder, which only you may read. Both are noted in the audit log. A screen's key cannot be \
      revoked alone: whoever has the file can show that screen's codes from then on. Whoever copies that folder can show its codes elsewhere on that one day; it is revoked \
      like a print, by `checkin qr VENUE --revoke SERIAL`.
      """,
    examples: [
      Example("checkin screen C4C6BHFZC", "Show the code in this terminal"),
      Example("checkin screen C4C6BHFZC --output /srv/screen", "Keep a page for a browser"),
      Example("checkin screen C4C6BHFZC --export-key hotel.screen", "Make a tablet's key"),
      Example("checkin screen C4C6BHFZC --key-file hotel.screen", "Show codes on that tablet"),
      Example(
        "checkin screen C4C6BHFZC --day-batch 2020-08-07", "Sign a day for an offline screen"),
    ],
    run: { options, context in try options.run(context) })

  private func run(_ context: Context) throws -> ExitStatus {
    let others = [dayBatch != nil, keyFile != nil, exportKey != nil].count { $0 }
    guard others <= 1 else {
      throw UsageError("--day-batch, --key-file and --export-key exclude each other")
    }
    // A minute for a clock that is set while this runs.
    if dayBatch == nil, exportKey == nil, context.now() > context.clock() + 60 {
      throw UsageError(
        "--now: a code is not shown before its time",
        hint: "--day-batch signs the codes of a later day, and notes it")
    }
    if let keyFile { return try show(try setup(inFile: keyFile.string), zoneName: nil, context) }

    let workspace = Workspace(context)
    let registry = try workspace.registry()
    let store = try workspace.store(dayBatch == nil && exportKey == nil ? .readOnly : .readWrite)
    let (known, number) = try place(in: registry, on: store.calendar.day(of: context.now()))
    if let dayBatch {
      let batch = ScreenBatch(
        context: context, workspace: workspace, store: store, registry: registry, venue: known,
        zone: number, day: dayBatch.day)
      return try make(batch, into: output?.string, context)
    }
    let setup = ScreenSetup(
      key: try workspace.vault().screenMasterKey().screenKey(venue: known.id, zone: number),
      name: known.name, prefix: try workspace.urlPrefix(of: store),
      timeZone: store.calendar.zoneName)
    if let exportKey { return try export(setup, to: exportKey.string, store, context) }
    return try show(setup, zoneName: known.zone(numbered: number)?.name, context)
  }

  /// The venue and zone asked for, which must be there and in use.
  private func place(
    in registry: Registry, on today: LocalDay
  ) throws -> (venue: Venue, zone: UInt8) {
    let (known, number) = try registry.place(venue.wrappedValue.id, zone: zone)
    guard known.isActive(on: today) else {
      throw CommandError(
        "\(known.name) (\(known.id)) is retired", hint: "see `checkin venue list`",
        code: "retired-venue")
    }
    return (known, number)
  }

  private func setup(inFile path: String) throws -> ScreenSetup {
    let setup = try ScreenKeyFile.read(path)
    guard setup.key.venue == venue.wrappedValue.id, zone == nil || zone == Int(setup.key.zone)
    else {
      throw CommandError(
        "the key is that of \(setup.name) (\(setup.key.venue), zone \(setup.key.zone))",
        hint: "name that venue and zone, or give the key of this one", file: path,
        code: "other-screen")
    }
    return setup
  }

  private func show(
    _ setup: ScreenSetup, zoneName: String?, _ context: Context
  ) throws -> ExitStatus {
    let calendar: LocalCalendar
    do {
      calendar = try ZoneDatabase.calendar(named: setup.timeZone)
    } catch {
      throw CommandError("\(error)", code: error.code)
    }
    let zone = zoneName ?? (setup.key.zone == 0 ? nil : "\(setup.key.zone)")
    let screen = Screen(
      context: context, setup: setup, calendar: calendar, zone: zone, count: count)
    if let output {
      try screen.write(into: output.string)
    } else if context.output.isTerminal, !context.json {
      try screen.paint(style: context.output.usesColour ? .coloured : .darkBackground)
    } else {
      try screen.list()
    }
    return .done
  }

  private func export(
    _ setup: ScreenSetup, to path: String, _ store: ExposureStore, _ context: Context
  ) throws -> ExitStatus {
    // Noted first: who has the file can show the code whenever they like.
    try store.audit(
      context.auditNote("screen key export", "\(setup.key.venue) zone \(setup.key.zone)"))
    try store.close()
    try ScreenKeyFile.write(setup, to: path)
    if context.json {
      try context.output.json { json in
        json.object {
          $0.field("venue", "\(setup.key.venue)")
          $0.field("zone", Int(setup.key.zone))
          $0.field("file", path)
        }
      }
    } else {
      try context.output.line(path)
    }
    context.talk.note(
      "this file can show the code of \(setup.name) at any time: bring it to the tablet, and keep "
        + "no copy")
    return .done
  }

  private func make(
    _ batch: ScreenBatch, into folder: String?, _ context: Context
  ) throws -> ExitStatus {
    let place = batch.zone == 0 ? "\(batch.venue.id)" : "\(batch.venue.id)-zone\(batch.zone)"
    if folder == nil { try Folder.make("Output") }
    let made = try batch.make(in: folder ?? "Output/screen-\(place)-\(batch.day)")
    try batch.store.close()
    if context.json {
      try context.output.json { json in
        json.object {
          $0.field("venue", "\(batch.venue.id)")
          $0.field("zone", Int(batch.zone))
          $0.field("day", "\(batch.day)")
          $0.field("serial", Int(made.serial))
          $0.field("symbol", made.symbol)
          $0.field("codes", MinuteOfDay.count)
          $0.field("page", "\(made.folder)/index.html")
        }
      }
    } else {
      try context.output.line("\(made.folder)/index.html")
    }
    context.talk.note(
      "\(grouped(MinuteOfDay.count)) codes of \(batch.day), each read back; print \(made.serial)")
    return .done
  }
}
