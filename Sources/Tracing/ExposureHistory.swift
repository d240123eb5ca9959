public import Bluetooth
public import CrossMatch
public import Presence
public import VenueCodes

/// Who was where and who was near whom, sorted and indexed: what a tracer and the queries read.
///
/// It is derived from evidence and never changed; the same history can be judged under many rule
/// sets. The columns may be in memory or in mapped files, and hold what a trace looks at; what it
/// only shows is asked for when it is shown, see `EvidenceLookup`.
public struct ExposureHistory: Sendable {
  /// Who the numbers in the columns stand for.
  public let people: any PeopleTable
  /// The visits.
  public let visits: VisitView
  /// The encounters.
  public let encounters: EncounterView
  /// When each person's phone provably heard anything at all.
  public let listening: ListeningView
  /// What is known of visits and encounters beyond the columns.
  public let evidence: any EvidenceLookup
  /// The venues in the open; all others are closed spaces.
  public let openVenues: Set<VenueID>
  /// The closed venues whose air does not stay infectious after a case has left.
  public let venuesWithoutTail: Set<VenueID>
  /// The venues that a venue is in, as a shop is in a mall; without those that are in none.
  public let surroundings: [VenueID: Set<VenueID>]
  /// The first and the last moment of anything, in Unix seconds; nil when there is nothing.
  public let extent: ClosedRange<Int64>?

  /// Makes a history of columns.
  ///
  /// - Parameters:
  ///   - people: Who the numbers stand for; all numbers in the columns are below its count.
  ///   - visits: The visits; those of one person may overlap.
  ///   - encounters: The encounters, none of a person with themselves.
  ///   - listening: When each person's phone provably heard anything at all.
  ///   - evidence: What is known beyond the columns.
  ///   - openVenues: The venues whose category is an open space.
  ///   - venuesWithoutTail: The venues whose category allows no tail; open ones have none anyway.
  ///   - surroundings: The venues that a venue is in.
  ///   - extent: The first and the last moment of anything, in Unix seconds; more than there is
  ///     does no harm. Nil when there is nothing.
  public init(
    people: any PeopleTable, visits: VisitView, encounters: EncounterView,
    listening: ListeningView = ListeningView([]), evidence: any EvidenceLookup,
    openVenues: Set<VenueID> = [],
    venuesWithoutTail: Set<VenueID> = [], surroundings: [VenueID: Set<VenueID>] = [:],
    extent: ClosedRange<Int64>?
  ) {
    self.people = people
    self.visits = visits
    self.encounters = encounters
    self.listening = listening
    self.evidence = evidence
    self.openVenues = openVenues
    self.venuesWithoutTail = venuesWithoutTail
    self.surroundings = surroundings
    self.extent = extent
  }

