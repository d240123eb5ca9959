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
  public func presence(at venue: VenueID, from: Int64, to: Int64) -> [VenuePresence] {
    guard let number = visitColumns.number(of: venue) else { return [] }
    var rows: [VenuePresence] = []
    for position in visitColumns.venueStart[number]..<visitColumns.venueStart[number + 1] {
      let visit = visits[Int(visitColumns.visit[position])]
      if visit.enter >= to { break }
      let start = max(visit.enter, from)
      let end = min(visit.leave, to)
      guard start < end else { continue }
      rows.append(
        VenuePresence(person: people[Int(visit.subject)], start: start, end: end, visit: visit))
    }
    return rows.sorted {
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
  public func milestones(
    of person: Pseudonym, from: Int64 = .min, to: Int64 = .max
  ) -> [Milestone] {
    guard let subject = number(of: person) else { return [] }
    func touches(_ start: Int64, _ end: Int64) -> Bool {
      start < to && (end > from || (start == end && start >= from))
    }
    var rows: [(milestone: Milestone, isEncounter: Int, evidence: EvidenceID)] = []
    for position in visitColumns.positions(of: subject) {
      let visit = visits[Int(visitColumns.visit[Int(position)])]
      guard touches(visit.enter, visit.leave) else { continue }
      rows.append(
        (Milestone(start: visit.enter, end: visit.leave, event: .visit(visit)), 0, visit.openedBy))
    }
    for entry in encounterColumns.entries(of: subject) {
      let encounter = encounters[Int(entry.encounter)]
      guard touches(encounter.start, encounter.end) else { continue }
      let event = Milestone.Event.encounter(peer: people[Int(entry.peer)], encounter)
      rows.append(
        (
          Milestone(start: encounter.start, end: encounter.end, event: event), 1,
          encounter.evidence
        ))
    }
    rows.sort {
      ($0.milestone.start, $0.milestone.end, $0.isEncounter, $0.evidence)
        < ($1.milestone.start, $1.milestone.end, $1.isEncounter, $1.evidence)
    }
    return rows.map(\.milestone)
  }
}
