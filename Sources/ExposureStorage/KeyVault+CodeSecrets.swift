public import VenueCodes

/// The secrets of rotating codes and passes, sealed beside the signing keys:
///
///     keys/screen-1.sealed    the master key of screens, by its id
///     keys/pass-1.sealed      the master key of passes, by its id
///     keys/pass-1.made        that there is one: empty
///     keys/doors-1.sealed     the key of pseudonyms that doors have too; only in newer stores
///     keys/centre-1.sealed    the key that signs what doors are told; only in newer stores
///
/// A secret is made once. Another one under the same id would call every pass and tablet of the
/// first forged, so where a secret was made and is gone there is none until it is restored.
extension KeyVault {
  /// Returns the secrets that rotating codes and passes are checked with.
  ///
  /// - Returns: Those that are there; a vault of an earlier version may have none.
  /// - Throws: `sealed`, `key`, `file`.
  public func codeSecrets() throws(VaultError) -> CodeSecrets {
    if isOfDoor { return try doorCodeSecrets() }
    var screens: [ScreenMasterKey] = []
    var passes: [PassMasterKey] = []
    let names = try KeyVault.filed { () throws(StoreError) in
      try FileOperation.names(in: folder)
    }
    for name in names.sorted() {
      if let id = Secret.screen.id(ofFile: name) { screens.append(try screenMaster(id)) }
      if let id = Secret.pass.id(ofFile: name) { passes.append(try passMaster(id)) }
    }
    return CodeSecrets(screens: screens, passes: passes)
  }

  /// Returns the key that screens' keys are derived from; a vault that never had one gets it now.
  ///
  /// - Throws: `secretLost`, `sealed`, `key`, `file`.
  public func screenMasterKey() throws(VaultError) -> ScreenMasterKey {
    guard !isOfDoor else { throw .isOfDoor(folder) }
    try makeIfMissing(.screen)
    return try screenMaster(KeyVault.currentID)
  }

  /// Returns the key that passes are made with; a vault that never had one gets it now.
  ///
  /// - Throws: `secretLost`, `sealed`, `key`, `file`.
  public func passMasterKey() throws(VaultError) -> PassMasterKey {
    guard !isOfDoor else { throw .isOfDoor(folder) }
    try makeIfMissing(.pass)
    return try passMaster(KeyVault.currentID)
  }

  /// Whether the store hashes people twice and can enrol doors: those made before there were doors
  /// cannot, since nobody's pseudonym may change.
  ///
  /// - Throws: `secretLost` when it had the keys for it and they are gone.
  func hasDoorKey() throws(VaultError) -> Bool {
    for secret in [Secret.doors, .centre] where FileOperation.exists(marker(of: secret)) {
      let path = "\(folder)/\(secret.name(KeyVault.currentID)).sealed"
      guard FileOperation.exists(path) else { throw .secretLost(path) }
    }
    return FileOperation.exists(marker(of: .doors))
  }

  /// The key of pseudonyms that doors have too.
  func doorKey() throws(VaultError) -> SecretBytes {
    try openSealed(Secret.doors.name(KeyVault.currentID))
  }

  /// Returns the key that signs what doors are told.
  ///
  /// It is none of those that sign posters: a server that runs day and night has this one open.
  ///
  /// - Throws: `noDoors` in a store of before there were doors, `secretLost`, `sealed`, `key`, `file`.
  public func centreKey() throws(VaultError) -> Ed25519.SigningKey {
    guard !isOfDoor else { throw .isOfDoor(folder) }
    guard try hasDoorKey() else { throw .noDoors(folder) }
    let seed = try openSealed(Secret.centre.name(KeyVault.currentID))
    return try KeyVault.keyed { () throws(KeyError) in try Ed25519.SigningKey(seed: seed) }
  }

  /// Removes all that a door must not have, once it has what it needs.
  func removeSecretsOfCentre() throws(VaultError) {
    let names = try KeyVault.filed { () throws(StoreError) in try FileOperation.names(in: folder) }
    for name in names {
      let isSecret =
        name == "subjects.sealed" || name.hasPrefix("signing-")
        || Secret.allCases.contains { name.hasPrefix("\($0.rawValue)-") && $0.rawValue != "door" }
      if isSecret { _ = FileOperation.remove("\(folder)/\(name)") }
    }
  }

  /// Makes the secrets of a new vault, whose folder is locked.
  func makeCodeSecrets() throws(VaultError) {
    for secret in Secret.allCases { try make(secret) }
  }

