internal import CommandKit
internal import CrossMatch
internal import Foundation
internal import Presence
internal import Tracing
internal import VenueCodes

/// `checkin-bench trace-peers`: the whole first degree, beside databases that give the same rows.
struct TracePeersBenchmark: Benchmark {
  var setting = BenchmarkSetting()
  var rows = 20_000_000
  var cases = 10_000
  var sqliteCases = 500
  var threads = 2

  static let command = Command(
    "trace-peers", "Times the trace of degree 1 beside databases that give the same rows",
    TracePeersBenchmark(),
    [
      .option("--rows", \.rows, in: 100...400_000_000, help: "How many visits there are"),
      .option("--cases", \.cases, in: 1...100_000, help: "How many cases are traced"),
      .option(
        "--sqlite-cases", \.sqliteCases, in: 1...100_000,
        help: "How many cases SQLite traces, and checkin once more beside it"),
      .option("--threads", \.threads, in: 1...64, help: "How many threads everybody gets"),
    ] + settingParameters,
    discussion: """
      The visits are made up: 40 a person in 21 days, at 20,000 venues of very different size, 15 \
      minutes to 4 hours long, a third of the venues in the open. There is no Bluetooth, and zones are \
      not looked at. Everybody writes a CSV of the same rows: case, contact, day, class, seconds at the \
      venue and in the tail, first and last second, venues. Ours is in order, the others' need not be. \
      That the rows are the same is checked by their number and two sums, outside the timed runs.
      """,
    run: { options, context in
      try options.run(context)
      return .done
    })

  func run(_ context: Context) throws {
    let scratch = try ScratchFolder(setting)
    let rules = try TraceBenchmark.rules(context)
    let city = try NumberCity(rows: rows, cases: cases, rules: rules)
    let tracer = Tracer(
      history: city.history, rules: rules, calendar: city.calendar, threads: threads)
    let surroundings = Surroundings(setting)
    let few = Array(city.cases.prefix(sqliteCases))
    let (all, some) = (try Self.sums(tracer, city.cases), try Self.sums(tracer, few))
    var race = Race(
      "trace-peers", unit: "rows",
      remarks: [
        "\(grouped(rows)) visits, \(grouped(city.history.people.count)) people, "
          + "rule set \(rules.id), \(threads) threads",
        "\(grouped(cases)) cases give \(grouped(all.rows)) rows, the \(grouped(few.count)) for "
          + "SQLite \(grouped(some.rows)); window, tail, classes, thresholds, union a day",
      ])
    var contestants = [
      Contestant("checkin, \(grouped(cases)) cases, CSV", count: all.rows) {
        try Self.write(tracer, city.cases, to: "\(scratch.path)/checkin.csv")
      },
      Contestant("checkin, \(grouped(cases)) cases, summary only", count: all.rows) {
        keep(try tracer.summary(cases: city.cases))
      },
      Contestant("checkin, \(grouped(few.count)) cases, JSON with evidence", count: some.rows) {
        try Self.write(tracer, few, json: true, to: "\(scratch.path)/checkin.jsonl")
      },
    ]
    let script = surroundings.peer("trace_sql.py")
    for (peer, modules, confirmed, sums) in [
      ("duckdb", ["duckdb", "numpy"], city.cases, all),
      ("sqlite", ["sqlite3", "numpy"], few, some),
    ] {
      guard modules.allSatisfy({ surroundings.hasPython($0) }) else {
        race.absent.append("\(peer) (pip install \(modules.joined(separator: " ")))")
        continue
      }
      let folder = try scratch.emptyFolder(peer)
      try city.write(cases: confirmed, to: folder)
      let common = [
        script, peer, folder, "--rules", TraceBenchmark.rulesFile(context), "--threads",
        "\(threads)",
      ]
      _ = try ChildProcess.runSuccessfully(surroundings.python, common + ["--prepare"])
      try city.removeColumns(in: folder)
      let check = try ChildProcess.runSuccessfully(surroundings.python, common + ["--sums"])
      guard check.output == "\(sums)\n" else {
        throw CommandError("\(peer) gives other rows: \(check.output) for \(sums)")
      }
      if peer == "sqlite" {
        contestants.append(
          Contestant("checkin, \(grouped(few.count)) cases, CSV", count: some.rows) {
            try Self.write(tracer, few, to: "\(scratch.path)/few.csv")
          })
      }
      contestants.append(
        Contestant(measuringItself: {
          let child = try ChildProcess.runSuccessfully(
            surroundings.python, common + ["--rows", "\(scratch.path)/\(peer).csv"])
          let name = "\(peer), \(grouped(confirmed.count)) cases, CSV"
          return [Run(name: name, count: sums.rows, cost: child.cost)]
        }))
    }
    try race.run(contestants, repetitions: setting.repetitions ?? 3, context)
    try race.report(context)
  }

  // MARK: Sinks

