internal import ExposureAnswers
internal import ExposureStorage
internal import FoundationEssentials
internal import JSONText
internal import Presence
internal import StaffAccounts
internal import Tracing
internal import VenueCodes
internal import VenueRegistry

extension HealthFace {
  /// The most bytes of an export.
  static let largestExport = 64 << 20

  private static let requestSchema = Schema.object([
    Schema.Member("id", .integer(nil)), Schema.Member("kind", .string()),
    Schema.Member("question", .dictionary(.any)), Schema.Member("purpose", .string()),
    Schema.Member("requested_by", .string()),
    Schema.Member("requested_at", .string(format: "date-time")), Schema.Member("scope", .string()),
    Schema.Member("decided_by", .optional(.string())),
    Schema.Member("state", .word(ExportRequest.State.allCases.map(\.rawValue))),
  ])
  private static let numberParameter = Operation.Parameter(
    "export", in: .path, .integer(1...Int64.max), "The number of the request")

  /// The exports: asked for by one person, approved by another, taken once.
  var exports: [Route] {
    [
      Route(
        .post, "/exports", access: Self.staff,
        operation: Operation(
          "requestExport", "Asks for an export, which a second person has to approve",
          discussion: """
            kind trace: the contacts of cases, or of all open confirmed cases of the scope when none are \
            named; which these are is settled now, and the request names them. kind venue: who was at a \
            venue. Another account whose scope covers yours approves it within \
            a day; then it is taken once, within a day.
            """,
          tag: "health",
          body: .json(
            .object([
              Schema.Member("kind", .word(["trace", "venue"])),
              Schema.Member("cases", .list(.string(), most: 1_000), isRequired: false),
              Schema.Member("degree", .integer(1...3), isRequired: false),
              Schema.Member("rules", .string(), isRequired: false),
              Schema.Member("venue", .string(), isRequired: false),
              Schema.Member("from", .string(format: "date-time"), isRequired: false),
              Schema.Member("to", .string(format: "date-time"), isRequired: false),
              Schema.Member("case", .string(length: 1...100), isRequired: false),
              Schema.Member("order", .string(length: 1...200), isRequired: false),
            ])),
          responses: [Operation.Response(202, "The request", .json(Self.requestSchema))],
          problems: [404, 422]),
        work: .queued, maximumBody: 65_536,
        answer: { request in try answering { try requestExport(request) } }),
      Route(
        .get, "/exports", access: Self.staff,
        operation: Operation(
          "exports", "Lists the newest requests that are one's own or one's to decide",
          tag: "health",
          responses: [
            Operation.Response(
              200, "The requests, newest first",
              .json(
                .object([Schema.Member("exports", .list(Self.requestSchema, most: 200))])))
          ]),
        work: .queued, answer: { request in try answering { try listExports(request) } }),
      decision("approve", "Approves another person's request", isApproved: true),
      decision("refuse", "Refuses another person's request", isApproved: false),
      Route(
        .post, "/exports/{export}/take", access: Self.staff,
        operation: Operation(
          "takeExport", "Returns an approved export, once; one JSON object a line",
          tag: "health", parameters: [Self.numberParameter],
          responses: [Operation.Response(200, "The rows", .text("application/x-ndjson"))],
          problems: [409]),
        work: .queued,
        answer: { request in
          try answering { try desk.questions.pass { try takeExport(request) } }
        }),
    ]
  }

  private func decision(_ word: String, _ summary: String, isApproved: Bool) -> Route {
    Route(
      .post, "/exports/{export}/\(word)", access: Self.staff,
      operation: Operation(
        "\(word)Export", summary, tag: "health", parameters: [Self.numberParameter],
        responses: [Operation.Response(200, "The request", .json(Self.requestSchema))],
        problems: [409]),
      work: .queued,
      answer: { request in
        try answering {
          let number = Int64(request.parameters["export"] ?? "") ?? 0
          let accounts = desk.accounts.accounts
          do {
            try accounts.decideExport(
              number, isApproved: isApproved, by: try desk.account(of: request),
              in: desk.deployment.snapshot.registry, at: request.receivedSecond
            ) { asked throws(StoreError) in
              try store.audit(
                desk.note(request, "export \(word)", "\(number)", purpose: asked.purpose))
            }
          } catch let error as ExportError {
            try desk.audit(
              request, "export \(word) refused", "\(number)", detail: error.rawValue)
            throw error
          }
          guard let decided = try accounts.exportRequest(number) else { throw Problem.notFound }
          return HTTPResponse.json { write(decided, at: request.receivedSecond, to: &$0) }
        }
      })
  }

  private static let members = [
    "kind", "cases", "degree", "rules", "venue", "from", "to", "case", "order",
  ]

  /// What is asked for.
  private enum Question {
    case trace(cases: [CaseRecord], degree: Int, rules: RuleSet)
    case venue(Venue, from: Int64, to: Int64)
  }