  /// Sorts and indexes a history in memory.
  ///
  /// - Parameters:
  ///   - people: Without repeats; a number is a place in here.
  ///   - visits: In any order; those of one person may overlap.
  ///   - encounters: In any order; both phones of each listened for as long as it lasted.
  ///   - listening: When else phones listened, in any order, as `ColumnTime` counts.
  ///   - openVenues: The venues whose category is an open space.
  ///   - venuesWithoutTail: The venues whose category allows no tail; open ones have none anyway.
  ///   - surroundings: The venues that a venue is in.
  /// - Throws: `ExposureHistoryError` for the first row that cannot be.
  /// - Complexity: O(n log n).
  public init(
    people: [Pseudonym], visits: [Visit], encounters: [Encounter] = [],
    listening: [ListeningRecord] = [], openVenues: Set<VenueID> = [],
    venuesWithoutTail: Set<VenueID> = [], surroundings: [VenueID: Set<VenueID>] = [:]
  ) throws(ExposureHistoryError) {
    let table = try PeopleList(people)
    var first = Int64.max
    var last = Int64.min
    func check(_ row: Int, _ subject: SubjectNumber, _ start: Int64, _ end: Int64)
      throws(ExposureHistoryError)
    {
      guard Int(subject) < people.count else {
        throw ExposureHistoryError(.unknownSubject, row: row)
      }
      guard ColumnTime.range.contains(start), ColumnTime.range.contains(end) else {
        throw ExposureHistoryError(.timeOutOfRange, row: row)
      }
      guard start <= end else { throw ExposureHistoryError(.endsBeforeItStarts, row: row) }
      first = min(first, start)
      last = max(last, end)
    }
    var visitRecords: [VisitRecord] = []
    visitRecords.reserveCapacity(visits.count)
    for (row, visit) in visits.enumerated() {
      try check(row, visit.subject, visit.enter, visit.leave)
      visitRecords.append(
        VisitRecord(
          venue: visit.venue.rawValue, enter: ColumnTime.clamping(visit.enter),
          leave: ColumnTime.clamping(visit.leave), subject: visit.subject, source: UInt32(row),
          zone: visit.zone))
    }
    var encounterRecords: [EncounterRecord] = []
    encounterRecords.reserveCapacity(encounters.count)
    for (row, encounter) in encounters.enumerated() {
      // `first` is the smaller number.
      try check(row, encounter.second, encounter.start, encounter.end)
      encounterRecords.append(
        EncounterRecord(
          first: encounter.first, second: encounter.second,
          start: ColumnTime.clamping(encounter.start), end: ColumnTime.clamping(encounter.end),
          attenuation: encounter.attenuation, source: UInt32(row), quality: encounter.quality))
    }
    let visitView = VisitView(visits.isEmpty ? [] : [VisitSegment(visitRecords)])
    let encounterView = EncounterView(
      encounters.isEmpty ? [] : [EncounterSegment(encounterRecords)])
    self.init(
      people: table, visits: visitView, encounters: encounterView,
      listening: ListeningView(
        listening.isEmpty ? [] : [ListeningSegment(listening)], encounters: encounterView),
      evidence: EvidenceInMemory(
        visits: visits, encounters: encounters, visitView: visitView, encounterView: encounterView),
      openVenues: openVenues, venuesWithoutTail: venuesWithoutTail, surroundings: surroundings,
      extent: first <= last ? first...last : nil)
  }

  /// Returns whether somebody can be at both venues at once: they are the same, or one is in the other.
  ///
  /// Two shops of one mall are two places.
  public func areOnePlace(_ one: VenueID, _ other: VenueID) -> Bool {
    one == other || surroundings[one]?.contains(other) == true
      || surroundings[other]?.contains(one) == true
  }
}

/// What is wrong with the rows of a history: a mistake of the program that derived them.
public struct ExposureHistoryError: Error, Hashable, Sendable {
  /// The kinds of mistake; the raw value is stable.
  public enum Code: String, Sendable, CaseIterable {
    /// Somebody is there twice.
    case personTwice = "history-person-twice"
    /// A row is about somebody who is not among the people.
    case unknownSubject = "history-unknown-subject"
    /// A time is before 1953 or after 2087.
    case timeOutOfRange = "history-time-out-of-range"
    /// A row ends before it starts.
    case endsBeforeItStarts = "history-ends-before-it-starts"
  }

  /// Which mistake.
  public let code: Code
  /// The row, from 0, among the people, visits or encounters.
  public let row: Int

  init(_ code: Code, row: Int) {
    self.code = code
    self.row = row
  }
}

extension ExposureHistoryError: CustomStringConvertible {
  /// A sentence for people.
  public var description: String {
    switch code {
    case .personTwice: "person \(row) of the history was there before: list everyone once"
    case .unknownSubject: "row \(row) of the history is about nobody in it: derive it again"
    case .timeOutOfRange: "row \(row) of the history has a time before 1953 or after 2087"
    case .endsBeforeItStarts: "row \(row) of the history ends before it starts"
    }
  }
}
