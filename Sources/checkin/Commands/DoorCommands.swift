internal import CommandKit
internal import DoorProtocol
internal import ExposureStorage
internal import GatewayServer
internal import JSONText
internal import Presence
internal import VenueCodes
internal import VenueRegistry

/// `checkin door enrol`: announces a door and prints its one-time code.
struct DoorEnrolCommand: Sendable {
  var name = Required<String>()
  var venues: [VenueWord] = []
  var division: String?
  var agency: String?
  var passes = false

  static let command = Command(
    "enrol", "Announces a door at the centre, and prints its one-time code", DoorEnrolCommand(),
    [
      .argument("NAME", \.name, help: "What people call the door; no other one ever gets the name"),
      .options("--venue", \.venues, value: "ID", help: "A venue that it stands at"),
      .option(
        "--division", \.division, value: "CODE", help: "All venues of a division and what is in it"),
      .option("--agency", \.agency, value: "ID", help: "All venues of an agency"),
      .flag(
        "--passes", \.passes,
        help: "Give it the secret of passes: it can then read them, and whoever takes it apart can "
          + "make some"),
    ],
    shared: .passphrase,
    discussion: """
      The code is good once and for a day; the centre keeps its hash only. At the door it is used \
      with `checkin door join`. The centre refuses rows of venues that the door is not enrolled for.
      """,
    examples: [
      Example("checkin door enrol market --venue C4C6BHFZC", "A door at one venue"),
      Example("checkin door enrol hong-bang --division 303", "A door for all venues of a district"),
    ],
    run: { options, context in try options.run(context) })

  private func run(_ context: Context) throws -> ExitStatus {
    let workspace = Workspace(context)
    let registry = try workspace.registry()
    let scope = try scope(in: registry)
    let name = name.wrappedValue
    guard (1...48).contains(name.utf8.count), !name.contains("/"),
      !name.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7f })
    else {
      throw UsageError("a door's name has 1 to 48 bytes and no /", hint: "take one such as market")
    }
    let found = scope.venues(in: registry)
    let offices = try offices(of: found, in: registry)
    let store = try workspace.store()
    let vault = try workspace.vault()
    // The key that signs what the door is told: without it there is nothing to join.
    let key = try vault.centreKey()
    var generator = SystemRandomNumberGenerator()
    let code = DoorCode(using: &generator)
    let now = context.now()
    let register = try DoorRegister.open(inStore: store.path)
    let door: DoorRecord
    do {
      door = try register.announce(
        name, scope: scope.text, mayCheckPasses: passes, codeHash: code.hash,
        expiresAt: now + DoorCode.lifetimeSeconds, at: now)
    } catch {
      try store.audit(context.auditNote("door.enrol.refused", name, detail: error.code))
      throw error.commandError
    }
    try store.audit(context.auditNote("door.enrol", name, detail: scope.text))
    try store.close()
    let fingerprint = KeyFingerprint.text(of: key.publicKey)
    if context.json {
      try context.output.json { json in
        json.object {
          $0.field("door", Int(door.number))
          $0.field("name", name)
          $0.field("scope", scope.text)
          $0.field("venues", found.count)
          $0.field("passes", passes)
          $0.field("code", code.text)
          $0.field("expires_at", ISO8601.format(door.codeExpiresAt, in: store.calendar))
          $0.field("fingerprint", fingerprint)
          $0.field("offices", offices)
        }
      }
      return .done
    }
    try context.output.line("Door     \(name), number \(door.number), \(found.count) venues")
    try context.output.line("Code     \(code.text)")
    try context.output.line(
      "         good once, until \(ISO8601.format(door.codeExpiresAt, in: store.calendar))")
    try context.output.line("Centre   \(fingerprint)")
    for office in offices { try context.output.line("Cases    go to \(office)") }
    try context.output.line(
      "At the door: checkin door join --upstream URL --code \(code.text) --fingerprint \(fingerprint)"
    )
    return .done
  }

  private func scope(in registry: Registry) throws -> DoorScope {
    let given = [!venues.isEmpty, division != nil, agency != nil].count { $0 }
    guard given == 1 else {
      throw UsageError(
        "a door needs its venues", hint: "give --venue, --division or --agency, and one of them")
    }
    if let division {
      try VenueFilter(division: division).check(in: registry)
      return .division(division)
    }
    if let agency {
      try VenueFilter(agency: agency).check(in: registry)
      return .agency(agency)
    }
    return .venues(try venues.map { try registry.place($0.id, zone: nil).0.id })
  }

  /// Who is told of cases at the venues; a venue of which nobody is told gets no door.
  private func offices(of venues: [Venue], in registry: Registry) throws -> [String] {
    guard !venues.isEmpty else {
      throw CommandError(
        "there is no venue for this door", hint: "add venues first, or name others",
        code: "no-venues")
    }
    var names: [String] = []
    for division in Set(venues.map(\.division)).sorted() {
      guard let office = HealthOffice.competent(for: division, in: registry) else {
        throw CommandError(
          "no people's committee in the registry answers for division \(division): nobody would be "
            + "told of a case there", hint: "add one to agencies.csv", code: "no-competent-office")
      }
      let name = office.agency.name.vietnamese
      if !names.contains(name) { names.append(name) }
    }
    return names
  }
}

/// `checkin door list`: the doors of the centre.
struct DoorListCommand: Sendable {
  static let command = Command(
    "list", "Prints the doors of the centre", DoorListCommand(), [],
    run: { _, context in try run(context) })

