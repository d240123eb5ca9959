/// Codes whose signature was found good, so that a poster scanned a thousand times a day is checked
/// once.
///
/// The key is every byte of the code together with the public key it was checked with; never the
/// signature, of which one token can have many, and never the token without it, which anyone can
/// copy. Only the signature check is skipped: key times, dates, venue and print are asked each time.
/// Codes that fail are not kept, so forgeries cannot fill the cache.
public struct GenuineCodeCache: Sendable {
  /// How many codes are kept; when one more comes, all are dropped.
  ///
  /// Emptying is simpler than ageing, and a city has fewer posters than the default.
  public let capacity: Int

  private var keys: [CodeBytes: Ed25519.PublicKey] = [:]

  /// Makes an empty cache.
  ///
  /// - Parameter capacity: How many codes to keep, about 250 bytes each.
  public init(capacity: Int = 65_536) {
    self.capacity = max(1, capacity)
  }

  /// How many codes are kept now.
  public var count: Int { keys.count }

  /// Returns whether a code's signature is good, from memory or by checking it.
  mutating func isGenuine(_ code: VenueCode, bytes: [UInt8], key: Ed25519.PublicKey) -> Bool {
    let bytes = CodeBytes(bytes: bytes)
    if keys[bytes] == key { return true }
    guard code.isSigned(by: key) else { return false }
    if keys.count >= capacity { keys.removeAll(keepingCapacity: true) }
    keys[bytes] = key
    return true
  }

  /// Every byte of a code, hashed as one piece: an array hashes its elements one by one, which is most
  /// of the time that a lookup takes.
  private struct CodeBytes: Hashable {
    let bytes: [UInt8]

    func hash(into hasher: inout Hasher) {
      bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
    }
  }
}
