import CrossMatch
public import Presence
public import Tracing
import VenueCodes

/// Gathers what joins a case and its contacts: one `PairEvidence` a contact and local day.
///
/// A contact is whoever, within the window of the case under the rule set, was at a venue with the
/// case, was where the case had just been, or was heard by radio at any strength. So there are more
/// of them than in a trace, which leaves out whom the rule set's attenuation limit leaves out.
///
/// - Times are clipped to the window and to the day; the time after a visit (`tails`) to the day
///   only, as in a trace.
/// - A day is there when they shared time or radio on it, or a tail.
/// - `radio` has one entry for each encounter. Nobody said how uncertain an attenuation is: then it
///   is `unstatedUncertainty`.
/// - `together` is each visit of one with each of the other at one venue, cut at clock hours and
///   then into parts of nearly one chance by `StayConfidence`, times `CheckInCorroboration.factor` of
///   either check-in. Its crowd is whoever else was at the venue in that clock hour: it depends on
///   place and time alone, so that a longer stay of the two never dilutes itself.
/// - `apart` is the certain part of a visit of each at different venues of which neither is in the other
///   as a shop is in a mall, less the time in which both were certainly together by other visits. A
///   check-in that Bluetooth contradicts is no alibi, and takes none away.
/// - `listening` is when both phones heard anything.
public struct PairGatherer: Sendable {
  /// What is known.
  public let history: ExposureHistory
  /// The rule set that says how long a case is infectious.
  public let rules: RuleSet
  /// The calendar that days are cut by.
  public let calendar: LocalCalendar
  /// What Bluetooth says of check-ins; nil when check-ins are taken as they are.
  public let witness: CheckInWitness?

  /// The standard deviation of an attenuation of which nobody said any, in dB.
  ///
  /// The strengths that telephones send and hear with differ by about 20 dB between the weakest
  /// and the strongest of 80 models, so a model that is not known is off by some 6 dB.
  public static let unstatedUncertainty = 6.0

  /// How many contacts' visits are looked up at once.
  private static let batch = 256

  /// Makes what gathers.
  ///
  /// - Parameters:
  ///   - history: What is known.
  ///   - rules: The rule set that says how long a case is infectious.
  ///   - calendar: The calendar of the store.
  ///   - witness: What Bluetooth says of check-ins; nil when they are taken as they are.
  public init(
    history: ExposureHistory, rules: RuleSet, calendar: LocalCalendar, witness: CheckInWitness?
  ) {
    self.history = history
    self.rules = rules
    self.calendar = calendar
    self.witness = witness
  }

  /// Returns what joins a case and one person, or nil when nothing does.
  ///
  /// - Throws: What keeps people, visits or evidence from being looked up.
  public func contact(_ person: Pseudonym, of one: Case) throws -> ContactEvidence? {
    guard let number = try history.people.number(of: person) else { return nil }
    var found: ContactEvidence?
    try forEachContact(of: one, where: { $0 == number }) { found = $0 }
    return found
  }

  /// Calls `body` with each contact of a case, by pseudonym.
  ///
  /// - Throws: What keeps people, visits or evidence from being looked up, and what `body` throws.
  /// - Complexity: O(n log n) in the pieces of shared time; what is looked up is held for a few
  ///   hundred contacts at a time.
  public func forEachContact(
    of one: Case, _ body: (ContactEvidence) throws -> Void
  ) throws {
    try forEachContact(of: one, where: { _ in true }, body)
  }

