public import ExposureStorage
internal import Presence
internal import Synchronization
internal import VenueCodes

/// The thread of a door that sends its evidence to the centre and fetches what it needs offline.
///
/// Whatever fails, it tries again, after a time that doubles up to a minute and of which a random part
/// is taken, so that a thousand doors do not come at once when the line is back. Evidence goes up in
/// order, and is acknowledged before the cursor moves; killed at any moment, the door sends a batch
/// again, which doubles nothing.
public final class Upstream: Sendable {
  /// How it works.
  public struct Settings: Sendable {
    /// The most rows of a batch.
    public var batchRows: Int = 5_000
    /// How long to wait when all is sent, in milliseconds.
    public var idleMilliseconds: Int64 = 1_000
    /// How often venues, keys and revocations are asked for, in seconds.
    public var refreshSeconds: Int64 = 300
    /// The longest wait after failures, in milliseconds.
    public var longestWait: Int64 = 60_000
    /// The shortest wait after a failure, in milliseconds.
    public var shortestWait: Int64 = 500

    /// Makes the defaults.
    public init() {}
  }

  private struct Progress {
    var failures = 0
    var refreshedAt: Int64?
    var batchRows = 0
    var isStopped = false
    var notedAt: Int64 = 0
    var sent = 0
  }

  private let store: ExposureStore
  private let state: UpstreamState
  private let vault: KeyVault
  private let registry: RegistryFolder
  private let client: UpstreamClient
  private let link: UpstreamLink
  private let settings: Settings
  private let clock: @Sendable () -> Int64
  private let log: ServerLog
  private let progress: Mutex<Progress>
  private let wake = Wakeup()
  private let thread = PosixThread()
  private let isStarted = Atomic<Bool>(false)
  private let onChange: @Sendable () -> Void

  /// Makes it; nothing is sent yet.
  ///
  /// - Parameters:
  ///   - store: The store of a door that joined.
  ///   - vault: Its keys.
  ///   - registry: The folder of venues.
  ///   - url: Another address of the same centre than the one it joined at.
  ///   - settings: How it works.
  ///   - clock: Unix milliseconds.
  ///   - transport: What carries requests.
  ///   - log: Where to say what happened.
  ///   - onChange: Called when venues, keys or revocations changed.
  /// - Throws: `VaultError.notJoined` when the store is not that of a door, `StoreError`.
  public init(
    store: ExposureStore, vault: KeyVault, registry: RegistryFolder,
    url: String? = nil, settings: Settings = Settings(), clock: @escaping @Sendable () -> Int64,
    transport: @escaping UpstreamTransport, log: ServerLog = .silent,
    onChange: @escaping @Sendable () -> Void = {}
  ) throws {
    guard vault.isOfDoor, let state = try UpstreamState.openIfThere(inStore: store.path),
      let link = try state.link()
    else { throw VaultError.notJoined(store.path) }
    self.store = store
    self.state = state
    self.vault = vault
    self.registry = registry
    self.link = link
    self.settings = settings
    self.clock = clock
    self.log = log
    self.onChange = onChange
    // The offset of the last run may be that of another clock: it is asked for anew.
    client = UpstreamClient(
      url: url ?? link.url, key: try vault.doorKeys().signing, clock: clock, transport: transport)
    progress = Mutex(Progress(batchRows: settings.batchRows))
  }

  /// Starts the thread; called once.
  public func start() {
    isStarted.store(true, ordering: .relaxed)
    thread.start { [self] in
      while !progress.withLock({ $0.isStopped }) {
        let wait = step()
        if wait > 0 {
          _ = wake.wait(milliseconds: wait) { progress.withLock { $0.isStopped } }
        }
      }
    }
  }

  /// Ends the thread, after the batch that is under way.
  public func stop() {
    progress.withLock { $0.isStopped = true }
    wake.broadcast()
    if isStarted.load(ordering: .relaxed) { thread.join() }
  }

