internal import Foundation
internal import SyntheticCity

/// Which pairs of phones were within 2 metres for at least 10 minutes: real hearing, real distances.
///
/// A pair is ordered: one phone hears, one is heard. A minute of it counts when the distance is known
/// in that minute, and is near when its mean distance is at most 2 m. The truth is whether at least 10
/// minutes were near; an answer is given from attenuations alone, over the same minutes.
///
/// How a level is made of attenuations was set by hand on the lunch and train scenes of the DP-3T
/// experiment 05, those that docs/evaluation.md tests: only `DistanceModel`'s two numbers are learned.
public struct DistanceTask: Sendable {
  /// The minutes that must be near.
  public static let requiredMinutes = 10
  /// What near means, in metres.
  public static let nearMetres = 2.0

  /// One ordered pair in one scene.
  struct Pair: Sendable {
    var devices: DirectedPair
    var isNear: Bool
    /// The tenth-least smoothed level over the counted minutes against the scene's median pair, in dB;
    /// nil when fewer minutes count, so that the answer must be no.
    var level: Double?
    /// The least attenuation of each counted minute, ascending, for the thresholds.
    var leastByMinute: [Double]
  }

  /// What the scene is called.
  public let name: String
  let pairs: [Pair]

  /// How far smoothing looks to both sides: one standard deviation in minutes.
  private static let window = 3.0
  /// What a minute counts as in dB in which both phones were there and one did not hear the other.
  private static let unheardLevel = 78.0
  /// How much such a minute counts against one in which it did.
  private static let unheardWeight = 0.3

  /// Makes the task of a scene.
  ///
  /// - Complexity: O(p·m²) for p pairs of m minutes.
  public init(_ scenario: RadioScenario) {
    name = scenario.name
    let effects = DeviceEffects(scenario)
    pairs = scenario.pairs.compactMap { devices in
      guard let minutes = scenario.minutes[devices] else { return nil }
      let counted = minutes.filter { $0.value.distance != nil }
      guard !counted.isEmpty else { return nil }
      let near = counted.values.count { $0.distance ?? .infinity <= Self.nearMetres }
      var level: Double?
      if counted.count >= Self.requiredMinutes {
        let observed = Self.observations(of: devices, scenario, effects)
        let smoothed = counted.keys.map { Self.smoothed(observed, at: $0) }.sorted()
        level = smoothed[Self.requiredMinutes - 1] - effects.level
      }
      return Pair(
        devices: devices, isNear: near >= Self.requiredMinutes, level: level,
        leastByMinute: counted.values.map(\.least).sorted())
    }
  }

  /// How many pairs there are.
  public var count: Int { pairs.count }
  /// How many of them were near long enough.
  public var nearCount: Int { pairs.count { $0.isNear } }

  private typealias Observation = (minute: Double, level: Double, weight: Double)

  /// What both phones heard of each other, freed of what the phones themselves add.
  private static func observations(
    of pair: DirectedPair, _ scenario: RadioScenario, _ effects: DeviceEffects
  ) -> [Observation] {
    let both = (scenario.active[pair.receiver] ?? []).intersection(
      scenario.active[pair.transmitter] ?? [])
    var found: [Observation] = []
    for direction in [pair, pair.reversed] {
      let minutes = scenario.minutes[direction] ?? [:]
      for (minute, heard) in minutes {
        found.append((Double(minute), heard.mean - effects.sum(direction), 1))
      }
      for minute in both where minutes[minute] == nil {
        found.append((Double(minute), unheardLevel, unheardWeight))
      }
    }
    return found.sorted { ($0.minute, $0.level) < ($1.minute, $1.level) }
  }

  private static func smoothed(_ observed: [Observation], at minute: Int64) -> Double {
    var (sum, weights) = (0.0, 0.0)
    for one in observed {
      let distance = (one.minute - Double(minute)) / window
      let weight = one.weight * exp(-distance * distance / 2)
      sum += weight * one.level
      weights += weight
    }
    return sum / weights
  }
}

