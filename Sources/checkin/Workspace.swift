internal import CommandKit
internal import EvidenceIntake
internal import ExposureAnswers
internal import ExposureStorage
internal import FoundationEssentials
internal import GatewayServer
internal import Presence
internal import ProximityFormats
internal import Tracing
internal import VenueCodes
internal import VenueRegistry

/// What commands work on: the registry's folder, the store and its keys, opened as they are needed.
struct Workspace {
  let context: Context

  init(_ context: Context) {
    self.context = context
  }

  // MARK: Registry

  /// The registry's folder.
  var registryFolder: RegistryFolder { RegistryFolder(path: context.venues) }

  /// Reads the registry; what is wrong in its files is an error.
  func registry() throws -> Registry {
    let (registry, diagnostics) = try registryFolder.load()
    let errors = diagnostics.filter { $0.severity == .error }
    if let first = errors.first {
      throw CommandError(
        first.message,
        hint: errors.count == 1
          ? "mend it in \(context.venues)"
          : "mend it and \(errors.count - 1) more: see `checkin venue check`",
        file: first.file.map { "\(context.venues)/\($0)" }, line: first.line, code: first.code)
    }
    return registry
  }

  // MARK: Store and keys

  /// Opens the store.
  func store(_ mode: ExposureStore.Mode = .readWrite) throws -> ExposureStore {
    try ExposureStore.open(at: context.store, mode: mode)
  }

  /// Opens the store for reading; nil when there is none, since the registry can be worked on
  /// before there is a store.
  func storeIfThere() throws -> ExposureStore? {
    do {
      return try ExposureStore.open(at: context.store, mode: .readOnly)
    } catch {
      guard error.code == .noStore else { throw error }
      return nil
    }
  }

  /// The folder of the store's keys.
  var keysFolder: String { context.store + "/keys" }

  /// Where the key file is unless it was put elsewhere: beside the store, so that a copy of the
  /// store's folder does not carry it.
  var defaultKeyFile: String {
    if let path = context.environment("CHECKIN_KEY_FILE") { return path }
    var store = context.store
    while store.count > 1, store.hasSuffix("/") { store.removeLast() }
    return store + ".key"
  }

  /// Opens the keys, by the passphrase or the key file that they were made with.
  func vault() throws -> KeyVault {
    switch try KeyVault.protection(in: keysFolder) {
    case .keyFile:
      guard FileManager.default.fileExists(atPath: defaultKeyFile) else {
        throw CommandError(
          "the key file \(defaultKeyFile) is not there, and nothing else opens the store's keys",
          hint: "put it back, or say where it is with CHECKIN_KEY_FILE", code: "no-key-file")
      }
      return try KeyVault.unlock(in: keysFolder, secret: .keyFile(defaultKeyFile))
    case .passphrase:
      let secret = try passphrase(for: "the store's keys", isNew: false)
      return try KeyVault.unlock(in: keysFolder, secret: .passphrase(secret))
    }
  }

  /// Takes the passphrase from where the user put it, or asks.
  func passphrase(for purpose: String, isNew: Bool) throws -> SecretBytes {
    let passphrase = try context.passphrase(for: purpose, isNew: isNew)
    return try passphrase.withBytes { bytes throws(KeyError) in
      try SecretBytes(copying: bytes.bindMemory(to: UInt8.self).span)
    }
  }

  /// Makes what verifies codes, by what is known now.
  ///
  /// Without secrets, rotating codes and passes are refused.
  func verifier(
    store: ExposureStore, registry: Registry, secrets: CodeSecrets = CodeSecrets()
  ) throws -> VenueCodeVerifier {
    VenueCodeVerifier(
      keys: try KeyVault.keySet(in: keysFolder),
      directory: VenueDirectory(registry: registry, revokedPrints: try store.revokedPrints()),
      carrier: Carrier(prefixes: [try store.codePrefix()]), secrets: secrets)
  }

  /// Makes what verifies codes by a published key set alone.
  func verifier(keySet path: String, registry: Registry) throws -> VenueCodeVerifier {
    var file = try InputFile(path: path)
    let bytes = try file.readAll(limit: 1 << 20)
    let keys: KeySet
    do {
      keys = try KeySet(json: bytes)
    } catch {
      throw CommandError("\(error)", file: path, code: error.code)
    }
    return VenueCodeVerifier(
      keys: keys, directory: VenueDirectory(registry: registry, revokedPrints: RevokedPrints()),
      carrier: Carrier(prefixes: [try URLPrefix(Self.defaultURLPrefix)]))
  }

  /// The prefix of the codes that this store prints.
  func urlPrefix(of store: ExposureStore) throws -> URLPrefix {
    try store.codePrefix()
  }

  /// What reads our own codes, also where there is no store yet.
  func carrierIfThere() throws -> Carrier {
    var prefixes = [try URLPrefix(Self.defaultURLPrefix)]
    if let store = try storeIfThere() { prefixes.append(try urlPrefix(of: store)) }
    return Carrier(prefixes: prefixes)
  }

  static let defaultURLPrefix = ExposureStore.defaultCodePrefix

  /// Makes what rows and scans are read against.
  func intake(store: ExposureStore, registry: Registry) throws -> IntakeContext {
    try intake(store: store, registry: registry, vault: try vault())
  }

  /// Makes what rows and scans are read against, with keys that are open already.
  func intake(
    store: ExposureStore, registry: Registry, vault: KeyVault
  ) throws -> IntakeContext {
    IntakeContext(
      registry: registry,
      verifier: try verifier(
        store: store, registry: registry, secrets: try vault.codeSecrets()),
      subjectHash: try vault.subjectHash(), calendar: store.calendar, receivedAt: context.now(),
      models: try deviceModels(),
      gradeLimit: try UpstreamStanding.gradeLimit(inStore: store.path, at: context.now()))
  }

  /// How loud models of phones are, by the table in the registry's folder; without one all are
  /// unknown.
  func deviceModels() throws -> DeviceModels {
    let path = context.venues + "/radio/models.csv"
    guard FileManager.default.fileExists(atPath: path) else { return .none }
    var file = try InputFile(path: path)
    let bytes = try file.readAll(limit: 1 << 20)
    do {
      return try DeviceModels(bytes)
    } catch {
      throw CommandError("\(error)", file: path, code: error.code.rawValue)
    }
  }

  // MARK: Tracing

  /// The history of all evidence in the store.
  func history(store: ExposureStore, registry: Registry) throws -> ExposureHistory {
    try store.history(of: registry)
  }

  /// When people were isolated, by the registered cases, closed ones among them; the earliest counts.
  func isolations(store: ExposureStore) throws -> [Pseudonym: Int64] {
    try store.isolations()
  }

  /// The cases of the store as the trace takes them.
  func cases(store: ExposureStore, openOnly: Bool) throws -> [Case] {
    try store.caseRecords(openOnly: openOnly).map { try $0.confirmedCase() }
  }
}

extension IntakeContext {
  /// The pseudonym of a person named with `--subject`.
  func person(_ subject: String) throws(UsageError) -> Pseudonym {
    do {
      return try pseudonym(of: subject)
    } catch {
      throw UsageError("--subject: \(error)")
    }
  }
}
