internal import Bluetooth
internal import Foundation
internal import Fusion
internal import Presence
internal import SyntheticCity

/// Two people on one day: what was true, and what each method makes of the evidence.
struct JudgedPair: Sendable {
  /// The people, unique over all files.
  var one: Int32
  var other: Int32
  /// Whether they were in contact for long enough.
  var isContact: Bool
  /// Whether both had the app.
  var haveApp: Bool
  /// Minutes that both were checked in.
  var venueMinutes: Double
  /// What was heard, as Bluetooth alone counts it.
  var heard: HeardTally
  /// The probability of a contact, as the product says it.
  var probability: Double

  /// Whether either phone heard the other at least once that day.
  var wereHeard: Bool { heard.isHeard }
}

/// Minutes of raw hearing of a pair on a day, as Bluetooth alone counts them.
struct HeardTally: Sendable {
  /// Minutes whose least attenuation by either phone is at most so many dB, for each of
  /// `ContactSimulation.thresholds`.
  private(set) var byLeast = [UInt16](repeating: 0, count: ContactSimulation.thresholds.count)
  /// Minutes at 63 dB or less by the mean of the two phones where both heard.
  private(set) var byMean: UInt16 = 0
  /// Minutes as Corona-Warn-App weighs them, by the least attenuation of either phone.
  private(set) var weighted = 0.0
  /// Whether anything was heard.
  private(set) var isHeard = false

  /// The usual threshold in dB.
  static let commonThreshold = 63.0

  /// Adds a minute: what each phone heard, in dB.
  mutating func add(_ forward: Double?, _ backward: Double?) {
    let heard = [forward, backward].compactMap { $0 }
    guard let least = heard.min() else { return }
    isHeard = true
    for place in ContactSimulation.thresholds.indices
    where least <= ContactSimulation.thresholds[place] {
      byLeast[place] += 1
    }
    if heard.reduce(0, +) / Double(heard.count) <= Self.commonThreshold { byMean += 1 }
    weighted += OfficialWeights.weight(of: least)
  }
}

/// What a minute counts in Corona-Warn-App, as in `Venues/rules/cwa-2021.json`.
///
/// The tests hold the two equal; a measurement needs no folder of rules beside it.
public enum OfficialWeights {
  /// The attenuations in dB below which a minute counts so much, ascending; from the last on nothing.
  private static let steps: [(below: Double, weight: Double)] = [(63, 0.8), (73, 1), (79, 0.1)]

  /// Returns what a minute at an attenuation in dB counts.
  public static func weight(of attenuation: Double) -> Double {
    steps.first { attenuation < $0.below }?.weight ?? 0
  }
}

/// Turns real contacts into the evidence that check-ins and phones would have left, and judges it.
struct ContactSimulation {
  /// The thresholds of Bluetooth alone, in dB.
  static let thresholds = Array(stride(from: 42.0, through: 78, by: 1))

  let setting: ContactSetting
  let library: RadioLibrary
  let model: ContactModel

  /// What one person leaves on a day.
  private struct Person {
    var truth: Range<Int64>
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

  /// Calls `body` with each pair of people who were there on one day.
  ///
  /// - Throws: What keeps a history from being read; one in memory always can be.
  func forEachPair(
    of day: ContactDay, usualStay: Int64, using generator: inout SeededGenerator,
    _ body: (JudgedPair) -> Void
  ) throws {
    let side = (Double(day.attendances.count) * setting.squareMetresPerPerson).squareRoot()
    let people = day.attendances.map { person($0.span, side: side, using: &generator) }
    var sightings: [Sighting] = []
    var heard: [ContactDay.Pair: HeardTally] = [:]
    for one in people.indices where people[one].hasApp {
      for other in people.indices where other > one && people[other].hasApp {
        let both = people[one].truth.clamped(to: people[other].truth)
        guard !both.isEmpty else { continue }
        let pair = ContactDay.Pair(one: one, other: other)
        heard[pair] = hear(
          (one, people[one]), (other, people[other]), both, day.contacts[pair]?.minutes ?? [],
          using: &generator, into: &sightings)
      }
    }
    let history = try DayHistory(
      scans: people.map { ($0.truth.lowerBound, $0.hasExit ? $0.truth.upperBound : nil) },
      sightings: sightings, usualStay: usualStay, model: model)
    for one in people.indices {
      let probabilities = try history.probabilities(of: one)
      for other in people.indices where other > one {
        let pair = ContactDay.Pair(one: one, other: other)
        let contact = day.contacts[pair]
        let shared = history.sharedSeconds(one, other)
        guard contact != nil || shared > 0 || people[one].truth.overlaps(people[other].truth)
        else { continue }
        body(
          JudgedPair(
            one: day.attendances[one].person, other: day.attendances[other].person,
            isContact: contact?.seconds ?? 0 >= setting.contactSeconds,
            haveApp: people[one].hasApp && people[other].hasApp,
            venueMinutes: Double(shared) / 60, heard: heard[pair] ?? HeardTally(),
            probability: probabilities[other] ?? 0))
      }
    }
  }

  private func person(
    _ truth: Range<Int64>, side: Double, using generator: inout SeededGenerator
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
      truth: truth, hasExit: hasExit, hasApp: generator.chance(setting.adoption),
      isDeaf: generator.chance(setting.deafShare),
      device: library.devices[generator.index(below: library.devices.count)], path: path)
  }

  /// Adds what the two phones heard of each other, at most one sighting a minute and side.
  private func hear(
    _ first: (number: Int, person: Person), _ second: (number: Int, person: Person),
    _ both: Range<Int64>, _ contacts: [Int64], using generator: inout SeededGenerator,
    into sightings: inout [Sighting]
  ) -> HeardTally {
    let (one, other) = (first.person, second.person)
    var tally = HeardTally()
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
      var (forward, backward) = (Double?.none, Double?.none)
      if !isForwardDeaf, let look = heard.forward {
        let attenuation = look.attenuation + one.device.heard + other.device.hearing
        forward = attenuation
        sightings.append(sighting(second.number, first.number, minute, look, attenuation))
      }
      if !isBackwardDeaf, let look = heard.backward {
        let attenuation = look.attenuation + other.device.heard + one.device.hearing
        backward = attenuation
        sightings.append(sighting(first.number, second.number, minute, look, attenuation))
      }
      tally.add(forward, backward)
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
}
