/// Tells which of the codes that a camera sees have just come into view.
///
/// A code is seen in many frames and missed in some between. It is new when it was out of sight for a
/// while, so that one visit to the camera is one answer:
///
///     for code in sightings.newCodes(of: seen, at: frame.milliseconds) { answer(code) }
///
/// Out of sight is what a frame without it has shown: when frames come seldom, as on a busy machine,
/// a code that is in each of them stays known.
public struct SightingFilter: Sendable {
  /// How long a code must be out of sight to be new again, in milliseconds.
  public let forgettingTime: Int64

  private struct Sighting {
    var last: Int64
    /// Whether a frame since then was without it.
    var wasMissed = false
  }

  private var known: [[UInt8]: Sighting] = [:]
  private var now = Int64.min

  /// The most codes that are kept; what was seen longest ago goes first.
  private static let mostCodes = 256

  /// Makes a filter.
  ///
  /// - Parameter milliseconds: How long a code must be out of sight to be new again.
  public init(forgettingAfter milliseconds: Int64 = 3_000) {
    forgettingTime = milliseconds
  }

  /// Notes what a frame shows, and returns what in it is new.
  ///
  /// - Parameters:
  ///   - codes: The payloads that are seen; none is a frame to be told of, too.
  ///   - milliseconds: The time of the frame. A clock that goes back begins anew.
  /// - Returns: The new codes in their order, each once.
  /// - Complexity: O(*n*) in the number of codes in view.
  public mutating func newCodes(of codes: [[UInt8]], at milliseconds: Int64) -> [[UInt8]] {
    if milliseconds < now { known = [:] }
    now = milliseconds
    let seen = Set(codes)
    known = known.filter { code, sighting in
      !isOld(sighting) || seen.contains(code) && !sighting.wasMissed
    }
    var new: [[UInt8]] = []
    for code in codes where known.updateValue(Sighting(last: now), forKey: code) == nil {
      new.append(code)
    }
    for code in known.keys where !seen.contains(code) { known[code]?.wasMissed = true }
    while known.count > SightingFilter.mostCodes,
      let oldest = known.min(by: { $0.value.last < $1.value.last })
    {
      known[oldest.key] = nil
    }
    return new
  }

  /// Whether a code was last seen so long ago that it counts as gone once a frame was without it.
  private func isOld(_ sighting: Sighting) -> Bool {
    // What was seen lies in the past, and the difference of two times may not fit.
    let (age, overflows) = now.subtractingReportingOverflow(sighting.last)
    return overflows || age >= forgettingTime
  }
}
