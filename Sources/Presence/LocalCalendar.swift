public import VenueCodes

/// The local days of one time zone: which day a second is in, and when a day begins.
///
/// A calendar is a table of the zone's offsets, so that it needs no file, no lock and no system
/// call to use; `init(zoneFile:name:)` builds one from the bytes of a TZif file.
///
/// Days are contiguous: day `d` is exactly the seconds `[start(of: d), start(of: d + 1))`, so every
/// second is in one day and the parts of a stay cut at midnights add up to the stay. Where clocks
/// move at midnight this needs three choices:
/// - Clocks jump over midnight (Cairo in April): the day begins at the jump.
/// - Midnight comes twice (Havana in November): the day begins at the first.
/// - Clocks go back over a midnight that had passed: the day that had begun goes on; dates never
///   run backwards.
///
/// A date that a zone left out (Apia's 30 December 2011) is an empty day.
public struct LocalCalendar: Hashable, Sendable {
  /// One stretch of time with one offset.
  public struct Span: Hashable, Sendable {
    /// The first Unix second of the stretch.
    public let start: Int64
    /// Seconds to add to UTC to get local time.
    public let offset: Int32

    /// Makes a stretch that lasts until the next one.
    public init(start: Int64, offset: Int32) {
      self.start = start
      self.offset = offset
    }
  }

  /// The IANA name of the zone.
  public let zoneName: String

  /// The stretches by start; the first one reaches back for ever.
  public let spans: [Span]

  /// For each span the latest date that clocks had shown before it began; ascending.
  private let datesBefore: [Int32]

  /// Makes the calendar of a zone that has one offset for ever.
  public init(zoneName: String, fixedOffset: Int32) {
    self.init(zoneName: zoneName, spans: [Span(start: .min, offset: fixedOffset)])
  }

  /// Makes the calendar of a list of stretches.
  ///
  /// - Parameters:
  ///   - zoneName: The IANA name of the zone.
  ///   - spans: At least one stretch, by ascending start; the first is taken to reach back for ever.
  package init(zoneName: String, spans: [Span]) {
    precondition(!spans.isEmpty, "a calendar needs an offset")
    var kept: [Span] = []
    var datesBefore: [Int32] = []
    for span in spans where kept.last?.offset != span.offset {
      guard let last = kept.last, let dateBefore = datesBefore.last else {
        kept.append(Span(start: .min, offset: span.offset))
        datesBefore.append(.min)
        continue
      }
      precondition(last.start < span.start, "the stretches of a calendar ascend")
      kept.append(span)
      datesBefore.append(
        max(dateBefore, LocalCalendar.date(of: span.start - 1, offset: last.offset)))
    }
    self.zoneName = zoneName
    self.spans = kept
    self.datesBefore = datesBefore
  }

  /// Hai Phong's calendar: seven hours ahead of UTC.
  public static let haiPhong = LocalCalendar(zoneName: "Asia/Ho_Chi_Minh", fixedOffset: 25_200)

  /// Returns the seconds local time is ahead of UTC at a moment.
  ///
  /// - Complexity: O(log n) in the number of stretches; O(1) for a fixed offset.
  public func offset(at second: Int64) -> Int32 {
    spans[place(of: second)].offset
  }

  /// Returns the local day that a moment is in.
  ///
  /// - Complexity: O(log n) in the number of stretches; O(1) for a fixed offset.
  public func day(of second: Int64) -> LocalDay {
    let place = place(of: second)
    let date = LocalCalendar.date(of: second, offset: spans[place].offset)
    return LocalDay(daysSince2020: max(date, datesBefore[place]))
  }

  /// Returns the first Unix second of a local day.
  ///
  /// - Complexity: O(log n) in the number of stretches; O(1) for a fixed offset.
  public func start(of day: LocalDay) -> Int64 {
    // The day begins in the last span that was entered before any clock showed its date.
    var low = 0
    var high = spans.count - 1
    while low < high {
      let middle = (low + high + 1) / 2
      if datesBefore[middle] < day.daysSince2020 { low = middle } else { high = middle - 1 }
    }
    let midnight = (Int64(day.daysSince2020) + Int64(LocalDay.epochOffset)) * 86_400
    return max(spans[low].start, midnight - Int64(spans[low].offset))
  }

  /// Returns the moment at which clocks show a time of a day.
  ///
  /// - Parameters:
  ///   - secondOfDay: Seconds after midnight by the clock; more than 86,400 is the days after.
  ///   - day: The day.
  /// - Returns: The first such moment when clocks go back over it; the jump when they jump over it.
  public func moment(at secondOfDay: Int32, of day: LocalDay) -> Int64 {
    let days = Int64(day.daysSince2020) + Int64(LocalDay.epochOffset)
    let local = days * 86_400 + Int64(secondOfDay)
    guard spans.count > 1 else { return local - Int64(spans[0].offset) }
    let before = offset(at: local - 86_400)
    let first = local - Int64(before)
    if offset(at: first) == before { return first }
    let after = offset(at: local + 86_400)
    let second = local - Int64(after)
    if offset(at: second) == after { return second }
    return spans[place(of: first)].start
  }

  /// The index of the stretch that a moment is in.
  private func place(of second: Int64) -> Int {
    var low = 0
    var high = spans.count - 1
    while low < high {
      let middle = (low + high + 1) / 2
      if spans[middle].start <= second { low = middle } else { high = middle - 1 }
    }
    return low
  }

  /// The date clocks show, as days since 2020; moments past what a `LocalDay` holds are its ends.
  private static func date(of second: Int64, offset: Int32) -> Int32 {
    // Three thousand centuries either way, so that no sum below can overflow.
    let bound: Int64 = 10_000_000_000_000
    let local = min(max(second, -bound), bound) + Int64(offset)
    let days = local >= 0 ? local / 86_400 : (local - 86_399) / 86_400
    return Int32(clamping: days - Int64(LocalDay.epochOffset))
  }
}
