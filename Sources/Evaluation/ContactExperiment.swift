internal import Fusion
internal import SyntheticCity

/// Names real contacts from the evidence that check-ins and phones would have left.
///
/// Who was in contact is real; who had the app, which exits were scanned and where strangers stood is
/// drawn, and what was heard is replayed from real phones at the true distance. Every method sees the
/// same evidence. See `ContactSetting` for what is assumed.
public struct ContactExperiment: Sendable {
  /// A way to rank pairs.
  public enum Method: String, CaseIterable, Sendable {
    /// By the time both were checked in.
    case venueOnly = "venue_only"
    /// By the minutes heard at 63 dB or less, by the least attenuation of either phone.
    case bluetoothOnly = "ble_only"
    /// By the minutes heard at 63 dB or less, by the mean of the two phones where both heard.
    case bluetoothMean = "ble_mean"
    /// By the minutes below the threshold that is best for each recall on the very data tested.
    case bluetoothBest = "ble_best_threshold"
    /// By the minutes as Corona-Warn-App weighs them.
    case officialWeights = "cwa"
    /// By `ContactModel`.
    case fused
  }

  /// Which pairs are to be ranked, and which contacts count.
  public enum Candidates: String, CaseIterable, Sendable {
    /// Pairs with the app on both sides; contacts of which neither phone heard the other are left out,
    /// other pairs are not.
    case reachable
    /// Pairs with the app on both sides of which either phone heard the other at all, in contact or not.
    case heard
    /// Pairs with the app on both sides, and all contacts among them.
    case bothWithApp = "both_with_app"
    /// All pairs and all contacts.
    case everyone
    /// Pairs of which one or both have no app.
    case withoutApp = "without_app"
  }

  /// A list of contacts with what it is called.
  public struct Source: Sendable {
    /// What it is called.
    public var name: String
    /// The contacts.
    public var list: ContactList

    /// Makes a source of its parts.
    public init(name: String, list: ContactList) {
      self.name = name
      self.list = list
    }
  }

  /// What one method reaches.
  public struct Row: Sendable {
    /// Which.
    public var method: Method
    /// The precision at each recall.
    public var precision: [Estimate]
    /// How many people the list of one index person has on a day, at each recall.
    public var listLength: [Double?]
    /// By how much the precision of `fused` is a multiple of it, at each recall.
    public var fusedOverThis: [Estimate]
    /// The thresholds in dB behind `bluetoothBest`.
    public var thresholds: [Double]?
  }

  /// What all methods reach on some pairs.
  public struct Result: Sendable {
    /// The list of contacts, or `all`.
    public var source: String
    /// Which pairs.
    public var candidates: Candidates
    /// How many pairs there were in all repetitions.
    public var pairs: Int
    /// How many contacts.
    public var contacts: Int
    /// The methods.
    public var rows: [Row]
  }

  /// What is known of one list.
  public struct Summary: Sendable {
    /// What it is called.
    public var name: String
    /// Its days.
    public var days: Int
    /// How often somebody was there on a day.
    public var attendances: Int
    /// Pairs that were there on the same day at the same time, or in contact.
    public var pairs: Int
    /// Those in contact for long enough.
    public var contacts: Int
    /// How many contacts a person has on a day.
    public var contactsPerPerson: Double
  }

  /// The recalls that are looked at.
  public static let recalls = [0.5, 0.6, 0.7, 0.8, 0.9]

  /// The lists.
  public private(set) var summaries: [Summary] = []
  /// How often the experiment was run with new draws.
  public let repetitions: Int
  private let seed: UInt64
  private var pairs: [(source: Int, pair: JudgedPair)] = []
  /// Attendances of all repetitions, those of people with the app apart.
  private var attendances: [Int] = []

