internal import Bluetooth
internal import CXXHash
internal import CrossMatch
internal import Presence
internal import VenueCodes

extension SegmentManifest {
  /// Forgets what no longer follows from the log and the rules.
  ///
  /// A day that was deleted, or begun again, takes its segments along; visits of other days may have
  /// stood on its scans, so then all visits are derived again. So are they when the rules of a venue
  /// at which anybody was scanned are others; where the rules are nil, they are not looked at.
  mutating func agree(with log: EvidenceLog, _ rules: StayRules?) {
    for mark in marks {
      let isThere = log.days.contains {
        $0.day == mark.day && $0.identity == mark.identity && mark.newest <= $0.newestRow
      }
      if isThere { continue }
      drop([.stays, .encounters, .heard], of: mark.day)
      if hasScans { drop(Self.derivedKinds) }
      marks.removeAll { $0.day == mark.day }
    }
    if let rules, hasScans, rulesDigest != rules.digest(at: scanVenues) {
      drop(Self.derivedKinds)
    }
    let digest = Self.encounterDigest(ofAlgorithm: EncounterDeriver.algorithm)
    if encounterDigest != digest {
      drop([.heard])
      encounterDigest = digest
    }
  }

  /// The digest of a version of the algorithm that makes encounters of sightings, with its rules.
  package static func encounterDigest(ofAlgorithm version: Int64) -> UInt64 {
    EncounterDeriver().digest(ofAlgorithm: version)
  }

  /// How many rows of the log are not in files, or in some that must be made anew.
  func missingRows(of log: EvidenceLog, _ aliases: AliasLookup) -> Int64 {
    log.days.reduce(0) { sum, extent in
      let mark = mark(of: extent.day, identity: extent.identity)
      guard !isOutdated(mark, aliases) else { return sum + extent.newestRow }
      return sum + extent.newestRow - mark.oldest
    }
  }

  /// Whether a day's sightings were read by other aliases than there are now.
  func isOutdated(_ mark: Mark, _ aliases: AliasLookup) -> Bool {
    mark.aliases != aliases.generations[mark.day] ?? 0
      && files.contains { $0.kind == .heard && $0.day == mark.day }
  }
}

extension StayRules {
  /// A digest of the rules of some venues.
  func digest(at venues: [UInt64]) -> UInt64 {
    var numbers: [Int64] = [doubleBeepSeconds, lateExitSeconds]
    func append(_ rule: StayRule) {
      numbers.append(rule.defaultStaySeconds.map(Int64.init) ?? .min)
      numbers.append(Int64(rule.capSeconds))
      numbers.append(rule.closingSecond.map(Int64.init) ?? .min)
    }
    append(standard)
    for number in venues {
      numbers.append(Int64(bitPattern: number))
      append(VenueID(rawValue: number).map { rule(for: $0) } ?? standard)
    }
    for span in calendar.spans { numbers += [span.start, Int64(span.offset)] }
    return numbers.withUnsafeBytes { XXH3_64bits($0.baseAddress, $0.count) }
  }
}

/// Brings segments up to the log: reads the rows that are in no file and derives their visits.
///
/// The same steps serve a builder, which gives a writer and gets files, and a query, which gets the
/// missing rows as segments in memory: so both find the same visits.
struct SegmentAdvance {
  /// The segments so far.
  private(set) var set: SegmentSet
  /// Writes files; nil to stay in memory.
  var writer: SegmentWriter?
  /// Whether anything was added.
  private(set) var isChanged = false

  private let log: EvidenceLog
  private let rules: StayRules
  private let aliases: AliasLookup
  private var newScans: [ScanColumns] = []
  private var newStays: [VisitSegment] = []

  /// How many touched moments are derived at once, which bounds the memory.
  private static let mostTouched = 8_000_000
  /// From so many new stays on, people who were scanned are looked up in a set of all of them.
  private static let mostSearched = 65_536

  /// Makes a step from a set that agrees with the log and the rules.
  init(
    _ set: SegmentSet, log: EvidenceLog, rules: StayRules, aliases: AliasLookup,
    writer: SegmentWriter?
  ) {
    self.set = set
    self.log = log
    self.rules = rules
    self.aliases = aliases
    self.writer = writer
  }

