import ExposureRisk

extension FuzzTarget {
  /// Exposure windows, check-ins and warnings: what is taken must be judged without a trap, the same
  /// twice, and more must never come of it than there are windows.
  static let exposureWindows = FuzzTarget(
    "exposure-windows",
    examples: texts(
      #"[{"ageInDays":1,"reportType":1,"infectiousness":2,"calibrationConfidence":0,"#
        + #""scanInstances":[{"minAttenuation":30,"typicalAttenuation":25,"#
        + #""secondsSinceLastScan":300}]}]"#,
      #"{"exposureWindows":[{"date":"2021-03-04","reportType":"CONFIRMED_TEST","#
        + #""infectiousness":"high","scanInstances":[{"minAttenuationDb":65,"#
        + #""typicalAttenuationDb":70,"secondsSinceLastScan":-60}]}],"#
        + #""checkIns":[{"location":"a","start":"2021-03-04T09:30:00+01:00","#
        + #""end":"2021-03-05T09:45:00+01:00"},{"location":"a","start":"2021-03-04T09:30Z"}],"#
        + #""warnings":[{"location":"a","startIntervalNumber":2691414,"period":12,"#
        + #""transmissionRiskLevel":8}]}"#)
  ) { input in
    // What an import takes, which wants windows and heeds nothing else.
    let windowsAlone = try? ExposureWindow.windows(json: input, today: SampleRisk.today)
    guard let rules = SampleRisk.rules,
      let document = try? RiskDocument(json: input, today: SampleRisk.today)
    else { return }
    require(
      windowsAlone.map { $0 == document.windows } ?? document.windows.isEmpty,
      "a file has the same windows for a risk and for an import")
    let now = Int64(SampleRisk.today) * 86_400
    let (windows, checkIns, summary) = document.judged(by: rules, now: now)
    require(windows.windows.count <= document.windows.count, "a window counts once")
    require(document.judged(by: rules, now: now).summary == summary, "a file has one answer")
    for level in RiskLevel.allCases {
      require(
        (summary.mostRecentDay(with: level) == nil) == (summary.numberOfDays(with: level) == 0),
        "a level that has days has a last one")
    }
    for window in windows.windows {
      require(window.normalizedMinutes.isFinite, "minutes are a number")
    }
    for checkIn in checkIns.checkIns {
      require(document.checkIns.indices.contains(checkIn.place), "a check-in is one of them")
      require(checkIn.normalizedMinutes >= 0, "minutes are not negative")
    }
    for stay in document.checkIns {
      let parts = CheckIn.parts(from: stay.start, to: stay.end)
      require(
        parts.reduce(0) { $0 + $1.upperBound - $1.lowerBound } == stay.end - stay.start,
        "parts are all of it")
      guard let warned = rules.checkIns.submission.warnedSpan(ofStayFrom: stay.start, to: stay.end)
      else { continue }
      require(
        warned.lowerBound % 600 == 0 && warned.upperBound % 600 == 0, "a warning is of intervals")
    }
  }

  /// A file of an app's rules.
  static let riskRuleSet = FuzzTarget("risk-rule-set", examples: texts(SampleRisk.json)) { input in
    guard let rules = try? RiskRuleSet(json: input) else { return }
    require(!rules.id.isEmpty && !rules.source.isEmpty, "rules have a name and a source")
    require(rules.validTo.map { $0 >= rules.validFrom } ?? true, "rules hold for a time")
    for day in -400...400 {
      require(
        (1...8).contains(rules.infectiousness.level(daysSinceOnset: day)), "a level is 1 to 8")
    }
    require((0...255).allSatisfy { rules.windows.weight(of: $0).isFinite }, "a weight is a number")
  }
}

/// An app's rules that are good.
private enum SampleRisk {
  static let today = 18_691

  static let json = """
    {"kind":"risk-calculation","id":"a","source":"x","valid_from":"2021-04-01","valid_to":null,
    "exposure_windows":{"minutesAtAttenuationFilters":[{"attenuationRange":{"min":0,"max":79},
    "dropIfMinutesInRange":{"min":0,"max":1,"maxExclusive":true}}],
    "trlFilters":[{"dropIfTrlInRange":{"min":1,"max":2}}],
    "minutesAtAttenuationWeights":[{"attenuationRange":{"min":0,"max":73},"weight":0.8}],
    "normalizedTimePerEWToRiskLevelMapping":[{"normalizedTimeRange":{"min":0,"max":9999},
    "riskLevel":1}],"normalizedTimePerDayToRiskLevelMapping":[{"normalizedTimeRange":{"min":9,
    "max":9999},"riskLevel":2}],"trlEncoding":{"infectiousnessOffsetStandard":1,
    "infectiousnessOffsetHigh":2,"reportTypeOffsetRecursive":0,"reportTypeOffsetSelfReport":2,
    "reportTypeOffsetConfirmedClinicalDiagnosis":4,"reportTypeOffsetConfirmedTest":6},
    "transmissionRiskValueMapping":[{"transmissionRiskLevel":8,"transmissionRiskValue":1.6}]},
    "check_ins":{"submissionParameters":{"durationFilters":[{"dropIfMinutesInRange":{"min":0,
    "max":10,"maxExclusive":true}}],"aerosoleDecayLinearFunctions":[{"minutesRange":{"min":0,
    "max":30},"slope":1,"intercept":0}]},"transmissionRiskValueMapping":[
    {"transmissionRiskLevel":8,"transmissionRiskValue":1.6}],
    "normalizedTimePerCheckInToRiskLevelMapping":[{"normalizedTimeRange":{"min":0,"max":10},
    "riskLevel":1}],"normalizedTimePerDayToRiskLevelMapping":[{"normalizedTimeRange":{"min":10,
    "max":9999},"riskLevel":2}],"maxCheckInAgeInDays":10},
    "transmission_risk_levels":{"by_days_since_onset":{"0":8},"otherwise":1,
    "by_days_ago":{"no_information":[5,6,7]}}}
    """

  static let rules = try? RiskRuleSet(json: Array(json.utf8))
}
