internal import Bluetooth
internal import CrossMatch
internal import Glibc
internal import Presence
internal import VenueCodes

/// The segment files of a store as they were at one moment, mapped and known to be sound.
package struct SegmentSet: Sendable {
  /// Given stays of a day; the source of a row is its row in the log of the day.
  struct Stays: Sendable {
    var day: LocalDay
    var segment: VisitSegment
    var file: SegmentManifest.File?
  }

  /// Derived visits that begin on a day; the source of a row is a place in the facts.
  struct Visits: Sendable {
    var day: LocalDay
    var segment: VisitSegment
    var facts: VisitFacts
    var file: SegmentManifest.File?
    /// What marks rows as void; nil for a segment in memory.
    var mapping: MappedColumns?
  }

  /// The scans of a day.
  struct Scans: Sendable {
    var day: LocalDay
    var columns: ScanColumns
    var file: SegmentManifest.File?
  }

  /// The encounters of a day; the source of a row is its row in the log of the day.
  struct Encounters: Sendable {
    var day: LocalDay
    var segment: EncounterSegment
    var file: SegmentManifest.File?
  }

  /// What the sightings of a day say.
  struct Heard: Sendable {
    var day: LocalDay
    var columns: HeardColumns
    var file: SegmentManifest.File?
  }

  /// The pseudonyms of neighbouring numbers.
  struct People: Sendable {
    var first: UInt32
    var high: Column<UInt64>
    var low: Column<UInt64>
    var file: SegmentManifest.File?
  }

  var manifest = SegmentManifest()
  var stays: [Stays] = []
  var visits: [Visits] = []
  var scans: [Scans] = []
  var encounters: [Encounters] = []
  /// By day, of which each has one at most.
  var heard: [Heard] = []
  var people: [People] = []
  /// The rows of files that later evidence replaced, by the file's sequence; all are marked.
  var replaced: [UInt64: [UInt32]] = [:]

  init() {}

  enum PeopleTag {
    static let first: UInt32 = 1
    static let high: UInt32 = 2
    static let low: UInt32 = 3
  }

  enum ReplacedTag {
    static let sequence: UInt32 = 1
    static let row: UInt32 = 2
  }

  /// Adds a file.
  ///
  /// - Parameters:
  ///   - file: What the manifest says of it.
  ///   - mapping: The file.
  ///   - isVerified: Whether its bytes have been looked at before.
  /// - Throws: Why the file cannot be used.
  mutating func add(
    _ file: SegmentManifest.File, _ mapping: MappedColumns, isVerified: Bool
  ) throws(ColumnFileFault) {
    guard mapping.layout.size == file.size, mapping.statedChecksum == file.checksum else {
      throw .wrongChecksum
    }
    if !isVerified { try mapping.verify() }
    let subjects = Int(manifest.subjectCount)
    let rowCount: Int
    switch file.kind {
    case .stays:
      let segment = try mapping.visitSegment()
      if !isVerified { try SegmentSet.validate(segment, subjects) }
      stays.append(Stays(day: file.day, segment: segment, file: file))
      rowCount = segment.count
    case .visits:
      let segment = try mapping.visitSegment()
      let facts = try VisitFacts(mapping)
      if !isVerified {
        try SegmentSet.validate(segment, subjects)
        try facts.validate(for: segment)
      }
      visits.append(
        Visits(day: file.day, segment: segment, facts: facts, file: file, mapping: mapping))
      rowCount = segment.count
    case .scans:
      let columns = try ScanColumns(mapping)
      if !isVerified { try columns.validate(subjectCount: subjects) }
      scans.append(Scans(day: file.day, columns: columns, file: file))
      rowCount = columns.count
    case .encounters:
      let segment = try EncounterSegment(file: mapping)
      if !isVerified { try segment.validate(subjectCount: subjects) }
      encounters.append(Encounters(day: file.day, segment: segment, file: file))
      rowCount = segment.count
    case .heard:
      let columns = try HeardColumns(mapping)
      if !isVerified { try columns.validate(subjectCount: subjects) }
      guard heard.last.map({ $0.day < file.day }) ?? true else { throw .brokenContent }
      heard.append(Heard(day: file.day, columns: columns, file: file))
      rowCount = columns.runs.count
    case .people:
      guard let first = mapping.column(PeopleTag.first, of: UInt32.self), first.count == 1,
        let high = mapping.column(PeopleTag.high, of: UInt64.self),
        let low = mapping.column(PeopleTag.low, of: UInt64.self), high.count == low.count
      else { throw .brokenContent }
      people.append(People(first: first[0], high: high, low: low, file: file))
      rowCount = high.count
    case .replaced:
      guard let sequence = mapping.column(ReplacedTag.sequence, of: UInt64.self),
        let row = mapping.column(ReplacedTag.row, of: UInt32.self), row.count == sequence.count
      else { throw .brokenContent }
      for place in row.indices { replaced[sequence[place], default: []].append(row[place]) }
      rowCount = row.count
    case .manifest:
      throw .wrongKind
    }
    guard rowCount == file.rowCount else { throw .brokenContent }
  }

  private static func validate(
    _ segment: VisitSegment, _ subjects: Int
  ) throws(ColumnFileFault) {
    do { try segment.validate(subjectCount: subjects) } catch { throw .brokenContent }
  }

  /// Looks at a file as `SegmentFolder.open` does, and then at every row as questions do.
  ///
  /// - Parameters:
  ///   - mapping: The file.
  ///   - subjectCount: More than the number of any person that may be in it.
  /// - Returns: How many rows were read.
  /// - Throws: Why the file cannot be used.
  package static func readAll(
    _ mapping: MappedColumns, subjectCount: UInt32
  ) throws(ColumnFileFault) -> Int {
    let kind = mapping.layout.kind
    if kind == .manifest {
      let manifest = try SegmentManifest(mapping)
      return manifest.files.count
    }
    var set = SegmentSet()
    set.manifest.subjectCount = subjectCount
    let day = LocalDay(daysSince2020: 0)
    var file = SegmentManifest.File(
      kind: kind, day: day, sequence: 0, rowCount: 0, size: mapping.layout.size,
      checksum: mapping.statedChecksum)
    // The number of rows is the manifest's to say.
    file.rowCount = mapping.layout.rowCount
    try set.add(file, mapping, isVerified: false)
    var rows = 0
    for part in set.visits {
      part.segment.forEachLiveRow { row, venue in
        let visit = DerivedVisit(part.segment, part.facts, row: row, day: day, venue: venue)
        rows += visit.opened.row > 0 ? 1 : 0
      }
    }
    for part in set.stays { part.segment.forEachLiveRow { _, _ in rows += 1 } }
    for part in set.scans {
      for person in part.columns.people.indices {
        let subject = part.columns.people[person]
        for scan in part.columns.scans(of: subject) {
          rows += part.columns.event(at: scan, of: subject, on: day) == nil ? 0 : 1
        }
      }
    }
    for part in set.encounters {
      for person in part.segment.people.indices {
        rows += part.segment.rows(of: part.segment.people[person]).count
      }
    }
    for part in set.heard {
      for encounter in part.columns.encounters {
        rows += part.columns.evidence(of: encounter).count
      }
      for run in part.columns.runs.source.indices {
        rows += part.columns.encounters.contains(part.columns.encounter(ofRun: run)) ? 1 : 0
      }
      rows += part.columns.listening.count
    }
    return rows
  }

  /// Marks the replaced rows; returns false when that cannot be done.
  func markReplaced() -> Bool {
    var left = replaced.count
    for part in visits {
      guard let file = part.file, let rows = replaced[file.sequence] else { continue }
      guard let mapping = part.mapping, mapping.markVoid(rows) else { return false }
      left -= 1
    }
    return left == 0
  }
}

