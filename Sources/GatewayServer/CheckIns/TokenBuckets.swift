internal import Synchronization

/// How many requests of a kind are allowed: so many at once, and so many a second from then on.
public struct RateLimit: Hashable, Sendable {
  /// How many may come at once.
  public var burst: Int
  /// How many come back each second.
  public var perSecond: Double

  /// Makes a limit.
  public init(burst: Int, perSecond: Double) {
    self.burst = burst
    self.perSecond = perSecond
  }
}

/// Token buckets of many clients, in a fixed amount of memory.
///
/// A key has four places it can be in. When all are taken, the bucket that is nearest to full gives
/// way: who used the least loses the least, and a full bucket is the same as none. So a flood of
/// new keys cannot take memory, and what it makes the table forget is who asked seldom.
final class TokenBuckets: Sendable {
  private struct Bucket {
    var key: UInt64 = 0
    var tokens: Float = 0
    /// Milliseconds of a clock that begins at 1; 0 for a place that is free.
    var time: Int64 = 0
  }

  private static let ways = 4
  private let limit: RateLimit
  private let seed: UInt64
  private let sets: Int
  private let buckets: Mutex<[Bucket]>

  /// Makes buckets that are full.
  ///
  /// - Parameters:
  ///   - limit: What each key may use.
  ///   - capacity: How many keys are remembered about, 24 bytes each.
  ///   - seed: Secret, so that nobody can choose keys that share a place.
  init(_ limit: RateLimit, capacity: Int = 1 << 16, seed: UInt64) {
    self.limit = limit
    self.seed = seed
    sets = max(1, capacity / TokenBuckets.ways)
    buckets = Mutex(Array(repeating: Bucket(), count: sets * TokenBuckets.ways))
  }

  /// Takes a token.
  ///
  /// - Parameters:
  ///   - high: The first half of the key.
  ///   - low: The second half.
  ///   - now: Milliseconds, which never go back.
  /// - Returns: Nil when there was one; else after how many seconds there is one again.
  func take(_ high: UInt64, _ low: UInt64, at now: Int64) -> Int? {
    let hash = TokenBuckets.mixed(TokenBuckets.mixed(high ^ seed) &+ low)
    let first = Int(hash % UInt64(sets)) * TokenBuckets.ways
    return buckets.withLock { buckets in
      var place = first
      var most: Float = -1
      for way in first..<first + TokenBuckets.ways {
        let bucket = buckets[way]
        if bucket.time != 0, bucket.key == hash {
          place = way
          most = level(of: bucket, at: now)
          break
        }
        let level = bucket.time == 0 ? Float.infinity : level(of: bucket, at: now)
        if level > most {
          place = way
          most = level
        }
      }
      let isKnown = buckets[place].time != 0 && buckets[place].key == hash
      let tokens = isKnown ? most : Float(limit.burst)
      guard tokens >= 1 else {
        buckets[place] = Bucket(key: hash, tokens: tokens, time: now + 1)
        guard limit.perSecond > 0 else { return 3_600 }
        return max(1, min(3_600, Int((Double(1 - tokens) / limit.perSecond).rounded(.up))))
      }
      buckets[place] = Bucket(key: hash, tokens: tokens - 1, time: now + 1)
      return nil
    }
  }

  private func level(of bucket: Bucket, at now: Int64) -> Float {
    let passed = Double(max(0, now + 1 - bucket.time)) / 1_000
    return min(Float(limit.burst), bucket.tokens + Float(passed * limit.perSecond))
  }

  /// Spreads the bits of a number (the finalizer of MurmurHash3).
  private static func mixed(_ number: UInt64) -> UInt64 {
    var bits = number
    bits ^= bits >> 33
    bits &*= 0xFF51_AFD7_ED55_8CCD
    bits ^= bits >> 33
    bits &*= 0xC4CE_B9FE_1A85_EC53
    return bits ^ bits >> 33
  }
}
