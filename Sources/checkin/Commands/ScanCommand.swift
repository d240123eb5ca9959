internal import CommandKit
internal import DoorProtocol
internal import EvidenceIntake
internal import ExposureStorage
internal import JSONText
internal import Presence
internal import VenueCodes
internal import VenueRegistry

/// `checkin scan`: the door; reads codes line by line and answers each at once.
struct ScanCommand: Sendable {
  /// What every scan at this door means.
  enum Way: String, ArgumentValue, CaseIterable {
    case inward = "in"
    case outward = "out"
    case auto
  }

  var gateway = Required<String>()
  var way = Way.auto
  var subject: String?
  var venue: VenueWord?
  var zone: Int?
  var camera: Path?
  var pictures: [Path] = []

  static let command = Command(
    "scan", "Reads codes at a door, stores each scan and answers it", ScanCommand(),
    [
      .option(
        "--gateway", \.gateway, value: "ID", help: "The name of this door, kept with each scan"),
      .option("--direction", \.way, help: "What a scan means where the code leaves it open"),
      .option(
        "--subject", \.subject, help: "Who is meant by a line that names nobody"),
      .option(
        "--venue", \.venue, value: "ID",
        help: "Where this door is: passes are taken, and codes of other venues refused"),
      .option("--zone", \.zone, in: 0...255, value: "N", help: "With --venue: the zone"),
      .option(
        "--camera", \.camera,
        help: "Read codes before a camera (/dev/video0) or in a YUV4MPEG2 stream (a file, or - for "
          + "standard input) instead of lines"),
      .arguments(
        "PICTURE", \.pictures, help: "Read the codes of pictures (PNG, JPEG, PDF, SVG) instead"),
    ],
    shared: .passphrase,
    discussion: """
      A line is a venue code (the URL of a poster, its digits, or the nine typed symbols) and, after \
      a space or a tab, the visitor's code: a pass, or a citizen card (CCCD), health insurance card \
      (BHYT) or personal QR code, of which only the keyed hash of the number is kept. A line may also \
      be just a pass, where --venue says which venue it is at, or a receipt, which is kept while it \
      is fresh and counts as no check-in: only the upload that it announces proves it. A code of another service counts when it is an alias of a venue (see venue alias), \
      and then no more than a typed id.

      Scanners that act as a keyboard and pipes are read alike, with Enter or tab behind a code or, \
      at a terminal, nothing; control characters around a line are dropped, and digits typed under \
      the Vietnamese keyboard layout are recovered. Each line is answered on standard output, after \
      its evidence is on the disk: an answer is a promise.

      A code before a camera is taken once, and again when it was out of sight for three seconds. \
      An IP camera comes through a pipe: \
      ffmpeg -v error -i URL -r 8 -pix_fmt yuv420p -f yuv4mpegpipe - | checkin scan … --camera -

      Pictures are answered page by page; one that cannot be read is refused, and the others are \
      read.

      The command ends with status 0 when every line was taken, 3 when some were not.
      """,
    examples: [
      Example("checkin scan --gateway door-1", "Read from a scanner that types"),
      Example(
        "checkin scan --gateway door-1 --venue C4C6BHFZC", "Read visitors' passes at a hotel"),
      Example("checkin scan --gateway door-1 --json < scans.txt", "Answer a file's lines as JSON"),
      Example(
        "checkin scan --gateway door-1 --camera /dev/video0", "Read what is held before a camera"),
    ],
    run: { options, context in try options.run(context) })

  private func run(_ context: Context) throws -> ExitStatus {
    guard GatewayName.isValid(gateway.wrappedValue) else {
      throw UsageError(
        "--gateway must have 1 to 64 bytes and no control characters",
        hint: "give this door a name, such as door-1")
    }
    let workspace = Workspace(context)
    let store = try workspace.store()
    var basis = try AnswerBasis(workspace, store: store)
    let registry = try workspace.registry()
    let vault = try workspace.vault()
    let intake = try workspace.intake(store: store, registry: registry, vault: vault)
    let visitor = try subject.map { try intake.person($0) }
    var door = Door(
      gateway: gateway.wrappedValue, direction: Direction(rawValue: way.rawValue) ?? .auto,
      defaultVisitor: visitor, place: try place(in: registry), context: intake,
      rules: StayRules(registry: registry, calendar: store.calendar))
    try remember(in: &door, from: store, today: store.calendar.day(of: context.now()))

    var generator = SystemRandomNumberGenerator()
    var milliseconds: Int64 = 0
    let codes = try source(
      context, prefixes: [try workspace.urlPrefix(of: store)], expectsVisitor: visitor == nil)
    var answer = DoorAnswer(registry: registry, context: context)
    while !context.interruption.isRequested, let input = try codes.next() {
      let current = try AnswerBasis(workspace, store: store)
      if current != basis {
        basis = current
        do {
          let registry = try workspace.registry()
          door.use(
            try workspace.intake(store: store, registry: registry, vault: vault),
            rules: StayRules(registry: registry, calendar: store.calendar))
          answer.registry = registry
        } catch {
          context.talk.warning("the venues and keys of before are used: \(error)")
        }
      }
      let now = context.now()
      // Scans of one second are told apart by the order of their ids, so ids must ascend.
      milliseconds = max(now * 1_000, milliseconds + 1)
      let id = EvidenceID(atMilliseconds: milliseconds, using: &generator)
      switch input {
      case .unreadable(let error):
        try answer.refuse(line: codes.number, code: error.code, reason: "\(error)")
      case .line(.tooLong):
        try answer.refuse(
          line: codes.number, code: "bad-code",
          reason: "the line is longer than \(Door.maximumLineLength) bytes: it is no code")
      case .line(.bytes(let bytes)):
        switch door.read(bytes, at: now, id: id) {
        case .refused(let rejection):
          try answer.refuse(
            line: codes.number, code: rejection.word, reason: rejection.reason)
        case .evidence(let evidence, let reading):
          // One check-in for each visitor, place, way and moment that a code proves: what another
          // door took before is there already.
          switch try store.append([evidence]).first {
          case .stored?:
            try answer.tell(reading, about: evidence, isThere: false, line: codes.number)
          case .repeated?:
            try answer.tell(reading, about: evidence, isThere: true, line: codes.number)
          case .conflict?, nil:
            // What was not stored is not answered as if it had been.
            try answer.refuse(
              line: codes.number, code: "conflict",
              reason: "another record of this visitor and moment says something else: scan again "
                + "when the code has changed")
          }
        }
      }
    }
    try store.close()
    try context.interruption.check()
    return answer.refusals == 0 ? .done : .partly
  }

