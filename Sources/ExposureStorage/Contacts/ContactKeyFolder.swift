public import SealedContacts

/// The public keys of the health authority in a store: `keys/contacts.json`.
///
/// They are public and stand beside the key set; the private halves are never on a gateway.
public enum ContactKeyFolder {
  private static func path(in folder: String) -> String { folder + "/contacts.json" }

  /// Returns the keys of a store; none when none was installed.
  ///
  /// - Parameter folder: The store's folder of keys.
  /// - Returns: The keys, oldest first.
  /// - Throws: `VaultError.file`, `.contactKeys`.
  public static func keys(in folder: String) throws(VaultError) -> ContactKeySet {
    let path = path(in: folder)
    guard FileOperation.exists(path) else { return ContactKeySet() }
    let json = try KeyVault.filed { () throws(StoreError) in
      try FileOperation.read(path, limit: 1 << 16)
    }
    do {
      return try ContactKeySet(json: json)
    } catch {
      throw .contactKeys(path, error)
    }
  }

  /// Adds keys to those of a store.
  ///
  /// - Parameters:
  ///   - added: The public keys; ones that are there stay as they are.
  ///   - folder: The store's folder of keys.
  /// - Returns: All keys, and how many are new.
  /// - Throws: `VaultError.noVault` where there are no keys of a store, `.file`, `.contactKeys`.
  public static func install(
    _ added: ContactKeySet, in folder: String
  ) throws(VaultError) -> (all: ContactKeySet, new: Int) {
    guard FileOperation.exists(folder + "/keyset.json") else { throw .noVault(folder) }
    return try FileOperation.locking(folder: folder) { () throws(VaultError) in
      let old = try keys(in: folder)
      let all = ContactKeySet(old.keys + added.keys)
      guard all.keys.count <= ContactKeySet.maximumCount else {
        throw .contactKeys(path(in: folder), .tooMany)
      }
      if all != old {
        try KeyVault.filed { () throws(StoreError) in
          try FileOperation.writeAtomically(all.json, to: path(in: folder), mode: 0o644)
        }
      }
      return (all, all.keys.count - old.keys.count)
    } failed: {
      .file($0)
    }
  }
}

extension ContactKeyFolder {
  /// Writes a private key's sealed file, which only its owner can read, where none is yet.
  ///
  /// - Throws: `VaultError.keyFileExists`, `.file`.
  public static func writePrivate(_ sealed: [UInt8], to path: String) throws(VaultError) {
    do {
      try FileOperation.writeNew(sealed, to: path, mode: 0o600)
      try FileOperation.synchronizeParent(of: path)
    } catch {
      throw error.code == .alreadyExists ? .keyFileExists(path) : .file(error)
    }
  }

  /// Reads a private key's sealed file, which nobody but its owner may be able to read.
  ///
  /// - Throws: `VaultError.keyFileOpenToOthers`, `.keyFileOfAnotherUser`, `.keyFileDamaged`, `.file`.
  public static func readPrivate(_ path: String) throws(VaultError) -> [UInt8] {
    try KeyVault.privateFile(path, limit: ContactKeyFile.maximumLength)
  }
}