  /// Reads, derives, and marks what is replaced.
  ///
  /// - Complexity: O(n log n) in the missing rows; memory for one day of them, or for all when there
  ///   is no writer.
  mutating func run() throws(StoreError) {
    for extent in log.days { try read(extent) }
    try deriveVisits()
  }

  private mutating func read(_ extent: DayExtent) throws(StoreError) {
    var mark = set.manifest.mark(of: extent.day, identity: extent.identity)
    let reading = try DayReading(extent, after: mark, in: log)
    if reading.sightingCount > 0 || set.manifest.isOutdated(mark, aliases) {
      try deriveEncounters(of: extent)
      mark.aliases = aliases.generations[extent.day] ?? 0
      set.manifest.set(mark)
    }
    guard mark.oldest < extent.newestRow else { return }
    isChanged = true
    set.manifest.earliest = min(set.manifest.earliest, reading.earliest)
    set.manifest.latest = max(set.manifest.latest, reading.latest)
    set.manifest.subjectCount = max(set.manifest.subjectCount, reading.subjectCount)
    if !reading.stays.isEmpty {
      let part = try keep(stays: VisitSegment(reading.stays), of: extent.day)
      newStays.append(part.segment)
      set.stays.append(part)
    }
    if !reading.scans.isEmpty {
      let part = try keep(scans: ScanColumns(ordered: reading.scans), of: extent.day)
      newScans.append(part.columns)
      set.scans.append(part)
      let venues = Set(set.manifest.scanVenues).union(reading.scans.lazy.map { $0.place >> 24 })
      set.manifest.scanVenues = venues.sorted()
    }
    if !reading.encounters.isEmpty {
      set.encounters.append(
        try keep(encounters: EncounterSegment(reading.encounters), of: extent.day))
    }
    mark.stays = extent.newestRow
    mark.scans = extent.newestRow
    mark.encounters = extent.newestRow
    mark.sightings = extent.newestRow
    set.manifest.set(mark)
  }

  // MARK: Encounters from sightings

  /// Reads sightings alone: what is wanted when they are counted.
  mutating func readSightings() throws(StoreError) {
    for extent in log.days {
      let mark = set.manifest.mark(of: extent.day, identity: extent.identity)
      var isMissing = set.manifest.isOutdated(mark, aliases)
      try log.read(of: extent, after: mark.sightings, .statements) {
        columns, places, _ throws(StoreError) in
        isMissing =
          isMissing
          || places.contains { columns.kind[$0] == Evidence.Kind.bleSighting.rawValue }
        return !isMissing
      }
      if isMissing { try deriveEncounters(of: extent) }
    }
  }

  /// Derives what all sightings of a day say, which takes the place of what was known before.
  ///
  /// Clocks are judged by all of them together, so one more may move what another says.
  private mutating func deriveEncounters(of extent: DayExtent) throws(StoreError) {
    let day = extent.day
    let span = rules.calendar.start(of: day)..<rules.calendar.start(of: day.advanced(by: 1))
    let reading = try SightingReading(extent, of: span, in: log, aliases)
    let derived = EncounterDeriver().encounters(
      from: reading.sightings, anchors: reading.anchors, moments: reading.moments, within: span)
    var statistics = reading.counts
    statistics.outsideSlot += derived.outsideSlot + derived.anchorsOutsideSlot
    statistics.byGateways -= derived.anchorsOutsideSlot
    statistics.withoutStrength += derived.withoutStrength
    statistics.ofOneself += derived.ofOneself
    let columns = HeardColumns(derived, of: reading.people, statistics)
    for run in derived.runs {
      set.manifest.earliest = min(set.manifest.earliest, ColumnTime.clamping(run.start))
      set.manifest.latest = max(set.manifest.latest, ColumnTime.clamping(run.end))
    }
    set.manifest.subjectCount = max(set.manifest.subjectCount, columns.subjectCount)
    set.heard.removeAll { $0.day == day }
    let part = try keep(heard: columns, of: day)
    set.heard.insert(part, at: set.heard.firstIndex { $0.day > day } ?? set.heard.endIndex)
    isChanged = true
  }

