internal import CSodium

/// What opening the passphrase of a sealed secret costs; stored with it.
public struct PassphraseCost: Hashable, Sendable {
  /// Passes over the memory.
  public let operations: UInt32
  /// Memory in KiB.
  public let memoryKiB: UInt32

  /// The default: three passes over 64 MiB, a fraction of a second on a small server.
  public static let standard = PassphraseCost(uncheckedOperations: 3, memoryKiB: 65_536)

  /// The most that a file may ask for, so that a crafted one cannot exhaust a machine.
  public static let highest = PassphraseCost(uncheckedOperations: 16, memoryKiB: 1_048_576)

  /// Makes a cost, or returns nil when it is outside what Argon2id and `highest` allow.
  ///
  /// - Parameters:
  ///   - operations: 1 to 16 passes.
  ///   - memoryKiB: 8 KiB to 1 GiB.
  public init?(operations: UInt32, memoryKiB: UInt32) {
    guard (1...PassphraseCost.highest.operations).contains(operations),
      (8...PassphraseCost.highest.memoryKiB).contains(memoryKiB)
    else { return nil }
    self.init(uncheckedOperations: operations, memoryKiB: memoryKiB)
  }

  private init(uncheckedOperations operations: UInt32, memoryKiB: UInt32) {
    self.operations = operations
    self.memoryKiB = memoryKiB
  }
}

/// A secret for keeping in a file: encrypted under a passphrase or a 32-byte wrapping key.
///
/// XChaCha20-Poly1305 under the wrapping key, or under one that Argon2id makes of the passphrase
/// and a salt. The header is authenticated, and so is the purpose, which is not stored: a box sealed
/// as one thing does not open as another.
///
///     let sealed = try SealedBytes(
///       sealing: seed, passphrase: passphrase, purpose: "signing key", using: &generator)
///     let seed = try SealedBytes(bytes: file).open(passphrase: passphrase, purpose: "signing key")
///
/// Layout, version 1, big-endian: `CKSB`, version, protection (1 passphrase, 2 wrapping key); for a
/// passphrase 4 bytes operations, 4 bytes KiB, 16 bytes salt; 24 bytes nonce; the encrypted secret
/// and its 16-byte tag; 16 bytes BLAKE2b of everything before. That last digest is no protection
/// against anybody: it tells a damaged file from a wrong passphrase.
public struct SealedBytes: Sendable {
  /// How the secret is protected.
  public enum Protection: Hashable, Sendable {
    /// By a passphrase, at this cost.
    case passphrase(PassphraseCost)
    /// By a wrapping key that is kept elsewhere.
    case wrappingKey
  }

  /// The bytes of a wrapping key.
  public static let wrappingKeyLength: Int = 32

  /// The most bytes of a secret.
  public static let maximumSecretLength: Int = 65_536

  /// The bytes for the file.
  public let bytes: [UInt8]

  /// How the secret is protected.
  public let protection: Protection

  /// Seals a secret under a passphrase.
  ///
  /// - Parameters:
  ///   - secret: 65,536 bytes at most.
  ///   - passphrase: Its UTF-8 bytes, in normalization form C if people type it on several machines.
  ///   - purpose: What the secret is; opening must say the same.
  ///   - cost: What a guess costs.
  ///   - generator: The system's generator outside tests.
  /// - Throws: `.secretTooLong` or `.noSecureMemory`.
  public init(
    sealing secret: borrowing SecretBytes, passphrase: borrowing SecretBytes, purpose: String,
    cost: PassphraseCost = .standard, using generator: inout some RandomNumberGenerator
  ) throws(SealedBytesError) {
    let salt = SealedBytes.random(Int(crypto_pwhash_SALTBYTES), using: &generator)
    var header = SealedBytes.start + [ProtectionByte.passphrase.rawValue]
    appendBigEndian(cost.operations, to: &header)
    appendBigEndian(cost.memoryKiB, to: &header)
    header += salt
    let key = try SealedBytes.derivedKey(passphrase, salt: salt[...], cost: cost)
    self.bytes = try SealedBytes.sealed(
      secret, header: header, key: key, purpose: purpose, using: &generator)
    self.protection = .passphrase(cost)
  }

