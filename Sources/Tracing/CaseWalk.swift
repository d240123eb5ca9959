import CrossMatch
import Presence
import VenueCodes

/// Finds everyone who shared time with a case, one case after the other; each thread has its own.
final class CaseWalk {
  private var pass: CasePass

  init(_ context: TraceContext) {
    pass = CasePass(context)
  }

  /// Who reached an exposure, and when, by any case this thread walked.
  var standings: FirstStandings { pass.standings }

  /// Walks a case.
  ///
  /// - Parameter place: The place of the case.
  /// - Returns: Its rows.
  /// - Throws: What keeps people or evidence from being looked up.
  func rows(ofCaseAt place: Int) throws -> ExposureBlock {
    try pass.rows(ofCaseAt: place)
  }
}

/// What `CaseWalk` works with.
///
/// All arrays are kept between cases, so that a row costs no memory of its own.
private struct CasePass {
  /// What a tag of shared time stands for: a span of the case, or an encounter.
  private struct Source {
    var kind: DayJudgement.Kind
    /// From when on it is the tail after the visit; `Int32.max` when there is none.
    var leave: Int32
    /// The place of the day that all of it is in, or -1 when midnight parts it.
    var day: Int32
    /// Where it was; nil for an encounter.
    var venue: VenueID?
    /// Where the case's visit or the encounter is.
    var segment: UInt32
    var row: UInt32
  }

  private let context: TraceContext
  /// Who reached an exposure, and when, by any case this thread walked.
  private(set) var standings: FirstStandings
  private var block = ExposureBlock()
  private var shared: [SharedSpan] = []
  private var sources: [Source] = []
  private var order = ContactOrder()
  /// Who reached an exposure by the case, and when.
  private var reached: [(person: SubjectNumber, moment: Int32)] = []
  private var stretches: [DayJudgement.Stretch] = []
  private var boundaries: [DayJudgement.Boundary] = []
  /// The evidence of the source of each tag and of each piece, when it is wanted; of encounters it is
  /// between neighbouring places of `encounterStarts`.
  private var sourceEvidence: [VisitEvidence] = []
  private var encounterEvidence: [EvidenceID] = []
  private var encounterPlaces: [Range<Int>] = []
  /// What was appended last to the row that is being made.
  private var heldBefore: Range<Int>?
  private var pieceEvidence: [VisitEvidence] = []

  init(_ context: TraceContext) {
    self.context = context
    standings = FirstStandings(
      people: context.history.people.count, isSparse: context.cases.count == 1)
  }

  /// Walks a case; see `CaseWalk.rows(ofCaseAt:)`.
  mutating func rows(ofCaseAt place: Int) throws -> ExposureBlock {
    let one = context.cases[place]
    block.begin(degree: 1, placeOfCase: place, caseID: one.id)
    let window = context.rules.window(of: one, in: context.calendar)
    let start = ColumnTime.clamping(window.lowerBound)
    let end = ColumnTime.clamping(window.upperBound)
    guard start < end, let subject = try context.history.people.number(of: one.subject) else {
      return block
    }
    collect(of: subject, from: start, to: end)
    sort(people: context.history.people)
    if context.wantsEvidence { try lookUpEvidence() }
    judgeAll(placeOfCase: place)
    return block
  }

  // MARK: Pieces

