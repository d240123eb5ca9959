internal import CommandKit
internal import ExposureRisk
internal import ExposureStorage
internal import FoundationEssentials
internal import JSONText
internal import Presence
internal import Tracing
internal import VenueCodes
internal import VenueRegistry

/// The contacts of a case as several rule sets judge them, a column each.
struct RuleComparisonReport {
  private let context: Context
  private let calendar: LocalCalendar
  private let names: PersonNames
  private let comparison: RuleComparison

  init(
    _ ruleSets: [AnyRuleSet], workspace: Workspace, store: ExposureStore, registry: Registry,
    subjects: Path?
  ) throws {
    context = workspace.context
    calendar = store.calendar
    names = try PersonNames(subjects, workspace: workspace)
    comparison = RuleComparison(
      ruleSets, of: try workspace.history(store: store, registry: registry),
      calendar: store.calendar, threads: ProcessInfo.processInfo.activeProcessorCount)
  }

  /// Judges the contacts of a case and prints a row for each contact and day.
  func printRows(of one: Case) throws {
    let days = try comparison.days(of: one)
    if context.json {
      var lines = JSONLines(to: context.output)
      for day in days {
        try lines.object { json in
          json.field("case", one.id)
          json.field("contact", names.name(of: day.contact))
          json.field("day", "\(day.day)")
          json.key("judgements")
          json.array { json in
            for (rules, judgement) in zip(comparison.ruleSets, day.judgements) {
              json.object { Self.write(judgement, by: rules, to: &$0) }
            }
          }
        }
      }
      try lines.finish()
      return
    }
    var columns: [Table.Column] = [.whole("Person"), .whole("Day")]
    columns += comparison.ruleSets.map { .whole($0.id) }
    var table = Table(columns)
    for day in days {
      table.append([names.name(of: day.contact), "\(day.day)"] + day.judgements.map(Self.text))
    }
    try context.output.table(table)
    let people = Set(days.map(\.contact)).count
    context.talk.note(
      "\(counted(people, "contact")) of \(one.id), a row for each day, under "
        + comparison.ruleSets.map(\.id).joined(separator: ", "))
    if comparison.ruleSets.contains(where: { if case .risk = $0 { true } else { false } }) {
      context.talk.note("the days of a risk calculation are days of UTC, those of the others local")
    }
  }

  /// One cell: label, class and minutes.
  private static func text(_ judgement: ComparedDay.Judgement) -> String {
    switch judgement {
    case .outsideWindow: "outside window"
    case .nothing: "-"
    case .contact(let row):
      row.exposureClass.name == row.label
        ? "\(row.label) \(row.seconds / 60) min"
        : "\(row.label) \(row.exposureClass.name) \(row.seconds / 60) min"
    case .risk(let day): "\(label(of: day)) \(basis(of: day)) \(day.seconds / 60) min"
    }
  }

  private static func label(of day: CaseRisk.Day) -> String { day.summary.level?.name ?? "none" }

  /// What an app's day rests on.
  private static func basis(of day: CaseRisk.Day) -> String {
    let isEncounter = (day.summary.windows?.normalizedMinutes ?? 0) > 0
    let isCheckIn = (day.summary.checkIns?.normalizedMinutes ?? 0) > 0
    if isEncounter, isCheckIn { return "encounter+check-in" }
    return isEncounter ? "encounter" : "check-in"
  }

  private static func write(
    _ judgement: ComparedDay.Judgement, by rules: AnyRuleSet, to json: inout JSONWriter
  ) {
    json.field("rule", rules.id)
    switch judgement {
    case .outsideWindow: json.field("label", "outside window")
    case .nothing: json.field("label", nil as String?)
    case .contact(let row):
      json.field("label", row.label)
      json.field("class", row.exposureClass.name)
      json.field("seconds", row.seconds)
      json.field("near_seconds", row.nearSeconds)
      json.field("venue_seconds", row.venueSeconds)
      json.field("tail_seconds", row.tailSeconds)
    case .risk(let day):
      json.field("label", label(of: day))
      json.field("class", basis(of: day))
      json.field("seconds", day.seconds)
      json.field("transmission_risk_level", day.transmissionRiskLevel)
      json.field("encounter_minutes", day.summary.windows?.normalizedMinutes ?? 0)
      json.field("encounter_level", day.summary.windows?.level?.name)
      json.field("check_in_minutes", day.summary.checkIns?.normalizedMinutes ?? 0)
      json.field("check_in_level", day.summary.checkIns?.level?.name)
    }
  }
}
