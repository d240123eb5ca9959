internal import Dispatch
internal import Presence
internal import Synchronization
public import VenueCodes

/// How much evidence each venue had on one local day: numbers only, and nobody's name.
public struct VenueActivity: Hashable, Sendable {
  /// The local day.
  public let day: LocalDay
  /// The number of accepted scans that a verified code or pass stands behind, by venue.
  public let scans: [VenueID: Int]
  /// The number of accepted visits and scans without a code: from paper, typed, of another system.
  public let entered: [VenueID: Int]
}

extension ExposureStore {
  /// Counts the evidence of each venue on some local days.
  ///
  /// Scans are all that a phone or a gateway read: in, out, and of unknown direction, with a code of
  /// the venue or a visitor's pass that was verified (`Evidence.grade` of 1 and more). A row that
  /// names its venue without one is counted as entered. Only accepted rows count: a scan of an
  /// expired or revoked code is no use of the campaign's posters. The people in the rows are not
  /// looked at, so a question to this needs no entry in the audit log.
  ///
  /// - Parameters:
  ///   - first: The first day.
  ///   - last: The last day, which is included.
  /// - Returns: One value for each day that has evidence, in order.
  /// - Throws: `corrupt`, `closed`, `schemaTooOld`, `changedMeanwhile`.
  /// - Complexity: O(n) in the rows of the days, one pass over their columns and nothing sorted; days
  ///   are read at the same time on all processors. Memory goes with the number of venues.
  public func venueActivity(
    from first: LocalDay, to last: LocalDay
  ) throws(StoreError) -> [VenueActivity] {
    let log = try evidenceLog(from: first, to: last)
    let results = Mutex<[Int: Result<VenueActivity, StoreError>]>([:])
    DispatchQueue.concurrentPerform(iterations: log.days.count) { index in
      let result = Result { () throws(StoreError) in
        try VenueActivity(of: log.days[index], in: log)
      }
      results.withLock { $0[index] = result }
    }
    let made = results.withLock { $0 }
    var days: [VenueActivity] = []
    for index in log.days.indices {
      if let result = made[index] { days.append(try result.get()) }
    }
    return days
  }
}

extension VenueActivity {
  fileprivate init(of extent: DayExtent, in log: EvidenceLog) throws(StoreError) {
    var scans = VenueCounter()
    var entered = VenueCounter()
    let accepted = Evidence.Status.accepted.rawValue
    try log.read(of: extent, .statements) { columns, places, _ throws(StoreError) in
      for place in places where columns.status[place] == accepted {
        let venue = columns.venue[place]
        guard venue != .max else { continue }
        switch VenueActivity.uses[Int(columns.kind[place])] {
        case .scan where columns.grade[place] >= 1: scans.count(venue)
        case .scan, .entered: entered.count(venue)
        case nil: continue
        }
      }
      return true
    }
    day = extent.day
    guard let scanCounts = scans.counts, let enteredCounts = entered.counts else {
      throw StoreError(.corrupt, subject: extent.path)
    }
    self.scans = scanCounts
    self.entered = enteredCounts
  }

  private enum Use { case scan, entered }

  /// What a kind of evidence says about the use of a venue's code, by its raw value.
  private static let uses: [Use?] = (0...UInt8.max).map { value in
    switch Evidence.Kind(rawValue: value) {
    case .scanIn, .scanOut, .scan, .gatewayScan: .scan
    case .visit: .entered
    case .bleSighting, .bleEncounter, .staffNote, .correction, nil: nil
    }
  }
}

/// Counts numbers of venues: a table with open addressing, since a day may have millions of rows.
private struct VenueCounter {
  private var keys: [UInt64] = Array(repeating: .max, count: 1_024)
  private var values: [Int] = Array(repeating: 0, count: 1_024)
  private var used = 0

  mutating func count(_ venue: UInt64) {
    let mask = keys.count - 1
    var place = VenueCounter.place(of: venue, mask)
    while keys[place] != venue {
      if keys[place] == .max {
        // Half full at most, so that a search stays short.
        if 2 * (used + 1) > keys.count {
          grow()
          return count(venue)
        }
        keys[place] = venue
        used += 1
        break
      }
      place = (place + 1) & mask
    }
    values[place] += 1
  }

  /// The counts by venue; nil when a number is no venue's.
  var counts: [VenueID: Int]? {
    var counts: [VenueID: Int] = [:]
    counts.reserveCapacity(used)
    for (key, value) in zip(keys, values) where key != .max {
      guard let venue = VenueID(rawValue: key) else { return nil }
      counts[venue] = value
    }
    return counts
  }

  private mutating func grow() {
    let old = zip(keys, values).filter { $0.0 != .max }
    let size = 2 * keys.count
    keys = Array(repeating: .max, count: size)
    values = Array(repeating: 0, count: size)
    for (key, value) in old {
      var place = VenueCounter.place(of: key, size - 1)
      while keys[place] != .max { place = (place + 1) & (size - 1) }
      keys[place] = key
      values[place] = value
    }
  }

  /// Multiplies by the golden ratio, so that numbers that differ little lie far apart.
  private static func place(of venue: UInt64, _ mask: Int) -> Int {
    Int(truncatingIfNeeded: (venue &* 0x9e37_79b9_7f4a_7c15) >> 32) & mask
  }
}
