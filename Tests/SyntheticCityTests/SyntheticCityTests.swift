import Bluetooth
import Presence
import SyntheticCity
import Testing
import VenueCodes

/// A city's venues, mostly small offices, as in Hai Phong's registry.
private func venues(_ count: Int) -> [CityVenue] {
  let categories = [
    "one-stop-office", "market", "one-stop-office", "hotel", "one-stop-office", "mall",
    "one-stop-office", "school", "one-stop-office", "never heard of", "one-stop-office",
    "market",
  ]
  var generator = SeededGenerator(seed: 77)
  return (0..<count).map { number in
    CityVenue(
      id: .random(using: &generator), category: categories[number % categories.count],
      isClosedSpace: number % 12 != 1, zones: number % 4 == 0 ? 3 : 0)
  }
}

private let firstDay = LocalDay(daysSince2020: 218)  // 2020-08-06

private func makeCity(seed: UInt64, people: Int = 500, days: Int = 7) -> SyntheticCity {
  SyntheticCity(
    seed: seed, venues: venues(120), people: people, firstDay: firstDay, days: days,
    calendar: .haiPhong)
}

/// FNV-1a, 64 bits: enough to notice any change.
private func digest(_ files: [UInt8]...) -> UInt64 {
  var hash: UInt64 = 0xcbf2_9ce4_8422_2325
  for byte in files.joined() { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
  return hash
}

@Suite("Synthetic city") struct SyntheticCityTests {
  @Test("A seed decides every byte")
  func isDeterministic() {
    let one = makeCity(seed: 2020)
    let files = digest(
      one.scans.importFile(calendar: .haiPhong), one.encounters.importFile(calendar: .haiPhong),
      one.visits.importFile(calendar: .haiPhong), one.presences.importFile(calendar: .haiPhong),
      one.cases.importFile(calendar: .haiPhong))
    #expect(files == 3_855_630_408_606_576_275)
    #expect(makeCity(seed: 2021).scans != one.scans)
  }

  @Test("The generator is xoshiro256** seeded by SplitMix64")
  func generatorIsTheKnownOne() {
    var generator = SeededGenerator(seed: 0)
    let words = [generator.next(), generator.next(), generator.next()]
    #expect(words == [0x99ec_5f36_cb75_f2b4, 0xbf6e_1f78_4956_452a, 0x1a5f_849d_4933_e6e0])
  }

  @Test("Numbers have the shape that is asked for")
  func distributions() {
    var generator = SeededGenerator(seed: 5)
    let units = (0..<20_000).map { _ in generator.unit() }
    let normals = (0..<20_000).map { _ in generator.normal() }
    let stays = (0..<20_001).map { _ in generator.logNormal(median: 40, spread: 0.6) }.sorted()
    let indices = (0..<20_000).map { _ in generator.index(below: 7) }
    func mean(_ numbers: [Double]) -> Double { numbers.reduce(0, +) / Double(numbers.count) }
    #expect((0.49...0.51).contains(mean(units)))
    #expect(units.allSatisfy { (0..<1).contains($0) })
    #expect((-0.03...0.03).contains(mean(normals)))
    #expect((0.95...1.05).contains(mean(normals.map { $0 * $0 })))
    // The median of a log-normal is its parameter, its mean e^(σ²/2) = 1.197 times that.
    #expect((38.8...41.2).contains(stays[10_000]))
    #expect((46.4...49.4).contains(mean(stays)))
    #expect(Set(indices) == Set(0..<7))
  }

  @Test("People scan 1.29 times a day, mostly without an exit", arguments: [1, 2, 3] as [UInt64])
  func scansAreOfTheRightNumber(seed: UInt64) {
    let city = makeCity(seed: seed)
    let perDay = Double(city.scans.count) / (500 * 7)
    let perStay = Double(city.scans.count) / Double(city.presences.count)
    #expect((1.2...1.38).contains(perDay), "seed \(seed)")
    #expect((1.0...1.25).contains(perStay), "seed \(seed)")
  }

  @Test("Four in ten have a phone that takes part, and hear people who were there")
  func encountersAreWherePeopleWere() throws {
    let city = makeCity(seed: 4)
    let withPhone = Set(city.encounters.flatMap { [$0.subject, $0.peer] })
    #expect((120...240).contains(withPhone.count))
    var stays: [String: [SyntheticVisit]] = [:]
    for stay in city.presences { stays[stay.subject, default: []].append(stay) }
    let strays = city.encounters.filter { encounter in
      !stays[encounter.subject, default: []].contains { own in
        stays[encounter.peer, default: []].contains { other in
          own.venue == other.venue
            && max(own.enter, other.enter) <= encounter.start
            && encounter.start < min(own.leave ?? 0, other.leave ?? 0)
        }
      }
    }
    #expect(city.encounters.count > 150)
    #expect(strays.isEmpty)
  }

  @Test("Everything says that it is synthetic, and no id comes twice")
  func isLabelled() {
    let city = makeCity(seed: 6)
    let subjects =
      city.scans.map(\.subject) + city.visits.map(\.subject) + city.cases.map(\.subject)
      + city.encounters.flatMap { [$0.subject, $0.peer] }
    #expect(subjects.allSatisfy { $0.hasPrefix("synthetic-") })
    #expect(city.scans.allSatisfy { $0.gateway == "synthetic" })
    #expect(city.encounters.allSatisfy { $0.source == "synthetic" })
    let ids = city.scans.map(\.id) + city.visits.map(\.id) + city.encounters.map(\.id)
    #expect(Set(ids).count == ids.count)
    let isVersion7 = ids.map { (id: EvidenceID) -> Bool in
      id.high & 0xf000 == 0x7000 && id.low >> 62 == 2
    }
    #expect(!isVersion7.contains(false))
  }

  @Test("Nobody is at two places at once, and nobody stays past midnight")
  func staysAreApart() {
    var wrong: [SyntheticVisit] = []
    var free: [String: Int64] = [:]
    for stay in makeCity(seed: 7).presences {
      let leave = stay.leave ?? 0
      let day = LocalCalendar.haiPhong.day(of: stay.enter)
      if stay.enter < free[stay.subject, default: 0] || leave <= stay.enter
        || LocalCalendar.haiPhong.day(of: leave - 1) != day
      {
        wrong.append(stay)
      }
      free[stay.subject] = leave
    }
    #expect(wrong.isEmpty)
  }

  @Test("A few venues draw most people")
  func popularityIsUneven() {
    let visits = Dictionary(grouping: makeCity(seed: 8).presences, by: \.venue).map(\.value.count)
      .sorted(by: >)
    let top: Int = visits.prefix(6).reduce(0, +)
    let all: Int = visits.reduce(0, +)
    #expect(top * 4 > all)
  }

  @Test(
    "Three cases have contacts, and their contacts have contacts",
    arguments: [2020, 1, 2] as [UInt64])
  func casesLeadToContactsOfContacts(seed: UInt64) {
    let city = makeCity(seed: seed)
    #expect(city.cases.count == 3)
    // A plain walk over what was recorded: 15 minutes together in one place, in time order.
    let stays = recordedVisits(city)
    let byVenue = Dictionary(grouping: stays, by: \.venue)
    func contacts(of subject: String, from start: Int64, until end: Int64) -> [String: Int64] {
      var found: [String: Int64] = [:]
      for own in stays where own.subject == subject {
        for other in byVenue[own.venue, default: []] where other.subject != subject {
          let shared = max(own.enter, other.enter, start)
          if min(own.leave, other.leave, end) - shared >= 900 {
            found[other.subject] = min(found[other.subject] ?? .max, shared + 900)
          }
        }
      }
      return found
    }
    let ill = Set(city.cases.map(\.subject))
    var first: [String: Int64] = [:]
    for one in city.cases {
      first.merge(contacts(of: one.subject, from: 0, until: one.isolation), uniquingKeysWith: min)
    }
    first = first.filter { !ill.contains($0.key) }
    var second: Set<String> = []
    for (subject, exposed) in first {
      second.formUnion(contacts(of: subject, from: exposed + 172_800, until: .max).keys)
    }
    second.subtract(first.keys)
    second.subtract(ill)
    #expect(first.count >= 10, "seed \(seed)")
    #expect(second.count >= 10, "seed \(seed)")
  }

  private struct Recorded {
    let subject: String
    let venue: VenueID
    let enter: Int64
    let leave: Int64
  }

  /// The visits that scans and paper give by the rules.
  private func recordedVisits(_ city: SyntheticCity) -> [Recorded] {
    let subjects = Set(city.presences.map(\.subject)).sorted()
    let numbers = Dictionary(
      uniqueKeysWithValues: subjects.enumerated().map { ($1, SubjectNumber($0)) })
    var events: [PresenceEvent] = []
    for scan in city.scans {
      let kind: PresenceEvent.Kind =
        switch scan.direction {
        case .entry: .entry
        case .exit: .exit
        case .auto: .scan
        }
      events.append(
        PresenceEvent(
          kind, subject: numbers[scan.subject] ?? 0, venue: scan.venue, zone: scan.zone,
          time: scan.time, evidence: scan.id))
    }
    for visit in city.visits {
      events.append(
        PresenceEvent(
          .stay, subject: numbers[visit.subject] ?? 0, venue: visit.venue, zone: visit.zone,
          time: visit.enter, leave: visit.leave, evidence: visit.id))
    }
    let rules = StayRules(
      calendar: .haiPhong, standard: StayRule(defaultStaySeconds: 2_700, closingSecond: 79_200))
    return VisitDeriver(rules: rules).visits(from: events).map {
      Recorded(
        subject: subjects[Int($0.subject)], venue: $0.venue, enter: $0.enter, leave: $0.leave)
    }
  }

  struct Corner: CustomTestStringConvertible, Sendable {
    let name: String
    let venues: Int
    let people: Int
    let days: Int
    var testDescription: String { name }
  }

  static let corners = [
    Corner(name: "no venues", venues: 0, people: 10, days: 3),
    Corner(name: "no people", venues: 3, people: 0, days: 3),
    Corner(name: "no days", venues: 3, people: 10, days: 0),
    Corner(name: "less than nobody", venues: 3, people: -1, days: -1),
    Corner(name: "one person, one venue, one day", venues: 1, people: 1, days: 1),
  ]

  @Test("Empty cities are empty, small ones small", arguments: corners)
  func degenerates(row: Corner) {
    let city = SyntheticCity(
      seed: 1, venues: venues(row.venues), people: row.people, firstDay: firstDay, days: row.days,
      calendar: .haiPhong)
    #expect(city.presences.count <= 3)
    #expect(city.cases.isEmpty)
  }

  @Test("Rows are written as import files are read")
  func rowsAreWritten() throws {
    let city = makeCity(seed: 2020, people: 60, days: 3)
    func lines(_ file: [UInt8]) -> [Substring] {
      String(decoding: file, as: UTF8.self).split(separator: "\n")
    }
    let scan = try #require(city.scans.first)
    let time = ISO8601.format(scan.time, in: .haiPhong)
    let place = "\(scan.venue),\(scan.zone),\(scan.subject)"
    let written = lines(city.scans.importFile(calendar: .haiPhong))
    #expect(written[0] == "id,venue,zone,subject,time,direction,gateway")
    #expect(written[1] == "\(scan.id),\(place),\(time),\(scan.direction.rawValue),synthetic")
    let open = try #require(city.visits.first { $0.leave == nil })
    let row: Substring = lines([open].importFile(calendar: .haiPhong)).last ?? ""
    #expect(row.hasPrefix("\(open.id),") && row.hasSuffix("+07:00,"))
    let case1 = try #require(city.cases.first)
    let caseLines = lines([case1].importFile(calendar: .haiPhong))
    #expect(caseLines[0] == "id,subject,onset,specimen,isolation")
    let dates = "2020-08-07,2020-08-08,2020-08-09T08:00:00+07:00"
    #expect(caseLines[1] == "synthetic-case-1,\(case1.subject),\(dates)")
    let columns = [
      lines(city.encounters.importFile(calendar: .haiPhong)).allSatisfy {
        $0.split(separator: ",", omittingEmptySubsequences: false).count == 7
      },
      lines(city.presences.importFile(calendar: .haiPhong)).allSatisfy {
        $0.split(separator: ",", omittingEmptySubsequences: false).count == 6
      },
    ]
    #expect(columns == [true, true])
  }
}

@Suite("Visit stream") struct VisitStreamTests {
  private func stream(seed: UInt64, count: Int, people: Int = 500, days: Int = 10) -> VisitStream {
    VisitStream(
      seed: seed, count: count, people: people, venues: venues(40), firstDay: firstDay,
      days: days, calendar: .haiPhong)
  }

  @Test("A seed decides every visit")
  func isDeterministic() {
    let rows = stream(seed: 9, count: 5_000)
    #expect(digest(rows.importFile(calendar: .haiPhong)) == 17_496_262_126_191_224_365)
    #expect(Array(stream(seed: 10, count: 10)) != Array(stream(seed: 9, count: 10)))
  }

  @Test("Visits come day by day, as many as asked for, each within its day")
  func comesDayByDay() {
    let rows = Array(stream(seed: 11, count: 5_003))
    let days = rows.map { LocalCalendar.haiPhong.day(of: $0.enter) }
    #expect(rows.count == 5_003)
    #expect(days == days.sorted())
    #expect(Set(days).count == 10)
    #expect(rows.allSatisfy { $0.enter < $0.leave && $0.leave - $0.enter < 86_400 })
    #expect(Set(rows.map(\.person)).count > 490)
    #expect(Set(rows.map(\.id)).count == rows.count)
    #expect(rows.allSatisfy { $0.subject.hasPrefix("synthetic-") })
  }

  @Test("Without people, venues or days nothing comes")
  func isEmpty() {
    #expect(stream(seed: 1, count: 5, people: 0).map(\.person).isEmpty)
    #expect(stream(seed: 1, count: 5, days: 0).map(\.person).isEmpty)
    #expect(stream(seed: 1, count: -5).map(\.person).isEmpty)
  }
}
