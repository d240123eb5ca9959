import Testing

@testable import GatewayServer

@Suite("Token buckets")
struct TokenBucketsTests {
  @Test("So many at once, and then so many a second")
  func limits() {
    let buckets = TokenBuckets(RateLimit(burst: 3, perSecond: 0.5), capacity: 64, seed: 1)
    for _ in 0..<3 { #expect(buckets.take(1, 2, at: 1_000) == nil) }
    #expect(buckets.take(1, 2, at: 1_000) == 2)
    #expect(buckets.take(9, 9, at: 1_000) == nil)
    #expect(buckets.take(1, 2, at: 2_000) == 1)
    #expect(buckets.take(1, 2, at: 3_100) == nil)
    #expect(buckets.take(1, 2, at: 3_100) != nil)
    #expect(buckets.take(1, 2, at: 1_000_000) == nil)
  }

  @Test("A clock that does not move gives nothing back, and one that goes back takes nothing")
  func survivesClocks() {
    let buckets = TokenBuckets(RateLimit(burst: 1, perSecond: 1), capacity: 4, seed: 1)
    #expect(buckets.take(1, 1, at: 5_000) == nil)
    #expect(buckets.take(1, 1, at: 5_000) == 1)
    #expect(buckets.take(1, 1, at: 0) == 1)
  }

  @Test("A flood of others does not take away what is left of who asked last")
  func survivesFloods() {
    let buckets = TokenBuckets(RateLimit(burst: 2, perSecond: 0), capacity: 1_024, seed: 7)
    #expect(buckets.take(1, 1, at: 1) == nil)
    #expect(buckets.take(1, 1, at: 1) == nil)
    // Each of these has more tokens left than the first, and so gives way before it.
    for key in 10..<100_000 as Range<UInt64> { _ = buckets.take(key, 0, at: 1) }
    #expect(buckets.take(1, 1, at: 1) != nil)
  }
}
