internal import Bluetooth
internal import Foundation
internal import Fusion
internal import Presence
internal import SyntheticCity
internal import VenueCodes

/// Two people on one day: what was true, and what each method makes of the evidence.
struct JudgedPair: Sendable {
  /// The people, unique over all files.
  var one: Int32
  var other: Int32
  /// Whether they were in contact for long enough.
  var isContact: Bool
  /// Whether both had the app.
  var haveApp: Bool
  /// Whether either phone heard the other at least once that day.
  var wereHeard: Bool
  /// Minutes that both were checked in.
  var venueMinutes: Double
  /// Minutes heard at most so many dB, for each of `ContactSimulation.thresholds`.
  var heardMinutes: [UInt16]
  /// Minutes as Corona-Warn-App weighs them.
  var weightedMinutes: Double
  /// The natural logarithm of the odds by `ContactModel`.
  var logOdds: Double
}

/// Turns real contacts into the evidence that check-ins and phones would have left, and judges it.
struct ContactSimulation {
  /// The thresholds of Bluetooth alone, in dB.
  static let thresholds = Array(stride(from: 42.0, through: 78, by: 1))

  let setting: ContactSetting
  let library: RadioLibrary
  let model: ContactModel

  private static let venue = VenueID(rawValue: 1)

  /// What one person leaves on a day.
  private struct Person {
    var truth: Range<Int64>
    /// The visit as it follows from the scans.
    var visit: Range<Int64>
    /// Whether the exit was scanned.
    var hasExit: Bool
    var hasApp: Bool
    /// Whether the phone is deaf in the background.
    var isDeaf: Bool
    var device: RadioLibrary.Device
    /// Where the person is, by minute of the day; places are in metres.
    var path: Path
  }

  /// A place of one's own, and excursions from it.
  private struct Path {
    var home: (x: Double, y: Double)
    /// Ascending, apart; each with its place.
    var excursions: [(minutes: Range<Int64>, x: Double, y: Double)]

    func place(at minute: Int64) -> (x: Double, y: Double) {
      let trip = excursions.first { $0.minutes.contains(minute) }
      return trip.map { ($0.x, $0.y) } ?? home
    }
  }

  /// Two people on a day, before it is known what their phones make of what they heard.
  private struct Draft {
    var one: Int
    var other: Int
    var isContact: Bool
    var haveApp: Bool
    var venueSeconds: Int
    var together: [PairEvidence.Together]
    var tally: Tally
  }

  /// Minutes of raw hearing, as Bluetooth alone counts them: by the least attenuation of either side.
  private struct Tally {
    var heardMinutes = [UInt16](repeating: 0, count: thresholds.count)
    var weightedMinutes = 0.0
    var isHeard = false

    mutating func add(_ attenuation: Double) {
      isHeard = true
      for place in thresholds.indices where attenuation <= thresholds[place] {
        heardMinutes[place] += 1
      }
      weightedMinutes += officialWeight(attenuation)
    }
  }

