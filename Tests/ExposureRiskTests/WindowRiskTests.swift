import ExposureRisk
import Foundation
import TestSupport
import Testing

/// Corona-Warn-App's own test cases for iOS.
private struct WindowCases: Decodable {
  let defaultRiskCalculationConfiguration: WindowParameters
  let testCases: [Expectation]

  struct Expectation: Decodable, CustomTestStringConvertible, Sendable {
    let description: String
    let expTotalRiskLevel: Int
    let expAgeOfMostRecentDateWithLowRisk: Int?
    let expAgeOfMostRecentDateWithHighRisk: Int?
    let expNumberOfDaysWithLowRisk: Int
    let expNumberOfDaysWithHighRisk: Int
    let expTotalMinimumDistinctEncountersWithLowRisk: Int
    let expTotalMinimumDistinctEncountersWithHighRisk: Int
    var testDescription: String { description }
  }

  static let name = "exposure-windows-risk-calculation.ios.json"
  static func read() throws -> WindowCases { try Support.fixture(name, as: WindowCases.self) }

  /// The windows of each case, read by the product's parser from the case alone.
  static func windows(ofCase place: Int, today: Int) throws -> [ExposureWindow] {
    let document = try JSONSerialization.jsonObject(with: try Support.fixture(name))
    let cases = try #require((document as? [String: Any])?["testCases"] as? [[String: Any]])
    return try ExposureWindow.windows(
      json: try JSONSerialization.data(withJSONObject: cases[place]), today: today)
  }
}

@Suite("Exposure windows as Corona-Warn-App judges them")
struct WindowRiskTests {
  private static let today = 18_690

  @Test("The published cases are 28")
  func countOfCases() throws {
    #expect(try WindowCases.read().testCases.count == 28)
  }

