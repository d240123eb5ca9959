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

  /// Makes a sighting of its parts.
  public init(venue: VenueID, moment: Int64) {
    self.venue = venue
    self.moment = moment
  }
}

/// Finds what Bluetooth says of check-ins, see `CheckInCorroboration`.
public struct CheckInWitness: Sendable {
  private let history: ExposureHistory
  private let receivers: [SubjectNumber: [ReceiverSighting]]

  /// At most so many visits of others are asked whether their phones were silent, since a venue can
  /// have a hundred thousand.
  private static let mostOthers = 64

  /// Makes a witness.
  ///
  /// - Parameters:
  ///   - history: What is known.
  ///   - receivers: Where receivers of venues heard phones, by the number of the phone's owner.
  public init(
    history: ExposureHistory, receivers: [SubjectNumber: [ReceiverSighting]] = [:]
  ) {
    self.history = history
    self.receivers = receivers
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
  /// - Throws: What keeps visits from being looked up.
  public func corroboration(of visit: Visit) throws -> CheckInCorroboration {
    var reasons: [CheckInCorroboration.Reason] = []
    let aroundScan = Self.aroundScan(of: visit)
    // Runs of several strengths are one time of hearing.
    var spans: [SubjectNumber: [Range<Int64>]] = [:]
    history.encounters.forEachEntry(of: visit.subject) { entry in
      let span = entry.unixSpan.clamped(to: visit.span)
      if !span.isEmpty { spans[entry.peer, default: []].append(span) }
    }
    let entries = spans.flatMap { peer, spans in
      SpanSet(spans).spans.map { (peer: peer, span: $0) }
    }
    var strangers: [(peer: SubjectNumber, span: Range<Int64>, position: VisitPosition)] = []
    for entry in entries {
      let person = history.people.pseudonym(of: entry.peer)
      let theirs = history.visits.touching(entry.span, of: entry.peer)
      if theirs.contains(where: { history.visits.venue(at: $0) == visit.venue }) {
        reasons.append(.heardThere(person, entry.span))
        continue
      }
      let span = entry.span.clamped(to: aroundScan)
      guard !span.isEmpty else { continue }
      strangers += theirs.map { (entry.peer, span, $0) }
    }
    for (stranger, stay) in zip(
      strangers, try history.evidence.visits(at: strangers.map(\.position)))
    where StayConfidence(stay).certain.overlaps(stranger.span) {
      reasons.append(
        .heardElsewhere(
          history.people.pseudonym(of: stranger.peer), stay.venue, stranger.span))
    }
    for sighting in receivers[visit.subject] ?? [] {
      if sighting.venue == visit.venue, visit.span.contains(sighting.moment) {
        reasons.append(.receiverThere(sighting.moment))
      } else if sighting.venue != visit.venue, aroundScan.contains(sighting.moment) {
        reasons.append(.receiverElsewhere(sighting.venue, sighting.moment))
      }
    }
    if !reasons.contains(where: \.confirms) {
      let phones = silentPhones(around: aroundScan, of: visit, but: Set(spans.keys))
      if phones > 0 { reasons.append(.silence(phones: phones)) }
    }
    return CheckInCorroboration(reasons)
  }

  /// The time in which the visitor was there for certain, if the check-in is genuine.
  private static func aroundScan(of visit: Visit) -> Range<Int64> {
    let short = CheckInCorroboration.aroundScan
    if visit.isStartUnknown { return max(visit.enter, visit.leave - short)..<visit.leave }
    let certain = StayConfidence(visit).certain.upperBound
    return visit.enter..<max(visit.enter, min(visit.leave, max(certain, visit.enter + short)))
  }

  /// How many working phones of others who were there heard nothing of a visitor whose phone worked.
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
    for position in positions.prefix(Self.mostOthers) {
      let segment = history.visits.segments[Int(position.segment)]
      let row = Int(position.row)
      let other = segment.subject[row]
      guard other != visit.subject, !heard.contains(other),
        VisitView.areTogether(segment.zone(at: row), visit.zone)
      else { continue }
      let stay =
        ColumnTime.unixSeconds(segment.enter[row])..<ColumnTime.unixSeconds(segment.leave[row])
      let both = own.intersection(with: history.listening.unixSpans(of: other)).clamped(to: stay)
      if both.seconds >= CheckInCorroboration.silence { silent.insert(other) }
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
