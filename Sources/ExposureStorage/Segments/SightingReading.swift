internal import Bluetooth
internal import CrossMatch
internal import Presence
internal import VenueCodes

/// Whose identifiers were, for the sightings of a day.
struct AliasLookup: Sendable {
  /// One slot of an identifier.
  struct Slot: Hashable, Sendable {
    var from: Int64
    var to: Int64
    var person: SubjectNumber
  }

  /// The generation of each day that any alias concerns; 0 of the others.
  let generations: [LocalDay: Int64]
  private let store: ExposureStore

  /// Takes the generations as they are now; aliases that come later are found too, and make the day
  /// be read again.
  init(_ store: ExposureStore) throws(StoreError) {
    self.store = store
    generations = try store.withCatalog { catalog throws(StoreError) in
      try AliasTable.generations(in: catalog)
    }
  }

  /// Returns some numbers of the catalog in the order of whom they stand for.
  func ordered(_ numbers: Set<UInt32>) throws(StoreError) -> [UInt32] {
    let numbers = Array(numbers)
    let people = try store.pseudonyms(of: numbers)
    return zip(numbers, people).sorted { $0.1 < $1.1 }.map(\.0)
  }

  /// Returns the slots of some numbers of the catalog that touch a time; none for those who have none.
  func slots(
    of numbers: Set<UInt32>, touching time: Range<Int64>
  ) throws(StoreError) -> [UInt32: [Slot]] {
    guard !generations.isEmpty else { return [:] }
    return try store.withCatalog { catalog throws(StoreError) in
      try catalog.reading { () throws(StoreError) in
        try AliasTable.slots(of: numbers, touching: time, in: catalog)
      }
    }
  }
}

extension AliasTable {
  fileprivate static func generations(
    in catalog: borrowing Connection
  ) throws(StoreError) -> [LocalDay: Int64] {
    try catalog.run("SELECT day, generation FROM alias_day") { row throws(StoreError) in
      var generations: [LocalDay: Int64] = [:]
      while try row.step() {
        guard let day = row.integer(0).flatMap({ Int32(exactly: $0) }),
          let generation = row.integer(1)
        else { throw StoreError(.corrupt, subject: catalog.path) }
        generations[LocalDay(daysSince2020: day)] = generation
      }
      return generations
    }
  }

  fileprivate static func slots(
    of numbers: Set<UInt32>, touching time: Range<Int64>, in catalog: borrowing Connection
  ) throws(StoreError) -> [UInt32: [AliasLookup.Slot]] {
    try catalog.run(
      """
      SELECT valid_from, valid_to, person FROM subject
      JOIN alias ON alias.credential = subject.pseudonym
      WHERE subject.number = ?1 AND valid_from < ?3 AND valid_to > ?2
      ORDER BY valid_from, valid_to, person
      """
    ) { row throws(StoreError) in
      var slots: [UInt32: [AliasLookup.Slot]] = [:]
      for number in numbers.sorted() {
        row.bind(Int64(number), at: 1)
        row.bind(time.lowerBound, at: 2)
        row.bind(time.upperBound, at: 3)
        while try row.step() {
          guard let from = row.integer(0), let to = row.integer(1), from < to,
            let person = row.integer(2).flatMap({ UInt32(exactly: $0) }),
            person < SubjectNumber.subjectLimit
          else { throw StoreError(.corrupt, subject: catalog.path) }
          slots[number, default: []].append(AliasLookup.Slot(from: from, to: to, person: person))
        }
        row.reset()
      }
      return slots
    }
  }
}

/// All sightings of one day, with persons in the place of identifiers.
///
/// People are places in `people`, which is in the order of pseudonyms: what is derived must not depend
/// on the numbers that they were given, which depend on who came first.
struct SightingReading {
  /// The numbers of the catalog.
  private(set) var people: [SubjectNumber] = []
  private(set) var sightings: [Sighting] = []
  private(set) var anchors: [ClockAnchor] = []
  private(set) var moments: [HearingMoment] = []
  private(set) var counts = SightingStatistics()

  /// One row of the log.
  private struct Row {
    var number: UInt32
    var subject: UInt32
    var peer: UInt32
    var time: Int64
    var attenuation: Int32
    var uncertainty: Int16
    var isAtVenue: Bool
    var status: UInt8
  }

