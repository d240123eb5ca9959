public import ExposureStorage
public import Presence
internal import Synchronization

/// Makes evidence durable, many pieces with one synchronization of the disk.
///
/// One thread appends whatever waits and then says to each what became of it. While it waits for the
/// disk, more gathers: the slower the disk, the larger the groups. The queue is bounded; who comes
/// when it is full is told so at once, and who was taken is always told the outcome.
public final class Committer: Sendable {
  /// What became of evidence: an outcome for each piece, or why nothing is known to be stored.
  public typealias Result = Swift.Result<[AppendOutcome], StoreError>

  private struct Waiting: Sendable {
    let evidence: [Evidence]
    let then: @Sendable (Result) -> Void
  }

  private struct State {
    var waiting: [Waiting] = []
    var rows = 0
    var isStopped = false
    /// When the last append failed, if it did.
    var failedAt: Int64?
  }

  /// The most rows that wait.
  public let capacity: Int
  private let mostRowsAtOnce = 10_000
  private let store: ExposureStore
  private let state = Mutex(State())
  private let wake = Wakeup()
  private let thread = PosixThread()
  private let log: ServerLog
  private let clock: @Sendable () -> Int64
  /// When the commit that runs began; 0 when none does.
  private let beganAt = Atomic<Int64>(0)
  private let told = Mutex<[StoreError.Code: (at: Int64, silent: Int)]>([:])

  /// For how long a failure counts against readiness, in milliseconds: then the next check-in is the
  /// probe.
  static let failureMilliseconds: Int64 = 5_000
  /// How often a kind of failure is told of at most, in milliseconds.
  static let silenceMilliseconds: Int64 = 10_000
  private let commits: Metrics.Counter
  private let rows: Metrics.Counter
  private let failures: Metrics.Counter
  private let shed: Metrics.Counter

  /// Starts the thread.
  public convenience init(
    store: ExposureStore, capacity: Int = 20_000, metrics: Metrics = Metrics(),
    log: ServerLog = .silent
  ) {
    self.init(
      store: store, capacity: capacity, metrics: metrics, log: log,
      clock: { MonotonicClock.milliseconds })
  }

  /// Starts the thread, with milliseconds of a clock that never goes back.
  init(
    store: ExposureStore, capacity: Int = 20_000, metrics: Metrics = Metrics(),
    log: ServerLog = .silent, clock: @escaping @Sendable () -> Int64
  ) {
    self.clock = clock
    self.store = store
    self.capacity = capacity
    self.log = log
    commits = metrics.counter("checkin_commits_total", "Synchronizations of evidence with the disk")
    rows = metrics.counter("checkin_committed_rows_total", "Pieces of evidence that were appended")
    failures = metrics.counter("checkin_commit_failures_total", "Appends that failed")
    shed = metrics.counter("checkin_shed_total", "Requests refused because too many waited")
    thread.start { [self] in run() }
  }

  /// How many rows wait.
  public var waitingRows: Int { state.withLock { $0.rows } }

  /// Whether no append failed in the last seconds, and there is room for more.
  ///
  /// A failure does not count for ever: who asks before sending check-ins would send none, and nothing
  /// would ever show that the store works again.
  public var isHealthy: Bool {
    let now = clock()
    return state.withLock { state in
      let isFailing = state.failedAt.map { now - $0 < Committer.failureMilliseconds } ?? false
      return !isFailing && !state.isStopped && state.rows < capacity
    }
  }

  /// For how long the commit that runs has been running, in milliseconds; 0 when none does.
  public var commitMilliseconds: Int64 {
    let began = beganAt.load(ordering: .relaxed)
    return began == 0 ? 0 : max(0, clock() - began)
  }

