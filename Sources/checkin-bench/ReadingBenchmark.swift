internal import CodeReading
internal import CommandKit
internal import Foundation
internal import Glibc
internal import JSONText
internal import Posters

/// `checkin-bench reading`: how often codes are read in poor pictures, by us and by others.
///
/// Every decoder gets the same frames. The frames of one number, width and condition differ between
/// codes in nothing but the symbol.
struct ReadingBenchmark: Benchmark {
  var setting = BenchmarkSetting()
  var frames = 20
  var reachFrames = 40
  var conditions = CameraCondition.all.map(\.name)
  var plot: Path?

  static let command = Command(
    "reading", "Counts how often codes are read in poor pictures", ReadingBenchmark(),
    [
      .option(
        "--frames", \.frames, in: 0...1_000,
        help: "Frames of each code, width and condition; 0 to leave the table out"),
      .option(
        "--reach-frames", \.reachFrames, in: 0...1_000,
        help: "Frames of each code and width where the reach is looked for; 0 to leave it out"),
      .options(
        "--condition", \.conditions, value: "NAME", help: "Only these conditions in the table"),
      .option("--plot", \.plot, help: "An SVG file for the share read by width"),
    ] + settingParameters,
    run: { options, context in
      try options.run(context)
      return .done
    })

  /// The widths of the table, in pixels of the symbol without its quiet zone.
  private static let widths = [140, 160, 180, 200, 220, 260, 320, 420]

  /// The widths at which the reach is looked for: steps of 4 %.
  private static let reachWidths: [Int] = {
    var widths = [60]
    while let last = widths.last, last < 300 {
      widths.append(Int((Double(last) * 1.04).rounded()))
    }
    return widths
  }()

  /// Of so many frames, one is read by each stage alone.
  private static let stageSample = 5

  /// The share from which a width counts as read.
  private static let enough = 0.95

  func run(_ context: Context) throws {
    let codes = try ReadableCode.all()
    let surroundings = Surroundings(setting)
    let scratch = try ScratchFolder(setting)
    let hasPeers = surroundings.hasPython("cv2", "zxingcpp")
    var results = Results()
    var cells: [(CameraCondition, Int, Int, Bool)] = []
    if frames > 0 {
      for condition in CameraCondition.all where conditions.contains(condition.name) {
        cells += Self.widths.map { (condition, $0, frames, false) }
      }
    }
    if reachFrames > 0 {
      cells += Self.reachWidths.map { (CameraCondition.all[0], $0, reachFrames, true) }
    }
    let progress = context.progress("reading", total: cells.count, unit: "widths")
    for (condition, width, count, isReach) in cells {
      try context.interruption.check()
      let folder = try scratch.emptyFolder("frames")
      for code in codes {
        for number in 0..<count {
          let frame = CameraFrame(
            side: code.symbol.side, symbolWidth: width, condition: condition,
            seed: UInt64(width) << 32 | UInt64(number)
          ) { code.symbol.isDark(column: $0, row: $1) }
          try read(
            frame, code, condition, width, isReach: isReach,
            comparesStages: !isReach && number % Self.stageSample == 0, &results)
          if hasPeers {
            let place = codes.firstIndex { $0.name == code.name } ?? 0
            try Data(frame.portableGreyMap).write(
              to: URL(fileURLWithPath: "\(folder)/\(place)-\(number).pgm"))
          }
        }
      }
      if hasPeers {
        let texts = try JSONEncoder().encode(codes.map(\.symbol.text))
        try texts.write(to: URL(fileURLWithPath: "\(folder)/texts.json"))
        let child = try ChildProcess.runSuccessfully(
          surroundings.python, [surroundings.peer("reading_peers.py"), folder])
        for line in child.output.split(separator: "\n") {
          let said = try JSONDecoder().decode(PeerResult.self, from: Data(line.utf8))
          for (code, found) in zip(codes, said.read) {
            let cell = Cell(
              decoder: said.decoder, code: code.name, condition: condition.name, width: width,
              isReach: isReach)
            results.add(cell, read: found, of: count)
          }
          results.peers.insert(said.decoder)
          guard !isReach else { continue }
          results.times[said.decoder, default: Times()].add(said.seconds, count * codes.count)
        }
      }
      progress.advance()
    }
    progress.finish()
    try report(results, codes, hasPeers, context)
    if let plot {
      let picture = ReadingPlot(
        title: "Share of frames read, by the width of the symbol",
        widths: Self.reachWidths, codes: codes.map { ($0.name, $0.designation, $0.isOurs) },
        decoders: results.decoders
      ) { decoder, code, width in
        results.share(
          Cell(
            decoder: decoder, code: code, condition: CameraCondition.all[0].name, width: width,
            isReach: true))
      }
      try picture.svg.write(toFile: plot.string, atomically: true, encoding: .utf8)
    }
  }

