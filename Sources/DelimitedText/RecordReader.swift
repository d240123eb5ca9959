/// Reads the rows of a table from bytes that come in chunks of any size.
///
/// The table is RFC 4180 text with a header row, or one JSON object a line; rows come out the same.
/// The reader does no input itself and never stops for a bad row:
///
///     var reader = RecordReader(fields: [TableField("id"), TableField("venue", isRequired: true)])
///     var record = Record()
///     reading: while true {
///       switch try reader.next(into: &record) {
///       case .record: use(record)
///       case .fault(let fault): report(fault, record.cells)
///       case .needsBytes:
///         if let chunk = nextChunk() { reader.append(chunk) } else { reader.finish() }
///       case .end: break reading
///       }
///     }
///
/// Read are a byte order mark, LF, CR LF and CR, quoted cells with line ends inside, and `,` `;` or
/// tab as the separator, found from the header (a spreadsheet's `sep=;` line is obeyed). Empty
/// lines and rows of nothing but separators are passed over. Memory is bounded by the row limit and
/// the chunk. After a fault, reading goes on at the next physical line, so that one quote left open
/// costs one row and not the rest of the file.
///
/// - Complexity: O(1) a byte; a row that was cut by the end of a chunk is scanned again.
public struct RecordReader: Sendable {
  private enum State {
    case beforeHeader
    case rows
    case done
  }

  /// The fields that records are asked for, in order of their numbers.
  public let fields: [TableField]
  /// The limits that hold.
  public let limits: TableLimits
  /// Whether cells lose the apostrophe that `FormulaGuard` put before them.
  ///
  /// It becomes true with the header of a file that `RejectedRowWriter` wrote, so that a person
  /// called `+84…` is the same after the file was mended.
  public private(set) var removesFormulaGuards: Bool

  /// The names of the table's columns as they stand in the header; for JSON the fields' names.
  public private(set) var columnNames: [String] = []
  /// The names of columns, or JSON keys, that no field claims; at most 256 of them.
  public private(set) var unknownColumns: [String] = []
  /// The separator in use, once the header was read; nil for JSON.
  public private(set) var separator: UInt8?
  /// Whether the table is JSON, once the first row was read.
  public private(set) var isJSON = false

  private let format: TableFormat
  private var state = State.beforeHeader
  private var buffer: [UInt8] = []
  private var place = 0
  private var line = 1
  private var isLast = false
  /// The last line ended in CR at the end of a chunk: an LF that comes first belongs to it.
  private var ignoresLineFeed = false
  /// A row beyond the limit was given up: everything up to the next line end is dropped.
  private var isSkipping = false
  private var scanner: RowScanner
  private var columnOfField: [Int32]
  private var json: JSONRowParser

  /// Makes a reader for the fields a program wants; their places are the records' field numbers.
  public init(
    fields: [TableField], format: TableFormat = .automatic, limits: TableLimits = TableLimits(),
    removesFormulaGuards: Bool = false
  ) {
    self.fields = fields
    self.format = format
    self.limits = limits
    self.removesFormulaGuards = removesFormulaGuards
    self.scanner = RowScanner(separator: UInt8(ascii: ","), limits: limits)
    self.columnOfField = Array(repeating: -1, count: fields.count)
    self.json = JSONRowParser(fields: fields)
  }

  /// Adds the next bytes of the file.
  public mutating func append(_ chunk: [UInt8]) {
    if place > 0 {
      buffer.removeFirst(place)
      place = 0
    }
    buffer.append(contentsOf: chunk)
  }

  /// Says that no bytes follow.
  public mutating func finish() {
    isLast = true
  }

  /// Returns whether the table has a column for the field; JSON may have any.
  public func hasColumn(_ field: Int) -> Bool {
    isJSON || columnOfField[field] >= 0
  }

  /// Reads the next row.
  ///
  /// - Parameter record: Filled with the row, or with the cells of a refused one.
  /// - Returns: What the step brought.
  /// - Throws: `TableError` when the header is unusable; every later call then returns `.end`.
  public mutating func next(into record: inout Record) throws(TableError) -> RecordStep {
    if state == .beforeHeader {
      do throws(TableError) {
        if try !readHeader() { return .needsBytes }
      } catch {
        state = .done
        throw error
      }
    }
    while state == .rows {
      if ignoresLineFeed {
        if place == buffer.count {
          if isLast { break }
          return .needsBytes
        }
        if buffer[place] == UInt8(ascii: "\n") { place += 1 }
        ignoresLineFeed = false
      }
      if isSkipping {
        guard let end = lineEnd(from: place) else {
          place = buffer.count
          if isLast { break }
          return .needsBytes
        }
        finishLine(end)
        isSkipping = false
        continue
      }
      if place == buffer.count {
        if isLast { break }
        return .needsBytes
      }
      if let step = isJSON ? readObject(into: &record) : readRow(into: &record) { return step }
    }
    state = .done
    return .end
  }

