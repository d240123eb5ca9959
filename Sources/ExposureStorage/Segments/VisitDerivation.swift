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

  private let deriver: VisitDeriver
  private let cutter: EpisodeCutter
  private let sources: PersonSources

  /// Makes a derivation.
  ///
  /// - Parameters:
  ///   - rules: What is believed about stays.
  ///   - set: Segments that hold all evidence, and the visits that were derived of a part of it.
  ///   - log: What the ids of evidence are read from where they decide an order.
  init(rules: StayRules, set: SegmentSet, log: EvidenceLog) {
    deriver = VisitDeriver(rules: rules)
    cutter = EpisodeCutter(rules: rules)
    sources = PersonSources(set, log: log)
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
    guard let days = sources.days else { return }
    var failure: StoreError?
    let sources = sources
    let episodes = cutter.episodes(around: times, in: days) { day in
      do throws(StoreError) {
        return try sources.events(of: subject, on: day)
      } catch {
        failure = failure ?? error
        return []
      }
    }
    if let failure { throw failure }
    var before = EarlierVisits()
    for episode in episodes { compare(episode, of: subject, with: &before) }
  }

  /// Derives all visits of a person whose scans are under several numbers.
  ///
  /// - Parameters:
  ///   - members: The numbers, the person's own among them.
  ///   - person: Whose the visits are.
  /// - Throws: What keeps ids from being read.
  mutating func derive(
    _ members: [SubjectNumber], as person: SubjectNumber
  ) throws(StoreError) {
    guard let days = sources.days else { return }
    var events: [PresenceEvent] = []
    var day = days.lowerBound
    while day <= days.upperBound {
      events += try sources.events(of: members, as: person, on: day)
      day = day.advanced(by: 1)
    }
    for visit in deriver.visits(ofOrdered: events) where visit.endReason != .given {
      made.append(DerivedVisit(visit))
    }
  }

  /// The derived visits of one person that are there already, by what opened them.
  ///
  /// An event opens one visit at most, so its place names the visit.
  private struct EarlierVisits {
    var byOpening: [EvidenceLocator: (visit: DerivedVisit, row: Replaced)] = [:]
    /// The days that were read; episodes of one day share them.
    var days: Set<LocalDay> = []
  }

  /// Walks an episode, and compares its visits with those that its events have made before.
  ///
  /// - Complexity: O(n) in the events of the episode and the visits of its days, each day once for
  ///   each person.
  private mutating func compare(
    _ episode: [PresenceEvent], of subject: SubjectNumber, with before: inout EarlierVisits
  ) {
    guard let first = episode.first, let last = episode.last else { return }
    let rules = deriver.rules
    let reach = episode.reduce(first.time) { min($0, rules.reach(of: $1).lowerBound) }
    let calendar = rules.calendar
    var day = calendar.day(of: reach)
    let lastDay = calendar.day(of: last.time)
    while day <= lastDay {
      if before.days.insert(day).inserted {
        sources.forEachVisit(of: subject, on: day) { part, row, visit in
          before.byOpening[visit.opened] = (visit, Replaced(part: part, row: row))
        }
      }
      day = day.advanced(by: 1)
    }
    for visit in deriver.visits(ofOrdered: episode) where visit.endReason != .given {
      let visit = DerivedVisit(visit)
      if let old = before.byOpening.removeValue(forKey: visit.opened) {
        if old.visit == visit { continue }
        replaced.append(old.row)
      }
      made.append(visit)
    }
    // What was opened by an event that opens nothing any more.
    for event in episode {
      let opened = EvidenceLocator(standIn: event.evidence)
      if let old = before.byOpening.removeValue(forKey: opened) { replaced.append(old.row) }
    }
  }
}

/// The scans, stays and visits of people by day.
///
/// It is asked some dozen times for each person, so it is a class that nobody copies, and finds a day
/// by its number.
private final class PersonSources {
  /// The days that have scans or stays.
  let days: ClosedRange<LocalDay>?

  private struct Day {
    var extent: DayExtent?
    var scans: [ScanColumns] = []
    var stays: [VisitSegment] = []
    var visits: [(part: Int, visits: SegmentSet.Visits)] = []
  }

