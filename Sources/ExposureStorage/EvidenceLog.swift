package import Presence
public import VenueCodes

/// How much evidence a day had at the moment of a snapshot.
public struct DayExtent: Hashable, Sendable {
  /// The local day.
  public let day: LocalDay
  /// The number of rows, which are numbered from 1.
  public let rowCount: Int
  /// A number of the day's file: a day that was deleted and begun again has another.
  package let identity: Int64
  let path: String

  /// The number of the newest row.
  package var newestRow: Int64 { Int64(rowCount) }
}

/// The evidence of some days as it was at one moment, in the numbers of the store.
///
/// What segments are built of. To take one reads a page or two of each day and nothing of the
/// people. It holds no lock and keeps no file open; days may be read at the same time from
/// different threads.
package struct EvidenceLog: Sendable {
  /// The days that have evidence, in order.
  package let days: [DayExtent]

  init(
    of layout: StoreLayout, from first: LocalDay, to last: LocalDay,
    migrating: (LocalDay) throws(StoreError) -> Void
  ) throws(StoreError) {
    var days: [DayExtent] = []
    for day in try layout.storedDays() where first <= day && day <= last {
      let path = layout.file(of: day)
      do throws(StoreError) {
        if let extent = try EvidenceLog.extent(of: day, at: path, migrating) { days.append(extent) }
      } catch {
        // Retention took the day away since it was listed.
        guard !FileOperation.exists(path) else { throw error }
      }
    }
    self.days = days
  }

  private static func extent(
    of day: LocalDay, at path: String, _ migrating: (LocalDay) throws(StoreError) -> Void
  ) throws(StoreError) -> DayExtent? {
    var connection = try Connection(opening: path, for: .read)
    if try Schema.day.version(of: connection) < Schema.day.steps.count {
      try migrating(day)
      connection = try Connection(opening: path, for: .read)
    }
    // Both of one moment: the file may be replaced between two looks.
    try connection.execute("BEGIN")
    let newest = try connection.newestRow()
    guard newest > 0 else { return nil }
    guard let count = Int(exactly: newest),
      let identity = try connection.number("SELECT identity FROM origin")
    else { throw StoreError(.corrupt, subject: path) }
    return DayExtent(day: day, rowCount: count, identity: identity, path: path)
  }

  /// Calls `body` with the rows of a day, a frame at a time and in order.
  ///
  /// - Parameters:
  ///   - extent: The day.
  ///   - row: Only rows after this number.
  ///   - parts: The columns that are wanted; the others hold nothing of use.
  ///   - body: Gets columns, the places in them that are meant, and the number of the row at place
  ///     0; returns whether to go on. What it throws ends the reading.
  /// - Throws: `corrupt` when a frame is damaged or rows are missing, `changedMeanwhile` when the day
  ///   was replaced since, and what `body` throws. A day that was deleted has no rows.
  /// - Complexity: O(n) in the rows that are read.
  package func forEachFrame(
    of extent: DayExtent, after row: Int64 = 0, _ parts: EvidenceColumns.Parts = .all,
    _ body: (
      _ columns: borrowing EvidenceColumns, _ places: Range<Int>, _ first: Int64
    ) throws -> Bool
  ) throws {
    var bodyFailure: (any Error)?
    try read(of: extent, after: row, parts) { columns, places, first throws(StoreError) in
      do {
        return try body(columns, places, first)
      } catch {
        bodyFailure = error
        return false
      }
    }
    if let bodyFailure { throw bodyFailure }
  }

  /// As `forEachFrame`, for a body that can only fail as the store does.
  func read(
    of extent: DayExtent, after row: Int64 = 0, _ parts: EvidenceColumns.Parts = .all,
    _ body: (
      _ columns: borrowing EvidenceColumns, _ places: Range<Int>, _ first: Int64
    ) throws(StoreError) -> Bool
  ) throws(StoreError) {
    guard row < extent.newestRow else { return }
    guard let connection = try open(extent) else { return }
    var columns = EvidenceColumns()
    var expected = row + 1
    var isStopped = false
    try connection.forEachFrame(holding: expected...extent.newestRow) {
      first, frame throws(StoreError) in
      columns.removeAll()
      // The number of a frame is not in its checksum: what does not follow on is damaged.
      guard first == expected || expected == row + 1, first <= expected,
        expected - first < frame.count, frame.unpack(parts, into: &columns)
      else { throw StoreError(.corrupt, subject: extent.path) }
      let places =
        Int(expected - first)..<Int(min(Int64(frame.count), extent.newestRow - first + 1))
      expected = first + Int64(places.upperBound)
      isStopped = try !body(columns, places, first)
      return !isStopped
    }
    guard isStopped || expected == extent.newestRow + 1 else {
      throw StoreError(.corrupt, subject: extent.path)
    }
  }

  /// Returns the ids of some rows of a day, in the same order.
  ///
  /// - Parameters:
  ///   - extent: The day.
  ///   - rows: Row numbers of it in ascending order.
  /// - Returns: The ids; none when the day was deleted meanwhile.
  /// - Throws: `corrupt` when a row is not there.
  /// - Complexity: One search and one checksum for each frame that holds any of them.
  package func evidenceIDs(
    of extent: DayExtent, rows: some RandomAccessCollection<Int64>
  ) throws(StoreError) -> [EvidenceID] {
    guard let connection = try open(extent) else { return [] }
    var ids: [EvidenceID] = []
    ids.reserveCapacity(rows.count)
    try connection.forEachRow(rows) { _, found throws(StoreError) in
      guard let (frame, place) = found else { throw StoreError(.corrupt, subject: extent.path) }
      let id = frame.id(at: place)
      ids.append(EvidenceID(high: id.high, low: id.low))
    }
    return ids
  }

  /// Returns the grades of some rows of a day by row; none when the day was deleted meanwhile.
  ///
  /// - Throws: `corrupt` when a row is not there.
  func grades(
    of extent: DayExtent, rows: some Sequence<UInt32>
  ) throws(StoreError) -> [UInt32: Int8] {
    guard let connection = try open(extent) else { return [:] }
    let wanted = Set(rows).sorted()
    var grades: [UInt32: Int8] = [:]
    grades.reserveCapacity(wanted.count)
    try connection.forEachRow(wanted.map(Int64.init)) { index, found throws(StoreError) in
      guard let (frame, place) = found else { throw StoreError(.corrupt, subject: extent.path) }
      grades[wanted[index]] = frame.grade(at: place)
    }
    return grades
  }

  /// Opens the file of a day, or returns nil when the day was deleted since.
  ///
  /// All that is read comes from one transaction: a file that is opened while another takes its path
  /// shares the log of that one, but sees nothing of it that was written after the transaction began.
  ///
  /// - Throws: `changedMeanwhile` when another file is in its place: then other rows are there.
  private func open(_ extent: DayExtent) throws(StoreError) -> Connection? {
    guard let connection = try Connection.reading(ifThere: extent.path) else { return nil }
    // Frames are then lent from the file's own pages.
    try connection.execute("PRAGMA mmap_size = 2147418112")
    try connection.execute("BEGIN")
    guard try connection.number("SELECT identity FROM origin") == extent.identity else {
      throw StoreError(.changedMeanwhile, subject: extent.path)
    }
    return connection
  }
}

