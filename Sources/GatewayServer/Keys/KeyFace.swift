internal import ExposureStorage
internal import JSONText
internal import Presence
internal import VenueCodes

/// What anybody needs to check codes: `GET /keys` and `GET /revocations`.
public struct KeyFace: Face {
  private let deployment: Deployment

  /// Makes the face.
  public init(_ deployment: Deployment) {
    self.deployment = deployment
  }

  /// The routes.
  public var routes: [Route] {
    let deployment = deployment
    let known = Operation.Parameter(
      "If-None-Match", in: .header, .string(),
      "The ETag of what the client has: 304 when it is still the same")
    return [
      Route(
        .get, "/keys", access: .anyone,
        operation: Operation(
          "keys", "Gives the public keys that codes are signed with", tag: "anyone",
          parameters: [known],
          responses: [
            Operation.Response(200, "The key set, signed", .json(.any)),
            Operation.Response(304, "The client has it"),
          ]),
        answer: { deployment.snapshot.keysDocument.response(to: $0, type: "application/json") }),
      Route(
        .get, "/revocations", access: .anyone,
        operation: Operation(
          "revocations", "Gives the prints that were revoked", tag: "anyone",
          parameters: [known],
          responses: [
            Operation.Response(200, "The revoked prints, signed", .json(KeyFace.schema)),
            Operation.Response(304, "The client has it"),
          ]),
        answer: {
          deployment.snapshot.revocationsDocument.response(to: $0, type: "application/json")
        }),
    ]
  }

  private static let schema = Schema.object([
    Schema.Member("version", .integer(1...1), "The version of the format"),
    Schema.Member(
      "prints",
      .list(
        .object([
          Schema.Member("venue", .string(), "The venue's id"),
          Schema.Member("zone", .integer(0...255), "The zone"),
          Schema.Member("serial", .integer(0...255), "Which print of the place"),
          Schema.Member("first_day", .string(format: "date"), "The first day in the code"),
          Schema.Member("revoked_at", .string(format: "date-time"), "From when it is refused"),
        ]), most: nil), "The prints"),
  ])

  /// The document of revoked prints: the same bytes for the same prints.
  static func revocations(_ prints: [PrintRecord], calendar: LocalCalendar) -> [UInt8] {
    var json = JSONWriter()
    json.object {
      $0.field("version", 1)
      $0.field("prints") {
        $0.array(prints) { json, print in
          json.object {
            $0.field("venue", "\(print.request.venue)")
            $0.field("zone", Int(print.request.zone))
            $0.field("serial", Int(print.serial))
            $0.field("first_day", "\(print.request.firstDay)")
            $0.field("revoked_at", print.revokedAt.map { ISO8601.format($0, in: calendar) })
          }
        }
      }
    }
    return Array(json.bytes)
  }
}
