internal import Presence

/// The columns of a segment, by the numbers that files know them by.
public enum SegmentColumn: UInt32, CaseIterable, Sendable {
  /// Ids of venues, 8 bytes each.
  case venues = 1
  /// Where each venue's rows begin, 4 bytes.
  case venueStart = 2
  /// The first second inside, 4 bytes.
  case enter = 3
  /// The first second after, 4 bytes.
  case leave = 4
  /// Who, 4 bytes.
  case subject = 5
  /// What each row was made of, 4 bytes.
  case source = 6
  /// The zone, 1 byte; empty when no row has one.
  case zone = 7
  /// The place of the venue of every 64th row, 4 bytes.
  case stepVenue = 8
  /// The latest end of each 16 rows, 4 bytes.
  case blockLeave = 9
  /// The latest end of each 256 rows, 4 bytes.
  case groupLeave = 10
  /// Groups of 64 people, 16 bytes.
  case personGroups = 11
  /// Where a person's entries begin, a bit an entry, in words of 8 bytes.
  case personStarts = 12
  /// Rows by person, 4 bytes.
  case personRows = 13
  /// Three times that bound all rows, 4 bytes.
  case extent = 14

  /// The bytes of one value.
  public var stride: Int {
    switch self {
    case .venues, .personGroups, .personStarts: 8
    case .zone: 1
    default: 4
    }
  }
}

/// What is wrong with columns that came from outside.
public enum SegmentFault: Error, Hashable, Sendable, CustomStringConvertible {
  /// A column is not of whole values, lies askew in memory, or does not have as many as it must.
  case wrongShape(SegmentColumn)
  /// A column holds a value that cannot be there, at this place.
  case wrongValue(SegmentColumn, at: Int)

  /// A stable word for programs.
  public var code: String {
    switch self {
    case .wrongShape: "segment-wrong-shape"
    case .wrongValue: "segment-wrong-value"
    }
  }

  /// A sentence for people.
  public var description: String {
    switch self {
    case .wrongShape(let column):
      "The column \(column) of a segment does not have the size it must have."
    case .wrongValue(let column, let place):
      "The column \(column) of a segment holds a value at \(place) that cannot be there."
    }
  }
}

extension VisitSegment {
  /// Bytes of one column, in memory that somebody holds.
  public struct ColumnBytes {
    /// Where they begin, aligned to 8 bytes; `Column.padding` bytes after the last are readable.
    public var base: UnsafeRawPointer
    /// How many there are.
    public var count: Int
    /// What keeps the memory alive and unchanged.
    public var owner: any Sendable & AnyObject

    /// Makes bytes of their parts.
    public init(base: UnsafeRawPointer, count: Int, owner: any Sendable & AnyObject) {
      self.base = base
      self.count = count
      self.owner = owner
    }

    /// Returns the bytes as a column, or throws when they are no whole number of values.
    func column<Element>(
      _ name: SegmentColumn, of type: Element.Type
    ) throws(SegmentFault) -> Column<Element> {
      guard count >= 0, count % MemoryLayout<Element>.stride == 0,
        UInt(bitPattern: base) % UInt(MemoryLayout<Element>.alignment) == 0
      else { throw .wrongShape(name) }
      let values = count / MemoryLayout<Element>.stride
      return Column(
        base: base.bindMemory(to: Element.self, capacity: values), count: values, owner: owner)
    }
  }

  /// Calls `body` with the bytes of every column, in the order of their numbers.
  ///
  /// They are in the byte order of the machine, and say everything that the segment is.
  public func forEachColumn(
    _ body: (SegmentColumn, UnsafeRawBufferPointer) throws -> Void
  ) throws {
    func give<Element>(_ name: SegmentColumn, _ column: Column<Element>) throws {
      try body(
        name,
        UnsafeRawBufferPointer(
          start: UnsafeRawPointer(column.base),
          count: column.count * MemoryLayout<Element>.stride))
      // The owner must outlive the call, and nothing else names it.
      withExtendedLifetime(column) {}
    }
    try give(.venues, venues)
    try give(.venueStart, venueStart)
    try give(.enter, enter)
    try give(.leave, leave)
    try give(.subject, subject)
    try give(.source, source)
    try give(.zone, zone)
    try give(.stepVenue, storage.stepVenue)
    try give(.blockLeave, storage.blockLeave)
    try give(.groupLeave, storage.groupLeave)
    try give(.personGroups, people.groups)
    try give(.personStarts, people.starts)
    try give(.personRows, people.rows)
    try give(.extent, storage.extent)
  }

  /// Takes columns from outside, such as a mapped file.
  ///
  /// Only sizes and the largest person's number are checked, in time that does not depend on them. Whoever does not know that the
  /// bytes are what `forEachColumn` gave (by a checksum) calls `validate` before anything else.
  ///
  /// - Parameter bytes: Returns the bytes of a column.
  /// - Throws: `SegmentFault`, or what `bytes` throws.
  public init(columns bytes: (SegmentColumn) throws -> ColumnBytes) throws {
    func column<Element>(
      _ name: SegmentColumn, of type: Element.Type = Element.self
    ) throws -> Column<Element> {
      try bytes(name).column(name, of: type)
    }
    let extent: Column<Int32> = try column(.extent)
    guard extent.count == 3 else { throw SegmentFault.wrongShape(.extent) }
    storage = SegmentStorage(
      venues: try column(.venues), venueStart: try column(.venueStart), enter: try column(.enter),
      leave: try column(.leave), subject: try column(.subject), source: try column(.source),
      zone: try column(.zone), stepVenue: try column(.stepVenue),
      blockLeave: try column(.blockLeave), groupLeave: try column(.groupLeave),
      people: PersonOrder(
        groups: try column(.personGroups), starts: try column(.personStarts),
        rows: try column(.personRows)),
      extent: extent)
    let count = enter.count
    for (name, isRight) in [
      (SegmentColumn.enter, count <= VisitSegment.countLimit),
      (.venueStart, venueStart.count == venues.count + 1),
      (.leave, leave.count == count),
      (.subject, subject.count == count),
      (.source, source.count == count),
      (.zone, zone.isEmpty || zone.count == count),
      (.stepVenue, storage.stepVenue.count == (count + 63) / 64),
      (.blockLeave, storage.blockLeave.count == (count + 15) / 16),
      (.groupLeave, storage.groupLeave.count == (count + 255) / 256),
      (.personGroups, people.groups.count >= 2 && people.groups.count % 2 == 0),
      (.personStarts, people.starts.count == (count + 63) / 64),
      (.personRows, people.rows.count == count),
    ] where !isRight { throw SegmentFault.wrongShape(name) }
    if let largest = people.largest, largest >= Int(SubjectNumber.subjectLimit) {
      throw SegmentFault.wrongValue(.personGroups, at: people.groups.count - 4)
    }
  }

