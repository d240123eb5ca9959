internal import DoorProtocol
public import ExposureStorage
internal import Presence
internal import Synchronization
internal import VenueCodes

/// The thread of a door that sends its evidence to the centre and fetches what it needs offline.
///
/// Whatever fails, it tries again, after a time that doubles up to a minute and of which a random part
/// is taken, so that a thousand doors do not come at once when the line is back. Evidence goes up in
/// order, and is acknowledged before the cursor moves; killed at any moment, the door sends a batch
/// again, which doubles nothing. To fetch has failures and waits of its own: neither holds up the other.
///
/// A row is given up only when the centre, by its signature, says that it cannot be read. Rows that it
/// refuses but may take later are sent again when venues or clocks changed, and once a day.
public final class Upstream: Sendable {
  /// How it works.
  public struct Settings: Sendable {
    /// The most rows of a batch.
    public var batchRows: Int = 5_000
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
    /// The least rows of a batch on a line that fails.
    public var leastRows: Int = 16
    /// The most refused rows that are sent again at once.
    public var mostRetries: Int = 10_000

    /// Makes the defaults.
    public init() {}
  }

  /// The most rows that are under way: as many as a centre lets wait for its disk.
  private static let mostRowsUnderWay = 20_000
  /// About how many rows are read at a time.
  private static let rowsRead = 40_000

  private struct Progress {
    var failures = 0
    var refreshAt: Int64 = .min
    var refreshFailures = 0
    var refreshFailure: UpstreamError?
    var damaged: Set<LocalDay> = []
    var batchRows = 0
    var isStopped = false
    var notedAt: Int64 = 0
    var sent = 0

