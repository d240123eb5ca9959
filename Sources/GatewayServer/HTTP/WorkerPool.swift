internal import Glibc
internal import Synchronization

/// A few threads that do what waits for a disk, with a bounded number of jobs waiting.
public final class WorkerPool: Sendable {
  private let jobs: JobQueue
  private let threads: [PosixThread]

  /// Starts the threads.
  ///
  /// - Parameters:
  ///   - threads: How many.
  ///   - capacity: How many jobs may wait.
  public init(threads: Int, capacity: Int) {
    let jobs = JobQueue(capacity: capacity)
    self.jobs = jobs
    self.threads = (0..<max(1, threads)).map { _ in PosixThread() }
    // Threads hold the queue and not the pool, so that the pool can go and end them.
    for thread in self.threads { thread.start { jobs.run() } }
  }

  deinit { stop() }

  /// How many jobs wait.
  public var waiting: Int { jobs.waiting }

  /// Has a job done; returns false when too many wait or the pool was stopped.
  public func add(_ job: @escaping @Sendable () -> Void) -> Bool { jobs.add(job) }

  /// Does what still waits, and ends the threads.
  public func stop() {
    jobs.stop()
    for thread in threads { thread.join() }
  }
}

/// The jobs that wait.
private final class JobQueue: Sendable {
  private struct State {
    var jobs: [@Sendable () -> Void] = []
    var first = 0
    var isStopped = false

    var count: Int { jobs.count - first }

    mutating func next() -> (@Sendable () -> Void)? {
      guard first < jobs.count else { return nil }
      let job = jobs[first]
      first += 1
      if first == jobs.count || first > 64 && first * 2 > jobs.count {
        jobs.removeFirst(first)
        first = 0
      }
      return job
    }
  }

  private let state = Mutex(State())
  private let wake = Wakeup()
  private let capacity: Int

  init(capacity: Int) { self.capacity = capacity }

  var waiting: Int { state.withLock { $0.count } }

  func add(_ job: @escaping @Sendable () -> Void) -> Bool {
    let isTaken = state.withLock { state in
      guard !state.isStopped, state.count < capacity else { return false }
      state.jobs.append(job)
      return true
    }
    if isTaken { wake.signal() }
    return isTaken
  }

  func stop() {
    state.withLock { $0.isStopped = true }
    wake.broadcast()
  }

  func run() {
    while true {
      let (job, isStopped) = state.withLock { ($0.next(), $0.isStopped) }
      if let job {
        job()
      } else if isStopped {
        return
      } else {
        wake.wait { state.withLock { $0.count > 0 || $0.isStopped } }
      }
    }
  }
}

/// Lets threads sleep until something is true.
///
/// The condition is looked at under the lock that `signal` takes, so no signal is lost.
final class Wakeup: @unchecked Sendable {
  // The two objects of pthread stay where they are for as long as this lives, and may be used by
  // many threads at once: that is what they are for.
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>

  init() {
    mutex = .allocate(capacity: 1)
    condition = .allocate(capacity: 1)
    mutex.initialize(to: pthread_mutex_t())
    condition.initialize(to: pthread_cond_t())
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    // A clock that is moved must not make anybody wait longer.
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// Wakes one thread.
  func signal() {
    pthread_mutex_lock(mutex)
    pthread_cond_signal(condition)
    pthread_mutex_unlock(mutex)
  }

  /// Wakes all threads.
  func broadcast() {
    pthread_mutex_lock(mutex)
    pthread_cond_broadcast(condition)
    pthread_mutex_unlock(mutex)
  }

  /// Sleeps until a condition holds, which is looked at after every signal.
  func wait(until isTrue: () -> Bool) {
    pthread_mutex_lock(mutex)
    while !isTrue() { pthread_cond_wait(condition, mutex) }
    pthread_mutex_unlock(mutex)
  }

  /// Sleeps until a condition holds or some milliseconds passed; returns whether it holds.
  func wait(milliseconds: Int64, until isTrue: () -> Bool) -> Bool {
    var end = timespec()
    clock_gettime(CLOCK_MONOTONIC, &end)
    let nanoseconds = Int64(end.tv_nsec) + milliseconds % 1_000 * 1_000_000
    end.tv_sec += Int(milliseconds / 1_000 + nanoseconds / 1_000_000_000)
    end.tv_nsec = Int(nanoseconds % 1_000_000_000)
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while !isTrue() {
      if pthread_cond_timedwait(condition, mutex, &end) == ETIMEDOUT { return isTrue() }
    }
    return true
  }
}

/// A thread of the system.
final class PosixThread: Sendable {
  private let handle = Mutex<pthread_t?>(nil)

  /// Starts the thread; called once.
  func start(_ body: @escaping @Sendable () -> Void) {
    let box = Unmanaged.passRetained(Body(body))
    var thread = pthread_t()
    let result = pthread_create(
      &thread, nil,
      { context in
        if let context { Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run() }
        return nil
      }, box.toOpaque())
    precondition(result == 0, "the system has no thread left")
    let started = thread
    handle.withLock { $0 = started }
  }

  /// Waits until the thread has ended; the thread itself does not wait, and goes by itself.
  func join() {
    let thread = handle.withLock { handle in
      defer { handle = nil }
      return handle
    }
    guard let thread else { return }
    if pthread_equal(thread, pthread_self()) != 0 {
      pthread_detach(thread)
    } else {
      pthread_join(thread, nil)
    }
  }

  private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }
}
