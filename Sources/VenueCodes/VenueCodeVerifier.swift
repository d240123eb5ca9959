/// A code whose signature is good.
public struct VerifiedCode: Hashable, Sendable {
  /// What the code says.
  public let token: VenueToken
  /// What the registry says of the venue; nil when the check ended before it was asked.
  public let venueStatus: VenueStatus?

  /// The registry's name of the venue, or the signed one where the registry was not asked or has
  /// none.
  public var venueName: String? { venueStatus?.name ?? token.name }
}

/// What the check of a scanned code came to.
///
/// Three outcomes and not two: a code that is genuine but out of date, of a closed venue or a
/// stolen print still says where someone was, and is kept with that status.
public enum Verdict: Hashable, Sendable {
  /// Genuine and in force.
  case accepted(VerifiedCode)
  /// Genuine, but refused for its dates, its venue or its print.
  case refused(VerifiedCode, VenueCodeError)
  /// Not shown to be genuine: nothing it says may be used.
  case notGenuine(VenueCodeError)

  /// What the code says, when its signature is good.
  public var token: VenueToken? {
    switch self {
    case .accepted(let code), .refused(let code, _): code.token
    case .notGenuine: nil
    }
  }

  /// Why the code is refused, or nil when it is accepted.
  public var failure: VenueCodeError? {
    switch self {
    case .accepted: nil
    case .refused(_, let error), .notGenuine(let error): error
    }
  }
}

/// Checks scanned codes against a key set and a registry.
///
/// The order is the design's, and the first failure is the answer: digit form, length, version and
/// kind, specimen, key, signature, dates, venue, print.
public struct VenueCodeVerifier: Sendable {
  /// The keys that codes are checked against.
  public let keys: KeySet
  /// Who knows the venues.
  public let directory: VenueDirectory
  /// The addresses that may stand before the digits.
  public let carrier: Carrier

  /// Makes a verifier; make a new one when keys or registry change.
  ///
  /// - Parameters:
  ///   - keys: The keys that codes are checked against.
  ///   - directory: Who knows the venues.
  ///   - carrier: The addresses that may stand before the digits.
  public init(keys: KeySet, directory: VenueDirectory, carrier: Carrier) {
    self.keys = keys
    self.directory = directory
    self.carrier = carrier
  }

  /// Checks a scanned text.
  ///
  /// - Parameters:
  ///   - text: The bytes a scanner gave, of any length and content, without a line end.
  ///   - now: Unix seconds at which the code was scanned; decides on the key.
  ///   - today: The same moment's local day; decides on the token.
  /// - Returns: The first check that failed, or that none did.
  /// - Complexity: One signature check.
  public func verify(text: Span<UInt8>, now: Int64, today: LocalDay) -> Verdict {
    do {
      let bytes = try carrier.bytes(decoding: text)
      return verify(try VenueCode(bytes: bytes.span), now: now, today: today)
    } catch {
      return .notGenuine(error)
    }
  }

  /// Checks a scanned text.
  ///
  /// - Parameters:
  ///   - text: The text a scanner gave, of any length and content, without a line end.
  ///   - now: Unix seconds at which the code was scanned; decides on the key.
  ///   - today: The same moment's local day; decides on the token.
  /// - Returns: The first check that failed, or that none did.
  /// - Complexity: One signature check.
  public func verify(text: String, now: Int64, today: LocalDay) -> Verdict {
    verify(text: text.utf8.span, now: now, today: today)
  }

  /// Checks a scanned text, skipping the signature check for a code that a cache knows.
  ///
  /// - Parameters:
  ///   - text: The bytes a scanner gave, of any length and content, without a line end.
  ///   - now: Unix seconds at which the code was scanned; decides on the key.
  ///   - today: The same moment's local day; decides on the token.
  ///   - cache: Codes found genuine before; a newly found one is added.
  /// - Returns: The first check that failed, or that none did.
  public func verify(
    text: Span<UInt8>, now: Int64, today: LocalDay, cache: inout GenuineCodeCache
  ) -> Verdict {
    do {
      let bytes = try carrier.bytes(decoding: text)
      let code = try VenueCode(bytes: bytes.span)
      return verify(code, now: now, today: today) { code, key in
        cache.isGenuine(code, bytes: bytes, key: key)
      }
    } catch {
      return .notGenuine(error)
    }
  }

  /// Checks the bytes of a code.
  ///
  /// - Parameters:
  ///   - bytes: Of any length and content.
  ///   - now: Unix seconds at which the code was scanned; decides on the key.
  ///   - today: The same moment's local day; decides on the token.
  /// - Returns: The first check that failed, or that none did.
  /// - Complexity: One signature check.
  public func verify(bytes: Span<UInt8>, now: Int64, today: LocalDay) -> Verdict {
    do {
      return verify(try VenueCode(bytes: bytes), now: now, today: today)
    } catch {
      return .notGenuine(error)
    }
  }

  /// Checks a code that is well formed.
  ///
  /// - Parameters:
  ///   - code: The code.
  ///   - now: Unix seconds at which the code was scanned; decides on the key.
  ///   - today: The same moment's local day; decides on the token.
  /// - Returns: The first check that failed, or that none did.
  /// - Complexity: One signature check.
  public func verify(_ code: VenueCode, now: Int64, today: LocalDay) -> Verdict {
    verify(code, now: now, today: today) { $0.isSigned(by: $1) }
  }

  private func verify(
    _ code: VenueCode, now: Int64, today: LocalDay,
    isGenuine: (VenueCode, Ed25519.PublicKey) -> Bool
  ) -> Verdict {
    let token = code.token
    if code.isSpecimen { return .notGenuine(.specimen) }
    guard let key = keys[token.keyID] else { return .notGenuine(.unknownKey(token.keyID)) }
    if let failure = key.failure(at: now) { return .notGenuine(failure) }
    guard isGenuine(code, key.publicKey) else { return .notGenuine(.badSignature) }

    func refused(_ error: VenueCodeError, _ status: VenueStatus? = nil) -> Verdict {
      .refused(VerifiedCode(token: token, venueStatus: status), error)
    }
    if today < token.firstDay { return refused(.notYetValid(from: token.firstDay)) }
    if today > token.lastDay { return refused(.expired(after: token.lastDay)) }
    let status = directory.status(token.venue, today)
    switch status {
    case .unknown: return refused(.unknownVenue(token.venue), status)
    case .retired: return refused(.retiredVenue(token.venue), status)
    case .active: break
    }
    if directory.isRevoked(token, now) {
      return refused(.revokedPrint(serial: token.serial), status)
    }
    return .accepted(VerifiedCode(token: token, venueStatus: status))
  }
}
