internal import CommandKit
internal import ExposureStorage
internal import Foundation
internal import JSONText
internal import Presence
internal import SyntheticCity
internal import VenueCodes

/// `checkin-bench ingest`: batches of evidence, each durable before the next, in a growing store.
struct IngestBenchmark: Benchmark {
  var setting = BenchmarkSetting()
  var rows = 1_000_000
  var reportEvery = 0
  var batch = 1_000

  static let command = Command(
    "ingest", "Times durable appends to a growing store", IngestBenchmark(),
    [
      .option("--rows", \.rows, in: 1_000...400_000_000, help: "How many rows are appended"),
      .option(
        "--report-every", \.reportEvery, in: 0...400_000_000,
        help: "After how many rows the last million is told, besides 1, 10, 100… million"),
      .option("--batch", \.batch, in: 1...100_000, help: "How many rows are made durable at once"),
    ] + settingParameters,
    run: { options, context in
      try options.run(context)
      return .done
    })

  func run(_ context: Context) throws {
    let city = try BenchCity(context)
    let scratch = try ScratchFolder(setting)
    let folder = try scratch.emptyFolder("growing")
    let growth = try grow(folder, city, context)
    let peerRows = min(rows, 1_000_000)
    var race = Race(
      "ingest", unit: "rows",
      remarks: [
        "batches of \(grouped(batch)) rows, each durable (WAL, synchronous=FULL) before the next; "
          + "\(grouped(peerRows)) rows into an empty store or file",
        "checkin keeps every field, checks each id for repeats over all days and names people by "
          + "number; the peers keep five numbers, prepared, in one file",
      ])
    let stream = Visits(rows: peerRows, city)
    try race.run(
      [
        Contestant(measuringItself: {
          let store = try Self.store(in: try scratch.emptyFolder("own"), city)
          defer { try? store.close() }
          var cost = Cost(wall: 0, processor: 0)
          try stream.forEachBatch(of: batch) { batch in
            cost.add(try Cost.of { try Self.append(batch, to: store) })
          }
          return [Run(name: "checkin", count: peerRows, cost: cost)]
        }),
        peer("SQLite, rowid table without id", stream, scratch, id: ""),
        peer("SQLite, id BLOB UNIQUE", stream, scratch, id: ", id BLOB UNIQUE"),
      ], repetitions: setting.repetitions ?? 3, context)
    try race.report(context)
    try report(growth, context)
    try read(folder, context)
  }

  // MARK: The product

  private static func store(in folder: String, _ city: BenchCity) throws -> ExposureStore {
    try ExposureStore.create(at: folder, calendar: city.calendar, createdAt: city.now)
  }

  private static func append(_ batch: [Evidence], to store: ExposureStore) throws {
    for outcome in try store.append(batch) where outcome != .stored {
      throw CommandError("a row was \(outcome)")
    }
  }

  /// What was measured when the store had so many rows, of the last million.
  private struct Point {
    var stored = 0
    var count = 0
    var cost = Cost(wall: 0, processor: 0)
    /// Seconds on the clock of each append.
    var appends: [Double] = []
    var logBytes = 0
    var identityBytes = 0
    var catalogBytes = 0

    func percentile(_ part: Double) -> Double {
      appends.sorted()[min(appends.count - 1, Int(Double(appends.count) * part))] * 1_000
    }
  }

  private func grow(
    _ folder: String, _ city: BenchCity, _ context: Context
  ) throws -> [Point] {
    let store = try Self.store(in: folder, city)
    let progress = context.progress("ingest", total: rows, unit: "rows")
    var points: [Point] = []
    var window = Point()
    var stored = 0
    try Visits(rows: rows, city).forEachBatch(of: batch) { batch in
      try context.interruption.check()
      let cost = try Cost.of { try Self.append(batch, to: store) }
      stored += batch.count
      progress.advance(by: batch.count)
      if window.count >= 1_000_000 { window = Point() }
      window.count += batch.count
      window.cost.add(cost)
      window.appends.append(cost.wall)
      guard isTold(stored, after: batch.count) else { return }
      window.stored = stored
      window.logBytes = Self.bytes("\(folder)/days")
      window.identityBytes = Self.bytes("\(folder)/ids.table")
      window.catalogBytes = Self.bytes("\(folder)/checkin.sqlite")
      points.append(window)
    }
    progress.finish()
    try store.close()
    return points
  }

