public import VenueCodes

/// The venues of a place with the categories, agencies and divisions they name.
///
/// A registry can hold faulty data, so that all faults can be told at once; `check()` lists them.
/// It is a value: reading it from files and writing it back is the business of
/// `Registry.read(_:)` and `files()`, and putting those on a disk of the store.
public struct Registry: Sendable {
  private var venueEntries: [Entry<Venue>] = []
  private var venueIndex: [VenueID: Int] = [:]
  private var childIndex: [VenueID: [VenueID]] = [:]
  let categoryEntries: [Entry<VenueCategory>]
  let agencyEntries: [Entry<Agency>]
  let divisionEntries: [Entry<Division>]
  private let categoryIndex: [String: Int]
  private let agencyIndex: [String: Int]
  private let divisionIndex: [String: Int]
  private let subdivisions: [String: [String]]
  /// The short forms that are the same when names are compared.
  public let abbreviations: [Abbreviation]

  init(
    categories: [Entry<VenueCategory>], agencies: [Entry<Agency>],
    divisions: [Entry<Division>], venues: [Entry<Venue>], abbreviations: [Abbreviation]
  ) {
    self.categoryEntries = categories
    self.agencyEntries = agencies
    self.divisionEntries = divisions
    self.abbreviations = abbreviations
    categoryIndex = Registry.index(categories.map(\.value.code))
    agencyIndex = Registry.index(agencies.map(\.value.id))
    divisionIndex = Registry.index(divisions.map(\.value.code))
    var subdivisions: [String: [String]] = [:]
    for entry in divisions {
      if let parent = entry.value.parent {
        subdivisions[parent, default: []].append(entry.value.code)
      }
    }
    self.subdivisions = subdivisions
    for entry in venues { append(entry) }
  }

  /// Makes a registry of values that are at hand.
  public init(
    categories: [VenueCategory], agencies: [Agency], divisions: [Division], venues: [Venue] = [],
    abbreviations: [Abbreviation] = []
  ) {
    self.init(
      categories: categories.map { Entry(value: $0) }, agencies: agencies.map { Entry(value: $0) },
      divisions: divisions.map { Entry(value: $0) }, venues: venues.map { Entry(value: $0) },
      abbreviations: abbreviations)
  }

  /// The first of twins counts.
  private static func index(_ keys: [String]) -> [String: Int] {
    Dictionary(keys.enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: min)
  }

  private mutating func append(_ entry: Entry<Venue>) {
    let venue = entry.value
    if venueIndex[venue.id] == nil {
      venueIndex[venue.id] = venueEntries.count
      if let parent = venue.parent { childIndex[parent, default: []].append(venue.id) }
    }
    venueEntries.append(entry)
  }

  var entries: [Entry<Venue>] { venueEntries }

  // MARK: Looking up

  /// The venues, in the order in which they were read and added.
  public var venues: [Venue] { venueEntries.map(\.value) }
  /// The categories.
  public var categories: [VenueCategory] { categoryEntries.map(\.value) }
  /// The agencies.
  public var agencies: [Agency] { agencyEntries.map(\.value) }
  /// The divisions.
  public var divisions: [Division] { divisionEntries.map(\.value) }

  /// Returns the venue of an id.
  ///
  /// - Complexity: O(1).
  public func venue(_ id: VenueID) -> Venue? {
    venueIndex[id].map { venueEntries[$0].value }
  }

  /// Returns the category of a code.
  public func category(_ code: String) -> VenueCategory? {
    categoryIndex[code].map { categoryEntries[$0].value }
  }

  /// Returns the category that a signed code means.
  public func category(wireNumber: UInt8) -> VenueCategory? {
    categoryEntries.first { $0.value.wireNumber == wireNumber }?.value
  }

  /// Returns the category of a venue.
  public func category(of venue: Venue) -> VenueCategory? {
    category(venue.category)
  }

  /// Returns the agency of an id.
  public func agency(_ id: String) -> Agency? {
    agencyIndex[id].map { agencyEntries[$0].value }
  }

  /// Returns the division of a code.
  public func division(_ code: String) -> Division? {
    divisionIndex[code].map { divisionEntries[$0].value }
  }