  /// Seals a secret under a wrapping key.
  ///
  /// - Parameters:
  ///   - secret: 65,536 bytes at most.
  ///   - wrappingKey: 32 random bytes.
  ///   - purpose: What the secret is; opening must say the same.
  ///   - generator: The system's generator outside tests.
  /// - Throws: `.secretTooLong`, `.wrongKeyLength` or `.noSecureMemory`.
  public init(
    sealing secret: borrowing SecretBytes, wrappingKey: borrowing SecretBytes, purpose: String,
    using generator: inout some RandomNumberGenerator
  ) throws(SealedBytesError) {
    guard wrappingKey.count == SealedBytes.wrappingKeyLength else {
      throw .wrongKeyLength(wrappingKey.count)
    }
    let header = SealedBytes.start + [ProtectionByte.wrappingKey.rawValue]
    self.bytes = try SealedBytes.sealed(
      secret, header: header, key: wrappingKey, purpose: purpose, using: &generator)
    self.protection = .wrappingKey
  }

  /// Reads a file and checks that it is whole, without opening it.
  ///
  /// - Parameter bytes: Of any length and content.
  /// - Throws: `.notSealed`, `.truncated`, `.tooLong`, `.unknownVersion`, `.damaged`,
  ///   `.unknownProtection` or `.costOutOfRange`.
  public init(bytes: [UInt8]) throws(SealedBytesError) {
    let magic = SealedBytes.start.dropLast()
    guard bytes.prefix(magic.count).elementsEqual(magic.prefix(bytes.count)) else {
      throw .notSealed
    }
    guard bytes.count > magic.count + 1 else { throw .truncated }
    guard bytes[magic.count] == SealedBytes.version else {
      throw .unknownVersion(bytes[magic.count])
    }
    guard let protection = ProtectionByte(rawValue: bytes[magic.count + 1]) else {
      throw .unknownProtection(bytes[magic.count + 1])
    }
    let overhead = protection.headerLength + SealedBytes.nonceLength + SealedBytes.tagLength
    guard bytes.count >= overhead + SealedBytes.checkLength else { throw .truncated }
    guard bytes.count <= overhead + SealedBytes.checkLength + SealedBytes.maximumSecretLength
    else { throw .tooLong }
    let check = bytes.count - SealedBytes.checkLength
    guard SealedBytes.check(of: bytes[..<check]).elementsEqual(bytes[check...]) else {
      throw .damaged
    }
    switch protection {
    case .wrappingKey:
      self.protection = .wrappingKey
    case .passphrase:
      guard
        let cost = PassphraseCost(
          operations: SealedBytes.number(bytes[6..<10]),
          memoryKiB: SealedBytes.number(bytes[10..<14]))
      else { throw .costOutOfRange }
      self.protection = .passphrase(cost)
    }
    self.bytes = bytes
  }

  /// Opens a secret that a passphrase protects.
  ///
  /// - Parameters:
  ///   - passphrase: The same bytes that sealed it.
  ///   - purpose: The same that sealed it.
  /// - Returns: The secret.
  /// - Throws: `.wrongPassphrase`, `.needsWrappingKey` or `.noSecureMemory`.
  public func open(
    passphrase: borrowing SecretBytes, purpose: String
  ) throws(SealedBytesError) -> SecretBytes {
    guard case .passphrase(let cost) = protection else { throw .needsWrappingKey }
    let headerLength = ProtectionByte.passphrase.headerLength
    let salt = bytes[(headerLength - Int(crypto_pwhash_SALTBYTES))..<headerLength]
    let key = try SealedBytes.derivedKey(passphrase, salt: salt, cost: cost)
    return try opened(
      key: key, headerLength: headerLength, purpose: purpose, failure: .wrongPassphrase)
  }

  /// Opens a secret that a wrapping key protects.
  ///
  /// - Parameters:
  ///   - wrappingKey: The same 32 bytes that sealed it.
  ///   - purpose: The same that sealed it.
  /// - Returns: The secret.
  /// - Throws: `.wrongKey`, `.wrongKeyLength`, `.needsPassphrase` or `.noSecureMemory`.
  public func open(
    wrappingKey: borrowing SecretBytes, purpose: String
  ) throws(SealedBytesError) -> SecretBytes {
    guard case .wrappingKey = protection else { throw .needsPassphrase }
    guard wrappingKey.count == SealedBytes.wrappingKeyLength else {
      throw .wrongKeyLength(wrappingKey.count)
    }
    return try opened(
      key: wrappingKey, headerLength: ProtectionByte.wrappingKey.headerLength, purpose: purpose,
      failure: .wrongKey)
  }
}

