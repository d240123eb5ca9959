internal import ExposureStorage
internal import JSONText
internal import Presence
internal import StaffAccounts
internal import VenueCodes
internal import VenueRegistry

/// Venues, for who looks after them: what they are, and how many checked in; never who.
///
/// Counts are told of one venue at a time, and none from 1 to `leastCount` − 1: a count of one is a
/// person. There is no list of venues by counts, for anybody: a ranking of venues is a map of blame.
public struct VenueFace: Face {
  /// The smallest count, other than none, that is told.
  public static let leastCount = 10
  /// The most days of one answer.
  static let mostDays = 92

  private let desk: StaffDesk

  /// Makes the face.
  public init(_ desk: StaffDesk) {
    self.desk = desk
  }

  private static let managers = Access.account([.venueManager])
  private static let venueParameter = Operation.Parameter(
    "venue", in: .path, .string(), "The venue's id")

  /// The routes.
  public var routes: [Route] {
    [
      Route(
        .get, "/venues", access: .account([.venueManager, .healthStaff]),
        operation: Operation(
          "venues", "Lists the venues of the scope by id", tag: "venues",
          parameters: HealthFace.limitParameters,
          responses: [
            Operation.Response(
              200, "A page",
              HealthFace.page(
                .object([
                  Schema.Member("id", .string()), Schema.Member("name", .string()),
                  Schema.Member("category", .string()), Schema.Member("agency", .string()),
                  Schema.Member("division", .string()), Schema.Member("active", .boolean),
                ])))
          ], problems: [409, 422]),
        work: .queued, answer: { request in try answering { try list(request) } }),
      Route(
        .get, "/venues/{venue}/counts", access: Self.managers,
        operation: Operation(
          "venueCounts", "Returns how many checked in at a venue, a row a day",
          discussion: """
            A count from 1 to \(Self.leastCount - 1) is null: so few are no number any more but people.
            """,
          tag: "venues",
          parameters: [
            Self.venueParameter,
            Operation.Parameter(
              "from", in: .query, .string(format: "date"), isRequired: true, "The first day"),
            Operation.Parameter(
              "to", in: .query, .string(format: "date"), isRequired: true, "The last day"),
          ],
          responses: [
            Operation.Response(
              200, "The days",
              .json(
                .object([
                  Schema.Member("fewer_than", .integer(1...1_000)),
                  Schema.Member(
                    "days",
                    .list(
                      .object([
                        Schema.Member("day", .string(format: "date")),
                        Schema.Member("scans", .optional(.integer(0...Int64.max))),
                        Schema.Member("entered", .optional(.integer(0...Int64.max))),
                      ]), most: Self.mostDays)),
                ])))
          ], problems: [422]),
        work: .queued,
        answer: { request in try answering { try desk.questions.pass { try counts(request) } } }),
      Route(
        .get, "/venues/{venue}/prints", access: Self.managers,
        operation: Operation(
          "prints", "Lists the prints of a venue's posters", tag: "venues",
          parameters: [Self.venueParameter],
          responses: [
            Operation.Response(
              200, "The prints",
              .json(
                .object([
                  Schema.Member(
                    "prints",
                    .list(
                      .object([
                        Schema.Member("print", .integer(nil)),
                        Schema.Member("zone", .integer(0...255)),
                        Schema.Member("first_day", .string(format: "date")),
                        Schema.Member("last_day", .string(format: "date")),
                        Schema.Member("printed_at", .optional(.string(format: "date-time"))),
                        Schema.Member("revoked_at", .optional(.string(format: "date-time"))),
                      ]), most: nil))
                ])))
          ]),
        work: .queued, answer: { request in try answering { try prints(request) } }),
      Route(
        .post, "/venues/{venue}/prints/{print}/revoke", access: Self.managers,
        operation: Operation(
          "revokePrint", "Makes the code of a print worthless", tag: "venues",
          parameters: [
            Self.venueParameter,
            Operation.Parameter("print", in: .path, .integer(1...Int64.max), "The print's number"),
          ],
          body: .json(.object([Schema.Member("reason", .string(length: 1...200))])),
          responses: [Operation.Response(204, "It is revoked")], problems: [422]),
        work: .queued, answer: { request in try answering { try revoke(request) } }),
    ]
  }