  /// Takes evidence to be made durable.
  ///
  /// - Parameters:
  ///   - evidence: At least one piece; at most as many as may wait.
  ///   - then: Called once, on the committer's thread, when the outcome is known: what is stored is
  ///     durable by then. It must not wait for anything.
  /// - Returns: False when too much waits, or it was stopped: then nothing is done and `then` is
  ///   never called.
  public func append(
    _ evidence: [Evidence], then: @escaping @Sendable (Result) -> Void
  ) -> Bool {
    let (isTaken, isFirst) = state.withLock { state in
      guard !state.isStopped, state.rows + evidence.count <= capacity else { return (false, false) }
      state.waiting.append(Waiting(evidence: evidence, then: then))
      state.rows += evidence.count
      return (true, state.waiting.count == 1)
    }
    if isFirst { wake.signal() }
    if !isTaken { shed.add() }
    return isTaken
  }

  /// Makes durable what still waits, and ends the thread.
  public func stop() {
    state.withLock { $0.isStopped = true }
    wake.broadcast()
    thread.join()
  }

  private func run() {
    while true {
      let group = take()
      if group.isEmpty {
        if state.withLock({ $0.isStopped && $0.waiting.isEmpty }) { return }
        wake.wait { state.withLock { !$0.waiting.isEmpty || $0.isStopped } }
        continue
      }
      commit(group)
    }
  }

  private func take() -> [Waiting] {
    state.withLock { state in
      var count = 0
      var rows = 0
      while count < state.waiting.count {
        rows += state.waiting[count].evidence.count
        if count > 0, rows > mostRowsAtOnce { break }
        count += 1
      }
      if count == state.waiting.count {
        let all = state.waiting
        state.waiting = []
        state.rows = 0
        return all
      }
      let group = Array(state.waiting[..<count])
      state.waiting.removeFirst(count)
      state.rows -= group.reduce(0) { $0 + $1.evidence.count }
      return group
    }
  }

  private func commit(_ group: [Waiting]) {
    beganAt.store(max(1, clock()), ordering: .relaxed)
    let failure = appendTogether(group[...])
    beganAt.store(0, ordering: .relaxed)
    // What failed beside others that were stored is not the store's failure.
    if failure == nil { state.withLock { $0.failedAt = nil } }
  }

  /// Appends a group together, or in halves where not the whole store is what fails: one damaged day
  /// must not take the others down with it.
  ///
  /// - Returns: The failure when nothing was stored.
  private func appendTogether(_ group: ArraySlice<Waiting>) -> StoreError? {
    var all: [Evidence] = []
    for one in group { all += one.evidence }
    do throws(StoreError) {
      let outcomes = try store.append(all)
      state.withLock { $0.failedAt = nil }
      commits.add()
      rows.add(Int64(all.count))
      var first = 0
      for one in group {
        one.then(.success(Array(outcomes[first..<first + one.evidence.count])))
        first += one.evidence.count
      }
      return nil
    } catch {
      guard group.count > 1, !error.code.isOfWholeStore else {
        failures.add()
        // A time that no file can hold says nothing of the store.
        let now = clock()
        if error.code != .timeOutOfRange { state.withLock { $0.failedAt = now } }
        tell(of: error)
        for one in group { one.then(.failure(error)) }
        return error
      }
      let middle = group.startIndex + group.count / 2
      beganAt.store(max(1, clock()), ordering: .relaxed)
      let first = appendTogether(group[..<middle])
      beganAt.store(max(1, clock()), ordering: .relaxed)
      let second = appendTogether(group[middle...])
      return first == nil ? nil : second
    }
  }

  /// Says that an append failed, and of more failures of the kind only how many there were.
  private func tell(of error: StoreError) {
    let now = clock()
    let repeats: Int? = told.withLock { told in
      if let last = told[error.code], now - last.at < Committer.silenceMilliseconds {
        told[error.code] = (last.at, last.silent + 1)
        return nil
      }
      defer { told[error.code] = (now, 0) }
      return told[error.code]?.silent ?? 0
    }
    guard let repeats else { return }
    log.error(
      "append-failed", [("code", error.code.rawValue), ("more_before", "\(repeats)")])
  }
}
