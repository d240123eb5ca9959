import Bluetooth
import Presence
import TestSupport
import Tracing
import VenueCodes

/// A small store full of what is hard: everything a few seconds from a boundary.
struct RandomStore: CustomStringConvertible {
  var people: [Pseudonym] = []
  var visits: [Visit] = []
  var encounters: [Encounter] = []
  var openVenues: Set<VenueID> = []
  var venuesWithoutTail: Set<VenueID> = []
  var isolations: [Pseudonym: Int64] = [:]
  var cases: [Case] = []
  var rules: RuleSet
  var calendar: LocalCalendar
  var degrees: Int

  /// Clocks go forward at 2 on one night, and back over midnight on another.
  private static let shifting = LocalCalendar(
    zoneName: "Test/Shifting",
    spans: [
      LocalCalendar.Span(start: .min, offset: 3_600),
      LocalCalendar.Span(start: 1_596_326_400 + 3_600, offset: 7_200),
      LocalCalendar.Span(start: 1_596_405_600, offset: 3_600),
    ])

  /// 2020-08-02T00:00:00Z, the middle of the time that things happen in.
  private static let centre: Int64 = 1_596_326_400

  init(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    calendar = random.oneIn(2) ? .haiPhong : Self.shifting
    // Crowded stores have long chains and many ties: few moments, round times, one case or two.
    let isCrowded = seed % 3 != 0
    let grain = isCrowded ? 10 : 1
    degrees = isCrowded ? number(2...4) : number(1...3)
    rules = Self.randomRules(&random, isCrowded: seed % 3 != 0)

    var names: Set<Pseudonym> = []
    let peopleCount = isCrowded ? number(6...12) : number(2...8)
    while names.count < peopleCount {
      // Few different halves, so that the order hangs on the second one too.
      names.insert(
        Pseudonym(high: random.next() % 3 << 60, low: random.next()))
    }
    // Numbers are given as people arrive, which is no order of pseudonyms.
    people = names.sorted().shuffled(using: &random)
    var venues: [VenueID] = []
    for raw in 1...UInt64(number(1...3)) {
      if let venue = VenueID(rawValue: raw * 7) { venues.append(venue) }
    }
    openVenues = Set(venues.filter { _ in random.oneIn(3) })
    venuesWithoutTail = seed % 5 == 0 ? Set(venues.prefix(1)) : []

    // The moments near which things happen: midnights, the clock changes, and an hour of any day.
    let days = [-1, 0, 1].map { calendar.day(of: Self.centre).advanced(by: $0) }
    var moments = days.map { calendar.start(of: $0) }
    moments += [Self.centre + 3_600, 1_596_405_600, Self.centre - Int64(number(0...80_000))]
    if isCrowded { moments = Array(moments.shuffled(using: &random).prefix(3)) }
    func moment() -> Int64 {
      moments[Int.random(in: 0..<moments.count, using: &random)]
        + Int64(Int.random(in: -70 / grain...70 / grain, using: &random) * grain)
    }
    var proof: UInt64 = 0
    func nextProof() -> EvidenceID {
      proof += 1
      return EvidenceID(high: random.next() % 4, low: random.next() % 8 << 32 | proof)
    }
    for _ in 0..<(isCrowded ? number(15...50) : number(0...24)) {
      let enter = moment()
      let length = random.oneIn(8) ? 0 : number(1...70 / grain) * grain
      visits.append(
        Visit(
          subject: SubjectNumber(number(0...(people.count - 1))),
          venue: venues[number(0...(venues.count - 1))],
          zone: random.oneIn(2) ? 0 : UInt8(number(1...2)), enter: enter,
          leave: enter + Int64(length), openedBy: nextProof(),
          closedBy: random.oneIn(2) ? nextProof() : nil))
    }
    // Equal ends, which ties are made of.
    for _ in 0..<number(0...6) where !visits.isEmpty {
      var copy = visits[number(0...(visits.count - 1))]
      copy.subject = SubjectNumber(number(0...(people.count - 1)))
      copy.openedBy = nextProof()
      if random.oneIn(2) { copy.leave += Int64(number(0...20 / grain) * grain) }
      visits.append(copy)
    }
    for _ in 0..<(isCrowded ? number(8...30) : number(0...10)) {
      var pair = [0, 0].map { _ in SubjectNumber(number(0...(people.count - 1))) }
      var start = moment()
      var end = start + Int64(random.oneIn(8) ? 0 : number(1...60 / grain) * grain)
      // Half of them inside, around or across a shared visit.
      if random.oneIn(2), let mine = visits.randomElement(using: &random),
        let theirs = visits.filter({
          $0.venue == mine.venue && max($0.enter, mine.enter) < min($0.leave, mine.leave)
        }).randomElement(using: &random)
      {
        pair = [mine.subject, theirs.subject]
        start = max(mine.enter, theirs.enter) + Int64([0, 0, 1, -1][number(0...3)] * grain)
        end = max(
          start, min(mine.leave, theirs.leave) + Int64([0, 0, 1, -1][number(0...3)] * grain))
      }
      if let encounter = Encounter(
        pair[0], pair[1], start: start, end: end,
        attenuation: rules.maximumAttenuation + Int16(number(-4...1)), evidence: nextProof())
      {
        encounters.append(encounter)
      }
    }
    let ids = ["C1", "C10", "C2", "c1", "Ca bệnh", "Z"]
    for id in ids.shuffled(using: &random).prefix(number(1...(isCrowded ? 2 : 4))) {
      let onset = random.oneIn(3) ? nil : days[number(0...2)]
      let from = random.oneIn(4) ? moment() - 80_000 : nil
      let to = random.oneIn(4) ? max(moment() + 40_000, (from ?? .min) + 1) : nil
      cases.append(
        try Case(
          id: id,
          // Some are about nobody who was ever seen.
          subject: random.oneIn(12)
            ? Pseudonym(high: 5 << 60, low: 0) : people[number(0...(people.count - 1))],
          onset: onset, specimen: onset == nil || random.oneIn(2) ? days[number(0...2)] : nil,
          isolation: random.oneIn(3) ? moment() : nil,
          from: from, to: to))
    }
    for person in people where random.oneIn(6) { isolations[person] = moment() }
  }

