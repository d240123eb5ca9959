public import Presence
public import VenueCodes

/// What became of an upload.
public struct UploadOutcome: Hashable, Sendable {
  /// The check-ins that are the person's now, or were before.
  public let linked: Set<Pseudonym>
  /// The check-ins that are another person's already: the first upload stays.
  public let others: Set<Pseudonym>
}

extension ExposureStore {
  /// Adds the hash of a one-time code for the phone of an open case, and notes it in the audit log.
  ///
  /// - Parameters:
  ///   - hash: 32 bytes; the code itself is kept nowhere.
  ///   - id: The case.
  ///   - expiresAt: Until when it is good, in Unix seconds.
  ///   - now: The present, in Unix seconds.
  ///   - note: Who makes it.
  /// - Throws: `unknownCase` when there is no such case or it is closed.
  public func addUploadCode(
    hash: [UInt8], ofCase id: String, expiresAt: Int64, at now: Int64, note: AuditNote
  ) throws(StoreError) {
    try withWritableCatalog { catalog throws(StoreError) in
      guard let record = try CaseTable.record(id, in: catalog), record.closedAt == nil else {
        throw StoreError(.unknownCase, subject: id)
      }
      try catalog.run(
        "INSERT INTO upload_code (hash, case_id, made_at, expires_at) VALUES (?1, ?2, ?3, ?4)"
      ) { row throws(StoreError) in
        row.bind(hash, at: 1)
        row.bind(id, at: 2)
        row.bind(now, at: 3)
        row.bind(expiresAt, at: 4)
        try row.execute()
      }
      try AuditTable.append(note, to: catalog)
    }
  }

  /// Returns the case that a code can be used for now; nil for a wrong, used or expired one, or when
  /// the case was closed.
  public func caseOfUploadCode(hash: [UInt8], at now: Int64) throws(StoreError) -> CaseRecord? {
    try withCatalog { catalog throws(StoreError) in
      try UploadCodeTable.usableCase(hash, at: now, in: catalog)
    }
  }

  /// Uses a code up, and makes check-ins those of the case's person; all of it, with a line of the audit
  /// log, or nothing.
  ///
  /// From the next question on the scans of these check-ins are the person's: see `history`.
  ///
  /// - Parameters:
  ///   - checkIns: Pseudonyms of check-ins that the store knows.
  ///   - hash: The hash of the code.
  ///   - now: The present, in Unix seconds.
  ///   - note: The line of the audit log.
  /// - Returns: What became of each; nil, and nothing is changed, when the code is not good any more.
  /// - Throws: `busy`, `readOnly`, `diskFull`, `closed`.
  public func takeUpload(
    of checkIns: Set<Pseudonym>, codeHash hash: [UInt8], at now: Int64, note: AuditNote
  ) throws(StoreError) -> UploadOutcome? {
    try withWritableCatalog { catalog throws(StoreError) in
      guard let record = try UploadCodeTable.usableCase(hash, at: now, in: catalog),
        let person = try NameTable.number(of: record.subject, in: catalog)
      else { return nil }
      try catalog.run("UPDATE upload_code SET used_at = ?2 WHERE hash = ?1") {
        row throws(StoreError) in
        row.bind(hash, at: 1)
        row.bind(now, at: 2)
        try row.execute()
      }
      var linked: Set<Pseudonym> = []
      for checkIn in checkIns.sorted() {
        guard let number = try NameTable.number(of: checkIn, in: catalog), number != person
        else { continue }
        if try LinkTable.insert(number, of: person, case: record.id, at: now, in: catalog) {
          linked.insert(checkIn)
        }
      }
      try AuditTable.append(note, to: catalog)
      return UploadOutcome(linked: linked, others: checkIns.subtracting(linked))
    }
  }

