internal import Glibc
public import VenueCodes

/// How much a store has, and what it takes on the disk.
public struct StoreStatistics: Hashable, Sendable {
  /// The evidence of one local day.
  public struct Day: Hashable, Sendable {
    /// The local day.
    public let day: LocalDay
    /// How many rows.
    public let rows: Int
    /// The bytes of its file and what is still in the file's log.
    public let bytes: Int
  }

  /// The days that have evidence, in order.
  public let days: [Day]
  /// How many people have a number.
  public let people: Int
  /// How many cases are registered, closed ones among them.
  public let cases: Int
  /// How many pieces of evidence were refused because their id stands for something else.
  public let conflicts: Int
  /// How many identifiers are known to have been somebody's, by slot.
  public let aliases: Int
  /// The bytes of the table of ids.
  public let idBytes: Int
  /// The bytes of the segments.
  public let segmentBytes: Int
  /// The bytes of the catalog and its log.
  public let catalogBytes: Int

  /// How many rows all days have.
  public var rows: Int { days.reduce(0) { $0 + $1.rows } }
  /// The bytes of all day files.
  public var logBytes: Int { days.reduce(0) { $0 + $1.bytes } }
}

extension ExposureStore {
  /// Counts what the store has.
  ///
  /// - Complexity: O(1) for each day and O(n) in the number of people and cases.
  public func statistics() throws(StoreError) -> StoreStatistics {
    var days: [StoreStatistics.Day] = []
    for day in try layout.storedDays() {
      let path = layout.file(of: day)
      guard FileOperation.exists(path) else { continue }
      let rows = try Connection(opening: path, for: .read).newestRow()
      days.append(
        StoreStatistics.Day(
          day: day, rows: Int(clamping: rows), bytes: FileOperation.databaseBytes(path)))
    }
    let counts = try withCatalog { catalog throws(StoreError) in
      var counts: [Int] = []
      for table in ["subject", "confirmed_case", "conflict", "alias"] {
        counts.append(Int(clamping: try catalog.number("SELECT count(*) FROM \(table)") ?? 0))
      }
      return counts
    }
    return StoreStatistics(
      days: days, people: counts[0], cases: counts[1], conflicts: counts[2],
      aliases: counts[3],
      idBytes: FileOperation.bytes(layout.identities),
      segmentBytes: FileOperation.folderBytes(layout.segments),
      catalogBytes: FileOperation.databaseBytes(layout.catalog))
  }
}

extension FileOperation {
  /// The bytes that a file takes on the disk; 0 when there is none.
  static func bytes(_ path: String) -> Int {
    var status = stat()
    // In blocks of 512 bytes: what a sparse file does not have does not count.
    return stat(path, &status) == 0 ? Int(status.st_blocks) * 512 : 0
  }

  /// The bytes of a database and of the log beside it.
  static func databaseBytes(_ path: String) -> Int { bytes(path) + bytes(path + "-wal") }

  /// The bytes of all files of a folder; 0 when there is none.
  static func folderBytes(_ path: String) -> Int {
    let names = (try? FileOperation.names(in: path)) ?? []
    return names.reduce(0) { $0 + bytes("\(path)/\($1)") }
  }
}
