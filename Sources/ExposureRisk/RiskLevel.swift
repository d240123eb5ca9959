/// What an app tells its user.
public enum RiskLevel: Int, Comparable, Sendable, CaseIterable {
  /// Encounters of low risk; also what an app shows when there was none.
  case low = 1
  /// Increased risk.
  case high = 2

  /// The level in a word.
  public var name: String {
    switch self {
    case .low: "low"
    case .high: "high"
    }
  }

  /// Orders levels by risk.
  public static func < (left: RiskLevel, right: RiskLevel) -> Bool {
    left.rawValue < right.rawValue
  }
}
