public import Presence
public import SealedContacts
internal import Synchronization
public import VenueCodes

/// A sealed box as a store keeps it, beside the evidence of the check-in that it came with.
public struct StoredContact: Hashable, Sendable {
  /// The check-in.
  public let place: ContactPlace
  /// The local day of the check-in, with whose evidence the box goes.
  public let day: LocalDay
  /// The box, which nothing here opens.
  public let box: ContactBox
  /// When it was received, in Unix seconds.
  public let receivedAt: Int64

  /// Describes a box.
  public init(place: ContactPlace, day: LocalDay, box: ContactBox, receivedAt: Int64) {
    self.place = place
    self.day = day
    self.box = box
    self.receivedAt = receivedAt
  }
}

/// The sealed contact details of a store, in `contacts.sqlite`.
///
/// They are in a file of their own, so that it can be kept and given away apart. Any number of
/// processes may use it at once. The file is made by the first box; a store without one has no boxes.
public final class ContactArchive: Sendable {
  private let layout: StoreLayout
  private let connection: Mutex<Connection?>

  /// Opens the boxes of a store.
  ///
  /// - Parameter path: The folder of the store.
  public init(at path: String) {
    layout = StoreLayout(root: path)
    connection = Mutex(nil)
  }

  /// Adds boxes; they are durable when this returns.
  ///
  /// A check-in has one box: the same one again is `repeated`, and another is a `conflict`, which is
  /// refused.
  ///
  /// - Parameter contacts: The boxes.
  /// - Returns: One outcome for each.
  /// - Throws: `busy`, `diskFull`, `readOnly`, `corrupt`.
  public func add(_ contacts: [StoredContact]) throws(StoreError) -> [AppendOutcome] {
    try withConnection(.create) { connection throws(StoreError) in
      try connection.transaction { () throws(StoreError) in
        var outcomes: [AppendOutcome] = []
        for contact in contacts {
          outcomes.append(try ContactTable.insert(contact, to: connection))
        }
        return outcomes
      }
    } ?? []
  }

  /// Returns the boxes that came with evidence, by evidence; what has none is left out.
  ///
  /// - Complexity: O(n log m) for n pieces of evidence in a store that has m boxes.
  public func contacts(
    of evidence: some Collection<EvidenceID>
  ) throws(StoreError) -> [StoredContact] {
    let wanted = Set(evidence).sorted()
    return try withConnection(.read) { connection throws(StoreError) in
      try connection.run(ContactTable.selection + " WHERE evidence = ?1") {
        row throws(StoreError) in
        var found: [StoredContact] = []
        for id in wanted {
          row.bind(high: id.high, low: id.low, at: 1)
          if try row.step() { found.append(try ContactTable.contact(row, connection.path)) }
          row.reset()
        }
        return found
      }
    } ?? []
  }

  /// Returns how many boxes there are.
  public func count() throws(StoreError) -> Int {
    try withConnection(.read) { connection throws(StoreError) in
      Int(clamping: try connection.number("SELECT count(*) FROM sealed_contact") ?? 0)
    } ?? 0
  }

  /// Returns how many boxes each key opens: who rotates wants to know when an old one is no longer
  /// needed.
  public func countsByKey() throws(StoreError) -> [ContactKeyID: Int] {
    try withConnection(.read) { connection throws(StoreError) in
      try connection.run("SELECT key, count(*) FROM sealed_contact GROUP BY key") {
        row throws(StoreError) in
        var counts: [ContactKeyID: Int] = [:]
        while try row.step() {
          guard let key = row.integer(0), let count = row.integer(1) else {
            throw StoreError(.corrupt, subject: connection.path)
          }
          counts[ContactKeyID(rawValue: UInt64(bitPattern: key))] = Int(clamping: count)
        }
        return counts
      }
    } ?? [:]
  }

