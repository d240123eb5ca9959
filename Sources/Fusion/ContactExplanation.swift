public import Presence
public import Tracing
public import VenueCodes

/// Why a contact has the probability it has: line by line, from the evidence to the number.
///
/// Each line says one thing and names the evidence it stands on, so that whoever has to decide can
/// look every piece up. The terms of the model add up to the probability of the day, and the days to
/// the probability of the contact.
public struct ContactExplanation: Sendable {
  /// What a line is about; the raw value is what programs read.
  public enum Topic: String, Sendable, CaseIterable {
    /// A visit of the case or of the contact to a venue where both were.
    case visit
    /// Time together at a venue.
    case together
    /// Time in the air the case had left.
    case tail
    /// What Bluetooth says of a check-in.
    case checkIn = "check_in"
    /// The phones heard each other.
    case radio
    /// When phones worked.
    case listening
    /// Time at different venues.
    case apart
    /// What is not known.
    case missing
    /// What the rule set says.
    case rule
    /// A step of the model from evidence to probability.
    case term
    /// The probability of the day.
    case probability
  }

  /// One thing that is said.
  public struct Line: Hashable, Sendable {
    /// What it is about.
    public var topic: Topic
    /// The sentence, without a full stop.
    public var text: String
    /// The evidence it stands on.
    public var evidence: [EvidenceID]
    /// For a term, what it adds to the log-odds; nil for all else.
    public var logOdds: Double?

    init(_ topic: Topic, _ text: String, _ evidence: [EvidenceID] = [], logOdds: Double? = nil) {
      self.topic = topic
      self.text = text
      self.evidence = evidence
      self.logOdds = logOdds
    }
  }

  /// What is said of one local day.
  public struct Day: Sendable {
    /// The day.
    public let day: LocalDay
    /// The probability that they met on it; nil when nothing says so.
    public let probability: Double?
    /// What the rule set says; nil when it knows nothing of the day.
    public let exposure: Exposure?
    /// The lines in order.
    public let lines: [Line]
  }

  /// The id of the case.
  public let caseID: String
  /// The contact.
  public let person: Pseudonym
  /// The rule set that says how long the case is infectious and what class the contact is of.
  public let rule: String
  /// When the case was infectious, in Unix seconds.
  public let window: Range<Int64>
  /// The probability that the two were in contact, over all days.
  public let probability: Double
  /// The days on which anything joins the two, ascending.
  public let days: [Day]
}

/// What an explanation needs to know to be read by people.
public struct ExplanationNames: Sendable {
  /// Returns how a person is written.
  public var person: @Sendable (Pseudonym) -> String
  /// Returns how a venue is written.
  public var venue: @Sendable (VenueID) -> String
  /// Returns how a zone of a venue is written; nil when the venue has no such zone.
  public var zone: @Sendable (VenueID, UInt8) -> String?
  /// Returns whether a venue is divided into zones.
  public var hasZones: @Sendable (VenueID) -> Bool

  /// Makes names of what returns them.
  public init(
    person: @escaping @Sendable (Pseudonym) -> String,
    venue: @escaping @Sendable (VenueID) -> String,
    zone: @escaping @Sendable (VenueID, UInt8) -> String?,
    hasZones: @escaping @Sendable (VenueID) -> Bool
  ) {
    self.person = person
    self.venue = venue
    self.zone = zone
    self.hasZones = hasZones
  }
}

/// An identifier that a phone heard and that nobody could say the owner of.
public struct UnresolvedSighting: Hashable, Sendable {
  /// Whose phone heard it.
  public var person: Pseudonym
  /// When, in Unix seconds.
  public var moment: Int64
  /// The identifier, as the store knows it.
  public var identifier: Pseudonym

  /// Makes a sighting of its parts.
  public init(person: Pseudonym, moment: Int64, identifier: Pseudonym) {
    self.person = person
    self.moment = moment
    self.identifier = identifier
  }
}

