/// The signature algorithm of a published key; the key set fixes it, a token never does.
public enum KeyAlgorithm: String, CaseIterable, Hashable, Sendable {
  /// Ed25519 of RFC 8032.
  case ed25519 = "Ed25519"
}

/// A key that codes may be signed with, and when.
public struct PublishedKey: Hashable, Sendable {
  /// What a token calls the key.
  public let id: UInt8
  /// How signatures are checked.
  public let algorithm: KeyAlgorithm
  /// The public half.
  public let publicKey: Ed25519.PublicKey
  /// The first Unix second at which codes of this key are accepted.
  public let notBefore: Int64
  /// The last Unix second at which codes of this key are accepted, so later than the last day of
  /// the last poster signed with it.
  public let notAfter: Int64
  /// The Unix second from which the key is refused whatever else holds, or nil.
  public let revokedAt: Int64?

  /// Makes an entry of a key set.
  ///
  /// - Parameters:
  ///   - id: What a token calls the key.
  ///   - publicKey: The public half; its type fixes the algorithm.
  ///   - notBefore: The first Unix second at which its codes are accepted.
  ///   - notAfter: The last one.
  ///   - revokedAt: From when on the key is refused, or nil.
  /// - Throws: `KeySetError.timesReversed`, or `.timeOutOfRange` outside the years 1 to 9999.
  public init(
    id: UInt8, publicKey: Ed25519.PublicKey, notBefore: Int64, notAfter: Int64,
    revokedAt: Int64? = nil
  ) throws(KeySetError) {
    for time in [notBefore, notAfter, revokedAt].compactMap({ $0 })
    where !UTCText.range.contains(time) {
      throw .timeOutOfRange(id: id)
    }
    guard notBefore <= notAfter else { throw .timesReversed(id: id) }
    self.id = id
    self.algorithm = .ed25519
    self.publicKey = publicKey
    self.notBefore = notBefore
    self.notAfter = notAfter
    self.revokedAt = revokedAt
  }

  /// Returns why the key's codes are refused at a time, or nil when they are accepted.
  ///
  /// - Parameter now: Unix seconds.
  /// - Returns: `.keyNotYetValid`, `.keyExpired` or `.keyRevoked`, in this order, or nil.
  public func failure(at now: Int64) -> VenueCodeError? {
    if now < notBefore { return .keyNotYetValid(keyID: id, from: notBefore) }
    if now > notAfter { return .keyExpired(keyID: id, after: notAfter) }
    if let revokedAt, now >= revokedAt { return .keyRevoked(keyID: id, at: revokedAt) }
    return nil
  }
}
