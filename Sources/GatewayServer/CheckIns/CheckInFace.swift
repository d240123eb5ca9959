internal import EvidenceIntake
public import ExposureStorage
internal import JSONText
public import Presence
internal import Synchronization
internal import VenueCodes
internal import VenueRegistry

/// Check-ins and check-outs of visitors: `POST /checkins`.
///
/// What a code says is verified here again, whatever the client found; the evidence is on the disk
/// before the answer is given.
public final class CheckInFace: Face {
  /// What may come of a client, a visitor and a venue.
  public struct Limits: Hashable, Sendable {
    /// Of one address; many phones of a network may share it.
    public var client = RateLimit(burst: 300, perSecond: 20)
    /// Of one visitor.
    public var visitor = RateLimit(burst: 12, perSecond: 0.1)
    /// At one venue.
    public var venue = RateLimit(burst: 3_000, perSecond: 50)
    /// How long ago a scan may have been, in seconds: phones and doors may be offline for a week.
    public var oldestScanSeconds: Int64 = 8 * 86_400
    /// How far ahead a client's clock may be, in seconds.
    public var aheadSeconds: Int64 = 300

    /// Makes the defaults.
    public init() {}
  }

  private let deployment: Deployment
  private let limits: Limits
  private let scanners: Set<ClientAddress>
  private let door: Mutex<(generation: Int, door: Door)>
  private let clients: TokenBuckets
  private let visitors: TokenBuckets
  private let venues: TokenBuckets
  private let accepted: Metrics.Counter
  private let repeated: Metrics.Counter
  private let refused: Metrics.Counter
  private let limited: Metrics.Counter
  private let outOfHours: Metrics.Counter
  private let elsewhere: Metrics.Counter

  /// Makes the face.
  ///
  /// - Parameters:
  ///   - deployment: What faces share.
  ///   - limits: What may come of whom.
  public init(_ deployment: Deployment, limits: Limits = Limits()) {
    self.deployment = deployment
    self.limits = limits
    scanners = Set(deployment.configuration.scanners.compactMap { ClientAddress($0) })
    let snapshot = deployment.snapshot
    door = Mutex(
      (
        snapshot.generation,
        Door(
          gateway: deployment.configuration.gateway, direction: .auto, defaultVisitor: nil,
          context: snapshot.intake,
          rules: StayRules(registry: snapshot.registry, calendar: deployment.calendar))
      ))
    func seed() -> UInt64 { deployment.random(8).reduce(0) { $0 << 8 | UInt64($1) } }
    clients = TokenBuckets(limits.client, seed: seed())
    visitors = TokenBuckets(limits.visitor, capacity: 1 << 18, seed: seed())
    venues = TokenBuckets(limits.venue, capacity: 1 << 14, seed: seed())
    let metrics = deployment.metrics
    func counter(_ outcome: String) -> Metrics.Counter {
      metrics.counter(
        "checkin_checkins_total", "Check-ins and check-outs by what became of them",
        [("outcome", outcome)])
    }
    accepted = counter("stored")
    repeated = counter("repeated")
    refused = counter("refused")
    limited = counter("limited")
    func flag(_ flag: String) -> Metrics.Counter {
      metrics.counter(
        "checkin_flagged_total", "Check-ins that somebody should look at", [("flag", flag)])
    }
    outOfHours = flag("out-of-hours")
    elsewhere = flag("elsewhere")
  }

  /// Tells the door who came in before this process began, so that "auto" knows the way.
  ///
  /// - Parameter evidence: In order of time.
  public func remember(_ evidence: some Sequence<Evidence>) {
    door.withLock { door in
      for one in evidence { door.door.remember(one) }
    }
  }

  /// The routes.
  public var routes: [Route] {
    [
      Route(
        .post, "/checkins", access: .anyone, operation: CheckInFace.operation,
        maximumBody: CheckInRequest.maximumLength,
        handle: { [self] request, reply in checkIn(request, reply) })
    ]
  }

