internal import ExposureStorage
internal import JSONText
internal import Presence
package import SealedContacts
internal import Synchronization
package import VenueCodes
internal import VenueRegistry

/// What the check-in page asks for besides the check-in: what a venue is called, and a place to leave
/// sealed contact details.
///
/// A box that came is kept as it is: neither this server nor any other has the key that opens it.
public final class ContactFace: Face {
  private let deployment: Deployment
  private let archive: ContactArchive
  private let clients: TokenBuckets
  private let keys: Mutex<(generation: Int, newest: ContactKey?)>
  private let stored: Metrics.Counter
  private let refused: Metrics.Counter

  /// How long after a check-in its contact details are taken, in milliseconds.
  public static let openMilliseconds: Int64 = 10 * 60_000

  /// Makes the face.
  public init(_ deployment: Deployment) {
    self.deployment = deployment
    archive = ContactArchive(at: deployment.store.path)
    // As many boxes as check-ins: nobody fills the disk by leaving contact details.
    clients = TokenBuckets(
      deployment.configuration.checkIns.client,
      seed: deployment.random(8).reduce(0) { $0 << 8 | UInt64($1) })
    keys = Mutex((-1, nil))
    func counter(_ outcome: String) -> Metrics.Counter {
      deployment.metrics.counter(
        "checkin_contacts_total", "Sealed contact details by what became of them",
        [("outcome", outcome)])
    }
    stored = counter("stored")
    refused = counter("refused")
  }

  /// The routes.
  public var routes: [Route] {
    [
      Route(
        .get, "/places/{venue}", access: .anyone, operation: ContactFace.placeOperation,
        answer: { [self] request in try place(request) }),
      Route(
        .post, "/checkins/{evidence}/contact", access: .anyone,
        operation: ContactFace.contactOperation, work: .queued,
        maximumBody: ContactRequest.maximumLength,
        answer: { [self] request in
          do {
            return try take(request)
          } catch {
            refused.add()
            throw error
          }
        }),
    ]
  }

  // MARK: Places

  private func place(_ request: HTTPRequest) throws -> HTTPResponse {
    let text = request.parameters["venue"] ?? ""
    guard text.utf8.count <= 16, let id = try? VenueID(parsing: text) else {
      throw Problem.invalid(
        "the path names no venue", fields: [Problem.Field("venue", "it is no venue id")])
    }
    var zone: UInt8 = 0
    if let text = request.query("zone") {
      guard let number = UInt8(text) else {
        throw Problem.invalid(
          "the zone cannot be", fields: [Problem.Field("zone", "it is no number from 0 to 255")])
      }
      zone = number
    }
    let snapshot = deployment.snapshot
    let today = deployment.calendar.day(of: request.receivedSecond)
    guard let venue = snapshot.registry.venue(id),
      venue.retiredOn.map({ today < $0 }) ?? true
    else { throw Problem.notFound }
    let district = snapshot.registry.divisionPath(venue.division).map(\.name)
      .joined(separator: ", ")
    let key = try newestKey(snapshot.generation)
    return HTTPResponse.json {
      $0.field("place") {
        $0.object {
          $0.field("name", venue.name)
          $0.field("signed_name", venue.signedName)
          $0.field("zone", venue.zone(numbered: zone)?.name)
          $0.field("address", venue.address)
          $0.field("district", district)
        }
      }
      $0.field("contact_key") {
        guard let key else { return $0.null() }
        $0.object {
          $0.field("id", "\(key.id)")
          $0.field("public_key", Base64URL.text(of: key.publicKey.rawRepresentation))
        }
      }
    }
    .adding("Cache-Control", "no-store")
  }

  /// The key that phones seal to, read again after each reload.
  private func newestKey(_ generation: Int) throws -> ContactKey? {
    try keys.withLock { known in
      if known.generation != generation {
        known = (generation, try ContactKeyFolder.keys(in: deployment.vault.folder).newest)
      }
      return known.newest
    }
  }

  // MARK: Contact details

  private func take(_ request: HTTPRequest) throws -> HTTPResponse {
    let network = request.client.network
    if let seconds = clients.take(network.high, network.low, at: MonotonicClock.milliseconds) {
      throw Problem.tooMany(
        "so many contact details in so short a time are not taken", retryAfter: seconds)
    }
    guard let id = EvidenceID(request.parameters["evidence"] ?? "") else {
      throw Problem.invalid(
        "the path names no check-in", fields: [Problem.Field("evidence", "it is no UUID")])
    }
    let wanted = try ContactRequest(request.body)
    // The phone made the id, and the time in it: whoever guesses one has minutes for 74 bits.
    let made = Int64(id.high >> 16)
    guard id.high & 0xf000 == 0x7000, abs(request.receivedAt - made) <= ContactFace.openMilliseconds
    else { throw Problem.invalid("contact details come with a check-in that is just being made") }
    let snapshot = deployment.snapshot
    guard snapshot.registry.venue(wanted.venue) != nil else {
      throw Problem.invalid(
        "the venue is not known", fields: [Problem.Field("venue", "the registry has none such")])
    }
    let contact = StoredContact(
      place: ContactPlace(venue: wanted.venue, evidence: id),
      day: deployment.calendar.day(of: made / 1_000), box: wanted.box,
      receivedAt: request.receivedSecond)
    switch try add(contact) {
    case .stored?, .repeated?:
      stored.add()
      return .empty(204)
    case .conflict?, nil:
      throw Problem.conflict("other contact details came with this check-in before")
    }
  }

