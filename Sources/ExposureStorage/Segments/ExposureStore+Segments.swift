internal import Glibc
public import Presence
internal import VenueCodes

/// The moments of building between which a crash is different.
package enum BuildStep: Hashable, Sendable, CaseIterable {
  /// The lock is held and the old files are mapped.
  case locked
  /// A file is durable, but for its name, and in no manifest.
  case fileWritten
  /// All files are durable, with their names.
  case allWritten
  /// The new manifest counts.
  case manifestWritten
  /// Files that no longer count are gone.
  case cleaned
}

/// What became of a wish to have segments.
public enum SegmentBuildOutcome: Hashable, Sendable {
  /// Segments hold all evidence that was there when it began.
  case built
  /// They held it already.
  case unchanged
  /// Another process is building them.
  case busy
}

extension ExposureStore {
  /// The folder of the segments.
  func segmentFolder() throws(StoreError) -> SegmentFolder {
    let text = try value(of: .storeID) ?? ""
    guard text.utf8.count == 32, let high = UInt64(text.prefix(16), radix: 16),
      let low = UInt64(text.suffix(16), radix: 16)
    else { throw StoreError(.corrupt, subject: layout.catalog) }
    return SegmentFolder(path: layout.segments, store: (high, low))
  }

  /// How often people were deleted from the catalog.
  func forgettings() throws(StoreError) -> UInt64 {
    try withCatalog { catalog throws(StoreError) in
      UInt64(clamping: try NameTable.forgettings(in: catalog))
    }
  }

  /// Takes a snapshot of all evidence.
  func wholeLog() throws(StoreError) -> EvidenceLog {
    try evidenceLog(
      from: LocalDay(daysSince2020: .min), to: LocalDay(daysSince2020: .max))
  }

  /// Writes segments of all evidence that is not in any, so that questions need not read it.
  ///
  /// Evidence stays where it is: segments are derived, and deleting them loses nothing. Readers
  /// never wait for this, nor do doors that append. When it fails, the old segments count on.
  ///
  /// - Parameter rules: What is believed about stays.
  /// - Returns: Whether there was anything to do and it was done.
  /// - Throws: `diskFull`, `readOnly`, `corrupt`, `timeOutOfRange`, `closed`.
  /// - Complexity: O(n log n) in the new evidence; memory for one local day of it.
  @discardableResult
  public func buildSegments(stayRules rules: StayRules) throws(StoreError) -> SegmentBuildOutcome {
    guard mode == .readWrite else { throw StoreError(.readOnly, subject: layout.segments) }
    try FileOperation.makeFolder(layout.segments)
    let folder = try segmentFolder()
    return try holdingBuildLock(waits: false) { () throws(StoreError) in
      try ExposureStore.retryingChanges { () throws(StoreError) in
        try buildLocked(folder, rules)
      }
    } ?? .busy
  }