  // MARK: Derived visits

  private mutating func deriveVisits() throws(StoreError) {
    guard !set.scans.isEmpty else { return }
    set.manifest.rulesDigest = rules.digest(at: set.manifest.scanVenues)
    let stayCount = newStays.reduce(0) { $0 + $1.count }
    let total = stayCount + newScans.reduce(0) { $0 + $1.count }
    guard total > 0 else { return }
    let wasScanned = ScannedPeople(set.scans, isDense: stayCount > Self.mostSearched)
    var derivation = VisitDerivation(rules: rules, set: set, log: log)
    let people = max(1, UInt64(set.manifest.subjectCount))
    let chunks = UInt64((total + Self.mostTouched - 1) / Self.mostTouched)
    let width = (people + chunks - 1) / chunks
    for first in stride(from: 0, to: people, by: UInt64.Stride(width)) {
      let subjects = SubjectNumber(first)..<SubjectNumber(min(first + width, people))
      var touched = TouchedTimes()
      for columns in newScans { touched.append(columns, of: subjects) }
      for segment in newStays {
        for row in segment.subject.indices {
          let subject = segment.subject[row]
          if subjects.contains(subject), wasScanned.contains(subject) {
            touched.append(subject, segment.enter[row])
          }
        }
      }
      try touched.forEachPerson { subject, times throws(StoreError) in
        try derivation.derive(subject, around: times)
      }
      let results = derivation.takeResults()
      try replace(results.replaced)
      try keep(visits: results.made)
    }
  }

  /// Marks rows as void, in this process and for the manifest.
  private mutating func replace(_ rows: [VisitDerivation.Replaced]) throws(StoreError) {
    var byPart: [Int: [UInt32]] = [:]
    for replaced in rows { byPart[replaced.part, default: []].append(replaced.row) }
    for (part, rows) in byPart {
      guard let file = set.visits[part].file, let mapping = set.visits[part].mapping,
        mapping.markVoid(rows)
      else { throw StoreError(.outOfMemory, subject: "segments") }
      set.replaced[file.sequence, default: []] += rows
    }
  }

  private mutating func keep(visits: [DerivedVisit]) throws(StoreError) {
    var byDay: [LocalDay: [DerivedVisit]] = [:]
    for visit in visits {
      let day = rules.calendar.day(of: ColumnTime.unixSeconds(visit.enter))
      byDay[day, default: []].append(visit)
      set.manifest.earliest = min(set.manifest.earliest, visit.enter)
      set.manifest.latest = max(set.manifest.latest, visit.leave)
    }
    for day in byDay.keys.sorted() {
      set.visits.append(try keep(visits: byDay[day] ?? [], of: day))
    }
  }

  /// Makes the scans of linked check-ins those of their persons, in memory only.
  ///
  /// The visits of all of these numbers are put aside, and those of each person derived again of the
  /// scans of all theirs: a person who went from one check-in to the next left the first place.
  ///
  /// - Parameter people: The person's number by that of the check-in.
  /// - Throws: `outOfMemory`, and what keeps ids from being read.
  /// - Complexity: O(k log n) for k links and n visits of each day.
  mutating func link(_ people: [SubjectNumber: SubjectNumber]) throws(StoreError) {
    guard !people.isEmpty, !set.scans.isEmpty else { return }
    var members: [SubjectNumber: [SubjectNumber]] = [:]
    for (checkIn, person) in people { members[person, default: [person]].append(checkIn) }
    let everybody = Set(people.keys).union(members.keys)
    for place in set.visits.indices {
      var rows: [UInt32] = []
      for subject in everybody {
        set.visits[place].segment.forEachRow(of: subject) { rows.append(UInt32($0)) }
      }
      guard !rows.isEmpty else { continue }
      if let mapping = set.visits[place].mapping {
        guard mapping.markVoid(rows) else {
          throw StoreError(.outOfMemory, subject: "segments")
        }
        continue
      }
      let part = set.visits[place]
      var visits: [DerivedVisit] = []
      part.segment.forEachLiveRow { row, venue in
        guard !everybody.contains(part.segment.subject[row]) else { return }
        visits.append(
          DerivedVisit(part.segment, part.facts, row: row, day: part.day, venue: venue))
      }
      set.visits[place] = try keep(visits: visits, of: part.day)
    }
    var derivation = VisitDerivation(rules: rules, set: set, log: log)
    for (person, numbers) in members.sorted(by: { $0.key < $1.key }) {
      try derivation.derive(numbers.sorted(), as: person)
      set.manifest.subjectCount = max(set.manifest.subjectCount, person + 1)
    }
    try keep(visits: derivation.takeResults().made)
  }

