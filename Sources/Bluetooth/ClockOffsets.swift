public import Presence

/// How far the clock of a phone is ahead of true time, and how sure that is.
public struct ClockOffset: Hashable, Sendable {
  /// The seconds by which it is ahead; less than 0 when it is behind.
  public var seconds: Int64
  /// The offset is within so many seconds of that.
  public var uncertainty: Int64

  /// Makes an offset of its parts.
  public init(seconds: Int64, uncertainty: Int64) {
    self.seconds = seconds
    self.uncertainty = uncertainty
  }
}

/// The offsets of the clocks of all phones that heard or were heard on one day.
///
/// What is used, and how:
/// - An identifier that rotates was said in a slot of its phone's clock, and heard at a moment of
///   another's: the difference of the two clocks is in an interval as long as the slot. The intervals
///   of a pair are laid over each other, each slot with one vote that is split over its sightings, and
///   the difference is where most votes agree; where the identifier changes that is a few seconds. So
///   an identifier that is replayed, however often, is outvoted by two that are not.
/// - Most phones are right. A difference beyond the usual error counts when several identifiers
///   contradict right clocks; fewer are taken for replays, and say nothing.
/// - A gateway's clock is right: a phone whose identifier it heard is tied to true time, by as many
///   identifiers as a pair needs when that makes its clock wrong.
/// - When phones heard each other without such identifiers says nothing of their clocks: a phone that is
///   asleep hears nothing for as long as it likes.
/// - Differences are handed on from phone to phone, the narrowest first. Phones that are tied to no
///   gateway, not even through others, are placed so that most of them are within the usual error.
/// - Whatever other neighbours say of a phone narrows what one of them said; what contradicts is left
///   aside.
///
/// Between its bounds a clock is not known. That holds as long as most identifiers of a pair are no
/// replays, a clock that is wrong is heard by several identifiers and, without a gateway, as long as
/// most phones are right to the usual error.
///
/// The result depends on nothing but the set of sightings.
///
/// - Complexity: O(n log n) in the sightings; memory for each pair.
public struct ClockOffsets: Sendable {
  /// Bounds of a number of seconds, both included.
  struct Bounds: Hashable {
    var low: Int64
    var high: Int64

    var width: Int64 { high - low }
    /// A clock that may be right is taken to be right, as nearly all are; else the middle is as good as
    /// any.
    var estimate: ClockOffset {
      let seconds = low <= 0 && high >= 0 ? 0 : low + (high - low) / 2
      return ClockOffset(seconds: seconds, uncertainty: max(high - seconds, seconds - low))
    }
    var negated: Bounds { Bounds(low: -high, high: -low) }

    func intersection(_ other: Bounds) -> Bounds? {
      let both = Bounds(low: max(low, other.low), high: min(high, other.high))
      return both.low <= both.high ? both : nil
    }

    static func + (left: Bounds, right: Bounds) -> Bounds {
      Bounds(low: left.low + right.low, high: left.high + right.high)
    }
  }

  /// Two phones, the one with the smaller number first.
  struct Pair: Hashable, Comparable {
    var first: SubjectNumber
    var second: SubjectNumber

    init(_ one: SubjectNumber, _ other: SubjectNumber) {
      first = min(one, other)
      second = max(one, other)
    }

    static func < (left: Pair, right: Pair) -> Bool {
      (left.first, left.second) < (right.first, right.second)
    }
  }

  private let rule: ClockRule
  private var bounds: [SubjectNumber: Bounds] = [:]
  /// How much the clock of the first is ahead of that of the second.
  private var differences: [Pair: Bounds] = [:]

  /// Estimates the offsets of one day.
  ///
  /// - Parameters:
  ///   - sightings: In any order.
  ///   - anchors: What gateways heard, in any order.
  ///   - rule: What is believed of clocks.
  public init(_ sightings: [Sighting], anchors: [ClockAnchor] = [], rule: ClockRule = ClockRule()) {
    self.rule = rule
    var edges = Edges(rule)
    for one in sightings where one.hearer != one.heard { edges.insert(one) }
    differences = edges.differences()
    let fixed = edges.offsets(anchors)
    spread(from: fixed, phones: Set(sightings.flatMap { [$0.hearer, $0.heard] }))
  }