  /// Calls `body` with those contacts of a case whose numbers are wanted, by pseudonym.
  ///
  /// - Throws: What keeps people, visits or evidence from being looked up, and what `body` throws.
  package func forEachContact(
    of one: Case, where isWanted: (SubjectNumber) -> Bool,
    _ body: (ContactEvidence) throws -> Void
  ) throws {
    guard let side = try CaseSide(one, self) else { return }
    var groups = Dictionary(grouping: side.pieces.filter { isWanted($0.person) }, by: \.person)
      .map { (person: $0.key, pseudonym: history.people.pseudonym(of: $0.key), pieces: $0.value) }
    groups.sort { $0.pseudonym < $1.pseudonym }
    for low in stride(from: 0, to: groups.count, by: Self.batch) {
      let part = groups[low..<min(groups.count, low + Self.batch)]
      var wanted: [VisitPosition] = []
      var ends: [Int] = []
      for group in part {
        wanted += history.visits.touching(side.reach(of: group.pieces), of: group.person)
        ends.append(wanted.count)
      }
      let visits = try history.evidence.visits(at: wanted)
      let checkIns = try corroborations(of: wanted, visits)
      var first = 0
      for (group, end) in zip(part, ends) {
        var contact = ContactSide(person: group.person, self, window: side.window)
        for place in first..<end {
          contact.add(visits[place], at: wanted[place], checkIns[place])
        }
        first = end
        let days = side.days(with: contact, group.pieces)
        try body(
          ContactEvidence(person: group.pseudonym, number: group.person, days: days))
      }
    }
  }

  fileprivate func corroborations(
    of positions: [VisitPosition], _ visits: [Visit]
  ) throws -> [CheckInCorroboration?] {
    guard let witness else { return visits.map { _ in nil } }
    return try witness.corroborations(of: visits, at: positions)
  }
}

/// Shared time of a case with somebody, as the join gives it.
private struct Piece {
  enum Source {
    /// A visit of the case, by place, and the visit of the other.
    case visit(Int, VisitPosition)
    case encounter(EncounterEntry)
  }

  var person: SubjectNumber
  var source: Source
  /// Clipped to the window, and for a visit with the tail after it.
  var span: Range<Int64>
}

/// A visit with what is looked at for each other one.
private struct Stay {
  var visit: Visit
  var chance: StayConfidence
  var checkIn: CheckInCorroboration?
  /// When the person was there for certain, within the window.
  var certain: Range<Int64>

  init(_ visit: Visit, _ checkIn: CheckInCorroboration?, window: Range<Int64>) {
    self.visit = visit
    self.checkIn = checkIn
    chance = StayConfidence(visit)
    certain =
      checkIn?.verdict == .contradicted
      ? visit.enter..<visit.enter : chance.certain.clamped(to: window)
  }
}

/// What is known of the contact alone.
private struct ContactSide {
  let person: SubjectNumber
  private(set) var stays: [Stay] = []
  private(set) var places: [VisitPosition: Int] = [:]
  let listening: SpanSet
  private let window: Range<Int64>

  init(person: SubjectNumber, _ gatherer: PairGatherer, window: Range<Int64>) {
    self.person = person
    self.window = window
    listening = gatherer.history.listening.unixSpans(of: person).clamped(to: window)
  }

  mutating func add(
    _ visit: Visit, at position: VisitPosition, _ checkIn: CheckInCorroboration?
  ) {
    places[position] = stays.count
    stays.append(Stay(visit, checkIn, window: window))
  }
}

/// What is known of the case, and what it shared with anybody.
private struct CaseSide {
  let window: Range<Int64>
  private let gatherer: PairGatherer
  private var stays: [Stay] = []
  /// Where the tail after a visit begins and ends; empty when there is none.
  private var tails: [Range<Int64>] = []
  private let crowds: HourlyCrowds
  private let listening: SpanSet
  private(set) var pieces: [Piece] = []