/// The chance that a pair was near, by its level: two numbers.
public struct DistanceModel: Hashable, Sendable {
  /// The log-odds at the level of the scene's median pair, were as many pairs near as not.
  public let intercept: Double
  /// By how much the log-odds change with a dB.
  public let slope: Double

  /// How many pairs of the scene the guess of the share of near pairs is worth.
  private static let guessWeight = 60.0
  /// The guess of that share: two or three of ten around one.
  private static let guessedShare = 0.3

  /// Fits the two numbers to pairs with known distances (logistic regression by Newton's method).
  init(_ pairs: [DistanceTask.Pair]) {
    let known = pairs.compactMap { pair in pair.level.map { (x: $0, y: pair.isNear ? 1.0 : 0) } }
    var (intercept, slope) = (0.0, -0.3)
    let ridge = 1e-3
    for _ in 0..<50 {
      var (g0, g1) = (-ridge * intercept, -ridge * slope)
      var (h00, h01, h11) = (ridge, 0.0, ridge)
      for (x, y) in known {
        let p = 1 / (1 + exp(-(intercept + slope * x)))
        let w = p * (1 - p)
        g0 += y - p
        g1 += (y - p) * x
        h00 += w
        h01 += w * x
        h11 += w * x * x
      }
      let determinant = h00 * h11 - h01 * h01
      guard determinant > 0 else { break }
      intercept += (h11 * g0 - h01 * g1) / determinant
      slope += (h00 * g1 - h01 * g0) / determinant
    }
    let share = min(
      max(known.isEmpty ? 0.5 : known.reduce(0) { $0 + $1.y } / Double(known.count), 0.01), 0.99)
    self.intercept = intercept - log(share / (1 - share))
    self.slope = min(0, slope)
  }

  /// Answers for the pairs of one scene, without knowing any distance in it.
  ///
  /// How many pairs are near differs from scene to scene, so the share is estimated from their levels
  /// (expectation maximisation, held by a guess). Yes is said down to the probability that makes the
  /// expected F1 largest.
  func answers(_ pairs: [DistanceTask.Pair]) -> [Bool] {
    let levels = pairs.compactMap(\.level)
    guard !levels.isEmpty else { return pairs.map { _ in false } }
    var share = Self.guessedShare
    for _ in 0..<100 {
      let sum = levels.reduce(0) { $0 + probability($1, share) }
      share =
        (sum + Self.guessWeight * Self.guessedShare) / (Double(levels.count) + Self.guessWeight)
    }
    let sorted = levels.map { probability($0, share) }.sorted(by: >)
    let all = sorted.reduce(0, +)
    var (best, limit, sum) = (-1.0, 1.0, 0.0)
    for (place, probability) in sorted.enumerated() {
      sum += probability
      let expected = 2 * sum / (Double(place + 1) + all)
      if expected > best { (best, limit) = (expected, probability) }
    }
    return pairs.map { pair in pair.level.map { probability($0, share) >= limit } ?? false }
  }

  private func probability(_ level: Double, _ share: Double) -> Double {
    1 / (1 + exp(-(intercept + slope * level + log(share / (1 - share)))))
  }
}

/// The answers of a model and of single thresholds to a distance task, scored.
public struct DistanceScores: Sendable {
  /// One way to answer.
  public struct Method: Sendable {
    /// What it is called.
    public var name: String
    /// The threshold in dB, if it is one.
    public var threshold: Double?
    /// The counts.
    public var score: FScore
    /// F1 with its interval by resampling devices.
    public var f1: Estimate
  }

  /// What was answered for.
  public var name: String
  /// How many pairs there were.
  public var pairs: Int
  /// How many of them were near.
  public var near: Int
  /// The model, 63 dB, and the threshold that was best in training.
  public var methods: [Method]
  /// F1 of the model less F1 of the better threshold.
  public var gain: Estimate
}

