internal import CommandKit
internal import Evaluation
internal import FoundationEssentials
internal import JSONText

/// `checkin-bench evaluate distance`: which pairs were within 2 metres for at least 10 minutes.
struct EvaluateDistance: Sendable {
  var train: [Path] = []
  var test: [Path] = []
  var seed = 1
  var resamples = 1_000
  var plots: Path?

  static let command = Command(
    "distance", "Finds pairs that were within 2 m for 10 minutes, in real hearing",
    EvaluateDistance(),
    [
      .options(
        "--train", \.train, minimum: 1, completes: .files,
        help: "SQLite files of the DP-3T experiment 05 to learn from"),
      .options("--test", \.test, completes: .files, help: "Files to test on"),
      .option("--seed", \.seed, in: 0...1_000_000, help: "What all draws follow from"),
      .option(
        "--resamples", \.resamples, in: 0...100_000,
        help: "How often phones are drawn anew for the intervals"),
      .option("--plots", \.plots, completes: .directories, help: "A folder for an SVG file"),
    ],
    discussion: """
      Truth: of an ordered pair, the minutes whose mean distance is known and at most 2 m are at least \
      10. Two numbers are learned from --train when the command runs. Files given to both are tested by \
      folds of phones; without --test each file is tested by what the others taught, and all by folds of \
      phones. Beside it stand 63 dB and the single threshold that was best in training: at least 10 \
      minutes whose least attenuation is at most so many dB. Intervals hold 95 % of the draws of phones.
      """,
    run: { options, context in
      try options.run(context)
      return .done
    })

  private func run(_ context: Context) throws {
    let trained = try tasks(train, context)
    let names = Set(train.map(\.string))
    var experiments: [(validation: String, scores: [DistanceScores])] = []
    func add(_ experiment: DistanceExperiment) {
      experiments.append(
        (
          experiment.validation.rawValue,
          experiment.scores(resamples: resamples, seed: UInt64(seed))
        ))
    }
    let held = test.filter { !names.contains($0.string) }
    let shared = test.filter { names.contains($0.string) }
    if !held.isEmpty { add(DistanceExperiment(train: trained, test: try tasks(held, context))) }
    if test.isEmpty, trained.count > 1 { add(DistanceExperiment(leavingOneOutOf: trained)) }
    if test.isEmpty || !shared.isEmpty {
      let chosen = test.isEmpty ? trained : try tasks(shared, context)
      add(DistanceExperiment(byDeviceWithin: chosen, seed: UInt64(seed)))
    }
    if let plots {
      try FileManager.default.createDirectory(
        atPath: plots.string, withIntermediateDirectories: true)
      let bars = EvaluationPlots.distance(experiments)
      try Data(bars.utf8).write(to: URL(filePath: plots.string + "/distance.svg"))
    }
    if context.json {
      try context.output.json { write(experiments, to: &$0) }
    } else {
      try print(experiments, context.output)
    }
    try context.output.flush()
  }

  private func tasks(_ paths: [Path], _ context: Context) throws -> [DistanceTask] {
    try paths.map { path in
      try context.interruption.check()
      return DistanceTask(try StudyFiles.scenario(path))
    }
  }

  private func write(
    _ experiments: [(validation: String, scores: [DistanceScores])], to json: inout JSONWriter
  ) {
    json.object { json in
      json.field("task", "distance")
      json.field("required_minutes", DistanceTask.requiredMinutes)
      json.field("near_metres", DistanceTask.nearMetres)
      json.field("train", train.map { StudyFiles.name($0) })
      json.field("test", test.map { StudyFiles.name($0) })
      json.field("seed", seed)
      json.field("resamples", resamples)
      if let first = experiments.first, let all = first.scores.first,
        let model = all.methods.first
      {
        json.field("validation", first.validation)
        json.field("f1", model.score.f1)
        json.field("precision", model.score.precision)
        json.field("recall", model.score.recall)
        json.field("f1_low", model.f1.low)
        json.field("f1_high", model.f1.high)
      }
      json.key("results")
      json.array(experiments) { json, experiment in
        json.object { json in
          json.field("validation", experiment.validation)
          json.key("scenes")
          json.array(experiment.scores) { Self.write($1, to: &$0) }
        }
      }
    }
  }

  private static func write(_ scores: DistanceScores, to json: inout JSONWriter) {
    json.object { json in
      json.field("scene", scores.name)
      json.field("pairs", scores.pairs)
      json.field("near", scores.near)
      json.field("methods") { json in
        json.array(scores.methods) { json, method in
          json.object { json in
            json.field("name", method.name)
            if let threshold = method.threshold { json.field("threshold", threshold) }
            json.field("f1", method.score.f1)
            json.field("f1_low", method.f1.low)
            json.field("f1_high", method.f1.high)
            json.field("precision", method.score.precision)
            json.field("recall", method.score.recall)
            json.field("true_positives", Int(method.score.truePositives))
            json.field("false_positives", Int(method.score.falsePositives))
            json.field("false_negatives", Int(method.score.falseNegatives))
          }
        }
      }
      json.field("gain", scores.gain.value)
      json.field("gain_low", scores.gain.low)
      json.field("gain_high", scores.gain.high)
    }
  }

  private func print(
    _ experiments: [(validation: String, scores: [DistanceScores])], _ output: Output
  ) throws {
    var table = Table([
      "VALIDATION", "SCENE", .right("PAIRS"), .right("NEAR"), "ANSWER BY", .right("F1"),
      .right("95 %"), .right("PRECISION"), .right("RECALL"),
    ])
    for experiment in experiments {
      for scores in experiment.scores {
        for method in scores.methods {
          table.append(
            experiment.validation, scores.name, "\(scores.pairs)", "\(scores.near)", method.name,
            Figures.text(method.score.f1), Figures.interval(method.f1),
            Figures.text(method.score.precision), Figures.text(method.score.recall))
        }
      }
    }
    try output.table(table)
  }
}
