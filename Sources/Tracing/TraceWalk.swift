import Bluetooth
import CrossMatch
import Presence
import VenueCodes

/// One run of a trace: who is of which degree so far, since when, and by which case.
struct TraceWalk {
  private let tracer: Tracer
  private let cases: [Case]
  // Stored rather than reached through the tracer: inner loops read them.
  private let history: ExposureHistory
  private let columns: VisitColumns
  private let rules: RuleSet
  private let criteria: DayJudgement.Criteria
  private let days: DayTable
  private let maximumAttenuation: Int16

  /// The degree by subject number; 0 for cases, `noDegree` for those who have none.
  private var degree: [UInt8]
  /// When the exposure was complete, by subject number, for those of degree 1 and more.
  private var exposureTime: [Int32]
  /// The place of the case that an exposure goes back to, by subject number.
  private var caseOf: [UInt32]
  private var reachedDegree: UInt8 = 0

  private static let noDegree = UInt8.max

  /// Starts a run.
  ///
  /// - Parameters:
  ///   - tracer: History, rules and calendar.
  ///   - cases: By id, ascending as bytes.
  init(_ tracer: Tracer, cases: [Case]) {
    self.tracer = tracer
    self.cases = cases
    history = tracer.history
    columns = tracer.history.visitColumns
    rules = tracer.rules
    criteria = DayJudgement.Criteria(tracer.rules)
    let extent = tracer.history.extent ?? ColumnTime.epoch...ColumnTime.epoch
    days = DayTable(
      tracer.calendar,
      extent: extent.lowerBound...(extent.upperBound + Int64(tracer.rules.tail.maximum)))
    maximumAttenuation = tracer.rules.maximumAttenuation
    let count = tracer.history.people.count
    degree = Array(repeating: Self.noDegree, count: count)
    exposureTime = Array(repeating: .max, count: count)
    caseOf = Array(repeating: 0, count: count)
    for subject in cases.compactMap({ tracer.history.number(of: $0.subject) }) {
      degree[Int(subject)] = 0
    }
  }

  /// Returns how many people are of a degree.
  func count(ofDegree wanted: UInt8) -> Int {
    degree.reduce(0) { $0 + ($1 == wanted ? 1 : 0) }
  }

  // MARK: Degree 1

  /// Shared time of a case and somebody, and where it is from.
  private struct Piece {
    var other: SubjectNumber
    var start: Int32
    var end: Int32
    var kind: DayJudgement.Kind
    /// The position of the case's visit, or the number of the encounter.
    var source: UInt32
    /// The position of the other's visit; not used by encounters.
    var position: UInt32
    /// The number of the venue; not used by encounters.
    var venue: UInt32
  }

  /// Finds everyone who shared time with a case.
  mutating func firstDegree() -> [Exposure] {
    reachedDegree = 1
    var rows: [Exposure] = []
    var pieces: [Piece] = []
    var scratch = Scratch()
    for (place, one) in cases.enumerated() {
      guard let subject = history.number(of: one.subject) else { continue }
      let window = rules.window(of: one, in: tracer.calendar)
      let start = ColumnTime.clamping(window.lowerBound)
      let end = ColumnTime.clamping(window.upperBound)
      guard start < end else { continue }
      collect(&pieces, of: subject, from: start, to: end)
      var low = 0
      while low < pieces.count {
        var high = low + 1
        while high < pieces.count, pieces[high].other == pieces[low].other { high += 1 }
        judge(pieces[low..<high], placeOfCase: place, &rows, &scratch)
        low = high
      }
    }
    return rows
  }

  /// Collects the pieces of a case with everyone who is no case, by person.
  private func collect(
    _ pieces: inout [Piece], of subject: SubjectNumber, from start: Int32, to end: Int32
  ) {
    pieces.removeAll(keepingCapacity: true)
    var spans: [ColumnSpan] = []
    /// The position of the case's visit and the kind of each span, by tag.
    var sources: [(position: UInt32, kind: DayJudgement.Kind)] = []
    for position in columns.positions(of: subject) {
      let row = Int(position)
      let from = max(columns.enter[row], start)
      let to = min(columns.leave[row], end)
      guard from < to else { continue }
      let venue = columns.venueNumber(at: row)
      func add(_ kind: DayJudgement.Kind, _ from: Int32, _ to: Int32) {
        spans.append(
          ColumnSpan(
            venue: venue, zone: columns.zone(at: row), subject: subject, start: from, end: to,
            tag: UInt32(sources.count)))
        sources.append((position, kind))
      }
      add(tracer.isOpen[venue] ? .openVenue : .closedVenue, from, to)
      let leave = columns.leave[row]
      if tracer.leavesTail[venue], leave <= end {
        let length = Int64(leave) - Int64(columns.enter[row])
        // Within the range of columns: times leave room for the longest tail.
        add(.tail, leave, leave + rules.tailSeconds(afterVisitOf: length))
      }
    }
    columns.forEachShared(with: spans, sameZone: rules.sameZone) { shared in
      let other = columns.subject[Int(shared.position)]
      guard degree[Int(other)] != 0 else { return }
      let source = sources[Int(shared.tag)]
      pieces.append(
        Piece(
          other: other, start: shared.start, end: shared.end, kind: source.kind,
          source: source.position, position: shared.position,
          venue: UInt32(spans[Int(shared.tag)].venue)))
    }
    for entry in history.encounterColumns.entries(of: subject) {
      let from = max(entry.start, start)
      let to = min(entry.end, end)
      guard from < to, degree[Int(entry.peer)] != 0, isNear(entry) else { continue }
      pieces.append(
        Piece(
          other: entry.peer, start: from, end: to, kind: .near, source: entry.encounter,
          position: 0, venue: 0))
    }
    pieces.sort { $0.other < $1.other }
  }

