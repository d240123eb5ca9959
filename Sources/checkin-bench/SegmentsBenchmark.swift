internal import CommandKit
internal import CrossMatch
internal import ExposureStorage
internal import FoundationEssentials
internal import Presence
internal import SyntheticCity
internal import Tracing
internal import VenueCodes
internal import VenueRegistry

/// `checkin-bench segments`: from the log to columns that answer, and what that costs on the disk.
struct SegmentsBenchmark: Benchmark {
  var setting = BenchmarkSetting()
  var rows = 2_000_000
  var people = 100_000
  var days = 21
  var isScanned = false

  static let command = Command(
    "segments", "Times the building and opening of segments", SegmentsBenchmark(),
    [
      .option("--rows", \.rows, in: 1_000...1_000_000_000, help: "How many visits there are"),
      .option("--people", \.people, in: 10...50_000_000, help: "Of how many people"),
      .option("--days", \.days, in: 1...1_000, help: "Over how many days"),
      .flag("--scans", \.isScanned, help: "Scans at the door instead of stays with both ends"),
    ] + settingParameters,
    run: { options, context in
      try options.run(context)
      return .done
    })

  func run(_ context: Context) throws {
    let city = try BenchCity(context)
    // A store in a folder that was asked for stays there and is used again.
    let scratch = try ScratchFolder(setting)
    let folder = setting.folder?.string ?? scratch.path
    let rules = StayRules(registry: city.registry, calendar: city.calendar)
    let path = folder + (isScanned ? "/scans" : "/stays") + "-\(rows)"
    if !FileManager.default.fileExists(atPath: path) {
      try fill(path, city)
    }
    let store = try ExposureStore.open(at: path)
    try? FileManager.default.removeItem(atPath: path + "/segments")
    let building = try Cost.of { _ = try store.buildSegments(stayRules: rules) }
    try store.close()
    var openings: [Double] = []
    var visits = 0
    for _ in 0..<20 {
      let store = try ExposureStore.open(at: path, mode: .readOnly)
      openings.append(
        try Cost.of {
          let history = try store.history(
            stayRules: rules, openVenues: city.registry.openVenues)
          visits = history.visits.count
        }.wall)
    }
    try? FileManager.default.removeItem(atPath: path + "/segments/verified")
    let reader = try ExposureStore.open(at: path, mode: .readOnly)
    let verifying = try Cost.of {
      keep(try reader.history(stayRules: rules, openVenues: city.registry.openVenues))
    }
    let bytes = Self.bytes(in: path + "/segments")
    let logBytes = Self.bytes(in: path + "/days")
    let table: [(String, Double, String)] = [
      ("built", Double(rows) / building.processor, "rows a processor second"),
      ("built", building.wall, "seconds"),
      ("opened", (openings.sorted()[openings.count / 2]) * 1_000, "milliseconds, middle of 20"),
      ("opened unverified", verifying.wall, "seconds, every byte summed and checked"),
      ("visits", Double(visits), "of \(rows) rows"),
      ("segments", Double(bytes) / Double(visits), "bytes a visit"),
      ("log", Double(logBytes) / Double(rows), "bytes a row"),
    ]
    for (name, value, unit) in table {
      try context.output.line("\(name): \((value * 1_000).rounded() / 1_000) \(unit)")
    }
  }

  private func fill(_ path: String, _ city: BenchCity) throws {
    let store = try ExposureStore.create(
      at: path, calendar: city.calendar, createdAt: city.now)
    var generator = SeededGenerator(seed: 7)
    let first = city.calendar.start(of: city.today.advanced(by: -days + 1))
    var number: UInt64 = 0
    for day in 0..<days {
      var left = rows / days + (day < rows % days ? 1 : 0)
      while left > 0 {
        let count = min(left, 16_384)
        left -= count
        let batch = (0..<count).map { place -> Evidence in
          number += 1
          let venue = city.venues[Int.random(in: 0..<city.venues.count, using: &generator)].id
          let who = UInt64.random(in: 0..<UInt64(people), using: &generator)
          let start = first + Int64(day) * 86_400 + Int64.random(in: 0..<86_400, using: &generator)
          let isExit = isScanned && generator.next() % 3 == 0
          return Evidence(
            id: EvidenceID(high: number, low: generator.next()),
            kind: isScanned ? (isExit ? .scan : .scanIn) : .visit,
            subject: Pseudonym(high: who &* 0x9e37_79b9_7f4a_7c15, low: who), venue: venue,
            start: start,
            end: isScanned
              ? nil : start + Int64.random(in: 300..<7_200, using: &generator),
            receivedAt: city.now)
        }
        _ = try store.append(batch)
      }
    }
    try store.close()
  }

  private static func bytes(in folder: String) -> Int {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.reduce(0) { sum, name in
      let attributes = try? FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")
      return sum + ((attributes?[.size] as? Int) ?? 0)
    }
  }
}