  private func checkIn(_ request: HTTPRequest, _ reply: Reply) {
    do throws(Problem) {
      try take(clients, request.client.network.high, request.client.network.low, request)
      var wanted = try CheckInRequest(request.body)
      if wanted.id == nil { wanted.id = try id(request, for: wanted) }
      try commit(try read(wanted, request), request, reply)
    } catch {
      if error.status == 429 { limited.add() } else { refused.add() }
      reply.send(error.response)
    }
  }

  /// What a scan was found to be.
  private struct Scan: Sendable {
    let evidence: Evidence
    let answer: Door.Answer
    let name: String
    let zone: String?
    let flags: [String]
  }

  private func read(_ wanted: CheckInRequest, _ request: HTTPRequest) throws(Problem) -> Scan {
    let now = request.receivedSecond
    if wanted.id != nil, wanted.scannedAt == nil {
      // What is sent again must say the same, and without a time it would say another one.
      throw CheckInRequest.wrong("scanned_at", "with an id or an Idempotency-Key it must be there")
    }
    let scannedAt = wanted.scannedAt ?? now
    guard scannedAt <= now + limits.aheadSeconds else {
      throw CheckInRequest.wrong("scanned_at", "it is in the future: set the clock")
    }
    guard scannedAt >= now - limits.oldestScanSeconds else {
      throw CheckInRequest.wrong("scanned_at", "it is too long ago")
    }
    var generator = SystemRandomNumberGenerator()
    let id = wanted.id ?? EvidenceID(atMilliseconds: request.receivedAt, using: &generator)
    let snapshot = deployment.snapshot
    let authority: Door.Authority = scanners.contains(request.client) ? .scanner : .anybody
    let reading = door.withLock { state in
      if state.generation != snapshot.generation {
        state.generation = snapshot.generation
        state.door.use(
          snapshot.intake,
          rules: StayRules(registry: snapshot.registry, calendar: deployment.calendar))
      }
      return state.door.read(
        code: wanted.code, visitor: wanted.visitor, direction: wanted.direction,
        authority: authority, at: scannedAt, id: id)
    }
    switch reading {
    case .refused(let rejection): throw CheckInFace.problem(rejection)
    case .evidence(var evidence, let answer):
      try take(visitors, evidence.subject.high, evidence.subject.low, request)
      try take(venues, answer.venue.rawValue, 0, request)
      evidence.receivedAt = now
      let venue = snapshot.registry.venue(answer.venue)
      var flags: [String] = []
      if let hours = venue.flatMap({ snapshot.registry.openingHours(of: $0) }),
        !hours.contains(minute: CheckInFace.minute(of: scannedAt, deployment.calendar))
      {
        flags.append("out-of-hours")
        outOfHours.add()
      }
      if answer.isElsewhere {
        elsewhere.add()
        // Who did not prove to be the visitor is not told where the visitor has been.
        if answer.isVisitorProved { flags.append("elsewhere") }
      }
      return Scan(
        evidence: evidence, answer: answer, name: venue?.name ?? "\(answer.venue)",
        zone: venue?.zone(numbered: answer.zone)?.name, flags: flags)
    }
  }

  private func commit(
    _ scan: Scan, _ request: HTTPRequest, _ reply: Reply
  ) throws(Problem) {
    let isTaken = deployment.committer.append([scan.evidence]) { [self] result in
      reply.send(making: { self.answer(to: scan, result) })
    }
    // What was not taken was not stored, and nobody was told that it was.
    if !isTaken { throw .overloaded(retryAfter: 1) }
  }

  private func answer(to scan: Scan, _ result: Committer.Result) -> HTTPResponse {
    switch result {
    case .failure(let error):
      refused.add()
      return Problem(error).response
    case .success(let outcomes):
      switch outcomes.first {
      case .stored?:
        accepted.add()
        return receipt(of: scan, status: 201, isRepeated: false)
      case .repeated?:
        repeated.add()
        return receipt(of: scan, status: 200, isRepeated: true)
      case .conflict?, nil:
        refused.add()
        return Problem.conflict(
          "another check-in came with this id before: make a new id for a new check-in"
        ).response
      }
    }
  }

