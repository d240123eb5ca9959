internal import CommandKit
internal import ExposureStorage
internal import FoundationEssentials

/// `checkin-bench import`: a large file of visits into a store.
struct ImportBenchmark: Benchmark {
  var setting = BenchmarkSetting()
  var rows = 1_000_000

  static let command = Command(
    "import", "Times the import of visits", ImportBenchmark(),
    [.option("--rows", \.rows, in: 10...100_000_000, help: "How many rows the large file has")]
      + settingParameters,
    run: { options, context in
      try options.run(context)
      return .done
    })

  func run(_ context: Context) throws {
    let city = try BenchCity(context)
    let surroundings = Surroundings(setting)
    let scratch = try ScratchFolder(setting)
    let large = try VisitFile(rows: rows, in: scratch.path, city)
    let small = try VisitFile(rows: max(1, rows / 10), in: scratch.path, city)
    var race = Race(
      "import", unit: "rows",
      remarks: [
        "\(grouped(rows)) visits of \(grouped(large.peopleCount)) people in \(VisitFile.days) days, "
          + "\(large.mebibytes) MiB of CSV; every row has an id",
        "checkin checks venue, times and id, makes pseudonyms (HMAC-SHA-256), files by local day "
          + "and commits 16,384 rows at a time, durable (WAL, synchronous=FULL)",
        "the sqlite3 shell stores the cells as text, unchecked, in one transaction "
          + "(WAL, synchronous=FULL)",
      ])
    var contestants: [Contestant] = []
    if let checkin = surroundings.checkin {
      let program = ProductImport(program: checkin, scratch: scratch, venues: context.venues)
      contestants.append(program.fresh("checkin import visits", large))
      contestants.append(program.again("checkin import visits, the same file again", large))
      contestants.append(
        program.fresh("checkin import visits, \(grouped(small.rowCount)) rows", small))
    } else {
      race.absent.append("checkin (build it beside this program)")
    }
    let intake = try VisitFile.intake(city)
    contestants += [
      Contestant("in this process: rows taken apart", count: rows) { try large.read(nil) },
      Contestant("in this process: rows to evidence", count: rows) {
        try large.read(intake) { keep($0) }
      },
      Contestant("in this process: evidence stored", count: rows) {
        try large.store(in: try scratch.emptyFolder("own"), city).close()
      },
    ]
    if (try? ChildProcess.run("sqlite3", ["-version"]))?.status == 0 {
      for (name, constraint) in [
        ("sqlite3 .import, plain table", ""), ("sqlite3 .import, id unique", " PRIMARY KEY"),
      ] {
        contestants.append(
          Contestant(measuringItself: {
            let folder = try scratch.emptyFolder("peer")
            let child = try ChildProcess.runSuccessfully(
              "sqlite3",
              [
                "\(folder)/visits.sqlite", "PRAGMA journal_mode = WAL",
                "PRAGMA synchronous = FULL",
                "CREATE TABLE visit (id TEXT\(constraint), venue, zone, subject, enter, leave)",
                ".import --csv --skip 1 \(large.path) visit",
              ])
            return [Run(name: name, count: rows, cost: child.cost)]
          }))
      }
    } else {
      race.absent.append("sqlite3 (apt install sqlite3)")
    }
    try race.run(contestants, repetitions: setting.repetitions ?? 3, context)
    try race.report(context)
  }
}

/// The product's own program importing a file.
private struct ProductImport {
  let program: String
  let scratch: ScratchFolder
  let venues: String

  /// Into a new store each time.
  func fresh(_ name: String, _ file: VisitFile) -> Contestant {
    Contestant(measuringItself: {
      let folder = try scratch.emptyFolder("product")
      _ = try ChildProcess.runSuccessfully(program, words(["init"], folder))
      return [try run(name, file, folder, expecting: "stored")]
    })
  }

  /// Into the store that was filled just before.
  func again(_ name: String, _ file: VisitFile) -> Contestant {
    Contestant(measuringItself: {
      [try run(name, file, "\(scratch.path)/product", expecting: "repeated")]
    })
  }

  private func run(
    _ name: String, _ file: VisitFile, _ folder: String, expecting: String
  ) throws -> Run {
    let child = try ChildProcess.runSuccessfully(
      program, words(["import", "visits", file.path], folder))
    guard child.output.contains("\"\(expecting)\":\(file.rowCount)") else {
      throw CommandError("\(name) answered \(child.output)")
    }
    return Run(name: name, count: file.rowCount, cost: child.cost)
  }

  private func words(_ command: [String], _ folder: String) -> [String] {
    command + ["--store", "\(folder)/store", "--venues", venues, "--quiet", "--json"]
  }
}