  private static func run(_ context: Context) throws -> ExitStatus {
    let store = try Workspace(context).store(.readOnly)
    let doors =
      DoorRegister.exists(inStore: store.path)
      ? try DoorRegister.open(inStore: store.path).doors() : []
    if context.json {
      try context.output.json { json in
        json.array(doors) { json, door in
          json.object { json in door.write(to: &json, in: store.calendar, now: context.now()) }
        }
      }
      return .done
    }
    var table = Table([
      .right("No"), "Name", "State", .whole("Last heard"), .right("Clock"), .right("Rows"),
      .right("Refused"), "Venues",
    ])
    for door in doors {
      table.append(
        "\(door.number)", door.name, door.state(at: context.now()),
        door.lastContactAt.map { ISO8601.format($0, in: store.calendar) } ?? "never",
        door.clockOffsetMilliseconds.map { "\($0 / 1_000) s" } ?? "", "\(door.storedRows)",
        "\(door.refusedRows)", door.scope)
    }
    try context.output.table(table)
    return .done
  }
}

extension DoorRecord {
  /// One word for how far the door is.
  func state(at now: Int64) -> String {
    if revokedAt != nil { return "revoked" }
    if enrolledAt != nil { return "enrolled" }
    return now < codeExpiresAt ? "waits" : "code expired"
  }

  /// Writes the door's fields into an open JSON object.
  func write(to json: inout JSONWriter, in calendar: LocalCalendar, now: Int64) {
    func time(_ second: Int64?) -> String? { second.map { ISO8601.format($0, in: calendar) } }
    json.field("door", Int(number))
    json.field("name", name)
    json.field("state", state(at: now))
    json.field("scope", scope)
    json.field("passes", mayCheckPasses)
    json.field("created_at", time(createdAt))
    json.field("enrolled_at", time(enrolledAt))
    json.field("revoked_at", time(revokedAt))
    json.field("revoke_reason", revokeReason)
    json.field("last_contact_at", time(lastContactAt))
    json.field("clock_offset_ms", clockOffsetMilliseconds.map { Int($0) })
    json.field("stored_rows", Int(storedRows))
    json.field("refused_rows", Int(refusedRows))
    json.field("bundle_version", bundleVersion)
  }
}

/// `checkin door show`: one door of the centre.
struct DoorShowCommand: Sendable {
  var name = Required<String>()

  static let command = Command(
    "show", "Prints what is known of a door", DoorShowCommand(),
    [.argument("NAME", \.name, help: "The door")],
    run: { options, context in try options.run(context) })

  private func run(_ context: Context) throws -> ExitStatus {
    let store = try Workspace(context).store(.readOnly)
    let register =
      DoorRegister.exists(inStore: store.path)
      ? try DoorRegister.open(inStore: store.path) : nil
    guard let door = try register?.door(named: name.wrappedValue) else {
      throw DoorRegisterError.unknownDoor(name.wrappedValue).commandError
    }
    if context.json {
      try context.output.json { json in
        json.object { json in door.write(to: &json, in: store.calendar, now: context.now()) }
      }
      return .done
    }
    func time(_ second: Int64?) -> String {
      second.map { ISO8601.format($0, in: store.calendar) } ?? "never"
    }
    try context.output.line("Door      \(door.name), number \(door.number)")
    try context.output.line("State     \(door.state(at: context.now()))")
    try context.output.line("Venues    \(door.scope)")
    try context.output.line("Passes    \(door.mayCheckPasses ? "may be read" : "are not read")")
    try context.output.line("Enrolled  \(time(door.enrolledAt))")
    try context.output.line("Heard     \(time(door.lastContactAt))")
    try context.output.line(
      "Rows      \(door.storedRows) stored, \(door.refusedRows) refused")
    if let offset = door.clockOffsetMilliseconds {
      try context.output.line("Clock     \(offset / 1_000) s ahead of the centre's")
    }
    if door.revokedAt != nil {
      try context.output.line("Revoked   \(time(door.revokedAt)): \(door.revokeReason ?? "")")
    }
    return .done
  }
}

/// `checkin door revoke`: takes a door out of use.
struct DoorRevokeCommand: Sendable {
  var name = Required<String>()
  var reason = Required<String>()

  static let command = Command(
    "revoke", "Takes a door out of use, for good", DoorRevokeCommand(),
    [
      .argument("NAME", \.name, help: "The door"),
      .option("--reason", \.reason, help: "Why, for the log"),
    ],
    discussion: """
      From then on the centre takes nothing of the door. What it holds stays sealed in it; screens of \
      its venues should get a new master key when it was stolen with its key file.
      """,
    run: { options, context in try options.run(context) })

  private func run(_ context: Context) throws -> ExitStatus {
    let store = try Workspace(context).store()
    let register =
      DoorRegister.exists(inStore: store.path)
      ? try DoorRegister.open(inStore: store.path) : nil
    let name = name.wrappedValue
    guard let register else { throw DoorRegisterError.unknownDoor(name).commandError }
    do {
      _ = try register.revoke(name, reason: reason.wrappedValue, at: context.now())
    } catch {
      throw error.commandError
    }
    try store.audit(context.auditNote("door.revoke", name, detail: reason.wrappedValue))
    try store.close()
    if !context.json { try context.output.line("\(name) is revoked") }
    return .done
  }
}

extension DoorRegisterError {
  /// The failure as the program tells it.
  var commandError: CommandError { CommandError("\(self)", code: code) }
}
