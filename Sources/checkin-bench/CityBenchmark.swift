internal import CommandKit
internal import CrossMatch
internal import Dispatch
internal import ExposureStorage
internal import Foundation
internal import Glibc
internal import JSONText
internal import Presence
internal import SyntheticCity
internal import Synchronization
internal import Tracing
internal import VenueCodes

/// `checkin-bench city`: a whole city in a real store: appended, built, asked, and asked while it grows.
struct CityBenchmark: Sendable {
  @Required var columns: Path
  var questions = 1_000

  static let command = Command(
    "city", "Times a whole store: appending, building, questions, and both at once",
    CityBenchmark(),
    [
      .option(
        "--columns", \.$columns, completes: .directories,
        help: "The folder of the columns, as of join"),
      .option("--questions", \.questions, in: 20...100_000, help: "How many of each kind"),
    ],
    discussion: """
      The store of --store is made, and asked again when it is there. Every visit becomes a piece of evidence with an id of its own (UUID version 7), appended by the \
      thousand, each batch durable before the next. Then segments are built of the log, and questions \
      asked of them as they are mapped: one case by the bare rule and by rule set 3638-2021, who was \
      at a venue in an hour; alone, and again while batches are appended at full rate, segments are \
      built of them, and each question takes a new view of everything that was acknowledged. The cases case-1 to case-20 are registered, \
      so that `checkin exposure --case case-1 --store STORE` can be timed as a process.
      """,
    run: { options, context in
      try options.run(context)
      return .done
    })

  func run(_ context: Context) throws {
    let city = try BenchCity(context)
    let files = try VisitColumnFiles(folder: columns.string)
    let rules = StayRules(registry: city.registry, calendar: city.calendar)
    var lines = CityReport()
    lines.add("visits", Double(files.count), "")
    if !FileManager.default.fileExists(atPath: context.store) {
      try fill(files, city, &lines, context)
    }
    let store = try ExposureStore.open(at: context.store)
    let building = try Cost.of { try store.buildSegments(stayRules: rules) }
    if building.processor > 0.5 {
      lines.add("log to segments", Double(files.count) / building.processor, "visits/CPU s")
      lines.add("log to segments", building.wall, "s on the clock")
    }
    let figures = try store.statistics()
    let count = Double(figures.rows)
    lines.add("log", Double(figures.logBytes) / count, "bytes a visit")
    lines.add("table of ids", Double(figures.idBytes) / count, "bytes a visit")
    lines.add("segments", Double(figures.segmentBytes) / count, "bytes a visit")
    lines.add("catalog", Double(figures.catalogBytes) / count, "bytes a visit")
    let questions = try Questions(files, city, rules, count: questions, context)
    try questions.askAlone(of: store, &lines)
    try askWhileGrowing(store, questions, city, &lines)
    try store.close()
    lines.add("largest memory", Double(peakBytes()) / 1_048_576, "MiB resident")
    try lines.print(context)
  }

  // MARK: Filling

  private func fill(
    _ files: VisitColumnFiles, _ city: BenchCity, _ report: inout CityReport, _ context: Context
  ) throws {
    let store = try ExposureStore.create(
      at: context.store, calendar: city.calendar, createdAt: city.now)
    let progress = context.progress("append", total: files.count, unit: "rows")
    var window = Cost(wall: 0, processor: 0)
    var windowCount = 0
    var whole = Cost(wall: 0, processor: 0)
    var generator = SeededGenerator(seed: 11)
    var batch: [Evidence] = []
    for row in 0..<files.count {
      batch.append(try ColumnCity.evidence(row, of: files, city, &generator))
      guard batch.count == 1_000 || row == files.count - 1 else { continue }
      try context.interruption.check()
      let cost = try Cost.of { keep(try store.append(batch)) }
      window.add(cost)
      whole.add(cost)
      windowCount += batch.count
      progress.advance(by: batch.count)
      batch.removeAll(keepingCapacity: true)
      let stored = row + 1
      if windowCount >= 1_000_000 {
        if stored % 20_000_000 == 0 || stored == 1_000_000 || stored == 10_000_000 {
          report.add(
            "appended, the million before \(grouped(stored))",
            Double(windowCount) / window.wall, "rows/s")
          report.add(
            "appended, the million before \(grouped(stored))",
            Double(windowCount) / window.processor, "rows/CPU s")
        }
        window = Cost(wall: 0, processor: 0)
        windowCount = 0
      }
    }
    progress.finish()
    report.add("appended, all", Double(files.count) / whole.wall, "rows/s")
    for (number, person) in files.cases.prefix(20).enumerated() {
      _ = try store.addCase(
        CaseRecord(
          id: "case-\(number + 1)", subject: ColumnCity.person(person),
          onset: city.today.advanced(by: 3), createdAt: city.now),
        note: AuditNote(
          at: city.now, actor: "bench", action: "case add", object: "case-\(number + 1)",
          purpose: "bench"))
    }
    try store.close()
  }