  private static func randomRules(_ random: inout SeededGenerator, isCrowded: Bool) -> RuleSet {
    func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    func criterion(_ f1Of: Int) -> RuleSet.Criterion {
      RuleSet.Criterion(
        threshold: Int32(number(1...40)),
        label: number(1...4) <= f1Of + (isCrowded ? 1 : 0) ? .f1 : .factor)
    }
    return RuleSet(
      id: "random", names: [:], source: "", notes: "", validFrom: LocalDay(daysSince2020: 0),
      validTo: nil,
      infectiousWindow: RuleSet.InfectiousWindow(
        daysBeforeOnset: number(0...2), daysBeforeSpecimen: number(0...2),
        daysAfter: number(0...2)),
      openVenue: criterion(1), tailed: criterion(1), closedVenue: criterion(3),
      near: criterion(3), nearAtVenue: criterion(3),
      tail: RuleSet.Tail(
        slope: [0, 0.5, 1, 1.3][number(0...3)], maximum: Int32(number(0...50))),
      sameZone: random.oneIn(2), maximumAttenuation: 63,
      degree: RuleSet.Degree(
        threshold: Int32(number(1...20)), latent: [0, 0, 0, 1, 10, 30, 3_600][number(0...6)]))
  }

  var description: String {
    func name(_ person: SubjectNumber) -> String { "p\(person)" }
    var lines = [
      "\(calendar.zoneName), \(degrees) degrees, open \(openVenues.sorted()), "
        + "without tail \(venuesWithoutTail.sorted())"
    ]
    lines.append("\(rules)")
    for (place, person) in people.enumerated() {
      let isolation = isolations[person].map { ", isolated \($0)" } ?? ""
      lines.append("p\(place) = \(person) \(person.low)\(isolation)")
    }
    for visit in visits {
      lines.append(
        "\(name(visit.subject)) at \(visit.venue) zone \(visit.zone): "
          + "\(visit.enter)..<\(visit.leave) by \(visit.openedBy)")
    }
    for encounter in encounters {
      lines.append(
        "\(name(encounter.first)) near \(name(encounter.second)): \(encounter.start)..<"
          + "\(encounter.end) at \(encounter.attenuation) dB by \(encounter.evidence)")
    }
    lines += cases.map { "\($0)" }
    return lines.joined(separator: "\n")
  }
}
