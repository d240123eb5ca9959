/// Rows of text in columns, aligned by what is seen.
///
/// ```swift
/// var table = Table(["ID", "NAME", .right("VISITS")])
/// table.append(venue.id.description, venue.name, String(visits))
/// try context.output.table(table)
/// ```
public struct Table: Sendable {
  /// A column's heading, alignment and what becomes of long text in it.
  public struct Column: Sendable, ExpressibleByStringLiteral {
    enum Kind {
      case text
      case whole
      case number
      case prose
    }

    let title: String
    let kind: Kind

    /// Makes a column of text, cut where the terminal is too narrow.
    public init(stringLiteral title: String) {
      self.init(title: title, kind: .text)
    }

    /// Makes a column of ids, times and other text that is worth nothing when cut.
    public static func whole(_ title: String) -> Column { Column(title: title, kind: .whole) }

    /// Makes a column of numbers, aligned right and never cut.
    public static func right(_ title: String) -> Column { Column(title: title, kind: .number) }

    /// Makes the last column, of sentences: where the terminal is too narrow they go on below.
    public static func prose(_ title: String) -> Column { Column(title: title, kind: .prose) }

    private init(title: String, kind: Kind) {
      self.title = title
      self.kind = kind
    }
  }

  private let columns: [Column]
  private var rows: [[String]] = []

  /// The narrowest that a column is cut to.
  private static let narrowest = 8
  /// The narrowest that sentences are set beside the other columns; else they go below the row.
  private static let narrowestProse = 36
  private static let gap = 2

  /// Makes a table without rows.
  public init(_ columns: [Column]) {
    precondition(
      columns.dropLast().allSatisfy { $0.kind != .prose }, "only the last column goes on below")
    self.columns = columns
  }

  /// Makes a table of things and what they are, without a heading.
  public init(properties: [(title: String, value: String?)]) {
    self.init([.whole(""), .prose("")])
    for case (let title, let value?) in properties { append(title, value) }
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

  /// Returns the lines, heading first unless all titles are empty.
  ///
  /// - Parameters:
  ///   - width: The columns of the terminal, to which long text is fitted; nil fits nothing.
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
    let body: [String]
    if let width, columns.last?.kind == .prose {
      body = linesWithProse(&widths, in: width)
    } else {
      if let width { fit(&widths, in: width) }
      body = rows.map { line($0, widths) }
    }
    guard titles.contains(where: { !$0.isEmpty }) else { return body }
    let heading = line(titles, widths)
    return [colour ? Style.bold.applied(to: heading) : heading] + body
  }

  /// Returns the rows with the sentences of the last column beside the others or below them.
  private func linesWithProse(_ widths: inout [Int], in width: Int) -> [String] {
    let last = columns.count - 1
    let wanted = min(widths[last], Table.narrowestProse)
    let before = widths[..<last].reduce(0, +) + Table.gap * last
    if before + wanted <= width {
      widths[last] = min(widths[last], width - before)
      return rows.flatMap { row in
        let parts = wrapped(row[last], to: widths[last])
        let rest = parts.dropFirst().map { String(repeating: " ", count: before) + $0 }
        return [line(row[..<last] + [parts.first ?? ""], widths)] + rest
      }
    }
    widths[last] = min(displayWidth(columns[last].title), widths[last])
    fit(&widths, in: width)
    let indent = String(repeating: " ", count: Table.gap * 2)
    return rows.flatMap { row in
      [line(row[..<last] + [""], widths)]
        + wrapped(row[last], to: max(Table.narrowest, width - indent.count)).map { indent + $0 }
    }
  }

  /// Takes columns away from the widest text until the line fits or nothing more can be taken.
  private func fit(_ widths: inout [Int], in width: Int) {
    var excess = widths.reduce(0, +) + Table.gap * (columns.count - 1) - width
    while excess > 0 {
      let candidates = widths.indices.filter {
        columns[$0].kind == .text && widths[$0] > Table.narrowest
      }
      guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { return }
      let next = candidates.filter { $0 != widest }.map { widths[$0] }.max() ?? Table.narrowest
      let taken = min(excess, max(1, widths[widest] - max(next, Table.narrowest)))
      widths[widest] -= taken
      excess -= taken
    }
  }

  private func line(_ cells: some Collection<String>, _ widths: [Int]) -> String {
    var line = ""
    var pending = 0
    for (column, cell) in cells.enumerated() {
      let isRight = columns[column].kind == .number
      let text = columns[column].kind == .text ? truncated(cell, to: widths[column]) : cell
      let space = max(0, widths[column] - displayWidth(text))
      if isRight { pending += space }
      if !text.isEmpty {
        line += String(repeating: " ", count: pending) + text
        pending = 0
      }
      pending += (isRight ? 0 : space) + Table.gap
    }
    return line
  }
}
