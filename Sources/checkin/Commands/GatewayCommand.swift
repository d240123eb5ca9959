internal import CommandKit
internal import ExposureStorage
internal import FoundationEssentials
internal import GatewayServer
internal import Glibc
internal import Synchronization
internal import VenueRegistry

/// `checkin gateway`: the server of check-ins.
struct GatewayCommand: Sendable {
  var config: Path?
  var listen: String?
  var port: Int?
  var metricsPort: Int?
  var upstream: String?
  var printsConfig = false

  static let command = Command(
    "gateway", "Serves check-ins over HTTP", GatewayCommand(),
    [
      .option("--config", \.config, help: "The file of settings: see --print-config"),
      .option("--listen", \.listen, value: "ADDRESS", help: "The address that is listened at"),
      .option(
        "--port", \.port, in: 0...65_535, value: "N", help: "The port; 0 for any that is free"),
      .option(
        "--metrics-port", \.metricsPort, in: 0...65_535, value: "N",
        help: "The port for Prometheus, at the metrics address only; 0 for none"),
      .option(
        "--upstream", \.upstream, value: "URL",
        help: "At a door: another address of its centre than the one it joined at"),
      .flag(
        "--print-config", \.printsConfig,
        help: "Print the settings in use, each with what it is, and end"),
    ],
    shared: .passphrase,
    discussion: """
      A scan that was answered with 201 or 200 is on the disk. When the disk is full or too much \
      waits, the answer is 507 or 503 and nothing was stored; whoever sends the same again with the \
      same id stores it once.

      SIGTERM and SIGINT stop it gracefully: it takes no more connections, answers what was asked, \
      and ends with status 0. SIGHUP has venues, keys and revocations read again, which also \
      happens by itself when they change. Sockets that systemd hands over are used in the order of \
      its unit: the first for everybody, the second for Prometheus. Two gateways may share a port \
      while one takes over from the other.

      What happens is told as lines of JSON on standard error, without anything of a person. \
      The interface is described at /openapi.json.
      """,
    examples: [
      Example("checkin gateway", "Serve at port 8080 of this machine"),
      Example("checkin gateway --print-config > gateway.conf", "Begin a file of settings"),
      Example("checkin gateway --config /etc/checkin/gateway.conf", "Serve by a file of settings"),
    ],
    run: { options, context in try options.run(context) })

  private func run(_ context: Context) throws -> ExitStatus {
    var configuration = try configuration()
    if printsConfig {
      try context.output.write(bytes: Array(configuration.file.utf8)[...])
      return .done
    }
    signal(SIGPIPE, SIG_IGN)
    watchForReload()
    // A time that was given goes on from there: the clock of a machine that is wrong.
    let clock = DoorClock.milliseconds(context)
    let workspace = Workspace(context)
    let store = try workspace.store()
    let log = ServerLog.descriptor(2, clock: clock)
    let wanted = configuration.limits.connections
    configuration.limits.connections = OpenFiles.connections(of: wanted, files: OpenFiles.raise())
    if configuration.limits.connections < wanted {
      log.warning(
        "fewer-connections",
        [("connections", "\(configuration.limits.connections)"), ("wanted", "\(wanted)")])
    }
    let deployment = try Deployment(
      store: store, vault: try workspace.vault(), registryFolder: workspace.registryFolder,
      configuration: configuration, clock: clock, log: log)
    let gateway = try Gateway(
      deployment, version: Checkin.program.version, security: try security(configuration),
      sockets: ListeningSocket.handedOver(context.environment))
    let manager = ServiceManager(context.environment)
    log.info(
      "serving",
      [
        ("version", Checkin.program.version), ("port", "\(gateway.port)"),
        ("metrics_port", gateway.metricsPort.map { "\($0)" } ?? "none"),
        ("venues", "\(deployment.snapshot.registry.venues.count)"),
      ])
    manager.tell(.ready)
    wait(for: gateway, manager, configuration, context.interruption)
    manager.tell(.stopping)
    log.info("stopping")
    let isDone = gateway.stop()
    try store.close()
    log.info("stopped", [("answered_all", isDone ? "yes" : "no")])
    return isDone ? .done : .failed
  }

  /// Looks around until the gateway is to stop.
  private func wait(
    for gateway: Gateway, _ manager: ServiceManager, _ configuration: GatewayConfiguration,
    _ interruption: Interruption
  ) {
    var ticks: Int64 = 0
    let tick: Int64 = 100
    while !interruption.isRequested {
      usleep(UInt32(tick) * 1_000)
      ticks += 1
      if reloadRequests.exchange(0, ordering: .relaxed) > 0 {
        manager.tell(.reloading)
        gateway.reload()
        manager.tell(.ready)
      }
      // A gateway whose disk never answers is not alive, whatever this thread does.
      if let every = manager.watchdogMilliseconds, ticks % max(1, every / tick) == 0,
        !gateway.isStuck
      {
        manager.tell(.watchdog)
      }
      let watch = Int64(configuration.watchSeconds) * 1_000 / tick
      if watch > 0, ticks % watch == 0 { gateway.reloadIfChanged() }
      if ticks % (10_000 / tick) == 0 { gateway.keepAuditLog() }
    }
  }

  /// Reads a file of settings; without one, all have their defaults.
  static func configuration(of config: Path?) throws -> GatewayConfiguration {
    guard let config else { return GatewayConfiguration() }
    var file = try InputFile(path: config.string)
    let bytes = try file.readAll(limit: GatewayConfiguration.maximumFileLength)
    do {
      return try GatewayConfiguration(file: bytes)
    } catch {
      throw CommandError(
        "\(error)", file: config.string, line: error.line, code: error.code.rawValue)
    }
  }

  private func configuration() throws -> GatewayConfiguration {
    var configuration = try GatewayCommand.configuration(of: config)
    if let listen { configuration.address = listen }
    if let port { configuration.port = port }
    if let upstream { configuration.upstream = upstream }
    if let metricsPort { configuration.metricsPort = metricsPort }
    if !configuration.upstream.isEmpty { try DoorTransport.check(configuration.upstream) }
    return configuration
  }

  private func security(
    _ configuration: GatewayConfiguration
  ) throws -> HTTPServer.Security? {
    guard !configuration.certificate.isEmpty else { return nil }
    func text(_ path: String) throws -> String {
      var file = try InputFile(path: path)
      return String(decoding: try file.readAll(limit: 1 << 20), as: UTF8.self)
    }
    return HTTPServer.Security(
      certificate: try text(configuration.certificate),
      privateKey: try text(configuration.privateKey))
  }

  /// SIGHUP means that venues and keys are to be read again, and no longer that the program ends.
  private func watchForReload() {
    _ = reloadRequests.load(ordering: .relaxed)
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { _ in
      _ = reloadRequests.add(1, ordering: .relaxed)
    }
    action.sa_flags = SA_RESTART
    _ = sigaction(SIGHUP, &action, nil)
  }
}

/// How often SIGHUP came since it was looked at.
private let reloadRequests = Atomic<Int>(0)
