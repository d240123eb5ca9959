/// What surrounds a run: the streams, the clocks and the environment.
///
/// `Host.process` is the real one; tests make their own.
public struct Host {
  let output: Output
  let talk: Talk
  let environment: (String) -> String?
  let interruption: Interruption
  let wallClock: () -> Int64
  let monotonic: () -> UInt64

  /// Makes surroundings.
  ///
  /// - Parameters:
  ///   - output: Where data goes.
  ///   - talk: Where talk goes.
  ///   - environment: Looks up an environment variable.
  ///   - interruption: The wish to stop.
  ///   - wallClock: The time in Unix seconds.
  ///   - monotonic: Nanoseconds since some moment.
  public init(
    output: Output, talk: Talk, environment: @escaping (String) -> String? = { _ in nil },
    interruption: Interruption = .never, wallClock: @escaping () -> Int64,
    monotonic: @escaping () -> UInt64
  ) {
    self.output = output
    self.talk = talk
    self.environment = environment
    self.interruption = interruption
    self.wallClock = wallClock
    self.monotonic = monotonic
  }
}

/// What a command works with besides its options.
public struct Context {
  /// Where data goes: standard output.
  public let output: Output
  /// Where talk goes: standard error.
  public let talk: Talk
  /// The common options as given.
  public let options: GlobalOptions
  /// The wish to stop; look at it between pieces of work.
  public let interruption: Interruption
  /// The time in Unix seconds: the clock's, or the fixed one of `--now`.
  public let now: () -> Int64
  /// The clock's time in Unix seconds whatever `--now` says, for what must not be had before its time.
  public let clock: () -> Int64
  /// Nanoseconds since some moment, for measuring.
  public let monotonic: () -> UInt64
  /// Looks up an environment variable; an empty one counts as absent.
  public let environment: (String) -> String?

  /// Makes a context.
  public init(host: Host, options: GlobalOptions, now: Int64? = nil) {
    output = host.output
    talk = host.talk
    self.options = options
    interruption = host.interruption
    if let now { self.now = { now } } else { self.now = host.wallClock }
    clock = host.wallClock
    monotonic = host.monotonic
    let look = host.environment
    environment = { name in look(name).flatMap { $0.isEmpty ? nil : $0 } }
  }

  /// The store's folder: `--store`, else CHECKIN_STORE, else `./store`.
  public var store: String {
    options.store?.string ?? environment("CHECKIN_STORE") ?? "./store"
  }

  /// The registry's folder: `--venues`, else CHECKIN_VENUES, else `./Venues`.
  public var venues: String {
    options.venues?.string ?? environment("CHECKIN_VENUES") ?? "./Venues"
  }

  /// Whether data is to be printed as JSON.
  public var json: Bool { options.json }

  /// Whether nothing is to be changed, only told.
  public var isDryRun: Bool { options.dryRun }

  /// Starts showing the state of long work.
  public func progress(_ label: String, total: Int? = nil, unit: String) -> Progress {
    Progress(talk: talk, label: label, total: total, unit: unit, monotonic: monotonic)
  }
}