  /// Reads the sightings of a day.
  ///
  /// - Parameters:
  ///   - extent: The day.
  ///   - span: Its seconds.
  ///   - log: The log.
  ///   - aliases: Whose identifiers were.
  /// - Throws: `corrupt`, and what keeps the catalog from being read.
  /// - Complexity: O(n) in the rows of the day, and a search for each distinct identifier.
  init(
    _ extent: DayExtent, of span: Range<Int64>, in log: EvidenceLog, _ aliases: AliasLookup
  ) throws(StoreError) {
    var rows: [Row] = []
    try log.read(of: extent, .statements) { columns, places, first throws(StoreError) in
      for place in places where columns.kind[place] == Evidence.Kind.bleSighting.rawValue {
        rows.append(
          Row(
            number: UInt32(truncatingIfNeeded: first + Int64(place)),
            subject: columns.subject[place], peer: columns.peer[place], time: columns.start[place],
            attenuation: columns.attenuation[place], uncertainty: columns.stay[place],
            isAtVenue: columns.venue[place] != .max, status: columns.status[place]))
      }
      return true
    }
    let reach = CredentialAlias.longestClockDifference
    var identifiers: Set<UInt32> = []
    for row in rows {
      guard let status = Evidence.Status(rawValue: row.status) else { continue }
      if status.hearerRotates || row.isAtVenue { identifiers.insert(row.subject) }
      if status.heardRotates, row.peer != .max { identifiers.insert(row.peer) }
    }
    let slots = try aliases.slots(
      of: identifiers, touching: span.lowerBound - reach..<span.upperBound + reach)
    for row in rows { take(row, slots) }
    var named: Set<SubjectNumber> = Set(anchors.map(\.heard))
    named.formUnion(moments.map(\.hearer))
    for one in sightings { named.formUnion([one.hearer, one.heard]) }
    people = try aliases.ordered(named)
    let places = Dictionary(
      uniqueKeysWithValues: people.enumerated().map { ($1, SubjectNumber($0)) })
    func place(_ number: SubjectNumber) -> SubjectNumber { places[number] ?? 0 }
    for index in sightings.indices {
      sightings[index].hearer = place(sightings[index].hearer)
      sightings[index].heard = place(sightings[index].heard)
    }
    for index in anchors.indices { anchors[index].heard = place(anchors[index].heard) }
    for index in moments.indices { moments[index].hearer = place(moments[index].hearer) }
  }

  private mutating func take(_ row: Row, _ slots: [UInt32: [AliasLookup.Slot]]) {
    counts.rows += 1
    let status = Evidence.Status(rawValue: row.status)
    if row.isAtVenue {
      counts.byGateways += 1
      // Its clock is the gateway's; only an identifier says something of the phone's.
      guard status == .rotatingIdentifier,
        case .slot(let slot) = SightingReading.owner(of: row.subject, at: row.time, slots)
      else { return }
      anchors.append(
        ClockAnchor(heard: slot.person, time: row.time, slot: slot.from..<slot.to))
      return
    }
    var hearer = row.subject
    if status?.hearerRotates ?? false {
      let owner = SightingReading.owner(of: row.subject, at: row.time, slots)
      guard case .slot(let slot) = owner else { return count(owner) }
      hearer = slot.person
    }
    var heard = row.peer
    var slot: Range<Int64>?
    switch status {
    case .accepted where row.peer != .max, .rotatingHearer where row.peer != .max: break
    case .rotatingIdentifier where row.peer != .max, .rotatingPair where row.peer != .max:
      let owner = SightingReading.owner(of: row.peer, at: row.time, slots)
      guard case .slot(let found) = owner else {
        moments.append(HearingMoment(hearer: hearer, time: row.time))
        return count(owner)
      }
      heard = found.person
      slot = found.from..<found.to
    case .expiredIdentifier, .unreadableIdentifier:
      if status == .expiredIdentifier { counts.expired += 1 } else { counts.unreadable += 1 }
      moments.append(HearingMoment(hearer: hearer, time: row.time))
      return
    case .undated:
      counts.undated += 1
      return
    default:
      counts.refused += 1
      return
    }
    sightings.append(
      Sighting(
        hearer: hearer, heard: heard, time: row.time, attenuation: Int16(exactly: row.attenuation),
        uncertainty: UInt8(exactly: row.uncertainty), slot: slot, row: row.number))
  }

  /// Counts a row with an identifier that is of no use.
  private mutating func count(_ owner: Owner) {
    switch owner {
    case .slot: break
    case .unknown: counts.unresolved += 1
    case .ambiguous: counts.ambiguous += 1
    case .outside: counts.outsideSlot += 1
    }
  }

  private enum Owner {
    case slot(AliasLookup.Slot)
    /// Nobody said whose it was.
    case unknown
    /// Several say that it was theirs.
    case ambiguous
    /// It was somebody's, at quite another time.
    case outside
  }

  /// Returns whose identifier it was at a moment, by the slot that is nearest to it.
  private static func owner(
    of number: UInt32, at time: Int64, _ slots: [UInt32: [AliasLookup.Slot]]
  ) -> Owner {
    guard let known = slots[number] else { return .unknown }
    func distance(_ slot: AliasLookup.Slot) -> Int64 {
      max(0, slot.from - time, time - (slot.to - 1))
    }
    let near = known.filter { distance($0) <= CredentialAlias.longestClockDifference }
    guard let first = near.first else { return .outside }
    guard near.allSatisfy({ $0.person == first.person }) else { return .ambiguous }
    return .slot(
      near.min { (distance($0), $0.from, $0.to) < (distance($1), $1.from, $1.to) } ?? first)
  }
}
