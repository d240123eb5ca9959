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
  /// The most nonces that are remembered; with more, requests are put off.
  static let mostNonces = 1 << 18
  /// How many requests a door may send at once, and how many come back each second.
  static let burst = 2_000.0
  static let perSecond = 1_000.0

  private struct Allowance {
    var tokens: Double
    var at: Int64
  }

  private struct State {
    var nonces: [String: Int64] = [:]
    var pruneAt: Int64 = 0
    var allowances: [Int64: Allowance] = [:]
  }

  private let register: DoorRegister
  private let state = Mutex(State())

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
      contentDigest: digest, signatureInput: input, signature: signature)
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
    guard abs(claim.created - now) <= Self.windowSeconds else {
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
    let key = "\(door):\(claim.nonce)"
    let problem: Problem? = state.withLock { state in
      if now >= state.pruneAt || state.nonces.count >= Self.mostNonces {
        state.nonces = state.nonces.filter { abs($0.value - now) <= 2 * Self.windowSeconds }
        state.pruneAt = now + Self.windowSeconds
      }
      guard state.nonces.count < Self.mostNonces else {
        return .tooMany("too many requests of doors came", retryAfter: 10)
      }
      guard state.nonces[key] == nil else {
        return Problem(
          code: "replayed", status: 401, title: "The request came before",
          detail: "sign it anew: a nonce is taken once")
      }
      var allowance = state.allowances[door] ?? Allowance(tokens: Self.burst, at: now)
      if now > allowance.at {
        allowance.tokens = min(
          Self.burst, allowance.tokens + Double(now - allowance.at) * Self.perSecond)
      }
      allowance.at = now
      guard allowance.tokens >= 1 else {
        return .tooMany("this door asks too often", retryAfter: 1)
      }
      allowance.tokens -= 1
      state.allowances[door] = allowance
      state.nonces[key] = claim.created
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
