internal import CommandKit
internal import CrossMatch
internal import Foundation
internal import Presence
internal import SyntheticCity
internal import Tracing
internal import VenueCodes

/// Visits and cases as numbers, as many million as are asked for: what engines are compared on.
///
/// A venue's popularity falls with its rank, but the busiest is not beyond belief: one in 300 visits.
/// Stays are at most four hours, which is what an engine that joins by buckets of time likes best.
struct NumberCity {
  static let venueCount = 20_000
  static let days = 21
  /// 2021-08-01.
  static let firstDay = LocalDay(daysSince2020: 578)

  let calendar = LocalCalendar.haiPhong
  let history: ExposureHistory
  /// How many encounters the history has.
  let encounterCount: Int
  let cases: [Case]
  private let windows: [Range<Int64>]

  /// Makes a city of a number of visits, with 40 visits a person, and of encounters.
  init(rows: Int, cases count: Int, encounters: Int = 0, rules: RuleSet) throws {
    var random = SeededGenerator(seed: 20_210_801)
    let peopleCount = max(2, rows / 40)
    let people = (0..<peopleCount).map { _ in Pseudonym(high: random.next(), low: random.next()) }
    let table = BenchPeople(people: people)
    let wheel = VenueWheel(count: Self.venueCount)
    var segments: [VisitSegment] = []
    var source: UInt32 = 0
    for day in 0..<Self.days {
      let midnight = ColumnTime.clamping(calendar.start(of: Self.firstDay.advanced(by: day)))
      let number = rows * (day + 1) / Self.days - rows * day / Self.days
      segments.append(
        VisitSegment(
          (0..<number).map { _ in
            let bits = random.next()
            // From 6 to 23 o'clock; the last leave after midnight.
            let enter = midnight + 21_600 + Int32(bits % 61_200)
            source += 1
            return VisitRecord(
              venue: UInt64(wheel.venue(at: UInt32(truncatingIfNeeded: random.next()))) + 1,
              enter: enter, leave: enter + 900 + Int32(bits >> 20 % 13_500),
              subject: SubjectNumber(random.next() % UInt64(peopleCount)), source: source)
          }))
    }
    // Visits are the same whether there are encounters or not.
    var radio = SeededGenerator(seed: 20_210_802)
    var near: [EncounterSegment] = []
    var nearCount = 0
    if encounters > 0 {
      for day in 0..<Self.days {
        let number = encounters * (day + 1) / Self.days - encounters * day / Self.days
        let records = Self.encounters(
          number, among: segments[day], peopleCount: peopleCount,
          midnight: ColumnTime.clamping(calendar.start(of: Self.firstDay.advanced(by: day))),
          &radio)
        nearCount += records.count
        near.append(EncounterSegment(records))
      }
    }
    encounterCount = nearCount
    func venues(_ belongs: (Int) -> Bool) -> Set<VenueID> {
      Set((0..<Self.venueCount).filter(belongs).compactMap { VenueID(rawValue: UInt64($0) + 1) })
    }
    let start = calendar.start(of: Self.firstDay)
    history = ExposureHistory(
      people: table, visits: VisitView(segments), encounters: EncounterView(near),
      evidence: BenchEvidence(), openVenues: venues(Self.isOpen),
      venuesWithoutTail: venues(Self.isAired),
      extent: start...(start + Int64(Self.days + 1) * 86_400))
    var cases: [Case] = []
    for place in 0..<min(count, peopleCount - 1) {
      let onset = Self.firstDay.advanced(by: 8 + place % 9)
      let isolation = calendar.start(of: onset.advanced(by: 3)) + Int64(place % 86_400)
      let digits = String(place)
      cases.append(
        try Case(
          id: "case-" + String(repeating: "0", count: 6 - digits.count) + digits,
          subject: people[place * (peopleCount / count > 0 ? peopleCount / count : 1)],
          onset: onset, isolation: place % 3 == 0 ? isolation : nil))
    }
    self.cases = cases
    windows = cases.map { [calendar] in rules.window(of: $0, in: calendar) }
  }

  /// The same history without its encounters.
  var historyOfVisits: ExposureHistory {
    ExposureHistory(
      people: history.people, visits: history.visits, encounters: EncounterView([]),
      evidence: history.evidence, openVenues: history.openVenues,
      venuesWithoutTail: history.venuesWithoutTail, extent: history.extent)
  }