  @Test("Every published case comes out as published", arguments: 0..<28)
  func publishedCases(place: Int) throws {
    let cases = try WindowCases.read()
    let wanted = cases.testCases[place]
    let windows = try WindowCases.windows(ofCase: place, today: Self.today)
    let summary = RiskSummary(
      windows: WindowRisk(windows, by: cases.defaultRiskCalculationConfiguration))
    let name = Comment(rawValue: wanted.description)
    #expect(summary.totalLevel.rawValue == wanted.expTotalRiskLevel, name)
    #expect(
      summary.mostRecentDay(with: .low).map { Self.today - $0 }
        == wanted.expAgeOfMostRecentDateWithLowRisk, name)
    #expect(
      summary.mostRecentDay(with: .high).map { Self.today - $0 }
        == wanted.expAgeOfMostRecentDateWithHighRisk, name)
    #expect(summary.numberOfDays(with: .low) == wanted.expNumberOfDaysWithLowRisk, name)
    #expect(summary.numberOfDays(with: .high) == wanted.expNumberOfDaysWithHighRisk, name)
    #expect(
      summary.minimumDistinctEncounters(with: .low)
        == wanted.expTotalMinimumDistinctEncountersWithLowRisk, name)
    #expect(
      summary.minimumDistinctEncounters(with: .high)
        == wanted.expTotalMinimumDistinctEncountersWithHighRisk, name)
  }

  private static func window(
    day: Int = today, transmissionRiskLevel level: Int = 8, confidence: Int = 0,
    _ scans: (attenuation: Int, seconds: Int)...
  ) throws -> ExposureWindow {
    let encoding = try Support.cwa().windows.encoding
    let parts = try #require(encoding.parts(of: level))
    return ExposureWindow(
      day: day, reportType: parts.reportType, infectiousness: parts.infectiousness,
      calibrationConfidence: confidence,
      scanInstances: scans.map {
        .init(
          minimumAttenuation: $0.attenuation, typicalAttenuation: 0,
          secondsSinceLastScan: $0.seconds)
      })
  }

  @Test("Every level from 1 to 8 has parts that encode it", arguments: 1...8)
  func encodingIsWhole(level: Int) throws {
    let window = try Self.window(transmissionRiskLevel: level, (60, 60))
    #expect(
      try Support.cwa().windows.encoding.level(
        infectiousness: window.infectiousness, reportType: window.reportType) == level)
  }

  @Test("The smallest attenuation counts, and not the usual one")
  func smallestAttenuationCounts() throws {
    // 10 min · 1.0 · 1.6 at 65 dB; the usual attenuation of 0 dB would give 12.8.
    let risk = WindowRisk(
      [try Self.window((65, 300), (65, 300))], by: try Support.cwa().windows)
    #expect(risk.days.map(\.normalizedMinutes) == [16])
  }

  @Test("Days of encounters without a day level do not count")
  func daysWithoutLevel() throws {
    // 2 min · 1.6 = 3.2: a window of low level on a day that has none.
    let summary = RiskSummary(
      windows: WindowRisk([try Self.window((65, 120))], by: try Support.cwa().windows))
    #expect(summary.days.count == 1)
    #expect(summary.days.first?.level == nil)
    #expect(summary.numberOfDays(with: .low) == 0)
    #expect(summary.minimumDistinctEncounters(with: .low) == 0)
    #expect(summary.totalLevel == .low)
  }

  @Test("Minutes are not rounded at a threshold")
  func nothingIsRounded() throws {
    // 5.624 min at 65 dB and level 8 are 8.998 normalized minutes, which a tenth would round to 9.
    let parameters = try Support.cwa().windows
    let below = WindowRisk([try Self.window((65, 337))], by: parameters)
    #expect(below.days.first?.level == .low)
    let at = WindowRisk([try Self.window((65, 338))], by: parameters)
    #expect(at.days.first?.level == .high)
  }

  @Test("A window older than the configured age does not count, one as old does")
  func ages() throws {
    let windows = [
      try Self.window(day: Self.today - 10, (65, 600)),
      try Self.window(day: Self.today - 11, (65, 600)),
    ]
    let risk = WindowRisk(windows, by: try Support.cwa().windows, today: Self.today)
    #expect(risk.days.map(\.day) == [Self.today - 10])
  }

  @Test("The filters of the older configuration drop windows")
  func filters() throws {
    var parameters = try Support.cwa().windows
    parameters.attenuationFilters = [
      .init(
        attenuation: NumberRange(0, 79, excludesMaximum: true),
        droppedMinutes: NumberRange(0, 5, excludesMaximum: true))
    ]
    parameters.droppedTransmissionRiskLevels = [NumberRange(1, 2)]
    let risk = WindowRisk(
      [
        try Self.window((65, 299), (80, 900)), try Self.window((65, 300)),
        try Self.window(transmissionRiskLevel: 2, (65, 900)),
        // Seconds that run backwards are none, and do not shorten others.
        try Self.window((65, 300), (65, -200)),
      ], by: parameters)
    #expect(risk.windows.count == 2)
    #expect(risk.windows.allSatisfy { $0.normalizedMinutes == 8 })
  }

  @Test("Reports without a level and infectiousness none make no risk")
  func partsWithoutLevel() throws {
    let scans = [
      ExposureWindow.ScanInstance(
        minimumAttenuation: 60, typicalAttenuation: 60, secondsSinceLastScan: 1_800)
    ]
    let windows = [(0, 2), (5, 2), (1, 0)].map { reportType, infectiousness in
      ExposureWindow(
        day: Self.today, reportType: reportType, infectiousness: infectiousness,
        calibrationConfidence: 0, scanInstances: scans)
    }
    #expect(WindowRisk(windows, by: try Support.cwa().windows).windows.isEmpty)
  }

  @Test("The order of windows changes nothing, and more time never lowers a day")
  func orderAndMonotony() throws {
    let parameters = try Support.cwa().windows
    for seed in 0..<UInt64(TestEnvironment.propertyRuns(default: 200)) {
      var generator = SeededGenerator(seed: seed)
      var windows = try (0..<Int.random(in: 1...12, using: &generator)).map { _ in
        try Self.window(
          day: Self.today - Int.random(in: 0...3, using: &generator),
          transmissionRiskLevel: Int.random(in: 1...8, using: &generator),
          confidence: Int.random(in: 0...3, using: &generator),
          (
            Int.random(in: 40...85, using: &generator), Int.random(in: -60...900, using: &generator)
          ))
      }
      let before = RiskSummary(windows: WindowRisk(windows, by: parameters))
      windows.shuffle(using: &generator)
      let shuffled = RiskSummary(windows: WindowRisk(windows, by: parameters))
      #expect(before.days.map(\.level) == shuffled.days.map(\.level), "seed \(seed)")
      let place = Int.random(in: windows.indices, using: &generator)
      windows[place].scanInstances.append(
        .init(minimumAttenuation: 60, typicalAttenuation: 60, secondsSinceLastScan: 300))
      let longer = RiskSummary(windows: WindowRisk(windows, by: parameters))
      for day in before.days {
        let after = try #require(longer.days.first { $0.day == day.day })
        #expect((after.level?.rawValue ?? 0) >= (day.level?.rawValue ?? 0), "seed \(seed)")
      }
    }
  }
}
