internal import Glibc
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
  // Kept from one append to the next for their memory.
  private var columns = EvidenceColumns()
  private var packer = EvidenceFramePacker()

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
    if try Schema.day.migrate(opened) {
      // What the old form took is given back; that nobody else may read meanwhile is no failure.
      try? opened.execute("VACUUM")
    }
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
  func newestRow() throws(StoreError) -> Int64 { try connection.newestRow() }

  /// Appends rows; called in a transaction.
  ///
  /// A last frame that is small is packed again with the new rows: its page is written in any case,
  /// and rows that come one by one then take no more room than those that come by the thousand.
  ///
  /// - Parameters:
  ///   - count: How many rows.
  ///   - fill: Appends them to the columns.
  /// - Returns: The number of the first of them.
  /// - Throws: `corrupt`, and what SQLite reports.
  func append(
    _ count: Int, _ fill: (inout EvidenceColumns) -> Void
  ) throws(StoreError) -> Int64 {
    columns.removeAll()
    var first: Int64 = 1
    try connection.run(DayFile.lastFrame) { row throws(StoreError) in
      guard try row.step() else { return }
      first = try row.withBytes(1) { bytes throws(StoreError) in
        guard let number = row.integer(0), let frame = EvidenceFrame(bytes) else {
          throw StoreError(.corrupt, subject: connection.path)
        }
        let together = bytes.count / frame.count * (frame.count + count)
        guard bytes.count <= EvidenceFrame.mostBytes / 2 || together <= EvidenceFrame.mostBytes
        else { return number + Int64(frame.count) }
        guard frame.unpack(into: &columns) else {
          throw StoreError(.corrupt, subject: connection.path)
        }
        return number
      }
    }
    let newRow = first + Int64(columns.count)
    fill(&columns)
    try connection.writeFrames(of: columns, numberedFrom: first, &packer)
    return newRow
  }

  private static let lastFrame = "SELECT first, data FROM frame ORDER BY first DESC LIMIT 1"

  /// Makes an empty day file at a path, whole and durable.
  static func make(_ path: String, in folder: String) throws(StoreError) {
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
    // A log of a file that is gone would be applied to this one.
    try removeLog(of: path)
    guard rename(draft, path) == 0 else { throw FileOperation.failure(path) }
    try FileOperation.synchronizeFolder(folder)
  }
}