  /// Collects the seconds that a case shared with anybody.
  private mutating func collect(of subject: SubjectNumber, from start: Int32, to end: Int32) {
    shared.removeAll(keepingCapacity: true)
    sources.removeAll(keepingCapacity: true)
    for stay in context.stays(of: subject) {
      let from = max(stay.enter, start)
      let to = min(stay.leave, end)
      guard from < to else { continue }
      // A visit and the tail after it follow each other, so that one search finds who is in either.
      var tail: Int32 = 0
      if context.leavesTail(stay.venue), stay.leave <= end {
        // Within the range of columns: times leave room for the longest tail.
        tail = context.rules.tailSeconds(afterVisitOf: Int64(stay.leave) - Int64(stay.enter))
      }
      context.history.visits.appendShared(
        with: IndexSpan(
          venue: stay.venue, zone: stay.zone, subject: subject, start: from, end: to + tail,
          tag: UInt32(sources.count)),
        sameZone: context.rules.sameZone, to: &shared)
      sources.append(
        Source(
          kind: context.isOpen(stay.venue) ? .openVenue : .closedVenue,
          leave: tail > 0 ? to : .max, day: day(ofAll: from, to + tail), venue: stay.venue,
          segment: stay.position.segment, row: stay.position.row))
    }
    context.history.encounters.forEachEntry(of: subject) { entry in
      let from = max(entry.start, start)
      let to = min(entry.end, end)
      guard from < to, context.isNear(entry) else { return }
      shared.append(
        SharedSpan(
          tag: UInt32(sources.count), other: entry.peer, start: from, end: to, segment: 0, row: 0))
      sources.append(
        Source(
          kind: .near, leave: .max, day: day(ofAll: from, to), venue: nil,
          segment: entry.position.segment, row: entry.position.row))
    }
  }

  private func day(ofAll start: Int32, _ end: Int32) -> Int32 {
    context.days.place(ofAll: start, end).map { Int32($0) } ?? -1
  }

  /// Puts the pieces of everyone who is no case in the order of rows.
  private mutating func sort(people: some PeopleTable) {
    order.removeAll()
    if let column = people.column {
      addPieces { column[Int($0)].high }
    } else {
      addPieces { people.pseudonym(of: $0).high }
    }
    order.sort(people: people)
  }

  @inline(__always)
  private mutating func addPieces(_ high: (SubjectNumber) -> UInt64) {
    for place in shared.indices {
      let other = shared[place].other
      if context.subjects.contains(other) { continue }
      order.append(ContactOrder.Key(high: high(other), person: other, piece: UInt32(place)))
    }
  }

  // MARK: Evidence

  /// Fetches the evidence of all pieces at once.
  private mutating func lookUpEvidence() throws {
    let lookup = context.history.evidence
    let first = sources.firstIndex { $0.venue == nil } ?? sources.count
    sourceEvidence.removeAll(keepingCapacity: true)
    try lookup.appendEvidence(
      ofVisits: sources[..<first].map { VisitPosition(segment: $0.segment, row: $0.row) },
      to: &sourceEvidence)
    encounterEvidence.removeAll(keepingCapacity: true)
    encounterPlaces = try lookup.appendAllEvidence(
      ofEncounters: sources[first...].map { EncounterPosition(segment: $0.segment, row: $0.row) },
      to: &encounterEvidence)
    let visitKeys = order.keys.filter { sources[Int(shared[Int($0.piece)].tag)].venue != nil }
    var fetched: [VisitEvidence] = []
    fetched.reserveCapacity(visitKeys.count)
    try lookup.appendEvidence(
      ofVisits: visitKeys.map {
        VisitPosition(segment: shared[Int($0.piece)].segment, row: shared[Int($0.piece)].row)
      }, to: &fetched)
    pieceEvidence.removeAll(keepingCapacity: true)
    pieceEvidence.append(
      contentsOf: repeatElement(
        VisitEvidence(openedBy: EvidenceID(high: 0, low: 0), closedBy: nil), count: shared.count))
    for (key, evidence) in zip(visitKeys, fetched) { pieceEvidence[Int(key.piece)] = evidence }
  }

  private mutating func appendEvidence(ofPiece place: Int) {
    let tag = Int(shared[place].tag)
    guard sources[tag].venue != nil else {
      // Visits come first.
      let held = encounterPlaces[tag - sourceEvidence.count]
      // The runs of one encounter follow each other, and stand on the same.
      guard held != heldBefore else { return }
      heldBefore = held
      block.evidence.append(contentsOf: encounterEvidence[held])
      return
    }
    append(sourceEvidence[tag])
    append(pieceEvidence[place])
  }

