import CrossMatch
public import Presence
public import Tracing
public import VenueCodes

/// A contact in the ranked list of a case.
public struct RankedContact: Sendable {
  /// Who.
  public let person: Pseudonym
  /// The probability that the two were in contact, over all days.
  public let probability: Double
  /// The strongest class that was reached on any day; nil when the rule set knows nothing of the
  /// contact, as when it was heard too weakly.
  public let exposureClass: ExposureClass?
  /// What the rule set makes of the contact: the strongest label of any day; nil with the class.
  public let label: String?
  /// The seconds in which the phones were near each other, by the rule set.
  public let nearSeconds: Int
  /// The seconds at a shared venue in which the phones did not say they were near, by the rule set.
  public let venueSeconds: Int
  /// The seconds in the air the case left behind, and nothing stronger, by the rule set.
  public let tailSeconds: Int
  /// The day that says most.
  public let digest: PairDigest
}

/// A day of a pair in a few numbers: the reason in a ranked list.
public struct PairDigest: Hashable, Sendable {
  /// The day.
  public let day: LocalDay
  /// The seconds in which the phones heard each other, at any strength.
  public let heardSeconds: Int64
  /// The smallest attenuation in dB; nil when they heard nothing of each other.
  public let attenuation: Double?
  /// Whether only one phone heard, all day.
  public let isOneSided: Bool
  /// The seconds at one venue by both visits.
  public let sharedSeconds: Int64
  /// The seconds of these in which both phones worked and heard nothing of each other.
  public let silentSeconds: Int64
  /// The seconds at different venues.
  public let apartSeconds: Int64
  /// The seconds in the air that the case had left.
  public let tailSeconds: Int64
  /// The venues of the shared time, ascending.
  public let sharedVenues: [VenueID]
  /// The venues in whose air the contact was after the case, ascending.
  public let tailVenues: [VenueID]
  /// Whether the end of a shared visit is assumed.
  public let isEndAssumed: Bool

  init(_ day: PairDay) {
    self.day = day.day
    let heard = SpanSet(day.evidence.radio.map(\.span))
    let shared = SpanSet(day.stays.map(\.span))
    heardSeconds = heard.seconds
    attenuation = day.evidence.radio.map(\.attenuation).min()
    isOneSided = !day.evidence.radio.isEmpty && day.evidence.radio.allSatisfy { !$0.isMutual }
    sharedSeconds = shared.seconds
    silentSeconds =
      shared.intersection(with: SpanSet(day.evidence.listening)).subtracting(heard).seconds
    apartSeconds = SpanSet(day.evidence.apart).seconds
    tailSeconds = SpanSet(day.tails.map(\.span)).subtracting(shared).seconds
    sharedVenues = Set(day.stays.map(\.caseVisit.venue)).sorted()
    tailVenues = Set(day.tails.map(\.caseVisit.venue)).sorted()
    isEndAssumed = day.stays.contains {
      $0.caseVisit.isEndAssumed || $0.contactVisit.isEndAssumed
    }
  }

  /// Returns the reason in one line, without a full stop.
  ///
  /// - Parameter name: Returns the name of a venue for people.
  /// - Returns: Part of a sentence in English.
  public func reason(nameOfVenue name: (VenueID) -> String) -> String {
    func places(_ venues: [VenueID]) -> String { venues.map(name).joined(separator: ", ") }
    var parts: [String] = []
    if let attenuation {
      parts.append(
        "heard each other \(DurationText.of(heardSeconds)) from "
          + "\(Int(attenuation.rounded())) dB\(isOneSided ? ", one phone only" : "")")
    }
    if sharedSeconds > 0 {
      parts.append(
        "together at \(places(sharedVenues)) \(DurationText.of(sharedSeconds))"
          + (isEndAssumed ? ", end assumed" : ""))
    }
    if silentSeconds > 0 { parts.append("silent \(DurationText.of(silentSeconds)) of it") }
    if tailSeconds > 0 {
      let place = tailVenues == sharedVenues ? "there" : "at \(places(tailVenues))"
      parts.append("\(DurationText.of(tailSeconds)) \(place) after the case")
    }
    if apartSeconds > 0 { parts.append("apart \(DurationText.of(apartSeconds))") }
    return "\(day): " + parts.joined(separator: "; ")
  }
}

/// Seconds as people say them.
enum DurationText {
  /// Returns `45 s`, `20 min` or `2 h 5 min`; whole minutes are rounded down.
  static func of(_ seconds: Int64) -> String {
    if seconds < 60 { return "\(seconds) s" }
    let minutes = seconds / 60
    if minutes < 60 { return "\(minutes) min" }
    return minutes % 60 == 0 ? "\(minutes / 60) h" : "\(minutes / 60) h \(minutes % 60) min"
  }
}

