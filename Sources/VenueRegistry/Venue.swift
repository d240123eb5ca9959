public import VenueCodes

/// A part of a venue with a code of its own: an entrance, a room, a carriage.
public struct Zone: Hashable, Sendable {
  /// The number in the signed code, 1–255; 0 is the whole venue and no zone.
  public let number: UInt8
  /// What people call it.
  public let name: String

  /// Makes a zone.
  public init(number: UInt8, name: String) {
    self.number = number
    self.name = name
  }
}

/// A place where people check in.
public struct Venue: Hashable, Sendable, Identifiable {
  /// The stable id that every code of the venue carries.
  public let id: VenueID
  /// The full name as it stands on the wall, NFC.
  public var name: String
  /// The name for the signed code when the full one is too long, or nil to derive it.
  public var shortName: String?
  /// The code of its `VenueCategory`.
  public var category: String
  /// The id of the `Agency` that is charged with it.
  public var agency: String
  /// The code of the `Division` it lies in.
  public var division: String
  /// Street and number, or nil when it is not known.
  public var address: String?
  /// The venue it is a part of.
  public var parent: VenueID?
  /// Its zones, by number.
  public var zones: [Zone]
  /// Its opening hours, or nil for those of the category.
  public var openingHours: OpeningHours?
  /// Other names and foreign codes it is known by.
  public var aliases: [String]
  /// The first day on which its codes are no longer valid, or nil while it is in use.
  public var retiredOn: LocalDay?

  /// Makes a venue; `Registry.problems(of:)` tells whether it can be used.
  public init(
    id: VenueID, name: String, shortName: String? = nil, category: String, agency: String,
    division: String, address: String? = nil, parent: VenueID? = nil, zones: [Zone] = [],
    openingHours: OpeningHours? = nil, aliases: [String] = [], retiredOn: LocalDay? = nil
  ) {
    self.id = id
    self.name = name
    self.shortName = shortName
    self.category = category
    self.agency = agency
    self.division = division
    self.address = address
    self.parent = parent
    self.zones = zones
    self.openingHours = openingHours
    self.aliases = aliases
    self.retiredOn = retiredOn
  }

  /// The most UTF-8 bytes of a name.
  public static let nameLimit = 200

  /// The most UTF-8 bytes of the name in a signed code.
  public static let signedNameLimit = 41

  /// The name a signed code carries: the short name, else one derived from the full name.
  ///
  /// A full name of 41 bytes or less is itself. A longer one keeps its end, where Vietnamese names
  /// differ: an ellipsis and as many whole words from the end as fit, or characters when the last
  /// word alone is too long. The rule never changes, because posters hang for years:
  ///
  ///     "Bộ phận một cửa UBND phường Hàng Kênh"  →  "…một cửa UBND phường Hàng Kênh"
  public var signedName: String {
    shortName ?? Venue.signedName(from: name)
  }

  static func signedName(from name: String) -> String {
    guard name.utf8.count > signedNameLimit else { return name }
    let room = signedNameLimit - "…".utf8.count
    var kept: [Substring] = []
    var used = 0
    for word in name.split(separator: " ").reversed() {
      let needed = word.utf8.count + (kept.isEmpty ? 0 : 1)
      guard used + needed <= room else { break }
      kept.append(word)
      used += needed
    }
    if !kept.isEmpty { return "…" + kept.reversed().joined(separator: " ") }
    var start = name.endIndex
    while start > name.startIndex {
      let before = name.index(before: start)
      guard name[before...].utf8.count <= room else { break }
      start = before
    }
    return "…" + name[start...]
  }

  /// Returns whether the venue's codes are valid on a day.
  public func isActive(on day: LocalDay) -> Bool {
    retiredOn.map { day < $0 } ?? true
  }

  /// Returns the zone of a number.
  public func zone(numbered number: UInt8) -> Zone? {
    zones.first { $0.number == number }
  }
}
