import Foundation
import Presence
import TestSupport
import Testing

@Suite("ISO 8601") struct ISO8601Tests {
  struct Good: CustomTestStringConvertible, Sendable {
    let text: String
    let second: Int64
    var testDescription: String { text }

    init(_ text: String, _ second: Int64) {
      self.text = text
      self.second = second
    }
  }

  static let good = [
    Good("1970-01-01T00:00:00Z", 0),
    Good("1970-01-01T07:00:00+07:00", 0),
    Good("2020-08-06T09:15:00+07:00", 1_596_680_100),
    Good("2020-08-06T09:15+07:00", 1_596_680_100),
    Good("2020-08-06t02:15:00z", 1_596_680_100),
    Good("2020-08-06 09:15:00+0700", 1_596_680_100),
    Good("2020-08-06T09:15:00+07", 1_596_680_100),
    Good("2020-08-05T22:15:00-04:00", 1_596_680_100),
    Good("2020-08-05T22:45:00-0330", 1_596_680_100),
    Good("2020-08-06T09:15:00.999+07:00", 1_596_680_100),
    Good("2020-08-06T09:15:00,5+07:00", 1_596_680_100),
    Good("2020-08-06T09:15:00.123456789Z", 1_596_705_300),
    Good("2020-08-06T02:15:00-00:00", 1_596_680_100),
    Good("2020-08-07T20:15:00+18:00", 1_596_766_500),
    Good("2020-08-06T24:00:00+07:00", 1_596_733_200),
    Good("2020-08-06T24:00+07:00", 1_596_733_200),
    Good("2020-08-06T24:00:00.000+07:00", 1_596_733_200),
    Good("2020-08-07T00:00:00+07:00", 1_596_733_200),
    Good("2020-02-29T12:00:00Z", 1_582_977_600),
    Good("2016-12-31T23:59:60Z", 1_483_228_799),
    Good("2017-01-01T06:59:60+07:00", 1_483_228_799),
    Good("2155-12-31T23:59:59Z", 5_869_583_999),
  ]

  @Test("A time with an offset is read", arguments: good)
  func reads(row: Good) throws {
    #expect(try ISO8601.parse(row.text) == row.second)
  }

  struct Bad: CustomTestStringConvertible, Sendable {
    let text: String
    let error: TimeError
    var testDescription: String { text.isEmpty ? "nothing" : text }

    init(_ text: String, _ error: TimeError) {
      self.text = text
      self.error = error
    }
  }

  static let bad = [
    Bad("", .notATime(at: 0)),
    Bad("yesterday", .notATime(at: 0)),
    Bad("2020-08-06", .dateOnly),
    Bad("2020-13-06", .noSuchDate),
    Bad("2020-08-06T", .notATime(at: 11)),
    Bad("2020-08-06T09", .notATime(at: 13)),
    Bad("2020-08-06T09:15", .noOffset),
    Bad("2020-08-06T09:15:00", .noOffset),
    Bad("2020-08-06T09:15:00.5", .noOffset),
    Bad("2020-08-06 09:15:00", .noOffset),
    Bad("20200806T091500Z", .notATime(at: 4)),
    Bad("2020/08/06T09:15:00Z", .notATime(at: 4)),
    Bad("2020-08-06_09:15:00Z", .notATime(at: 10)),
    Bad("06-08-2020T09:15:00Z", .notATime(at: 2)),
    Bad("2020-08-0\u{0666}T09:15:00Z", .notATime(at: 9)),
    Bad("2020-8-06T09:15:00Z", .notATime(at: 6)),
    Bad("2020-02-30T09:15:00Z", .noSuchDate),
    Bad("2021-02-29T09:15:00Z", .noSuchDate),
    Bad("0000-01-01T09:15:00Z", .noSuchDate),
    Bad("2020-00-01T09:15:00Z", .noSuchDate),
    Bad("2020-08-06T25:00:00Z", .noSuchTime),
    Bad("2020-08-06T24:00:01Z", .noSuchTime),
    Bad("2020-08-06T24:01:00Z", .noSuchTime),
    Bad("2020-08-06T24:00:00.001Z", .noSuchTime),
    Bad("2020-08-06T09:60:00Z", .noSuchTime),
    Bad("2020-08-06T09:15:61Z", .noSuchTime),
    Bad("2020-08-06T09:15:60Z", .noSuchTime),
    Bad("2016-12-31T23:59:60+07:00", .noSuchTime),
    Bad("2020-08-06T09:15:00.Z", .notATime(at: 20)),
    Bad("2020-08-06T09:15:00.1234567890Z", .notATime(at: 30)),
    Bad("2020-08-06T09:15.5Z", .notATime(at: 16)),
    Bad("2020-08-06T09:15:0Z", .notATime(at: 18)),
    Bad("2020-08-06T09:15:00+", .notATime(at: 20)),
    Bad("2020-08-06T09:15:00+7", .notATime(at: 21)),
    Bad("2020-08-06T09:15:00+07:", .notATime(at: 23)),
    Bad("2020-08-06T09:15:00+07:0", .notATime(at: 24)),
    Bad("2020-08-06T09:15:00+07:00:00", .notATime(at: 25)),
    Bad("2020-08-06T09:15:00+07:60", .noSuchOffset),
    Bad("2020-08-06T09:15:00+18:01", .noSuchOffset),
    Bad("2020-08-06T09:15:00-99:00", .noSuchOffset),
    Bad("2020-08-06T09:15:00 +07:00", .notATime(at: 19)),
    Bad(" 2020-08-06T09:15:00Z", .notATime(at: 0)),
    Bad("2020-08-06T09:15:00Z ", .notATime(at: 20)),
    Bad("2020-08-06T09:15:00ZZ", .notATime(at: 20)),
    Bad("2020-08-06T09:15:00\u{2212}07:00", .notATime(at: 19)),
    Bad("1970-01-01T00:00:00+07:00", .outOfRange),
    Bad("1969-12-31T23:59:59Z", .outOfRange),
    Bad("2156-01-01T00:00:00Z", .outOfRange),
    Bad("9999-12-31T23:59:59Z", .outOfRange),
  ]

