internal import CommandKit
internal import ExposureStorage
internal import JSONText
internal import Presence

/// `checkin audit show`: prints who asked and did what, and for what purpose.
struct AuditShowCommand: Sendable {
  var last = 100

  static let command = Command(
    "show", "Prints who asked and did what, and for what purpose", AuditShowCommand(),
    [.option("--last", \.last, in: 1...1_000_000, help: "How many of the newest lines")],
    discussion: "With --json, one object a line, oldest first.",
    examples: [Example("checkin audit show --last 20", "See the newest questions")],
    run: { options, context in try options.run(context) })

  private func run(_ context: Context) throws -> ExitStatus {
    let store = try Workspace(context).store(.readOnly)
    let entries = try store.auditEntries(limit: last)
    if context.json {
      var lines = JSONLines(to: context.output)
      for entry in entries {
        try lines.object {
          $0.field("line", entry.sequence)
          $0.field("time", ISO8601.format(entry.note.at, in: store.calendar))
          $0.field("actor", entry.note.actor)
          $0.field("action", entry.note.action)
          $0.field("object", entry.note.object)
          $0.field("purpose", entry.note.purpose)
          $0.field("detail", entry.note.detail)
          $0.field("hash", AuditText.hexadecimal(entry.hash))
        }
      }
      try lines.finish()
      return .done
    }
    var table = Table([
      .right("Line"), .whole("Time"), "Who", .whole("Action"), .whole("Object"), "Purpose",
      "Detail",
    ])
    for entry in entries {
      table.append(
        "\(entry.sequence)", ISO8601.format(entry.note.at, in: store.calendar), entry.note.actor,
        entry.note.action, entry.note.object, entry.note.purpose, entry.note.detail)
    }
    try context.output.table(table)
    return .done
  }
}

/// `checkin audit verify`: checks that no line of the log was changed or taken out.
struct AuditVerifyCommand: Sendable {
  static let command = Command(
    "verify", "Checks that no line of the audit log was changed or taken out",
    AuditVerifyCommand(), [],
    discussion: """
      Each line holds a digest of the one before. A log that was cut off at its end looks whole by \
      itself: note the count and the head that this prints somewhere else, and compare.
      """,
    run: { _, context in try run(context) })

  private static func run(_ context: Context) throws -> ExitStatus {
    let verdict = try Workspace(context).store(.readOnly).verifyAudit()
    if context.json {
      try context.output.json { json in
        json.object {
          switch verdict {
          case .intact(let count, let head):
            $0.field("intact", true)
            $0.field("lines", count)
            $0.field("head", AuditText.hexadecimal(head))
          case .broken(let line):
            $0.field("intact", false)
            $0.field("broken_at", line)
          }
        }
      }
    } else {
      switch verdict {
      case .intact(let count, let head):
        try context.output.line("whole: \(counted(Int(count), "line"))")
        try context.output.line("head: \(AuditText.hexadecimal(head))")
      case .broken(let line):
        try context.output.line(
          context.output.styled(
            "broken: line \(line) was changed, or a line before it was taken out", .red))
      }
    }
    if case .broken = verdict { return .failed }
    return .done
  }
}

/// How lines of the audit log are printed.
enum AuditText {
  /// Returns a digest in hexadecimal digits.
  static func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined()
  }
}
