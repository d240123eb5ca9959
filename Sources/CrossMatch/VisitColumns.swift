public import Presence
public import VenueCodes

/// Visits as columns sorted by venue and time of entry: what every kernel of the cross-match reads.
///
/// A *position* is a row of the columns. The rows of one venue are next to each other; a second
/// permutation finds the rows of one person. Columns are derived from visits and can be thrown away
/// and made again.
///
/// - Complexity: 17 bytes a visit, 18 when any visit has a zone.
public struct VisitColumns: Sendable {
  /// The venues that have visits, ascending.
  public let venues: [VenueID]

  /// Where each venue's rows begin, and one more entry for the end.
  public let venueStart: [Int]

  /// The first second inside, ascending within a venue.
  public let enter: [Int32]

  /// The first second after.
  public let leave: [Int32]

  /// Who.
  public let subject: [SubjectNumber]

  /// The zone of each row; empty when no visit has one.
  public let zone: [UInt8]

  /// The place of each row's visit in the array that the columns were made of.
  public let visit: [UInt32]

  /// Where each person's rows begin in `positionsBySubject`, and one more entry for the end.
  let subjectStart: [UInt32]

  /// The rows of each person, ascending.
  let positionsBySubject: [UInt32]

  /// Where each venue's blocks begin, and one more entry for the end.
  let blockStart: [Int]

  /// The latest `leave` in each block of `blockLength` rows of a venue.
  let blockMaximum: [Int32]

  /// The latest `leave` in a block and all earlier ones of its venue: where it is not after a
  /// moment, nobody who came so early was still there, and a backward search ends.
  let reachingMaximum: [Int32]

  /// The rows of a block; few enough to scan, many enough that the maxima are small beside the rows.
  static let blockLength = 64

  /// Sorts visits into columns.
  ///
  /// - Parameters:
  ///   - visits: In any order; times in `ColumnTime.range` and `leave` not before `enter`.
  ///   - subjectCount: More than the largest subject number.
  /// - Complexity: O(n log n), where the logarithm is that of one venue's visits.
  public init(visits: [Visit], subjectCount: Int) {
    precondition(visits.count < Int(UInt32.max), "32-bit positions")

    // Visits are dealt out to venues first, so that what must be compared is one integer.
    var numberOfVenue: [VenueID: Int] = [:]
    var venueOfVisit: [UInt32] = []
    venueOfVisit.reserveCapacity(visits.count)
    var distinct: [VenueID] = []
    for visit in visits {
      let number: Int
      if let known = numberOfVenue[visit.venue] {
        number = known
      } else {
        number = distinct.count
        numberOfVenue[visit.venue] = number
        distinct.append(visit.venue)
      }
      venueOfVisit.append(UInt32(number))
    }
    let order = distinct.indices.sorted { distinct[$0] < distinct[$1] }
    var rank = [Int](repeating: 0, count: distinct.count)
    for (place, number) in order.enumerated() { rank[number] = place }
    var starts = [Int](repeating: 0, count: distinct.count + 1)
    for number in venueOfVisit { starts[rank[Int(number)] + 1] += 1 }
    for place in 1..<max(starts.count, 1) { starts[place] += starts[place - 1] }

    // Entry time in the high half, place in the low one: sorting integers sorts by entry, and equal
    // entries stay in the order given.
    var keys = [UInt64](repeating: 0, count: visits.count)
    var next = starts
    for (index, visit) in visits.enumerated() {
      let place = rank[Int(venueOfVisit[index])]
      let biased = UInt32(bitPattern: ColumnTime.clamping(visit.enter)) ^ 0x8000_0000
      keys[next[place]] = UInt64(biased) << 32 | UInt64(index)
      next[place] += 1
    }
    for place in distinct.indices { keys[starts[place]..<starts[place + 1]].sort() }

    var enter: [Int32] = []
    var leave: [Int32] = []
    var subject: [SubjectNumber] = []
    var zone: [UInt8] = []
    var source: [UInt32] = []
    enter.reserveCapacity(visits.count)
    leave.reserveCapacity(visits.count)
    subject.reserveCapacity(visits.count)
    source.reserveCapacity(visits.count)
    let hasZones = visits.contains { $0.zone != 0 }
    if hasZones { zone.reserveCapacity(visits.count) }
    var counts = [UInt32](repeating: 0, count: subjectCount + 1)
    for key in keys {
      let index = Int(key & 0xffff_ffff)
      let visit = visits[index]
      enter.append(ColumnTime.clamping(visit.enter))
      leave.append(ColumnTime.clamping(visit.leave))
      subject.append(visit.subject)
      if hasZones { zone.append(visit.zone) }
      source.append(UInt32(index))
      counts[Int(visit.subject) + 1] += 1
    }
    for person in 0..<subjectCount { counts[person + 1] += counts[person] }
    var cursor = counts
    var bySubject = [UInt32](repeating: 0, count: visits.count)
    for position in subject.indices {
      let person = Int(subject[position])
      bySubject[Int(cursor[person])] = UInt32(position)
      cursor[person] += 1
    }

    var blockStart = [0]
    var blockMaximum: [Int32] = []
    var reachingMaximum: [Int32] = []
    blockStart.reserveCapacity(distinct.count + 1)
    for place in distinct.indices {
      var reaching = Int32.min
      for first in stride(from: starts[place], to: starts[place + 1], by: Self.blockLength) {
        var latest = Int32.min
        for position in first..<min(first + Self.blockLength, starts[place + 1]) {
          latest = max(latest, leave[position])
        }
        reaching = max(reaching, latest)
        blockMaximum.append(latest)
        reachingMaximum.append(reaching)
      }
      blockStart.append(blockMaximum.count)
    }

    self.venues = order.map { distinct[$0] }
    self.venueStart = starts
    self.enter = enter
    self.leave = leave
    self.subject = subject
    self.zone = zone
    self.visit = source
    self.subjectStart = counts
    self.positionsBySubject = bySubject
    self.blockStart = blockStart
    self.blockMaximum = blockMaximum
    self.reachingMaximum = reachingMaximum
  }

  /// Returns the positions of one person's visits, ascending: by venue, then by entry.
  public func positions(of subject: SubjectNumber) -> ArraySlice<UInt32> {
    let person = Int(subject)
    return positionsBySubject[Int(subjectStart[person])..<Int(subjectStart[person + 1])]
  }

  /// Returns the number of a venue in `venues`, or nil when nobody visited it.
  ///
  /// - Complexity: O(log n) in the number of venues.
  public func number(of venue: VenueID) -> Int? {
    var low = 0
    var high = venues.count
    while low < high {
      let middle = (low + high) / 2
      if venues[middle] < venue { low = middle + 1 } else { high = middle }
    }
    return low < venues.count && venues[low] == venue ? low : nil
  }

  /// Returns the number of the venue that a position is at.
  ///
  /// - Complexity: O(log n) in the number of venues.
  public func venueNumber(at position: Int) -> Int {
    var low = 0
    var high = venues.count - 1
    while low < high {
      let middle = (low + high + 1) / 2
      if venueStart[middle] <= position { low = middle } else { high = middle - 1 }
    }
    return low
  }

  /// Returns the zone at a position; 0 is the whole venue.
  public func zone(at position: Int) -> UInt8 {
    zone.isEmpty ? 0 : zone[position]
  }

  /// Whether two zones of one venue count as the same place: equal, or either is the whole venue.
  @inline(__always)
  public static func areTogether(_ one: UInt8, _ other: UInt8) -> Bool {
    one == other || one == 0 || other == 0
  }
}