extension EncounterSegment {
  private enum Tag: UInt32 {
    case people = 1, personStart, peer, start, end, attenuation, source, quality
  }

  /// Takes the columns of a file; only sizes are checked.
  init(file: MappedColumns, isDerived: Bool = false) throws(ColumnFileFault) {
    guard let people = file.column(Tag.people.rawValue, of: UInt32.self),
      let personStart = file.column(Tag.personStart.rawValue, of: UInt32.self),
      let peer = file.column(Tag.peer.rawValue, of: UInt32.self),
      let start = file.column(Tag.start.rawValue, of: Int32.self),
      let end = file.column(Tag.end.rawValue, of: Int32.self),
      let attenuation = file.column(Tag.attenuation.rawValue, of: Int16.self),
      let source = file.column(Tag.source.rawValue, of: UInt32.self),
      let quality = file.column(Tag.quality.rawValue, of: UInt8.self),
      personStart.count == people.count + 1,
      [start.count, end.count, attenuation.count, source.count, quality.count]
        .allSatisfy({ $0 == peer.count })
    else { throw .brokenContent }
    self.init(
      people: people, personStart: personStart, peer: peer, start: start, end: end,
      attenuation: attenuation, source: source, quality: quality, isDerived: isDerived)
  }

  /// Checks what reading relies on.
  ///
  /// - Complexity: O(n).
  func validate(subjectCount: Int) throws(ColumnFileFault) {
    guard personStart[0] == 0, Int(personStart[people.count]) == count else {
      throw .brokenContent
    }
    for person in people.indices {
      guard personStart[person] < personStart[person + 1],
        Int(personStart[person + 1]) <= count, Int(people[person]) < subjectCount,
        person == 0 || people[person - 1] < people[person]
      else { throw .brokenContent }
      for row in Int(personStart[person])..<Int(personStart[person + 1]) {
        guard Int(peer[row]) < subjectCount, peer[row] != people[person], start[row] <= end[row],
          row == Int(personStart[person]) || start[row - 1] <= start[row]
        else { throw .brokenContent }
      }
    }
  }

