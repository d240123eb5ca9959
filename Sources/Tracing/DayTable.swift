import CrossMatch
import Presence
import VenueCodes

/// The local midnights of a stretch of time as column times, so that cutting by day and naming the
/// day can never disagree.
struct DayTable {
  private let firstDay: LocalDay
  /// The first second of each day, ascending.
  private let starts: [Int32]

  /// Makes the table of every day that `extent` touches.
  init(_ calendar: LocalCalendar, extent: ClosedRange<Int64>) {
    // One day more at both ends: the calendar may see a moment near a change of offset in the day
    // before or after the one whose midnight it names.
    let firstDay = calendar.day(of: extent.lowerBound).advanced(by: -1)
    let count = Int(calendar.day(of: extent.upperBound).daysSince2020 - firstDay.daysSince2020) + 2
    self.firstDay = firstDay
    starts = (0..<count).map {
      ColumnTime.clamping(calendar.start(of: firstDay.advanced(by: $0)))
    }
  }

  /// Returns the place of the day that a moment is in.
  func place(of time: Int32) -> Int {
    var low = 0
    var high = starts.count - 1
    while low < high {
      let middle = (low + high + 1) / 2
      if starts[middle] <= time { low = middle } else { high = middle - 1 }
    }
    return low
  }

  /// Finds the day that all of a span is in.
  ///
  /// - Parameters:
  ///   - start: The first second.
  ///   - end: The first second after, later than `start`.
  /// - Returns: The place of the day, or nil when midnight parts the span.
  func place(ofAll start: Int32, _ end: Int32) -> Int? {
    let place = place(of: start)
    return end <= self.start(at: place + 1) ? place : nil
  }

  /// Returns the first second of the day at a place, `Int32.max` after the last one.
  func start(at place: Int) -> Int32 {
    place < starts.count ? starts[place] : .max
  }

  /// Returns the day at a place.
  func day(at place: Int) -> LocalDay {
    firstDay.advanced(by: place)
  }
}
