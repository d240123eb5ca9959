internal import CommandKit
internal import ExposureAnswers
internal import ExposureStorage
internal import Presence
internal import Tracing

extension ExposureCommand {
  /// The options of the answers with probabilities; apart, for the compiler's sake.
  static let contactParameters: [Parameter<ExposureCommand>] = [
    .flag(
      "--ranked", \.ranked,
      help: "With --case: the contacts by the probability that they met the case"),
    .option("--limit", \.limit, in: 1...Int.max, help: "With --ranked: at most so many"),
    .option(
      "--at-least", \.atLeast, in: 0...1, value: "P",
      help: "With --ranked: only those of this probability or more"),
    .option(
      "--explain", \.explain, value: "PERSON",
      help: "With --case: why this contact has the probability it has, line by line"),
  ]

  /// Whether the contacts of a case are asked for by probability.
  var asksForProbability: Bool { ranked || explain != nil }

  /// Refuses what does not go with `--ranked` or `--explain`, or not without them.
  func refuseOptionsOfOtherLists() throws(UsageError) {
    if asksForProbability, venue != nil || subject != nil || caseID == nil {
      throw UsageError(
        "\(ranked ? "--ranked" : "--explain") is for the contacts of a case",
        hint: "give --case, and neither --venue nor --subject")
    }
    if ranked, explain != nil {
      throw UsageError("--ranked and --explain exclude each other", hint: "give one of them")
    }
    if asksForProbability, degree != 1 {
      throw UsageError(
        "\(ranked ? "--ranked" : "--explain") knows contacts of the first degree only",
        hint: "leave out --degree")
    }
    if asksForProbability, rules?.contains(",") == true {
      throw UsageError(
        "\(ranked ? "--ranked" : "--explain") judges by one rule set",
        hint: "give one to --rules, or leave out \(ranked ? "--ranked" : "--explain")")
    }
    if !ranked, limit != nil || atLeast != 0 {
      throw UsageError("--limit and --at-least are for --ranked", hint: "add --ranked")
    }
  }

  /// Answers with the contacts of a case by probability, or explains one of them.
  func contacts(of id: String, _ context: Context) throws -> ExitStatus {
    let workspace = Workspace(context)
    let registry = try workspace.registry()
    let store = try workspace.store()
    guard let record = try store.caseRecord(id) else { throw CaseText.unknown(id) }
    let history = try workspace.history(store: store, registry: registry)
    let person = try explain.map {
      try workspace.person(
        named: $0, by: "--explain", in: history, store: store, registry: registry)
    }
    let report = try ContactReport(
      workspace: workspace, store: store, registry: registry, history: history, rules: rules,
      subjects: subjects, record: record, explaining: person)
    // To look at one contact is to look a person up.
    if let person {
      try note(
        "exposure contact", "\(person)", "of case \(id), rules \(report.rules.id)", store, context)
    } else {
      try note("exposure case", id, "ranked, rules \(report.rules.id)", store, context)
    }
    var isFound = true
    if let person, let explain {
      isFound = try report.printExplanation(of: person, called: explain)
    } else {
      try report.printRanking(limit: limit, atLeast: atLeast)
    }
    try store.close()
    return isFound ? .done : .failed
  }
}
