public import Presence
public import VenueCodes

/// One visit as a segment is built of it.
public struct VisitRecord: Hashable, Sendable, BitwiseCopyable {
  /// The venue's id as a number.
  public var venue: UInt64
  /// The first second inside, as `ColumnTime` counts.
  public var enter: Int32
  /// The first second after; not before `enter`, or the row is void.
  public var leave: Int32
  /// Who, by the number that the store gave them.
  public var subject: SubjectNumber
  /// What the visit was made of, for whoever keeps the facts that are too large for columns.
  public var source: UInt32
  /// The zone of the venue; 0 is the whole venue.
  public var zone: UInt8

  /// Makes a record of its parts.
  public init(
    venue: UInt64, enter: Int32, leave: Int32, subject: SubjectNumber, source: UInt32,
    zone: UInt8 = 0
  ) {
    self.venue = venue
    self.enter = enter
    self.leave = leave
    self.subject = subject
    self.source = source
    self.zone = zone
  }
}

/// An immutable run of visits as columns sorted by (venue, enter, source).
///
/// This is what the kernels of the cross-match read; a view is made of many.
///
/// A *row* is a place in the columns. The rows of one venue are next to each other; a second
/// permutation finds the rows of one person. A row whose `leave` is before its `enter` is *void*: it
/// was replaced by a row of another segment, and no kernel may find it.
///
/// Rows are looked through in *blocks* of 16, as many as a vector register holds, and *groups* of
/// 256. The latest `leave` of each block and group tells which of them can hold somebody who was
/// still there, so that one guest of fourteen days costs a search one block and not all of them.
///
/// - Complexity: 12 bytes a visit (13 when any visit has a zone) and 0.35 for blocks, 4 for its
///   source, and 4.2 for the order by person.
public struct VisitSegment: Sendable {
  /// Everything, behind one reference: kernels pass segments about, and fourteen would be counted.
  let storage: SegmentStorage

  init(_ storage: SegmentStorage) { self.storage = storage }

  /// The ids of the venues that have visits, ascending.
  public var venues: Column<UInt64> { storage.venues }
  /// Where each venue's rows begin, and one more entry for the end.
  public var venueStart: Column<UInt32> { storage.venueStart }
  /// The first second inside, ascending within a venue.
  public var enter: Column<Int32> { storage.enter }
  /// The first second after.
  public var leave: Column<Int32> { storage.leave }
  /// Who.
  public var subject: Column<SubjectNumber> { storage.subject }
  /// What each row was made of.
  public var source: Column<UInt32> { storage.source }
  /// The zone of each row; empty when no visit has one.
  public var zone: Column<UInt8> { storage.zone }
  /// Who has rows.
  var people: PersonOrder { storage.people }

  /// How many visits there are, void ones among them.
  public var count: Int { storage.enter.count }

  /// The most visits of one segment: kernels count rows in 32 bits and a few blocks past the last.
  public static let countLimit = (1 << 31) - 256

  /// The first second of the earliest visit; `Int32.max` when there is none.
  public var earliestEnter: Int32 { storage.extent[0] }

  /// The first second of the last visit to begin; `Int32.min` when there is none.
  public var latestEnter: Int32 { storage.extent[1] }

  /// The first second after all visits; `Int32.min` when there is none.
  public var latestLeave: Int32 { storage.extent[2] }

  /// Returns the rows of a venue; empty when nobody visited it.
  ///
  /// - Complexity: O(log n) in the number of venues.
  public func rows(at venue: VenueID) -> Range<Int> {
    guard let place = venues.place(of: venue.rawValue) else { return 0..<0 }
    return rows(ofVenueAt: place)
  }

  /// Returns the rows of the venue at a place of `venues`.
  func rows(ofVenueAt place: Int) -> Range<Int> {
    Int(venueStart[place])..<Int(venueStart[place + 1])
  }

  /// Calls `body` with each row of a person that is not void, ascending.
  ///
  /// - Complexity: The person's rows, and to find them O(1) where every group of 64 successive numbers
  ///   has somebody who has rows, else O(log n) in the groups that have nobody; and a look at one bit
  ///   for each row of the others of the group, 64 at a time.
  public func forEachRow(of subject: SubjectNumber, _ body: (Int) -> Void) {
    for entry in people.entries(of: subject) {
      let row = Int(people.rows[entry])
      if leave[row] >= enter[row] { body(row) }
    }
  }

  /// Returns the zone of a row; 0 is the whole venue.
  public func zone(at row: Int) -> UInt8 {
    zone.isEmpty ? 0 : zone[row]
  }

  /// Returns a row as the record that it was built of.
  public func record(at row: Int) -> VisitRecord {
    VisitRecord(
      venue: venue(at: row), enter: enter[row], leave: leave[row], subject: subject[row],
      source: source[row], zone: zone(at: row))
  }

  /// Returns the venue of a row.
  ///
  /// - Complexity: O(1) where venues have many rows, at most 64 steps where they have one.
  public func venue(at row: Int) -> UInt64 {
    venues[venuePlace(at: row)]
  }

