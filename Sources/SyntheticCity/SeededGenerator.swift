/// A source of random bits that a seed decides: the same seed, the same bits, on any machine.
///
/// For tests, demonstrations and benchmarks; never for keys, ids of real venues or anything that
/// must not be guessed. The algorithm is xoshiro256** (Blackman and Vigna), its state filled by
/// SplitMix64, as its authors advise.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: (UInt64, UInt64, UInt64, UInt64)

  /// Makes the generator of a seed.
  public init(seed: UInt64) {
    var seed = seed
    func mixed() -> UInt64 {
      seed &+= 0x9e37_79b9_7f4a_7c15
      var word = seed
      word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
      word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
      return word ^ (word >> 31)
    }
    state = (mixed(), mixed(), mixed(), mixed())
  }

  /// Returns the next 64 bits.
  public mutating func next() -> UInt64 {
    let product = state.1 &* 5
    let result = (product << 7 | product >> 57) &* 9
    let shifted = state.1 << 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= shifted
    state.3 = state.3 << 45 | state.3 >> 19
    return result
  }
}

// The distributions below use only sums, products and quotients, which IEEE 754 fixes to the bit.
// The C library's `exp` and `log` may differ from one version to the next, and a golden test of a
// city with them.
extension SeededGenerator {
  /// Returns a number in `0..<1`.
  package mutating func unit() -> Double {
    Double(next() >> 11) * 0x1p-53
  }

  /// Returns true with a probability.
  package mutating func chance(_ probability: Double) -> Bool {
    unit() < probability
  }

  /// Returns an index less than `count`, which is at least 1.
  package mutating func index(below count: Int) -> Int {
    Int(next().multipliedFullWidth(by: UInt64(count)).high)
  }

  /// Returns a normally distributed number of mean 0 and variance 1, within ±6.
  ///
  /// It is the sum of twelve uniform numbers, which differs from the true shape in the tails only.
  package mutating func normal() -> Double {
    var sum: UInt64 = 0
    for _ in 0..<3 {
      let word = next()
      sum += word & 0xffff + word >> 16 & 0xffff + word >> 32 & 0xffff + word >> 48
    }
    return Double(sum) * 0x1p-16 - 6
  }

  /// Returns a log-normally distributed number of a median; `spread` is the deviation of its log.
  package mutating func logNormal(median: Double, spread: Double) -> Double {
    median * SeededGenerator.exponential(of: normal() * spread)
  }

  /// e to the power of a number between −700 and 700.
  static func exponential(of power: Double) -> Double {
    // Cut, not rounded: rounding is a call of the C library. The series below converges as well.
    let binary = Int(power * 1.442_695_040_888_963_4)
    let rest = power - Double(binary) * 0.693_147_180_559_945_3
    var sum = 1.0
    for term in stride(from: 17.0, through: 1, by: -1) { sum = 1 + sum * rest / term }
    return sum * Double(sign: .plus, exponent: binary, significand: 1)
  }
}

/// Picks indices by weight in constant time (Vose's alias method).
struct WeightedPick: Sendable {
  private let threshold: [Double]
  private let alias: [Int]

  /// Makes the pick of a list of weights, none negative and not all 0.
  init(weights: [Double]) {
    let sum = weights.reduce(0, +)
    var share = weights.map { $0 * Double(weights.count) / sum }
    var threshold = [Double](repeating: 1, count: weights.count)
    var alias = Array(weights.indices)
    var small = share.indices.filter { share[$0] < 1 }
    var large = share.indices.filter { share[$0] >= 1 }
    while let poor = small.popLast() {
      guard let rich = large.last else { break }
      threshold[poor] = share[poor]
      alias[poor] = rich
      share[rich] -= 1 - share[poor]
      if share[rich] < 1 {
        large.removeLast()
        small.append(rich)
      }
    }
    self.threshold = threshold
    self.alias = alias
  }

  func pick(using generator: inout SeededGenerator) -> Int {
    let index = generator.index(below: threshold.count)
    return generator.unit() < threshold[index] ? index : alias[index]
  }
}
