internal import EvidenceIntake
internal import ExposureAnswers
internal import ExposureStorage
internal import FoundationEssentials
internal import Fusion
internal import JSONText
internal import Presence
internal import StaffAccounts
internal import Tracing
internal import VenueCodes
internal import VenueRegistry

/// Cases and exposures, for health staff.
///
/// Every question needs a case or an order, is within the scope of who asks, and is in the audit log
/// with its number of rows before it is answered. More than `bulkRows` rows need a second person: see
/// the exports.
public struct HealthFace: Face {
  /// The most rows of one question that one person may see alone.
  public static let bulkRows = 500
  /// The longest infectious window of a case that is registered over HTTP, in seconds: 60 days.
  static let longestWindow: Int64 = 60 * 86_400
  /// The most rows of a page.
  static let pageRows = 200

  let desk: StaffDesk
  var store: ExposureStore { desk.deployment.store }

  /// Makes the face.
  public init(_ desk: StaffDesk) {
    self.desk = desk
  }

  static let staff = Access.account([.healthStaff])

  /// The routes.
  public var routes: [Route] { cases + exposures + exports }

  static func page(_ row: Schema) -> Operation.Content {
    .json(
      .object([
        Schema.Member("rows", .list(row, most: HealthFace.pageRows)),
        Schema.Member("next", .optional(.string()), "The cursor of the next page, or null"),
      ]))
  }

  static let limitParameters = [
    Operation.Parameter("limit", in: .query, .integer(1...200), "The most rows of the page"),
    Operation.Parameter("cursor", in: .query, .string(), "Where the page before ended"),
  ]
  static let reasonParameters = [
    Operation.Parameter("case", in: .query, .string(), "The case that the question is for"),
    Operation.Parameter("order", in: .query, .string(), "The order that the question is asked by"),
  ]

  // MARK: Reasons

