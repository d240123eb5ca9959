/// A day of the store's local calendar, counted from 2020-01-01 = 0.
///
/// A local day is a label, not a span of seconds: only a calendar with a time zone
/// (`LocalCalendar` of Presence) knows when it begins and ends.
public struct LocalDay: Hashable, Comparable, Sendable {
  /// Days since 2020-01-01; negative before it.
  public let daysSince2020: Int32

  /// Makes the day that is so many days after 2020-01-01.
  public init(daysSince2020: Int32) {
    self.daysSince2020 = daysSince2020
  }

  /// Makes a day of the proleptic Gregorian calendar, or nil when there is no such date.
  ///
  /// Years 1 to 9999 are taken.
  public init?(year: Int, month: Int, day: Int) {
    guard (1...9999).contains(year), (1...12).contains(month), day >= 1,
      day <= LocalDay.length(ofMonth: month, year: year)
    else { return nil }
    // Days from civil, counting years from March so that a leap day is a year's last day
    // (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    self.daysSince2020 = Int32(era * 146_097 + dayOfEra - 719_468 - LocalDay.epochOffset)
  }

  /// Reads `YYYY-MM-DD`, or returns nil when the text is anything else.
  public init?(iso8601 text: some StringProtocol) {
    let bytes = Array(text.utf8)
    guard bytes.count == 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
      let year = LocalDay.number(bytes[0..<4]), let month = LocalDay.number(bytes[5..<7]),
      let day = LocalDay.number(bytes[8..<10])
    else { return nil }
    self.init(year: year, month: month, day: day)
  }

  /// The year, month (1–12) and day of the month (1–31).
  public var components: (year: Int, month: Int, day: Int) {
    let shifted = Int(daysSince2020) + LocalDay.epochOffset + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
    let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }

  /// Returns the day so many days later, or earlier when negative.
  public func advanced(by days: Int) -> LocalDay {
    LocalDay(daysSince2020: daysSince2020 + Int32(clamping: days))
  }

  /// Orders days by date.
  public static func < (left: LocalDay, right: LocalDay) -> Bool {
    left.daysSince2020 < right.daysSince2020
  }

  /// 2020-01-01 in days since 1970-01-01.
  package static let epochOffset = 18_262

  private static func length(ofMonth month: Int, year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
    var value = 0
    for digit in digits {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
      value = value * 10 + Int(digit - UInt8(ascii: "0"))
    }
    return value
  }
}

extension LocalDay: CustomStringConvertible {
  /// The date as `YYYY-MM-DD`.
  public var description: String {
    var text: [UInt8] = []
    text.reserveCapacity(10)
    append(to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// The day as people in Vietnam write it, day first: `15/08/2020`.
  public var dayFirst: String {
    let (year, month, day) = components
    func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(padded(day))/\(padded(month))/\(year)"
  }

  /// Appends the date as `YYYY-MM-DD`.
  public func append(to buffer: inout [UInt8]) {
    let (year, month, day) = components
    guard (0...9999).contains(year) else {
      buffer.append(contentsOf: "\(year)".utf8)
      LocalDay.append(month, day, to: &buffer)
      return
    }
    LocalDay.append(year / 100, to: &buffer)
    LocalDay.append(year % 100, to: &buffer)
    LocalDay.append(month, day, to: &buffer)
  }

  private static func append(_ month: Int, _ day: Int, to buffer: inout [UInt8]) {
    buffer.append(UInt8(ascii: "-"))
    append(month, to: &buffer)
    buffer.append(UInt8(ascii: "-"))
    append(day, to: &buffer)
  }

  /// Appends a number below 100 as two digits.
  private static func append(_ number: Int, to buffer: inout [UInt8]) {
    buffer.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / 10))
    buffer.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number % 10))
  }
}
