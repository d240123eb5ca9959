internal import VenueCodes

/// The walk along one person's events in time, which opens, carries on and ends visits.
///
/// The meaning of each step is the comment of `VisitDeriver`.
struct SubjectWalk {
  let rules: StayRules
  /// The visits of all walks so far.
  var visits: [Visit] = []

  /// Where the visits of this walk begin.
  private var firstVisit = 0
  /// The visit the person is in as far as is known, an index into `visits`.
  private var open: Int?
  /// Visits without an exit scan, at most one a venue, which an exit scan may still end; by enter.
  private var unclosed: [Unclosed] = []
  private var lastBeep: Beep?
  /// The last moment at which the person was seen anywhere.
  private var lastSeen: Int64?

  /// A person who has gone to so many places without an exit is not matched with the older ones, so
  /// that no list of events, however made, takes more than linear time.
  private static let mostUnclosed = 64

  private struct Unclosed {
    var visit: Int
    var venue: VenueID
    /// The last second at which a scan may be this visit's exit.
    var lastExit: Int64
  }

  private struct Beep {
    var venue: VenueID
    var zone: UInt8
    var isExit: Bool
    var time: Int64
  }

  init(rules: StayRules) {
    self.rules = rules
  }

  /// Begins the walk of the next person.
  mutating func begin() {
    firstVisit = visits.count
    open = nil
    unclosed.removeAll(keepingCapacity: true)
    lastBeep = nil
    lastSeen = nil
  }

  /// Ends a person's walk: puts the visits in order.
  mutating func end() {
    visits.sortIfNeeded(from: firstVisit) {
      ($0.enter, $0.venue, $0.leave, $0.openedBy) < ($1.enter, $1.venue, $1.leave, $1.openedBy)
    }
  }

  /// Takes the person's next event, no earlier than the one before.
  mutating func take(_ event: PresenceEvent) {
    defer { lastSeen = event.time }
    if event.kind == .stay, let leave = event.leave {
      keep(event, until: leave)
      return
    }
    let echoed = lastBeep.flatMap { beep in
      beep.venue == event.venue && event.time - beep.time <= rules.doubleBeepSeconds ? beep : nil
    }
    let isExit =
      switch event.kind {
      case .exit: true
      case .entry, .stay: false
      case .scan: echoed?.isExit ?? isWayOut(event)
      }
    if let echoed, echoed.isExit == isExit,
      isExit || event.zone == 0 || event.zone == echoed.zone
    {
      lastBeep?.time = event.time
      return
    }
    lastBeep = Beep(venue: event.venue, zone: event.zone, isExit: isExit, time: event.time)
    if isExit { leave(event) } else { enter(event) }
  }

  /// Whether a scan without direction is somebody leaving.
  private func isWayOut(_ event: PresenceEvent) -> Bool {
    guard let open, visits[open].venue == event.venue,
      event.zone == 0 || event.zone == visits[open].zone
    else { return false }
    return unclosed.last { $0.visit == open }.map { event.time <= $0.lastExit } ?? false
  }

  /// Keeps a stay with both ends as it is.
  private mutating func keep(_ event: PresenceEvent, until leave: Int64) {
    if let open, visits[open].venue != event.venue { endOpenVisit(by: event) }
    if let beep = lastBeep, beep.venue != event.venue { lastBeep = nil }
    visits.append(
      Visit(
        subject: event.subject, venue: event.venue, zone: event.zone, enter: event.time,
        leave: leave, openedBy: event.evidence))
  }

