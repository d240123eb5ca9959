internal import Bluetooth
internal import CrossMatch
internal import Fusion
internal import Presence
internal import Tracing
internal import VenueCodes

/// One day at one venue as the product knows it: scans and sightings, and nothing of what was true.
///
/// Visits, encounters and listening are derived as in a store, gathered by `PairGatherer` and judged by
/// `ContactModel`: nothing of how evidence counts is written down a second time here.
struct DayHistory {
  private let gatherer: PairGatherer
  private let model: ContactModel
  /// When each person was there by their visits.
  private let stays: [SpanSet]

  /// Derives the history of a day.
  ///
  /// - Parameters:
  ///   - scans: When each person scanned in, and out if they did; a person is a place in it.
  ///   - sightings: What phones heard of each other.
  ///   - usualStay: The usual stay at the venue in seconds.
  ///   - model: What judges pairs.
  /// - Throws: What the derived rows have wrong, which is a mistake here.
  init(
    scans: [(entry: Int64, exit: Int64?)], sightings: [Sighting], usualStay: Int64,
    model: ContactModel
  ) throws {
    let venue = try VenueID(parsing: "0000 0001 1")
    let calendar = ContactDay.calendar
    let rules = StayRules(
      calendar: calendar,
      standard: StayRule(defaultStaySeconds: Int32(clamping: max(1, usualStay))))
    var events: [PresenceEvent] = []
    for (place, scan) in scans.enumerated() {
      let subject = SubjectNumber(place)
      events.append(
        PresenceEvent(
          .entry, subject: subject, venue: venue, time: scan.entry,
          evidence: EvidenceID(high: 1, low: UInt64(place)), grade: PosterCheckIns.grade))
      guard let exit = scan.exit else { continue }
      events.append(
        PresenceEvent(
          .exit, subject: subject, venue: venue, time: exit,
          evidence: EvidenceID(high: 2, low: UInt64(place)), grade: PosterCheckIns.grade))
    }
    let visits = VisitDeriver(rules: rules).visits(from: events)
    let bySubject = Dictionary(grouping: visits, by: \.subject)
    stays = scans.indices.map { place in
      SpanSet((bySubject[SubjectNumber(place)] ?? []).map { $0.enter..<$0.leave })
    }
    let day =
      calendar.start(of: ContactDay.day)..<calendar.start(of: ContactDay.day.advanced(by: 1))
    let heard = EncounterDeriver().encounters(from: sightings, within: day)
    let people = scans.indices.map { Pseudonym(high: 1, low: UInt64($0)) }
    let checkIns = try ExposureHistory(people: people, visits: visits)
    let history = ExposureHistory(
      people: checkIns.people, visits: checkIns.visits, encounters: Self.encounters(heard),
      listening: Self.listening(heard), evidence: PosterCheckIns(plain: checkIns.evidence),
      extent: nil)
    gatherer = PairGatherer(
      history: history, rules: Self.rules, calendar: calendar,
      witness: try Self.witness(of: visits, in: history))
    self.model = model
  }

  /// Returns the seconds that two people were checked in at once.
  func sharedSeconds(_ one: Int, _ other: Int) -> Int64 {
    stays[one].intersection(with: stays[other]).seconds
  }

  /// Returns the probability that a person met each of those behind them in the list of people.
  ///
  /// - Returns: By place in the list; who is not in it is joined with the person by nothing.
  /// - Throws: What keeps people, visits or evidence from being looked up.
  func probabilities(of person: Int) throws -> [Int: Double] {
    let start = gatherer.calendar.start(of: ContactDay.day)
    let end = gatherer.calendar.start(of: ContactDay.day.advanced(by: 3))
    let one = try Case(
      id: "\(person)", subject: gatherer.history.people.pseudonym(of: SubjectNumber(person)),
      from: start, to: end)
    var found: [Int: Double] = [:]
    // A pair's evidence is the same from both sides.
    try gatherer.forEachContact(of: one, where: { $0 > person }) { contact in
      found[Int(contact.number)] = model.probability(of: contact)
    }
    return found
  }

  private static func encounters(_ heard: DerivedEncounters) -> EncounterView {
    let records = heard.runs.map { run in
      EncounterRecord(
        first: run.first, second: run.second, start: ColumnTime.clamping(run.start),
        end: ColumnTime.clamping(run.end), attenuation: run.attenuation,
        source: UInt32(run.encounter), quality: run.quality)
    }
    return EncounterView(records.isEmpty ? [] : [EncounterSegment(records, isDerived: true)])
  }

  private static func listening(_ heard: DerivedEncounters) -> ListeningView {
    let records = heard.listening.map { span in
      ListeningRecord(
        person: span.person, start: ColumnTime.clamping(span.start),
        end: ColumnTime.clamping(span.end))
    }
    return ListeningView(records.isEmpty ? [] : [ListeningSegment(records)])
  }

  /// What says whether Bluetooth contradicts check-ins; nil when it contradicts none, since only that counts and asking
  /// again for each pair is slow.
  private static func witness(
    of visits: [Visit], in history: ExposureHistory
  ) throws -> CheckInWitness? {
    let witness = CheckInWitness(history: history, namesEvidence: false)
    let isAnyContradicted = try visits.contains { visit in
      try witness.corroboration(of: visit).verdict == .contradicted
    }
    return isAnyContradicted ? witness : nil
  }

  /// A rule set of which nothing is asked: a case says itself when it was infectious, and the air that
  /// it left is no meeting.
  private static let rules: RuleSet = {
    let never = RuleSet.Criterion(threshold: .max, label: .factor)
    return RuleSet(
      id: "evaluation", source: "none", validFrom: ContactDay.day,
      infectiousWindow: RuleSet.InfectiousWindow(
        daysBeforeOnset: 0, daysBeforeSpecimen: 0, daysAfter: 0),
      openVenue: never, tailed: never, closedVenue: never, near: never, nearAtVenue: never,
      tail: RuleSet.Tail(slope: 0, maximum: 0), sameZone: false, maximumAttenuation: 0,
      degree: RuleSet.Degree(threshold: .max, latent: 0))
  }()
}

/// Check-ins that all stand on a poster's code.
private struct PosterCheckIns: EvidenceLookup {
  static let grade: Int8 = 1
  let plain: any EvidenceLookup

  func appendEvidence(
    ofVisits positions: [VisitPosition], to evidence: inout [VisitEvidence]
  ) throws {
    try plain.appendEvidence(ofVisits: positions, to: &evidence)
  }

  func appendEvidence(
    ofEncounters positions: [EncounterPosition], to evidence: inout [EvidenceID]
  ) throws {
    try plain.appendEvidence(ofEncounters: positions, to: &evidence)
  }

  func visits(at positions: [VisitPosition]) throws -> [Visit] {
    try plain.visits(at: positions)
  }

  func grades(ofVisits positions: [VisitPosition]) -> [Int8?] { positions.map { _ in Self.grade } }
}