  private func isNear(_ entry: EncounterColumns.Entry) -> Bool {
    history.encounters[Int(entry.encounter)].attenuation <= maximumAttenuation
  }

  /// Arrays that are filled again and again.
  private struct Scratch {
    var stretches: [DayJudgement.Stretch] = []
    var boundaries: [DayJudgement.Boundary] = []
  }

  /// Judges the pieces of a case and one person, day by day.
  private mutating func judge(
    _ pieces: ArraySlice<Piece>, placeOfCase: Int, _ rows: inout [Exposure],
    _ scratch: inout Scratch
  ) {
    var earliest = Int32.max
    var latest = Int32.min
    for piece in pieces {
      earliest = min(earliest, piece.start)
      latest = max(latest, piece.end)
    }
    let person = Int(pieces[pieces.startIndex].other)
    for day in days.place(of: earliest)...days.place(of: latest - 1) {
      let dawn = days.start(at: day)
      let dusk = days.start(at: day + 1)
      scratch.stretches.removeAll(keepingCapacity: true)
      var venues: [VenueID] = []
      var evidence: [EvidenceID] = []
      for piece in pieces where max(piece.start, dawn) < min(piece.end, dusk) {
        scratch.stretches.append(
          DayJudgement.Stretch(
            start: max(piece.start, dawn), end: min(piece.end, dusk), kind: piece.kind))
        if piece.kind == .near {
          evidence.append(history.encounters[Int(piece.source)].evidence)
        } else {
          venues.append(columns.venues[Int(piece.venue)])
          appendEvidence(ofVisitAt: piece.source, to: &evidence)
          appendEvidence(ofVisitAt: piece.position, to: &evidence)
        }
      }
      guard !scratch.stretches.isEmpty else { continue }
      let judgement = DayJudgement(
        scratch.stretches, criteria, boundaries: &scratch.boundaries)
      if judgement.moment != .max {
        // Cases come by id, so that an equal moment leaves the smaller id in place.
        if judgement.moment < exposureTime[person] {
          degree[person] = 1
          exposureTime[person] = judgement.moment
          caseOf[person] = UInt32(placeOfCase)
        }
      }
      let reached = judgement.reached
      let near = judgement.seconds(of: .near) + judgement.seconds(of: .nearAtVenue)
      let atVenue = judgement.seconds(of: .closedVenue) + judgement.seconds(of: .openVenue)
      let tail = judgement.seconds(of: .tail)
      rows.append(
        Exposure(
          caseID: cases[placeOfCase].id, degree: 1, contact: history.people[person],
          day: days.day(at: day), exposureClass: reached, seconds: near + atVenue + tail,
          nearSeconds: near, venueSeconds: atVenue, tailSeconds: tail,
          first: ColumnTime.unixSeconds(judgement.first),
          last: ColumnTime.unixSeconds(judgement.last), venues: sortedOnce(venues), via: nil,
          label: rules.criterion(of: reached)?.label.rawValue ?? ExposureClass.brief.name,
          rule: rules.id, evidence: sortedOnce(evidence)))
    }
  }

  private func appendEvidence(ofVisitAt position: UInt32, to evidence: inout [EvidenceID]) {
    let visit = history.visits[Int(columns.visit[Int(position)])]
    evidence.append(visit.openedBy)
    // Not through `evidence`, which would make an array for each of many pieces.
    if let closedBy = visit.closedBy { evidence.append(closedBy) }
  }

  private func sortedOnce<Element: Comparable>(_ elements: [Element]) -> [Element] {
    if elements.count < 2 { return elements }
    var sorted: [Element] = []
    sorted.reserveCapacity(elements.count)
    for element in elements.sorted() where sorted.last != element { sorted.append(element) }
    return sorted
  }

