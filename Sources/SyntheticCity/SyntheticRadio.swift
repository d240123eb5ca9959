public import Presence
internal import ProximityFormats
public import VenueCodes

/// A row of `import sightings`: what a phone, or a box at a door, heard of a phone.
public struct SyntheticSighting: ImportRow, Hashable {
  /// Who heard.
  public enum Hearer: Hashable, Sendable {
    /// The phone of somebody, as `synthetic-0001`.
    case phone(String)
    /// A box that stands at a venue.
    case box(VenueID)
  }

  /// Who heard.
  public let hearer: Hearer
  /// The identifier heard, as `bluezone:` and 24 digits.
  public let heard: String
  /// When, in Unix seconds.
  public let time: Int64
  /// The attenuation in dB.
  public let attenuation: Int

  /// The columns of design: command-line.
  public static let header = "subject,gateway,venue,heard,time,attenuation_db"

  /// Appends the row as a line of CSV.
  public func append(to buffer: inout [UInt8], calendar: LocalCalendar) {
    switch hearer {
    case .phone(let subject): buffer.append(contentsOf: "\(subject),,,".utf8)
    case .box(let venue):
      buffer.append(contentsOf: ",\(SyntheticCity.label)-box,\(venue),".utf8)
    }
    buffer.append(contentsOf: "\(heard),".utf8)
    ISO8601.append(time, in: calendar, to: &buffer)
    buffer.append(contentsOf: ",\(attenuation)\n".utf8)
  }
}

/// A row of `import keys`: the key from which somebody's identifiers of a UTC day follow.
public struct SyntheticKey: ImportRow, Hashable {
  /// Whose, as `synthetic-0001`.
  public let subject: String
  /// The UTC day.
  public let day: LocalDay
  /// The key.
  fileprivate let bytes: [UInt8]

  /// The columns of design: command-line.
  public static let header = "subject,format,key,date"

  /// Appends the row as a line of CSV.
  public func append(to buffer: inout [UInt8], calendar: LocalCalendar) {
    buffer.append(contentsOf: "\(subject),bluezone,".utf8)
    let digits = Array("0123456789abcdef".utf8)
    for byte in bytes {
      buffer.append(digits[Int(byte >> 4)])
      buffer.append(digits[Int(byte & 15)])
    }
    buffer.append(contentsOf: ",\(day)\n".utf8)
  }
}

/// What phones heard, sighting by sighting, where the cases of a city stayed.
///
/// Phones say Bluezone's identifiers and listen every five minutes. Some hear and are heard, some are
/// heard and hear nobody (an iPhone in the background), some are off. Households stand close to each
/// other, some strangers a while, most people are too far to be heard well. Around the first case five
/// people have parts that can be told: see `Part`. Elsewhere in the city phones are as in
/// `SyntheticCity.encounters`.
public struct SyntheticRadio: Sendable {
  /// Somebody whose phone shows one thing that radio can say.
  public enum Part: String, Sendable, CaseIterable {
    /// The case's phone and theirs heard each other close by.
    case near
    /// Theirs was heard close by and heard nothing itself.
    case oneSided
    /// Theirs worked and heard others, but nothing of the case.
    case silent
    /// Theirs was off.
    case off
    /// Theirs was near, and the key of its identifiers comes later.
    case late
  }

  /// What was heard, by time.
  public let sightings: [SyntheticSighting]
  /// The keys that are there from the start.
  public let keys: [SyntheticKey]
  /// The keys that come later.
  public let lateKeys: [SyntheticKey]
  /// Who has which part in the story of the first case, as `synthetic-0001`; fewer in a small city.
  public let parts: [Part: String]
  /// Where and when this was heard.
  private let scenes: [VenueID: [Range<Int64>]]
  private let stays: [String: [SyntheticVisit]]

  /// Listens in a city.
  ///
  /// - Parameters:
  ///   - city: The city.
  ///   - seed: What everything follows from, with the city's.
  public init(in city: SyntheticCity, seed: UInt64) {
    var builder = RadioBuilder(city, seed: seed)
    builder.build()
    sightings = builder.sightings.sorted {
      ($0.time, $0.heard, $0.attenuation) < ($1.time, $1.heard, $1.attenuation)
    }
    keys = builder.keys(of: { $0 != builder.parts[.late] })
    lateKeys = builder.keys(of: { $0 == builder.parts[.late] })
    parts = builder.parts
    scenes = builder.scenes
    stays = Dictionary(grouping: city.presences, by: \.subject)
  }

