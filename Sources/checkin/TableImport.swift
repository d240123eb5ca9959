internal import CommandKit
internal import DelimitedText
internal import EvidenceIntake
internal import ExposureStorage
internal import Foundation

/// What takes the rows of an import.
protocol RowSink {
  /// Whether what was taken should be stored before more is.
  var isFull: Bool { get }

  /// Takes a row, or says what is wrong with it.
  mutating func take(_ record: Record) throws(IntakeRejection)

  /// Stores what was taken, counts it, and hands back what the store refused.
  mutating func store(
    into summary: inout ImportSummary, refuse: (RejectedRow) -> Void
  ) throws
}

/// Reads a table from a file of any size, in bounded memory.
struct TableImport {
  let fields: [TableField]
  let path: String
  let context: Context
  /// Whether rows that are refused go to a file; else the first of them are only counted.
  var keepsRejected = true

  /// Reads to the end.
  ///
  /// - Parameter sink: Takes the rows.
  /// - Returns: The counts.
  /// - Throws: When the file or its header cannot be read, or the store fails. What was stored by
  ///   then stays.
  func run(_ sink: inout some RowSink) throws -> ImportSummary {
    var input = try InputFile(path: path, interruption: context.interruption)
    var reader = RecordReader(fields: fields)
    var record = Record()
    var summary = ImportSummary(name: input.name)
    let rejected = RejectedRows(path: keepsRejected ? RejectedFile.path(for: path) : nil)
    let progress = context.progress("import", total: input.size, unit: "B")
    let started = context.monotonic()
    var isOver = false
    while !isOver {
      let step: RecordStep
      do {
        step = try reader.next(into: &record)
      } catch {
        throw CommandError("\(error)", file: input.name, code: error.code)
      }
      switch step {
      case .record:
        summary.rows += 1
        if summary.rows == 1 { warn(about: reader) }
        do throws(IntakeRejection) {
          try sink.take(record)
        } catch {
          try rejected.write(
            RejectedRow(
              cells: record.cells, line: record.line, column: error.column,
              code: error.code.rawValue, reason: error.reason), reader, &summary)
        }
        if sink.isFull { try store(&sink, &summary, rejected, reader) }
      case .fault(let fault):
        summary.rows += 1
        try rejected.write(RejectedRow(fault, cells: record.cells), reader, &summary)
      case .needsBytes:
        if let piece = try input.next() {
          reader.append(Array(piece))
          progress.update(to: input.bytesRead)
        } else {
          reader.finish()
        }
      case .end:
        isOver = true
      }
    }
    try store(&sink, &summary, rejected, reader)
    progress.finish()
    summary.rejectedFile = try rejected.finish()
    summary.seconds = Double(context.monotonic() - started) / 1e9
    return summary
  }

  private func store(
    _ sink: inout some RowSink, _ summary: inout ImportSummary, _ rejected: RejectedRows,
    _ reader: RecordReader
  ) throws {
    var refused: [RejectedRow] = []
    try sink.store(into: &summary) { refused.append($0) }
    for row in refused { try rejected.write(row, reader, &summary, isConflict: true) }
  }

  private func warn(about reader: RecordReader) {
    for name in reader.unknownColumns {
      context.talk.warning("the column '\(name)' means nothing here and is left out")
    }
  }
}

/// The rows that were refused, written as they come.
private final class RejectedRows {
  private let path: String?
  private var writer: RejectedRowWriter?
  private var file: FileHandle?
  private var unflushed = 0

  init(path: String?) {
    self.path = path
  }

  func write(
    _ row: RejectedRow, _ reader: RecordReader, _ summary: inout ImportSummary,
    isConflict: Bool = false
  ) throws {
    if !isConflict { summary.rejected += 1 }
    if summary.examples.count < 5 { summary.examples.append(row) }
    guard let path else { return }
    if writer == nil {
      writer = RejectedRowWriter(
        columns: reader.columnNames, separator: reader.separator ?? UInt8(ascii: ","))
      file = try RejectedFile.make(path)
    }
    writer?.write(row)
    // Counted here and not by the summary: conflicts alone must not pile up in memory.
    unflushed += 1
    if unflushed >= 512 { try flush() }
  }

  /// Writes the rest, and removes the file of an earlier run when nothing was refused this time.
  func finish() throws -> String? {
    guard let path else { return nil }
    guard writer != nil else {
      RejectedFile.removeEarlier(at: path)
      return nil
    }
    try flush()
    try file?.close()
    return path
  }

  private func flush() throws {
    unflushed = 0
    guard let bytes = writer?.takeBytes(), let file, let path else { return }
    try RejectedFile.append(bytes, to: file, path)
  }
}
