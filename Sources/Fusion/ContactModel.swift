internal import Foundation

/// How likely two people were in contact on a day, and what says so.
///
/// A contact is `requiredSeconds`, as a rule 5 minutes within 2 metres, on that day. The logarithm of
/// its odds is a sum of terms, so that each can be shown:
///
/// - *Before anything was heard*: a person has about `closeContacts` contacts a day at a venue,
///   whether 10 or 400 people are there. So with `crowd` others the odds of any one are
///   `closeContacts / crowd`. That is what makes a list of all visitors useless, and it is known
///   from the check-ins. Time together below `fullSeconds` lowers the odds in proportion.
/// - *Heard*: the strongest `requiredSeconds` of hearing, by `RadioModel`. To have a contact of five
///   minutes, five minutes must have been near, and no more: hours at a desk three metres away are
///   not added up.
/// - *Silence*: both phones heard something, and not each other from near. It counts as far as the
///   strongest hearing leaves the question open, and takes away no more than leaves the share of pairs
///   of working phones that never hear each other.
/// - *Apart*: being at two venues takes away shared time, and hearing in that time is doubted.
///
/// By construction more or stronger hearing never lowers the probability, silence and being apart
/// never raise it, and each second counts once in each term, by its strongest evidence.
///
/// How the numbers were found, and how well they do, is in docs/evaluation.md.
public struct ContactModel: Hashable, Sendable {
  /// The seconds within 2 metres on a day that make a contact, unless somebody asks for others: 5
  /// minutes, for which the numbers of the model were found and are measured.
  public static let contactSeconds = 300.0

  /// What is said of a stretch of hearing.
  public var radio: RadioModel
  /// The seconds within 2 metres that make a contact; more than 0.
  public var requiredSeconds: Double
  /// How many contacts a person has on a day at a venue, whatever the crowd.
  ///
  /// Of at least 5 minutes: 0.5 and 1.6 in two offices, 1.4 at an exhibition, 2.4 at a conference, 4.4
  /// in a hospital ward (SocioPatterns). The usual number is below most of them because the probabilities
  /// of strangers at the next desk come out too high.
  public var closeContacts: Double
  /// The time together from which on more of it makes a contact no likelier, in seconds.
  public var fullSeconds: Double
  /// By how much sharing a zone multiplies the chance, and being in two zones divides it.
  public var zoneFactor: Double
  /// The crowd that is assumed around two phones that heard each other where no check-in says it.
  public var heardCrowd: Double
  /// The most that hearing can add to the log-odds.
  public var strongestHearing: Double
  /// The share of pairs of working phones that do not hear each other side by side.
  ///
  /// Two iPhones in the background are such a pair.
  public var deafShare: Double
  /// What is added to the uncertainty of hearing while at two venues, in dB.
  public var apartUncertainty: Double

  /// The odds of two people of whom nothing is known.
  private static let floor = 1e-6

  /// Makes a model; what is not given is as measured.
  ///
  /// - Parameters:
  ///   - radio: What is said of a stretch of hearing.
  ///   - requiredSeconds: The seconds within 2 metres that make a contact.
  ///   - closeContacts: How many contacts a person has on a day at a venue.
  public init(
    radio: RadioModel = RadioModel(), requiredSeconds: Double = contactSeconds,
    closeContacts: Double = 0.9
  ) {
    self.radio = radio
    self.requiredSeconds = requiredSeconds
    self.closeContacts = closeContacts
    fullSeconds = 10_800
    zoneFactor = 3
    heardCrowd = 150
    strongestHearing = 5.2
    deafShare = 0.2
    apartUncertainty = 10
  }

  /// Judges the evidence of a pair and a day.
  ///
  /// - Complexity: O(n log n) in the spans, where few of one sort overlap.
  public func judge(_ evidence: PairEvidence) -> ContactJudgement {
    let timeline = EvidenceTimeline(evidence, self)
    var terms = terms(timeline, isApartHeeded: false)
    if timeline.apartSeconds > 0 {
      let without = terms.reduce(0) { $0 + $1.logOdds }
      let heeded = self.terms(timeline, isApartHeeded: true)
      // Never above 0 but for rounding.
      let change = min(0, heeded.reduce(0) { $0 + $1.logOdds } - without)
      terms.append(
        ContactJudgement.Term(kind: .apart, seconds: timeline.apartSeconds, logOdds: change))
    }
    return ContactJudgement(terms: terms)
  }

  /// Returns the probability that a case and a contact met on any day, as `ContactRanking` shows it.
  public func probability(of contact: ContactEvidence) -> Double {
    Self.combined(contact.days.map { probability(ofDay: $0) ?? 0 })
  }

  private func terms(
    _ timeline: EvidenceTimeline, isApartHeeded: Bool
  ) -> [ContactJudgement.Term] {
    let hearing = timeline.hearing(isApartHeeded: isApartHeeded)
    return priorTerms(timeline, timeline.opportunities(isApartHeeded: isApartHeeded))
      + hearingTerms(hearing) + silenceTerms(timeline, hearing)
  }

