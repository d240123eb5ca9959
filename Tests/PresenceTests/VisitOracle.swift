import Presence
import VenueCodes

/// Visits derived a second way, to hold `VisitDeriver` against: no state is carried along, each
/// question is asked of the whole history again, and times are compared by hand.
struct VisitOracle {
  let rules: StayRules

  private enum Role: Equatable {
    case opens
    case carriesOn(Int)
    case closes(Int)
    case closesUnknown
    case given
    case echo(isExit: Bool)
  }

  func visits(ofOne events: [PresenceEvent]) -> [Visit] {
    let events = events.sorted { ($0.time, $0.evidence) < ($1.time, $1.evidence) }
    var roles: [Role] = []
    for place in events.indices { roles.append(role(of: place, events, roles)) }
    var visits: [Visit] = []
    for place in events.indices {
      let event = events[place]
      switch roles[place] {
      case .carriesOn, .closes, .echo: break
      case .given:
        visits.append(
          Visit(
            subject: event.subject, venue: event.venue, zone: event.zone, enter: event.time,
            leave: event.leave ?? event.time, openedBy: event.evidence))
      case .closesUnknown:
        let stay = event.defaultStaySeconds ?? rules.rule(for: event.venue).defaultStaySeconds ?? 0
        let midnight = rules.calendar.start(of: rules.calendar.day(of: event.time))
        let cap = Int64(rules.rule(for: event.venue).capSeconds)
        var enter = max(stay > 0 ? event.time - Int64(stay) : midnight, event.time - cap)
        if place > 0 { enter = max(enter, events[place - 1].time) }
        visits.append(
          Visit(
            subject: event.subject, venue: event.venue, zone: event.zone, enter: enter,
            leave: event.time, endReason: .exitScan, isStartUnknown: true,
            openedBy: event.evidence, closedBy: event.evidence))
      case .opens: visits.append(visit(openedAt: place, events, roles))
      }
    }
    return visits.sorted {
      ($0.enter, $0.venue, $0.leave, $0.openedBy) < ($1.enter, $1.venue, $1.leave, $1.openedBy)
    }
  }

  private func role(of place: Int, _ events: [PresenceEvent], _ roles: [Role]) -> Role {
    let event = events[place]
    if event.kind == .stay, event.leave != nil { return .given }
    // The scan just before, if it was at this venue; stays given for this venue do not hide it.
    let before = (0..<place).last { !(roles[$0] == .given && events[$0].venue == event.venue) }
    let echoed = before.flatMap { before -> (isExit: Bool, zone: UInt8)? in
      guard roles[before] != .given, events[before].venue == event.venue,
        event.time - events[before].time <= rules.doubleBeepSeconds
      else { return nil }
      // A row of beeps speaks with the voice of its first.
      let first = (0...before).last { at in
        if case .echo = roles[at] { return false }
        return roles[at] != .given
      }
      guard let first else { return nil }
      return (isExit(roles[first]), events[first].zone)
    }
    let current = openVisit(before: place, events, roles)
    let goesOut: Bool
    switch event.kind {
    case .exit: goesOut = true
    case .entry, .stay: goesOut = false
    case .scan:
      if let echoed {
        goesOut = echoed.isExit
      } else if let current, events[current].venue == event.venue,
        event.zone == 0 || event.zone == events[current].zone
      {
        goesOut = event.time <= lastExit(of: events[current])
      } else {
        goesOut = false
      }
    }
    if let echoed, echoed.isExit == goesOut,
      goesOut || event.zone == 0 || event.zone == echoed.zone
    {
      return .echo(isExit: goesOut)
    }
    if goesOut {
      let match = (0..<place).last {
        roles[$0] == .opens && events[$0].venue == event.venue
      }
      guard let match, !roles.contains(.closes(match)), event.time <= lastExit(of: events[match])
      else { return .closesUnknown }
      return .closes(match)
    }
    if let current, events[current].venue == event.venue, events[current].zone == event.zone,
      event.time <= estimate(current, events, roles).end
    {
      return .carriesOn(current)
    }
    return .opens
  }

