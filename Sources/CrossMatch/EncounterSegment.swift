public import Presence

/// One encounter as a segment is built of it: two people near each other for a time.
public struct EncounterRecord: Hashable, Sendable, BitwiseCopyable {
  /// One of the two, by the number that the store gave them.
  public var first: SubjectNumber
  /// The other.
  public var second: SubjectNumber
  /// The first second near, as `ColumnTime` counts.
  public var start: Int32
  /// The first second after; not before `start`.
  public var end: Int32
  /// The attenuation in dB; small is near.
  public var attenuation: Int16
  /// What the encounter was made of, for whoever keeps the facts that are too large for columns.
  public var source: UInt32
  /// How well it is known.
  public var quality: EncounterQuality

  /// Makes a record of its parts.
  public init(
    first: SubjectNumber, second: SubjectNumber, start: Int32, end: Int32, attenuation: Int16,
    source: UInt32, quality: EncounterQuality = .given
  ) {
    self.first = first
    self.second = second
    self.start = start
    self.end = end
    self.attenuation = attenuation
    self.source = source
    self.quality = quality
  }
}

/// An immutable run of encounters as columns by person: who was near whom, from either side.
///
/// A *row* is a place in the columns, one of the two that an encounter has. A row whose `end` is
/// before its `start` is *void*: it was replaced by a row of another segment, and is never found.
///
/// - Complexity: 19 bytes a row, and 8 bytes a person who has any.
public struct EncounterSegment: Sendable {
  /// Everyone who has rows, ascending.
  public let people: Column<SubjectNumber>
  /// Where each person's rows begin, and one more entry for the end.
  public let personStart: Column<UInt32>
  /// The other person of each row.
  public let peer: Column<SubjectNumber>
  /// The first second near, ascending within a person.
  public let start: Column<Int32>
  /// The first second after.
  public let end: Column<Int32>
  /// The attenuation in dB.
  public let attenuation: Column<Int16>
  /// What each row was made of; both rows of an encounter say the same.
  public let source: Column<UInt32>
  /// How well each row is known: raw values of `EncounterQuality`.
  public let quality: Column<UInt8>
  /// Whether the rows are runs of encounters that were derived from sightings.
  ///
  /// Runs of one pair that touch are then one encounter, which was cut where its attenuation passed
  /// an edge. Encounters that were given are each for themselves.
  public let isDerived: Bool

  /// Makes a segment of columns that are sorted already, as a file holds them.
  ///
  /// - Parameters:
  ///   - people: Everyone who has rows, ascending.
  ///   - personStart: Where each person's rows begin, and one more entry for the end.
  ///   - peer: The other person of each row.
  ///   - start: The first second near, ascending within a person.
  ///   - end: The first second after.
  ///   - attenuation: The attenuation in dB.
  ///   - source: What each row was made of.
  ///   - quality: How well each row is known.
  ///   - isDerived: Whether the rows are runs of encounters that were derived from sightings.
  public init(
    people: Column<SubjectNumber>, personStart: Column<UInt32>, peer: Column<SubjectNumber>,
    start: Column<Int32>, end: Column<Int32>, attenuation: Column<Int16>,
    source: Column<UInt32>, quality: Column<UInt8>, isDerived: Bool = false
  ) {
    precondition(personStart.count == people.count + 1, "one entry for the end")
    self.people = people
    self.personStart = personStart
    self.peer = peer
    self.start = start
    self.end = end
    self.attenuation = attenuation
    self.source = source
    self.quality = quality
    self.isDerived = isDerived
  }

  /// Sorts records into a segment.
  ///
  /// - Parameters:
  ///   - records: In any order.
  ///   - isDerived: Whether they are runs of encounters that were derived from sightings.
  /// - Complexity: O(n log n).
  public init(_ records: [EncounterRecord], isDerived: Bool = false) {
    precondition(records.count < Int(UInt32.max) / 2, "32-bit rows")
    /// The record of each row, and whether the row is that of its second person.
    var sides: [(person: SubjectNumber, start: Int32, place: UInt32, isSecond: Bool)] = []
    sides.reserveCapacity(records.count * 2)
    for (place, record) in records.enumerated() {
      sides.append((record.first, record.start, UInt32(place), false))
      sides.append((record.second, record.start, UInt32(place), true))
    }
    sides.sort { ($0.person, $0.start, $0.place) < ($1.person, $1.start, $1.place) }
    var people: [SubjectNumber] = []
    var personStart: [UInt32] = []
    for (row, side) in sides.enumerated() where people.last != side.person {
      people.append(side.person)
      personStart.append(UInt32(row))
    }
    personStart.append(UInt32(sides.count))
    self.init(
      people: Column(people), personStart: Column(personStart),
      peer: Column(
        sides.map { $0.isSecond ? records[Int($0.place)].first : records[Int($0.place)].second }),
      start: Column(sides.map(\.start)), end: Column(sides.map { records[Int($0.place)].end }),
      attenuation: Column(sides.map { records[Int($0.place)].attenuation }),
      source: Column(sides.map { records[Int($0.place)].source }),
      quality: Column(sides.map { records[Int($0.place)].quality.rawValue }),
      isDerived: isDerived)
  }

