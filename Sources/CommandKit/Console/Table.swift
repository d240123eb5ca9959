/// Rows of text in columns, aligned by what is seen.
///
/// ```swift
/// var table = Table(["ID", "NAME", .right("VISITS")])
/// table.append(venue.id.description, venue.name, String(visits))
/// try context.output.table(table)
/// ```
public struct Table: Sendable {
  /// A column's heading and alignment.
  public struct Column: Sendable, ExpressibleByStringLiteral {
    let title: String
    let isRight: Bool

    /// Makes a column of text, aligned left.
    public init(stringLiteral title: String) {
      self.init(title: title, isRight: false)
    }

    /// Makes a column of text with a heading that is not a literal.
    public static func left(_ title: String) -> Column { Column(title: title, isRight: false) }

    /// Makes a column of numbers, aligned right and never cut.
    public static func right(_ title: String) -> Column { Column(title: title, isRight: true) }

    private init(title: String, isRight: Bool) {
      self.title = title
      self.isRight = isRight
    }
  }

  private let columns: [Column]
  private var rows: [[String]] = []

  /// The narrowest that a column is cut to.
  private static let narrowest = 8
  private static let gap = 2

  /// Makes a table without rows.
  public init(_ columns: [Column]) {
    self.columns = columns
  }

  /// Whether it has no rows.
  public var isEmpty: Bool { rows.isEmpty }

  /// Adds a row; it must have a cell for every column.
  public mutating func append(_ cells: String...) {
    append(cells)
  }

  /// Adds a row; it must have a cell for every column.
  public mutating func append(_ cells: [String]) {
    precondition(cells.count == columns.count, "a row needs a cell for every column")
    rows.append(cells.map(harmless))
  }

  /// Returns the lines, heading first when a column has a title.
  ///
  /// - Parameters:
  ///   - width: The columns of the terminal, to which long text is cut; nil cuts nothing.
  ///   - colour: Whether the heading is set off.
  /// - Complexity: O(length of all cells).
  /// - Returns: Lines without line feeds or trailing spaces.
  public func lines(width: Int? = nil, colour: Bool = false) -> [String] {
    let titles = columns.map(\.title)
    var widths = titles.map(displayWidth)
    for row in rows {
      for (column, cell) in row.enumerated() {
        widths[column] = max(widths[column], displayWidth(cell))
      }
    }
    if let width { fit(&widths, in: width) }
    let lines = rows.map { line($0, widths) }
    // A list of names and values has no titles to set over them.
    if titles.allSatisfy(\.isEmpty) { return lines }
    let heading = line(titles, widths)
    return [colour ? Style.bold.applied(to: heading) : heading] + lines
  }

  /// Takes columns away from the widest text until the line fits or nothing more can be taken.
  private func fit(_ widths: inout [Int], in width: Int) {
    var excess = widths.reduce(0, +) + Table.gap * (columns.count - 1) - width
    while excess > 0 {
      let candidates = widths.indices.filter {
        !columns[$0].isRight && widths[$0] > Table.narrowest
      }
      guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { return }
      let next = candidates.filter { $0 != widest }.map { widths[$0] }.max() ?? Table.narrowest
      let taken = min(excess, max(1, widths[widest] - max(next, Table.narrowest)))
      widths[widest] -= taken
      excess -= taken
    }
  }

  private func line(_ cells: [String], _ widths: [Int]) -> String {
    var line = ""
    var pending = 0
    for (column, cell) in cells.enumerated() {
      let text = columns[column].isRight ? cell : truncated(cell, to: widths[column])
      let space = max(0, widths[column] - displayWidth(text))
      if columns[column].isRight { pending += space }
      if !text.isEmpty {
        line += String(repeating: " ", count: pending) + text
        pending = 0
      }
      pending += (columns[column].isRight ? 0 : space) + Table.gap
    }
    return line
  }
}