// MARK: - The layout

extension SealedBytes {
  private static let version: UInt8 = 1
  private static let start = Array("CKSB".utf8) + [version]
  private static let nonceLength = Int(crypto_aead_xchacha20poly1305_ietf_NPUBBYTES)
  private static let tagLength = Int(crypto_aead_xchacha20poly1305_ietf_ABYTES)
  private static let checkLength = 16

  private enum ProtectionByte: UInt8 {
    case passphrase = 1
    case wrappingKey = 2

    /// The bytes before the nonce.
    var headerLength: Int {
      switch self {
      case .passphrase: 6 + 8 + Int(crypto_pwhash_SALTBYTES)
      case .wrappingKey: 6
      }
    }
  }

  private static func sealed(
    _ secret: borrowing SecretBytes, header: [UInt8], key: borrowing SecretBytes, purpose: String,
    using generator: inout some RandomNumberGenerator
  ) throws(SealedBytesError) -> [UInt8] {
    guard Sodium.isReady else { throw .noSecureMemory }
    guard secret.count <= maximumSecretLength else { throw .secretTooLong(secret.count) }
    let nonce = random(nonceLength, using: &generator)
    let prefix = header + nonce
    let associated = associatedData(purpose: purpose, prefix: prefix[...])
    var encrypted = [UInt8](repeating: 0, count: secret.count + tagLength)
    let count = UInt64(secret.count)
    secret.withPointer { secret in
      key.withPointer { key in
        // The C function is `crypto_aead_xchacha20poly1305_ietf_encrypt`; it cannot fail.
        _ = crypto_aead_xchacha20poly1305_ietf_encrypt(
          &encrypted, nil, secret, count, associated, UInt64(associated.count), nil, nonce, key)
      }
    }
    let bytes = prefix + encrypted
    return bytes + check(of: bytes[...])
  }

  private func opened(
    key: borrowing SecretBytes, headerLength: Int, purpose: String, failure: SealedBytesError
  ) throws(SealedBytesError) -> SecretBytes {
    let prefixLength = headerLength + SealedBytes.nonceLength
    let nonce = Array(bytes[headerLength..<prefixLength])
    let encrypted = Array(bytes[prefixLength..<(bytes.count - SealedBytes.checkLength)])
    let associated = SealedBytes.associatedData(purpose: purpose, prefix: bytes[..<prefixLength])
    var isGenuine = false
    let secret = try SealedBytes.secret(count: encrypted.count - SealedBytes.tagLength) { memory in
      key.withPointer { key in
        // The C function is `crypto_aead_xchacha20poly1305_ietf_decrypt`.
        isGenuine =
          crypto_aead_xchacha20poly1305_ietf_decrypt(
            memory, nil, nil, encrypted, UInt64(encrypted.count), associated,
            UInt64(associated.count), nonce, key) == 0
      }
    }
    guard isGenuine else { throw failure }
    return secret
  }

  private static func derivedKey(
    _ passphrase: borrowing SecretBytes, salt: ArraySlice<UInt8>, cost: PassphraseCost
  ) throws(SealedBytesError) -> SecretBytes {
    let salt = Array(salt)
    var isDerived = false
    let key = try secret(count: wrappingKeyLength) { memory in
      passphrase.withUnsafeBytes { passphrase in
        guard let text = passphrase.bindMemory(to: CChar.self).baseAddress else { return }
        // The C function is `crypto_pwhash`; it fails when it gets no memory.
        isDerived =
          crypto_pwhash(
            memory, UInt64(wrappingKeyLength), text, UInt64(passphrase.count), salt,
            UInt64(cost.operations), Int(cost.memoryKiB) * 1_024, crypto_pwhash_ALG_ARGON2ID13)
          == 0
      }
    }
    guard isDerived else { throw .noSecureMemory }
    return key
  }

  private static func secret(
    count: Int, writing write: (UnsafeMutablePointer<UInt8>) -> Void
  ) throws(SealedBytesError) -> SecretBytes {
    do {
      return try SecretBytes(count: count) { memory throws(KeyError) in write(memory) }
    } catch {
      throw .noSecureMemory
    }
  }