/// One pair with the answers of all methods.
struct AnsweredPair: Sendable {
  var scene: String
  var devices: DirectedPair
  var isNear: Bool
  /// By the model, by 63 dB, and by the best threshold in training.
  var answers: [Bool]
}

/// Trains and tests answers to the distance task.
public struct DistanceExperiment: Sendable {
  /// How the pairs that train were kept from those that test.
  public enum Validation: String, Sendable {
    /// The files tested are none of those trained on.
    case heldOutFiles = "held-out files"
    /// Each file was tested by what the others taught.
    case leaveOneFileOut = "leave one file out"
    /// Each pair was tested by what pairs without any phone of the fold of one of its phones taught;
    /// its other phone may be among those.
    case byDevice = "five folds of phones"
    /// Each pair was tested by what pairs without any phone of the folds of its two phones taught.
    case byBothDevices = "neither phone in training"
  }

  /// How it was validated.
  public let validation: Validation
  let answered: [AnsweredPair]

  private static let folds = 5
  private static let commonThreshold = 63.0

  /// Trains on some scenes and tests on others.
  public init(train: [DistanceTask], test: [DistanceTask]) {
    validation = .heldOutFiles
    let trained = Trained(train.flatMap(\.pairs))
    answered = test.flatMap { trained.answers($0, only: { _ in true }) }
  }

  /// Tests each scene by what the others teach; there must be at least two.
  public init(leavingOneOutOf tasks: [DistanceTask]) {
    validation = .leaveOneFileOut
    answered = tasks.indices.flatMap { place in
      let others = tasks.indices.filter { $0 != place }.flatMap { tasks[$0].pairs }
      return Trained(others).answers(tasks[place], only: { _ in true })
    }
  }

  /// Tests the pairs of each fold of phones by what pairs without those phones teach.
  public init(byDeviceWithin tasks: [DistanceTask], seed: UInt64) {
    validation = .byDevice
    let fold = Self.foldsOfDevices(tasks, seed: seed)
    answered = (0..<Self.folds).flatMap { number in
      Self.answers(tasks, leavingOut: [number], fold) {
        fold[min($0.receiver, $0.transmitter)] == number
      }
    }
  }

  /// Tests the pairs of each two folds of phones by what pairs without any phone of either teach.
  public init(byBothDevicesWithin tasks: [DistanceTask], seed: UInt64) {
    validation = .byBothDevices
    let fold = Self.foldsOfDevices(tasks, seed: seed)
    answered = (0..<Self.folds).flatMap { one in
      (one..<Self.folds).flatMap { other in
        Self.answers(tasks, leavingOut: [one, other], fold) {
          Set([fold[$0.receiver], fold[$0.transmitter]]) == [one, other]
        }
      }
    }
  }

  private static func foldsOfDevices(_ tasks: [DistanceTask], seed: UInt64) -> [Int: Int] {
    var generator = SeededGenerator(seed: seed)
    let devices = Set(tasks.flatMap { $0.pairs.map(\.devices.receiver) }).sorted()
    var fold: [Int: Int] = [:]
    for (place, device) in devices.shuffled(using: &generator).enumerated() {
      fold[device] = place % folds
    }
    return fold
  }

  private static func answers(
    _ tasks: [DistanceTask], leavingOut numbers: Set<Int>, _ fold: [Int: Int],
    only isWanted: (DirectedPair) -> Bool
  ) -> [AnsweredPair] {
    let training = tasks.flatMap(\.pairs).filter { pair in
      [pair.devices.receiver, pair.devices.transmitter].allSatisfy {
        !(fold[$0].map(numbers.contains) ?? false)
      }
    }
    let trained = Trained(training)
    return tasks.flatMap { trained.answers($0, only: isWanted) }
  }

  /// What was learned from pairs with known distances.
  private struct Trained {
    let model: DistanceModel
    let threshold: Double

