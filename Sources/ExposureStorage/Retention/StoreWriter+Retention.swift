internal import Glibc
internal import Presence
internal import VenueCodes

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
  /// left when the last reader is done. Its log is emptied first and unlinked before the new file
  /// takes the path, because a log left beside another database would be applied to that.
  func replacingDay<Result>(
    _ day: LocalDay, _ decide: () throws(StoreError) -> (Result, DayFate)
  ) throws(StoreError) -> Result {
    try holdingLock { () throws(StoreError) in
      let (result, fate) = try decide()
      let path = layout.file(of: day)
      switch fate {
      case .nothing: return result
      case .deletion:
        try forgetIDs(of: day)
        try FileOperation.removeDatabase(path)
      case .replacement(let kept):
        let draft = try DayFile.draft(of: day, holding: kept, in: layout)
        try forgetIDs(of: day)
        try DayFile.emptyLog(of: path)
        for suffix in ["-wal", "-shm"] {
          guard unlink(path + suffix) == 0 || errno == ENOENT else {
            throw FileOperation.failure(path + suffix)
          }
        }
        guard rename(draft, path) == 0 else { throw FileOperation.failure(path) }
      }
      try FileOperation.synchronizeFolder(layout.days)
      return result
    }
  }

  /// Deletes from the catalog the people whom nothing names.
  ///
  /// Under the append lock, so that nobody gives a row a number that is just being deleted; whoever
  /// remembers numbers sees by the count of forgettings that they must be looked up again.
  ///
  /// - Parameter named: Returns the numbers that rows name.
  /// - Returns: Who was deleted.
  /// - Throws: `corrupt`, and what `named` throws.
  func forgettingPeople(
    _ named: () throws(StoreError) -> NumberSet
  ) throws(StoreError) -> Set<Pseudonym> {
    try holdingLock { () throws(StoreError) in
      var named = try named()
      try catalog.run("SELECT subject FROM confirmed_case") { row throws(StoreError) in
        while try row.step() {
          if let number = row.integer(0).flatMap({ UInt32(exactly: $0) }) { named.insert(number) }
        }
      }
      var forgotten: Set<Pseudonym> = []
      var numbers: [Int64] = []
      try catalog.run("SELECT number, pseudonym FROM subject") { row throws(StoreError) in
        while try row.step() {
          guard let number = row.integer(0), let short = UInt32(exactly: number),
            let halves = row.halves(1)
          else { throw StoreError(.corrupt, subject: catalog.path) }
          guard !named.contains(short) else { continue }
          numbers.append(number)
          forgotten.insert(Pseudonym(high: halves.high, low: halves.low))
        }
      }
      guard !numbers.isEmpty else { return [] }
      try catalog.transaction { () throws(StoreError) in
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
      }
      return forgotten
    }
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