  /// Checks everything that kernels rely on, so that no damaged file makes one read elsewhere or
  /// miss a visit.
  ///
  /// - Parameter subjectCount: More than the largest subject number that may be here.
  /// - Throws: `SegmentFault.wrongValue` for the first wrong value of the first wrong column.
  /// - Complexity: O(n).
  public func validate(subjectCount: Int) throws(SegmentFault) {
    try validateVenues()
    try validateRows(subjectCount: subjectCount)
    try validatePeople()
  }

  private func validateVenues() throws(SegmentFault) {
    for place in venues.indices.dropFirst() where venues[place] <= venues[place - 1] {
      throw .wrongValue(.venues, at: place)
    }
    if let last = venues.indices.last, venues[last] >= 1 << 40 {
      throw .wrongValue(.venues, at: last)
    }
    guard venueStart[0] == 0 else { throw .wrongValue(.venueStart, at: 0) }
    for place in venueStart.indices.dropFirst() where venueStart[place] <= venueStart[place - 1] {
      throw .wrongValue(.venueStart, at: place)
    }
    guard Int(venueStart[venues.count]) == count else {
      throw .wrongValue(.venueStart, at: venues.count)
    }
    var venue = 0
    for step in storage.stepVenue.indices {
      while Int(venueStart[venue + 1]) <= step << 6 { venue += 1 }
      guard Int(storage.stepVenue[step]) == venue else { throw .wrongValue(.stepVenue, at: step) }
    }
  }

  private func validateRows(subjectCount: Int) throws(SegmentFault) {
    for place in venues.indices {
      let rows = rows(ofVenueAt: place)
      for row in rows.dropFirst() where enter[row] < enter[row - 1] {
        throw .wrongValue(.enter, at: row)
      }
    }
    for row in subject.indices where Int(subject[row]) >= subjectCount {
      throw .wrongValue(.subject, at: row)
    }
    for (name, column, length) in [
      (SegmentColumn.blockLeave, storage.blockLeave, 16), (.groupLeave, storage.groupLeave, 256),
    ] {
      for block in column.indices {
        var latest = Int32.min
        for row in (block * length)..<min((block + 1) * length, count) {
          latest = max(latest, leave[row])
        }
        guard column[block] == latest else { throw .wrongValue(name, at: block) }
      }
    }
    var bounds = [Int32.max, Int32.min, Int32.min]
    for row in enter.indices {
      bounds[0] = min(bounds[0], enter[row])
      bounds[1] = max(bounds[1], enter[row])
      bounds[2] = max(bounds[2], leave[row])
    }
    for place in 0..<3 where storage.extent[place] != bounds[place] {
      throw .wrongValue(.extent, at: place)
    }
  }

  /// Every entry must be of the person that bits say, and rows of a person ascend: so many entries
  /// as rows, each once, are all of them.
  private func validatePeople() throws(SegmentFault) {
    let groupCount = people.groups.count / 2 - 1
    var entry = 0
    for place in 0..<groupCount {
      let number = people.number(ofGroupAt: place)
      let present = people.groups[2 * place + 1]
      guard Int(people.groups[2 * place] & 0xffff_ffff) == entry,
        number < Int(SubjectNumber.subjectLimit >> 6),
        place == 0 || number > people.number(ofGroupAt: place - 1)
      else { throw .wrongValue(.personGroups, at: 2 * place) }
      guard present != 0 else { throw .wrongValue(.personGroups, at: 2 * place + 1) }
      for bit in 0..<64 where present >> UInt64(bit) & 1 != 0 {
        let person = SubjectNumber(number << 6 | bit)
        let first = entry
        repeat {
          guard entry < count, isStart(entry) == (entry == first) else {
            throw .wrongValue(.personStarts, at: entry >> 6)
          }
          let row = Int(people.rows[entry])
          guard row < count, subject[row] == person,
            entry == first || people.rows[entry - 1] < people.rows[entry]
          else { throw .wrongValue(.personRows, at: entry) }
          entry += 1
        } while entry < count && !isStart(entry)
      }
    }
    guard entry == count, people.groups[2 * groupCount] == UInt64(UInt32.max) << 32 | UInt64(count),
      people.groups[2 * groupCount + 1] == 0
    else { throw .wrongValue(.personGroups, at: 2 * groupCount) }
    for past in count..<(people.starts.count * 64) where isStart(past) {
      throw .wrongValue(.personStarts, at: past >> 6)
    }
  }

  private func isStart(_ entry: Int) -> Bool {
    people.starts[entry >> 6] >> UInt64(entry & 63) & 1 != 0
  }
}
