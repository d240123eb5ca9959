internal import CommandKit
internal import CrossMatch
internal import Presence
internal import Tracing

/// `checkin-bench trace-encounters`: what encounters add to the trace of visits.
struct TraceEncountersBenchmark: Benchmark {
  var setting = BenchmarkSetting()
  var rows = 20_000_000
  var encounters: Int?
  var cases = 10_000
  var threads = 2

  static let command = Command(
    "trace-encounters", "Times the trace of degree 1 with and without encounters",
    TraceEncountersBenchmark(),
    [
      .option("--rows", \.rows, in: 100...400_000_000, help: "How many visits there are"),
      .option(
        "--encounters", \.encounters, in: 1...100_000_000,
        help: "How many encounters there are; else a quarter of the visits"),
      .option("--cases", \.cases, in: 1...100_000, help: "How many cases are traced"),
      .option("--threads", \.threads, in: 1...64, help: "How many threads work"),
    ] + settingParameters,
    discussion: """
      The visits are those of trace-peers. Of the encounters four in five are between two people who \
      are at one venue at the time, 5 to 30 minutes long; the others are anywhere. Attenuations are \
      spread evenly from 40 to 89 dB, so that about half are within the limit of 63 dB. Encounters \
      are in a segment a day, as in a store. Both histories are traced in turn: once to sums, once \
      to the rows that trace-peers writes, as bytes that are dropped.
      """,
    run: { options, context in
      try options.run(context)
      return .done
    })

  func run(_ context: Context) throws {
    let rules = try TraceBenchmark.rules(context)
    var built: NumberCity?
    let building = try Cost.of {
      built = try NumberCity(
        rows: rows, cases: cases, encounters: encounters ?? rows / 4, rules: rules)
    }
    guard let city = built else { throw CommandError("nothing was built") }
    let with = Tracer(
      history: city.history, rules: rules, calendar: city.calendar, threads: threads)
    let without = Tracer(
      history: city.historyOfVisits, rules: rules, calendar: city.calendar, threads: threads)
    let sumsWith = try with.summary(cases: city.cases)
    let sumsWithout = try without.summary(cases: city.cases)
    let near = try NearSums.of(with, city.cases)
    guard sumsWith.pairs >= sumsWithout.pairs, near.rows > 0 else {
      throw CommandError("the encounters made no difference")
    }
    var race = Race(
      "trace-encounters", unit: "pairs",
      remarks: [
        "\(grouped(city.history.visits.count)) visits, \(grouped(city.encounterCount)) encounters, "
          + "\(grouped(city.history.people.count)) people, \(grouped(city.cases.count)) cases, "
          + "rule set \(rules.id), \(threads) threads",
        "\(grouped(sumsWithout.pairs)) pairs of case and contact without encounters, "
          + "\(grouped(sumsWith.pairs)) with; \(grouped(near.rows)) rows have near seconds, "
          + "\(grouped(near.rowsAtVenue)) of them at a shared venue too",
        "made and sorted in \(JoinBenchmark.text(building.wall)) s, which is not counted",
      ])
    let confirmed = city.cases
    try race.run(
      [
        Contestant("visits alone, sums", count: Int(sumsWithout.pairs)) {
          keep(try without.summary(cases: confirmed))
        },
        Contestant("visits and encounters, sums", count: Int(sumsWith.pairs)) {
          keep(try with.summary(cases: confirmed))
        },
        Contestant("visits alone, rows", count: Int(sumsWithout.pairs)) {
          keep(try RowBytes.of(without, confirmed))
        },
        Contestant("visits and encounters, rows", count: Int(sumsWith.pairs)) {
          keep(try RowBytes.of(with, confirmed))
        },
      ], repetitions: setting.repetitions ?? 3, context)
    for output in ["sums", "rows"] {
      guard let with = race.medianCost(of: "visits and encounters, \(output)"),
        let without = race.medianCost(of: "visits alone, \(output)")
      else { continue }
      race.remarks.append(
        "\(output): encounters make it \(JoinBenchmark.text(with.wall / without.wall)) times the "
          + "time and \(JoinBenchmark.text(with.processor / without.processor)) times the CPU")
    }
    try race.report(context)
  }

  /// Rows as the bytes that trace-peers writes, which nobody keeps: 17 GB in the largest run would
  /// measure the disk.
  private struct RowBytes: ExposureSink {
    var count = 0
    var wantsEvidence: Bool { false }

    static func of(_ tracer: Tracer, _ cases: [Case]) throws -> Int {
      var bytes = RowBytes()
      _ = try tracer.trace(cases: cases, into: &bytes)
      return bytes.count
    }

    func preparation() -> @Sendable (ExposureBlock) throws -> [UInt8] {
      { CompactRow.lines(of: $0) }
    }

    mutating func take(_ prepared: [UInt8]) { count += prepared.count }
  }

  /// How many rows have near seconds, to see that the encounters are met.
  private struct NearSums: ExposureSink {
    var rows = 0
    var rowsAtVenue = 0
    var wantsEvidence: Bool { false }

    static func of(_ tracer: Tracer, _ cases: [Case]) throws -> NearSums {
      var sums = NearSums()
      _ = try tracer.trace(cases: cases, into: &sums)
      return sums
    }

    func preparation() -> @Sendable (ExposureBlock) throws -> (Int, Int) {
      { block in
        let near = block.rows.filter { $0.nearSeconds > 0 }
        return (near.count, near.count { $0.venueCount > 0 })
      }
    }

    mutating func take(_ prepared: (Int, Int)) {
      rows += prepared.0
      rowsAtVenue += prepared.1
    }
  }
}
