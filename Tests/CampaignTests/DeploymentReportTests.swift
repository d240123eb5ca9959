import Campaign
import TestSupport
import Testing
import VenueCodes
import VenueRegistry

/// What a report says, said by going through everything for every question.
private struct BruteForce {
  let registry: Registry
  let prints: [PosterPrint]
  let activity: [DayActivity]
  let asOf: LocalDay

  func hasPrint(_ venue: VenueID, on day: LocalDay) -> Bool {
    prints.contains { print in
      print.venue == venue && print.printedOn <= day && print.firstDay <= day
        && print.lastDay >= day && (print.revokedOn.map { day < $0 } ?? true)
    }
  }

  func scans(_ venue: VenueID, _ day: LocalDay) -> Int {
    activity.filter { $0.day == day }.reduce(0) { $0 + ($1.scans[venue] ?? 0) }
  }

  func scansInWeek(_ venue: VenueID) -> Int {
    (0..<7).reduce(0) { $0 + scans(venue, asOf.advanced(by: -$1)) }
  }

  func entered(_ venue: VenueID) -> Int {
    (0..<7).reduce(0) { sum, back in
      activity.filter { $0.day == asOf.advanced(by: -back) }
        .reduce(sum) { $0 + ($1.entered[venue] ?? 0) }
    }
  }

  func listed(_ venues: [Venue]) -> [Venue] {
    venues.filter { venue in venue.retiredOn.map { asOf < $0 } ?? true }
  }

  /// The latest deadline of the agencies of venues.
  func deadline(_ venues: [Venue]) -> LocalDay? {
    listed(venues).compactMap { registry.agency($0.agency)?.reportsBy }.max()
  }

  /// The first day of the oldest print that counts on the deadline or, failing that, on the day.
  func fulfilled(_ venue: VenueID, _ deadline: LocalDay?) -> LocalDay? {
    for day in [min(deadline ?? asOf, asOf), asOf] {
      let firsts = prints.compactMap { print -> LocalDay? in
        let alone = BruteForce(registry: registry, prints: [print], activity: [], asOf: asOf)
        guard alone.hasPrint(venue, on: day) else { return nil }
        return (0...250).map { LocalDay(daysSince2020: $0) }.first {
          alone.hasPrint(venue, on: $0)
        }
      }
      if let first = firsts.min() { return first }
    }
    return nil
  }

  func counts(_ venues: [Venue], deadline: LocalDay?) -> DeploymentCounts {
    var counts = DeploymentCounts()
    let listed = listed(venues)
    counts.listed = listed.count
    counts.deployed = listed.count { hasPrint($0.id, on: asOf) }
    counts.activeOnDay = listed.count { scans($0.id, asOf) > 0 }
    counts.activeInWeek = listed.count { scansInWeek($0.id) > 0 }
    counts.scansOnDay = listed.reduce(0) { $0 + scans($1.id, asOf) }
    counts.scansInWeek = listed.reduce(0) { $0 + scansInWeek($1.id) }
    counts.enteredInWeek = listed.reduce(0) { $0 + entered($1.id) }
    let firsts = listed.compactMap { fulfilled($0.id, deadline) }
    counts.fulfilled = firsts.count
    counts.lastFulfilled = firsts.max()
    return counts
  }
}

@Suite("The deployment report") struct DeploymentReportTests {
  private static func facts(
    _ city: inout RandomCity
  ) -> (prints: [PosterPrint], activity: [DayActivity]) {
    var ids = city.registry.venues.map(\.id)
    // Places that the registry does not know have prints and scans too.
    ids.append(city.registry.unusedID(using: &city.generator))
    func day(_ range: ClosedRange<Int32>) -> LocalDay {
      LocalDay(daysSince2020: Int32.random(in: range, using: &city.generator))
    }
    var prints: [PosterPrint] = []
    for id in ids {
      for _ in 0..<Int.random(in: 0...3, using: &city.generator) {
        let printed = day(190...222)
        let first = printed.advanced(by: Int.random(in: -1...2, using: &city.generator))
        prints.append(
          PosterPrint(
            venue: id, firstDay: first,
            lastDay: first.advanced(by: Int.random(in: 0...30, using: &city.generator)),
            printedOn: printed,
            revokedOn: city.generator.oneIn(3)
              ? printed.advanced(by: Int.random(in: 0...20, using: &city.generator)) : nil))
      }
    }
    let activity = (0..<14).compactMap { place -> DayActivity? in
      guard !city.generator.oneIn(6) else { return nil }
      var day = DayActivity(day: LocalDay(daysSince2020: 205 + Int32(place)))
      for id in ids where city.generator.oneIn(3) {
        day.scans[id] = Int.random(in: 1...9, using: &city.generator)
        if city.generator.oneIn(3) { day.entered[id] = 2 }
      }
      return day
    }
    return (prints, activity)
  }