  /// Collects what a case shared with anybody; nil when it has no window or nobody knows the case.
  init?(_ one: Case, _ gatherer: PairGatherer) throws {
    let history = gatherer.history
    let rules = gatherer.rules
    window = rules.window(of: one, in: gatherer.calendar)
    self.gatherer = gatherer
    crowds = HourlyCrowds(history.visits)
    guard !window.isEmpty, let subject = try history.people.number(of: one.subject) else {
      return nil
    }
    listening = history.listening.unixSpans(of: subject).clamped(to: window)
    let positions = history.visits.touching(window, of: subject)
    let visits = try history.evidence.visits(at: positions)
    for (visit, checkIn) in zip(visits, try gatherer.corroborations(of: positions, visits)) {
      let place = stays.count
      stays.append(Stay(visit, checkIn, window: window))
      let span = (visit.enter..<visit.leave).clamped(to: window)
      var tail = visit.leave..<visit.leave
      if !history.openVenues.contains(visit.venue),
        !history.venuesWithoutTail.contains(visit.venue), visit.leave <= window.upperBound
      {
        let seconds = rules.tailSeconds(afterVisitOf: visit.leave - visit.enter)
        tail = visit.leave..<(visit.leave + Int64(seconds))
      }
      tails.append(tail)
      guard !span.isEmpty else { continue }
      var shared: [SharedSpan] = []
      history.visits.appendShared(
        with: IndexSpan(
          venue: visit.venue, zone: visit.zone, subject: subject,
          start: ColumnTime.clamping(span.lowerBound),
          end: ColumnTime.clamping(tail.isEmpty ? span.upperBound : tail.upperBound), tag: 0),
        sameZone: false, to: &shared)
      for part in shared {
        let position = VisitPosition(segment: part.segment, row: part.row)
        var reach = ColumnTime.unixSeconds(part.start)..<ColumnTime.unixSeconds(part.end)
        let zone = history.visits.segments[Int(part.segment)].zone(at: Int(part.row))
        if rules.sameZone, !VisitView.areTogether(zone, visit.zone) {
          // No tail; what they shared counts as time in two zones.
          reach = reach.clamped(to: span)
          if reach.isEmpty { continue }
        }
        pieces.append(Piece(person: part.other, source: .visit(place, position), span: reach))
      }
    }
    history.encounters.forEachEntry(of: subject) { entry in
      let span = (ColumnTime.unixSeconds(entry.start)..<ColumnTime.unixSeconds(entry.end))
        .clamped(to: window)
      guard !span.isEmpty else { return }
      pieces.append(Piece(person: entry.peer, source: .encounter(entry), span: span))
    }
  }

  /// The local days that pieces are on.
  private func days(of pieces: [Piece]) -> [LocalDay] {
    var days: Set<LocalDay> = []
    for piece in pieces {
      var day = gatherer.calendar.day(of: piece.span.lowerBound)
      let last = gatherer.calendar.day(of: piece.span.upperBound - 1)
      while day <= last {
        days.insert(day)
        day = day.advanced(by: 1)
      }
    }
    return days.sorted()
  }

  private func span(of day: LocalDay) -> Range<Int64> {
    gatherer.calendar.start(of: day)..<gatherer.calendar.start(of: day.advanced(by: 1))
  }

  /// The time of all days that pieces are on.
  func reach(of pieces: [Piece]) -> Range<Int64> {
    let days = days(of: pieces)
    guard let first = days.first, let last = days.last else { return 0..<0 }
    return span(of: first).lowerBound..<span(of: last).upperBound
  }

  /// Joins the case with a contact.
  func days(with contact: ContactSide, _ pieces: [Piece]) -> [PairDay] {
    days(of: pieces).compactMap { day in
      let today = span(of: day)
      guard !today.isEmpty else { return nil }
      return self.day(day, today, with: contact, pieces)
    }
  }

  private func day(
    _ day: LocalDay, _ today: Range<Int64>, with contact: ContactSide, _ pieces: [Piece]
  ) -> PairDay {
    var evidence = PairEvidence()
    var heard: [(radio: PairEvidence.Radio, entry: EncounterEntry)] = []
    var shared: [SharedStay] = []
    var tails: [SharedStay] = []
    var certain: [Range<Int64>] = []
    for piece in pieces {
      let span = piece.span.clamped(to: today)
      guard !span.isEmpty else { continue }
      switch piece.source {
      case .encounter(let entry):
        heard.append((radio(entry, in: span), entry))
      case .visit(let place, let position):
        guard let other = contact.places[position] else { continue }
        let stay = SharedStay(
          span: span, caseVisit: stays[place].visit, contactVisit: contact.stays[other].visit,
          caseCheckIn: stays[place].checkIn, contactCheckIn: contact.stays[other].checkIn)
        let boundary = min(max(stay.caseVisit.leave, span.lowerBound), span.upperBound)
        if span.lowerBound < boundary {
          var together = stay
          together.span = span.lowerBound..<boundary
          shared.append(together)
          evidence.together += parts(of: together, stays[place], contact.stays[other])
          certain.append(
            stays[place].certain.clamped(to: contact.stays[other].certain)
              .clamped(to: together.span))
        }
        if boundary < span.upperBound {
          var tail = stay
          tail.span = boundary..<span.upperBound
          tails.append(tail)
        }
      }
    }
    heard.sort {
      (
        $0.entry.start, $0.entry.end, $0.entry.attenuation, $0.entry.position.segment,
        $0.entry.position.row
      )
        < (
          $1.entry.start, $1.entry.end, $1.entry.attenuation, $1.entry.position.segment,
          $1.entry.position.row
        )
    }
    evidence.radio = heard.map(\.radio)
    evidence.together.sort {
      ($0.span.lowerBound, $0.span.upperBound, $0.venue, $0.confidence)
        < ($1.span.lowerBound, $1.span.upperBound, $1.venue, $1.confidence)
    }
    shared.sort(by: SharedStay.isOrdered)
    tails.sort(by: SharedStay.isOrdered)
    let alibis = alibis(with: contact, within: today, but: SpanSet(certain))
    evidence.apart = SpanSet(alibis.map(\.span)).spans
    evidence.listening =
      listening.intersection(with: contact.listening).clamped(to: today).spans
    return PairDay(
      day: day, evidence: evidence, encounters: heard.map(\.entry), stays: shared, alibis: alibis,
      tails: tails)
  }

