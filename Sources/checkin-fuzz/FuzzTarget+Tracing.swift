import Tracing
import VenueCodes

extension FuzzTarget {
  /// A file of rules: what is taken must have thresholds that somebody can reach.
  static let ruleSet = FuzzTarget("rule-set", examples: [Array(SampleRules.json.utf8)]) { input in
    guard let rules = try? RuleSet(json: input) else { return }
    require(!rules.id.isEmpty && !rules.source.isEmpty, "rules have a name and a source")
    require(rules.validTo.map { $0 >= rules.validFrom } ?? true, "rules hold for a time")
    for exposure in ExposureClass.allCases {
      guard let criterion = rules.criterion(of: exposure) else { continue }
      require((1...604_800).contains(criterion.threshold), "a threshold can be reached")
    }
    require((0...100).contains(rules.tail.slope), "a tail is finite")
    let library = try? RuleLibrary([rules])
    require(library?.inForce(on: rules.validFrom).rules == rules, "rules hold from their day")
  }
}

/// Rules that are good.
enum SampleRules {
  static let json = """
    {"id":"a","name":{"vi":"A"},"source":"x","valid_from":"2020-12-03","valid_to":"2021-07-29",
    "infectious_window":{"days_before_onset":3,"days_before_specimen":3,"days_after":14},
    "threshold_seconds":{"near_at_venue":900,"near":900,"closed_venue":900,"tail":1800,
    "open_venue":1800},"label":{"near_at_venue":"F1","near":"F1","closed_venue":"F1",
    "tail":"factor","open_venue":"factor"},"tail":{"slope":1.0,"max_seconds":1800},
    "same_zone":false,"max_attenuation_db":63,
    "degree":{"threshold_seconds":900,"latent_seconds":172800}}
    """

  static let rules = try? RuleSet(json: Array(json.utf8))
}