  private mutating func enter(_ event: PresenceEvent) {
    let rule = rules.rule(for: event.venue)
    if let open, visits[open].venue == event.venue, visits[open].zone == event.zone,
      event.time <= visits[open].leave
    {
      carryOn(open, event, rule)
      return
    }
    endOpenVisit(by: event)
    let closing = rules.closing(of: rule, after: event.time)
    let end = estimate(event, enter: event.time, rule, closing)
    let cap = event.time + Int64(max(1, rule.capSeconds))
    let latest = min(cap, closing ?? cap)
    visits.append(
      Visit(
        subject: event.subject, venue: event.venue, zone: event.zone, enter: event.time,
        leave: end.moment, endReason: end.reason, earliestLeave: event.time, latestLeave: latest,
        openedBy: event.evidence))
    open = visits.count - 1
    unclosed.removeAll { $0.venue == event.venue || $0.lastExit < event.time }
    if unclosed.count == SubjectWalk.mostUnclosed { unclosed.removeFirst() }
    unclosed.append(
      Unclosed(
        visit: visits.count - 1, venue: event.venue,
        lastExit: rules.lastExit(at: event.venue, enter: event.time)))
  }

  /// Carries a visit on whose visitor has come in again before it was thought to end.
  private mutating func carryOn(_ visit: Int, _ event: PresenceEvent, _ rule: StayRule) {
    let enter = visits[visit].enter
    let end = estimate(event, enter: enter, rule, rules.closing(of: rule, after: enter))
    visits[visit].earliestLeave = event.time
    if end.moment > visits[visit].leave {
      visits[visit].leave = end.moment
      visits[visit].endReason = end.reason
    }
  }

  private mutating func leave(_ event: PresenceEvent) {
    let match = unclosed.lastIndex { $0.venue == event.venue && event.time <= $0.lastExit }
    if let open, match.map({ unclosed[$0].visit != open }) ?? true { endOpenVisit(by: event) }
    open = nil
    guard let match else {
      leaveWithoutEntry(event)
      return
    }
    let visit = unclosed.remove(at: match).visit
    visits[visit].leave = event.time
    visits[visit].endReason = .exitScan
    visits[visit].earliestLeave = event.time
    visits[visit].latestLeave = event.time
    visits[visit].closedBy = event.evidence
  }

  private mutating func leaveWithoutEntry(_ event: PresenceEvent) {
    let guess = rules.earliestEntry(beforeExit: event)
    let enter = max(guess, lastSeen ?? guess)
    visits.append(
      Visit(
        subject: event.subject, venue: event.venue, zone: event.zone,
        enter: enter, leave: event.time, endReason: .exitScan,
        isStartUnknown: true, openedBy: event.evidence, closedBy: event.evidence))
  }

  /// Ends the open visit, if there is one, because the person is seen elsewhere.
  private mutating func endOpenVisit(by event: PresenceEvent) {
    guard let visit = open else { return }
    open = nil
    visits[visit].latestLeave = min(visits[visit].latestLeave, event.time)
    guard event.time <= visits[visit].leave else { return }
    visits[visit].leave = event.time
    visits[visit].endReason = .nextCheckIn
    visits[visit].closedBy = event.evidence
  }

  /// The end of a visit as far as rules know it, and the most trusted reason for it.
  private func estimate(
    _ event: PresenceEvent, enter: Int64, _ rule: StayRule, _ closing: Int64?
  ) -> (moment: Int64, reason: Visit.EndReason) {
    var end = (moment: enter + Int64(max(1, rule.capSeconds)), reason: Visit.EndReason.cap)
    let stay = Int64(event.defaultStaySeconds ?? rule.defaultStaySeconds ?? 0)
    if stay > 0, event.time + stay <= end.moment { end = (event.time + stay, .defaultStay) }
    if let closing, closing <= end.moment { end = (closing, .closingTime) }
    return end
  }
}

extension Array {
  /// Sorts the elements from an index on; those already in order are only looked at once.
  mutating func sortIfNeeded(
    from first: Int = 0, by areInOrder: (Element, Element) -> Bool
  ) {
    var place = first + 1
    while place < count {
      if areInOrder(self[place], self[place - 1]) {
        self[first...].sort(by: areInOrder)
        return
      }
      place += 1
    }
  }
}
