import CrossMatch
import Presence
import VenueCodes

/// Who is of which degree, since when, and by which case.
struct Standings: Sendable {
  static let noDegree = UInt8.max

  /// The degree by subject number; 0 for cases, `noDegree` for those who have none.
  var degree: [UInt8]
  /// When the exposure was complete, by subject number, for those of degree 1 and more.
  var exposureTime: [Int32]
  /// The place of the case that an exposure goes back to, by subject number.
  var caseOf: [UInt32]

  init(_ first: FirstStandings, _ context: TraceContext) {
    let count = context.history.people.count
    var degree = [UInt8](repeating: Self.noDegree, count: count)
    var exposureTime = [Int32](repeating: .max, count: count)
    var caseOf = [UInt32](repeating: 0, count: count)
    for person in degree.indices where context.subjects.contains(SubjectNumber(person)) {
      degree[person] = 0
    }
    first.forEach { person, moment, place in
      degree[person] = 1
      exposureTime[person] = moment
      caseOf[person] = place
    }
    self.degree = degree
    self.exposureTime = exposureTime
    self.caseOf = caseOf
  }
}

/// The one piece that made somebody a contact of a higher degree.
struct DecidingPiece: Sendable {
  /// What the piece is.
  enum Proof: Sendable {
    /// A visit of the partner and one of the person.
    case visits(venue: VenueID, partner: VisitPosition, own: VisitPosition)
    /// An encounter of the two.
    case encounter(EncounterPosition)
  }

  var person: SubjectNumber
  var partner: SubjectNumber
  /// The first second shared, clipped to when the partner is infectious.
  var start: Int32
  /// The first second after.
  var end: Int32
  /// The end of the partner's visit or encounter, clipped likewise.
  var partnerEnd: Int32
  var exposureClass: ExposureClass
  var proof: Proof
}

/// Finds the people of one degree after the first; each thread has its own.
final class DegreeWalk {
  private let context: TraceContext
  private let infectious: InfectiousSpans
  private let degree: Int
  private var shared: [SharedSpan] = []
  private var block = ExposureBlock()

  init(_ context: TraceContext, infectious: InfectiousSpans, degree: Int) {
    self.context = context
    self.infectious = infectious
    self.degree = degree
  }

  private var threshold: Int32 { context.rules.degree.threshold }

  // MARK: Moments by Bluetooth

  /// Makes moments earlier by what Bluetooth knows; see `VisitView.improveMoments`.
  func improveMoments(_ moments: inout [Int32], asks: [Bool]) {
    guard context.rules.isF1(.near) || context.rules.isF1(.nearAtVenue),
      !context.history.encounters.segments.isEmpty
    else { return }
    // When both classes count, every encounter does, and nobody's visits matter.
    let dependsOnVisits = !(context.rules.isF1(.near) && context.rules.isF1(.nearAtVenue))
    for person in asks.indices where infectious.from[person] != .max {
      let partner = SubjectNumber(person)
      // Read when the first encounter asks for them, and once for all.
      var theirs: [Stay]?
      context.history.encounters.forEachNearEntry(
        of: partner, within: context.rules.maximumAttenuation
      ) { entry in
        guard asks[Int(entry.peer)], let span = span(of: entry, infectious: partner),
          span.start + threshold < moments[Int(entry.peer)]
        else { return }
        if dependsOnVisits {
          let stays = theirs ?? context.stays(of: partner)
          theirs = stays
          let pair = Pair(partner: partner, theirs: stays, own: context.stays(of: entry.peer))
          guard nearClass(of: pair, span) != nil else { return }
        }
        moments[Int(entry.peer)] = span.start + threshold
      }
    }
  }

  /// Returns the part of a near encounter in which one of the two is infectious, or nil when it is too
  /// short.
  private func span(
    of entry: EncounterEntry, infectious partner: SubjectNumber
  ) -> (start: Int32, end: Int32)? {
    let start = max(entry.start, infectious.from[Int(partner)])
    let end = min(entry.end, infectious.until[Int(partner)])
    guard Int64(end) - Int64(start) >= Int64(threshold) else { return nil }
    return (start, end)
  }

  /// Someone infectious and somebody else, with the visits of both.
  private struct Pair {
    var partner: SubjectNumber
    var theirs: [Stay]
    var own: [Stay]
  }

  /// Returns the class of an encounter, or nil when it is not labelled F1.
  private func nearClass(of pair: Pair, _ span: (start: Int32, end: Int32)) -> ExposureClass? {
    let (near, nearAtVenue) = (context.rules.isF1(.near), context.rules.isF1(.nearAtVenue))
    guard near || nearAtVenue else { return nil }
    var covered = span.start
    for visit in sharedVisits(of: pair, span) where visit.start <= covered {
      covered = max(covered, visit.end)
    }
    let isAtVenue = covered >= span.end
    guard isAtVenue ? nearAtVenue : near else { return nil }
    return isAtVenue ? .nearAtVenue : .near
  }