  /// Reads a frame with each stage of the product's own reader, and notes what the stages together
  /// do; those for white on black are left out, since no frame is.
  private func read(
    _ frame: CameraFrame, _ code: ReadableCode, _ condition: CameraCondition, _ width: Int,
    isReach: Bool, comparesStages: Bool, _ results: inout Results
  ) throws {
    guard let image = GreyImage(width: frame.width, height: frame.height, pixels: frame.pixels)
    else { return }
    var spent: [CodeReader.Stage: Double] = [:]
    var reading: Set<CodeReader.Stage> = []
    // What a stage does alone is found on every fifth frame; otherwise the first that reads ends it,
    // the two of a camera before the others.
    for stage in comparesStages ? Results.stageOrder : [.plain, .sharpened, .doubled, .deblurred] {
      if !comparesStages, !reading.isEmpty { break }
      let start = Cost.seconds(CLOCK_THREAD_CPUTIME_ID)
      let found = try CodeReader.codes(in: image, stages: [stage]).codes
      spent[stage] = Cost.seconds(CLOCK_THREAD_CPUTIME_ID) - start
      if found.contains(where: { $0.text == code.symbol.text }) { reading.insert(stage) }
    }
    for (decoder, stages) in Results.ways {
      let last = stages.firstIndex { reading.contains($0) }
      let cell = Cell(
        decoder: decoder, code: code.name, condition: condition.name, width: width,
        isReach: isReach)
      results.add(cell, read: last == nil ? 0 : 1, of: 1)
      guard comparesStages else { continue }
      let used = stages[...(last ?? stages.count - 1)]
      results.times[decoder, default: Times()].add(used.reduce(0) { $0 + (spent[$1] ?? 0) }, 1)
    }
    guard comparesStages else { return }
    results.stageFrames += 1
    let first = Results.stageOrder.first { reading.contains($0) }
    for stage in Results.stageOrder {
      results.stages[stage, default: StageResult()].note(
        isReading: reading.contains(stage), isFirst: stage == first, seconds: spent[stage] ?? 0)
    }
  }

  // MARK: Report

  private func report(
    _ results: Results, _ codes: [ReadableCode], _ hasPeers: Bool, _ context: Context
  ) throws {
    if context.json {
      try context.output.json { json in
        json.object { json in
          json.field("benchmark", "reading")
          json.key("cells")
          json.array(results.cells.keys.sorted()) { json, cell in
            json.object {
              $0.field("decoder", cell.decoder)
              $0.field("code", cell.code)
              $0.field("condition", cell.condition)
              $0.field("width", cell.width)
              $0.field("for_reach", cell.isReach)
              $0.field("read", results.cells[cell]?.read ?? 0)
              $0.field("frames", results.cells[cell]?.frames ?? 0)
            }
          }
          json.key("reach")
          json.array(results.decoders) { json, decoder in
            json.object { json in
              json.field("decoder", decoder)
              json.field("milliseconds_a_frame", results.times[decoder]?.milliseconds ?? 0)
              for code in codes {
                json.key(named: code.name)
                if let width = results.leastWidth(decoder, code.name, Self.reachWidths) {
                  json.number(width)
                } else {
                  json.null()
                }
              }
            }
          }
        }
      }
      return try context.output.flush()
    }
    let output = context.output
    try output.line(output.styled("reading", .bold))
    if !hasPeers {
      try output.line(
        "  Left out, because they are not here: zxing-cpp, OpenCV (pip install -r "
          + "Tests/Peers/requirements.txt)")
    }
    if frames > 0 { try reportTable(results, codes, output) }
    guard reachFrames > 0 else { return try output.flush() }
    try output.line(
      "  least width read in \(Int(Self.enough * 100)) % of \(reachFrames) steady frames, in pixels"
    )
    var table = Table(
      ["code", ""] + results.decoders.map { Table.Column.right($0) })
    for code in codes {
      table.append(
        [code.name, code.designation]
          + results.decoders.map { decoder in
            results.leastWidth(decoder, code.name, Self.reachWidths)
              .map { "\(Int($0.rounded()))" } ?? "–"
          })
    }
    try output.table(table)
    try output.flush()
  }