  /// The offset of a phone's clock; of one that nothing is known of, the usual error.
  public func offset(of phone: SubjectNumber) -> ClockOffset {
    guard let bounds = bounds[phone] else {
      return ClockOffset(seconds: 0, uncertainty: rule.usualError)
    }
    return bounds.estimate
  }

  /// How much the clock of one phone is ahead of that of another.
  ///
  /// It may be known better than either offset, because the two heard each other.
  public func difference(_ one: SubjectNumber, _ other: SubjectNumber) -> ClockOffset {
    let usual = Bounds(low: -rule.usualError, high: rule.usualError)
    var found = (bounds[one] ?? usual) + (bounds[other] ?? usual).negated
    if let known = differences[Pair(one, other)] {
      found = found.intersection(one < other ? known : known.negated) ?? found
    }
    return found.estimate
  }

  /// The offsets of two phones by which what they heard of each other is laid over each other: as near
  /// to those of each alone as their difference allows.
  func offsets(_ one: SubjectNumber, _ other: SubjectNumber) -> (Int64, Int64) {
    let (first, second) = (offset(of: one).seconds, offset(of: other).seconds)
    let correction = difference(one, other).seconds - (first - second)
    let half = correction / 2
    return (first + half, second - (correction - half))
  }

  // MARK: From phone to phone

  /// Hands differences on: from what is tied to true time, the narrowest first, and then within what
  /// is tied to nothing.
  private mutating func spread(
    from fixed: [SubjectNumber: Bounds], phones: Set<SubjectNumber>
  ) {
    var neighbours: [SubjectNumber: [(phone: SubjectNumber, ahead: Bounds)]] = [:]
    for (pair, difference) in differences.sorted(by: { $0.key < $1.key }) {
      neighbours[pair.first, default: []].append((pair.second, difference.negated))
      neighbours[pair.second, default: []].append((pair.first, difference))
    }
    var known = reach(from: fixed, neighbours)
    let usual = Bounds(low: -rule.usualError, high: rule.usualError)
    for phone in phones.sorted() where known[phone] == nil {
      var group = reach(from: [phone: Bounds(low: 0, high: 0)], neighbours) {
        known[$0] == nil
      }
      // The group as a whole is placed where most of its clocks may be about right.
      var votes = VoteCount()
      for bounds in group.values {
        votes.add(Bounds(low: usual.low - bounds.high, high: usual.high - bounds.low), weight: 1)
      }
      // Where several places are as good, as for two phones of which one is wrong, any may be it.
      let shift = votes.hull() ?? usual
      for member in group.keys { group[member] = group[member].map { $0 + shift } }
      known.merge(group) { old, _ in old }
    }
    // What every neighbour says narrows what one of them said, unless it contradicts.
    for _ in 0..<2 {
      let before = known
      for (phone, bounds) in before {
        var narrowed = bounds
        for (other, ahead) in neighbours[phone] ?? [] {
          // The neighbour's lead over this phone, taken from the neighbour's own offset.
          guard let theirs = before[other] else { continue }
          narrowed = narrowed.intersection(theirs + ahead.negated) ?? narrowed
        }
        known[phone] = narrowed
      }
    }
    bounds = known
  }

