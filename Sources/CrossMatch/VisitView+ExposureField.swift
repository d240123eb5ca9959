internal import Presence
public import VenueCodes

extension VisitView {
  /// Finds, for every visit at a venue, the person-seconds it shares with all infectious visits there
  /// at once, without going through pairs.
  ///
  /// How many infectious people are present is a step function of time; the seconds that a visit
  /// shares with all of them are the difference of its integral at the visit's ends. Visits of the
  /// visitor's own are taken off again, each by itself.
  ///
  /// - Parameters:
  ///   - venue: Where.
  ///   - infectious: When each person is infectious.
  ///   - body: Gets each visit that shares any, by segment and row, and its person-seconds.
  /// - Complexity: O(n log m) for n visits at the venue, m of them infectious, and the square of
  ///   what one infectious person has there.
  public func forEachExposure(
    at venue: VenueID, infectious: InfectiousSpans, _ body: (VisitPosition, Int64) -> Void
  ) {
    var own: [SubjectNumber: [(start: Int32, end: Int32)]] = [:]
    var steps: [(time: Int32, change: Int64)] = []
    for segment in segments {
      for row in segment.rows(at: venue) {
        let subject = segment.subject[row]
        guard infectious.from[Int(subject)] != .max else { continue }
        let start = max(segment.enter[row], infectious.from[Int(subject)])
        let end = min(segment.leave[row], infectious.until[Int(subject)])
        guard start < end else { continue }
        steps.append((start, 1))
        steps.append((end, -1))
        own[subject, default: []].append((start, end))
      }
    }
    guard !steps.isEmpty else { return }
    steps.sort { $0.time < $1.time }
    // Before each step: the person-seconds so far, and after it how many are present.
    var sums: [Int64] = []
    var present: [Int64] = []
    var (sum, count): (Int64, Int64) = (0, 0)
    for (place, step) in steps.enumerated() {
      if place > 0 { sum += count * (Int64(step.time) - Int64(steps[place - 1].time)) }
      count += step.change
      sums.append(sum)
      present.append(count)
    }
    func integral(to time: Int32) -> Int64 {
      var low = 0
      var high = steps.count
      while low < high {
        let middle = (low + high) / 2
        if steps[middle].time <= time { low = middle + 1 } else { high = middle }
      }
      guard low > 0 else { return 0 }
      return sums[low - 1] + present[low - 1] * (Int64(time) - Int64(steps[low - 1].time))
    }
    for (number, segment) in segments.enumerated() {
      for row in segment.rows(at: venue) where segment.leave[row] > segment.enter[row] {
        let (enter, leave) = (segment.enter[row], segment.leave[row])
        var seconds = integral(to: leave) - integral(to: enter)
        for stay in own[segment.subject[row]] ?? [] {
          seconds -= max(0, Int64(min(leave, stay.end)) - Int64(max(enter, stay.start)))
        }
        if seconds > 0 {
          body(VisitPosition(segment: UInt32(number), row: UInt32(row)), seconds)
        }
      }
    }
  }
}
