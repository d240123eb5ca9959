/// A row that was not taken, as it stood, with the place and the reason.
public struct RejectedRow: Hashable, Sendable {
  /// The cells as they were read.
  public let cells: [String]
  /// The first physical line of the row.
  public let line: Int
  /// The name of the column at fault, or nil when it is the whole row.
  public let column: String?
  /// The stable word for scripts.
  public let code: String
  /// A sentence that says what is wrong and what to do.
  public let reason: String

  /// Makes a rejected row.
  public init(cells: [String], line: Int, column: String?, code: String, reason: String) {
    self.cells = cells
    self.line = line
    self.column = column
    self.code = code
    self.reason = reason
  }

  /// Makes the rejected row of a fault.
  public init(_ fault: RowFault, cells: [String]) {
    self.init(
      cells: cells, line: fault.line,
      column: fault.columnName ?? fault.column.map { "\($0)" }, code: fault.code,
      reason: fault.reason.description)
  }
}

/// Writes a rejected-rows file: the columns of the original, then `line`, `column` and `reason`.
///
/// A person mends the rows and imports the file again, so columns named `line`, `column` or
/// `reason` of the original, which come from an earlier such file, are left out. A row with too
/// many cells has the surplus joined into its last one.
public struct RejectedRowWriter: Sendable {
  /// What stands behind the columns of the original.
  static let addedColumns = ["line", "column", "reason"]

  private let kept: [Int]
  private let columnCount: Int
  private var writer: DelimitedWriter

  /// Makes a writer and writes the header.
  ///
  /// - Parameters:
  ///   - columns: `RecordReader.columnNames` of the file that was read.
  ///   - separator: The separator of that file.
  ///   - guardsFormulas: True, because such a file is opened in a spreadsheet; a `RecordReader`
  ///     knows it again by its last columns and takes the guards off.
  public init(
    columns: [String], separator: UInt8 = UInt8(ascii: ","), guardsFormulas: Bool = true
  ) {
    kept = columns.indices.filter {
      !Self.addedColumns.contains(TableField.key(columns[$0]))
    }
    columnCount = columns.count
    writer = DelimitedWriter(separator: separator, guardsFormulas: guardsFormulas)
    writer.write(kept.map { columns[$0] } + Self.addedColumns)
  }

  /// Writes one row.
  public mutating func write(_ row: RejectedRow) {
    var cells = row.cells
    if cells.count > columnCount, columnCount > 0 {
      let surplus = cells[(columnCount - 1)...].joined(
        separator: String(decoding: [writer.separator], as: UTF8.self))
      cells = cells.prefix(columnCount - 1) + [surplus]
    }
    let original = kept.map { $0 < cells.count ? cells[$0] : "" }
    writer.write(original + ["\(row.line)", row.column ?? "", row.reason])
  }

  /// Returns what was written since the last time, and starts empty.
  public mutating func takeBytes() -> [UInt8] {
    writer.takeBytes()
  }
}
