internal import Glibc
public import Presence
public import VenueCodes

extension StoreSetting {
  /// How many days scans and visits are kept.
  public static let retentionOfScans = StoreSetting(rawValue: "retention_scans")
  /// How many days Bluetooth evidence is kept.
  public static let retentionOfBluetooth = StoreSetting(rawValue: "retention_bluetooth")
  /// How many days cases are kept after they were closed.
  public static let retentionOfCases = StoreSetting(rawValue: "retention_cases")
  /// The number and the hash of the newest line of the audit log that is past its time.
  static let auditBase = StoreSetting(rawValue: "audit_base")
  /// How many days lines of the audit log are kept.
  public static let retentionOfAudit = StoreSetting(rawValue: "retention_audit")
}

extension ExposureStore {
  /// The policy that is set in this store; what is not set has its default.
  public func retentionPolicy() throws(StoreError) -> RetentionPolicy {
    func days(_ setting: StoreSetting, _ standard: Int) throws(StoreError) -> Int {
      guard let text = try value(of: setting) else { return standard }
      guard let days = Int(text), RetentionPolicy.range.contains(days) else {
        throw StoreError(.corrupt, subject: layout.catalog)
      }
      return days
    }
    let standard = RetentionPolicy()
    return RetentionPolicy(
      scans: try days(.retentionOfScans, standard.scans),
      bluetooth: try days(.retentionOfBluetooth, standard.bluetooth),
      audit: try days(.retentionOfAudit, standard.audit),
      cases: try days(.retentionOfCases, standard.cases))
  }

  /// Sets how long what is kept.
  public func set(_ policy: RetentionPolicy) throws(StoreError) {
    try set(.retentionOfScans, to: String(policy.scans))
    try set(.retentionOfBluetooth, to: String(policy.bluetooth))
    try set(.retentionOfAudit, to: String(policy.audit))
    try set(.retentionOfCases, to: String(policy.cases))
  }

  /// Says what a run of retention would delete, and deletes nothing.
  ///
  /// - Parameters: See `retain`.
  /// - Returns: What would go; people are not counted.
  /// - Throws: `corrupt`, `closed`.
  public func retentionPlan(
    _ policy: RetentionPolicy, today: LocalDay, keeping linked: Set<EvidenceID>
  ) throws(StoreError) -> RetentionReport {
    var report = RetentionReport()
    let log = try evidenceLog(from: LocalDay(daysSince2020: .min), to: today)
    for extent in log.days {
      let rule = RetentionRule(policy, day: extent.day, today: today, linked: linked)
      guard rule.deletesAny else { continue }
      if try hasUnsentRows(extent) { continue }
      let (day, _) = try rule.sort(extent, in: log)
      if day.deleted > 0 || day.linked > 0 { report.days.append(day) }
    }
    report.contacts = try ContactArchive(at: path).count(
      before: today.advanced(by: -policy.scans), but: linked)
    return report
  }

  /// Deletes what is past its time, and proves it.
  ///
  /// A day whose rows all go loses its file. Of a day some of whose rows stay, a new file with only
  /// those takes the place of the old one, which is unlinked. So nothing is left in free pages or in
  /// a log. Then people of whom no row and no case is left are deleted from the catalog, and the raw
  /// bytes of all files of the store are searched for their pseudonyms, for those of the identifiers
  /// whose aliases went, and for the sealed contact details that went with the evidence.
  ///
  /// A day of a door that has rows which the centre has not acknowledged stays as it is.
  ///
  /// Killed at any point, it has deleted less, and the next run goes on: rows go before the people
  /// they name. People whom a killed run deleted are gone from the catalog and with the next run from
  /// segments, but no run searches for them any more.
  ///
  /// - Parameters:
  ///   - policy: How long what is kept.
  ///   - today: The present local day.
  ///   - linked: Evidence that stays because a case rests on it.
  ///   - now: The present, in Unix seconds.
  /// - Returns: What is gone.
  /// - Throws: `busy`, `readOnly`, `diskFull`, `corrupt`, `closed`.
  /// - Complexity: O(n) in the bytes of the store.
  public func retain(
    _ policy: RetentionPolicy, today: LocalDay, keeping linked: Set<EvidenceID>, now: Int64
  ) throws(StoreError) -> RetentionReport {
    var report = RetentionReport()
    try withWriter { writer throws(StoreError) in try writer.removeLeftovers() }
    let log = try evidenceLog(from: LocalDay(daysSince2020: .min), to: today)
    for extent in log.days {
      let rule = RetentionRule(policy, day: extent.day, today: today, linked: linked)
      guard rule.deletesAny else { continue }
      let day = try thin(extent.day, by: rule)
      if day.deleted > 0 || day.linked > 0 { report.days.append(day) }
    }
    // Contact details came with scans and go with them.
    let contacts = try ContactArchive(at: path).delete(
      before: today.advanced(by: -policy.scans), but: linked)
    report.contacts = contacts.count
    report.conflicts = try deleteConflicts(policy, today: today)
    report.auditLines = try pruneAudit(before: now - Int64(policy.audit) * 86_400)
    let cases = try deleteCases(closedBefore: now - Int64(policy.cases) * 86_400)
    report.cases = cases.count
    if !cases.isEmpty, FileOperation.exists(layout.accounts) {
      try AccountStore(at: path).forgetDivisions(ofCases: cases)
    }
    // Aliases of days of which no Bluetooth is kept go, but for those of rows that a case keeps.
    let forgotten = try forgetPeople(
      aliasesBefore: calendar.start(of: today.advanced(by: -policy.bluetooth)))
    report.forgotten = forgotten.people
    report.aliases = forgotten.aliases
    try deleteSegments()
    try rewriteCatalog()
    report.filesWithTraces = try RawSearch(
      for: forgotten.people.union(forgotten.identifiers).union(contacts)
    ).files(in: layout.root)
    return report
  }

