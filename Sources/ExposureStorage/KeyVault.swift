internal import Glibc
internal import Synchronization
public import VenueCodes

/// What opens a vault.
public enum VaultSecret: ~Copyable, Sendable {
  /// A passphrase that a person types: right for a desk, where someone is there at each start.
  /// Nothing that opens the keys is on the disk, so a stolen machine gives them to nobody.
  case passphrase(SecretBytes)
  /// A file of 32 random bytes with mode 0600: right for a gateway that has to start after a power
  /// cut with nobody there. It protects the keys in copies and backups of the store, so it must be
  /// kept elsewhere than the store; against who takes the whole machine it does not.
  case keyFile(String)

  /// Where the key file is, when it is one.
  fileprivate var keyFilePath: String? {
    switch self {
    case .passphrase: nil
    case .keyFile(let path): path
    }
  }
}

/// How a vault is opened, as is known without opening it.
public enum VaultProtection: Hashable, Sendable {
  /// By a passphrase.
  case passphrase
  /// By a key file.
  case keyFile
}

/// The keys of a store: those that sign codes, those of screens and passes, and those that make
/// pseudonyms.
///
/// All are sealed under a master key, and the master key under a passphrase or a key file, so a new
/// passphrase rewrites one small file and an expensive passphrase is paid for once. Public keys are
/// beside them in the clear, in `keyset.json`, which may be published as it is:
///
///     keys/master.sealed      the master key
///     keys/subjects.sealed    the store's own key of pseudonyms
///     keys/doors-1.sealed     the key of pseudonyms that doors have too
///     keys/centre-1.sealed    the key that signs what doors are told
///     keys/signing-1.sealed   a signing key, by its id
///     keys/screen-1.sealed    the master key of screens, by its id
///     keys/pass-1.sealed      the master key of passes, by its id
///     keys/*.made             which of those with a number were ever made, but for signing keys
///     keys/keyset.json        the public key set
///
/// Every file is replaced in one step, so that no power cut leaves half a key; a new signing key is
/// durable before it is published.
public final class KeyVault: Sendable {
  /// The fewest bytes of a passphrase.
  public static let shortestPassphrase: Int = 8

  /// The folder of the keys.
  package let folder: String
  private let master: SecretBytes
  private let loaded: Mutex<[UInt8: Ed25519.SigningKey]> = Mutex([:])

  private init(folder: String, master: consuming SecretBytes) {
    self.folder = folder
    self.master = master
  }

  /// Makes the keys of a new store: a master key, keys for pseudonyms, screens and passes,
  /// and a first signing key.
  ///
  /// - Parameters:
  ///   - folder: The store's folder of keys, which is there.
  ///   - secret: What is to open them; a key file is made at its path and must not be there yet.
  ///   - notBefore: The first Unix second at which codes of the signing key are accepted.
  ///   - notAfter: The last one; later than the last day of any poster signed with it.
  ///   - cost: What a guess of the passphrase costs.
  /// - Returns: The open vault.
  /// - Throws: `alreadyExists`, `passphraseTooShort`, `keyFileExists`, `key`, `file`.
  public static func create(
    in folder: String, secret: borrowing VaultSecret, notBefore: Int64, notAfter: Int64,
    cost: PassphraseCost = .standard
  ) throws(VaultError) -> KeyVault {
    try FileOperation.locking(folder: folder) { () throws(VaultError) in
      // The key set is written last: without it, an interrupted creation may be repeated.
      guard !FileOperation.exists(folder + "/keyset.json") else {
        throw .alreadyExists(folder)
      }
      let keyFile = secret.keyFilePath
      if let keyFile { try makeKeyFile(at: keyFile) }
      do throws(VaultError) {
        return try makeKeys(
          in: folder, secret: secret, notBefore: notBefore, notAfter: notAfter, cost: cost)
      } catch {
        // It opens nothing now, and would stand in the way of the next try.
        unlink(folder + "/keyset.json")
        if let keyFile { unlink(keyFile) }
        throw error
      }
    } failed: {
      .file($0)
    }
  }

