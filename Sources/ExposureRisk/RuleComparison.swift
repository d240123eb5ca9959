public import Presence
public import Tracing
public import VenueCodes

/// A rule set of either sort.
public enum AnyRuleSet: Hashable, Sendable {
  /// One that says who is a contact.
  case contacts(RuleSet)
  /// One that says how risky it was.
  case risk(RiskRuleSet)

  /// The short name.
  public var id: String {
    switch self {
    case .contacts(let rules): rules.id
    case .risk(let rules): rules.id
    }
  }
}

/// One contact and day as several rule sets judge them.
public struct ComparedDay: Hashable, Sendable {
  /// What one rule set says.
  public enum Judgement: Hashable, Sendable {
    /// The day is not in what the rule set takes for infectious.
    case outsideWindow
    /// The day is, and by this rule set they shared nothing that counts.
    case nothing
    /// A risk calculation counts minutes of this local day, under this other UTC day.
    case elsewhere(LocalDay)
    /// A row of a trace: the local day.
    case contact(Exposure)
    /// A day of an app: the UTC day of the same date.
    case risk(CaseRisk.Day)
  }

  /// Who.
  public let contact: Pseudonym
  /// The day: a local day, and for the apps the UTC day of the same date.
  public let day: LocalDay
  /// What each rule set says, in the order they were given in.
  public let judgements: [Judgement]
}

/// Judges the exposures of a case by several rule sets, side by side.
public struct RuleComparison: Sendable {
  /// The rule sets.
  public let ruleSets: [AnyRuleSet]
  private let history: ExposureHistory
  private let calendar: LocalCalendar
  private let threads: Int

  /// Makes a comparison.
  ///
  /// - Parameters:
  ///   - ruleSets: In the order of the columns.
  ///   - history: What is known.
  ///   - calendar: The calendar of the store.
  ///   - threads: How many threads may work.
  public init(
    _ ruleSets: [AnyRuleSet], of history: ExposureHistory, calendar: LocalCalendar,
    threads: Int = 1
  ) {
    self.ruleSets = ruleSets
    self.history = history
    self.calendar = calendar
    self.threads = threads
  }

  /// Returns a row for each contact and day that any rule set has one for, by contact, then by day.
  ///
  /// Early in the morning of a zone east of Greenwich it is still the day before in UTC. What a risk
  /// calculation counts of such time is in the row of that day, and `elsewhere` points to it.
  ///
  /// - Throws: What keeps the history from being read.
  public func days(of one: Case) throws -> [ComparedDay] {
    var judgements: [Key: [ComparedDay.Judgement?]] = [:]
    var isInside: [(LocalDay) -> Bool] = []
    for (column, rules) in ruleSets.enumerated() {
      func put(_ judgement: ComparedDay.Judgement, _ contact: Pseudonym, _ day: LocalDay) {
        let key = Key(contact: contact, day: day)
        judgements[key, default: Array(repeating: nil, count: ruleSets.count)][column] = judgement
      }
      switch rules {
      case .contacts(let rules):
        let window = rules.window(of: one, in: calendar)
        isInside.append { day in
          calendar.start(of: day) < window.upperBound
            && calendar.start(of: day.advanced(by: 1)) > window.lowerBound
        }
        let tracer = Tracer(history: history, rules: rules, calendar: calendar, threads: threads)
        for row in try tracer.trace(cases: [one]).rows { put(.contact(row), row.contact, row.day) }
      case .risk(let rules):
        let judge = CaseRisk(history, by: rules)
        isInside.append { judge.counts(one, on: $0.daysSince1970) }
        for day in try judge.days(of: one) {
          put(
            .risk(day), history.people.pseudonym(of: day.contact),
            LocalDay(daysSince1970: day.summary.day))
        }
      }
    }
    return judgements.keys.sorted().map { key in
      let found = judgements[key] ?? []
      return ComparedDay(
        contact: key.contact, day: key.day,
        judgements: found.indices.map { column in
          if let judgement = found[column] { return judgement }
          if let day = otherDay(of: key, in: column, judgements) { return .elsewhere(day) }
          return isInside[column](key.day) ? .nothing : .outsideWindow
        })
    }
  }

  /// The UTC day beside a local day under which a risk calculation counts some of that local day.
  private func otherDay(
    of key: Key, in column: Int, _ judgements: [Key: [ComparedDay.Judgement?]]
  ) -> LocalDay? {
    let local = calendar.start(of: key.day)..<calendar.start(of: key.day.advanced(by: 1))
    return [-1, 1].map { key.day.advanced(by: $0) }.first { day in
      guard
        case .risk(let judged)? = judgements[Key(contact: key.contact, day: day)]?[column]
      else { return false }
      return judged.spans.contains { $0.overlaps(local) }
    }
  }

  private struct Key: Hashable, Comparable {
    var contact: Pseudonym
    var day: LocalDay

    static func < (left: Key, right: Key) -> Bool {
      (left.contact, left.day) < (right.contact, right.day)
    }
  }
}