  // MARK: Degree 2 and more

  /// Finds everyone of the next degree, who has none yet.
  mutating func nextDegree(isolations: [Pseudonym: Int64]) -> [Exposure] {
    var infectious = InfectiousSpans(subjectCount: degree.count)
    for person in degree.indices where degree[person] == reachedDegree {
      infectious.from[person] = ColumnTime.clamping(
        ColumnTime.unixSeconds(exposureTime[person]) + rules.degree.latent)
    }
    for (pseudonym, isolation) in isolations {
      guard let subject = history.number(of: pseudonym) else { continue }
      infectious.until[Int(subject)] = ColumnTime.clamping(isolation)
    }
    reachedDegree += 1
    var best = [Partner](repeating: .none, count: degree.count)
    let closedCounts = rules.isF1(.closedVenue)
    let openCounts = rules.isF1(.openVenue)
    columns.improvePartners(
      infectious: infectious, asks: degree.map { $0 == Self.noDegree },
      counts: tracer.isOpen.map { $0 ? openCounts : closedCounts },
      minimum: rules.degree.threshold, sameZone: rules.sameZone, best: &best)
    improveByEncounters(infectious, &best)

    var rows: [(row: Exposure, placeOfCase: UInt32)] = []
    for person in best.indices where best[person] != .none {
      let partner = best[person]
      guard let row = explain(SubjectNumber(person), partner, infectious) else {
        // Leaving the person out would hide a contact.
        preconditionFailure("the sweep found a partner that no piece explains")
      }
      degree[person] = reachedDegree
      exposureTime[person] = partner.moment
      caseOf[person] = caseOf[Int(partner.subject)]
      rows.append((row, caseOf[person]))
    }
    // One row a person, made in the order of people: a stable sort by case is all that is missing.
    return rows.sorted {
      ($0.placeOfCase, $0.row.contact) < ($1.placeOfCase, $1.row.contact)
    }.map(\.row)
  }

  /// Improves partners by what Bluetooth knows.
  private func improveByEncounters(_ infectious: InfectiousSpans, _ best: inout [Partner]) {
    guard rules.isF1(.near) || rules.isF1(.nearAtVenue) else { return }
    let isSettled = rules.isF1(.near) && rules.isF1(.nearAtVenue)
    for person in degree.indices where infectious.from[person] != .max {
      let partner = SubjectNumber(person)
      for entry in history.encounterColumns.entries(of: partner) {
        guard let found = self.partner(partner, by: entry, infectious) else { continue }
        let asking = Int(entry.peer)
        guard degree[asking] == Self.noDegree, found < best[asking] else { continue }
        if !isSettled {
          let start = found.moment - rules.degree.threshold
          let reached = nearClass(partner, entry.peer, from: start, to: found.end, infectious)
          guard rules.isF1(reached.exposureClass) else { continue }
        }
        best[asking] = found
      }
    }
  }

  /// Returns what an encounter makes of the other person, or nil when it is too short or too far.
  private func partner(
    _ person: SubjectNumber, by entry: EncounterColumns.Entry, _ infectious: InfectiousSpans
  ) -> Partner? {
    let start = max(entry.start, infectious.from[Int(person)])
    let end = min(entry.end, infectious.until[Int(person)])
    guard Int64(end) - Int64(start) >= Int64(rules.degree.threshold), isNear(entry) else {
      return nil
    }
    return Partner(moment: start + rules.degree.threshold, end: end, subject: person)
  }

  /// A visit of an infectious person, clipped, and somebody's visit that shares time with it.
  private struct SharedVisit {
    var venue: Int
    var start: Int32
    var end: Int32
    var partnerPosition: UInt32
    var partnerEnd: Int32
    var position: UInt32
  }

  /// Returns the shared visits of an infectious person and another.
  ///
  /// - Complexity: O(n + m + k) for the visits of both and the pairs of them at common venues.
  private func sharedVisits(
    _ partner: SubjectNumber, _ person: SubjectNumber, _ infectious: InfectiousSpans
  ) -> [SharedVisit] {
    var shared: [SharedVisit] = []
    let theirs = columns.positions(of: person)
    // Both are ascending by venue, so that the venues need not be looked up one by one.
    var from = theirs.startIndex
    for position in columns.positions(of: partner) {
      let venue = columns.venueNumber(at: Int(position))
      let start = max(columns.enter[Int(position)], infectious.from[Int(partner)])
      let end = min(columns.leave[Int(position)], infectious.until[Int(partner)])
      guard start < end else { continue }
      while from < theirs.endIndex, Int(theirs[from]) < columns.venueStart[venue] { from += 1 }
      var place = from
      while place < theirs.endIndex, Int(theirs[place]) < columns.venueStart[venue + 1] {
        let other = Int(theirs[place])
        let first = max(start, columns.enter[other])
        let last = min(end, columns.leave[other])
        let areTogether =
          !rules.sameZone
          || VisitColumns.areTogether(
            columns.zone(at: other), columns.zone(at: Int(position)))
        if first < last, areTogether {
          shared.append(
            SharedVisit(
              venue: venue, start: first, end: last, partnerPosition: position, partnerEnd: end,
              position: UInt32(other)))
        }
        place += 1
      }
    }
    return shared
  }

