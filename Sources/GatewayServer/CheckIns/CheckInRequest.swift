internal import EvidenceIntake
internal import JSONText
internal import Presence
internal import VenueCodes

/// A check-in or check-out as it was sent.
///
/// Members that are not known are refused, and with them whatever somebody would like to add.
struct CheckInRequest: Sendable {
  /// The most bytes of the whole.
  static let maximumLength = 2_048

  var code: [UInt8]
  var visitor: Door.Visitor?
  var direction: Direction
  /// The id of the evidence, when the client made it.
  var id: EvidenceID?
  /// When the code was scanned, in Unix seconds, when the client says so.
  var scannedAt: Int64?

  /// Reads the body of a request.
  ///
  /// - Throws: `Problem`, which names the member and holds nothing of its value.
  init(_ body: [UInt8]) throws(Problem) {
    let value: JSONValue
    do {
      value = try JSONValue(body, limits: JSONLimits(depth: 2, values: 16))
    } catch {
      throw .badRequest("\(error)")
    }
    guard let members = value.object else { throw .badRequest("the body is no JSON object") }
    code = []
    direction = .auto
    var hasCode = false
    var names = 0
    for member in members.members {
      switch member.name {
      case "code":
        code = Array(try Self.text(member, 1...1_024).utf8)
        hasCode = true
      case "direction":
        guard let way = Direction(rawValue: try Self.text(member, 1...8)) else {
          throw Self.wrong("direction", "it is none of in, out and auto")
        }
        direction = way
      case "visitor":
        visitor = .named(Array(try Self.text(member, 1...512).utf8))
        names += 1
      case "check_in":
        guard let bytes = Base64URL.bytes(of: try Self.text(member, 14...14)),
          let pseudonym = CheckInPseudonym(bytes: bytes)
        else { throw Self.wrong("check_in", "it is no 10 bytes as base64url") }
        visitor = .checkIn(pseudonym, isProved: false)
        names += 1
      case "proof":
        guard let bytes = Base64URL.bytes(of: try Self.text(member, 22...22)),
          let proof = CheckOutProof(bytes: bytes)
        else { throw Self.wrong("proof", "it is no 16 bytes as base64url") }
        visitor = .checkIn(proof.pseudonym, isProved: true)
        names += 1
      case "id":
        guard let id = EvidenceID(try Self.text(member, 32...36)) else {
          throw Self.wrong("id", "it is no UUID")
        }
        self.id = id
      case "scanned_at":
        do {
          scannedAt = try ISO8601.parse(try Self.text(member, 1...40))
        } catch let error as TimeError {
          throw Self.wrong("scanned_at", "\(error)")
        } catch let problem as Problem {
          throw problem
        } catch {
          throw Self.wrong("scanned_at", "it is no time")
        }
      default: throw Self.wrong(String(member.name.prefix(40)), "there is no such member")
      }
    }
    guard hasCode else { throw Self.wrong("code", "it is missing") }
    guard names <= 1 else {
      throw Self.wrong("visitor", "give one of visitor, check_in and proof")
    }
  }

  private static func text(
    _ member: JSONObject.Member, _ length: ClosedRange<Int>
  ) throws(Problem) -> String {
    guard let text = member.value.string else { throw wrong(member.name, "it is no text") }
    guard length.contains(text.utf8.count) else {
      throw wrong(
        member.name,
        length.lowerBound == length.upperBound
          ? "it has not \(length.lowerBound) bytes"
          : "it has not \(length.lowerBound) to \(length.upperBound) bytes")
    }
    return text
  }

  static func wrong(_ name: String, _ reason: String) -> Problem {
    .invalid("a member of the body cannot be", fields: [Problem.Field(name, reason)])
  }
}