  /// Runs the experiment; nil when there is no hearing with known distances to replay.
  ///
  /// The model is the product's own, but for the seconds of contact: it learns nothing here.
  ///
  /// - Parameters:
  ///   - sources: The lists of contacts.
  ///   - scenarios: Real hearing to be replayed.
  ///   - setting: What is assumed.
  ///   - repetitions: How often it is run with new draws.
  ///   - seed: What the draws follow from.
  /// - Throws: What keeps a history from being read; one in memory always can be.
  public init?(
    _ sources: [Source], scenarios: [RadioScenario], setting: ContactSetting, repetitions: Int,
    seed: UInt64
  ) throws {
    let library = RadioLibrary(scenarios)
    guard !library.isEmpty else { return nil }
    self.repetitions = repetitions
    self.seed = seed
    let days = sources.map { ContactDay.days(of: $0.list) }
    var firstPerson: Int32 = 0
    for (number, source) in sources.enumerated() {
      let simulation = ContactSimulation(
        setting: setting, library: library,
        model: ContactModel(requiredSeconds: Double(setting.contactSeconds)))
      let stays = days[number].flatMap { $0.attendances.map { Double($0.span.count) } }
      let usualStay = stays.isEmpty ? 3_600 : Int64(median(stays))
      var summary = Summary(
        name: source.name, days: days[number].count, attendances: stays.count, pairs: 0,
        contacts: 0,
        contactsPerPerson: Self.contactsPerPerson(days[number], setting.contactSeconds))
      for repetition in 0..<repetitions {
        var generator = SeededGenerator(seed: seed &+ UInt64(repetition) &* 0x9e37_79b9)
        for day in days[number] {
          try simulation.forEachPair(of: day, usualStay: usualStay, using: &generator) { pair in
            var pair = pair
            pair.one += firstPerson
            pair.other += firstPerson
            pairs.append((number, pair))
            if repetition == 0 {
              summary.pairs += 1
              if pair.isContact { summary.contacts += 1 }
            }
          }
        }
      }
      attendances.append(stays.count)
      summaries.append(summary)
      firstPerson += Int32(source.list.people.count)
    }
  }

  /// How many contacts a person has on a day.
  private static func contactsPerPerson(_ days: [ContactDay], _ seconds: Int64) -> Double {
    let people = days.reduce(0) { $0 + $1.attendances.count }
    let contacts = days.reduce(0) { $0 + $1.contacts.values.count { $0.seconds >= seconds } }
    return people > 0 ? 2 * Double(contacts) / Double(people) : 0
  }

  private func selected(_ candidates: Candidates, _ source: Int?) -> [JudgedPair] {
    pairs.compactMap { number, pair in
      guard source == nil || source == number else { return nil }
      let isIn =
        switch candidates {
        case .reachable: pair.haveApp && (pair.wereHeard || !pair.isContact)
        case .heard: pair.haveApp && pair.wereHeard
        case .bothWithApp: pair.haveApp
        case .everyone: true
        case .withoutApp: !pair.haveApp
        }
      return isIn ? pair : nil
    }
  }

  /// The places of lists to report on: all together, and each when there are several.
  private var reported: [(name: String, place: Int?)] {
    summaries.count == 1
      ? [(summaries[0].name, 0)]
      : [("all", nil)] + summaries.enumerated().map { ($0.element.name, $0.offset) }
  }

  /// Returns what all methods reach on some pairs, on all lists together and on each.
  ///
  /// - Parameters:
  ///   - candidates: Which pairs.
  ///   - adoption: The share with the app, by which index people are counted.
  ///   - resamples: How often people are drawn with replacement for the intervals.
  /// - Returns: The results on all lists together, and with several on each.
  public func results(
    _ candidates: Candidates, adoption: Double, resamples: Int
  ) -> [Result] {
    reported.map { name, place in
      let chosen = selected(candidates, place)
      var index = Double(place.map { attendances[$0] } ?? attendances.reduce(0, +))
      index *= Double(repetitions)
      switch candidates {
      case .reachable, .heard, .bothWithApp: index *= adoption
      case .everyone, .withoutApp: break
      }
      return result(name, candidates, chosen, indexPeople: index, resamples: resamples)
    }
  }