  /// Calls `body` with each pair of people who were there on one day.
  func forEachPair(
    of day: ContactDay, usualStay: Int64, using generator: inout SeededGenerator,
    _ body: (JudgedPair) -> Void
  ) {
    guard let venue = Self.venue else { return }
    let side = (Double(day.attendances.count) * setting.squareMetresPerPerson).squareRoot()
    let people = day.attendances.map {
      person($0.span, side: side, usualStay: usualStay, using: &generator)
    }
    let enters = people.map(\.visit.lowerBound).sorted()
    let leaves = people.map(\.visit.upperBound).sorted()
    var drafts: [Draft] = []
    var sightings: [Sighting] = []
    for one in people.indices {
      for other in people.indices where other > one {
        let contact = day.contacts[ContactDay.Pair(one: one, other: other)]
        let shared = people[one].visit.clamped(to: people[other].visit)
        let both = people[one].truth.clamped(to: people[other].truth)
        guard contact != nil || !shared.isEmpty || !both.isEmpty else { continue }
        var draft = Draft(
          one: one, other: other, isContact: contact?.seconds ?? 0 >= setting.contactSeconds,
          haveApp: people[one].hasApp && people[other].hasApp, venueSeconds: shared.count,
          together: [], tally: Tally())
        if !shared.isEmpty {
          let crowd =
            Self.below(shared.upperBound, enters) - Self.below(shared.lowerBound + 1, leaves) - 1
          draft.together = Self.together(people[one], people[other], shared, venue, crowd)
        }
        if draft.haveApp, !both.isEmpty {
          draft.tally = hear(
            (one, people[one]), (other, people[other]), both, contact?.minutes ?? [],
            using: &generator, into: &sightings)
        }
        drafts.append(draft)
      }
    }
    let start = people.map(\.truth.lowerBound).min() ?? 0
    let end = people.map(\.truth.upperBound).max() ?? start
    let derived = EncounterDeriver().encounters(from: sightings, within: start..<end)
    var radio: [ContactDay.Pair: [PairEvidence.Radio]] = [:]
    for run in derived.runs {
      radio[ContactDay.Pair(one: Int(run.first), other: Int(run.second)), default: []].append(
        PairEvidence.Radio(
          span: run.start..<run.end, attenuation: Double(run.attenuation),
          uncertainty: Double(run.quality.uncertainty ?? 6), isMutual: !run.quality.isOneSided))
    }
    var spans = [[Range<Int64>]](repeating: [], count: people.count)
    for one in derived.listening { spans[Int(one.person)].append(one.start..<one.end) }
    let listening = spans.map { SpanSet($0) }
    for draft in drafts {
      let pair = ContactDay.Pair(one: draft.one, other: draft.other)
      let evidence = PairEvidence(
        radio: radio[pair] ?? [], together: draft.together,
        listening: listening[draft.one].intersection(with: listening[draft.other]).spans)
      let judgement = model.judge(evidence)
      body(
        JudgedPair(
          one: day.attendances[draft.one].person, other: day.attendances[draft.other].person,
          isContact: draft.isContact, haveApp: draft.haveApp, wereHeard: draft.tally.isHeard,
          venueMinutes: Double(draft.venueSeconds) / 60, heardMinutes: draft.tally.heardMinutes,
          weightedMinutes: draft.tally.weightedMinutes, logOdds: judgement.logOdds))
    }
  }

  /// The weight of a minute in Corona-Warn-App's configuration 1.15.
  private static func officialWeight(_ attenuation: Double) -> Double {
    switch attenuation {
    case ..<63: 0.8
    case ..<73: 1
    case ..<79: 0.1
    default: 0
    }
  }

  private func person(
    _ truth: Range<Int64>, side: Double, usualStay: Int64,
    using generator: inout SeededGenerator
  ) -> Person {
    let hasExit = generator.chance(setting.scansPerPerson - 1)
    func place() -> (x: Double, y: Double) { (side * generator.unit(), side * generator.unit()) }
    var path = Path(home: place(), excursions: [])
    if setting.excursionShare > 0 {
      let awayMean = setting.excursionMinutes
      let homeMean = awayMean * (1 - setting.excursionShare) / setting.excursionShare
      var minute = truth.lowerBound / 60
      while minute < truth.upperBound / 60 {
        minute += 1 + Int64(-log(1 - generator.unit()) * homeMean)
        let end = minute + 1 + Int64(-log(1 - generator.unit()) * awayMean)
        let there = place()
        path.excursions.append((minute..<end, there.x, there.y))
        minute = end
      }
    }
    return Person(
      truth: truth,
      visit: truth.lowerBound..<(hasExit ? truth.upperBound : truth.lowerBound + usualStay),
      hasExit: hasExit, hasApp: generator.chance(setting.adoption),
      isDeaf: generator.chance(setting.deafShare),
      device: library.devices[generator.index(below: library.devices.count)], path: path)
  }

  /// Shared time in parts of nearly one chance that both were there: 1 at the entry, one half at an
  /// assumed end.
  private static func together(
    _ one: Person, _ other: Person, _ shared: Range<Int64>, _ venue: VenueID, _ crowd: Int
  ) -> [PairEvidence.Together] {
    func chance(_ person: Person, _ moment: Double) -> Double {
      guard !person.hasExit else { return 1 }
      let stay = Double(person.visit.upperBound - person.visit.lowerBound)
      return 1 - 0.5 * (moment - Double(person.visit.lowerBound)) / stay
    }
    let parts: Int64 = one.hasExit && other.hasExit ? 1 : 8
    let length = shared.upperBound - shared.lowerBound
    return (0..<parts).map { part in
      let start = shared.lowerBound + length * part / parts
      let end = shared.lowerBound + length * (part + 1) / parts
      let middle = (Double(start) + Double(end)) / 2
      return PairEvidence.Together(
        span: start..<end, venue: venue, isOpen: false, sharesZone: nil,
        confidence: chance(one, middle) * chance(other, middle), crowd: crowd)
    }
  }

