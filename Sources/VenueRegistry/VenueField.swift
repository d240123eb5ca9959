/// The columns of a venue, in the order in which its file has them.
public enum VenueField: String, Sendable, CaseIterable {
  /// The id.
  case id
  /// The full name.
  case name
  /// The name for the signed code.
  case shortName = "short_name"
  /// The agency's id.
  case agency
  /// The division's code.
  case division
  /// Street and number.
  case address
  /// The id of the venue it is part of.
  case parent
  /// The zones, `1=Name|2=Name`.
  case zones
  /// The opening hours, `07:30-17:00` or `24h`.
  case openingHours = "opening_hours"
  /// Other names, with `|` between.
  case aliases
  /// The first day out of use.
  case retiredOn = "retired_on"
  /// The category; in the registry's folder it is the file's name.
  case category

  /// The columns of `venues/<category>.csv`.
  static let columns = allCases.filter { $0 != .category }
}

/// A fault of one venue.
public struct VenueProblem: Hashable, Sendable {
  /// The field at fault.
  public let field: VenueField
  /// The stable word for scripts.
  public let code: String
  /// A sentence that says what is wrong and what to do.
  public let message: String

  /// Makes a problem.
  public init(field: VenueField, code: String, message: String) {
    self.field = field
    self.code = code
    self.message = message
  }
}