  /// Times what reads the whole log that has grown.
  private func read(_ folder: String, _ context: Context) throws {
    let whole = LocalDay(daysSince2020: .min)...LocalDay(daysSince2020: .max)
    let store = try ExposureStore.open(at: folder)
    let log = try store.evidenceLog(from: whole.lowerBound, to: whole.upperBound)
    var race = Race("log reading", unit: "rows", remarks: ["one thread, \(grouped(rows)) rows"])
    func contestant(_ name: String, _ parts: EvidenceColumns.Parts) -> Contestant {
      Contestant(name, count: rows) {
        var sum = 0
        for day in log.days {
          try log.forEachFrame(of: day, parts) { columns, places, _ in
            sum &+= columns.count &+ places.count
            return true
          }
        }
        keep(sum)
      }
    }
    // One row in fifty, as a query that shows its evidence may want them.
    let some = log.days.map { day in stride(from: Int64(1), through: day.newestRow, by: 50) }
    try race.run(
      [
        contestant("what rows state", .statements), contestant("every column", .all),
        Contestant("ids of one row in fifty", count: rows / 50) {
          for (day, rows) in zip(log.days, some) {
            keep(try log.evidenceIDs(of: day, rows: Array(rows)))
          }
        },
        Contestant("table of ids made anew", count: rows) {
          try FileManager.default.removeItem(atPath: "\(folder)/ids.table")
          let writer = try ExposureStore.open(at: folder)
          keep(try writer.append([]))
        },
      ], repetitions: setting.repetitions ?? 3, context)
    try race.report(context)
    try store.close()
  }

  private func isTold(_ stored: Int, after count: Int) -> Bool {
    var marks = [rows, 1_000_000, 10_000_000, 100_000_000]
    if reportEvery > 0 { marks.append(stored / reportEvery * reportEvery) }
    return marks.contains { $0 > stored - count && $0 <= stored }
  }

  private static func bytes(_ path: String) -> Int {
    var size = 0
    for name in [""] + ((try? FileManager.default.subpathsOfDirectory(atPath: path)) ?? []) {
      let attributes = try? FileManager.default.attributesOfItem(
        atPath: name.isEmpty ? path : "\(path)/\(name)")
      // The index of a write-ahead log is memory; the log itself takes room.
      if attributes?[.type] as? FileAttributeType == .typeRegular, !name.hasSuffix("-shm") {
        size += (attributes?[.size] as? Int) ?? 0
      }
    }
    return size
  }

  private func report(_ points: [Point], _ context: Context) throws {
    if context.json {
      try context.output.json { json in
        json.object {
          $0.field("benchmark", "ingest growth")
          $0.key("points")
          $0.array(points) { json, point in
            json.object {
              $0.field("stored", point.stored)
              $0.field("rows", point.count)
              $0.field("wall_s", point.cost.wall)
              $0.field("cpu_s", point.cost.processor)
              $0.field("append_p50_ms", point.percentile(0.5))
              $0.field("append_p99_ms", point.percentile(0.99))
              $0.field("log_bytes", point.logBytes)
              $0.field("id_bytes", point.identityBytes)
              $0.field("catalog_bytes", point.catalogBytes)
            }
          }
        }
      }
    } else {
      var table = Table([
        .right("rows stored"), .right("rows/s"), .right("rows/CPU s"), .right("p50 ms"),
        .right("p99 ms"), .right("log bytes/row"), .right("id bytes/row"), .right("catalog MiB"),
      ])
      for point in points {
        func text(_ number: Double) -> String {
          let hundredths = Int((number * 100).rounded())
          return
            "\(grouped(hundredths / 100)).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
        }
        table.append([
          grouped(point.stored), grouped(Int(Double(point.count) / point.cost.wall)),
          grouped(Int(Double(point.count) / max(point.cost.processor, 1e-6))),
          text(point.percentile(0.5)), text(point.percentile(0.99)),
          text(Double(point.logBytes) / Double(point.stored)),
          text(Double(point.identityBytes) / Double(point.stored)),
          grouped(point.catalogBytes >> 20),
        ])
      }
      try context.output.line("  A growing store; each line tells of the last million rows:")
      try context.output.table(table)
      try context.output.line()
    }
    try context.output.flush()
  }

