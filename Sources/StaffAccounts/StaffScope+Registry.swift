public import VenueRegistry

extension StaffScope {
  /// Returns whether a venue is within the scope.
  ///
  /// - Complexity: O(d) in the depth of divisions.
  public func covers(_ venue: Venue, in registry: Registry) -> Bool {
    switch self {
    case .everything: true
    case .agencies(let ids): ids.contains(venue.agency)
    case .divisions: covers(division: venue.division, in: registry)
    }
  }

  /// Returns whether a division is within the scope, by itself or by one that it lies in.
  ///
  /// - Complexity: O(d) in the depth of divisions.
  public func covers(division code: String, in registry: Registry) -> Bool {
    switch self {
    case .everything: return true
    case .agencies: return false
    case .divisions(let codes):
      var current: String? = code
      // A registry that goes round in circles is refused when it is read; a bound costs nothing.
      for _ in 0..<16 {
        guard let code = current else { return false }
        if codes.contains(code) { return true }
        current = registry.division(code)?.parent
      }
      return false
    }
  }

  /// Returns whether all of another scope is within this one: whether its holder may decide on what
  /// the other's holder asks for.
  public func covers(_ other: StaffScope, in registry: Registry) -> Bool {
    switch (self, other) {
    case (.everything, _): true
    case (.agencies(let own), .agencies(let others)): others.isSubset(of: own)
    case (.divisions, .divisions(let others)):
      others.allSatisfy { covers(division: $0, in: registry) }
    default: false
    }
  }

  /// Returns what of the scope the registry does not know.
  public func unknownWords(in registry: Registry) -> [String] {
    switch self {
    case .everything: []
    case .agencies(let ids): ids.filter { registry.agency($0) == nil }.sorted()
    case .divisions(let codes): codes.filter { registry.division($0) == nil }.sorted()
    }
  }
}
