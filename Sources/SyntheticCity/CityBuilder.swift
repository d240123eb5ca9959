internal import Presence
internal import VenueCodes

/// The making of a `SyntheticCity`.
struct CityBuilder {
  private(set) var scans: [SyntheticScan] = []
  private(set) var encounters: [SyntheticEncounter] = []
  private(set) var visits: [SyntheticVisit] = []
  private(set) var presences: [SyntheticVisit] = []
  private(set) var cases: [SyntheticCase] = []

  private var generator: SeededGenerator
  private let crowd: VenueCrowd
  private let people: Int
  private let firstDay: LocalDay
  private let days: Int
  private let calendar: LocalCalendar
  private let subjects: [String]
  /// Whose phones take part.
  private var hasPhone: [Bool] = []
  /// Where each person goes again and again.
  private var favourites: [[Int]] = []
  /// Whether a venue's scanners tell in from out.
  private var tellsDirection: [Bool] = []
  private var stays: [Stay] = []

  /// Somebody's stay as it really was.
  private struct Stay {
    var person: Int
    var venue: Int
    var zone: UInt8
    var enter: Int64
    var leave: Int64
    /// Whether anything recorded it.
    var isRecorded = false
  }

  private static let householdSize = 3
  private static let phoneShare = 0.4
  private static let entryScanned = 0.93
  private static let exitScanned = 0.175
  private static let writtenOnPaper = 0.04
  /// With how many others at a venue a stay is compared, the ones that came next.
  private static let mostNeighbours = 60

  init(
    seed: UInt64, venues: [CityVenue], people: Int, firstDay: LocalDay, days: Int,
    calendar: LocalCalendar
  ) {
    generator = SeededGenerator(seed: seed)
    crowd = VenueCrowd(venues: venues, using: &generator)
    self.people = people
    self.firstDay = firstDay
    self.days = days
    self.calendar = calendar
    subjects = (0..<max(0, people)).map(SyntheticCity.subject(ofPerson:))
  }

  /// Lives through the days; there must be people and venues.
  mutating func build() {
    for _ in 0..<people {
      hasPhone.append(generator.chance(CityBuilder.phoneShare))
      favourites.append((0..<3).map { _ in crowd.pick(using: &generator) })
    }
    tellsDirection = crowd.venues.map { _ in generator.chance(0.3) }
    for day in 0..<max(0, days) {
      let midnight = calendar.start(of: firstDay.advanced(by: day))
      for first in stride(from: 0, to: people, by: CityBuilder.householdSize) {
        live(first..<min(first + CityBuilder.householdSize, people), from: midnight)
      }
    }
    for index in stays.indices { record(index) }
    meet()
    fallIll()
  }

  /// One household's day.
  private mutating func live(_ household: Range<Int>, from midnight: Int64) {
    var together: Stay?
    if household.count > 1, generator.chance(0.2) {
      together = outing(of: household.lowerBound, to: nil, from: midnight)
    }
    for person in household {
      var plan: [Stay] = []
      if let together, generator.chance(0.75) {
        var own = together
        own.person = person
        own.enter += Int64(generator.index(below: 40))
        own.leave = max(own.enter + 60, own.leave - Int64(generator.index(below: 40)))
        plan.append(own)
      }
      let draw = generator.unit()
      let alone = draw < 0.22 ? 0 : draw < 0.62 ? 1 : draw < 0.89 ? 2 : 3
      for _ in 0..<alone {
        let favourite =
          generator.chance(0.5) ? favourites[person][generator.index(below: 3)] : nil
        plan.append(outing(of: person, to: favourite, from: midnight))
      }
      plan.sort { ($0.enter, $0.leave, $0.venue) < ($1.enter, $1.leave, $1.venue) }
      // Nobody is at two places at once: what begins before ten minutes of travel are over is off.
      var free = midnight
      for stay in plan where stay.enter >= free {
        stays.append(stay)
        free = stay.leave + 600
      }
    }
  }

  private mutating func outing(of person: Int, to venue: Int?, from midnight: Int64) -> Stay {
    let venue = venue ?? crowd.pick(using: &generator)
    let stay = crowd.habits[venue].stay(using: &generator)
    let zones = Int(crowd.venues[venue].zones)
    let zone = zones > 0 && generator.chance(0.7) ? generator.index(below: zones) + 1 : 0
    return Stay(
      person: person, venue: venue, zone: UInt8(zone), enter: midnight + stay.lowerBound,
      leave: midnight + stay.upperBound)
  }

  /// What scanners and paper know of a stay.
  private mutating func record(_ index: Int) {
    let stay = stays[index]
    presences.append(visit(stay, leave: stay.leave))
    if generator.chance(CityBuilder.writtenOnPaper) {
      visits.append(visit(stay, leave: generator.chance(0.7) ? stay.leave : nil))
      stays[index].isRecorded = true
      return
    }
    let isTold = tellsDirection[stay.venue]
    if generator.chance(CityBuilder.entryScanned) {
      stays[index].isRecorded = true
      scan(stay, at: stay.enter, isTold ? .entry : .auto)
      // Scanners beep twice when a phone is held to them too long.
      if generator.chance(0.02) {
        scan(stay, at: stay.enter + 2 + Int64(generator.index(below: 20)), isTold ? .entry : .auto)
      }
    }
    if generator.chance(CityBuilder.exitScanned) {
      stays[index].isRecorded = true
      scan(stay, at: stay.leave, isTold ? .exit : .auto)
    }
  }

