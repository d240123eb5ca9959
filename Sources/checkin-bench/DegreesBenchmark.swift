internal import CommandKit
internal import CrossMatch
internal import JSONText

/// `checkin-bench degrees`: who is of which degree, over columns from files.
struct DegreesBenchmark: Sendable {
  @Required var columns: Path
  var seeds = 10
  var degree = 2
  var repetitions = 3
  var threads = 2
  var peer: Path?

  static let command = Command(
    "degrees", "Times degrees without pairs, over columns from files", DegreesBenchmark(),
    [
      .option("--columns", \.$columns, completes: .directories, help: "The folder of the columns"),
      .option("--seeds", \.seeds, in: 1...1_000_000, help: "How many cases are of degree 0"),
      .option("--degree", \.degree, in: 1...20, help: "The last degree"),
      .option("--repetitions", \.repetitions, in: 1...1_000, help: "How often it runs"),
      .option("--threads", \.threads, in: 1...256, help: "How many threads may work"),
      .option("--peer", \.peer, help: "A program to run before, called as PEER FOLDER"),
    ],
    discussion: """
      Reads the columns that join reads, builds segments, and counts the people of each degree. The \
      first cases are of degree 0. Who shares a visit of at least 900 seconds with somebody of a \
      degree, and has none yet, is of the next. Visits of degree 0 all count; later ones when they \
      begin at or after the first second of the earliest such overlap. The degrees printed begin \
      with degree 1. Times are medians, with segments built.
      """,
    run: { options, context in
      try options.run(context)
      return .done
    })

  func run(_ context: Context) throws {
    let said = try peer.map {
      try ChildProcess.runSuccessfully($0.string, [columns.string]).output
    }
    let files = try VisitColumnFiles(folder: columns.string)
    guard seeds <= files.cases.count else {
      throw CommandError("there are \(files.cases.count) cases, fewer than \(seeds) seeds")
    }
    let view = files.view(threads: threads)
    let degrees = count(view, files)
    var costs: [Cost] = []
    for _ in 0..<repetitions {
      try context.interruption.check()
      var again: [Int] = []
      costs.append(Cost.of { again = count(view, files) })
      guard again == degrees else { throw CommandError("two runs gave different degrees") }
    }
    let wall = JoinBenchmark.median(costs.map(\.wall))
    let processor = JoinBenchmark.median(costs.map(\.processor))
    if context.json {
      try context.output.json { json in
        json.object {
          $0.key("degrees")
          $0.array(degrees) { $0.integer($1) }
          $0.field("wall_s", wall)
          $0.field("cpu_s", processor)
        }
      }
    } else {
      try context.output.line(context.output.styled("degrees", .bold))
      try context.output.line("  \(grouped(files.count)) visits, \(grouped(seeds)) seeds")
      for (place, people) in degrees.enumerated() {
        try context.output.line("  F\(place + 1): \(grouped(people)) people")
      }
      try context.output.line(
        "  wall \(JoinBenchmark.text(wall)) s, CPU \(JoinBenchmark.text(processor)) s")
      if let peer = said.flatMap(peerCost) {
        try context.output.line(
          "  peer to degree 2: wall \(JoinBenchmark.text(peer.wall)) s, CPU "
            + "\(JoinBenchmark.text(peer.processor)) s; ratio wall "
            + "\(JoinBenchmark.text(wall / peer.wall)), CPU "
            + JoinBenchmark.text(processor / peer.processor))
      }
    }
    try context.output.flush()
  }

  /// Returns how many people are of each degree from 1 on.
  private func count(_ view: VisitView, _ files: VisitColumnFiles) -> [Int] {
    var rule = SweepRule(minimum: JoinBenchmark.minimum)
    rule.countsWholeVisits = true
    rule.takesFirstSecond = true
    var infectious = InfectiousSpans(subjectCount: files.personCount)
    var asks = PersonSet(capacity: files.personCount)
    for person in 0..<files.personCount { asks.insert(UInt32(person)) }
    for seed in files.cases.prefix(seeds) {
      infectious.from[Int(seed)] = .min
      asks.remove(seed)
    }
    var degrees: [Int] = []
    for number in 1...degree {
      let askers = asks.count
      if number == degree {
        let left = view.withoutPartner(
          infectious: infectious, asks: asks, rule: rule, threads: threads)
        degrees.append(askers - left.count)
        break
      }
      var moments = [Int32](repeating: .max, count: files.personCount)
      view.improveMoments(
        infectious: infectious, asks: asks, rule: rule, threads: threads, moments: &moments)
      infectious = InfectiousSpans(subjectCount: files.personCount)
      infectious.from = moments
      for (person, moment) in moments.enumerated() where moment != .max {
        asks.remove(UInt32(person))
      }
      degrees.append(askers - asks.count)
    }
    return degrees
  }

  /// Reads the lines `… seeds=10 F1=… F2=… wall 2.7 cpu 5.3` of as many seeds.
  private func peerCost(_ said: String) -> Cost? {
    var costs: [Cost] = []
    for line in said.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.contains("seeds=\(seeds)"), let wall = words.firstIndex(of: "wall"),
        let processor = words.firstIndex(of: "cpu"), processor + 1 < words.count,
        let wallSeconds = Double(words[wall + 1]), let seconds = Double(words[processor + 1])
      else { continue }
      costs.append(Cost(wall: wallSeconds, processor: seconds))
    }
    return costs.isEmpty
      ? nil
      : Cost(
        wall: JoinBenchmark.median(costs.map(\.wall)),
        processor: JoinBenchmark.median(costs.map(\.processor)))
  }
}
