internal import Glibc

/// What some work took.
struct Cost {
  /// Seconds on the clock.
  var wall: Double
  /// Seconds of processor time, user and system, of every thread.
  var processor: Double
  /// The most memory that was resident, in bytes, when it is known.
  var peakBytes: Int?

  /// Measures work of this process.
  static func of(_ work: () throws -> Void) rethrows -> Cost {
    let wall = seconds(CLOCK_MONOTONIC)
    let processor = seconds(CLOCK_PROCESS_CPUTIME_ID)
    try work()
    return Cost(
      wall: seconds(CLOCK_MONOTONIC) - wall,
      processor: seconds(CLOCK_PROCESS_CPUTIME_ID) - processor)
  }

  /// Adds what more work took.
  mutating func add(_ other: Cost) {
    wall += other.wall
    processor += other.processor
  }

  /// The time of a clock in seconds.
  static func seconds(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}

/// Keeps the optimizer from leaving out work whose result nobody reads.
@inline(never)
func keep<Value>(_ value: Value) {
  withExtendedLifetime(value) {}
}
