import Bluetooth
import Presence
import Tracing
import VenueCodes

/// The cross-match again, from its definition and as slowly as that reads: second by second.
///
/// It shares only value types with the product.
struct BruteForce {
  var people: [Pseudonym]
  var visits: [Visit]
  var encounters: [Encounter]
  var openVenues: Set<VenueID>
  var venuesWithoutTail: Set<VenueID>
  var isolations: [Pseudonym: Int64]
  var rules: RuleSet
  var calendar: LocalCalendar

  /// Who has which degree, when the exposure was complete, and by which case.
  private struct Standing {
    var degree: Int
    var moment: Int64
    var caseID: String
  }

  func rows(cases: [Case], degrees: Int) -> [Exposure] {
    let subjects = Set(cases.map(\.subject))
    var standing: [Pseudonym: Standing] = [:]
    var rows: [Exposure] = []
    for one in cases {
      for person in people where !subjects.contains(person) {
        for (row, moment) in exposures(of: person, to: one) {
          rows.append(row)
          guard let moment else { continue }
          if let known = standing[person] {
            if known.moment < moment { continue }
            let isSmaller = Array(one.id.utf8).lexicographicallyPrecedes(Array(known.caseID.utf8))
            if known.moment == moment && !isSmaller { continue }
          }
          standing[person] = Standing(degree: 1, moment: moment, caseID: one.id)
        }
      }
    }
    for degree in stride(from: 2, through: degrees, by: 1) {
      var added: [Pseudonym: Standing] = [:]
      for person in people where !subjects.contains(person) && standing[person] == nil {
        var best: Reason?
        for (partner, state) in standing where state.degree == degree - 1 {
          for reason in reasons(person: person, partner: partner, exposed: state.moment) {
            if let held = best, !reason.isBefore(held) { continue }
            best = reason
          }
        }
        guard let best, let caseID = standing[best.partner]?.caseID else { continue }
        added[person] = Standing(degree: degree, moment: best.moment, caseID: caseID)
        rows.append(row(of: best, person: person, caseID: caseID, degree: degree))
      }
      standing.merge(added) { old, _ in old }
    }
    return rows.sorted { left, right in
      if left.degree != right.degree { return left.degree < right.degree }
      if left.caseID != right.caseID {
        return Array(left.caseID.utf8).lexicographicallyPrecedes(Array(right.caseID.utf8))
      }
      if left.contact != right.contact { return left.contact < right.contact }
      return left.day < right.day
    }
  }

  // MARK: Degree 1

  private func window(of one: Case) -> (start: Int64, end: Int64) {
    var start: Int64 = .min
    var end: Int64 = .max
    if let onset = one.onset {
      start = calendar.start(
        of: onset.advanced(by: -rules.infectiousWindow.daysBeforeOnset))
      end = calendar.start(of: onset.advanced(by: rules.infectiousWindow.daysAfter + 1))
    } else if let specimen = one.specimen {
      start = calendar.start(
        of: specimen.advanced(by: -rules.infectiousWindow.daysBeforeSpecimen))
      end = calendar.start(of: specimen.advanced(by: rules.infectiousWindow.daysAfter + 1))
    }
    if let isolation = one.isolation { end = isolation }
    if let from = one.from { start = from }
    if let to = one.to { end = to }
    return (start, end)
  }

  private func areTogether(_ one: Visit, _ other: Visit) -> Bool {
    one.venue == other.venue
      && (!rules.sameZone || one.zone == 0 || other.zone == 0 || one.zone == other.zone)
  }

  private func visits(of person: Pseudonym) -> [Visit] {
    visits.filter { people[Int($0.subject)] == person }
  }

  private func encounters(_ one: Pseudonym, _ other: Pseudonym) -> [Encounter] {
    encounters.filter {
      let pair = [people[Int($0.first)], people[Int($0.second)]]
      return pair.contains(one) && pair.contains(other)
        && $0.attenuation <= rules.maximumAttenuation
    }
  }

  private func evidence(_ visit: Visit) -> [EvidenceID] {
    [visit.openedBy] + (visit.closedBy.map { [$0] } ?? [])
  }

