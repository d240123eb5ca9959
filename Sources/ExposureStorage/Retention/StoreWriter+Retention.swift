internal import Glibc
internal import Presence
internal import VenueCodes

/// What one run of retention deleted of the catalog's people.
struct ForgottenPeople: Sendable {
  /// The people whom nothing names any more.
  var people: Set<Pseudonym>
  /// How many aliases are gone.
  var aliases: Int
  /// The identifiers of these aliases that stand nowhere in the catalog now.
  var identifiers: Set<Pseudonym>
}

// What retention does while nobody else appends.
extension StoreWriter {
  /// What is to become of the file of a day.
  enum DayFate {
    case nothing
    case deletion
    /// Only these rows stay, numbered anew.
    case replacement(EvidenceColumns)
  }

  /// Decides on a day under the append lock, and does it.
  ///
  /// The old file is unlinked, never edited: what reads it goes on reading it, and nothing of it is
  /// left when the last reader is done. Its log is emptied first and unlinked before the file, because
  /// a log left beside another database would be applied to that. The day is announced as being
  /// written, so that whoever comes next after a crash looks at what is then there.
  func replacingDay<Result>(
    _ day: LocalDay, _ decide: () throws(StoreError) -> (Result, DayFate)
  ) throws(StoreError) -> Result {
    try holdingLock { () throws(StoreError) in
      let (result, fate) = try decide()
      let path = layout.file(of: day)
      var draft: String?
      switch fate {
      case .nothing: return result
      case .deletion: break
      case .replacement(let kept):
        draft = try DayFile.draft(of: day, holding: kept, in: layout)
      }
      try changingFile(of: day) { () throws(StoreError) in
        try DayFile.emptyLog(of: path)
        try DayFile.removeLog(of: path)
        if let draft {
          guard rename(draft, path) == 0 else { throw FileOperation.failure(path) }
        } else {
          guard unlink(path) == 0 || errno == ENOENT else { throw FileOperation.failure(path) }
        }
        try FileOperation.synchronizeFolder(layout.days)
      }
      return result
    }
  }

  /// Removes what an earlier run left that was killed: drafts, and logs without their file.
  func removeLeftovers() throws(StoreError) {
    try holdingLock { () throws(StoreError) in
      for name in try FileOperation.names(in: layout.days) {
        let path = "\(layout.days)/\(name)"
        let isDraft = name.contains(".sqlite.")
        let isOrphan = ["-wal", "-shm"].contains { suffix in
          name.hasSuffix(suffix) && !FileOperation.exists(String(path.dropLast(suffix.count)))
        }
        if isDraft || isOrphan { unlink(path) }
      }
    }
  }

  /// Deletes from the catalog the people whom nothing names.
  ///
  /// Under the append lock, so that nobody gives a row a number that is just being deleted; whoever
  /// remembers numbers sees by the count of forgettings that they must be looked up again.
  ///
  /// - Parameters:
  ///   - time: Aliases whose slot no day after this concerns go too, unless a row names the identifier.
  ///   - named: Returns the numbers that rows name.
  /// - Returns: Who was deleted, how many aliases, and the identifiers of these that stand nowhere now.
  /// - Throws: `corrupt`, and what `named` throws.
  func forgettingPeople(
    aliasesBefore time: Int64, _ named: () throws(StoreError) -> NumberSet
  ) throws(StoreError) -> ForgottenPeople {
    try holdingLock { () throws(StoreError) in
      let named = try named()
      // With it, each deletion would look through all cases; they are looked at here, once.
      try catalog.execute("PRAGMA foreign_keys = OFF")
      defer { try? catalog.execute("PRAGMA foreign_keys = ON") }
      return try catalog.transaction { () throws(StoreError) in
        let aliases = try AliasTable.delete(before: time, but: named, in: catalog)
        let people = try deletePeople(but: named)
        return ForgottenPeople(
          people: people, aliases: aliases.count, identifiers: try unnamed(of: Set(aliases)))
      }
    }
  }

  /// Returns those of some identifiers that nothing in the catalog names; called in a transaction.
  private func unnamed(of identifiers: Set<Pseudonym>) throws(StoreError) -> Set<Pseudonym> {
    let refused = try refusedPeople()
    return try catalog.run(
      """
      SELECT EXISTS (SELECT 1 FROM alias WHERE credential = ?1)
        OR EXISTS (SELECT 1 FROM subject WHERE pseudonym = ?1)
      """
    ) { row throws(StoreError) in
      var gone: Set<Pseudonym> = []
      for identifier in identifiers where !refused.contains(identifier) {
        row.bind(high: identifier.high, low: identifier.low, at: 1)
        if try row.step(), row.integer(0) == 0 { gone.insert(identifier) }
        row.reset()
      }
      return gone
    }
  }

