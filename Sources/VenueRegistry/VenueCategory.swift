/// A name in the two languages of the registry.
public struct BilingualName: Hashable, Sendable {
  /// The Vietnamese name.
  public let vietnamese: String
  /// The English name.
  public let english: String

  /// Makes a name.
  public init(vietnamese: String, english: String) {
    self.vietnamese = vietnamese
    self.english = english
  }
}

/// A kind of venue, with what is assumed about stays there.
public struct VenueCategory: Hashable, Sendable {
  /// Whether the air of a place is that of a room.
  public enum Space: String, Sendable, CaseIterable {
    /// Indoors, or under a roof where air stands.
    case closed
    /// Outdoors.
    case open
  }

  /// The stable word of files and commands, such as `hotel`.
  public let code: String
  /// The number in the signed code; never given to another category.
  public let wireNumber: UInt8
  /// What people call it.
  public let name: BilingualName
  /// Closed or open space.
  public let space: Space
  /// The stay that is assumed without an exit, in minutes; 0 means until check-out.
  ///
  /// A multiple of 5, at most 1275, so that a signed code can carry it.
  public let defaultStayMinutes: Int
  /// The longest stay that is believed, in seconds.
  public let capSeconds: Int
  /// The opening hours of venues that state none.
  public let openingHours: OpeningHours
  /// Whether, in a closed space, those who come soon after a case left count as exposed.
  public let isTailAllowed: Bool
  /// The agency of new venues that name none; nil for the people's committee of the place.
  public let agency: String?

  /// The assumed stay in seconds, or nil for "until check-out".
  public var defaultStaySeconds: Int? {
    defaultStayMinutes == 0 ? nil : defaultStayMinutes * 60
  }

  /// Makes a category.
  public init(
    code: String, wireNumber: UInt8, name: BilingualName, space: Space, defaultStayMinutes: Int,
    capSeconds: Int = 86_400, openingHours: OpeningHours = .always, isTailAllowed: Bool,
    agency: String? = nil
  ) {
    self.code = code
    self.wireNumber = wireNumber
    self.name = name
    self.space = space
    self.defaultStayMinutes = defaultStayMinutes
    self.capSeconds = capSeconds
    self.openingHours = openingHours
    self.isTailAllowed = isTailAllowed
    self.agency = agency
  }
}
