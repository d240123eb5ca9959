internal import CommandKit
internal import DelimitedText
internal import EvidenceIntake
internal import Tracing

/// Cases that are read from a file and not registered.
enum CaseFile {
  /// Reads all cases of a file; a row that cannot be read is an error, since a trace without it
  /// would miss people.
  static func read(_ path: String, intake: IntakeContext, _ context: Context) throws -> [Case] {
    var sink = CaseList(reader: CaseReader(context: intake))
    let summary = try TableImport(
      fields: CaseReader.fields, path: path, context: context, keepsRejected: false
    ).run(&sink)
    if let row = summary.examples.first {
      throw CommandError(
        (row.column.map { "\($0): " } ?? "") + row.reason,
        hint: "mend the row: a trace without it would miss people",
        file: summary.name, line: row.line, code: row.code)
    }
    return sink.cases
  }

  private struct CaseList: RowSink {
    let reader: CaseReader
    var cases: [Case] = []
    var isFull: Bool { false }

    mutating func take(_ record: Record) throws(IntakeRejection) {
      cases.append(try reader.confirmedCase(from: record))
    }

    mutating func store(
      into summary: inout ImportSummary, refuse: (RejectedRow) -> Void
    ) throws {}
  }
}
