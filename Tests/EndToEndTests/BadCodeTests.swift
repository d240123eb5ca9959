import ExposureStorage
import Foundation
import Presence
import TestSupport
import Testing
import VenueCodes

/// Codes and lines that must not open a door, each with an answer of its own.
@Suite("Bad codes", .tags(.process)) struct BadCodeTests {
  /// A code or line, and what is to be said of it.
  private struct Row {
    let name: String
    let code: String
    /// The stable word; nil when the code is good.
    let word: String?
    let phrase: String
    /// Whether the code is genuine, so that the scan is kept with a status.
    var isKept = false
  }

  /// A site with every sort of code; now is `Site.now`.
  private static func prepared() throws -> (site: Site, rows: [Row]) {
    let site = try Site(registry: .own)
    let ofOldKey = try site.code()
    try site.done("key", "rotate")
    try site.done("key", "revoke", "1")

    let good = try site.code()
    let early = try site.code(at: "2020-08-20T09:00:00+07:00")
    let lost = try JSON(
      site.done("qr", Site.hotel, "--format", "png", "--json").output)
    let serial = try #require(lost["serial"].number)
    try site.done("qr", Site.hotel, "--revoke", "\(serial)", "--reason", "stolen")

    func added(_ name: String) throws -> String {
      let words = ["--category", "market", "--division", "11341", "--json"]
      let outcome = try site.run(["venue", "add", name] + words, input: Data())
      return try #require(JSON(outcome.output)["id"].text)
    }
    let closed = try added("Chợ Cũ")
    let ofClosed = try site.code(of: closed)
    try site.done("venue", "retire", closed, "--on", "2020-08-01")
    let gone = try added("Chợ Tạm")
    let ofGone = try site.code(of: gone)
    let markets = try site.text(of: "Venues/venues/market.csv")
    try site.write(
      markets.split(separator: "\n").filter { !$0.hasPrefix(gone) }.joined(separator: "\n") + "\n",
      to: "Venues/venues/market.csv")

    // Someone else's keys, under the ids of ours and under one that we have not.
    let stranger = try Site()
    try stranger.done("key", "rotate")
    let ofStranger = try stranger.code()
    try stranger.done("key", "rotate")
    let ofThirdKey = try stranger.code()

    let digits = good.drop { $0 != "#" }.dropFirst()
    let last = try #require(good.last?.wholeNumberValue)
    return (
      site,
      [
        Row(name: "good", code: good, word: nil, phrase: ""),
        Row(name: "bare digits", code: String(digits), word: nil, phrase: ""),
        Row(
          name: "host in capitals", code: "HTTPS://QR.Haiphong.gov.vn#\(digits)", word: nil,
          phrase: ""),
        Row(
          name: "not yet valid", code: early, word: "not_yet_valid", phrase: "only from 2020-08-20",
          isKept: true),
        Row(
          name: "revoked print", code: lost["code"].text ?? "", word: "revoked_print",
          phrase: "reported lost or stolen", isKept: true),
        Row(
          name: "retired venue", code: ofClosed, word: "retired_venue", phrase: "no longer in use",
          isKept: true),
        Row(
          name: "unknown venue", code: ofGone, word: "unknown_venue",
          phrase: "not in the registry"),
        Row(name: "revoked key", code: ofOldKey, word: "key_revoked", phrase: "was revoked at"),
        Row(
          name: "another's key under our id", code: ofStranger, word: "bad_signature",
          phrase: "forged or damaged"),
        Row(
          name: "key nobody knows", code: ofThirdKey, word: "unknown_key",
          phrase: "not in the key set"),
        Row(
          name: "one digit of the signature changed",
          code: good.dropLast() + "\((last + 1) % 10)", word: "bad_signature",
          phrase: "forged or damaged"),
        Row(
          name: "a digit too few", code: String(good.dropLast()), word: "wrong_digit_count",
          phrase: "part of it is missing or doubled"),
        Row(
          name: "a digit too many", code: good + "0", word: "wrong_digit_count",
          phrase: "part of it is missing or doubled"),
        Row(
          name: "twice", code: good + String(digits), word: "wrong_digit_count",
          phrase: "part of it is missing or doubled"),
        Row(
          name: "a number too large", code: String(repeating: "9", count: digits.count),
          word: "number_too_large", phrase: "stand for no code"),
        Row(
          name: "a letter inside", code: good.replacingOccurrences(of: "#0", with: "#O"),
          word: "not_digits", phrase: "is no digit"),
        Row(
          name: "another site's address", code: "https://example.com/#\(digits)",
          word: "foreign_url", phrase: "another service"),
        Row(
          name: "a foreign code", code: "NZCOVIDTRACER:eyJnbG4iOiI3In0=", word: "foreign-code",
          phrase: "NZ COVID Tracer"),
        Row(
          name: "the address alone", code: "https://qr.haiphong.gov.vn/#", word: "empty",
          phrase: "there is no code"),
      ]
    )
  }

  @Test("A door answers every bad code and line with its reason, and keeps what was genuine")
  func door() throws {
    let (site, codes) = try Self.prepared()
    let lines =
      codes
      + [
        Row(name: "typed id", code: "c4c6-bhfz-c", word: nil, phrase: ""),
        Row(name: "typed as the poster shows it", code: "C4C6 BHFZ C", word: nil, phrase: ""),
        Row(name: "mistyped id", code: "C4C6BHFZD", word: "bad-venue", phrase: "mistyped"),
        Row(name: "id of no form", code: "C4C6BHFZC0", word: "bad-venue", phrase: "eight symbols"),
        Row(
          name: "id nobody has", code: "000000000", word: "unknown-venue",
          phrase: "in the registry"),
      ]
    var input = Data(lines.map { "\($0.code) an\r\n" }.joined().utf8)
    struct Line {
      let name: String
      let bytes: [UInt8]
      let word: String?
      let phrase: String
    }
    let good = codes[0].code
    let odd = [
      Line(name: "empty", bytes: [], word: "missing", phrase: "the line is empty"),
      Line(name: "spaces", bytes: Array(" \t ".utf8), word: "missing", phrase: "the line is empty"),
      Line(name: "nobody", bytes: Array(good.utf8), word: "missing", phrase: "nobody is named"),
      Line(
        name: "not UTF-8", bytes: Array(good.utf8) + [0x20, 0xff, 0xfe], word: "bad-code",
        phrase: "not UTF-8"),
      Line(
        name: "NUL in the visitor", bytes: Array(good.utf8) + [0x20, 0x61, 0, 0x62],
        word: "bad-subject", phrase: "control characters"),
      Line(name: "NUL at the end", bytes: Array("\(good) an".utf8) + [0], word: nil, phrase: ""),
      Line(
        name: "NUL in the code", bytes: Array("https://qr.haiphong.gov.vn/#01\u{0}2 an".utf8),
        word: "not_digits", phrase: "is no digit"),
      Line(
        name: "a long visitor", bytes: Array("\(good) ".utf8) + Array(repeating: 0x61, count: 257),
        word: "bad-subject", phrase: "longer than 256 bytes"),
      Line(
        name: "over 2 KiB", bytes: Array(repeating: 0x31, count: 2_049), word: "bad-code",
        phrase: "longer than 2048 bytes"),
      Line(
        name: "over a megabyte", bytes: Array(repeating: 0x31, count: 1_100_000), word: "bad-code",
        phrase: "longer than 2048 bytes"),
    ]
    for line in odd { input += Data(line.bytes + [0x0a]) }
    // The last line has no end.
    input += Data("\(good) last".utf8)

    let outcome = try site.run(["scan", "--gateway", "g", "--json"], input: input)
    #expect(outcome.status == 3 && !outcome.wasSignalled && outcome.errors.isEmpty)
    let answers = try JSON.lines(outcome.output)
    try #require(answers.count == lines.count + odd.count + 1)
    let expected =
      lines.map { ($0.name, $0.word, $0.phrase) } + odd.map { ($0.name, $0.word, $0.phrase) }
      + [("last", nil, "")]
    for ((name, word, phrase), answer) in zip(expected, answers) {
      #expect(
        answer["code"].text == word && answer["accepted"].truth == (word == nil)
          && (phrase.isEmpty || answer["reason"].text?.contains(phrase) == true),
        "\(name): \(answer["code"].text ?? "-"), \(answer["reason"].text ?? "-")")
    }
    // What was taken and what was genuine is there, and nothing else.
    var stored: [Evidence.Status: Int] = [:]
    let store = try ExposureStore.open(at: site.path("store"))
    try store.forEachEvidence(
      from: LocalDay(daysSince2020: .min), to: LocalDay(daysSince2020: .max)
    ) { stored[$0.status, default: 0] += 1 }
    #expect(
      stored == [
        .accepted: expected.count { $0.1 == nil }, .codeNotYetValid: 1, .revokedPrint: 1,
        .retiredVenue: 1,
      ])
    // For people the same, as words.
    let text = try site.run(["scan", "--gateway", "g"], input: input)
    #expect(text.status == 3 && text.lines.count == expected.count)
    #expect(text.lines.count { $0.hasPrefix("NO   ") } == expected.count { $0.1 != nil })
  }

  @Test("Verify says of every code what is wrong, with one word for programs and status 1")
  func verify() throws {
    let (site, codes) = try Self.prepared()
    let input = codes.map { $0.code + "\r\n" }.joined() + String(repeating: "7", count: 70_000)
    let outcome = try site.run("verify", "-", "--json", input: input)
    #expect(outcome.status == 1 && !outcome.wasSignalled)
    let answers = try JSON.lines(outcome.output)
    try #require(answers.count == codes.count + 1)
    for (row, answer) in zip(codes, answers) {
      #expect(
        answer["reason"].text == row.word && answer["valid"].truth == (row.word == nil)
          && (row.word == nil || answer["message"].text?.contains(row.phrase) == true),
        "\(row.name): \(answer["reason"].text ?? "-"), \(answer["message"].text ?? "-")")
      // Nothing that a code says may be believed before its signature was.
      #expect(
        answer["venue"].isNull == !(row.word == nil || row.isKept || row.word == "unknown_venue"))
    }
    #expect(answers.last?["valid"].truth == false)
    #expect(answers.last?["message"].text?.contains("digits") == true)
    #expect(try site.run("verify", codes[0].code).status == 0)
    #expect(try site.run("verify", codes[0].code, codes[3].code).status == 1)

    // Offline, with the published keys only.
    try site.write(site.done("key", "export").output, to: "keys.json")
    let offline = try site.run("verify", codes[0].code, "--keys", "keys.json", "--store", "none")
    #expect(offline.status == 0 && offline.output.contains(Site.hotelName))
    #expect(try site.run("verify", codes[8].code, "--keys", "keys.json").status == 1)
  }

  @Test("A code is good on its last day and not on the day after")
  func lastDay() throws {
    let site = try Site()
    let code = try site.code(of: Site.hotel, "--weeks", "0")
    #expect(try site.run("verify", code, at: "2020-08-06T23:59:59+07:00").status == 0)
    let late = try site.run("verify", code, "--json", at: "2020-08-07T00:00:00+07:00")
    #expect(try late.status == 1 && JSON(late.output)["reason"].text == "expired")
    let scan = try site.run(
      "scan", "--gateway", "g", "--json", input: "\(code) an", at: "2020-08-07T00:00:00+07:00")
    #expect(try scan.status == 3 && JSON(scan.output)["code"].text == "expired")
  }

  @Test("A door that is running knows at once of a venue, a print or a key taken out of use")
  func whileRunning() throws {
    let site = try Site(registry: .own)
    let codes = try [site.code(), site.code(of: "Q9J3MP1BD"), site.code()]
    let door = try site.start("scan", "--gateway", "g", "--json")
    func words() throws -> [String?] {
      try codes.map { code in
        door.send("\(code) an")
        return try JSON(try #require(door.nextLine()))["code"].text
      }
    }
    #expect(try words() == [nil, nil, nil])
    try site.done("qr", Site.hotel, "--revoke", "1", "--reason", "stolen")
    #expect(try words() == ["revoked_print", nil, nil])
    try site.done("venue", "retire", "Q9J3MP1BD")
    #expect(try words() == ["revoked_print", "retired_venue", nil])
    try site.done("key", "revoke", "1")
    #expect(try words() == ["key_revoked", "key_revoked", "key_revoked"])
    // What cannot be read is said, and the door stays open.
    try site.write("broken", to: "Venues/venues/hotel.csv")
    door.send("\(Site.hotel) an")
    #expect(door.nextLine()?.contains("\"accepted\":true") == true)
    let outcome = door.finish()
    #expect(outcome.status == 3 && outcome.errors.contains("of before are used"))
  }

  @Test("Scans that come late are judged as of the day they were made")
  func late() throws {
    let site = try Site(registry: .own)
    let code = try site.code(at: "2020-07-20T08:00:00+07:00")
    try site.done("venue", "retire", Site.hotel, "--on", "2020-08-01")
    try site.write(
      "code,subject,time\n\(code),an,2020-07-31T09:00:00+07:00\n"
        + "\(code),binh,2020-08-01T09:00:00+07:00\n", to: "s.csv")
    #expect(try site.done("import", "scans", "s.csv").output.hasPrefix("2 rows: 2 stored"))
    let known = try ["an", "binh"].map { try site.done("exposure", "--subject", $0, "--json") }
    #expect(known.map(\.lines.count) == [1, 0])
  }

  @Test("Pictures without a code, and files that are none, are named")
  func pictures() throws {
    let site = try Site()
    try site.write("not a picture", to: "words.png")
    try site.write("", to: "empty.png")
    try FileManager.default.createDirectory(
      atPath: site.path("folder.png"), withIntermediateDirectories: true)
    try site.done("qr", Site.hotel, "--format", "png", "--output", "out")
    let poster = try #require(
      FileManager.default.subpathsOfDirectory(atPath: site.path("out")).first {
        $0.hasSuffix(".png")
      })
    let whole = try Data(contentsOf: site.folder.url.appendingPathComponent("out/\(poster)"))
    try site.write(whole.prefix(whole.count / 3), to: "cut.png")
    let rows = [
      ("words.png", "words.png"), ("empty.png", "empty.png"), ("cut.png", "cut.png"),
      ("folder.png", "this is a folder"), ("nothing.png", "there is no such file"),
    ]
    for (file, phrase) in rows {
      let outcome = try site.run("verify", file)
      #expect(
        outcome.status == 1 && !outcome.wasSignalled && outcome.errors.contains(phrase),
        "\(file): \(outcome.errors)")
    }
  }
}
