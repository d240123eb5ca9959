internal import CommandKit
internal import ExposureRisk
internal import Tracing
internal import VenueCodes

extension Workspace {
  /// The folder of rule sets, of both sorts.
  private var rulesFolder: String { context.venues + "/rules" }

  /// Whether a choice names a file and not an id.
  private static func isFile(_ choice: String) -> Bool {
    choice.contains("/") || choice.hasSuffix(".json")
  }

  /// Reads a rule set of either sort.
  func anyRuleSet(inFile path: String) throws -> AnyRuleSet {
    var file = try InputFile(path: path)
    let bytes = try file.readAll(limit: 1 << 20)
    do {
      switch RuleKind(json: bytes) {
      case .contactDefinition: return .contacts(try RuleSet(json: bytes))
      case .riskCalculation: return .risk(try RiskRuleSet(json: bytes))
      }
    } catch let error as RuleSetError {
      throw CommandError("\(error)", file: path, code: error.code.rawValue)
    } catch let error as ExposureRiskError {
      throw CommandError("\(error)", file: path, code: error.code.rawValue)
    }
  }

  /// The rule sets in the registry's folder, of both sorts, each with an id of its own.
  func allRuleSets() throws -> [AnyRuleSet] {
    let files = try Folder.files(in: rulesFolder, endingWith: ".json")
    guard !files.isEmpty else {
      throw CommandError(
        "no rule sets in \(rulesFolder)", hint: "put one there, or give --rules FILE",
        code: "no-rules")
    }
    let ruleSets = try files.map { try anyRuleSet(inFile: "\(rulesFolder)/\($0)") }
    var ids: Set<String> = []
    for rules in ruleSets where !ids.insert(rules.id).inserted {
      throw CommandError(
        "two rule sets are called \(rules.id)", hint: "give each an id of its own",
        file: rulesFolder, code: RuleSetError.Code.repeatedID.rawValue)
    }
    return ruleSets
  }

  /// The rule sets in the registry's folder that say who is a contact.
  func ruleLibrary() throws -> RuleLibrary {
    try RuleLibrary(
      try allRuleSets().compactMap { rules in
        if case .contacts(let rules) = rules { rules } else { nil }
      })
  }

  /// The rule set that was asked for by file or id, of either sort.
  func anyRuleSet(_ choice: String) throws -> AnyRuleSet {
    if Self.isFile(choice) { return try anyRuleSet(inFile: choice) }
    let all = try allRuleSets()
    guard let chosen = all.first(where: { $0.id == choice }) else {
      let ids = all.map(\.id)
      throw UsageError(
        "--rules: there is no rule set '\(choice)'",
        hint: closest(to: choice, in: ids).map { "did you mean \($0)?" }
          ?? "choose of \(ids.joined(separator: ", "))")
    }
    return chosen
  }

  /// The rule set of contacts that was asked for: a file, an id, or the one in force.
  ///
  /// - Returns: The rule set, and a remark when none is in force on the day.
  func rules(_ choice: String?, on day: LocalDay) throws -> (rules: RuleSet, remark: String?) {
    guard let choice else {
      let inForce = try ruleLibrary().inForce(on: day)
      return (inForce.rules, inForce.remark)
    }
    switch try anyRuleSet(choice) {
    case .contacts(let rules): return (rules, nil)
    case .risk(let rules):
      throw UsageError(
        "--rules: \(rules.id) says how risky an exposure was, not who is a contact",
        hint: "it is for `checkin exposure --case ID --rules \(choice)` and `checkin risk`")
    }
  }

  /// The rule sets to stand side by side: several with commas between, or one that says how risky an
  /// exposure was.
  ///
  /// - Returns: Nil when one rule set of contacts, or none, was asked for.
  func comparedRules(_ choice: String?) throws -> [AnyRuleSet]? {
    guard let choice else { return nil }
    let words = choice.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    let ruleSets = try words.map { try anyRuleSet($0) }
    for (place, rules) in ruleSets.enumerated()
    where ruleSets[..<place].contains(where: { $0.id == rules.id }) {
      throw UsageError("--rules: \(rules.id) is there twice", hint: "name each rule set once")
    }
    if ruleSets.count == 1, case .contacts = ruleSets[0] { return nil }
    return ruleSets
  }

  /// The rule set for `checkin risk`: a file or an id.
  func riskRules(_ choice: String) throws -> RiskRuleSet {
    switch try anyRuleSet(choice) {
    case .risk(let rules): return rules
    case .contacts(let rules):
      throw UsageError(
        "--rules: \(rules.id) says who is a contact, not how risky an exposure was",
        hint: "it is for `checkin trace` and `checkin exposure`")
    }
  }
}