  /// The odds before it is asked how near anything was heard: of the crowd, and of the time.
  ///
  /// Of the check-ins and of having been heard at all, what says more counts. Whoever was heard was
  /// there, with or without a check-in, among about `heardCrowd` others.
  private func priorTerms(
    _ timeline: EvidenceTimeline, _ opportunities: [EvidenceTimeline.Weighted]
  ) -> [ContactJudgement.Term] {
    let (weight, seconds) = Self.strongest(opportunities, upTo: fullSeconds)
    let byCheckIn = closeContacts * weight / fullSeconds
    let heard = min(timeline.heardSeconds, requiredSeconds)
    let byHearing = closeContacts / max(1, heardCrowd) * heard / requiredSeconds
    guard max(byCheckIn, byHearing) > 0 else {
      return [.init(kind: .crowd, seconds: 0, logOdds: log(Self.floor))]
    }
    let isByCheckIn = byCheckIn >= byHearing
    let crowd = log(
      isByCheckIn ? closeContacts * weight / seconds : closeContacts / max(1, heardCrowd))
    let odds = log(Self.floor + max(byCheckIn, byHearing))
    let time = isByCheckIn ? seconds : heard
    return [
      .init(kind: .crowd, seconds: time, logOdds: crowd),
      .init(kind: .timeTogether, seconds: time, logOdds: odds - crowd),
    ]
  }

  private func hearingTerms(_ hearing: [EvidenceTimeline.Weighted]) -> [ContactJudgement.Term] {
    var left = requiredSeconds
    var sums = [true: (seconds: 0.0, logOdds: 0.0), false: (seconds: 0.0, logOdds: 0.0)]
    for stretch in hearing.sorted(by: { $0.weight > $1.weight }) {
      guard left > 0 else { break }
      let seconds = min(left, stretch.seconds)
      left -= seconds
      sums[stretch.isMutual]?.seconds += seconds
      sums[stretch.isMutual]?.logOdds +=
        strongestHearing * stretch.weight * seconds / requiredSeconds
    }
    return [true, false].compactMap { isMutual in
      guard let sum = sums[isMutual], sum.seconds > 0 else { return nil }
      return .init(
        kind: isMutual ? .heardByBoth : .heardByOne, seconds: sum.seconds, logOdds: sum.logOdds)
    }
  }

  /// What it takes away that both phones worked and did not hear each other from near.
  ///
  /// The seconds are those of listening, not those of silence: else hours of weak hearing, as between
  /// two desks, would excuse that nothing near was ever heard.
  private func silenceTerms(
    _ timeline: EvidenceTimeline, _ hearing: [EvidenceTimeline.Weighted]
  ) -> [ContactJudgement.Term] {
    guard timeline.listeningSeconds > 0 else { return [] }
    let found = Self.strongest(hearing, upTo: requiredSeconds).weight / requiredSeconds
    let share = timeline.listeningSeconds / timeline.knownSeconds
    return [
      .init(
        kind: .silence, seconds: timeline.listeningSeconds,
        logOdds: min(0, max(0, 1 - found) * log(1 - (1 - deafShare) * share)))
    ]
  }

  /// The sum of weight times seconds over the seconds of most weight.
  private static func strongest(
    _ stretches: [EvidenceTimeline.Weighted], upTo limit: Double
  ) -> (weight: Double, seconds: Double) {
    var left = limit
    var weight = 0.0
    for stretch in stretches.sorted(by: { $0.weight > $1.weight }) where stretch.weight > 0 {
      guard left > 0 else { break }
      let seconds = min(left, stretch.seconds)
      left -= seconds
      weight += stretch.weight * seconds
    }
    return (weight, limit - left)
  }
}

/// How likely a contact was, and the terms whose sum that is.
public struct ContactJudgement: Hashable, Sendable {
  /// One reason, for or against.
  public struct Term: Hashable, Sendable {
    /// The sort of a reason.
    public enum Kind: String, CaseIterable, Sendable {
      /// How many others the contact could have been with as well.
      case crowd
      /// How long both were there, times the chance that both still were.
      case timeTogether
      /// Both phones heard each other.
      case heardByBoth
      /// One phone heard the other.
      case heardByOne
      /// Both phones worked and did not hear each other from near.
      case silence
      /// They were at two venues.
      case apart
    }

    /// What it is.
    public var kind: Kind
    /// The seconds that it rests on.
    public var seconds: Double
    /// What it adds to the natural logarithm of the odds.
    public var logOdds: Double

    /// Makes a term of its parts.
    public init(kind: Kind, seconds: Double, logOdds: Double) {
      self.kind = kind
      self.seconds = seconds
      self.logOdds = logOdds
    }
  }

  /// The reasons; their order is that of `Kind`.
  public var terms: [Term]

  /// Makes a judgement of its terms.
  public init(terms: [Term]) {
    self.terms = terms
  }

  /// The natural logarithm of the odds: the sum of the terms.
  public var logOdds: Double { terms.reduce(0) { $0 + $1.logOdds } }

  /// The chance of a contact, 0 to 1.
  public var probability: Double { 1 / (1 + exp(-logOdds)) }
}