  /// Returns whom refused rows name.
  private func refusedPeople() throws(StoreError) -> Set<Pseudonym> {
    var refused: Set<Pseudonym> = []
    try catalog.run("SELECT subject, peer FROM conflict") { row throws(StoreError) in
      while try row.step() {
        for column in Int32(0)...1 {
          if let halves = row.halves(column) {
            refused.insert(Pseudonym(high: halves.high, low: halves.low))
          }
        }
      }
    }
    return refused
  }

  /// Deletes people whom no row, no case, no alias and no refused row names; called in a transaction.
  private func deletePeople(but named: NumberSet) throws(StoreError) -> Set<Pseudonym> {
    var named = named
    // A link goes with the last row of its check-in; until then it names the person.
    for (checkIn, person) in try LinkTable.people(in: catalog) {
      if named.contains(checkIn) {
        named.insert(person)
      } else {
        try LinkTable.delete(checkIn, in: catalog)
      }
    }
    try catalog.run("SELECT subject FROM confirmed_case") { row throws(StoreError) in
      while try row.step() {
        if let number = row.integer(0).flatMap({ UInt32(exactly: $0) }) { named.insert(number) }
      }
    }
    // An identifier that an alias names keeps its number as long as the alias.
    try catalog.run(
      """
      SELECT person, number FROM alias LEFT JOIN subject ON subject.pseudonym = alias.credential
      """
    ) { row throws(StoreError) in
      while try row.step() {
        for column in Int32(0)...1 {
          if let number = row.integer(column).flatMap({ UInt32(exactly: $0) }) {
            named.insert(number)
          }
        }
      }
    }
    let refused = try refusedPeople()
    var forgotten: Set<Pseudonym> = []
    var numbers: [Int64] = []
    try catalog.run("SELECT number, pseudonym FROM subject") { row throws(StoreError) in
      while try row.step() {
        guard let number = row.integer(0), let short = UInt32(exactly: number),
          let halves = row.halves(1)
        else { throw StoreError(.corrupt, subject: catalog.path) }
        let person = Pseudonym(high: halves.high, low: halves.low)
        guard !named.contains(short), !refused.contains(person) else { continue }
        numbers.append(number)
        forgotten.insert(person)
      }
    }
    guard !numbers.isEmpty else { return [] }
    try catalog.run("DELETE FROM subject WHERE number = ?1") { row throws(StoreError) in
      for number in numbers {
        row.bind(number, at: 1)
        try row.execute()
      }
    }
    try catalog.execute(
      """
      INSERT INTO number_series (name, last) VALUES ('forgetting', 1)
      ON CONFLICT (name) DO UPDATE SET last = last + 1
      """)
    return forgotten
  }
}

extension DayFile {
  /// Makes a day file of some rows, whole and durable, under a name of its own.
  ///
  /// - Returns: Its path, to be renamed.
  static func draft(
    of day: LocalDay, holding rows: EvidenceColumns, in layout: StoreLayout
  ) throws(StoreError) -> String {
    let path = layout.file(of: day) + ".kept"
    try FileOperation.removeDatabase(path)
    try make(path, in: layout.days)
    let connection = try Connection(opening: path, for: .write)
    try connection.execute("PRAGMA synchronous = FULL")
    try connection.transaction { () throws(StoreError) in
      var packer = EvidenceFramePacker()
      try connection.writeFrames(of: rows, numberedFrom: 1, &packer)
    }
    try emptyLog(of: connection)
    return path
  }

  /// Unlinks the log of a day file, which must be empty or of no file.
  static func removeLog(of path: String) throws(StoreError) {
    for suffix in ["-wal", "-shm"] {
      guard unlink(path + suffix) == 0 || errno == ENOENT else {
        throw FileOperation.failure(path + suffix)
      }
    }
  }

  /// Moves the log of a day file into the file.
  static func emptyLog(of path: String) throws(StoreError) {
    try emptyLog(of: Connection(opening: path, for: .write))
  }

  private static func emptyLog(of connection: borrowing Connection) throws(StoreError) {
    try connection.run("PRAGMA wal_checkpoint (TRUNCATE)") { row throws(StoreError) in
      guard try row.step(), row.integer(0) == 0 else {
        throw StoreError(.busy, subject: connection.path)
      }
    }
  }
}

extension EvidenceColumns {
  /// Appends a row of other columns.
  mutating func append(_ other: borrowing EvidenceColumns, at place: Int) {
    reserve(1)
    high[count] = other.high[place]
    low[count] = other.low[place]
    start[count] = other.start[place]
    finish[count] = other.finish[place]
    receivedAt[count] = other.receivedAt[place]
    venue[count] = other.venue[place]
    subject[count] = other.subject[place]
    peer[count] = other.peer[place]
    gateway[count] = other.gateway[place]
    attenuation[count] = other.attenuation[place]
    stay[count] = other.stay[place]
    zone[count] = other.zone[place]
    kind[count] = other.kind[place]
    status[count] = other.status[place]
    grade[count] = other.grade[place]
    count += 1
  }
}
