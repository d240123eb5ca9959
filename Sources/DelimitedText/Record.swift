/// One row of a table: bytes, found by the place of a field in the list the reader was given.
///
/// A record owns its bytes and is filled again and again by `RecordReader.next(into:)`, so that a
/// million rows need no allocation each:
///
///     let fields = [TableField("venue", isRequired: true), TableField("enter")]
///     var record = Record()
///     while case .record = try reader.next(into: &record) {
///       let venue = record[0]  // ArraySlice<UInt8>
///     }
///
/// The bytes of a record that was read without a fault are valid UTF-8. Do not keep a slice across
/// the next read: it would force a copy of the whole row.
public struct Record: Sendable {
  struct Cell: Sendable {
    /// The first byte in `storage`; -1 when the row has no such value.
    var start: Int32
    var end: Int32
    static let absent = Cell(start: -1, end: -1)
  }

  /// The first physical line of the row, from 1.
  public internal(set) var line = 0

  var storage: [UInt8] = []
  var columns: [Cell] = []
  var columnOfField: [Int32] = []

  /// Makes an empty record to read into.
  public init() {}

  /// The bytes of a field; empty when the cell is empty or the row has none.
  ///
  /// - Complexity: O(1).
  public subscript(field: Int) -> ArraySlice<UInt8> {
    let cell = cell(of: field)
    guard cell.start >= 0 else { return [] }
    return storage[Int(cell.start)..<Int(cell.end)]
  }

  /// Returns the bytes of a field without the spaces and tabs around them.
  public func trimmed(_ field: Int) -> ArraySlice<UInt8> {
    var slice = self[field]
    while let first = slice.first, first == 0x20 || first == 0x09 { slice.removeFirst() }
    while let last = slice.last, last == 0x20 || last == 0x09 { slice.removeLast() }
    return slice
  }

  /// Returns whether the row has a value for the field, be it empty.
  ///
  /// False when the table has no such column, or the JSON object no such key or null.
  public func has(_ field: Int) -> Bool {
    cell(of: field).start >= 0
  }

  /// Returns the text of a field as it stands.
  public func text(_ field: Int) -> String {
    String(decoding: self[field], as: UTF8.self)
  }

  /// The place of the field's column in the row, from 1, or nil when the table has no such column.
  public func column(of field: Int) -> Int? {
    guard field < columnOfField.count, columnOfField[field] >= 0 else { return nil }
    return Int(columnOfField[field]) + 1
  }

  /// Every cell of the row in the table's order, for a rejected-rows file.
  ///
  /// After a fault that left no cells, this is the row's first line as one cell; bytes that are not
  /// UTF-8 become the replacement character.
  public var cells: [String] {
    columns.map { cell in
      cell.start < 0
        ? "" : String(decoding: storage[Int(cell.start)..<Int(cell.end)], as: UTF8.self)
    }
  }

  private func cell(of field: Int) -> Cell {
    let column = Int(columnOfField[field])
    return column >= 0 && column < columns.count ? columns[column] : .absent
  }
}

/// What a reader's step brought.
public enum RecordStep: Hashable, Sendable {
  /// The record holds the next row.
  case record
  /// A row was refused; the record holds what could be had of its cells.
  case fault(RowFault)
  /// More bytes are needed: append some, or say that there are none with `finish()`.
  case needsBytes
  /// Every row was read.
  case end
}
