internal import CommandKit
internal import ExposureStorage
internal import JSONText
internal import Presence
internal import VenueCodes

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

/// `checkin audit verify`: checks that no line of the log was changed, taken out or cut off.
struct AuditVerifyCommand: Sendable {
  var checkpoint: Path?

  static let command = Command(
    "verify", "Checks that no line of the audit log was changed, taken out or cut off",
    AuditVerifyCommand(),
    [
      .option(
        "--checkpoint", \.checkpoint,
        help: "Compare with the checkpoints of this file, which was kept elsewhere")
    ],
    discussion: """
      Each line holds a digest of the one before, which shows what was changed inside the log. That its \
      end was cut off, or that all of it was written anew, shows beside a checkpoint: one in the \
      store's folder, and better one that was kept where nobody who can change the store can reach it.
      """,
    examples: [
      Example(
        "checkin audit verify --checkpoint /mnt/safe/audit.checkpoints",
        "Compare with what was kept elsewhere")
    ],
    run: { options, context in try options.run(context) })

  private func run(_ context: Context) throws -> ExitStatus {
    let workspace = Workspace(context)
    let store = try workspace.store(.readOnly)
    let verdict = try store.verifyAudit()
    let own = try KeyVault.auditPublicKey(in: workspace.keysFolder)
    let now = context.now()
    let days = try store.retentionPolicy().audit
    var findings: [(checkpoint: AuditCheckpoint, verdict: CheckpointVerdict)] = []
    for one in try store.checkpoints() {
      findings.append((one, try store.compare(one, key: own, at: now)))
    }
    if let checkpoint {
      var file = try InputFile(path: checkpoint.string)
      let bytes = try file.readAll(limit: 1 << 26)
      guard let kept = ExposureStore.checkpoints(in: bytes) else {
        throw CommandError(
          "this is no file of checkpoints, or one of them was changed",
          hint: "each line is one that `checkin audit checkpoint` printed",
          file: checkpoint.string, code: "audit-bad-checkpoint")
      }
      for one in kept { findings.append((one, try store.compare(one, key: own, at: now))) }
    }
    let bad = findings.filter { ![.agrees, .pastRetention].contains($0.verdict) }
    let past = findings.count { $0.verdict == .pastRetention }
    var isWhole = bad.isEmpty
    if case .broken = verdict { isWhole = false }
    if context.json {
      try context.output.json { json in
        json.object { json in
          json.field("intact", isWhole)
          switch verdict {
          case .intact(let count, let head):
            json.field("lines", count)
            json.field("head", AuditText.hexadecimal(head))
          case .broken(let line):
            json.field("broken_at", line)
          }
          json.field("checkpoints", findings.count)
          json.field("past_retention", past)
          json.field("retention_days", days)
          json.field(
            "problems", bad.map { AuditText.words($0.verdict, $0.checkpoint, store.calendar) })
        }
      }
      return isWhole ? .done : .failed
    }
    switch verdict {
    case .intact(let count, let head):
      try context.output.line(
        "\(bad.isEmpty ? "whole" : "its chain is whole"): \(counted(Int(count), "line"))")
      try context.output.line("head: \(AuditText.hexadecimal(head))")
    case .broken(let line):
      try context.output.line(
        context.output.styled(
          "broken: line \(line) was changed, or a line before it was taken out", .red))
    }
    for one in bad {
      try context.output.line(
        context.output.styled(
          "broken: \(AuditText.words(one.verdict, one.checkpoint, store.calendar))", .red))
    }
    if findings.isEmpty {
      context.talk.note("no checkpoint: a log that was cut off at its end looks whole by itself")
    } else if bad.isEmpty, findings.count > past {
      context.talk.note("agrees with \(counted(findings.count - past, "checkpoint"))")
    }
    if past > 0 {
      context.talk.note(
        "\(counted(past, "checkpoint")) could not be compared: their lines are gone, and are older "
          + "than the \(counted(days, "day")) that the store keeps lines")
    }
    return isWhole ? .done : .failed
  }
}

/// `checkin audit checkpoint`: signs what the log is now.
struct AuditCheckpointCommand: Sendable {
  static let command = Command(
    "checkpoint", "Signs what the audit log is now, for keeping elsewhere",
    AuditCheckpointCommand(), [],
    shared: .passphrase,
    discussion: """
      Prints one line, which is also kept beside the keys. Put it where nobody who can change the store \
      can reach it: another machine, a mail, paper. A gateway makes checkpoints by itself.
      """,
    examples: [
      Example(
        "checkin audit checkpoint >> /mnt/safe/audit.checkpoints", "Keep a checkpoint elsewhere")
    ],
    run: { _, context in
      let workspace = Workspace(context)
      let store = try workspace.store()
      let key = try workspace.vault().auditKey()
      let checkpoint: AuditCheckpoint
      do {
        checkpoint = try store.makeCheckpoint(key: key, at: context.now())
      } catch let error as StoreError where error.code == .corrupt {
        throw CommandError(
          "the audit log was changed or cut off, and is not signed",
          hint: "see `checkin audit verify`", code: "audit-broken")
      }
      try store.close()
      if context.json {
        try context.output.json { json in
          json.object {
            $0.field("lines", checkpoint.count)
            $0.field("time", ISO8601.format(checkpoint.time, in: store.calendar))
            $0.field("head", AuditText.hexadecimal(checkpoint.head))
            $0.field("checkpoint", checkpoint.line)
          }
        }
      } else {
        try context.output.line(checkpoint.line)
      }
      return .done
    })
}

/// How lines of the audit log are printed.
enum AuditText {
  /// Returns a digest in hexadecimal digits.
  static func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined()
  }

  /// Says what is wrong beside a checkpoint.
  static func words(
    _ verdict: CheckpointVerdict, _ checkpoint: AuditCheckpoint, _ calendar: LocalCalendar
  ) -> String {
    let which =
      "checkpoint of line \(checkpoint.count) at \(ISO8601.format(checkpoint.time, in: calendar))"
    return switch verdict {
    case .agrees: "agrees with the \(which)"
    case .cutOff(let lines): "\(counted(Int(lines), "line")) less than the \(which): it was cut off"
    case .rewritten: "another line than at the \(which): the log was written anew"
    case .pastRetention: "the \(which) is past retention"
    case .deletedEarly:
      "the line of the \(which) is gone, which is too young for retention: it was deleted"
    case .otherStore: "the \(which) is of another store"
    case .otherKey: "the \(which) is signed with another key than the store's"
    }
  }
}
