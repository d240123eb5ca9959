internal import ForeignCodes
public import VenueCodes

/// Hybrid public key encryption (RFC 9180) in its base mode, in the one suite that is used here:
/// DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.
///
/// Anybody who has the public key can seal; only the holder of the private key opens. It says nothing
/// of who sealed. Browsers have the parts of this suite in WebCrypto, which is why it is this one.
public enum HPKE {
  /// The bytes of what a sender sends ahead of the ciphertext.
  public static let encapsulationLength: Int = X25519.keyLength
  /// The bytes that a ciphertext is longer than its message.
  public static let tagLength: Int = AES256GCM.tagLength

  /// Seals one message to a public key.
  ///
  /// - Parameters:
  ///   - message: 2²⁰ bytes at most.
  ///   - key: Who may open it.
  ///   - info: What the message is for; opening must say the same.
  ///   - additional: What the message belongs to; opening must say the same.
  ///   - generator: The system's generator outside tests.
  /// - Returns: The encapsulation, and the ciphertext with its tag.
  /// - Throws: `HPKEError`.
  public static func sealed(
    _ message: [UInt8], to key: X25519.PublicKey, info: [UInt8], additional: [UInt8],
    using generator: inout some RandomNumberGenerator
  ) throws(HPKEError) -> (encapsulation: [UInt8], ciphertext: [UInt8]) {
    let ephemeral = try keyed { () throws(KeyError) in
      try X25519.PrivateKey(using: &generator)
    }
    var context = try HPKEContext(sendingTo: key, ephemeral: ephemeral, info: info)
    let ciphertext = try context.sealed(message, additional: additional)
    return (ephemeral.publicKey.rawRepresentation, ciphertext)
  }

  /// Opens one message.
  ///
  /// - Parameters:
  ///   - ciphertext: The ciphertext with its tag.
  ///   - encapsulation: 32 bytes.
  ///   - key: The private key.
  ///   - info: What the message is for.
  ///   - additional: What the message belongs to.
  /// - Returns: The message.
  /// - Throws: `.badEncapsulation`, `.forged`, `.unavailable` or `.noSecureMemory`.
  public static func opened(
    _ ciphertext: ArraySlice<UInt8>, encapsulation: ArraySlice<UInt8>, with key: X25519.PrivateKey,
    info: [UInt8], additional: [UInt8]
  ) throws(HPKEError) -> [UInt8] {
    var context = try HPKEContext(receiving: encapsulation, with: key, info: info)
    return try context.opened(ciphertext, additional: additional)
  }

  /// Turns a failure of a key into one of a message.
  static func keyed<Result: ~Copyable>(
    _ body: () throws(KeyError) -> Result
  ) throws(HPKEError) -> Result {
    do {
      return try body()
    } catch {
      throw error == .noSecureMemory ? .noSecureMemory : .badEncapsulation
    }
  }
}

/// Why a message cannot be sealed or opened.
public enum HPKEError: Error, Hashable, Sendable {
  /// What was sent ahead of the ciphertext is no public key, or one that everybody can open.
  case badEncapsulation
  /// It was sealed to another key, for or with something else, or was changed.
  case forged
  /// The library of the cipher could not be loaded.
  case unavailable
  /// The system gave no protected memory.
  case noSecureMemory
}

extension HPKEError: CustomStringConvertible {
  /// The stable word for this failure.
  public var code: String {
    switch self {
    case .badEncapsulation: "sealed_bad_encapsulation"
    case .forged: "sealed_forged"
    case .unavailable: "no_libcrypto"
    case .noSecureMemory: "no_secure_memory"
    }
  }

  /// A sentence for the person who wants it opened.
  public var description: String {
    switch self {
    case .badEncapsulation: "the sealed message begins with no public key that can be trusted"
    case .forged:
      "the sealed message is of another key or another check-in, or was changed: it does not open"
    case .unavailable: "libcrypto.so.3 cannot be loaded: install libssl3"
    case .noSecureMemory: "the system gave no protected memory for a key: free some and try again"
    }
  }
}