  // MARK: Asking while it grows

  private func askWhileGrowing(
    _ store: ExposureStore, _ questions: Questions, _ city: BenchCity, _ report: inout CityReport
  ) throws {
    let stop = Atomic(false)
    let appended = Atomic(0)
    let failure = Mutex<String?>(nil)
    let started = Cost.seconds(CLOCK_MONOTONIC)
    let done = DispatchSemaphore(value: 0)
    let now = city.now
    Thread.detachNewThread {
      defer { done.signal() }
      do {
        let writer = try ExposureStore.open(at: store.path)
        var generator = SeededGenerator(
          seed: UInt64(bitPattern: Int64(Date().timeIntervalSince1970)))
        while !stop.load(ordering: .relaxed) {
          let batch = try (0..<1_000).map { _ in try ColumnCity.newest(now, &generator) }
          appended.add(try writer.append(batch).count, ordering: .relaxed)
        }
        try writer.close()
      } catch {
        failure.withLock { $0 = "\(error)" }
      }
    }
    // As a door's own process does: what was appended goes into segments beside the appending.
    let rules = questions.stayRules
    let built = Atomic(0)
    Thread.detachNewThread {
      defer { done.signal() }
      do {
        let builder = try ExposureStore.open(at: store.path)
        while !stop.load(ordering: .relaxed) {
          if try builder.buildSegments(stayRules: rules) == .built {
            built.add(1, ordering: .relaxed)
          }
          Thread.sleep(forTimeInterval: 0.05)
        }
        try builder.close()
      } catch {
        failure.withLock { $0 = "\(error)" }
      }
    }
    let latencies = try questions.askAfresh(of: store)
    let seconds = Cost.seconds(CLOCK_MONOTONIC) - started
    stop.store(true, ordering: .relaxed)
    done.wait()
    done.wait()
    if let failure = failure.withLock({ $0 }) { throw CommandError(failure) }
    report.add(
      "appended meanwhile", Double(appended.load(ordering: .relaxed)) / seconds, "rows/s")
    report.add("segments built meanwhile", Double(built.load(ordering: .relaxed)), "times")
    report.add(latencies, as: "a new view and one case, while it grows")
  }
}

/// The questions that are asked of a city's store.
private struct Questions {
  private let cases: [Pseudonym]
  private let hours: [(venue: VenueID, from: Int64)]
  private let rules: RuleSet
  let stayRules: StayRules
  private let city: BenchCity

  init(
    _ files: VisitColumnFiles, _ city: BenchCity, _ stayRules: StayRules, count: Int,
    _ context: Context
  ) throws {
    self.city = city
    self.stayRules = stayRules
    cases = files.cases.prefix(count).map(ColumnCity.person)
    var generator = SeededGenerator(seed: 5)
    hours = try (0..<count).map { _ in
      let row = Int.random(in: 0..<files.count, using: &generator)
      return (
        try ColumnCity.venue(files.venue.values[row]),
        ColumnCity.second(files.enter.values[row], city) / 3_600 * 3_600
      )
    }
    var file = try InputFile(path: "\(context.venues)/rules/3638-2021.json")
    rules = try RuleSet(json: try file.readAll(limit: 1 << 20))
  }

  private func view(of store: ExposureStore) throws -> ExposureHistory {
    try store.history(stayRules: stayRules, openVenues: city.registry.openVenues)
  }

  private func tracer(_ history: ExposureHistory) -> Tracer {
    Tracer(history: history, rules: rules, calendar: city.calendar)
  }

  private func illness(_ person: Pseudonym) throws -> Case {
    try Case(id: "case", subject: person, onset: city.today.advanced(by: 3))
  }

  /// Asks of one view, warm: each question once before it is timed.
  func askAlone(of store: ExposureStore, _ report: inout CityReport) throws {
    var opened: [Double] = []
    for _ in 0..<20 {
      let reader = try ExposureStore.open(at: store.path, mode: .readOnly)
      opened.append(try Cost.of { keep(try view(of: reader)) }.wall)
      try reader.close()
    }
    report.add(opened, as: "a view of everything, opened")
    let history = try view(of: store)
    let tracer = tracer(history)
    let visits = history.visits
    let pairs = PairColumns(capacity: 1 << 21)
    let numbers = try cases.compactMap { try history.people.number(of: $0) }
    for isTimed in [false, true] {
      var bare: [Double] = []
      for number in numbers {
        pairs.removeAll()
        bare.append(
          Cost.of { visits.appendPairs(of: number, minimum: 900, to: pairs) }.wall)
      }
      var present: [Double] = []
      var positions: [VisitPosition] = []
      for (venue, from) in hours {
        positions.removeAll(keepingCapacity: true)
        let start = ColumnTime.clamping(from)
        present.append(
          Cost.of {
            visits.appendPresent(at: venue, from: start, until: start + 3_600, to: &positions)
          }.wall)
      }
      guard isTimed else { continue }
      report.add(bare, as: "one case, pairs of 15 minutes and more")
      report.add(present, as: "who was at a venue in an hour")
    }
    var whole: [Double] = []
    var named: [Double] = []
    for person in cases.prefix(200) {
      let one = try illness(person)
      keep(try tracer.summary(cases: [one]))
      whole.append(try Cost.of { keep(try tracer.summary(cases: [one])) }.wall)
    }
    for (venue, from) in hours.prefix(200) {
      named.append(
        try Cost.of { keep(try history.presence(at: venue, from: from, to: from + 3_600)) }.wall)
    }
    report.add(whole, as: "one case, all rules of 3638-2021")
    report.add(named, as: "who was at a venue in an hour, by name and with evidence")
  }

