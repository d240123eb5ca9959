internal import Presence
internal import VenueCodes

/// What a look at the whole store found.
public struct StoreVerification: Hashable, Sendable {
  /// What is wrong, a sentence each; empty means sound.
  public let problems: [String]
  /// How many rows were read.
  public let rows: Int
  /// How many days have evidence.
  public let days: Int
}

extension ExposureStore {
  /// Looks at every byte of the store.
  ///
  /// Checks the structure of each database and every frame of evidence, that people and gateways that
  /// rows and aliases name are known, that each id leads to its one row (in a store that is open for writing), the
  /// segments, and the chain of the audit log. Damage to what is derived is told too, though the next
  /// use makes it anew.
  ///
  /// - Returns: What is wrong.
  /// - Throws: `closed`, `busy`, and what keeps the catalog from being read at all.
  /// - Complexity: O(n) in the bytes of the store.
  public func verify() throws(StoreError) -> StoreVerification {
    var problems = try integrityProblems()
    let log = try wholeLog()
    let known = try knownNumbers()
    var rows = 0
    for extent in log.days {
      let path = layout.file(of: extent.day)
      var strangers = 0
      var lost = 0
      do throws(StoreError) {
        try log.read(of: extent) { columns, places, first throws(StoreError) in
          rows += places.count
          for place in places {
            let isKnown =
              known.people.contains(columns.subject[place])
              && (columns.peer[place] == .max || known.people.contains(columns.peer[place]))
              && known.gateways.contains(columns.gateway[place])
            if !isKnown { strangers += 1 }
          }
          if mode == .readWrite {
            lost += try rowsWithoutID(columns, places, first, of: extent.day)
          }
          return true
        }
      } catch {
        problems.append("\(path): \(error)")
      }
      if strangers > 0 {
        problems.append("\(path): \(strangers) rows name somebody whom the catalog does not know")
      }
      if lost > 0 {
        problems.append("\(path): \(lost) rows cannot be told from another by their id")
      }
    }
    let orphans = try withCatalog { catalog throws(StoreError) in
      try catalog.number(
        "SELECT count(*) FROM alias WHERE person NOT IN (SELECT number FROM subject)") ?? 0
    }
    if orphans > 0 {
      problems.append(
        "\(layout.catalog): \(orphans) aliases name somebody whom the catalog does not know")
    }
    let strays = try withCatalog { catalog throws(StoreError) in
      try catalog.number(
        """
        SELECT count(*) FROM linked_check_in
        WHERE check_in NOT IN (SELECT number FROM subject)
          OR person NOT IN (SELECT number FROM subject)
        """) ?? 0
    }
    if strays > 0 {
      problems.append(
        "\(layout.catalog): \(strays) linked check-ins name somebody whom the catalog does not know"
      )
    }
    problems += try segmentProblems()
    problems += try ContactArchive(at: self.path).problems()
    if case .broken(let line) = try verifyAudit() {
      problems.append(
        "\(path): line \(line) of the audit log was changed, or one before it is gone")
    }
    return StoreVerification(problems: problems, rows: rows, days: log.days.count)
  }

  /// The numbers that the catalog has given to people and gateways; 0 is the unknown gateway.
  private func knownNumbers() throws(StoreError) -> (people: NumberSet, gateways: NumberSet) {
    try withCatalog { catalog throws(StoreError) in
      var gateways = try NumberSet(of: "SELECT number FROM gateway", in: catalog)
      gateways.insert(0)
      return (try NumberSet(of: "SELECT number FROM subject", in: catalog), gateways)
    }
  }

  /// Counts the rows whose id does not lead to them, or leads to another one too.
  private func rowsWithoutID(
    _ columns: borrowing EvidenceColumns, _ places: Range<Int>, _ first: Int64, of day: LocalDay
  ) throws(StoreError) -> Int {
    let rows = places.map { (id: columns.id(at: $0), row: first + Int64($0)) }
    return try withWriter { writer throws(StoreError) in
      try writer.rowsWithoutID(rows, of: day)
    }
  }

  /// Says which segments are damaged.
  private func segmentProblems() throws(StoreError) -> [String] {
    guard FileOperation.exists(layout.segments) else { return [] }
    let folder = try segmentFolder()
    guard let manifest = folder.readManifest() else { return [] }
    var problems: [String] = []
    for file in manifest.files {
      let path = "\(folder.path)/\(file.name)"
      do throws(ColumnFileFault) {
        let mapping = try MappedColumns(path, of: folder.store, kind: file.kind)
        _ = try SegmentSet.readAll(mapping, subjectCount: manifest.subjectCount)
      } catch {
        problems.append(
          "\(path): a derived file is damaged (\(error)); the next question makes it anew")
      }
    }
    return problems
  }
}

extension NumberSet {
  /// Makes the set of the numbers that a statement gives.
  fileprivate init(of sql: String, in catalog: borrowing Connection) throws(StoreError) {
    self.init()
    try catalog.run(sql) { row throws(StoreError) in
      while try row.step() {
        if let number = row.integer(0).flatMap({ UInt32(exactly: $0) }) { insert(number) }
      }
    }
  }
}

extension StoreWriter {
  /// Counts the rows whose id does not lead to them, or leads to another one too.
  func rowsWithoutID(
    _ rows: [(id: EvidenceID, row: Int64)], of day: LocalDay
  ) throws(StoreError) -> Int {
    try holdingLock { () throws(StoreError) in
      let table = try currentTable()
      var found = [Int](repeating: 0, count: rows.count)
      var others: [(index: Int, place: Place)] = []
      table.forEachMatch(of: rows.map { table.hash(of: $0.id) }) { index, place in
        if place.day == day, place.row == rows[index].row {
          found[index] += 1
        } else {
          others.append((index, place))
        }
      }
      // Most of these only have the same fragment.
      for (index, place) in others {
        try file(of: place.day).connection.forEachRow([place.row]) { _, entry throws(StoreError) in
          guard let (frame, position) = entry else { return }
          let id = frame.id(at: position)
          if EvidenceID(high: id.high, low: id.low) == rows[index].id { found[index] += 1 }
        }
      }
      return found.count { $0 != 1 }
    }
  }
}
