internal import CommandKit
internal import ExposureStorage
internal import JSONText
internal import Presence
internal import VenueCodes

/// `checkin key list`: prints the signing keys.
struct KeyListCommand: Sendable {
  static let command = Command(
    "list", "Prints the signing keys", KeyListCommand(), [],
    run: { _, context in try run(context) })

  private static func run(_ context: Context) throws -> ExitStatus {
    let workspace = Workspace(context)
    let calendar = try workspace.store(.readOnly).calendar
    let keys = try KeyVault.keySet(in: workspace.keysFolder).keys
    if context.json {
      try context.output.json { json in
        json.array(keys) { json, key in
          json.object { json in key.write(to: &json, in: calendar, now: context.now()) }
        }
      }
      return .done
    }
    var table = Table([
      .right("Key"), "State", .whole("Not before"), .whole("Not after"), .whole("Revoked"),
    ])
    for key in keys {
      table.append(
        "\(key.id)", key.state(at: context.now()), ISO8601.format(key.notBefore, in: calendar),
        ISO8601.format(key.notAfter, in: calendar),
        key.revokedAt.map { ISO8601.format($0, in: calendar) } ?? "")
    }
    try context.output.table(table)
    return .done
  }
}

extension PublishedKey {
  /// One word for what the key is good for.
  func state(at now: Int64) -> String {
    switch failure(at: now) {
    case nil: "in force"
    case .keyRevoked: "revoked"
    case .keyExpired: "expired"
    default: "not yet"
    }
  }

  /// Writes the key's fields into an open JSON object.
  fileprivate func write(to json: inout JSONWriter, in calendar: LocalCalendar, now: Int64) {
    json.field("id", Int(id))
    json.field("algorithm", algorithm.rawValue)
    json.field("not_before", ISO8601.format(notBefore, in: calendar))
    json.field("not_after", ISO8601.format(notAfter, in: calendar))
    json.field("revoked_at", revokedAt.map { ISO8601.format($0, in: calendar) })
    json.field("state", state(at: now))
  }
}

/// `checkin key rotate`: makes a new signing key.
struct KeyRotateCommand: Sendable {
  var from: Moment?
  var years = 3

  static let command = Command(
    "rotate", "Makes a new signing key; posters of older keys stay valid", KeyRotateCommand(),
    [
      .option("--from", \.from, help: "When codes of the new key begin to be accepted; else now"),
      .option("--years", \.years, in: 1...10, help: "How many years they are accepted"),
    ],
    shared: [.passphrase, .dryRun],
    run: { options, context in try options.run(context) })

  private func run(_ context: Context) throws -> ExitStatus {
    let workspace = Workspace(context)
    let calendar = try workspace.store(.readOnly).calendar
    let start = from?.unixSeconds ?? context.now()
    let end = start + Int64(years) * 366 * 86_400
    if context.isDryRun {
      context.talk.note(
        "would make a key in force from \(ISO8601.format(start, in: calendar)) "
          + "to \(ISO8601.format(end, in: calendar))")
      return .done
    }
    let key = try workspace.vault().rotate(notBefore: start, notAfter: end)
    let store = try workspace.store()
    try store.audit(
      context.auditNote("key rotate", "\(key.id)"))
    try store.close()
    if context.json {
      try context.output.json { json in
        json.object { json in key.write(to: &json, in: calendar, now: context.now()) }
      }
    } else {
      try context.output.line(
        "key \(key.id), in force from \(ISO8601.format(key.notBefore, in: calendar)) "
          + "to \(ISO8601.format(key.notAfter, in: calendar))")
    }
    context.talk.note("hand the new key set to gateways: `checkin key export`")
    return .done
  }
}

/// `checkin key revoke`: makes every code of a key worthless.
struct KeyRevokeCommand: Sendable {
  var id = Required<Int>()

  static let command = Command(
    "revoke", "Makes every code of a key worthless from now on", KeyRevokeCommand(),
    [.argument("KEY", \.id, help: "The key's id, as `checkin key list` shows it")],
    shared: [.passphrase, .dryRun],
    discussion: """
      For a key that was stolen. All posters signed with it must be printed again: run \
      `checkin key rotate`, then `checkin qr`.
      """,
    run: { options, context in try options.run(context) })

  private func run(_ context: Context) throws -> ExitStatus {
    let workspace = Workspace(context)
    guard let key = UInt8(exactly: id.wrappedValue) else {
      throw UsageError("KEY: \(id.wrappedValue) is no key id", hint: "see `checkin key list`")
    }
    let set = try KeyVault.keySet(in: workspace.keysFolder)
    guard set[key] != nil else {
      throw CommandError(
        "there is no key \(key)", hint: "see `checkin key list`", code: "no-such-key")
    }
    if context.isDryRun {
      context.talk.note("would revoke key \(key)")
      return .done
    }
    try workspace.vault().revoke(key, at: context.now())
    let store = try workspace.store()
    try store.audit(
      context.auditNote("key revoke", "\(key)"))
    try store.close()
    if context.json, let revoked = try KeyVault.keySet(in: workspace.keysFolder)[key] {
      try context.output.json { json in
        json.object { json in
          revoked.write(to: &json, in: store.calendar, now: context.now())
        }
      }
    } else {
      try context.output.line("key \(key) is revoked")
    }
    return .done
  }
}

/// `checkin key export`: prints the public key set.
struct KeyExportCommand: Sendable {
  static let command = Command(
    "export", "Prints the public key set, which may be published", KeyExportCommand(), [],
    examples: [Example("checkin key export > keyset.json", "Write the key set to a file")],
    run: { _, context in
      let set = try KeyVault.keySet(in: Workspace(context).keysFolder)
      try context.output.write(bytes: set.json)
      if set.json.last != UInt8(ascii: "\n") { try context.output.line() }
      return .done
    })
}
