import CommandKit
import TestSupport
import Testing

@Suite("Suggestions") struct SuggestionTests {
  static let distances: [(left: String, right: String, distance: Int)] = [
    ("", "", 0), ("", "abc", 3), ("abc", "", 3), ("abc", "abc", 0), ("abc", "abd", 1),
    ("abc", "ab", 1), ("abc", "abcd", 1), ("abcd", "abdc", 1), ("ca", "abc", 3),
    ("verify", "verfiy", 1), ("exposure", "expsoure", 1), ("kitten", "sitting", 3),
  ]

  @Test("A swap of neighbours counts as one slip", arguments: distances)
  func countsEdits(row: (left: String, right: String, distance: Int)) {
    #expect(editDistance(Array(row.left), Array(row.right)) == row.distance)
  }

  @Test("The distance equals that of the plain definition, on random words")
  func agreesWithDefinition() {
    let seed = UInt64.random(in: .min ... .max)
    var random = SeededGenerator(seed: seed)
    for _ in 0..<300 {
      let left = (0..<Int.random(in: 0...5, using: &random)).map { _ in
        Int.random(in: 0..<3, using: &random)
      }
      let right = (0..<Int.random(in: 0...5, using: &random)).map { _ in
        Int.random(in: 0..<3, using: &random)
      }
      let expected = plainDistance(left[...], right[...])
      if editDistance(left, right) != expected {
        Issue.record("seed \(seed): \(left) and \(right) are \(expected) apart")
      }
    }
  }

  private func plainDistance(_ left: ArraySlice<Int>, _ right: ArraySlice<Int>) -> Int {
    guard let a = left.last else { return right.count }
    guard let b = right.last else { return left.count }
    var best = min(
      plainDistance(left.dropLast(), right) + 1, plainDistance(left, right.dropLast()) + 1,
      plainDistance(left.dropLast(), right.dropLast()) + (a == b ? 0 : 1))
    if let before = left.dropLast().last, let other = right.dropLast().last, a == other,
      b == before
    {
      best = min(best, plainDistance(left.dropLast(2), right.dropLast(2)) + 1)
    }
    return best
  }

  static let candidates = ["venue", "key", "verify", "gateway", "export", "exposure", "qr"]
  static let meant: [(typed: String, meant: String?)] = [
    ("venus", "venue"), ("Venue", "venue"), ("kye", "key"), ("verfy", "verify"),
    ("getaway", "gateway"), ("expost", "export"), ("expo", "export"), ("rq", "qr"), ("x", nil),
    ("posters", nil), ("", nil), ("zzzzzz", nil),
  ]

  @Test("Only a near word is suggested", arguments: meant)
  func suggests(row: (typed: String, meant: String?)) {
    #expect(closest(to: row.typed, in: SuggestionTests.candidates) == row.meant)
  }
}
