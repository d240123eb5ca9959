public import VenueCodes

/// The keys of accounts and of the audit log, sealed beside the signing keys:
///
///     keys/accounts.sealed    what the second factors of accounts are sealed under
///     keys/audit.sealed       what checkpoints of the audit log are signed with
///     keys/audit.public       its public half, in hexadecimal digits
extension KeyVault {
  /// Returns what seals the second factors of accounts; a vault that never had it gets it now.
  ///
  /// - Throws: `sealed`, `key`, `file`.
  public func accountKey() throws(VaultError) -> AccountKey {
    AccountKey(try secret(madeOnce: "accounts"))
  }

  /// Returns the key that signs checkpoints of the audit log; a vault that never had it gets it now.
  ///
  /// - Throws: `sealed`, `key`, `file`.
  public func auditKey() throws(VaultError) -> Ed25519.SigningKey {
    let seed = try secret(madeOnce: "audit")
    let key = try KeyVault.keyed { () throws(KeyError) in try Ed25519.SigningKey(seed: seed) }
    let path = KeyVault.auditPublicKeyPath(in: folder)
    if !FileOperation.exists(path) {
      let text = StoreDigest.hexadecimal(key.publicKey.rawRepresentation) + "\n"
      try KeyVault.filed { () throws(StoreError) in
        try FileOperation.writeAtomically(Array(text.utf8), to: path, mode: 0o644)
      }
    }
    return key
  }

  /// Returns the public half of the key that signs checkpoints, without opening the vault; nil when
  /// there is none yet.
  ///
  /// - Throws: `key`, `file`.
  public static func auditPublicKey(in folder: String) throws(VaultError) -> Ed25519.PublicKey? {
    let path = auditPublicKeyPath(in: folder)
    guard FileOperation.exists(path) else { return nil }
    let bytes = try filed { () throws(StoreError) in try FileOperation.read(path, limit: 256) }
    let text = String(decoding: bytes, as: UTF8.self).filter { !$0.isNewline }
    return try keyed { () throws(KeyError) in
      try Ed25519.PublicKey(rawRepresentation: StoreDigest.bytes(hexadecimal: text) ?? [])
    }
  }

  private static func auditPublicKeyPath(in folder: String) -> String { folder + "/audit.public" }

  /// Opens a secret of 32 bytes, which is made when it is not there.
  private func secret(madeOnce name: String) throws(VaultError) -> SecretBytes {
    let path = "\(folder)/\(name).sealed"
    if !FileOperation.exists(path) {
      try FileOperation.locking(folder: folder) { () throws(VaultError) in
        // Another process may have made it meanwhile.
        guard !FileOperation.exists(path) else { return }
        var generator = SystemRandomNumberGenerator()
        let bytes = try KeyVault.keyed { () throws(KeyError) in
          try SecretBytes(randomCount: SealedBytes.wrappingKeyLength, using: &generator)
        }
        try seal(bytes, as: name)
      } failed: {
        .file($0)
      }
    }
    return try openSealed(name)
  }
}

/// What seals the second factors of accounts.
///
/// A stolen `accounts.sqlite` without the vault makes no codes. Each secret is bound to its account,
/// so that none can be put in the place of another's.
public final class AccountKey: Sendable {
  private let key: SecretBytes

  init(_ key: consuming SecretBytes) {
    self.key = key
  }

  func seal(_ secret: borrowing SecretBytes, of account: Int64) throws(VaultError) -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    do {
      return try SealedBytes(
        sealing: secret, wrappingKey: key, purpose: purpose(of: account), using: &generator
      ).bytes
    } catch {
      throw .sealed("accounts.sqlite", error)
    }
  }

  func open(_ bytes: [UInt8], of account: Int64) throws(VaultError) -> SecretBytes {
    do {
      return try SealedBytes(bytes: bytes).open(wrappingKey: key, purpose: purpose(of: account))
    } catch {
      throw .sealed("accounts.sqlite", error)
    }
  }

  private func purpose(of account: Int64) -> String { "checkin/account/\(account)/factor/v1" }
}
