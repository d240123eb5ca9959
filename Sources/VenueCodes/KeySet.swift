import FoundationEssentials

/// The public keys that codes are checked against, each under an id of its own.
public struct KeySet: Hashable, Sendable {
  /// The version of the file format.
  public static let version: Int = 1

  /// The keys in the order of their ids.
  public let keys: [PublishedKey]

  /// Makes a key set without keys, which no code passes.
  public init() {
    self.keys = []
  }

  /// Makes a key set.
  ///
  /// - Parameter keys: In any order.
  /// - Throws: `.duplicateID`; or `.duplicateKey`, since one key under two ids could be revoked
  ///   under one and live on under the other.
  public init(_ keys: [PublishedKey]) throws(KeySetError) {
    let sorted = keys.sorted { $0.id < $1.id }
    var owners: [Ed25519.PublicKey: UInt8] = [:]
    for (place, key) in sorted.enumerated() {
      if place > 0, sorted[place - 1].id == key.id { throw .duplicateID(key.id) }
      if let owner = owners.updateValue(key.id, forKey: key.publicKey) {
        throw .duplicateKey(owner, key.id)
      }
    }
    self.keys = sorted
  }

  /// The key of an id, or nil when there is none.
  public subscript(id: UInt8) -> PublishedKey? {
    // A handful of keys: walking them is faster than hashing.
    keys.first { $0.id == id }
  }

  /// The least id that no key has, or nil when all 256 are taken.
  public var unusedID: UInt8? {
    (0...UInt8.max).first { self[$0] == nil }
  }

  /// Returns the set with one key more.
  ///
  /// - Parameter key: With an id and a public key that the set does not have.
  /// - Returns: The longer set.
  /// - Throws: `.duplicateID` or `.duplicateKey`.
  public func adding(_ key: PublishedKey) throws(KeySetError) -> KeySet {
    try KeySet(keys + [key])
  }

  /// Returns the set with one key revoked; a key revoked earlier keeps the earlier time.
  ///
  /// - Parameters:
  ///   - id: The key's id.
  ///   - time: Unix seconds from which it is refused.
  /// - Returns: The changed set.
  /// - Throws: `.noSuchKey`, or `.timeOutOfRange`.
  public func revoking(_ id: UInt8, at time: Int64) throws(KeySetError) -> KeySet {
    guard let old = self[id] else { throw .noSuchKey(id) }
    let revoked = try PublishedKey(
      id: id, publicKey: old.publicKey, notBefore: old.notBefore, notAfter: old.notAfter,
      revokedAt: min(old.revokedAt ?? time, time))
    return try KeySet(keys.map { $0.id == id ? revoked : $0 })
  }
}

// MARK: - The file

extension KeySet {
  /// Reads the published file.
  ///
  ///     {"version":1,"keys":[{"id":1,"algorithm":"Ed25519","public_key":"…","not_before":
  ///     "2026-01-01T00:00:00Z","not_after":"2027-01-01T00:00:00Z","revoked_at":null}]}
  ///
  /// Public keys are base64url without padding, times ISO 8601 in UTC. Members it does not know are
  /// passed over, so that a later version may add some.
  ///
  /// - Parameter json: The bytes of the file.
  /// - Throws: `KeySetError`, with the place of the bad entry.
  public init(json: [UInt8]) throws(KeySetError) {
    let file: File
    do {
      file = try JSONDecoder().decode(File.self, from: Data(json))
    } catch let error as DecodingError {
      throw KeySet.error(of: error)
    } catch {
      throw .notJSON
    }
    guard let version = Int(exactly: file.version) else { throw .wrongType("version") }
    guard version == KeySet.version else { throw .unknownVersion(version) }
    var keys: [PublishedKey] = []
    keys.reserveCapacity(file.keys.count)
    for (place, entry) in file.keys.enumerated() {
      keys.append(try KeySet.key(of: entry, at: place))
    }
    try self.init(keys)
  }

  /// The published file: the same bytes for the same keys, one key a line.
  public var json: [UInt8] {
    let lines = keys.map { key in
      let revoked = key.revokedAt.map { "\"\(UTCText.text(of: $0))\"" } ?? "null"
      return "    {\"id\":\(key.id),\"algorithm\":\"\(key.algorithm.rawValue)\","
        + "\"public_key\":\"\(Base64URL.text(of: key.publicKey.rawRepresentation))\","
        + "\"not_before\":\"\(UTCText.text(of: key.notBefore))\","
        + "\"not_after\":\"\(UTCText.text(of: key.notAfter))\",\"revoked_at\":\(revoked)}"
    }
    let list = lines.isEmpty ? "[]" : "[\n" + lines.joined(separator: ",\n") + "\n  ]"
    return Array("{\n  \"version\":\(KeySet.version),\n  \"keys\":\(list)\n}\n".utf8)
  }

  // Numbers are read as `Double`, since a fraction where `Int` is asked for counts as bad JSON.
  private struct File: Decodable {
    let version: Double
    let keys: [Entry]
  }

  private struct Entry: Decodable {
    let id: Double
    let algorithm: String
    let publicKey: String
    let notBefore: String
    let notAfter: String
    let revokedAt: String?

    enum CodingKeys: String, CodingKey {
      case id, algorithm
      case publicKey = "public_key"
      case notBefore = "not_before"
      case notAfter = "not_after"
      case revokedAt = "revoked_at"
    }
  }

  private static func key(of entry: Entry, at place: Int) throws(KeySetError) -> PublishedKey {
    guard let id = UInt8(exactly: entry.id) else { throw .idOutOfRange(at: place) }
    guard KeyAlgorithm(rawValue: entry.algorithm) != nil else { throw .unknownAlgorithm(id: id) }
    guard let bytes = Base64URL.bytes(of: entry.publicKey) else { throw .notBase64URL(id: id) }
    let publicKey: Ed25519.PublicKey
    do {
      publicKey = try Ed25519.PublicKey(rawRepresentation: bytes)
    } catch {
      throw .badKey(id: id, error)
    }
    func time(_ text: String, _ member: String) throws(KeySetError) -> Int64 {
      guard let seconds = UTCText.seconds(of: text) else { throw .badTime(id: id, member) }
      return seconds
    }
    var revokedAt: Int64?
    if let text = entry.revokedAt { revokedAt = try time(text, "revoked_at") }
    return try PublishedKey(
      id: id, publicKey: publicKey, notBefore: time(entry.notBefore, "not_before"),
      notAfter: time(entry.notAfter, "not_after"), revokedAt: revokedAt)
  }

  private static func error(of error: DecodingError) -> KeySetError {
    func path(_ keys: [any CodingKey]) -> String {
      keys.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
    }
    switch error {
    case .keyNotFound(let key, let context): return .missing(path(context.codingPath + [key]))
    case .valueNotFound(_, let context): return .wrongType(path(context.codingPath))
    case .typeMismatch(_, let context): return .wrongType(path(context.codingPath))
    case .dataCorrupted(let context):
      return context.codingPath.isEmpty ? .notJSON : .wrongType(path(context.codingPath))
    @unknown default: return .notJSON
    }
  }
}
