internal import DoorProtocol
public import ExposureStorage
internal import Presence
internal import Synchronization
internal import VenueCodes
internal import VenueRegistry

/// What a centre offers to doors: enrolment, evidence, and what they need to work offline.
///
/// Answers to doors are signed with the centre's key, problems too once it is known who asks.
public final class DoorFace: Face {
  private struct Known {
    let generation: Int
    let judge: DoorJudge
    let scope: DoorScope
  }

  private struct State {
    var known: [Int64: Known] = [:]
    /// The bundles that each door may still have, newest last.
    var bundles: [Int64: [DoorBundle]] = [:]
    /// The names of gateways behind each door, so that no door fills the catalog with names.
    var gateways: [Int64: Set<String>] = [:]
    /// What doors did since it was noted.
    var activity: [Int64: (at: Int64, offset: Int64, stored: Int, refused: Int)] = [:]
    var notedAt: Int64 = 0
    /// Until when it is in the log already that too many codes came.
    var attemptsNotedUntil: Int64 = 0
  }

  private let deployment: Deployment
  private let register: DoorRegister
  private let centreKey: Ed25519.SigningKey
  private let pseudonyms: PseudonymHash
  private let epoch: String
  private let anonymous: TokenBuckets
  private let state = Mutex(State())
  private let stored: Metrics.Counter
  private let refused: Metrics.Counter
  private let repeated: Metrics.Counter

  /// Makes the face of a centre.
  ///
  /// - Parameters:
  ///   - deployment: What faces share.
  ///   - register: The doors.
  /// - Throws: `VaultError.noDoors` in a store of before there were doors, `.isOfDoor` at a door.
  public init(_ deployment: Deployment, register: DoorRegister) throws {
    self.deployment = deployment
    self.register = register
    centreKey = try deployment.vault.centreKey()
    pseudonyms = try deployment.vault.subjectHash()
    epoch = try register.epoch()
    anonymous = TokenBuckets(
      RateLimit(burst: 50, perSecond: 10), capacity: 1 << 12,
      seed: UInt64.random(in: 0...UInt64.max))
    stored = deployment.metrics.counter(
      "checkin_door_rows_stored_total", "Rows of doors that were new")
    refused = deployment.metrics.counter(
      "checkin_door_rows_refused_total", "Rows of doors that were refused")
    repeated = deployment.metrics.counter(
      "checkin_door_rows_repeated_total", "Rows of doors that had come before")
  }

  /// The routes: `POST /doors`, `GET /doors/time`, `POST /evidence`, `GET /registry`.
  public var routes: [Route] {
    [
      Route(
        .post, "/doors", access: .anyone, operation: Self.enrolment, work: .queued,
        answer: { [self] in try enrol($0) }),
      Route(
        .get, "/doors/time", access: .anyone, operation: Self.time,
        answer: { [self] in try time($0) }),
      Route(
        .post, "/evidence", access: .door, operation: Self.evidence, work: .queued,
        maximumBody: EvidenceBatch.mostBytes,
        handle: { [self] request, reply in takeEvidence(request, reply) }),
      Route(
        .get, "/registry", access: .door, operation: Self.registry, work: .queued,
        answer: { [self] request in
          try signed(request) { door throws(Problem) in
            .json(try bundle(for: door, since: request.query("since"), at: request.receivedSecond))
          }
        }),
    ]
  }

  // MARK: Enrolment and time

  private func enrol(_ request: HTTPRequest) throws(Problem) -> HTTPResponse {
    try takeAnonymous(request)
    let now = request.receivedSecond
    let asked: EnrolmentRequest
    do {
      asked = try EnrolmentRequest(json: request.body)
    } catch {
      throw .badRequest("\(error)")
    }
    let door: DoorRecord
    do {
      door = try register.redeem(
        codeHash: asked.code.hash, key: asked.key.rawRepresentation, boxKey: asked.boxKey, at: now)
    } catch {
      auditRefusal(error, at: now)
      switch error {
      case .tooManyAttempts(let seconds):
        throw .tooMany("\(error)", retryAfter: Int(clamping: seconds))
      case .store: throw .overloaded(retryAfter: 5)
      default:
        throw Problem(
          code: error.code, status: 403, title: "The code is not good", detail: "\(error)")
      }
    }
    audit("door.join", door.name, KeyFingerprint.text(of: asked.key), at: now)
    let answer = EnrolmentAnswer(
      door: door.number, name: door.name, scope: door.scope, centreKey: centreKey.publicKey)
    return sign(.json(answer.json), nonce: try nonce(of: request), at: request.receivedAt)
  }

  private func time(_ request: HTTPRequest) throws(Problem) -> HTTPResponse {
    try takeAnonymous(request)
    return sign(.json(Array("{}".utf8)), nonce: try nonce(of: request), at: request.receivedAt)
  }

