import Testing
import VenueCodes

@Suite("LocalDay") struct LocalDayTests {
  @Test("Every day of the years 1 to 9999 has one date, in order")
  func countsDays() throws {
    // Walks the calendar by its rules alone: months, leap years.
    var number = try #require(LocalDay(year: 1, month: 1, day: 1)).daysSince2020
    var wrong = 0
    for year in 1...9_999 {
      let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
      let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
      // Each month's first and last day, and each day of the years round ours.
      for (month, length) in zip(1...12, lengths) {
        let days = (1990...2040).contains(year) ? Array(1...length) : [1, length]
        for day in days {
          let expected = number + Int32(day) - 1
          let components = LocalDay(daysSince2020: expected).components
          if components != (year, month, day)
            || LocalDay(year: year, month: month, day: day)?.daysSince2020 != expected
          {
            wrong += 1
          }
        }
        if LocalDay(year: year, month: month, day: length + 1) != nil { wrong += 1 }
        number += Int32(length)
      }
    }
    #expect(wrong == 0)
    #expect(LocalDay(year: 2020, month: 1, day: 1)?.daysSince2020 == 0)
    #expect(LocalDay(year: 1970, month: 1, day: 1)?.daysSince2020 == -18_262)
  }

  @Test(
    "Only YYYY-MM-DD is read",
    arguments: [
      "", "2026-1-01", "2026-01-1", "26-01-01", "2026/01/01", "2026-01-01 ", " 2026-01-01",
      "2026-00-01", "2026-13-01", "2026-01-00", "2026-01-32", "2025-02-29", "0000-01-01",
      "2026-01-0a", "+026-01-01", "２026-01-01", "2026-01-01T00:00:00Z", "20260101",
    ])
  func refuses(text: String) {
    #expect(LocalDay(iso8601: text) == nil)
  }

  @Test("A date is written as it is read")
  func writes() {
    let texts = ["0001-01-01", "0999-12-31", "2020-02-29", "2026-07-28", "9999-12-31"]
    #expect(texts.map { LocalDay(iso8601: $0)?.description } == texts)
  }
}
