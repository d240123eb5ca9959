internal import FoundationEssentials
public import VenueCodes

/// Names a key of the health authority: the first 64 bits of SHA-256 of its public half.
///
/// It follows from the key, so that nobody has to hand ids out and no two keys can be mixed up.
public struct ContactKeyID: Hashable, Comparable, Sendable {
  /// The bits.
  public let rawValue: UInt64

  /// Takes the bits of an id.
  public init(rawValue: UInt64) {
    self.rawValue = rawValue
  }

  /// Returns the id of a key.
  public init(of key: X25519.PublicKey) {
    self.init(bytes: SHA256.digest(of: key.rawRepresentation).prefix(8))
  }

  /// Takes eight bytes, the most significant first.
  init(bytes: ArraySlice<UInt8>) {
    self.rawValue = bytes.reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// Reads the 16 hexadecimal digits of an id, lower case; nil when the text is anything else.
  public init?(_ text: String) {
    guard text.utf8.count == 16, let value = UInt64(text, radix: 16),
      ContactKeyID(rawValue: value).description == text
    else { return nil }
    self.rawValue = value
  }

  /// Eight bytes, the most significant first.
  public var bytes: [UInt8] {
    withUnsafeBytes(of: rawValue.bigEndian) { Array($0) }
  }

  /// Orders ids as numbers.
  public static func < (left: ContactKeyID, right: ContactKeyID) -> Bool {
    left.rawValue < right.rawValue
  }
}

extension ContactKeyID: CustomStringConvertible {
  /// 16 hexadecimal digits.
  public var description: String {
    let text = String(rawValue, radix: 16)
    return String(repeating: "0", count: 16 - text.count) + text
  }
}

/// The public half of a key of the health authority.
public struct ContactKey: Hashable, Sendable {
  /// The public half.
  public let publicKey: X25519.PublicKey
  /// When it was made, in Unix seconds: of several keys the newest seals.
  public let madeAt: Int64

  /// Describes a key.
  public init(publicKey: X25519.PublicKey, madeAt: Int64) {
    self.publicKey = publicKey
    self.madeAt = madeAt
  }

  /// What boxes call it.
  public var id: ContactKeyID { ContactKeyID(of: publicKey) }
}

/// The public keys of the health authority, which gateways hand to phones.
///
///     {"version":1,"keys":[
///       {"id":"6f…","suite":"x25519-hkdf-sha256-aes256gcm","public_key":"…","made_at":1785196800}]}
public struct ContactKeySet: Hashable, Sendable {
  /// The suite that keys are for, as files name it.
  public static let suite: String = "x25519-hkdf-sha256-aes256gcm"

  /// The most keys of a set: rotation is once a year or so.
  public static let maximumCount: Int = 64

  /// The keys, oldest first.
  public let keys: [ContactKey]

  /// Makes a set.
  public init(_ keys: [ContactKey] = []) {
    var known: Set<ContactKeyID> = []
    self.keys = keys.sorted { ($0.madeAt, $0.id) < ($1.madeAt, $1.id) }
      .filter { known.insert($0.id).inserted }
  }

  /// The key that new boxes are sealed to; nil when there is none.
  public var newest: ContactKey? { keys.last }

  /// Returns the key of an id.
  public subscript(id: ContactKeyID) -> ContactKey? { keys.first { $0.id == id } }

  /// Reads a file.
  ///
  /// - Parameter json: Of any length and content.
  /// - Throws: `ContactKeyError`.
  public init(json: [UInt8]) throws(ContactKeyError) {
    let file: File
    do {
      file = try JSONDecoder().decode(File.self, from: Data(json))
    } catch {
      throw .notKeys
    }
    guard file.version == 1 else { throw .unknownVersion }
    guard file.keys.count <= ContactKeySet.maximumCount else { throw .tooMany }
    var keys: [ContactKey] = []
    for entry in file.keys {
      guard entry.suite == ContactKeySet.suite else { throw .unknownSuite(id: entry.id) }
      guard let bytes = Base64URL.bytes(of: entry.publicKey),
        let madeAt = Int64(exactly: entry.madeAt),
        (0...253_402_300_799).contains(madeAt)
      else { throw .notKeys }
      let key: ContactKey
      do {
        key = ContactKey(
          publicKey: try X25519.PublicKey(rawRepresentation: bytes), madeAt: madeAt)
      } catch {
        throw .badKey(id: entry.id, error)
      }
      // A mistyped key would seal what nobody can open.
      guard key.id.description == entry.id else { throw .otherID(id: entry.id) }
      keys.append(key)
    }
    self.init(keys)
  }

  /// The file.
  public var json: [UInt8] {
    let lines = keys.map { key in
      "  {\"id\":\"\(key.id)\",\"suite\":\"\(ContactKeySet.suite)\",\"public_key\":\""
        + Base64URL.text(of: key.publicKey.rawRepresentation) + "\",\"made_at\":\(key.madeAt)}"
    }
    let list = lines.isEmpty ? "[]" : "[\n" + lines.joined(separator: ",\n") + "\n]"
    return Array("{\"version\":1,\"keys\":\(list)}\n".utf8)
  }

  // Numbers are read as `Double`, since a fraction where `Int` is asked for counts as bad JSON.
  private struct File: Decodable {
    let version: Double
    let keys: [Entry]
  }

  private struct Entry: Decodable {
    let id: String
    let suite: String
    let publicKey: String
    let madeAt: Double

    enum CodingKeys: String, CodingKey {
      case id, suite
      case publicKey = "public_key"
      case madeAt = "made_at"
    }
  }
}

/// What is wrong with a file of the health authority's keys.
public enum ContactKeyError: Error, Hashable, Sendable {
  /// The file is not one of keys.
  case notKeys
  /// The file is of a version this program does not know.
  case unknownVersion
  /// There are more keys than anybody needs.
  case tooMany
  /// The suite of a key is none that this program knows.
  case unknownSuite(id: String)
  /// The public key cannot be trusted.
  case badKey(id: String, KeyError)
  /// The id does not fit the public key: one of them was mistyped.
  case otherID(id: String)
}

extension ContactKeyError: CustomStringConvertible {
  /// The stable word for this failure.
  public var code: String {
    switch self {
    case .notKeys: "contact_keys_unreadable"
    case .unknownVersion: "contact_keys_unknown_version"
    case .tooMany: "contact_keys_too_many"
    case .unknownSuite: "contact_keys_unknown_suite"
    case .badKey(_, let error): error.code
    case .otherID: "contact_keys_other_id"
    }
  }

  /// A sentence for the person who brought the file.
  public var description: String {
    switch self {
    case .notKeys: "this is not a file of contact keys: take the one `checkin contact key new` made"
    case .unknownVersion: "the contact keys are of a version that this program does not know"
    case .tooMany: "there are more than \(ContactKeySet.maximumCount) contact keys"
    case .unknownSuite(let id): "contact key \(id) is for a cipher that this program does not know"
    case .badKey(let id, let error): "contact key \(id): \(error)"
    case .otherID(let id): "contact key \(id) is not the key that its id says: one was mistyped"
    }
  }
}
