public import Presence
public import VenueCodes

/// A visit of a stream: a row that knows its person as a number.
public struct StreamedVisit: ImportRow, Hashable {
  /// The id of the row.
  public let id: EvidenceID
  /// The person's number, from 0.
  public let person: UInt32
  /// Where.
  public let venue: VenueID
  /// The first second inside.
  public let enter: Int64
  /// The first second after.
  public let leave: Int64

  /// Who, as `synthetic-0001`.
  public var subject: String { SyntheticCity.subject(ofPerson: Int(person)) }

  /// The columns of design: command-line.
  public static let header = SyntheticVisit.header

  /// Appends the row as a line of CSV.
  public func append(to buffer: inout [UInt8], calendar: LocalCalendar) {
    id.append(to: &buffer)
    buffer.append(UInt8(ascii: ","))
    buffer.append(contentsOf: venue.description.utf8)
    buffer.append(contentsOf: ",0,".utf8)
    buffer.append(contentsOf: subject.utf8)
    buffer.append(UInt8(ascii: ","))
    ISO8601.append(enter, in: calendar, to: &buffer)
    buffer.append(UInt8(ascii: ","))
    ISO8601.append(leave, in: calendar, to: &buffer)
    buffer.append(UInt8(ascii: "\n"))
  }
}

/// Millions of synthetic visits, one after another, day by day, without holding any.
///
/// For benchmarks and imports, where numbers matter and stories do not: people are picked evenly
/// and may be at two places at once, venues by popularity, stays as in `SyntheticCity`. Within a
/// day visits come in no order. The same arguments give the same visits.
public struct VisitStream: Sequence, IteratorProtocol, Sendable {
  private var generator: SeededGenerator
  private let crowd: VenueCrowd
  private let people: Int
  private let midnights: [Int64]
  private let count: Int
  private var place = 0

  /// Makes a stream.
  ///
  /// - Parameters:
  ///   - seed: What everything follows from.
  ///   - count: How many visits; none come when there are no people, venues or days.
  ///   - people: How many people; at most 2^32.
  ///   - venues: Where they go.
  ///   - firstDay: The first day.
  ///   - days: How many days the visits are spread over.
  ///   - calendar: The calendar of the city.
  public init(
    seed: UInt64, count: Int, people: Int, venues: [CityVenue], firstDay: LocalDay, days: Int,
    calendar: LocalCalendar
  ) {
    generator = SeededGenerator(seed: seed)
    crowd = VenueCrowd(venues: venues, using: &generator)
    self.people = people
    midnights = (0..<Swift.max(0, days)).map { calendar.start(of: firstDay.advanced(by: $0)) }
    self.count = people > 0 && !venues.isEmpty && days > 0 ? count : 0
  }

  /// Returns the next visit, or nil after the last.
  public mutating func next() -> StreamedVisit? {
    guard place < count else { return nil }
    let midnight = midnights[place * midnights.count / count]
    place += 1
    let venue = crowd.pick(using: &generator)
    let stay = crowd.habits[venue].stay(using: &generator)
    let enter = midnight + stay.lowerBound
    return StreamedVisit(
      id: EvidenceID(
        atMilliseconds: enter * 1_000 + Int64(generator.index(below: 1_000)), using: &generator),
      person: UInt32(truncatingIfNeeded: generator.index(below: people)),
      venue: crowd.venues[venue].id, enter: enter, leave: midnight + stay.upperBound)
  }
}