  private func reportTable(
    _ results: Results, _ codes: [ReadableCode], _ output: Output
  ) throws {
    for condition in CameraCondition.all where conditions.contains(condition.name) {
      try output.line("  \(condition.name): frames read of \(frames), by width in pixels")
      var table = Table(
        ["decoder", "code", ""] + Self.widths.map { Table.Column.right("\($0)") })
      for decoder in results.decoders {
        for code in codes {
          table.append(
            [decoder, code.name, code.designation]
              + Self.widths.map { width in
                let cell = Cell(
                  decoder: decoder, code: code.name, condition: condition.name, width: width,
                  isReach: false)
                return "\(results.cells[cell]?.read ?? 0)"
              })
        }
      }
      try output.table(table)
      try output.line()
    }
    var times = Table(["decoder", .right("CPU ms a frame")])
    for decoder in results.decoders {
      times.append(decoder, Self.tenths(results.times[decoder]?.milliseconds ?? 0))
    }
    try output.table(times)
    try output.line()
    try output.line("  the stages, over the \(results.stageFrames) frames of all conditions")
    var stages = Table([
      "stage", .right("reads alone"), .right("reads first"), .right("ms a frame"),
    ])
    for stage in Results.stageOrder {
      let result = results.stages[stage] ?? StageResult()
      stages.append(
        stage.rawValue, "\(result.read)", "\(result.first)",
        Self.tenths(result.seconds * 1_000 / Double(max(1, results.stageFrames))))
    }
    try output.table(stages)
    try output.line()
  }

  private static func tenths(_ number: Double) -> String {
    let tenths = Int((number * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }

  // MARK: Values

  /// What the script of the peers prints for each decoder.
  private struct PeerResult: Decodable {
    let decoder: String
    /// Frames read of each code.
    let read: [Int]
    let seconds: Double
  }

  private struct Cell: Hashable, Comparable {
    let decoder: String
    let code: String
    let condition: String
    let width: Int
    let isReach: Bool

    static func < (a: Cell, b: Cell) -> Bool {
      (a.decoder, a.condition, a.code, a.width, a.isReach ? 1 : 0)
        < (b.decoder, b.condition, b.code, b.width, b.isReach ? 1 : 0)
    }
  }

  private struct Times {
    var seconds = 0.0
    var frames = 0

    var milliseconds: Double { frames == 0 ? 0 : seconds * 1_000 / Double(frames) }

    mutating func add(_ seconds: Double, _ frames: Int) {
      self.seconds += seconds
      self.frames += frames
    }
  }

  private struct StageResult {
    /// Frames that it reads.
    var read = 0
    /// Frames that no stage before it reads.
    var first = 0
    var seconds = 0.0

    mutating func note(isReading: Bool, isFirst: Bool, seconds: Double) {
      if isReading { read += 1 }
      if isFirst { first += 1 }
      self.seconds += seconds
    }
  }

  private struct Results {
    static let stageOrder: [CodeReader.Stage] = [.plain, .doubled, .sharpened, .deblurred]

    /// The ways the product reads, with their stages.
    static let ways: [(decoder: String, stages: [CodeReader.Stage])] = [
      ("checkin, a photograph", stageOrder), ("checkin, a camera", [.plain, .sharpened]),
      ("libzxing alone", [.plain]),
    ]

    var cells: [Cell: (read: Int, frames: Int)] = [:]
    var times: [String: Times] = [:]
    var stages: [CodeReader.Stage: StageResult] = [:]
    var stageFrames = 0
    var peers: Set<String> = []

    mutating func add(_ cell: Cell, read: Int, of frames: Int) {
      cells[cell, default: (0, 0)].read += read
      cells[cell, default: (0, 0)].frames += frames
    }

    func share(_ cell: Cell) -> Double {
      guard let found = cells[cell], found.frames > 0 else { return 0 }
      return Double(found.read) / Double(found.frames)
    }

    /// Ours first, then the peers by name.
    var decoders: [String] {
      Results.ways.map(\.decoder) + peers.sorted()
    }

    /// The width from which enough is read at it and all larger ones, between two steps by the line
    /// through both; nil when the largest is not.
    func leastWidth(_ decoder: String, _ code: String, _ widths: [Int]) -> Double? {
      let steps = widths.map { width in
        (
          width: Double(width),
          share: share(
            Cell(
              decoder: decoder, code: code, condition: CameraCondition.all[0].name, width: width,
              isReach: true))
        )
      }
      guard let last = steps.lastIndex(where: { $0.share < ReadingBenchmark.enough }) else {
        return steps.first?.width
      }
      guard last + 1 < steps.count else { return nil }
      let (below, above) = (steps[last], steps[last + 1])
      let part = (ReadingBenchmark.enough - below.share) / (above.share - below.share)
      return below.width + part * (above.width - below.width)
    }
  }
}
