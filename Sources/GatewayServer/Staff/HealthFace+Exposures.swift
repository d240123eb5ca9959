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

extension HealthFace {
  /// The questions about exposures.
  var exposures: [Route] {
    [
      Route(
        .get, "/cases/{case}/exposures", access: Self.staff,
        operation: Operation(
          "exposuresOfCase", "Returns the contacts of a case",
          discussion: """
            With ranked=true the contacts by the probability that they met the case, else a row for \
            each contact and day. Rows that come meanwhile neither repeat nor hide others.
            """,
          tag: "health",
          parameters: Self.limitParameters + [
            Operation.Parameter("case", in: .path, .string(), "The case's id"),
            Operation.Parameter("ranked", in: .query, .boolean, "By probability"),
            Operation.Parameter(
              "rules", in: .query, .string(), "The rule set, else the one in force"),
            Operation.Parameter("order", in: .query, .string(), "The order, when there is one"),
          ],
          responses: [Operation.Response(200, "A page", Self.page(.dictionary(.any)))],
          problems: [409, 422]),
        work: .queued,
        answer: { request in
          try answering { try desk.questions.pass { try exposuresOfCase(request) } }
        }),
      Route(
        .get, "/venues/{venue}/exposures", access: Self.staff,
        operation: Operation(
          "exposuresAtVenue", "Returns who was at a venue; needs a case or an order",
          tag: "health",
          parameters: Self.reasonParameters + [
            Operation.Parameter("venue", in: .path, .string(), "The venue's id"),
            Operation.Parameter(
              "from", in: .query, .string(format: "date-time"), isRequired: true,
              "The first moment of interest"),
            Operation.Parameter(
              "to", in: .query, .string(format: "date-time"), isRequired: true,
              "The first moment after it"),
          ],
          responses: [
            Operation.Response(
              200, "The visits by their start",
              .json(
                .object([
                  Schema.Member("rows", .list(.dictionary(.any), most: HealthFace.bulkRows))
                ])))
          ], problems: [422]),
        work: .queued,
        answer: { request in
          try answering { try desk.questions.pass { try exposuresAtVenue(request) } }
        }),
      Route(
        .post, "/people/milestones", access: Self.staff,
        operation: Operation(
          "milestones", "Returns where a person was; needs a case or an order",
          discussion: """
            The person is in the body and not in the address, which logs on the way keep. Of a person \
            who is no confirmed case of the scope only visits to venues of the scope are told. A pass or a card \
            that somebody shows is not answered.
            """,
          tag: "health",
          body: .json(
            .object([
              Schema.Member("subject", .string(length: 1...256)),
              Schema.Member("case", .string(length: 1...100), isRequired: false),
              Schema.Member("order", .string(length: 1...200), isRequired: false),
              Schema.Member("from", .string(format: "date-time"), isRequired: false),
              Schema.Member("to", .string(format: "date-time"), isRequired: false),
            ])),
          responses: [
            Operation.Response(
              200, "What is known, by time",
              .json(
                .object([
                  Schema.Member("rows", .list(.dictionary(.any), most: HealthFace.bulkRows))
                ])))
          ], problems: [404, 422]),
        work: .queued,
        answer: { request in
          try answering { try desk.questions.pass { try milestones(request) } }
        }),
    ]
  }

  // MARK: A case

