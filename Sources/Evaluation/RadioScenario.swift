/// One advertisement of a phone as another one heard it, with the true distance where it is known.
public struct RadioSighting: Hashable, Sendable {
  /// The phone that heard.
  public var receiver: Int
  /// The phone that was heard.
  public var transmitter: Int
  /// When, in Unix milliseconds.
  public var milliseconds: Int64
  /// What got lost on the way, in dB.
  public var attenuation: Double
  /// The true distance in metres; nil when nobody measured it.
  public var distance: Double?

  /// Makes a sighting of its parts.
  public init(
    receiver: Int, transmitter: Int, milliseconds: Int64, attenuation: Double, distance: Double?
  ) {
    self.receiver = receiver
    self.transmitter = transmitter
    self.milliseconds = milliseconds
    self.attenuation = attenuation
    self.distance = distance
  }
}

/// One scene in which phones heard each other, as one file of the DP-3T experiment 05 holds it.
public struct RadioScenario: Sendable {
  /// What it is called.
  public let name: String
  /// What was heard, minute by minute.
  let minutes: [DirectedPair: [Int64: HeardMinute]]
  /// The minutes in which a phone heard or was heard.
  let active: [Int: Set<Int64>]

  /// Makes a scene of what was heard in it, in any order.
  ///
  /// - Complexity: O(n) in the sightings.
  public init(name: String, sightings: some Sequence<RadioSighting>) {
    self.name = name
    var minutes: [DirectedPair: [Int64: HeardMinute]] = [:]
    var active: [Int: Set<Int64>] = [:]
    for sighting in sightings where sighting.receiver != sighting.transmitter {
      let minute = sighting.milliseconds / 60_000
      let pair = DirectedPair(receiver: sighting.receiver, transmitter: sighting.transmitter)
      minutes[pair, default: [:]][minute, default: HeardMinute()].add(sighting)
      active[sighting.receiver, default: []].insert(minute)
      active[sighting.transmitter, default: []].insert(minute)
    }
    self.minutes = minutes
    self.active = active
  }

  /// The phones, ascending.
  public var devices: [Int] { active.keys.sorted() }

  /// The pairs, in an order that depends on nothing else.
  var pairs: [DirectedPair] { minutes.keys.sorted() }
}

/// A phone that hears and one that is heard.
struct DirectedPair: Hashable, Comparable, Sendable {
  var receiver: Int
  var transmitter: Int

  var reversed: DirectedPair { DirectedPair(receiver: transmitter, transmitter: receiver) }

  static func < (one: DirectedPair, other: DirectedPair) -> Bool {
    (one.receiver, one.transmitter) < (other.receiver, other.transmitter)
  }
}

/// What one phone heard of another within a minute.
struct HeardMinute: Sendable {
  private(set) var least = Double.infinity
  /// The second of the minute in which the least was heard.
  private(set) var leastSecond: Int64 = 0
  private(set) var count = 0
  private var sum = 0.0
  private var distances = 0
  private var distanceSum = 0.0

  mutating func add(_ sighting: RadioSighting) {
    if sighting.attenuation < least {
      least = sighting.attenuation
      leastSecond = sighting.milliseconds % 60_000 / 1_000
    }
    sum += sighting.attenuation
    count += 1
    if let distance = sighting.distance {
      distances += 1
      distanceSum += distance
    }
  }

  /// The mean attenuation in dB.
  var mean: Double { sum / Double(count) }

  /// The mean true distance in metres, when it is known.
  var distance: Double? { distances > 0 ? distanceSum / Double(distances) : nil }
}