  /// Does the next piece of work: fetches what is due, and sends what waits.
  ///
  /// - Returns: After how many milliseconds there is more to do.
  public func step() -> Int64 {
    do throws(UpstreamError) {
      try refreshIfDue()
      let isMore = try sendPending()
      progress.withLock { $0.failures = 0 }
      note(nil)
      return isMore ? 0 : settings.idleMilliseconds
    } catch {
      let failures = progress.withLock { progress in
        progress.failures += 1
        return progress.failures
      }
      if failures == 1 { log.warning("upstream-failed", [("code", error.code)]) }
      note("\(error)")
      // To be told that it was revoked, or at whom it is talking, does not change soon.
      if case .problem("door-revoked", _, _) = error { return settings.longestWait }
      if case .problem("replayed", _, _) = error, failures < 4 { return 0 }
      let ceiling = min(settings.longestWait, settings.shortestWait << Int64(min(failures - 1, 20)))
      return Int64.random(in: 0...max(1, ceiling))
    }
  }

  /// Fetches and sends until all is sent or something fails.
  ///
  /// - Parameter isCancelled: Looked at between batches.
  /// - Returns: How many rows were sent.
  /// - Throws: `UpstreamError`.
  public func sendAll(until isCancelled: () -> Bool) throws(UpstreamError) -> Int {
    do throws(UpstreamError) {
      try refreshIfDue()
      while !isCancelled(), try sendPending() {}
      note(nil)
    } catch {
      note("\(error)")
      throw error
    }
    return progress.withLock { $0.sent }
  }

  private func refreshIfDue() throws(UpstreamError) {
    let now = clock() / 1_000
    let last = progress.withLock { $0.refreshedAt }
    if let last, now - last < settings.refreshSeconds, now >= last { return }
    let isNew = try client.refresh(link, state: state, vault: vault, registry: registry)
    progress.withLock { $0.refreshedAt = now }
    if isNew {
      log.info("upstream-bundle")
      onChange()
    }
  }

  /// Sends what waits, up to a number of batches; returns whether there may be more.
  private func sendPending() throws(UpstreamError) -> Bool {
    let size = progress.withLock { $0.batchRows }
    let limit = size * 8
    let pending: [PendingEvidence]
    do {
      pending = try store.pendingEvidence(after: try state.cursors(), limit: limit)
    } catch {
      throw .local("\(error)")
    }
    var first = 0
    while first < pending.count {
      if progress.withLock({ $0.isStopped }) { return false }
      let size = progress.withLock { $0.batchRows }
      let batch = pending[first..<min(first + size, pending.count)]
      let outcome: [(row: Int, code: String)]
      do throws(UpstreamError) {
        outcome = try client.send(batch.map(\.evidence), link).refused
        progress.withLock { progress in
          progress.sent += batch.count
          progress.batchRows = min(settings.batchRows, progress.batchRows * 2)
        }
      } catch {
        // A batch that the centre cannot read is halved until the row is found that is to blame.
        guard case .problem(let code, let status, _) = error, status == 413 || status == 422 else {
          throw error
        }
        guard batch.count == 1 else {
          progress.withLock { $0.batchRows = max(1, batch.count / 2) }
          continue
        }
        outcome = [(0, code)]
      }
      try acknowledge(batch, refused: outcome)
      first += batch.count
    }
    return pending.count == limit
  }

  private func acknowledge(
    _ batch: ArraySlice<PendingEvidence>, refused: [(row: Int, code: String)]
  ) throws(UpstreamError) {
    var cursors: [LocalDay: UpstreamCursor] = [:]
    for one in batch { cursors[one.day] = UpstreamCursor(identity: one.identity, row: one.row) }
    let now = clock() / 1_000
    let rows = refused.map { refusal in
      let one = batch[batch.startIndex + refusal.row]
      return RefusedRow(
        id: one.evidence.id, day: one.day, row: one.row, code: refusal.code, refusedAt: now)
    }
    if !rows.isEmpty { log.warning("rows-refused", [("rows", "\(rows.count)")]) }
    do {
      try state.advance(cursors, refused: rows)
    } catch {
      throw .local("\(error)")
    }
  }

  /// Notes how the centre was heard, every few seconds.
  private func note(_ failure: String?) {
    let now = clock() / 1_000
    let isDue = progress.withLock { progress in
      guard failure != nil || abs(now - progress.notedAt) >= 2 else { return false }
      progress.notedAt = now
      return true
    }
    guard isDue else { return }
    do {
      try state.keep(
        UpstreamContact(
          lastContactAt: failure == nil ? now : nil, clockOffsetMilliseconds: client.clockOffset,
          failure: failure))
    } catch {
      log.error("upstream-note-failed", [("code", error.code.rawValue)])
    }
  }
}
