internal import ExposureAnswers
public import ExposureStorage
internal import JSONText
internal import Presence
internal import StaffAccounts
internal import VenueCodes

/// Keys, retention and the audit log, for administrators, who see no evidence.
public struct AdministratorFace: Face {
  private let desk: StaffDesk

  /// Makes the face.
  public init(_ desk: StaffDesk) {
    self.desk = desk
  }

  private static let administrators = Access.account([.administrator])

  /// The routes.
  public var routes: [Route] { keys + upkeep }

  // MARK: Keys

  private static let keySchema = Schema.object([
    Schema.Member("id", .integer(0...255)),
    Schema.Member("not_before", .string(format: "date-time")),
    Schema.Member("not_after", .string(format: "date-time")),
    Schema.Member("revoked_at", .optional(.string(format: "date-time"))),
    Schema.Member("in_force", .boolean),
  ])

  private var keys: [Route] {
    [
      Route(
        .get, "/administration/keys", access: Self.administrators,
        operation: Operation(
          "signingKeys", "Lists the signing keys", tag: "administration",
          responses: [
            Operation.Response(
              200, "The keys",
              .json(.object([Schema.Member("keys", .list(Self.keySchema, most: 256))])))
          ]),
        work: .queued,
        answer: { request in
          try answering {
            let keys = try keySet().keys
            return HTTPResponse.json { json in
              json.key("keys")
              json.array(keys) { json, key in
                json.object { write(key, at: request.receivedSecond, to: &$0) }
              }
            }
          }
        }),
      Route(
        .post, "/administration/keys", access: Self.administrators,
        operation: Operation(
          "rotateKeys", "Makes a new signing key; posters of older keys stay valid",
          tag: "administration",
          body: .json(
            .object([
              Schema.Member("years", .integer(1...10), isRequired: false),
              Schema.Member("from", .string(format: "date-time"), isRequired: false),
            ])),
          responses: [Operation.Response(201, "The key", .json(Self.keySchema))], problems: [422]),
        work: .queued,
        answer: { request in
          try answering {
            let members = try RequestMembers(request.body, ["years", "from"])
            let start = try members.time("from") ?? request.receivedSecond
            let years = try members.integer("years", in: 1...10) ?? 3
            try desk.audit(request, "key rotate", "new key")
            let key: PublishedKey
            do {
              key = try desk.deployment.vault.rotate(
                notBefore: start, notAfter: start + years * 366 * 86_400)
              try desk.deployment.reload()
            } catch {
              throw Problem.internalError
            }
            return HTTPResponse.json(status: 201) {
              write(key, at: request.receivedSecond, to: &$0)
            }
          }
        }),
      Route(
        .post, "/administration/keys/{key}/revoke", access: Self.administrators,
        operation: Operation(
          "revokeKey", "Makes every code of a key worthless from now on", tag: "administration",
          parameters: [
            Operation.Parameter("key", in: .path, .integer(0...255), "The key's id")
          ],
          responses: [Operation.Response(204, "It is revoked")]),
        work: .queued,
        answer: { request in
          try answering {
            guard let id = UInt8(request.parameters["key"] ?? ""), try keySet()[id] != nil else {
              throw Problem.notFound
            }
            try desk.audit(request, "key revoke", "\(id)")
            do {
              try desk.deployment.vault.revoke(id, at: request.receivedSecond)
              try desk.deployment.reload()
            } catch {
              throw Problem.internalError
            }
            return .empty()
          }
        }),
    ]
  }

  private func keySet() throws(Problem) -> KeySet {
    do {
      return try desk.deployment.vault.keySet()
    } catch {
      throw .internalError
    }
  }

  private func write(_ key: PublishedKey, at now: Int64, to json: inout JSONWriter) {
    json.field("id", Int(key.id))
    json.field("not_before", desk.time(key.notBefore))
    json.field("not_after", desk.time(key.notAfter))
    json.field("revoked_at", key.revokedAt.map { desk.time($0) })
    json.field("in_force", key.failure(at: now) == nil)
  }

  // MARK: Retention and audit

