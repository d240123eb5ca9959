public import ExposureStorage
internal import Glibc
internal import Presence
internal import VenueCodes
internal import VenueRegistry

/// Looks a deployment over: what would keep a gateway from keeping its promises, found before it
/// does.
public struct Doctor: Sendable {
  /// How something is.
  public enum State: String, Sendable {
    /// As it should be.
    case good
    /// It works, and somebody should look.
    case warning
    /// It does not work.
    case bad
  }

  /// One thing that was looked at.
  public struct Finding: Hashable, Sendable {
    /// What was looked at: a stable word.
    public let check: String
    /// How it is.
    public let state: State
    /// What was seen, in a sentence.
    public let detail: String
  }

  /// The store's folder.
  public let storePath: String
  /// The key file's path.
  public let keyFile: String
  /// The registry's folder.
  public let registryFolder: RegistryFolder
  /// What the gateway is told.
  public let configuration: GatewayConfiguration
  /// The present, in Unix seconds.
  public let now: Int64

  /// Says what to look over.
  public init(
    storePath: String, keyFile: String, registryFolder: RegistryFolder,
    configuration: GatewayConfiguration, now: Int64
  ) {
    self.storePath = storePath
    self.keyFile = keyFile
    self.registryFolder = registryFolder
    self.configuration = configuration
    self.now = now
  }

  /// Looks at everything.
  ///
  /// - Parameter vault: Opens the keys as the gateway would.
  /// - Returns: What was found, in an order from the ground up.
  public func findings(vault: () throws -> KeyVault) -> [Finding] {
    [
      store(), permissions(storePath, "store-folder"), permissions(keyFile, "key-file"),
      keys(vault), registry(), clock(), zone(), space(), synchronization(), openFiles(),
      port(configuration.address, configuration.port, "port"),
      configuration.metricsPort == 0
        ? Finding(check: "metrics-port", state: .good, detail: "there is none")
        : port(configuration.metricsAddress, configuration.metricsPort, "metrics-port"),
      certificate(),
    ]
  }

  private func store() -> Finding {
    do {
      let store = try ExposureStore.open(at: storePath, mode: .readOnly)
      defer { try? store.close() }
      return Finding(check: "store", state: .good, detail: "\(storePath) opens")
    } catch {
      return Finding(check: "store", state: .bad, detail: "\(error)")
    }
  }

  private func permissions(_ path: String, _ check: String) -> Finding {
    var status = stat()
    guard stat(path, &status) == 0 else {
      // A vault under a passphrase has no key file.
      let isNeeded =
        check != "key-file" || (try? KeyVault.protection(in: storePath + "/keys")) == .keyFile
      return Finding(
        check: check, state: isNeeded ? .bad : .good,
        detail: isNeeded ? "\(path) is not there" : "the keys are under a passphrase")
    }
    if status.st_mode & 0o077 != 0 {
      return Finding(
        check: check, state: .bad,
        detail: "others may use \(path): chmod go= \(path)")
    }
    guard status.st_uid == geteuid() || geteuid() == 0 else {
      return Finding(
        check: check, state: .bad, detail: "\(path) is another user's: run as the gateway's user")
    }
    return Finding(check: check, state: .good, detail: "only its owner may use \(path)")
  }

  private func keys(_ vault: () throws -> KeyVault) -> Finding {
    do {
      let vault = try vault()
      _ = try vault.subjectHash()
      let current = try vault.currentSigningKey(at: now).published
      let days = (current.notAfter - now) / 86_400
      return Finding(
        check: "keys", state: days < 60 ? .warning : .good,
        detail: "key \(current.id) signs, for \(days) days more"
          + (days < 60 ? ": make the next one with checkin key rotate" : ""))
    } catch {
      return Finding(check: "keys", state: .bad, detail: "\(error)")
    }
  }

  private func registry() -> Finding {
    do {
      let (registry, diagnostics) = try registryFolder.load()
      let errors = diagnostics.count { $0.severity == .error }
      guard errors == 0 else {
        return Finding(
          check: "registry", state: .bad,
          detail: "\(errors) mistakes in \(registryFolder.path): see checkin venue check")
      }
      return Finding(
        check: "registry", state: registry.venues.isEmpty ? .warning : .good,
        detail: "\(registry.venues.count) venues")
    } catch {
      return Finding(check: "registry", state: .bad, detail: "\(error)")
    }
  }

  private func clock() -> Finding {
    let created = (try? ExposureStore.open(at: storePath, mode: .readOnly)).flatMap { store in
      defer { try? store.close() }
      return try? store.value(of: .createdAt).flatMap { Int64($0) }
    }
    if let created, now < created {
      return Finding(
        check: "clock", state: .bad, detail: "the clock is before the store was made: set it")
    }
    // systemd's own service leaves a mark when the clock follows a server; others do not.
    guard access("/run/systemd/timesync/synchronized", F_OK) == 0 else {
      return Finding(
        check: "clock", state: .warning,
        detail: "nothing says that the clock follows a server: see timedatectl or chronyc tracking")
    }
    return Finding(check: "clock", state: .good, detail: "synchronized")
  }

