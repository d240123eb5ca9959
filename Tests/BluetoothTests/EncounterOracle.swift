import Bluetooth
import Presence

/// Encounters of one pair worked out second by second, from the meaning of the rule alone.
struct EncounterOracle {
  /// What is known of one second.
  struct Second: Hashable {
    var attenuation: Int
    var uncertainty: Int?
    var isMutual: Bool
  }

  private struct Look {
    var time: Int64
    var isBySecond: Bool
    var attenuation: Int
    var uncertainty: Int?
  }

  let rule: EncounterRule
  /// What clocks are uncertain by.
  var apart: Int64 = 0
  private let looks: [Look]

  init(_ sightings: [Sighting], rule: EncounterRule, apart: Int64) {
    self.rule = rule
    self.apart = apart
    var looks: [Look] = []
    for isBySecond in [false, true] {
      var left = sightings.filter { ($0.hearer > $0.heard) == isBySecond && $0.attenuation != nil }
      while let first = left.map(\.time).min() {
        let echoes = left.filter { $0.time <= first + rule.echoSeconds }
        left.removeAll { $0.time <= first + rule.echoSeconds }
        let nearest = echoes.compactMap(\.attenuation).min() ?? 0
        let sure = echoes.filter { $0.attenuation == nearest }.map(\.uncertainty)
        looks.append(
          Look(
            time: first, isBySecond: isBySecond, attenuation: Int(nearest),
            uncertainty: Self.largest(sure.map { $0.map(Int.init) })))
      }
    }
    self.looks = looks
  }

  private static func largest(_ all: [Int?]) -> Int? {
    var largest = 0
    for one in all {
      guard let one else { return nil }
      largest = max(largest, one)
    }
    return largest
  }

  private func value(at time: Int64) -> (attenuation: Int, uncertainty: Int?, isAnswered: Bool) {
    var sides: [(attenuation: Int, uncertainty: Int?)] = []
    for isBySecond in [false, true] {
      let around = looks.filter {
        $0.isBySecond == isBySecond && abs($0.time - time) <= rule.lookHalfWidth
      }
      guard let nearest = around.map(\.attenuation).min() else { continue }
      let sure = around.filter { $0.attenuation == nearest }.map(\.uncertainty)
      sides.append((nearest, Self.largest(sure)))
    }
    let sum = Double(sides.reduce(0) { $0 + $1.attenuation })
    let mean = (sum / Double(sides.count) + 0.5).rounded(.down)
    var uncertainty: Int?
    if sides.allSatisfy({ $0.uncertainty != nil }) {
      let squares = sides.reduce(0.0) { $0 + Double(($1.uncertainty ?? 0) * ($1.uncertainty ?? 0)) }
      uncertainty = Int((squares / Double(sides.count)).squareRoot().rounded(.up))
    }
    let own = Set(looks.filter { $0.time == time }.map(\.isBySecond))
    let isAnswered = own.allSatisfy { side in
      looks.contains {
        $0.isBySecond != side && abs($0.time - time) <= rule.longestGap + apart
      }
    }
    return (Int(mean), uncertainty, isAnswered)
  }

  /// What is known of one second; nil when they were not near each other.
  func second(_ second: Int64) -> Second? {
    let before = looks.map(\.time).filter { $0 <= second }.max()
    let after = looks.map(\.time).filter { $0 > second }.min()
    let nearest: Int64
    if let before, let after, after - before <= rule.longestGap {
      // A second whose middle is as near to both is of the later one.
      nearest = 2 * (second - before) + 1 < after - before ? before : after
    } else if let before, second < before + rule.halfWidth {
      nearest = before
    } else if let after, after - rule.halfWidth <= second {
      nearest = after
    } else {
      return nil
    }
    let one = value(at: nearest)
    return Second(
      attenuation: one.attenuation, uncertainty: one.uncertainty, isMutual: one.isAnswered)
  }
}