  /// Makes the encounters of a day: four of five between two people who are at one venue.
  private static func encounters(
    _ count: Int, among visits: VisitSegment, peopleCount: Int, midnight: Int32,
    _ random: inout SeededGenerator
  ) -> [EncounterRecord] {
    var records: [EncounterRecord] = []
    records.reserveCapacity(count)
    // Where hardly anybody meets, as in a very small city, they are anywhere after some tries.
    var misses = 0
    while records.count < count {
      let bits = random.next()
      let attenuation = Int16(40 + bits % 50)
      let length = Int32(300 + bits >> 8 % 1_500)
      let first: SubjectNumber
      let second: SubjectNumber
      let start: Int32
      if bits >> 56 % 5 == 0 || visits.count < 2 || misses > 64 {
        let others = random.next()
        first = SubjectNumber(others % UInt64(peopleCount))
        second = SubjectNumber(others >> 32 % UInt64(peopleCount))
        start = midnight + 21_600 + Int32(bits >> 24 % 61_200)
      } else {
        // Rows are by venue and time, so that the visits that overlap are close to each other.
        let row = Int(random.next() % UInt64(visits.count))
        let other = row + 1 + Int(bits >> 40 % 8)
        guard other < visits.count, visits.venue(at: row) == visits.venue(at: other),
          visits.leave[row] > visits.enter[other]
        else {
          misses += 1
          continue
        }
        first = visits.subject[row]
        second = visits.subject[other]
        start = visits.enter[other]
      }
      guard first != second else { continue }
      misses = 0
      records.append(
        EncounterRecord(
          first: first, second: second, start: start, end: start + length,
          attenuation: attenuation, source: UInt32(records.count)))
    }
    return records
  }

  private static func isOpen(_ venue: Int) -> Bool { venue % 3 == 0 }
  private static func isAired(_ venue: Int) -> Bool { venue % 10 == 4 }

  // MARK: For the peers

  private static let columns = ["person", "venue", "enter", "leave"]

  /// Writes visits as columns of 32-bit numbers, and venues and cases as CSV.
  func write(cases chosen: [Case], to folder: String) throws {
    for name in Self.columns {
      var values: [Int32] = []
      values.reserveCapacity(history.visits.count)
      for segment in history.visits.segments {
        for row in segment.enter.indices {
          switch name {
          case "person": values.append(Int32(segment.subject[row]))
          case "venue": values.append(Int32(segment.venue(at: row)))
          case "enter": values.append(segment.enter[row])
          default: values.append(segment.leave[row])
          }
        }
      }
      try values.withUnsafeBytes { Data($0) }
        .write(to: URL(fileURLWithPath: "\(folder)/\(name).i32"))
    }
    var text = "venue,open,tail\n"
    for venue in 0..<Self.venueCount {
      let isOpen = Self.isOpen(venue)
      text += "\(venue + 1),\(isOpen ? 1 : 0),\(isOpen || Self.isAired(venue) ? 0 : 1)\n"
    }
    try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/venues.csv"))
    text = "place,person,first,last\n"
    for (place, one) in chosen.enumerated() {
      let person = try history.people.number(of: one.subject) ?? 0
      let window = windows[place]
      text += "\(place),\(person),\(ColumnTime.clamping(window.lowerBound)),"
      text += "\(ColumnTime.clamping(window.upperBound))\n"
    }
    try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/cases.csv"))
  }

  /// Removes the columns once a peer has laid them in its own files.
  func removeColumns(in folder: String) throws {
    for name in Self.columns {
      try FileManager.default.removeItem(atPath: "\(folder)/\(name).i32")
    }
  }
}

/// A wheel of fortune on which a venue's share is 1 / (rank + 50).
private struct VenueWheel {
  /// The share of all venues up to each, of 2³².
  private let upTo: [UInt32]

  init(count: Int) {
    let weights = (0..<count).map { 1 / Double($0 + 50) }
    let total = weights.reduce(0, +)
    var sum = 0.0
    upTo = weights.map {
      sum += $0
      return UInt32(sum / total * 4_294_967_294)
    }
  }

  func venue(at share: UInt32) -> Int {
    var low = 0
    var high = upTo.count - 1
    while low < high {
      let middle = (low + high) / 2
      if upTo[middle] < share { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

/// People in the order of their numbers.
private struct BenchPeople: PeopleTable {
  let people: Column<Pseudonym>
  private let numbers: [Pseudonym: SubjectNumber]

  init(people: [Pseudonym]) {
    self.people = Column(people)
    numbers = Dictionary(
      people.enumerated().map { ($1, SubjectNumber($0)) }, uniquingKeysWith: { first, _ in first })
  }

  var count: Int { people.count }
  var column: Column<Pseudonym>? { people }

  func pseudonym(of number: SubjectNumber) -> Pseudonym { people[Int(number)] }

  func number(of person: Pseudonym) -> SubjectNumber? { numbers[person] }
}

/// Evidence made up of positions, so that writing it is measured and not reading it.
private struct BenchEvidence: EvidenceLookup {
  func appendEvidence(ofVisits positions: [VisitPosition], to evidence: inout [VisitEvidence]) {
    for position in positions {
      evidence.append(
        VisitEvidence(
          openedBy: EvidenceID(
            high: 0x0190_7000_7000_7000 + UInt64(position.segment),
            low: 1 << 63 | UInt64(position.row)),
          closedBy: nil))
    }
  }

  func appendEvidence(
    ofEncounters positions: [EncounterPosition], to evidence: inout [EvidenceID]
  ) {
    evidence.append(contentsOf: repeatElement(EvidenceID(high: 0, low: 0), count: positions.count))
  }

  func visits(at positions: [VisitPosition]) throws -> [Visit] {
    throw CommandError("there are no whole visits here")
  }
}
