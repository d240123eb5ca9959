public import SealedContacts
public import VenueCodes

/// A failure of the key vault.
public enum VaultError: Error, Hashable, Sendable {
  /// There is no vault in this folder.
  case noVault(String)
  /// There is a vault in this folder already.
  case alreadyExists(String)
  /// The passphrase is shorter than `KeyVault.shortestPassphrase` bytes.
  case passphraseTooShort
  /// The vault is opened by a passphrase, and a key file was given.
  case needsPassphrase
  /// The vault is opened by a key file, and a passphrase was given.
  case needsKeyFile
  /// People other than its owner may use the key file; the last is its mode.
  case keyFileOpenToOthers(String, mode: UInt32)
  /// The key file belongs to another user.
  case keyFileOfAnotherUser(String)
  /// There is a key file at this path already.
  case keyFileExists(String)
  /// The key file is not what `create` made.
  case keyFileDamaged(String)
  /// The key file of a screen is not one to use.
  case screenKey(String, ScreenSetupError)
  /// A sealed file cannot be opened.
  case sealed(String, SealedBytesError)
  /// A key is not one to use.
  case key(KeyError)
  /// The public key set is not one to use.
  case keySet(String, KeySetError)
  /// The public keys that contact details are sealed to are not ones to use.
  case contactKeys(String, ContactKeyError)
  /// The sealed key of this id is not the one that is published.
  case keyMismatch(UInt8)
  /// The secret of screens or of passes was made before and is not there any more.
  case secretLost(String)
  /// The vault was made before there were doors, so its pseudonyms are hashed once.
  case noDoors(String)
  /// The vault is a door's: what is asked for is at the centre.
  case isOfDoor(String)
  /// The vault is not that of a door.
  case notJoined(String)
  /// No key that may sign is in force.
  case noKeyInForce
  /// All 256 ids of keys are used up.
  case keysExhausted
  /// A file could not be read or written.
  case file(StoreError)
}

extension VaultError: CustomStringConvertible {
  /// The stable word for this failure.
  public var code: String {
    switch self {
    case .noVault: "vault-not-found"
    case .alreadyExists: "vault-already-exists"
    case .passphraseTooShort: "vault-passphrase-too-short"
    case .needsPassphrase: "vault-needs-passphrase"
    case .needsKeyFile: "vault-needs-key-file"
    case .keyFileOpenToOthers: "vault-key-file-open-to-others"
    case .keyFileOfAnotherUser: "vault-key-file-of-another-user"
    case .keyFileExists: "vault-key-file-exists"
    case .keyFileDamaged: "vault-key-file-damaged"
    case .screenKey(_, let error): error.code
    case .sealed(_, let error): error.code
    case .key(let error): error.code
    case .keySet(_, let error): error.code
    case .contactKeys(_, let error): error.code
    case .keyMismatch: "vault-key-mismatch"
    case .secretLost: "vault-secret-lost"
    case .noDoors: "vault-no-doors"
    case .isOfDoor: "vault-is-of-door"
    case .notJoined: "vault-not-joined"
    case .noKeyInForce: "vault-no-key-in-force"
    case .keysExhausted: "vault-keys-exhausted"
    case .file(let error): error.code.rawValue
    }
  }

  /// A sentence for a person: what is wrong, and what to do.
  public var description: String {
    switch self {
    case .noVault(let folder):
      "there are no keys in \(folder): make a store with `checkin init`"
    case .alreadyExists(let folder):
      "there are keys in \(folder) already: they were left as they are"
    case .passphraseTooShort:
      "the passphrase is too short: take \(KeyVault.shortestPassphrase) bytes or more, better "
        + "four random words"
    case .needsPassphrase:
      "these keys are opened by a passphrase: type it, or set CHECKIN_PASSPHRASE"
    case .needsKeyFile:
      "these keys are opened by a key file: say where it is"
    case .keyFileOpenToOthers(let path, let mode):
      "others than its owner may use the key file \(path) (mode \(String(mode, radix: 8))): run "
        + "`chmod 600` on it, and rotate the keys if someone may have read it"
    case .keyFileOfAnotherUser(let path):
      "the key file \(path) belongs to another user: run checkin as that user"
    case .keyFileExists(let path):
      "there is a file \(path) already: name another, so that no key is overwritten"
    case .keyFileDamaged(let path):
      "\(path) is no key file or is damaged: restore it from its backup"
    case .screenKey(let path, let error): "\(path): \(error)"
    case .sealed(let path, let error): "\(path): \(error)"
    case .key(let error): error.description
    case .keySet(let path, let error): "\(path): \(error)"
    case .contactKeys(let path, let error): "\(path): \(error)"
    case .keyMismatch(let id):
      "the sealed key \(id) is not the one in keyset.json: restore the folder of keys from a backup"
    case .secretLost(let path):
      "\(path) was made before and is gone: restore it from a backup of the folder of keys, since a "
        + "new one would make every pass or screen of the old one forged"
    case .noDoors:
      "this store was made before there were doors, and nobody's pseudonym may change: make a new "
        + "store with `checkin init` for a centre that enrols doors"
    case .isOfDoor:
      "this is the store of a door: codes, passes and screens are made at its centre"
    case .notJoined:
      "this store is not that of a door: join it to a centre with `checkin door join`"
    case .noKeyInForce:
      "no signing key is in force: make one with `checkin key rotate`"
    case .keysExhausted:
      "all 256 key ids are used up: start a new store, or forget keys that expired"
    case .file(let error): error.description
    }
  }
}
