import Foundation
import Presence
import TestSupport
import Testing
import VenueCodes

/// The zones that the tests hold against the system: quiet, north, south, and odd ones.
private let zones = [
  "Asia/Ho_Chi_Minh", "Europe/Berlin", "America/Sao_Paulo", "Africa/Cairo", "Australia/Lord_Howe",
  "America/New_York", "Asia/Beirut", "America/Havana", "America/Nuuk", "Europe/Dublin",
  "Africa/Casablanca", "Atlantic/Azores", "Antarctica/Casey", "Pacific/Apia",
]

/// The bytes of a system zone.
func systemZoneFile(_ zone: String) throws -> [UInt8] {
  Array(try #require(FileManager.default.contents(atPath: "/usr/share/zoneinfo/\(zone)")))
}

extension Trait where Self == ConditionTrait {
  /// Skips a test where the system has no time zone files.
  static var needsZoneFiles: Self {
    .enabled(
      if: FileManager.default.fileExists(atPath: "/usr/share/zoneinfo/Africa/Cairo"),
      "there is no /usr/share/zoneinfo: install tzdata")
  }
}

private func systemCalendar(_ zone: String) throws -> LocalCalendar {
  try LocalCalendar(zoneFile: systemZoneFile(zone), name: zone)
}

/// The offsets that the C library finds for moments in a zone, by way of the `date` program.
private func systemOffsets(_ zone: String, at seconds: [Int64]) throws -> [Int32] {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = ["TZ=\(zone)", "date", "-f", "-", "+%::z"]
  let input = Pipe()
  let output = Pipe()
  process.standardInput = input
  process.standardOutput = output
  try process.run()
  // `date` answers while it reads: writing from here could wait for ever on a full pipe.
  let text = Data(seconds.map { "@\($0)\n" }.joined().utf8)
  let writing = Thread {
    input.fileHandleForWriting.write(text)
    try? input.fileHandleForWriting.close()
  }
  writing.start()
  let answer = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
  process.waitUntilExit()
  return answer.split(separator: "\n").compactMap { line in
    let parts = line.dropFirst().split(separator: ":").compactMap { Int32($0) }
    guard parts.count == 3 else { return nil }
    return (parts[0] * 3_600 + parts[1] * 60 + parts[2]) * (line.hasPrefix("-") ? -1 : 1)
  }
}

private func day(_ text: String) throws -> LocalDay {
  try #require(LocalDay(iso8601: text))
}

@Suite("Local calendar") struct LocalCalendarTests {
  @Test("Offsets are those of the C library from 2020 to 2100", .needsZoneFiles, arguments: zones)
  func offsetsAgreeWithTheSystem(zone: String) throws {
    let calendar = try systemCalendar(zone)
    let seed = zone.utf8.reduce(UInt64(0)) { $0 &* 31 &+ UInt64($1) }
    var generator = SeededGenerator(seed: seed)
    var moments = (0..<1_500).map { _ in
      Int64.random(in: 1_577_836_800..<4_102_444_800, using: &generator)
    }
    // The seconds on both sides of every change are where mistakes would be.
    for span in calendar.spans where (1_577_836_800..<4_102_444_800).contains(span.start) {
      moments += [span.start - 1, span.start]
    }
    let expected = try systemOffsets(zone, at: moments)
    try #require(expected.count == moments.count)
    let wrong = zip(moments, expected).filter { calendar.offset(at: $0) != $1 }
    #expect(wrong.isEmpty, "\(zone), seed \(seed)")
  }

  @Test("Every second is in one day, and days follow each other", .needsZoneFiles, arguments: zones)
  func daysAreContiguous(zone: String) throws {
    let calendar = try systemCalendar(zone)
    var broken: [LocalDay] = []
    for number in Int32(-7_000)..<Int32(30_000) {
      let day = LocalDay(daysSince2020: number)
      let start = calendar.start(of: day)
      let end = calendar.start(of: day.advanced(by: 1))
      let isWhole =
        start <= end
        && (start == end || calendar.day(of: start) == day && calendar.day(of: end - 1) == day)
      if !isWhole { broken.append(day) }
    }
    #expect(broken.isEmpty)
  }

  @Test("A day is the latest date that clocks have shown", .needsZoneFiles, arguments: zones)
  func daysAreDatesThatNeverRunBack(zone: String) throws {
    let calendar = try systemCalendar(zone)
    var latest = Int64.min
    var wrong: [Int64] = []
    // Ten years in steps of a quarter of an hour, on which all changes fall.
    for second in stride(from: Int64(1_577_836_800), to: 1_893_456_000, by: 900) {
      latest = max(latest, (second + Int64(calendar.offset(at: second))) / 86_400 - 18_262)
      if calendar.day(of: second).daysSince2020 != Int32(latest) { wrong.append(second) }
    }
    #expect(wrong.isEmpty)
  }

  struct Midnight: CustomTestStringConvertible, Sendable {
    let name: String
    let zone: String
    let day: String
    let starts: Int64
    let hours: Double
    var testDescription: String { name }
  }

  static let midnights = [
    Midnight(
      name: "an ordinary day in Hai Phong", zone: "Asia/Ho_Chi_Minh", day: "2020-08-06",
      starts: 1_596_646_800, hours: 24),
    Midnight(
      name: "clocks jump over midnight in Cairo", zone: "Africa/Cairo", day: "2024-04-26",
      starts: 1_714_082_400, hours: 23),
    Midnight(
      name: "clocks go back at midnight in Cairo, so the day before is long",
      zone: "Africa/Cairo", day: "2024-10-31", starts: 1_730_322_000, hours: 25),
    Midnight(
      name: "midnight comes twice in Havana", zone: "America/Havana", day: "2024-11-03",
      starts: 1_730_606_400, hours: 25),
    Midnight(
      name: "clocks jump over midnight in Beirut", zone: "Asia/Beirut", day: "2024-03-31",
      starts: 1_711_836_000, hours: 23),
    Midnight(
      name: "half an hour on Lord Howe Island", zone: "Australia/Lord_Howe", day: "2024-04-07",
      starts: 1_712_408_400, hours: 24.5),
    Midnight(
      name: "the day that Apia left out", zone: "Pacific/Apia", day: "2011-12-30",
      starts: 1_325_239_200, hours: 0),
  ]

  @Test(
    "A day begins at the first midnight, or at the jump over it", .needsZoneFiles,
    arguments: midnights)
  func daysBegin(row: Midnight) throws {
    let calendar = try systemCalendar(row.zone)
    let day = try day(row.day)
    let length = calendar.start(of: day.advanced(by: 1)) - calendar.start(of: day)
    #expect(calendar.start(of: day) == row.starts)
    #expect(Double(length) / 3_600 == row.hours)
  }

  @Test("A day that has begun goes on when clocks go back over its midnight")
  func dateNeverRunsBack() {
    // At 00:30 on 2 January clocks go back to 23:30 on 1 January.
    let change: Int64 = 1_577_923_200 + 1_800
    let calendar = LocalCalendar(
      zoneName: "Test/Back",
      spans: [
        LocalCalendar.Span(start: 0, offset: 0), LocalCalendar.Span(start: change, offset: -3_600),
      ])
    let days = [change - 1_801, change - 1_800, change, change + 1_799, change + 1_800]
      .map { calendar.day(of: $0).daysSince2020 }
    #expect(days == [0, 1, 1, 1, 1])
    #expect(calendar.start(of: LocalDay(daysSince2020: 1)) == change - 1_800)
    #expect(calendar.start(of: LocalDay(daysSince2020: 2)) == change + 1_800 + 86_400)
  }

  struct Clock: CustomTestStringConvertible, Sendable {
    let name: String
    let zone: String
    let day: String
    let second: Int32
    let moment: Int64
    var testDescription: String { name }
  }

  static let clocks = [
    Clock(
      name: "nine in the evening", zone: "Asia/Ho_Chi_Minh", day: "2020-08-06", second: 75_600,
      moment: 1_596_722_400),
    Clock(
      name: "nine in the evening of a day with 23 hours", zone: "Africa/Cairo", day: "2024-04-26",
      second: 75_600, moment: 1_714_154_400),
    Clock(
      name: "a time that is jumped over", zone: "Africa/Cairo", day: "2024-04-26", second: 1_800,
      moment: 1_714_082_400),
    Clock(
      name: "a time that comes twice", zone: "Europe/Berlin", day: "2024-10-27", second: 9_000,
      moment: 1_729_989_000),
    Clock(
      name: "two in the morning of the next day", zone: "Europe/Berlin", day: "2024-06-01",
      second: 93_600, moment: 1_717_286_400),
  ]

  @Test("A closing time is read by the clock on the wall", .needsZoneFiles, arguments: clocks)
  func momentsOfClocks(row: Clock) throws {
    let calendar = try systemCalendar(row.zone)
    #expect(calendar.moment(at: row.second, of: try day(row.day)) == row.moment)
  }

  @Test("Moments far outside any calendar are answered, not trapped on", .needsZoneFiles)
  func extremes() throws {
    var answers: [Int32] = []
    for calendar in [LocalCalendar.haiPhong, try systemCalendar("Europe/Berlin")] {
      for second in [Int64.min, Int64.min + 1, -1 << 60, 1 << 60, Int64.max] {
        answers.append(calendar.day(of: second).daysSince2020.signum())
      }
      for day in [Int32.min, Int32.max] {
        answers.append(Int32(calendar.start(of: LocalDay(daysSince2020: day)).signum()))
      }
    }
    #expect(answers == [-1, -1, -1, 1, 1, -1, 1, -1, -1, -1, 1, 1, -1, 1])
  }
}