extension ExposureStore {
  /// Takes a snapshot of the evidence that begins on some local days, without names.
  ///
  /// - Parameters:
  ///   - first: The first day.
  ///   - last: The last day, which is included.
  /// - Returns: The snapshot.
  /// - Throws: `corrupt`, `schemaTooOld` when the store is only read and a file has to be migrated.
  /// - Complexity: O(n) in the number of days.
  package func evidenceLog(
    from first: LocalDay, to last: LocalDay
  ) throws(StoreError) -> EvidenceLog {
    try EvidenceLog(of: layout, from: first, to: last) { day throws(StoreError) in
      guard mode == .readWrite else {
        throw StoreError(.schemaTooOld, subject: layout.file(of: day))
      }
      _ = try DayFile(of: day, in: layout, tuning: StoreTuning())
    }
  }

  /// Returns whom numbers of the catalog stand for, in the same order.
  ///
  /// - Throws: `corrupt` for a number that is nobody's.
  package func pseudonyms(of numbers: [UInt32]) throws(StoreError) -> [Pseudonym] {
    try withCatalog { catalog throws(StoreError) in
      try catalog.reading { () throws(StoreError) in
        try catalog.run("SELECT pseudonym FROM subject WHERE number = ?1") {
          row throws(StoreError) in
          var found: [Pseudonym] = []
          found.reserveCapacity(numbers.count)
          for number in numbers {
            row.bind(Int64(number), at: 1)
            guard try row.step(), let halves = row.halves(0) else {
              throw StoreError(.corrupt, subject: catalog.path)
            }
            found.append(Pseudonym(high: halves.high, low: halves.low))
            row.reset()
          }
          return found
        }
      }
    }
  }

  /// Returns the number of a person in the catalog, or nil when the store does not know them.
  package func catalogNumber(of pseudonym: Pseudonym) throws(StoreError) -> UInt32? {
    try withCatalog { catalog throws(StoreError) in
      try NameTable.number(of: pseudonym, in: catalog)
    }
  }

  /// The largest number that a person has, 0 when there is nobody.
  package func newestCatalogNumber() throws(StoreError) -> UInt32 {
    try withCatalog { catalog throws(StoreError) in
      let newest = try catalog.number("SELECT max (number) FROM subject") ?? 0
      guard let number = UInt32(exactly: newest) else {
        throw StoreError(.corrupt, subject: catalog.path)
      }
      return number
    }
  }
}
