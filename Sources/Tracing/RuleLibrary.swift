public import VenueCodes

/// The rule sets at hand, to be chosen from by date or by id.
///
/// A trace has one rule set: by default the one in force on the day the question is asked (the local
/// day of `--now`), since that is the law the officer acts under; the same exposures can be judged
/// under any other rule set by naming it.
public struct RuleLibrary: Hashable, Sendable {
  /// A rule set chosen by date.
  public struct Choice: Hashable, Sendable {
    /// The rule set.
    public var rules: RuleSet
    /// Whether it is in force on the day asked for; if not, it is the nearest there is.
    public var isInForce: Bool
    /// The day asked for.
    public var day: LocalDay

    /// A sentence for people when the rule set is not in force on the day; nil when it is.
    public var remark: String? {
      if isInForce { return nil }
      if day < rules.validFrom {
        return "no rule set was in force on \(day): the earliest one is used, "
          + "\(rules.id), in force from \(rules.validFrom)"
      }
      return "no rule set is in force on \(day): the last one is used, "
        + "\(rules.id), in force until \(rules.validTo.map(String.init(describing:)) ?? "now")"
    }
  }

  /// The rule sets by first day in force, then by id.
  public let ruleSets: [RuleSet]

  /// Makes a library.
  ///
  /// - Parameter ruleSets: At least one, in any order, each with an id of its own.
  /// - Throws: `RuleSetError` with code `noRules` or `repeatedID`.
  public init(_ ruleSets: [RuleSet]) throws(RuleSetError) {
    guard !ruleSets.isEmpty else {
      throw RuleSetError(
        .noRules, path: "", detail: "there is none: put rule files into the folder rules")
    }
    var ids: Set<String> = []
    for rules in ruleSets where !ids.insert(rules.id).inserted {
      throw RuleSetError(.repeatedID, path: "id", detail: "two rule sets are called \(rules.id)")
    }
    self.ruleSets = ruleSets.sorted { ($0.validFrom, $0.id) < ($1.validFrom, $1.id) }
  }

  /// Returns the rule set in force on a day.
  ///
  /// Where several are in force, the one that came into force last is meant. Before the first, the
  /// earliest is used; after the last has ended, the one that began last: the choice says so.
  public func inForce(on day: LocalDay) -> Choice {
    let begun = ruleSets.filter { $0.validFrom <= day }
    if let current = begun.last(where: { rules in rules.validTo.map { day <= $0 } ?? true }) {
      return Choice(rules: current, isInForce: true, day: day)
    }
    return Choice(rules: begun.last ?? ruleSets[0], isInForce: false, day: day)
  }

  /// Returns the rule set with an id.
  ///
  /// - Throws: `RuleSetError` with code `unknownID`, which lists the ids there are.
  public func ruleSet(id: String) throws(RuleSetError) -> RuleSet {
    guard let rules = ruleSets.first(where: { $0.id == id }) else {
      let known = ruleSets.map(\.id).joined(separator: ", ")
      throw RuleSetError(
        .unknownID, path: "id", detail: "there is no rule set \(id.prefix(40)): choose of \(known)")
    }
    return rules
  }
}