  /// Whether sightings say already what an encounter of the city says.
  public func covers(_ encounter: SyntheticEncounter) -> Bool {
    stays[encounter.subject, default: []].contains { stay in
      stay.enter <= encounter.start && encounter.start < stay.leave ?? stay.enter
        && scenes[stay.venue, default: []].contains { $0.contains(encounter.start) }
    }
  }
}

/// The making of a `SyntheticRadio`.
private struct RadioBuilder {
  private(set) var sightings: [SyntheticSighting] = []
  private(set) var parts: [SyntheticRadio.Part: String] = [:]
  private(set) var scenes: [VenueID: [Range<Int64>]] = [:]

  /// What a phone does.
  private enum Phone {
    case whole
    /// It is heard and hears nobody.
    case deaf
    case off
  }

  private let city: SyntheticCity
  private var generator: SeededGenerator
  private var phones: [String: Phone] = [:]
  private var dayKeys: [String: [LocalDay: [UInt8]]] = [:]
  private var identifiers: [String: [LocalDay: [String]]] = [:]
  private var hasBox: [VenueID: Bool] = [:]

  /// Phones listen once in so many seconds.
  private static let cycle: Int64 = 300
  /// At most so many others are heard around a case, the ones that came first.
  private static let mostAround = 60

  init(_ city: SyntheticCity, seed: UInt64) {
    self.city = city
    generator = SeededGenerator(seed: seed ^ 0x5241_4449_4f00)
  }

  mutating func build() {
    for subject in Set(city.encounters.flatMap { [$0.subject, $0.peer] }).sorted() {
      let draw = generator.unit()
      phones[subject] = draw < 0.65 ? .whole : draw < 0.9 ? .deaf : .off
    }
    for one in city.cases { phones[one.subject] = .whole }
    for (number, one) in city.cases.enumerated() {
      // A week before the isolation, as far back as any rule set looks.
      let stays = city.presences.filter {
        $0.subject == one.subject && $0.enter < one.isolation
          && $0.enter >= one.isolation - 7 * 86_400
      }
      if number == 0 { cast(around: stays) }
      for stay in stays { play(stay) }
    }
  }

  private func span(of stay: SyntheticVisit) -> Range<Int64> {
    stay.enter..<max(stay.enter, stay.leave ?? stay.enter)
  }

  /// Who was there with a case, with the time they shared, by arrival.
  private func company(of stay: SyntheticVisit) -> [(stay: SyntheticVisit, shared: Range<Int64>)] {
    city.presences.compactMap { other in
      guard other.venue == stay.venue, other.subject != stay.subject else { return nil }
      let shared = span(of: other).clamped(to: span(of: stay))
      return shared.isEmpty ? nil : (other, shared)
    }
  }

  /// Gives the parts to those who were longest with the first case, in its best visited stay.
  private mutating func cast(around stays: [SyntheticVisit]) {
    let ill = Set(city.cases.map(\.subject))
    let entries = Dictionary(grouping: city.scans, by: \.subject)
    func isRecorded(_ stay: SyntheticVisit) -> Bool {
      entries[stay.subject, default: []].contains {
        $0.venue == stay.venue && $0.time == stay.enter && $0.direction != .exit
      }
    }
    func candidates(_ stay: SyntheticVisit) -> [String] {
      var longest: [String: Int64] = [:]
      for (other, shared) in company(of: stay) where shared.count >= 1_500 {
        guard !ill.contains(other.subject), isRecorded(other) else { continue }
        longest[other.subject] = max(longest[other.subject] ?? 0, Int64(shared.count))
      }
      return longest.keys.sorted { (-(longest[$0] ?? 0), $0) < (-(longest[$1] ?? 0), $1) }
    }
    let ranked = stays.map { isRecorded($0) ? candidates($0) : [] }
    // A crowd of a dozen is enough for all parts; in a larger one nobody stands out.
    guard
      let chosen = ranked.indices.filter({ ranked[$0].count >= SyntheticRadio.Part.allCases.count })
        .min(by: { (ranked[$0].count, $0) < (ranked[$1].count, $1) })
        ?? ranked.indices.max(by: { ranked[$0].count < ranked[$1].count })
    else { return }
    for (part, subject) in zip(SyntheticRadio.Part.allCases, ranked[chosen]) {
      parts[part] = subject
      phones[subject] =
        switch part {
        case .near, .silent, .late: .whole
        case .oneSided: .deaf
        case .off: .off
        }
    }
  }

