internal import CommandKit
internal import DoorProtocol
internal import ExposureStorage
internal import GatewayServer
internal import JSONText
internal import Presence
internal import VenueCodes
internal import VenueRegistry

/// `checkin door join`: makes the store that of a door.
struct DoorJoinCommand: Sendable {
  var upstream = Required<String>()
  var code = Required<String>()
  var fingerprint: String?
  var certificates: Path?

  static let command = Command(
    "join", "Joins this store to a centre, as one of its doors", DoorJoinCommand(),
    [
      .option("--upstream", \.upstream, value: "URL", help: "The address of the centre"),
      .option("--code", \.code, help: "The one-time code that `checkin door enrol` printed"),
      .option(
        "--fingerprint", \.fingerprint, help: "The fingerprint of the centre's key, to be sure"),
      .option("--ca", \.certificates, help: "Trust these certificates instead of the system's"),
    ],
    shared: .passphrase,
    discussion: """
      The store must be new and without evidence: at a door people have other pseudonyms. The keys \
      that `checkin init` made are removed; the door gets one of its own, derived keys of its own \
      screens, and the centre's venues and public keys. The address must be https, except on this \
      machine.
      """,
    examples: [
      Example(
        "checkin door join --upstream https://centre.example --code 7K3M-9QRT-V2XW-ABCD",
        "Join with the code that the centre printed")
    ],
    run: { options, context in try options.run(context) })

  private func run(_ context: Context) throws -> ExitStatus {
    let url = upstream.wrappedValue
    try DoorTransport.check(url)
    let workspace = Workspace(context)
    let store = try workspace.store()
    let vault = try workspace.vault()
    if let link = try UpstreamState.openIfThere(inStore: store.path)?.link(), vault.isOfDoor {
      throw CommandError(
        "this store is that of door \(link.name) of \(link.url) already",
        hint: "make another store for another centre", code: "already-joined")
    }
    guard try store.storedDays().isEmpty else {
      throw CommandError(
        "this store has evidence of its own: a door begins with a new one",
        hint: "make one with `checkin init --store FOLDER`", code: "store-in-use")
    }
    let keys = try vault.doorKeys()
    let client = UpstreamClient(
      url: url, key: keys.signing, clock: DoorClock.milliseconds(context),
      transport: DoorTransport.curl(certificates: certificates?.string))
    do {
      let link = try client.join(
        code: code.wrappedValue, boxKey: keys.box.publicKey, fingerprint: fingerprint)
      let state = try UpstreamState.open(inStore: store.path)
      _ = try client.refresh(
        link, state: state, vault: vault, registry: workspace.registryFolder)
      // Last: with the link the store is joined, and until then this can be done again.
      try state.keep(link)
      try state.keep(
        UpstreamContact(
          lastContactAt: context.now(), clockOffsetMilliseconds: client.clockOffset))
      try store.audit(context.auditNote("door.join", link.name, detail: url))
      try store.close()
      let found = KeyFingerprint.text(
        of: try Ed25519.PublicKey(rawRepresentation: link.centreKey))
      if context.json {
        try context.output.json { json in
          json.object {
            $0.field("door", Int(link.door))
            $0.field("name", link.name)
            $0.field("scope", link.scope)
            $0.field("fingerprint", found)
            $0.field("clock_offset_ms", client.clockOffset.map { Int($0) })
          }
        }
        return .done
      }
      try context.output.line("Joined   as \(link.name), door \(link.door) of \(url)")
      try context.output.line("Venues   \(link.scope)")
      try context.output.line(
        "Centre   \(found)" + (fingerprint == nil ? ": compare it with the centre's" : ""))
    } catch let error as UpstreamError {
      throw CommandError("\(error)", code: error.code)
    }
    return .done
  }
}

/// The clock of a door's conversation.
enum DoorClock {
  /// Unix milliseconds by the clock that the command was told to use.
  static func milliseconds(_ context: Context) -> @Sendable () -> Int64 {
    // A fixed time moves with the machine's clock, as a clock that is wrong does.
    let ahead = (context.now() - context.clock()) * 1_000
    return { SystemClock.milliseconds + ahead }
  }
}

/// What carries a door's requests.
enum DoorTransport {
  /// Refuses an address at which others could read along.
  static func check(_ url: String) throws(UsageError) {
    guard UpstreamAddress.isProtected(url) else {
      throw UsageError(
        "--upstream must be https: what goes there would be read on the way",
        hint: "put TLS before the centre, as docs/doors.md shows")
    }
  }

  static func curl(certificates: String?, bytesPerSecond: Int = 0) -> UpstreamTransport {
    var settings = CurlConnection.Settings()
    settings.certificates = certificates ?? ""
    settings.bytesPerSecond = Int64(bytesPerSecond)
    let connections = CurlPool(settings)
    return { request in try connections.send(request) }
  }
}

/// `checkin door status`: how a door stands with its centre.
struct DoorStatusCommand: Sendable {
  static let command = Command(
    "status", "Says how this door stands with its centre", DoorStatusCommand(), [],
    discussion: """
      The command ends with status 3 when venues, keys and revocations are past their time: scans are \
      then worth no more than a typed id.
      """,
    run: { _, context in try run(context) })

