internal import VenueCodes

/// How the fields of a venue are written in one cell, and read back.
enum VenueCell {
  static func text(of field: VenueField, in venue: Venue) -> String {
    switch field {
    case .id: venue.id.description
    case .name: venue.name
    case .shortName: venue.shortName ?? ""
    case .agency: venue.agency
    case .division: venue.division
    case .address: venue.address ?? ""
    case .parent: venue.parent?.description ?? ""
    case .zones:
      venue.zones.sorted { ($0.number, $0.name) < ($1.number, $1.name) }
        .map { "\($0.number)=\($0.name)" }.joined(separator: "|")
    case .openingHours: venue.openingHours?.description ?? ""
    case .aliases: venue.aliases.joined(separator: "|")
    case .retiredOn: venue.retiredOn?.description ?? ""
    case .category: venue.category
    }
  }

  /// Reads zones as `1=Name|2=Name`, or returns nil when they are not that.
  static func zones(_ text: String) -> [Zone]? {
    guard !text.isEmpty else { return [] }
    var zones: [Zone] = []
    for part in text.split(separator: "|", omittingEmptySubsequences: false) {
      guard let sign = part.firstIndex(of: "="), let number = UInt8(part[..<sign]), number > 0
      else { return nil }
      zones.append(Zone(number: number, name: String(part[part.index(after: sign)...])))
    }
    return zones
  }

  static func aliases(_ text: String) -> [String] {
    text.split(separator: "|").map(String.init)
  }
}