  /// Removes the rows of one day that a rule does not keep.
  private func thin(
    _ day: LocalDay, by rule: RetentionRule
  ) throws(StoreError) -> RetentionReport.Day {
    try withWriter { writer throws(StoreError) in
      try writer.replacingDay(day) { () throws(StoreError) in
        // Under the lock the day cannot grow while it is sorted.
        let log = try evidenceLog(from: day, to: day)
        guard let extent = log.days.first else {
          return (RetentionReport.Day(day: day, deleted: 0, kept: 0, linked: 0), .nothing)
        }
        // A door deletes nothing that its centre has not acknowledged.
        guard try !hasUnsentRows(extent) else {
          return (RetentionReport.Day(day: day, deleted: 0, kept: 0, linked: 0), .nothing)
        }
        let (report, kept) = try rule.sort(extent, in: log)
        if report.deleted == 0 { return (report, .nothing) }
        return (report, report.kept == 0 ? .deletion : .replacement(kept))
      }
    }
  }

  private func deleteConflicts(
    _ policy: RetentionPolicy, today: LocalDay
  ) throws(StoreError) -> Int {
    try withWritableCatalog { catalog throws(StoreError) in
      try catalog.run(
        """
        DELETE FROM conflict WHERE day < ?1 - CASE WHEN kind IN (6, 7) THEN ?2 ELSE ?3 END
        """
      ) { row throws(StoreError) in
        row.bind(Int64(today.daysSince2020), at: 1)
        row.bind(Int64(policy.bluetooth), at: 2)
        row.bind(Int64(policy.scans), at: 3)
        try row.execute()
      }
      return catalog.changes
    }
  }

  /// Deletes the cases that were closed so long ago.
  ///
  /// - Returns: Their ids.
  private func deleteCases(closedBefore time: Int64) throws(StoreError) -> [String] {
    try withWritableCatalog { catalog throws(StoreError) in
      let gone = try catalog.run("DELETE FROM confirmed_case WHERE closed_at < ?1 RETURNING id") {
        row throws(StoreError) in
        row.bind(time, at: 1)
        var ids: [String] = []
        while try row.step() {
          if let id = row.text(0) { ids.append(id) }
        }
        return ids
      }
      try catalog.execute(
        "DELETE FROM upload_code WHERE case_id NOT IN (SELECT id FROM confirmed_case)")
      return gone
    }
  }

  /// Deletes the oldest lines of the audit log, and notes what the rest follows.
  private func pruneAudit(before time: Int64) throws(StoreError) -> Int {
    let signed = try checkpoints().filter { $0.time >= time }.map(\.count).min()
    return try withWritableCatalog { catalog throws(StoreError) in
      try AuditTable.prune(before: time, keeping: signed, in: catalog)
    }
  }

  /// Deletes the aliases that are past their time, and the people whom then nothing names.
  private func forgetPeople(
    aliasesBefore time: Int64
  ) throws(StoreError) -> ForgottenPeople {
    // Most is read before the lock is taken, so that doors wait for the newest rows only.
    var named = NumberSet()
    let before = try wholeLog()
    for extent in before.days { try named.insert(from: before, extent, after: 0) }
    let early = named
    return try withWriter { writer throws(StoreError) in
      try writer.forgettingPeople(aliasesBefore: time) { () throws(StoreError) in
        var named = early
        let log = try wholeLog()
        for extent in log.days {
          let known = before.days.first { $0.day == extent.day && $0.identity == extent.identity }
          try named.insert(from: log, extent, after: known?.newestRow ?? 0)
        }
        return named
      }
    }
  }

