/// How a piece of text looks on a terminal.
///
/// Meaning never hangs on it alone: the words say the same without colour.
public enum Style: Sendable {
  /// Heavier.
  case bold
  /// Lighter.
  case dim
  /// Good news.
  case green
  /// To be looked at.
  case yellow
  /// Bad news.
  case red

  private var code: String {
    switch self {
    case .bold: "1"
    case .dim: "2"
    case .green: "32"
    case .yellow: "33"
    case .red: "31"
    }
  }

  func applied(to text: String) -> String { "\u{1B}[\(code)m\(text)\u{1B}[0m" }
}