  private mutating func finishLine(_ end: (next: Int, endsInCR: Bool)) {
    place = end.next
    ignoresLineFeed = end.endsInCR
    line += 1
  }

  /// The end of the line that holds a place; in JSON a CR is only space.
  private func lineEnd(from start: Int) -> (next: Int, endsInCR: Bool)? {
    guard isJSON else { return LineEnd.next(in: buffer, from: start) }
    return buffer[start...].firstIndex(of: UInt8(ascii: "\n")).map { ($0 + 1, false) }
  }

  // MARK: Delimited rows

  /// Reads one row, or returns nil when it is one to pass over.
  private mutating func readRow(into record: inout Record) -> RecordStep? {
    let outcome = buffer.withUnsafeBufferPointer { [place, isLast] bytes in
      scanner.scan(bytes, from: place, isLast: isLast, cells: &record.columns)
    }
    switch outcome {
    case .needsBytes:
      return .needsBytes
    case .fault(let reason, let column):
      return refuseLine(reason, column: column, into: &record)
    case .complete(let next, let endsInCR):
      let start = place
      if !scanner.hasQuotes, record.columns.allSatisfy({ $0.start == $0.end }) {
        finishLine((next, endsInCR))
        return nil
      }
      record.line = line
      record.columnOfField = columnOfField
      record.storage.removeAll(keepingCapacity: true)
      record.storage.append(contentsOf: buffer[start..<next])
      if scanner.hasQuotes {
        // The row's own end is among them, unless the file ends without one.
        line += max(1, LineEnd.count(in: buffer[start..<next]))
        place = next
        ignoresLineFeed = endsInCR
        if scanner.hasEscapes { unescape(&record) }
      } else {
        finishLine((next, endsInCR))
      }
      if removesFormulaGuards { removeGuards(&record) }
      if record.columns.count != columnNames.count {
        return .fault(
          RowFault(
            line: record.line,
            reason: .columnCount(found: record.columns.count, expected: columnNames.count)))
      }
      if scanner.hasQuotes || scanner.union & 0x8080_8080_8080_8080 != 0,
        let bad = firstCellNotUTF8(record)
      {
        return .fault(fault(.notUTF8, line: record.line, column: bad + 1))
      }
      return .record
    }
  }

  /// Refuses the physical line at `place`, whatever rows it was thought to begin.
  private mutating func refuseLine(
    _ reason: RowFault.Reason, column: Int?, into record: inout Record
  ) -> RecordStep {
    let start = place
    let end = lineEnd(from: start)
    if end == nil, !isLast, buffer.count - start <= limits.rowBytes { return .needsBytes }
    var last = min(end?.next ?? buffer.count, start + limits.rowBytes)
    while last > start, buffer[last - 1] == UInt8(ascii: "\n") || buffer[last - 1] == 0x0D {
      last -= 1
    }
    record.line = line
    record.columnOfField = Array(repeating: -1, count: fields.count)
    record.storage = Array(buffer[start..<last])
    record.columns = [Record.Cell(start: 0, end: Int32(record.storage.count))]
    let step = RecordStep.fault(fault(reason, line: line, column: column))
    if let end {
      finishLine(end)
    } else {
      place = buffer.count
      isSkipping = !isLast
    }
    return step
  }

  private func fault(_ reason: RowFault.Reason, line: Int, column: Int?) -> RowFault {
    var name: String?
    if let column, column <= columnNames.count, !columnNames[column - 1].isEmpty {
      name = columnNames[column - 1]
    }
    return RowFault(line: line, column: column, columnName: name, reason: reason)
  }

  /// Turns doubled quotes into single ones, within the record's own bytes.
  private func unescape(_ record: inout Record) {
    let quote = UInt8(ascii: "\"")
    for index in record.columns.indices {
      let cell = record.columns[index]
      // Only a quoted cell can hold a quote, so an unquoted one passes unchanged.
      var write = Int(cell.start)
      var read = write
      while read < Int(cell.end) {
        let byte = record.storage[read]
        record.storage[write] = byte
        write += 1
        read += byte == quote ? 2 : 1
      }
      record.columns[index].end = Int32(write)
    }
  }