  /// How many rows there are and two sums of polynomials of their numbers, which SQL can add up too.
  private struct RowSums: CustomStringConvertible {
    var rows = 0
    var squares: UInt64 = 0
    var products: UInt64 = 0
    static let prime: UInt64 = 2_147_483_647

    var description: String { "\(rows) \(squares) \(products)" }

    mutating func add(_ fields: [UInt64]) {
      var (first, second) = (UInt64(0), UInt64(0))
      for field in fields {
        first = (first * 1_000_003 + field) % Self.prime
        second = (second * 998_244_353 + field) % Self.prime
      }
      rows += 1
      squares += first * first % Self.prime
      products += first * second % Self.prime
    }
  }

  private struct SummingRows: ExposureSink {
    var sums = RowSums()
    var wantsEvidence: Bool { false }

    func preparation() -> @Sendable (ExposureBlock) throws -> RowSums {
      { block in
        var sums = RowSums()
        for row in block.rows {
          sums.add(
            CompactRow.fields(row, block).map { UInt64($0) }
              + [block.venues(of: row).reduce(0) { $0 + $1.rawValue }])
        }
        return sums
      }
    }

    mutating func take(_ prepared: RowSums) {
      sums.rows += prepared.rows
      sums.squares += prepared.squares
      sums.products += prepared.products
    }
  }

  private static func sums(_ tracer: Tracer, _ cases: [Case]) throws -> RowSums {
    var sink = SummingRows()
    _ = try tracer.trace(cases: cases, into: &sink)
    return sink.sums
  }

  /// Writes bytes that were prepared by the threads of the trace.
  private struct FileSink: ExposureSink {
    let file: FileHandle
    let wantsEvidence: Bool
    let bytes: @Sendable (ExposureBlock) -> [UInt8]

    func preparation() -> @Sendable (ExposureBlock) throws -> [UInt8] { bytes }

    func take(_ prepared: [UInt8]) throws {
      try file.write(contentsOf: prepared)
    }
  }

  private static func write(
    _ tracer: Tracer, _ cases: [Case], json: Bool = false, to path: String
  ) throws {
    _ = FileManager.default.createFile(atPath: path, contents: nil)
    guard let file = FileHandle(forWritingAtPath: path) else {
      throw CommandError("\(path) cannot be written")
    }
    defer { try? file.close() }
    let lines = ExposureLines(of: tracer, nameOfPerson: nil)
    var sink = FileSink(
      file: file, wantsEvidence: json,
      bytes: { json ? lines.json(of: $0) : CompactRow.lines(of: $0) })
    _ = try tracer.trace(cases: cases, into: &sink)
  }
}

/// The columns that everybody writes.
enum CompactRow {
  /// Case, contact, day, class, seconds at the venue and in the tail, first and last second; times as
  /// `ColumnTime` counts, none of them negative.
  static func fields(_ row: ExposureRow, _ block: ExposureBlock) -> [Int] {
    [
      block.placeOfCase, Int(row.contact), Int(row.day), Int(row.exposureClass.rawValue),
      Int(row.venueSeconds), Int(row.tailSeconds), Int(row.first), Int(row.last),
    ]
  }

  static func lines(of block: ExposureBlock) -> [UInt8] {
    // Ten digits and a comma for numbers of 32 bits, 13 and one for venues, and one to spare.
    let room = block.rows.count * 8 * 11 + block.venues.count * 14 + 1
    return Array(unsafeUninitializedCapacity: room) { bytes, count in
      for row in block.rows {
        append(block.placeOfCase, to: bytes, &count)
        append(Int(row.contact), to: bytes, &count)
        append(Int(row.day), to: bytes, &count)
        append(Int(row.exposureClass.rawValue), to: bytes, &count)
        append(Int(row.venueSeconds), to: bytes, &count)
        append(Int(row.tailSeconds), to: bytes, &count)
        append(Int(row.first), to: bytes, &count)
        append(Int(row.last), to: bytes, &count)
        let venues = Int(row.venueStart)..<Int(row.venueStart + row.venueCount)
        for place in venues {
          append(Int(block.venues[place].rawValue), to: bytes, &count)
          if place + 1 < venues.upperBound { bytes[count - 1] = UInt8(ascii: " ") }
        }
        bytes[count - 1] = UInt8(ascii: "\n")
      }
    }
  }

  /// Writes a number of at most 40 bits and a comma, for which there is room.
  @inline(__always)
  private static func append(
    _ number: Int, to bytes: UnsafeMutableBufferPointer<UInt8>, _ count: inout Int
  ) {
    var end = count + 1
    var bound = 10
    while bound <= number {
      bound *= 10
      end += 1
    }
    precondition(number >= 0 && end < bytes.count, "there is room for every number")
    bytes[end] = UInt8(ascii: ",")
    var rest = UInt64(number)
    var place = end
    repeat {
      place -= 1
      bytes[place] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    } while place > count
    count = end + 1
  }
}