  /// Asks each question of a view of its own, as a process that has just started would.
  func askAfresh(of store: ExposureStore) throws -> [Double] {
    try cases.map { person in
      try Cost.of {
        let reader = try ExposureStore.open(at: store.path, mode: .readOnly)
        let history = try view(of: reader)
        keep(try tracer(history).summary(cases: [try illness(person)]))
        try reader.close()
      }.wall
    }
  }
}

/// What was measured, a line each.
private struct CityReport {
  private var lines: [(name: String, value: Double, unit: String)] = []

  mutating func add(_ name: String, _ value: Double, _ unit: String) {
    lines.append((name, value, unit))
  }

  /// Adds the middle, the ninety-ninth of a hundred and the longest of some seconds.
  mutating func add(_ seconds: [Double], as name: String) {
    let sorted = seconds.sorted()
    guard let longest = sorted.last else { return }
    add(name, sorted[sorted.count / 2] * 1_000, "ms p50")
    add(name, sorted[sorted.count * 99 / 100] * 1_000, "ms p99")
    add(name, longest * 1_000, "ms at most")
  }

  func print(_ context: Context) throws {
    if context.json {
      var rows = JSONLines(to: context.output)
      for line in lines {
        try rows.object {
          $0.field("name", line.name)
          $0.field("value", line.value)
          $0.field("unit", line.unit)
        }
      }
      try rows.finish()
      return
    }
    var table = Table([.whole("What"), .right(""), ""])
    for line in lines {
      let text =
        line.value >= 1_000
        ? grouped(Int(line.value.rounded())) : String(format: "%.3f", line.value)
      table.append(line.name, text, line.unit)
    }
    try context.output.table(table)
  }
}

/// The largest memory this process ever had resident, in bytes.
private func peakBytes() -> Int {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  return usage.ru_maxrss * 1_024
}

/// The people, venues and times that numbers in columns stand for.
private enum ColumnCity {
  /// The venue of a number in the columns.
  static func venue(_ number: UInt32) throws -> VenueID {
    guard let venue = VenueID(rawValue: UInt64(number) + 1) else {
      throw CommandError("\(number) is no venue's number")
    }
    return venue
  }

  /// The pseudonym of a number in the columns.
  static func person(_ number: UInt32) -> Pseudonym {
    let mixed = (UInt64(number) + 1) &* 0x9e37_79b9_7f4a_7c15
    return Pseudonym(high: mixed ^ mixed >> 29, low: mixed &* 0xbf58_476d_1ce4_e5b9)
  }

  /// The Unix second of a time in the columns, whose zero is a local midnight.
  static func second(_ time: UInt32, _ city: BenchCity) -> Int64 {
    city.calendar.start(of: city.today) + Int64(time)
  }

  /// One visit of the columns as evidence.
  static func evidence(
    _ row: Int, of files: VisitColumnFiles, _ city: BenchCity, _ generator: inout SeededGenerator
  ) throws -> Evidence {
    let start = second(files.enter.values[row], city)
    return Evidence(
      id: EvidenceID(atMilliseconds: start * 1_000 + Int64(row % 1_000), using: &generator),
      kind: .visit, subject: person(files.person.values[row]),
      venue: try venue(files.venue.values[row]), start: start,
      end: start + Int64(files.exit.values[row] - files.enter.values[row]), gateway: "bench",
      receivedAt: start + 60)
  }

  /// A visit by somebody on the day after everything.
  static func newest(_ now: Int64, _ generator: inout SeededGenerator) throws -> Evidence {
    let start = now + 30 * 86_400 + Int64.random(in: 0..<36_000, using: &generator)
    return Evidence(
      id: EvidenceID(atMilliseconds: start * 1_000, using: &generator), kind: .visit,
      subject: person(UInt32.random(in: 0..<20_000, using: &generator)),
      venue: try venue(UInt32.random(in: 0..<20_000, using: &generator)), start: start,
      end: start + Int64.random(in: 300..<7_200, using: &generator), gateway: "bench",
      receivedAt: now)
  }
}