  private func result(
    _ name: String, _ candidates: Candidates, _ chosen: [JudgedPair], indexPeople: Double,
    resamples: Int
  ) -> Result {
    let truth = chosen.map(\.isContact)
    let ones = [Double](repeating: 1, count: chosen.count)
    let recalls = Self.recalls
    let best = Self.bestThresholds(chosen, truth)
    // One ranking a method; the best threshold has one for each recall.
    var rankings: [Method: [Ranking]] = [:]
    for method in Method.allCases {
      if method == .bluetoothBest {
        var byThreshold: [Int: Ranking] = [:]
        for place in Set(best) {
          byThreshold[place] = Ranking(
            scores: chosen.map { Double($0.heard.byLeast[place]) }, truth: truth)
        }
        rankings[method] = best.compactMap { byThreshold[$0] }
      } else {
        rankings[method] = [Ranking(scores: chosen.map { $0.score(method) }, truth: truth)]
      }
    }
    func points(_ method: Method, _ weights: [Double]) -> [Ranking.Point]? {
      guard let rankings = rankings[method] else { return nil }
      guard rankings.count > 1 else { return rankings[0].points(at: recalls, weights: weights) }
      return zip(rankings, recalls).reduce(into: [Ranking.Point]?([])) { all, next in
        guard let point = next.0.points(at: [next.1], weights: weights)?.first else {
          all = nil
          return
        }
        all?.append(point)
      }
    }
    var generator = SeededGenerator(seed: seed &+ 1)
    let people = Set(chosen.flatMap { [$0.one, $0.other] }).sorted()
    var drawn: [Method: [[Double]]] = [:]
    var ratios: [Method: [[Double]]] = [:]
    for method in Method.allCases {
      drawn[method] = Array(repeating: [], count: recalls.count)
      ratios[method] = Array(repeating: [], count: recalls.count)
    }
    for _ in 0..<(people.isEmpty ? 0 : resamples) {
      var times = [Double](repeating: 0, count: Int(people.last ?? 0) + 1)
      for _ in people { times[Int(people[generator.index(below: people.count)])] += 1 }
      let weights = chosen.map { times[Int($0.one)] * times[Int($0.other)] }
      guard let fused = points(.fused, weights) else { continue }
      for method in Method.allCases {
        guard let points = method == .fused ? fused : points(method, weights) else { continue }
        for place in recalls.indices {
          drawn[method]?[place].append(points[place].precision)
          ratios[method]?[place].append(fused[place].precision / points[place].precision)
        }
      }
    }
    let fused = points(.fused, ones)
    let rows = Method.allCases.map { method in
      let points = points(method, ones)
      return Row(
        method: method,
        precision: recalls.indices.map { place in
          Estimate(points?[place].precision, resampled: drawn[method]?[place] ?? [])
        },
        listLength: recalls.indices.map { place in
          points.map { 2 * $0[place].listed / max(1, indexPeople) }
        },
        fusedOverThis: recalls.indices.map { place in
          let ratio = points.flatMap { mine in
            fused.map { $0[place].precision / mine[place].precision }
          }
          return Estimate(ratio, resampled: ratios[method]?[place] ?? [])
        },
        thresholds: method == .bluetoothBest
          ? best.map { ContactSimulation.thresholds[$0] } : nil)
    }
    return Result(
      source: name, candidates: candidates, pairs: chosen.count, contacts: truth.count { $0 },
      rows: rows)
  }

  /// The place of the threshold that is best at each recall.
  private static func bestThresholds(_ chosen: [JudgedPair], _ truth: [Bool]) -> [Int] {
    let ones = [Double](repeating: 1, count: chosen.count)
    var best = recalls.map { _ in (precision: -1.0, place: 0) }
    for place in ContactSimulation.thresholds.indices {
      let ranking = Ranking(scores: chosen.map { Double($0.heard.byLeast[place]) }, truth: truth)
      guard let points = ranking.points(at: recalls, weights: ones) else { continue }
      for (number, point) in points.enumerated() where point.precision > best[number].precision {
        best[number] = (point.precision, place)
      }
    }
    return best.map(\.place)
  }

  /// Returns the precision of each method over many recalls, for a plot.
  public func curves(
    _ candidates: Candidates
  ) -> [(method: Method, points: [(recall: Double, precision: Double)])] {
    let chosen = selected(candidates, nil)
    let truth = chosen.map(\.isContact)
    let recalls = stride(from: 0.02, through: 1.0, by: 0.02).map { $0 }
    let ones = [Double](repeating: 1, count: chosen.count)
    return Method.allCases.filter { $0 != .bluetoothBest }.map { method in
      let ranking = Ranking(scores: chosen.map { $0.score(method) }, truth: truth)
      let points = ranking.points(at: recalls, weights: ones) ?? []
      return (method, zip(recalls, points).map { ($0, $1.precision) })
    }
  }

  /// Returns how well the probabilities of the model hold, on all lists together and on each.
  public func calibrations(_ candidates: Candidates) -> [(source: String, calibration: Calibration)]
  {
    reported.map { name, place in
      let items = selected(candidates, place).map { pair in
        (predicted: pair.probability, isTrue: pair.isContact)
      }
      return (name, Calibration(items))
    }
  }
}

extension JudgedPair {
  fileprivate func score(_ method: ContactExperiment.Method) -> Double {
    switch method {
    case .venueOnly: venueMinutes
    case .bluetoothOnly, .bluetoothBest: Double(heard.byLeast[Self.commonThreshold])
    case .bluetoothMean: Double(heard.byMean)
    case .officialWeights: heard.weighted
    case .fused: probability
    }
  }

  /// The place of 63 dB.
  private static let commonThreshold =
    ContactSimulation.thresholds.firstIndex(of: HeardTally.commonThreshold) ?? 0
}