  /// The columns as a file holds them.
  var columns: [ColumnBytes] {
    [
      ColumnBytes(people, tag: Tag.people.rawValue),
      ColumnBytes(personStart, tag: Tag.personStart.rawValue),
      ColumnBytes(peer, tag: Tag.peer.rawValue), ColumnBytes(start, tag: Tag.start.rawValue),
      ColumnBytes(end, tag: Tag.end.rawValue),
      ColumnBytes(attenuation, tag: Tag.attenuation.rawValue),
      ColumnBytes(source, tag: Tag.source.rawValue),
      ColumnBytes(quality, tag: Tag.quality.rawValue),
    ]
  }
}

/// The folder of the segment files of a store.
struct SegmentFolder: Sendable {
  let path: String
  /// The two halves of the store's id.
  let store: (UInt64, UInt64)

  /// Returns the files that can be used.
  ///
  /// What is torn, damaged, missing or of another store is left out, with all that means nothing
  /// without it, and the manifest that is returned says so: the rows will be read from the log.
  ///
  /// - Complexity: O(1) for files that this system has looked at since it was started, else O(n).
  func open() -> SegmentSet {
    var known = VerifiedFiles(in: path)
    // A builder may swap the manifest and take old files away meanwhile; then there is a newer one.
    var last: SegmentManifest?
    while true {
      guard let manifest = readManifest() else { return SegmentSet() }
      let (set, isWhole) = open(manifest, &known)
      if isWhole || manifest == last {
        known.save()
        return set
      }
      last = manifest
    }
  }

  /// Reads the list of files; nil when there is none that can be used.
  func readManifest() -> SegmentManifest? {
    guard
      let mapping = try? MappedColumns(
        "\(path)/\(SegmentManifest.name)", of: store, kind: .manifest),
      (try? mapping.verify()) != nil
    else { return nil }
    return try? SegmentManifest(mapping)
  }