  private enum Secret: String, CaseIterable {
    case screen
    case pass
    case doors
    case centre

    /// The name of the sealed file, without its ending.
    func name(_ id: UInt8) -> String { "\(rawValue)-\(id)" }

    /// The id of a sealed file's name, or nil when it is another secret's.
    func id(ofFile file: String) -> UInt8? {
      guard file.hasPrefix("\(rawValue)-"), file.hasSuffix(".sealed") else { return nil }
      return UInt8(file.dropFirst(rawValue.utf8.count + 1).dropLast(7))
    }
  }

  /// The id of the secrets in use.
  private static let currentID: UInt8 = 1

  private func makeIfMissing(_ secret: Secret) throws(VaultError) {
    let path = "\(folder)/\(secret.name(KeyVault.currentID)).sealed"
    let marker = marker(of: secret)
    guard !FileOperation.exists(path) || !FileOperation.exists(marker) else { return }
    try FileOperation.locking(folder: folder) { () throws(VaultError) in
      // Another process may have made it meanwhile: a second one would make its codes worthless.
      switch (FileOperation.exists(path), FileOperation.exists(marker)) {
      case (true, true): return
      case (true, false): try mark(secret)
      case (false, true): throw .secretLost(path)
      case (false, false): try make(secret)
      }
    } failed: {
      .file($0)
    }
  }

  /// The file that says that a secret was made.
  private func marker(of secret: Secret) -> String {
    "\(folder)/\(secret.name(KeyVault.currentID)).made"
  }

  private func mark(_ secret: Secret) throws(VaultError) {
    try KeyVault.filed { () throws(StoreError) in
      try FileOperation.writeAtomically([], to: marker(of: secret), mode: 0o600)
    }
  }

  private func make(_ secret: Secret) throws(VaultError) {
    var generator = SystemRandomNumberGenerator()
    let bytes = try KeyVault.keyed { () throws(KeyError) in
      try SecretBytes(randomCount: ScreenMasterKey.length, using: &generator)
    }
    // Sealed first: a mark without a secret would stop a vault that never made a code.
    try seal(bytes, as: secret.name(KeyVault.currentID))
    try mark(secret)
  }

  private func screenMaster(_ id: UInt8) throws(VaultError) -> ScreenMasterKey {
    let bytes = try openSealed(Secret.screen.name(id))
    do { return try ScreenMasterKey(id: id, secret: bytes) } catch { throw .key(error) }
  }

  /// Appends the id of the secret of passes and the secret, for a door; the caller wipes the buffer.
  func appendPassSecret(to bytes: inout [UInt8]) throws(VaultError) {
    try makeIfMissing(.pass)
    bytes.append(KeyVault.currentID)
    let secret = try openSealed(Secret.pass.name(KeyVault.currentID))
    secret.withUnsafeBytes { bytes.append(contentsOf: $0) }
  }

  private func passMaster(_ id: UInt8) throws(VaultError) -> PassMasterKey {
    let bytes = try openSealed(Secret.pass.name(id))
    do { return try PassMasterKey(id: id, secret: bytes) } catch { throw .key(error) }
  }
}

/// The key file of one screen, which only its owner can use.
public enum ScreenKeyFile {
  /// Writes a new file of mode 0600.
  ///
  /// - Parameters:
  ///   - setup: The screen's key and what it shows.
  ///   - path: Where to; must not be there yet.
  /// - Throws: `keyFileExists`, `file`.
  public static func write(_ setup: ScreenSetup, to path: String) throws(VaultError) {
    var bytes = setup.file
    defer { for place in bytes.indices { bytes[place] = 0 } }
    do {
      try FileOperation.writeNew(bytes, to: path, mode: 0o600)
      try FileOperation.synchronizeParent(of: path)
    } catch {
      throw error.code == .alreadyExists ? .keyFileExists(path) : .file(error)
    }
  }

  /// Reads a file that nobody but its owner can use.
  ///
  /// - Throws: `keyFileOpenToOthers`, `keyFileOfAnotherUser`, `keyFileDamaged`, `screenKey`,
  ///   `file`.
  public static func read(_ path: String) throws(VaultError) -> ScreenSetup {
    var bytes = try KeyVault.privateFile(path, limit: ScreenSetup.maximumFileLength)
    defer { for place in bytes.indices { bytes[place] = 0 } }
    do {
      return try ScreenSetup(file: bytes)
    } catch {
      throw .screenKey(path, error)
    }
  }
}