  /// Reads what is asked for, and checks it for scope and confirmation.
  private func question(_ body: [UInt8], _ request: HTTPRequest) throws -> Question {
    let members = try RequestMembers(body, Self.members)
    switch try members.required("kind") {
    case "trace":
      let account = try desk.account(of: request)
      let named = try members.texts("cases", most: 1_000)
      let records =
        try named.map { ids in
          try Set(ids).sorted().map {
            let record = try desk.caseRecord($0, of: request, for: "export request")
            try desk.requireConfirmed($0, request, for: "export request")
            return record
          }
        }
        ?? store.caseRecords(openOnly: true).filter {
          try desk.covers(caseID: $0.id, account) && desk.isTrusted(caseID: $0.id, by: account)
        }
      guard records.count <= 1_000 else {
        throw Problem.invalid(
          "there are too many cases",
          fields: [Problem.Field("cases", "must name at most 1000 of them")])
      }
      let today = store.calendar.day(of: request.receivedSecond)
      return .trace(
        cases: records, degree: Int(try members.integer("degree", in: 1...3) ?? 1),
        rules: try desk.rules(try members.text("rules"), on: today))
    case "venue":
      let venue = try desk.venue(
        try members.required("venue"), of: request, for: "export request")
      guard let from = try members.time("from"), let to = try members.time("to"), from < to else {
        throw Problem.invalid(
          "a value is missing", fields: [Problem.Field("from", "must be there and before to")])
      }
      return .venue(venue, from: from, to: to)
    default:
      throw Problem.invalid("a value is not known", fields: [Problem.Field("kind", "is no kind")])
    }
  }

  /// What was asked for as it is settled: the cases and the rule set by their ids.
  private func settled(_ question: Question, _ members: RequestMembers) throws -> String {
    var json = JSONWriter()
    let reason = (id: try members.text("case", most: 100), order: try members.text("order"))
    json.object { json in
      switch question {
      case .trace(let cases, let degree, let rules):
        json.field("kind", "trace")
        json.field("cases", cases.map(\.id))
        json.field("degree", degree)
        json.field("rules", rules.id)
      case .venue(let venue, let from, let to):
        json.field("kind", "venue")
        json.field("venue", "\(venue.id)")
        json.field("from", desk.time(from))
        json.field("to", desk.time(to))
      }
      if let id = reason.id { json.field("case", id) }
      if let order = reason.order { json.field("order", order) }
    }
    return String(decoding: json.bytes, as: UTF8.self)
  }

  /// What of an approved request may be taken: what was approved, within the scope of then and of now.
  private func approvedQuestion(
    of export: ExportRequest, _ request: HTTPRequest
  ) throws -> Question {
    let members = try RequestMembers(Array(export.question.utf8), Self.members)
    let account = try desk.account(of: request)
    let registry = desk.deployment.snapshot.registry
    func isWithin(_ division: String?) -> Bool {
      [export.scope, account.scope].allSatisfy { scope in
        scope == .everything || division.map { scope.covers(division: $0, in: registry) } ?? false
      }
    }
    guard try members.required("kind") == "trace" else {
      let asked = try question(Array(export.question.utf8), request)
      guard case .venue(let venue, _, _) = asked, isWithin(venue.division) else {
        try desk.audit(
          request, "export take refused", "\(export.number)", purpose: export.purpose,
          detail: "out of scope")
        throw Problem.forbidden("the venue is outside the scope of the request")
      }
      return asked
    }
    let accounts = desk.accounts.accounts
    let records = try (members.texts("cases", most: 1_000) ?? []).compactMap { id in
      try isWithin(accounts.division(ofCase: id)) && desk.isTrusted(caseID: id, by: account)
        ? store.caseRecord(id) : nil
    }
    let today = store.calendar.day(of: request.receivedSecond)
    return .trace(
      cases: records, degree: Int(try members.integer("degree", in: 1...3) ?? 1),
      rules: try desk.rules(try members.text("rules"), on: today))
  }

  private func requestExport(_ request: HTTPRequest) throws -> HTTPResponse {
    let members = try RequestMembers(request.body, Self.members)
    let purpose = try purpose(
      case: try members.text("case", most: 100), order: try members.text("order"), request,
      for: "export request")
    let text = try settled(try question(request.body, request), members)
    let account = try desk.account(of: request)
    let kind = try members.required("kind")
    let number = try desk.accounts.accounts.requestExport(
      text, purpose: purpose, by: account, at: request.receivedSecond
    ) { number throws(StoreError) in
      try store.audit(
        desk.note(request, "export request", "\(number)", purpose: purpose, detail: kind))
    }
    guard let made = try desk.accounts.accounts.exportRequest(number) else {
      throw Problem.internalError
    }
    return HTTPResponse.json(status: 202) { write(made, at: request.receivedSecond, to: &$0) }
  }