/// Explains contacts, see `ContactExplanation`.
public struct ContactExplainer: Sendable {
  private let gatherer: PairGatherer
  private let model: ContactModel
  private let names: ExplanationNames
  private let threads: Int

  /// Makes an explainer.
  ///
  /// - Parameters:
  ///   - gatherer: What gathers the evidence; its rule set judges the classes.
  ///   - model: What judges the evidence.
  ///   - names: How people and places are written.
  ///   - threads: How many threads work on the trace, at least 1.
  public init(
    gatherer: PairGatherer, model: ContactModel, names: ExplanationNames, threads: Int = 1
  ) {
    self.gatherer = gatherer
    self.model = model
    self.names = names
    self.threads = threads
  }

  /// Explains a contact of a case, or returns nil when nothing joins them.
  ///
  /// - Parameters:
  ///   - person: The contact.
  ///   - one: The case.
  ///   - unresolved: What the phones of the two heard of identifiers without an owner.
  ///   - keptFrom: The first day of which Bluetooth is still kept; nil when all of it is.
  /// - Returns: The explanation.
  /// - Throws: What keeps people, visits or evidence from being looked up.
  public func explanation(
    of person: Pseudonym, to one: Case, unresolved: [UnresolvedSighting] = [],
    bluetoothKeptFrom keptFrom: LocalDay? = nil
  ) throws -> ContactExplanation? {
    guard let contact = try gatherer.contact(person, of: one) else { return nil }
    let tracer = Tracer(
      history: gatherer.history, rules: gatherer.rules, calendar: gatherer.calendar,
      threads: threads)
    var rows = RowsOfContact(tracer, contact.number)
    _ = try tracer.trace(cases: [one], into: &rows)
    let window = gatherer.rules.window(of: one, in: gatherer.calendar)
    let days = try contact.days.map { day in
      let words = try DayWords(
        day, one.subject, person, gatherer: gatherer, window: window, names: names,
        exposure: rows.found.first { $0.day == day.day }, unresolved: unresolved,
        bluetoothKeptFrom: keptFrom)
      let judged = model.lines(ofDay: day)
      return ContactExplanation.Day(
        day: day.day, probability: judged.probability, exposure: words.exposure,
        lines: words.lines() + judged.lines)
    }
    return ContactExplanation(
      caseID: one.id, person: person, rule: gatherer.rules.id,
      window: window,
      probability: ContactModel.combined(days.compactMap(\.probability)), days: days)
  }
}

/// The rows of one contact.
private struct RowsOfContact: ExposureSink {
  private let tracer: Tracer
  private let contact: SubjectNumber
  private(set) var found: [Exposure] = []
  var wantsEvidence: Bool { true }

  init(_ tracer: Tracer, _ contact: SubjectNumber) {
    self.tracer = tracer
    self.contact = contact
  }

  func preparation() -> @Sendable (ExposureBlock) throws -> [Exposure] {
    let (tracer, contact) = (tracer, contact)
    return { block in
      block.rows.filter { $0.contact == contact }.map { tracer.exposure($0, of: block) }
    }
  }

  mutating func take(_ prepared: [Exposure]) { found += prepared }
}

extension ContactJudgement.Term {
  fileprivate func isNearly(_ other: ContactJudgement.Term?) -> Bool {
    guard let other else { return false }
    return kind == other.kind && abs(seconds - other.seconds) < 1e-6
      && abs(logOdds - other.logOdds) < 1e-9
  }
}

