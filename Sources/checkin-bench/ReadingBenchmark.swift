internal import CodeReading
internal import CommandKit
internal import Foundation
internal import Posters

/// `checkin-bench reading`: how often codes are read in poor pictures, by us and by others.
///
/// Every decoder gets the same frames. The frames of one number, width and condition differ between
/// codes in nothing but the symbol.
struct ReadingBenchmark: Benchmark {
  var setting = BenchmarkSetting()
  var frames = 20
  var reachFrames = 40
  var plot: Path?

  static let command = Command(
    "reading", "Counts how often codes are read in poor pictures", ReadingBenchmark(),
    [
      .option(
        "--frames", \.frames, in: 1...1_000, help: "Frames of each code, width and condition"),
      .option(
        "--reach-frames", \.reachFrames, in: 1...1_000,
        help: "Frames of each code and width where the reach is looked for"),
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
    var widths = [70]
    while let last = widths.last, last < 420 {
      widths.append(min(420, Int((Double(last) * 1.04).rounded())))
    }
    return widths
  }()

  /// The share from which a width counts as read.
  private static let enough = 0.95

  func run(_ context: Context) throws {
    let codes = try ReadableCode.all()
    let surroundings = Surroundings(setting)
    let scratch = try ScratchFolder(setting)
    let hasPeers = surroundings.hasPython("cv2", "zxingcpp")
    var results = Results()
    let cells =
      CameraCondition.all.flatMap { condition in
        Self.widths.map { (condition, $0, frames, false) }
      }
      + Self.reachWidths.map { (CameraCondition.all[0], $0, reachFrames, true) }
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
          try read(frame, code, condition, width, isReach, &results)
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

  /// Reads a frame with the product's own reader.
  private func read(
    _ frame: CameraFrame, _ code: ReadableCode, _ condition: CameraCondition, _ width: Int,
    _ isReach: Bool, _ results: inout Results
  ) throws {
    guard let image = GreyImage(width: frame.width, height: frame.height, pixels: frame.pixels)
    else { return }
    let start = ContinuousClock.now
    let found = try CodeReader.codes(in: image, stages: CodeReader.Stage.allCases)
    let spent = ContinuousClock.now - start
    let isRead = found.codes.contains { $0.text == code.symbol.text }
    func cell(_ decoder: String) -> Cell {
      Cell(
        decoder: decoder, code: code.name, condition: condition.name, width: width,
        isReach: isReach)
    }
    results.add(cell(Results.ours), read: isRead ? 1 : 0, of: 1)
    results.times[Results.ours, default: Times()].add(
      Double(spent.components.attoseconds) * 1e-18 + Double(spent.components.seconds), 1)
    if let stage = found.stage, isRead { results.stages[stage, default: 0] += 1 }
    // What libzxing alone does, and what a live camera's frame gets.
    for (decoder, stages) in [
      (Results.plain, [CodeReader.Stage.plain]),
      (Results.live, [.plain, .sharpened]),
    ] {
      let start = ContinuousClock.now
      let found = try CodeReader.codes(in: image, stages: stages)
      let spent = ContinuousClock.now - start
      let isRead = found.codes.contains { $0.text == code.symbol.text }
      results.add(cell(decoder), read: isRead ? 1 : 0, of: 1)
      results.times[decoder, default: Times()].add(
        Double(spent.components.attoseconds) * 1e-18 + Double(spent.components.seconds), 1)
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
    for condition in CameraCondition.all {
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
    try output.line(
      "  least width read in \(Int(Self.enough * 100)) % of \(reachFrames) steady frames, in pixels"
    )
    var table = Table(
      ["decoder"] + codes.map { Table.Column.right("\($0.name) \($0.designation)") }
        + [.right("ms a frame")])
    for decoder in results.decoders {
      table.append(
        [decoder]
          + codes.map { code in
            results.leastWidth(decoder, code.name, Self.reachWidths)
              .map { "\(Int($0.rounded()))" } ?? "–"
          } + [Self.tenths(results.times[decoder]?.milliseconds ?? 0)])
    }
    try output.table(table)
    let stages = CodeReader.Stage.allCases.map { "\($0.rawValue) \(results.stages[$0] ?? 0)" }
    try output.line("  what was found by which stage: \(stages.joined(separator: ", "))")
    try output.flush()
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

  private struct Results {
    static let ours = "checkin, every stage"
    static let live = "checkin, a camera's frame"
    static let plain = "libzxing alone"

    var cells: [Cell: (read: Int, frames: Int)] = [:]
    var times: [String: Times] = [:]
    var stages: [CodeReader.Stage: Int] = [:]

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
      let first = [Results.ours, Results.live, Results.plain]
      return first + times.keys.filter { !first.contains($0) }.sorted()
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