  /// The nonce of a request that nobody signed.
  private func nonce(of request: HTTPRequest) throws(Problem) -> String {
    guard let nonce = request.header("Checkin-Nonce"), (16...64).contains(nonce.utf8.count),
      nonce.utf8.allSatisfy({ $0 == 0x2d || $0 == 0x5f || Self.isPlain($0) })
    else { throw .badRequest("Checkin-Nonce has 16 to 64 letters and digits") }
    return nonce
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }

  /// Signing costs more than asking: of those nobody knows each network has a few signatures a second.
  private func takeAnonymous(_ request: HTTPRequest) throws(Problem) {
    let network = request.client.network
    guard
      let seconds = anonymous.take(
        network.high, network.low, at: max(1, request.receivedAt))
    else { return }
    throw .tooMany("too many such requests came", retryAfter: max(1, seconds))
  }

  /// Notes a refusal; that too many came, once for as long as that is so: the log is no place to fill.
  private func auditRefusal(_ error: DoorRegisterError, at now: Int64) {
    if case .tooManyAttempts(let seconds) = error {
      let isKnown = state.withLock { state in
        // A clock that was set back must not silence it.
        if now < state.attemptsNotedUntil, state.attemptsNotedUntil - now <= seconds { return true }
        state.attemptsNotedUntil = now + seconds
        return false
      }
      if isKnown { return }
    }
    audit("door.refused", "", error.code, at: now)
  }

  private func audit(_ action: String, _ object: String, _ detail: String, at now: Int64) {
    do {
      try deployment.store.audit(
        AuditNote(
          at: now, actor: "gateway", action: action, object: object, purpose: "enrolment",
          detail: detail))
    } catch {
      deployment.log.error("audit-failed", [("code", error.code.rawValue)])
    }
  }

  // MARK: Evidence

  private func takeEvidence(_ request: HTTPRequest, _ reply: Reply) {
    guard let principal = request.principal as? DoorPrincipal else {
      return reply.send(Problem.internalError.response)
    }
    let finish: @Sendable (HTTPResponse) -> Void = { [self] response in
      reply.send(sign(response, nonce: principal.nonce, at: request.receivedAt))
    }
    do throws(Problem) {
      try takeEvidence(request, principal, finish)
    } catch {
      finish(error.response)
    }
  }

  private func takeEvidence(
    _ request: HTTPRequest, _ principal: DoorPrincipal,
    _ finish: @escaping @Sendable (HTTPResponse) -> Void
  ) throws(Problem) {
    let now = request.receivedSecond
    let door = principal.door
    let rows = try rows(of: request)
    let judge = try known(door).judge
    var answer = BatchAnswer(rows: rows.count, receivedAt: now, epoch: epoch)
    var taken: [Evidence] = []
    var places: [Int] = []
    taken.reserveCapacity(rows.count)
    places.reserveCapacity(rows.count)
    var lastGateway: (asked: String, name: String)?
    for (place, row) in rows.enumerated() {
      if let refusal = judge.refusal(of: row, at: now) {
        answer.refused.append(.init(row: place, code: refusal.rawValue))
        continue
      }
      var row = row
      if lastGateway?.asked != row.gateway {
        lastGateway = (row.gateway, gatewayName(row.gateway, of: door))
      }
      row.gateway = lastGateway?.name ?? door.name
      // By the centre's clock: how late it came is known, whatever the door's clock says.
      row.receivedAt = now
      taken.append(row)
      places.append(place)
    }
    refused.add(Int64(answer.refused.count))
    guard !taken.isEmpty else {
      note(principal, stored: 0, refused: answer.refused.count, at: now)
      return finish(.json(answer.json))
    }
    let judged = answer
    let sent = places
    let isTaken = deployment.committer.append(taken) { [self] result in
      var answer = judged
      switch result {
      case .success(let outcomes):
        for (outcome, place) in zip(outcomes, sent) {
          switch outcome {
          case .stored: break
          case .repeated: answer.noteRepeated(place)
          case .conflict: answer.conflicts.append(place)
          }
        }
        stored.add(Int64(answer.storedCount))
        repeated.add(Int64(answer.repeated.reduce(0) { $0 + $1.count }))
        note(principal, stored: answer.storedCount, refused: answer.refused.count, at: now)
        finish(.json(answer.json))
      case .failure(let error):
        finish(
          (error.code == .diskFull ? Problem.diskFull : .overloaded(retryAfter: 5)).response)
      }
    }
    guard isTaken else { throw .overloaded(retryAfter: 1) }
  }