  private func receipt(of scan: Scan, status: Int, isRepeated: Bool) -> HTTPResponse {
    let evidence = scan.evidence
    let answer = scan.answer
    return .json(status: status) {
      $0.field("evidence", "\(evidence.id)")
      $0.field("venue", "\(answer.venue)")
      $0.field("zone", Int(answer.zone))
      $0.field("name", scan.name)
      $0.field("zone_name", scan.zone)
      $0.field("direction", answer.isEntry ? "in" : "out")
      $0.field("counts", answer.failure == nil && answer.isProved)
      $0.field("grade", Int(evidence.grade))
      $0.field("repeat", isRepeated || answer.isRepeat)
      $0.field("scanned_at", ISO8601.format(evidence.start, in: deployment.calendar))
      $0.field("received_at", ISO8601.format(evidence.receivedAt, in: deployment.calendar))
      $0.field("flags", scan.flags)
      if let failure = answer.failure {
        $0.field("code", failure.code)
        $0.field("reason", "\(failure)")
      }
    }
  }

  // MARK: Small things

  private func take(
    _ buckets: TokenBuckets, _ high: UInt64, _ low: UInt64, _ request: HTTPRequest
  ) throws(Problem) {
    if let seconds = buckets.take(high, low, at: MonotonicClock.milliseconds) {
      throw .tooMany("so many check-ins in so short a time are not taken", retryAfter: seconds)
    }
  }

  /// The id that a request's `Idempotency-Key` stands for: itself when it is a UUID, else a digest of
  /// it with gateway, store, visitor and code, so that two clients who count 1, 2, 3 share none.
  ///
  /// The visitor goes in under the store's key of pseudonyms: an id shows nobody's number to who tries
  /// them all.
  private func id(
    _ request: HTTPRequest, for wanted: CheckInRequest
  ) throws(Problem) -> EvidenceID? {
    guard let key = try CheckInFace.key(request) else { return nil }
    if let id = EvidenceID(key) { return id }
    let subjectHash = deployment.snapshot.intake.subjectHash
    let visitor: (high: UInt64, low: UInt64) =
      switch wanted.visitor {
      case .named(let name): subjectHash.hash(name.span)
      case .checkIn(let pseudonym, _): pseudonym.storedPseudonym(with: subjectHash)
      case nil: (0, 0)
      }
    var digest = ContentDigest(domain: "checkin/idempotency-key/v2")
    digest.append(deployment.configuration.gateway)
    let store = subjectHash.hash("checkin/idempotency-key/store")
    for number in [store.high, store.low, visitor.high, visitor.low] {
      digest.append(Int64(bitPattern: number))
    }
    digest.append(wanted.code.span)
    digest.append(String(key))
    let (high, low) = digest.finish()
    return EvidenceID(contentDigest: high, low)
  }

  /// The `Idempotency-Key` of a request without the quotation marks of a structured string; nil when
  /// there is none.
  static func key(_ request: HTTPRequest) throws(Problem) -> Substring? {
    guard let text = request.header("Idempotency-Key")?.trimmed else { return nil }
    // A structured string (RFC 8941) has quotes around it.
    let key =
      text.count >= 2 && text.hasPrefix("\"") && text.hasSuffix("\"")
      ? text.dropFirst().dropLast() : text
    guard (1...200).contains(key.utf8.count), key.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
    else { throw .badRequest("the Idempotency-Key has not 1 to 200 characters of ASCII") }
    return key
  }

  private static func minute(of second: Int64, _ calendar: LocalCalendar) -> Int {
    let local = second + Int64(calendar.offset(at: second))
    return Int((local % 86_400 + 86_400) % 86_400 / 60)
  }

  /// The problem that a rejection is.
  static func problem(_ rejection: IntakeRejection) -> Problem {
    let status = rejection.code == .unprovedVisitor ? 403 : 422
    return Problem(
      code: rejection.word, status: status,
      title: status == 403 ? "The visitor has not proved to be the one" : "The scan is not taken",
      detail: rejection.reason,
      fields: [
        Problem.Field(
          rejection.column == "subject" ? "visitor" : rejection.column, rejection.reason)
      ])
  }

