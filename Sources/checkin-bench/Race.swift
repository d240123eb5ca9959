internal import CommandKit
internal import FoundationEssentials
internal import JSONText

/// One run of one contestant.
struct Run {
  /// What ran; runs of one name are one line of the table.
  let name: String
  /// How many pieces of work it did.
  let count: Int
  let cost: Cost
}

/// What takes part: something that does its work once each time it is called.
struct Contestant {
  let run: () throws -> [Run]

  /// Work of this process, measured as a whole.
  init(_ name: String, count: Int, _ work: @escaping () throws -> Void) {
    run = { [Run(name: name, count: count, cost: try Cost.of(work))] }
  }

  /// Work of this process in a folder that is empty each time; emptying it is not measured.
  init(
    _ name: String, count: Int, in scratch: ScratchFolder, _ folder: String,
    _ work: @escaping (String) throws -> Void
  ) {
    run = {
      let path = try scratch.emptyFolder(folder)
      return [Run(name: name, count: count, cost: try Cost.of { try work(path) })]
    }
  }

  /// Work that measures itself.
  init(measuringItself run: @escaping () throws -> [Run]) {
    self.run = run
  }

  /// A script of Python that speaks as a peer does.
  init(
    script: String, _ arguments: [String], python: String, in scratch: ScratchFolder? = nil,
    _ folder: String = ""
  ) {
    self.init(peer: python, [script] + arguments, in: scratch, folder)
  }

  /// A program that prints one JSON object a line: `peer`, `version`, `count`, `cpu_s`, `wall_s`.
  init(
    peer program: String, _ arguments: [String], in scratch: ScratchFolder? = nil,
    _ folder: String = ""
  ) {
    run = {
      let arguments = arguments + (try scratch.map { [try $0.emptyFolder(folder)] } ?? [])
      let child = try ChildProcess.runSuccessfully(program, arguments)
      return try child.output.split(separator: "\n").map { line in
        let said = try JSONDecoder().decode(Said.self, from: Data(line.utf8))
        return Run(
          name: "\(said.peer) \(said.version)", count: said.count,
          cost: Cost(wall: said.wall, processor: said.processor))
      }
    }
  }

  private struct Said: Decodable {
    let peer: String
    let version: String
    let count: Int
    let processor: Double
    let wall: Double

    enum CodingKeys: String, CodingKey {
      case peer, version, count
      case processor = "cpu_s"
      case wall = "wall_s"
    }
  }
}

/// The result of a benchmark: contestants that ran in turn, so that a slow spell of the machine
/// meets all of them.
struct Race {
  /// The benchmark's name.
  let name: String
  /// What one piece of work is, in the plural.
  let unit: String
  /// What was measured and how large, a sentence each.
  var remarks: [String]
  /// Peers that are not here.
  var absent: [String] = []
  private var lines: [(name: String, runs: [Run])] = []

  init(_ name: String, unit: String, remarks: [String]) {
    self.name = name
    self.unit = unit
    self.remarks = remarks
  }

  /// Runs everybody in turn, again and again.
  mutating func run(
    _ contestants: [Contestant], repetitions: Int, _ context: Context
  ) throws {
    let progress = context.progress(
      name, total: repetitions * contestants.count, unit: "runs")
    for _ in 0..<repetitions {
      for contestant in contestants {
        try context.interruption.check()
        for run in try contestant.run() {
          if let place = lines.firstIndex(where: { $0.name == run.name }) {
            lines[place].runs.append(run)
          } else {
            lines.append((run.name, [run]))
          }
        }
        progress.advance()
      }
    }
    progress.finish()
  }

  /// Returns the middle times of a line, or nil when it never ran.
  func medianCost(of name: String) -> Cost? {
    guard let runs = lines.first(where: { $0.name == name })?.runs, !runs.isEmpty else {
      return nil
    }
    return Cost(
      wall: JoinBenchmark.median(runs.map(\.cost.wall)),
      processor: JoinBenchmark.median(runs.map(\.cost.processor)))
  }

