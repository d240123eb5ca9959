/// What a cell holds; a text is written as a text, so that no spreadsheet ever takes it for a formula.
public enum Cell: Hashable, Sendable {
  /// Nothing.
  case empty
  /// A text, at most 32,767 characters.
  case text(String)
  /// A whole number, shown with separators of thousands.
  case count(Int)
  /// A number, shown with one decimal.
  case decimal(Double)
  /// A part of one, shown in percent.
  case share(Double)
  /// A date of the Gregorian calendar from 1900 on, shown day first.
  case date(year: Int, month: Int, day: Int)
}

/// A sheet but for its rows: its name, its columns and the charts beside them.
public struct Sheet: Sendable {
  /// A column.
  public struct Column: Sendable {
    /// The heading; a line feed breaks it.
    public var heading: String
    /// The width in characters.
    public var width: Double

    /// Makes a column.
    public init(_ heading: String, width: Double) {
      self.heading = heading
      self.width = width
    }
  }

  /// A chart of some columns against the first.
  public struct Chart: Sendable {
    /// How values are drawn.
    public enum Kind: Sendable {
      /// Horizontal bars, for names.
      case bars
      /// Upright columns, for days.
      case columns
      /// A line, for days.
      case line
    }

    /// How values are drawn.
    public var kind: Kind
    /// What stands above it.
    public var title: String
    /// The column of the names or days, counted from 0.
    public var labels: Int
    /// The columns of the values, counted from 0.
    public var values: [Int]
    /// The rows that are shown, counted from 0 below the heading.
    public var rows: Range<Int>
    /// The row of its upper edge, counted from 0 with the heading.
    public var topRow: Int

    /// Makes a chart; see the properties.
    public init(
      _ kind: Kind, title: String, labels: Int, values: [Int], rows: Range<Int>, topRow: Int = 1
    ) {
      self.kind = kind
      self.title = title
      self.labels = labels
      self.values = values
      self.rows = rows
      self.topRow = topRow
    }
  }

  /// The name on its tab: at most 31 characters, none of `[]:*?/\`.
  public var name: String
  /// The columns.
  public var columns: [Column]
  /// How many columns at the left stay in sight.
  public var frozenColumns: Int
  /// The charts, right of the columns.
  public var charts: [Chart]

  /// Makes a sheet.
  public init(
    _ name: String, columns: [Column], frozenColumns: Int = 1, charts: [Chart] = []
  ) {
    self.name = name
    self.columns = columns
    self.frozenColumns = frozenColumns
    self.charts = charts
  }
}
