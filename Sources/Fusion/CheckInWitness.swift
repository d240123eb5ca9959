public import CrossMatch
public import Presence
public import Tracing
public import VenueCodes

/// A receiver at a venue that heard a phone.
public struct ReceiverSighting: Hashable, Sendable {
  /// Where the receiver stands.
  public var venue: VenueID
  /// When, in Unix seconds.
  public var moment: Int64
  /// The sighting.
  public var evidence: EvidenceID

  /// Makes a sighting of its parts.
  public init(venue: VenueID, moment: Int64, evidence: EvidenceID) {
    self.venue = venue
    self.moment = moment
    self.evidence = evidence
  }
}

/// Finds what Bluetooth says of check-ins, see `CheckInCorroboration`.
public struct CheckInWitness: Sendable {
  private let history: ExposureHistory
  private let receivers: [SubjectNumber: [ReceiverSighting]]
  private let namesEvidence: Bool

  /// Makes a witness.
  ///
  /// - Parameters:
  ///   - history: What is known.
  ///   - receivers: Where receivers of venues heard phones, by the number of the phone's owner.
  ///   - namesEvidence: Whether reasons name the encounters they stand on. A verdict needs none, and
  ///     to look them up reads the log.
  public init(
    history: ExposureHistory, receivers: [SubjectNumber: [ReceiverSighting]] = [:],
    namesEvidence: Bool
  ) {
    self.history = history
    self.receivers = receivers
    self.namesEvidence = namesEvidence
  }

  /// Returns what Bluetooth says of visits; nil for those that do not stand on a poster's code alone.
  ///
  /// - Parameters:
  ///   - visits: The visits.
  ///   - positions: Where they are, in the same order.
  /// - Returns: One for each visit, in the same order.
  /// - Throws: What keeps visits or evidence from being looked up.
  /// - Complexity: That of looking up the encounters of each visitor in the visit and the visits of
  ///   those who were heard.
  public func corroborations(
    of visits: [Visit], at positions: [VisitPosition]
  ) throws -> [CheckInCorroboration?] {
    let grades = try history.evidence.grades(ofVisits: positions)
    return try zip(visits, grades).map { visit, grade in
      grade == 1 ? try corroboration(of: visit) : nil
    }
  }

  /// Returns what Bluetooth says of each visit of a person that stands on a poster's code alone.
  ///
  /// - Throws: What keeps people, visits or evidence from being looked up.
  public func corroborations(of person: Pseudonym) throws -> [Visit: CheckInCorroboration] {
    guard let number = try history.people.number(of: person) else { return [:] }
    let positions = history.visits.positions(of: number)
    let visits = try history.evidence.visits(at: positions)
    var found: [Visit: CheckInCorroboration] = [:]
    for (visit, checkIn) in zip(visits, try corroborations(of: visits, at: positions)) {
      found[visit] = checkIn
    }
    return found
  }

  /// Returns what Bluetooth says of a visit, taken as one that stands on a poster's code alone.
  ///
  /// - Throws: What keeps visits or evidence from being looked up.
  public func corroboration(of visit: Visit) throws -> CheckInCorroboration {
    var reasons: [CheckInCorroboration.Reason] = []
    var heard: [(fact: CheckInCorroboration.Reason.Fact, of: Hearing)] = []
    let aroundScan = Self.aroundScan(of: visit)
    let hearings = hearings(during: visit)
    var strangers: [(hearing: Hearing, span: Range<Int64>, position: VisitPosition)] = []
    for hearing in hearings {
      let theirs = history.visits.touching(hearing.span, of: hearing.peer)
      let isThere = theirs.contains {
        history.visits.venue(at: $0).map { history.areOnePlace($0, visit.venue) } ?? false
      }
      if isThere {
        let person = history.people.pseudonym(of: hearing.peer)
        heard.append((.heardThere(person, hearing.span), hearing))
        continue
      }
      let span = hearing.span.clamped(to: aroundScan)
      guard !span.isEmpty else { continue }
      strangers += theirs.map { (hearing, span, $0) }
    }
    for (stranger, stay) in zip(
      strangers, try history.evidence.visits(at: strangers.map(\.position)))
    where StayConfidence(stay).certain.overlaps(stranger.span) {
      let person = history.people.pseudonym(of: stranger.hearing.peer)
      heard.append((.heardElsewhere(person, stay.venue, stranger.span), stranger.hearing))
    }
    reasons += try withEvidence(heard)
    for sighting in receivers[visit.subject] ?? [] {
      if history.areOnePlace(sighting.venue, visit.venue) {
        guard visit.span.contains(sighting.moment) else { continue }
        reasons.append(.init(.receiverThere(sighting.moment), evidence: [sighting.evidence]))
      } else if aroundScan.contains(sighting.moment) {
        reasons.append(
          .init(
            .receiverElsewhere(sighting.venue, sighting.moment), evidence: [sighting.evidence]))
      }
    }
    if !reasons.contains(where: \.confirms) {
      let phones = silentPhones(around: aroundScan, of: visit, but: Set(hearings.map(\.peer)))
      if phones > 0 { reasons.append(.init(.silence(phones: phones))) }
    }
    return CheckInCorroboration(reasons)
  }