  private func removeGuards(_ record: inout Record) {
    for index in record.columns.indices {
      let cell = record.columns[index]
      guard cell.start < cell.end, record.storage[Int(cell.start)] == FormulaGuard.mark,
        FormulaGuard.isGuarded(record.storage[Int(cell.start)..<Int(cell.end)])
      else { continue }
      record.columns[index].start += 1
    }
  }

  private func firstCellNotUTF8(_ record: Record) -> Int? {
    record.columns.firstIndex { cell in
      !RecordReader.isUTF8(record.storage.span.extracting(Int(cell.start)..<Int(cell.end)))
    }
  }

  static func isUTF8(_ bytes: Span<UInt8>) -> Bool {
    do {
      _ = try UTF8Span(validating: bytes)
      return true
    } catch {
      return false
    }
  }

  // MARK: JSON rows

  private mutating func readObject(into record: inout Record) -> RecordStep? {
    guard
      let end = buffer[place...].firstIndex(of: UInt8(ascii: "\n")) ?? (isLast ? buffer.count : nil)
    else {
      return buffer.count - place > limits.rowBytes
        ? refuseLine(.tooLong(limit: limits.rowBytes), column: nil, into: &record) : .needsBytes
    }
    if end - place > limits.rowBytes {
      return refuseLine(.tooLong(limit: limits.rowBytes), column: nil, into: &record)
    }
    let isBlank = buffer[place..<end].allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
    if isBlank {
      finishLine((min(end + 1, buffer.count), false))
      return nil
    }
    var failure: (reason: RowFault.Reason, field: Int?)?
    if !RecordReader.isUTF8(buffer.span.extracting(place..<end)) {
      failure = (.notUTF8, nil)
    } else {
      let parsed = json.parse(buffer[place..<end], into: &record)
      failure = parsed
    }
    if let failure {
      return refuseLine(failure.reason, column: failure.field.map { $0 + 1 }, into: &record)
    }
    for key in json.unknownKeys where unknownColumns.count < 256 {
      if !unknownColumns.contains(key) { unknownColumns.append(key) }
    }
    json.forgetUnknownKeys()
    record.line = line
    record.columnOfField = columnOfField
    if removesFormulaGuards { removeGuards(&record) }
    finishLine((min(end + 1, buffer.count), false))
    return .record
  }

  // MARK: Header

