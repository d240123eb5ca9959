import ExposureRisk
import Foundation
import Testing

private struct IntervalCases: Decodable {
  let defaultConfiguration: CheckInParameters.Submission
  let testCases: [Row]

  struct Row: Decodable {
    let description: String
    let startDate: String
    let endDate: String
    let expStartDate: String?
    let expEndDate: String?
  }
}

private struct OverlapCases: Decodable {
  let warning: Warning
  let cases: [Row]

  struct Warning: Decodable {
    let startTime: String
    let startIntervalPeriods: Int
  }

  struct Row: Decodable {
    let id: String
    let sameLocation: Bool
    let checkInStart: String
    let checkInEnd: String
    let warningStartTime: String?
    let expectedMinutesPeer: Int
    let expectedSecondsExact: Int64
  }
}

private struct SplitCases: Decodable {
  let cases: [Row]

  struct Row: Decodable {
    let id: String
    let start: String
    let end: String
    let expectedUTC: [Part]
  }

  struct Part: Decodable {
    let start: String
    let end: String
  }
}

private struct LengthCases: Decodable {
  let cases: [Row]
  let onBehalf: [Row]

  struct Row: Decodable {
    let defaultMinutes: Int?
    let eventMinutes: Int?
    let expected: Int
  }
}

@Suite("Check-ins as Corona-Warn-App has them")
struct CheckInTests {
  @Test("A stay warns of the published intervals", arguments: 0..<10)
  func publishedIntervals(place: Int) throws {
    let document = try Support.fixture(
      "checkin-timeinterval-derivation.json", as: IntervalCases.self)
    #expect(document.testCases.count == 10)
    let row = document.testCases[place]
    let span = document.defaultConfiguration.warnedSpan(
      ofStayFrom: try Support.second(row.startDate), to: try Support.second(row.endDate))
    #expect(span?.lowerBound == (try row.expStartDate.map(Support.second)), "\(row.description)")
    #expect(span?.upperBound == (try row.expEndDate.map(Support.second)), "\(row.description)")
  }

  @Test("The shipped rule set has the configuration of the intervals")
  func shippedSubmission() throws {
    let document = try Support.fixture(
      "checkin-timeinterval-derivation.json", as: IntervalCases.self)
    var shipped = try Support.cwa().checkIns.submission
    // The server's upper end of “for ever” is another one than that of the tests.
    shipped.decays[1].minutes.maximum = 9_999
    #expect(shipped == document.defaultConfiguration)
  }

  /// The app for iOS rounds a time to minutes; the exact seconds are ours.
  @Test("A check-in and a warning share the published time, to the second", arguments: 0..<14)
  func publishedOverlaps(place: Int) throws {
    let document = try Support.fixture("overlap.json", as: OverlapCases.self)
    #expect(document.cases.count == 14)
    let row = document.cases[place]
    let start = try Support.second(row.warningStartTime ?? document.warning.startTime)
    let warning = CheckInWarning(
      location: "a", startInterval: Int(start / 600),
      period: document.warning.startIntervalPeriods, transmissionRiskLevel: 1)
    let checkIn = CheckIn(
      location: row.sameLocation ? "a" : "b", start: try Support.second(row.checkInStart),
      end: try Support.second(row.checkInEnd))
    let seconds = warning.sharedSeconds(with: checkIn)
    #expect(seconds == row.expectedSecondsExact, "\(row.id)")
    let rounded = Int((Double(seconds) / 60).rounded())
    #expect(rounded == row.expectedMinutesPeer, "\(row.id), as the peer rounds")
  }

  @Test("Rounding to minutes is where the peer differs")
  func peerDiffers() throws {
    let document = try Support.fixture("overlap.json", as: OverlapCases.self)
    let different = document.cases.filter {
      Int64($0.expectedMinutesPeer) * 60 != $0.expectedSecondsExact
    }
    #expect(different.map(\.id) == ["S12", "S13"])
  }

  @Test("A check-in is parted at UTC midnights as published", arguments: 0..<20)
  func publishedParts(place: Int) throws {
    let document = try Support.fixture("split.json", as: SplitCases.self)
    #expect(document.cases.count == 20)
    let row = document.cases[place]
    let parts = CheckIn.parts(from: try Support.second(row.start), to: try Support.second(row.end))
    let wanted = try row.expectedUTC.map {
      try Support.second($0.start)..<(try Support.second($0.end))
    }
    #expect(parts == wanted, "\(row.id)")
  }

  @Test("The automatic check-out comes when published")
  func publishedLengths() throws {
    let document = try Support.fixture("checkout-length.json", as: LengthCases.self)
    #expect(document.cases.count == 4)
    #expect(document.onBehalf.count == 4)
    for (rows, onBehalf) in [(document.cases, false), (document.onBehalf, true)] {
      for row in rows {
        #expect(
          CheckIn.automaticMinutes(for: row.defaultMinutes ?? row.eventMinutes, onBehalf: onBehalf)
            == row.expected)
      }
    }
    #expect(CheckIn.automaticMinutes(for: 3_000) == 1_425)
    #expect(CheckIn.automaticMinutes(for: -5) == 15)
  }
}