  private func rows(of request: HTTPRequest) throws(Problem) -> [Evidence] {
    let pseudonyms = pseudonyms
    let person: (Pseudonym) -> Pseudonym = { inner in
      guard let whole = pseudonyms.hash(innerHigh: inner.high, low: inner.low) else { return inner }
      return Pseudonym(high: whole.high, low: whole.low)
    }
    let type = (request.header("Content-Type") ?? "").prefix { $0 != ";" }.lowercased()
    do throws(DoorProtocolError) {
      return type.hasPrefix(EvidenceBatch.mediaType)
        ? try EvidenceBatch.rows(of: request.body, person: person)
        : try EvidenceLines.rows(
          of: request.body, receivedAt: request.receivedSecond, person: person)
    } catch {
      if case .rowCount(let count) = error, count > EvidenceBatch.mostRows {
        throw Problem(
          code: "too-many-rows", status: 413, title: "The batch has too many rows",
          detail: "\(error)")
      }
      throw Problem(
        code: error.code, status: 422, title: "The batch cannot be read", detail: "\(error)")
    }
  }

  /// What a gateway behind a door is called here: doors of one house are told apart, up to a number.
  private func gatewayName(_ asked: String, of door: DoorRecord) -> String {
    guard !asked.isEmpty, asked != door.name, asked.utf8.count <= 64 else { return door.name }
    return state.withLock { state in
      var names = state.gateways[door.number] ?? []
      guard names.contains(asked) || names.count < 64 else { return door.name }
      names.insert(asked)
      state.gateways[door.number] = names
      return "\(door.name)/\(asked)"
    }
  }

  private func known(_ door: DoorRecord) throws(Problem) -> Known {
    let snapshot = deployment.snapshot
    if let known = state.withLock({ $0.known[door.number] }),
      known.generation == snapshot.generation
    {
      return known
    }
    let registry = snapshot.registry
    do {
      let scope = try DoorScope(text: door.scope)
      let policy = try deployment.store.retentionPolicy()
      let known = Known(
        generation: snapshot.generation,
        judge: DoorJudge(
          venues: Set(scope.venues(in: registry).map(\.id)),
          isKnown: { registry.venue($0) != nil }, mayCheckPasses: door.mayCheckPasses,
          scanDays: policy.scans, bluetoothDays: policy.bluetooth,
          calendar: deployment.calendar),
        scope: scope)
      state.withLock { $0.known[door.number] = known }
      return known
    } catch {
      throw .internalError
    }
  }

  /// Notes what a door did, every few seconds: it is for people to look at.
  private func note(
    _ principal: DoorPrincipal, stored: Int, refused: Int, at now: Int64
  ) {
    let offset = (principal.signedAt - now) * 1_000
    let due = state.withLock { state in
      var activity = state.activity[principal.door.number] ?? (now, offset, 0, 0)
      activity.at = now
      activity.offset = offset
      activity.stored += stored
      activity.refused += refused
      state.activity[principal.door.number] = activity
      guard now != state.notedAt else { return state.activity.filter { _ in false } }
      state.notedAt = now
      defer { state.activity = [:] }
      return state.activity
    }
    for (door, activity) in due {
      do {
        try register.noteContact(
          of: door, at: activity.at, clockOffset: activity.offset, stored: activity.stored,
          refused: activity.refused)
      } catch {
        deployment.log.error("door-note-failed", [("code", error.code.rawValue)])
      }
    }
  }

  // MARK: What goes down

  private func bundle(
    for door: DoorRecord, since: String?, at now: Int64
  ) throws(Problem) -> [UInt8] {
    let known = try known(door)
    let snapshot = deployment.snapshot
    guard let boxKey = door.boxKey else { throw .internalError }
    do {
      let revocations = try deployment.store.prints().compactMap { print in
        print.revokedAt.map { time in
          RevokedPrintLine(
            venue: print.request.venue, zone: print.request.zone, serial: print.serial,
            firstDay: print.request.firstDay, revokedAt: time)
        }
      }
      let new = DoorBundle(
        registry: snapshot.registry, scope: known.scope, keySet: snapshot.keys,
        revocations: revocations)
      let old = state.withLock { state in
        var bundles = state.bundles[door.number] ?? []
        let old = since.flatMap { version in bundles.first { $0.version == version } }
        bundles.removeAll { $0.version == new.version }
        bundles.append(new)
        state.bundles[door.number] = Array(bundles.suffix(4))
        return old
      }
      var box: [UInt8] = []
      // Who has this version has the secrets that go with it.
      if since != new.version {
        let secrets = try deployment.vault.secretsForDoor(
          places: known.scope.places(in: snapshot.registry), mayCheckPasses: door.mayCheckPasses)
        var parcel = secrets.parcel()
        defer { for place in parcel.indices { parcel[place] = 0 } }
        guard let sealed = SealedBox.sealed(parcel, to: boxKey) else { throw Problem.internalError }
        box = sealed
      }
      let manifest = BundleManifest(
        door: door.number, version: new.version, issuedAt: now,
        expiresAt: now + BundleManifest.lifetimeSeconds)
      try register.noteContact(
        of: door.number, at: now, clockOffset: door.clockOffsetMilliseconds ?? 0,
        bundleVersion: new.version)
      let delta =
        since == new.version ? BundleDelta(from: new, to: new) : BundleDelta(from: old, to: new)
      return BundleAnswer(
        manifest: manifest.signed(by: centreKey), delta: delta, box: box, epoch: epoch
      ).json
    } catch {
      deployment.log.error("bundle-failed", [("door", "\(door.number)")])
      throw .internalError
    }
  }

