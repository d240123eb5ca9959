public import DelimitedText
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
    let id = String(decoding: try record.trimmed(0).required("id"), as: UTF8.self)
    let subject = try context.pseudonym(ofSlice: record.trimmed(1), column: "subject")
    func optional<Value>(
      _ field: Int, _ read: (ArraySlice<UInt8>) throws(IntakeRejection) -> Value
    ) throws(IntakeRejection) -> Value? {
      let cell = record.trimmed(field)
      return cell.isEmpty ? nil : try read(cell)
    }
    func time(_ field: Int, _ column: String) throws(IntakeRejection) -> Int64? {
      try optional(field) { cell throws(IntakeRejection) in try cell.time(column: column) }
    }
    func date(_ field: Int, _ column: String) throws(IntakeRejection) -> LocalDay? {
      try optional(field) { cell throws(IntakeRejection) in try cell.date(column: column) }
    }
    do {
      return try Case(
        id: id, subject: subject, onset: date(2, "onset"), specimen: date(3, "specimen"),
        isolation: time(4, "isolation"), from: time(5, "from"), to: time(6, "to"))
    } catch let error as CaseError {
      throw IntakeRejection(.badCase, "id", "\(error)")
    } catch let error as IntakeRejection {
      throw error
    } catch {
      throw IntakeRejection(.badCase, "id", "the case cannot be read")
    }
  }
}
