/// How often yes was right, in counts that may be weighted.
public struct FScore: Hashable, Sendable {
  /// Yes, and rightly.
  public var truePositives = 0.0
  /// Yes, and wrongly.
  public var falsePositives = 0.0
  /// No, and wrongly.
  public var falseNegatives = 0.0

  /// Makes a score of nothing.
  public init() {}

  mutating func add(_ truth: Bool, _ answer: Bool, weight: Double = 1) {
    switch (truth, answer) {
    case (true, true): truePositives += weight
    case (false, true): falsePositives += weight
    case (true, false): falseNegatives += weight
    case (false, false): break
    }
  }

  /// The share of yes that was right; 0 without any.
  public var precision: Double { Self.share(truePositives, falsePositives) }

  /// The share of what is true that was found; 0 when nothing is.
  public var recall: Double { Self.share(truePositives, falseNegatives) }

  /// The harmonic mean of precision and recall.
  public var f1: Double {
    let all = 2 * truePositives + falsePositives + falseNegatives
    return all > 0 ? 2 * truePositives / all : 0
  }

  private static func share(_ part: Double, _ rest: Double) -> Double {
    part + rest > 0 ? part / (part + rest) : 0
  }
}

/// A number and the 95 % of a resampling that lie around it.
public struct Estimate: Hashable, Sendable {
  /// As measured; nil when it could not be.
  public var value: Double?
  /// The lower end of the interval.
  public var low: Double?
  /// The upper end of the interval.
  public var high: Double?

  init(_ value: Double?, resampled: [Double]) {
    self.value = value
    let sorted = resampled.filter(\.isFinite).sorted()
    guard sorted.count >= 20 else { return }
    low = sorted[Int(0.025 * Double(sorted.count - 1))]
    high = sorted[Int((0.975 * Double(sorted.count - 1)).rounded(.up))]
  }
}