  // MARK: Signing

  /// Answers a door, and signs whatever the answer is.
  private func signed(
    _ request: HTTPRequest, _ body: (DoorRecord) throws(Problem) -> HTTPResponse
  ) throws(Problem) -> HTTPResponse {
    guard let principal = request.principal as? DoorPrincipal else { throw .internalError }
    let response: HTTPResponse
    do {
      response = try body(principal.door)
    } catch {
      response = error.response
    }
    return sign(response, nonce: principal.nonce, at: request.receivedAt)
  }

  private func sign(
    _ response: HTTPResponse, nonce: String, at milliseconds: Int64
  ) -> HTTPResponse {
    let headers = MessageSignature.answerHeaders(
      status: response.status, milliseconds: milliseconds, body: response.body, nonce: nonce,
      key: centreKey)
    var signed = response
    signed.headers += [
      ("Cache-Control", "no-store"), ("Content-Digest", headers.contentDigest),
      ("Checkin-Time", headers.time ?? ""), ("Signature-Input", headers.signatureInput),
      ("Signature", headers.signature),
    ]
    return signed
  }
}

// MARK: Descriptions

extension DoorFace {
  private static let nonceParameter = Operation.Parameter(
    "Checkin-Nonce", in: .header, .string(pattern: "^[A-Za-z0-9_-]{16,64}$", length: 16...64),
    isRequired: true, "What the signature of the answer repeats")

  private static let enrolment = Operation(
    "enrolDoor", "Enrols a door with a one-time code",
    discussion: """
      The proof is the Ed25519 signature over "checkin/door/enrol/v1", a zero byte, the hash of the \
      code and both keys. The answer is signed with the key that it names.
      """, tag: "doors", parameters: [nonceParameter],
    body: .json(
      .object([
        .init("code", .string(length: 16...64)), .init("key", .string(length: 44...44)),
        .init("box_key", .string(length: 44...44)), .init("proof", .string(length: 88...88)),
      ])),
    responses: [
      .init(
        200, "The door is enrolled",
        .json(
          .object([
            .init("door", .integer(1...Int64.max)), .init("name", .string()),
            .init("scope", .string()), .init("centre_key", .string(length: 44...44)),
          ])))
    ], problems: [403, 429])

  private static let time = Operation(
    "centreTime", "Tells the centre's time, signed", tag: "doors", parameters: [nonceParameter],
    responses: [.init(200, "The time is in Checkin-Time", .json(.object([])))], problems: [429])

  private static let evidence = Operation(
    "sendEvidence", "Takes a batch of a door's evidence",
    discussion: """
      1 to 10,000 rows, in columns or as a JSON object a line, packed with gzip or zstd or not. What \
      is not refused is durable when the answer is given; the same rows again are `repeated`.
      """, tag: "doors",
    body: .init(
      [EvidenceBatch.mediaType, EvidenceLines.mediaType], .binary),
    responses: [
      .init(
        200, "What became of each row; those in no list were stored",
        .json(
          .object([
            .init("rows", .integer(1...10_000)), .init("received_at", .integer(nil)),
            .init("epoch", .string(length: 16...16)),
            .init(
              "repeated", .list(.list(.integer(0...10_000), most: 2), most: 10_000),
              isRequired: false),
            .init("conflicts", .list(.integer(0...9_999), most: 10_000), isRequired: false),
            .init(
              "refused",
              .list(
                .object([
                  .init("row", .integer(0...9_999)),
                  .init("code", .word(RowRefusal.allCases.map(\.rawValue))),
                ]), most: 10_000), isRequired: false),
          ])))
    ], problems: [413, 422, 429, 507])

  private static let registry = Operation(
    "doorBundle", "Gives a door its venues, keys and revocations",
    discussion: "All of it, or what changed since the version that the door has.", tag: "doors",
    parameters: [
      .init("since", in: .query, .string(pattern: "^[0-9a-f]{64}$"), "The version the door has")
    ],
    responses: [
      .init(
        200, "The signed word on what to use, the change, and the door's secrets in a box",
        .json(
          .object([
            .init("manifest", .string()), .init("delta", .any), .init("box", .string()),
            .init("epoch", .string(length: 16...16)),
          ])))
    ])
}
