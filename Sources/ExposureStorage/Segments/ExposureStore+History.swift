internal import Bluetooth
internal import CrossMatch
public import Presence
public import Tracing
public import VenueCodes

extension ExposureStore {
  /// Returns who was where and who was near whom, by all evidence there is at this moment.
  ///
  /// What is in segments is mapped, not read; evidence that is in none yet is derived in memory by the
  /// same rules. When there is much of it, segments are built first; when that cannot be (another
  /// process builds, the disk is full or only read), the answer is the same and takes longer.
  ///
  /// - Parameters:
  ///   - rules: What is believed about stays.
  ///   - openVenues: The venues whose category is an open space.
  ///   - venuesWithoutTail: The venues whose category allows no tail.
  ///   - surroundings: The venues that a venue is in.
  /// - Returns: The history; it reads the store as it is used and must not outlive it being open.
  /// - Throws: `corrupt`, `timeOutOfRange`, `closed`.
  /// - Complexity: O(d) in the days and files there are, and O(n log n) in the evidence that is in no
  ///   segment; memory for that evidence.
  public func history(
    stayRules rules: StayRules, openVenues: Set<VenueID>, venuesWithoutTail: Set<VenueID> = [],
    surroundings: [VenueID: Set<VenueID>] = [:]
  ) throws(StoreError) -> ExposureHistory {
    try ExposureStore.retryingChanges { () throws(StoreError) in
      try historyOfNow(
        stayRules: rules, openVenues: openVenues, venuesWithoutTail: venuesWithoutTail,
        surroundings: surroundings)
    }
  }

  /// Does what reads whole days again when retention replaced one meanwhile.
  static func retryingChanges<Result>(
    _ body: () throws(StoreError) -> Result
  ) throws(StoreError) -> Result {
    for _ in 0..<8 {
      do throws(StoreError) {
        return try body()
      } catch {
        guard error.code == .changedMeanwhile else { throw error }
      }
    }
    return try body()
  }

  private func historyOfNow(
    stayRules rules: StayRules, openVenues: Set<VenueID>, venuesWithoutTail: Set<VenueID>,
    surroundings: [VenueID: Set<VenueID>]
  ) throws(StoreError) -> ExposureHistory {
    let folder = try segmentFolder()
    var set = folder.open()
    // Before the rows: an alias that comes meanwhile makes the day be read again the next time.
    var aliases = try AliasLookup(self)
    var log = try wholeLog()
    set.agree(with: log, rules, forgettings: try forgettings())
    if mode == .readWrite, set.manifest.missingRows(of: log, aliases) > tuning.mostUnbuiltRows,
      (try? buildSegments(stayRules: rules)) == .built
    {
      set = folder.open()
      aliases = try AliasLookup(self)
      log = try wholeLog()
      set.agree(with: log, rules, forgettings: try forgettings())
    }
    var advance = SegmentAdvance(
      set, log: log, rules: rules, aliases: aliases, writer: nil)
    try advance.run()
    // Files never know of links: what follows from them is made for each question.
    try advance.link(try linkedPeople())
    set = advance.set
    // Whoever is in a row was known before it.
    let people = try StoredPeople(set, store: self)
    let visits = VisitView(set.stays.map(\.segment) + set.visits.map(\.segment))
    let encounters = EncounterView(
      set.encounters.map(\.segment) + set.heard.map(\.columns.runs))
    let first = ColumnTime.unixSeconds(set.manifest.earliest)
    let last = ColumnTime.unixSeconds(set.manifest.latest)
    return ExposureHistory(
      people: people, visits: visits, encounters: encounters,
      listening: ListeningView(set.heard.map(\.columns.listening), encounters: encounters),
      evidence: StoredEvidence(set: set, log: log), openVenues: openVenues,
      venuesWithoutTail: venuesWithoutTail, surroundings: surroundings,
      extent: first <= last ? first...last : nil)
  }
}

/// The people of a store by the numbers of its catalog: mapped, and the newest in memory.
private struct StoredPeople: Tracing.PeopleTable {
  let count: Int
  /// By first number; without a gap.
  private let parts: [SegmentSet.People]
  private let store: ExposureStore

  init(_ set: SegmentSet, store: ExposureStore) throws(StoreError) {
    let newest = try store.pseudonyms(from: set.manifest.peopleCount)
    var parts = set.people
    if !newest.high.isEmpty {
      parts.append(
        SegmentSet.People(
          first: set.manifest.peopleCount, high: Column(newest.high), low: Column(newest.low)))
    }
    self.parts = parts
    self.store = store
    count = Int(set.manifest.peopleCount) + newest.high.count
  }

  func pseudonym(of number: SubjectNumber) -> Pseudonym {
    // There are few parts, because small ones are merged.
    for part in parts where number >= part.first {
      let place = Int(number - part.first)
      if place < part.high.count {
        return Pseudonym(high: part.high[place], low: part.low[place])
      }
    }
    return Pseudonym(high: 0, low: 0)
  }

  func number(of person: Pseudonym) throws -> SubjectNumber? {
    guard let number = try store.catalogNumber(of: person), Int(number) < count else { return nil }
    return number
  }
}

/// The evidence of visits and encounters, read from the log when it is asked for.
private struct StoredEvidence: EvidenceLookup {
  let set: SegmentSet
  let log: EvidenceLog

  /// The evidence that opened a visit, and that closed it.
  private func locators(
    of position: VisitPosition
  ) -> (opened: EvidenceLocator, closed: EvidenceLocator?) {
    let segment = Int(position.segment)
    let row = Int(position.row)
    if segment < set.stays.count {
      let part = set.stays[segment]
      return (EvidenceLocator(day: part.day, row: part.segment.source[row]), nil)
    }
    let part = set.visits[segment - set.stays.count]
    let place = Int(part.segment.source[row])
    return (
      part.facts.opened(at: place, day: part.day), part.facts.closed(at: place, day: part.day)
    )
  }

