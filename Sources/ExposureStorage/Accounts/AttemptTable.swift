internal import StaffAccounts
internal import VenueCodes

/// Failures by what they are counted for, as digests: neither names nor addresses are kept.
struct AttemptCounter {
  let key: [UInt8]
  let rule: Backoff

  init(_ rule: Backoff, _ words: [[UInt8]]) {
    var content: [UInt8] = Array("checkin/attempt/v1\0".utf8)
    for word in words {
      StoreDigest.append(UInt64(word.count), to: &content)
      content += word
    }
    key = StoreDigest.digest(of: content)
    self.rule = rule
  }
}

enum AttemptTable {
  /// Counts a failure for each counter before it is known to be one, or throws when one of them has
  /// to wait; then nothing is counted.
  ///
  /// Counting first means that a hundred guesses at once are a hundred guesses.
  ///
  /// - Returns: Whether one of the counters reached the end of its free failures with this one.
  static func reserve(
    _ counters: [AttemptCounter], at now: Int64, memory: Int64,
    in connection: borrowing Connection
  ) throws(StoreError) -> Reservation {
    var wait: Int64 = 0
    var failures: [Int] = []
    for counter in counters {
      let (count, lastAt) = try state(of: counter, at: now, memory: memory, in: connection)
      failures.append(count)
      wait = max(wait, lastAt + counter.rule.wait(afterFailures: count) - now)
    }
    guard wait <= 0 else { return .wait(seconds: wait) }
    var isAtLimit = false
    for (counter, count) in zip(counters, failures) {
      try write(count + 1, lastAt: now, of: counter, in: connection)
      if count + 1 == counter.rule.free + 1 { isAtLimit = true }
    }
    try connection.run("DELETE FROM attempt WHERE last_at < ?1") { row throws(StoreError) in
      row.bind(now - memory, at: 1)
      try row.execute()
    }
    return .counted(isAtLimit: isAtLimit)
  }

  enum Reservation: Sendable {
    case wait(seconds: Int64)
    case counted(isAtLimit: Bool)
  }

  /// Forgets the failures of a counter.
  static func forget(
    _ counter: AttemptCounter, in connection: borrowing Connection
  ) throws(StoreError) {
    try connection.run("DELETE FROM attempt WHERE key = ?1") { row throws(StoreError) in
      row.bind(counter.key, at: 1)
      try row.execute()
    }
  }

  /// Takes back the one failure that was counted before it was known to be none.
  static func takeBack(
    _ counter: AttemptCounter, in connection: borrowing Connection
  ) throws(StoreError) {
    try connection.run("UPDATE attempt SET failures = failures - 1 WHERE key = ?1 AND failures > 0")
    { row throws(StoreError) in
      row.bind(counter.key, at: 1)
      try row.execute()
    }
  }

  private static func state(
    of counter: AttemptCounter, at now: Int64, memory: Int64, in connection: borrowing Connection
  ) throws(StoreError) -> (failures: Int, lastAt: Int64) {
    try connection.run("SELECT failures, last_at FROM attempt WHERE key = ?1") {
      row throws(StoreError) in
      row.bind(counter.key, at: 1)
      guard try row.step(), let failures = row.integer(0), let lastAt = row.integer(1),
        now - lastAt < memory
      else { return (0, now) }
      // A clock that was put back must not make anybody wait until it has caught up.
      return (Int(clamping: failures), min(lastAt, now))
    }
  }

  private static func write(
    _ failures: Int, lastAt: Int64, of counter: AttemptCounter,
    in connection: borrowing Connection
  ) throws(StoreError) {
    try connection.run(
      """
      INSERT INTO attempt (key, failures, last_at) VALUES (?1, ?2, ?3)
      ON CONFLICT (key) DO UPDATE SET failures = excluded.failures, last_at = excluded.last_at
      """
    ) { row throws(StoreError) in
      row.bind(counter.key, at: 1)
      row.bind(Int64(failures), at: 2)
      row.bind(lastAt, at: 3)
      try row.execute()
    }
  }
}
