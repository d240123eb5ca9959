internal import Bluetooth
internal import CXXHash
internal import CrossMatch
internal import Presence
internal import VenueCodes

/// What the sightings of one day say, as columns: encounters, what they stand on, when phones listened,
/// and what became of all rows.
struct HeardColumns: Sendable {
  /// The runs; the source of each is the place of its encounter.
  let runs: EncounterSegment
  /// Where the rows of each encounter begin in `rows`, and one more entry for the end.
  let encounterStart: Column<UInt32>
  /// The rows of the day's log that are an encounter's sightings.
  let rows: Column<UInt32>
  /// When phones listened.
  let listening: ListeningSegment
  /// What became of all sightings of the day.
  let statistics: SightingStatistics

  private enum Tag: UInt32 {
    case encounterStart = 21, rows
    case listeningPeople = 31, listeningStart, spanStart, spanEnd
    case statistics = 41
  }

  /// Makes the columns of what was derived.
  ///
  /// - Parameters:
  ///   - derived: What was derived.
  ///   - people: The numbers of the catalog of those in it.
  ///   - statistics: What became of all sightings.
  init(
    _ derived: DerivedEncounters, of people: [SubjectNumber], _ statistics: SightingStatistics
  ) {
    runs = EncounterSegment(
      derived.runs.map { run in
        EncounterRecord(
          first: people[Int(run.first)], second: people[Int(run.second)],
          start: ColumnTime.clamping(run.start),
          end: ColumnTime.clamping(run.end), attenuation: run.attenuation,
          source: UInt32(run.encounter), quality: run.quality)
      }, isDerived: true)
    var starts: [UInt32] = [0]
    for rows in derived.evidence { starts.append((starts.last ?? 0) + UInt32(rows.count)) }
    encounterStart = Column(starts)
    rows = Column(Array(derived.evidence.joined()))
    listening = ListeningSegment(
      derived.listening.map { span in
        ListeningRecord(
          person: people[Int(span.person)], start: ColumnTime.clamping(span.start),
          end: ColumnTime.clamping(span.end))
      })
    self.statistics = statistics
  }

  /// Takes the columns of a file; only sizes are checked.
  init(_ file: MappedColumns) throws(ColumnFileFault) {
    guard let encounterStart = file.column(Tag.encounterStart.rawValue, of: UInt32.self),
      let rows = file.column(Tag.rows.rawValue, of: UInt32.self), encounterStart.count > 0,
      let people = file.column(Tag.listeningPeople.rawValue, of: UInt32.self),
      let personStart = file.column(Tag.listeningStart.rawValue, of: UInt32.self),
      let start = file.column(Tag.spanStart.rawValue, of: Int32.self),
      let end = file.column(Tag.spanEnd.rawValue, of: Int32.self),
      personStart.count == people.count + 1, start.count == end.count,
      let numbers = file.column(Tag.statistics.rawValue, of: UInt64.self),
      let statistics = SightingStatistics(numbers: numbers.indices.map { numbers[$0] })
    else { throw .brokenContent }
    runs = try EncounterSegment(file: file, isDerived: true)
    self.encounterStart = encounterStart
    self.rows = rows
    listening = ListeningSegment(
      people: people, personStart: personStart, start: start, end: end)
    self.statistics = statistics
  }

  /// Checks what reading relies on.
  ///
  /// - Complexity: O(n).
  func validate(subjectCount: Int) throws(ColumnFileFault) {
    try runs.validate(subjectCount: subjectCount)
    guard encounterStart[0] == 0, Int(encounterStart[encounterStart.count - 1]) == rows.count
    else { throw .brokenContent }
    for encounter in 1..<encounterStart.count {
      guard encounterStart[encounter - 1] < encounterStart[encounter],
        Int(encounterStart[encounter]) <= rows.count
      else { throw .brokenContent }
    }
    for row in rows.indices where rows[row] == 0 { throw .brokenContent }
    for row in runs.source.indices where Int(runs.source[row]) + 1 >= encounterStart.count {
      throw .brokenContent
    }
    guard listening.personStart[0] == 0,
      Int(listening.personStart[listening.people.count]) == listening.count
    else { throw .brokenContent }
    for person in listening.people.indices {
      let first = Int(listening.personStart[person])
      let end = Int(listening.personStart[person + 1])
      guard first < end, end <= listening.count,
        Int(listening.people[person]) < subjectCount,
        person == 0 || listening.people[person - 1] < listening.people[person]
      else { throw .brokenContent }
      for span in first..<end {
        guard listening.start[span] < listening.end[span],
          span == first || listening.end[span - 1] < listening.start[span]
        else { throw .brokenContent }
      }
    }
  }

  /// The columns as a file holds them.
  var columns: [ColumnBytes] {
    runs.columns + [
      ColumnBytes(encounterStart, tag: Tag.encounterStart.rawValue),
      ColumnBytes(rows, tag: Tag.rows.rawValue),
      ColumnBytes(listening.people, tag: Tag.listeningPeople.rawValue),
      ColumnBytes(listening.personStart, tag: Tag.listeningStart.rawValue),
      ColumnBytes(listening.start, tag: Tag.spanStart.rawValue),
      ColumnBytes(listening.end, tag: Tag.spanEnd.rawValue),
      ColumnBytes(Column(statistics.numbers), tag: Tag.statistics.rawValue),
    ]
  }

  /// The places of the encounters.
  var encounters: Range<Int> { 0..<encounterStart.count - 1 }

  /// The place of the encounter that a run is part of: runs are many, and share its rows.
  func encounter(ofRun row: Int) -> Int { Int(runs.source[row]) }

  /// The rows of an encounter.
  func evidence(of encounter: Int) -> some Collection<UInt32> {
    (Int(encounterStart[encounter])..<Int(encounterStart[encounter + 1])).lazy.map { rows[$0] }
  }

  /// More than the number of anybody in the columns.
  var subjectCount: UInt32 {
    let last = [runs.people, listening.people].compactMap { people in
      people.isEmpty ? nil : people[people.count - 1]
    }
    return last.max().map { $0 + 1 } ?? 0
  }
}

extension EncounterDeriver {
  /// A digest of a version of the algorithm and the rules: what was derived by others is derived again.
  func digest(ofAlgorithm version: Int64) -> UInt64 {
    var numbers: [Int64] = [
      version, rule.longestGap, rule.halfWidth, rule.echoSeconds, rule.lookHalfWidth,
      rule.listeningHalfWidth, rule.slotTolerance, clockRule.longestDifference,
      clockRule.usualError, clockRule.momentTolerance, Int64(clockRule.fewestIdentifiers),
    ]
    numbers += rule.edges.map(Int64.init)
    return numbers.withUnsafeBytes { XXH3_64bits($0.baseAddress, $0.count) }
  }
}
