public import VenueCodes
public import VenueRegistry

/// The venues for which a door may send evidence.
public enum DoorScope: Hashable, Sendable {
  /// Single venues.
  case venues([VenueID])
  /// All venues of a division and of what lies in it, as the registry has them at each moment.
  case division(String)
  /// All venues of an agency.
  case agency(String)

  /// The text that is kept: `venues:ID,ID`, `division:CODE` or `agency:ID`.
  public var text: String {
    switch self {
    case .venues(let ids): "venues:" + ids.map { "\($0)" }.joined(separator: ",")
    case .division(let code): "division:" + code
    case .agency(let id): "agency:" + id
    }
  }

  /// Reads the text that is kept.
  ///
  /// - Throws: `badScope`.
  public init(text: String) throws(DoorProtocolError) {
    guard let colon = text.firstIndex(of: ":") else { throw .badScope }
    let value = text[text.index(after: colon)...]
    switch text[..<colon] {
    case "venues":
      var ids: [VenueID] = []
      for word in value.split(separator: ",", omittingEmptySubsequences: false) {
        guard let id = try? VenueID(parsing: word) else { throw .badScope }
        ids.append(id)
      }
      self = .venues(ids)
    case "division": self = .division(String(value))
    case "agency": self = .agency(String(value))
    default: throw .badScope
    }
  }

  /// Returns the venues of a registry that are meant, retired ones among them.
  ///
  /// - Complexity: O(n) in the number of venues.
  public func venues(in registry: Registry) -> [Venue] {
    switch self {
    case .venues(let ids): ids.compactMap { registry.venue($0) }
    case .division(let code): registry.venues(division: code)
    case .agency(let id): registry.venues(agency: id)
    }
  }

  /// Returns the places of screens: each venue, and each of its zones.
  public func places(in registry: Registry) -> [(venue: VenueID, zone: UInt8)] {
    var places: [(venue: VenueID, zone: UInt8)] = []
    for venue in venues(in: registry) {
      places.append((venue.id, 0))
      for zone in venue.zones { places.append((venue.id, zone.number)) }
    }
    return places
  }
}

/// Who answers for the health of the people at a venue.
///
/// The registry has no offices of health as such: by the directive the people's committee of a division
/// sees to it, and where a ward has none in the registry that of the district, then of the city.
public enum HealthOffice {
  /// Returns the committee that is competent for a division, and whether it is that of a larger one.
  ///
  /// - Returns: Nil when the registry has no committee for it at any level: then nobody would be told
  ///   of a case there.
  public static func competent(
    for division: String, in registry: Registry
  ) -> (agency: Agency, isOfLargerDivision: Bool)? {
    for place in registry.divisionPath(division) {
      let committee = registry.agencies.first {
        $0.kind == .peoplesCommittee && $0.division == place.code
      }
      if let committee { return (committee, place.code != division) }
    }
    // A committee without a division is that of the whole city.
    let ofCity = registry.agencies.first { $0.kind == .peoplesCommittee && $0.division == nil }
    return ofCity.map { ($0, true) }
  }
}
