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

  /// All is sent.
  public static let none = UpstreamBacklog(rows: 0, oldestScan: nil)
}

extension ExposureStore {
  /// Returns the next evidence to send: the oldest day first, within a day in the order of arrival.
  ///
  /// - Parameters:
  ///   - cursors: Up to where each day is at the centre.
  ///   - limit: The most rows.
  /// - Returns: The rows, empty when all is sent.
  /// - Throws: `corrupt`, `closed`, `busy`, `changedMeanwhile`.
  /// - Complexity: O(d + n) for d days and n rows.
  public func pendingEvidence(
    after cursors: [LocalDay: UpstreamCursor], limit: Int
  ) throws(StoreError) -> [PendingEvidence] {
    var found: [(day: LocalDay, identity: Int64, row: Int64, entry: EvidenceRow)] = []
    for extent in try wholeLog().days {
      guard found.count < limit else { break }
      let row = lastRow(of: extent, cursors)
      guard row < extent.newestRow else { continue }
      let log = try evidenceLog(from: extent.day, to: extent.day)
      guard let extent = log.days.first else { continue }
      try log.read(of: extent, after: row) { columns, places, first throws(StoreError) in
        for place in places {
          guard let entry = EvidenceRow(columns, at: place) else {
            throw StoreError(.corrupt, subject: extent.path)
          }
          found.append((extent.day, extent.identity, first + Int64(place), entry))
          if found.count == limit { return false }
        }
        return true
      }
    }
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
    let log = try wholeLog()
    for extent in log.days {
      let row = lastRow(of: extent, cursors)
      guard row < extent.newestRow else { continue }
      rows += extent.rowCount - Int(row)
      try log.read(of: extent, after: row, .statements) { columns, places, _ throws(StoreError) in
        for place in places { oldest = min(oldest ?? .max, columns.start[place]) }
        return false
      }
    }
    return UpstreamBacklog(rows: rows, oldestScan: oldest)
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
