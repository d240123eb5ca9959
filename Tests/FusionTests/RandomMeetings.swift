import Bluetooth
import CrossMatch
import Presence
import TestSupport
import Tracing
import VenueCodes

/// A small store of people who meet or just miss each other, everything a few seconds from a
/// boundary.
struct RandomMeetings: CustomStringConvertible {
  let people: [Pseudonym]
  let visits: [Visit]
  let encounters: [Encounter]
  let listening: [ListeningRecord]
  let openVenues: Set<VenueID>
  let venuesWithoutTail: Set<VenueID>
  /// The venues that a venue is in.
  let surroundings: [VenueID: Set<VenueID>]
  let one: Case
  let rules: RuleSet
  let calendar = LocalCalendar.haiPhong

  /// A local midnight, near which everything happens.
  private static let midnight = LocalCalendar.haiPhong.start(of: LocalDay(daysSince2020: 218))

  init(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    let people = (0..<number(2...5)).map {
      Pseudonym(high: random.next() % 3 << 60, low: UInt64($0))
    }
    let venues = (1...UInt64(number(1...3))).compactMap { VenueID(rawValue: $0 * 7) }
    openVenues = Set(venues.filter { _ in random.oneIn(3) })
    venuesWithoutTail = random.oneIn(3) ? Set(venues.prefix(1)) : []
    func moment() -> Int64 { Self.midnight + Int64(number(-90...90)) }
    func someone() -> SubjectNumber { SubjectNumber(number(0...(people.count - 1))) }
    var visits: [Visit] = []
    var encounters: [Encounter] = []
    var listening: [ListeningRecord] = []
    for place in 0..<number(0...14) {
      let enter = moment()
      let leave = enter + Int64(number(0...60))
      let earliest = random.oneIn(2) ? leave : Int64.random(in: enter...leave, using: &random)
      visits.append(
        Visit(
          subject: someone(), venue: venues[number(0...(venues.count - 1))],
          zone: UInt8(number(0...2)), enter: enter, leave: leave,
          endReason: .given, isStartUnknown: random.oneIn(6),
          earliestLeave: earliest, latestLeave: leave + Int64(random.oneIn(2) ? 0 : number(1...50)),
          openedBy: EvidenceID(high: 1, low: UInt64(place))))
    }
    for place in 0..<number(0...8) {
      let start = moment()
      if let encounter = Encounter(
        someone(), someone(), start: start, end: start + Int64(number(0...40)),
        attenuation: Int16(number(40...80)),
        quality: EncounterQuality(
          isOneSided: random.oneIn(2), uncertainty: random.oneIn(2) ? nil : UInt8(number(0...9))),
        evidence: EvidenceID(high: 2, low: UInt64(place)))
      {
        encounters.append(encounter)
      }
    }
    for _ in 0..<number(0...6) {
      let start = ColumnTime.clamping(moment())
      listening.append(
        ListeningRecord(person: someone(), start: start, end: start + Int32(number(0...80))))
    }
    self.people = people
    self.visits = visits
    self.encounters = encounters
    self.listening = listening
    let from = moment() - 40
    one = try Case(
      id: "C1", subject: people[0], from: from, to: from + Int64(number(1...200)))
    let criterion = RuleSet.Criterion(threshold: 10, label: .f1)
    rules = RuleSet(
      id: "random", source: "", validFrom: LocalDay(daysSince2020: 0),
      infectiousWindow: RuleSet.InfectiousWindow(
        daysBeforeOnset: 1, daysBeforeSpecimen: 1, daysAfter: 1),
      openVenue: criterion, tailed: criterion, closedVenue: criterion, near: criterion,
      nearAtVenue: criterion,
      tail: RuleSet.Tail(slope: [0, 0.5, 1][number(0...2)], maximum: Int32(number(0...40))),
      sameZone: random.oneIn(2), maximumAttenuation: 63,
      degree: RuleSet.Degree(threshold: 10, latent: 0))
    // The last is a shop in the first, which is a mall.
    surroundings =
      venues.count > 1 && random.oneIn(2) ? [venues[venues.count - 1]: [venues[0]]] : [:]
  }

  /// Makes the history, with these encounters in place of its own if any are given.
  func history(encounters others: [Encounter]? = nil) throws -> ExposureHistory {
    try ExposureHistory(
      people: people, visits: visits, encounters: others ?? encounters, listening: listening,
      openVenues: openVenues, venuesWithoutTail: venuesWithoutTail, surroundings: surroundings)
  }

  var description: String {
    let rows =
      visits.map {
        "p\($0.subject) at \($0.venue) zone \($0.zone) \($0.enter)..<\($0.leave), last seen "
          + "\($0.earliestLeave), at most \($0.latestLeave), start unknown \($0.isStartUnknown)"
      }
      + encounters.map {
        "p\($0.first) near p\($0.second) \($0.start)..<\($0.end), \($0.attenuation) dB"
      } + listening.map { "p\($0.person) listened \($0.start)..<\($0.end)" }
    return
      (rows + [
        "\(one)", "shops in malls: \(surroundings)",
        "same zone \(rules.sameZone), tail \(rules.tail)",
      ])
      .joined(separator: "\n")
  }
}

/// The gathering again, from its definition, second by second; it shares only value types with the
/// product.
struct NaiveGathering {
  let store: RandomMeetings

  /// What is known of the case and one person on one day.
  struct Day: Equatable {
    var radio: [String] = []
    /// By venue, zones and crowd: the chance of each second, of all pairs of visits together.
    var together: [String: [Int64: Double]] = [:]
    var certainlyTogether: Set<Int64> = []
    var apart: Set<Int64> = []
    var listening: Set<Int64> = []
    var tail: Set<Int64> = []
    var isJoined = false
  }