  /// Walks from some phones to all that are tied to them, over the narrowest ties first.
  private func reach(
    from start: [SubjectNumber: Bounds],
    _ neighbours: [SubjectNumber: [(phone: SubjectNumber, ahead: Bounds)]],
    where mayEnter: (SubjectNumber) -> Bool = { _ in true }
  ) -> [SubjectNumber: Bounds] {
    var reached: [SubjectNumber: Bounds] = [:]
    var queue = NarrowestFirst()
    for (phone, bounds) in start { queue.insert(phone, bounds) }
    while let (phone, bounds) = queue.removeFirst() {
      guard reached[phone] == nil else { continue }
      reached[phone] = bounds
      for (other, ahead) in neighbours[phone] ?? [] where reached[other] == nil && mayEnter(other) {
        queue.insert(other, bounds + ahead)
      }
    }
    return reached
  }
}

/// What is to be visited, the narrowest first; those as narrow by number and bounds.
private struct NarrowestFirst {
  private var heap: [(phone: SubjectNumber, bounds: ClockOffsets.Bounds)] = []

  private static func isBefore(
    _ left: (phone: SubjectNumber, bounds: ClockOffsets.Bounds),
    _ right: (phone: SubjectNumber, bounds: ClockOffsets.Bounds)
  ) -> Bool {
    (left.bounds.width, left.phone, left.bounds.low)
      < (right.bounds.width, right.phone, right.bounds.low)
  }

