/// How sightings become encounters.
public struct EncounterRule: Hashable, Sendable {
  /// The longest time in seconds between two sightings of a pair in which they are believed to have
  /// stayed near each other.
  ///
  /// Bluezone listens for 40 of every 300 seconds, and OpenTrace about as often: who is near is heard
  /// at least once in each period, and six minutes are one period and what a phone that sleeps is late.
  public var longestGap: Int64
  /// How many seconds before and after it a sighting stands for where there is no other: a sighting
  /// alone is one minute.
  public var halfWidth: Int64
  /// Sightings of one phone by the other within so many seconds of the first are one.
  ///
  /// Bluezone itself notes a phone once in five seconds.
  public var echoSeconds: Int64
  /// Sightings within so many seconds before and after are of one look around, whose nearest counts.
  public var lookHalfWidth: Int64
  /// The attenuations in dB at which encounters are cut into runs, ascending; a value at an edge is of
  /// the nearer bin.
  ///
  /// These are the limits of SwissCovid (55, 63) and of Corona-Warn-App (63, 73, 79): a rule whose
  /// limit is one of them judges each second by what was heard in it.
  public var edges: [Int16]
  /// How many seconds before and after it heard something a phone is believed to have listened.
  ///
  /// A little more than half a period of 300 seconds: a phone that hears something whenever it listens
  /// listens without a break.
  public var listeningHalfWidth: Int64
  /// How many seconds before and after its slot an identifier may be heard, clocks being right.
  ///
  /// Phones change it when they wake up.
  public var slotTolerance: Int64

  /// Makes a rule; what is not said has its default.
  public init(
    longestGap: Int64 = 360, halfWidth: Int64 = 30, echoSeconds: Int64 = 5,
    lookHalfWidth: Int64 = 30, edges: [Int16] = [55, 63, 73, 79],
    listeningHalfWidth: Int64 = 180, slotTolerance: Int64 = 120
  ) {
    precondition(
      halfWidth >= 0 && longestGap >= 2 * halfWidth && longestGap >= lookHalfWidth,
      "what sightings stand for does not overlap")
    precondition(zip(edges, edges.dropFirst()).allSatisfy { $0 < $1 }, "edges ascend")
    self.longestGap = longestGap
    self.halfWidth = halfWidth
    self.echoSeconds = echoSeconds
    self.lookHalfWidth = lookHalfWidth
    self.edges = edges
    self.listeningHalfWidth = listeningHalfWidth
    self.slotTolerance = slotTolerance
  }

  /// Returns the bin of an attenuation: how many edges are below it.
  func bin(of attenuation: Int16) -> Int {
    var bin = 0
    while bin < edges.count, edges[bin] < attenuation { bin += 1 }
    return bin
  }
}

/// What is believed of the clocks of phones.
public struct ClockRule: Hashable, Sendable {
  /// The most seconds that two clocks are believed to be apart.
  public var longestDifference: Int64
  /// The seconds by which the clock of a phone is wrong at most unless something shows that it is.
  ///
  /// Phones take their time from the network and are right to seconds, old ones to a minute or two.
  public var usualError: Int64
  /// The seconds by which the moment of one sighting may be wrong: whole seconds, and radios that report
  /// late.
  public var momentTolerance: Int64
  /// So many identifiers must contradict right clocks, more than contradict that they do, before a
  /// clock is believed to be wrong by more than the usual error: fewer are taken for replays.
  public var fewestIdentifiers: Int

  /// Makes a rule; what is not said has its default.
  public init(
    longestDifference: Int64 = 1_800, usualError: Int64 = 120, momentTolerance: Int64 = 1,
    fewestIdentifiers: Int = 3
  ) {
    self.longestDifference = longestDifference
    self.usualError = usualError
    self.momentTolerance = momentTolerance
    self.fewestIdentifiers = fewestIdentifiers
  }
}