  private func open(
    _ manifest: SegmentManifest, _ known: inout VerifiedFiles
  ) -> (set: SegmentSet, isWhole: Bool) {
    var usable = manifest
    while true {
      var set = SegmentSet()
      set.manifest = usable
      var damaged: SegmentManifest.File?
      for file in usable.files {
        let path = "\(self.path)/\(file.name)"
        let isVerified = known.contains(file.name)
        do throws(ColumnFileFault) {
          let mapping = try MappedColumns(path, of: store, kind: file.kind)
          try set.add(file, mapping, isVerified: isVerified)
          if !isVerified { known.insert(file.name) }
        } catch {
          damaged = file
          break
        }
      }
      if damaged == nil, !set.peopleAreContiguous {
        damaged = usable.files(.people).first
      }
      if damaged == nil, !set.markReplaced() {
        damaged = usable.files(.visits).first ?? usable.files(.replaced).first
      }
      guard let damaged else { return (set, usable == manifest) }
      usable.drop(damaged: damaged)
    }
  }
}

extension SegmentSet {
  /// Whether the people's files hold each number below `peopleCount` once, in order.
  fileprivate var peopleAreContiguous: Bool {
    var next = 0
    for part in people {
      guard Int(part.first) == next else { return false }
      next += part.high.count
    }
    return next == Int(manifest.peopleCount)
  }
}

/// Which files have been looked at byte for byte since the system was started.
///
/// A page that was right when it was read stays right in memory; what can still go wrong is the disk,
/// which is read again only after a restart, or somebody who writes to the file, which moves its
/// times. So a file is summed once for each start of the system and each change.
struct VerifiedFiles {
  static let name = "verified"
  private let folder: String
  private let boot: String
  private var stamps: [String: String] = [:]
  private var isChanged = false

  init(in folder: String) {
    self.folder = folder
    let bytes = try? FileOperation.read("/proc/sys/kernel/random/boot_id", limit: 64)
    boot = String(decoding: (bytes ?? []).filter { $0 > 32 }, as: UTF8.self)
    guard !boot.isEmpty,
      let saved = try? FileOperation.read("\(folder)/\(Self.name)", limit: 1 << 20)
    else { return }
    let lines = String(decoding: saved, as: UTF8.self).split(separator: "\n")
    guard let first = lines.first, first == boot else { return }
    for line in lines.dropFirst() {
      guard let space = line.firstIndex(of: " ") else { continue }
      stamps[String(line[..<space])] = String(line[line.index(after: space)...])
    }
  }

  /// Whether a file is as it was when it was looked at.
  func contains(_ file: String) -> Bool {
    guard let stamp = stamps[file] else { return false }
    return stamp == self.stamp(of: file)
  }

  /// Remembers that a file is sound as it is.
  mutating func insert(_ file: String) {
    stamps[file] = stamp(of: file)
    isChanged = true
  }

  /// Writes what is remembered; a folder that cannot be written is looked at again each time.
  mutating func save() {
    guard isChanged, !boot.isEmpty else { return }
    var text = boot + "\n"
    for (file, stamp) in stamps.sorted(by: { $0.key < $1.key })
    where FileOperation.exists("\(folder)/\(file)") {
      text += "\(file) \(stamp)\n"
    }
    // Not durable on purpose: after a power cut it would not be believed anyway.
    let draft = "\(folder)/\(Self.name).\(getpid()).new"
    if (try? FileOperation.writeNew(Array(text.utf8), to: draft, mode: 0o600)) != nil {
      if rename(draft, "\(folder)/\(Self.name)") != 0 { unlink(draft) }
    }
    isChanged = false
  }

  private func stamp(of file: String) -> String? {
    var status = stat()
    guard stat("\(folder)/\(file)", &status) == 0 else { return nil }
    return """
      \(status.st_dev) \(status.st_ino) \(status.st_size) \
      \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec) \
      \(status.st_ctim.tv_sec).\(status.st_ctim.tv_nsec)
      """
  }
}