  private func exposuresOfCase(_ request: HTTPRequest) throws -> HTTPResponse {
    let record = try desk.caseRecord(
      request.parameters["case"] ?? "", of: request, for: "exposure case")
    let purpose = try purpose(
      case: record.id, order: request.query("order"), request, for: "exposure case")
    try desk.requireConfirmed(record.id, request, for: "exposure case")
    let limit = try request.number("limit", in: 1...Self.pageRows, else: 50)
    let isRanked = try request.flag("ranked")
    let today = store.calendar.day(of: request.receivedSecond)
    let rules = try desk.rules(request.query("rules"), on: today)
    let question = ["exposures", record.id, "\(isRanked)", rules.id]
    let cursor = try request.cursor(of: question)
    let registry = desk.deployment.snapshot.registry
    let history = try store.history(of: registry)
    let list: RowList
    if isRanked {
      let answer = try ContactAnswer(
        store: store, registry: registry, history: history, rules: rules, record: record,
        explaining: nil, today: today, nameOfPerson: { "\($0)" })
      list = RowList(try answer.ranking(), answer)
    } else {
      let tracer = Tracer(history: history, rules: rules, calendar: store.calendar)
      list = RowList(
        try tracer.trace(
          cases: [try record.confirmedCase()], isolations: try store.isolations()
        ).rows, store.calendar)
    }
    let first = cursor.map(list.place(after:)) ?? 0
    guard first < Self.bulkRows || list.rows.isEmpty else {
      try desk.audit(
        request, "exposure case refused", record.id, purpose: purpose,
        detail: "beyond \(Self.bulkRows) rows")
      throw Self.needsSecondPerson(list.rows.count)
    }
    let last = min(list.rows.count, first + limit, Self.bulkRows)
    let page = list.rows[min(first, last)..<last]
    try desk.spend(page.count, request, for: "exposure case", record.id, purpose: purpose)
    try desk.audit(
      request, "exposure case", record.id, purpose: purpose,
      detail: "\(isRanked ? "ranked" : "degree 1"), rules \(rules.id), \(page.count) rows of "
        + "\(list.rows.count)")
    var body = Array(#"{"rows":["#.utf8)
    for (number, row) in page.enumerated() {
      if number > 0 { body.append(UInt8(ascii: ",")) }
      body += list.json(row.offset)
    }
    let next = last < list.rows.count ? page.last : nil
    let text = next.map {
      "\"\(PageCursor(place: $0.place, person: $0.person, of: question).text)\""
    }
    body += #"],"next":\#(text ?? "null")}"#.utf8
    return request.tagged(.json(body))
  }

  // MARK: A venue

  private func exposuresAtVenue(_ request: HTTPRequest) throws -> HTTPResponse {
    let venue = try desk.venue(
      request.parameters["venue"] ?? "", of: request, for: "exposure venue")
    let purpose = try purpose(
      case: request.query("case"), order: request.query("order"), request, for: "exposure venue")
    let from = try request.requiredTime("from")
    let to = try request.requiredTime("to")
    let rows = try presence(at: venue, from: from, to: to)
    let span = "\(desk.time(from)) to \(desk.time(to))"
    guard rows.count <= Self.bulkRows else {
      try desk.audit(
        request, "exposure venue refused", "\(venue.id)", purpose: purpose,
        detail: "\(span), more than \(Self.bulkRows) rows")
      throw Self.needsSecondPerson(rows.count)
    }
    try desk.spend(rows.count, request, for: "exposure venue", "\(venue.id)", purpose: purpose)
    try desk.audit(
      request, "exposure venue", "\(venue.id)", purpose: purpose,
      detail: "\(span), \(rows.count) rows")
    return request.tagged(
      HTTPResponse.json { json in
        json.key("rows")
        json.array(rows) { json, row in
          json.object { write(row, at: venue, to: &$0) }
        }
      })
  }

  func presence(at venue: Venue, from: Int64, to: Int64) throws -> [VenuePresence] {
    guard from < to else {
      throw Problem.invalid(
        "a value is not as it must be", fields: [Problem.Field("to", "must be after from")])
    }
    return try store.history(of: desk.deployment.snapshot.registry)
      .presence(at: venue.id, from: from, to: to)
  }

  func write(_ row: VenuePresence, at venue: Venue, to json: inout JSONWriter) {
    json.field("venue", "\(venue.id)")
    json.field("zone", Int(row.visit.zone))
    json.field("person", "\(row.person)")
    json.field("from", desk.time(row.start))
    json.field("to", desk.time(row.end))
    VisitText.write(row.visit, in: store.calendar, to: &json)
  }

  // MARK: A person

  private func milestones(_ request: HTTPRequest) throws -> HTTPResponse {
    let action = "exposure subject"
    let members = try RequestMembers(request.body, ["subject", "case", "order", "from", "to"])
    let text = try members.required("subject")
    let purpose = try purpose(
      case: try members.text("case", most: 100), order: try members.text("order"), request,
      for: action)
    let snapshot = desk.deployment.snapshot
    guard !snapshot.intake.isPass(text), !snapshot.intake.isDocument(text) else {
      try desk.audit(request, "\(action) refused", "", purpose: purpose, detail: "a pass or a card")
      throw Problem.forbidden("a pass or a card is not answered with its holder's history")
    }
    let history = try store.history(of: snapshot.registry)
    let person: Pseudonym
    if let known = history.person(shortForm: text) {
      person = known
    } else {
      do {
        person = try snapshot.intake.pseudonym(of: text)
      } catch {
        throw Problem.invalid(
          "a value is not as it must be", fields: [Problem.Field("subject", "\(error)")])
      }
    }
    let account = try desk.account(of: request)
    let isOwnCase = try store.caseRecords().contains { record in
      try record.subject == person && desk.covers(caseID: record.id, account)
        && desk.isTrusted(caseID: record.id, by: account)
    }
    let registry = snapshot.registry
    let isTold: @Sendable (VenueID) -> Bool = { id in
      isOwnCase
        || registry.venue(id).map { account.scope.covers($0, in: registry) }
          ?? (account.scope == .everything)
    }
    let rows = try history.milestones(
      of: person, from: try members.time("from") ?? .min, to: try members.time("to") ?? .max
    ).filter { milestone in
      guard !isOwnCase, account.scope != .everything else { return true }
      guard case .visit(let visit) = milestone.event else { return false }
      return isTold(visit.venue)
    }
    guard rows.count <= Self.bulkRows else {
      try desk.audit(
        request, "\(action) refused", "\(person)", purpose: purpose,
        detail: "more than \(Self.bulkRows) rows")
      throw Self.needsSecondPerson(rows.count)
    }
    let facts = try MilestoneFacts(
      rows, of: person, history: history, store: store, registry: registry,
      nameOfPerson: { "\($0)" }, mayName: isTold)
    try desk.spend(rows.count, request, for: action, "\(person)", purpose: purpose)
    try desk.audit(
      request, action, "\(person)", purpose: purpose,
      detail: "\(isOwnCase ? "everywhere" : "within the scope"), \(rows.count) rows")
    return request.tagged(
      HTTPResponse.json { json in
        json.key("rows")
        json.array(Array(rows.enumerated())) { json, row in
          json.object {
            facts.write(
              row.element, at: row.offset, of: person, nameOfPerson: { "\($0)" }, to: &$0)
          }
        }
      })
  }
}

/// The rows of a case with their keys, each written when its page is asked for.
private struct RowList {
  struct Row {
    let offset: Int
    let place: UInt64
    let person: Pseudonym
  }

