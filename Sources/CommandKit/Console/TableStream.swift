/// A table of any length: the widths are those of its first rows, and later rows are written as they
/// come.
///
/// ```swift
/// var table = TableStream(["ID", "NAME"], to: context.output)
/// for venue in venues { try table.append([venue.id.description, venue.name]) }
/// try table.finish()
/// ```
public struct TableStream {
  private let output: Output
  private var table: Table
  private var count = 0
  /// The widths, once there were enough rows to choose them by.
  private var layout: Table.Layout?

  /// The rows that widths are chosen by; a table that has no more is the same as a `Table`.
  private static let sample = 1_000

  /// Makes an empty table that goes to an output.
  public init(_ columns: [Table.Column], to output: Output) {
    self.output = output
    table = Table(columns)
  }

  /// Adds a row; it must have a cell for every column.
  public mutating func append(_ cells: [String]) throws(OutputError) {
    table.append(cells)
    count += 1
    if layout != nil || count == TableStream.sample { try writeRows() }
  }

  /// Writes what is still held back.
  public mutating func finish() throws(OutputError) {
    if layout == nil || !table.isEmpty { try writeRows() }
  }

  private mutating func writeRows() throws(OutputError) {
    let layout: Table.Layout
    if let chosen = self.layout {
      layout = chosen
    } else {
      layout = table.layout(width: output.width)
      self.layout = layout
      for line in table.heading(layout, colour: output.usesColour) { try output.line(line) }
    }
    for row in table.takeRows() {
      for line in table.lines(of: row, layout) { try output.line(line) }
    }
  }
}