  private func add(_ contact: StoredContact) throws(Problem) -> AppendOutcome? {
    do throws(StoreError) {
      return try archive.add([contact]).first
    } catch {
      deployment.log.error("contact-failed", [("code", error.code.rawValue)])
      throw error.code == .diskFull ? .diskFull : .overloaded(retryAfter: 2)
    }
  }

  private static let placeOperation = Operation(
    "place", "Says what a venue is called and where it is",
    discussion: """
      What the check-in page shows beside the signed name. `contact_key` is the newest key that \
      contact details are sealed to, or null.
      """,
    tag: "visitors",
    parameters: [
      Operation.Parameter("venue", in: .path, .string(length: 1...16), "The venue's id"),
      Operation.Parameter("zone", in: .query, .integer(0...255), "The number of a zone"),
    ],
    responses: [
      Operation.Response(
        200, "The venue is known",
        .json(
          .object([
            Schema.Member(
              "place",
              .object([
                Schema.Member("name", .string(), "The name as it stands on the wall"),
                Schema.Member("signed_name", .string(), "The name as signed codes have it"),
                Schema.Member("zone", .optional(.string()), "The zone's name"),
                Schema.Member("address", .optional(.string()), "Street and number"),
                Schema.Member("district", .string(), "Where it is, the smallest part first"),
              ])),
            Schema.Member(
              "contact_key",
              .optional(
                .object([
                  Schema.Member("id", .string(pattern: "^[0-9a-f]{16}$"), "The key's id"),
                  Schema.Member("public_key", .string(), "X25519, base64url"),
                ]))),
          ])))
    ], problems: [404, 422])

  private static let contactOperation = Operation(
    "leaveContact", "Leaves sealed contact details with a check-in",
    discussion: """
      The box was sealed on the phone to the health authority's key (HPKE, RFC 9180) for this venue \
      and this check-in. It has 185 bytes for everybody. One box for a check-in; the same one may be \
      sent again.
      """,
    tag: "visitors",
    parameters: [
      Operation.Parameter(
        "evidence", in: .path, .string(format: "uuid"), "The id of the check-in's evidence")
    ],
    body: .json(
      .object([
        Schema.Member("venue", .string(length: 9...16), "The venue's id"),
        Schema.Member("contact", .string(pattern: "^[A-Za-z0-9_-]{247}$"), "The box, base64url"),
      ])),
    responses: [Operation.Response(204, "The box is kept")],
    problems: [409, 422, 429, 503, 507])
}

/// Sealed contact details as they were sent.
package struct ContactRequest: Sendable {
  /// The most bytes of the whole.
  static let maximumLength = 1_024

  /// The venue that the box says it is of.
  package let venue: VenueID
  /// The box.
  package let box: ContactBox

  /// Reads the body of a request.
  ///
  /// - Throws: `Problem`, which names the member and holds nothing of its value.
  package init(_ body: [UInt8]) throws(Problem) {
    let value: JSONValue
    do {
      value = try JSONValue(body, limits: JSONLimits(depth: 2, values: 8))
    } catch {
      throw .badRequest("\(error)")
    }
    guard let object = value.object else { throw .badRequest("the body is no JSON object") }
    if let other = object.names(besides: ["venue", "contact"]).first {
      throw ContactRequest.wrong(String(other.prefix(40)), "there is no such member")
    }
    guard let venueText = object["venue"]?.string, venueText.utf8.count <= 16,
      let venue = try? VenueID(parsing: venueText)
    else { throw ContactRequest.wrong("venue", "it is no venue id") }
    guard let text = object["contact"]?.string else {
      throw ContactRequest.wrong("contact", "it is no text")
    }
    do {
      box = try ContactBox(text: text)
    } catch {
      throw ContactRequest.wrong("contact", "\(error)")
    }
    self.venue = venue
  }

  private static func wrong(_ name: String, _ reason: String) -> Problem {
    .invalid("a member of the body cannot be", fields: [Problem.Field(name, reason)])
  }
}