  /// Opens where codes come from.
  private func source(
    _ context: Context, prefixes: [URLPrefix], expectsVisitor: Bool
  ) throws -> any CodeSource {
    guard camera == nil || pictures.isEmpty else {
      throw UsageError("--camera and pictures exclude each other", hint: "give one of them")
    }
    if let camera {
      let frames = try CameraFrames.named(camera, context)
      if context.talk.isTerminal {
        context.talk.note("ready: hold a code before the camera, or press Ctrl-C to end")
      }
      return CameraCodes(frames, interruption: context.interruption)
    }
    if !pictures.isEmpty {
      return PictureCodes(pictures, interruption: context.interruption)
    }
    let lines = try ScannerLines(context, prefixes: prefixes, expectsVisitor: expectsVisitor)
    if context.talk.isTerminal { context.talk.note("ready: scan a code, or press Ctrl-D to end") }
    return TypedCodes(lines)
  }

  /// Where the door is, when it was told.
  private func place(in registry: Registry) throws -> ScanPlace? {
    guard let venue else {
      guard zone == nil else {
        throw UsageError("--zone needs --venue", hint: "say which venue the door is at")
      }
      return nil
    }
    let (known, number) = try registry.place(venue.id, zone: zone)
    return ScanPlace(venue: known.id, zone: number)
  }

  /// Tells the door who came in since yesterday; longer stays have no answer to get wrong.
  private func remember(
    in door: inout Door, from store: ExposureStore, today: LocalDay
  ) throws {
    for scan in try store.scans(from: today.advanced(by: -1), to: today) { door.remember(scan) }
  }
}

/// Tells the visitor, and whoever reads along, what became of a scan.
private struct DoorAnswer {
  var registry: Registry
  let context: Context
  private(set) var refusals = 0

  init(registry: Registry, context: Context) {
    self.registry = registry
    self.context = context
  }

  mutating func tell(
    _ answer: Door.Answer, about evidence: Evidence, isThere: Bool, line: Int
  ) throws {
    let isRepeat = answer.isRepeat || isThere
    let name = registry.venue(answer.venue)?.name ?? "\(answer.venue)"
    let zone = registry.venue(answer.venue)?.zone(numbered: answer.zone)?.name
    if answer.failure != nil { refusals += 1 }
    if context.json {
      try context.output.json { json in
        json.object {
          $0.field("line", line)
          $0.field("accepted", answer.failure == nil && answer.isProved)
          $0.field("proved", answer.isProved)
          if answer.isProved { $0.field("direction", answer.isEntry ? "in" : "out") }
          $0.field("repeat", isRepeat)
          $0.field("venue", "\(answer.venue)")
          $0.field("zone", Int(answer.zone))
          $0.field("name", name)
          $0.field("visitor", "\(answer.visitor)")
          $0.field("grade", Int(evidence.grade))
          $0.field("evidence", "\(evidence.id)")
          $0.field("code", answer.failure?.code)
          $0.field("reason", answer.failure.map { "\($0)" })
        }
      }
    } else if let failure = answer.failure {
      try context.output.line(context.output.styled("NO   \(name): \(failure)", .red))
    } else if !answer.isProved {
      try context.output.line(
        context.output.styled(
          "FRESH, not proved yet  \(zone.map { "\(name), \($0)" } ?? name)  \(answer.visitor)"
            + (isRepeat ? "  (again)" : ""), .yellow))
    } else {
      let place = zone.map { "\(name), \($0)" } ?? name
      try context.output.line(
        context.output.styled(
          "\(answer.isEntry ? "IN " : "OUT")  \(place)  \(answer.visitor)"
            + (isRepeat ? "  (again)" : ""), .green))
    }
    try context.output.flush()
  }

  mutating func refuse(line: Int, code: String, reason: String) throws {
    refusals += 1
    if context.json {
      try context.output.json { json in
        json.object {
          $0.field("line", line)
          $0.field("accepted", false)
          $0.field("code", code)
          $0.field("reason", reason)
        }
      }
    } else {
      try context.output.line(context.output.styled("NO   \(reason)", .red))
    }
    try context.output.flush()
  }
}
