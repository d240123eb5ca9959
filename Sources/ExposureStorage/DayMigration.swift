internal import Presence

/// How a day file of version 1, one row of a table for each row of evidence, becomes one of frames.
enum DayMigration {
  /// Packs the rows of version 1; called in a transaction.
  static func packRows(in connection: borrowing Connection) throws(StoreError) {
    try connection.execute(
      """
      CREATE TABLE frame (
        first INTEGER PRIMARY KEY, count INTEGER NOT NULL, data BLOB NOT NULL
      ) STRICT;
      """)
    var columns = EvidenceColumns()
    var packer = EvidenceFramePacker()
    var first: Int64 = 1
    try connection.run("SELECT row, \(names) FROM evidence ORDER BY row") {
      row throws(StoreError) in
      while try row.step() {
        if columns.count == 16 * EvidenceFrame.mostRows {
          try connection.writeFrames(of: columns, numberedFrom: first, &packer)
          first += Int64(columns.count)
          columns.removeAll()
        }
        // Rows were numbered from 1 without a gap, and readers count on it.
        guard row.integer(0) == first + Int64(columns.count), columns.append(versionOne: row) else {
          throw StoreError(.corrupt, subject: connection.path)
        }
      }
    }
    try connection.writeFrames(of: columns, numberedFrom: first, &packer)
    try connection.execute("DROP TABLE evidence")
  }

  private static let names = """
    id, kind, subject, venue, zone, peer, start, finish, attenuation, grade, status, gateway, \
    received_at, stay
    """
}

extension EvidenceColumns {
  /// Appends a row of version 1; returns false when a column holds what no version of the program
  /// writes.
  fileprivate mutating func append(versionOne row: borrowing Statement) -> Bool {
    guard let id = row.halves(1),
      let kind = row.integer(2).flatMap({ UInt8(exactly: $0) }),
      Evidence.Kind(rawValue: kind) != nil,
      let subject = row.integer(3).flatMap({ UInt32(exactly: $0) }),
      subject < SubjectNumber.subjectLimit,
      let zone = row.integer(5).flatMap({ UInt8(exactly: $0) }),
      let start = row.integer(7),
      let grade = row.integer(10).flatMap({ Int8(exactly: $0) }),
      let status = row.integer(11).flatMap({ UInt8(exactly: $0) }),
      Evidence.Status(rawValue: status) != nil,
      let gateway = row.integer(12).flatMap({ UInt32(exactly: $0) }),
      let receivedAt = row.integer(13)
    else { return false }
    let venue = row.integer(4)
    let peer = row.integer(6)
    let attenuation = row.integer(9)
    let stay = row.integer(14)
    guard venue.map({ (0..<1 << 40).contains($0) }) ?? true,
      peer.map({ (0..<Int64(UInt32.max)).contains($0) }) ?? true,
      attenuation.map({ Int16(exactly: $0) != nil }) ?? true,
      stay.map({ UInt8(exactly: $0) != nil }) ?? true
    else { return false }
    reserve(1)
    high[count] = id.high
    low[count] = id.low
    self.kind[count] = kind
    self.subject[count] = subject
    self.venue[count] = venue.map { UInt64($0) } ?? .max
    self.zone[count] = zone
    self.peer[count] = peer.map { UInt32($0) } ?? .max
    self.start[count] = start
    finish[count] = row.integer(8) ?? .min
    self.attenuation[count] = attenuation.map { Int32($0) } ?? .min
    self.grade[count] = grade
    self.status[count] = status
    self.gateway[count] = gateway
    self.receivedAt[count] = receivedAt
    self.stay[count] = stay.map { Int16($0) } ?? -1
    count += 1
    return true
  }
}