  /// Adds what the two phones heard of each other, at most one sighting a minute and side.
  private func hear(
    _ first: (number: Int, person: Person), _ second: (number: Int, person: Person),
    _ both: Range<Int64>, _ contacts: [Int64], using generator: inout SeededGenerator,
    into sightings: inout [Sighting]
  ) -> Tally {
    let (one, other) = (first.person, second.person)
    var tally = Tally()
    // Two phones that are deaf in the background never hear each other.
    guard !(one.isDeaf && other.isDeaf) else { return tally }
    let minutes = (both.lowerBound / 60)..<((both.upperBound + 59) / 60)
    let isStill = one.path.excursions.isEmpty && other.path.excursions.isEmpty
    let home = Self.distance(one.path.home, other.path.home)
    if isStill, contacts.isEmpty, home > RadioLibrary.reach { return tally }
    let lingering = 2 + 2 * generator.unit()
    var replays: [Double: RadioReplay] = [:]
    var next = 0
    for minute in minutes {
      while next < contacts.count, contacts[next] < minute { next += 1 }
      let isContact = next < contacts.count && contacts[next] == minute
      var distance = 0.0
      if !isContact {
        let apart =
          isStill ? home : Self.distance(one.path.place(at: minute), other.path.place(at: minute))
        // Strangers keep their distance: who is nearer without a contact has the table between.
        distance = max(2, apart)
        let since = next > 0 ? minute - contacts[next - 1] : .max
        let until = next < contacts.count ? contacts[next] - minute : .max
        if min(since, until) <= setting.lingeringMinutes { distance = min(distance, lingering) }
      }
      guard distance <= RadioLibrary.reach else { continue }
      let place = RadioLibrary.classes.firstIndex { distance < $0.upperBound } ?? 0
      // The same stay is replayed from the same pair: what a pocket adds, it adds all the time.
      var replay =
        replays[distance] ?? RadioReplay(library.blocks[place], using: &generator)
      let heard = replay.next()
      replays[distance] = replay
      let isForwardDeaf = other.isDeaf && generator.chance(setting.deafMinutes)
      let isBackwardDeaf = one.isDeaf && generator.chance(setting.deafMinutes)
      var least = Double.infinity
      if !isForwardDeaf, let look = heard.forward {
        let attenuation = look.attenuation + one.device.heard + other.device.hearing
        least = min(least, attenuation)
        sightings.append(sighting(second.number, first.number, minute, look, attenuation))
      }
      if !isBackwardDeaf, let look = heard.backward {
        let attenuation = look.attenuation + other.device.heard + one.device.hearing
        least = min(least, attenuation)
        sightings.append(sighting(first.number, second.number, minute, look, attenuation))
      }
      if least.isFinite { tally.add(least) }
    }
    return tally
  }

  private func sighting(
    _ hearer: Int, _ heard: Int, _ minute: Int64, _ look: RadioLibrary.Look, _ attenuation: Double
  ) -> Sighting {
    Sighting(
      hearer: SubjectNumber(hearer), heard: SubjectNumber(heard), time: 60 * minute + look.second,
      attenuation: Int16(attenuation.rounded()), uncertainty: setting.deviceUncertainty, row: 0)
  }

  private static func distance(_ one: (x: Double, y: Double), _ other: (x: Double, y: Double))
    -> Double
  {
    let (x, y) = (one.x - other.x, one.y - other.y)
    return (x * x + y * y).squareRoot()
  }

  /// How many of ascending numbers are below one.
  private static func below(_ bound: Int64, _ numbers: [Int64]) -> Int {
    var (low, high) = (0, numbers.count)
    while low < high {
      let middle = (low + high) / 2
      if numbers[middle] < bound { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
