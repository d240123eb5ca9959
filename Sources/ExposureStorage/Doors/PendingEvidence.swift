public import Presence
public import VenueCodes

/// A piece of evidence that the centre has not acknowledged, and where it stands here.
public struct PendingEvidence: Hashable, Sendable {
  /// The local day whose file holds it.
  public let day: LocalDay
  /// That file.
  public let identity: Int64
  /// Its row.
  public let row: Int64
  /// The evidence.
  public let evidence: Evidence
}

/// How much a door has still to send.
public struct UpstreamBacklog: Hashable, Sendable {
  /// The rows that the centre has not acknowledged.
  public let rows: Int
  /// The earliest beginning among the first unsent rows of each day, in Unix seconds; nil when none is
  /// unsent.
  public let oldestScan: Int64?
  /// The days that cannot be read to their end, and so not be sent.
  public var damagedDays: [LocalDay] = []

  /// All is sent.
  public static let none = UpstreamBacklog(rows: 0, oldestScan: nil)
}

extension ExposureStore {
  /// Returns the next evidence to send, leaving out days that cannot be read.
  ///
  /// - Throws: As the other one.
  public func pendingEvidence(
    after cursors: [LocalDay: UpstreamCursor], limit: Int
  ) throws(StoreError) -> [PendingEvidence] {
    var damaged: Set<LocalDay> = []
    return try pendingEvidence(after: cursors, limit: limit, damaged: &damaged)
  }

  /// Returns the next evidence to send: the oldest day first, within a day in the order of arrival.
  ///
  /// - Parameters:
  ///   - cursors: Up to where each day is at the centre.
  ///   - limit: The most rows.
  ///   - damaged: Gets the days that cannot be read to their end; the others go on without them.
  /// - Returns: The rows, empty when all is sent.
  /// - Throws: `corrupt` for the catalog, `closed`, `busy`, `changedMeanwhile`.
  /// - Complexity: O(d + n) for d days and n rows.
  public func pendingEvidence(
    after cursors: [LocalDay: UpstreamCursor], limit: Int, damaged: inout Set<LocalDay>
  ) throws(StoreError) -> [PendingEvidence] {
    var found: [FoundRow] = []
    for day in try storedDays() {
      guard found.count < limit else { break }
      do throws(StoreError) {
        let log = try evidenceLog(from: day, to: day)
        guard let extent = log.days.first else { continue }
        try log.read(of: extent, after: lastRow(of: extent, cursors)) {
          columns, places, first throws(StoreError) in
          for place in places {
            guard let entry = EvidenceRow(columns, at: place) else {
              throw StoreError(.corrupt, subject: extent.path)
            }
            found.append(FoundRow(extent.day, extent.identity, first + Int64(place), entry))
            if found.count == limit { return false }
          }
          return true
        }
      } catch {
        // What is whole before the damage goes up; the other days do not wait for its repair.
        guard error.code == .corrupt else { throw error }
        damaged.insert(day)
      }
    }
    return try named(found)
  }

  /// Returns the evidence of some rows, in their order; those that are gone or damaged are left out.
  ///
  /// - Parameter places: Days and rows of their files.
  /// - Returns: What stands there now: it need not be what stood there when somebody noted the place.
  /// - Throws: `closed`, `busy`, `changedMeanwhile`.
  /// - Complexity: O(n) in the rows, with one frame read for each.
  public func evidence(
    at places: [(day: LocalDay, row: Int64)]
  ) throws(StoreError) -> [PendingEvidence] {
    var found: [FoundRow] = []
    for place in places {
      do throws(StoreError) {
        let log = try evidenceLog(from: place.day, to: place.day)
        guard let extent = log.days.first, place.row > 0 else { continue }
        try log.read(of: extent, after: place.row - 1) {
          columns, places, first throws(StoreError) in
          if let entry = EvidenceRow(columns, at: places.lowerBound) {
            found.append(
              FoundRow(
                extent.day, extent.identity, first + Int64(places.lowerBound), entry))
          }
          return false
        }
      } catch {
        guard error.code == .corrupt else { throw error }
      }
    }
    return try named(found)
  }

