internal import CommandKit
internal import CrossMatch
internal import DelimitedText
internal import ExposureStorage
internal import Foundation
internal import Presence
internal import Tracing
internal import VenueCodes
internal import VenueRegistry

/// `checkin-bench trace`: cases to contacts and their contacts.
struct TraceBenchmark: Benchmark {
  var setting = BenchmarkSetting()
  var rows = 1_000_000
  var cases = 100

  static let command = Command(
    "trace", "Times the trace of cases", TraceBenchmark(),
    [
      .option("--rows", \.rows, in: 10...100_000_000, help: "How many visits there are"),
      .option("--cases", \.cases, in: 1...100_000, help: "How many cases are traced"),
    ] + settingParameters,
    run: { options, context in
      try options.run(context)
      return .done
    })

  func run(_ context: Context) throws {
    let city = try BenchCity(context)
    let scratch = try ScratchFolder(setting)
    let file = try VisitFile(rows: rows, in: scratch.path, city)
    let store = try file.store(in: try scratch.emptyFolder("own"), city)
    let rules = try Self.rules(context)
    let history = try Self.history(of: store, city)
    let confirmed = try cases(of: history, city)
    let tracer = Tracer(history: history, rules: rules, calendar: city.calendar)
    let trace = try tracer.trace(cases: confirmed, degrees: 2)
    var race = Race(
      "trace", unit: "traces",
      remarks: [
        "\(grouped(rows)) visits, \(grouped(history.people.count)) people, "
          + "\(grouped(confirmed.count)) cases, rule set \(rules.id)",
        "degree 1: \(grouped(trace.contactCounts[0])) contacts; degree 2: "
          + "\(grouped(trace.contactCounts[1])) more; \(grouped(trace.rows.count)) rows",
        "the sqlite3 shell only joins degree 1: overlapping visits of the cases in their windows, "
          + "counted and summed; no days, classes, tails, thresholds or second degree",
      ])
    var contestants = [
      Contestant("checkin, degree 1, rows written", count: 1) {
        try Self.write(
          tracer.trace(cases: confirmed, degrees: 1), to: "\(scratch.path)/f1.csv", city.calendar)
      },
      Contestant("checkin, degree 2, rows written", count: 1) {
        try Self.write(
          tracer.trace(cases: confirmed, degrees: 2), to: "\(scratch.path)/f2.csv", city.calendar)
      },
      Contestant("checkin, visits derived from the store first", count: 1) {
        keep(try Self.history(of: store, city))
      },
    ]
    if (try? ChildProcess.run("sqlite3", ["-version"]))?.status == 0 {
      let database = try join(file, history, confirmed, rules, scratch, city)
      contestants.append(
        Contestant(measuringItself: {
          let child = try ChildProcess.runSuccessfully("sqlite3", [database, Self.query])
          return [Run(name: "sqlite3, join of degree 1 only", count: 1, cost: child.cost)]
        }))
    } else {
      race.absent.append("sqlite3 (apt install sqlite3)")
    }
    try race.run(contestants, repetitions: setting.repetitions ?? 5, context)
    try race.report(context)
    try store.close()
  }

  // MARK: The product

  private static func history(
    of store: ExposureStore, _ city: BenchCity
  ) throws -> ExposureHistory {
    try store.history(
      stayRules: StayRules(registry: city.registry, calendar: city.calendar),
      openVenues: city.registry.openVenues)
  }

  /// The file of the rule set that benchmarks judge by.
  static func rulesFile(_ context: Context) -> String {
    "\(context.venues)/rules/3638-2021.json"
  }

  /// The rule set that benchmarks judge by.
  static func rules(_ context: Context) throws -> RuleSet {
    var file = try InputFile(path: rulesFile(context))
    return try RuleSet(json: try file.readAll(limit: 1 << 20))
  }

  /// People spread over the whole city, ill in the second half of the days.
  private func cases(of history: ExposureHistory, _ city: BenchCity) throws -> [Case] {
    let step = max(1, history.people.count / cases)
    return try stride(from: 0, to: history.people.count, by: step).prefix(cases).enumerated().map {
      place, person in
      try Case(
        id: "case-\(place)", subject: history.people.pseudonym(of: SubjectNumber(person)),
        onset: city.today.advanced(by: -3 - place % 10), specimen: nil, isolation: nil, from: nil,
        to: nil)
    }
  }

  private static func write(_ trace: Trace, to path: String, _ calendar: LocalCalendar) throws {
    var writer = DelimitedWriter()
    for row in trace.rows {
      writer.write([
        row.caseID, "\(row.degree)", "\(row.contact)", "\(row.day)", "\(row.exposureClass)",
        "\(row.seconds)", ISO8601.format(row.first, in: calendar),
        ISO8601.format(row.last, in: calendar),
        row.venues.map(\.description).joined(separator: " "),
        row.label,
      ])
    }
    try Data(writer.bytes).write(to: URL(fileURLWithPath: path))
  }

  // MARK: The peer

  /// Lays the visits and the cases' windows in a database, indexed for the join.
  private func join(
    _ file: VisitFile, _ history: ExposureHistory, _ confirmed: [Case], _ rules: RuleSet,
    _ scratch: ScratchFolder, _ city: BenchCity
  ) throws -> String {
    var visits: [UInt8] = []
    for segment in history.visits.segments {
      for row in segment.enter.indices {
        let enter = ColumnTime.unixSeconds(segment.enter[row])
        let leave = ColumnTime.unixSeconds(segment.leave[row])
        visits += "\(segment.subject[row]),\(segment.venue(at: row)),\(enter),\(leave)\n".utf8
      }
    }
    var windows: [UInt8] = []
    for one in confirmed {
      let window = rules.window(of: one, in: city.calendar)
      let subject = try history.people.number(of: one.subject) ?? 0
      windows += "\(subject),\(window.lowerBound),\(window.upperBound)\n".utf8
    }
    try Data(visits).write(to: URL(fileURLWithPath: "\(scratch.path)/visit.csv"))
    try Data(windows).write(to: URL(fileURLWithPath: "\(scratch.path)/window.csv"))
    let database = "\(scratch.path)/join.sqlite"
    _ = try ChildProcess.runSuccessfully(
      "sqlite3",
      [
        database,
        """
        CREATE TABLE visit (subject INTEGER, venue INTEGER, enter INTEGER, leave INTEGER);
        CREATE TABLE window (subject INTEGER, first INTEGER, last INTEGER);
        """,
        ".import --csv \(scratch.path)/visit.csv visit",
        ".import --csv \(scratch.path)/window.csv window",
        """
        CREATE INDEX by_subject ON visit (subject, enter, leave, venue);
        CREATE INDEX by_venue ON visit (venue, enter, leave, subject);
        ANALYZE;
        """,
      ])
    return database
  }

  /// The longest stay bounds how far back an overlapping visit can begin.
  private static let query = """
    WITH longest AS MATERIALIZED (SELECT max(leave - enter) AS seconds FROM visit)
    SELECT count(*), sum(min(a.leave, b.leave, w.last) - max(a.enter, b.enter, w.first))
    FROM longest CROSS JOIN window w
    CROSS JOIN visit a ON a.subject = w.subject AND a.enter < w.last AND a.leave > w.first
    CROSS JOIN visit b ON b.venue = a.venue AND b.enter < min(a.leave, w.last)
      AND b.enter > max(a.enter, w.first) - longest.seconds
      AND b.leave > max(a.enter, w.first)
    WHERE b.subject NOT IN (SELECT subject FROM window)
    """
}
