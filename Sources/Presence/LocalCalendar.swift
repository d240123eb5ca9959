public import VenueCodes

/// The local days of one time zone: which day a second is in, and when a day begins.
///
/// A calendar is a table of the zone's offsets, so that it needs no file, no lock and no system
/// call to use; `init(zoneFile:name:)` builds one from the bytes of a TZif file.
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

  /// Makes the calendar of a zone that has one offset for ever.
  public init(zoneName: String, fixedOffset: Int32) {
    self.zoneName = zoneName
    self.spans = [Span(start: .min, offset: fixedOffset)]
  }

  /// Hai Phong's calendar: seven hours ahead of UTC.
  public static let haiPhong = LocalCalendar(zoneName: "Asia/Ho_Chi_Minh", fixedOffset: 25_200)

  /// Returns the seconds local time is ahead of UTC at a moment.
  ///
  /// - Complexity: O(log n) in the number of stretches; O(1) for a fixed offset.
  public func offset(at second: Int64) -> Int32 {
    var low = 0
    var high = spans.count - 1
    while low < high {
      let middle = (low + high + 1) / 2
      if spans[middle].start <= second { low = middle } else { high = middle - 1 }
    }
    return spans[low].offset
  }

  /// Returns the local day that a moment is in.
  public func day(of second: Int64) -> LocalDay {
    let local = second + Int64(offset(at: second))
    let days = local >= 0 ? local / 86_400 : (local - 86_399) / 86_400
    return LocalDay(daysSince2020: Int32(clamping: days - Int64(LocalDay.epochOffset)))
  }

  /// Returns the first Unix second of a local day.
  public func start(of day: LocalDay) -> Int64 {
    let midnight = (Int64(day.daysSince2020) + Int64(LocalDay.epochOffset)) * 86_400
    return midnight - Int64(offset(at: midnight - Int64(offset(at: midnight))))
  }
}