/// The state of one side of an encryption: its key, and how many messages went through.
///
/// What is used seals one message; the vectors of the RFC seal many.
package struct HPKEContext: ~Copyable {
  private let key: SecretBytes
  private let baseNonce: [UInt8]
  private var sequence: UInt64 = 0

  /// Begins the side that seals.
  package init(
    sendingTo recipient: X25519.PublicKey, ephemeral: X25519.PrivateKey, info: [UInt8]
  ) throws(HPKEError) {
    let shared = try HPKE.keyed { () throws(KeyError) in
      try ephemeral.sharedSecret(with: recipient)
    }
    try self.init(
      shared, between: ephemeral.publicKey.rawRepresentation, and: recipient.rawRepresentation,
      info: info)
  }

  /// Begins the side that opens.
  package init(
    receiving encapsulation: ArraySlice<UInt8>, with key: X25519.PrivateKey, info: [UInt8]
  ) throws(HPKEError) {
    let shared = try HPKE.keyed { () throws(KeyError) in
      try key.sharedSecret(with: X25519.PublicKey(rawRepresentation: encapsulation))
    }
    try self.init(
      shared, between: Array(encapsulation), and: key.publicKey.rawRepresentation, info: info)
  }

  /// `ExtractAndExpand` of section 4.1, and `KeySchedule` of section 5.1 without a shared key.
  private init(
    _ agreed: borrowing SecretBytes, between encapsulation: [UInt8], and recipient: [UInt8],
    info: [UInt8]
  ) throws(HPKEError) {
    let schedule = try HPKE.keyed { () throws(KeyError) in
      let extracted = try agreed.withUnsafeBytes { agreed throws(KeyError) in
        try Self.extract(label: "eae_prk", agreed, salt: Self.nothing, suite: Self.kemSuite)
      }
      let shared = try Self.expand(
        extracted, label: "shared_secret", encapsulation + recipient, count: 32,
        suite: Self.kemSuite)
      return try Self.schedule(shared, info: info)
    }
    self.key = schedule.key
    self.baseNonce = schedule.nonce
  }

  private struct Schedule: ~Copyable {
    let key: SecretBytes
    let nonce: [UInt8]
  }

  private static func schedule(
    _ shared: borrowing SecretBytes, info: [UInt8]
  ) throws(KeyError) -> Schedule {
    var context: [UInt8] = [0]
    let noKeyID = try extract(label: "psk_id_hash", nothing, salt: nothing, suite: suite)
    context += noKeyID.withUnsafeBytes { Array($0) }
    context += try infoHash(info).withUnsafeBytes { Array($0) }
    let secret = try shared.withUnsafeBytes { shared throws(KeyError) in
      try extract(label: "secret", nothing, salt: shared, suite: suite)
    }
    let nonce = try expand(secret, label: "base_nonce", context, count: 12, suite: suite)
    return Schedule(
      key: try expand(
        secret, label: "key", context, count: AES256GCM.keyLength, suite: suite),
      nonce: nonce.withUnsafeBytes { Array($0) })
  }

  private static func infoHash(_ info: [UInt8]) throws(KeyError) -> SecretBytes {
    // Public, so that it may be copied.
    var labeled = version + suite
    labeled += Array("info_hash".utf8) + info
    return try HKDF.pseudorandomKey(of: labeled, salt: nothing)
  }

  /// Seals the next message.
  package mutating func sealed(
    _ message: [UInt8], additional: [UInt8]
  ) throws(HPKEError) -> [UInt8] {
    guard
      let sealed = AES256GCM.sealed(message, iv: nextNonce, additional: additional, key: key)
    else { throw .unavailable }
    sequence += 1
    return sealed
  }

  /// Opens the next message; one that does not open does not count.
  package mutating func opened(
    _ ciphertext: ArraySlice<UInt8>, additional: [UInt8]
  ) throws(HPKEError) -> [UInt8] {
    switch AES256GCM.open(ciphertext, iv: nextNonce, additional: additional, key: key) {
    case .message(let message):
      sequence += 1
      return message
    case .forged: throw .forged
    case .unavailable: throw .unavailable
    }
  }

  private var nextNonce: [UInt8] {
    var nonce = baseNonce
    for place in 0..<8 {
      nonce[nonce.count - 1 - place] ^= UInt8(truncatingIfNeeded: sequence >> UInt64(8 * place))
    }
    return nonce
  }

  // MARK: The labels of section 4

  /// `"KEM"` and the number of DHKEM(X25519, HKDF-SHA256).
  private static let kemSuite: [UInt8] = Array("KEM".utf8) + [0x00, 0x20]
  /// `"HPKE"` and the numbers of the three algorithms.
  private static let suite: [UInt8] = Array("HPKE".utf8) + [0x00, 0x20, 0x00, 0x01, 0x00, 0x02]
  private static let version = Array("HPKE-v1".utf8)

  private static func extract(
    label: String, _ input: UnsafeRawBufferPointer, salt: UnsafeRawBufferPointer, suite: [UInt8]
  ) throws(KeyError) -> SecretBytes {
    var labeled = version + suite + label.utf8
    // Room first: an array that grows leaves copies behind.
    labeled.reserveCapacity(labeled.count + input.count)
    labeled.append(contentsOf: input)
    defer { for place in labeled.indices { labeled[place] = 0 } }
    return try HKDF.pseudorandomKey(of: labeled, salt: salt)
  }

  /// What is not there where the RFC writes `""`.
  private static var nothing: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: nil, count: 0)
  }

  private static func expand(
    _ key: borrowing SecretBytes, label: String, _ info: [UInt8], count: Int, suite: [UInt8]
  ) throws(KeyError) -> SecretBytes {
    let labeled = [UInt8(count >> 8), UInt8(count & 255)] + version + suite + label.utf8 + info
    return try HKDF.expandedKey(of: key, info: labeled, count: count)
  }
}