  /// The case or the order that a question is for; a case must be one of the scope.
  func purpose(
    case caseID: String?, order: String?, _ request: HTTPRequest, for action: String
  ) throws -> String {
    guard caseID != nil || order?.isEmpty == false else {
      try desk.audit(request, "\(action) refused", "", detail: "without a case or an order")
      throw Problem(
        code: "needs-reason", status: 403, title: "The question needs a reason",
        detail: "give the case that it is for, or the order that it is asked by")
    }
    if let order {
      guard order.utf8.count <= 200, !order.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f })
      else {
        throw Problem.invalid(
          "a value is not as it must be",
          fields: [Problem.Field("order", "must be a text of at most 200 bytes")])
      }
    }
    if let caseID { _ = try desk.caseRecord(caseID, of: request, for: action) }
    return [caseID.map { "case \($0)" }, order.map { "order \($0)" }].compactMap { $0 }
      .joined(separator: ", ")
  }

  static func needsSecondPerson(_ rows: Int) -> Problem {
    Problem(
      code: "needs-second-person", status: 403, title: "This needs a second person",
      detail: "the answer has more than \(bulkRows) rows: ask for an export, which another person "
        + "approves")
  }

  // MARK: Cases

  private static let caseSchema = Schema.object([
    Schema.Member("id", .string()), Schema.Member("subject", .string()),
    Schema.Member("onset", .optional(.string(format: "date"))),
    Schema.Member("specimen", .optional(.string(format: "date"))),
    Schema.Member("isolation", .optional(.string(format: "date-time"))),
    Schema.Member("from", .optional(.string(format: "date-time"))),
    Schema.Member("to", .optional(.string(format: "date-time"))),
    Schema.Member("created_at", .string(format: "date-time")),
    Schema.Member("closed_at", .optional(.string(format: "date-time"))),
    Schema.Member("division", .optional(.string())),
    Schema.Member("confirmed", .boolean, "Whether more than one person vouches for it"),
  ])
  private static let caseParameter = Operation.Parameter(
    "case", in: .path, .string(), "The case's id")

  private var cases: [Route] {
    [
      Route(
        .get, "/cases", access: Self.staff,
        operation: Operation(
          "cases", "Lists the cases of the scope by id", tag: "health",
          parameters: Self.limitParameters + [
            Operation.Parameter("open", in: .query, .boolean, "Only cases that are not closed")
          ],
          responses: [Operation.Response(200, "A page", Self.page(Self.caseSchema))],
          problems: [422]),
        work: .queued, answer: { request in try answering { try list(request) } }),
      Route(
        .post, "/cases", access: Self.staff,
        operation: Operation(
          "addCase", "Registers a case; the same again changes nothing",
          discussion: """
            Under every rule set the infectious window is at most 60 days. Until another account of the \
            division confirms the case, it opens nothing outside the scope. A pass or a card that \
            somebody shows is no subject.
            """,
          tag: "health",
          body: .json(
            .object([
              Schema.Member("id", .string(length: 1...100)),
              Schema.Member("subject", .string(length: 1...256), "Who, as files say it"),
              Schema.Member("division", .string(length: 1...20), "The division that works on it"),
              Schema.Member("onset", .string(format: "date"), isRequired: false),
              Schema.Member("specimen", .string(format: "date"), isRequired: false),
              Schema.Member("isolation", .string(format: "date-time"), isRequired: false),
              Schema.Member("from", .string(format: "date-time"), isRequired: false),
              Schema.Member("to", .string(format: "date-time"), isRequired: false),
              Schema.Member("purpose", .string(length: 1...200), isRequired: false),
            ])),
          responses: [
            Operation.Response(200, "It was there with the same content", .json(Self.caseSchema)),
            Operation.Response(201, "It is new", .json(Self.caseSchema)),
          ], problems: [409, 422]),
        work: .queued, maximumBody: 4_096,
        answer: { request in try answering { try add(request) } }),
      Route(
        .get, "/cases/{case}", access: Self.staff,
        operation: Operation(
          "case", "Returns a case", tag: "health", parameters: [Self.caseParameter],
          responses: [Operation.Response(200, "The case", .json(Self.caseSchema))]),
        work: .queued,
        answer: { request in
          try answering {
            let record = try desk.caseRecord(
              request.parameters["case"] ?? "", of: request, for: "case show")
            try desk.audit(request, "case show", record.id, purpose: "case \(record.id)")
            return request.tagged(try answer(record))
          }
        }),
      Route(
        .post, "/cases/{case}/close", access: Self.staff,
        operation: Operation(
          "closeCase", "Ends the work on a case", tag: "health", parameters: [Self.caseParameter],
          body: .json(.object([Schema.Member("purpose", .string(length: 1...200))])),
          responses: [Operation.Response(200, "The case", .json(Self.caseSchema))],
          problems: [422]),
        work: .queued, answer: { request in try answering { try close(request) } }),
      Route(
        .post, "/cases/{case}/upload-codes", access: Self.staff,
        operation: Operation(
          "makeUploadCode", "Makes a one-time code for the phone of an open case's person",
          tag: "health", parameters: [Self.caseParameter],
          body: .json(
            .object([Schema.Member("purpose", .string(length: 1...200), isRequired: false)])),
          responses: [
            Operation.Response(
              201, "The code, which is kept nowhere",
              .json(
                .object([
                  Schema.Member("case", .string()), Schema.Member("code", .string()),
                  Schema.Member("expires_at", .string(format: "date-time")),
                ])))
          ], problems: [422]),
        work: .queued, answer: { request in try answering { try makeUploadCode(request) } }),
      Route(
        .post, "/cases/{case}/confirm", access: Self.staff,
        operation: Operation(
          "confirmCase", "Confirms a case that another account registered", tag: "health",
          parameters: [Self.caseParameter],
          responses: [Operation.Response(200, "The case", .json(Self.caseSchema))]),
        work: .queued, answer: { request in try answering { try confirm(request) } }),
    ]
  }

  private func answer(_ record: CaseRecord, status: Int = 200) throws -> HTTPResponse {
    let division = try desk.accounts.accounts.division(ofCase: record.id)
    let isConfirmed = try desk.accounts.accounts.isConfirmed(caseID: record.id)
    return HTTPResponse.json(status: status) {
      write(record, division, isConfirmed: isConfirmed, to: &$0)
    }
  }

  private func write(
    _ record: CaseRecord, _ division: String?, isConfirmed: Bool, to json: inout JSONWriter
  ) {
    CaseText.write(record, in: store.calendar, to: &json)
    json.field("division", division)
    json.field("confirmed", isConfirmed)
  }

  private func list(_ request: HTTPRequest) throws -> HTTPResponse {
    let account = try desk.account(of: request)
    let limit = try request.number("limit", in: 1...Self.pageRows, else: 50)
    let divisions = try desk.accounts.accounts.divisionsOfCases()
    let unconfirmed = try desk.accounts.accounts.unconfirmedCases()
    let registry = desk.deployment.snapshot.registry
    let all = try store.caseRecords(openOnly: request.flag("open")).filter { record in
      account.scope == .everything
        || divisions[record.id].map { account.scope.covers(division: $0, in: registry) } ?? false
    }
    let after = request.query("cursor")
    let rest = all.drop { record in
      after.map { !$0.utf8.lexicographicallyPrecedes(record.id.utf8) } ?? false
    }
    let page = rest.prefix(limit)
    try desk.audit(request, "case list", "cases", detail: "\(page.count) rows")
    return request.tagged(
      HTTPResponse.json { json in
        json.key("rows")
        json.array(page) { json, record in
          json.object {
            write(
              record, divisions[record.id], isConfirmed: !unconfirmed.contains(record.id), to: &$0)
          }
        }
        json.field("next", rest.count > limit ? page.last?.id : nil)
      })
  }

  private func add(_ request: HTTPRequest) throws -> HTTPResponse {
    let members = try RequestMembers(
      request.body,
      [
        "id", "subject", "division", "onset", "specimen", "isolation", "from", "to", "purpose",
      ])
    let id = try members.required("id", most: 100)
    let division = try members.required("division", most: 20)
    let snapshot = desk.deployment.snapshot
    // A division that is not there is in nobody's scope.
    guard snapshot.registry.division(division) != nil,
      try desk.account(of: request).scope.covers(division: division, in: snapshot.registry)
    else {
      try desk.audit(request, "case add refused", id, detail: "out of scope")
      throw Problem.forbidden("the division is outside your scope")
    }
    // A case that is there may be another division's: its id is not a way to take it over.
    if try store.caseRecord(id) != nil {
      _ = try desk.caseRecord(id, of: request, for: "case add")
    }
    let text = try members.required("subject")
    guard !snapshot.intake.isPass(text), !snapshot.intake.isDocument(text) else {
      try desk.audit(request, "case add refused", id, detail: "a pass or a card")
      throw Problem.forbidden("a pass or a card is no subject of a case: write who it is")
    }
    let subject: Pseudonym
    do {
      subject = try snapshot.intake.pseudonym(of: text)
    } catch {
      throw Problem.invalid(
        "a value is not as it must be", fields: [Problem.Field("subject", "\(error)")])
    }
    let confirmed: Case
    do {
      confirmed = try Case(
        id: id, subject: subject, onset: try members.day("onset"),
        specimen: try members.day("specimen"), isolation: try members.time("isolation"),
        from: try members.time("from"), to: try members.time("to"))
    } catch let error as CaseError {
      throw Problem.invalid("\(error)")
    }
    let library = try RuleFolder.contactRules(in: desk.deployment.registryFolder.path + "/rules")
    let windows = library.ruleSets.map { $0.window(of: confirmed, in: store.calendar) }
    guard windows.allSatisfy({ $0.upperBound - $0.lowerBound <= Self.longestWindow }) else {
      try desk.audit(request, "case add refused", id, detail: "a window beyond 60 days")
      throw Problem.invalid(
        "the infectious window is longer than 60 days",
        fields: ["isolation", "from", "to"].map {
          Problem.Field($0, "must leave a window of at most 60 days")
        })
    }
    let record = CaseRecord(confirmed, createdAt: request.receivedSecond)
    let name = try desk.account(of: request).name
    let note = AuditNote(
      at: request.receivedSecond, actor: name, action: "case add", object: id,
      purpose: try members.text("purpose", most: 200) ?? "",
      detail: "division \(division), person \(subject)")
    // First, so that no moment has a case that nobody of its division may see.
    let assigned = try desk.accounts.accounts.assign(id, to: division, by: name)
    guard assigned == division else {
      try desk.audit(request, "case add refused", id, detail: "it is another division's")
      throw Problem.conflict("the case is there, and another division works on it")
    }
    let outcome = try store.addCase(record, note: note)
    guard let stored = try store.caseRecord(id) else { throw Problem.internalError }
    return try answer(stored, status: outcome == .stored ? 201 : 200)
  }

  private func makeUploadCode(_ request: HTTPRequest) throws -> HTTPResponse {
    let record = try desk.caseRecord(
      request.parameters["case"] ?? "", of: request, for: "case upload-code")
    let purpose = try RequestMembers(request.body, ["purpose"]).text("purpose", most: 200)
    var generator = SystemRandomNumberGenerator()
    let (code, expiresAt) = try UploadFace.makeCode(
      ofCase: record.id, in: store, using: &generator,
      note: AuditNote(
        at: request.receivedSecond, actor: try desk.account(of: request).name,
        action: "case upload-code", object: record.id, purpose: purpose ?? "case \(record.id)"))
    return HTTPResponse.json(status: 201) {
      $0.field("case", record.id)
      $0.field("code", code)
      $0.field("expires_at", desk.time(expiresAt))
    }
    .adding("Cache-Control", "private, no-store")
  }

  private func confirm(_ request: HTTPRequest) throws -> HTTPResponse {
    let action = "case confirm"
    let record = try desk.caseRecord(request.parameters["case"] ?? "", of: request, for: action)
    let note = desk.note(request, action, record.id, purpose: "case \(record.id)")
    guard
      try desk.accounts.accounts.confirm(
        caseID: record.id, by: try desk.account(of: request),
        noting: { () throws(StoreError) in try store.audit(note) })
    else {
      try desk.audit(request, "\(action) refused", record.id, detail: "own case")
      throw Problem(
        code: "case-own-confirmation", status: 403, title: "This needs a second person",
        detail: "nobody confirms a case that they registered themselves")
    }
    return try answer(record)
  }

  private func close(_ request: HTTPRequest) throws -> HTTPResponse {
    let record = try desk.caseRecord(
      request.parameters["case"] ?? "", of: request, for: "case close")
    let purpose = try RequestMembers(request.body, ["purpose"]).required("purpose", most: 200)
    try store.closeCase(
      record.id, at: request.receivedSecond,
      note: AuditNote(
        at: request.receivedSecond, actor: try desk.account(of: request).name,
        action: "case close", object: record.id, purpose: purpose))
    guard let stored = try store.caseRecord(record.id) else { throw Problem.notFound }
    return try answer(stored)
  }
}