  // MARK: Keeping

  private mutating func keep(
    stays segment: VisitSegment, of day: LocalDay
  ) throws(StoreError) -> SegmentSet.Stays {
    guard writer != nil else { return SegmentSet.Stays(day: day, segment: segment) }
    let (file, mapping) = try write(
      ColumnBytes.columns(of: segment), .stays, day, segment.count)
    return try SegmentWriter.reading(mapping) { () throws(ColumnFileFault) in
      SegmentSet.Stays(day: day, segment: try mapping.visitSegment(), file: file)
    }
  }

  private mutating func keep(
    scans columns: ScanColumns, of day: LocalDay
  ) throws(StoreError) -> SegmentSet.Scans {
    guard writer != nil else { return SegmentSet.Scans(day: day, columns: columns) }
    let (file, mapping) = try write(columns.columns, .scans, day, columns.count)
    return try SegmentWriter.reading(mapping) { () throws(ColumnFileFault) in
      SegmentSet.Scans(day: day, columns: try ScanColumns(mapping), file: file)
    }
  }

  private mutating func keep(
    encounters segment: EncounterSegment, of day: LocalDay
  ) throws(StoreError) -> SegmentSet.Encounters {
    guard writer != nil else { return SegmentSet.Encounters(day: day, segment: segment) }
    let (file, mapping) = try write(segment.columns, .encounters, day, segment.count)
    return try SegmentWriter.reading(mapping) { () throws(ColumnFileFault) in
      SegmentSet.Encounters(day: day, segment: try EncounterSegment(file: mapping), file: file)
    }
  }

  private mutating func keep(
    heard columns: HeardColumns, of day: LocalDay
  ) throws(StoreError) -> SegmentSet.Heard {
    guard writer != nil else { return SegmentSet.Heard(day: day, columns: columns) }
    let (file, mapping) = try write(columns.columns, .heard, day, columns.runs.count)
    return try SegmentWriter.reading(mapping) { () throws(ColumnFileFault) in
      SegmentSet.Heard(day: day, columns: try HeardColumns(mapping), file: file)
    }
  }

  private mutating func keep(
    visits: [DerivedVisit], of day: LocalDay
  ) throws(StoreError) -> SegmentSet.Visits {
    let facts = VisitFacts(visits, day: day)
    let segment = VisitSegment(
      visits.enumerated().map { place, visit in
        VisitRecord(
          venue: visit.venue, enter: visit.enter, leave: visit.leave, subject: visit.subject,
          source: UInt32(place), zone: visit.zone)
      })
    guard writer != nil else {
      return SegmentSet.Visits(day: day, segment: segment, facts: facts)
    }
    let (file, mapping) = try write(
      ColumnBytes.columns(of: segment) + facts.columns, .visits, day, segment.count)
    return try SegmentWriter.reading(mapping) { () throws(ColumnFileFault) in
      SegmentSet.Visits(
        day: day, segment: try mapping.visitSegment(), facts: try VisitFacts(mapping), file: file,
        mapping: mapping)
    }
  }

  private mutating func write(
    _ columns: [ColumnBytes], _ kind: ColumnFileKind, _ day: LocalDay, _ rowCount: Int
  ) throws(StoreError) -> (SegmentManifest.File, MappedColumns) {
    guard let writer else { throw StoreError(.readOnly, subject: "segments") }
    let sequence = set.manifest.nextSequence
    set.manifest.nextSequence += 1
    return try writer.write(columns, kind, day, rowCount: rowCount, sequence: sequence)
  }
}

