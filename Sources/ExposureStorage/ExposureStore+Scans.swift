public import Presence
public import VenueCodes

extension ExposureStore {
  /// Returns the scans of some local days, in order of time: what a door remembers when it opens.
  ///
  /// Only scans are kept on the way, in short form: a city has millions of other rows in two days.
  ///
  /// - Parameters:
  ///   - first: The first day.
  ///   - last: The last day.
  /// - Returns: The scans.
  /// - Throws: `busy`, `corrupt`, `closed`.
  /// - Complexity: O(n log n) for n rows of those days.
  public func scans(from first: LocalDay, to last: LocalDay) throws -> [Evidence] {
    let snapshot = try snapshot(from: first, to: last)
    var scans: [EvidenceRow] = []
    try snapshot.forEachRow { row in
      switch row.kind {
      case .scanIn, .scanOut, .scan, .gatewayScan: scans.append(row)
      default: break
      }
    }
    scans.sort { ($0.start, $0.id) < ($1.start, $1.id) }
    return scans.map { snapshot.evidence(of: $0) }
  }
}