  @Test("Counts what a walk through all venues, prints and scans counts")
  func countsAsBruteForceDoes() {
    for seed in 0..<UInt64(TestEnvironment.propertyRuns(default: 300)) {
      var city = RandomCity(seed: seed)
      let (prints, activity) = Self.facts(&city)
      let registry = city.registry
      let asOf = LocalDay(daysSince2020: Int32.random(in: 200...222, using: &city.generator))
      let model = BruteForce(
        registry: registry, prints: prints, activity: activity, asOf: asOf)
      let report = DeploymentReport(
        registry: registry, prints: prints, activity: activity, asOf: asOf, trendDays: 28)
      let everything = registry.venues
      let label = Comment("seed \(seed)")
      let cityDeadline = registry.coordinator?.reportsBy ?? model.deadline(everything)
      #expect(report.total.counts == model.counts(everything, deadline: cityDeadline), label)
      for row in report.agencies {
        let venues = everything.filter { $0.agency == row.key }
        let deadline = registry.agency(row.key)?.reportsBy
        #expect(row.counts == model.counts(venues, deadline: deadline), label)
      }
      for row in report.categories {
        let venues = everything.filter { $0.category == row.key }
        #expect(row.counts == model.counts(venues, deadline: model.deadline(venues)), label)
      }
      for row in report.divisions {
        let venues = registry.venues(division: row.key)
        #expect(row.counts == model.counts(venues, deadline: model.deadline(venues)), label)
        #expect(row.depth == registry.divisionPath(row.key).count - 1, label)
      }
      let listed = everything.filter { $0.retiredOn.map { asOf < $0 } ?? true }
      let missing = listed.filter { !model.hasPrint($0.id, on: asOf) }
      #expect(Set(report.notDeployed.map(\.venue)) == Set(missing), label)
      #expect(report.notDeployed.count == missing.count, label)
      let silent = listed.filter {
        model.hasPrint($0.id, on: asOf) && model.scansInWeek($0.id) == 0
      }
      #expect(Set(report.silent.map(\.venue)) == Set(silent), label)
      for day in report.trend {
        #expect(day.scans == listed.reduce(0) { $0 + model.scans($1.id, day.day) }, label)
        #expect(day.active == listed.count { model.scans($0.id, day.day) > 0 }, label)
        #expect(day.deployed == listed.count { model.hasPrint($0.id, on: day.day) }, label)
      }
      let all = activity.filter { $0.day <= asOf && $0.day > asOf.advanced(by: -7) }
        .reduce(0) { $0 + $1.scans.values.reduce(0, +) }
      #expect(report.scansElsewhere == all - report.total.counts.scansInWeek, label)
    }
  }

