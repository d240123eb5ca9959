public import Presence

/// The chance that somebody was at a venue, moment by moment of a visit.
///
/// Exits are mostly missing, so that the end of a visit is mostly an estimate. What is certain is
/// certain: from a check-in until the person was last seen there, the chance is 1. From then on it
/// falls in a straight line to what it is at the assumed end: to 0 where the evidence allows no later
/// one (the next check-in elsewhere, closing time), to one half where a usual stay was assumed, since
/// about half of all people stay longer than that. The visit has nothing to say after its end. An
/// exit without an entry is the same backwards: from one half at the usual stay before the exit up to
/// 1 at the exit.
public struct StayConfidence: Hashable, Sendable {
  private let enter: Int64
  private let leave: Int64
  /// The end of what is certain.
  private let earliestLeave: Int64
  private let chanceAtStart: Double
  private let chanceAtEnd: Double

  /// Makes the chances of a visit.
  public init(_ visit: Visit) {
    enter = visit.enter
    leave = visit.leave
    if visit.isStartUnknown {
      earliestLeave = visit.enter
      chanceAtStart = 0.5
      chanceAtEnd = 1
    } else {
      earliestLeave = min(max(visit.earliestLeave, visit.enter), visit.leave)
      chanceAtStart = 1
      chanceAtEnd = visit.leave < visit.latestLeave ? 0.5 : 0
    }
  }

  /// The chances of whoever is known to be there for all of a time.
  static func certain(_ span: Range<Int64>) -> StayConfidence { StayConfidence(certain: span) }

  private init(certain span: Range<Int64>) {
    enter = span.lowerBound
    leave = span.upperBound
    earliestLeave = span.upperBound
    chanceAtStart = 1
    chanceAtEnd = 1
  }

  /// When the person was there for certain; empty when only one moment is known.
  public var certain: Range<Int64> { enter..<earliestLeave }

  /// Where the course of the chance has corners, ascending: the start, the end of what is certain,
  /// and the end.
  var corners: [Int64] { [enter, earliestLeave, leave] }

  /// Returns the chance that the person was there at a moment, 0 outside the visit.
  public func chance(at moment: Double) -> Double {
    guard moment >= Double(enter), moment < Double(leave) else { return 0 }
    return course(at: moment)
  }

  /// The chance, where at the end it is what it falls to.
  private func course(at moment: Double) -> Double {
    guard moment > Double(earliestLeave) else { return chanceAtStart }
    let part = (moment - Double(earliestLeave)) / Double(leave - earliestLeave)
    return chanceAtStart + (chanceAtEnd - chanceAtStart) * part
  }

  /// Cuts the time two people shared into parts of nearly one chance that both were there.
  ///
  /// - Parameters:
  ///   - span: The time in which both visits are.
  ///   - one: The chances of one.
  ///   - other: The chances of the other.
  /// - Returns: Parts that follow each other and make up `span`, each with the mean of the product
  ///   of both chances, which changes by at most a tenth within a part or the part is a second.
  /// - Complexity: O(1): at most 25 parts.
  public static func parts(
    of span: Range<Int64>, _ one: StayConfidence, _ other: StayConfidence
  ) -> [(span: Range<Int64>, confidence: Double)] {
    let corners = (one.corners + other.corners + [span.lowerBound, span.upperBound])
      .filter { span.lowerBound <= $0 && $0 <= span.upperBound }.sorted()
    var parts: [(span: Range<Int64>, confidence: Double)] = []
    for (start, end) in zip(corners, corners.dropFirst()) where start < end {
      func product(_ moment: Double) -> Double { one.course(at: moment) * other.course(at: moment) }
      // Of two chances that each change by at most 1, one may rise while the other falls.
      let change =
        abs(one.course(at: Double(end)) - one.course(at: Double(start)))
        + abs(other.course(at: Double(end)) - other.course(at: Double(start)))
      let count = min(end - start, max(1, Int64((change / 0.1).rounded(.up))))
      for number in 0..<count {
        let from = start + (end - start) * number / count
        let to = start + (end - start) * (number + 1) / count
        let middle = (Double(from) + Double(to)) / 2
        // Simpson's rule is exact for the product of two straight lines.
        let mean =
          (product(Double(from)) + 4 * product(middle) + product(Double(to))) / 6
        parts.append((from..<to, min(1, max(0, mean))))
      }
    }
    return parts
  }
}
