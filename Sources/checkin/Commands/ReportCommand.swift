internal import Campaign
internal import CommandKit
internal import ExposureStorage
internal import FoundationEssentials
internal import JSONText
internal import Posters
internal import Presence
internal import Spreadsheets
internal import VenueCodes
internal import VenueRegistry

/// `checkin report`: how far the venues have their posters, and whether anybody scans them.
struct ReportCommand: Sendable {
  /// What the report is written as.
  enum Format: String, ArgumentValue, CaseIterable {
    case text
    case csv
    case xlsx
    case pdf
  }

  /// Which table a CSV file has.
  enum TablePart: String, ArgumentValue, CaseIterable {
    case groups
    case followUp = "follow-up"
    case days

    var part: DeploymentReport.Part {
      switch self {
      case .groups: .groups
      case .followUp: .followUp
      case .days: .days
      }
    }
  }

  /// The languages of workbooks and documents.
  enum Language: String, ArgumentValue, CaseIterable {
    case vietnamese = "vi"
    case english = "en"
  }

  var asOf: DateWord?
  var filter = VenueFilter()
  var format: Format?
  var table = TablePart.groups
  var output: Path?
  var languages: [Language] = [.vietnamese, .english]
  var isFull = false

  static let command = Command(
    "report", "Says how far venues have their posters, and who scans them", ReportCommand(),
    [
      .option("--as-of", \.asOf, help: "The day it is about, the end of it; else today")
    ]
      + VenueFilter.parameters(
        category: \.filter.category, agency: \.filter.agency, division: \.filter.division) + [
        .option(
          "--format", \.format, value: "FORMAT",
          help: "What to write; else what the name of --output ends with, or text"),
        .option("--table", \.table, value: "TABLE", help: "With --format csv: which table"),
        .option("--output", \.output, completes: .files, help: "The file; else standard output"),
        .options(
          "--language", \.languages, separatedBy: ",", value: "LANGUAGE",
          help: "The languages of a workbook or document"),
        .flag("--full", \.isFull, help: "Text: print wards too, and lists to their end"),
      ],
    discussion: """
      A venue is deployed when a poster of it (A3, A4, A5, table tent) counts on the day: made, valid, \
      not revoked by the end of it. It is active when its code or a visitor's pass was scanned there; \
      what was entered without a code does not make it active. A deadline is met when every venue has \
      a poster in force on that day, or on the day of the report before it. The report is made of numbers for venues and days, never of people, and so is not in the audit \
      log. A workbook or document goes into Output/ unless --output names a file.
      """,
    examples: [
      Example("checkin report", "The whole city today"),
      Example(
        "checkin report --as-of 2020-08-15 --agency so-du-lich",
        "What the Department of Tourism reports on its deadline"),
      Example("checkin report --output bao-cao.pdf", "A document to sign and file"),
      Example(
        "checkin report --format csv --table follow-up", "Whom to call, for a spreadsheet"),
    ],
    run: { options, context in try options.run(context) })

  private func run(_ context: Context) throws -> ExitStatus {
    let format = try chosenFormat(context)
    let workspace = Workspace(context)
    let registry = try workspace.registry()
    try filter.check(in: registry)
    // To read is enough, and a copy on a medium that cannot be written will do.
    let store = try workspace.store(.readOnly)
    let now = context.now()
    let today = store.calendar.day(of: now)
    let day = asOf?.day ?? today
    guard day <= today else {
      throw UsageError(
        "--as-of: \(day) is in the future", hint: "today is \(today)")
    }
    let hasTrend = format == .xlsx || format == .pdf || format == .csv && table == .days
    let days =
      hasTrend || context.json ? DeploymentReport.trendDays : DeploymentReport.weekDays
    let report = DeploymentReport(
      registry: registry, prints: try DeploymentFacts.prints(of: store),
      activity: try DeploymentFacts.activity(of: store, days: days, to: day), asOf: day,
      category: filter.category, agency: filter.agency, division: filter.division,
      trendDays: days)
    try store.close()
    switch format {
    case .text: try writeText(report, context)
    case .csv: try write(report.delimited(table.part), context)
    case .xlsx:
      let path = try documentPath(report, "xlsx")
      try DeploymentWorkbook(report: report, languages: reportLanguages).write(
        to: path, now: now)
      try context.output.line(path)
    case .pdf:
      let path = try documentPath(report, "pdf")
      let document = DeploymentDocument(
        report, frame: try frame(context, registry), languages: reportLanguages, signedOn: today,
        madeAtSecond: now)
      try Self.write(try document.pdf(), to: path)
      try context.output.line(path)
    }
    return .done
  }

  /// What is written around the numbers, as the campaign's settings have it: a report about one
  /// agency's venues is that agency's.
  private func frame(_ context: Context, _ registry: Registry) throws -> DeploymentDocument.Frame {
    var frame = DeploymentDocument.Frame()
    let agency = filter.agency.flatMap { registry.agency($0) }
    frame.office = agency?.name.vietnamese ?? ""
    guard var settings = try CampaignFolder(context).settingsIfThere() else { return frame }
    if let agency { settings = settings.written(by: agency) }
    frame.superior = settings.superior
    frame.office = settings.office
    frame.numberSuffix = settings.numberSuffix
    frame.dateline = settings.dateline
    frame.signer = settings.signer
    frame.directive = settings.directive
    frame.recipients = settings.recipients
    return frame
  }

  private var reportLanguages: ReportLanguages {
    ReportLanguages(
      hasVietnamese: languages.contains(.vietnamese), hasEnglish: languages.contains(.english))
  }

  private func chosenFormat(_ context: Context) throws(UsageError) -> Format {
    let named = output.flatMap { path in
      Format.allCases.first { path.string.lowercased().hasSuffix(".\($0.rawValue)") }
    }
    let chosen = format ?? named ?? .text
    if context.json, chosen != .text {
      throw UsageError(
        "--json and --format \(chosen.rawValue) exclude each other", hint: "give one of them")
    }
    if table != .groups, chosen != .csv {
      throw UsageError("--table is for --format csv", hint: "leave it out")
    }
    return chosen
  }

  private func writeText(_ report: DeploymentReport, _ context: Context) throws {
    let text = DeploymentText(report: report, isFull: isFull)
    if context.json {
      if let output {
        var json = JSONWriter()
        text.write(to: &json)
        json.endLine()
        try Self.write(Array(json.bytes), to: output.string)
        try context.output.line(output.string)
      } else {
        try context.output.json { text.write(to: &$0) }
      }
      return
    }
    if output != nil {
      let lines = [text.heading] + text.lines()
      try write(Array(lines.map { $0 + "\n" }.joined().utf8), context)
    } else {
      try context.output.line(context.output.styled(text.heading, .bold))
      let width = context.output.width
      for line in text.lines(width: width, colour: context.output.usesColour) {
        try context.output.line(line)
      }
    }
  }

  private func write(_ bytes: [UInt8], _ context: Context) throws {
    guard let output else {
      try context.output.write(bytes: bytes)
      return
    }
    try Self.write(bytes, to: output.string)
    try context.output.line(output.string)
  }

  /// Writes a file whole or not at all.
  static func write(_ bytes: [UInt8], to path: String) throws {
    do {
      try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw CommandError(
        "\(path) cannot be written", hint: "check the folder and the room there",
        code: "not-written")
    }
  }

  /// Where a workbook or document goes.
  private func documentPath(_ report: DeploymentReport, _ end: String) throws -> String {
    if let output { return output.string }
    try Folder.make("Output")
    return "Output/deployment-\(report.asOf).\(end)"
  }
}