  private struct FoundRow {
    let day: LocalDay
    let identity: Int64
    let row: Int64
    let entry: EvidenceRow

    init(_ day: LocalDay, _ identity: Int64, _ row: Int64, _ entry: EvidenceRow) {
      self.day = day
      self.identity = identity
      self.row = row
      self.entry = entry
    }
  }

  /// Says whom and which gateways the numbers of rows stand for.
  private func named(_ found: [FoundRow]) throws(StoreError) -> [PendingEvidence] {
    guard !found.isEmpty else { return [] }
    var numbers: Set<UInt32> = []
    for one in found {
      numbers.insert(one.entry.subject)
      if let peer = one.entry.peer { numbers.insert(peer) }
    }
    let list = Array(numbers)
    let people = Dictionary(uniqueKeysWithValues: zip(list, try pseudonyms(of: list)))
    let gateways = try gatewayNames()
    var pending: [PendingEvidence] = []
    pending.reserveCapacity(found.count)
    for one in found {
      guard let subject = people[one.entry.subject], Int(one.entry.gateway) < gateways.count else {
        throw StoreError(.corrupt, subject: path)
      }
      pending.append(
        PendingEvidence(
          day: one.day, identity: one.identity, row: one.row,
          evidence: one.entry.evidence(
            subject: subject, peer: one.entry.peer.flatMap { people[$0] },
            gateway: gateways[Int(one.entry.gateway)])))
    }
    return pending
  }

  /// Returns how much the centre has not acknowledged.
  ///
  /// - Complexity: O(d) in the number of days, with one frame read for each that has unsent rows.
  public func backlog(
    after cursors: [LocalDay: UpstreamCursor]
  ) throws(StoreError) -> UpstreamBacklog {
    var rows = 0
    var oldest: Int64?
    var damaged: [LocalDay] = []
    for day in try storedDays() {
      do throws(StoreError) {
        let log = try evidenceLog(from: day, to: day)
        guard let extent = log.days.first else { continue }
        let row = lastRow(of: extent, cursors)
        guard row < extent.newestRow else { continue }
        rows += extent.rowCount - Int(row)
        try log.read(of: extent, after: row, .statements) { columns, places, _ throws(StoreError) in
          for place in places { oldest = min(oldest ?? .max, columns.start[place]) }
          return false
        }
      } catch {
        guard error.code == .corrupt else { throw error }
        damaged.append(day)
      }
    }
    return UpstreamBacklog(rows: rows, oldestScan: oldest, damagedDays: damaged)
  }

  /// Whether the store is a door's and a day has rows that the centre has not acknowledged.
  func hasUnsentRows(_ extent: DayExtent) throws(StoreError) -> Bool {
    guard FileOperation.exists(layout.upstream) else { return false }
    let connection = try Connection(opening: layout.upstream, for: .read)
    guard try UpstreamState.schema.version(of: connection) > 0 else { return false }
    return lastRow(of: extent, try UpstreamTables.cursors(in: connection)) < extent.newestRow
  }

  /// A day's file that was replaced has other rows: all of it is sent again, which doubles nothing.
  private func lastRow(
    of extent: DayExtent, _ cursors: [LocalDay: UpstreamCursor]
  ) -> Int64 {
    guard let cursor = cursors[extent.day], cursor.identity == extent.identity else { return 0 }
    return min(cursor.row, extent.newestRow)
  }

  private func gatewayNames() throws(StoreError) -> [String] {
    try withCatalog { catalog throws(StoreError) in
      try catalog.run("SELECT number, name FROM gateway ORDER BY number") {
        row throws(StoreError) in
        var names = [""]
        while try row.step() {
          guard let number = row.integer(0), let name = row.text(1), number > 0, number < 1 << 24
          else { throw StoreError(.corrupt, subject: path) }
          while names.count < number { names.append("") }
          names.append(name)
        }
        return names
      }
    }
  }
}