  private static let auditSchema = Schema.object([
    Schema.Member("line", .integer(nil)), Schema.Member("time", .string(format: "date-time")),
    Schema.Member("actor", .string()), Schema.Member("action", .string()),
    Schema.Member("object", .string()), Schema.Member("purpose", .string()),
    Schema.Member("detail", .string()), Schema.Member("hash", .string()),
  ])

  private var upkeep: [Route] {
    [
      Route(
        .get, "/administration/retention", access: Self.administrators,
        operation: Operation(
          "retentionPlan", "Says what a run of retention would delete, and deletes nothing",
          tag: "administration",
          responses: [
            Operation.Response(
              200, "The plan",
              .json(
                .object([
                  Schema.Member("scans_days", .integer(nil)),
                  Schema.Member("bluetooth_days", .integer(nil)),
                  Schema.Member("rows", .integer(nil)),
                  Schema.Member("rows_for_cases", .integer(nil)),
                  Schema.Member(
                    "days",
                    .list(
                      .object([
                        Schema.Member("day", .string(format: "date")),
                        Schema.Member("deleted", .integer(nil)),
                        Schema.Member("kept", .integer(nil)),
                      ]), most: nil)),
                ])))
          ]),
        work: .queued,
        answer: { request in try answering { try desk.questions.pass { try plan(request) } } }),
      Route(
        .get, "/administration/audit", access: Self.administrators,
        operation: Operation(
          "auditLog", "Returns the newest lines of the audit log, oldest first",
          tag: "administration",
          parameters: [
            Operation.Parameter("last", in: .query, .integer(1...1_000), "How many lines")
          ],
          responses: [
            Operation.Response(
              200, "The lines",
              .json(.object([Schema.Member("lines", .list(Self.auditSchema, most: 1_000))])))
          ], problems: [422]),
        work: .queued, answer: { request in try answering { try lines(request) } }),
      Route(
        .get, "/administration/audit/verdict", access: Self.administrators,
        operation: Operation(
          "verifyAudit", "Checks the chain of the audit log, and the checkpoints beside it",
          tag: "administration",
          responses: [
            Operation.Response(
              200, "What was found",
              .json(
                .object([
                  Schema.Member("intact", .boolean),
                  Schema.Member("lines", .optional(.integer(nil))),
                  Schema.Member("broken_at", .optional(.integer(nil))),
                  Schema.Member("checkpoints", .integer(nil)),
                  Schema.Member("checkpoints_agree", .boolean),
                ])))
          ]),
        work: .queued,
        answer: { request in try answering { try verdict(at: request.receivedSecond) } }),
      Route(
        .post, "/administration/audit/checkpoints", access: Self.administrators,
        operation: Operation(
          "makeCheckpoint", "Signs what the audit log is now, for keeping elsewhere",
          tag: "administration",
          responses: [Operation.Response(201, "One line of text", .text())], problems: [409]),
        work: .queued,
        answer: { request in
          try answering {
            try desk.audit(request, "audit checkpoint", "audit log")
            return HTTPResponse.text(
              try AuditKeeper.checkpoint(of: desk.deployment, at: request.receivedSecond).line
                + "\n", status: 201)
          }
        }),
    ]
  }

  private func plan(_ request: HTTPRequest) throws -> HTTPResponse {
    let store = desk.deployment.store
    let today = store.calendar.day(of: request.receivedSecond)
    let policy = try store.retentionPolicy()
    let linked = try store.evidenceOfOpenCases(
      registry: desk.deployment.snapshot.registry, rules: try desk.rules(nil, on: today))
    let report = try store.retentionPlan(policy, today: today, keeping: linked)
    return HTTPResponse.json { json in
      json.field("scans_days", policy.scans)
      json.field("bluetooth_days", policy.bluetooth)
      json.field("rows", report.deletedRows)
      json.field("rows_for_cases", report.linkedRows)
      json.key("days")
      json.array(report.days) { json, day in
        json.object {
          $0.field("day", "\(day.day)")
          $0.field("deleted", day.deleted)
          $0.field("kept", day.kept)
        }
      }
    }
  }