  @Test("A narrowed report is the one of the venues that are left")
  func narrows() {
    for seed in 0..<UInt64(TestEnvironment.propertyRuns(default: 100)) {
      var city = RandomCity(seed: seed)
      let (prints, activity) = Self.facts(&city)
      let registry = city.registry
      let asOf = LocalDay(daysSince2020: 215)
      let model = BruteForce(
        registry: registry, prints: prints, activity: activity, asOf: asOf)
      let report = DeploymentReport(
        registry: registry, prints: prints, activity: activity, asOf: asOf, category: "c1",
        agency: "a0", division: "11")
      let left = registry.venues(category: "c1", agency: "a0", division: "11")
      #expect(
        report.total.counts == model.counts(left, deadline: model.deadline(left)), "seed \(seed)")
      #expect(!report.isConsolidated && report.scansElsewhere == 0)
      #expect(report.agencies.allSatisfy { $0.counts.listed > 0 })
    }
  }

  // MARK: Deadlines

  struct DeadlineRow: CustomTestStringConvertible, Sendable {
    let name: String
    let listed: Int
    let done: [String]
    let asOf: String
    let standing: DeploymentDeadline.Standing
    let days: Int?
    var testDescription: String { name }
  }

  private static let met = LocalDay(daysSince2020: 226)

  static let deadlines = [
    DeadlineRow(
      name: "nothing to do", listed: 0, done: [], asOf: "2020-08-20", standing: .nothingToDo,
      days: nil),
    DeadlineRow(
      name: "five days left", listed: 2, done: ["2020-08-01"], asOf: "2020-08-10",
      standing: .open(daysLeft: 5), days: 5),
    DeadlineRow(
      name: "the last day", listed: 1, done: [], asOf: "2020-08-15", standing: .open(daysLeft: 0),
      days: 0),
    DeadlineRow(
      name: "a day overdue", listed: 1, done: [], asOf: "2020-08-16", standing: .overdue(days: 1),
      days: -1),
    DeadlineRow(
      name: "met on the day before", listed: 2, done: ["2020-08-01", "2020-08-14"],
      asOf: "2020-09-01", standing: .met(on: met), days: nil),
    DeadlineRow(
      name: "two days late", listed: 2, done: ["2020-08-01", "2020-08-17"], asOf: "2020-09-01",
      standing: .late(on: LocalDay(daysSince2020: 229), days: 2), days: -2),
  ]

  @Test("A deadline is open, met, late or overdue", arguments: deadlines)
  func deadlineStands(row: DeadlineRow) throws {
    var counts = DeploymentCounts()
    counts.listed = row.listed
    counts.fulfilled = row.done.count
    counts.lastFulfilled = try row.done.map { try day($0) }.max()
    let deadline = DeploymentDeadline(
      try day("2020-08-15"), for: counts, asOf: try day(row.asOf))
    #expect(deadline.standing == row.standing && deadline.standing.days == row.days)
  }

  @Test("A poster that is revoked later counts for the days before, and the deadline stays met")
  func countsAsOfThen() throws {
    let venue = Venue(
      id: try VenueID(parsing: "C4C6BHFZC"), name: "Khách sạn", category: "hotel", agency: "a",
      division: "1")
    let registry = Registry(
      categories: [],
      agencies: [
        Agency(
          id: "a", name: BilingualName(vietnamese: "Sở", english: "Office"), kind: .department,
          clause: "coordination", reportsBy: try day("2020-08-15"))
      ], divisions: [Division(code: "1", parent: nil, kind: "thành phố", name: "Thành phố")],
      venues: [venue])
    let print = PosterPrint(
      venue: venue.id, firstDay: try day("2020-08-07"), lastDay: try day("2021-08-06"),
      printedOn: try day("2020-08-06"), revokedOn: try day("2020-08-20"))
    func report(_ asOf: String) throws -> DeploymentReport {
      DeploymentReport(
        registry: registry, prints: [print], activity: [], asOf: try day(asOf))
    }
    #expect(try report("2020-08-06").total.counts.deployed == 0)
    #expect(try report("2020-08-07").total.counts.deployed == 1)
    #expect(try report("2020-08-19").silent.count == 1)
    let after = try report("2020-08-20")
    #expect(after.total.counts.deployed == 0 && after.notDeployed.count == 1)
    #expect(after.total.deadline?.standing == .met(on: try day("2020-08-07")))
    #expect(after.total.counts.deployedShare == 0)
  }

  @Test("A poster that expired or was revoked before the deadline does not fulfil it")
  func expiresBeforeTheDeadline() throws {
    let venue = Venue(
      id: try VenueID(parsing: "C4C6BHFZC"), name: "Khách sạn", category: "hotel", agency: "a",
      division: "1")
    let registry = Registry(
      categories: [],
      agencies: [
        Agency(
          id: "a", name: BilingualName(vietnamese: "Sở", english: "Office"), kind: .department,
          reportsBy: try day("2020-08-15"))
      ], divisions: [], venues: [venue])
    func standing(
      _ asOf: String, _ prints: (last: String, revoked: String?, made: String)...
    ) throws -> DeploymentDeadline.Standing? {
      let prints = try prints.map { print in
        PosterPrint(
          venue: venue.id, firstDay: try day(print.made), lastDay: try day(print.last),
          printedOn: try day(print.made), revokedOn: try print.revoked.map { try day($0) })
      }
      return DeploymentReport(
        registry: registry, prints: prints, activity: [], asOf: try day(asOf)
      ).total.deadline?.standing
    }
    let first = try day("2020-08-01")
    let expired = (last: "2020-08-14", revoked: nil as String?, made: "2020-08-01")
    let revoked = (last: "2021-08-01", revoked: "2020-08-15" as String?, made: "2020-08-01")
    let newer = (last: "2021-08-01", revoked: nil as String?, made: "2020-08-18")
    // While it is in force and the deadline is to come, the task is done.
    #expect(try standing("2020-08-14", expired) == .met(on: first))
    #expect(try standing("2020-08-15", expired) == .open(daysLeft: 0))
    #expect(try standing("2020-08-16", expired) == .overdue(days: 1))
    #expect(try standing("2020-08-16", revoked) == .overdue(days: 1))
    #expect(
      try standing("2020-08-20", expired, newer) == .late(on: day("2020-08-18"), days: 3))
  }

  @Test("One venue that is missing among many keeps the share below the whole")
  func showsNoWholeTooSoon() {
    #expect(DeploymentCounts.shown(9_999.0 / 10_000) == 0.999)
    #expect(DeploymentCounts.shown(1) == 1 && DeploymentCounts.shown(0.5) == 0.5)
  }

  // MARK: Delimited text

  @Test("A name that begins as a formula is a text in the file")
  func guardsFormulas() throws {
    let registry = Registry(
      categories: [], agencies: [], divisions: [],
      venues: [
        Venue(
          id: try VenueID(parsing: "C4C6BHFZC"), name: "=HYPERLINK(\"http://x\")",
          category: "hotel", agency: "@SUM(A1)", division: "1", address: "+84, \"x\"")
      ])
    let report = DeploymentReport(
      registry: registry, prints: [], activity: [], asOf: try day("2020-08-15"))
    let text = String(decoding: report.delimited(.followUp), as: UTF8.self)
    #expect(text.unicodeScalars.first == "\u{FEFF}")
    let row = try #require(text.split(separator: "\r\n").last)
    #expect(row.contains(#""'=HYPERLINK(""http://x"")""#))
    #expect(row.contains("\"'@SUM(A1)\"") && row.contains(#""'+84, ""x""""#))
  }

  @Test("The file of a small city says what it should, to the letter")
  func writesGroups() throws {
    let venue = Venue(
      id: try VenueID(parsing: "C4C6BHFZC"), name: "Chợ Sắt", category: "market", agency: "a",
      division: "11")
    let registry = Registry(
      categories: [
        VenueCategory(
          code: "market", wireNumber: 11,
          name: BilingualName(vietnamese: "Chợ", english: "Market"), space: .closed,
          defaultStayMinutes: 60, isTailAllowed: true)
      ],
      agencies: [
        Agency(
          id: "a", name: BilingualName(vietnamese: "Sở Công Thương", english: "Industry, Trade"),
          kind: .department, clause: "enterprises", reportsBy: try day("2020-08-15"))
      ],
      divisions: [
        Division(code: "1", parent: nil, kind: "thành phố", name: "Thành phố Hải Phòng"),
        Division(code: "11", parent: "1", kind: "quận", name: "Quận Hồng Bàng"),
      ], venues: [venue])
    let asOf = try day("2020-08-16")
    let report = DeploymentReport(
      registry: registry, prints: [],
      activity: [DayActivity(day: asOf, scans: [venue.id: 3])], asOf: asOf)
    let numbers = "1,0,0.0000,1,1.0000,1,1.0000,3,3,0.4,0,2020-08-15,overdue,-1"
    let heading =
      "as_of,group,key,depth,name_vi,name_en,listed,deployed,deployed_share,active_day,"
      + "active_day_share,active_week,active_week_share,scans_day,scans_week,mean_scans_a_day,"
      + "entered_week,deadline,deadline_standing,days_left"
    #expect(
      String(decoding: report.delimited(.groups).dropFirst(3), as: UTF8.self)
        == """
        \(heading)\r
        2020-08-16,all,,0,Thành phố Hải Phòng,Thành phố Hải Phòng,\(numbers)\r
        2020-08-16,agency,a,0,Sở Công Thương,"Industry, Trade",\(numbers)\r
        2020-08-16,division,11,1,Quận Hồng Bàng,Quận Hồng Bàng,\(numbers)\r
        2020-08-16,category,market,0,Chợ,Market,\(numbers)\r

        """)
  }
}
