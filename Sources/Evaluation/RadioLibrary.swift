internal import SyntheticCity

/// Real hearing by true distance, to be replayed: minutes of one pair that follow each other.
struct RadioLibrary: Sendable {
  /// What one phone heard of another in a minute.
  struct Look: Sendable {
    /// The least attenuation, freed of what the phones themselves add, in dB.
    var attenuation: Double
    /// The second of the minute.
    var second: Int64
  }

  /// What two phones heard of each other in a minute; nil when one did not hear the other.
  struct Minute: Sendable {
    var forward: Look?
    var backward: Look?
  }

  /// What a phone adds, in dB.
  struct Device: Sendable {
    var hearing: Double
    var heard: Double
  }

  /// The distances in metres that are drawn from together: a contact, and three sorts of nearness.
  static let classes: [Range<Double>] = [0..<1.5, 2..<3, 3..<4.5, 4.5..<12]
  /// Nobody is heard from farther, in metres.
  static let reach = 10.0

  /// Of each class, the minutes of each pair.
  let blocks: [[[Minute]]]
  /// The phones.
  let devices: [Device]

  /// The most minutes from one known distance to the next between which others are filled in.
  private static let longestGap: Int64 = 4
  /// The metres by which the two distances then differ at most.
  private static let stillMetres = 1.0

  /// Takes minutes with known distances out of scenes.
  ///
  /// A distance is known when anything was heard. Of a pair that stayed where it was, the minutes
  /// between in which nothing was heard are filled in: silence is part of what is replayed.
  init(_ scenarios: [RadioScenario]) {
    var blocks = [[[Minute]]](repeating: [], count: Self.classes.count)
    var devices: [Device] = []
    for scenario in scenarios {
      let effects = DeviceEffects(scenario)
      devices += scenario.devices.map {
        Device(hearing: effects.hearing($0), heard: effects.heard($0))
      }
      let pairs = Set(
        scenario.pairs.map {
          DirectedPair(
            receiver: min($0.receiver, $0.transmitter),
            transmitter: max($0.receiver, $0.transmitter))
        }
      ).sorted()
      for pair in pairs {
        let (forward, backward) = (
          scenario.minutes[pair.reversed] ?? [:], scenario.minutes[pair] ?? [:]
        )
        var byClass = [[Minute]](repeating: [], count: Self.classes.count)
        for (minute, distance) in Self.distances(forward, backward) {
          guard let place = Self.classes.firstIndex(where: { $0.contains(distance) }) else {
            continue
          }
          byClass[place].append(
            Minute(
              forward: forward[minute].map { Self.look($0, effects.sum(pair.reversed)) },
              backward: backward[minute].map { Self.look($0, effects.sum(pair)) }))
        }
        for (place, minutes) in byClass.enumerated() where minutes.count > 1 {
          blocks[place].append(minutes)
        }
      }
    }
    // Scenes without a class lend the next one that is farther, else nearer.
    for place in blocks.indices where blocks[place].isEmpty {
      blocks[place] =
        blocks[place...].first { !$0.isEmpty } ?? blocks[..<place].last { !$0.isEmpty } ?? []
    }
    self.blocks = blocks
    self.devices = devices
  }

  /// Whether there is anything to replay.
  var isEmpty: Bool { blocks.contains { $0.isEmpty } || devices.isEmpty }

  private static func look(_ heard: HeardMinute, _ added: Double) -> Look {
    Look(attenuation: heard.least - added, second: heard.leastSecond)
  }

  /// The distance of each minute in which it is known or was the same before and after.
  private static func distances(
    _ forward: [Int64: HeardMinute], _ backward: [Int64: HeardMinute]
  ) -> [(minute: Int64, distance: Double)] {
    var known: [(minute: Int64, distance: Double)] = []
    for minute in Set(forward.keys).union(backward.keys).sorted() {
      let distances = [forward[minute]?.distance, backward[minute]?.distance].compactMap { $0 }
      guard !distances.isEmpty else { continue }
      let distance = distances.reduce(0, +) / Double(distances.count)
      if let last = known.last, minute - last.minute <= longestGap,
        abs(distance - last.distance) < stillMetres
      {
        for between in (last.minute + 1)..<minute {
          known.append((between, (distance + last.distance) / 2))
        }
      }
      known.append((minute, distance))
    }
    return known
  }
}

/// Real minutes of one pair, played forth and back for as long as they are wanted.
struct RadioReplay {
  private let minutes: [RadioLibrary.Minute]
  private var place: Int
  private var step = 1

  init(_ blocks: [[RadioLibrary.Minute]], using generator: inout SeededGenerator) {
    minutes = blocks[generator.index(below: blocks.count)]
    place = generator.index(below: minutes.count)
  }

  mutating func next() -> RadioLibrary.Minute {
    let minute = minutes[place]
    if !minutes.indices.contains(place + step) { step = -step }
    if minutes.indices.contains(place + step) { place += step }
    return minute
  }
}
