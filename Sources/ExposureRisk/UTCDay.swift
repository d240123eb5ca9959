internal import VenueCodes

/// Days of UTC, as days since 1970.
enum UTCDay {
  /// Returns the day that a moment is in.
  static func containing(_ second: Int64) -> Int {
    Int(second >= 0 ? second / 86_400 : (second - 86_399) / 86_400)
  }

  /// Returns the first second of a day.
  static func start(of day: Int) -> Int64 { Int64(day) * 86_400 }
}

extension LocalDay {
  /// The days since 1970-01-01.
  var daysSince1970: Int { Int(daysSince2020) + LocalDay.epochOffset }

  /// Makes the day that is so many days after 1970-01-01.
  init(daysSince1970 days: Int) {
    self.init(daysSince2020: Int32(clamping: days - LocalDay.epochOffset))
  }
}