  /// Reads the ids of evidence, a day at a time.
  private func ids(
    _ locators: [EvidenceLocator]
  ) throws(StoreError) -> [EvidenceLocator: EvidenceID] {
    var ids: [EvidenceLocator: EvidenceID] = [:]
    ids.reserveCapacity(locators.count)
    for (day, wanted) in Dictionary(grouping: locators, by: \.day) {
      guard let extent = log.days.first(where: { $0.day == day }) else { continue }
      let found = try log.ids(of: extent, rows: wanted.map(\.row))
      for locator in wanted { ids[locator] = found[locator.row] }
    }
    return ids
  }

  func appendEvidence(
    ofVisits positions: [VisitPosition], to evidence: inout [VisitEvidence]
  ) throws {
    let pairs = positions.map(locators)
    let ids = try ids(pairs.map(\.opened) + pairs.compactMap(\.closed))
    for pair in pairs {
      evidence.append(
        VisitEvidence(
          openedBy: ids[pair.opened] ?? EvidenceIDs.none,
          closedBy: pair.closed.map { ids[$0] ?? EvidenceIDs.none }))
    }
  }

  /// What several positions may be of: a given encounter, or one that was derived, of many runs.
  private struct WholeEncounter: Hashable {
    var segment: Int
    /// The row of a given encounter, or the place of a derived one.
    var place: Int
  }

  private func whole(of position: EncounterPosition) -> WholeEncounter {
    let segment = Int(position.segment)
    let row = Int(position.row)
    return WholeEncounter(
      segment: segment,
      place: segment < set.encounters.count
        ? row : set.heard[segment - set.encounters.count].columns.encounter(ofRun: row))
  }

  /// The evidence of a whole encounter.
  private func locators(of whole: WholeEncounter) -> [EvidenceLocator] {
    if whole.segment < set.encounters.count {
      let part = set.encounters[whole.segment]
      return [EvidenceLocator(day: part.day, row: part.segment.source[whole.place])]
    }
    let part = set.heard[whole.segment - set.encounters.count]
    return part.columns.evidence(of: whole.place).map { EvidenceLocator(day: part.day, row: $0) }
  }

  func appendEvidence(
    ofEncounters positions: [EncounterPosition], to evidence: inout [EvidenceID]
  ) throws {
    var all: [EvidenceID] = []
    var least: [Range<Int>: EvidenceID] = [:]
    for place in try appendAllEvidence(ofEncounters: positions, to: &all) {
      let id = least[place] ?? all[place].min() ?? EvidenceIDs.none
      least[place] = id
      evidence.append(id)
    }
  }

  func appendAllEvidence(
    ofEncounters positions: [EncounterPosition], to evidence: inout [EvidenceID]
  ) throws -> [Range<Int>] {
    // An encounter of a thousand sightings has hundreds of runs: its rows are looked up once.
    let wholes = positions.map(whole)
    var own: [(whole: WholeEncounter, locators: [EvidenceLocator])] = []
    var seen: Set<WholeEncounter> = []
    for whole in wholes where seen.insert(whole).inserted {
      own.append((whole, locators(of: whole)))
    }
    let ids = try ids(own.flatMap(\.locators))
    var places: [WholeEncounter: Range<Int>] = [:]
    for (whole, locators) in own {
      let first = evidence.count
      evidence += locators.map { ids[$0] ?? EvidenceIDs.none }
      places[whole] = first..<evidence.count
    }
    return wholes.map { places[$0] ?? 0..<0 }
  }

  func grades(ofVisits positions: [VisitPosition]) throws -> [Int8?] {
    let opened = positions.map { locators(of: $0).opened }
    var grades: [EvidenceLocator: Int8] = [:]
    for (day, wanted) in Dictionary(grouping: opened, by: \.day) {
      guard let extent = log.days.first(where: { $0.day == day }) else { continue }
      let found = try log.grades(of: extent, rows: wanted.map(\.row))
      for locator in wanted { grades[locator] = found[locator.row] }
    }
    return opened.map { grades[$0] }
  }

  func visits(at positions: [VisitPosition]) throws -> [Visit] {
    var evidence: [VisitEvidence] = []
    try appendEvidence(ofVisits: positions, to: &evidence)
    var visits: [Visit] = []
    visits.reserveCapacity(positions.count)
    for (position, evidence) in zip(positions, evidence) {
      let row = Int(position.row)
      let number = Int(position.segment)
      let derived = number < set.stays.count ? nil : set.visits[number - set.stays.count]
      let segment = derived?.segment ?? set.stays[number].segment
      guard let venue = VenueID(rawValue: segment.venue(at: row)) else {
        throw StoreError(.corrupt, subject: "segments")
      }
      var visit = Visit(
        subject: segment.subject[row], venue: venue, zone: segment.zone(at: row),
        enter: ColumnTime.unixSeconds(segment.enter[row]),
        leave: ColumnTime.unixSeconds(segment.leave[row]), openedBy: evidence.openedBy,
        closedBy: evidence.closedBy)
      if let derived {
        let place = Int(segment.source[row])
        visit.endReason = derived.facts.endReason(at: place)
        visit.isStartUnknown = derived.facts.isStartUnknown(at: place)
        visit.earliestLeave = ColumnTime.unixSeconds(derived.facts.earliestLeave[place])
        visit.latestLeave = ColumnTime.unixSeconds(derived.facts.latestLeave[place])
      }
      visits.append(visit)
    }
    return visits
  }
}
