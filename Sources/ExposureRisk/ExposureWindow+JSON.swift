internal import Presence
internal import VenueCodes

extension ExposureWindow {
  /// Reads exposure windows from JSON: a list of windows, or an object with the list as
  /// `exposureWindows`.
  ///
  /// A window has `reportType`, `infectiousness`, `calibrationConfidence` (0 when missing), as
  /// numbers or as exposure notification's words (`CONFIRMED_TEST`, `high`…), its day, and
  /// `scanInstances` with `minAttenuation`, `typicalAttenuation` (either may end in `Db`) and
  /// `secondsSinceLastScan`. The day is `date` as `2021-03-04` or as a time with an offset,
  /// `dateMillisSinceEpoch`, or `ageInDays`. Other keys are passed over: these files come from
  /// phones, and each writes more than we need.
  ///
  /// - Parameters:
  ///   - json: The bytes of the file.
  ///   - today: The days since 1970 of the UTC day that `ageInDays` counts back from, if known.
  /// - Returns: The windows in the order of the file.
  /// - Throws: `ExposureRiskError` that names the place in the document.
  /// - Complexity: Linear in the file.
  public static func windows(
    json: some Sequence<UInt8>, today: Int? = nil
  ) throws(ExposureRiskError) -> [ExposureWindow] {
    let bytes = Array(json)
    if ExposureRiskError.isList(bytes) {
      return try ExposureRiskError.decode([ExposureWindow].self, from: bytes, today: today)
    }
    return try ExposureRiskError.decode(WindowsDocument.self, from: bytes, today: today).windows
  }
}

/// A document that holds windows among other things.
private struct WindowsDocument: Decodable {
  let windows: [ExposureWindow]

  init(from decoder: any Decoder) throws {
    windows = try DocumentReader(decoder).value("exposureWindows")
  }
}

extension ExposureWindow: Decodable {
  private static let reportTypes = [
    ["unknown"], ["confirmedtest"], ["confirmedclinicaldiagnosis", "confirmedclinical"],
    ["selfreport", "selfreported"], ["recursive"], ["revoked"],
  ]
  private static let infectiousnesses = [["none"], ["standard"], ["high"]]
  private static let confidences = [["lowest"], ["low"], ["medium"], ["high"]]

  /// Reads one window.
  ///
  /// - Parameter decoder: Where it is read from.
  /// - Throws: `ExposureRiskError`, or what the decoder throws.
  public init(from decoder: any Decoder) throws {
    let reader = try DocumentReader(decoder)
    day = try Self.day(reader)
    reportType = try reader.number("reportType", words: Self.reportTypes)
    infectiousness = try reader.number("infectiousness", words: Self.infectiousnesses)
    calibrationConfidence = try reader.number(
      "calibrationConfidence", words: Self.confidences, default: 0)
    scanInstances = try reader.value("scanInstances")
  }

  /// Reads the day in whichever way it is told.
  private static func day(_ reader: DocumentReader) throws -> Int {
    if let key = reader.key(["date"]) {
      let text: String = try reader.value("date")
      if let day = LocalDay(iso8601: text), day.daysSince1970 >= 0 { return day.daysSince1970 }
      do {
        return Int(try ISO8601.parse(text) / 86_400)
      } catch {
        throw reader.outOfRange(
          key, "“\(text.prefix(40))” is no day: write one like 2021-03-04")
      }
    }
    if reader.key(["dateMillisSinceEpoch"]) != nil {
      return try reader.integer("dateMillisSinceEpoch", in: 0...5_869_583_999_999) / 86_400_000
    }
    guard reader.key(["ageInDays"]) != nil else {
      throw ExposureRiskError(
        .missingKey, path: reader.path(of: DocumentKey("date")),
        detail: "the day is missing: give date, dateMillisSinceEpoch or ageInDays")
    }
    let age = try reader.integer("ageInDays", in: 0...36_500)
    guard let today = reader.today else {
      throw ExposureRiskError(
        .noToday, path: reader.path(of: DocumentKey("ageInDays")),
        detail: "the age counts back from a day that is not given")
    }
    return today - age
  }
}

extension ExposureWindow.ScanInstance: Decodable {
  /// Reads one scan.
  ///
  /// - Parameter decoder: Where it is read from.
  /// - Throws: `ExposureRiskError`, or what the decoder throws.
  public init(from decoder: any Decoder) throws {
    let reader = try DocumentReader(decoder)
    minimumAttenuation = try reader.integer(
      "minAttenuation", "minAttenuationDb", in: -255...255)
    typicalAttenuation = try reader.integer(
      "typicalAttenuation", "typicalAttenuationDb", in: -255...255)
    // A phone whose clock was set reports hours, either way.
    secondsSinceLastScan = try reader.integer(
      "secondsSinceLastScan", in: -31_622_400...31_622_400)
  }
}
