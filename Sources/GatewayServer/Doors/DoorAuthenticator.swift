internal import DoorProtocol
public import ExposureStorage
internal import Synchronization
internal import VenueCodes

/// A door whose request was signed with its key.
public struct DoorPrincipal: Principal {
  /// The door.
  public let door: DoorRecord
  /// The nonce of the request, which the answer repeats.
  public let nonce: String
  /// When the door signed, by its clock, in Unix seconds.
  public let signedAt: Int64

  /// `door:` and its name.
  public var auditName: String { "door:\(door.name)" }
}

/// Finds out which door sent a request, by its signature, and takes each request once.
///
/// Nonces are remembered for as long as a signature is believed, in memory: what is sent again after the
/// gateway was started anew is a batch that the store has, or a question.
public final class DoorAuthenticator: Authenticator {
  /// How far a door's clock may be from the centre's when it signs, in seconds.
  ///
  /// A door whose clock is further off asks for the centre's time first, and signs by that.
  public static let windowSeconds: Int64 = 300
  /// The most nonces that are remembered of a door; with more, its requests are put off, and no other's.
  static let mostNonces = 4_096
  /// How often a door's old nonces are forgotten, in seconds.
  static let pruneSeconds: Int64 = 10
  /// How many requests a door may send at once, and how many come back each second.
  static let burst = 400.0
  static let perSecond = 20.0

  private struct Known {
    var nonces: [String: Int64] = [:]
    var pruneAt: Int64 = 0
    var tokens = DoorAuthenticator.burst
    var at: Int64
  }

  private let register: DoorRegister
  private let state = Mutex<[Int64: Known]>([:])

  /// Makes an authenticator for the doors of a register.
  public init(_ register: DoorRegister) {
    self.register = register
  }

  /// Returns the door that signed a request.
  ///
  /// - Throws: A problem of 401 when it is not signed, not by an enrolled door, by a clock that is too
  ///   far off, or came before; of 403 when the door was revoked; of 429 when it asks too much.
  public func principal(
    of request: HTTPRequest, for access: Access
  ) throws(Problem) -> any Principal {
    guard let digest = request.header("Content-Digest"),
      let input = request.header("Signature-Input"), let signature = request.header("Signature")
    else { throw .unauthenticated("requests of doors are signed") }
    let headers = MessageSignature.Headers(
      contentDigest: digest, signatureInput: input, signature: signature,
      contentType: request.header("Content-Type"),
      contentEncoding: request.header("Content-Encoding"))
    let claim: MessageSignature
    do {
      claim = try MessageSignature(ofRequest: headers)
    } catch {
      throw .unauthenticated("\(error)")
    }
    let found: DoorRecord?
    do {
      found = try Int64(claim.keyID).flatMap { number throws(StoreError) in
        try register.door(numbered: number)
      }
    } catch {
      throw .overloaded(retryAfter: 5)
    }
    guard let door = found, let bytes = door.key,
      let key = try? Ed25519.PublicKey(rawRepresentation: bytes)
    else { throw .unauthenticated("no door of this number is enrolled") }
    let (path, query) = Self.parts(of: request.target)
    do {
      try claim.verifyRequest(
        headers, method: request.method.rawValue, path: path, query: query,
        body: request.sentBody, key: key)
    } catch {
      throw .unauthenticated("\(error)")
    }
    // Only who has the key is told that it was revoked.
    guard door.revokedAt == nil else {
      throw Problem(
        code: "door-revoked", status: 403, title: "The door was revoked",
        detail: "what it stored stays with it: bring it to those who look after doors")
    }
    let now = request.receivedSecond
    // No difference of what anybody may write: it could be beyond what a number holds.
    guard (now - Self.windowSeconds...now + Self.windowSeconds).contains(claim.created) else {
      throw Problem(
        code: "clock-skew", status: 401, title: "The clock of the door is off",
        detail: "ask for the time at /doors/time, and sign by that")
    }
    try take(door.number, claim, at: now)
    return DoorPrincipal(door: door, nonce: claim.nonce, signedAt: claim.created)
  }

  /// Takes a request once, and no more of them than a door may send.
  private func take(
    _ door: Int64, _ claim: MessageSignature, at now: Int64
  ) throws(Problem) {
    let problem: Problem? = state.withLock { state in
      var known = state.removeValue(forKey: door) ?? Known(at: now)
      defer { state[door] = known }
      if now >= known.pruneAt || known.pruneAt - now > Self.windowSeconds {
        // What is older is not believed any more, and what is newer not yet.
        let believed = (now - 2 * Self.windowSeconds)...(now + 2 * Self.windowSeconds)
        known.nonces = known.nonces.filter { believed.contains($0.value) }
        known.pruneAt = now + Self.pruneSeconds
      }
      guard known.nonces[claim.nonce] == nil else {
        return Problem(
          code: "replayed", status: 401, title: "The request came before",
          detail: "sign it anew: a nonce is taken once")
      }
      if now > known.at {
        known.tokens = min(Self.burst, known.tokens + Double(now - known.at) * Self.perSecond)
      }
      known.at = now
      guard known.tokens >= 1, known.nonces.count < Self.mostNonces else {
        return .tooMany("this door asks too often", retryAfter: known.tokens >= 1 ? 10 : 1)
      }
      known.tokens -= 1
      known.nonces[claim.nonce] = claim.created
      return nil
    }
    if let problem { throw problem }
  }

  /// Cuts a target as RFC 9421 names its parts: a query always begins with its question mark.
  static func parts(of target: String) -> (path: String, query: String) {
    guard let mark = target.firstIndex(of: "?") else { return (target, "?") }
    return (String(target[..<mark]), String(target[mark...]))
  }
}