  @Test("What could be misread is refused, with its reason", arguments: bad)
  func refuses(row: Bad) {
    #expect(throws: row.error) { try ISO8601.parse(row.text) }
  }

  @Test("What is written is read back as the same second", arguments: [11, 12] as [UInt64])
  func roundTrips(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var wrong: [Int64] = []
    for _ in 0..<2_000 {
      let second = Int64.random(in: 86_400..<5_869_497_600, using: &generator)
      let calendar = LocalCalendar(
        zoneName: "Test/Any", fixedOffset: Int32.random(in: -64_800...64_800, using: &generator))
      if try ISO8601.parse(ISO8601.format(second, in: calendar)) != second { wrong.append(second) }
    }
    #expect(wrong.isEmpty, "seed \(seed)")
  }

  @Test("What is written is what Foundation writes")
  func agreesWithFoundation() throws {
    var generator = SeededGenerator(seed: 13)
    var wrong: [Int64] = []
    for minutes in [420, 0, -210, 765] {
      let calendar = LocalCalendar(zoneName: "Test/Any", fixedOffset: Int32(minutes * 60))
      let zone = try #require(TimeZone(secondsFromGMT: minutes * 60))
      let style = Date.ISO8601FormatStyle(timeZone: zone)
      for _ in 0..<200 {
        let second = Int64.random(in: 86_400..<5_869_497_600, using: &generator)
        let digits = Date(timeIntervalSince1970: Double(second)).formatted(style)
          .filter(\.isNumber).prefix(14)
        if ISO8601.format(second, in: calendar).filter(\.isNumber).prefix(14) != digits {
          wrong.append(second)
        }
      }
    }
    #expect(wrong.isEmpty)
  }

  struct Written: CustomTestStringConvertible, Sendable {
    let second: Int64
    let offset: Int32
    let text: String
    var testDescription: String { text }
  }

  static let written = [
    Written(second: 1_596_680_100, offset: 25_200, text: "2020-08-06T09:15:00+07:00"),
    Written(second: 1_596_680_100, offset: 0, text: "2020-08-06T02:15:00+00:00"),
    Written(second: 1_596_680_100, offset: -12_600, text: "2020-08-05T22:45:00-03:30"),
    Written(second: 0, offset: -3_600, text: "1969-12-31T23:00:00-01:00"),
    Written(second: 0, offset: -2_670, text: "1969-12-31T23:16:00-00:44"),
    Written(second: .min, offset: 0, text: "1970-01-01T00:00:00+00:00"),
    Written(second: .max, offset: 0, text: "2155-12-31T23:59:59+00:00"),
  ]

  @Test("Times are written in 25 bytes", arguments: written)
  func writes(row: Written) {
    let calendar = LocalCalendar(zoneName: "Test/Any", fixedOffset: row.offset)
    #expect(ISO8601.format(row.second, in: calendar) == row.text)
  }

  @Test("No bytes trap", arguments: [21, 22] as [UInt64])
  func survivesNoise(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let model = Array("2020-08-06T09:15:00.250+07:00".utf8)
    var read = 0
    for _ in 0..<4_000 {
      var bytes = model
      for _ in 0..<Int.random(in: 0...2, using: &generator) {
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        bytes[place] = UInt8.random(in: 0...255, using: &generator)
      }
      bytes.removeLast(Int(generator.next() % UInt64(bytes.count)))
      if let second = try? ISO8601.parse(bytes.span) {
        read += 1
        if !ISO8601.range.contains(second) { Issue.record("seed \(seed): \(bytes)") }
      }
    }
    #expect(read > 0, "seed \(seed)")
  }

  @Test("Every failure has its own word and a sentence")
  func describes() {
    let all: [TimeError] = [
      .notATime(at: 3), .dateOnly, .noOffset, .noSuchDate, .noSuchTime, .noSuchOffset, .outOfRange,
    ]
    #expect(Set(all.map(\.code)).count == all.count)
    #expect(Set(all.map(\.description)).count == all.count)
  }
}
