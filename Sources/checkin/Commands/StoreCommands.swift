internal import CommandKit
internal import ExposureStorage
internal import JSONText
internal import Presence
internal import VenueCodes

/// `checkin store backup`: copies the store while it is in use.
struct StoreBackupCommand: Sendable {
  var folder = Path("")

  static let command = Command(
    "backup", "Copies the store into a folder, while it is in use", StoreBackupCommand(),
    [.argument("FOLDER", \.folder, help: "A folder of its own, new or with an earlier backup")],
    discussion: """
      All that was acknowledged before is in the copy. Into the folder of an earlier backup only the \
      days that changed are copied; the earlier backup stays valid until the new one is whole.

      The keys are copied as they are sealed. What opens them, the key file beside the store or the \
      passphrase, is not: keep it elsewhere. Tables that are derived from the evidence are left out.
      """,
    examples: [Example("checkin store backup /mnt/backup/checkin", "Copy what changed")],
    run: { options, context in try options.run(context) })

  private func run(_ context: Context) throws -> ExitStatus {
    let store = try Workspace(context).store()
    let report = try store.backUp(to: folder.string, now: context.now())
    try store.audit(
      context.auditNote(
        "store backup", folder.string, detail: counted(report.copiedDays.count, "day")))
    try store.close()
    if context.json {
      try context.output.json { json in
        json.object {
          $0.field("folder", folder.string)
          $0.field("bytes", report.bytes)
          $0.field("days_copied", report.copiedDays.map { "\($0)" })
          $0.field("days_unchanged", report.keptDays.map { "\($0)" })
        }
      }
      return .done
    }
    try context.output.line(
      "\(folder.string): \(counted(report.copiedDays.count, "day")) copied, "
        + "\(grouped(report.keptDays.count)) unchanged, \(grouped(report.bytes)) bytes in all")
    return .done
  }
}

/// `checkin store restore`: makes a store of a backup.
struct StoreRestoreCommand: Sendable {
  var folder = Path("")

  static let command = Command(
    "restore", "Makes a store of a backup, where there is none", StoreRestoreCommand(),
    [.argument("FOLDER", \.folder, help: "The folder of the backup")],
    shared: [.dryRun],
    discussion: """
      Every file is checked first, and the store appears whole or not at all. Put the key file back \
      beside it, unless a passphrase opens the keys.
      """,
    examples: [
      Example(
        "checkin store restore /mnt/backup/checkin --store ./store", "Begin again from a copy")
    ],
    run: { options, context in try options.run(context) })

  private func run(_ context: Context) throws -> ExitStatus {
    if context.isDryRun {
      let problems = try ExposureStore.problemsOfBackup(in: folder.string)
      for problem in problems { try context.output.line(problem) }
      if problems.isEmpty { context.talk.note("the backup in \(folder.string) is whole") }
      return problems.isEmpty ? .done : .failed
    }
    let report = try ExposureStore.restore(at: context.store, from: folder.string)
    let store = try ExposureStore.open(at: context.store)
    try store.audit(
      context.auditNote(
        "store restore", folder.string, detail: counted(report.days.count, "day")))
    let madeAt = ISO8601.format(report.madeAt, in: store.calendar)
    try store.close()
    if context.json {
      try context.output.json { json in
        json.object {
          $0.field("store", context.store)
          $0.field("backup_made_at", madeAt)
          $0.field("days", report.days.map { "\($0)" })
        }
      }
      return .done
    }
    try context.output.line(
      "\(context.store): \(counted(report.days.count, "day")) of evidence as of \(madeAt)")
    return .done
  }
}

/// `checkin store verify`: looks at every byte of the store.
struct StoreVerifyCommand: Sendable {
  static let command = Command(
    "verify", "Looks at every byte of the store, and says what is wrong", StoreVerifyCommand(), [],
    discussion: """
      Reads every row and checks it, the databases' own structure, that every person and gateway a row \
      names is known, that every id leads to its one row, the chain of the audit log, and the derived \
      tables. Takes about a second for ten million rows.
      """,
    run: { _, context in try run(context) })