  /// Returns the class of an encounter of an infectious person and another, and the shared visits
  /// that it was in.
  private func nearClass(
    _ partner: SubjectNumber, _ person: SubjectNumber, from start: Int32, to end: Int32,
    _ infectious: InfectiousSpans
  ) -> (exposureClass: ExposureClass, visits: [SharedVisit]) {
    let around = sharedVisits(partner, person, infectious)
      .filter { max($0.start, start) < min($0.end, end) }
      .sorted { $0.start < $1.start }
    var covered = start
    for visit in around where visit.start <= covered { covered = max(covered, visit.end) }
    return (covered >= end ? .nearAtVenue : .near, around)
  }

  /// One piece that could be the reason, with all that ties are broken by.
  private struct Reason {
    var start: Int32
    var end: Int32
    var exposureClass: ExposureClass
    var venues: [VenueID]
    var opening: [EvidenceID]
    var evidence: [EvidenceID]

    /// Whether this piece comes before another by the tie rules that follow the partner's.
    func precedes(_ other: Reason) -> Bool {
      if end != other.end { return end > other.end }
      if exposureClass != other.exposureClass { return exposureClass > other.exposureClass }
      if venues != other.venues { return venues.lexicographicallyPrecedes(other.venues) }
      return opening.lexicographicallyPrecedes(other.opening)
    }
  }

  /// Finds the piece that a partner stands for, and makes its row.
  private func explain(
    _ person: SubjectNumber, _ partner: Partner, _ infectious: InfectiousSpans
  ) -> Exposure? {
    let start = partner.moment - rules.degree.threshold
    var best: Reason?
    func consider(_ reason: Reason) {
      if best.map({ reason.precedes($0) }) ?? true { best = reason }
    }
    for visit in sharedVisits(partner.subject, person, infectious)
    where visit.start == start && visit.partnerEnd == partner.end
      && visit.end - visit.start >= rules.degree.threshold
    {
      let exposureClass: ExposureClass = tracer.isOpen[visit.venue] ? .openVenue : .closedVenue
      guard rules.isF1(exposureClass) else { continue }
      var evidence: [EvidenceID] = []
      appendEvidence(ofVisitAt: visit.partnerPosition, to: &evidence)
      appendEvidence(ofVisitAt: visit.position, to: &evidence)
      consider(
        Reason(
          start: start, end: visit.end, exposureClass: exposureClass,
          venues: [columns.venues[visit.venue]],
          opening: [opening(visit.partnerPosition), opening(visit.position)],
          evidence: evidence))
    }
    for entry in history.encounterColumns.entries(of: partner.subject)
    where entry.peer == person && self.partner(partner.subject, by: entry, infectious) == partner {
      let (exposureClass, visits) = nearClass(
        partner.subject, person, from: start, to: partner.end, infectious)
      guard rules.isF1(exposureClass) else { continue }
      let proof = history.encounters[Int(entry.encounter)].evidence
      var evidence = [proof]
      for visit in visits {
        appendEvidence(ofVisitAt: visit.partnerPosition, to: &evidence)
        appendEvidence(ofVisitAt: visit.position, to: &evidence)
      }
      consider(
        Reason(
          start: start, end: partner.end, exposureClass: exposureClass,
          venues: sortedOnce(visits.map { columns.venues[$0.venue] }), opening: [proof],
          evidence: evidence))
    }
    guard let best else { return nil }
    let seconds = Int(best.end) - Int(best.start)
    let isNear = best.exposureClass >= .near
    return Exposure(
      caseID: cases[Int(caseOf[Int(partner.subject)])].id, degree: Int(reachedDegree),
      contact: history.people[Int(person)], day: days.day(at: days.place(of: partner.moment)),
      exposureClass: best.exposureClass, seconds: seconds, nearSeconds: isNear ? seconds : 0,
      venueSeconds: isNear ? 0 : seconds, tailSeconds: 0,
      first: ColumnTime.unixSeconds(best.start), last: ColumnTime.unixSeconds(best.end),
      venues: best.venues, via: history.people[Int(partner.subject)], label: "F\(reachedDegree)",
      rule: rules.id, evidence: sortedOnce(best.evidence))
  }

  private func opening(_ position: UInt32) -> EvidenceID {
    history.visits[Int(columns.visit[Int(position)])].openedBy
  }
}