  private mutating func append(_ evidence: VisitEvidence) {
    block.evidence.append(evidence.openedBy)
    if let closedBy = evidence.closedBy { block.evidence.append(closedBy) }
  }

  // MARK: Rows

  /// Judges the pieces of one person after the other.
  private mutating func judgeAll(placeOfCase: Int) {
    let keys = order.keys
    reached.removeAll(keepingCapacity: true)
    var low = 0
    while low < keys.count {
      let person = keys[low].person
      var high = low + 1
      var day = sources[Int(shared[Int(keys[low].piece)].tag)].day
      while high < keys.count, keys[high].person == person {
        if sources[Int(shared[Int(keys[high].piece)].tag)].day != day { day = -1 }
        high += 1
      }
      let moment: Int32
      if high - low == 1, day >= 0 {
        moment = judgeAlone(keys[low], day: day)
      } else if day >= 0 {
        moment = judge(keys[low..<high], day: Int(day), from: .min, to: .max)
      } else {
        moment = judgeDays(keys[low..<high])
      }
      if moment != .max { reached.append((person, moment)) }
      low = high
    }
    standings.improve(by: reached, placeOfCase)
  }

  /// Makes the row of a person who shared one piece on one day, as most do.
  ///
  /// - Returns: When a class labelled F1 was reached, `Int32.max` if none was.
  @inline(__always)
  private mutating func judgeAlone(_ key: ContactOrder.Key, day: Int32) -> Int32 {
    let piece = shared[Int(key.piece)]
    let source = sources[Int(piece.tag)]
    let evidenceStart = block.evidence.count
    heldBefore = nil
    if context.wantsEvidence {
      appendEvidence(ofPiece: Int(key.piece))
      ExposureBlock.sortOnce(&block.evidence, from: evidenceStart)
    }
    let venueStart = block.venues.count
    if let venue = source.venue { block.venues.append(venue) }
    // What is in the tail comes after what is not.
    let boundary = min(max(source.leave, piece.start), piece.end)
    let visit = boundary - piece.start
    let tail = piece.end - boundary
    let (reached, moment) = context.criteria.judge(
      visit, of: source.kind, tail: tail, from: piece.start)
    let isNear = source.kind == .near
    block.rows.append(
      ExposureRow(
        contact: key.person, via: 0, day: context.days.day(at: Int(day)).daysSince2020,
        nearSeconds: isNear ? visit : 0, venueSeconds: isNear ? 0 : visit, tailSeconds: tail,
        first: piece.start, last: piece.end, venueStart: UInt32(venueStart),
        venueCount: UInt32(block.venues.count - venueStart), evidenceStart: UInt32(evidenceStart),
        evidenceCount: UInt32(block.evidence.count - evidenceStart), exposureClass: reached))
    return moment
  }

  /// Judges the pieces of one person that are on several days.
  private mutating func judgeDays(_ keys: ArraySlice<ContactOrder.Key>) -> Int32 {
    var earliest = Int32.max
    var latest = Int32.min
    for key in keys {
      earliest = min(earliest, shared[Int(key.piece)].start)
      latest = max(latest, shared[Int(key.piece)].end)
    }
    var moment = Int32.max
    for day in context.days.place(of: earliest)...context.days.place(of: latest - 1) {
      moment = min(
        moment,
        judge(
          keys, day: day, from: context.days.start(at: day), to: context.days.start(at: day + 1)))
    }
    return moment
  }

