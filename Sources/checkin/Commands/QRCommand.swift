internal import CommandKit
internal import ExposureStorage
internal import JSONText
internal import Posters
internal import Presence
internal import VenueCodes
internal import VenueRegistry

/// `checkin qr`: prints posters and other codes.
struct QRCommand: Sendable {
  /// What a code is written as.
  enum Format: String, ArgumentValue, CaseIterable {
    case pdf
    case png
    case svg
    case terminal
  }

  /// Which way a poster counts.
  enum Kind: String, ArgumentValue, CaseIterable {
    case inAndOut = "in-and-out"
    case entrance
    case exit
    case vehicle
  }

  /// How much of a code may be damaged.
  enum Level: String, ArgumentValue, CaseIterable {
    case medium = "M"
    case quartile = "Q"
    case high = "H"
  }

  /// What the code stands on.
  enum Sheet: String, ArgumentValue, CaseIterable {
    case a3
    case a4
    case a5
    case tableTent = "table-tent"
    case stickers
    case card
    case screenLandscape = "screen-landscape"
    case screenPortrait = "screen-portrait"
  }

  var venues: [VenueWord] = []
  var filter = VenueFilter()
  var all = false
  var sheets: [Sheet] = []
  var formats: [Format] = []
  var zones: [Int] = []
  var everyZone = false
  var kind = Kind.inAndOut
  var weeks = 52
  var level = Level.quartile
  var compact = false
  var languages = [LanguageWord("vi"), LanguageWord("en")]
  var mono = false
  var marks = false
  var belowMinimum = false
  var preview = false
  var oneFile: Path?
  var output: Path = "Output"
  var plainLink: String?
  var revoke: Int?
  var reason = ""

  private static let parameters: [Parameter<QRCommand>] = {
    let which: [Parameter<QRCommand>] = [
      .arguments("VENUE", \.venues, help: "Venues by id")
    ]
    let filters = VenueFilter.parameters(
      category: \QRCommand.filter.category, agency: \QRCommand.filter.agency,
      division: \QRCommand.filter.division)
    let how: [Parameter<QRCommand>] = [
      .flag("--all", \.all, help: "Every venue of the registry"),
      .options(
        "--sheet", \.sheets, separatedBy: ",", value: "SHEET",
        help: "What to print; else a4, or with --format only the code"),
      .options(
        "--format", \.formats, separatedBy: ",", value: "FORMAT",
        help: "pdf is the sheet; png, svg and terminal are the code alone, which is all a link has"),
      .options(
        "--zone", \.zones, separatedBy: ",", value: "N", help: "For this zone of the venues"),
      .flag("--every-zone", \.everyZone, help: "One poster for each zone the venues have"),
      .option("--kind", \.kind, value: "KIND", help: "Which way the code counts"),
      .option(
        "--weeks", \.weeks, in: 0...255, help: "How many weeks the code is valid; 0 is today"),
      .option(
        "--level", \.level, value: "LEVEL",
        help: "Error correction; H for prints that hang outdoors"),
      .flag(
        "--compact", \.compact,
        help: "Leave the venue's name out of the code, as on stickers and cards"),
      .options(
        "--language", \.languages, separatedBy: ",", value: "LANGUAGE",
        help: "The languages of the texts, the main one first: files of the registry's languages/"),
      .flag("--mono", \.mono, help: "Black only"),
      .flag("--marks", \.marks, help: "With crop marks and 3 mm of bleed, for a print shop"),
      .flag(
        "--below-minimum", \.belowMinimum,
        help: "Let the code be smaller than 15 cm on a poster, 5 cm on a card or sticker"),
      .flag(
        "--preview", \.preview,
        help: "Draw the sheet with a specimen of its code: nothing is printed or stored"),
      .option(
        "--output", \.output, value: "DIR", completes: .directories,
        help: "The folder for the files"),
      .option(
        "--one-file", \.oneFile, value: "NAME.pdf",
        help: "One PDF of this name instead, a page for each sheet"),
      .option(
        "--plain-link", \.plainLink, value: "URL",
        help: "Write this link as an unsigned code, such as an app's page"),
      .option(
        "--revoke", \.revoke, in: 0...255, value: "SERIAL",
        help: "Print nothing: revoke this print of the venue, which was lost or stolen"),
      .option("--reason", \.reason, help: "With --revoke: why"),
    ]
    return which + filters + how
  }()

