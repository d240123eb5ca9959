internal import Presence
internal import VenueCodes

/// How the cells of evidence and case tables are read.
extension ArraySlice<UInt8> {
  /// The bytes, or a rejection that says what is missing.
  func required(_ column: String) throws(IntakeRejection) -> ArraySlice<UInt8> {
    guard !isEmpty else { throw IntakeRejection(.missing, column, "\(column) is missing") }
    return self
  }

  /// Reads a time with its offset, as Unix seconds.
  func time(column: String) throws(IntakeRejection) -> Int64 {
    do {
      return try ISO8601.parse(span)
    } catch {
      throw IntakeRejection(.badTime, column, "\(error)")
    }
  }

  /// Reads a date.
  func date(column: String) throws(IntakeRejection) -> LocalDay {
    guard let day = LocalDay(iso8601: String(decoding: self, as: UTF8.self)) else {
      throw IntakeRejection(
        .badDate, column, "\(column) is not a date: write it like 2020-08-06")
    }
    return day
  }

  /// The zone, 0 when empty.
  var zone: UInt8 {
    get throws(IntakeRejection) {
      if isEmpty { return 0 }
      guard let zone = UInt8(String(decoding: self, as: UTF8.self)) else {
        throw IntakeRejection(.badNumber, "zone", "the zone is not a whole number from 0 to 255")
      }
      return zone
    }
  }

  /// Reads decibels, of which a fraction is rounded up or down to a whole number.
  func decibels(
    column: String, in range: ClosedRange<Int>, rounded rule: FloatingPointRoundingRule
  ) throws(IntakeRejection) -> Int {
    // Swift would read "0x1p3" and "nan" too.
    let isDecimal = allSatisfy {
      (0x2B...0x39).contains($0) && $0 != 0x2C && $0 != 0x2F || $0 | 0x20 == 0x65
    }
    guard isDecimal, let number = Double(String(decoding: self, as: UTF8.self)),
      number >= Double(range.lowerBound), number <= Double(range.upperBound)
    else {
      throw IntakeRejection(
        .badNumber, column,
        "\(column) is not a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return Int(number.rounded(rule))
  }
}
