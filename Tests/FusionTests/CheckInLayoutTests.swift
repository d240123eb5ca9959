import Bluetooth
import CrossMatch
import Fusion
import Presence
import TestSupport
import Testing
import Tracing
import VenueCodes

/// What Bluetooth says of check-ins does not follow from how a store keeps its rows.
@Suite("Check-ins by Bluetooth, however rows are kept") struct CheckInLayoutTests {
  @Test("Rows scattered over segments say the same of every check-in", arguments: 1...60)
  func isIndependentOfLayout(seed: Int) throws {
    let crowd = try Crowd(seed: UInt64(seed))
    let expected = try crowd.answers(in: crowd.whole())
    for layout in 0..<4 {
      let found = try crowd.answers(in: crowd.scattered(seed: UInt64(seed * 100 + layout)))
      #expect(found == expected, "seed \(seed), layout \(layout)")
    }
  }

  @Test("The crowds have silences of every size, confirmations and contradictions")
  func crowdsDiffer() throws {
    var verdicts: Set<CheckInCorroboration.Verdict> = []
    var silences: Set<Int> = []
    for seed in 1...60 {
      let crowd = try Crowd(seed: UInt64(seed))
      for answer in try crowd.answers(in: crowd.whole()) {
        verdicts.insert(answer.verdict)
        for case .silence(let phones) in answer.reasons.map(\.fact) { silences.insert(phones) }
      }
    }
    #expect(verdicts == Set(CheckInCorroboration.Verdict.allCases))
    #expect(silences == Set(1...CheckInCorroboration.crowdOfPhones))
  }
}

/// A venue full of people, few of whose phones work, and a mall around it.
private struct Crowd {
  static let people = (0..<120).map { Pseudonym(high: UInt64($0) << 4, low: 0) }
  static let midnight = LocalCalendar.haiPhong.start(of: FusionStory.day)
  let visits: [Visit]
  let encounters: [Encounter]
  let listening: [ListeningRecord]
  let surroundings: [VenueID: Set<VenueID>]

  init(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let venues = (1...3 as ClosedRange<UInt64>).compactMap { VenueID(rawValue: $0) }
    surroundings = [venues[1]: [venues[0]]]
    func moment(_ minutes: ClosedRange<Int64>) -> Int64 {
      Self.midnight + Int64.random(in: minutes, using: &random) * 60
    }
    var visits: [Visit] = []
    for number in 0..<SubjectNumber(Self.people.count) {
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let enter = moment(540...560)
        visits.append(
          Visit(
            subject: number, venue: venues[random.oneIn(6) ? 1 : random.oneIn(8) ? 2 : 0],
            zone: random.oneIn(3) ? UInt8.random(in: 1...3, using: &random) : 0, enter: enter,
            leave: enter + Int64.random(in: 5...60, using: &random) * 60,
            openedBy: EvidenceID(high: 1, low: UInt64(visits.count))))
      }
    }
    // Between no phone and eight phones work.
    let working = (0..<SubjectNumber(Self.people.count)).shuffled(using: &random)
      .prefix(Int.random(in: 0...8, using: &random))
    var listening: [ListeningRecord] = []
    for person in working {
      for _ in 0..<2 {
        let start = moment(530...560)
        listening.append(
          ListeningRecord(
            person: person, start: ColumnTime.clamping(start),
            end: ColumnTime.clamping(start + Int64.random(in: 5...60, using: &random) * 60)))
      }
    }
    var encounters: [Encounter] = []
    for _ in 0..<Int.random(in: 0...3, using: &random) {
      let start = moment(540...580)
      if let encounter = Encounter(
        SubjectNumber.random(in: 0..<120, using: &random),
        SubjectNumber.random(in: 0..<120, using: &random), start: start, end: start + 300,
        attenuation: 60, evidence: EvidenceID(high: 2, low: UInt64(encounters.count)))
      {
        encounters.append(encounter)
      }
    }
    self.visits = visits
    self.encounters = encounters
    self.listening = listening
  }

  /// The history with all rows in one segment.
  func whole() throws -> ExposureHistory {
    try ExposureHistory(
      people: Self.people, visits: visits, encounters: encounters, listening: listening,
      surroundings: surroundings)
  }

  /// The history with rows scattered over segments that overlap.
  func scattered(seed: UInt64) throws -> ExposureHistory {
    var random = SeededGenerator(seed: seed)
    func scatter<Row>(_ rows: [Row]) -> [[Row]] {
      var parts = [[Row]](repeating: [], count: Int.random(in: 2...6, using: &random))
      for row in rows.shuffled(using: &random) {
        parts[Int.random(in: parts.indices, using: &random)].append(row)
      }
      return parts
    }
    let visitRows = visits.enumerated().map { row, visit in
      VisitRecord(
        venue: visit.venue.rawValue, enter: ColumnTime.clamping(visit.enter),
        leave: ColumnTime.clamping(visit.leave), subject: visit.subject, source: UInt32(row),
        zone: visit.zone)
    }
    let encounterRows = encounters.enumerated().map { row, encounter in
      EncounterRecord(
        first: encounter.first, second: encounter.second,
        start: ColumnTime.clamping(encounter.start), end: ColumnTime.clamping(encounter.end),
        attenuation: encounter.attenuation, source: UInt32(row), quality: encounter.quality)
    }
    let visitView = VisitView(scatter(visitRows).map { VisitSegment($0) })
    let encounterView = EncounterView(scatter(encounterRows).map { EncounterSegment($0) })
    let plain = try whole()
    return ExposureHistory(
      people: plain.people, visits: visitView, encounters: encounterView,
      listening: ListeningView(
        scatter(listening).map { ListeningSegment($0) }, encounters: encounterView),
      evidence: Scattered(
        visits: visits, encounters: encounters, visitView: visitView, encounterView: encounterView),
      surroundings: surroundings, extent: plain.extent)
  }

  /// What a history says of every visit, in the order of the visits.
  func answers(in history: ExposureHistory) throws -> [CheckInCorroboration] {
    let witness = CheckInWitness(history: history, namesEvidence: true)
    return try visits.map { try witness.corroboration(of: $0) }
  }

  /// Evidence by the source of a row.
  private struct Scattered: EvidenceLookup {
    let visits: [Visit]
    let encounters: [Encounter]
    let visitView: VisitView
    let encounterView: EncounterView

    func visits(at positions: [VisitPosition]) -> [Visit] {
      positions.map { visits[Int(visitView.segments[Int($0.segment)].source[Int($0.row)])] }
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
        let segment = encounterView.segments[Int(position.segment)]
        evidence.append(encounters[Int(segment.source[Int(position.row)])].evidence)
      }
    }
  }
}