  static let command = Command(
    "qr", "Prints signed posters for venues", QRCommand(),
    parameters,
    shared: .passphrase,
    discussion: """
      Each sheet gets a print serial of its own, so that a lost one can be revoked alone. Every \
      file is read back before it is reported: a code that does not say what was meant is an error \
      and leaves no file. A file of the same venue, zone, kind and sheet is replaced. A table tent is \
      A4, folded; stickers are nine on A4, cards eight, each with cut marks; screens are PNG.
      """,
    examples: [
      Example("checkin qr C4C6BHFZC", "Print one venue's poster into Output/"),
      Example(
        "checkin qr --category market --format pdf,png", "Print all markets, also as pictures"),
      Example(
        "checkin qr --all --marks --one-file all.pdf", "One file for a print shop"),
      Example(
        "checkin qr C4C6BHFZC --sheet stickers,screen-portrait", "Stickers and a lobby screen"),
      Example("checkin qr C4C6BHFZC --sheet a3 --preview", "Look at a sheet before it is printed"),
      Example("checkin qr C4C6BHFZC --format terminal", "Show a code in the terminal"),
      Example(
        "checkin qr --plain-link https://bluezone.gov.vn --format svg", "Write an install link"),
      Example(
        "checkin qr C4C6BHFZC --revoke 1 --reason 'torn off the door'", "Revoke a lost print"),
    ],
    run: { options, context in try options.run(context) })

  private func run(_ context: Context) throws -> ExitStatus {
    if formats.contains(.terminal), context.json {
      throw UsageError("--format terminal is no JSON", hint: "leave out one of the two")
    }
    if let plainLink { return try link(plainLink, context) }
    let workspace = Workspace(context)
    let registry = try workspace.registry()
    let chosen = try self.chosen(registry)
    if let revoke {
      return try revokePrint(revoke, of: chosen, store: workspace.store(), context)
    }
    let works = try self.works()
    let order = try order(workspace)
    let store = try workspace.store(preview ? .readOnly : .readWrite)

    let today = store.calendar.day(of: context.now())
    let active = chosen.filter { $0.isActive(on: today) }
    // Whoever asks for a category means the venues in use; who names one means that one.
    for venue in chosen where !venue.isActive(on: today) && !venues.isEmpty {
      context.talk.warning("\(venue.name) (\(venue.id)) is retired and gets no poster")
    }
    guard !active.isEmpty else {
      throw CommandError(
        "every venue asked for is retired", hint: "see `checkin venue list`", code: "no-venue")
    }
    let places = Self.once(try places(of: active))
    guard !places.isEmpty else {
      throw CommandError(
        "no venue asked for has zones", hint: "leave out --every-zone", code: "unknown-zone")
    }
    let plans = places.flatMap { place in
      works.map {
        PrintPlan(
          venue: place.venue, zone: place.zone, sheet: $0.sheet, pictures: $0.pictures)
      }
    }
    let showsTerminal = formats.contains(.terminal)
    if showsTerminal, places.count > 8 {
      throw UsageError(
        "\(places.count) codes do not fit a terminal", hint: "name one venue, or write files")
    }
    let run = try PosterRun(
      workspace: workspace, store: store, registry: registry, order: order, isPreview: preview)
    if let oneFile {
      let name = oneFile.string
      let path = "\(output.string)/\(preview ? "\(name.dropLast(4))-preview.pdf" : name)"
      var refusals = Refusals(context)
      var pages = 0
      try run.printTogether(
        plans.map(BoundSheet.print), at: path, refused: { refusals.append($0) }
      ) { poster in
        pages += 1
        if context.json { try report(poster, context) }
      }
      try refusals.check(printed: pages)
      if !context.json { try context.output.line(path) }
      try store.close()
      tell(pages, "page", context)
      return refusals.isEmpty && (venues.isEmpty || active.count == chosen.count) ? .done : .partly
    }
    var count = 0
    var refusals = Refusals(context)
    try run.print(plans, refused: { refusals.append($0) }) { poster in
      count += max(1, poster.files.count)
      try report(poster, context)
      if showsTerminal, poster.plan.sheet == works.first?.sheet, let symbol = poster.symbol {
        try context.output.line(symbol.terminalText(style: terminalStyle(context)))
      }
    }
    try refusals.check(printed: count)
    try store.close()
    if count > 0, works.contains(where: { $0.sheet != nil || !$0.pictures.isEmpty }) {
      tell(count, "file", context)
    }
    return refusals.isEmpty && (venues.isEmpty || active.count == chosen.count) ? .done : .partly
  }

  /// The prints that were refused, told as they come but for the first, which may be why there is none.
  private struct Refusals {
    private let context: Context
    private var first: CommandError?
    private var isFirstTold = false

    init(_ context: Context) { self.context = context }

    var isEmpty: Bool { first == nil }

    mutating func append(_ refusal: RefusedPrint) {
      guard let first else {
        first = refusal.error
        return
      }
      if !isFirstTold { context.talk.warning("no print: \(first)") }
      isFirstTold = true
      context.talk.warning("no print: \(refusal.error)")
    }

