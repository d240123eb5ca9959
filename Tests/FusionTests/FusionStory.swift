import Bluetooth
import CrossMatch
import Fusion
import Presence
import Tracing
import VenueCodes

/// A history written in words, for examples that were worked out by hand.
///
/// People are letters; venues are `Café`, `Hotel` (closed) and `Park` (open), and `Mall`, which `Shop`
/// and `Kiosk` are in. Times are local on 6 August 2020. Evidence ids are numbered as the rows come: visits from 1:0, encounters from 2:0.
struct FusionStory {
  static let venues = ["Café", "Hotel", "Park", "Mall", "Shop", "Kiosk"]
  static let people = (UInt64(65)...90).map { Pseudonym(high: $0 << 4, low: 0) }
  static let day = LocalDay(daysSince2020: 218)
  let history: ExposureHistory

  /// Reads a story.
  ///
  /// - Parameters:
  ///   - visits: As `A Café 09:00 09:45` with both ends given, `A Café:2 09:00 09:45 exit` for zone 2
  ///     and an exit scan, `… usual 18:00` for a usual stay that may have lasted until then, `… next`
  ///     for a check-in elsewhere, `… unknown` for an exit without an entry.
  ///   - near: As `A B 09:00 09:15 60±4`, with `one` behind it when only one heard.
  ///   - listening: As `A 09:00 10:00`.
  ///   - posters: The places of visits that stand on a poster's code.
  /// - Throws: `Misread` for what is no story.
  init(
    visits: [String] = [], near: [String] = [], listening: [String] = [], posters: Set<Int> = []
  ) throws {
    var rows: [Visit] = []
    for (number, text) in visits.enumerated() {
      let words = text.split(separator: " ").map(String.init)
      let place = words[1].split(separator: ":").map(String.init)
      var visit = Visit(
        subject: try Self.subject(words[0]), venue: try Self.venue(place[0]),
        zone: place.count > 1 ? UInt8(place[1]) ?? 0 : 0, enter: try Self.time(words[2]),
        leave: try Self.time(words[3]), openedBy: EvidenceID(high: 1, low: UInt64(number)))
      switch words.count > 4 ? words[4] : "" {
      case "": break
      case "exit":
        visit.endReason = .exitScan
        visit.closedBy = EvidenceID(high: 1, low: UInt64(100 + number))
      case "next":
        visit.endReason = .nextCheckIn
        visit.earliestLeave = visit.enter
      case "usual":
        visit.endReason = .defaultStay
        visit.earliestLeave = visit.enter
        visit.latestLeave = try Self.time(words[5])
      case "unknown":
        visit.endReason = .exitScan
        visit.isStartUnknown = true
        visit.closedBy = visit.openedBy
      default: throw Misread(text: text)
      }
      rows.append(visit)
    }
    var encounters: [Encounter] = []
    for (number, text) in near.enumerated() {
      let words = text.split(separator: " ").map(String.init)
      let numbers = words[4].split(separator: "±")
      guard let attenuation = Int16(numbers[0]),
        let encounter = Encounter(
          try Self.subject(words[0]), try Self.subject(words[1]), start: try Self.time(words[2]),
          end: try Self.time(words[3]), attenuation: attenuation,
          quality: EncounterQuality(
            isOneSided: words.last == "one",
            uncertainty: numbers.count > 1 ? UInt8(numbers[1]) : nil),
          evidence: EvidenceID(high: 2, low: UInt64(number)))
      else { throw Misread(text: text) }
      encounters.append(encounter)
    }
    let spans = try listening.map { text in
      let words = text.split(separator: " ").map(String.init)
      return ListeningRecord(
        person: try Self.subject(words[0]), start: ColumnTime.clamping(try Self.time(words[1])),
        end: ColumnTime.clamping(try Self.time(words[2])))
    }
    let plain = try ExposureHistory(
      people: Self.people, visits: rows, encounters: encounters, listening: spans,
      openVenues: [try Self.venue("Park")],
      surroundings: [
        try Self.venue("Shop"): [try Self.venue("Mall")],
        try Self.venue("Kiosk"): [try Self.venue("Mall")],
      ])
    history = ExposureHistory(
      people: plain.people, visits: plain.visits, encounters: plain.encounters,
      listening: plain.listening,
      evidence: Graded(
        plain: plain.evidence, posters: Set(posters.map { rows[$0].openedBy })),
      openVenues: plain.openVenues, surroundings: plain.surroundings, extent: plain.extent)
  }

