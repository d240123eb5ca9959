internal import CommandKit
internal import CrossMatch
internal import FoundationEssentials
internal import JSONText

/// `checkin-bench join`: the bare co-presence join over columns from files.
struct JoinBenchmark: Sendable {
  @Required var columns: Path
  var repetitions = 5
  var threads = 2
  var peer: Path?

  /// The seconds that two visits must share.
  static let minimum: Int32 = 900

  static let command = Command(
    "join", "Times the join of cases with all visits, over columns from files", JoinBenchmark(),
    [
      .option("--columns", \.$columns, completes: .directories, help: "The folder of the columns"),
      .option("--repetitions", \.repetitions, in: 1...1_000, help: "How often each runs"),
      .option("--threads", \.threads, in: 1...256, help: "How many threads may work"),
      .option(
        "--peer", \.peer,
        help: "A program to run before, called as PEER FOLDER THREADS 0 REPETITIONS"),
    ],
    discussion: """
      Reads person.u32, venue.u32, enter.u32, exit.u32 (in order of entry) and cases.u32, builds \
      segments, and joins the visits of all cases with all visits: other person, at least 900 \
      seconds shared, nothing else. agg counts and sums; mat writes case, other, venue and seconds \
      of each pair to memory that is used again. Both begin with finding the visits of the cases. \
      Times are medians. The checksum is the sum over pairs of (case * 1000003 + other * 7919 + \
      venue * 104729 + seconds) mod 1000000007. A case alone writes its pairs on one thread.
      """,
    run: { options, context in
      try options.run(context)
      return .done
    })

  private struct Result {
    var visits = 0
    var pairs: UInt64 = 0
    var overlap: UInt64 = 0
    var other: UInt64 = 0
    var checksum: UInt64 = 0
    var build = Cost(wall: 0, processor: 0)
    var aggregated: [Cost] = []
    var materialised: [Cost] = []
    var caseMicroseconds: [Double] = []
    var caseSumMicroseconds: [Double] = []
  }

  func run(_ context: Context) throws {
    let said = try peer.map {
      try ChildProcess.runSuccessfully(
        $0.string, [columns.string, "\(threads)", "0", "\(repetitions)"]
      ).output
    }
    let files = try VisitColumnFiles(folder: columns.string)
    var result = Result()
    result.visits = files.count
    var built: VisitView?
    result.build = Cost.of { built = files.view(threads: threads) }
    guard let view = built else { throw CommandError("nothing was built") }

    let plan = { JoinPlan(files.cases, in: view, minimum: Self.minimum, threads: threads) }
    let sums = plan().sums(threads: threads)
    (result.pairs, result.overlap, result.other) = (sums.pairs, sums.seconds, sums.others)
    for _ in 0..<repetitions {
      try context.interruption.check()
      var again = JoinSums()
      result.aggregated.append(Cost.of { again = plan().sums(threads: threads) })
      guard again == sums else { throw CommandError("two runs gave different sums") }
    }
    try materialise(plan, sums, &result, context)
    measureCases(view, files.cases, &result)
    if context.json {
      try context.output.json { write(result, to: &$0) }
    } else {
      try print(result, plan().visitCount, view, said, context.output)
    }
    try context.output.flush()
  }

  private func materialise(
    _ plan: () -> JoinPlan, _ sums: JoinSums, _ result: inout Result, _ context: Context
  ) throws {
    // Any thread may happen to write almost all; what is not written takes no memory.
    let buffers = (0..<threads).map { _ in
      PairColumns(capacity: Int(sums.pairs) + 4_000_000, memory: .largePages)
    }
    let first = plan()
    first.forEachPiece(in: buffers) { _, _, _ in }
    var (overlap, other): (UInt64, UInt64) = (0, 0)
    for buffer in buffers {
      for row in 0..<buffer.count {
        let seconds = UInt64(buffer.seconds[row])
        overlap += seconds
        other += UInt64(buffer.other[row])
        result.checksum +=
          (UInt64(buffer.subject[row]) * 1_000_003 + UInt64(buffer.other[row]) * 7_919
            + first.venues[Int(buffer.venue[row])] * 104_729 + seconds) % 1_000_000_007
      }
    }
    guard overlap == sums.seconds, other == sums.others else {
      throw CommandError("the pairs do not add up to the sums")
    }
    for _ in 0..<repetitions {
      try context.interruption.check()
      for buffer in buffers { buffer.removeAll() }
      result.materialised.append(
        Cost.of { plan().forEachPiece(in: buffers) { _, _, _ in } })
      guard buffers.reduce(0, { $0 + $1.count }) == Int(sums.pairs) else {
        throw CommandError("two runs gave different pairs")
      }
    }
  }