  /// Deletes the segments of days that lost rows, and those that name people; they are made again of
  /// what is left.
  ///
  /// Nobody builds meanwhile, so that none that was begun before appears afterwards.
  private func deleteSegments() throws(StoreError) {
    guard FileOperation.exists(layout.segments) else { return }
    let folder = try segmentFolder()
    _ = try holdingBuildLock(waits: true) { () throws(StoreError) in
      guard var manifest = folder.readManifest() else { return folder.removeAll(but: nil) }
      let before = manifest
      let identities = Dictionary(
        uniqueKeysWithValues: try wholeLog().days.map { ($0.day, $0.identity) })
      // By what is there now, so that a run that was killed is made good by the next.
      for mark in before.marks where identities[mark.day] != mark.identity {
        manifest.drop([.stays, .encounters, .heard], of: mark.day)
        manifest.marks.removeAll { $0.day == mark.day }
        // A visit on another day may follow from evidence that is gone.
        if manifest.hasScans { manifest.drop(SegmentManifest.derivedKinds) }
      }
      manifest.agree(forgettings: try forgettings())
      guard manifest != before else { return folder.removeAll(but: before) }
      do throws(StoreError) {
        _ = try ColumnFile.write(
          manifest.columns, kind: .manifest, of: folder.store,
          to: "\(folder.path)/\(SegmentManifest.name)", limit: nil)
        folder.removeAll(but: manifest)
      } catch {
        // Without a list nothing counts: all is made again, which only takes longer.
        folder.removeAll(but: nil)
      }
      try FileOperation.synchronizeFolder(folder.path)
    }
  }

  /// Writes the catalog anew, and moves its log into the file and empties it, where deleted names may
  /// still stand.
  ///
  /// Deleted cells are overwritten, but copies of them stay in pages that SQLite divided or joined while
  /// they were there, and identifiers come in no order. Always, since an earlier run may have been
  /// killed before it.
  ///
  /// - Complexity: O(n) in the catalog, of which there is a copy in memory meanwhile.
  private func rewriteCatalog() throws(StoreError) {
    try withWriter { writer throws(StoreError) in
      // A temporary file elsewhere would hold names too.
      try writer.catalog.execute("PRAGMA temp_store = MEMORY")
      try writer.catalog.execute("VACUUM")
      try writer.catalog.run("PRAGMA wal_checkpoint (TRUNCATE)") { row throws(StoreError) in
        guard try row.step(), row.integer(0) == 0 else {
          throw StoreError(.busy, subject: layout.catalog)
        }
      }
    }
  }
}

/// Which rows of one day stay.
struct RetentionRule {
  private let keepsScans: Bool
  private let keepsBluetooth: Bool
  private let linked: Set<EvidenceID>
  private let day: LocalDay

  init(_ policy: RetentionPolicy, day: LocalDay, today: LocalDay, linked: Set<EvidenceID>) {
    let age = Int(today.daysSince2020) - Int(day.daysSince2020)
    self.day = day
    self.linked = linked
    keepsScans = age <= policy.scans
    keepsBluetooth = age <= policy.bluetooth
  }

  /// Whether the day is so old that something may go.
  var deletesAny: Bool { !keepsScans || !keepsBluetooth }

  /// Reads a day, and returns how many rows go and which stay.
  func sort(
    _ extent: DayExtent, in log: EvidenceLog
  ) throws(StoreError) -> (report: RetentionReport.Day, kept: EvidenceColumns) {
    var kept = EvidenceColumns()
    var deleted = 0
    var linkedRows = 0
    try log.read(of: extent) { columns, places, _ throws(StoreError) in
      for place in places {
        let isBluetooth = Evidence.Kind(rawValue: columns.kind[place])?.isBluetooth ?? false
        if isBluetooth ? keepsBluetooth : keepsScans {
          kept.append(columns, at: place)
        } else if linked.contains(columns.id(at: place)) {
          kept.append(columns, at: place)
          linkedRows += 1
        } else {
          deleted += 1
        }
      }
      return true
    }
    return (
      RetentionReport.Day(day: day, deleted: deleted, kept: kept.count, linked: linkedRows), kept
    )
  }
}

/// A set of numbers of the catalog, a bit each.
struct NumberSet: Sendable {
  private var words: [UInt64] = []

  /// Inserts the people whom rows of a day name.
  mutating func insert(
    from log: EvidenceLog, _ extent: DayExtent, after row: Int64
  ) throws(StoreError) {
    var named = self
    try log.read(of: extent, after: row, .statements) { columns, places, _ throws(StoreError) in
      for place in places {
        named.insert(columns.subject[place])
        if columns.peer[place] != .max { named.insert(columns.peer[place]) }
      }
      return true
    }
    self = named
  }

  mutating func insert(_ number: UInt32) {
    let word = Int(number >> 6)
    if word >= words.count {
      words.append(
        contentsOf: repeatElement(0, count: max(word + 1, 2 * words.count) - words.count))
    }
    words[word] |= 1 << UInt64(number & 63)
  }

  func contains(_ number: UInt32) -> Bool {
    let word = Int(number >> 6)
    return word < words.count && words[word] >> UInt64(number & 63) & 1 != 0
  }
}
