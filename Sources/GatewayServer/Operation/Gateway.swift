internal import EvidenceIntake
internal import ExposureStorage
internal import Presence
internal import Synchronization
internal import VenueCodes
internal import VenueRegistry

/// A gateway that serves: its faces, its servers and what ends them in order.
///
///     let gateway = try Gateway(deployment, version: "1.0")
///     // … until it is to stop:
///     gateway.stop()
public final class Gateway: Sendable {
  /// What faces share.
  public let deployment: Deployment
  /// The port for everybody.
  public let port: Int
  /// The port for Prometheus; nil when there is none.
  public let metricsPort: Int?

  private let server: HTTPServer
  private let metricsServer: HTTPServer?
  private let workers: WorkerPool
  private let seen: Mutex<String>
  private let upstream: Upstream?

  /// Starts to serve.
  ///
  /// - Parameters:
  ///   - deployment: What faces share.
  ///   - version: The version of the program.
  ///   - security: The certificate, for sites without a proxy.
  ///   - sockets: Sockets that were handed over: the first for everybody, the second for Prometheus.
  /// - Throws: `ListenError`, `StoreError`.
  public init(
    _ deployment: Deployment, version: String, security: HTTPServer.Security? = nil,
    sockets: [ListeningSocket] = []
  ) throws {
    let configuration = deployment.configuration
    self.deployment = deployment
    let workers = WorkerPool(
      threads: configuration.limits.workers, capacity: configuration.limits.workQueue)
    self.workers = workers
    let checkIns = CheckInFace(deployment, limits: configuration.checkIns)
    let committer = deployment.committer
    let status = StatusFace { committer.isHealthy }
    let staff = try StaffDesk(deployment: deployment)
    // Behind a proxy phones come by TLS, too.
    let isSecure = security != nil || !configuration.proxies.isEmpty
    var faces: [any Face] =
      [
        checkIns, ContactFace(deployment), UploadFace(deployment), PageFace(isSecure: isSecure),
        KeyFace(deployment),
        status,
      ] + staff.faces
    var authenticators: [Access.Scheme: any Authenticator] = [.account: staff.authenticator]
    if try deployment.vault.canEnrolDoors() {
      let register = try DoorRegister.open(inStore: deployment.store.path)
      faces.append(try DoorFace(deployment, register: register))
      authenticators[.door] = DoorAuthenticator(register)
    }
    let door = try Gateway.upstream(deployment)
    faces.append(DescriptionFace(of: faces, version: version))
    Gateway.addGauges(deployment, workers)
    try Gateway.remember(deployment, in: checkIns)
    let application = HTTPApplication(
      faces: faces, authenticators: authenticators, workers: workers,
      metrics: deployment.metrics, log: deployment.log)
    let socket =
      try sockets.first
      ?? ListeningSocket(address: configuration.address, port: configuration.port)
    upstream = door
    server = try HTTPServer(
      application, on: socket, security: security, limits: configuration.limits,
      proxies: Set(configuration.proxies.compactMap { ClientAddress($0) }),
      clock: deployment.clock)
    port = server.port
    seen = Mutex(deployment.fingerprint)
    upstream?.start()
    guard configuration.metricsPort > 0 || sockets.count > 1 else {
      metricsServer = nil
      metricsPort = nil
      return
    }
    // A server of its own: what watches a gateway must not wait behind its clients.
    var limits = ServerLimits()
    limits.threads = 1
    limits.connections = 64
    let metricsApplication = HTTPApplication(
      faces: [MetricsFace(deployment.metrics), status], workers: workers,
      metrics: Metrics(), log: deployment.log)
    do {
      let socket =
        try sockets.dropFirst().first
        ?? ListeningSocket(
          address: configuration.metricsAddress, port: configuration.metricsPort)
      let own = try HTTPServer(
        metricsApplication, on: socket, limits: limits, clock: deployment.clock)
      metricsServer = own
      metricsPort = own.port
    } catch {
      upstream?.stop()
      server.stop(within: 0)
      workers.stop()
      throw error
    }
  }

  /// Reads venues, keys and revocations again, whether they changed or not.
  ///
  /// - Returns: Whether they could be read; what was known stays in use where not.
  @discardableResult
  public func reload() -> Bool {
    do {
      let fingerprint = deployment.fingerprint
      try deployment.reload()
      seen.withLock { $0 = fingerprint }
      deployment.log.info(
        "reloaded", [("venues", "\(deployment.snapshot.registry.venues.count)")])
      return true
    } catch {
      deployment.log.error("reload-failed", [("reason", Gateway.word(error))])
      return false
    }
  }

  /// Reads venues, keys and revocations again when they changed, or when their signatures are old.
  public func reloadIfChanged() {
    let now = deployment.clock() / 1_000
    let age = now - deployment.snapshot.signedAt
    let isOld = age >= 3_600 || age < 0
    // At a door time alone makes codes worth less, and a manifest that was renewed makes them worth more.
    let limit = try? UpstreamStanding.gradeLimit(inStore: deployment.store.path, at: now)
    let isWorthOther = limit.map { $0 != deployment.snapshot.intake.gradeLimit } ?? false
    if isOld || isWorthOther || deployment.fingerprint != seen.withLock({ $0 }) { reload() }
  }

