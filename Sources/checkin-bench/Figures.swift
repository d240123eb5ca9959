internal import Evaluation
internal import Foundation

/// Numbers of an evaluation as a person reads them.
enum Figures {
  /// A share with three decimals, or a dash.
  static func text(_ value: Double?, decimals: Int = 3) -> String {
    value.map { String(format: "%.\(decimals)f", $0) } ?? "–"
  }

  /// An interval, or a dash.
  static func interval(_ estimate: Estimate, decimals: Int = 3) -> String {
    guard let low = estimate.low, let high = estimate.high else { return "–" }
    return "\(text(low, decimals: decimals))–\(text(high, decimals: decimals))"
  }
}
