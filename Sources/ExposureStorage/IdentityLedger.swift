internal import Presence
internal import VenueCodes

/// Where a piece of evidence is.
struct Place: Hashable {
  let day: LocalDay
  let row: Int64
}

/// Where every id is: what makes an id mean one row.
///
/// The day files are the truth and the ledger is derived from them: a table in `ids.sqlite` up to a
/// row number for each day, and the newer ids in memory. The memory is written to the table when it
/// has grown to its limit and when the store is closed, so that an append costs no second commit.
/// Whatever happens in between, the rows after the noted numbers are read again from the day files.
/// Who uses the ledger holds the append lock.
///
/// - Complexity: A lookup is O(log n) in the table; memory is bounded by the limit.
final class IdentityLedger {
  private var connection: Connection
  private let layout: StoreLayout
  private let limit: Int
  /// The ids that are not in the table yet (or are, when another process wrote them since).
  private var recent: [EvidenceID: Place] = [:]
  /// The newest row of each day that the table and `recent` together know.
  private var known: [LocalDay: Extent] = [:]
  private var isTableEmpty: Bool

  /// How much of which file is known.
  private struct Extent {
    let identity: Int64
    var row: Int64
  }

  /// Opens the ledger and makes it agree with the day files; a damaged one is made anew.
  init(in layout: StoreLayout, tuning: StoreTuning, days: DayPool) throws(StoreError) {
    let connection: Connection
    do {
      connection = try IdentityLedger.open(layout, tuning)
    } catch  where error.code == .corrupt {
      try FileOperation.removeDatabase(layout.ledger)
      connection = try IdentityLedger.open(layout, tuning)
    }
    self.connection = connection
    self.layout = layout
    self.limit = max(1, tuning.ledgerMemory)
    self.isTableEmpty = true
    try readCovered()
    isTableEmpty = try self.connection.number("SELECT 1 FROM place LIMIT 1") == nil
    for day in Set(try layout.storedDays()).union(known.keys).sorted() {
      try agree(with: day, days)
    }
  }

  /// Finds where ids are; those nobody has are left out.
  ///
  /// - Parameter ids: Ids in ascending order, each once, and the places of the batch they are at.
  /// - Returns: For each id that is known, its place in the batch and where it is.
  /// - Throws: What SQLite reports.
  func places(
    of ids: [(id: EvidenceID, index: Int)]
  ) throws(StoreError) -> [(index: Int, place: Place)] {
    var found: [(index: Int, place: Place)] = []
    var asked: [(id: EvidenceID, index: Int)] = []
    for entry in ids {
      if let place = recent[entry.id] {
        found.append((entry.index, place))
      } else if !isTableEmpty {
        asked.append(entry)
      }
    }
    guard !asked.isEmpty else { return found }
    // Both are in order, so one walk does: what lies in a gap of the table, as the ids of a new
    // day do, is passed over without a search.
    try connection.reading { () throws(StoreError) in
      try connection.run("SELECT id, day, row FROM place WHERE id >= ?1 ORDER BY id") {
        row throws(StoreError) in
        var next: EvidenceID?
        for (place, (id, index)) in asked.enumerated() {
          // A step is cheaper than a search, and enough where every id is known.
          if let known = next, known < id { next = try IdentityLedger.nextID(row) }
          if place == 0 || next.map({ $0 < id }) ?? false {
            row.reset()
            row.bind(high: id.high, low: id.low, at: 1)
            next = try IdentityLedger.nextID(row)
          }
          guard let known = next else { return }
          guard known == id else { continue }
          guard let day = row.integer(1).flatMap({ Int32(exactly: $0) }),
            let number = row.integer(2)
          else { throw StoreError(.corrupt, subject: layout.ledger) }
          found.append((index, Place(day: LocalDay(daysSince2020: day), row: number)))
        }
      }
    }
    return found
  }

  /// Goes to the next row of a walk through the table, and returns its id; nil at the end.
  private static func nextID(_ row: borrowing Statement) throws(StoreError) -> EvidenceID? {
    guard try row.step() else { return nil }
    return row.halves(0).map { EvidenceID(high: $0.high, low: $0.low) }
  }

  /// Notes rows that were committed to a file that was known to its end.
  func note(
    _ ids: some Sequence<(id: EvidenceID, row: Int64)>, in file: DayFile, newest: Int64
  ) {
    for (id, row) in ids { recent[id] = Place(day: file.day, row: row) }
    known[file.day] = Extent(identity: file.identity, row: newest)
  }

  /// Forgets the ids of a day when they are of another file than the one that is there now.
  func forget(_ day: LocalDay, unlessIn file: DayFile) throws(StoreError) {
    if let extent = known[day], extent.identity != file.identity { try forget(day) }
  }