  /// Signs what the audit log is now when enough lines or time have passed since it was signed last.
  public func keepAuditLog() {
    do {
      try AuditKeeper.keep(deployment, at: deployment.clock() / 1_000)
    } catch {
      // Somebody changed the log: whoever watches the log of the gateway has to hear of it.
      deployment.log.error("audit-checkpoint-failed", [("reason", error.code)])
    }
  }

  /// How long a commit may take before the gateway counts as stuck, in milliseconds.
  public static let longestCommitMilliseconds: Int64 = 20_000

  /// Whether the disk keeps a commit waiting for so long that only a restart may help.
  public var isStuck: Bool {
    deployment.committer.commitMilliseconds > Gateway.longestCommitMilliseconds
  }

  /// Stops: takes no more connections, answers what was asked, makes it durable, and closes.
  ///
  /// - Returns: Whether everything was answered.
  @discardableResult
  public func stop() -> Bool {
    let isDone = server.stop(within: Int64(deployment.configuration.drainSeconds) * 1_000)
    deployment.committer.stop()
    upstream?.stop()
    metricsServer?.stop(within: 1_000)
    workers.stop()
    return isDone
  }

  /// What sends a door's evidence to its centre; nil in a store that is not a door's.
  private static func upstream(_ deployment: Deployment) throws -> Upstream? {
    guard deployment.vault.isOfDoor else { return nil }
    let configuration = deployment.configuration
    var settings = CurlConnection.Settings()
    settings.bytesPerSecond = Int64(configuration.upstreamBytesPerSecond)
    settings.certificates = configuration.upstreamCertificates
    let connections = CurlPool(settings)
    var work = Upstream.Settings()
    // A limit is one of a connection: with it there is no second.
    if settings.bytesPerSecond > 0 { work.batchesUnderWay = 1 }
    let store = deployment.store
    func gauge(
      _ name: String, _ help: String, _ value: @escaping @Sendable (UpstreamStanding) -> Double
    ) {
      deployment.metrics.gauge(name, help) { (try? UpstreamStanding(of: store)).map(value) ?? .nan }
    }
    let clock = deployment.clock
    gauge("checkin_upstream_backlog_rows", "Rows that the centre has not acknowledged") {
      Double($0.backlog.rows)
    }
    gauge("checkin_upstream_oldest_unsent_seconds", "Age of the oldest unsent scan") { standing in
      standing.backlog.oldestScan.map { Double(clock() / 1_000 - $0) } ?? 0
    }
    gauge("checkin_upstream_clock_offset_seconds", "How far the clock is ahead of the centre's") {
      Double($0.contact.clockOffsetMilliseconds ?? 0) / 1_000
    }
    gauge("checkin_upstream_refused_rows", "Rows that the centre refused") {
      Double($0.refused.count)
    }
    gauge("checkin_upstream_last_contact_seconds", "How long ago the centre was heard") {
      standing in standing.contact.lastContactAt.map { Double(clock() / 1_000 - $0) } ?? .nan
    }
    gauge("checkin_upstream_expiry_seconds", "For how long venues and keys may still be used") {
      standing in standing.expiresAt.map { Double($0 - clock() / 1_000) } ?? .nan
    }
    return try Upstream(
      store: store, vault: deployment.vault, registry: deployment.registryFolder,
      url: configuration.upstream.isEmpty ? nil : configuration.upstream, settings: work,
      clock: deployment.clock, transport: { try connections.send($0) }, log: deployment.log,
      abort: { connections.cancel() })
  }

  private static func addGauges(_ deployment: Deployment, _ workers: WorkerPool) {
    let committer = deployment.committer
    deployment.metrics.gauge("checkin_commit_waiting", "Pieces of evidence that wait for the disk")
    {
      Double(committer.waitingRows)
    }
    let log = deployment.log
    deployment.metrics.gauge("checkin_log_dropped", "Lines of the log that nobody took in time") {
      Double(log.droppedLines)
    }
    deployment.metrics.gauge("checkin_work_waiting", "Requests that wait for a worker") {
      Double(workers.waiting)
    }
  }

  /// Tells the face who came in since yesterday, so that "auto" knows the way after a restart.
  private static func remember(_ deployment: Deployment, in face: CheckInFace) throws {
    let today = deployment.calendar.day(of: deployment.clock() / 1_000)
    face.remember(try deployment.store.scans(from: today.advanced(by: -1), to: today))
  }

  private static func word(_ error: any Error) -> String {
    switch error {
    case let error as StoreError: error.code.rawValue
    case let error as DeploymentError: error.code.rawValue
    default: "other"
    }
  }
}