  private static func makeKeys(
    in folder: String, secret: borrowing VaultSecret, notBefore: Int64, notAfter: Int64,
    cost: PassphraseCost
  ) throws(VaultError) -> KeyVault {
    var generator = SystemRandomNumberGenerator()
    let master = try keyed { () throws(KeyError) in
      try SecretBytes(randomCount: 32, using: &generator)
    }
    try seal(master, with: secret, cost: cost, in: folder)
    let vault = KeyVault(folder: folder, master: master)
    let subjects = try keyed { () throws(KeyError) in
      try SecretBytes(randomCount: KeyedHash.keyLength, using: &generator)
    }
    try vault.seal(subjects, as: "subjects")
    try vault.makeCodeSecrets()
    _ = try vault.addKey(to: KeySet(), notBefore: notBefore, notAfter: notAfter)
    return vault
  }

  /// Opens the keys of a store.
  ///
  /// - Parameters:
  ///   - folder: The store's folder of keys.
  ///   - secret: What opens them.
  /// - Returns: The open vault.
  /// - Throws: `noVault`, `needsPassphrase`, `needsKeyFile`, `keyFileOpenToOthers`,
  ///   `keyFileDamaged`, `sealed` with `wrongPassphrase` or `wrongKey`, `file`.
  public static func unlock(
    in folder: String, secret: borrowing VaultSecret
  ) throws(VaultError) -> KeyVault {
    KeyVault(folder: folder, master: try openMaster(in: folder, with: secret))
  }

  /// Returns how the keys of a store are opened, without opening them.
  public static func protection(in folder: String) throws(VaultError) -> VaultProtection {
    switch try sealedMaster(in: folder).protection {
    case .passphrase: .passphrase
    case .wrappingKey: .keyFile
    }
  }

  /// Returns the public key set of a store, which needs no secret.
  public static func keySet(in folder: String) throws(VaultError) -> KeySet {
    let path = folder + "/keyset.json"
    guard FileOperation.exists(path) else { throw .noVault(folder) }
    let json = try filed { () throws(StoreError) in
      try FileOperation.read(path, limit: 1 << 20)
    }
    do {
      return try KeySet(json: json)
    } catch {
      throw .keySet(path, error)
    }
  }

  /// Returns the public key set as it is on the disk now.
  public func keySet() throws(VaultError) -> KeySet {
    try KeyVault.keySet(in: folder)
  }

  /// Returns the key that signs new codes: of those in force, the one that came into force last.
  ///
  /// - Parameter now: The present, in Unix seconds.
  /// - Returns: Its published half and the key.
  /// - Throws: `noKeyInForce`, `sealed`, `keyMismatch`, `file`.
  public func currentSigningKey(
    at now: Int64
  ) throws(VaultError) -> (published: PublishedKey, key: Ed25519.SigningKey) {
    let newest = try KeyVault.currentKey(in: folder, at: now)
    return (newest, try signingKey(newest))
  }

  /// Returns the published half of the key that signs new codes, without the secret that opens it.
  ///
  /// - Parameters:
  ///   - folder: The folder of the keys.
  ///   - now: The present, in Unix seconds.
  /// - Returns: Of the keys in force, the one that came into force last.
  /// - Throws: `noKeyInForce`, `noVault`, `keySet`, `file`.
  public static func currentKey(
    in folder: String, at now: Int64
  ) throws(VaultError) -> PublishedKey {
    let inForce = try keySet(in: folder).keys.filter { $0.failure(at: now) == nil }
    let newest = inForce.max { ($0.notBefore, $0.id) < ($1.notBefore, $1.id) }
    guard let newest else { throw .noKeyInForce }
    return newest
  }

