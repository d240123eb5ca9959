public import Bluetooth
import CrossMatch
public import Presence
public import VenueCodes

/// One person's stay at a venue within the time that was asked for.
public struct VenuePresence: Hashable, Sendable {
  /// Who.
  public let person: Pseudonym
  /// The first second inside within the time asked for, in Unix seconds.
  public let start: Int64
  /// The first second after, or the end of the time asked for, in Unix seconds.
  public let end: Int64
  /// The whole visit.
  public let visit: Visit
}

/// One thing that is known of a person: a visit or an encounter.
public struct Milestone: Hashable, Sendable {
  /// What it is.
  public enum Event: Hashable, Sendable {
    /// The person was at a venue.
    case visit(Visit)
    /// The person was near someone.
    case encounter(peer: Pseudonym, Encounter)
  }

  /// When it began, in Unix seconds.
  public let start: Int64
  /// When it ended (half-open), in Unix seconds.
  public let end: Int64
  /// What it is.
  public let event: Event
}

extension ExposureHistory {
  /// Returns who was at a venue for at least a second of `[from, to)`, by start, then by person.
  ///
  /// One row a visit: whoever left and came back is there twice.
  ///
  /// - Throws: What keeps people or visits from being looked up.
  /// - Complexity: That of finding the rows, and O(k log k) for k of them.
  public func presence(at venue: VenueID, from: Int64, to: Int64) throws -> [VenuePresence] {
    // Columns hold no moment outside their range, so that clamping an end changes no answer.
    let first = ColumnTime.clamping(from)
    let last = ColumnTime.clamping(to)
    guard first < last else { return [] }
    var shared: [SharedSpan] = []
    visits.appendShared(
      with: IndexSpan(
        venue: venue, zone: 0, subject: .max, start: first, end: last, tag: 0),
      sameZone: false, to: &shared)
    let whole = try evidence.visits(
      at: shared.map { VisitPosition(segment: $0.segment, row: $0.row) })
    return zip(shared, whole).map { span, visit in
      VenuePresence(
        person: people.pseudonym(of: span.other), start: ColumnTime.unixSeconds(span.start),
        end: ColumnTime.unixSeconds(span.end), visit: visit)
    }.sorted {
      ($0.start, $0.person, $0.end, $0.visit.openedBy)
        < ($1.start, $1.person, $1.end, $1.visit.openedBy)
    }
  }

  /// Returns what is known of a person in time order: visits and encounters that touch `[from, to)`,
  /// whole.
  ///
  /// A row of no duration counts where its moment is in the time asked for. Of rows with equal times
  /// visits come first, then the order of their evidence.
  ///
  /// - Parameters:
  ///   - person: Who; somebody unknown has no milestones.
  ///   - from: The first moment of interest, in Unix seconds.
  ///   - to: The first moment after, in Unix seconds.
  /// - Returns: The rows by start, then by end.
  /// - Throws: What keeps people, visits or evidence from being looked up.
  public func milestones(
    of person: Pseudonym, from: Int64 = .min, to: Int64 = .max
  ) throws -> [Milestone] {
    guard let subject = try people.number(of: person) else { return [] }
    func touches(_ start: Int32, _ end: Int32) -> Bool {
      let start = ColumnTime.unixSeconds(start)
      let end = ColumnTime.unixSeconds(end)
      return start < to && (end > from || (start == end && start >= from))
    }
    let positions = visits.positions(of: subject).filter {
      let segment = Int($0.segment)
      let row = Int($0.row)
      return touches(visits.segments[segment].enter[row], visits.segments[segment].leave[row])
    }
    var rows = try evidence.visits(at: positions).map { visit in
      (
        milestone: Milestone(start: visit.enter, end: visit.leave, event: .visit(visit)),
        isEncounter: 0, evidence: visit.openedBy
      )
    }
    var entries: [EncounterEntry] = []
    encounters.forEachEntry(of: subject) { entry in
      if touches(entry.start, entry.end) { entries.append(entry) }
    }
    var proofs: [EvidenceID] = []
    try evidence.appendEvidence(ofEncounters: entries.map(\.position), to: &proofs)
    for (entry, proof) in zip(entries, proofs) {
      let start = ColumnTime.unixSeconds(entry.start)
      let end = ColumnTime.unixSeconds(entry.end)
      guard
        let encounter = Encounter(
          subject, entry.peer, start: start, end: end, attenuation: entry.attenuation,
          quality: entry.quality, evidence: proof)
      else { continue }
      let event = Milestone.Event.encounter(peer: people.pseudonym(of: entry.peer), encounter)
      rows.append((Milestone(start: start, end: end, event: event), 1, proof))
    }
    rows.sort {
      ($0.milestone.start, $0.milestone.end, $0.isEncounter, $0.evidence)
        < ($1.milestone.start, $1.milestone.end, $1.isEncounter, $1.evidence)
    }
    return rows.map(\.milestone)
  }

  /// Returns the person with the smallest number whose pseudonym has a short form, or nil.
  ///
  /// - Complexity: O(n) in the number of people.
  public func person(shortForm: String) -> Pseudonym? {
    guard let wanted = Pseudonym.first60Bits(ofShortForm: shortForm) else { return nil }
    for number in 0..<SubjectNumber(people.count) {
      let person = people.pseudonym(of: number)
      if person.high >> 4 == wanted { return person }
    }
    return nil
  }
}