  private static func run(_ context: Context) throws -> ExitStatus {
    let workspace = Workspace(context)
    let store = try workspace.store(.readOnly)
    guard let standing = try UpstreamStanding(of: store) else {
      throw CommandError(
        "this store is not that of a door",
        hint: "join it to a centre with `checkin door join`", code: "not-joined")
    }
    let now = context.now()
    let isOld = standing.isOutOfDate(at: now)
    func time(_ second: Int64?) -> String? {
      second.map { ISO8601.format($0, in: store.calendar) }
    }
    if context.json {
      try context.output.json { json in
        json.object {
          $0.field("door", Int(standing.link.door))
          $0.field("name", standing.link.name)
          $0.field("upstream", standing.link.url)
          $0.field("backlog", standing.backlog.rows)
          $0.field("oldest_unsent", time(standing.backlog.oldestScan))
          $0.field("damaged_days", standing.backlog.damagedDays.map { "\($0)" })
          $0.field("refused", standing.refused.count)
          $0.field("last_contact_at", time(standing.contact.lastContactAt))
          $0.field(
            "clock_offset_ms", standing.contact.clockOffsetMilliseconds.map { Int($0) })
          $0.field("failure", standing.contact.failure)
          $0.field("version", standing.version)
          $0.field("expires_at", time(standing.expiresAt))
          $0.field("out_of_date", isOld)
          $0.field("refused_rows") {
            $0.array(standing.refused) { json, row in
              json.object {
                $0.field("id", "\(row.id)")
                $0.field("day", "\(row.day)")
                $0.field("code", row.code)
                $0.field("reason", RowRefusal.sentence(of: row.code))
              }
            }
          }
        }
      }
      return isOld ? .partly : .done
    }
    try context.output.line(
      "Door     \(standing.link.name), number \(standing.link.door) of \(standing.link.url)")
    try context.output.line(
      "Backlog  \(standing.backlog.rows) rows"
        + (time(standing.backlog.oldestScan).map { ", the oldest of \($0)" } ?? ""))
    try context.output.line(
      "Heard    \(time(standing.contact.lastContactAt) ?? "never")"
        + (standing.contact.failure.map { ", then: \($0)" } ?? ""))
    if let offset = standing.contact.clockOffsetMilliseconds {
      try context.output.line("Clock    \(offset) ms ahead of the centre's")
    }
    let expiry = time(standing.expiresAt) ?? "none were fetched"
    try context.output.line(
      isOld
        ? context.output.styled(
          "Venues   OUT OF DATE (\(expiry)): scans are worth no more than a typed id", .red)
        : "Venues   of version \(standing.version?.prefix(12) ?? ""), good until \(expiry)")
    for day in standing.backlog.damagedDays {
      try context.output.line(
        "Damaged  the evidence of \(day), which stays here: see `checkin store verify`")
    }
    for row in standing.refused.prefix(20) {
      try context.output.line(
        "Refused  \(row.id) of \(row.day): "
          + RowRefusal.sentence(of: row.code))
    }
    if standing.refused.count > 20 {
      try context.output.line("         and \(standing.refused.count - 20) more: see --json")
    }
    return isOld ? .partly : .done
  }
}

/// `checkin door sync`: sends what waits and fetches what is new, once.
struct DoorSyncCommand: Sendable {
  var upstream: String?
  var certificates: Path?
  var bytesPerSecond = 0
  var batch = 5_000
  var isEverything = false

  static let command = Command(
    "sync", "Sends what waits to the centre, and fetches what is new", DoorSyncCommand(),
    [
      .option(
        "--upstream", \.upstream, value: "URL", help: "Another address of the same centre"),
      .option("--ca", \.certificates, help: "Trust these certificates instead of the system's"),
      .option(
        "--rate", \.bytesPerSecond, in: 0...1_000_000_000, value: "N",
        help: "The most bytes a second that are sent; 0 for as many as go"),
      .option("--batch", \.batch, in: 1...10_000, value: "ROWS", help: "The most rows at once"),
      .flag(
        "--all", \.isEverything,
        help: "Send everything again, also what the centre acknowledged; nothing is doubled"),
    ],
    shared: .passphrase,
    discussion: """
      `checkin gateway` does this all the time; this is for doors that only scan, and for people who \
      bring a door to the line. With --all a centre that lost evidence gets it again from its doors; \
      one that was restored with `checkin store restore` asks for it by itself.
      """,
    run: { options, context in try options.run(context) })

  private func run(_ context: Context) throws -> ExitStatus {
    if let upstream { try DoorTransport.check(upstream) }
    let workspace = Workspace(context)
    let store = try workspace.store()
    var settings = Upstream.Settings()
    settings.batchRows = batch
    // A limit is one of a connection: with it there is no second.
    if bytesPerSecond > 0 { settings.batchesUnderWay = 1 }
    let worker = try Upstream(
      store: store, vault: try workspace.vault(), registry: workspace.registryFolder,
      url: upstream, settings: settings, clock: DoorClock.milliseconds(context),
      transport: DoorTransport.curl(
        certificates: certificates?.string, bytesPerSecond: bytesPerSecond))
    let sent: Int
    do {
      sent = try worker.sendAll(everything: isEverything) { context.interruption.isRequested }
    } catch {
      throw CommandError("\(error)", code: error.code)
    }
    let standing = try UpstreamStanding(of: store)
    try store.close()
    try context.interruption.check()
    if context.json {
      try context.output.json { json in
        json.object {
          $0.field("sent", sent)
          $0.field("backlog", standing?.backlog.rows ?? 0)
          $0.field("refused", standing?.refused.count ?? 0)
        }
      }
    } else {
      try context.output.line("\(sent) rows sent")
    }
    return .done
  }
}
