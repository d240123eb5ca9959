internal import CommandKit
internal import Presence

/// The benchmarks: what the program does, timed beside what others would do it with.
@main
enum Bench {
  static let program = Program(
    name: "checkin-bench", version: "0.1.0",
    summary: "Measures checkin beside its peers, in one run",
    readTime: { word throws(InvalidArgument) in
      do {
        return try ISO8601.parse(word)
      } catch {
        throw InvalidArgument("\(error)")
      }
    }
  ) {
    [
      VerifyBenchmark.command.erased, CodesBenchmark.command.erased,
      PostersBenchmark.command.erased, ReadingBenchmark.command.erased,
      BluezoneBenchmark.command.erased, ImportBenchmark.command.erased,
      IngestBenchmark.command.erased, SegmentsBenchmark.command.erased,
      CityBenchmark.command.erased, JoinBenchmark.command.erased, DegreesBenchmark.command.erased,
      TraceBenchmark.command.erased, TracePeersBenchmark.command.erased,
      TraceEncountersBenchmark.command.erased,
      GatewayBenchmark.command.erased, EvidenceBenchmark.command.erased,
      StartBenchmark.command.erased, PlotBenchmark.command.erased,
      .group(
        "evaluate", "Measures what contacts are named, on real contacts and real hearing",
        [EvaluateDistance.command.erased, EvaluateContacts.command.erased]),
      AllBenchmarks.command.erased,
    ]
  }

  static func main() {
    program.main()
  }
}

/// `checkin-bench all`: every benchmark with its usual sizes.
struct AllBenchmarks: Benchmark {
  var setting = BenchmarkSetting()

  static let command = Command(
    "all", "Runs every benchmark with its usual sizes", AllBenchmarks(),
    settingParameters,
    run: { options, context in
      try StartBenchmark(setting: options.setting).run(context)
      try VerifyBenchmark(setting: options.setting).run(context)
      try CodesBenchmark(setting: options.setting).run(context)
      try PostersBenchmark(setting: options.setting).run(context)
      try BluezoneBenchmark(setting: options.setting).run(context)
      try ImportBenchmark(setting: options.setting).run(context)
      try IngestBenchmark(setting: options.setting).run(context)
      try TraceBenchmark(setting: options.setting).run(context)
      try SegmentsBenchmark(setting: options.setting).run(context)
      return .done
    })
}