  /// Prints the table, or the same as one JSON object.
  func report(_ context: Context) throws {
    if context.json {
      try context.output.json { write(to: &$0) }
    } else {
      try print(context.output)
    }
    try context.output.flush()
  }

  private func print(_ output: Output) throws {
    try output.line(output.styled(name, .bold))
    for remark in remarks { try output.line("  \(remark)") }
    for peer in absent { try output.line("  Left out, because it is not here: \(peer)") }
    let hasMemory = lines.contains { $0.runs.contains { $0.cost.peakBytes != nil } }
    var columns: [Table.Column] = [
      "", .right("\(unit)/CPU s"), .right("min–max"), .right("\(unit)/s"), .right("min–max"),
      .right("ratio CPU"), .right("ratio wall"),
    ]
    if hasMemory { columns.append(.right("peak MiB")) }
    var table = Table(columns)
    for (place, line) in lines.enumerated() {
      let processor = Rates(line.runs) { $0.processor }
      let wall = Rates(line.runs) { $0.wall }
      var cells = [
        line.name, Race.text(processor.median), processor.range, Race.text(wall.median),
        wall.range,
        place == 0 ? "1" : Race.ratio(first.processor.median / processor.median),
        place == 0 ? "1" : Race.ratio(first.wall.median / wall.median),
      ]
      if hasMemory {
        cells.append(
          line.runs.compactMap(\.cost.peakBytes).max().map { Race.text(Double($0) / 1_048_576) }
            ?? "")
      }
      table.append(cells)
    }
    try output.table(table)
    try output.line()
  }

  private var first: (processor: Rates, wall: Rates) {
    let runs = lines.first?.runs ?? []
    return (Rates(runs) { $0.processor }, Rates(runs) { $0.wall })
  }

  private func write(to json: inout JSONWriter) {
    json.object {
      $0.field("benchmark", name)
      $0.field("unit", unit)
      $0.field("remarks", remarks)
      $0.field("absent", absent)
      $0.key("lines")
      $0.array(lines) { json, line in
        json.object {
          $0.field("name", line.name)
          $0.field("runs", line.runs.count)
          $0.field("count", line.runs.first?.count ?? 0)
          for (key, firstRates, rates) in [
            ("per_cpu_s", first.processor, Rates(line.runs) { $0.processor }),
            ("per_wall_s", first.wall, Rates(line.runs) { $0.wall }),
          ] {
            $0.key(named: key)
            $0.object {
              $0.field("median", rates.median)
              $0.field("min", rates.least)
              $0.field("max", rates.most)
              $0.field("first_to_this", firstRates.median / rates.median)
            }
          }
          $0.field("peak_bytes", line.runs.compactMap(\.cost.peakBytes).max())
        }
      }
    }
  }

  /// The median, least and most of what was done in a second.
  private struct Rates {
    var median = 0.0
    var least = 0.0
    var most = 0.0

    init(_ runs: [Run], _ seconds: (Cost) -> Double) {
      // A clock's tick is the least that can be told from nothing.
      let rates = runs.map { Double($0.count) / max(seconds($0.cost), 1e-6) }.sorted()
      guard let first = rates.first, let last = rates.last else { return }
      least = first
      most = last
      median = (rates[(rates.count - 1) / 2] + rates[rates.count / 2]) / 2
    }

    var range: String { "\(Race.text(least))–\(Race.text(most))" }
  }

  /// A number with three places that mean something.
  private static func text(_ number: Double) -> String {
    guard number.isFinite else { return "" }
    if number >= 100 { return grouped(Int(number.rounded())) }
    let tenths = Int((number * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }

  private static func ratio(_ number: Double) -> String {
    guard number.isFinite else { return "" }
    if number >= 10 { return text(number) }
    let hundredths = Int((number * 100).rounded())
    return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
  }
}