  /// A visit of an infectious person, clipped, and somebody's visit that shares time with it.
  private struct SharedVisit {
    var venue: VenueID
    var start: Int32
    var end: Int32
    var partner: VisitPosition
    var own: VisitPosition
  }

  /// Returns the visits of some that touch a span.
  private static func overlapping(
    _ stays: [Stay], _ span: (start: Int32, end: Int32)
  ) -> [Stay] {
    stays.filter { $0.enter < span.end && $0.leave > span.start }
  }

  /// Returns the shared visits of an infectious person and another that touch a span, by start.
  ///
  /// - Complexity: O(n + m) for the visits of both, and the product of those that touch the span.
  private func sharedVisits(
    of pair: Pair, _ span: (start: Int32, end: Int32)
  ) -> [SharedVisit] {
    let theirs = Self.overlapping(pair.theirs, span)
    guard !theirs.isEmpty else { return [] }
    let from = infectious.from[Int(pair.partner)]
    let until = infectious.until[Int(pair.partner)]
    var found: [SharedVisit] = []
    for own in Self.overlapping(pair.own, span) {
      for stay in theirs where stay.venue == own.venue {
        if context.rules.sameZone, !VisitView.areTogether(stay.zone, own.zone) { continue }
        let start = max(stay.enter, from, own.enter)
        let end = min(stay.leave, until, own.leave)
        guard max(start, span.start) < min(end, span.end) else { continue }
        found.append(
          SharedVisit(
            venue: own.venue, start: start, end: end, partner: stay.position, own: own.position))
      }
    }
    return found.sorted { $0.start < $1.start }
  }

  // MARK: The deciding piece

  /// Returns the piece by which somebody got the moment that a sweep found.
  ///
  /// Whoever shares the whole of `[moment − threshold, moment)` with the person is a partner: nobody
  /// shared enough earlier, or the moment would be earlier.
  ///
  /// - Throws: `TraceError` when no piece explains the moment, as in a history that contradicts
  ///   itself; and what keeps evidence from being looked up, which only decides between pieces that
  ///   are alike in all else.
  func decidingPiece(of person: SubjectNumber, at moment: Int32) throws -> DecidingPiece {
    let start = moment - threshold
    var best: DecidingPiece?
    let stays = context.stays(of: person)
    for own in stays where own.enter <= start && own.leave >= moment {
      let exposureClass: ExposureClass = context.isOpen(own.venue) ? .openVenue : .closedVenue
      guard context.rules.isF1(exposureClass) else { continue }
      shared.removeAll(keepingCapacity: true)
      context.history.visits.appendShared(
        with: IndexSpan(
          venue: own.venue, zone: own.zone, subject: person, start: start, end: moment, tag: 0),
        sameZone: context.rules.sameZone, to: &shared)
      for piece in shared where piece.start == start && piece.end == moment {
        let partner = Int(piece.other)
        let until = infectious.until[partner]
        guard infectious.from[partner] <= start, until >= moment else { continue }
        let leave = context.history.visits.segments[Int(piece.segment)].leave[Int(piece.row)]
        let partnerEnd = min(leave, until)
        try consider(
          DecidingPiece(
            person: person, partner: piece.other, start: start, end: min(partnerEnd, own.leave),
            partnerEnd: partnerEnd, exposureClass: exposureClass,
            proof: .visits(
              venue: own.venue, partner: VisitPosition(segment: piece.segment, row: piece.row),
              own: own.position)),
          &best)
      }
    }
    var partner: Pair?
    try context.history.encounters.forEachNearEntry(
      of: person, within: context.rules.maximumAttenuation
    ) { entry in
      guard let span = span(of: entry, infectious: entry.peer), span.start == start
      else { return }
      // Encounters that begin together are few; with one partner, mostly.
      let pair: Pair
      if let known = partner, known.partner == entry.peer {
        pair = known
      } else {
        pair = Pair(partner: entry.peer, theirs: context.stays(of: entry.peer), own: stays)
        partner = pair
      }
      guard let exposureClass = nearClass(of: pair, span) else { return }
      try consider(
        DecidingPiece(
          person: person, partner: entry.peer, start: start, end: span.end, partnerEnd: span.end,
          exposureClass: exposureClass, proof: .encounter(entry.position)),
        &best)
    }
    // Leaving the person out would hide a contact.
    guard let best else { throw TraceError(.unexplainedContact, detail: "\(person)") }
    return best
  }

  private func consider(_ piece: DecidingPiece, _ best: inout DecidingPiece?) throws {
    if let held = best, try !precedes(piece, held) { return }
    best = piece
  }