  /// Reads the header, or returns false when more bytes are needed.
  private mutating func readHeader() throws(TableError) -> Bool {
    if place == 0, line == 1 {
      if buffer.count < 3, !isLast { return false }
      if buffer.starts(with: [0xEF, 0xBB, 0xBF]) { place = 3 }
      if buffer.starts(with: [0xFF, 0xFE]) || buffer.starts(with: [0xFE, 0xFF]) { throw .utf16 }
    }
    // Empty lines before the header.
    while true {
      if place == buffer.count {
        if isLast { throw .empty }
        return false
      }
      if ignoresLineFeed, buffer[place] == UInt8(ascii: "\n") {
        place += 1
        ignoresLineFeed = false
        continue
      }
      ignoresLineFeed = false
      guard buffer[place] == UInt8(ascii: "\n") || buffer[place] == UInt8(ascii: "\r"),
        let end = LineEnd.next(in: buffer, from: place)
      else { break }
      finishLine(end)
    }
    if format == .jsonLines || (format == .automatic && buffer[place] == UInt8(ascii: "{")) {
      isJSON = true
      columnNames = fields.map(\.name)
      columnOfField = fields.indices.map { Int32($0) }
      state = .rows
      return true
    }
    var candidates = [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t")]
    if case .delimited(let given?) = format { candidates = [given] }
    switch statedSeparator() {
    case .none: break
    case .some(nil): return false
    case .some(let stated?):
      candidates = [stated]
      guard let end = LineEnd.next(in: buffer, from: place) else {
        if isLast { throw .empty }
        return false
      }
      finishLine(end)
      separator = stated
      // The header proper follows, perhaps after empty lines; now the separator is fixed.
      return try readHeader()
    }
    if let separator { candidates = [separator] }
    return try readNames(candidates: candidates)
  }

  /// The separator of a `sep=` line: nil when there is no such line, nil inside when the bytes do
  /// not tell yet.
  private func statedSeparator() -> UInt8?? {
    guard separator == nil else { return .none }
    let prefix = Array("sep=".utf8)
    let rest = buffer[place...].prefix(6)
    guard rest.starts(with: prefix.prefix(rest.count)) else { return .none }
    guard rest.count == 6 || isLast else { return .some(nil) }
    let bytes = Array(rest)
    guard bytes.count >= 5, bytes.count == 5 || bytes[5] == 0x0A || bytes[5] == 0x0D else {
      return .none
    }
    return .some(bytes[4])
  }

  /// Reads the header row with the separator under which it makes most sense.
  private mutating func readNames(candidates: [UInt8]) throws(TableError) -> Bool {
    struct Candidate {
      var separator: UInt8
      var names: [String]
      var next: Int
      var endsInCR: Bool
      var isUTF8: Bool
      var score: (known: Int, cells: Int)
    }
    let known = knownNames()
    var best: Candidate?
    var firstFault: (reason: RowFault.Reason, column: Int)?
    for separator in candidates {
      var scanner = RowScanner(separator: separator, limits: limits)
      var record = Record()
      let outcome = buffer.withUnsafeBufferPointer { [place, isLast] bytes in
        scanner.scan(bytes, from: place, isLast: isLast, cells: &record.columns)
      }
      switch outcome {
      case .needsBytes: return false
      case .fault(let reason, let column):
        if firstFault == nil { firstFault = (reason, column) }
      case .complete(let next, let endsInCR):
        record.storage = Array(buffer[place..<next])
        unescape(&record)
        let names = record.cells
        let score = (known: names.count { known[TableField.key($0)] != nil }, cells: names.count)
        if best.map({ score > $0.score }) ?? true {
          best = Candidate(
            separator: separator, names: names, next: next, endsInCR: endsInCR,
            isUTF8: firstCellNotUTF8(record) == nil, score: score)
        }
      }
    }
    guard let best else {
      let (reason, column) = firstFault ?? (.notUTF8, 1)
      throw .header(RowFault(line: line, column: column, reason: reason))
    }
    guard best.isUTF8 else { throw .header(RowFault(line: line, reason: .notUTF8)) }
    try claimColumns(best.names, known: known)
    separator = best.separator
    scanner = RowScanner(separator: best.separator, limits: limits)
    line += max(1, LineEnd.count(in: buffer[place..<best.next]))
    place = best.next
    ignoresLineFeed = best.endsInCR
    state = .rows
    return true
  }

  private func knownNames() -> [String: Int] {
    var known: [String: Int] = [:]
    for (index, field) in fields.enumerated() {
      for name in [field.name] + field.aliases where known[TableField.key(name)] == nil {
        known[TableField.key(name)] = index
      }
    }
    return known
  }

  private mutating func claimColumns(_ names: [String], known: [String: Int])
    throws(TableError)
  {
    var seen: [String: Int] = [:]
    for (column, name) in names.enumerated() {
      let key = TableField.key(name)
      if let field = known[key] {
        if columnOfField[field] >= 0 {
          throw .duplicateColumn(
            fields[field].name, first: Int(columnOfField[field]) + 1, second: column + 1)
        }
        columnOfField[field] = Int32(column)
      } else if !key.isEmpty {
        // Columns without a name are what a spreadsheet leaves behind; named twins are a mistake.
        if let first = seen[key] {
          throw .duplicateColumn(name, first: first + 1, second: column + 1)
        }
        seen[key] = column
        if unknownColumns.count < 256 { unknownColumns.append(name) }
      }
    }
    let ofRejection = RejectedRowWriter.addedColumns
    if ofRejection.allSatisfy({ seen[$0] != nil }) {
      removesFormulaGuards = true
      unknownColumns.removeAll { ofRejection.contains(TableField.key($0)) }
    }
    let missing = fields.indices.filter { fields[$0].isRequired && columnOfField[$0] < 0 }
    guard missing.isEmpty else { throw .missingColumns(missing.map { fields[$0].name }) }
    columnNames = names
  }
}

extension RecordReader {
  /// Reads a whole table that is in memory, for tables small enough for that.
  ///
  /// - Parameters:
  ///   - bytes: The file.
  ///   - body: Is given each row, or each fault with the cells of the refused row.
  /// - Throws: `TableError` when the header is unusable.
  public mutating func readAll(
    _ bytes: [UInt8], _ body: (Record, RowFault?) -> Void
  ) throws(TableError) {
    append(bytes)
    finish()
    var record = Record()
    while true {
      switch try next(into: &record) {
      case .record: body(record, nil)
      case .fault(let fault): body(record, fault)
      case .needsBytes, .end: return
      }
    }
  }
}