  private func list(_ request: HTTPRequest) throws -> HTTPResponse {
    let account = try desk.account(of: request)
    let registry = desk.deployment.snapshot.registry
    let limit = try request.number("limit", in: 1...HealthFace.pageRows, else: 50)
    let after: VenueID?
    if let text = request.query("cursor") {
      guard let id = try? VenueID(parsing: text) else {
        throw Problem.foreignCursor
      }
      after = id
    } else {
      after = nil
    }
    let rest = registry.venues
      .filter { venue in
        account.scope.covers(venue, in: registry)
          && after.map { $0.rawValue < venue.id.rawValue } ?? true
      }
      .sorted { $0.id.rawValue < $1.id.rawValue }
    let page = rest.prefix(limit)
    let today = desk.deployment.calendar.day(of: request.receivedSecond)
    return request.tagged(
      HTTPResponse.json { json in
        json.key("rows")
        json.array(page) { json, venue in
          json.object {
            $0.field("id", "\(venue.id)")
            $0.field("name", venue.name)
            $0.field("category", venue.category)
            $0.field("agency", venue.agency)
            $0.field("division", venue.division)
            $0.field("active", venue.isActive(on: today))
          }
        }
        json.field("next", rest.count > limit ? page.last.map { "\($0.id)" } : nil)
      })
  }

  private func counts(_ request: HTTPRequest) throws -> HTTPResponse {
    let venue = try desk.venue(
      request.parameters["venue"] ?? "", of: request, for: "venue counts")
    guard let first = request.query("from").flatMap({ LocalDay(iso8601: $0) }),
      let last = request.query("to").flatMap({ LocalDay(iso8601: $0) }), first <= last,
      last.daysSince2020 - first.daysSince2020 < Int32(Self.mostDays)
    else {
      throw Problem.invalid(
        "a value is not as it must be",
        fields: [
          Problem.Field("from", "must be a day"),
          Problem.Field("to", "must be a day, at most \(Self.mostDays - 1) after from"),
        ])
    }
    let activity = try desk.deployment.store.venueActivity(from: first, to: last)
    let byDay = Dictionary(activity.map { ($0.day, $0) }, uniquingKeysWith: { one, _ in one })
    return request.tagged(
      HTTPResponse.json { json in
        json.field("fewer_than", Self.leastCount)
        json.key("days")
        json.array(first.daysSince2020...last.daysSince2020) { json, number in
          let day = LocalDay(daysSince2020: number)
          json.object {
            $0.field("day", "\(day)")
            $0.field("scans", Self.told(byDay[day]?.scans[venue.id] ?? 0))
            $0.field("entered", Self.told(byDay[day]?.entered[venue.id] ?? 0))
          }
        }
      })
  }

  /// The count as it is told: nil for one that is too small.
  static func told(_ count: Int) -> Int? {
    count == 0 || count >= leastCount ? count : nil
  }

  private func prints(_ request: HTTPRequest) throws -> HTTPResponse {
    let venue = try desk.venue(
      request.parameters["venue"] ?? "", of: request, for: "venue prints")
    let prints = try desk.deployment.store.prints(of: venue.id)
    return HTTPResponse.json { json in
      json.key("prints")
      json.array(prints) { json, print in
        json.object {
          $0.field("print", print.number)
          $0.field("zone", Int(print.request.zone))
          $0.field("first_day", "\(print.request.firstDay)")
          $0.field("last_day", "\(print.request.lastDay)")
          $0.field("printed_at", print.printedAt.map { desk.time($0) })
          $0.field("revoked_at", print.revokedAt.map { desk.time($0) })
        }
      }
    }
  }

  private func revoke(_ request: HTTPRequest) throws -> HTTPResponse {
    let venue = try desk.venue(
      request.parameters["venue"] ?? "", of: request, for: "print revoke")
    let reason = try RequestMembers(request.body, ["reason"]).required("reason", most: 200)
    let number = Int64(request.parameters["print"] ?? "") ?? 0
    let store = desk.deployment.store
    // A print of another venue is not there, whatever its number.
    guard let print = try store.prints(of: venue.id).first(where: { $0.number == number }) else {
      throw Problem.notFound
    }
    _ = try store.revokePrint(
      serial: print.serial, venue: venue.id, zone: print.request.zone, reason: reason,
      today: store.calendar.day(of: request.receivedSecond),
      note: AuditNote(
        at: request.receivedSecond, actor: try desk.account(of: request).name,
        action: "print revoke", object: "\(number)", purpose: reason, detail: "\(venue.id)"))
    do {
      try desk.deployment.reload()
    } catch {
      // It is revoked; the next reload of the gateway sees it.
      desk.deployment.log.error("reload-failed", [])
    }
    return .empty()
  }
}