  /// Returns all scans of some people on some local days.
  ///
  /// - Complexity: O(n) in the rows of those days.
  public func scans(
    of people: Set<Pseudonym>, from first: LocalDay, to last: LocalDay
  ) throws -> [Pseudonym: [Evidence]] {
    let snapshot = try snapshot(from: first, to: last)
    var names: [SubjectNumber: Pseudonym] = [:]
    for person in people {
      if let number = snapshot.number(of: person) { names[number] = person }
    }
    guard !names.isEmpty else { return [:] }
    var found: [Pseudonym: [Evidence]] = [:]
    try snapshot.forEachRow { row in
      guard let person = names[row.subject] else { return }
      switch row.kind {
      case .scanIn, .scanOut, .scan, .gatewayScan:
        found[person, default: []].append(snapshot.evidence(of: row))
      default: break
      }
    }
    return found
  }

  /// Whose check-ins are by an upload: the person's number by that of the check-in.
  func linkedPeople() throws(StoreError) -> [SubjectNumber: SubjectNumber] {
    try withCatalog { catalog throws(StoreError) in try LinkTable.people(in: catalog) }
  }
}

/// The codes in `checkin.sqlite`, by their hashes.
enum UploadCodeTable {
  static func usableCase(
    _ hash: [UInt8], at now: Int64, in catalog: borrowing Connection
  ) throws(StoreError) -> CaseRecord? {
    let id = try catalog.run(
      "SELECT case_id FROM upload_code WHERE hash = ?1 AND used_at IS NULL AND expires_at > ?2"
    ) { row throws(StoreError) in
      row.bind(hash, at: 1)
      row.bind(now, at: 2)
      return try row.step() ? row.text(0) : nil
    }
    guard let id, let record = try CaseTable.record(id, in: catalog), record.closedAt == nil
    else { return nil }
    return record
  }
}

/// Whose check-ins are, in `checkin.sqlite`.
///
/// A page checks in under another pseudonym each time. Both are there as numbers of the catalog, which
/// are never given twice, so that no second copy of a pseudonym outlives the person.
enum LinkTable {
  /// Links a check-in unless it is somebody else's; called in a transaction.
  ///
  /// - Returns: Whether it is this person's now.
  static func insert(
    _ checkIn: UInt32, of person: UInt32, case id: String, at now: Int64,
    in catalog: borrowing Connection
  ) throws(StoreError) -> Bool {
    try catalog.run(
      """
      INSERT OR IGNORE INTO linked_check_in (check_in, person, case_id, linked_at)
      VALUES (?1, ?2, ?3, ?4)
      """
    ) { row throws(StoreError) in
      row.bind(Int64(checkIn), at: 1)
      row.bind(Int64(person), at: 2)
      row.bind(id, at: 3)
      row.bind(now, at: 4)
      try row.execute()
    }
    return try catalog.run("SELECT person FROM linked_check_in WHERE check_in = ?1") {
      row throws(StoreError) in
      row.bind(Int64(checkIn), at: 1)
      return try row.step() && row.integer(0) == Int64(person)
    }
  }

  static func people(
    in catalog: borrowing Connection
  ) throws(StoreError) -> [SubjectNumber: SubjectNumber] {
    try catalog.run("SELECT check_in, person FROM linked_check_in") { row throws(StoreError) in
      var people: [SubjectNumber: SubjectNumber] = [:]
      while try row.step() {
        guard let checkIn = row.integer(0).flatMap({ SubjectNumber(exactly: $0) }),
          let person = row.integer(1).flatMap({ SubjectNumber(exactly: $0) })
        else { throw StoreError(.corrupt, subject: catalog.path) }
        people[checkIn] = person
      }
      return people
    }
  }

  static func delete(_ checkIn: UInt32, in catalog: borrowing Connection) throws(StoreError) {
    try catalog.run("DELETE FROM linked_check_in WHERE check_in = ?1") { row throws(StoreError) in
      row.bind(Int64(checkIn), at: 1)
      try row.execute()
    }
  }
}
