public import Presence
public import VenueCodes
public import VenueRegistry

extension StayRules {
  /// Makes the rules of a registry's venues: each by its category and its own opening hours.
  public init(registry: Registry, calendar: LocalCalendar) {
    var byVenue: [VenueID: StayRule] = [:]
    for venue in registry.venues {
      guard let category = registry.category(of: venue) else { continue }
      let hours = registry.openingHours(of: venue)
      byVenue[venue.id] = StayRule(
        defaultStaySeconds: category.defaultStaySeconds.map { Int32(clamping: $0) },
        capSeconds: Int32(clamping: category.capSeconds),
        closingSecond: hours.flatMap {
          // Hours past midnight count on from the day they began on.
          $0.isAlways ? nil : Int32(clamping: ($0.opens + $0.length) * 60)
        })
    }
    self.init(calendar: calendar, byVenue: byVenue)
  }
}

extension Registry {
  /// The venues whose category is an open space.
  public var openVenues: Set<VenueID> {
    Set(venues.filter { category(of: $0)?.space == .open }.map(\.id))
  }

  /// The venues whose category says that nobody is exposed after a case has left.
  public var venuesWithoutTail: Set<VenueID> {
    Set(venues.filter { category(of: $0)?.isTailAllowed == false }.map(\.id))
  }

  /// The venues that a venue is in, directly or not; without those that are in none.
  public var surroundings: [VenueID: Set<VenueID>] {
    var found: [VenueID: Set<VenueID>] = [:]
    for venue in venues where venue.parent != nil {
      found[venue.id] = Set(ancestors(of: venue.id).map(\.id))
    }
    return found
  }
}
