internal import CommandKit
internal import DelimitedText
internal import ExposureStorage
internal import JSONText

/// What an import did.
struct ImportSummary {
  let name: String
  var rows = 0
  var stored = 0
  var repeated = 0
  var conflicts = 0
  var rejected = 0
  /// Those of the refused rows that are in no file, because there are too many.
  var unwritten = 0
  var seconds = 0.0
  var rejectedFile: String?
  var examples: [RejectedRow] = []
  var isDryRun = false
  /// Of an import of sightings: the rows all of whose identifiers have a known owner.
  var resolved: Int?
  /// Of an import of sightings: the rows with an identifier that nobody knows yet.
  var unresolved: Int?
  /// The rows that are kept but know no moment.
  var undated: Int?
  /// How many identifiers have an owner now that had none.
  var identifiers: Int?
  /// Of an import of keys: the sightings in the store that are of one of the keys.
  var sightings: Int?

  init(name: String) {
    self.name = name
  }

  /// Counts what became of a batch of evidence; returns the places of rows in conflict.
  mutating func count(_ outcomes: [AppendOutcome]) -> [Int] {
    var conflicting: [Int] = []
    for (place, outcome) in outcomes.enumerated() {
      switch outcome {
      case .stored: stored += 1
      case .repeated: repeated += 1
      case .conflict:
        conflicts += 1
        conflicting.append(place)
      }
    }
    return conflicting
  }

  /// Prints the counts and the first refusals.
  func report(_ context: Context) throws -> ExitStatus {
    for row in examples {
      context.talk.warning(
        RejectedFile.words(for: row.reason, column: row.column, line: row.line, of: name))
    }
    if let rejectedFile {
      context.talk.note(RejectedFile.words(for: rejected + conflicts - unwritten, in: rejectedFile))
    }
    if context.json {
      try context.output.json { json in
        json.object {
          $0.field("rows", rows)
          $0.field("stored", stored)
          $0.field("repeated", repeated)
          $0.field("conflicts", conflicts)
          $0.field("rejected", rejected)
          if let resolved { $0.field("resolved", resolved) }
          if let unresolved { $0.field("unresolved", unresolved) }
          if let undated { $0.field("undated", undated) }
          if let identifiers { $0.field("identifiers", identifiers) }
          if let sightings { $0.field("sightings", sightings) }
          $0.field("rejected_file", rejectedFile)
          $0.field("dry_run", isDryRun)
        }
      }
    } else {
      let rate = seconds > 0.5 ? ", \(grouped(Int(Double(rows) / seconds))) rows/s" : ""
      try context.output.line(
        "\(counted(rows, "row")): \(grouped(stored)) \(isDryRun ? "would be " : "")stored, "
          + "\(grouped(repeated)) known already, \(grouped(conflicts)) in conflict, "
          + "\(grouped(rejected)) refused\(rate)")
      if let resolved, let unresolved {
        try context.output.line(
          "\(counted(unresolved, "row")) with an identifier that nobody knows yet, "
            + "\(grouped(resolved)) with known ones only")
      }
      if let undated, undated > 0 {
        try context.output.line(
          "\(counted(undated, "row")) without a moment: kept and shown, and not counted")
      }
      if let identifiers, identifiers > 0 || sightings != nil {
        try context.output.line(
          "\(counted(identifiers, "identifier")) of known owners more"
            + (sightings.map { "; \(counted($0, "sighting")) of them in the store" } ?? ""))
      }
    }
    return rejected + conflicts == 0 ? .done : .partly
  }
}