    init(_ pairs: [DistanceTask.Pair]) {
      model = DistanceModel(pairs)
      var best = (f1: -1.0, threshold: DistanceExperiment.commonThreshold)
      for threshold in stride(from: 40.0, through: 90, by: 1) {
        var score = FScore()
        for pair in pairs {
          score.add(pair.isNear, DistanceExperiment.answer(pair, threshold))
        }
        if score.f1 > best.f1 { best = (score.f1, threshold) }
      }
      threshold = best.threshold
    }

    func answers(_ task: DistanceTask, only: (DirectedPair) -> Bool) -> [AnsweredPair] {
      zip(task.pairs, model.answers(task.pairs)).compactMap { pair, answer in
        guard only(pair.devices) else { return nil }
        return AnsweredPair(
          scene: task.name, devices: pair.devices, isNear: pair.isNear,
          answers: [
            answer, DistanceExperiment.answer(pair, DistanceExperiment.commonThreshold),
            DistanceExperiment.answer(pair, threshold),
          ])
      }
    }
  }

  private static func answer(_ pair: DistanceTask.Pair, _ threshold: Double) -> Bool {
    let minutes = pair.leastByMinute
    return minutes.count >= DistanceTask.requiredMinutes
      && minutes[DistanceTask.requiredMinutes - 1] <= threshold
  }

  /// Scores all pairs, and those of each scene.
  ///
  /// - Parameters:
  ///   - resamples: How often phones are drawn with replacement for the intervals.
  ///   - seed: What the draws follow from.
  /// - Returns: The scores of all, and with several scenes those of each.
  public func scores(resamples: Int, seed: UInt64) -> [DistanceScores] {
    let scenes = Set(answered.map(\.scene)).sorted()
    var scores = [Self.score("all", answered, resamples, seed)]
    if scenes.count > 1 {
      scores += scenes.map { scene in
        Self.score(scene, answered.filter { $0.scene == scene }, resamples, seed)
      }
    }
    return scores
  }

  private static func score(
    _ name: String, _ pairs: [AnsweredPair], _ resamples: Int, _ seed: UInt64
  ) -> DistanceScores {
    func scores(_ weight: (DirectedPair) -> Double) -> [FScore] {
      var scores = [FScore](repeating: FScore(), count: 3)
      for pair in pairs {
        let weight = weight(pair.devices)
        for place in scores.indices {
          scores[place].add(pair.isNear, pair.answers[place], weight: weight)
        }
      }
      return scores
    }
    func gain(_ scores: [FScore]) -> Double { scores[0].f1 - max(scores[1].f1, scores[2].f1) }
    let whole = scores { _ in 1 }
    var generator = SeededGenerator(seed: seed)
    let devices = Set(pairs.flatMap { [$0.devices.receiver, $0.devices.transmitter] }).sorted()
    var drawn = [[Double]](repeating: [], count: 3)
    var gains: [Double] = []
    for _ in 0..<resamples {
      var times: [Int: Double] = [:]
      for _ in devices { times[devices[generator.index(below: devices.count)], default: 0] += 1 }
      let again = scores { (times[$0.receiver] ?? 0) * (times[$0.transmitter] ?? 0) }
      for (place, score) in again.enumerated() { drawn[place].append(score.f1) }
      gains.append(gain(again))
    }
    let names: [(String, Double?)] = [
      ("model", nil), ("threshold_63", commonThreshold), ("threshold_best_in_training", nil),
    ]
    return DistanceScores(
      name: name, pairs: pairs.count, near: pairs.count { $0.isNear },
      methods: names.enumerated().map { place, name in
        DistanceScores.Method(
          name: name.0, threshold: name.1, score: whole[place],
          f1: Estimate(whole[place].f1, resampled: drawn[place]))
      }, gain: Estimate(gain(whole), resampled: gains))
  }
}
