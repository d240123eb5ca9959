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
    var isFailing = false
  }

  /// The most rows that wait.
  public let capacity: Int
  private let mostRowsAtOnce = 10_000
  private let store: ExposureStore
  private let state = Mutex(State())
  private let wake = Wakeup()
  private let thread = PosixThread()
  private let log: ServerLog
  private let commits: Metrics.Counter
  private let rows: Metrics.Counter
  private let failures: Metrics.Counter
  private let shed: Metrics.Counter

  /// Starts the thread.
  public init(
    store: ExposureStore, capacity: Int = 20_000, metrics: Metrics = Metrics(),
    log: ServerLog = .silent
  ) {
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

  /// Whether the last append went well, and there is room for more.
  public var isHealthy: Bool {
    state.withLock { !$0.isFailing && !$0.isStopped && $0.rows < capacity }
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
    var all: [Evidence] = []
    for one in group { all += one.evidence }
    do throws(StoreError) {
      let outcomes = try store.append(all)
      state.withLock { $0.isFailing = false }
      commits.add()
      rows.add(Int64(all.count))
      var first = 0
      for one in group {
        one.then(.success(Array(outcomes[first..<first + one.evidence.count])))
        first += one.evidence.count
      }
    } catch {
      failures.add()
      state.withLock { $0.isFailing = error.code != .timeOutOfRange }
      log.error("append-failed", [("code", error.code.rawValue)])
      // One piece that no file can hold must not take the others down with it.
      if error.code == .timeOutOfRange, group.count > 1 {
        for one in group { commit([one]) }
      } else {
        for one in group { one.then(.failure(error)) }
      }
    }
  }
}