  /// How many rows there are, two for each encounter, void ones among them.
  public var count: Int { peer.count }

  /// Returns the rows of a person, void ones among them; empty when they have none.
  ///
  /// - Complexity: O(log n) in the number of people.
  public func rows(of subject: SubjectNumber) -> Range<Int> {
    guard let place = people.place(of: subject) else { return 0..<0 }
    return Int(personStart[place])..<Int(personStart[place + 1])
  }
}

/// Where one side of an encounter is in a view.
public struct EncounterPosition: Hashable, Sendable, BitwiseCopyable {
  /// The place of its segment in the view.
  public var segment: UInt32
  /// The row in the segment.
  public var row: UInt32

  /// Makes a position of its parts.
  public init(segment: UInt32, row: UInt32) {
    self.segment = segment
    self.row = row
  }
}

/// One encounter as one of its two people has it.
public struct EncounterEntry: Hashable, Sendable, BitwiseCopyable {
  /// The other person.
  public var peer: SubjectNumber
  /// The first second near.
  public var start: Int32
  /// The first second after.
  public var end: Int32
  /// The attenuation in dB.
  public var attenuation: Int16
  /// How well it is known.
  public var quality: EncounterQuality
  /// Where it is.
  public var position: EncounterPosition
}

/// All encounters that are known, as segments.
public struct EncounterView: Sendable {
  /// The segments, in the order that positions count them.
  public let segments: [EncounterSegment]

  /// Makes a view of segments.
  public init(_ segments: [EncounterSegment]) {
    self.segments = segments
  }

  /// Calls `body` with each encounter of a person that is not void, by segment and row.
  public func forEachEntry(
    of subject: SubjectNumber, _ body: (EncounterEntry) throws -> Void
  ) rethrows {
    for number in segments.indices {
      for row in segments[number].rows(of: subject) {
        let entry = self.entry(at: EncounterPosition(segment: UInt32(number), row: UInt32(row)))
        if entry.end >= entry.start { try body(entry) }
      }
    }
  }

  /// Calls `body` with each encounter of a person at or below an attenuation: as `forEachEntry`, but
  /// runs of one derived encounter that touch and are all below it are one entry, at the place of the
  /// first and with the largest attenuation.
  public func forEachNearEntry(
    of subject: SubjectNumber, within attenuation: Int16,
    _ body: (EncounterEntry) throws -> Void
  ) rethrows {
    for number in segments.indices {
      let rows = segments[number].rows(of: subject)
      /// The newest entry of each peer, which the next run may prolong.
      var open: [SubjectNumber: EncounterEntry] = [:]
      for row in rows {
        let entry = self.entry(at: EncounterPosition(segment: UInt32(number), row: UInt32(row)))
        guard entry.end >= entry.start, entry.attenuation <= attenuation else { continue }
        guard segments[number].isDerived else {
          try body(entry)
          continue
        }
        if var whole = open[entry.peer], whole.end == entry.start {
          whole.end = entry.end
          whole.attenuation = max(whole.attenuation, entry.attenuation)
          open[entry.peer] = whole
          continue
        }
        if let whole = open.updateValue(entry, forKey: entry.peer) { try body(whole) }
      }
      for whole in open.values.sorted(by: { $0.position.row < $1.position.row }) {
        try body(whole)
      }
    }
  }

  /// Returns one side of an encounter.
  public func entry(at position: EncounterPosition) -> EncounterEntry {
    let segment = Int(position.segment)
    let row = Int(position.row)
    return EncounterEntry(
      peer: segments[segment].peer[row], start: segments[segment].start[row],
      end: segments[segment].end[row], attenuation: segments[segment].attenuation[row],
      quality: EncounterQuality(rawValue: segments[segment].quality[row]), position: position)
  }
}
