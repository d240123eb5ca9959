/// Turns scans into visits: who was where, from when to when, and why it is thought to have ended.
///
/// A visit opens when a person comes in. Exits are mostly missing, so its end is mostly an
/// estimate, and what is known about it has an order of trust:
/// 1. An *exit scan* at the venue ends it, whatever else is known.
/// 2. The person's *next check-in* elsewhere (or in another zone) is a moment at which they had
///    left.
/// 3. *Closing time* likewise.
/// 4. The *default stay* of the scanned code, else of the venue, is how long people usually stay.
/// 5. The *cap* is the longest stay that is believed.
///
/// Two to five are each an upper bound: the earliest of them is the end, and where two agree the
/// more trusted one is the reason. So a venue whose rule has no default stay is left at the next
/// check-in or at closing time, and one that has is left after the default stay at the latest. The
/// latest end that the evidence allows (`latestLeave`) ignores the default stay; the earliest is
/// the last second the person was seen.
///
/// - *Double beep*: a scan at the venue of the person's previous scan, in the same direction and
///   within a minute of it, is the same event. A scan without direction takes that of the scan it
///   follows so closely.
/// - *A scan without direction* at a venue where the person has an open visit is the exit, unless
///   it names another zone, which is a move. A visit is open until the person is seen elsewhere,
///   the cap is reached, or an hour has passed since closing time: whoever scans after that has
///   come again.
/// - *Coming in again* where the visit is still believed to go on carries it on: the default stay
///   counts from then.
/// - *An exit scan* also ends a visit that a check-in elsewhere had ended by estimate: who goes
///   into a mall, a shop in it, and out of the mall was in the mall all the while.
/// - *Zones*: going to another zone of the venue ends the visit to the former zone and opens one
///   of the other. Leaving any zone is leaving the venue.
/// - *An exit without entry* is a visit of unknown start: the default stay before the exit, or
///   since local midnight where there is none, but not before the person was last seen.
/// - *A stay with both ends given* is kept as given, also where it overlaps others; its start is a
///   check-in. One with an unknown end is an entry.
///
/// Visits are a function of events and rules alone: there is no "now". A visit that has no exit
/// yet ends by estimate, which may lie ahead of the clock of whoever asks. The order in which
/// events arrive does not matter, and nobody's visits depend on anybody else's events. A pause
/// longer than the longest cap cuts a person's history: visits before it and after it can be
/// derived apart. That is how far late evidence, or the loss of old evidence, can reach.
public struct VisitDeriver: Sendable {
  /// What is believed about stays.
  public let rules: StayRules

  /// Makes a deriver of rules.
  public init(rules: StayRules) {
    self.rules = rules
  }

  /// Returns the visits of everybody.
  ///
  /// - Parameter events: Events in any order, of one person or of many.
  /// - Returns: Visits sorted by subject, enter, venue, leave, and the evidence that opened them.
  /// - Complexity: O(n log n) in the number of events, with one sort of 64-bit keys.
  public func visits(from events: [PresenceEvent]) -> [Visit] {
    precondition(events.count <= Int(UInt32.max), "events are numbered in 32 bits")
    var keys = events.indices.map { UInt64(events[$0].subject) << 32 | UInt64($0) }
    keys.sort()
    var walk = SubjectWalk(rules: rules)
    walk.visits.reserveCapacity(events.count)
    var own: [PresenceEvent] = []
    var place = 0
    while place < keys.count {
      let subject = keys[place] >> 32
      own.removeAll(keepingCapacity: true)
      while place < keys.count, keys[place] >> 32 == subject {
        own.append(events[Int(truncatingIfNeeded: keys[place] & 0xffff_ffff)])
        place += 1
      }
      own.sortIfNeeded { ($0.time, $0.evidence) < ($1.time, $1.evidence) }
      walk.begin()
      for event in own { walk.take(event) }
      walk.end()
    }
    return walk.visits
  }

  /// Returns the visits of one person whose events are in order already.
  ///
  /// - Parameter events: By time, and by evidence id at the same time.
  /// - Returns: Visits sorted by enter, venue, leave, and the evidence that opened them.
  public func visits(ofOrdered events: [PresenceEvent]) -> [Visit] {
    var walk = SubjectWalk(rules: rules)
    walk.begin()
    for event in events { walk.take(event) }
    walk.end()
    return walk.visits
  }
}
