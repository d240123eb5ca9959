/// Whether things that were called likely happened as often.
public struct Calibration: Sendable {
  /// Items that were given about the same probability.
  public struct Bin: Sendable {
    /// How many there were.
    public var count: Int
    /// The mean of what was predicted.
    public var predicted: Double
    /// The share that was true.
    public var observed: Double
  }

  /// Ten bins of probabilities by powers of two below one half and evenly above, without empty ones.
  ///
  /// Most pairs are unlikely: tenths of the range would put nearly all of them into the first.
  public let bins: [Bin]
  /// Tenths of the items in order of what was predicted.
  public let deciles: [Bin]
  /// The mean square of what was predicted less what came (Brier score).
  public let brier: Double
  /// The Brier score of always saying how many are true.
  public let brierOfBase: Double
  /// The mean difference of predicted and observed over the bins (expected calibration error).
  public let error: Double

  private static let edges = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8]

  init(_ items: [(predicted: Double, isTrue: Bool)]) {
    let sorted = items.sorted { $0.predicted < $1.predicted }
    let count = Double(max(1, sorted.count))
    let share = Double(sorted.count { $0.isTrue }) / count
    brier =
      sorted.reduce(0) { sum, item in
        let difference = item.predicted - (item.isTrue ? 1 : 0)
        return sum + difference * difference
      } / count
    brierOfBase = share * (1 - share)
    let groups = Dictionary(grouping: sorted) { item in
      Self.edges.firstIndex { item.predicted < $0 } ?? Self.edges.count
    }
    bins = groups.keys.sorted().compactMap { Self.bin(groups[$0] ?? []) }
    deciles = (0..<10).compactMap { tenth in
      Self.bin(Array(sorted[(sorted.count * tenth / 10)..<(sorted.count * (tenth + 1) / 10)]))
    }
    error = bins.reduce(0) { $0 + Double($1.count) * abs($1.predicted - $1.observed) } / count
  }

  private static func bin(_ items: [(predicted: Double, isTrue: Bool)]) -> Bin? {
    guard !items.isEmpty else { return nil }
    let count = Double(items.count)
    return Bin(
      count: items.count, predicted: items.reduce(0) { $0 + $1.predicted } / count,
      observed: Double(items.count { $0.isTrue }) / count)
  }
}
