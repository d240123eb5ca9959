public import Presence

/// The best reason found so far why someone is of the next degree.
///
/// Reasons are ordered: the earliest moment first, then the latest end of the partner's stay, then
/// the partner with the smallest number, which is the smallest pseudonym.
public struct Partner: Hashable, Comparable, Sendable {
  /// When the exposure is complete: the start of the shared time plus the threshold.
  public var moment: Int32
  /// The end of the partner's visit or encounter, clipped to when the partner is infectious.
  public var end: Int32
  /// Who.
  public var subject: SubjectNumber

  /// Makes a reason of its parts.
  public init(moment: Int32, end: Int32, subject: SubjectNumber) {
    self.moment = moment
    self.end = end
    self.subject = subject
  }

  /// No reason at all; every reason is better.
  public static let none = Partner(moment: .max, end: .min, subject: .max)

  /// Whether the left reason is better.
  public static func < (left: Partner, right: Partner) -> Bool {
    if left.moment != right.moment { return left.moment < right.moment }
    if left.end != right.end { return left.end > right.end }
    return left.subject < right.subject
  }
}

/// When each person is infectious, by subject number: `[from, until)`; `from` is `Int32.max` for
/// those who are not.
public struct InfectiousSpans: Sendable {
  /// The first second of each person.
  public var from: [Int32]
  /// The first second after, `Int32.max` for no end.
  public var until: [Int32]

  /// Makes spans for so many people, none of whom is infectious.
  public init(subjectCount: Int) {
    from = Array(repeating: .max, count: subjectCount)
    until = Array(repeating: .max, count: subjectCount)
  }
}

extension VisitColumns {
  /// Finds, for everyone who asks, the best partner among the infectious by shared visits, without
  /// going through pairs.
  ///
  /// Per venue the infectious visits, clipped and at least `minimum` long, are sorted by start `c`.
  /// A visit `[a, b)` that is long enough has a partner from its own first second when the latest
  /// end among those with `c ≤ a` is at or after `a + minimum`; else the first later `c` that leaves
  /// `minimum` before `b`. A running maximum answers the former, the sort order the latter, so the
  /// work is linear in visits whatever the number of pairs.
  ///
  /// - Parameters:
  ///   - infectious: When each person is infectious.
  ///   - asks: Whether a person is looked at, by subject number; nobody infectious may ask.
  ///   - counts: Whether a venue is looked at, by venue number.
  ///   - minimum: The seconds one shared visit must last, at least 1.
  ///   - sameZone: Whether zones must agree where both are known.
  ///   - best: The best partner by subject number; only ever improved.
  /// - Complexity: O(n + m log m) for n visits and m infectious ones.
  public func improvePartners(
    infectious: InfectiousSpans, asks: [Bool], counts: [Bool], minimum: Int32, sameZone: Bool,
    best: inout [Partner]
  ) {
    precondition(minimum >= 1, "an exposure of no time is none")
    var stays: [Stay] = []
    for venue in venues.indices where counts[venue] {
      stays.removeAll(keepingCapacity: true)
      for position in venueStart[venue]..<venueStart[venue + 1] {
        let person = Int(subject[position])
        let from = infectious.from[person]
        guard from != .max else { continue }
        let start = max(enter[position], from)
        let end = min(leave[position], infectious.until[person])
        guard Int64(end) - Int64(start) >= Int64(minimum) else { continue }
        stays.append(
          Stay(start: start, end: end, subject: subject[position], zone: zone(at: position)))
      }
      guard !stays.isEmpty else { continue }
      stays.sort()
      if sameZone && !zone.isEmpty {
        sweepByZone(venue, stays, asks, minimum, &best)
      } else {
        sweep(venue, stays, askingZone: nil, asks, minimum, &best)
      }
    }
  }

  /// An infectious visit, clipped; ordered so that the first of equal starts is the best partner.
  private struct Stay: Comparable {
    var start: Int32
    var end: Int32
    var subject: SubjectNumber
    var zone: UInt8

    static func < (left: Stay, right: Stay) -> Bool {
      if left.start != right.start { return left.start < right.start }
      if left.end != right.end { return left.end > right.end }
      return left.subject < right.subject
    }
  }

  /// Sweeps a venue once for each zone that someone asks from: zone 0 meets all, another zone itself
  /// and zone 0.
  private func sweepByZone(
    _ venue: Int, _ stays: [Stay], _ asks: [Bool], _ minimum: Int32, _ best: inout [Partner]
  ) {
    var isPresent = [Bool](repeating: false, count: 256)
    for position in venueStart[venue]..<venueStart[venue + 1] {
      isPresent[Int(zone[position])] = true
    }
    for asking in UInt8.min...UInt8.max where isPresent[Int(asking)] {
      let reachable = stays.filter { Self.areTogether($0.zone, asking) }
      guard !reachable.isEmpty else { continue }
      sweep(venue, reachable, askingZone: asking, asks, minimum, &best)
    }
  }

  private func sweep(
    _ venue: Int, _ stays: [Stay], askingZone: UInt8?, _ asks: [Bool], _ minimum: Int32,
    _ best: inout [Partner]
  ) {
    var next = 0
    var longest: Stay?
    for position in venueStart[venue]..<venueStart[venue + 1] {
      let arrival = enter[position]
      while next < stays.count, stays[next].start <= arrival {
        // Of equal ends the smallest number wins: stays come in order of start, not of number.
        let stay = stays[next]
        if longest.map({ (stay.end, $0.subject) > ($0.end, stay.subject) }) ?? true {
          longest = stay
        }
        next += 1
      }
      let person = Int(subject[position])
      guard asks[person], Int64(leave[position]) - Int64(arrival) >= Int64(minimum) else {
        continue
      }
      if let askingZone, zone[position] != askingZone { continue }
      // Neither sum can overflow: both are at most the end of a visit, which is checked first or
      // known from the length.
      let found: Partner
      if let held = longest, held.end >= arrival + minimum {
        found = Partner(moment: arrival + minimum, end: held.end, subject: held.subject)
      } else if next < stays.count, stays[next].start <= leave[position] - minimum {
        let stay = stays[next]
        found = Partner(moment: stay.start + minimum, end: stay.end, subject: stay.subject)
      } else {
        continue
      }
      if found < best[person] { best[person] = found }
    }
  }
}