    /// Tells of a first one that was the only one, or fails with it when there is no print at all.
    func check(printed count: Int) throws {
      guard let first else { return }
      if count == 0 { throw first }
      if !isFirstTold { context.talk.warning("no print: \(first)") }
    }
  }

  /// Says how much was made.
  private func tell(_ count: Int, _ noun: String, _ context: Context) {
    context.talk.note(
      "\(counted(count, noun)) in \(output.string), each read back"
        + (preview ? "; these are previews, and their codes are refused everywhere" : ""))
  }

  /// What is printed for each place: the sheets, and the bare code with the first of them.
  private func works() throws -> [(sheet: SheetKind?, pictures: [PosterFormat])] {
    let pictures = PosterFormat.allCases.filter { format in
      format != .pdf && formats.contains { $0.rawValue == format.rawValue }
    }
    var kinds = SheetKind.allCases.filter { kind in
      sheets.contains { $0.rawValue == kind.rawValue }
    }
    if sheets.isEmpty, formats.isEmpty || formats.contains(.pdf) { kinds = [.a4] }
    let hasPaper = kinds.contains { $0.format == .pdf }
    if formats.contains(.pdf), !hasPaper {
      throw UsageError(
        "a screen is no PDF", hint: "leave out --format pdf, or name a sheet of paper")
    }
    if marks, !hasPaper {
      throw UsageError("--marks is for paper", hint: "leave it out, or name a sheet of paper")
    }
    if let oneFile {
      try oneFile.checkIsOneFile()
      guard hasPaper, kinds.allSatisfy({ $0.format == .pdf }), pictures.isEmpty,
        !formats.contains(.terminal)
      else {
        throw UsageError(
          "--one-file holds sheets of paper only",
          hint: "print screens and bare codes in another run")
      }
    }
    if !belowMinimum, let small = kinds.first(where: { !$0.meetsMinimum }) {
      throw UsageError(
        "--sheet \(small.rawValue): the \(small) has no room for the 15 cm that the authority asks for "
          + "at a venue",
        hint: "print a4 or a3; to print it all the same, give --below-minimum")
    }
    var works = kinds.map { (sheet: Optional($0), pictures: [PosterFormat]()) }
    if works.isEmpty { works = [(nil, [])] }
    works[0].pictures = pictures
    return works
  }

  /// How the prints are made.
  private func order(_ workspace: Workspace) throws -> PosterOrder {
    var order = PosterOrder(languages: try workspace.languages(languages))
    order.kind =
      switch kind {
      case .inAndOut: .inAndOut
      case .entrance: .entrance
      case .exit: .exit
      case .vehicle: .vehicle
      }
    order.weeks = UInt8(clamping: weeks)
    order.level =
      switch level {
      case .medium: .medium
      case .quartile: .quartile
      case .high: .high
      }
    order.isNamed = compact ? false : nil
    order.style = SheetStyle(
      isMono: mono, hasMarks: marks, allowsBelowMinimum: belowMinimum)
    order.folder = output.string
    return order
  }

  /// The venues that were asked for.
  private func chosen(_ registry: Registry) throws -> [Venue] {
    let kinds = [!venues.isEmpty, !filter.isEmpty, all].count { $0 }
    guard kinds == 1 else {
      throw kinds == 0
        ? UsageError(
          "no venue is named", hint: "give ids, or give --category, --agency, --division or --all")
        : UsageError(
          "venues, filters and --all exclude each other", hint: "give only one of them")
    }
    if !venues.isEmpty { return try venues.map { try registry.known($0.id) } }
    let found = all ? registry.venues : try filter.venues(of: registry)
    guard !found.isEmpty else {
      throw CommandError(
        "no venue is like that", hint: "see `checkin venue list`", code: "no-venue")
    }
    return found
  }

  /// The posters to print: each venue, with each zone asked for.
  private func places(of venues: [Venue]) throws -> [(venue: Venue, zone: UInt8)] {
    if everyZone {
      return venues.flatMap { venue in venue.zones.map { (venue, $0.number) } }
    }
    let numbers = try zones.map { number in
      guard let zone = UInt8(exactly: number) else {
        throw UsageError("--zone: \(number) is no zone", hint: "give 0 to 255")
      }
      return zone
    }
    for venue in venues {
      for number in numbers where number != 0 && venue.zone(numbered: number) == nil {
        throw CommandError(
          "\(venue.name) (\(venue.id)) has no zone \(number)",
          hint: "see `checkin venue show \(venue.id)`", code: "unknown-zone")
      }
    }
    return venues.flatMap { venue in (numbers.isEmpty ? [0] : numbers).map { (venue, $0) } }
  }

  /// Each poster once, however often it was named: two prints would fight over one file.
  private static func once(
    _ places: [(venue: Venue, zone: UInt8)]
  ) -> [(venue: Venue, zone: UInt8)] {
    var seen: Set<PrintPlace> = []
    return places.filter {
      seen.insert(PrintPlace(venue: $0.venue.id, zone: $0.zone, serial: 0)).inserted
    }
  }

