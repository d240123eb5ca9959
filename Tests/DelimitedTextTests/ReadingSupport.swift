import DelimitedText

/// What one step of a reader brought, in a form that tests compare.
enum Event: Hashable, CustomStringConvertible {
  case row(Int, [String])
  case fault(Int, String, column: Int? = nil)

  var description: String {
    switch self {
    case .row(let line, let cells): "\(line): \(cells)"
    case .fault(let line, let code, let column):
      "\(line): \(code)" + (column.map { " in column \($0)" } ?? "")
    }
  }
}

/// A table as a reader gave it.
struct Reading: Hashable {
  var events: [Event] = []
  var error: TableError?
  var columns: [String] = []
  var unknown: [String] = []
  var separator: UInt8?

  /// Reads bytes in chunks of a size; 0 is all at once.
  init(
    _ bytes: [UInt8], fields: [TableField], chunk: Int = 0, format: TableFormat = .automatic,
    limits: TableLimits = TableLimits(), removesFormulaGuards: Bool = false,
    byField: Bool = false
  ) {
    var reader = RecordReader(
      fields: fields, format: format, limits: limits, removesFormulaGuards: removesFormulaGuards)
    var record = Record()
    var rest = bytes[...]
    do throws(TableError) {
      reading: while true {
        switch try reader.next(into: &record) {
        case .record:
          let cells = byField ? fields.indices.map { record.text($0) } : record.cells
          events.append(.row(record.line, cells))
        case .fault(let fault):
          events.append(.fault(fault.line, fault.code, column: fault.column))
        case .needsBytes:
          if rest.isEmpty {
            reader.finish()
          } else {
            let piece = rest.prefix(chunk == 0 ? rest.count : chunk)
            reader.append(Array(piece))
            rest = rest.dropFirst(piece.count)
          }
        case .end: break reading
        }
      }
    } catch {
      self.error = error
    }
    columns = reader.columnNames
    unknown = reader.unknownColumns
    separator = reader.separator
  }
}