  private static func associatedData(purpose: String, prefix: ArraySlice<UInt8>) -> [UInt8] {
    var bytes: [UInt8] = []
    appendBigEndian(UInt32(purpose.utf8.count), to: &bytes)
    return bytes + purpose.utf8 + prefix
  }

  private static func check(of bytes: ArraySlice<UInt8>) -> [UInt8] {
    let (high, low) = ContentDigest.digest(of: bytes.span)
    var check: [UInt8] = []
    appendBigEndian(high, to: &check)
    appendBigEndian(low, to: &check)
    return check
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.reduce(0) { $0 << 8 | UInt32($1) }
  }

  private static func random(
    _ count: Int, using generator: inout some RandomNumberGenerator
  ) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
  }
}

/// Why a sealed secret cannot be made, read or opened.
public enum SealedBytesError: Error, Hashable, Sendable {
  /// The file does not begin as a sealed secret does.
  case notSealed
  /// The file ends too early.
  case truncated
  /// The file is longer than any sealed secret.
  case tooLong
  /// The file is of a version this program does not know.
  case unknownVersion(UInt8)
  /// The file is protected in a way this program does not know.
  case unknownProtection(UInt8)
  /// The file asks for more work or memory than is allowed, or for none.
  case costOutOfRange
  /// The file was changed or damaged after it was written.
  case damaged
  /// The passphrase is wrong, or the secret was sealed for another purpose.
  case wrongPassphrase
  /// The wrapping key is wrong, or the secret was sealed for another purpose.
  case wrongKey
  /// A wrapping key has 32 bytes and not so many.
  case wrongKeyLength(Int)
  /// The secret is under a wrapping key, not a passphrase.
  case needsWrappingKey
  /// The secret is under a passphrase, not a wrapping key.
  case needsPassphrase
  /// The secret has so many bytes, more than 65,536.
  case secretTooLong(Int)
  /// The system gave no memory.
  case noSecureMemory
}

extension SealedBytesError: CustomStringConvertible {
  /// The stable word for this failure.
  public var code: String {
    switch self {
    case .notSealed: "sealed_not_sealed"
    case .truncated: "sealed_truncated"
    case .tooLong: "sealed_too_long"
    case .unknownVersion: "sealed_unknown_version"
    case .unknownProtection: "sealed_unknown_protection"
    case .costOutOfRange: "sealed_cost_out_of_range"
    case .damaged: "sealed_damaged"
    case .wrongPassphrase: "sealed_wrong_passphrase"
    case .wrongKey: "sealed_wrong_key"
    case .wrongKeyLength: "sealed_wrong_key_length"
    case .needsWrappingKey: "sealed_needs_wrapping_key"
    case .needsPassphrase: "sealed_needs_passphrase"
    case .secretTooLong: "sealed_secret_too_long"
    case .noSecureMemory: "no_secure_memory"
    }
  }

  /// A sentence for the person at the keyboard: what is wrong and what to do.
  public var description: String {
    switch self {
    case .notSealed: "this is not a sealed secret of checkin"
    case .truncated: "the sealed secret ends too early: take it from a backup"
    case .tooLong: "the sealed secret is too long: take it from a backup"
    case .unknownVersion(let version):
      "the sealed secret is of version \(version), which this program does not know: update it"
    case .unknownProtection(let number):
      "the sealed secret is protected in way \(number), which this program does not know: update it"
    case .costOutOfRange: "the sealed secret asks for more work or memory than is allowed"
    case .damaged: "the sealed secret was damaged or changed: take it from a backup"
    case .wrongPassphrase: "the passphrase is wrong"
    case .wrongKey: "the key file is not the one this secret was sealed with"
    case .wrongKeyLength(let count):
      "a wrapping key has \(SealedBytes.wrappingKeyLength) bytes, and this one has \(count)"
    case .needsWrappingKey: "this secret opens with its key file, not with a passphrase"
    case .needsPassphrase: "this secret opens with its passphrase, not with a key file"
    case .secretTooLong(let count):
      "the secret has \(count) bytes, and \(SealedBytes.maximumSecretLength) is the most"
    case .noSecureMemory: "the system gave no memory for the secret: free some and try again"
    }
  }
}
