internal import Presence

/// How many sightings a store has, and what became of them.
///
/// Each row is counted once: those that are of use are what is left of all the others.
public struct SightingStatistics: Hashable, Sendable {
  /// How many there are.
  public var rows = 0
  /// Of identifiers that rotate and that nobody knows yet: they resolve by themselves when somebody
  /// says whose they were.
  public var unresolved = 0
  /// Of identifiers that several say were theirs.
  public var ambiguous = 0
  /// Of identifiers that were heard outside their slot: replays, and clocks that are wrong beyond
  /// belief.
  public var outsideSlot = 0
  /// Of identifiers that were past their time by what they say themselves.
  public var expired = 0
  /// Of identifiers that no key opens.
  public var unreadable = 0
  /// Without a moment that can be.
  public var undated = 0
  /// Without an attenuation: they show that the phones worked.
  public var withoutStrength = 0
  /// Of the owner's own phone.
  public var ofOneself = 0
  /// Refused for another reason.
  public var refused = 0
  /// By gateways, of phones: they show that a phone worked and was there, and how its clock goes.
  public var byGateways = 0

  /// Makes the statistics of nothing.
  public init() {}

  /// How many became part of encounters.
  public var used: Int {
    rows - unresolved - ambiguous - outsideSlot - expired - unreadable - undated - withoutStrength
      - ofOneself - refused - byGateways
  }

  private static let fields: [any WritableKeyPath<SightingStatistics, Int> & Sendable] = [
    \.rows, \.unresolved, \.ambiguous, \.outsideSlot, \.expired, \.unreadable, \.undated,
    \.withoutStrength, \.ofOneself, \.refused, \.byGateways,
  ]

  /// The numbers in a fixed order.
  var numbers: [UInt64] { Self.fields.map { UInt64(self[keyPath: $0]) } }

  /// Makes statistics of numbers in that order, or nil when they are none.
  init?(numbers: [UInt64]) {
    guard numbers.count == Self.fields.count else { return nil }
    for (field, number) in zip(Self.fields, numbers) {
      guard number <= UInt64(UInt32.max) else { return nil }
      self[keyPath: field] = Int(number)
    }
    guard used >= 0 else { return nil }
  }

  /// Adds what another part of the store has.
  static func += (left: inout SightingStatistics, right: SightingStatistics) {
    for field in fields { left[keyPath: field] += right[keyPath: field] }
  }
}

extension ExposureStore {
  /// Counts the sightings, and those that are of no use yet or at all, by reason.
  ///
  /// - Returns: The counts over all days, by what is known of identifiers now.
  /// - Throws: `corrupt`, `closed`, `timeOutOfRange`.
  /// - Complexity: O(d) in the days whose sightings are in segments, and that of deriving the others.
  public func sightingStatistics() throws(StoreError) -> SightingStatistics {
    try ExposureStore.retryingChanges { () throws(StoreError) in
      let aliases = try AliasLookup(self)
      let log = try wholeLog()
      var set = try segmentFolder().open()
      set.agree(with: log, nil, forgettings: try forgettings())
      let rules = StayRules(calendar: calendar)
      var advance = SegmentAdvance(set, log: log, rules: rules, aliases: aliases, writer: nil)
      try advance.readSightings()
      var sum = SightingStatistics()
      for part in advance.set.heard { sum += part.columns.statistics }
      return sum
    }
  }
}
