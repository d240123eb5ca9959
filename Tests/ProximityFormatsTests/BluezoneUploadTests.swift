import Foundation
import ProximityFormats
import TestSupport
import Testing
import VenueCodes

@Suite("Uploads of Bluezone") struct BluezoneUploadTests {
  static let own = "B9A665D754FE65E665D76A45"
  static let other = "7C3DEC4246EA6F90E38EA254"
  static let line = "\(own)\t\(other)\t-71\t1596866191387"
  static let key = String(repeating: "4C", count: 32)

  static func request(info: String, history: String? = line, newline: String = "\r\n") -> String {
    func part(_ heading: String, _ content: String) -> [String] {
      ["--*****", "Content-Disposition: form-data; \(heading)", "", content]
    }
    let lines =
      [
        "POST /api HTTP/1.1", "Content-Type: multipart/form-data;boundary=*****",
        "Accept: application/json", "",
      ] + part("name=\"InfoF\"", info) + part("name=\"FindGUID\"", "123456")
      + part("name=\"TokenFirebase\"", "a secret of the phone")
      + (history.map { part("name=\"history\"; filename=\"data_trace.txt\"", $0) } ?? [])
    return (lines + ["--*****--", ""]).joined(separator: newline)
  }

  private func read(_ text: String) throws -> BluezoneUpload {
    try BluezoneUpload(Array(text.utf8))
  }

