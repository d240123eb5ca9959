import Fusion
import Presence
import TestSupport
import Testing
import VenueCodes

@Suite("Chance of a stay") struct StayConfidenceTests {
  private static func visit(
    _ enter: Int64, _ leave: Int64, earliest: Int64? = nil, latest: Int64? = nil,
    isStartUnknown: Bool = false
  ) throws -> Visit {
    Visit(
      subject: 0, venue: try #require(VenueID(rawValue: 7)), enter: enter, leave: leave,
      isStartUnknown: isStartUnknown, earliestLeave: earliest, latestLeave: latest,
      openedBy: EvidenceID(high: 0, low: 1))
  }

  @Test("Between a check-in and an exit scan somebody was there")
  func isCertain() throws {
    let chances = StayConfidence(try Self.visit(100, 200))
    #expect(chances.certain == 100..<200)
    #expect([99, 100, 150, 199.5, 200].map(chances.chance) == [0, 1, 1, 1, 0])
  }

  @Test("Until the next check-in elsewhere the chance falls to nothing")
  func fallsToNothing() throws {
    let chances = StayConfidence(try Self.visit(100, 200, earliest: 120, latest: 200))
    #expect(chances.certain == 100..<120)
    #expect([110, 120, 160, 190].map(chances.chance) == [1, 1, 0.5, 0.125])
  }

  @Test("Half of all people stay longer than usual")
  func fallsToHalf() throws {
    let chances = StayConfidence(try Self.visit(100, 200, earliest: 100, latest: 900))
    #expect(chances.certain.isEmpty)
    #expect([100, 150, 180].map(chances.chance) == [1, 0.75, 0.6])
  }

  @Test("Before an exit without entry the chance rises from one half")
  func rises() throws {
    let chances = StayConfidence(try Self.visit(100, 200, isStartUnknown: true))
    #expect(chances.certain.isEmpty)
    #expect([99, 100, 150, 180].map(chances.chance) == [0, 0.5, 0.75, 0.9])
  }

  @Test("Parts follow each other and have the mean of the product", arguments: [1, 2] as [UInt64])
  func parts(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    func number(_ range: ClosedRange<Int64>) -> Int64 { Int64.random(in: range, using: &random) }
    for round in 0..<300 {
      let visits = try (0..<2).map { _ in
        let enter = number(0...50)
        let leave = number((enter + 1)...400)
        return try Self.visit(
          enter, leave, earliest: number(enter...leave), latest: number(leave...(leave + 50)),
          isStartUnknown: random.oneIn(4))
      }
      let (one, other) = (StayConfidence(visits[0]), StayConfidence(visits[1]))
      let span =
        max(
          visits[0].enter, visits[1].enter)..<max(
          visits[0].enter, visits[1].enter, min(visits[0].leave, visits[1].leave))
      guard !span.isEmpty else { continue }
      let parts = StayConfidence.parts(of: span, one, other)
      let note = "seed \(seed), round \(round)"
      #expect(parts.first?.span.lowerBound == span.lowerBound, "\(note)")
      #expect(parts.last?.span.upperBound == span.upperBound, "\(note)")
      #expect(
        zip(parts, parts.dropFirst()).allSatisfy { $0.span.upperBound == $1.span.lowerBound },
        "\(note)")
      #expect(parts.count <= 25, "\(note)")
      for part in parts {
        // A sum over many moments instead of the rule that the code uses.
        let steps = 400
        let width = Double(part.span.count) / Double(steps)
        var sum = 0.0
        for step in 0..<steps {
          let moment = Double(part.span.lowerBound) + (Double(step) + 0.5) * width
          sum += one.chance(at: moment) * other.chance(at: moment)
        }
        #expect(abs(part.confidence - sum / Double(steps)) < 1e-5, "\(note), \(part)")
      }
    }
  }
}