  private func zone() -> Finding {
    guard let store = try? ExposureStore.open(at: storePath, mode: .readOnly) else {
      return Finding(check: "time-zone", state: .bad, detail: "the store does not open")
    }
    defer { try? store.close() }
    let name = store.calendar.zoneName
    guard let system = try? ZoneDatabase.calendar(named: name) else {
      return Finding(
        check: "time-zone", state: .warning,
        detail: "the system has no data of \(name); the store has its own")
    }
    guard system.offset(at: now) == store.calendar.offset(at: now) else {
      return Finding(
        check: "time-zone", state: .warning,
        detail: "the system's \(name) is not the store's any more: its days stay as they are filed")
    }
    return Finding(check: "time-zone", state: .good, detail: "\(name)")
  }

  private func space() -> Finding {
    var status = statvfs()
    guard statvfs(storePath, &status) == 0 else {
      return Finding(check: "disk-space", state: .bad, detail: "\(storePath) has no file system")
    }
    let free = (UInt64(status.f_bavail) * UInt64(status.f_frsize)) >> 20
    let state: State = free < 200 ? .bad : free < 2_048 ? .warning : .good
    return Finding(check: "disk-space", state: state, detail: "\(free) MiB are free")
  }

  private func synchronization() -> Finding {
    let path = "\(storePath)/.doctor-\(getpid())"
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      return Finding(
        check: "fsync", state: .bad, detail: "\(storePath) cannot be written to by this user")
    }
    defer {
      close(descriptor)
      unlink(path)
    }
    let block = [UInt8](repeating: 0, count: 4_096)
    let start = MonotonicClock.microseconds
    for _ in 0..<10 {
      guard write(descriptor, block, block.count) == block.count, fsync(descriptor) == 0 else {
        return Finding(
          check: "fsync", state: .bad, detail: "the disk does not take what it is given")
      }
    }
    let each = (MonotonicClock.microseconds - start) / 10
    // A disk that needs no time has not written anything: a cache without a battery, or a RAM disk.
    if each < 20 {
      return Finding(
        check: "fsync", state: .warning,
        detail: "the disk takes \(each) µs, less than any real one: a power cut may lose check-ins")
    }
    return Finding(
      check: "fsync", state: each > 50_000 ? .warning : .good, detail: "the disk takes \(each) µs")
  }

  private func openFiles() -> Finding {
    let most = OpenFiles.most
    let wanted = configuration.limits.connections
    let possible = OpenFiles.connections(of: wanted, files: most)
    return Finding(
      check: "open-files", state: possible < wanted ? .warning : .good,
      detail: possible < wanted
        ? "only \(most) files may be open: \(possible) connections of \(wanted); raise LimitNOFILE"
        : "\(most) files may be open, enough for \(wanted) connections")
  }

  private func port(_ address: String, _ port: Int, _ check: String) -> Finding {
    do {
      let socket = try ListeningSocket(address: address, port: port, sharesPort: false)
      close(socket.descriptor)
      return Finding(check: check, state: .good, detail: "port \(port) of \(address) is free")
    } catch {
      return Finding(
        check: check, state: error.code == .portInUse ? .warning : .bad,
        detail: error.code == .portInUse ? "\(error): is a gateway running?" : "\(error)")
    }
  }

  private func certificate() -> Finding {
    guard !configuration.certificate.isEmpty else {
      let isLocal = ["127.0.0.1", "::1"].contains(configuration.address)
      return Finding(
        check: "certificate", state: isLocal ? .good : .warning,
        detail: isLocal
          ? "none is needed: only this machine can connect"
          : "none, and others can connect: put a proxy with TLS in front")
    }
    guard let text = SmallFile.text(configuration.certificate) else {
      return Finding(
        check: "certificate", state: .bad, detail: "\(configuration.certificate) cannot be read")
    }
    guard let dates = CertificateDates(pem: text) else {
      return Finding(
        check: "certificate", state: .bad, detail: "\(configuration.certificate) is no certificate")
    }
    let days = (dates.notAfter - now) / 86_400
    guard now >= dates.notBefore, now <= dates.notAfter else {
      return Finding(check: "certificate", state: .bad, detail: "it is not valid now")
    }
    return Finding(
      check: "certificate", state: days < 21 ? .warning : .good,
      detail: "it is valid for \(days) days more")
  }
}

/// Files that are short.
private enum SmallFile {
  /// The text of a file of at most a megabyte; nil when it cannot be had.
  static func text(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    var count = 0
    while count < bytes.count {
      let more = bytes[count...].withUnsafeMutableBytes {
        read(descriptor, $0.baseAddress, $0.count)
      }
      guard more >= 0 else { return nil }
      if more == 0 { break }
      count += more
    }
    return String(validating: bytes[..<count], as: UTF8.self)
  }
}
