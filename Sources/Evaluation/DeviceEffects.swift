/// How many dB each phone of a scene adds when it hears and when it is heard.
///
/// Found without any distance, from what every phone heard of every other: the medians of all pairs
/// are split into a common level and one number for each row and column (median polish, with means,
/// drawn toward 0 where there are few pairs). A phone deep in a pocket or of a model that sends weakly
/// stands out against all others, wherever they sit.
struct DeviceEffects {
  /// The median pair's attenuation in dB.
  private(set) var level = 0.0
  private var hearing: [Int: Double] = [:]
  private var heard: [Int: Double] = [:]

  /// Pairs with fewer minutes say too little.
  private static let fewestMinutes = 3
  /// So many pairs' worth of “no effect” are added to each phone's own pairs.
  private static let shrinkage = 3.0
  private static let rounds = 20

  init(_ scenario: RadioScenario) {
    var medians: [(pair: DirectedPair, level: Double)] = []
    for pair in scenario.pairs {
      guard let minutes = scenario.minutes[pair], minutes.count >= Self.fewestMinutes else {
        continue
      }
      medians.append((pair, median(minutes.values.map(\.mean))))
    }
    guard !medians.isEmpty else { return }
    level = median(medians.map(\.level))
    for _ in 0..<Self.rounds {
      hearing = Self.effects(medians, by: \.receiver) { level + (heard[$0.transmitter] ?? 0) }
      heard = Self.effects(medians, by: \.transmitter) { level + (hearing[$0.receiver] ?? 0) }
    }
  }

  /// What a phone adds when it hears, in dB.
  func hearing(_ device: Int) -> Double { hearing[device] ?? 0 }

  /// What a phone adds when it is heard, in dB.
  func heard(_ device: Int) -> Double { heard[device] ?? 0 }

  /// What the two phones of a pair add, in dB.
  func sum(_ pair: DirectedPair) -> Double { hearing(pair.receiver) + heard(pair.transmitter) }

  private static func effects(
    _ medians: [(pair: DirectedPair, level: Double)], by device: KeyPath<DirectedPair, Int>,
    expected: (DirectedPair) -> Double
  ) -> [Int: Double] {
    var sums: [Int: (count: Double, sum: Double)] = [:]
    for entry in medians {
      sums[entry.pair[keyPath: device], default: (0, 0)].count += 1
      sums[entry.pair[keyPath: device], default: (0, 0)].sum += entry.level - expected(entry.pair)
    }
    return sums.mapValues { $0.sum / ($0.count + shrinkage) }
  }
}

/// The middle of some numbers, of which there is at least one.
func median(_ numbers: [Double]) -> Double {
  let sorted = numbers.sorted()
  let middle = sorted.count / 2
  return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