  /// Makes a new signing key under an id of its own.
  ///
  /// The keys before it stay in force until they expire: posters on walls stay valid.
  ///
  /// - Parameters:
  ///   - notBefore: The first Unix second at which codes of the new key are accepted.
  ///   - notAfter: The last one; later than the last day of any poster signed with it.
  /// - Returns: Its published half.
  /// - Throws: `keysExhausted`, `keySet`, `key`, `file`.
  public func rotate(notBefore: Int64, notAfter: Int64) throws(VaultError) -> PublishedKey {
    try FileOperation.locking(folder: folder) { () throws(VaultError) in
      try addKey(to: try keySet(), notBefore: notBefore, notAfter: notAfter)
    } failed: {
      .file($0)
    }
  }

  /// Revokes a key: from then on no code of it is accepted, whatever it says.
  ///
  /// - Parameters:
  ///   - id: The key's id.
  ///   - time: Unix seconds; a key revoked earlier keeps the earlier time.
  /// - Throws: `keySet` with `noSuchKey`, `file`.
  public func revoke(_ id: UInt8, at time: Int64) throws(VaultError) {
    try FileOperation.locking(folder: folder) { () throws(VaultError) in
      let old = try keySet()
      let path = folder + "/keyset.json"
      do {
        try write(try old.revoking(id, at: time))
      } catch let error as KeySetError {
        throw VaultError.keySet(path, error)
      } catch let error as VaultError {
        throw error
      } catch {
        throw VaultError.noVault(folder)
      }
    } failed: {
      .file($0)
    }
  }

  /// Returns the hash that makes pseudonyms of what files and passes call people.
  ///
  /// It is made of two keys in a store that can enrol doors, and of the door key alone at a door. A
  /// store of an earlier version has one key and goes on with it.
  ///
  /// - Throws: `secretLost`, `sealed`, `key`, `file`.
  public func subjectHash() throws(VaultError) -> PseudonymHash {
    if isOfDoor { return PseudonymHash(try doorHash(of: try openSealed(DoorSecret.pseudonyms))) }
    let own = try openSealed("subjects")
    guard try hasDoorKey() else {
      return try KeyVault.keyed { () throws(KeyError) in
        PseudonymHash(try KeyedHash(key: own, domain: "checkin/subject/v1"))
      }
    }
    let door = try doorHash(of: try doorKey())
    return try KeyVault.keyed { () throws(KeyError) in
      PseudonymHash(
        door: door, centre: try KeyedHash(key: own, domain: "checkin/subject/centre/v1"))
    }
  }

  private func doorHash(of key: borrowing SecretBytes) throws(VaultError) -> KeyedHash {
    do {
      return try KeyedHash(key: key, domain: "checkin/subject/door/v1")
    } catch {
      throw .key(error)
    }
  }

  /// Seals the same keys under another passphrase or a new key file.
  ///
  /// Copies made before still open with the old one: after a leak, rotate the keys too.
  ///
  /// - Parameters:
  ///   - secret: What is to open them from now on.
  ///   - cost: What a guess of the passphrase costs.
  /// - Throws: `passphraseTooShort`, `keyFileExists`, `file`.
  public func changeSecret(
    to secret: borrowing VaultSecret, cost: PassphraseCost = .standard
  ) throws(VaultError) {
    if let path = secret.keyFilePath { try KeyVault.makeKeyFile(at: path) }
    try KeyVault.seal(master, with: secret, cost: cost, in: folder)
  }
}

// MARK: - Sealed files

extension KeyVault {
  private static let masterPurpose = "checkin/vault/master/v1"
  private static let keyFileStart = "checkin-key-file-1 "

  /// Adds a key: sealed first and published after, so that every published key can sign.
  private func addKey(
    to set: KeySet, notBefore: Int64, notAfter: Int64
  ) throws(VaultError) -> PublishedKey {
    // Ids begin at 1, so that a token of zero bytes names no key of ours.
    guard let id = (1...UInt8.max).first(where: { set[$0] == nil }) ?? set.unusedID else {
      throw .keysExhausted
    }
    var generator = SystemRandomNumberGenerator()
    let seed = try KeyVault.keyed { () throws(KeyError) in
      try SecretBytes(randomCount: 32, using: &generator)
    }
    let key = try KeyVault.keyed { () throws(KeyError) in try Ed25519.SigningKey(seed: seed) }
    let published: PublishedKey
    let longer: KeySet
    do {
      published = try PublishedKey(
        id: id, publicKey: key.publicKey, notBefore: notBefore, notAfter: notAfter)
      longer = try set.adding(published)
    } catch {
      throw .keySet(folder + "/keyset.json", error)
    }
    try seal(seed, as: "signing-\(id)")
    try write(longer)
    loaded.withLock { $0[id] = key }
    return published
  }

