public import Presence
public import VenueCodes

/// One visit as a segment is built of it.
public struct VisitRecord: Hashable, Sendable, BitwiseCopyable {
  /// The venue's id as a number.
  public var venue: UInt64
  /// The first second inside, as `ColumnTime` counts.
  public var enter: Int32
  /// The first second after; not before `enter`.
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
/// - Complexity: 12 bytes a visit (13 when any visit has a zone), 4 for its source, and 4 with a
///   few bits for the order by person.
public struct VisitSegment: Sendable {
  /// The ids of the venues that have visits, ascending.
  public let venues: Column<UInt64>
  /// Where each venue's rows begin, and one more entry for the end.
  public let venueStart: Column<UInt32>
  /// The first second inside, ascending within a venue.
  public let enter: Column<Int32>
  /// The first second after.
  public let leave: Column<Int32>
  /// Who.
  public let subject: Column<SubjectNumber>
  /// What each row was made of.
  public let source: Column<UInt32>
  /// The zone of each row; empty when no visit has one.
  public let zone: Column<UInt8>
  /// Everyone who has rows, ascending.
  let people: Column<SubjectNumber>
  /// Where each person's rows begin in `rowsByPerson`, and one more entry for the end.
  let personStart: Column<UInt32>
  /// The rows of each person, ascending.
  let rowsByPerson: Column<UInt32>

  /// How many visits there are, void ones among them.
  public var count: Int { enter.count }

  /// Sorts records into a segment.
  ///
  /// - Parameter records: In any order.
  /// - Complexity: O(n log n).
  public init(_ records: [VisitRecord]) {
    precondition(records.count < Int(UInt32.max), "32-bit rows")
    let sorted = records.sorted {
      ($0.venue, $0.enter, $0.source) < ($1.venue, $1.enter, $1.source)
    }
    var venues: [UInt64] = []
    var venueStart: [UInt32] = []
    for (row, record) in sorted.enumerated() where venues.last != record.venue {
      venues.append(record.venue)
      venueStart.append(UInt32(row))
    }
    venueStart.append(UInt32(sorted.count))
    let byPerson = sorted.indices.map { UInt64(sorted[$0].subject) << 32 | UInt64($0) }.sorted()
    var people: [SubjectNumber] = []
    var personStart: [UInt32] = []
    for (place, key) in byPerson.enumerated() where people.last != SubjectNumber(key >> 32) {
      people.append(SubjectNumber(key >> 32))
      personStart.append(UInt32(place))
    }
    personStart.append(UInt32(sorted.count))
    self.venues = Column(venues)
    self.venueStart = Column(venueStart)
    self.enter = Column(sorted.map(\.enter))
    self.leave = Column(sorted.map(\.leave))
    self.subject = Column(sorted.map(\.subject))
    self.source = Column(sorted.map(\.source))
    self.zone = Column(sorted.contains { $0.zone != 0 } ? sorted.map(\.zone) : [])
    self.people = Column(people)
    self.personStart = Column(personStart)
    self.rowsByPerson = Column(byPerson.map { UInt32(truncatingIfNeeded: $0) })
  }

  /// Returns the rows of a venue; empty when nobody visited it.
  ///
  /// - Complexity: O(log n) in the number of venues.
  public func rows(at venue: VenueID) -> Range<Int> {
    guard let place = venues.place(of: venue.rawValue) else { return 0..<0 }
    return Int(venueStart[place])..<Int(venueStart[place + 1])
  }

  /// Calls `body` with each row of a person that is not void, ascending.
  public func forEachRow(of subject: SubjectNumber, _ body: (Int) -> Void) {
    guard let place = people.place(of: subject) else { return }
    for entry in Int(personStart[place])..<Int(personStart[place + 1]) {
      let row = Int(rowsByPerson[entry])
      if leave[row] >= enter[row] { body(row) }
    }
  }

  /// Returns the zone of a row; 0 is the whole venue.
  public func zone(at row: Int) -> UInt8 {
    zone.isEmpty ? 0 : zone[row]
  }

  /// Returns the venue of a row.
  ///
  /// - Complexity: O(log n) in the number of venues.
  public func venue(at row: Int) -> UInt64 {
    venues[venueStart.lastPlace(notAfter: UInt32(row))]
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

  /// Returns the last place of an ascending column that is not after a value; 0 when all are.
  func lastPlace(notAfter value: Element) -> Int {
    var low = 0
    var high = Swift.max(count - 1, 0)
    while low < high {
      let middle = (low + high + 1) / 2
      if self[middle] <= value { low = middle } else { high = middle - 1 }
    }
    return low
  }
}
