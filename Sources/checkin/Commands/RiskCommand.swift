internal import CommandKit
internal import ExposureRisk
internal import JSONText
internal import Presence
internal import VenueCodes

/// `checkin risk`: judges a phone's exposure windows as Corona-Warn-App would.
struct RiskCommand: Sendable {
  @Required var file: Path
  var rules = "cwa-2021"

  static let command = Command(
    "risk", "Judges a phone's exposure windows as Corona-Warn-App would", RiskCommand(),
    [
      .argument("FILE", \.$file, completes: .files, help: "Exposure windows as JSON; - for stdin"),
      .option(
        "--rules", \.rules, value: "FILE|ID", completes: .files, help: "The risk calculation"),
    ],
    discussion: """
      FILE is a list of exposure windows, or an object with exposureWindows, checkIns and warnings. A \
      window has date (or dateMillisSinceEpoch, or ageInDays before today), reportType, \
      infectiousness, calibrationConfidence and scanInstances with minAttenuation, \
      typicalAttenuation and secondsSinceLastScan. A check-in has location, start and end, a warning \
      location, startIntervalNumber, period and transmissionRiskLevel.

      Days are days of UTC, minutes are weighted and never rounded. Windows and check-ins are judged \
      apart, and a day has the higher level of the two. No store is needed.
      """,
    examples: [
      Example("checkin risk windows.json", "Print the total level and the days"),
      Example(
        "checkin risk windows.json --now 2021-03-05T00:00:00Z --json", "Judge as on a day gone by"),
    ],
    run: { options, context in try options.run(context) })

  private func run(_ context: Context) throws -> ExitStatus {
    let rules = try Workspace(context).riskRules(rules)
    var input = try InputFile(path: file.string, interruption: context.interruption)
    let bytes = try input.readAll(limit: 64 << 20)
    let now = context.now()
    let document: RiskDocument
    do {
      document = try RiskDocument(json: bytes, today: Int(now / 86_400))
    } catch {
      throw CommandError("\(error)", file: file.string, code: error.code.rawValue)
    }
    let (windows, checkIns, summary) = document.judged(by: rules, now: now)
    if context.json {
      try context.output.json { json in
        json.object { json in
          json.field("rule", rules.id)
          json.field("level", summary.totalLevel.name)
          json.field("windows", document.windows.count)
          json.field("windows_counted", windows.windows.count)
          json.field("check_ins", document.checkIns.count)
          json.field("check_ins_warned", Set(checkIns.checkIns.map(\.place)).count)
          for level in RiskLevel.allCases { Self.write(level, of: summary, to: &json) }
          json.key("days")
          json.array { json in
            for day in summary.days { json.object { Self.write(day, to: &$0) } }
          }
        }
      }
      return .done
    }
    try context.output.line(
      "\(context.output.styled(summary.totalLevel.name, .bold)) risk under \(rules.id)")
    for level in RiskLevel.allCases {
      guard let last = summary.mostRecentDay(with: level) else { continue }
      try context.output.line(
        "\(counted(summary.numberOfDays(with: level), "day")) of \(level.name) risk, the last "
          + "\(Self.date(last)); at least "
          + counted(summary.minimumDistinctEncounters(with: level), "encounter"))
    }
    var table = Table([
      .whole("Day"), "Risk", .right("Encounter min"), "Encounters", .right("Check-in min"),
      "Check-ins",
    ])
    for day in summary.days {
      table.append(
        Self.date(day.day), day.level?.name ?? "-", Self.minutes(day.windows?.normalizedMinutes),
        day.windows?.level?.name ?? "-", Self.minutes(day.checkIns?.normalizedMinutes),
        day.checkIns?.level?.name ?? "-")
    }
    if !summary.days.isEmpty { try context.output.table(table) }
    context.talk.note(
      "\(windows.windows.count) of \(counted(document.windows.count, "window")) counted; minutes are "
        + "weighted by attenuation and by how infectious the other was")
    return .done
  }

  private static func date(_ daysSince1970: Int) -> String {
    ISO8601.format(
      Int64(daysSince1970) * 86_400, in: LocalCalendar(zoneName: "UTC", fixedOffset: 0)
    ).prefix(10).description
  }

  /// Minutes to a tenth, cut and not rounded: what is shown must not reach a threshold by itself.
  private static func minutes(_ minutes: Double?) -> String {
    guard let minutes else { return "-" }
    let tenths = Int((min(minutes, 1e9) * 10).rounded(.down))
    return "\(tenths / 10).\(tenths % 10)"
  }

  private static func write(
    _ level: RiskLevel, of summary: RiskSummary, to json: inout JSONWriter
  ) {
    json.key(named: level.name)
    json.object { json in
      json.field("days", summary.numberOfDays(with: level))
      json.field("most_recent_day", summary.mostRecentDay(with: level).map(date))
      json.field(
        "minimum_distinct_encounters", summary.minimumDistinctEncounters(with: level))
    }
  }

  private static func write(_ day: RiskSummary.Day, to json: inout JSONWriter) {
    json.field("day", date(day.day))
    json.field("level", day.level?.name)
    json.field("encounter_minutes", day.windows?.normalizedMinutes ?? 0)
    json.field("encounter_level", day.windows?.level?.name)
    json.field("check_in_minutes", day.checkIns?.normalizedMinutes ?? 0)
    json.field("check_in_level", day.checkIns?.level?.name)
  }
}