extension Visit {
  /// Whether no scan says when the person left, or came.
  var isEndAssumed: Bool { isStartUnknown || earliestLeave < latestLeave }
}

/// Ranks the contacts of a case by how likely it is that they met.
///
/// The model is asked for each day that has radio or shared time; a day with nothing but a tail adds
/// nothing, since the air is no meeting. Days are taken as independent: 1 − Π (1 − p). Class, label
/// and seconds are those of `Tracer` under the same rule set.
public struct ContactRanking: Sendable {
  private let gatherer: PairGatherer
  private let model: ContactModel
  private let threads: Int

  /// Makes a ranking.
  ///
  /// - Parameters:
  ///   - gatherer: What gathers the evidence; its rule set judges the classes.
  ///   - model: What judges the evidence.
  ///   - threads: How many threads work on the trace, at least 1.
  public init(gatherer: PairGatherer, model: ContactModel, threads: Int = 1) {
    self.gatherer = gatherer
    self.model = model
    self.threads = threads
  }

  /// Returns all contacts of a case: by probability, then by class, strongest first, then by
  /// pseudonym.
  ///
  /// - Throws: What keeps people, visits or evidence from being looked up.
  /// - Complexity: O(n log n) in the pieces of shared time.
  public func contacts(of one: Case) throws -> [RankedContact] {
    let tracer = Tracer(
      history: gatherer.history, rules: gatherer.rules, calendar: gatherer.calendar,
      threads: threads)
    var rows = ContactRows()
    _ = try tracer.trace(cases: [one], into: &rows)
    var ranked: [RankedContact] = []
    try gatherer.forEachContact(of: one) { contact in
      let days = contact.days.map { ($0, probability: model.probability(ofDay: $0) ?? 0) }
      guard let telling = days.max(by: { $0.probability < $1.probability }) else { return }
      let sum = rows.sums[contact.number]
      ranked.append(
        RankedContact(
          person: contact.person,
          probability: ContactModel.combined(days.map(\.probability)),
          exposureClass: sum?.strongest, label: sum?.label(tracer),
          nearSeconds: sum?.near ?? 0, venueSeconds: sum?.venue ?? 0,
          tailSeconds: sum?.tail ?? 0, digest: PairDigest(telling.0)))
    }
    return ranked.sorted { one, other in
      if one.probability != other.probability { return one.probability > other.probability }
      if one.exposureClass != other.exposureClass {
        guard let mine = one.exposureClass else { return false }
        guard let theirs = other.exposureClass else { return true }
        return mine > theirs
      }
      return one.person < other.person
    }
  }
}

extension ContactModel {
  /// Returns the probability of a contact on a day, or nil when nothing says that they met.
  func probability(ofDay day: PairDay) -> Double? {
    let evidence = day.evidence
    guard !evidence.radio.isEmpty || !evidence.together.isEmpty else { return nil }
    return judge(evidence).probability
  }

  /// Returns the probability of a contact on any of some days.
  static func combined(_ probabilities: [Double]) -> Double {
    1 - probabilities.reduce(1) { $0 * (1 - $1) }
  }
}

/// The rows of one case, added up by contact.
private struct ContactRows: ExposureSink {
  struct Sum {
    var strongest = ExposureClass.brief
    var classes: Set<ExposureClass> = []
    var near = 0
    var venue = 0
    var tail = 0

    /// The strongest label of any day.
    func label(_ tracer: Tracer) -> String {
      let labels = classes.map { tracer.label(of: $0, degree: 1) }
      for label in RuleSet.Label.allCases where labels.contains(label.rawValue) {
        return label.rawValue
      }
      return ExposureClass.brief.name
    }
  }

  private(set) var sums: [SubjectNumber: Sum] = [:]
  var wantsEvidence: Bool { false }

  func preparation() -> @Sendable (ExposureBlock) throws -> [ExposureRow] { { $0.rows } }

  mutating func take(_ prepared: [ExposureRow]) {
    for row in prepared {
      var sum = sums[row.contact] ?? Sum()
      sum.strongest = max(sum.strongest, row.exposureClass)
      sum.classes.insert(row.exposureClass)
      sum.near += Int(row.nearSeconds)
      sum.venue += Int(row.venueSeconds)
      sum.tail += Int(row.tailSeconds)
      sums[row.contact] = sum
    }
  }
}
