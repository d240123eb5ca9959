internal import CommandKit

/// `checkin-bench start`: how long the program takes to come up.
struct StartBenchmark: Benchmark {
  var setting = BenchmarkSetting()

  static let command = Command(
    "start", "Times the start of the program", StartBenchmark(), settingParameters,
    run: { options, context in
      try options.run(context)
      return .done
    })

  func run(_ context: Context) throws {
    let surroundings = Surroundings(setting)
    var race = Race(
      "start", unit: "starts",
      remarks: ["from the call of posix_spawn to the end of the process, output read"])
    var contestants: [Contestant] = []
    func add(_ program: String, _ arguments: [String], as name: String) {
      contestants.append(
        Contestant(measuringItself: {
          let child = try ChildProcess.runSuccessfully(program, arguments)
          return [Run(name: name, count: 1, cost: child.cost)]
        }))
    }
    if let checkin = surroundings.checkin {
      add(checkin, ["--version"], as: "checkin --version")
      add(checkin, ["--help"], as: "checkin --help")
    } else {
      race.absent.append("checkin (build it beside this program)")
    }
    add("/bin/true", [], as: "/bin/true")
    if surroundings.hasPython() {
      add(surroundings.python, ["-c", "pass"], as: "python -c pass")
    }
    try race.run(contestants, repetitions: setting.repetitions ?? 100, context)
    try race.report(context)
  }
}