  /// Makes the ledger agree with the file of a day: reads what someone else appended, and forgets
  /// the rows of a file that is gone or shorter than it was (deleted on purpose, or restored from a
  /// backup), because an id must never lead to a row that is not there, or to another one.
  func agree(with day: LocalDay, _ days: DayPool) throws(StoreError) {
    guard FileOperation.exists(layout.file(of: day)) else { return try forget(day) }
    let file = try days.file(of: day)
    let newest = try file.newestRow()
    if let extent = known[day], extent.identity != file.identity || newest < extent.row {
      try forget(day)
    }
    let from = known[day]?.row ?? 0
    guard newest > from else { return }
    try file.connection.forEachFrame(holding: from + 1...newest) {
      first, frame throws(StoreError) in
      for place in Int(max(0, from + 1 - first))..<frame.count {
        let id = frame.id(at: place)
        let row = first + Int64(place)
        recent[EvidenceID(high: id.high, low: id.low)] = Place(day: day, row: row)
        known[day] = Extent(identity: file.identity, row: row)
      }
      if recent.count >= limit { try flush() }
      return true
    }
  }

  /// Whether the memory has grown to its limit.
  var needsFlush: Bool { recent.count >= limit }

  /// Writes what is in memory to the table.
  func flush() throws(StoreError) {
    guard !recent.isEmpty else { return }
    let rows = recent.sorted { $0.key < $1.key }
    try connection.transaction { () throws(StoreError) in
      try connection.insert(rows.count, IdentityLedger.insertion) { next, row, group in
        let (id, place) = rows[next]
        row.bind(high: id.high, low: id.low, at: 1, in: group)
        row.bind(Int64(place.day.daysSince2020), at: 2, in: group)
        row.bind(place.row, at: 3, in: group)
      }
      try connection.run(
        """
        INSERT INTO covered (day, identity, row) VALUES (?1, ?2, ?3)
        ON CONFLICT (day) DO UPDATE SET identity = excluded.identity, row = excluded.row
        """
      ) { row throws(StoreError) in
        for (day, extent) in known {
          row.bind(Int64(day.daysSince2020), at: 1)
          row.bind(extent.identity, at: 2)
          row.bind(extent.row, at: 3)
          try row.execute()
        }
      }
    }
    recent.removeAll(keepingCapacity: true)
    isTableEmpty = false
  }

  private static let insertion = Insertion("INSERT OR IGNORE INTO place (id, day, row)", columns: 3)

  private func readCovered() throws(StoreError) {
    try connection.run("SELECT day, identity, row FROM covered") { row throws(StoreError) in
      while try row.step() {
        guard let day = row.integer(0).flatMap({ Int32(exactly: $0) }),
          let identity = row.integer(1), let newest = row.integer(2)
        else { throw StoreError(.corrupt, subject: layout.ledger) }
        known[LocalDay(daysSince2020: day)] = Extent(identity: identity, row: newest)
      }
    }
  }

  /// Forgets all ids of a day.
  ///
  /// - Complexity: O(n) in the whole table, which has no index by day; days are lost seldom.
  func forget(_ day: LocalDay) throws(StoreError) {
    guard known[day] != nil else { return }
    try connection.transaction { () throws(StoreError) in
      for statement in ["DELETE FROM place WHERE day = ?1", "DELETE FROM covered WHERE day = ?1"] {
        try connection.run(statement) { row throws(StoreError) in
          row.bind(Int64(day.daysSince2020), at: 1)
          try row.execute()
        }
      }
    }
    recent = recent.filter { $0.value.day != day }
    known[day] = nil
  }

  private static func open(
    _ layout: StoreLayout, _ tuning: StoreTuning
  ) throws(StoreError) -> Connection {
    let connection = try Connection(
      opening: layout.ledger, for: .create, busyMilliseconds: tuning.busyMilliseconds)
    // Takes effect in a new file only.
    try connection.execute("PRAGMA page_size = 8192")
    try connection.execute("PRAGMA journal_mode = WAL")
    // What a power cut takes from a derived file is derived again.
    try connection.execute("PRAGMA synchronous = NORMAL")
    // 64 MiB of pages: about two million ids are then looked up without a read.
    try connection.execute("PRAGMA cache_size = -65536")
    try Schema.ledger.migrate(connection)
    return connection
  }
}

/// The day files that are open for appending; the one unused for longest is closed first.
final class DayPool {
  private static let capacity = 32
  private let layout: StoreLayout
  private let tuning: StoreTuning
  private var files: [LocalDay: DayFile] = [:]
  private var uses = 0

  init(layout: StoreLayout, tuning: StoreTuning) {
    self.layout = layout
    self.tuning = tuning
  }

  /// Returns the file of a day, opened or made.
  func file(of day: LocalDay) throws(StoreError) -> DayFile {
    uses += 1
    if let open = files[day] {
      if open.isCurrent {
        open.lastUse = uses
        return open
      }
      // Another process deleted the day: rows written to this file would be lost with it.
      files[day] = nil
    }
    if files.count >= DayPool.capacity,
      let oldest = files.values.min(by: { $0.lastUse < $1.lastUse })
    {
      files[oldest.day] = nil
    }
    let file = try DayFile(of: day, in: layout, tuning: tuning)
    file.lastUse = uses
    files[day] = file
    return file
  }
}
