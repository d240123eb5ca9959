import ExposureRisk
import Foundation
import Testing

/// What was transcribed of the check-in risk tests of Corona-Warn-App for iOS.
private struct RiskCases: Decodable {
  let config: Configuration
  let cases: [Row]
  let normalizedTime: [Factor]

  struct Configuration: Decodable {
    let normalizedTimePerCheckInToRisk: [Step]
    let normalizedTimePerDayToRisk: [Step]
  }

  struct Step: Decodable {
    let min: Double
    let max: Double
    let minExclusive: Bool?
    let risk: String
  }

  struct Row: Decodable {
    let id: String
    let overlapMinutes: Int?
    let perCheckIn: String?
    let perDay: String?
    let checkIns: [[String]]?
    let match: [String]?
    let highDays: Int?
    let highCheckInDays: Int?
    let expected: Int?
    let maxCheckInAgeInDays: Int?
  }

  struct Factor: Decodable {
    let minutes: Int
    let factor: Double
    let expected: Double
  }

  func row(_ id: String) throws -> Row { try #require(cases.first { $0.id == id }) }

  var parameters: CheckInParameters {
    func steps(_ steps: [Step]) -> [LevelMapping] {
      steps.map {
        LevelMapping(
          NumberRange($0.min, $0.max, excludesMinimum: $0.minExclusive ?? false),
          $0.risk == "high" ? .high : .low)
      }
    }
    return CheckInParameters(
      submission: .init(droppedMinutes: [], decays: []),
      values: TransmissionRiskValues([1: 1, 2: 2]),
      perCheckIn: steps(config.normalizedTimePerCheckInToRisk),
      perDay: steps(config.normalizedTimePerDayToRisk))
  }
}

@Suite("Check-ins as Corona-Warn-App judges them")
struct CheckInRiskTests {
  private static let day: Int64 = 18_690 * 86_400

  private static func document() throws -> RiskCases {
    try Support.fixture("risk.json", as: RiskCases.self)
  }

  /// A warning of level 1, whose value is 1, that covers some Unix seconds.
  private static func warning(_ span: Range<Int64>, level: Int = 1) -> CheckInWarning {
    CheckInWarning(
      location: "a", startInterval: Int(span.lowerBound / 600),
      period: Int((span.upperBound - span.lowerBound + 599) / 600), transmissionRiskLevel: level)
  }

  private static func checkIn(minutes: Int, isSubmitted: Bool = false) -> CheckIn {
    CheckIn(
      location: "a", start: day, end: day + Int64(minutes) * 60, isSubmitted: isSubmitted)
  }

  @Test("Overlaps have the published levels", arguments: ["S1", "S2", "S3", "S4"])
  func publishedLevels(id: String) throws {
    let document = try Self.document()
    let row = try document.row(id)
    let risk = CheckInRisk(
      [Self.checkIn(minutes: try #require(row.overlapMinutes))],
      warnings: [Self.warning(Self.day..<(Self.day + 86_400))], by: document.parameters)
    #expect(risk.checkIns.map { $0.level?.name } == [row.perCheckIn])
    #expect(risk.days.map { $0.level?.name } == [row.perDay])
  }

  @Test("S5: check-ins over several days are judged day by day")
  func severalDays() throws {
    let document = try Self.document()
    let row = try document.row("S5")
    let checkIns = try #require(row.checkIns).map {
      CheckIn(
        location: "a", start: try Support.second($0[0]), end: try Support.second($0[1]))
    }
    let match = try #require(row.match).map(Support.second)
    let risk = CheckInRisk(
      checkIns, warnings: [Self.warning(match[0]..<match[1])], by: document.parameters)
    #expect(risk.days.count { $0.level == .high } == row.highDays)
    #expect(risk.checkIns.count { $0.level == .high } == row.highCheckInDays)
  }

  @Test("S6: check-ins that were submitted do not warn their owner")
  func submitted() throws {
    let document = try Self.document()
    let warnings = [Self.warning(Self.day..<(Self.day + 86_400))]
    let wanted = try document.row("S6").expected
    let risk = CheckInRisk(
      [Self.checkIn(minutes: 60, isSubmitted: true)], warnings: warnings, by: document.parameters)
    #expect(risk.days.count == wanted)
    let others = CheckInRisk(
      [Self.checkIn(minutes: 60)], warnings: warnings, by: document.parameters)
    #expect(others.days.count == 1)
  }

  @Test("S7: a check-in is too old a second after its age", arguments: [0, 1])
  func ages(secondsMore: Int64) throws {
    let document = try Self.document()
    var parameters = document.parameters
    let days = try #require(try document.row("S7").maxCheckInAgeInDays)
    parameters.maximumAge = days
    let checkIn = Self.checkIn(minutes: 60)
    let risk = CheckInRisk(
      [checkIn], warnings: [Self.warning(Self.day..<(Self.day + 86_400))], by: parameters,
      now: checkIn.end + Int64(days) * 86_400 + secondsMore)
    #expect(risk.days.count == (secondsMore == 0 ? 1 : 0))
  }

  @Test("Minutes are normalized by the value of the level")
  func normalizedMinutes() throws {
    let document = try Self.document()
    #expect(document.normalizedTime.count == 2)
    for factor in document.normalizedTime {
      var parameters = document.parameters
      parameters.values = TransmissionRiskValues([1: factor.factor])
      let risk = CheckInRisk(
        [Self.checkIn(minutes: factor.minutes)],
        warnings: [Self.warning(Self.day..<(Self.day + 86_400))], by: parameters)
      #expect(risk.days.map(\.normalizedMinutes) == [factor.expected])
    }
  }

  @Test("Two warnings of one time count twice, as they do in the app")
  func warningsAddUp() throws {
    let span = Self.day..<(Self.day + 86_400)
    let risk = CheckInRisk(
      [Self.checkIn(minutes: 20)], warnings: [Self.warning(span), Self.warning(span, level: 2)],
      by: try Self.document().parameters)
    #expect(risk.checkIns.map(\.normalizedMinutes) == [60])
  }

  @Test("Windows and check-ins of one day are one day of the higher level")
  func daysAreJoined() throws {
    let rules = try Support.cwa()
    let parts = try #require(rules.windows.encoding.parts(of: 8))
    let window = ExposureWindow(
      day: 18_690, reportType: parts.reportType, infectiousness: parts.infectiousness,
      calibrationConfidence: 0,
      scanInstances: [
        .init(minimumAttenuation: 65, typicalAttenuation: 65, secondsSinceLastScan: 300)
      ])
    let windows = WindowRisk([window], by: rules.windows)
    let checkIns = CheckInRisk(
      [Self.checkIn(minutes: 30)],
      warnings: [Self.warning(Self.day..<(Self.day + 3_600), level: 8)], by: rules.checkIns)
    #expect(windows.days.map(\.level) == [.low])
    let summary = RiskSummary(windows: windows, checkIns: checkIns)
    #expect(summary.days.map(\.level) == [.high])
    #expect(summary.numberOfDays(with: .high) == 1)
    #expect(summary.numberOfDays(with: .low) == 0)
    // 8 and 48 minutes are never added up.
    #expect(summary.days.map { $0.windows?.normalizedMinutes } == [8])
    #expect(summary.days.map { $0.checkIns?.normalizedMinutes } == [48])
  }
}
