import Foundation
import TestSupport
import Testing

/// What phones heard, from other apps' files to persons.
@Suite("Sightings at the command line", .tags(.process)) struct SightingCommandTests {
  /// A day key of nobody and its identifiers, made by another implementation.
  private struct Day: Decodable {
    var daily_key: String
    var ids: [String]
  }

  private struct Sealed: Decodable {
    struct ID: Decodable {
      var user: String
      var start: Int64
      var tempid: String
    }
    var keys: [String]
    var ids: [ID]
  }

  private static func fixture<Value: Decodable>(_ name: String) throws -> Value {
    let file = TestEnvironment.packageRoot
      .appendingPathComponent("Tests/ProximityFormatsTests/Fixtures/\(name)")
    return try JSONDecoder().decode(Value.self, from: Data(contentsOf: file))
  }

  private let day: Day
  private static let midnight: Int64 = 1_596_585_600  // 2020-08-05T00:00:00Z
  private static let ownID = "B9A665D754FE65E665D76A45"

  init() throws { day = try Self.fixture("bluezone_made_up_day.json") }

  /// Lines in which a phone hears the phone of the day key in some slots, a sighting a slot.
  private func lines(slots: [Int]) -> String {
    slots.map { slot in
      "\(Self.ownID)\t\(day.ids[slot])\t-60\t\((Self.midnight + Int64(slot) * 900 + 60) * 1_000)\n"
    }.joined()
  }

  private func keys(_ subject: String = "binh", date: String = "2020-08-05") -> String {
    "subject,format,key,date\n\(subject),bluezone,\(day.daily_key),\(date)\n"
  }

  private func counts(_ outcome: BuiltProgram.Outcome) throws -> [String: Int] {
    let json = try JSON(outcome.output)
    var counts: [String: Int] = [:]
    for name in [
      "rows", "stored", "repeated", "conflicts", "rejected", "resolved", "unresolved",
      "identifiers", "sightings", "undated",
    ] {
      if let number = json[name].number { counts[name] = Int(number) }
    }
    return counts
  }

  @Test("An identifier that nobody knows is kept, and is somebody's when the key of its day comes")
  func resolvesLater() throws {
    let site = try Site()
    try site.write(lines(slots: [4, 5, 90]), to: "trace.txt")
    let arguments = [
      "import", "encounters", "trace.txt", "--format", "bluezone", "--subject", "an",
    ]
    let first = try counts(site.run(arguments + ["--json"], input: Data()))
    #expect(first["stored"] == 3 && first["unresolved"] == 3 && first["resolved"] == 0)
    let text = try site.run(arguments, input: Data())
    #expect(text.status == 0)
    #expect(text.output.contains("3 known already"))
    #expect(text.output.contains("3 rows with an identifier that nobody knows yet"))

    try site.write(keys(), to: "keys.csv")
    let taken = try counts(site.run("import", "keys", "keys.csv", "--json"))
    #expect(taken["stored"] == 1 && taken["identifiers"] == 96 && taken["sightings"] == 3)
    let again = try counts(site.run("import", "keys", "keys.csv", "--json"))
    #expect(again["repeated"] == 1 && again["identifiers"] == 0 && again["sightings"] == 3)
    let after = try counts(site.run(arguments + ["--json"], input: Data()))
    #expect(after["repeated"] == 3 && after["unresolved"] == 0 && after["resolved"] == 3)
  }

  @Test("The order of key and sighting does not matter")
  func keyFirst() throws {
    let site = try Site()
    try site.write(keys(), to: "keys.csv")
    try site.write(lines(slots: [4]), to: "trace.txt")
    #expect(try counts(site.run("import", "keys", "keys.csv", "--json"))["sightings"] == 0)
    let taken = try counts(
      site.run(
        "import", "encounters", "trace.txt", "--format", "bluezone", "--subject", "an", "--json"))
    #expect(taken["resolved"] == 1 && taken["unresolved"] == 0)
  }

  @Test("An identifier that is said again hours later is not its owner's")
  func replay() throws {
    let site = try Site()
    try site.write(keys(), to: "keys.csv")
    let replayed = (Self.midnight + 40 * 900) * 1_000
    try site.write("\(Self.ownID)\t\(day.ids[4])\t-60\t\(replayed)\n", to: "trace.txt")
    try site.done("import", "keys", "keys.csv")
    let taken = try counts(
      site.run(
        "import", "encounters", "trace.txt", "--format", "bluezone", "--subject", "an", "--json"))
    #expect(taken["stored"] == 1 && taken["unresolved"] == 1)
  }

  @Test("A phone's own day key is taken for its owner, and its base key never")
  func ownKey() throws {
    let site = try Site()
    let request = """
      POST /x HTTP/1.1
      Content-Type: multipart/form-data;boundary=*****

      --*****
      Content-Disposition: form-data; name="InfoF"

      {"base_id":"\(day.daily_key)","time":\(Self.midnight),"daily_key":"\(day.daily_key)",\
      "time_start":\(Self.midnight)}
      --*****
      Content-Disposition: form-data; name="history"; filename="data_trace.txt"

      \(day.ids[4])\t\(Self.ownID)\t-60\t\(Self.midnight + 3_700)
      --*****--

      """
    try site.write(request, to: "upload.txt")
    let unnamed = try site.run(
      "import", "encounters", "upload.txt", "--format", "bluezone", "--json")
    #expect(unnamed.errors.contains("its base key is the same bytes"))
    #expect(unnamed.errors.contains("give --subject"))
    #expect(try counts(unnamed)["identifiers"] == 0)
    let named = try site.run(
      "import", "encounters", "upload.txt", "--format", "bluezone", "--subject", "binh", "--json")
    #expect(named.errors.contains("its base key is the same bytes"))
    #expect(try counts(named)["identifiers"] == 96)

    // Whoever hears that phone hears its owner now.
    try site.write(lines(slots: [7]), to: "trace.txt")
    let heard = try counts(
      site.run(
        "import", "encounters", "trace.txt", "--format", "bluezone", "--subject", "an", "--json"))
    #expect(heard["resolved"] == 1)
    // The same key under another name is somebody's mistake.
    try site.write(keys("chi"), to: "keys.csv")
    let other = try site.run("import", "keys", "keys.csv", "--json")
    #expect(other.status == 3)
    #expect(try counts(other)["conflicts"] == 1 && counts(other)["identifiers"] == 0)
    let claimed = try site.run(
      "import", "encounters", "upload.txt", "--format", "bluezone", "--subject", "chi")
    #expect(claimed.errors.contains("another person's already"))
  }

  @Test("No key is in the store after all this, in any spelling")
  func keysAreNotKept() throws {
    let site = try Site()
    try site.write(keys(), to: "keys.csv")
    try site.done("import", "keys", "keys.csv")
    let digits = Array(day.daily_key)
    let raw = Data(
      stride(from: 0, to: digits.count, by: 2).compactMap {
        UInt8(String(digits[$0...$0 + 1]), radix: 16)
      })
    try #require(raw.count == 32)
    let enumerator = try #require(
      FileManager.default.enumerator(at: site.folder.url, includingPropertiesForKeys: nil))
    var files = 0
    for case let file as URL in enumerator where file.lastPathComponent != "keys.csv" {
      guard let bytes = try? Data(contentsOf: file) else { continue }
      files += 1
      #expect(bytes.range(of: raw) == nil && bytes.range(of: raw.prefix(16)) == nil)
      for text in [day.daily_key, day.daily_key.uppercased(), raw.base64EncodedString()] {
        #expect(bytes.range(of: Data(text.utf8)) == nil, "\(file.lastPathComponent)")
      }
    }
    #expect(files > 2)
  }

  @Test("A key without its day is refused as a base key, with the row to be mended")
  func keyWithoutDay() throws {
    let site = try Site()
    try site.write(keys(date: ""), to: "keys.csv")
    let outcome = try site.run("import", "keys", "keys.csv", "--json")
    #expect(outcome.status == 3 && outcome.errors.contains("as a base key does"))
    #expect(try counts(outcome)["rejected"] == 1 && counts(outcome)["identifiers"] == 0)
    #expect(try site.text(of: "keys.csv.rejected.csv").contains("without its day"))
    try site.write("subject,format,key\nbinh,bluezone,\(day.daily_key)\n", to: "keys.csv")
    #expect(try site.run("import", "keys", "keys.csv").status == 3)
  }

  @Test("A dry run says the same and takes nothing")
  func dryRun() throws {
    let site = try Site()
    try site.write(keys(), to: "keys.csv")
    try site.write(lines(slots: [4]), to: "trace.txt")
    let keys = try counts(site.run("import", "keys", "keys.csv", "--dry-run", "--json"))
    #expect(keys["identifiers"] == 96)
    let arguments = ["import", "encounters", "trace.txt", "--format", "bluezone", "--json"]
    #expect(try counts(site.run(arguments + ["--dry-run"], input: Data()))["stored"] == 1)
    #expect(try counts(site.run(arguments, input: Data()))["unresolved"] == 1)
    #expect(try counts(site.run(arguments, input: Data()))["repeated"] == 1)
  }

  @Test("Boxes at doors and phones are in one table; lines that cannot be are kept aside")
  func table() throws {
    let site = try Site()
    let time = "2020-08-05T09:00:00+07:00"
    try site.write(
      """
      subject,gateway,venue,zone,heard,time,rssi_dbm,heard_model
      an,,,,binh,\(time),-60,SM-G950F
      ,box 1,\(Site.hotel),1,bluezone:\(Self.ownID),\(time),-60,
      an,,,,bluezone:12,\(time),-60,
      an,,,,binh,yesterday,-60,

      """, to: "sightings.csv")
    let outcome = try site.run("import", "sightings", "sightings.csv", "--json")
    #expect(outcome.status == 3)
    let taken = try counts(outcome)
    #expect(taken["stored"] == 2 && taken["rejected"] == 2)
    #expect(taken["unresolved"] == 1 && taken["resolved"] == 0)
    let rejected = try site.text(of: "sightings.csv.rejected.csv")
    #expect(rejected.contains("heard is no identifier") && rejected.contains("yesterday"))
    #expect(try counts(site.run("import", "sightings", "sightings.csv", "--json"))["repeated"] == 2)
  }

  @Test("Temporary ids are opened with the server's keys, and are kept without")
  func openTrace() throws {
    let site = try Site()
    let sealed: Sealed = try Self.fixture("temporary_ids.json")
    let records = sealed.ids.map {
      #"{"timestamp":\#($0.start + 30),"msg":"\#($0.tempid)","modelC":"SM-N960F","#
        + #""modelP":"SM-G950F","rssi":-71,"org":"VN"}"#
    }
    try site.write(
      #"{"token":"t","records":[\#(records.joined(separator: ",")),{"timestamp":1596866191,"msg":"","#
        + #""rssi":-60}],"events":[]}"#, to: "upload.json")
    try site.write(sealed.keys.joined(separator: "\n"), to: "server.keys")
    let arguments = [
      "import", "encounters", "upload.json", "--format", "opentrace", "--subject", "an", "--json",
    ]
    let late = "2020-08-10T09:00:00+07:00"
    let first = try counts(site.run(arguments, input: Data(), at: late))
    #expect(first["stored"] == 7 && first["unresolved"] == 6)
    let opened = try counts(
      site.run(arguments + ["--tempid-keys", "server.keys"], input: Data(), at: late))
    #expect(opened["repeated"] == 7 && opened["resolved"] == 6 && opened["identifiers"] == 6)
    try site.write(String(repeating: "00", count: 32), to: "wrong.keys")
    let wrong = try counts(
      site.run(arguments + ["--tempid-keys", "wrong.keys", "--dry-run"], input: Data(), at: late))
    // What these keys do not open may be opened by others, and is the same row.
    #expect(wrong["repeated"] ?? 0 == 0 && wrong["resolved"] == 6 && wrong["unresolved"] == 0)

    let fresh = try Site()
    for name in ["upload.json", "server.keys", "wrong.keys"] {
      try fresh.write(site.text(of: name), to: name)
    }
    let closed = try fresh.run(
      arguments + ["--tempid-keys", "wrong.keys"], input: Data(), at: late)
    #expect(closed.errors.contains("none of the keys opens 6 temporary ids"))
    #expect(try counts(closed)["stored"] == 7 && counts(closed)["unresolved"] == 6)
    let right = try counts(
      fresh.run(arguments + ["--tempid-keys", "server.keys"], input: Data(), at: late))
    #expect(right["repeated"] == 7 && right["stored"] == 0 && right["resolved"] == 6)
  }

  @Test("A key with a bad date is one row that is refused, and the others are taken")
  func badDates() throws {
    let site = try Site()
    let rows = ["1969-08-05", "2020-08-05", "2080-08-05"].enumerated().map { place, date in
      let key = String(day.daily_key.dropLast()) + "\(place)"
      return "binh,bluezone,\(key),\(date)\n"
    }
    try site.write("subject,format,key,date\n" + rows.joined(), to: "keys.csv")
    let outcome = try site.run("import", "keys", "keys.csv", "--json")
    #expect(outcome.status == 3)
    let taken = try counts(outcome)
    #expect(taken["stored"] == 1 && taken["rejected"] == 2 && taken["identifiers"] == 96)
    let rejected = try site.text(of: "keys.csv.rejected.csv")
    #expect(rejected.contains("check the year") && rejected.contains("has not come yet"))
  }

  @Test("Of very many lines that cannot be read it is said how many are written down")
  func manyRefusedLines() throws {
    let site = try Site()
    try site.write(
      lines(slots: [4]) + String(repeating: "a\n", count: 10_050), to: "trace.txt")
    let outcome = try site.run(
      "import", "encounters", "trace.txt", "--format", "bluezone", "--subject", "an")
    #expect(outcome.status == 3 && outcome.output.contains("10,050 refused"), "\(outcome)")
    #expect(outcome.errors.contains("50 further rows cannot be read"), "\(outcome.errors)")
    #expect(outcome.errors.contains("the 10,000 refused rows are in"), "\(outcome.errors)")
    #expect(try site.text(of: "trace.txt.rejected.csv").split(separator: "\n").count == 10_001)
  }

  @Test("A key of somebody on one day is nobody else's on another")
  func keyOnAnotherDay() throws {
    let site = try Site()
    try site.write(keys(), to: "keys.csv")
    try site.done("import", "keys", "keys.csv")
    try site.write(keys("chi", date: "2020-08-04"), to: "keys.csv")
    let other = try site.run("import", "keys", "keys.csv", "--json")
    #expect(other.status == 3)
    #expect(try counts(other)["conflicts"] == 1 && counts(other)["identifiers"] == 0)
  }

  @Test("Exposure windows are kept and say that they know no moment")
  func exposureWindows() throws {
    let site = try Site()
    try site.write(
      """
      [{"date":"2020-08-03","reportType":1,"infectiousness":1,"calibrationConfidence":0,
        "scanInstances":[{"minAttenuation":30,"typicalAttenuation":50,"secondsSinceLastScan":300}]},
       {"ageInDays":2,"reportType":1,"infectiousness":2,"calibrationConfidence":0,
        "scanInstances":[]}]
      """, to: "windows.json")
    let outcome = try site.run(
      "import", "encounters", "windows.json", "--format", "gaen", "--subject", "an", "--json")
    let taken = try counts(outcome)
    #expect(taken["stored"] == 1 && taken["undated"] == 1 && taken["rejected"] == 1)
    #expect(outcome.status == 3)
  }

  @Test(
    "A call that cannot be meant is refused before anything is read",
    arguments: [
      ["visits", "f", "--format", "bluezone"], ["encounters", "f", "--subject", "an"],
      ["encounters", "f", "--format", "opentrace"], ["encounters", "f", "--format", "gaen"],
      ["encounters", "f", "--format", "bluezone", "--tempid-keys", "k"],
      ["encounters", "f", "--format", "nhs"],
    ])
  func usage(words: [String]) throws {
    let site = try Site()
    let outcome = try site.run(["import"] + words, input: Data())
    #expect(outcome.status == 2 && outcome.errors.contains("--"))
  }

  @Test(
    "Garbage is refused with a sentence, and takes nothing",
    arguments: ["bluezone", "opentrace", "gaen"])
  func garbage(format: String) throws {
    let site = try Site()
    for (number, bytes) in [
      Data(), Data("\u{0}\u{1}\u{2}".utf8), Data(repeating: 0xFF, count: 5_000), Data("[{".utf8),
      Data("POST / HTTP/1.1\r\n".utf8),
    ].enumerated() {
      try site.write(bytes, to: "garbage-\(number)")
      let outcome = try site.run(
        "import", "encounters", "garbage-\(number)", "--format", format, "--subject", "an", "--json"
      )
      #expect(!outcome.wasSignalled && [1, 3].contains(outcome.status), "\(outcome.errors)")
      #expect(outcome.errors.contains("garbage-\(number)"))
      if outcome.status == 3 { #expect(try counts(outcome)["stored"] == 0) }
    }
  }
}