  private static let operation = Operation(
    "checkIn", "Checks a visitor in or out",
    discussion: """
      The code is verified here. The answer is given when the scan is on the disk: 201 for a new \
      one, 200 for one that was sent before with the same id. With `id` or `Idempotency-Key` the \
      time of the scan must be given, so that what is sent again says the same. A check-out needs \
      a pass, or the proof of the check-in. Who proved nothing is told nothing of the visitor's \
      past: `repeat` is then about the id alone. A key that is no UUID is one of the same visitor \
      and code.
      """,
    tag: "visitors",
    parameters: [
      Operation.Parameter(
        "Idempotency-Key", in: .header,
        .string(pattern: "^[!-~]([ -~]{0,196}[!-~])?$", length: 1...198),
        "A UUID, or whatever is new for each check-in")
    ],
    body: .json(
      .object([
        Schema.Member(
          "code", .string(length: 1...1_024), "A poster's URL or digits, or a venue's id"),
        Schema.Member(
          "direction", .word(["in", "out", "auto"]), isRequired: false,
          "Which way; auto when it is not given"),
        Schema.Member(
          "visitor", .string(length: 1...512), isRequired: false,
          "A pass, a card's text, or another name of the visitor"),
        Schema.Member(
          "check_in", .string(pattern: "^[A-Za-z0-9_-]{13}[AEIMQUYcgkosw048]$"), isRequired: false,
          "The pseudonym of a check-in that a phone made for itself, base64url"),
        Schema.Member(
          "proof", .string(pattern: "^[A-Za-z0-9_-]{21}[AQgw]$"), isRequired: false,
          "The proof of such a check-in, which checks it out, base64url"),
        Schema.Member(
          "id", .string(format: "uuid"), isRequired: false, "The id of the evidence"),
        Schema.Member(
          "scanned_at", .string(format: "date-time"), isRequired: false,
          "When the code was scanned"),
      ])),
    responses: [
      Operation.Response(201, "It is stored", .json(receiptSchema)),
      Operation.Response(200, "It was stored before", .json(receiptSchema)),
    ], problems: [403, 409, 422, 429, 503, 507])

  private static let receiptSchema = Schema.object([
    Schema.Member("evidence", .string(format: "uuid"), "The id of the evidence"),
    Schema.Member("venue", .string(), "The venue's id"),
    Schema.Member("zone", .integer(0...255), "The zone; 0 is the whole venue"),
    Schema.Member("name", .string(), "The venue's name"),
    Schema.Member("zone_name", .optional(.string()), "The zone's name"),
    Schema.Member("direction", .word(["in", "out"]), "Which way"),
    Schema.Member("counts", .boolean, "Whether it counts as a check-in"),
    Schema.Member("grade", .integer(-1...3), "How sure it is"),
    Schema.Member("repeat", .boolean, "Whether it repeats what was said before"),
    Schema.Member("scanned_at", .string(format: "date-time"), "When the code was scanned"),
    Schema.Member("received_at", .string(format: "date-time"), "When it came here"),
    Schema.Member(
      "flags", .list(.word(["out-of-hours", "elsewhere"]), most: 2), "What somebody should look at"),
    Schema.Member("code", .string(), isRequired: false, "Why it does not count: a stable word"),
    Schema.Member("reason", .string(), isRequired: false, "Why it does not count: a sentence"),
  ])
}

extension Problem {
  /// The problem that a failure of the store is to a client.
  public init(_ error: StoreError) {
    switch error.code {
    case .diskFull, .full: self = .diskFull
    case .busy, .closed, .changedMeanwhile: self = .overloaded(retryAfter: 2)
    case .caseConflict: self = .conflict("a case of this id is there with other content")
    case .unknownCase, .unknownPrint: self = .notFound
    case .timeOutOfRange: self = .invalid("a time is outside the years that can be stored")
    default:
      self = Problem(
        code: error.code.rawValue, status: 503, title: "The store does not work",
        detail: "nothing was acknowledged: send it again later", retryAfter: 30)
    }
  }
}
