import Bluetooth
public import CrossMatch
public import Presence

/// The evidence that opened and closed a visit.
public struct VisitEvidence: Hashable, Sendable {
  /// The evidence that opened it.
  public var openedBy: EvidenceID
  /// The evidence that closed it, when some did.
  public var closedBy: EvidenceID?

  /// Makes a pair of ids.
  public init(openedBy: EvidenceID, closedBy: EvidenceID?) {
    self.openedBy = openedBy
    self.closedBy = closedBy
  }
}

/// The facts of visits and encounters that are too large for columns.
///
/// A trace asks for them in batches, thousands at a time and in no order, and only when an answer
/// shows them. Every member may be called from many threads at once.
public protocol EvidenceLookup: Sendable {
  /// Adds the evidence of visits, one entry for each position and in their order.
  ///
  /// - Throws: What keeps the evidence from being read.
  func appendEvidence(
    ofVisits positions: [VisitPosition], to evidence: inout [VisitEvidence]) throws

  /// Adds one piece of evidence of each encounter, in the order of positions: the one with the smallest
  /// id where there are several.
  ///
  /// - Throws: What keeps the evidence from being read.
  func appendEvidence(
    ofEncounters positions: [EncounterPosition], to evidence: inout [EvidenceID]) throws

  /// Adds all evidence of encounters: an encounter that was derived from sightings stands on all of
  /// them, and has it once however many of the positions are runs of it.
  ///
  /// - Returns: Where in the evidence that of each position is; runs of one encounter share it.
  /// - Throws: What keeps the evidence from being read.
  func appendAllEvidence(
    ofEncounters positions: [EncounterPosition], to evidence: inout [EvidenceID]
  ) throws -> [Range<Int>]

  /// Returns whole visits, one for each position and in their order.
  ///
  /// - Throws: What keeps the visits from being read.
  func visits(at positions: [VisitPosition]) throws -> [Visit]

  /// Returns the grades of the evidence that opened visits, one for each position and in their order;
  /// nil where nobody said.
  ///
  /// - Throws: What keeps the evidence from being read.
  func grades(ofVisits positions: [VisitPosition]) throws -> [Int8?]
}

extension EvidenceLookup {
  /// Says of no evidence how sure it is.
  public func grades(ofVisits positions: [VisitPosition]) -> [Int8?] { positions.map { _ in nil } }
}

extension EvidenceLookup {
  /// Takes the one piece of each encounter for all there is.
  public func appendAllEvidence(
    ofEncounters positions: [EncounterPosition], to evidence: inout [EvidenceID]
  ) throws -> [Range<Int>] {
    let first = evidence.count
    try appendEvidence(ofEncounters: positions, to: &evidence)
    return (first..<evidence.count).map { $0..<$0 + 1 }
  }
}

/// The facts of visits and encounters that are in arrays: the `source` of a row is a place in them.
struct EvidenceInMemory: EvidenceLookup {
  let visits: [Visit]
  let encounters: [Encounter]
  let visitView: VisitView
  let encounterView: EncounterView

  private func visit(at position: VisitPosition) -> Visit {
    visits[Int(visitView.segments[Int(position.segment)].source[Int(position.row)])]
  }

  func appendEvidence(ofVisits positions: [VisitPosition], to evidence: inout [VisitEvidence]) {
    for position in positions {
      let visit = visit(at: position)
      evidence.append(VisitEvidence(openedBy: visit.openedBy, closedBy: visit.closedBy))
    }
  }

  func appendEvidence(
    ofEncounters positions: [EncounterPosition], to evidence: inout [EvidenceID]
  ) {
    for position in positions {
      let segment = encounterView.segments[Int(position.segment)]
      evidence.append(encounters[Int(segment.source[Int(position.row)])].evidence)
    }
  }

  func visits(at positions: [VisitPosition]) -> [Visit] {
    positions.map(visit)
  }
}
