/// Rows that are kept for a while after they were read, packed into two arrays.
///
/// To keep the records themselves would cost three allocations each, because a record that is kept
/// cannot be filled again. Only what a file of rejected rows needs is kept: the cells and the line.
///
///     var batch = RecordBatch()
///     batch.append(record)
///     batch.cells(of: 0)  // as record.cells was
public struct RecordBatch: Sendable {
  private struct Row: Sendable {
    let line: Int
    let firstByte: Int
    let firstColumn: Int
  }

  private var bytes: [UInt8] = []
  private var columns: [Record.Cell] = []
  private var rows: [Row] = []

  /// Makes a batch without rows.
  public init() {}

  /// The number of rows.
  public var count: Int { rows.count }

  /// Adds a row.
  ///
  /// - Complexity: O(n) in the row's bytes; no allocation once the batch has been as large before.
  public mutating func append(_ record: Record) {
    rows.append(Row(line: record.line, firstByte: bytes.count, firstColumn: columns.count))
    bytes.append(contentsOf: record.storage)
    columns.append(contentsOf: record.columns)
  }

  /// The first physical line of a row, from 1.
  public func line(of row: Int) -> Int { rows[row].line }

  /// Every cell of a row, as `Record.cells` gives them.
  public func cells(of row: Int) -> [String] {
    let end = row + 1 < rows.count ? rows[row + 1].firstColumn : columns.count
    let first = rows[row].firstByte
    return columns[rows[row].firstColumn..<end].map { cell in
      cell.start < 0
        ? ""
        : String(
          decoding: bytes[(first + Int(cell.start))..<(first + Int(cell.end))], as: UTF8.self)
    }
  }

  /// Forgets the rows and keeps the memory for the next ones.
  public mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    columns.removeAll(keepingCapacity: true)
    rows.removeAll(keepingCapacity: true)
  }
}
