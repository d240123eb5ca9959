internal import CommandKit
internal import Evaluation
internal import FoundationEssentials
internal import JSONText

/// `checkin-bench evaluate contacts`: naming real contacts from the evidence they would have left.
struct EvaluateContacts: Sendable {
  var contacts: [Path] = []
  var radio: [Path] = []
  var adoptions = [0.24, 0.4, 0.6]
  var seed = 1
  var repetitions = 3
  var resamples = 400
  var minutes = 5
  var squareMetres = 20.0
  var excursions = 0.0
  var deaf = 0.35
  var lingering = 5
  var plots: Path?

  static let command = Command(
    "contacts", "Names real contacts from check-ins and real hearing", EvaluateContacts(),
    [
      .options(
        "--contacts", \.contacts, minimum: 1, completes: .files,
        help: "Lists of contacts, lines 't i j'; plain, gzip, or a ZIP of one file"),
      .options(
        "--radio", \.radio, minimum: 1, completes: .files,
        help: "SQLite files of the DP-3T experiment 05, replayed by true distance"),
      .options(
        "--adoption", \.adoptions, separatedBy: ",", value: "SHARE",
        help: "Shares of people with the app"),
      .option("--seed", \.seed, in: 0...1_000_000, help: "What all draws follow from"),
      .option(
        "--repetitions", \.repetitions, in: 1...100, help: "How often it is run with new draws"),
      .option(
        "--resamples", \.resamples, in: 0...100_000,
        help: "How often people are drawn anew for the intervals"),
      .option(
        "--minutes", \.minutes, in: 1...600, help: "The minutes of contact a day to be found"),
      .option(
        "--area", \.squareMetres, in: 1...10_000, value: "M2",
        help: "Square metres for each person who is there: how near strangers are"),
      .option(
        "--excursions", \.excursions, in: 0...0.9, value: "SHARE",
        help: "The share of their time that people are anywhere but at their own place"),
      .option(
        "--deaf", \.deaf, in: 0...1, value: "SHARE",
        help: "The share of phones that hear half of the time, and each other never"),
      .option(
        "--lingering", \.lingering, in: 0...120, value: "MINUTES",
        help: "Minutes before and after a contact in which the two are 2 to 4 m apart"),
      .option("--plots", \.plots, completes: .directories, help: "A folder for SVG files"),
    ],
    discussion: """
      Who was in contact is real. Check-ins follow from the first and the last contact of a day; exits \
      are thinned to 1.29 scans a person, and a visit without one ends by the usual stay. Who has the app \
      and where strangers stand is drawn; what phones hear is replayed, block by block, from pairs of \
      phones at the true distance, and a phone keeps what it adds all day. All methods rank the same \
      pairs by the same evidence. 'reachable' are pairs with the app on both sides; contacts of which \
      neither phone ever heard the other are left out there and counted in 'both_with_app' and \
      'everyone'. The model is the product's own and learns nothing here. 'ble_best_threshold' is chosen \
      on the data tested, in its favour.
      """,
    run: { options, context in
      try options.run(context)
      return .done
    })

  /// What one adoption gave.
  private struct Outcome {
    var adoption: Double
    var experiment: ContactExperiment
    var results: [ContactExperiment.Result]
    var calibrations:
      [(
        candidates: ContactExperiment.Candidates, source: String, calibration: Calibration
      )]
  }

  private func run(_ context: Context) throws {
    let sources = try contacts.map { try StudyFiles.contacts($0, context) }
    let scenarios = try radio.map { try StudyFiles.scenario($0) }
    var outcomes: [Outcome] = []
    for adoption in adoptions {
      guard (0...1).contains(adoption) else {
        throw CommandError("an adoption of \(adoption) is no share", hint: "give 0 to 1")
      }
      try context.interruption.check()
      guard
        let experiment = ContactExperiment(
          sources, scenarios: scenarios, setting: setting(adoption), repetitions: repetitions,
          seed: UInt64(seed))
      else {
        throw CommandError(
          "no pair of phones has two minutes of a known distance in the --radio files",
          hint: "give files with distances", code: "no-distances")
      }
      let results = ContactExperiment.Candidates.allCases.flatMap {
        experiment.results($0, adoption: adoption, resamples: resamples)
      }
      let calibrations = [ContactExperiment.Candidates.bothWithApp, .everyone].flatMap { chosen in
        experiment.calibrations(chosen).map { (chosen, $0.source, $0.calibration) }
      }
      outcomes.append(
        Outcome(
          adoption: adoption, experiment: experiment, results: results,
          calibrations: calibrations))
    }
    try draw(outcomes)
    if context.json {
      try context.output.json { write(outcomes, to: &$0) }
    } else {
      try print(outcomes, context.output)
    }
    try context.output.flush()
  }

