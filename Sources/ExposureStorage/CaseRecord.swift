public import Presence
public import VenueCodes

/// A confirmed case as the store keeps it: the columns of `import cases`, and its dates of record.
public struct CaseRecord: Hashable, Sendable {
  /// The id that the health desk gave it.
  public var id: String
  /// Who it is.
  public var subject: Pseudonym
  /// The day symptoms began.
  public var onset: LocalDay?
  /// The day the sample was taken.
  public var specimen: LocalDay?
  /// When isolation began, in Unix seconds.
  public var isolation: Int64?
  /// The start of the infectious window when it is stated, in Unix seconds.
  public var from: Int64?
  /// The end of the infectious window when it is stated, in Unix seconds.
  public var to: Int64?
  /// The rule set that is to judge it, when it is stated.
  public var rule: String?
  /// When the store learnt of it, in Unix seconds; not part of what makes two records the same.
  public var createdAt: Int64
  /// When it was closed, in Unix seconds; nil while it is open.
  public var closedAt: Int64?

  /// Makes a record; see the properties.
  public init(
    id: String, subject: Pseudonym, onset: LocalDay? = nil, specimen: LocalDay? = nil,
    isolation: Int64? = nil, from: Int64? = nil, to: Int64? = nil, rule: String? = nil,
    createdAt: Int64, closedAt: Int64? = nil
  ) {
    self.id = id
    self.subject = subject
    self.onset = onset
    self.specimen = specimen
    self.isolation = isolation
    self.from = from
    self.to = to
    self.rule = rule
    self.createdAt = createdAt
    self.closedAt = closedAt
  }

  /// Whether two records state the same: all but when they came and whether they are closed.
  public func statesTheSame(as other: CaseRecord) -> Bool {
    var copy = other
    copy.createdAt = createdAt
    copy.closedAt = closedAt
    return self == copy
  }
}

/// What became of a case that was added.
public enum CaseOutcome: Hashable, Sendable {
  /// It is new and durable.
  case stored
  /// The store had it already, with the same content.
  case repeated
}

extension ExposureStore {
  /// Adds a case and notes it in the audit log, both or neither.
  ///
  /// - Parameters:
  ///   - record: The case.
  ///   - note: Who adds it and for what purpose; used only when the case is new.
  /// - Returns: Whether it is new or was there with the same content.
  /// - Throws: `caseConflict` when the id is there with other content; nothing is changed then.
  public func addCase(
    _ record: CaseRecord, note: AuditNote
  ) throws(StoreError) -> CaseOutcome {
    try withWritableCatalog { catalog throws(StoreError) in
      if let known = try CaseTable.record(record.id, in: catalog) {
        guard known.statesTheSame(as: record) else {
          throw StoreError(.caseConflict, subject: record.id)
        }
        return .repeated
      }
      try CaseTable.insert(record, to: catalog)
      try AuditTable.append(note, to: catalog)
      return .stored
    }
  }

  /// Closes a case and notes it in the audit log; a closed case stays as it was closed first.
  ///
  /// - Parameters:
  ///   - id: The case.
  ///   - at: When, in Unix seconds.
  ///   - note: Who closes it and for what purpose; used only when the case was open.
  /// - Throws: `unknownCase`.
  public func closeCase(_ id: String, at: Int64, note: AuditNote) throws(StoreError) {
    try withWritableCatalog { catalog throws(StoreError) in
      guard let known = try CaseTable.record(id, in: catalog) else {
        throw StoreError(.unknownCase, subject: id)
      }
      guard known.closedAt == nil else { return }
      try catalog.run("UPDATE confirmed_case SET closed_at = ?2 WHERE id = ?1") {
        row throws(StoreError) in
        row.bind(id, at: 1)
        row.bind(at, at: 2)
        try row.execute()
      }
      try AuditTable.append(note, to: catalog)
    }
  }

  /// Returns a case, or nil when there is none of this id.
  public func caseRecord(_ id: String) throws(StoreError) -> CaseRecord? {
    try withCatalog { catalog throws(StoreError) in try CaseTable.record(id, in: catalog) }
  }

  /// Returns the cases by id, as bytes.
  ///
  /// - Parameter openOnly: Whether closed cases are left out.
  /// - Returns: The cases.
  /// - Throws: `closed`, `busy`, `corrupt`.
  public func caseRecords(openOnly: Bool = false) throws(StoreError) -> [CaseRecord] {
    try withCatalog { catalog throws(StoreError) in
      try CaseTable.records(
        openOnly ? "WHERE closed_at IS NULL ORDER BY id" : "ORDER BY id", in: catalog
      ) { _ in }
    }
  }
}

/// The cases in `checkin.sqlite`.
enum CaseTable {
  static func record(
    _ id: String, in catalog: borrowing Connection
  ) throws(StoreError) -> CaseRecord? {
    try records("WHERE id = ?1", in: catalog) { row in row.bind(id, at: 1) }.first
  }

  static func records(
    _ clause: String, in catalog: borrowing Connection, bind: (borrowing Statement) -> Void
  ) throws(StoreError) -> [CaseRecord] {
    try catalog.run(
      """
      SELECT id, pseudonym, onset, specimen, isolation, window_from, window_to, rule, created_at,
        closed_at
      FROM confirmed_case JOIN subject ON subject.number = confirmed_case.subject
      \(clause)
      """
    ) { row throws(StoreError) in
      bind(row)
      var records: [CaseRecord] = []
      while try row.step() {
        guard let id = row.text(0), let subject = row.halves(1), let createdAt = row.integer(8)
        else { throw StoreError(.corrupt, subject: catalog.path) }
        records.append(
          CaseRecord(
            id: id, subject: Pseudonym(high: subject.high, low: subject.low),
            onset: day(row.integer(2)), specimen: day(row.integer(3)), isolation: row.integer(4),
            from: row.integer(5), to: row.integer(6), rule: row.text(7), createdAt: createdAt,
            closedAt: row.integer(9)))
      }
      return records
    }
  }

  static func insert(
    _ record: CaseRecord, to catalog: borrowing Connection
  ) throws(StoreError) {
    let numbers = try NameTable.numbers(of: [record.subject], in: catalog)
    guard let subject = numbers[record.subject] else {
      throw StoreError(.corrupt, subject: catalog.path)
    }
    try catalog.run(
      """
      INSERT INTO confirmed_case (
        id, subject, onset, specimen, isolation, window_from, window_to, rule, created_at, closed_at
      ) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
      """
    ) { row throws(StoreError) in
      row.bind(record.id, at: 1)
      row.bind(Int64(subject), at: 2)
      row.bind(record.onset.map { Int64($0.daysSince2020) }, at: 3)
      row.bind(record.specimen.map { Int64($0.daysSince2020) }, at: 4)
      row.bind(record.isolation, at: 5)
      row.bind(record.from, at: 6)
      row.bind(record.to, at: 7)
      row.bind(record.rule, at: 8)
      row.bind(record.createdAt, at: 9)
      row.bind(record.closedAt, at: 10)
      try row.execute()
    }
  }

  private static func day(_ number: Int64?) -> LocalDay? {
    number.flatMap { Int32(exactly: $0) }.map(LocalDay.init(daysSince2020:))
  }
}
