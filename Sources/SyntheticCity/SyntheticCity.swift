public import Presence
public import VenueCodes

/// A small city that never was: people, where they went, what was recorded of it, and three cases.
///
/// Everything follows from the seed. People go out alone or with their household, a few venues draw
/// most of them, stays are log-normal within opening hours, about 1.29 scans are made per person
/// and day with most exits missing, and four in ten have a phone that hears others. Scans,
/// encounters and paper entries record parts of the same stays, so that the halves can be matched.
///
/// Every subject begins with `synthetic-` and every gateway and source says `synthetic`: nothing
/// made here can be taken for a record of real people.
public struct SyntheticCity: Sendable {
  /// The word that marks rows as made up.
  public static let label = "synthetic"

  /// What scanners recorded, by time.
  public let scans: [SyntheticScan]
  /// What phones heard, by time.
  public let encounters: [SyntheticEncounter]
  /// What was written on paper at the door, by time.
  public let visits: [SyntheticVisit]
  /// Where people really were, recorded or not, by time: the truth to judge answers by.
  public let presences: [SyntheticVisit]
  /// Three people who fell ill, or fewer in a city too small for three.
  public let cases: [SyntheticCase]

  /// Makes the city of a seed.
  ///
  /// - Parameters:
  ///   - seed: What everything follows from.
  ///   - venues: Where people may go; with none, nothing happens.
  ///   - people: How many people.
  ///   - firstDay: The first day.
  ///   - days: How many days; five or more are needed for contacts of contacts.
  ///   - calendar: The calendar of the city.
  public init(
    seed: UInt64, venues: [CityVenue], people: Int, firstDay: LocalDay, days: Int,
    calendar: LocalCalendar
  ) {
    var builder = CityBuilder(
      seed: seed, venues: venues, people: people, firstDay: firstDay, days: days,
      calendar: calendar)
    if !venues.isEmpty, people > 0 { builder.build() }
    scans = builder.scans.sorted { ($0.time, $0.id) < ($1.time, $1.id) }
    encounters = builder.encounters.sorted { ($0.start, $0.id) < ($1.start, $1.id) }
    visits = builder.visits.sorted { ($0.enter, $0.id) < ($1.enter, $1.id) }
    presences = builder.presences.sorted { ($0.enter, $0.id) < ($1.enter, $1.id) }
    cases = builder.cases
  }

  /// Returns the subject of a person's number, as `synthetic-0001` for 0.
  public static func subject(ofPerson number: Int) -> String {
    let digits = String(number + 1)
    return "\(label)-\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits)"
  }
}
