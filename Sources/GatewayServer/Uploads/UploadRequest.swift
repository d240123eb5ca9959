internal import JSONText
internal import Presence
package import VenueCodes

/// What a phone keeps of one check-in, as it was sent.
package struct UploadedCheckIn: Sendable {
  /// What the check-in was called when it was made.
  package let pseudonym: CheckInPseudonym
  /// What the phone alone knew of it.
  package let secret: CheckInSecret
  /// Where.
  package let venue: VenueID
  /// When, in Unix seconds.
  package let at: Int64

  /// Whether the secret is that of the pseudonym.
  package var fits: Bool { secret.pseudonym == pseudonym }
}

/// The upload of a phone as it was sent: of one length, whatever is in it.
package struct UploadRequest: Sendable {
  /// The bytes of every upload.
  package static let length = 32_768
  /// The most check-ins of an upload.
  package static let mostCheckIns = 200

  /// The one-time code; nil in a dummy, and when it is no code.
  package let code: OneTimeCode?
  /// Whether a code was sent: an upload without one is a dummy.
  package let isDummy: Bool
  /// The check-ins.
  package let checkIns: [UploadedCheckIn]

  /// Reads the body of a request.
  ///
  /// - Throws: `Problem`, which names the member and holds nothing of its value.
  package init(_ body: [UInt8]) throws(Problem) {
    guard body.count == UploadRequest.length else {
      throw .invalid("an upload has \(UploadRequest.length) bytes: fill it with the member padding")
    }
    let value: JSONValue
    do {
      value = try JSONValue(
        body, limits: JSONLimits(depth: 3, values: 5 * UploadRequest.mostCheckIns + 8))
    } catch {
      throw .badRequest("\(error)")
    }
    guard let object = value.object else { throw .badRequest("the body is no JSON object") }
    if let other = object.names(besides: ["code", "check_ins", "padding"]).first {
      throw UploadRequest.wrong(String(other.prefix(40)), "there is no such member")
    }
    guard object["padding"].map({ $0.string != nil }) ?? true else {
      throw UploadRequest.wrong("padding", "it is no text")
    }
    switch object["code"] {
    case nil, .null?:
      isDummy = true
      code = nil
    case let text?:
      guard let text = text.string else { throw UploadRequest.wrong("code", "it is no text") }
      isDummy = false
      code = OneTimeCode(text)
    }
    guard let list = object["check_ins"]?.array, list.count <= UploadRequest.mostCheckIns else {
      throw UploadRequest.wrong(
        "check_ins", "it is no list of at most \(UploadRequest.mostCheckIns)")
    }
    var checkIns: [UploadedCheckIn] = []
    for (place, each) in list.enumerated() {
      checkIns.append(try UploadRequest.checkIn(each, "check_ins.\(place)"))
    }
    self.checkIns = checkIns
  }

  private static func checkIn(
    _ value: JSONValue, _ path: String
  ) throws(Problem) -> UploadedCheckIn {
    guard let object = value.object else { throw wrong(path, "it is no object") }
    if let other = object.names(besides: ["secret", "check_in", "venue", "at"]).first {
      throw wrong("\(path).\(other.prefix(40))", "there is no such member")
    }
    guard let secretText = object["secret"]?.string, secretText.utf8.count == 43,
      let bytes = Base64URL.bytes(of: secretText), bytes.count == CheckInSecret.length
    else { throw wrong("\(path).secret", "it is no 32 bytes as base64url") }
    guard let name = object["check_in"]?.string, name.utf8.count == 14,
      let nameBytes = Base64URL.bytes(of: name), let pseudonym = CheckInPseudonym(bytes: nameBytes)
    else { throw wrong("\(path).check_in", "it is no 10 bytes as base64url") }
    guard let venueText = object["venue"]?.string, venueText.utf8.count <= 16,
      let venue = try? VenueID(parsing: venueText)
    else { throw wrong("\(path).venue", "it is no venue id") }
    guard let time = object["at"]?.string, time.utf8.count <= 40,
      let at = try? ISO8601.parse(time)
    else { throw wrong("\(path).at", "it is no time with its offset, ISO 8601") }
    let secret: CheckInSecret
    do {
      secret = try CheckInSecret(SecretBytes(copying: bytes.span))
    } catch {
      throw .internalError
    }
    return UploadedCheckIn(pseudonym: pseudonym, secret: secret, venue: venue, at: at)
  }

  private static func wrong(_ name: String, _ reason: String) -> Problem {
    .invalid("a member of the body cannot be", fields: [Problem.Field(name, reason)])
  }
}