  /// Deletes the boxes of days before one, but for those of evidence that stays, and writes the file
  /// anew, so that nothing of them is left in it.
  ///
  /// - Parameters:
  ///   - day: The first local day whose boxes stay.
  ///   - linked: Evidence that stays whatever its day.
  /// - Returns: The first 16 bytes of what is random in each box that went: they are in no other.
  /// - Throws: `busy`, `readOnly`, `diskFull`, `corrupt`.
  func delete(
    before day: LocalDay, but linked: Set<EvidenceID>
  ) throws(StoreError) -> [Pseudonym] {
    guard FileOperation.exists(layout.contacts) else { return [] }
    return try withConnection(.create) { connection throws(StoreError) in
      let marks = try connection.transaction { () throws(StoreError) in
        try ContactTable.delete(before: day, but: linked, in: connection)
      }
      // Always, since an earlier run may have been killed before it.
      try connection.execute("PRAGMA temp_store = MEMORY")
      try connection.execute("VACUUM")
      try connection.run("PRAGMA wal_checkpoint (TRUNCATE)") { row throws(StoreError) in
        guard try row.step(), row.integer(0) == 0 else {
          throw StoreError(.busy, subject: connection.path)
        }
      }
      return marks
    } ?? []
  }

  /// Counts what `delete` would delete.
  func count(
    before day: LocalDay, but linked: Set<EvidenceID>
  ) throws(StoreError) -> Int {
    try withConnection(.read) { connection throws(StoreError) in
      try ContactTable.past(day, but: linked, in: connection).count
    } ?? 0
  }

  /// Asks SQLite to look at the whole file, and reads every box.
  func problems() throws(StoreError) -> [String] {
    try withConnection(.read) { connection throws(StoreError) in
      var problems = try connection.integrityProblems()
      try connection.run(ContactTable.selection) { row throws(StoreError) in
        while try row.step() {
          if (try? ContactTable.contact(row, connection.path)) == nil {
            problems.append("a sealed contact is none")
          }
        }
      }
      return problems.map { "\(layout.contacts): \($0)" }
    } ?? []
  }

  /// Runs `body` with the file; nil when it is only to be read and is not there.
  private func withConnection<Result: Sendable>(
    _ access: Connection.Access, _ body: (borrowing Connection) throws(StoreError) -> Result
  ) throws(StoreError) -> Result? {
    let layout = layout
    if access == .read {
      guard FileOperation.exists(layout.contacts) else { return nil }
      // A connection of its own: readers never wait for who writes.
      return try body(Connection(opening: layout.contacts, for: .read))
    }
    return try connection.withLock { kept throws(StoreError) in
      if kept == nil {
        guard FileOperation.exists(layout.catalog) else {
          throw StoreError(.noStore, subject: layout.root)
        }
        let isNew = !FileOperation.exists(layout.contacts)
        let opened = try Connection(opening: layout.contacts, for: .create)
        try opened.execute("PRAGMA journal_mode = WAL")
        try opened.execute("PRAGMA synchronous = FULL")
        try opened.execute("PRAGMA secure_delete = ON")
        try Schema.contacts.migrate(opened)
        if isNew { try FileOperation.synchronizeFolder(layout.root) }
        kept = consume opened
      }
      guard let opened = kept.take() else { return nil }
      // It goes back even when the body throws: statements in the cache stay good.
      let result: Swift.Result<Result, StoreError>
      do throws(StoreError) {
        result = .success(try body(opened))
      } catch {
        result = .failure(error)
      }
      kept = consume opened
      return try result.get()
    }
  }
}

/// The table of `contacts.sqlite`.
private enum ContactTable {
  static let selection = "SELECT evidence, venue, day, box, received_at FROM sealed_contact"