  /// Lets the phones around a stay of a case listen.
  private mutating func play(_ stay: SyntheticVisit) {
    let scene = span(of: stay)
    scenes[stay.venue, default: []].append(scene)
    let around = company(of: stay).prefix(Self.mostAround)
    let there =
      [(stay.subject, scene)]
      + around.map { ($0.stay.subject, $0.shared) }
    let active = there.filter { phones[$0.0] != nil && phones[$0.0] != .off }
    if hasBox[stay.venue] == nil { hasBox[stay.venue] = generator.chance(0.3) }
    let distances = distances(of: active.map(\.0))
    for (place, (subject, span)) in active.enumerated() {
      var moment = span.lowerBound + Int64(generator.index(below: Int(Self.cycle)))
      if hasBox[stay.venue] == true {
        hear(.box(stay.venue), subject, at: min(moment, span.upperBound - 1), 70)
      }
      guard phones[subject] == .whole else { continue }
      while moment < span.upperBound {
        for (other, (peer, theirs)) in active.enumerated()
        where other != place && theirs.contains(moment) {
          let loss = distances[min(place, other)][max(place, other)]
          // Far phones are heard now and then.
          guard loss < 78 || generator.chance(0.1) else { continue }
          hear(.phone(subject), peer, at: moment + Int64(generator.index(below: 40)), loss)
        }
        moment += Self.cycle
      }
    }
  }

  /// The usual attenuation between each two, by the smaller and the larger place.
  private mutating func distances(of people: [String]) -> [[Double]] {
    func part(of subject: String) -> SyntheticRadio.Part? {
      parts.first { $0.value == subject }?.key
    }
    let illSubject = city.cases.first?.subject
    return people.enumerated().map { place, subject in
      people.enumerated().map { other, peer in
        guard place < other else { return 0 }
        let pair = [subject, peer]
        if let illSubject, pair.contains(illSubject),
          let theirs = part(of: subject == illSubject ? peer : subject)
        {
          switch theirs {
          case .near, .oneSided, .late: return 50 + generator.normal() * 2
          // Behind walls: never heard.
          case .silent: return 200
          case .off: break
          }
        }
        let draw = generator.unit()
        if draw < 0.08 { return 54 + generator.normal() * 4 }
        if draw < 0.3 { return 68 + generator.normal() * 4 }
        return 82 + generator.normal() * 3
      }
    }
  }

  private mutating func hear(
    _ hearer: SyntheticSighting.Hearer, _ peer: String, at moment: Int64, _ loss: Double
  ) {
    guard loss < 120 else { return }
    sightings.append(
      SyntheticSighting(
        hearer: hearer, heard: identifier(of: peer, at: moment), time: moment,
        attenuation: min(110, max(25, Int(loss + generator.normal() * 3)))))
  }

  /// What a phone says at a moment.
  private mutating func identifier(of subject: String, at moment: Int64) -> String {
    let days = moment / 86_400
    let day = LocalDay(daysSince2020: Int32(days) - Int32(LocalDay.epochOffset))
    let slot = Int(moment - days * 86_400) / Int(BluezoneDayKey.slotSeconds)
    if let known = identifiers[subject]?[day] { return known[slot] }
    var bytes: [UInt8] = []
    for _ in 0..<4 {
      let word = generator.next()
      for shift in stride(from: 56, through: 0, by: -8) {
        bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
      }
    }
    dayKeys[subject, default: [:]][day] = bytes
    let texts = ((try? BluezoneDayKey(bytes, day: day))?.identifiers() ?? [])
      .map { "bluezone:\($0)" }
    identifiers[subject, default: [:]][day] = texts
    return texts[slot]
  }

  /// The keys of some people, by person and day.
  func keys(of isWanted: (String) -> Bool) -> [SyntheticKey] {
    dayKeys.keys.filter(isWanted).sorted().flatMap { subject in
      (dayKeys[subject] ?? [:]).sorted { $0.key < $1.key }.map {
        SyntheticKey(subject: subject, day: $0.key, bytes: $0.value)
      }
    }
  }
}