  private func signingKey(_ published: PublishedKey) throws(VaultError) -> Ed25519.SigningKey {
    let known = loaded.withLock { $0[published.id] }
    let key: Ed25519.SigningKey
    if let known, known.publicKey == published.publicKey {
      key = known
    } else {
      let seed = try openSealed("signing-\(published.id)")
      key = try KeyVault.keyed { () throws(KeyError) in try Ed25519.SigningKey(seed: seed) }
    }
    // A key that signs what nobody accepts would be noticed only at the doors.
    guard key.publicKey == published.publicKey else { throw .keyMismatch(published.id) }
    loaded.withLock { $0[published.id] = key }
    return key
  }

  func seal(_ secret: borrowing SecretBytes, as name: String) throws(VaultError) {
    let path = "\(folder)/\(name).sealed"
    var generator = SystemRandomNumberGenerator()
    let sealed: SealedBytes
    do {
      sealed = try SealedBytes(
        sealing: secret, wrappingKey: master, purpose: "checkin/vault/\(name)/v1",
        using: &generator)
    } catch {
      throw .sealed(path, error)
    }
    try KeyVault.filed { () throws(StoreError) in
      try FileOperation.writeAtomically(sealed.bytes, to: path, mode: 0o600)
    }
  }

  func openSealed(_ name: String) throws(VaultError) -> SecretBytes {
    let path = "\(folder)/\(name).sealed"
    let bytes = try KeyVault.filed { () throws(StoreError) in
      try FileOperation.read(path, limit: SealedBytes.maximumSecretLength + 1_024)
    }
    do {
      return try SealedBytes(bytes: bytes)
        .open(wrappingKey: master, purpose: "checkin/vault/\(name)/v1")
    } catch {
      throw .sealed(path, error)
    }
  }

  private func write(_ set: KeySet) throws(VaultError) {
    let path = folder + "/keyset.json"
    try KeyVault.filed { () throws(StoreError) in
      try FileOperation.writeAtomically(set.json, to: path, mode: 0o644)
    }
  }

  private static func sealedMaster(in folder: String) throws(VaultError) -> SealedBytes {
    let path = folder + "/master.sealed"
    guard FileOperation.exists(path), FileOperation.exists(folder + "/keyset.json") else {
      throw .noVault(folder)
    }
    let bytes = try filed { () throws(StoreError) in
      try FileOperation.read(path, limit: SealedBytes.maximumSecretLength + 1_024)
    }
    do { return try SealedBytes(bytes: bytes) } catch { throw .sealed(path, error) }
  }

  private static func openMaster(
    in folder: String, with secret: borrowing VaultSecret
  ) throws(VaultError) -> SecretBytes {
    let sealed = try sealedMaster(in: folder)
    do {
      switch secret {
      case .passphrase(let passphrase):
        guard sealed.protection != .wrappingKey else { throw VaultError.needsKeyFile }
        return try sealed.open(passphrase: passphrase, purpose: masterPurpose)
      case .keyFile(let path):
        guard sealed.protection == .wrappingKey else { throw VaultError.needsPassphrase }
        return try sealed.open(wrappingKey: try readKeyFile(path), purpose: masterPurpose)
      }
    } catch let error as SealedBytesError {
      throw .sealed(folder + "/master.sealed", error)
    } catch let error as VaultError {
      throw error
    } catch {
      throw .noVault(folder)
    }
  }