  private static func run(_ context: Context) throws -> ExitStatus {
    let workspace = Workspace(context)
    // Ids are looked up as appending does; a store that others own is checked without.
    let store = try (try? workspace.store()) ?? workspace.store(.readOnly)
    let check = try store.verify()
    if context.json {
      try context.output.json { json in
        json.object {
          $0.field("sound", check.problems.isEmpty)
          $0.field("rows", check.rows)
          $0.field("problems", check.problems)
        }
      }
    } else {
      for problem in check.problems { try context.output.line(problem) }
      context.talk.note(
        check.problems.isEmpty
          ? "sound: \(counted(check.rows, "row")) in \(counted(check.days, "day"))"
          : counted(check.problems.count, "problem"))
    }
    return check.problems.isEmpty ? .done : .failed
  }
}

/// `checkin store stats`: how much there is, and what it takes.
struct StoreStatsCommand: Sendable {
  static let command = Command(
    "stats", "Says how much evidence there is, and what it takes on the disk", StoreStatsCommand(),
    [],
    run: { _, context in try run(context) })

  private static func run(_ context: Context) throws -> ExitStatus {
    let store = try Workspace(context).store(.readOnly)
    let figures = try store.statistics()
    let sightings = try store.sightingStatistics()
    if context.json {
      try context.output.json { json in
        json.object { json in
          json.field("rows", figures.rows)
          json.field("people", figures.people)
          json.field("cases", figures.cases)
          json.field("conflicts", figures.conflicts)
          json.field("aliases", figures.aliases)
          json.key("sightings")
          json.object { json in
            json.field("rows", sightings.rows)
            for (name, count) in fates(sightings) { json.field(name.key, count) }
          }
          json.key("bytes")
          json.object {
            $0.field("log", figures.logBytes)
            $0.field("ids", figures.idBytes)
            $0.field("segments", figures.segmentBytes)
            $0.field("catalog", figures.catalogBytes)
          }
          json.key("days")
          json.array(figures.days) { json, day in
            json.object {
              $0.field("day", "\(day.day)")
              $0.field("rows", day.rows)
              $0.field("bytes", day.bytes)
            }
          }
        }
      }
      return .done
    }
    var table = Table([.whole("Day"), .right("Rows"), .right("Bytes"), .right("Bytes a row")])
    for day in figures.days {
      table.append("\(day.day)", grouped(day.rows), grouped(day.bytes), each(day.bytes, day.rows))
    }
    try context.output.table(table)
    var sums = Table(["", .right(""), .right("Bytes a row")])
    sums.append("Rows", grouped(figures.rows), "")
    sums.append("People", grouped(figures.people), "")
    sums.append("Cases", grouped(figures.cases), "")
    sums.append("Refused for an id in use", grouped(figures.conflicts), "")
    sums.append("Identifiers with an owner", grouped(figures.aliases), "")
    sums.append("Sightings by Bluetooth", grouped(sightings.rows), "")
    for (name, count) in fates(sightings) where count > 0 {
      sums.append("  " + name.words, grouped(count), "")
    }
    for (name, bytes) in [
      ("Evidence, bytes", figures.logBytes), ("Table of ids, bytes", figures.idBytes),
      ("Segments, bytes", figures.segmentBytes), ("Catalog, bytes", figures.catalogBytes),
    ] {
      sums.append(name, grouped(bytes), each(bytes, figures.rows))
    }
    try context.output.table(sums)
    return .done
  }

  /// What became of sightings: each is in one of these.
  private static func fates(
    _ sightings: SightingStatistics
  ) -> [(name: (key: StaticString, words: String), count: Int)] {
    [
      (("used", "in encounters"), sightings.used),
      (("unresolved", "of identifiers that nobody knows yet"), sightings.unresolved),
      (("ambiguous", "of identifiers that several claim"), sightings.ambiguous),
      (("outside_slot", "of identifiers outside their time"), sightings.outsideSlot),
      (("expired", "of expired identifiers"), sightings.expired),
      (("unreadable", "of unreadable identifiers"), sightings.unreadable),
      (("undated", "without a moment"), sightings.undated),
      (("without_strength", "without a strength"), sightings.withoutStrength),
      (("of_oneself", "of one's own phone"), sightings.ofOneself),
      (("refused", "refused for another reason"), sightings.refused),
      (("by_gateways", "by gateways"), sightings.byGateways),
    ]
  }

  /// How many bytes a row takes, with one decimal.
  private static func each(_ bytes: Int, _ rows: Int) -> String {
    guard rows > 0 else { return "" }
    let tenths = (bytes * 10 + rows / 2) / rows
    return "\(grouped(tenths / 10)).\(tenths % 10)"
  }
}
