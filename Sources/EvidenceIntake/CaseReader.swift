public import DelimitedText
internal import Presence
public import Tracing
internal import VenueCodes

/// Makes confirmed cases of the rows of a table.
public struct CaseReader: Sendable {
  /// The columns of the table, in the order that they are read by.
  public static let fields = [
    TableField("id", isRequired: true), TableField("subject", isRequired: true),
    TableField("onset"), TableField("specimen"), TableField("isolation"), TableField("from"),
    TableField("to"),
  ]

  private let context: IntakeContext

  /// Makes a reader.
  public init(context: IntakeContext) {
    self.context = context
  }

  /// Reads a row.
  ///
  /// - Parameter record: A row read with `fields`.
  /// - Returns: The case.
  /// - Throws: The first thing that is wrong with the row.
  public func confirmedCase(from record: Record) throws(IntakeRejection) -> Case {
    let id = try record.trimmed(0).required("id")
    guard id.count <= Self.longestID else {
      throw IntakeRejection(.badCase, "id", "the case id is longer than \(Self.longestID) bytes")
    }
    let subject = try context.person(ofSlice: record.trimmed(1), column: "subject")
    let onset = try day(2, "onset", record)
    let specimen = try day(3, "specimen", record)
    let isolation = try time(4, "isolation", record)
    let from = try time(5, "from", record)
    if let from { try context.checkNotFuture(from, column: "from") }
    let to = try time(6, "to", record)
    do {
      return try Case(
        id: String(decoding: id, as: UTF8.self), subject: subject, onset: onset,
        specimen: specimen, isolation: isolation, from: from, to: to)
    } catch {
      throw IntakeRejection(.badCase, Self.column(of: error.code), "\(error)")
    }
  }

  private static let longestID = 256

  /// A day on which something was found out, which cannot be ahead of the clock.
  private func day(
    _ field: Int, _ column: String, _ record: Record
  ) throws(IntakeRejection) -> LocalDay? {
    let cell = record.trimmed(field)
    if cell.isEmpty { return nil }
    let day = try cell.date(column: column)
    try context.checkNotFuture(context.calendar.start(of: day), column: column)
    return day
  }

  private func time(
    _ field: Int, _ column: String, _ record: Record
  ) throws(IntakeRejection) -> Int64? {
    let cell = record.trimmed(field)
    return cell.isEmpty ? nil : try cell.time(column: column)
  }

  private static func column(of code: CaseError.Code) -> String {
    switch code {
    case .noID, .controlCharacter: "id"
    case .noStart: "onset"
    case .noEnd, .endsBeforeItStarts: "to"
    }
  }
}
