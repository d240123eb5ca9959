/// Writes RFC 4180 text.
///
/// A cell is quoted when it holds a quote, a line end or any character that a reader could take for
/// a separator, so that the text reads back the same under every guess.
public struct DelimitedWriter: Sendable {
  /// What ends a row.
  public enum LineEnding: String, Sendable, CaseIterable {
    /// LF, for files under version control and for pipes.
    case lineFeed = "\n"
    /// CR LF, as RFC 4180 has it.
    case carriageReturnLineFeed = "\r\n"
  }

  /// What stands between cells.
  public let separator: UInt8
  /// What ends a row.
  public let lineEnding: LineEnding
  /// Whether cells are made safe for spreadsheets with `FormulaGuard`.
  public let guardsFormulas: Bool

  /// What was written and not taken yet.
  public private(set) var bytes: [UInt8] = []

  /// Makes a writer.
  ///
  /// - Parameters:
  ///   - separator: A comma unless a spreadsheet of the country wants a semicolon.
  ///   - lineEnding: LF unless the reader insists on CR LF.
  ///   - guardsFormulas: True for files that people open in a spreadsheet.
  ///   - byteOrderMark: True to make spreadsheets take the file for UTF-8.
  public init(
    separator: UInt8 = UInt8(ascii: ","), lineEnding: LineEnding = .lineFeed,
    guardsFormulas: Bool = false, byteOrderMark: Bool = false
  ) {
    self.separator = separator
    self.lineEnding = lineEnding
    self.guardsFormulas = guardsFormulas
    if byteOrderMark { bytes = [0xEF, 0xBB, 0xBF] }
  }

  /// Writes one row.
  public mutating func write(_ cells: [String]) {
    // A row of empty cells would read as a blank line; a pair of quotes says that it is a row.
    let isBlank = cells.allSatisfy(\.isEmpty)
    for (index, cell) in cells.enumerated() {
      if index > 0 { bytes.append(separator) }
      write(cell, isQuoted: isBlank && index == 0)
    }
    bytes.append(contentsOf: lineEnding.rawValue.utf8)
  }

  private mutating func write(_ cell: String, isQuoted: Bool) {
    let isGuarded = guardsFormulas && FormulaGuard.needsGuard(cell)
    let isQuoted =
      isQuoted || isGuarded
      || cell.utf8.contains { byte in
        byte == separator || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: ",")
          || byte == UInt8(ascii: ";") || byte == UInt8(ascii: "\t") || byte == 0x0A
          || byte == 0x0D
      }
    guard isQuoted else {
      bytes.append(contentsOf: cell.utf8)
      return
    }
    bytes.append(UInt8(ascii: "\""))
    if isGuarded { bytes.append(FormulaGuard.mark) }
    for byte in cell.utf8 {
      if byte == UInt8(ascii: "\"") { bytes.append(byte) }
      bytes.append(byte)
    }
    bytes.append(UInt8(ascii: "\""))
  }

  /// Returns what was written since the last time, and starts empty.
  public mutating func takeBytes() -> [UInt8] {
    let taken = bytes
    bytes = []
    return taken
  }

  /// What was written and not taken yet, as text.
  public var text: String {
    String(decoding: bytes, as: UTF8.self)
  }
}
