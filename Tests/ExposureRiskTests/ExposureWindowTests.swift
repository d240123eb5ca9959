import ExposureRisk
import Testing

@Suite("Exposure windows as JSON")
struct ExposureWindowTests {
  private static let today = 18_690

  private static func window(
    _ day: String = #""ageInDays": 3"#, _ rest: String = #""reportType": 1, "infectiousness": 2"#,
    scans: String = #"{"minAttenuation": 40, "typicalAttenuation": 44, "secondsSinceLastScan": 60}"#
  ) -> String {
    "{\(day), \(rest), \"calibrationConfidence\": 1, \"scanInstances\": [\(scans)]}"
  }

  private static let wanted = ExposureWindow(
    day: today - 3, reportType: 1, infectiousness: 2, calibrationConfidence: 1,
    scanInstances: [
      .init(minimumAttenuation: 40, typicalAttenuation: 44, secondsSinceLastScan: 60)
    ])

  struct Spelling: CustomTestStringConvertible, Sendable {
    let name: String
    let json: String
    var testDescription: String { name }
  }

  static let spellings = [
    Spelling(name: "a list", json: "[\(window())]"),
    Spelling(
      name: "an object with more in it", json: #"{"x": 1, "exposureWindows": [\#(window())]}"#),
    Spelling(name: "space before the list", json: "\n \t[\(window())]"),
    Spelling(
      name: "the names of Android's interface",
      json: "["
        + window(
          #""dateMillisSinceEpoch": 1614556800000"#,
          #""reportType": "CONFIRMED_TEST", "infectiousness": "HIGH""#,
          scans:
            #"{"minAttenuationDb": 40, "typicalAttenuationDb": 44, "secondsSinceLastScan": 60}"#)
        + "]"),
    Spelling(
      name: "a date, and words in the way of Swift",
      json: "["
        + window(
          #""date": "2021-03-01""#, #""reportType": "confirmedTest", "infectiousness": "high""#)
        + "]"),
    Spelling(
      name: "a time, whose UTC day counts",
      json: "[\(window(#""date": "2021-03-02T01:00:00+07:00""#))]"),
    Spelling(
      name: "a key that is null beside one that is not",
      json: "[\(window(#""date": null, "ageInDays": 3"#))]"),
  ]

  @Test("Every spelling says the same", arguments: spellings)
  func spellingsAgree(spelling: Spelling) throws {
    #expect(
      try ExposureWindow.windows(json: spelling.json.utf8, today: Self.today) == [Self.wanted])
  }

  @Test("Scans that go back in time are kept as they came")
  func keepsNegativeSeconds() throws {
    let scan = #"{"minAttenuation": 0, "typicalAttenuation": 0, "secondsSinceLastScan": -300}"#
    let windows = try ExposureWindow.windows(
      json: "[\(Self.window(scans: scan))]".utf8, today: Self.today)
    #expect(windows.first?.scanInstances.first?.secondsSinceLastScan == -300)
  }

  @Test("A confidence that is missing is the lowest")
  func confidenceIsOptional() throws {
    let json = #"[{"ageInDays": 0, "reportType": 4, "infectiousness": 0, "scanInstances": []}]"#
    let windows = try ExposureWindow.windows(json: json.utf8, today: Self.today)
    #expect(
      windows == [
        ExposureWindow(
          day: Self.today, reportType: 4, infectiousness: 0, calibrationConfidence: 0,
          scanInstances: [])
      ])
  }

  struct Mistake: CustomTestStringConvertible, Sendable {
    let json: String
    let code: ExposureRiskError.Code
    let path: String
    var testDescription: String { "\(code.rawValue) at “\(path)”: \(json.prefix(60))" }
  }

  static let mistakes = [
    Mistake(json: "", code: .notJSON, path: ""),
    Mistake(json: "[", code: .notJSON, path: ""),
    Mistake(json: "{}", code: .missingKey, path: "exposureWindows"),
    Mistake(json: "7", code: .wrongType, path: ""),
    Mistake(json: "[7]", code: .wrongType, path: "[0]"),
    Mistake(json: #"{"exposureWindows": {}}"#, code: .wrongType, path: "exposureWindows"),
    Mistake(
      json: "[\(window()), \(window(#""x": 1"#))]", code: .missingKey, path: "[1].date"),
    Mistake(
      json: "[\(window(#""ageInDays": -1"#))]", code: .outOfRange, path: "[0].ageInDays"),
    Mistake(
      json: "[\(window(#""ageInDays": 1.5"#))]", code: .outOfRange, path: "[0].ageInDays"),
    Mistake(
      json: "[\(window(#""date": "yesterday""#))]", code: .outOfRange, path: "[0].date"),
    Mistake(
      json: "[\(window(#""date": "1969-12-31""#))]", code: .outOfRange, path: "[0].date"),
    Mistake(
      json: "[\(window(#""date": "2021-03-01T00:00:00""#))]", code: .outOfRange, path: "[0].date"),
    Mistake(
      json: "[\(window(#""dateMillisSinceEpoch": 99999999999999"#))]", code: .outOfRange,
      path: "[0].dateMillisSinceEpoch"),
    Mistake(
      json: "[\(window(#""ageInDays": 1"#, #""reportType": 6, "infectiousness": 1"#))]",
      code: .outOfRange, path: "[0].reportType"),
    Mistake(
      json: "[\(window(#""ageInDays": 1"#, #""reportType": "rumour", "infectiousness": 1"#))]",
      code: .outOfRange, path: "[0].reportType"),
    Mistake(
      json: "[\(window(#""ageInDays": 1"#, #""reportType": [], "infectiousness": 1"#))]",
      code: .wrongType, path: "[0].reportType"),
    Mistake(
      json: "[\(window(#""ageInDays": 1"#, #""reportType": 1"#))]", code: .missingKey,
      path: "[0].infectiousness"),
    Mistake(
      json: #"{"exposureWindows": [\#(window(scans: #"{"minAttenuation": "near"}"#))]}"#,
      code: .wrongType, path: "exposureWindows[0].scanInstances[0].minAttenuation"),
    Mistake(
      json: "[\(window(scans: #"{"minAttenuation": 256}"#))]", code: .outOfRange,
      path: "[0].scanInstances[0].minAttenuation"),
    Mistake(
      json: "[\(window(scans: #"{"minAttenuation": 6, "typicalAttenuation": 7}"#))]",
      code: .missingKey, path: "[0].scanInstances[0].secondsSinceLastScan"),
  ]

  @Test("A mistake is named with its place", arguments: mistakes)
  func mistakesAreNamed(mistake: Mistake) throws {
    let error = #expect(throws: ExposureRiskError.self) {
      try ExposureWindow.windows(json: mistake.json.utf8, today: Self.today)
    }
    #expect(error?.code == mistake.code)
    #expect(error?.path == mistake.path)
    #expect(error?.description.contains(mistake.path) == true)
  }

  @Test("A file has the same windows, and the same mistake, for a risk and for an import")
  func sameForRiskAndImport() throws {
    let window = Self.window()
    let files = [
      "[]", "[\(window)]", "[\(window),\(window)]", "[\(window),{}]", "[7]", "[", "",
      #"{"exposureWindows":[\#(window)],"checkIns":[]}"#, #"{"exposureWindows":[{}]}"#, "{}", "7",
    ]
    func answer(_ read: () throws -> [ExposureWindow]) -> String {
      do { return "\(try read())" } catch { return "\(error)" }
    }
    for file in files {
      let risk = answer { try RiskDocument(json: file.utf8, today: Self.today).windows }
      let taken = answer { try ExposureWindow.windows(json: file.utf8, today: Self.today) }
      #expect(risk == taken, "\(file)")
    }
  }

  @Test("An age without a day to count from is refused")
  func ageNeedsToday() throws {
    let error = #expect(throws: ExposureRiskError.self) {
      try ExposureWindow.windows(json: "[\(Self.window())]".utf8)
    }
    #expect(error?.code == .noToday)
    #expect(error?.path == "[0].ageInDays")
  }
}