  mutating func insert(_ phone: SubjectNumber, _ bounds: ClockOffsets.Bounds) {
    heap.append((phone, bounds))
    var place = heap.count - 1
    while place > 0, Self.isBefore(heap[place], heap[(place - 1) / 2]) {
      heap.swapAt(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
  }

  mutating func removeFirst() -> (SubjectNumber, ClockOffsets.Bounds)? {
    guard let first = heap.first, let last = heap.popLast() else { return nil }
    if heap.isEmpty { return first }
    heap[0] = last
    var place = 0
    while true {
      var least = place
      for child in [2 * place + 1, 2 * place + 2]
      where child < heap.count && Self.isBefore(heap[child], heap[least]) {
        least = child
      }
      if least == place { return first }
      heap.swapAt(place, least)
      place = least
    }
  }
}

/// Where most weighted intervals agree.
private struct VoteCount {
  private var events: [(at: Int64, weight: Int64)] = []

  mutating func add(_ bounds: ClockOffsets.Bounds, weight: Int64) {
    events.append((bounds.low, weight))
    events.append((bounds.high + 1, -weight))
  }

  /// The stretches between neighbouring ends of intervals, and the weight of each.
  private var stretches: [(bounds: ClockOffsets.Bounds, weight: Int64)] {
    let sorted = events.sorted { $0.at < $1.at }
    var stretches: [(bounds: ClockOffsets.Bounds, weight: Int64)] = []
    var weight: Int64 = 0
    var place = 0
    while place < sorted.count {
      let low = sorted[place].at
      while place < sorted.count, sorted[place].at == low {
        weight += sorted[place].weight
        place += 1
      }
      guard place < sorted.count else { break }
      stretches.append((ClockOffsets.Bounds(low: low, high: sorted[place].at - 1), weight))
    }
    return stretches
  }

  /// All between the first and the last stretch whose weight is the most.
  func hull() -> ClockOffsets.Bounds? {
    let stretches = self.stretches
    guard let most = stretches.map(\.weight).max(), most > 0 else { return nil }
    let heaviest = stretches.filter { $0.weight == most }
    guard let first = heaviest.first, let last = heaviest.last else { return nil }
    return ClockOffsets.Bounds(low: first.bounds.low, high: last.bounds.high)
  }

  // The stretch with the most weight; of several, the one nearest to 0, and then the lower. With
  // bounds, only stretches that reach into them.
  func best(touching bounds: ClockOffsets.Bounds? = nil) -> ClockOffsets.Bounds? {
    var best: (bounds: ClockOffsets.Bounds, weight: Int64)?
    for stretch in stretches where stretch.weight > 0 {
      if let bounds, stretch.bounds.intersection(bounds) == nil { continue }
      if let held = best,
        (held.weight, -Self.distance(held.bounds)) >= (
          stretch.weight, -Self.distance(stretch.bounds)
        )
      {
        continue
      }
      best = stretch
    }
    return best?.bounds
  }

  private static func distance(_ bounds: ClockOffsets.Bounds) -> Int64 {
    max(0, bounds.low, -bounds.high)
  }
}

/// What each pair of phones says of the difference of their clocks.
private struct Edges {
  private let rule: ClockRule

  /// One identifier as one of the two heard it.
  private struct SlotKey: Hashable {
    var isHeardBySecond: Bool
    var from: Int64
    var to: Int64
  }

  /// The bounds of the first's lead over the second, by identifier.
  private var pairs: [ClockOffsets.Pair: [SlotKey: [ClockOffsets.Bounds]]] = [:]

  init(_ rule: ClockRule) { self.rule = rule }

  /// How much the clock of who heard may be ahead of that of who said the identifier.
  private func lead(_ time: Int64, _ slot: Range<Int64>) -> ClockOffsets.Bounds {
    ClockOffsets.Bounds(
      low: time - slot.upperBound - rule.momentTolerance + 1,
      high: time - slot.lowerBound + rule.momentTolerance)
  }

  mutating func insert(_ one: Sighting) {
    guard let slot = one.slot else { return }
    let pair = ClockOffsets.Pair(one.hearer, one.heard)
    let isHeardBySecond = one.hearer == pair.second
    let lead = lead(one.time, slot)
    let key = SlotKey(
      isHeardBySecond: isHeardBySecond, from: slot.lowerBound, to: slot.upperBound)
    pairs[pair, default: [:]][key, default: []].append(isHeardBySecond ? lead.negated : lead)
  }

  /// The differences that are known.
  func differences() -> [ClockOffsets.Pair: ClockOffsets.Bounds] {
    pairs.compactMapValues { agreement($0.values) }
  }

  /// The offsets that gateways know of, by phone.
  func offsets(_ anchors: [ClockAnchor]) -> [SubjectNumber: ClockOffsets.Bounds] {
    var byPhone: [SubjectNumber: [Range<Int64>: [ClockOffsets.Bounds]]] = [:]
    for anchor in anchors {
      // The gateway's lead over the phone is the phone's offset, negated.
      byPhone[anchor.heard, default: [:]][anchor.slot, default: []]
        .append(lead(anchor.time, anchor.slot).negated)
    }
    return byPhone.compactMapValues { agreement($0.values) }
  }

  private static let vote: Int64 = 1 << 40

  /// Where most identifiers agree, each with one vote that is split over its sightings.
  ///
  /// Right clocks are believed unless several identifiers contradict them. A replay contradicts them
  /// too, and one that is late by less than a slot agrees with whatever was really heard near the end
  /// of its slot: so those that contradict are counted, and not those that agree.
  private func agreement(_ slots: some Collection<[ClockOffsets.Bounds]>) -> ClockOffsets.Bounds? {
    let possible = ClockOffsets.Bounds(low: -rule.longestDifference, high: rule.longestDifference)
    let usual = ClockOffsets.Bounds(low: -rule.usualError, high: rule.usualError)
    // A row that is there twice says nothing more.
    let identifiers = slots.map { Set($0) }
    var votes = VoteCount()
    for sightings in identifiers {
      for one in sightings {
        guard let one = one.intersection(possible) else { continue }
        votes.add(one, weight: Self.vote / Int64(sightings.count))
      }
    }
    guard let best = votes.best(), best.intersection(usual) == nil else { return votes.best() }
    var contradicting = 0
    for sightings in identifiers {
      let agreeing = sightings.filter { $0.intersection(best) != nil }
      if 2 * agreeing.count > sightings.count {
        if agreeing.contains(where: { $0.intersection(usual) == nil }) { contradicting += 1 }
      } else if 2 * sightings.count(where: { $0.intersection(usual) != nil }) > sightings.count {
        // Right clocks explain what this difference does not.
        contradicting -= 1
      }
    }
    return contradicting >= rule.fewestIdentifiers ? best : votes.best(touching: usual)
  }
}