  /// All that is known of one second.
  private struct Second {
    var isClosed = false
    var isOpen = false
    var isTail = false
    var isNear = false
    var venues: Set<VenueID> = []
    var evidence: Set<EvidenceID> = []

    var strongest: ExposureClass {
      if isNear && (isClosed || isOpen) { return .nearAtVenue }
      if isNear { return .near }
      if isClosed { return .closedVenue }
      if isTail { return .tail }
      return .openVenue
    }
  }

  private func exposures(
    of person: Pseudonym, to one: Case
  ) -> [(row: Exposure, moment: Int64?)] {
    let (start, end) = window(of: one)
    var seconds: [Int64: Second] = [:]
    func mark(_ from: Int64, _ to: Int64, _ change: (inout Second) -> Void) {
      var second = from
      while second < to {
        change(&seconds[second, default: Second()])
        second += 1
      }
    }
    for mine in visits(of: one.subject) {
      let isOpen = openVenues.contains(mine.venue)
      for theirs in visits(of: person) where areTogether(mine, theirs) {
        let proof = evidence(mine) + evidence(theirs)
        mark(
          max(mine.enter, start, theirs.enter), min(mine.leave, end, theirs.leave)
        ) {
          if isOpen { $0.isOpen = true } else { $0.isClosed = true }
          $0.venues.insert(mine.venue)
          $0.evidence.formUnion(proof)
        }
        let hasPart = max(mine.enter, start) < min(mine.leave, end)
        let isAired = isOpen || venuesWithoutTail.contains(mine.venue)
        guard !isAired, hasPart, mine.leave <= end else { continue }
        var length = Int64(Double(mine.leave - mine.enter) * rules.tail.slope)
        length = min(length, Int64(rules.tail.maximum))
        mark(max(mine.leave, theirs.enter), min(mine.leave + length, theirs.leave)) {
          $0.isTail = true
          $0.venues.insert(mine.venue)
          $0.evidence.formUnion(proof)
        }
      }
    }
    for encounter in encounters(one.subject, person) {
      mark(max(encounter.start, start), min(encounter.end, end)) {
        $0.isNear = true
        $0.evidence.insert(encounter.evidence)
      }
    }
    let byDay = Dictionary(grouping: seconds.sorted { $0.key < $1.key }) {
      calendar.day(of: $0.key)
    }
    return byDay.sorted { $0.key < $1.key }.map { day, seconds in
      judge(day, seconds, person: person, one: one)
    }
  }

  private func judge(
    _ day: LocalDay, _ seconds: [(key: Int64, value: Second)], person: Pseudonym, one: Case
  ) -> (row: Exposure, moment: Int64?) {
    var counts: [ExposureClass: Int] = [:]
    func isReached(_ candidate: ExposureClass) -> Bool {
      var sum = 0
      for (other, count) in counts where other >= candidate { sum += count }
      return sum >= Int(rules.criterion(of: candidate)?.threshold ?? .max)
    }
    let strongestFirst: [ExposureClass] = [.nearAtVenue, .near, .closedVenue, .tail, .openVenue]
    let decisive = strongestFirst.filter { rules.criterion(of: $0)?.label == .f1 }
    var moment: Int64?
    var venues: Set<VenueID> = []
    var proof: Set<EvidenceID> = []
    for (key, second) in seconds {
      counts[second.strongest, default: 0] += 1
      venues.formUnion(second.venues)
      proof.formUnion(second.evidence)
      if moment == nil, decisive.contains(where: isReached) { moment = key + 1 }
    }
    let reached = strongestFirst.first(where: isReached) ?? .brief
    func count(_ classes: ExposureClass...) -> Int {
      classes.reduce(0) { $0 + (counts[$1] ?? 0) }
    }
    let row = Exposure(
      caseID: one.id, degree: 1, contact: person, day: day, exposureClass: reached,
      seconds: seconds.count, nearSeconds: count(.near, .nearAtVenue),
      venueSeconds: count(.closedVenue, .openVenue), tailSeconds: count(.tail),
      first: seconds[0].key, last: seconds[seconds.count - 1].key + 1, venues: venues.sorted(),
      via: nil, label: rules.criterion(of: reached)?.label.rawValue ?? "brief",
      rule: rules.id, evidence: proof.sorted())
    return (row, moment)
  }