// MARK: - Merging

extension SegmentAdvance {
  /// Rows that are void may stand in files up to this number: each costs every reader a page.
  private static let mostReplaced = 32_768

  /// Merges small files of a day into larger ones, and drops rows that were replaced.
  ///
  /// The newest file is merged with the ones before it while those are at most eight times as
  /// large, so that a day has few files and a row is seldom written again.
  mutating func merge() throws(StoreError) {
    try mergeStays()
    try mergeScans()
    try mergeEncounters()
    try mergeVisits()
    try mergePeople()
  }

  /// Returns where the run of newest files begins that are to be one; nil when none are.
  static func mergeStart(_ counts: [Int]) -> Int? {
    guard var sum = counts.last else { return nil }
    var start = counts.count - 1
    while start > 0, counts[start - 1] <= 8 * sum {
      start -= 1
      sum += counts[start]
    }
    return start < counts.count - 1 ? start : nil
  }

  private mutating func mergeStays() throws(StoreError) {
    for (day, parts) in Dictionary(grouping: set.stays, by: \.day).sorted(by: { $0.key < $1.key }) {
      guard let start = Self.mergeStart(parts.map(\.segment.count)) else { continue }
      var records: [VisitRecord] = []
      records.reserveCapacity(parts[start...].reduce(0) { $0 + $1.segment.count })
      for part in parts[start...] { part.segment.appendRecords(to: &records) }
      let merged = try keep(stays: VisitSegment(records), of: day)
      let gone = Set(parts[start...].compactMap(\.file))
      set.stays.removeAll { $0.file.map(gone.contains) ?? false }
      set.stays.append(merged)
      isChanged = true
    }
  }

  private mutating func mergeScans() throws(StoreError) {
    for (day, parts) in Dictionary(grouping: set.scans, by: \.day).sorted(by: { $0.key < $1.key }) {
      guard let start = Self.mergeStart(parts.map(\.columns.count)),
        let extent = log.days.first(where: { $0.day == day })
      else { continue }
      var records: [ScanRecord] = []
      for part in parts[start...] {
        for person in part.columns.people.indices {
          let subject = part.columns.people[person]
          let range = Int(part.columns.start[person])..<Int(part.columns.start[person + 1])
          records += range.map { part.columns.record(at: $0, of: subject) }
        }
      }
      try log.order(&records, of: extent)
      let merged = try keep(scans: ScanColumns(ordered: records), of: day)
      let gone = Set(parts[start...].compactMap(\.file))
      set.scans.removeAll { $0.file.map(gone.contains) ?? false }
      set.scans.append(merged)
      isChanged = true
    }
  }

  private mutating func mergeEncounters() throws(StoreError) {
    let byDay = Dictionary(grouping: set.encounters, by: \.day)
    for (day, parts) in byDay.sorted(by: { $0.key < $1.key }) {
      guard let start = Self.mergeStart(parts.map(\.segment.count)) else { continue }
      var records: [EncounterRecord] = []
      for part in parts[start...] { part.segment.appendRecords(to: &records) }
      let merged = try keep(encounters: EncounterSegment(records), of: day)
      let gone = Set(parts[start...].compactMap(\.file))
      set.encounters.removeAll { $0.file.map(gone.contains) ?? false }
      set.encounters.append(merged)
      isChanged = true
    }
  }