  static func insert(
    _ contact: StoredContact, to connection: borrowing Connection
  ) throws(StoreError) -> AppendOutcome {
    let id = contact.place.evidence
    let added = try connection.run(
      """
      INSERT OR IGNORE INTO sealed_contact (evidence, venue, day, key, box, received_at)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6)
      """
    ) { row throws(StoreError) in
      row.bind(high: id.high, low: id.low, at: 1)
      row.bind(Int64(contact.place.venue.rawValue), at: 2)
      row.bind(Int64(contact.day.daysSince2020), at: 3)
      row.bind(Int64(bitPattern: contact.box.keyID.rawValue), at: 4)
      row.bind(contact.box.bytes, at: 5)
      row.bind(contact.receivedAt, at: 6)
      try row.execute()
      return connection.changes == 1
    }
    if added { return .stored }
    return try connection.run(selection + " WHERE evidence = ?1") { row throws(StoreError) in
      row.bind(high: id.high, low: id.low, at: 1)
      guard try row.step() else { throw StoreError(.corrupt, subject: connection.path) }
      let known = try ContactTable.contact(row, connection.path)
      return known.box == contact.box && known.place == contact.place ? .repeated : .conflict
    }
  }

  static func contact(_ row: borrowing Statement, _ path: String) throws(StoreError)
    -> StoredContact
  {
    guard let id = row.halves(0),
      let venue = row.integer(1).flatMap({ VenueID(rawValue: UInt64(bitPattern: $0)) }),
      let day = row.integer(2).flatMap({ Int32(exactly: $0) }), let bytes = row.bytes(3),
      let receivedAt = row.integer(4), let box = try? ContactBox(bytes: bytes)
    else { throw StoreError(.corrupt, subject: path) }
    return StoredContact(
      place: ContactPlace(venue: venue, evidence: EvidenceID(high: id.high, low: id.low)),
      day: LocalDay(daysSince2020: day), box: box, receivedAt: receivedAt)
  }

  /// The boxes of days before one whose evidence does not stay.
  static func past(
    _ day: LocalDay, but linked: Set<EvidenceID>, in connection: borrowing Connection
  ) throws(StoreError) -> [(id: EvidenceID, mark: Pseudonym)] {
    try connection.run("SELECT evidence, substr (box, 10, 16) FROM sealed_contact WHERE day < ?1") {
      row throws(StoreError) in
      row.bind(Int64(day.daysSince2020), at: 1)
      var found: [(id: EvidenceID, mark: Pseudonym)] = []
      while try row.step() {
        guard let id = row.halves(0), let mark = row.halves(1) else {
          throw StoreError(.corrupt, subject: connection.path)
        }
        let evidence = EvidenceID(high: id.high, low: id.low)
        if !linked.contains(evidence) {
          found.append((evidence, Pseudonym(high: mark.high, low: mark.low)))
        }
      }
      return found
    }
  }

  static func delete(
    before day: LocalDay, but linked: Set<EvidenceID>, in connection: borrowing Connection
  ) throws(StoreError) -> [Pseudonym] {
    let gone = try past(day, but: linked, in: connection)
    try connection.run("DELETE FROM sealed_contact WHERE evidence = ?1") { row throws(StoreError) in
      for (id, _) in gone {
        row.bind(high: id.high, low: id.low, at: 1)
        try row.execute()
      }
    }
    return gone.map(\.mark)
  }
}

extension Schema {
  /// `contacts.sqlite`: the sealed contact details that came with check-ins.
  static let contacts = Schema(
    applicationID: 0x636b_6974,
    steps: [
      """
      CREATE TABLE sealed_contact (
        evidence BLOB PRIMARY KEY CHECK (length (evidence) = 16),
        venue INTEGER NOT NULL, day INTEGER NOT NULL, key INTEGER NOT NULL,
        box BLOB NOT NULL CHECK (length (box) = 185), received_at INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX sealed_contact_of_day ON sealed_contact (day);
      """
    ])
}

extension StoreLayout {
  /// The sealed contact details.
  package var contacts: String { root + "/contacts.sqlite" }
}