  private func setting(_ adoption: Double) -> ContactSetting {
    var setting = ContactSetting()
    setting.contactSeconds = Int64(minutes) * 60
    setting.adoption = adoption
    setting.squareMetresPerPerson = squareMetres
    setting.excursionShare = excursions
    setting.deafShare = deaf
    setting.lingeringMinutes = Int64(lingering)
    return setting
  }

  private func draw(_ outcomes: [Outcome]) throws {
    guard let plots else { return }
    try FileManager.default.createDirectory(
      atPath: plots.string, withIntermediateDirectories: true)
    let curves = outcomes.map { outcome in
      (
        title: "\(Figures.text(100 * outcome.adoption, decimals: 0)) % with the app",
        curves: outcome.experiment.curves(.reachable)
      )
    }
    let calibrations = outcomes.compactMap { outcome in
      outcome.calibrations.first { $0.candidates == .bothWithApp }.map {
        (
          title: "\(Figures.text(100 * outcome.adoption, decimals: 0)) % with the app",
          calibration: $0.calibration
        )
      }
    }
    try Data(EvaluationPlots.precisionRecall(curves).utf8)
      .write(to: URL(filePath: plots.string + "/contacts.svg"))
    try Data(EvaluationPlots.calibration(calibrations).utf8)
      .write(to: URL(filePath: plots.string + "/calibration.svg"))
  }

  // MARK: JSON

  private func write(_ outcomes: [Outcome], to json: inout JSONWriter) {
    json.object { json in
      json.field("task", "contacts")
      json.field("seed", seed)
      json.field("repetitions", repetitions)
      json.field("resamples", resamples)
      json.field("contacts", contacts.map { StudyFiles.name($0) })
      json.field("radio", radio.map { StudyFiles.name($0) })
      json.field("assumptions") { json in
        let setting = setting(0)
        json.object { json in
          json.field("contact_seconds", setting.contactSeconds)
          json.field("scans_per_person", setting.scansPerPerson)
          json.field("deaf_share", setting.deafShare)
          json.field("deaf_minutes", setting.deafMinutes)
          json.field("square_metres_per_person", setting.squareMetresPerPerson)
          json.field("excursion_share", setting.excursionShare)
          json.field("lingering_minutes", setting.lingeringMinutes)
        }
      }
      json.field("recalls") { json in
        json.array(ContactExperiment.recalls) { $0.number($1) }
      }
      json.field("lists") { json in
        json.array(outcomes.first?.experiment.summaries ?? []) { json, summary in
          json.object { json in
            json.field("name", summary.name)
            json.field("days", summary.days)
            json.field("attendances", summary.attendances)
            json.field("pairs", summary.pairs)
            json.field("contacts", summary.contacts)
            json.field("contacts_per_person", summary.contactsPerPerson)
          }
        }
      }
      json.field("results") { json in
        json.array { json in
          for outcome in outcomes {
            for result in outcome.results { Self.write(result, outcome.adoption, to: &json) }
          }
        }
      }
      json.field("calibration") { json in
        json.array { json in
          for outcome in outcomes {
            for entry in outcome.calibrations {
              Self.write(
                entry.calibration, entry.source, entry.candidates, outcome.adoption, to: &json)
            }
          }
        }
      }
    }
  }