  private mutating func mergeVisits() throws(StoreError) {
    let byDay = Dictionary(grouping: set.visits, by: \.day)
    var total = set.replaced.values.reduce(0) { $0 + $1.count }
    for (day, parts) in byDay.sorted(by: { $0.key < $1.key }) {
      func voids(_ part: SegmentSet.Visits) -> Int {
        part.file.flatMap { set.replaced[$0.sequence]?.count } ?? 0
      }
      let voidCounts = parts.map(voids)
      let start = Self.mergeStart(zip(parts, voidCounts).map { $0.segment.count - $1 })
      var runs: [Range<Int>] = []
      for place in 0..<(start ?? parts.count)
      where voidCounts[place] * 8 > parts[place].segment.count
        || total > Self.mostReplaced && voidCounts[place] > 0
      {
        runs.append(place..<place + 1)
      }
      if let start { runs.append(start..<parts.count) }
      for run in runs {
        var visits: [DerivedVisit] = []
        for part in parts[run] {
          part.segment.forEachLiveRow { row, venue in
            visits.append(
              DerivedVisit(part.segment, part.facts, row: row, day: day, venue: venue))
          }
          if let file = part.file {
            total -= set.replaced.removeValue(forKey: file.sequence)?.count ?? 0
          }
        }
        let gone = Set(parts[run].compactMap(\.file))
        let merged = visits.isEmpty ? nil : try keep(visits: visits, of: day)
        set.visits.removeAll { $0.file.map(gone.contains) ?? false }
        if let merged { set.visits.append(merged) }
        isChanged = true
      }
    }
  }

  private mutating func mergePeople() throws(StoreError) {
    guard let start = Self.mergeStart(set.people.map(\.high.count)) else { return }
    let parts = set.people[start...]
    let merged = try keepPeople(
      from: parts.first?.first ?? 0,
      high: parts.flatMap { part in part.high.indices.map { part.high[$0] } },
      low: parts.flatMap { part in part.low.indices.map { part.low[$0] } })
    set.people.replaceSubrange(start..., with: [merged])
    isChanged = true
  }

  /// Adds the pseudonyms of numbers that are not in files yet.
  ///
  /// - Parameters:
  ///   - high: The first halves, by number from `peopleCount` on.
  ///   - low: The second halves.
  /// - Throws: What keeps the file from being written.
  mutating func add(peopleHigh high: [UInt64], low: [UInt64]) throws(StoreError) {
    guard !high.isEmpty else { return }
    set.people.append(
      try keepPeople(from: set.manifest.peopleCount, high: high, low: low))
    set.manifest.peopleCount += UInt32(high.count)
    isChanged = true
  }

  private mutating func keepPeople(
    from first: UInt32, high: [UInt64], low: [UInt64]
  ) throws(StoreError) -> SegmentSet.People {
    let highColumn = Column(high)
    let lowColumn = Column(low)
    var part = SegmentSet.People(first: first, high: highColumn, low: lowColumn)
    guard writer != nil else { return part }
    let columns = [
      ColumnBytes(Column([first]), tag: SegmentSet.PeopleTag.first),
      ColumnBytes(highColumn, tag: SegmentSet.PeopleTag.high),
      ColumnBytes(lowColumn, tag: SegmentSet.PeopleTag.low),
    ]
    part.file = try write(columns, .people, LocalDay(daysSince2020: 0), high.count).0
    return part
  }

  /// Writes the list of rows that are void, and returns the finished manifest.
  mutating func finishedManifest() throws(StoreError) -> SegmentManifest {
    var manifest = set.manifest
    manifest.files = set.stays.compactMap(\.file) + set.visits.compactMap(\.file)
    manifest.files += set.scans.compactMap(\.file) + set.encounters.compactMap(\.file)
    manifest.files += set.heard.compactMap(\.file)
    manifest.files += set.people.compactMap(\.file)
    if !set.replaced.isEmpty {
      var sequences: [UInt64] = []
      var rows: [UInt32] = []
      for (sequence, replaced) in set.replaced.sorted(by: { $0.key < $1.key }) {
        for row in replaced.sorted() {
          sequences.append(sequence)
          rows.append(row)
        }
      }
      let columns = [
        ColumnBytes(Column(sequences), tag: SegmentSet.ReplacedTag.sequence),
        ColumnBytes(Column(rows), tag: SegmentSet.ReplacedTag.row),
      ]
      let day = LocalDay(daysSince2020: 0)
      manifest.files.append(try write(columns, .replaced, day, rows.count).0)
    }
    manifest.nextSequence = set.manifest.nextSequence
    manifest.sortFiles()
    return manifest
  }
}

/// Writes segment files.
struct SegmentWriter: Sendable {
  let folder: SegmentFolder
  let tuning: StoreTuning