  private func measureCases(_ view: VisitView, _ cases: [UInt32], _ result: inout Result) {
    let pairs = PairColumns(capacity: 1 << 20)
    for one in cases {
      pairs.removeAll()
      let cost = Cost.of { view.appendPairs(of: one, minimum: Self.minimum, to: pairs) }
      result.caseMicroseconds.append(cost.wall * 1e6)
    }
    for one in cases {
      let cost = Cost.of { keep(view.sums(of: one, minimum: Self.minimum)) }
      result.caseSumMicroseconds.append(cost.wall * 1e6)
    }
  }

  private func write(_ result: Result, to json: inout JSONWriter) {
    json.object {
      $0.field("visits", result.visits)
      $0.field("pairs", result.pairs)
      $0.field("sum_overlap", result.overlap)
      $0.field("sum_other", result.other)
      $0.field("checksum", result.checksum)
      $0.field("build_s", result.build.wall)
      $0.field("agg_wall_s", Self.median(result.aggregated.map(\.wall)))
      $0.field("agg_cpu_s", Self.median(result.aggregated.map(\.processor)))
      $0.field("mat_wall_s", Self.median(result.materialised.map(\.wall)))
      $0.field("mat_cpu_s", Self.median(result.materialised.map(\.processor)))
      $0.field("case_p50_us", Self.quantile(0.5, result.caseMicroseconds))
      $0.field("case_p99_us", Self.quantile(0.99, result.caseMicroseconds))
    }
  }

  private func print(
    _ result: Result, _ caseVisits: Int, _ view: VisitView, _ said: String?, _ output: Output
  ) throws {
    try output.line(output.styled("join", .bold))
    try output.line(
      "  \(grouped(result.visits)) visits, \(grouped(caseVisits)) of cases, "
        + "\(grouped(Int(result.pairs))) pairs, checksum \(result.checksum)")
    try output.line(
      "  built in \(Self.text(result.build.wall)) s (\(Self.text(result.build.processor)) CPU s), "
        + "\(view.segments.count) segments")
    try output.line(
      "  a case alone, pairs: p50 \(Self.text(Self.quantile(0.5, result.caseMicroseconds))) µs, p99 "
        + "\(Self.text(Self.quantile(0.99, result.caseMicroseconds))) µs; sums: p50 "
        + "\(Self.text(Self.quantile(0.5, result.caseSumMicroseconds))) µs, p99 "
        + "\(Self.text(Self.quantile(0.99, result.caseSumMicroseconds))) µs")
    var table = Table([
      "", .right("wall s"), .right("CPU s"), .right("peer wall"), .right("peer CPU"),
      .right("ratio wall"), .right("ratio CPU"),
    ])
    for (name, costs, peerName) in [
      ("aggregated", result.aggregated, "AGG avx512"),
      ("materialised", result.materialised, "MAT16 avx512"),
    ] {
      let wall = Self.median(costs.map(\.wall))
      let processor = Self.median(costs.map(\.processor))
      var cells = [name, Self.text(wall), Self.text(processor)]
      if let peer = said.flatMap({ Self.peerCost($0, peerName) }) {
        cells += [peer.wall, peer.processor, wall / peer.wall, processor / peer.processor]
          .map(Self.text)
      } else {
        cells += ["", "", "", ""]
      }
      table.append(cells)
    }
    try output.table(table)
    try output.line()
  }

  /// Reads a line such as `AGG avx512 venue-major median 0.3 s min 0.3 (cold 0.3) cpu 0.6 …`.
  private static func peerCost(_ said: String, _ name: String) -> Cost? {
    for line in said.split(separator: "\n") where line.contains("\(name) ") {
      let words = line.split(separator: " ")
      guard words.contains("venue-major"), let median = words.firstIndex(of: "median"),
        let cpu = words.firstIndex(of: "cpu"), cpu + 1 < words.count,
        let wall = Double(words[median + 1]), let processor = Double(words[cpu + 1])
      else { continue }
      return Cost(wall: wall, processor: processor)
    }
    return nil
  }

  /// Returns the middle of some numbers, or the mean of the two in the middle.
  static func median(_ numbers: [Double]) -> Double {
    let sorted = numbers.sorted()
    guard !sorted.isEmpty else { return 0 }
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }

  private static func quantile(_ share: Double, _ numbers: [Double]) -> Double {
    let sorted = numbers.sorted()
    guard !sorted.isEmpty else { return 0 }
    return sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))]
  }

  /// A number with four places that mean something.
  static func text(_ number: Double) -> String {
    guard number.isFinite else { return "" }
    if number >= 1_000 { return grouped(Int(number.rounded())) }
    let thousandths = Int((number * 1_000).rounded())
    let rest = String(thousandths % 1_000)
    return "\(thousandths / 1_000)." + String(repeating: "0", count: 3 - rest.utf8.count) + rest
  }
}
