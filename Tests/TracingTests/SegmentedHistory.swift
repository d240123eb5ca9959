import Bluetooth
import CrossMatch
import Presence
import TestSupport
import Tracing
import VenueCodes

extension RandomStore {
  /// The history in memory.
  func history() throws -> ExposureHistory {
    try ExposureHistory(
      people: people, visits: visits, encounters: encounters, openVenues: openVenues,
      venuesWithoutTail: venuesWithoutTail)
  }

  /// The same history as a store might keep it: rows scattered over segments that overlap, void
  /// rows among them, numbers with gaps.
  func segmentedHistory(seed: Int) throws -> ExposureHistory {
    var random = SeededGenerator(seed: UInt64(seed) &* 7_919)
    var numbers = Set<SubjectNumber>()
    while numbers.count < people.count {
      numbers.insert(SubjectNumber.random(in: 0..<100, using: &random))
    }
    let table = SparsePeople(people: people, numbers: numbers.shuffled(using: &random))
    let segmentCount = Int.random(in: 1...6, using: &random)
    var visitParts = [[VisitRecord]](repeating: [], count: segmentCount)
    var encounterParts = [[EncounterRecord]](repeating: [], count: segmentCount)
    func part() -> Int { Int.random(in: 0..<segmentCount, using: &random) }
    for (row, visit) in visits.enumerated() {
      var record = VisitRecord(
        venue: visit.venue.rawValue, enter: ColumnTime.clamping(visit.enter),
        leave: ColumnTime.clamping(visit.leave), subject: table.numbers[Int(visit.subject)],
        source: UInt32(row), zone: visit.zone)
      visitParts[part()].append(record)
      if random.oneIn(3) {
        // What was believed before late evidence came.
        record.leave = record.enter - Int32.random(in: 1...5, using: &random)
        visitParts[part()].append(record)
      }
    }
    for (row, encounter) in encounters.enumerated() {
      var record = EncounterRecord(
        first: table.numbers[Int(encounter.first)], second: table.numbers[Int(encounter.second)],
        start: ColumnTime.clamping(encounter.start), end: ColumnTime.clamping(encounter.end),
        attenuation: encounter.attenuation, source: UInt32(row))
      encounterParts[part()].append(record)
      if random.oneIn(3) {
        record.end = record.start - 1
        encounterParts[part()].append(record)
      }
    }
    let visitView = VisitView(visitParts.map { VisitSegment($0) })
    let encounterView = EncounterView(encounterParts.map { EncounterSegment($0) })
    let moments =
      visits.flatMap { [$0.enter, $0.leave] } + encounters.flatMap { [$0.start, $0.end] }
    var extent: ClosedRange<Int64>?
    if let first = moments.min(), let last = moments.max() { extent = first...last }
    return ExposureHistory(
      people: table, visits: visitView, encounters: encounterView,
      evidence: ScatteredEvidence(
        visits: visits, encounters: encounters, visitView: visitView, encounterView: encounterView),
      openVenues: openVenues, venuesWithoutTail: venuesWithoutTail, extent: extent)
  }
}

/// People whose numbers have gaps.
private struct SparsePeople: PeopleTable {
  let people: [Pseudonym]
  let numbers: [SubjectNumber]
  var count: Int { 100 }

  func pseudonym(of number: SubjectNumber) -> Pseudonym {
    numbers.firstIndex(of: number).map { people[$0] } ?? Pseudonym(high: 0, low: 0)
  }

  func number(of person: Pseudonym) -> SubjectNumber? {
    people.firstIndex(of: person).map { numbers[$0] }
  }
}

/// Evidence by the source of a row.
private struct ScatteredEvidence: EvidenceLookup {
  let visits: [Visit]
  let encounters: [Encounter]
  let visitView: VisitView
  let encounterView: EncounterView

  func visits(at positions: [VisitPosition]) -> [Visit] {
    positions.map {
      visits[Int(visitView.segments[Int($0.segment)].source[Int($0.row)])]
    }
  }

  func appendEvidence(ofVisits positions: [VisitPosition], to evidence: inout [VisitEvidence]) {
    for visit in visits(at: positions) {
      evidence.append(VisitEvidence(openedBy: visit.openedBy, closedBy: visit.closedBy))
    }
  }

  func appendEvidence(
    ofEncounters positions: [EncounterPosition], to evidence: inout [EvidenceID]
  ) {
    for position in positions {
      let source = encounterView.segments[Int(position.segment)].source[Int(position.row)]
      evidence.append(encounters[Int(source)].evidence)
    }
  }
}