  private static func write(
    _ result: ContactExperiment.Result, _ adoption: Double, to json: inout JSONWriter
  ) {
    json.object { json in
      json.field("list", result.source)
      json.field("adoption", adoption)
      json.field("candidates", result.candidates.rawValue)
      json.field("pairs", result.pairs)
      json.field("contacts", result.contacts)
      json.field("methods") { json in
        json.array(result.rows) { json, row in
          json.object { json in
            json.field("name", row.method.rawValue)
            json.field("at") { json in
              json.array(ContactExperiment.recalls.indices) { json, place in
                json.object { json in
                  json.field("recall", ContactExperiment.recalls[place])
                  write(row.precision[place], "precision", "low", "high", to: &json)
                  json.field("list_length", row.listLength[place])
                  write(
                    row.fusedOverThis[place], "fused_ratio", "fused_ratio_low",
                    "fused_ratio_high", to: &json)
                  if let thresholds = row.thresholds {
                    json.field("threshold", thresholds[place])
                  }
                }
              }
            }
          }
        }
      }
    }
  }

  private static func write(
    _ estimate: Estimate, _ value: StaticString, _ low: StaticString, _ high: StaticString,
    to json: inout JSONWriter
  ) {
    json.field(value, estimate.value)
    json.field(low, estimate.low)
    json.field(high, estimate.high)
  }

  private static func write(
    _ calibration: Calibration, _ source: String, _ candidates: ContactExperiment.Candidates,
    _ adoption: Double, to json: inout JSONWriter
  ) {
    func bins(_ bins: [Calibration.Bin], to json: inout JSONWriter) {
      json.array(bins) { json, bin in
        json.object { json in
          json.field("count", bin.count)
          json.field("predicted", bin.predicted)
          json.field("observed", bin.observed)
        }
      }
    }
    json.object { json in
      json.field("list", source)
      json.field("adoption", adoption)
      json.field("candidates", candidates.rawValue)
      json.field("brier", calibration.brier)
      json.field("brier_of_base", calibration.brierOfBase)
      json.field("expected_calibration_error", calibration.error)
      json.field("bins") { bins(calibration.bins, to: &$0) }
      json.field("deciles") { bins(calibration.deciles, to: &$0) }
    }
  }

  // MARK: Text

  private func print(_ outcomes: [Outcome], _ output: Output) throws {
    if let summaries = outcomes.first?.experiment.summaries {
      var lists = Table([
        "LIST", .right("DAYS"), .right("PERSON-DAYS"), .right("PAIRS"), .right("CONTACTS"),
        .right("CONTACTS A PERSON"),
      ])
      for summary in summaries {
        lists.append(
          summary.name, "\(summary.days)", "\(summary.attendances)", "\(summary.pairs)",
          "\(summary.contacts)", Figures.text(summary.contactsPerPerson, decimals: 2))
      }
      try output.table(lists)
      try output.line()
    }
    var table = Table([
      "LIST", .right("ADOPTION"), "PAIRS RANKED", .right("CONTACTS"), "METHOD", .right("RECALL"),
      .right("PRECISION"), .right("95 %"), .right("LIST"), .right("FUSED ×"), .right("95 %"),
    ])
    for outcome in outcomes {
      for result in outcome.results {
        for row in result.rows {
          for (place, recall) in ContactExperiment.recalls.enumerated() {
            table.append(
              result.source, Figures.text(outcome.adoption, decimals: 2),
              result.candidates.rawValue, "\(result.contacts)", row.method.rawValue,
              Figures.text(recall, decimals: 1), Figures.text(row.precision[place].value),
              Figures.interval(row.precision[place]),
              Figures.text(row.listLength[place], decimals: 1),
              Figures.text(row.fusedOverThis[place].value, decimals: 2),
              Figures.interval(row.fusedOverThis[place], decimals: 2))
          }
        }
      }
    }
    try output.table(table)
    try output.line()
    var calibration = Table([
      "LIST", .right("ADOPTION"), "PAIRS", .right("BRIER"), .right("OF BASE"),
      .right("CALIBRATION ERROR"),
    ])
    for outcome in outcomes {
      for entry in outcome.calibrations {
        calibration.append(
          entry.source, Figures.text(outcome.adoption, decimals: 2), entry.candidates.rawValue,
          Figures.text(entry.calibration.brier, decimals: 5),
          Figures.text(entry.calibration.brierOfBase, decimals: 5),
          Figures.text(entry.calibration.error, decimals: 5))
      }
    }
    try output.table(calibration)
  }
}
