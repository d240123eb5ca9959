internal import VenueCodes
internal import VenueRegistry

/// Counts the venues of a report into its lines.
struct DeploymentCounting {
  private let registry: Registry
  private let venues: [Venue]
  private let printsByVenue: [VenueID: [PosterPrint]]
  private let activityByDay: [LocalDay: DayActivity]
  private let asOf: LocalDay
  private let isConsolidated: Bool

  private var standings: [VenueStanding] = []
  private var whole = DeploymentCounts()
  private var byAgency: [String: DeploymentCounts] = [:]
  private var byCategory: [String: DeploymentCounts] = [:]
  private var byDivision: [String: DeploymentCounts] = [:]
  private var deadlineOfCategory: [String: LocalDay] = [:]
  private var deadlineOfDivision: [String: LocalDay] = [:]
  /// The deadline of all.
  private var deadline: LocalDay?

  init(
    registry: Registry, venues: [Venue], prints: [PosterPrint], activity: [DayActivity],
    asOf: LocalDay, isConsolidated: Bool
  ) {
    self.registry = registry
    self.venues = venues
    self.asOf = asOf
    self.isConsolidated = isConsolidated
    printsByVenue = Dictionary(grouping: prints.filter { !$0.days.isEmpty }, by: \.venue)
    activityByDay = Dictionary(activity.map { ($0.day, $0) }) { one, other in
      DayActivity(
        day: one.day, scans: one.scans.merging(other.scans, uniquingKeysWith: +),
        entered: one.entered.merging(other.entered, uniquingKeysWith: +))
    }
  }

  private var week: [DayActivity] {
    (0..<DeploymentReport.weekDays).compactMap { activityByDay[asOf.advanced(by: -$0)] }
  }

  // MARK: Counting

  mutating func countAll() {
    findDeadlines()
    let week = self.week
    let today = activityByDay[asOf]
    standings.reserveCapacity(venues.count)
    // The divisions around each place are looked up once for all its venues.
    var paths: [String: [String]] = [:]
    for venue in venues {
      let standing = standing(of: venue.id, today: today, week: week)
      standings.append(standing)
      func since(_ deadline: LocalDay?) -> LocalDay? { fulfilment(at: venue.id, of: deadline) }
      whole.add(standing, fulfilled: since(deadline))
      byAgency[venue.agency, default: DeploymentCounts()].add(
        standing, fulfilled: since(registry.agency(venue.agency)?.reportsBy))
      byCategory[venue.category, default: DeploymentCounts()].add(
        standing, fulfilled: since(deadlineOfCategory[venue.category]))
      let path = paths[venue.division] ?? registry.divisionPath(venue.division).map(\.code)
      paths[venue.division] = path
      for code in path {
        byDivision[code, default: DeploymentCounts()].add(
          standing, fulfilled: since(deadlineOfDivision[code]))
      }
    }
  }

  /// Finds the deadlines of lines that are not an agency's: the latest of their venues' agencies.
  private mutating func findDeadlines() {
    var ofPlaces: [String: LocalDay] = [:]
    var latest: LocalDay?
    for venue in venues {
      guard let deadline = registry.agency(venue.agency)?.reportsBy else { continue }
      func later(_ other: LocalDay?) -> LocalDay { max(other ?? deadline, deadline) }
      latest = later(latest)
      deadlineOfCategory[venue.category] = later(deadlineOfCategory[venue.category])
      ofPlaces[venue.division] = later(ofPlaces[venue.division])
    }
    for (place, deadline) in ofPlaces {
      for division in registry.divisionPath(place) {
        deadlineOfDivision[division.code] = max(
          deadlineOfDivision[division.code] ?? deadline, deadline)
      }
    }
    self.deadline = isConsolidated ? registry.coordinator?.reportsBy ?? latest : latest
  }

  /// The day since which a venue has the poster that fulfils a deadline, or nil when it has none.
  private func fulfilment(at venue: VenueID, of deadline: LocalDay?) -> LocalDay? {
    let prints = printsByVenue[venue] ?? []
    func since(_ day: LocalDay) -> LocalDay? {
      prints.filter { $0.days.contains(day) }.map(\.days.lowerBound).min()
    }
    return since(min(deadline ?? asOf, asOf)) ?? since(asOf)
  }

  private func standing(
    of venue: VenueID, today: DayActivity?, week: [DayActivity]
  ) -> VenueStanding {
    var standing = VenueStanding()
    for print in printsByVenue[venue] ?? [] where print.days.contains(asOf) {
      standing.isDeployed = true
      standing.printedOn = max(standing.printedOn ?? print.printedOn, print.printedOn)
    }
    standing.scansOnDay = today?.scans[venue] ?? 0
    for day in week {
      standing.scansInWeek += day.scans[venue] ?? 0
      standing.enteredInWeek += day.entered[venue] ?? 0
    }
    return standing
  }

