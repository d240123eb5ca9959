public import VenueCodes

/// A venue as far as a synthetic city needs to know it.
public struct CityVenue: Hashable, Sendable {
  /// The venue.
  public let id: VenueID
  /// The code of its category, such as `market`; it decides hours, stays and crowds.
  public let category: String
  /// Whether people share its air.
  public let isClosedSpace: Bool
  /// How many zones it has, numbered from 1; 0 is a venue without zones.
  public let zones: UInt8

  /// Makes a venue.
  public init(id: VenueID, category: String, isClosedSpace: Bool, zones: UInt8 = 0) {
    self.id = id
    self.category = category
    self.isClosedSpace = isClosedSpace
    self.zones = zones
  }
}

/// What people do at venues of a category; invented, but of the right size.
struct VenueHabit: Sendable {
  /// Opening and closing time in minutes after midnight.
  var hours: Range<Int64>
  var medianStayMinutes: Double
  /// The deviation of the logarithm of stays.
  var spread: Double
  /// How many come to one such venue, against others.
  var attraction: Double

  /// The habit of a category; one for all that have none of their own.
  static func habit(of category: String) -> VenueHabit {
    byCategory[category] ?? other
  }

  private static let other = VenueHabit(480..<1_200, 45, 0.6, 1)

  private static let byCategory: [String: VenueHabit] = [
    "airport": VenueHabit(300..<1_380, 95, 0.4, 6),
    "bus-station": VenueHabit(300..<1_260, 25, 0.6, 4),
    "cultural-house": VenueHabit(480..<1_260, 90, 0.4, 1),
    "hotel": VenueHabit(360..<1_380, 240, 0.8, 1.5),
    "industrial-park": VenueHabit(360..<1_320, 480, 0.2, 8),
    "mall": VenueHabit(540..<1_320, 75, 0.6, 9),
    "market": VenueHabit(300..<1_080, 35, 0.6, 5),
    "one-stop-office": VenueHabit(450..<1_020, 35, 0.6, 0.6),
    "railway-station": VenueHabit(300..<1_380, 35, 0.5, 3),
    "restaurant": VenueHabit(600..<1_320, 55, 0.4, 3),
    "school": VenueHabit(420..<1_020, 400, 0.2, 4),
    "wharf": VenueHabit(300..<1_200, 25, 0.5, 2),
  ]

  private init(
    _ hours: Range<Int64>, _ medianStayMinutes: Double, _ spread: Double, _ attraction: Double
  ) {
    self.hours = hours
    self.medianStayMinutes = medianStayMinutes
    self.spread = spread
    self.attraction = attraction
  }

  /// Returns a stay within the hours of a day, in seconds after its midnight.
  func stay(using generator: inout SeededGenerator) -> Range<Int64> {
    let opening = hours.lowerBound * 60
    let closing = hours.upperBound * 60
    // The mean of two numbers is likelier in the middle of the day than at its ends.
    let arrival = (generator.unit() + generator.unit()) / 2
    let enter = opening + Int64(arrival * Double(closing - opening - 300))
    let length = Int64(generator.logNormal(median: medianStayMinutes * 60, spread: spread))
    return enter..<min(closing, enter + max(120, length))
  }
}

/// Venues with a popularity each: a few draw most people, as in any city.
struct VenueCrowd: Sendable {
  let venues: [CityVenue]
  let habits: [VenueHabit]
  private let popularity: WeightedPick

  init(venues: [CityVenue], using generator: inout SeededGenerator) {
    self.venues = venues
    let habits = venues.map { VenueHabit.habit(of: $0.category) }
    // Popularity falls with rank as in Zipf's law, softened so that no venue takes half the city.
    var ranks = Array(venues.indices)
    for place in ranks.indices.reversed() {
      ranks.swapAt(place, generator.index(below: place + 1))
    }
    popularity = WeightedPick(
      weights: zip(habits, ranks).map { $0.attraction / (Double($1) + 4) })
    self.habits = habits
  }

  func pick(using generator: inout SeededGenerator) -> Int {
    popularity.pick(using: &generator)
  }
}
