public import VenueRegistry

extension Registry {
  /// The clause of the directive that charges an agency with the consolidated report.
  static let coordinationClause = "coordination"

  /// The agency that consolidates the result for the whole city; its deadline is the city's.
  public var coordinator: Agency? {
    agencies.first { $0.clause == Registry.coordinationClause }
  }
}