  // MARK: Degree 2 and more

  /// One piece that makes somebody a contact of the next degree.
  private struct Reason {
    var partner: Pseudonym
    var moment: Int64
    var partnerEnd: Int64
    var start: Int64
    var end: Int64
    var exposureClass: ExposureClass
    var venues: [VenueID]
    var opening: [EvidenceID]
    var evidence: [EvidenceID]

    func isBefore(_ other: Reason) -> Bool {
      if moment != other.moment { return moment < other.moment }
      if partnerEnd != other.partnerEnd { return partnerEnd > other.partnerEnd }
      if partner != other.partner { return partner < other.partner }
      if end - start != other.end - other.start { return end - start > other.end - other.start }
      if exposureClass != other.exposureClass { return exposureClass > other.exposureClass }
      if venues != other.venues { return venues.lexicographicallyPrecedes(other.venues) }
      return opening.lexicographicallyPrecedes(other.opening)
    }
  }

  private func reasons(person: Pseudonym, partner: Pseudonym, exposed: Int64) -> [Reason] {
    let from = exposed + rules.degree.latent
    let until = isolations[partner] ?? .max
    let minimum = Int64(rules.degree.threshold)
    var pieces: [(start: Int64, end: Int64, partnerEnd: Int64, mine: Visit, theirs: Visit)] = []
    for mine in visits(of: partner) {
      for theirs in visits(of: person) where areTogether(mine, theirs) {
        let start = max(mine.enter, from, theirs.enter)
        let partnerEnd = min(mine.leave, until)
        let end = min(partnerEnd, theirs.leave)
        if start < end { pieces.append((start, end, partnerEnd, mine, theirs)) }
      }
    }
    var found: [Reason] = []
    for piece in pieces where piece.end - piece.start >= minimum {
      let isOpen = openVenues.contains(piece.mine.venue)
      found.append(
        Reason(
          partner: partner, moment: piece.start + minimum, partnerEnd: piece.partnerEnd,
          start: piece.start, end: piece.end,
          exposureClass: isOpen ? .openVenue : .closedVenue, venues: [piece.mine.venue],
          opening: [piece.mine.openedBy, piece.theirs.openedBy],
          evidence: evidence(piece.mine) + evidence(piece.theirs)))
    }
    for encounter in encounters(partner, person) {
      let start = max(encounter.start, from)
      let end = min(encounter.end, until)
      guard end - start >= minimum else { continue }
      let around = pieces.filter { max($0.start, start) < min($0.end, end) }
      let isCovered = (start..<end).allSatisfy { second in
        around.contains { $0.start <= second && second < $0.end }
      }
      found.append(
        Reason(
          partner: partner, moment: start + minimum, partnerEnd: end, start: start, end: end,
          exposureClass: isCovered ? .nearAtVenue : .near,
          venues: Set(around.map(\.mine.venue)).sorted(), opening: [encounter.evidence],
          evidence: [encounter.evidence]
            + around.flatMap { evidence($0.mine) + evidence($0.theirs) }))
    }
    return found.filter { rules.criterion(of: $0.exposureClass)?.label == .f1 }
  }

  private func row(
    of reason: Reason, person: Pseudonym, caseID: String, degree: Int
  ) -> Exposure {
    let seconds = Int(reason.end - reason.start)
    let isNear = [.near, .nearAtVenue].contains(reason.exposureClass)
    return Exposure(
      caseID: caseID, degree: degree, contact: person, day: calendar.day(of: reason.moment),
      exposureClass: reason.exposureClass, seconds: seconds, nearSeconds: isNear ? seconds : 0,
      venueSeconds: isNear ? 0 : seconds, tailSeconds: 0, first: reason.start, last: reason.end,
      venues: reason.venues, via: reason.partner, label: "F\(degree)", rule: rules.id,
      evidence: Set(reason.evidence).sorted())
  }
}