  private let log: EvidenceLog
  private let first: LocalDay
  /// For each day from the first on, one more than its place in `byDay`; 0 when it has nothing.
  private var places: [UInt32]
  private var byDay: [Day] = []

  init(_ set: SegmentSet, log: EvidenceLog) {
    self.log = log
    let events = set.scans.map(\.day) + set.stays.map(\.day)
    if let first = events.min(), let last = events.max() {
      days = first...last
    } else {
      days = nil
    }
    let all = events + set.visits.map(\.day)
    first = all.min() ?? LocalDay(daysSince2020: 0)
    let last = all.max() ?? first
    places = [UInt32](
      repeating: 0, count: Int(last.daysSince2020) - Int(first.daysSince2020) + 1)
    for part in set.scans { byDay[place(making: part.day)].scans.append(part.columns) }
    for part in set.stays { byDay[place(making: part.day)].stays.append(part.segment) }
    for (number, part) in set.visits.enumerated() {
      byDay[place(making: part.day)].visits.append((number, part))
    }
    for extent in log.days {
      if let place = place(of: extent.day) { byDay[place].extent = extent }
    }
  }

  private func place(of day: LocalDay) -> Int? {
    let offset = Int(day.daysSince2020) - Int(first.daysSince2020)
    guard places.indices.contains(offset), places[offset] > 0 else { return nil }
    return Int(places[offset]) - 1
  }

  private func place(making day: LocalDay) -> Int {
    if let place = place(of: day) { return place }
    byDay.append(Day())
    places[Int(day.daysSince2020) - Int(first.daysSince2020)] = UInt32(byDay.count)
    return byDay.count - 1
  }

  /// The events of a person that begin on a day, in the order of a walk.
  func events(
    of subject: SubjectNumber, on day: LocalDay
  ) throws(StoreError) -> [PresenceEvent] {
    guard let place = place(of: day) else { return [] }
    var events: [PresenceEvent] = []
    var sources = 0
    for part in byDay[place].scans.indices {
      let range = byDay[place].scans[part].scans(of: subject)
      if !range.isEmpty { sources += 1 }
      for scan in range {
        if let event = byDay[place].scans[part].event(at: scan, of: subject, on: day) {
          events.append(event)
        }
      }
    }
    for part in byDay[place].stays.indices {
      let segment = byDay[place].stays[part]
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
    if let extent = byDay[place].extent { try orderTies(&events, of: extent) }
    return events
  }

  /// The events of several numbers that begin on a day, as if all were of one person.
  func events(
    of members: [SubjectNumber], as person: SubjectNumber, on day: LocalDay
  ) throws(StoreError) -> [PresenceEvent] {
    var all: [PresenceEvent] = []
    for member in members {
      for event in try events(of: member, on: day) {
        all.append(
          PresenceEvent(
            event.kind, subject: person, venue: event.venue, zone: event.zone, time: event.time,
            leave: event.leave, defaultStaySeconds: event.defaultStaySeconds,
            evidence: event.evidence, grade: event.grade))
      }
    }
    guard all.count > 1, let place = place(of: day) else { return all }
    all.sort { ($0.time, $0.evidence) < ($1.time, $1.evidence) }
    if let extent = byDay[place].extent { try orderTies(&all, of: extent) }
    return all
  }

  /// Puts events of the same second in the order of their ids.
  private func orderTies(
    _ events: inout [PresenceEvent], of extent: DayExtent
  ) throws(StoreError) {
    var start = 0
    for end in 1...events.count {
      if end < events.count, events[end].time == events[start].time { continue }
      if end - start > 1 {
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

  /// Calls `body` with the derived visits of a person that begin on a day and are not void.
  func forEachVisit(
    of subject: SubjectNumber, on day: LocalDay,
    _ body: (_ part: Int, _ row: UInt32, DerivedVisit) -> Void
  ) {
    guard let place = place(of: day) else { return }
    for (part, found) in byDay[place].visits {
      found.segment.forEachRow(of: subject) { row in
        let visit = DerivedVisit(
          found.segment, found.facts, row: row, day: day, venue: found.segment.venue(at: row))
        body(part, UInt32(row), visit)
      }
    }
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