  private mutating func visit(_ stay: Stay, leave: Int64?) -> SyntheticVisit {
    SyntheticVisit(
      id: id(at: stay.enter), venue: crowd.venues[stay.venue].id, zone: stay.zone,
      subject: subjects[stay.person], enter: stay.enter, leave: leave)
  }

  private mutating func scan(
    _ stay: Stay, at time: Int64, _ direction: SyntheticScan.Direction
  ) {
    scans.append(
      SyntheticScan(
        id: id(at: time), venue: crowd.venues[stay.venue].id, zone: stay.zone,
        subject: subjects[stay.person], time: time, direction: direction))
  }

  private mutating func id(at time: Int64) -> EvidenceID {
    EvidenceID(
      atMilliseconds: time * 1_000 + Int64(generator.index(below: 1_000)), using: &generator)
  }

  /// Calls `body` with each two stays that share time at a venue, the earlier one first.
  private func forEachMeeting(_ body: (Stay, Stay, Range<Int64>) -> Void) {
    let order = stays.indices.sorted {
      (stays[$0].venue, stays[$0].enter, $0) < (stays[$1].venue, stays[$1].enter, $1)
    }
    for (place, index) in order.enumerated() {
      let one = stays[index]
      let end = min(order.count, place + 1 + CityBuilder.mostNeighbours)
      for neighbour in order[(place + 1)..<end] {
        let other = stays[neighbour]
        guard other.venue == one.venue, other.enter < one.leave else { break }
        guard other.person != one.person else { continue }
        body(one, other, other.enter..<min(one.leave, other.leave))
      }
    }
  }

  /// What phones heard.
  private mutating func meet() {
    var meetings: [(Stay, Stay, Range<Int64>)] = []
    forEachMeeting { one, other, shared in
      guard hasPhone[one.person], hasPhone[other.person], shared.count >= 120 else { return }
      meetings.append((one, other, shared))
    }
    for (one, other, shared) in meetings {
      let areTogether =
        one.person / CityBuilder.householdSize == other.person / CityBuilder.householdSize
      guard generator.chance(areTogether ? 0.95 : 0.25) else { continue }
      var near = shared
      if !areTogether {
        let length = min(
          Int64(shared.count), Int64(generator.logNormal(median: 600, spread: 0.7)) + 60)
        let start =
          shared.lowerBound + Int64(generator.index(below: shared.count - Int(length) + 1))
        near = start..<(start + length)
      }
      let attenuation = areTogether ? 50 + generator.normal() * 5 : 62 + generator.normal() * 9
      if generator.chance(0.85) { hear(one, other, near, attenuation) }
      // Some phones hear nothing in the background.
      if generator.chance(0.65) { hear(other, one, near, attenuation) }
    }
  }

  private mutating func hear(
    _ one: Stay, _ other: Stay, _ near: Range<Int64>, _ attenuation: Double
  ) {
    let start = near.lowerBound + Int64(generator.index(below: 3))
    encounters.append(
      SyntheticEncounter(
        id: id(at: start), subject: subjects[one.person], peer: subjects[other.person],
        start: start, end: max(start + 60, near.upperBound - Int64(generator.index(below: 3))),
        attenuation: min(110, max(20, Int(attenuation + generator.normal() * 2)))))
  }

  /// Makes three of those ill who met most people, each mostly somewhere else.
  private mutating func fallIll() {
    let onset = firstDay.advanced(by: days / 3)
    let isolation = calendar.moment(at: 8 * 3_600, of: onset.advanced(by: 2))
    var met = [Set<Int>](repeating: [], count: people)
    var meetingPlaces = [[Int: Int]](repeating: [:], count: people)
    forEachMeeting { one, other, shared in
      guard crowd.venues[one.venue].isClosedSpace, shared.count >= 900,
        shared.lowerBound < isolation, one.isRecorded, other.isRecorded
      else { return }
      for (person, partner) in [(one.person, other.person), (other.person, one.person)] {
        met[person].insert(partner)
        meetingPlaces[person][one.venue, default: 0] += 1
      }
    }
    let ranking = (0..<people).filter { !met[$0].isEmpty }
      .sorted { (-met[$0].count, $0) < (-met[$1].count, $1) }
    var places: Set<Int> = []
    for person in ranking where cases.count < 3 {
      let place = meetingPlaces[person].min { (-$0.value, $0.key) < (-$1.value, $1.key) }
      guard let place, places.insert(place.key).inserted else { continue }
      cases.append(
        SyntheticCase(
          id: "\(SyntheticCity.label)-case-\(cases.count + 1)", subject: subjects[person],
          onset: onset, specimen: onset.advanced(by: 1), isolation: isolation))
    }
  }
}
