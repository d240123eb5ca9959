/// A statement that inserts rows, in the form for one and in the form for many at once.
///
/// To begin and end a statement costs SQLite about as much as to insert a row, so rows go in by the
/// dozen.
package struct Insertion: Sendable {
  /// How many rows the larger form takes.
  package static let groupSize = 16

  /// How many values a row has.
  package let columns: Int
  fileprivate let one: String
  fileprivate let many: String

  /// Makes both forms.
  ///
  /// - Parameters:
  ///   - head: The statement up to its VALUES.
  ///   - columns: How many values a row has.
  package init(_ head: String, columns: Int) {
    func values(_ row: Int) -> String {
      "(" + (1...columns).map { "?\(row * columns + $0)" }.joined(separator: ", ") + ")"
    }
    self.columns = columns
    one = "\(head) VALUES \(values(0))"
    many =
      "\(head) VALUES "
      + (0..<Insertion.groupSize).map(values).joined(separator: ", ")
  }
}

/// Which of the rows of an insertion a value belongs to.
package struct BindingGroup: Sendable {
  fileprivate let firstPlace: Int32

  fileprivate init(row: Int, columns: Int) {
    firstPlace = Int32(truncatingIfNeeded: row * columns)
  }
}

extension Connection {
  /// Inserts rows in order; called in a transaction.
  ///
  /// - Parameters:
  ///   - count: How many rows.
  ///   - insertion: The statement.
  ///   - bind: Binds the values of a row, given its number from 0, to its part of the statement.
  /// - Throws: What SQLite reports.
  borrowing func insert(
    _ count: Int, _ insertion: Insertion,
    _ bind: (Int, borrowing Statement, BindingGroup) -> Void
  ) throws(StoreError) {
    let grouped = count - count % Insertion.groupSize
    try insert(0..<grouped, by: Insertion.groupSize, insertion.many, insertion, bind)
    try insert(grouped..<count, by: 1, insertion.one, insertion, bind)
  }

  private borrowing func insert(
    _ rows: Range<Int>, by size: Int, _ sql: String, _ insertion: Insertion,
    _ bind: (Int, borrowing Statement, BindingGroup) -> Void
  ) throws(StoreError) {
    guard !rows.isEmpty else { return }
    try run(sql) { statement throws(StoreError) in
      for first in stride(from: rows.lowerBound, to: rows.upperBound, by: size) {
        for row in 0..<size {
          bind(first + row, statement, BindingGroup(row: row, columns: insertion.columns))
        }
        try statement.execute()
      }
    }
  }
}

extension Statement {
  /// Binds a whole number, or null, to a row of an insertion.
  borrowing func bind(_ value: Int64?, at place: Int32, in group: BindingGroup) {
    bind(value, at: group.firstPlace + place)
  }

  /// Binds 16 bytes given as two big-endian halves to a row of an insertion.
  borrowing func bind(high: UInt64, low: UInt64, at place: Int32, in group: BindingGroup) {
    bind(high: high, low: low, at: group.firstPlace + place)
  }
}