  @Test(
    "Bluezone's captured requests are read whole",
    arguments: [
      ("bluezone/request_check_contact_f0.txt", 118), ("bluezone/request_upload_history.txt", 101),
    ])
  func captures(path: String, count: Int) throws {
    guard let file = try shared(path) else { return }
    let upload = try BluezoneUpload(file)
    #expect(upload.sightings.count == count)
    #expect(upload.refused.isEmpty)
    let own = Set(try #require(upload.keys.first).slots().map { $0.identifier })
    #expect(upload.keys.count == 1)
    for (line, sighting) in upload.sightings {
      guard case .bluezone(let hearer)? = sighting.hearer else {
        Issue.record("line \(line) has no hearer")
        continue
      }
      #expect(own.contains(hearer))
      #expect((-100...(-40)).contains(sighting.receivedStrength))
    }
    // The phone's first day: its day key and its base key are the same, and the day alone is taken.
    #expect(upload.keys.first?.day == LocalDay(iso8601: "2020-08-08"))
    #expect(upload.refusedKeys.map(\.code) == [.baseKey])
    // The number of a line is that of the file.
    let lines = String(decoding: file, as: UTF8.self).components(separatedBy: "\r\n")
      .flatMap { $0.components(separatedBy: "\n") }
    let first = try #require(upload.sightings.first)
    #expect(lines[first.line - 1].contains("1596866191387"))
  }

  @Test(
    "Milliseconds, seconds and fractions are the same moment",
    arguments: ["1596866191387", "1596866191", "1596866191.387", "1.596866191387E9"])
  func moments(time: String) throws {
    let upload = try read("\(Self.own)\t\(Self.other)\t-71\t\(time)\n")
    let sighting = try #require(upload.sightings.first?.sighting)
    #expect(sighting.second == 1_596_866_191)
    #expect(sighting.receivedStrength == -71)
    #expect(sighting.hearer?.text == "bluezone:\(Self.own)")
    #expect(sighting.heard?.text == "bluezone:\(Self.other)")
    #expect(sighting.transmitPower == nil && sighting.sendingModel == nil && sighting.fault == nil)
  }

  @Test(
    "The list is the same plain, in a request, without the request's header, and with either end")
  func wrappings() throws {
    let history = [Self.line, Self.line.replacingOccurrences(of: "387", with: "999")]
    let info = #"{"daily_key":"\#(Self.key)","time_start":1596844800}"#
    var texts = [
      history.joined(separator: "\n"), "\u{FEFF}\(history.joined(separator: "\r\n"))\r\n",
    ]
    for newline in ["\n", "\r\n"] {
      let request = Self.request(
        info: info, history: history.joined(separator: "\n"), newline: newline)
      texts.append(request)
      let body = try #require(request.range(of: "--*****")).lowerBound
      texts.append(String(request[body...]))
    }
    for text in texts {
      let upload = try read(text)
      #expect(upload.sightings.map(\.sighting.second) == [1_596_866_191, 1_596_866_191])
      #expect(upload.refused.isEmpty, "\(text)")
    }
  }

  struct BadLine: Sendable {
    let line: String
    let column: String?
    let code: ProximityFormatError.Code
  }

  private static let badLineRows: [(String, String, String?, ProximityFormatError.Code)] = [
    ("three cells", "\(own)\t\(other)\t-71", nil, .cellCount),
    ("five cells", line + "\t", nil, .cellCount),
    ("commas", line.replacingOccurrences(of: "\t", with: ","), nil, .cellCount),
    ("a long line", line + String(repeating: "0", count: 300), nil, .cellCount),
    ("a short own id", "29AB\t\(other)\t-71\t1596866191", "own_id", .badIdentifier),
    (
      "no hexadecimal", "\(own)\t\(other.dropLast())G\t-71\t1596866191", "contact_id",
      .badIdentifier
    ),
    ("itself", "\(own)\t\(own.lowercased())\t-71\t1596866191", "contact_id", .badIdentifier),
    ("no strength", "\(own)\t\(other)\t\t1596866191", "rssi", .badStrength),
    ("127 for unknown", "\(own)\t\(other)\t127\t1596866191", "rssi", .badStrength),
    ("a word", "\(own)\t\(other)\tnan\t1596866191", "rssi", .badStrength),
    ("hexadecimal", "\(own)\t\(other)\t-0x47\t1596866191", "rssi", .badStrength),
    ("no time", "\(own)\t\(other)\t-71\t", "time", .badTime),
    ("a time of zero", "\(own)\t\(other)\t-71\t0", "time", .badTime),
    ("a time before 2001", "\(own)\t\(other)\t-71\t978307199", "time", .badTime),
    ("a time before 1970", "\(own)\t\(other)\t-71\t-1596866191", "time", .badTime),
    ("a date", "\(own)\t\(other)\t-71\t2020-08-08", "time", .badTime),
    ("an endless time", "\(own)\t\(other)\t-71\t1e999", "time", .badTime),
  ]

  static let badLines: [Named<BadLine>] = badLineRows.map { row in
    Named(row.0, BadLine(line: row.1, column: row.2, code: row.3))
  }

  @Test("A line that cannot be read does not stop the others", arguments: badLines)
  func badLine(row: Named<BadLine>) throws {
    let upload = try read("\(Self.line)\n\(row.value.line)\n\n\(Self.line)\n")
    #expect(upload.sightings.map(\.line) == [1, 4])
    let refused = try #require(upload.refused.first)
    #expect(upload.refused.count == 1 && refused.line == 2)
    #expect(refused.error.code == row.value.code && refused.column == row.value.column)
    #expect(refused.cells.count <= BluezoneUpload.columns.count)
  }

  struct Keys: Sendable {
    let info: String
    let days: [String]
    let refused: [ProximityFormatError.Code]
  }

  private static let keyRows: [(String, String, [String], [ProximityFormatError.Code])] = [
    ("a day", #"{"daily_key":"K","time_start":1596844800}"#, ["2020-08-08"], []),
    ("a day in milliseconds", #"{"daily_key":"K","time_start":1596844800000}"#, ["2020-08-08"], []),
    ("a day as text", #"{"daily_key":"K","time_start":"1596844800"}"#, ["2020-08-08"], []),
    ("a base key alone", #"{"base_id":"K","time":1596844800}"#, [], [.baseKey]),
    (
      "a base key beside a day key", #"{"base_id":"K","daily_key":"K","time_start":1596844800}"#,
      ["2020-08-08"], [.baseKey]
    ),
    ("a key without its day", #"{"daily_key":"K"}"#, [], [.baseKey]),
    ("a key with the base key's time", #"{"daily_key":"K","time":1596844800}"#, [], [.baseKey]),
    ("a day in Hai Phong", #"{"daily_key":"K","time_start":1596819600}"#, [], [.badDay]),
    ("a day before 1970", #"{"daily_key":"K","time_start":-86400}"#, [], [.badDay]),
    (
      "a day after all calendars", #"{"daily_key":"K","time_start":8640000000000000}"#, [],
      [.badDay]
    ),
    ("half a key", #"{"daily_key":"4C4C","time_start":1596844800}"#, [], [.badKey]),
    ("no hexadecimal", #"{"daily_key":"xyz","time_start":1596844800}"#, [], [.badKey]),
    (
      "a broadcast",
      #"{"data":[{"daily_key":"K","time_start":1596844800,"time_end":1596931200,"max":96},"#
        + #"{"daily_key":"K","time_start":1596931200,"time_end":1597017600,"max":96}]}"#,
      ["2020-08-08", "2020-08-09"], []
    ),
    (
      "a key for two weeks",
      #"{"data":[{"daily_key":"K","time_start":1596844800,"time_end":1598054400}]}"#,
      ["2020-08-08"], [.baseKey]
    ),
    ("no keys", "{}", [], []),
    ("no JSON", "daily_key=K", [], [.badJSON]),
    ("a list", "[]", [], [.badJSON]),
    ("a number for a key", #"{"daily_key":5,"time_start":1596844800}"#, [], [.badJSON]),
    ("nothing", "", [], [.badJSON]),
  ]

  static let keyLists: [Named<Keys>] = keyRows.map { row in
    let info = row.1.replacingOccurrences(of: "K", with: key)
    return Named(row.0, Keys(info: info, days: row.2, refused: row.3))
  }

  @Test("Only keys of single days are taken", arguments: keyLists)
  func keys(row: Named<Keys>) throws {
    let upload = try read(Self.request(info: row.value.info))
    #expect(upload.keys.map { "\($0.day)" } == row.value.days)
    #expect(upload.refusedKeys.map(\.code) == row.value.refused)
    // The sightings are not lost for it.
    #expect(upload.sightings.count == 1)
    for error in upload.refusedKeys { #expect(!error.reason.contains("4C4C")) }
  }

  @Test("A broadcast that has keys alone is read without a request around it")
  func broadcast() throws {
    let upload = try read(
      #"{"data":[{"daily_key":"\#(Self.key)","time_start":1596844800,"max":96}]}"#)
    #expect(upload.keys.count == 1 && upload.sightings.isEmpty)
  }

  @Test("A base key that is the day's key too is told honestly")
  func baseAndDayKey() throws {
    func reason(base: String) throws -> String {
      let upload = try read(
        Self.request(
          info: #"{"base_id":"\#(base)","daily_key":"\#(Self.key)","time_start":1596844800}"#))
      #expect(upload.keys.count == 1)
      return try #require(upload.refusedKeys.first).reason
    }
    let same = try reason(base: Self.key.lowercased())
    #expect(same.contains("2020-08-08") && !same.contains("was not read"))
    #expect(try reason(base: String(repeating: "4D", count: 32)).contains("was not read"))
  }

  @Test("A file without a line of a list is no upload, however many lines it has")
  func noList() throws {
    for text in [
      "a\n", String(repeating: "a\n", count: 100_000), "a\tb\tc\td\n",
      String(repeating: "a\n", count: 100) + Self.line,
    ] {
      #expect(refusal { _ = try read(text) } == .noSightings)
    }
    var bytes = SeededGenerator(seed: 18)
    for _ in 0..<50 {
      let noise = (0..<4_000).map { _ in UInt8.random(in: 0...255, using: &bytes) }
      #expect(refusal { _ = try BluezoneUpload(noise) } != nil)
    }
  }

  @Test("Of very many lines that cannot be read only the first are kept, and the rest counted")
  func manyRefusedLines() throws {
    let upload = try read(
      Self.line + "\n" + String(repeating: "a\n", count: 12_345) + Self.line + "\n")
    #expect(upload.sightings.map(\.line) == [1, 12_347])
    #expect(upload.refused.count == BluezoneUpload.maximumRefusedCount)
    #expect(upload.furtherRefusedCount == 2_345)
  }

  @Test("A list of very many keys is not read")
  func manyKeys() throws {
    let one = #"{"daily_key":"\#(Self.key)","time_start":1596844800}"#
    let upload = try read(
      #"{"data":[\#(Array(repeating: one, count: 1_100).joined(separator: ","))]}"#)
    #expect(upload.keys.isEmpty && upload.refusedKeys.map(\.code) == [.tooLarge])
  }

  @Test(
    "What is no upload is refused",
    arguments: [
      ("", ProximityFormatError.Code.noSightings), ("\n\n", .noSightings),
      ("POST /api HTTP/1.1\r\nAccept: */*\r\n\r\nx", .badMultipart), ("--\r\n\r\n", .badMultipart),
      ("--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--x--\r\n", .noSightings),
      ("--x\r\n" + String(repeating: "h: 1\r\n", count: 80) + "\r\nb\r\n--x--", .badMultipart),
      (
        String(repeating: "--x\r\nA: b; name=\"a\"\r\n\r\nb\r\n", count: 80) + "--x--",
        .badMultipart
      ),
    ])
  func noUpload(text: String, code: ProximityFormatError.Code) throws {
    #expect(refusal { _ = try read(text) } == code)
  }
}