  /// Whether a piece comes before another of the same moment, by the ties that `Tracer` lists.
  private func precedes(_ piece: DecidingPiece, _ other: DecidingPiece) throws -> Bool {
    if piece.partnerEnd != other.partnerEnd { return piece.partnerEnd > other.partnerEnd }
    if piece.partner != other.partner {
      let people = context.history.people
      return people.pseudonym(of: piece.partner) < people.pseudonym(of: other.partner)
    }
    if piece.end != other.end { return piece.end > other.end }
    if piece.exposureClass != other.exposureClass {
      return piece.exposureClass > other.exposureClass
    }
    let venues = venues(of: piece)
    let otherVenues = self.venues(of: other)
    if venues != otherVenues { return venues.lexicographicallyPrecedes(otherVenues) }
    return try opening(of: piece).lexicographicallyPrecedes(try opening(of: other))
  }

  private func venues(of piece: DecidingPiece) -> [VenueID] {
    if case .visits(let venue, _, _) = piece.proof { return [venue] }
    var venues = visits(around: piece).map(\.venue)
    ExposureBlock.sortOnce(&venues, from: 0)
    return venues
  }

  private func visits(around piece: DecidingPiece) -> [SharedVisit] {
    sharedVisits(
      of: Pair(
        partner: piece.partner, theirs: context.stays(of: piece.partner),
        own: context.stays(of: piece.person)),
      (piece.start, piece.end))
  }

  /// The ids that decide between pieces that are alike in all else.
  private func opening(of piece: DecidingPiece) throws -> [EvidenceID] {
    switch piece.proof {
    case .visits(_, let partner, let own):
      var evidence: [VisitEvidence] = []
      try context.history.evidence.appendEvidence(ofVisits: [partner, own], to: &evidence)
      return evidence.map(\.openedBy)
    case .encounter(let position):
      var evidence: [EvidenceID] = []
      try context.history.evidence.appendEvidence(ofEncounters: [position], to: &evidence)
      return evidence
    }
  }

  // MARK: Rows

  /// Returns the rows of some people of one case.
  ///
  /// - Throws: What keeps evidence from being looked up.
  func rows(
    of pieces: some Collection<DecidingPiece>, placeOfCase: Int
  ) throws -> ExposureBlock {
    block.begin(degree: degree, placeOfCase: placeOfCase, caseID: context.cases[placeOfCase].id)
    for piece in pieces {
      let seconds = piece.end - piece.start
      let isNear = piece.exposureClass >= .near
      let venueStart = block.venues.count
      switch piece.proof {
      case .visits(let venue, _, _): block.venues.append(venue)
      case .encounter: block.venues.append(contentsOf: venues(of: piece))
      }
      let moment = piece.start + threshold
      block.rows.append(
        ExposureRow(
          contact: piece.person, via: piece.partner,
          day: context.days.day(at: context.days.place(of: moment)).daysSince2020,
          nearSeconds: isNear ? seconds : 0, venueSeconds: isNear ? 0 : seconds, tailSeconds: 0,
          first: piece.start, last: piece.end, venueStart: UInt32(venueStart),
          venueCount: UInt32(block.venues.count - venueStart), evidenceStart: 0, evidenceCount: 0,
          exposureClass: piece.exposureClass))
    }
    if context.wantsEvidence { try addEvidence(of: pieces) }
    return block
  }

  private func addEvidence(of pieces: some Collection<DecidingPiece>) throws {
    var positions: [VisitPosition] = []
    var encounters: [EncounterPosition] = []
    /// How many visits each row stands on.
    var counts: [Int] = []
    for piece in pieces {
      let before = positions.count
      switch piece.proof {
      case .visits(_, let partner, let own): positions += [partner, own]
      case .encounter(let position):
        encounters.append(position)
        for visit in visits(around: piece) { positions += [visit.partner, visit.own] }
      }
      counts.append(positions.count - before)
    }
    var evidence: [VisitEvidence] = []
    var proofs: [EvidenceID] = []
    try context.history.evidence.appendEvidence(ofVisits: positions, to: &evidence)
    let proofPlaces = try context.history.evidence.appendAllEvidence(
      ofEncounters: encounters, to: &proofs)
    var next = 0
    var encounter = 0
    for (row, piece) in pieces.enumerated() {
      let start = block.evidence.count
      if case .encounter = piece.proof {
        block.evidence.append(contentsOf: proofs[proofPlaces[encounter]])
        encounter += 1
      }
      for visit in evidence[next..<next + counts[row]] {
        block.evidence.append(visit.openedBy)
        if let closedBy = visit.closedBy { block.evidence.append(closedBy) }
      }
      next += counts[row]
      ExposureBlock.sortOnce(&block.evidence, from: start)
      block.rows[row].evidenceStart = UInt32(start)
      block.rows[row].evidenceCount = UInt32(block.evidence.count - start)
    }
  }
}