  /// Returns the venues of a category, an agency and a division, each when given.
  ///
  /// A division includes all that lies in it. Retired venues are among them.
  ///
  /// - Complexity: O(n) in the number of venues.
  public func venues(
    category: String? = nil, agency: String? = nil, division: String? = nil
  ) -> [Venue] {
    let within = division.map { divisionsWithin($0) }
    return venueEntries.lazy.map(\.value).filter { venue in
      (category == nil || venue.category == category)
        && (agency == nil || venue.agency == agency)
        && (within?.contains(venue.division) ?? true)
    }
  }

  /// Returns the venues known by an alias, without regard to case.
  ///
  /// - Complexity: O(n) in the number of venues.
  public func venues(knownAs alias: String) -> [Venue] {
    let wanted = alias.lowercased()
    return venueEntries.lazy.map(\.value).filter { venue in
      venue.aliases.contains { $0.lowercased() == wanted }
    }
  }

  /// Returns the direct parts of a venue.
  public func children(of id: VenueID) -> [Venue] {
    (childIndex[id] ?? []).compactMap { venue($0) }
  }

  /// Returns the venues a venue is part of, nearest first; a cycle ends the list.
  public func ancestors(of id: VenueID) -> [Venue] {
    var found: [Venue] = []
    var seen: Set<VenueID> = [id]
    var next = venue(id)?.parent
    while let parent = next, seen.insert(parent).inserted, let venue = venue(parent) {
      found.append(venue)
      next = venue.parent
    }
    return found
  }

  /// Returns the codes of a division and of all that lies in it.
  public func divisionsWithin(_ code: String) -> Set<String> {
    var found: Set<String> = [code]
    var open = [code]
    while let next = open.popLast() {
      for child in subdivisions[next] ?? [] where found.insert(child).inserted {
        open.append(child)
      }
    }
    return found
  }

  /// Returns a division and those it is part of, smallest first.
  public func divisionPath(_ code: String) -> [Division] {
    var path: [Division] = []
    var seen: Set<String> = []
    var next: String? = code
    while let code = next, seen.insert(code).inserted, let division = division(code) {
      path.append(division)
      next = division.parent
    }
    return path
  }

  /// Returns the opening hours that hold for a venue: its own, else its category's.
  public func openingHours(of venue: Venue) -> OpeningHours? {
    venue.openingHours ?? category(venue.category)?.openingHours
  }

  /// Returns the agency of a new venue that names none.
  ///
  /// It is the category's, else the people's committee of the smallest division around the place.
  public func defaultAgency(category: String, division: String) -> Agency? {
    if let id = self.category(category)?.agency { return agency(id) }
    for place in divisionPath(division) {
      let committee = agencyEntries.first {
        $0.value.kind == .peoplesCommittee && $0.value.division == place.code
      }
      if let committee { return committee.value }
    }
    return nil
  }

  // MARK: Changing

  /// Adds a venue.
  ///
  /// - Throws: `.duplicateID` or `.invalid`; the registry is then unchanged.
  public mutating func add(_ venue: Venue) throws(RegistryError) {
    guard venueIndex[venue.id] == nil else { throw .duplicateID(venue.id.description) }
    let problems = problems(of: venue)
    guard problems.isEmpty else { throw .invalid(problems) }
    append(Entry(value: venue))
  }

  /// Replaces the venue of the same id.
  ///
  /// - Throws: `.unknownVenue` or `.invalid`; the registry is then unchanged.
  public mutating func update(_ venue: Venue) throws(RegistryError) {
    guard let index = venueIndex[venue.id] else { throw .unknownVenue(venue.id.description) }
    let problems = problems(of: venue)
    guard problems.isEmpty else { throw .invalid(problems) }
    let old = venueEntries[index].value
    if old.parent != venue.parent {
      if let parent = old.parent { childIndex[parent]?.removeAll { $0 == venue.id } }
      if let parent = venue.parent { childIndex[parent, default: []].append(venue.id) }
    }
    venueEntries[index].value = venue
  }

  /// Takes a venue out of use from a day on; its id stays taken for ever.
  ///
  /// - Returns: The venue as it is now.
  /// - Throws: `.unknownVenue`.
  @discardableResult
  public mutating func retire(_ id: VenueID, on day: LocalDay) throws(RegistryError) -> Venue {
    guard let index = venueIndex[id] else { throw .unknownVenue(id.description) }
    venueEntries[index].value.retiredOn = day
    return venueEntries[index].value
  }

  /// Returns a random id that no venue has.
  public func unusedID(using generator: inout some RandomNumberGenerator) -> VenueID {
    while true {
      let id = VenueID.random(using: &generator)
      if venueIndex[id] == nil { return id }
    }
  }
}
