/// How a terminal shows dark and light.
public enum TerminalStyle: String, Hashable, Sendable, CaseIterable {
  /// Light letters on a dark ground: letters draw the light modules.
  case darkBackground
  /// Black on white by colour codes, whatever the terminal's own colours are.
  case coloured
}

extension QRSymbol {
  /// Draws the symbol and its quiet zone in half-block characters, two rows of modules a line.
  ///
  /// A half block is about as wide as it is high, so the symbol comes out nearly square.
  ///
  /// - Parameter style: How the terminal shows dark and light.
  /// - Returns: The lines, each ended by a line feed.
  public func terminalText(style: TerminalStyle) -> String {
    let quiet = QRSymbol.quietZone
    let inked = style != .darkBackground  // whether a letter's ink is a dark module
    var text = ""
    for row in stride(from: -quiet, to: side + quiet, by: 2) {
      if style == .coloured { text += "\u{1B}[30;107m" }
      for column in -quiet..<(side + quiet) {
        let upper = isDark(column: column, row: row) == inked
        let lower = isDark(column: column, row: row + 1) == inked
        text += upper ? (lower ? "█" : "▀") : (lower ? "▄" : " ")
      }
      if style == .coloured { text += "\u{1B}[0m" }
      text += "\n"
    }
    return text
  }
}