  /// Writes a file and maps it.
  func write(
    _ columns: [ColumnBytes], _ kind: ColumnFileKind, _ day: LocalDay, rowCount: Int,
    sequence: UInt64
  ) throws(StoreError) -> (SegmentManifest.File, MappedColumns) {
    var file = SegmentManifest.File(
      kind: kind, day: day, sequence: sequence, rowCount: rowCount, size: 0, checksum: 0)
    let path = "\(folder.path)/\(file.name)"
    let written = try ColumnFile.write(
      columns, kind: kind, of: folder.store, to: path, limit: tuning.segmentSizeLimit)
    file.size = written.size
    file.checksum = written.checksum
    tuning.onBuildStep?(.fileWritten)
    return try SegmentWriter.reading(path) { () throws(ColumnFileFault) in
      (file, try MappedColumns(path, of: folder.store, kind: kind))
    }
  }

  /// Reads back what was just written; when that fails, the disk does not keep what it is given.
  static func reading<Result>(
    _ path: String, _ body: () throws(ColumnFileFault) -> Result
  ) throws(StoreError) -> Result {
    do throws(ColumnFileFault) {
      return try body()
    } catch {
      throw StoreError(.inputOutput, subject: path)
    }
  }

  static func reading<Result>(
    _ mapping: MappedColumns, _ body: () throws(ColumnFileFault) -> Result
  ) throws(StoreError) -> Result {
    try reading("segment", body)
  }
}

/// Who was ever scanned.
private struct ScannedPeople {
  private let parts: [ScanColumns]
  /// A bit for each number; empty when people are searched instead.
  private var bits: [UInt64] = []

  init(_ scans: [SegmentSet.Scans], isDense: Bool) {
    parts = scans.map(\.columns)
    guard isDense else { return }
    let last = parts.map { $0.people.isEmpty ? 0 : $0.people[$0.people.count - 1] }.max() ?? 0
    bits = [UInt64](repeating: 0, count: Int(last >> 6) + 1)
    for part in parts {
      for place in part.people.indices {
        bits[Int(part.people[place] >> 6)] |= 1 << UInt64(part.people[place] & 63)
      }
    }
  }

  func contains(_ subject: SubjectNumber) -> Bool {
    guard bits.isEmpty else {
      return Int(subject >> 6) < bits.count
        && bits[Int(subject >> 6)] >> UInt64(subject & 63) & 1 != 0
    }
    return parts.contains { !$0.scans(of: subject).isEmpty }
  }
}

extension TouchedTimes {
  /// Adds all scans of a range of people.
  fileprivate mutating func append(_ columns: ScanColumns, of subjects: Range<SubjectNumber>) {
    var person = columns.people.firstPlace(notBefore: subjects.lowerBound)
    while person < columns.people.count, columns.people[person] < subjects.upperBound {
      for scan in Int(columns.start[person])..<Int(columns.start[person + 1]) {
        append(columns.people[person], columns.time[scan])
      }
      person += 1
    }
  }
}

extension VisitSegment {
  /// Calls `body` with each row that is not void, and its venue.
  func forEachLiveRow(_ body: (_ row: Int, _ venue: UInt64) -> Void) {
    for place in venues.indices {
      let venue = venues[place]
      for row in Int(venueStart[place])..<Int(venueStart[place + 1])
      where leave[row] >= enter[row] {
        body(row, venue)
      }
    }
  }

  /// Adds the rows that are not void as records.
  fileprivate func appendRecords(to records: inout [VisitRecord]) {
    forEachLiveRow { row, venue in
      records.append(
        VisitRecord(
          venue: venue, enter: enter[row], leave: leave[row], subject: subject[row],
          source: source[row], zone: zone(at: row)))
    }
  }
}

extension EncounterSegment {
  /// Adds each encounter as a record, once.
  fileprivate func appendRecords(to records: inout [EncounterRecord]) {
    for person in people.indices {
      for row in Int(personStart[person])..<Int(personStart[person + 1])
      where people[person] < peer[row] {
        records.append(
          EncounterRecord(
            first: people[person], second: peer[row], start: start[row], end: end[row],
            attenuation: attenuation[row], source: source[row],
            quality: EncounterQuality(rawValue: quality[row])))
      }
    }
  }
}