  private func report(_ poster: PrintedPoster, _ context: Context) throws {
    if context.json {
      var lines = JSONLines(to: context.output)
      try lines.object {
        $0.field("venue", "\(poster.plan.venue.id)")
        $0.field("name", poster.plan.venue.name)
        $0.field("zone", Int(poster.plan.zone))
        $0.field("sheet", poster.plan.sheet?.rawValue)
        $0.field("preview", preview)
        $0.field("serial", Int(poster.serial))
        $0.field("key_id", Int(poster.request.keyID))
        $0.field("valid_from", "\(poster.request.firstDay)")
        $0.field("valid_to", "\(poster.request.lastDay)")
        $0.field("symbol", poster.code.size)
        $0.field("code", poster.code.text)
        $0.field("files", poster.files)
        if poster.page != nil { $0.field("page", poster.page) }
      }
      try lines.finish()
    } else {
      for file in poster.files { try context.output.line(file) }
    }
  }

  private func revokePrint(
    _ serial: Int, of venues: [Venue], store: ExposureStore, _ context: Context
  ) throws -> ExitStatus {
    guard venues.count == 1, zones.count <= 1, !preview else {
      throw UsageError("--revoke needs one venue and one zone", hint: "name the venue by its id")
    }
    let now = context.now()
    guard let zone = UInt8(exactly: zones.first ?? 0) else {
      throw UsageError("--zone: \(zones[0]) is no zone", hint: "give 0 to 255")
    }
    _ = try store.revokePrint(
      serial: UInt8(clamping: serial), venue: venues[0].id, zone: zone, reason: reason,
      today: store.calendar.day(of: now),
      note: context.auditNote(
        "print revoke", "\(venues[0].id) zone \(zone) serial \(serial)", purpose: reason))
    try store.close()
    if context.json {
      try context.output.json { json in
        json.object {
          $0.field("venue", "\(venues[0].id)")
          $0.field("zone", Int(zone))
          $0.field("serial", serial)
          $0.field("revoked_at", ISO8601.format(now, in: store.calendar))
        }
      }
    } else {
      try context.output.line("print \(serial) of \(venues[0].name) is revoked")
    }
    return .done
  }

  /// Writes a link that is not a venue's.
  private func link(_ text: String, _ context: Context) throws -> ExitStatus {
    guard venues.isEmpty, filter.isEmpty, !all else {
      throw UsageError("--plain-link goes with no venue", hint: "leave the venues out")
    }
    let others = [
      ("--sheet", !sheets.isEmpty), ("--marks", marks), ("--mono", mono), ("--preview", preview),
      ("--one-file", oneFile != nil),
    ]
    if let other = others.first(where: \.1)?.0 {
      throw UsageError("\(other) is for sheets, and a link has none", hint: "leave it out")
    }
    let isLink = text.hasPrefix("https://") || text.hasPrefix("http://")
    guard isLink, !text.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7f }) else {
      throw UsageError("--plain-link: '\(text)' is no link", hint: "begin with https://")
    }
    let symbol = try QRSymbol(text: text)
    var files: [String] = []
    for format in formats.isEmpty ? [.png] : formats {
      switch format {
      case .terminal:
        try context.output.line(symbol.terminalText(style: terminalStyle(context)))
      case .png:
        files.append(try write(try PosterFile.png(symbol), of: text))
      case .svg:
        files.append(try write(try PosterFile.svg(symbol, title: text), of: text))
      case .pdf:
        throw UsageError(
          "a link has no poster", hint: "give --format png, svg or terminal")
      }
    }
    if context.json {
      try context.output.json { json in
        json.object {
          $0.field("link", text)
          $0.field("symbol", "\(symbol.version)-\(symbol.level.letter)")
          $0.field("files", files)
        }
      }
    } else {
      for file in files { try context.output.line(file) }
    }
    return .done
  }

  /// With colour the code is right on any background; without, most terminals are dark.
  private func terminalStyle(_ context: Context) -> TerminalStyle {
    context.output.usesColour ? .coloured : .darkBackground
  }

  /// Writes a link's file, which is named after its host, so that another link's file stays.
  private func write(_ file: PosterFile, of link: String) throws -> String {
    let start = link.firstRange(of: "://")?.upperBound ?? link.startIndex
    let host = link[start...].prefix { !"/?#".contains($0) }.lowercased()
      .map { $0.isASCII && ($0.isLetter || $0.isNumber || "-.".contains($0)) ? $0 : "-" }
    let path = "\(output.string)/link-\(String(host.prefix(100))).\(file.format.fileExtension)"
    try Folder.make(output.string)
    try file.write(to: path)
    return path
  }
}
