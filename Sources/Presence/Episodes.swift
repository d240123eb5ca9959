public import VenueCodes

extension StayRules {
  /// The most seconds between two events of which one changes what the other means.
  ///
  /// - Complexity: O(n) in the number of venues with rules of their own.
  public var longestReach: Int64 {
    let cap = byVenue.values.reduce(standard.capSeconds) { max($0, $1.capSeconds) }
    return max(Int64(cap), doubleBeepSeconds, 1)
  }

  /// Returns how far an event reaches: what it looks back to, and how long it may be looked back at.
  ///
  /// Before the lower bound nothing that happened matters to the event itself: an exit without an
  /// entry is a visit since its guess of the start, or since the person was last seen if that is
  /// later. After the upper bound nothing that happens can change, end or echo what the event began.
  /// Both follow from the event and the rules alone, whatever else the person did.
  public func reach(of event: PresenceEvent) -> ClosedRange<Int64> {
    let time = event.time
    switch event.kind {
    case .stay where event.leave != nil:
      return time...time
    case .exit:
      return earliestEntry(beforeExit: event)...max(time, time + doubleBeepSeconds)
    case .entry, .scan, .stay:
      let rule = rule(for: event.venue)
      let cap = time + Int64(max(1, rule.capSeconds))
      let latest = min(cap, closing(of: rule, after: time) ?? cap)
      return time...max(latest, lastExit(at: event.venue, enter: time), time + doubleBeepSeconds)
    }
  }

  /// The start that is believed of a visit of which only the exit is known.
  func earliestEntry(beforeExit event: PresenceEvent) -> Int64 {
    let rule = rule(for: event.venue)
    let stay = Int64(event.defaultStaySeconds ?? rule.defaultStaySeconds ?? 0)
    let guess = stay > 0 ? event.time - stay : calendar.start(of: calendar.day(of: event.time))
    return max(guess, event.time - Int64(max(1, rule.capSeconds)))
  }
}

/// Cuts one person's history into episodes: stretches of events that say nothing about each other.
///
/// The visits of an episode, derived alone, are those that the whole history gives. So evidence that
/// comes late changes the visits of one episode only, and an episode is seldom longer than two days.
///
/// - Complexity: A few steps for each event.
public struct EpisodeCutter: Sendable {
  private let rules: StayRules
  private let longestReach: Int64

  /// Makes a cutter of rules.
  public init(rules: StayRules) {
    self.rules = rules
    self.longestReach = rules.longestReach
  }

  /// Returns the places at which episodes begin.
  ///
  /// - Parameter events: The events of one person in the order in which they are walked.
  /// - Returns: Places, ascending; the first is 0 unless there are no events.
  public func starts(of events: [PresenceEvent]) -> [Int] {
    var starts: [Int] = []
    var reached = Int64.min
    for place in events.indices {
      let reach = rules.reach(of: events[place])
      if place == 0
        || reached < events[place].time && events[place - 1].time <= reach.lowerBound
      {
        starts.append(place)
      }
      reached = max(reached, reach.upperBound)
    }
    return starts
  }

  /// Returns the episodes that some moments are in, reading only the days that matter.
  ///
  /// - Parameters:
  ///   - times: Moments of events of one person, ascending.
  ///   - days: The days that have any events.
  ///   - read: Returns the person's events that begin on a day, in the order in which they are
  ///     walked; called at most once for each of `days`.
  /// - Returns: The episodes, each in order.
  public func episodes(
    around times: [Int64], in days: ClosedRange<LocalDay>,
    read: (LocalDay) -> [PresenceEvent]
  ) -> [[PresenceEvent]] {
    guard let earliest = times.first, let latest = times.last else { return [] }
    let calendar = rules.calendar
    func day(of time: Int64) -> LocalDay {
      min(max(calendar.day(of: time), days.lowerBound), days.upperBound)
    }
    func events(from first: LocalDay, through last: LocalDay) -> [PresenceEvent] {
      var all: [PresenceEvent] = []
      var next = first
      while next <= last {
        all += read(next)
        next = next.advanced(by: 1)
      }
      return all
    }
    var first = day(of: earliest - longestReach)
    var last = day(of: latest + longestReach)
    var loaded = events(from: first, through: last)
    while true {
      let starts = starts(of: loaded)
      // A start is sure when all that could reach it has been read.
      let isSure = { (start: Int) in
        first == days.lowerBound
          || loaded[start].time - longestReach >= calendar.start(of: first)
      }
      let begins = starts.last { loaded[$0].time <= earliest && isSure($0) }
      let end = starts.first { loaded[$0].time > latest } ?? loaded.count
      let isEndSure =
        end < loaded.count || last == days.upperBound
        || (loaded.last?.time ?? .min) + longestReach < calendar.start(of: last.advanced(by: 1))
      if let begins, isEndSure {
        var episodes: [[PresenceEvent]] = []
        let bounds = starts.filter { begins <= $0 && $0 < end } + [end]
        // Moments and episodes both ascend, so each moment is passed once.
        var moment = 0
        for (start, next) in zip(bounds, bounds.dropFirst()) {
          while moment < times.count, times[moment] < loaded[start].time { moment += 1 }
          if moment < times.count, times[moment] <= loaded[next - 1].time {
            episodes.append(Array(loaded[start..<next]))
          }
        }
        return episodes
      }
      // Some start is sure when all days before are read, unless there is no event at these moments.
      let canBegin = begins == nil && first > days.lowerBound
      guard canBegin || !isEndSure else { return [] }
      if canBegin {
        let before = first.advanced(by: -1)
        first = max(days.lowerBound, first.advanced(by: -8))
        loaded = events(from: first, through: before) + loaded
      }
      if !isEndSure {
        let after = last.advanced(by: 1)
        last = min(days.upperBound, last.advanced(by: 8))
        loaded += events(from: after, through: last)
      }
    }
  }
}
