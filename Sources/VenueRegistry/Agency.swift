public import VenueCodes

/// A body that the directive charges with venues or with people.
public struct Agency: Hashable, Sendable, Identifiable {
  /// What sort of body it is.
  public enum Kind: String, Sendable, CaseIterable {
    /// The people's committee of a city, a district or a commune.
    case peoplesCommittee = "peoples-committee"
    /// A department of the city.
    case department
    /// An authority of its own, such as that of an economic zone.
    case authority
    /// A union or other mass organisation.
    case union
    /// Radio, television, a newspaper, a portal.
    case media
    /// An office of the administration.
    case office
    /// An enterprise, such as a railway or an airport operator.
    case enterprise
  }

  /// The stable word of files and commands, such as `so-du-lich`.
  public let id: String
  /// Its proper name.
  public let name: BilingualName
  /// What sort of body it is.
  public let kind: Kind
  /// The division it governs, or nil when it is the whole city by subject.
  public let division: String?
  /// The word for the directive's clause that charges it, or nil when none does.
  public let clause: String?
  /// The day by which its result must be reported.
  public let reportsBy: LocalDay?

  /// Makes an agency.
  public init(
    id: String, name: BilingualName, kind: Kind, division: String? = nil, clause: String? = nil,
    reportsBy: LocalDay? = nil
  ) {
    self.id = id
    self.name = name
    self.kind = kind
    self.division = division
    self.clause = clause
    self.reportsBy = reportsBy
  }
}

/// An administrative division: the city, a district, a ward, commune or town.
public struct Division: Hashable, Sendable {
  /// The statistical code, digits.
  public let code: String
  /// The code of the division it is part of.
  public let parent: String?
  /// The kind in Vietnamese: thành phố, quận, huyện, phường, xã, thị trấn.
  public let kind: String
  /// The full name with the kind.
  public let name: String

  /// Makes a division.
  public init(code: String, parent: String?, kind: String, name: String) {
    self.code = code
    self.parent = parent
    self.kind = kind
    self.name = name
  }
}

/// A short form that people use for longer words, for comparing names.
public struct Abbreviation: Hashable, Sendable {
  /// The short form, one word.
  public let short: String
  /// What it stands for.
  public let long: String

  /// Makes an abbreviation.
  public init(short: String, long: String) {
    self.short = short
    self.long = long
  }
}
