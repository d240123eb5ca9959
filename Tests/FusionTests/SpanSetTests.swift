import Fusion
import TestSupport
import Testing

@Suite("Span sets") struct SpanSetTests {
  private static func seconds(_ spans: [Range<Int64>]) -> Set<Int64> {
    Set(spans.flatMap { Array($0) })
  }

  private static func spans(_ random: inout SeededGenerator) -> [Range<Int64>] {
    (0..<Int.random(in: 0...6, using: &random)).map { _ in
      let start = Int64.random(in: -20...20, using: &random)
      return start..<(start + Int64.random(in: 0...9, using: &random))
    }
  }

  @Test("Sets of spans are sets of seconds", arguments: [1, 2, 3, 4] as [UInt64])
  func agreesWithSeconds(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for round in 0..<500 {
      let (some, others) = (Self.spans(&random), Self.spans(&random))
      let (one, other) = (SpanSet(some), SpanSet(others))
      let (mine, theirs) = (Self.seconds(some), Self.seconds(others))
      let cut: Range<Int64> = -7..<9
      let results: [(String, SpanSet, Set<Int64>)] = [
        ("all", one, mine),
        ("union", SpanSet(some + others), mine.union(theirs)),
        ("intersection", one.intersection(with: other), mine.intersection(theirs)),
        ("difference", one.subtracting(other), mine.subtracting(theirs)),
        ("clamped", one.clamped(to: cut), mine.filter { cut.contains($0) }),
      ]
      for (name, found, expected) in results {
        #expect(Self.seconds(found.spans) == expected, "\(name), seed \(seed), round \(round)")
        #expect(found.seconds == Int64(expected.count), "\(name), seed \(seed), round \(round)")
        let areApart = zip(found.spans, found.spans.dropFirst())
          .allSatisfy { $0.upperBound < $1.lowerBound }
        #expect(areApart, "\(name), seed \(seed), round \(round): \(found.spans)")
      }
    }
  }
}
