internal import VenueCodes

/// Days of universal time, in which the apps count their keys.
///
/// In Hai Phong such a day begins at seven in the morning; nothing but keys is counted in them.
enum UTCDay {
  static let seconds: Int64 = 86_400

  static func start(of day: LocalDay) -> Int64 {
    (Int64(day.daysSince2020) + Int64(LocalDay.epochOffset)) * seconds
  }

  /// Returns the day that begins at a second; nil when none does, or none that a calendar writes.
  static func day(beginningAt second: Int64) -> LocalDay? {
    guard second >= 0, second % seconds == 0, second <= 253_402_214_400 else { return nil }
    return LocalDay(daysSince2020: Int32(second / seconds) - Int32(LocalDay.epochOffset))
  }
}