  private func isExit(_ role: Role) -> Bool {
    switch role {
    case .closes, .closesUnknown: true
    case .echo(let isExit): isExit
    case .opens, .carriesOn, .given: false
    }
  }

  /// The visit a person is in: opened, and no other event since has said otherwise.
  private func openVisit(
    before place: Int, _ events: [PresenceEvent], _ roles: [Role]
  ) -> Int? {
    guard let opened = (0..<place).last(where: { roles[$0] == .opens }) else { return nil }
    for later in (opened + 1)..<max(opened + 1, place) {
      switch roles[later] {
      case .closes, .closesUnknown: return nil
      case .given where events[later].venue != events[opened].venue: return nil
      default: break
      }
    }
    return opened
  }

  private func closing(after enter: Int64, _ rule: StayRule) -> Int64? {
    guard let seconds = rule.closingSecond else { return nil }
    let day = rules.calendar.day(of: enter)
    let yesterday = rules.calendar.moment(at: seconds, of: day.advanced(by: -1))
    let today = rules.calendar.moment(at: seconds, of: day)
    if yesterday > enter { return yesterday }
    return today > enter ? today : rules.calendar.start(of: day.advanced(by: 1))
  }

  private func lastExit(of event: PresenceEvent) -> Int64 {
    let rule = rules.rule(for: event.venue)
    let cap = event.time + Int64(rule.capSeconds)
    guard let closing = closing(after: event.time, rule) else { return cap }
    return min(cap, closing + rules.lateExitSeconds)
  }

  /// The end by rules of a visit and all that carries it on so far; also its latest end.
  private func estimate(
    _ opened: Int, _ events: [PresenceEvent], _ roles: [Role]
  ) -> (end: Int64, reason: Visit.EndReason, latest: Int64, seen: Int64) {
    let enter = events[opened].time
    let rule = rules.rule(for: events[opened].venue)
    var bounds = [(enter + Int64(rule.capSeconds), Visit.EndReason.cap)]
    if let closing = closing(after: enter, rule) { bounds.append((closing, .closingTime)) }
    let latest = bounds.map(\.0).min() ?? enter
    var best: (Int64, Visit.EndReason)?
    var seen = enter
    for place in roles.indices where place == opened || roles[place] == .carriesOn(opened) {
      let stay = events[place].defaultStaySeconds ?? rule.defaultStaySeconds ?? 0
      let guess = stay > 0 ? [(events[place].time + Int64(stay), Visit.EndReason.defaultStay)] : []
      let end = (bounds + guess).min { ($0.0, $0.1.rawValue) < ($1.0, $1.1.rawValue) }
      if let end, end.0 > best?.0 ?? .min { best = end }
      seen = events[place].time
    }
    return (best?.0 ?? enter, best?.1 ?? .cap, latest, seen)
  }

  private func visit(
    openedAt opened: Int, _ events: [PresenceEvent], _ roles: [Role]
  ) -> Visit {
    let event = events[opened]
    var visit = Visit(
      subject: event.subject, venue: event.venue, zone: event.zone, enter: event.time,
      leave: event.time, openedBy: event.evidence)
    if let exit = roles.firstIndex(of: .closes(opened)) {
      visit.leave = events[exit].time
      visit.endReason = .exitScan
      visit.earliestLeave = visit.leave
      visit.latestLeave = visit.leave
      visit.closedBy = events[exit].evidence
      return visit
    }
    let guess = estimate(opened, events, roles)
    visit.leave = guess.end
    visit.endReason = guess.reason
    visit.earliestLeave = guess.seen
    visit.latestLeave = guess.latest
    let elsewhere = events.indices.first { place in
      guard place > opened else { return false }
      switch roles[place] {
      case .opens, .closes, .closesUnknown: return true
      case .given: return events[place].venue != event.venue
      case .echo, .carriesOn: return false
      }
    }
    if let elsewhere {
      visit.latestLeave = min(visit.latestLeave, events[elsewhere].time)
      if events[elsewhere].time <= visit.leave {
        visit.leave = events[elsewhere].time
        visit.endReason = .nextCheckIn
        visit.closedBy = events[elsewhere].evidence
      }
    }
    return visit
  }
}
