internal import CrossMatch
internal import Presence
internal import VenueCodes

/// One scan, or stay of unknown end: what visits are derived from.
struct ScanRecord: Hashable, Sendable {
  /// Who.
  var subject: SubjectNumber
  /// When, as columns count.
  var time: Int32
  /// The row in the log of its day.
  var row: UInt32
  /// Where, and what it says; see `ScanColumns.place`.
  var place: UInt64

  init(
    subject: SubjectNumber, time: Int32, row: UInt32, venue: UInt64, zone: UInt8,
    kind: PresenceEvent.Kind, statedStay: Int16
  ) {
    self.subject = subject
    self.time = time
    self.row = row
    self.place =
      venue << 24 | UInt64(zone) << 16 | UInt64(kind.rawValue) << 12
      | UInt64(UInt16(bitPattern: statedStay + 1) & 0x1ff)
  }
}

/// The scans of one day by person, in the order in which a walk takes them.
///
/// - Complexity: 16 bytes a scan and 8 a person.
struct ScanColumns: Sendable {
  /// Everyone who was scanned, ascending.
  let people: Column<SubjectNumber>
  /// Where each person's scans begin, and one more entry for the end.
  let start: Column<UInt32>
  /// When, ascending within a person.
  let time: Column<Int32>
  /// Venue (40 bits), zone (8), kind (4), stated stay plus one (12).
  let place: Column<UInt64>
  /// The row in the log of the day.
  let row: Column<UInt32>

  private enum Tag: UInt32 {
    case people = 1, start, time, place, row
  }

  /// Makes columns of scans that are in order: by person, time, and evidence id.
  init(ordered scans: [ScanRecord]) {
    var people: [SubjectNumber] = []
    var start: [UInt32] = []
    for (place, scan) in scans.enumerated() where people.last != scan.subject {
      people.append(scan.subject)
      start.append(UInt32(place))
    }
    start.append(UInt32(scans.count))
    self.people = Column(people)
    self.start = Column(start)
    self.time = Column(scans.map(\.time))
    self.place = Column(scans.map(\.place))
    self.row = Column(scans.map(\.row))
  }

  /// Takes the columns of a file; only sizes are checked.
  init(_ file: MappedColumns) throws(ColumnFileFault) {
    guard let people = file.column(Tag.people.rawValue, of: UInt32.self),
      let start = file.column(Tag.start.rawValue, of: UInt32.self),
      let time = file.column(Tag.time.rawValue, of: Int32.self),
      let place = file.column(Tag.place.rawValue, of: UInt64.self),
      let row = file.column(Tag.row.rawValue, of: UInt32.self),
      start.count == people.count + 1, place.count == time.count, row.count == time.count
    else { throw .brokenContent }
    self.people = people
    self.start = start
    self.time = time
    self.place = place
    self.row = row
  }

  /// Checks what reading relies on.
  ///
  /// - Complexity: O(n).
  func validate(subjectCount: Int) throws(ColumnFileFault) {
    guard start[0] == 0, Int(start[people.count]) == time.count else { throw .brokenContent }
    for person in people.indices {
      guard start[person] < start[person + 1], Int(start[person + 1]) <= time.count,
        Int(people[person]) < subjectCount, person == 0 || people[person - 1] < people[person]
      else { throw .brokenContent }
      for scan in Int(start[person])..<Int(start[person + 1]) {
        guard row[scan] > 0, scan == Int(start[person]) || time[scan - 1] <= time[scan],
          PresenceEvent.Kind(rawValue: UInt8(place[scan] >> 12 & 15)) != nil,
          place[scan] & 0xfff <= 256
        else { throw .brokenContent }
      }
    }
  }

  /// The columns as a file holds them.
  var columns: [ColumnBytes] {
    [
      ColumnBytes(people, tag: Tag.people.rawValue), ColumnBytes(start, tag: Tag.start.rawValue),
      ColumnBytes(time, tag: Tag.time.rawValue), ColumnBytes(place, tag: Tag.place.rawValue),
      ColumnBytes(row, tag: Tag.row.rawValue),
    ]
  }

  /// How many scans there are.
  var count: Int { time.count }

  /// Returns the scans of a person; empty when there are none.
  ///
  /// - Complexity: O(log n) in the number of people.
  func scans(of subject: SubjectNumber) -> Range<Int> {
    let place = people.firstPlace(notBefore: subject)
    guard place < people.count, people[place] == subject else { return 0..<0 }
    return Int(start[place])..<Int(start[place + 1])
  }

  /// Returns a scan as an event whose evidence is a locator.
  func event(at place: Int, of subject: SubjectNumber, on day: LocalDay) -> PresenceEvent? {
    let packed = self.place[place]
    guard let venue = VenueID(rawValue: packed >> 24),
      let kind = PresenceEvent.Kind(rawValue: UInt8(packed >> 12 & 15))
    else { return nil }
    let stay = Int32(packed & 0xfff) - 1
    return PresenceEvent(
      kind, subject: subject, venue: venue, zone: UInt8(packed >> 16 & 255),
      time: ColumnTime.unixSeconds(time[place]), defaultStaySeconds: stay < 0 ? nil : stay * 300,
      evidence: EvidenceLocator(day: day, row: row[place]).standIn)
  }

  /// Returns a scan as a record.
  func record(at place: Int, of subject: SubjectNumber) -> ScanRecord {
    ScanRecord(subject: subject, time: time[place], row: row[place], place: self.place[place])
  }
}

extension ScanRecord {
  init(subject: SubjectNumber, time: Int32, row: UInt32, place: UInt64) {
    self.subject = subject
    self.time = time
    self.row = row
    self.place = place
  }
}

/// Where a piece of evidence is in the log.
struct EvidenceLocator: Hashable, Comparable, Sendable {
  /// The local day.
  var day: LocalDay
  /// The row of the day, from 1.
  var row: UInt32

  /// An id that stands for the place in a walk, which hands ids on and does not look at them.
  var standIn: EvidenceID {
    EvidenceID(high: UInt64(UInt32(bitPattern: day.daysSince2020)), low: UInt64(row))
  }

  init(day: LocalDay, row: UInt32) {
    self.day = day
    self.row = row
  }

  /// The place that an id stands for.
  init(standIn id: EvidenceID) {
    day = LocalDay(daysSince2020: Int32(bitPattern: UInt32(truncatingIfNeeded: id.high)))
    row = UInt32(truncatingIfNeeded: id.low)
  }

  /// By day, then by row.
  static func < (left: EvidenceLocator, right: EvidenceLocator) -> Bool {
    (left.day, left.row) < (right.day, right.row)
  }
}

extension Column where Element: Comparable {
  /// Returns the first place of an ascending column whose value is not before one.
  func firstPlace(notBefore value: Element, from first: Int = 0) -> Int {
    var low = first
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < value { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