  /// Two phones heard each other, or one the other.
  private struct Hearing {
    var peer: SubjectNumber
    var span: Range<Int64>
    /// The encounters it is made of.
    var encounters: [EncounterPosition]
  }

  /// When a visitor's phone and others heard each other during a visit; runs of several strengths are
  /// one time of hearing.
  private func hearings(during visit: Visit) -> [Hearing] {
    var entries: [SubjectNumber: [(span: Range<Int64>, position: EncounterPosition)]] = [:]
    history.encounters.forEachEntry(of: visit.subject) { entry in
      let span = entry.unixSpan.clamped(to: visit.span)
      if !span.isEmpty { entries[entry.peer, default: []].append((span, entry.position)) }
    }
    return entries.flatMap { peer, entries in
      SpanSet(entries.map(\.span)).spans.map { span in
        Hearing(
          peer: peer, span: span,
          encounters: entries.filter { $0.span.overlaps(span) }.map(\.position))
      }
    }
  }

  /// Makes reasons of what was heard, with the evidence of the encounters when it is wanted.
  private func withEvidence(
    _ heard: [(fact: CheckInCorroboration.Reason.Fact, of: Hearing)]
  ) throws -> [CheckInCorroboration.Reason] {
    guard namesEvidence else { return heard.map { .init($0.fact) } }
    var proofs: [EvidenceID] = []
    let places = try history.evidence.appendAllEvidence(
      ofEncounters: heard.flatMap(\.of.encounters), to: &proofs)
    var first = 0
    return heard.map { fact, hearing in
      defer { first += hearing.encounters.count }
      let own = places[first..<(first + hearing.encounters.count)]
      return .init(fact, evidence: own.flatMap { proofs[$0] })
    }
  }

  /// The time in which the visitor was there for certain, if the check-in is genuine.
  private static func aroundScan(of visit: Visit) -> Range<Int64> {
    let short = CheckInCorroboration.aroundScan
    if visit.isStartUnknown { return max(visit.enter, visit.leave - short)..<visit.leave }
    let certain = StayConfidence(visit).certain.upperBound
    return visit.enter..<max(visit.enter, min(visit.leave, max(certain, visit.enter + short)))
  }

  /// How many working phones of others who were there heard nothing of a visitor whose phone worked:
  /// so many as contradict a check-in are enough.
  ///
  /// It counts people whoever comes first, so that the order of visits and how they are kept in segments
  /// change nothing. A venue around or within this one is no crowd: it is larger than radio reaches, or
  /// another room.
  ///
  /// - Complexity: A search for each person who was there, until there are enough.
  private func silentPhones(
    around span: Range<Int64>, of visit: Visit, but heard: Set<SubjectNumber>
  ) -> Int {
    let own = history.listening.unixSpans(of: visit.subject).clamped(to: span)
    guard own.seconds >= CheckInCorroboration.silence else { return 0 }
    var positions: [VisitPosition] = []
    history.visits.appendPresent(
      at: visit.venue, from: ColumnTime.clamping(span.lowerBound),
      until: ColumnTime.clamping(span.upperBound), to: &positions)
    var silent: Set<SubjectNumber> = []
    /// Of each person who was there, when their phone and the visitor's both worked.
    var working: [SubjectNumber: SpanSet] = [:]
    for position in positions {
      let segment = history.visits.segments[Int(position.segment)]
      let row = Int(position.row)
      let other = segment.subject[row]
      guard other != visit.subject, !heard.contains(other), !silent.contains(other),
        VisitView.areTogether(segment.zone(at: row), visit.zone)
      else { continue }
      let both =
        working[other] ?? own.intersection(with: history.listening.unixSpans(of: other))
      working[other] = both
      let stay =
        ColumnTime.unixSeconds(segment.enter[row])..<ColumnTime.unixSeconds(segment.leave[row])
      guard both.clamped(to: stay).seconds >= CheckInCorroboration.silence else { continue }
      silent.insert(other)
      if silent.count == CheckInCorroboration.crowdOfPhones { break }
    }
    return silent.count
  }
}

extension EncounterEntry {
  /// The time near each other in Unix seconds.
  var unixSpan: Range<Int64> {
    ColumnTime.unixSeconds(start)..<ColumnTime.unixSeconds(max(start, end))
  }
}

extension VisitView {
  /// Returns the visits of a person that share a second with a span, in the order of positions.
  func touching(_ span: Range<Int64>, of person: SubjectNumber) -> [VisitPosition] {
    let start = ColumnTime.clamping(span.lowerBound)
    let end = ColumnTime.clamping(span.upperBound)
    return positions(of: person).filter { position in
      let segment = segments[Int(position.segment)]
      return segment.enter[Int(position.row)] < end && segment.leave[Int(position.row)] > start
    }
  }

  /// Returns where a visit is; nil when the column holds no venue's number.
  func venue(at position: VisitPosition) -> VenueID? {
    VenueID(rawValue: segments[Int(position.segment)].venue(at: Int(position.row)))
  }
}