  private var window: Range<Int64> {
    let from = store.one.from ?? 0
    return from..<max(from, store.one.to ?? from)
  }

  func days(of person: SubjectNumber) -> [LocalDay: Day] {
    var days: [LocalDay: Day] = [:]
    let mine = store.visits.filter { $0.subject == 0 }
    let theirs = store.visits.filter { $0.subject == person }
    func mark(_ span: Range<Int64>, _ change: (inout Day, Int64) -> Void) {
      for second in span { change(&days[store.calendar.day(of: second), default: Day()], second) }
    }
    for visit in mine {
      for other in theirs where other.venue == visit.venue {
        let shared = overlap([visit.enter..<visit.leave, other.enter..<other.leave, window])
        let zones =
          visit.zone == 0 || other.zone == 0 ? "unknown" : "\(visit.zone == other.zone)"
        mark(shared) { day, second in
          day.isJoined = true
          let crowd = crowd(at: visit.venue, in: second / 3_600, but: person)
          day.together["\(visit.venue) \(zones) \(crowd)", default: [:]][second, default: 0] +=
            chance(visit, second) * chance(other, second)
          if isCertain(visit, second), isCertain(other, second) {
            day.certainlyTogether.insert(second)
          }
        }
        let areApart =
          store.rules.sameZone && visit.zone != 0 && other.zone != 0 && visit.zone != other.zone
        guard max(visit.enter, window.lowerBound) < min(visit.leave, window.upperBound),
          visit.leave <= window.upperBound, !areApart, !store.openVenues.contains(visit.venue),
          !store.venuesWithoutTail.contains(visit.venue)
        else { continue }
        let length = min(
          Int64(Double(visit.leave - visit.enter) * store.rules.tail.slope),
          Int64(store.rules.tail.maximum))
        mark(overlap([visit.leave..<(visit.leave + length), other.enter..<other.leave])) {
          day, second in
          day.isJoined = true
          day.tail.insert(second)
        }
      }
    }
    for encounter in store.encounters {
      let pair = [encounter.first, encounter.second]
      guard pair.contains(0), pair.contains(person) else { continue }
      let span = overlap([encounter.start..<encounter.end, window])
      mark(span) { day, _ in day.isJoined = true }
      for day in Set(span.map { store.calendar.day(of: $0) }) {
        let part = span.filter { store.calendar.day(of: $0) == day }
        let uncertainty = encounter.quality.uncertainty.map(Double.init) ?? 6
        days[day]?.radio.append(
          "\(part[0])..<\(part[part.count - 1] + 1) \(Double(encounter.attenuation)) "
            + "\(uncertainty) \(!encounter.quality.isOneSided)")
      }
    }
    days = days.filter { $0.value.isJoined }
    for day in days.keys {
      let together = days[day]?.certainlyTogether ?? []
      for second in window where store.calendar.day(of: second) == day {
        let isElsewhere = mine.contains { visit in
          isCertain(visit, second)
            && theirs.contains { isCertain($0, second) && !isOnePlace($0.venue, visit.venue) }
        }
        if isElsewhere, !together.contains(second) { days[day]?.apart.insert(second) }
        if hears(0, second), hears(person, second) { days[day]?.listening.insert(second) }
      }
    }
    return days
  }

  /// Whether both are one venue, or a mall and its shop.
  private func isOnePlace(_ one: VenueID, _ other: VenueID) -> Bool {
    let around = [one, other].map { (store.surroundings[$0] ?? []).union([$0]) }
    return around[0].contains(other) || around[1].contains(one)
  }

  private func overlap(_ spans: [Range<Int64>]) -> Range<Int64> {
    let start = spans.map(\.lowerBound).max() ?? 0
    return start..<max(start, spans.map(\.upperBound).min() ?? 0)
  }

  /// How many others were at a venue in an hour.
  private func crowd(at venue: VenueID, in hour: Int64, but person: SubjectNumber) -> Int {
    Set(
      store.visits.filter {
        $0.venue == venue && max($0.enter, hour * 3_600) < min($0.leave, (hour + 1) * 3_600)
      }.map(\.subject)
    ).subtracting([0, person]).count
  }

  /// The chance in the middle of a second.
  private func chance(_ visit: Visit, _ second: Int64) -> Double {
    let moment = Double(second) + 0.5
    let (enter, leave) = (Double(visit.enter), Double(visit.leave))
    if visit.isStartUnknown { return 0.5 + 0.5 * (moment - enter) / (leave - enter) }
    let known = Double(visit.earliestLeave)
    if moment <= known { return 1 }
    let end = visit.latestLeave > visit.leave ? 0.5 : 0.0
    return 1 - (1 - end) * (moment - known) / (leave - known)
  }

  private func isCertain(_ visit: Visit, _ second: Int64) -> Bool {
    !visit.isStartUnknown && visit.enter <= second && second < visit.earliestLeave
      && second < visit.leave
  }

  /// A phone worked when it was said to have listened, and while it heard anybody.
  private func hears(_ person: SubjectNumber, _ second: Int64) -> Bool {
    store.listening.contains {
      $0.person == person && ColumnTime.unixSeconds($0.start) <= second
        && second < ColumnTime.unixSeconds($0.end)
    }
      || store.encounters.contains {
        ($0.first == person || $0.second == person) && $0.start <= second && second < $0.end
      }
  }
}