  private func lines(_ request: HTTPRequest) throws -> HTTPResponse {
    let last = try request.number("last", in: 1...1_000, else: 100)
    let entries = try desk.deployment.store.auditEntries(limit: last)
    // Who reads the log is in it.
    try desk.audit(request, "audit read", "audit log", detail: "\(entries.count) rows")
    return HTTPResponse.json { json in
      json.key("lines")
      json.array(entries) { json, entry in
        json.object {
          $0.field("line", entry.sequence)
          $0.field("time", desk.time(entry.note.at))
          $0.field("actor", entry.note.actor)
          $0.field("action", entry.note.action)
          $0.field("object", entry.note.object)
          $0.field("purpose", entry.note.purpose)
          $0.field("detail", entry.note.detail)
          $0.field("hash", HexDigits.text(of: entry.hash))
        }
      }
    }.adding("Cache-Control", "private, no-store")
  }

  private func verdict(at now: Int64) throws -> HTTPResponse {
    let store = desk.deployment.store
    let verdict = try store.verifyAudit()
    let checkpoints = try store.checkpoints()
    let key = checkpoints.isEmpty ? nil : try AuditKeeper.key(of: desk.deployment).publicKey
    let agree = try checkpoints.allSatisfy {
      [.agrees, .pastRetention].contains(try store.compare($0, key: key, at: now))
    }
    return HTTPResponse.json {
      switch verdict {
      case .intact(let count, _):
        $0.field("intact", true)
        $0.field("lines", count)
        $0.field("broken_at", Int64?.none)
      case .broken(let line):
        $0.field("intact", false)
        $0.field("lines", Int64?.none)
        $0.field("broken_at", line)
      }
      $0.field("checkpoints", checkpoints.count)
      $0.field("checkpoints_agree", agree)
    }
  }
}

/// Makes checkpoints of the audit log while a gateway runs.
public enum AuditKeeper {
  /// Signs what the audit log is now.
  ///
  /// - Throws: `Problem`: 409 for a log that is broken.
  public static func checkpoint(
    of deployment: Deployment, at now: Int64
  ) throws(Problem) -> AuditCheckpoint {
    let key = try key(of: deployment)
    do throws(StoreError) {
      return try deployment.store.makeCheckpoint(key: key, at: now)
    } catch {
      guard error.code == .corrupt else { throw Problem(error) }
      throw Problem(
        code: "audit-broken", status: 409, title: "The audit log is broken",
        detail: "it was changed or cut off, and is not signed: run `checkin audit verify`")
    }
  }

  /// Signs what the audit log is now when so many lines, or the given time, have passed since the
  /// last checkpoint; called now and then by a gateway.
  ///
  /// - Parameters:
  ///   - deployment: What the gateway works with.
  ///   - now: The present, in Unix seconds.
  ///   - lines: After how many new lines.
  ///   - seconds: After how many seconds, when there is a new line at all.
  /// - Returns: Whether one was made.
  /// - Throws: `Problem`.
  @discardableResult
  public static func keep(
    _ deployment: Deployment, at now: Int64, lines: Int64 = 1_000, seconds: Int64 = 900
  ) throws(Problem) -> Bool {
    let new: Int64
    let last: Int64?
    do throws(StoreError) {
      new = try deployment.store.auditLinesSinceCheckpoint()
      last = try deployment.store.lastCheckpoint()?.time
    } catch {
      throw Problem(error)
    }
    // Fewer lines than were signed are for the checkpoint to find out.
    guard new != 0, new < 0 || new >= lines || now - (last ?? .min / 2) >= seconds else {
      return false
    }
    _ = try checkpoint(of: deployment, at: now)
    return true
  }

  static func key(of deployment: Deployment) throws(Problem) -> Ed25519.SigningKey {
    do {
      return try deployment.vault.auditKey()
    } catch {
      throw .internalError
    }
  }
}

/// Bytes as hexadecimal digits.
enum HexDigits {
  static func text(of bytes: some Sequence<UInt8>) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }
}