  /// Makes the row of one person and day, if they shared a second on it.
  ///
  /// - Returns: When a class labelled F1 was reached, `Int32.max` if none was.
  private mutating func judge(
    _ keys: ArraySlice<ContactOrder.Key>, day: Int, from dawn: Int32, to dusk: Int32
  ) -> Int32 {
    stretches.removeAll(keepingCapacity: true)
    let venueStart = block.venues.count
    let evidenceStart = block.evidence.count
    heldBefore = nil
    for key in keys {
      let piece = shared[Int(key.piece)]
      let start = max(piece.start, dawn)
      let end = min(piece.end, dusk)
      guard start < end else { continue }
      let source = sources[Int(piece.tag)]
      if start < source.leave {
        stretches.append(
          DayJudgement.Stretch(start: start, end: min(end, source.leave), kind: source.kind))
      }
      if end > source.leave {
        stretches.append(
          DayJudgement.Stretch(start: max(start, source.leave), end: end, kind: .tail))
      }
      if let venue = source.venue { block.venues.append(venue) }
      if context.wantsEvidence { appendEvidence(ofPiece: Int(key.piece)) }
    }
    guard !stretches.isEmpty else { return .max }
    ExposureBlock.sortOnce(&block.venues, from: venueStart)
    ExposureBlock.sortOnce(&block.evidence, from: evidenceStart)
    let judgement = DayJudgement(stretches, context.criteria, boundaries: &boundaries)
    block.rows.append(
      ExposureRow(
        contact: keys[keys.startIndex].person, via: 0,
        day: context.days.day(at: day).daysSince2020,
        nearSeconds: judgement.seconds(of: .near) + judgement.seconds(of: .nearAtVenue),
        venueSeconds: judgement.seconds(of: .closedVenue) + judgement.seconds(of: .openVenue),
        tailSeconds: judgement.seconds(of: .tail), first: judgement.first, last: judgement.last,
        venueStart: UInt32(venueStart), venueCount: UInt32(block.venues.count - venueStart),
        evidenceStart: UInt32(evidenceStart),
        evidenceCount: UInt32(block.evidence.count - evidenceStart),
        exposureClass: judgement.reached))
    return judgement.moment
  }
}

/// Who reached an exposure of degree 1, when first, and by which case.
///
/// The earliest moment counts, then the smallest place of a case, so that it does not matter which
/// thread found what, or when.
struct FirstStandings {
  /// By subject number the moment and the case, packed so that the smaller is the better; empty when
  /// `few` is used.
  private var packed: [UInt64] = []
  /// The same for one case, which reaches few: a table of all people would take longer to make.
  private var few: [SubjectNumber: UInt64] = [:]

  private static let none = UInt64.max

  /// Makes a table without exposures.
  init(people: Int, isSparse: Bool) {
    if !isSparse { packed = Array(repeating: Self.none, count: people) }
  }

  /// Notes the exposures of one case.
  ///
  /// All at once and without a branch, so that the processor waits for many places of the table at a
  /// time, which is too large for its caches.
  mutating func improve(
    by reached: [(person: SubjectNumber, moment: Int32)], _ placeOfCase: Int
  ) {
    func pack(_ moment: Int32) -> UInt64 {
      UInt64(UInt32(bitPattern: moment ^ .min)) << 32 | UInt64(placeOfCase)
    }
    guard !packed.isEmpty else {
      for (person, moment) in reached {
        few[person] = min(few[person] ?? Self.none, pack(moment))
      }
      return
    }
    for (person, moment) in reached {
      packed[Int(person)] = min(packed[Int(person)], pack(moment))
    }
  }

  /// Notes all that another table knows.
  mutating func improve(by other: FirstStandings) {
    for place in other.packed.indices { packed[place] = min(packed[place], other.packed[place]) }
    few.merge(other.few) { min($0, $1) }
  }

  /// How many people reached one.
  var count: Int {
    packed.reduce(few.count) { $0 + ($1 == Self.none ? 0 : 1) }
  }

  /// Calls `body` with each exposure.
  func forEach(_ body: (_ person: Int, _ moment: Int32, _ placeOfCase: UInt32) -> Void) {
    func unpack(_ person: Int, _ value: UInt64) {
      body(
        person, Int32(bitPattern: UInt32(value >> 32)) ^ .min, UInt32(truncatingIfNeeded: value))
    }
    for (person, value) in packed.enumerated() where value != Self.none { unpack(person, value) }
    for (person, value) in few { unpack(Int(person), value) }
  }
}
