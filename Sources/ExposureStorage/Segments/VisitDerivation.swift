internal import CrossMatch
internal import Presence
internal import VenueCodes

/// The derivation of visits from scans, of the stretches of time that new evidence touches.
///
/// Everything it needs to know of a person is found in the scans and stays of some days by the
/// person's number. What it finds is compared with the derived visits that are there: a visit that is
/// not as before is replaced, all others stay.
struct VisitDerivation {
  /// A row of a file that is to be void.
  struct Replaced: Hashable {
    /// The place in the set's visits.
    var part: Int
    var row: UInt32
  }

  /// The visits that are new or not as before, by person.
  private(set) var made: [DerivedVisit] = []
  /// The rows that they replace.
  private(set) var replaced: [Replaced] = []

  private let log: EvidenceLog
  private let deriver: VisitDeriver
  private let cutter: EpisodeCutter
  private let calendar: LocalCalendar
  private let days: ClosedRange<LocalDay>?
  private let extents: [LocalDay: DayExtent]
  private var scans: [LocalDay: [ScanColumns]] = [:]
  private var stays: [LocalDay: [VisitSegment]] = [:]
  private var visits: [LocalDay: [(part: Int, visits: SegmentSet.Visits)]] = [:]

  /// Makes a derivation.
  ///
  /// - Parameters:
  ///   - rules: What is believed about stays.
  ///   - set: Segments that hold all evidence, and the visits that were derived of a part of it.
  ///   - log: What the ids of evidence are read from where they decide an order.
  init(rules: StayRules, set: SegmentSet, log: EvidenceLog) {
    self.log = log
    deriver = VisitDeriver(rules: rules)
    cutter = EpisodeCutter(rules: rules)
    calendar = rules.calendar
    extents = Dictionary(log.days.map { ($0.day, $0) }) { first, _ in first }
    for part in set.scans { scans[part.day, default: []].append(part.columns) }
    for part in set.stays { stays[part.day, default: []].append(part.segment) }
    for (place, part) in set.visits.enumerated() {
      visits[part.day, default: []].append((place, part))
    }
    let all = Array(scans.keys) + Array(stays.keys)
    if let first = all.min(), let last = all.max() { days = first...last } else { days = nil }
  }

  /// Forgets what was derived, after it was taken.
  mutating func takeResults() -> (made: [DerivedVisit], replaced: [Replaced]) {
    defer {
      made = []
      replaced = []
    }
    return (made, replaced)
  }

  /// Derives the visits of a person again around some moments.
  ///
  /// - Parameters:
  ///   - subject: Who.
  ///   - times: The moments of new events, ascending.
  /// - Throws: What keeps ids from being read.
  mutating func derive(_ subject: SubjectNumber, around times: [Int64]) throws(StoreError) {
    guard let days else { return }
    var failure: StoreError?
    let episodes = cutter.episodes(around: times, in: days) { day in
      do throws(StoreError) {
        return try events(of: subject, on: day)
      } catch {
        failure = failure ?? error
        return []
      }
    }
    if let failure { throw failure }
    for episode in episodes { compare(episode, of: subject) }
  }

  /// The events of a person that begin on a day, in the order of a walk.
  private func events(
    of subject: SubjectNumber, on day: LocalDay
  ) throws(StoreError) -> [PresenceEvent] {
    var events: [PresenceEvent] = []
    var sources = 0
    for columns in scans[day] ?? [] {
      let range = columns.scans(of: subject)
      if !range.isEmpty { sources += 1 }
      for place in range {
        if let event = columns.event(at: place, of: subject, on: day) { events.append(event) }
      }
    }
    for segment in stays[day] ?? [] {
      segment.forEachRow(of: subject) { row in
        guard let venue = VenueID(rawValue: segment.venue(at: row)) else { return }
        sources += 1
        events.append(
          PresenceEvent(
            .stay, subject: subject, venue: venue, zone: segment.zone(at: row),
            time: ColumnTime.unixSeconds(segment.enter[row]),
            leave: ColumnTime.unixSeconds(segment.leave[row]),
            evidence: EvidenceLocator(day: day, row: segment.source[row]).standIn))
      }
    }
    // One file of scans is in order.
    guard sources > 1 else { return events }
    events.sort { ($0.time, $0.evidence) < ($1.time, $1.evidence) }
    try orderTies(&events, on: day)
    return events
  }

  /// Puts events of the same second in the order of their ids.
  private func orderTies(_ events: inout [PresenceEvent], on day: LocalDay) throws(StoreError) {
    var start = 0
    for end in 1...events.count {
      if end < events.count, events[end].time == events[start].time { continue }
      if end - start > 1, let extent = extents[day] {
        let rows = events[start..<end].map { EvidenceLocator(standIn: $0.evidence).row }
        let ids = try log.ids(of: extent, rows: rows)
        events[start..<end].sort {
          ids[EvidenceLocator(standIn: $0.evidence).row]
            < ids[EvidenceLocator(standIn: $1.evidence).row]
        }
      }
      start = end
    }
  }

  /// Walks an episode, and compares its visits with those that its events have made before.
  private mutating func compare(_ episode: [PresenceEvent], of subject: SubjectNumber) {
    guard let first = episode.first, let last = episode.last else { return }
    let rules = deriver.rules
    let reach = episode.reduce(first.time) { min($0, rules.reach(of: $1).lowerBound) }
    let own = Set(episode.map { EvidenceLocator(standIn: $0.evidence) })
    // An event opens one visit at most, so its place names the visit.
    var before: [EvidenceLocator: (visit: DerivedVisit, row: Replaced)] = [:]
    var day = calendar.day(of: reach)
    let lastDay = calendar.day(of: last.time)
    while day <= lastDay {
      for (part, found) in visits[day] ?? [] {
        found.segment.forEachRow(of: subject) { row in
          let visit = DerivedVisit(
            found.segment, found.facts, row: row, day: day, venue: found.segment.venue(at: row))
          if own.contains(visit.opened) {
            before[visit.opened] = (visit, Replaced(part: part, row: UInt32(row)))
          }
        }
      }
      day = day.advanced(by: 1)
    }
    for visit in deriver.visits(ofOrdered: episode) where visit.endReason != .given {
      let visit = DerivedVisit(visit)
      if let old = before.removeValue(forKey: visit.opened) {
        if old.visit == visit { continue }
        replaced.append(old.row)
      }
      made.append(visit)
    }
    // What nothing opens any more.
    for old in before.values { replaced.append(old.row) }
  }
}

/// Whom new evidence touches, and when: numbers in one word, so that millions are sorted fast.
struct TouchedTimes {
  private var keys: [UInt64] = []

  /// Adds a moment of a person.
  mutating func append(_ subject: SubjectNumber, _ time: Int32) {
    keys.append(UInt64(subject) << 32 | UInt64(UInt32(bitPattern: time) ^ 0x8000_0000))
  }

  /// How many moments there are.
  var count: Int { keys.count }

  /// Calls `body` with each person and their moments in Unix seconds, ascending.
  mutating func forEachPerson(
    _ body: (SubjectNumber, [Int64]) throws(StoreError) -> Void
  ) throws(StoreError) {
    keys.sort()
    var place = 0
    var times: [Int64] = []
    while place < keys.count {
      let subject = keys[place] >> 32
      times.removeAll(keepingCapacity: true)
      while place < keys.count, keys[place] >> 32 == subject {
        let time = Int32(bitPattern: UInt32(truncatingIfNeeded: keys[place]) ^ 0x8000_0000)
        times.append(ColumnTime.unixSeconds(time))
        place += 1
      }
      try body(SubjectNumber(subject), times)
    }
  }
}