  /// What a story says that cannot be read.
  struct Misread: Error {
    let text: String
  }

  /// A lookup that knows which check-ins stand on a poster's code.
  private struct Graded: EvidenceLookup {
    let plain: any EvidenceLookup
    let posters: Set<EvidenceID>

    func appendEvidence(
      ofVisits positions: [VisitPosition], to evidence: inout [VisitEvidence]
    ) throws {
      try plain.appendEvidence(ofVisits: positions, to: &evidence)
    }

    func appendEvidence(
      ofEncounters positions: [EncounterPosition], to evidence: inout [EvidenceID]
    ) throws {
      try plain.appendEvidence(ofEncounters: positions, to: &evidence)
    }

    func visits(at positions: [VisitPosition]) throws -> [Visit] {
      try plain.visits(at: positions)
    }

    func grades(ofVisits positions: [VisitPosition]) throws -> [Int8?] {
      try plain.visits(at: positions).map { posters.contains($0.openedBy) ? 1 : 2 }
    }
  }

  static func venue(_ name: String) throws -> VenueID {
    guard let place = venues.firstIndex(of: name),
      let venue = VenueID(rawValue: UInt64(place) + 1)
    else { throw Misread(text: name) }
    return venue
  }

  static func name(_ venue: VenueID) -> String {
    let place = Int(venue.rawValue) - 1
    return venues.indices.contains(place) ? venues[place] : "\(venue)"
  }

  static func subject(_ letter: String) throws -> SubjectNumber {
    guard let code = letter.utf8.first, (65...90).contains(code) else {
      throw Misread(text: letter)
    }
    return SubjectNumber(code - 65)
  }

  static func person(_ letter: String) throws -> Pseudonym { people[Int(try subject(letter))] }

  static func letter(_ person: Pseudonym) -> String {
    String(UnicodeScalar(UInt8(truncatingIfNeeded: person.high >> 4)))
  }

  static func time(_ clock: String) throws -> Int64 {
    try ISO8601.parse("2020-08-06T\(clock)\(clock.count < 6 ? ":00" : "")+07:00")
  }

  static func span(_ start: String, _ end: String) throws -> Range<Int64> {
    try time(start)..<(try time(end))
  }

  /// The numbers of decision 3638, as the design has them.
  static let rules = RuleSet(
    id: "3638-2021", source: "the design", validFrom: LocalDay(daysSince2020: 576),
    infectiousWindow: RuleSet.InfectiousWindow(
      daysBeforeOnset: 3, daysBeforeSpecimen: 3, daysAfter: 14),
    openVenue: RuleSet.Criterion(threshold: 1_800, label: .factor),
    tailed: RuleSet.Criterion(threshold: 1_800, label: .factor),
    closedVenue: RuleSet.Criterion(threshold: 900, label: .f1),
    near: RuleSet.Criterion(threshold: 900, label: .f1),
    nearAtVenue: RuleSet.Criterion(threshold: 900, label: .f1),
    tail: RuleSet.Tail(slope: 1, maximum: 1_800), sameZone: false, maximumAttenuation: 63,
    degree: RuleSet.Degree(threshold: 900, latent: 172_800))

  /// Person A as a case with onset on the day.
  static func caseA() throws -> Case {
    try Case(id: "BN-1", subject: try person("A"), onset: day)
  }

  var gatherer: PairGatherer {
    PairGatherer(
      history: history, rules: Self.rules, calendar: .haiPhong,
      witness: CheckInWitness(history: history, namesEvidence: true))
  }
}