  // MARK: Lines

  private func row(
    _ key: String, _ name: BilingualName, _ counts: DeploymentCounts?, _ deadline: LocalDay?,
    depth: Int = 0
  ) -> DeploymentReport.Row {
    let counts = counts ?? DeploymentCounts()
    return DeploymentReport.Row(
      key: key, name: name, depth: depth, counts: counts,
      deadline: deadline.map { DeploymentDeadline($0, for: counts, asOf: asOf) })
  }

  func total(name: BilingualName) -> DeploymentReport.Row { row("", name, whole, deadline) }

  /// The agencies in the order of the registry; of all that the directive charges, or of those with
  /// venues only.
  func agencyRows(all: Bool) -> [DeploymentReport.Row] {
    let known = registry.agencies.filter { agency in
      byAgency[agency.id] != nil || all && agency.clause != nil
    }
    let unknown = Set(byAgency.keys).subtracting(known.map(\.id)).sorted()
    return known.map { row($0.id, $0.name, byAgency[$0.id], $0.reportsBy) }
      + unknown.map { row($0, BilingualName($0), byAgency[$0], nil) }
  }

  func categoryRows(all: Bool) -> [DeploymentReport.Row] {
    let known = registry.categories.filter { all || byCategory[$0.code] != nil }
    let unknown = Set(byCategory.keys).subtracting(known.map(\.code)).sorted()
    return known.map { row($0.code, $0.name, byCategory[$0.code], deadlineOfCategory[$0.code]) }
      + unknown.map { row($0, BilingualName($0), byCategory[$0], deadlineOfCategory[$0]) }
  }

  /// The divisions below the topmost, each before those that lie in it.
  func divisionRows(all: Bool) -> [DeploymentReport.Row] {
    let children = Dictionary(grouping: registry.divisions, by: { $0.parent ?? "" })
    var rows: [DeploymentReport.Row] = []
    var open = (children[""] ?? []).reversed().map { ($0, 0) }
    var seen: Set<String> = []
    while let (division, depth) = open.popLast() {
      guard seen.insert(division.code).inserted else { continue }
      let counts = byDivision[division.code]
      if depth > 0, all || counts != nil {
        rows.append(
          row(
            division.code, BilingualName(division.name), counts,
            deadlineOfDivision[division.code], depth: depth))
      }
      open += (children[division.code] ?? []).reversed().map { ($0, depth + 1) }
    }
    return rows
  }

  /// The venues to follow up, in the order in which one would call them.
  func followUps(where matches: (VenueStanding) -> Bool) -> [DeploymentReport.FollowUp] {
    let agencyPlaces = Dictionary(
      registry.agencies.enumerated().map { ($0.element.id, $0.offset) },
      uniquingKeysWith: { first, _ in first })
    let divisionPlaces = Dictionary(
      registry.divisions.enumerated().map { ($0.element.code, $0.offset) },
      uniquingKeysWith: { first, _ in first })
    func order(_ venue: Venue) -> (Int, Int, String, VenueID) {
      (
        agencyPlaces[venue.agency] ?? .max, divisionPlaces[venue.division] ?? .max, venue.name,
        venue.id
      )
    }
    return zip(venues, standings).filter { matches($0.1) }
      .map { (key: order($0.0), venue: $0.0, standing: $0.1) }
      .sorted { $0.key < $1.key }
      .map { entry in
        DeploymentReport.FollowUp(
          venue: entry.venue,
          agency: registry.agency(entry.venue.agency)?.name ?? BilingualName(entry.venue.agency),
          divisions: registry.divisionPath(entry.venue.division).filter { $0.parent != nil }
            .map(\.name),
          printedOn: entry.standing.printedOn,
          enteredInWeek: entry.standing.enteredInWeek)
      }
  }

  func trend(days: Int) -> [DeploymentReport.TrendDay] {
    let first = asOf.advanced(by: 1 - max(1, days))
    var deployed = [Int](repeating: 0, count: max(1, days))
    for venue in venues {
      guard let prints = printsByVenue[venue.id] else { continue }
      for place in deployed.indices {
        let day = first.advanced(by: place)
        if prints.contains(where: { $0.days.contains(day) }) { deployed[place] += 1 }
      }
    }
    return deployed.indices.map { place in
      let day = first.advanced(by: place)
      var scans = 0
      var active = 0
      if let activity = activityByDay[day], !activity.scans.isEmpty {
        for venue in venues {
          let count = activity.scans[venue.id] ?? 0
          scans += count
          if count > 0 { active += 1 }
        }
      }
      return DeploymentReport.TrendDay(
        day: day, scans: scans, active: active, deployed: deployed[place])
    }
  }

  func scansElsewhere() -> Int {
    let all = week.reduce(0) { sum, day in sum + day.scans.values.reduce(0, +) }
    return all - whole.scansInWeek
  }
}
