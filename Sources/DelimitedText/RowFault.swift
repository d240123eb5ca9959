/// What is wrong with one row; the rows after it are still read.
public struct RowFault: Error, Hashable, Sendable {
  /// The kinds of fault.
  public enum Reason: Hashable, Sendable {
    /// A quote was opened and not closed before the end of the file or the row limit.
    case unterminatedQuote
    /// A quote inside an unquoted cell, or text after a closing quote.
    case strayQuote
    /// The row has more or fewer cells than the header.
    case columnCount(found: Int, expected: Int)
    /// The bytes of a cell are not UTF-8.
    case notUTF8
    /// The row is longer than the limit, in bytes.
    case tooLong(limit: Int)
    /// The row has more cells than the limit.
    case tooManyColumns(limit: Int)
    /// The line is not one JSON object.
    case notJSON
    /// A value is an object or an array.
    case nestedValue
    /// A key stands twice in the object.
    case duplicateKey
  }

  /// The first physical line of the row, from 1.
  public let line: Int
  /// The place of the cell in the row, from 1, when the fault is in one cell.
  public let column: Int?
  /// The name of that column, when it has one.
  public let columnName: String?
  /// What is wrong.
  public let reason: Reason

  /// Makes a fault.
  public init(line: Int, column: Int? = nil, columnName: String? = nil, reason: Reason) {
    self.line = line
    self.column = column
    self.columnName = columnName
    self.reason = reason
  }

  /// The stable word for scripts and logs.
  public var code: String {
    switch reason {
    case .unterminatedQuote: "unterminated-quote"
    case .strayQuote: "stray-quote"
    case .columnCount: "column-count"
    case .notUTF8: "not-utf8"
    case .tooLong: "row-too-long"
    case .tooManyColumns: "too-many-columns"
    case .notJSON: "not-json"
    case .nestedValue: "nested-value"
    case .duplicateKey: "duplicate-key"
    }
  }
}

extension RowFault.Reason: CustomStringConvertible {
  /// What is wrong and what to do, without the place.
  public var description: String {
    switch self {
    case .unterminatedQuote: "a quote is opened and never closed: close it, or double it"
    case .strayQuote:
      "a quote stands inside a cell: put the whole cell in quotes and double the quotes inside"
    case .columnCount(let found, let expected):
      "\(found) cells where the header has \(expected): quote cells that hold the separator"
    case .notUTF8: "the text is not UTF-8: save the file as \"CSV UTF-8\""
    case .tooLong(let limit): "the row is longer than \(limit) bytes"
    case .tooManyColumns(let limit): "the row has more than \(limit) cells"
    case .notJSON: "the line is not one JSON object"
    case .nestedValue: "the value is an object or an array; only text, numbers and null are read"
    case .duplicateKey: "the key stands twice in the object"
    }
  }
}

extension RowFault: CustomStringConvertible {
  /// A sentence for the person whose file it is, with the place.
  public var description: String {
    var place = "line \(line)"
    if let columnName {
      place += ", column \(columnName)"
    } else if let column {
      place += ", column \(column)"
    }
    return "\(place): \(reason)"
  }
}

/// Why a whole table cannot be read.
public enum TableError: Error, Hashable, Sendable {
  /// There is no row at all.
  case empty
  /// The file is UTF-16, as a spreadsheet's "Unicode text" is.
  case utf16
  /// Two header cells mean the same field.
  case duplicateColumn(String, first: Int, second: Int)
  /// Fields that must be there are not.
  case missingColumns([String])
  /// The header row itself cannot be read.
  case header(RowFault)

  /// The stable word for scripts and logs.
  public var code: String {
    switch self {
    case .empty: "table-empty"
    case .utf16: "table-utf16"
    case .duplicateColumn: "table-duplicate-column"
    case .missingColumns: "table-missing-column"
    case .header: "table-header"
    }
  }
}

extension TableError: CustomStringConvertible {
  /// A sentence for the person whose file it is.
  public var description: String {
    switch self {
    case .empty: "the file is empty: the first line must name the columns"
    case .utf16: "the file is UTF-16: save it as \"CSV UTF-8\""
    case .duplicateColumn(let name, let first, let second):
      "columns \(first) and \(second) are both \(name): remove one"
    case .missingColumns(let names):
      "no column named \(names.joined(separator: ", ")): the first line must name the columns"
    case .header(let fault): "the header cannot be read: \(fault)"
    }
  }
}
