internal import Foundation

/// What all pictures share: colours, numbers and text of SVG.
enum Drawing {
  /// Colours that people who see few still tell apart (Okabe and Ito).
  static let colours = [
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#999933",
  ]

  /// A length with one decimal.
  static func short(_ number: Double) -> String { String(format: "%.1f", number) }

  /// Text as it stands between tags.
  static func escaped(_ text: String) -> String {
    text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
  }

  /// A picture of a size, with a title, of what is drawn into it.
  static func svg(width: Double, height: Double, title: String, _ body: String) -> String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(width)) \(Int(height))" \
    font-family="sans-serif" font-size="13">
    <rect width="100%" height="100%" fill="white"/>
    <text x="60" y="28" font-size="17">\(escaped(title))</text>
    \(body)</svg>

    """
  }
}
