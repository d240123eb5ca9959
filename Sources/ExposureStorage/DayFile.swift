internal import Glibc
internal import Presence
internal import VenueCodes

/// The evidence of one local day, opened for appending.
final class DayFile {
  let day: LocalDay
  let connection: Connection

  /// A random number made with the file: a day that was deleted and begun again is another file.
  let identity: Int64

  /// When the store used this file last, in uses; what is oldest is closed first.
  var lastUse = 0

  /// Whether the opened file is still the one at its path.
  var isCurrent: Bool { FileOperation.node(of: connection.path) == node }

  private let node: FileOperation.Node?

  /// Opens the file of a day, and makes it when there is none.
  ///
  /// A new file is made under another name and renamed when it is complete, so that nobody ever
  /// sees a day without its table.
  init(of day: LocalDay, in layout: StoreLayout, tuning: StoreTuning) throws(StoreError) {
    let path = layout.file(of: day)
    if !FileOperation.exists(path) {
      try DayFile.make(path, in: layout.days)
    }
    let opened = try Connection(
      opening: path, for: .write, busyMilliseconds: tuning.busyMilliseconds)
    try opened.execute("PRAGMA synchronous = FULL")
    try opened.execute("PRAGMA wal_autocheckpoint = 4000")
    try Schema.day.migrate(opened)
    if let limit = tuning.dayPageLimit {
      try opened.execute("PRAGMA max_page_count = \(limit)")
    }
    guard let identity = try opened.number("SELECT identity FROM origin") else {
      throw StoreError(.corrupt, subject: path)
    }
    self.day = day
    self.identity = identity
    self.node = FileOperation.node(of: path)
    self.connection = opened
  }

  /// The number of the newest row; 0 when there is none.
  func newestRow() throws(StoreError) -> Int64 {
    try DayFile.newestRow(of: connection)
  }

  /// The number of the newest row of an open file; 0 when there is none.
  static func newestRow(of connection: borrowing Connection) throws(StoreError) -> Int64 {
    try connection.number("SELECT max(row) FROM evidence") ?? 0
  }

  /// Reads rows by their numbers, and gives nil for a number that has no row.
  func forEachRow(
    _ wanted: [(index: Int, row: Int64)],
    _ body: (_ index: Int, EvidenceRow?) throws(StoreError) -> Void
  ) throws(StoreError) {
    try connection.reading { () throws(StoreError) in
      try connection.run(DayFile.rowByNumber) { row throws(StoreError) in
        for entry in wanted {
          row.bind(entry.row, at: 1)
          if try row.step() {
            guard let found = EvidenceRow(row) else {
              throw StoreError(.corrupt, subject: connection.path)
            }
            try body(entry.index, found)
          } else {
            try body(entry.index, nil)
          }
          row.reset()
        }
      }
    }
  }

  private static let rowByNumber = "SELECT \(EvidenceRow.columns) FROM evidence WHERE row = ?1"

  /// Reads the ids of the rows after a number, in order.
  func forEachID(
    after number: Int64, _ body: (_ row: Int64, EvidenceID) throws(StoreError) -> Void
  ) throws(StoreError) {
    try connection.run("SELECT row, id FROM evidence WHERE row > ?1 ORDER BY row") {
      row throws(StoreError) in
      row.bind(number, at: 1)
      while try row.step() {
        guard let number = row.integer(0), let id = row.halves(1) else {
          throw StoreError(.corrupt, subject: connection.path)
        }
        try body(number, EvidenceID(high: id.high, low: id.low))
      }
    }
  }

  private static func make(_ path: String, in folder: String) throws(StoreError) {
    let draft = path + ".new"
    try FileOperation.removeDatabase(draft)
    do {
      let connection = try Connection(opening: draft, for: .create)
      // Half as many writes as with 4 KiB; what a single scan writes is still one page.
      try connection.execute("PRAGMA page_size = 8192")
      try connection.execute("PRAGMA journal_mode = WAL")
      try connection.execute("PRAGMA synchronous = FULL")
      try Schema.day.migrate(connection)
    }
    // Closing has moved all from the write-ahead log into the file, and synchronized it.
    guard rename(draft, path) == 0 else { throw FileOperation.failure(path) }
    try FileOperation.synchronizeFolder(folder)
  }
}
