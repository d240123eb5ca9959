public import EvidenceIntake
public import ExposureStorage
public import Presence
internal import Synchronization
public import VenueCodes
public import VenueRegistry

/// What a gateway knows at a moment of venues, keys and revocations; replaced whole by a reload.
public struct DeploymentSnapshot: Sendable {
  /// The venues.
  public let registry: Registry
  /// The public keys that codes are checked against.
  public let keys: KeySet
  /// The prints that were revoked.
  public let revokedPrints: RevokedPrints
  /// What scans are read against.
  public let intake: IntakeContext
  /// The public keys as anybody may fetch them.
  public let keysDocument: SignedDocument
  /// The revoked prints as anybody may fetch them.
  public let revocationsDocument: SignedDocument
  /// When the documents were signed, in Unix seconds.
  public let signedAt: Int64
  /// How often was reloaded before.
  public let generation: Int
}

/// What the faces of one gateway share.
public final class Deployment: Sendable {
  /// The evidence and all that is kept beside it.
  public let store: ExposureStore
  /// The keys, open.
  public let vault: KeyVault
  /// The folder of the registry.
  public let registryFolder: RegistryFolder
  /// What the gateway was told.
  public let configuration: GatewayConfiguration
  /// Unix milliseconds; handlers take the time of their request instead.
  public let clock: @Sendable () -> Int64
  /// Fresh random bytes, so many.
  public let random: @Sendable (Int) -> [UInt8]
  /// What is measured.
  public let metrics: Metrics
  /// Where to say what happened.
  public let log: ServerLog
  /// What makes evidence durable.
  public let committer: Committer

  private let current: Mutex<DeploymentSnapshot>
  private let load: @Sendable (Int) throws -> DeploymentSnapshot

  /// Puts together what faces share, and reads venues and keys for the first time.
  ///
  /// - Throws: What stands in the way of reading venues and keys.
  public init(
    store: ExposureStore, vault: KeyVault, registryFolder: RegistryFolder,
    configuration: GatewayConfiguration, clock: @escaping @Sendable () -> Int64,
    random: @escaping @Sendable (Int) -> [UInt8] = Deployment.systemRandom,
    metrics: Metrics = Metrics(), log: ServerLog = .silent
  ) throws {
    self.store = store
    self.vault = vault
    self.registryFolder = registryFolder
    self.configuration = configuration
    self.clock = clock
    self.random = random
    self.metrics = metrics
    self.log = log
    committer = Committer(
      store: store, capacity: configuration.commitQueue, metrics: metrics, log: log)
    let load: @Sendable (Int) throws -> DeploymentSnapshot = { generation in
      try Deployment.snapshot(
        store: store, vault: vault, registryFolder: registryFolder, now: clock() / 1_000,
        generation: generation)
    }
    self.load = load
    current = Mutex(try load(0))
  }

  /// The local days of the store.
  public var calendar: LocalCalendar { store.calendar }

  /// What is known now of venues and keys.
  public var snapshot: DeploymentSnapshot { current.withLock { $0 } }

  /// Reads venues, keys and revocations again; requests that run go on with what they had.
  ///
  /// - Throws: What stands in the way; then nothing changes.
  public func reload() throws {
    let next = try load(snapshot.generation + 1)
    current.withLock { $0 = next }
  }

  /// What changes when venues, keys or revocations may have changed.
  var fingerprint: String {
    let prints = (try? store.revokedPrints()).map { "\($0.hashValue)" } ?? "?"
    return "\(registryFolder.fingerprint) \(vault.fingerprint) \(prints)"
  }

  /// Random bytes of the system.
  @Sendable
  public static func systemRandom(_ count: Int) -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
  }

  private static func snapshot(
    store: ExposureStore, vault: KeyVault, registryFolder: RegistryFolder, now: Int64,
    generation: Int
  ) throws -> DeploymentSnapshot {
    let (registry, diagnostics) = try registryFolder.load()
    if let first = diagnostics.first(where: { $0.severity == .error }) {
      throw DeploymentError(.badRegistry, first.message)
    }
    let revoked = try store.revokedPrints()
    let keys = try vault.keySet()
    let verifier = VenueCodeVerifier(
      keys: keys, directory: VenueDirectory(registry: registry, revokedPrints: revoked),
      carrier: Carrier(prefixes: [try store.codePrefix()]), secrets: try vault.codeSecrets())
    let intake = IntakeContext(
      registry: registry, verifier: verifier, subjectHash: try vault.subjectHash(),
      calendar: store.calendar, receivedAt: now,
      gradeLimit: try UpstreamStanding.gradeLimit(inStore: store.path, at: now))
    // A door has no signing key, or none in force: then what it passes on is not signed by it.
    let signer = try? vault.currentSigningKey(at: now)
    let key = signer.map { (id: $0.published.id, key: $0.key) }
    let prints = try store.prints().filter { $0.revokedAt != nil }
    return DeploymentSnapshot(
      registry: registry, keys: keys, revokedPrints: revoked, intake: intake,
      keysDocument: SignedDocument(keys.json, path: "/keys", signedBy: key, at: now),
      revocationsDocument: SignedDocument(
        KeyFace.revocations(prints, calendar: store.calendar), path: "/revocations",
        signedBy: key, at: now),
      signedAt: now, generation: generation)
  }
}

/// Why a gateway cannot start or reload.
public struct DeploymentError: Error, Hashable, Sendable {
  /// The kinds.
  public enum Code: String, CaseIterable, Sendable {
    /// A file of the registry has a mistake.
    case badRegistry = "bad-registry"
  }

  /// The kind.
  public let code: Code
  /// A sentence.
  public let detail: String

  init(_ code: Code, _ detail: String) {
    self.code = code
    self.detail = detail
  }
}

extension DeploymentError: CustomStringConvertible {
  /// The sentence.
  public var description: String { detail }
}