  /// Runs `body` while nobody else builds or deletes segments.
  ///
  /// - Parameters:
  ///   - waits: Whether to wait for whoever does.
  ///   - body: What to do.
  /// - Returns: Its result; nil when someone else does and this does not wait.
  /// - Throws: What `body` throws, and what the file system reports.
  func holdingBuildLock<Result>(
    waits: Bool, _ body: () throws(StoreError) -> Result
  ) throws(StoreError) -> Result? {
    let path = "\(layout.segments)/\(SegmentFolder.lockName)"
    let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw FileOperation.failure(path) }
    defer { Glibc.close(descriptor) }
    while flock(descriptor, waits ? LOCK_EX : LOCK_EX | LOCK_NB) != 0 {
      if errno == EWOULDBLOCK { return nil }
      guard errno == EINTR else { throw FileOperation.failure(path) }
    }
    return try body()
  }

  private func buildLocked(
    _ folder: SegmentFolder, _ rules: StayRules
  ) throws(StoreError) -> SegmentBuildOutcome {
    let old = folder.readManifest()
    var set = folder.open()
    tuning.onBuildStep?(.locked)
    // Before the rows: an alias that comes meanwhile makes the day be read again the next time.
    let aliases = try AliasLookup(self)
    let log = try wholeLog()
    set.agree(with: log, rules, forgettings: try forgettings())
    var advance = SegmentAdvance(
      set, log: log, rules: rules, aliases: aliases,
      writer: SegmentWriter(folder: folder, tuning: tuning))
    do throws(StoreError) {
      try advance.run()
      // Whoever is in a row was known before it.
      let people = try pseudonyms(from: set.manifest.peopleCount)
      try advance.add(peopleHigh: people.high, low: people.low)
      try advance.merge()
      guard advance.isChanged || old != set.manifest else {
        folder.removeAll(but: set.manifest)
        return .unchanged
      }
      let manifest = try advance.finishedManifest()
      try FileOperation.synchronizeFolder(folder.path)
      tuning.onBuildStep?(.allWritten)
      _ = try ColumnFile.write(
        manifest.columns, kind: .manifest, of: folder.store,
        to: "\(folder.path)/\(SegmentManifest.name)", limit: tuning.segmentSizeLimit)
      try FileOperation.synchronizeFolder(folder.path)
      tuning.onBuildStep?(.manifestWritten)
      folder.removeAll(but: manifest)
      var known = VerifiedFiles(in: folder.path)
      for file in manifest.files { known.insert(file.name) }
      known.save()
      tuning.onBuildStep?(.cleaned)
      return .built
    } catch {
      // What was written counts for nothing and may fill the disk.
      folder.removeAll(but: folder.readManifest())
      throw error
    }
  }

  /// Returns the pseudonyms of all numbers from one on; zeros for a number that nobody has.
  func pseudonyms(
    from first: UInt32
  ) throws(StoreError) -> (high: [UInt64], low: [UInt64]) {
    try withCatalog { catalog throws(StoreError) in
      var high: [UInt64] = []
      var low: [UInt64] = []
      try catalog.run(
        "SELECT number, pseudonym FROM subject WHERE number >= ?1 ORDER BY number"
      ) { row throws(StoreError) in
        row.bind(Int64(first), at: 1)
        while try row.step() {
          guard let number = row.integer(0).flatMap({ UInt32(exactly: $0) }),
            number < SubjectNumber.subjectLimit,
            let halves = row.halves(1)
          else { throw StoreError(.corrupt, subject: catalog.path) }
          let gap = Int(number - first) - high.count
          high.append(contentsOf: repeatElement(0, count: gap))
          low.append(contentsOf: repeatElement(0, count: gap))
          high.append(halves.high)
          low.append(halves.low)
        }
      }
      return (high, low)
    }
  }
}

extension SegmentFolder {
  static let lockName = "build.lock"

  /// Takes away the files that do not count; readers that have them open keep them.
  ///
  /// - Parameter manifest: The list of those that count; nil when none does.
  func removeAll(but manifest: SegmentManifest?) {
    var kept: Set = [SegmentFolder.lockName]
    if let manifest {
      kept.formUnion(manifest.files.map(\.name))
      kept.formUnion([SegmentManifest.name, VerifiedFiles.name])
    }
    for name in (try? FileOperation.names(in: path)) ?? [] where !kept.contains(name) {
      unlink("\(path)/\(name)")
    }
  }
}

extension SegmentSet {
  /// Leaves out what no longer follows from the log and the rules.
  mutating func agree(with log: EvidenceLog, _ rules: StayRules?, forgettings: UInt64) {
    let before = manifest.files
    manifest.agree(with: log, rules)
    manifest.agree(forgettings: forgettings)
    guard manifest.files != before else { return }
    let kept = Set(manifest.files)
    stays.removeAll { $0.file.map { !kept.contains($0) } ?? false }
    visits.removeAll { $0.file.map { !kept.contains($0) } ?? false }
    scans.removeAll { $0.file.map { !kept.contains($0) } ?? false }
    encounters.removeAll { $0.file.map { !kept.contains($0) } ?? false }
    heard.removeAll { $0.file.map { !kept.contains($0) } ?? false }
    people.removeAll { $0.file.map { !kept.contains($0) } ?? false }
    if visits.isEmpty { replaced = [:] }
  }
}