  let rows: [Row]
  let json: (Int) -> [UInt8]
  private let isRanked: Bool

  /// By falling probability: the key falls too.
  init(_ contacts: [RankedContact], _ answer: ContactAnswer) {
    isRanked = true
    rows = contacts.enumerated().map { place, contact in
      Row(offset: place, place: contact.probability.bitPattern, person: contact.person)
    }
    json = { place in
      var json = JSONWriter()
      json.object { answer.write(contacts[place], rank: place + 1, to: &$0) }
      return Array(json.bytes)
    }
  }

  /// By person and day.
  init(_ exposures: [Exposure], _ calendar: LocalCalendar) {
    isRanked = false
    let sorted = exposures.sorted { ($0.contact, $0.day) < ($1.contact, $1.day) }
    rows = sorted.enumerated().map { place, row in
      Row(
        offset: place, place: UInt64(bitPattern: Int64(row.day.daysSince2020)), person: row.contact)
    }
    json = { place in Array(sorted[place].json(in: calendar) { "\($0)" }.utf8) }
  }

  /// Returns the place of the first row behind a cursor.
  func place(after cursor: PageCursor) -> Int {
    // New evidence moves probabilities, also of all at once: in the ranked list a person is one row,
    // whatever its key is now.
    let found = rows.firstIndex {
      $0.person == cursor.person && (isRanked || $0.place == cursor.place)
    }
    if let found { return found + 1 }
    // The row is gone: on with the first that follows its key.
    return rows.firstIndex { row in
      isRanked
        ? row.place < cursor.place
        : (row.person, Int64(bitPattern: row.place))
          > (cursor.person, Int64(bitPattern: cursor.place))
    } ?? rows.count
  }
}
