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
    /// The person was near someone: with the smallest attenuation there was, and one-sided only when
    /// all of it was.
    case encounter(peer: Pseudonym, Encounter)
  }

  /// How long an encounter had one attenuation.
  public struct Nearness: Hashable, Sendable {
    /// The attenuation in dB.
    public let attenuation: Int16
    /// How many seconds.
    public let seconds: Int64
  }

  /// When it began, in Unix seconds.
  public let start: Int64
  /// When it ended (half-open), in Unix seconds.
  public let end: Int64
  /// What it is.
  public let event: Event
  /// How long an encounter had which attenuation, the nearest first; empty for a visit.
  ///
  /// An encounter that was given has one, one that was derived from sightings has one a run.
  public let nearness: [Nearness]
  /// All evidence that it stands on, ascending.
  public let evidence: [EvidenceID]
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
        milestone: Milestone(
          start: visit.enter, end: visit.leave, event: .visit(visit), nearness: [],
          evidence: visit.evidence.sorted()),
        isEncounter: 0, evidence: visit.openedBy
      )
    }
    let wholes = self.encounters(of: subject).filter { runs in
      touches(runs[0].start, runs.last?.end ?? runs[0].end)
    }
    var proofs: [EvidenceID] = []
    let places = try evidence.appendAllEvidence(
      ofEncounters: wholes.map { $0[0].position }, to: &proofs)
    for (runs, place) in zip(wholes, places) {
      let own = proofs[place].sorted()
      guard let encounter = Encounter(subject, runs: runs, evidence: own) else { continue }
      let event = Milestone.Event.encounter(
        peer: people.pseudonym(of: runs[0].peer), encounter)
      let milestone = Milestone(
        start: encounter.start, end: encounter.end, event: event,
        nearness: Milestone.nearness(of: runs), evidence: own)
      rows.append((milestone, 1, encounter.evidence))
    }
    rows.sort {
      ($0.milestone.start, $0.milestone.end, $0.isEncounter, $0.evidence)
        < ($1.milestone.start, $1.milestone.end, $1.isEncounter, $1.evidence)
    }
    return rows.map(\.milestone)
  }

  /// Returns the encounters of a person as their runs: those of one that was derived from sightings
  /// touch, one that was given is alone.
  private func encounters(of subject: SubjectNumber) -> [[EncounterEntry]] {
    var wholes: [[EncounterEntry]] = []
    /// The place of the newest encounter with each peer.
    var newest: [SubjectNumber: Int] = [:]
    encounters.forEachEntry(of: subject) { entry in
      let segment = entry.position.segment
      if encounters.segments[Int(segment)].isDerived, let place = newest[entry.peer],
        let last = wholes[place].last, last.position.segment == segment, last.end == entry.start
      {
        wholes[place].append(entry)
      } else {
        newest[entry.peer] = wholes.count
        wholes.append([entry])
      }
    }
    return wholes
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

extension Milestone {
  /// Adds up how long each attenuation was there.
  fileprivate static func nearness(of runs: [EncounterEntry]) -> [Nearness] {
    var seconds: [Int16: Int64] = [:]
    for run in runs { seconds[run.attenuation, default: 0] += Int64(run.end) - Int64(run.start) }
    return seconds.sorted { $0.key < $1.key }
      .map { Nearness(attenuation: $0.key, seconds: $0.value) }
  }
}

extension Encounter {
  /// Makes one encounter of its runs.
  fileprivate init?(
    _ subject: SubjectNumber, runs: [EncounterEntry], evidence: [EvidenceID]
  ) {
    let uncertainties = runs.map(\.quality.uncertainty)
    guard let first = runs.first, let last = runs.last, let proof = evidence.first,
      let nearest = runs.map(\.attenuation).min()
    else { return nil }
    self.init(
      subject, first.peer, start: ColumnTime.unixSeconds(first.start),
      end: ColumnTime.unixSeconds(last.end), attenuation: nearest,
      quality: EncounterQuality(
        isOneSided: runs.allSatisfy(\.quality.isOneSided),
        uncertainty: uncertainties.contains(nil) ? nil : uncertainties.compactMap { $0 }.max()),
      evidence: proof)
  }
}
