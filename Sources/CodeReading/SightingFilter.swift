/// Tells whether a code that a camera sees has just come into view.
///
/// A code is seen in many frames and missed in some between. It is new when it was not seen for a
/// while, so that one visit to the camera is one answer:
///
///     if sightings.isNew(code.bytes, at: frame.milliseconds) { answer(code) }
public struct SightingFilter: Sendable {
  /// How long a code must be out of sight to be new again, in milliseconds.
  public let forgettingTime: Int64

  private var lastSeen: [[UInt8]: Int64] = [:]
  private var now = Int64.min

  /// The most codes that are kept; what was seen longest ago goes first.
  private static let mostCodes = 256

  /// Makes a filter.
  ///
  /// - Parameter milliseconds: How long a code must be out of sight to be new again.
  public init(forgettingAfter milliseconds: Int64 = 3_000) {
    forgettingTime = milliseconds
  }

  /// Notes that a code is seen, and tells whether it has just come into view.
  ///
  /// - Parameters:
  ///   - code: The payload.
  ///   - milliseconds: The time of the frame. A clock that goes back begins anew.
  /// - Returns: True when it is new.
  /// - Complexity: O(*n*) in the number of codes in view.
  public mutating func isNew(_ code: [UInt8], at milliseconds: Int64) -> Bool {
    if milliseconds < now { lastSeen = [:] }
    now = milliseconds
    // What was seen lies in the past, and the difference of two times may not fit.
    lastSeen = lastSeen.filter { seen in
      let (age, overflows) = now.subtractingReportingOverflow(seen.value)
      return !overflows && age < forgettingTime
    }
    if lastSeen.updateValue(now, forKey: code) != nil { return false }
    if lastSeen.count > SightingFilter.mostCodes,
      let oldest = lastSeen.filter({ $0.key != code }).min(by: { $0.value < $1.value })
    {
      lastSeen[oldest.key] = nil
    }
    return true
  }
}
