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

  /// Returns the rows and forgets them.
  mutating func takeRows() -> [[String]] {
    defer { rows.removeAll(keepingCapacity: true) }
    return rows
  }

  /// Returns the lines, heading first unless all titles are empty.
  ///
  /// - Parameters:
  ///   - width: The columns of the terminal, to which long text is fitted; nil fits nothing.
  ///   - colour: Whether the heading is set off.
  /// - Complexity: O(length of all cells).
  /// - Returns: Lines without line feeds or trailing spaces.
  public func lines(width: Int? = nil, colour: Bool = false) -> [String] {
    let layout = layout(width: width)
    return heading(layout, colour: colour) + rows.flatMap { lines(of: $0, layout) }
  }

  /// How wide columns are, and where the sentences of the last one go.
  struct Layout {
    fileprivate var widths: [Int]
    fileprivate var prose: Prose

    fileprivate enum Prose {
      /// Nothing is wrapped.
      case none
      /// Beside the other columns, after so many characters.
      case beside(Int)
      /// Below the row, in lines of this width.
      case below(Int)
    }
  }

  /// Finds the widths that fit the rows that are here.
  func layout(width: Int?) -> Layout {
    var widths = columns.map { displayWidth($0.title) }
    for row in rows {
      for (column, cell) in row.enumerated() {
        widths[column] = max(widths[column], displayWidth(cell))
      }
    }
    guard let width else { return Layout(widths: widths, prose: .none) }
    guard columns.last?.kind == .prose else {
      fit(&widths, in: width)
      return Layout(widths: widths, prose: .none)
    }
    let last = columns.count - 1
    let wanted = min(widths[last], Table.narrowestProse)
    let before = widths[..<last].reduce(0, +) + Table.gap * last
    if before + wanted <= width {
      widths[last] = min(widths[last], width - before)
      return Layout(widths: widths, prose: .beside(before))
    }
    widths[last] = min(displayWidth(columns[last].title), widths[last])
    fit(&widths, in: width)
    return Layout(
      widths: widths, prose: .below(max(Table.narrowest, width - Table.gap * 2)))
  }

  /// Returns the heading, or nothing when all titles are empty.
  func heading(_ layout: Layout, colour: Bool) -> [String] {
    let titles = columns.map(\.title)
    guard titles.contains(where: { !$0.isEmpty }) else { return [] }
    let heading = line(titles, layout.widths)
    return [colour ? Style.bold.applied(to: heading) : heading]
  }

  /// Returns the lines of one row.
  func lines(of row: [String], _ layout: Layout) -> [String] {
    let last = columns.count - 1
    switch layout.prose {
    case .none: return [line(row, layout.widths)]
    case .beside(let before):
      let parts = wrapped(row[last], to: layout.widths[last])
      let rest = parts.dropFirst().map { String(repeating: " ", count: before) + $0 }
      return [line(row[..<last] + [parts.first ?? ""], layout.widths)] + rest
    case .below(let width):
      let indent = String(repeating: " ", count: Table.gap * 2)
      return [line(row[..<last] + [""], layout.widths)]
        + wrapped(row[last], to: width).map { indent + $0 }
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
