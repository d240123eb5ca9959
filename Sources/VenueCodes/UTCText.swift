/// Times of the key set: Unix seconds written as `2026-01-31T08:30:00Z` and nothing else.
enum UTCText {
  private static let secondsPerDay: Int64 = 86_400

  /// The times that four digits of a year can write.
  static let range: ClosedRange<Int64> = -62_135_596_800...253_402_300_799

  /// Returns the text of a time; one outside the years 1 to 9999 is shown as the nearest inside.
  static func text(of seconds: Int64) -> String {
    let seconds = min(max(seconds, range.lowerBound), range.upperBound)
    let day = seconds >= 0 ? seconds / secondsPerDay : (seconds - secondsPerDay + 1) / secondsPerDay
    let rest = Int(seconds - day * secondsPerDay)
    func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let date = LocalDay(daysSince2020: Int32(day - Int64(LocalDay.epochOffset)))
    return "\(date)T\(padded(rest / 3_600)):\(padded(rest / 60 % 60)):\(padded(rest % 60))Z"
  }

  /// Reads such a text, or returns nil when it is anything else.
  static func seconds(of text: String) -> Int64? {
    let bytes = Array(text.utf8)
    guard bytes.count == 20, bytes[10] == UInt8(ascii: "T"), bytes[13] == UInt8(ascii: ":"),
      bytes[16] == UInt8(ascii: ":"), bytes[19] == UInt8(ascii: "Z"),
      let day = LocalDay(iso8601: String(decoding: bytes[..<10], as: UTF8.self)),
      let hour = twoDigits(bytes[11], bytes[12]), hour < 24,
      let minute = twoDigits(bytes[14], bytes[15]), minute < 60,
      let second = twoDigits(bytes[17], bytes[18]), second < 60
    else { return nil }
    let days = Int64(day.daysSince2020) + Int64(LocalDay.epochOffset)
    return days * secondsPerDay + Int64(hour * 3_600 + minute * 60 + second)
  }

  private static func twoDigits(_ tens: UInt8, _ ones: UInt8) -> Int? {
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    guard digits.contains(tens), digits.contains(ones) else { return nil }
    return Int(tens - digits.lowerBound) * 10 + Int(ones - digits.lowerBound)
  }
}