    /// What is wrong although evidence goes up.
    var standingFailure: String? {
      if let refreshFailure { return "\(refreshFailure)" }
      guard let day = damaged.min() else { return nil }
      return "the evidence of \(day) is damaged and stays here: see `checkin store verify`"
    }
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
  private let abort: @Sendable () -> Void

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
  ///   - abort: Ends a request that is under way; called when it stops.
  /// - Throws: `VaultError.notJoined` when the store is not that of a door, `StoreError`,
  ///   `UpstreamError.plainAddress`.
  public init(
    store: ExposureStore, vault: KeyVault, registry: RegistryFolder,
    url: String? = nil, settings: Settings = Settings(), clock: @escaping @Sendable () -> Int64,
    transport: @escaping UpstreamTransport, log: ServerLog = .silent,
    onChange: @escaping @Sendable () -> Void = {}, abort: @escaping @Sendable () -> Void = {}
  ) throws {
    if let url, !UpstreamAddress.isProtected(url) { throw UpstreamError.plainAddress(url) }
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
    self.abort = abort
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

  /// Ends the thread, and the request that is under way: what was not acknowledged is sent again.
  public func stop() {
    progress.withLock { $0.isStopped = true }
    abort()
    wake.broadcast()
    if isStarted.load(ordering: .relaxed) { thread.join() }
  }

  /// Does the next piece of work: sends what waits, and fetches what is due.
  ///
  /// - Returns: After how many milliseconds there is more to do.
  public func step() -> Int64 {
    let isMore: Bool
    do throws(UpstreamError) {
      isMore = try sendPending()
    } catch {
      // On a line that is down a second attempt costs a second wait.
      if !error.isOfLine { try? refreshIfDue() }
      return waited(error)
    }
    do throws(UpstreamError) {
      try refreshIfDue()
    } catch {
      if case .problem("door-revoked", _, _, _) = error { return waited(error) }
      // It is shown, and tried again by its own time.
    }
    do throws(UpstreamError) {
      try retryRefused()
    } catch {
      return waited(error)
    }
    progress.withLock { $0.failures = 0 }
    note(progress.withLock { $0.standingFailure })
    return isMore ? 0 : settings.idleMilliseconds
  }

  /// Notes a failure; returns how long to wait.
  private func waited(_ failure: UpstreamError) -> Int64 {
    let failures = progress.withLock { progress in
      progress.failures += 1
      return progress.failures
    }
    if failures == 1 { log.warning("upstream-failed", [("code", failure.code)]) }
    note("\(failure)")
    // To be told that it was revoked does not change soon.
    if case .problem("door-revoked", _, _, _) = failure { return settings.longestWait }
    if case .problem("replayed", _, _, _) = failure, failures < 4 { return 0 }
    return Int64.random(in: 0...max(1, ceiling(failures)))
  }

  private func ceiling(_ failures: Int) -> Int64 {
    min(settings.longestWait, settings.shortestWait << Int64(min(failures - 1, 20)))
  }

  /// Sends and fetches until all is sent or something fails.
  ///
  /// - Parameters:
  ///   - isEverything: Whether to send again what the centre acknowledged.
  ///   - isCancelled: Looked at between batches.
  /// - Returns: How many rows were sent.
  /// - Throws: `UpstreamError`; of fetching only when nothing failed in sending.
  public func sendAll(
    everything isEverything: Bool = false, until isCancelled: () -> Bool
  ) throws(UpstreamError) -> Int {
    do throws(UpstreamError) {
      if isEverything { try local { () throws(StoreError) in try state.forgetCursors() } }
      while !isCancelled(), try sendPending(until: isCancelled) { try refreshIfDue() }
      if !isCancelled() {
        try refreshIfDue()
        try retryRefused()
        // Under another epoch of the centre all of it is to be sent again.
        while !isCancelled(), try sendPending(until: isCancelled) {}
      }
      note(progress.withLock { $0.standingFailure })
    } catch {
      if !error.isOfLine { try? refreshIfDue() }
      note("\(error)")
      throw error
    }
    return progress.withLock { $0.sent }
  }

  private func local<Value>(
    _ body: () throws(StoreError) -> Value
  ) throws(UpstreamError) -> Value {
    do throws(StoreError) {
      return try body()
    } catch {
      throw .local("\(error)")
    }
  }

  private func isRefreshDue(at now: Int64) -> Bool {
    let due = progress.withLock { $0.refreshAt }
    // A clock that was set back must not put it off for long.
    return now >= due || due - now > settings.refreshSeconds * 1_000
  }

  private func refreshIfDue() throws(UpstreamError) {
    let now = clock()
    guard isRefreshDue(at: now) else { return }
    do throws(UpstreamError) {
      let isNew = try client.refresh(link, state: state, vault: vault, registry: registry)
      progress.withLock { progress in
        progress.refreshAt = now + settings.refreshSeconds * 1_000
        progress.refreshFailures = 0
        progress.refreshFailure = nil
      }
      if isNew {
        log.info("upstream-bundle")
        onChange()
      }
    } catch {
      let failures = progress.withLock { progress in
        progress.refreshFailures += 1
        progress.refreshAt = now + ceiling(progress.refreshFailures)
        progress.refreshFailure = error
        return progress.refreshFailures
      }
      if failures == 1 { log.warning("upstream-refresh-failed", [("code", error.code)]) }
      throw error
    }
  }

  /// Sends what waits, while the next is read; returns whether there may be more.
  private func sendPending(
    until isCancelled: () -> Bool = { false }
  ) throws(UpstreamError) -> Bool {
    let size = progress.withLock { $0.batchRows }
    // A read looks up each person once: small ones would look up nearly one for each row.
    let limit = max(8, Self.rowsRead / size) * size
    var cursors = try local { () throws(StoreError) in try state.cursors() }
    var pending = try read(after: cursors, limit: limit)
    while !pending.isEmpty {
      var ahead = cursors
      for one in pending {
        ahead[one.day] = UpstreamCursor(identity: one.identity, row: one.row)
      }
      let flight = Flight(pending, size: size)
      let threads = startThreads(flight)
      defer { for thread in threads { thread.join() } }
      let next = Result { [ahead] () throws(UpstreamError) in
        pending.count < limit ? [] : try read(after: ahead, limit: limit)
      }
      guard try land(flight, &cursors) else { return !progress.withLock { $0.isStopped } }
      pending = try next.get()
      // A long backlog holds up neither a person nor what comes down.
      if !pending.isEmpty, isCancelled() || isRefreshDue(at: clock()) { return true }
    }
    return false
  }

  /// Reads what waits behind cursors, and notes which days cannot be read.
  private func read(
    after cursors: [LocalDay: UpstreamCursor], limit: Int
  ) throws(UpstreamError) -> [PendingEvidence] {
    var damaged: Set<LocalDay> = []
    let pending = try local { () throws(StoreError) in
      try store.pendingEvidence(after: cursors, limit: limit, damaged: &damaged)
    }
    let isNews = progress.withLock { progress in
      defer { progress.damaged = damaged }
      return !damaged.isSubset(of: progress.damaged)
    }
    if isNews { log.error("upstream-damaged-day", [("days", "\(damaged.count)")]) }
    return pending
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
  /// - Returns: False when the rest has to be read and sent anew, or is not sent any more.
  /// - Throws: The failure of the first that failed. What arrived after it is sent again.
  private func land(
    _ flight: Flight, _ cursors: inout [LocalDay: UpstreamCursor]
  ) throws(UpstreamError) -> Bool {
    // Whatever ends it: no batch is begun that nobody waits for.
    defer { flight.cancel() }
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
      guard let result, let outcome = try judge(result, of: batch) else { return false }
      // Nothing of the answers before is to be relied on: all days from their beginnings.
      guard let refused = outcome.rows else { return false }
      guard try acknowledge(batch, refused: refused, &cursors) else { return false }
    }
    return true
  }

  /// What became of a batch.
  private struct Outcome {
    /// The rows that were refused; nil when the centre's store is another than it was.
    let rows: [(row: Int, code: String)]?
  }

  /// Sends a batch; returns nil when it is to be sent in smaller ones.
  private func send(_ batch: ArraySlice<PendingEvidence>) throws(UpstreamError) -> Outcome? {
    let result = Result { () throws(UpstreamError) in
      try client.send(batch.map(\.evidence), link)
    }
    return try judge(result, of: batch)
  }

  /// Takes what came of a batch; returns nil when it is to be sent in smaller ones.
  private func judge(
    _ result: Result<UpstreamClient.BatchOutcome, UpstreamError>,
    of batch: ArraySlice<PendingEvidence>
  ) throws(UpstreamError) -> Outcome? {
    do throws(UpstreamError) {
      let outcome = try result.get()
      progress.withLock { progress in
        progress.sent += batch.count
        progress.batchRows = min(settings.batchRows, progress.batchRows * 2)
      }
      if let epoch = outcome.epoch {
        let isOther = try local { () throws(StoreError) in try state.noteEpoch(epoch) }
        if isOther {
          log.warning("upstream-epoch")
          return Outcome(rows: nil)
        }
      }
      return Outcome(rows: outcome.refused)
    } catch {
      if error.isOfLine {
        // A slow line carries a smaller batch in the time that there is.
        progress.withLock { progress in
          progress.batchRows = max(
            min(settings.leastRows, progress.batchRows), progress.batchRows / 2)
        }
        throw error
      }
      guard case .problem(let code, let status, _, let isSigned) = error,
        status == 413 || status == 422
      else { throw error }
      // A batch that is refused whole is halved until the row is found that is to blame.
      guard batch.count == 1 else {
        progress.withLock { $0.batchRows = max(1, batch.count / 2) }
        return nil
      }
      // Whoever stands between can refuse, but not have evidence thrown away.
      guard isSigned, UpstreamError.codesOfRows.contains(code) else { throw error }
      return Outcome(rows: [(0, code)])
    }
  }

  /// Notes that the centre has rows; returns false when somebody else moved the cursors.
  private func acknowledge(
    _ batch: ArraySlice<PendingEvidence>, refused: [(row: Int, code: String)],
    _ cursors: inout [LocalDay: UpstreamCursor]
  ) throws(UpstreamError) -> Bool {
    var moved: [LocalDay: UpstreamCursor] = [:]
    for one in batch { moved[one.day] = UpstreamCursor(identity: one.identity, row: one.row) }
    let rows = refusedRows(Array(batch), refused)
    if !rows.isEmpty { log.warning("rows-refused", [("rows", "\(rows.count)")]) }
    let before = cursors
    let isNoted = try local { () throws(StoreError) in
      try state.advance(moved, refused: rows, from: before)
    }
    for (day, cursor) in moved { cursors[day] = cursor }
    return isNoted
  }

  private func refusedRows(
    _ batch: [PendingEvidence], _ refused: [(row: Int, code: String)]
  ) -> [RefusedRow] {
    let now = clock() / 1_000
    return refused.map { refusal in
      let one = batch[refusal.row]
      return RefusedRow(
        id: one.evidence.id, day: one.day, row: one.row, code: refusal.code, refusedAt: now)
    }
  }

  /// Sends rows again that were refused for what may have changed: venues, the door's or the clocks, or
  /// the day; and forgets those of days that retention took.
  private func retryRefused() throws(UpstreamError) {
    let mark = try local { () throws(StoreError) -> String? in
      let version = UpstreamStanding.version(of: state, link) ?? "none"
      let offset = (client.clockOffset ?? 0) / 1_000
      let day = clock() / 86_400_000
      guard let last = try state.lastRetry() else {
        // What was refused now would be refused again.
        try state.noteRetry(taken: [], refused: [], mark: "\(version) \(offset) \(day)")
        return nil
      }
      let parts = last.split(separator: " ")
      // Within a minute the offset moves by itself.
      if parts.count == 3, parts[0] == version, parts[2] == "\(day)", let known = Int64(parts[1]),
        (-60...60).contains(known.subtractingReportingOverflow(offset).partialValue)
      {
        return nil
      }
      return "\(version) \(offset) \(day)"
    }
    guard let mark else { return }
    let rows = try local { () throws(StoreError) -> [RefusedRow] in
      try state.pruneRefused(keeping: Set(try store.storedDays()))
      return try state.refusedRows().filter {
        RowRefusal(rawValue: $0.code)?.mayPass ?? false
      }
    }
    let chosen = rows.prefix(settings.mostRetries)
    let found = try local { () throws(StoreError) in
      try store.evidence(at: chosen.map { ($0.day, $0.row) })
    }
    let ids = Set(chosen.map(\.id))
    var pending = found.filter { ids.contains($0.evidence.id) }[...]
    while !pending.isEmpty {
      if progress.withLock({ $0.isStopped }) { return }
      let batch = pending.prefix(progress.withLock { $0.batchRows })
      guard let outcome = try send(batch) else { continue }
      guard let refused = outcome.rows else { return }
      let again = refusedRows(Array(batch), refused)
      let kept = Set(again.map(\.id))
      try local { () throws(StoreError) in
        try state.noteRetry(
          taken: batch.map(\.evidence.id).filter { !kept.contains($0) }, refused: again,
          mark: nil)
      }
      pending = pending.dropFirst(batch.count)
    }
    try local { () throws(StoreError) in
      try state.noteRetry(taken: [], refused: [], mark: mark)
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
          lastContactAt: client.heardAt, clockOffsetMilliseconds: client.clockOffset,
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
