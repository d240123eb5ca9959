public import Bluetooth
public import CrossMatch
public import Presence
public import VenueCodes

/// Who was where and who was near whom, sorted and indexed: what a tracer and the queries read.
///
/// It is derived from evidence and never changed; the same history can be judged under many rule
/// sets.
public struct ExposureHistory: Sendable {
  /// The people, ascending; a `SubjectNumber` is a place in here.
  public let people: [Pseudonym]
  /// The visits, in the order given.
  public let visits: [Visit]
  /// The encounters, in the order given.
  public let encounters: [Encounter]
  /// The venues in the open; all others are closed spaces.
  public let openVenues: Set<VenueID>
  /// The closed venues whose air does not stay infectious after a case has left.
  public let venuesWithoutTail: Set<VenueID>
  /// The visits as columns.
  public let visitColumns: VisitColumns
  /// The encounters by person.
  public let encounterColumns: EncounterColumns
  /// The first and the last moment of anything, in Unix seconds; nil when there is nothing.
  public let extent: ClosedRange<Int64>?

  /// Sorts and indexes a history.
  ///
  /// - Parameters:
  ///   - people: Ascending and without repeats.
  ///   - visits: In any order; those of one person may overlap.
  ///   - encounters: In any order.
  ///   - openVenues: The venues whose category is an open space.
  ///   - venuesWithoutTail: The venues whose category allows no tail; open ones have none anyway.
  /// - Throws: `ExposureHistoryError` for the first row that cannot be.
  /// - Complexity: O(n log n).
  public init(
    people: [Pseudonym], visits: [Visit], encounters: [Encounter] = [],
    openVenues: Set<VenueID> = [], venuesWithoutTail: Set<VenueID> = []
  ) throws(ExposureHistoryError) {
    for place in people.indices.dropFirst() where people[place - 1] >= people[place] {
      throw ExposureHistoryError(.peopleNotAscending, row: place)
    }
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
    for (row, visit) in visits.enumerated() {
      try check(row, visit.subject, visit.enter, visit.leave)
    }
    for (row, encounter) in encounters.enumerated() {
      // `first` is the smaller number.
      try check(row, encounter.second, encounter.start, encounter.end)
    }
    self.people = people
    self.visits = visits
    self.encounters = encounters
    self.openVenues = openVenues
    self.venuesWithoutTail = venuesWithoutTail
    self.extent = first <= last ? first...last : nil
    self.visitColumns = VisitColumns(visits: visits, subjectCount: people.count)
    self.encounterColumns = EncounterColumns(
      count: encounters.count, subjectCount: people.count
    ) { row in
      let encounter = encounters[row]
      return (encounter.first, encounter.second, encounter.start, encounter.end)
    }
  }

  /// Returns the number of a person, or nil when nothing is known of them.
  ///
  /// - Complexity: O(log n) in the number of people.
  public func number(of person: Pseudonym) -> SubjectNumber? {
    var low = 0
    var high = people.count
    while low < high {
      let middle = (low + high) / 2
      if people[middle] < person { low = middle + 1 } else { high = middle }
    }
    return low < people.count && people[low] == person ? SubjectNumber(low) : nil
  }
}

/// What is wrong with the rows of a history: a mistake of the program that derived them.
public struct ExposureHistoryError: Error, Hashable, Sendable {
  /// The kinds of mistake; the raw value is stable.
  public enum Code: String, Sendable, CaseIterable {
    /// People are not in ascending order, or one is there twice.
    case peopleNotAscending = "history-people-not-ascending"
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
    case .peopleNotAscending: "person \(row) of the history is out of order: sort the people"
    case .unknownSubject: "row \(row) of the history is about nobody in it: derive it again"
    case .timeOutOfRange: "row \(row) of the history has a time before 1953 or after 2087"
    case .endsBeforeItStarts: "row \(row) of the history ends before it starts"
    }
  }
}