  // MARK: The peers

  private func peer(
    _ name: String, _ stream: Visits, _ scratch: ScratchFolder, id: String
  ) -> Contestant {
    Contestant(measuringItself: {
      let folder = try scratch.emptyFolder("peer")
      let file = try Connection(opening: "\(folder)/visits.sqlite", for: .create)
      for statement in [
        "PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA cache_size = -262144",
        "PRAGMA wal_autocheckpoint = 4000",
        """
        CREATE TABLE visit (
          number INTEGER PRIMARY KEY, venue INTEGER, enter INTEGER, leave INTEGER,
          person INTEGER\(id)
        )
        """,
      ] {
        try file.execute(statement)
      }
      let insertion =
        id.isEmpty
        ? "INSERT INTO visit (venue, enter, leave, person) VALUES (?1, ?2, ?3, ?4)"
        : "INSERT INTO visit (venue, enter, leave, person, id) VALUES (?1, ?2, ?3, ?4, ?5)"
      var cost = Cost(wall: 0, processor: 0)
      try stream.forEachBatch(of: batch) { batch in
        cost.add(
          try Cost.of {
            try file.transaction { () throws(StoreError) in
              try file.run(insertion) { row throws(StoreError) in
                for place in batch.indices {
                  row.bind(Int64(batch[place].venue?.rawValue ?? 0), at: 1)
                  row.bind(batch[place].start, at: 2)
                  row.bind(batch[place].end, at: 3)
                  row.bind(Int64(batch[place].subject.low & 0xffff_ffff), at: 4)
                  if !id.isEmpty {
                    row.bind(high: batch[place].id.high, low: batch[place].id.low, at: 5)
                  }
                  try row.execute()
                }
              }
            }
          })
      }
      return [Run(name: name, count: stream.rows, cost: cost)]
    })
  }
}

/// Visits as they arrive over 21 days: in order of time, with time-ordered ids, of a fortieth as many
/// people at 20,000 venues.
private struct Visits {
  static let days = 21
  let rows: Int
  private let city: BenchCity
  private let venues: [VenueID]

  init(rows: Int, _ city: BenchCity) {
    self.rows = rows
    self.city = city
    var generator = SeededGenerator(seed: 1)
    venues = (0..<20_000).map { _ in VenueID.random(using: &generator) }
  }

  /// Makes batches of rows of one local day each.
  func forEachBatch(of size: Int, _ body: ([Evidence]) throws -> Void) throws {
    var generator = SeededGenerator(seed: 2)
    let people = UInt64(max(1, rows / 40))
    let first = city.calendar.start(of: city.today.advanced(by: -Self.days))
    let batches = (rows + size - 1) / size
    var made = 0
    var batch: [Evidence] = []
    for number in 0..<batches {
      batch.removeAll(keepingCapacity: true)
      let count = min(size, rows - made)
      let day = number * Self.days / batches
      let inDay = Double(number) * Double(Self.days) / Double(batches) - Double(day)
      let opening = first + Int64(day) * 86_400 + Int64(inDay * 86_000)
      for place in 0..<count {
        let random = generator.next()
        let start = opening + Int64(place * 300 / size)
        let person = random % people
        batch.append(
          Evidence(
            id: EvidenceID(atMilliseconds: start * 1_000, using: &generator), kind: .visit,
            subject: Pseudonym(high: person &* 0x9e37_79b9_7f4a_7c15, low: person),
            venue: venues[Int(random >> 40) % venues.count], start: start,
            end: start + 300 + Int64(random >> 32 & 0x1fff), grade: 1, gateway: "bench",
            receivedAt: start + 60))
      }
      made += count
      try body(batch)
    }
  }
}
