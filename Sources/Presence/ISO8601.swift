internal import VenueCodes

/// What is wrong with a written time.
public enum TimeError: Error, Hashable, Sendable {
  /// The byte at this place (from 0) is not what a time has there.
  case notATime(at: Int)
  /// A date without a time of day.
  case dateOnly
  /// A time without an offset from UTC, which could mean any of 24 hours.
  case noOffset
  /// The date is in no calendar.
  case noSuchDate
  /// The time of day is on no clock.
  case noSuchTime
  /// The offset is in no time zone.
  case noSuchOffset
  /// The moment is before 1970 or after 2155.
  case outOfRange

  /// The stable word for this failure.
  public var code: String {
    switch self {
    case .notATime: "time-malformed"
    case .dateOnly: "time-date-only"
    case .noOffset: "time-no-offset"
    case .noSuchDate: "time-no-such-date"
    case .noSuchTime: "time-no-such-time"
    case .noSuchOffset: "time-no-such-offset"
    case .outOfRange: "time-out-of-range"
    }
  }
}

extension TimeError: CustomStringConvertible {
  /// A sentence for the person who wrote the time.
  public var description: String {
    switch self {
    case .notATime(let place):
      "character \(place + 1) does not fit: write a time like 2020-08-06T09:15:00+07:00"
    case .dateOnly: "the time of day is missing: write a time like 2020-08-06T09:15:00+07:00"
    case .noOffset: "the offset from UTC is missing: write +07:00 (or Z for UTC) after the time"
    case .noSuchDate: "there is no such date"
    case .noSuchTime: "there is no such time of day"
    case .noSuchOffset: "no time zone is so far from UTC: an offset is at most 18:00"
    case .outOfRange: "the time is not in the years 1970 to 2155"
    }
  }
}

/// Times as text: `2020-08-06T09:15:00+07:00`, the form in every file and answer.
///
/// What is read is RFC 3339 and the rest of ISO 8601 that spreadsheets and phones write: the
/// seconds may be missing, the offset may be `Z`, `+07:00`, `+0700` or `+07`, letters may be small,
/// and a space may stand for the `T`. What could be misread is refused, first of all a time without
/// an offset.
///
/// - A fraction is dropped, never rounded: a scan belongs to the second it was made in.
/// - `24:00` is the end of its day, the same moment as `00:00` of the next.
/// - A leap second (`23:59:60` UTC) counts as the second before it, so that it stays in its day;
///   any other `:60` is refused.
public enum ISO8601 {
  /// The moments that can be written: from 1970 to the end of 2155, which 32 bits from 2020 hold.
  public static let range: Range<Int64> = 0..<5_869_584_000

  /// Reads a time.
  ///
  /// - Parameter bytes: The text, without spaces around it.
  /// - Returns: Unix seconds in `range`.
  /// - Throws: `TimeError` that says what is wrong.
  public static func parse(_ bytes: Span<UInt8>) throws(TimeError) -> Int64 {
    let year = try number(bytes, 0) * 100 + number(bytes, 2)
    try expect(UInt8(ascii: "-"), bytes, 4)
    let month = try number(bytes, 5)
    try expect(UInt8(ascii: "-"), bytes, 7)
    let day = try number(bytes, 8)
    guard let date = LocalDay(year: year, month: month, day: day) else { throw .noSuchDate }
    guard bytes.count > 10 else { throw .dateOnly }
    switch bytes[10] {
    case UInt8(ascii: "T"), UInt8(ascii: "t"), UInt8(ascii: " "): break
    default: throw .notATime(at: 10)
    }
    let hour = try number(bytes, 11)
    try expect(UInt8(ascii: ":"), bytes, 13)
    let minute = try number(bytes, 14)
    var second = 0
    var place = 16
    var hasFraction = false
    if place < bytes.count, bytes[place] == UInt8(ascii: ":") {
      second = try number(bytes, 17)
      place = 19
      if place < bytes.count, bytes[place] == UInt8(ascii: ".") || bytes[place] == UInt8(ascii: ",")
      {
        hasFraction = try skipFraction(bytes, &place)
      }
    }
    let isDayEnd = hour == 24 && minute == 0 && second == 0 && !hasFraction
    guard hour < 24 || isDayEnd, minute < 60, second <= 60 else { throw .noSuchTime }
    guard place < bytes.count else { throw .noOffset }
    let offset = try offset(bytes, place)
    let days = Int64(date.daysSince2020) + Int64(LocalDay.epochOffset)
    let ofMinute = days * 86_400 + Int64(hour) * 3_600 + Int64(minute) * 60 - offset
    if second == 60 {
      guard (ofMinute % 86_400 + 86_400) % 86_400 == 86_340 else { throw .noSuchTime }
      second = 59
    }
    let moment = ofMinute + Int64(second)
    guard range.contains(moment) else { throw .outOfRange }
    return moment
  }

  /// Reads a time from a string.
  ///
  /// - Throws: `TimeError` that says what is wrong.
  public static func parse(_ text: some StringProtocol) throws(TimeError) -> Int64 {
    let bytes = Array(text.utf8)
    return try parse(bytes.span)
  }