  /// Returns the place in `venues` of the venue of a row.
  func venuePlace(at row: Int) -> Int {
    var place = Int(storage.stepVenue[row >> 6])
    while Int(venueStart[place + 1]) <= row { place += 1 }
    return place
  }
}

/// The columns of a segment.
final class SegmentStorage: Sendable {
  let venues: Column<UInt64>
  let venueStart: Column<UInt32>
  let enter: Column<Int32>
  let leave: Column<Int32>
  let subject: Column<SubjectNumber>
  let source: Column<UInt32>
  let zone: Column<UInt8>
  /// The place of the venue of every 64th row.
  let stepVenue: Column<UInt32>
  /// The latest `leave` of each block of 16 rows, whatever their venues.
  let blockLeave: Column<Int32>
  /// The latest `leave` of each group of 256 rows.
  let groupLeave: Column<Int32>
  let people: PersonOrder
  /// The earliest `enter`, the latest `enter`, and the latest `leave`.
  let extent: Column<Int32>
  /// Whether differences of times fit 32 bits.
  let isNarrow: Bool

  init(
    venues: Column<UInt64>, venueStart: Column<UInt32>, enter: Column<Int32>, leave: Column<Int32>,
    subject: Column<SubjectNumber>, source: Column<UInt32>, zone: Column<UInt8>,
    stepVenue: Column<UInt32>, blockLeave: Column<Int32>, groupLeave: Column<Int32>,
    people: PersonOrder, extent: Column<Int32>
  ) {
    self.venues = venues
    self.venueStart = venueStart
    self.enter = enter
    self.leave = leave
    self.subject = subject
    self.source = source
    self.zone = zone
    self.stepVenue = stepVenue
    self.blockLeave = blockLeave
    self.groupLeave = groupLeave
    self.people = people
    self.extent = extent
    isNarrow = Int64(max(extent[1], extent[2])) - Int64(extent[0]) < 1 << 31
  }
}

/// The rows of a segment by person.
///
/// People are looked at in groups of 64 successive numbers. A group keeps one bit a person and where
/// its entries begin; a bit an entry tells where the next person begins. That is 4 bytes a row and a
/// few bits, and finding somebody costs three reads of memory.
struct PersonOrder: Sendable {
  /// Two words for each group that anybody is of.
  ///
  /// Its number in the high half and its first entry in the low one; and who is there, a bit each.
  /// One more pair marks the end.
  let groups: Column<UInt64>
  /// A bit for each entry: whether it is the first of its person.
  let starts: Column<UInt64>
  /// The rows, by person and then ascending.
  let rows: Column<UInt32>

  /// Returns the entries of a person in `rows`.
  func entries(of subject: SubjectNumber) -> Range<Int> {
    let count = groups.count / 2 - 1
    guard count > 0 else { return 0..<0 }
    let wanted = Int(subject >> 6)
    let first = number(ofGroupAt: 0)
    let last = number(ofGroupAt: count - 1)
    guard wanted >= first, wanted <= last else { return 0..<0 }
    // Numbers ascend and only so many of the run are missing, so the place is that near.
    var low = max(0, wanted - first - (last - first + 1 - count))
    var high = min(wanted - first, count - 1)
    while low < high {
      let middle = (low + high) / 2
      if number(ofGroupAt: middle) < wanted { low = middle + 1 } else { high = middle }
    }
    guard number(ofGroupAt: low) == wanted else { return 0..<0 }
    let present = groups[2 * low + 1]
    let bit = UInt64(1) << UInt64(subject & 63)
    guard present & bit != 0 else { return 0..<0 }
    let base = Int(groups[2 * low] & 0xffff_ffff)
    var left = (present & (bit - 1)).nonzeroBitCount
    var word = base >> 6
    var bits = starts[word] & (UInt64.max << UInt64(base & 63))
    while left >= bits.nonzeroBitCount {
      left -= bits.nonzeroBitCount
      word += 1
      bits = starts[word]
    }
    for _ in 0..<left { bits &= bits &- 1 }
    let begin = word << 6 + bits.trailingZeroBitCount
    bits &= bits &- 1
    while bits == 0 {
      word += 1
      guard word < starts.count else { return begin..<rows.count }
      bits = starts[word]
    }
    return begin..<(word << 6 + bits.trailingZeroBitCount)
  }

  /// The largest number of anybody; nil when there is nobody.
  ///
  /// - Complexity: O(1).
  var largest: Int? {
    let place = groups.count / 2 - 2
    guard place >= 0 else { return nil }
    return number(ofGroupAt: place) << 6 + max(0, 63 - groups[2 * place + 1].leadingZeroBitCount)
  }

  /// Returns the number of a group: its people's numbers without the low six bits.
  @inline(__always)
  func number(ofGroupAt place: Int) -> Int {
    Int(groups[2 * place] >> 32)
  }
}

extension Column where Element: Comparable {
  /// Returns the place of a value in an ascending column, or nil.
  func place(of value: Element) -> Int? {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < value { low = middle + 1 } else { high = middle }
    }
    return low < count && self[low] == value ? low : nil
  }
}
