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
    /// The most batches that are under way at a time.
    ///
    /// While the centre makes one durable the next is read, packed and checked.
    public var batchesUnderWay: Int = 4
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

  /// The most rows that are under way: as many as a centre lets wait for its disk.
  private static let mostRowsUnderWay = 20_000
  /// About how many rows are read at a time.
  private static let rowsRead = 40_000

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
      while !isCancelled(), try sendPending(until: isCancelled) { try refreshIfDue() }
      note(nil)
    } catch {
      note("\(error)")
      throw error
    }
    return progress.withLock { $0.sent }
  }

  private func isRefreshDue(at now: Int64) -> Bool {
    guard let last = progress.withLock({ $0.refreshedAt }) else { return true }
    return now - last >= settings.refreshSeconds || now < last
  }

  private func refreshIfDue() throws(UpstreamError) {
    let now = clock() / 1_000
    guard isRefreshDue(at: now) else { return }
    let isNew = try client.refresh(link, state: state, vault: vault, registry: registry)
    progress.withLock { $0.refreshedAt = now }
    if isNew {
      log.info("upstream-bundle")
      onChange()
    }
  }

  /// Sends what waits, while the next is read; returns whether there may be more.
  private func sendPending(
    until isCancelled: () -> Bool = { false }
  ) throws(UpstreamError) -> Bool {
    let size = progress.withLock { $0.batchRows }
    // A read looks up each person once: small ones would look up nearly one for each row.
    let limit = max(8, Self.rowsRead / size) * size
    do {
      var cursors = try state.cursors()
      var pending = try store.pendingEvidence(after: cursors, limit: limit)
      while !pending.isEmpty {
        for one in pending {
          cursors[one.day] = UpstreamCursor(identity: one.identity, row: one.row)
        }
        let flight = Flight(pending, size: size)
        let threads = startThreads(flight)
        defer { for thread in threads { thread.join() } }
        let next = Result { [cursors] () throws(StoreError) in
          pending.count < limit ? [] : try store.pendingEvidence(after: cursors, limit: limit)
        }
        guard try land(flight) else { return true }
        if progress.withLock({ $0.isStopped }) { return false }
        // A long backlog holds up neither a person nor what comes down.
        if isCancelled() || isRefreshDue(at: clock() / 1_000) { return true }
        pending = try next.get()
      }
      return false
    } catch let error as UpstreamError {
      throw error
    } catch {
      throw .local("\(error)")
    }
  }

  /// Starts the threads that send batches of a flight beside this one.
  private func startThreads(_ flight: Flight) -> [PosixThread] {
    let most = min(
      settings.batchesUnderWay, flight.count, Self.mostRowsUnderWay / max(1, flight.size))
    return (0..<max(0, most - 1)).map { _ in
      let thread = PosixThread()
      thread.start { [self] in while sendNext(of: flight) {} }
      return thread
    }
  }

  /// Sends the next batch of a flight that nobody sends; returns whether there was one.
  private func sendNext(of flight: Flight) -> Bool {
    guard !progress.withLock({ $0.isStopped }), let number = flight.take() else { return false }
    let result = Result { () throws(UpstreamError) in
      try client.send(flight.batch(number).map(\.evidence), link)
    }
    flight.note(result, of: number)
    return true
  }

  /// Acknowledges the batches of a flight in their order, as their answers come.
  ///
  /// - Returns: False when the rest has to be sent in smaller batches, or is not sent any more.
  /// - Throws: The failure of the first that failed. What arrived after it is sent again.
  private func land(_ flight: Flight) throws(UpstreamError) -> Bool {
    for number in 0..<flight.count {
      let batch = flight.batch(number)
      var result = flight.result(of: number)
      while result == nil {
        if sendNext(of: flight) {
          result = flight.result(of: number)
        } else if flight.isTaken(number) {
          result = flight.waitForResult(of: number)
        } else {
          // The door is to stop.
          return false
        }
      }
      guard let result else { return false }
      do throws(UpstreamError) {
        try acknowledge(batch, refused: try result.get().refused)
        progress.withLock { progress in
          progress.sent += batch.count
          progress.batchRows = min(settings.batchRows, progress.batchRows * 2)
        }
      } catch {
        flight.cancel()
        // A batch that the centre cannot read is halved until the row is found that is to blame.
        guard case .problem(let code, let status, _) = error, status == 413 || status == 422 else {
          throw error
        }
        if batch.count == 1 {
          try acknowledge(batch, refused: [(0, code)])
        } else {
          progress.withLock { $0.batchRows = max(1, batch.count / 2) }
        }
        return false
      }
    }
    return true
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

/// Batches that are sent by several threads and acknowledged in their order.
private final class Flight: Sendable {
  private struct State {
    var taken = 0
    var isCancelled = false
    var results: [Result<UpstreamClient.BatchOutcome, UpstreamError>?]
  }

  /// The rows of a batch.
  let size: Int
  /// How many batches there are.
  let count: Int
  private let rows: [PendingEvidence]
  private let state: Mutex<State>
  private let arrival = Wakeup()

  init(_ rows: [PendingEvidence], size: Int) {
    self.rows = rows
    self.size = size
    count = (rows.count + size - 1) / size
    state = Mutex(State(results: Array(repeating: nil, count: count)))
  }

  func batch(_ number: Int) -> ArraySlice<PendingEvidence> {
    rows[(number * size)..<min((number + 1) * size, rows.count)]
  }

  /// Takes the next batch to send it; nil when there is none.
  func take() -> Int? {
    state.withLock { state in
      guard !state.isCancelled, state.taken < count else { return nil }
      defer { state.taken += 1 }
      return state.taken
    }
  }

  /// Notes what became of a batch; after a failure no other is sent.
  func note(_ result: Result<UpstreamClient.BatchOutcome, UpstreamError>, of number: Int) {
    state.withLock { state in
      state.results[number] = result
      if case .failure = result { state.isCancelled = true }
    }
    arrival.broadcast()
  }

  func cancel() { state.withLock { $0.isCancelled = true } }

  func isTaken(_ number: Int) -> Bool { state.withLock { number < $0.taken } }

  func result(of number: Int) -> Result<UpstreamClient.BatchOutcome, UpstreamError>? {
    state.withLock { $0.results[number] }
  }

  func waitForResult(of number: Int) -> Result<UpstreamClient.BatchOutcome, UpstreamError>? {
    arrival.wait { result(of: number) != nil }
    return result(of: number)
  }
}