  private func radio(_ entry: EncounterEntry, in span: Range<Int64>) -> PairEvidence.Radio {
    PairEvidence.Radio(
      span: span, attenuation: Double(entry.attenuation),
      uncertainty: entry.quality.uncertainty.map(Double.init) ?? PairGatherer.unstatedUncertainty,
      isMutual: !entry.quality.isOneSided)
  }

  private func parts(
    of stay: SharedStay, _ mine: Stay, _ theirs: Stay
  ) -> [PairEvidence.Together] {
    let factor = (mine.checkIn?.factor ?? 1) * (theirs.checkIn?.factor ?? 1)
    let venue = stay.caseVisit.venue
    let isOpen = gatherer.history.openVenues.contains(venue)
    return HourlyCrowds.hours(of: stay.span).flatMap { hour, span in
      // Both are among those who were there.
      let crowd = max(0, crowds.people(at: venue, in: hour) - 2)
      return StayConfidence.parts(of: span, mine.chance, theirs.chance).map { part in
        PairEvidence.Together(
          span: part.span, venue: venue, isOpen: isOpen, sharesZone: stay.sharesZone,
          confidence: part.confidence * factor, crowd: crowd)
      }
    }
  }

  private func alibis(
    with contact: ContactSide, within today: Range<Int64>, but together: SpanSet
  ) -> [Alibi] {
    var alibis: [Alibi] = []
    for mine in stays {
      let certain = mine.certain.clamped(to: today)
      guard !certain.isEmpty else { continue }
      for theirs in contact.stays
      where !gatherer.history.areOnePlace(theirs.visit.venue, mine.visit.venue) {
        let span = theirs.certain.clamped(to: certain)
        guard !span.isEmpty else { continue }
        for part in SpanSet([span]).subtracting(together).spans {
          alibis.append(
            Alibi(span: part, caseVisit: mine.visit, contactVisit: theirs.visit))
        }
      }
    }
    return alibis.sorted {
      (
        $0.span.lowerBound, $0.span.upperBound, $0.caseVisit.openedBy, $0.contactVisit.openedBy
      )
        < (
          $1.span.lowerBound, $1.span.upperBound, $1.caseVisit.openedBy, $1.contactVisit.openedBy
        )
    }
  }
}

extension SharedStay {
  fileprivate static func isOrdered(_ one: SharedStay, _ other: SharedStay) -> Bool {
    (
      one.span.lowerBound, one.span.upperBound, one.caseVisit.openedBy, one.contactVisit.openedBy
    )
      < (
        other.span.lowerBound, other.span.upperBound, other.caseVisit.openedBy,
        other.contactVisit.openedBy
      )
  }
}

extension Visit {
  /// The time inside.
  var span: Range<Int64> { enter..<leave }
}

extension ListeningView {
  /// When a person's phone provably worked, in Unix seconds.
  func unixSpans(of subject: SubjectNumber) -> SpanSet {
    SpanSet(
      spans(of: subject).map {
        ColumnTime.unixSeconds($0.lowerBound)..<ColumnTime.unixSeconds($0.upperBound)
      })
  }
}