  /// Appends a moment as 25 bytes, in the local time of a calendar.
  ///
  /// An offset that is no whole number of minutes (there are none in use since 1972) is cut to one,
  /// so that reading the text gives the same moment. Moments outside `range` are written as its
  /// nearest end.
  ///
  /// - Complexity: O(log n) in the calendar's stretches; no allocation while `buffer` has room.
  public static func append(
    _ second: Int64, in calendar: LocalCalendar, to buffer: inout [UInt8]
  ) {
    let moment = min(max(second, range.lowerBound), range.upperBound - 1)
    let offsetMinutes = Int(calendar.offset(at: moment)) / 60
    let local = Int(moment) + offsetMinutes * 60
    // Only the first hours of 1970, west of Greenwich, are negative.
    let days = local >= 0 ? local / 86_400 : -1
    let ofDay = local - days * 86_400
    let date = LocalDay(daysSince2020: Int32(days - LocalDay.epochOffset)).components
    let first = buffer.count
    // Room is made once; then only digits are written, which is several times quicker than
    // appending byte by byte.
    buffer.append(contentsOf: offsetMinutes < 0 ? westernForm : easternForm)
    var text = buffer.mutableSpan
    pair(date.year / 100, at: first, of: &text)
    pair(date.year % 100, at: first + 2, of: &text)
    pair(date.month, at: first + 5, of: &text)
    pair(date.day, at: first + 8, of: &text)
    pair(ofDay / 3_600, at: first + 11, of: &text)
    pair(ofDay / 60 % 60, at: first + 14, of: &text)
    pair(ofDay % 60, at: first + 17, of: &text)
    pair(abs(offsetMinutes) / 60, at: first + 20, of: &text)
    pair(abs(offsetMinutes) % 60, at: first + 23, of: &text)
  }

  private static let easternForm = Array("0000-00-00T00:00:00+00:00".utf8)
  private static let westernForm = Array("0000-00-00T00:00:00-00:00".utf8)

  /// Returns a moment as text, in the local time of a calendar; see `append(_:in:to:)`.
  public static func format(_ second: Int64, in calendar: LocalCalendar) -> String {
    var buffer: [UInt8] = []
    buffer.reserveCapacity(25)
    append(second, in: calendar, to: &buffer)
    return String(decoding: buffer, as: UTF8.self)
  }

  /// Writes a number below 100 over two bytes.
  @inline(__always)
  private static func pair(_ number: Int, at place: Int, of text: inout MutableSpan<UInt8>) {
    text[place] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: number / 10)
    text[place + 1] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: number % 10)
  }

  /// Reads two digits.
  @inline(__always)
  private static func number(_ bytes: Span<UInt8>, _ place: Int) throws(TimeError) -> Int {
    guard place + 1 < bytes.count else { throw .notATime(at: bytes.count) }
    let tens = bytes[place] &- UInt8(ascii: "0")
    let ones = bytes[place + 1] &- UInt8(ascii: "0")
    guard tens < 10, ones < 10 else { throw .notATime(at: tens < 10 ? place + 1 : place) }
    return Int(tens) * 10 + Int(ones)
  }

  @inline(__always)
  private static func expect(
    _ byte: UInt8, _ bytes: Span<UInt8>, _ place: Int
  ) throws(TimeError) {
    guard place < bytes.count, bytes[place] == byte else { throw .notATime(at: place) }
  }

  /// Skips a point and the one to nine digits after it.
  ///
  /// - Returns: Whether any digit is more than 0.
  private static func skipFraction(
    _ bytes: Span<UInt8>, _ place: inout Int
  ) throws(TimeError) -> Bool {
    let first = place + 1
    var isMore = false
    place = first
    while place < bytes.count, (48...57).contains(bytes[place]) {
      if bytes[place] != 48 { isMore = true }
      place += 1
    }
    guard (1...9).contains(place - first) else { throw .notATime(at: place) }
    return isMore
  }

  /// Reads `Z`, `±HH:MM`, `±HHMM` or `±HH`, which must be the rest of the text, as seconds.
  private static func offset(_ bytes: Span<UInt8>, _ place: Int) throws(TimeError) -> Int64 {
    let isNegative: Bool
    switch bytes[place] {
    case UInt8(ascii: "Z"), UInt8(ascii: "z"):
      guard bytes.count == place + 1 else { throw .notATime(at: place + 1) }
      return 0
    case UInt8(ascii: "+"): isNegative = false
    case UInt8(ascii: "-"): isNegative = true
    default: throw .notATime(at: place)
    }
    let hours = try number(bytes, place + 1)
    var minutes = 0
    var end = place + 3
    if end < bytes.count {
      if bytes[end] == UInt8(ascii: ":") { end += 1 }
      minutes = try number(bytes, end)
      end += 2
    }
    guard bytes.count == end else { throw .notATime(at: end) }
    guard minutes < 60, hours * 60 + minutes <= 18 * 60 else { throw .noSuchOffset }
    let seconds = Int64(hours * 3_600 + minutes * 60)
    return isNegative ? -seconds : seconds
  }
}