  private static func seal(
    _ master: borrowing SecretBytes, with secret: borrowing VaultSecret, cost: PassphraseCost,
    in folder: String
  ) throws(VaultError) {
    let path = folder + "/master.sealed"
    var generator = SystemRandomNumberGenerator()
    let sealed: SealedBytes
    do {
      switch secret {
      case .passphrase(let passphrase):
        guard passphrase.count >= shortestPassphrase else { throw VaultError.passphraseTooShort }
        sealed = try SealedBytes(
          sealing: master, passphrase: passphrase, purpose: masterPurpose, cost: cost,
          using: &generator)
      case .keyFile(let path):
        sealed = try SealedBytes(
          sealing: master, wrappingKey: try readKeyFile(path), purpose: masterPurpose,
          using: &generator)
      }
    } catch let error as SealedBytesError {
      throw .sealed(path, error)
    } catch let error as VaultError {
      throw error
    } catch {
      throw .noVault(folder)
    }
    try filed { () throws(StoreError) in
      try FileOperation.writeAtomically(sealed.bytes, to: path, mode: 0o600)
    }
  }

  /// Turns a failure of a file into one of the vault.
  static func filed<Result>(
    _ body: () throws(StoreError) -> Result
  ) throws(VaultError) -> Result {
    do { return try body() } catch { throw .file(error) }
  }

  /// Turns a failure of a key into one of the vault.
  static func keyed<Result: ~Copyable>(
    _ body: () throws(KeyError) -> Result
  ) throws(VaultError) -> Result {
    do { return try body() } catch { throw .key(error) }
  }
}

// MARK: - The key file

extension KeyVault {
  /// Makes a key file: one line, so that it can be printed and kept in a safe.
  private static func makeKeyFile(at path: String) throws(VaultError) {
    var generator = SystemRandomNumberGenerator()
    let text = StoreDigest.hexadecimal((0..<4).map { _ in generator.next() })
    do {
      try FileOperation.writeNew(Array("\(keyFileStart)\(text)\n".utf8), to: path, mode: 0o600)
      // Before anything is sealed under it: a name lost in a power cut would lose all keys.
      try FileOperation.synchronizeParent(of: path)
    } catch {
      throw error.code == .alreadyExists ? .keyFileExists(path) : .file(error)
    }
  }

  /// Reads a file that nobody but its owner can use; the caller wipes what was read.
  static func privateFile(_ path: String, limit: Int) throws(VaultError) -> [UInt8] {
    var mode: UInt32 = 0
    var owner: UInt32 = 0
    var bytes: [UInt8]
    do {
      bytes = try FileOperation.read(path, limit: limit) { status in
        mode = status.st_mode & 0o7777
        owner = status.st_uid
      }
    } catch {
      throw error.code == .corrupt ? .keyFileDamaged(path) : .file(error)
    }
    // What is refused is wiped here: the allocator would hand it on as it is.
    guard mode & 0o077 == 0 else {
      for place in bytes.indices { bytes[place] = 0 }
      throw .keyFileOpenToOthers(path, mode: mode)
    }
    guard owner == geteuid() || owner == 0 else {
      for place in bytes.indices { bytes[place] = 0 }
      throw .keyFileOfAnotherUser(path)
    }
    return bytes
  }

  /// Reads a key file that nobody but its owner can use.
  private static func readKeyFile(_ path: String) throws(VaultError) -> SecretBytes {
    var bytes = try privateFile(path, limit: 256)
    defer { for place in bytes.indices { bytes[place] = 0 } }
    let start = Array(keyFileStart.utf8)
    guard bytes.starts(with: start) else { throw .keyFileDamaged(path) }
    var key: [UInt8] = []
    defer { for place in key.indices { key[place] = 0 } }
    key.reserveCapacity(32)
    var digits = bytes[start.count...]
    if digits.last == UInt8(ascii: "\n") { digits.removeLast() }
    guard digits.count == 64 else { throw .keyFileDamaged(path) }
    var high: UInt8?
    for byte in digits {
      let digit: UInt8
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
      default: throw .keyFileDamaged(path)
      }
      if let first = high {
        key.append(first << 4 | digit)
        high = nil
      } else {
        high = digit
      }
    }
    return try keyed { () throws(KeyError) in try SecretBytes(copying: key.span) }
  }
}