  private func listExports(_ request: HTTPRequest) throws -> HTTPResponse {
    let account = try desk.account(of: request)
    let registry = desk.deployment.snapshot.registry
    let requests = try desk.accounts.accounts.exportRequests().filter {
      $0.requestedBy == account.name || account.scope.covers($0.scope, in: registry)
    }
    try desk.audit(request, "export list", "exports", detail: "\(requests.count) rows")
    return HTTPResponse.json { json in
      json.key("exports")
      json.array(requests) { json, one in
        json.object { write(one, at: request.receivedSecond, to: &$0) }
      }
    }.adding("Cache-Control", "private, no-store")
  }

  private func write(_ export: ExportRequest, at now: Int64, to json: inout JSONWriter) {
    let object = (try? JSONValue(Array(export.question.utf8)))?.object
    json.field("id", export.number)
    json.field("kind", object?["kind"]?.string ?? "")
    json.key("question")
    json.object { json in
      for member in object?.members ?? [] {
        json.key(named: member.name)
        Self.write(member.value, to: &json)
      }
    }
    json.field("purpose", export.purpose)
    json.field("requested_by", export.requestedBy)
    json.field("requested_at", desk.time(export.requestedAt))
    json.field("scope", export.scope.text)
    json.field("decided_by", export.approvedBy ?? export.refusedBy)
    json.field("state", export.state(at: now).rawValue)
  }

  private static func write(_ value: JSONValue, to json: inout JSONWriter) {
    switch value {
    case .string(let text): json.string(text)
    case .array(let values): json.array(values) { write($1, to: &$0) }
    default:
      if let number = value.integer { json.integer(number) } else { json.null() }
    }
  }

  private func takeExport(_ request: HTTPRequest) throws -> HTTPResponse {
    let accounts = desk.accounts.accounts
    let account = try desk.account(of: request)
    let number = Int64(request.parameters["export"] ?? "") ?? 0
    guard let export = try accounts.exportRequest(number), export.requestedBy == account.name else {
      throw ExportError.unknownExport
    }
    // Looked at before the work and again when it is used up.
    guard export.state(at: request.receivedSecond) == .approved else {
      try desk.audit(
        request, "export take refused", "\(number)", purpose: export.purpose,
        detail: export.state(at: request.receivedSecond).rawValue)
      throw ExportError.wrongState
    }
    var lines: [UInt8] = []
    var count = 0
    switch try approvedQuestion(of: export, request) {
    case .venue(let venue, let from, let to):
      for row in try presence(at: venue, from: from, to: to) {
        var json = JSONWriter()
        json.object { write(row, at: venue, to: &$0) }
        lines += json.bytes
        lines.append(UInt8(ascii: "\n"))
        count += 1
      }
    case .trace(let records, let degree, let rules):
      let registry = desk.deployment.snapshot.registry
      let tracer = Tracer(
        history: try store.history(of: registry), rules: rules, calendar: store.calendar)
      var sink = ExportLines(lines: ExposureLines(of: tracer, nameOfPerson: nil))
      _ = try tracer.trace(
        cases: try records.map { try $0.confirmedCase() }, degrees: degree,
        isolations: try store.isolations(), into: &sink)
      lines = sink.bytes
      count = sink.count
    }
    guard lines.count <= Self.largestExport else { throw ExportLines.tooLarge }
    try accounts.takeExport(number, by: account, at: request.receivedSecond)
    try desk.audit(
      request, "export take", "\(number)", purpose: export.purpose,
      detail: "\(count) rows, approved by \(export.approvedBy ?? "")")
    return HTTPResponse(
      status: 200,
      headers: [
        ("Content-Type", "application/x-ndjson"), ("Cache-Control", "private, no-store"),
        ("Content-Disposition", "attachment; filename=\"export-\(number).ndjson\""),
      ], body: lines)
  }
}

/// The rows of a trace as lines in memory, up to the most that an export may have.
private struct ExportLines: ExposureSink {
  static let tooLarge = Problem(
    code: "export-too-large", status: 422, title: "The export is too large",
    detail: "ask for fewer cases, or use `checkin trace` on the server")

  let lines: ExposureLines
  private(set) var bytes: [UInt8] = []
  private(set) var count = 0
  var wantsEvidence: Bool { true }

  init(lines: ExposureLines) { self.lines = lines }

  func preparation() -> @Sendable (ExposureBlock) throws -> (bytes: [UInt8], count: Int) {
    let lines = lines
    return { (lines.json(of: $0), $0.rows.count) }
  }

  mutating func take(_ prepared: (bytes: [UInt8], count: Int)) throws {
    guard bytes.count + prepared.bytes.count <= HealthFace.largestExport else {
      throw ExportLines.tooLarge
    }
    bytes += prepared.bytes
    count += prepared.count
  }
}
