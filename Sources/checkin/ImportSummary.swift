internal import CommandKit
internal import DelimitedText

/// What an import did.
struct ImportSummary {
  let name: String
  var rows = 0
  var stored = 0
  var repeated = 0
  var conflicts = 0
  var rejected = 0
  var seconds = 0.0
  var rejectedFile: String?
  var examples: [RejectedRow] = []
  var isDryRun = false

  init(name: String) {
    self.name = name
  }

  /// Prints the counts and the first refusals.
  func report(_ context: Context) throws -> ExitStatus {
    for row in examples {
      context.talk.warning(
        RejectedFile.words(for: row.reason, column: row.column, line: row.line, of: name))
    }
    if let rejectedFile {
      context.talk.note(RejectedFile.words(for: rejected + conflicts, in: rejectedFile))
    }
    if context.json {
      try context.output.json { json in
        json.object {
          $0.field("rows", rows)
          $0.field("stored", stored)
          $0.field("repeated", repeated)
          $0.field("conflicts", conflicts)
          $0.field("rejected", rejected)
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
    }
    return rejected + conflicts == 0 ? .done : .partly
  }
}