extension ContactModel {
  /// Returns the steps from the evidence of a day to its probability, nil when nothing says that the
  /// two met.
  fileprivate func lines(
    ofDay day: PairDay
  ) -> (probability: Double?, lines: [ContactExplanation.Line]) {
    guard probability(ofDay: day) != nil else {
      return (
        nil,
        [
          ContactExplanation.Line(
            .probability, "nothing says that they met: the day adds nothing to the probability")
        ]
      )
    }
    let judgement = judge(day.evidence)
    // What the check-ins say alone: the odds at the outset rest on them, or else on hearing.
    // Nearly: hearing cuts the time together into other parts, whose sums are rounded otherwise.
    let byCheckIns = judge(PairEvidence(together: day.evidence.together)).terms.first
    let isByCheckIns = judgement.terms.first?.isNearly(byCheckIns) ?? false
    var lines = judgement.terms.map {
      ContactExplanation.Line(
        .term,
        "\(Decimals.signed($0.logOdds)) "
          + words(of: $0, day.evidence, isByCheckIns: isByCheckIns),
        logOdds: $0.logOdds)
    }
    lines.append(
      ContactExplanation.Line(
        .probability,
        "\(Decimals.signed(judgement.logOdds)) in all, as log-odds: a probability of "
          + Decimals.percent(judgement.probability)))
    return (judgement.probability, lines)
  }
  /// Returns a reason in words.
  private func words(
    of term: ContactJudgement.Term, _ evidence: PairEvidence, isByCheckIns: Bool
  ) -> String {
    func duration(_ seconds: Double) -> String { DurationText.of(Int64(seconds.rounded())) }
    let time = duration(term.seconds)
    let contacts = Decimals.fixed(closeContacts, digits: 1)
    switch term.kind {
    case .crowd where term.seconds == 0:
      return "before anything: no check-in and no phone joins them"
    case .crowd where isByCheckIns:
      return "by their check-ins: about \(contacts) contacts a person and day, and "
        + "\(CrowdText.of(evidence.together.map(\.crowd))) there at the time; by the chance that both "
        + "were there"
        + (evidence.together.contains { $0.sharesZone != nil } ? ", and their zones" : "")
    case .crowd:
      return
        (evidence.together.isEmpty
        ? "by hearing alone: " : "by hearing, which says more than their check-ins: ")
        + "about \(contacts) contacts a person and day, of some "
        + "\(Decimals.fixed(heardCrowd, digits: 0)) people around two phones"
    case .timeTogether:
      return isByCheckIns
        ? "\(time) together by their check-ins, counted up to \(duration(fullSeconds))"
        : "\(time) of hearing, counted up to \(duration(requiredSeconds))"
    case .heardByBoth: return "heard by both phones, the strongest \(time)"
    case .heardByOne: return "heard by one phone, the strongest \(time)"
    case .silence:
      let heard = SpanSet(evidence.radio.map(\.span))
        .intersection(with: SpanSet(evidence.listening)).seconds
      guard heard > 0 else {
        return "both phones worked for \(time) and heard nothing of each other"
      }
      return
        "both phones worked for \(time) and heard each other for \(DurationText.of(heard)) of it, "
        + (term.logOdds < 0
          ? "but not \(duration(requiredSeconds)) of that surely from near"
          : "long enough from near")
    case .apart: return "at different venues for \(time)"
    }
  }
}

/// Numbers as an explanation writes them, without a locale.
package enum Decimals {
  /// Returns a number with a sign and two digits after the point.
  package static func signed(_ number: Double) -> String {
    let text = fixed(abs(number), digits: 2)
    return (number < 0 && text != "0.00" ? "−" : "+") + text
  }

  /// Returns a probability in per cent; what is not certain is never written as 0 or 100.
  package static func percent(_ probability: Double) -> String {
    if probability > 0, probability < 0.001 { return "< 0.1 %" }
    if probability < 1, probability > 0.999 { return "> 99.9 %" }
    let percent = probability * 100
    return percent < 10 || percent > 99
      ? "\(fixed(percent, digits: 1)) %" : "\(fixed(percent, digits: 0)) %"
  }

  /// Returns a number that is not negative with so many digits after the point.
  package static func fixed(_ number: Double, digits: Int) -> String {
    let scale = [1, 10, 100][min(max(digits, 0), 2)]
    let whole = Int((min(number, 1e12) * Double(scale)).rounded())
    guard digits > 0 else { return "\(whole)" }
    let rest = "\(whole % scale)"
    return "\(whole / scale)." + String(repeating: "0", count: digits - rest.count) + rest
  }
}
