import Foundation
import TestSupport
import Testing

/// What must not happen whatever a person does: files lost, names shown, a revocation ignored.
@Suite("Safety") struct SafetyTests {
  private static let hotel = "C4C6BHFZC"
  private static let now = "2020-08-06T09:00:00+07:00"

  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private var environment: [String: String] {
    ["CHECKIN_VENUES": TestEnvironment.packageRoot.appendingPathComponent("Venues").path]
  }

  @discardableResult
  private func run(
    _ words: String..., now: String? = SafetyTests.now, secret: String? = nil, input: String? = nil
  ) throws -> BuiltProgram.Outcome {
    var variables = environment
    variables["CHECKIN_PASSPHRASE"] = secret
    return try BuiltProgram.checkin.run(
      words + (now.map { ["--now", $0] } ?? []), input: input.map { Data($0.utf8) },
      environment: variables, in: folder.url)
  }

  private func names(_ path: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(
      atPath: folder.url.appendingPathComponent(path).path
    ).sorted()
  }

  private func code(ofPoster line: Substring?) throws -> String {
    let line = try #require(line)
    let poster = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
    return try #require(poster?["code"] as? String)
  }

  @Test("An init that fails leaves the folder it was given as it was")
  func failedInit() throws {
    try FileManager.default.createDirectory(
      at: folder.url.appendingPathComponent("data"), withIntermediateDirectories: true)
    try folder.write("mine", to: "data/precious.txt")
    let short = try run("init", "--passphrase", "--store", "data", secret: "abc")
    #expect(short.status == 1)
    #expect(try names("data") == ["precious.txt"])
    try run("init")
    try FileManager.default.removeItem(at: folder.url.appendingPathComponent("store.key"))
    try FileManager.default.removeItem(
      at: folder.url.appendingPathComponent("store/checkin.sqlite"))
    let keys = try names("store/keys")
    #expect(try run("init").status == 1)
    #expect(try names("store/keys") == keys)
  }

  @Test("Refused rows, which name people, are for the owner of the file only")
  func rejectedMode() throws {
    try run("init")
    try folder.write("venue,subject,enter,leave\nBAD,0912345678,x,\n", to: "v.csv")
    let path = folder.url.appendingPathComponent("v.csv.rejected.csv").path
    try folder.write("of an earlier run", to: "v.csv.rejected.csv")
    #expect(try run("import", "visits", "v.csv").status == 3)
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    #expect(attributes[.posixPermissions] as? Int == 0o600)
  }

  @Test("A venue named twice gets one print, and no hidden file stays")
  func namedTwice() throws {
    try run("init")
    let printed = try run("qr", Self.hotel, Self.hotel, "--format", "png,svg", "--json")
    #expect(printed.lines.count == 1)
    #expect(try names("Output/hotel").count == 2)
  }

  @Test("A print is revoked from then on, at a door that was open and in rows that come late")
  func revocation() throws {
    try run("init", now: nil)
    let code = try code(
      ofPoster: run("qr", Self.hotel, "--format", "png", "--json", now: nil).lines.first)
    let door = try BuiltProgram.checkin.start(
      ["scan", "--gateway", "door-1", "--json"], environment: environment, in: folder.url)
    door.send("\(code) visitor-1")
    #expect(door.nextLine()?.contains("\"accepted\":true") == true)
    try run("qr", Self.hotel, "--revoke", "1", "--reason", "stolen", now: nil)
    door.send("\(code) visitor-2")
    #expect(door.nextLine()?.contains("revoked_print") == true)
    #expect(door.finish().status == 3)
  }

  @Test("A scan made before a revocation counts when it arrives after it, and is the same again")
  func lateRows() throws {
    try run("init", now: "2020-08-01T08:00:00+07:00")
    let code = try code(
      ofPoster: run(
        "qr", Self.hotel, "--format", "png", "--json", now: "2020-08-01T09:00:00+07:00"
      ).lines.first)
    try folder.write(
      "code,subject,time\n\(code),a,2020-08-05T10:00:00+07:00\n", to: "before.csv")
    try folder.write(
      "code,subject,time\n\(code),b,2020-08-06T10:00:00+07:00\n", to: "after.csv")
    #expect(
      try run("import", "scans", "before.csv", "--json", now: "2020-08-05T12:00:00+07:00").output
        .contains("\"stored\":1"))
    try run("qr", Self.hotel, "--revoke", "1", "--reason", "stolen")
    let late = "2020-08-07T09:00:00+07:00"
    #expect(
      try run("import", "scans", "before.csv", "--json", now: late).output
        .contains("\"repeated\":1"))
    try run("import", "scans", "after.csv", now: late)
    let seen = try run(
      "exposure", "--venue", Self.hotel, "--from", "2020-08-05T00:00:00+07:00", "--to", late,
      "--order", "test", "--json", now: late)
    #expect(seen.lines.count == 1)
  }
}
