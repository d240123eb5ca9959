import ExposureStorage
import Foundation
import Presence
import TestSupport
import Testing
import VenueCodes

@Suite("Screens and passes", .tags(.process)) struct ScreenTests {
  /// The only line of an outcome.
  private static func line(_ outcome: BuiltProgram.Outcome) throws -> String {
    try #require(outcome.lines.count == 1)
    return String(outcome.lines[0])
  }

  @Test("On a pipe a screen prints the code of the present and no other, as JSON too")
  func pipe() throws {
    let site = try Site()
    let code = try Self.line(site.done("screen", Site.hotel))
    #expect(code.hasPrefix("https://qr.haiphong.gov.vn/#") && code.utf8.count == 28 + 68)
    // The clock of these calls stands still, so the codes after it never have their time.
    let shown = try JSON(site.done("screen", Site.hotel, "--count", "3", "--json").output)
    #expect(shown["code"].text == code && shown["valid_from"].text == Site.now)
    #expect(shown["symbol"].text == "5-Q" && shown["name"].text == Site.hotelName)
    let later = try JSON(
      site.done("screen", Site.hotel, "--json", at: "2020-08-06T09:00:30+07:00").output)
    #expect(later["code"].text != code && later["valid_to"].text == "2020-08-06T09:01:00+07:00")

    let verified = try JSON(site.done("verify", code, "--json").output)
    #expect(verified["kind"].text == "rotating" && verified["grade"].number == 2)
    #expect(verified["shown"].text == "2020-08-06T09:00:00+07:00")
    // Three steps later it is worth a poster, and on the next day nothing.
    let late = try site.done("verify", code, "--json", at: "2020-08-06T09:01:30+07:00")
    #expect(try JSON(late.output)["grade"].number == 1)
    let tomorrow = try site.run("verify", code, "--json", at: "2020-08-07T09:00:00+07:00")
    #expect(
      try tomorrow.status == 1
        && JSON(tomorrow.output)["reason"].text == "screen_of_another_day")
    // Who has only the public keys is told why nothing can be said.
    try site.write(site.done("key", "export").output, to: "keys.json")
    let blind = try site.run("verify", code, "--keys", "keys.json", "--json")
    #expect(try blind.status == 1 && JSON(blind.output)["reason"].text == "unknown_screen_key")
  }

  @Test("No code is had before its time: --count waits for each, and --now goes only back")
  func future() throws {
    let site = try Site()
    let screen = try BuiltProgram.checkin.start(
      ["screen", Site.hotel, "--count", "2880"],
      environment: [
        "CHECKIN_VENUES": TestEnvironment.packageRoot.appendingPathComponent("Venues").path
      ], in: site.folder.url)
    #expect(screen.nextLine()?.hasPrefix("https://qr.haiphong.gov.vn/#") == true)
    kill(screen.processIdentifier, SIGINT)
    let outcome = screen.finish()
    // One more if half a minute ended just now.
    #expect(outcome.status == 130 && outcome.lines.count <= 1)
    let ahead = try site.run("screen", Site.hotel, at: "2099-01-01T00:00:00+07:00")
    #expect(ahead.status == 2 && ahead.output.isEmpty && ahead.errors.contains("before its time"))
  }

  @Test("A day batch that gets no folder is revoked, and a slash behind its name does no harm")
  func dayBatchFolder() throws {
    let site = try Site()
    try site.write("a file", to: "file")
    let file = try site.run("screen", Site.hotel, "--day-batch", "2020-08-07", "--output", "file/")
    #expect(file.status == 1 && file.errors.contains("is a file"))
    // The folder that one is in cannot be replaced, which shows only when all is drawn.
    let failed = try site.run(
      "screen", Site.hotel, "--day-batch", "2020-08-07", "--output", "empty/.")
    #expect(failed.status == 1 && failed.errors.contains("cannot be made"), "\(failed.errors)")
    let log = try site.done("audit", "show").output
    #expect(log.contains("print revoke") && log.contains("serial 1"), "the first try reserved none")
    let made = try JSON(
      site.done("screen", Site.hotel, "--day-batch", "2020-08-07", "--output", "day//", "--json")
        .output)
    #expect(made["page"].text == "day/index.html")
    #expect(try site.done("audit", "show").output.contains("screen day batch"))
    for (name, mode) in [("day", 0o700), ("day/0000.png", 0o600), ("day/index.html", 0o600)] {
      let attributes = try FileManager.default.attributesOfItem(atPath: site.path(name))
      #expect(attributes[.posixPermissions] as? Int == mode, "\(name)")
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: site.folder.url.path)
    #expect(!names.contains { $0.contains("draft") }, "\(names)")
  }

  @Test("A screen needs a venue that is in use, and a zone that it has")
  func places() throws {
    let site = try Site(registry: .own)
    let rows = [
      (["screen", "C0FFEE00Y"], "unknown-venue"),
      (["screen", Site.hotel, "--zone", "200"], "zone"),
      (["screen", Site.hotel, "--key-file", "none"], "none"),
      (["screen", Site.hotel, "--key-file", "a", "--export-key", "b"], "exclude each other"),
      (["screen", Site.hotel, "--day-batch", "2020-08-05"], "is over"),
      (["scan", "--gateway", "g", "--zone", "1"], "needs --venue"),
      (["scan", "--gateway", "g", "--venue", "C0FFEE00Y"], "no venue"),
    ]
    for (words, phrase) in rows {
      let outcome = try site.run(words, input: Data())
      #expect(
        outcome.status != 0 && !outcome.wasSignalled
          && (outcome.errors + outcome.output).contains(
            phrase == "unknown-venue" ? "no venue" : phrase),
        "\(words): \(outcome.errors)")
    }
    try site.done("venue", "retire", Site.hotel)
    #expect(try site.run("screen", Site.hotel).errors.contains("is retired"))
  }

  @Test("A tablet shows the same codes with its own key, without a store")
  func keyFile() throws {
    let site = try Site()
    let code = try Self.line(site.done("screen", Site.hotel))
    try site.done("screen", Site.hotel, "--export-key", "hotel.screen")
    let attributes = try FileManager.default.attributesOfItem(atPath: site.path("hotel.screen"))
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    let words = ["screen", Site.hotel, "--key-file", "hotel.screen", "--store", "none"]
    let shown = try site.run(words + ["--venues", "none"], input: Data())
    #expect(shown.status == 0 && shown.output == code + "\n")
    #expect(try site.run("screen", "Q9J3MP1BD", "--key-file", "hotel.screen").status == 1)
    #expect(try site.run("screen", Site.hotel, "--export-key", "hotel.screen").status == 1)
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o644], ofItemAtPath: site.path("hotel.screen"))
    let open = try site.run(words, input: Data())
    #expect(open.status == 1 && open.errors.contains("chmod 600"))
    #expect(try site.done("audit", "show").output.contains("screen key export"))
    // The secret is nobody's to read in what the program says.
    let secret = try #require(site.text(of: "hotel.screen").split(separator: " ").last)
    #expect(!(open.errors + shown.output + shown.errors).contains(secret.dropLast()))
  }

  @Test("A folder has the present code as a picture, and a page that shows it and nothing else")
  func folder() throws {
    let site = try Site()
    let code = try Self.line(site.done("screen", Site.hotel))
    let outcome = try site.done("screen", Site.hotel, "--output", "lobby", "--count", "1", "--json")
    #expect(try JSON(outcome.output)["code"].text == code)
    let files = try FileManager.default.contentsOfDirectory(atPath: site.path("lobby"))
    #expect(files.sorted() == ["current.png", "index.html"])
    let read = try JSON(site.done("verify", "lobby/current.png", "--json").output)
    #expect(read["venue"].text == Site.hotel && read["grade"].number == 2)
    let page = try site.text(of: "lobby/index.html")
    #expect(page.contains(Site.hotelName) && page.contains("C4C6 BHFZ C"))
    #expect(page.contains("src=\"current.png?53222640\""))
    #expect(page.contains("09:00:00 – 09:00:30") && page.hasSuffix("</html>\n"))
    try Self.expectClosed(page)
    #expect(!page.contains("<script"))
  }

  @Test("A running screen puts the next code in the place of the last, and ends when it is told")
  func running() throws {
    let site = try Site()
    // The clock is the machine's: it shows at once, and Ctrl-C is heard within a second.
    let screen = try BuiltProgram.checkin.start(
      ["screen", Site.hotel, "--output", "lobby"],
      environment: [
        "CHECKIN_VENUES": TestEnvironment.packageRoot.appendingPathComponent("Venues").path
      ], in: site.folder.url)
    #expect(screen.nextLine()?.hasSuffix("lobby/current.png") == true)
    kill(screen.processIdentifier, SIGINT)
    let outcome = screen.finish()
    #expect(outcome.status == 130 && !outcome.wasSignalled)
    let files = try FileManager.default.contentsOfDirectory(atPath: site.path("lobby"))
    #expect(files.sorted() == ["current.png", "index.html"])
  }

  @Test("A pre-signed day has 1,440 codes, each good at its minute, and one revocation ends it")
  func dayBatch() throws {
    let site = try Site()
    let made = try JSON(
      site.done("screen", Site.hotel, "--day-batch", "2020-08-07", "--json").output)
    #expect(made["codes"].number == 1_440 && made["symbol"].text == "8-Q")
    let folder = "Output/screen-\(Site.hotel)-2020-08-07"
    #expect(made["page"].text == "\(folder)/index.html")
    let files = Set(try FileManager.default.contentsOfDirectory(atPath: site.path(folder)))
    #expect(files.count == 1_441 && files.isSuperset(of: ["0000.png", "1439.png", "index.html"]))

    let minute = "\(folder)/0540.png"  // 09:00
    func verified(at now: String) throws -> (Int32, JSON) {
      let outcome = try site.run("verify", minute, "--json", at: now)
      return (outcome.status, try JSON(outcome.output))
    }
    let rows: [(String, Int, String?)] = [
      ("2020-08-07T09:00:59+07:00", 2, nil), ("2020-08-07T09:01:59+07:00", 2, nil),
      ("2020-08-07T09:02:00+07:00", 1, nil), ("2020-08-07T21:00:00+07:00", 1, nil),
      ("2020-08-08T09:00:00+07:00", -1, "expired"),
      ("2020-08-06T09:00:00+07:00", -1, "not_yet_valid"),
    ]
    for (now, grade, reason) in rows {
      let (status, json) = try verified(at: now)
      #expect(json["kind"].text == "day-batch" && json["shown"].text == "2020-08-07T09:00:00+07:00")
      #expect(
        json["grade"].number == grade && json["reason"].text == reason
          && (status == 0) == (reason == nil), "\(now)")
    }

    let page = try site.text(of: "\(folder)/index.html")
    try Self.expectClosed(page)
    #expect(page.contains("data-start=\"1596733200\"") && page.contains("<script>"))

    // A second batch would be mixed with the first, and a stolen one is worth nothing.
    #expect(try site.run("screen", Site.hotel, "--day-batch", "2020-08-07").status == 1)
    let serial = try #require(made["serial"].number)
    try site.done("qr", Site.hotel, "--revoke", "\(serial)", "--reason", "tablet stolen")
    #expect(try verified(at: "2020-08-07T09:00:00+07:00").1["reason"].text == "revoked_print")
  }

  /// Checks that a page asks nobody for anything, and that its policy names its style and script.
  private static func expectClosed(_ page: String) throws {
    #expect(page.contains("default-src 'none'") && !page.contains("unsafe"))
    #expect(!page.contains("http://") && !page.contains("https://") && !page.contains("url("))
    for (name, directive) in [("style", "style-src"), ("script", "script-src")] {
      guard page.contains("<\(name)>") else { continue }
      let start = try #require(page.firstRange(of: "<\(name)>")?.upperBound)
      let end = try #require(page.firstRange(of: "</\(name)>")?.lowerBound)
      let folder = try TemporaryFolder()
      try folder.write(String(page[start..<end]), to: "content")
      let digest = try BuiltProgram.shell.run(
        ["-c", "openssl dgst -sha256 -binary content | base64"], in: folder.url)
      let text = digest.output.split(separator: "\n").first ?? ""
      #expect(page.contains("\(directive) 'sha256-\(text)'"), "\(name)")
    }
  }

  @Test("Passes are made, checked, and read at a door that knows where it is")
  func passes() throws {
    let site = try Site()
    let made = try JSON.lines(site.done("pass", "new", "--count", "3", "--json").output)
    let codes = made.compactMap { $0["code"].text }
    #expect(Set(codes).count == 3 && made.allSatisfy { $0["symbol"].text == "5-Q" })
    try site.done("pass", "new", "--count", "2", "--output", "Passes")
    let pictures = try FileManager.default.contentsOfDirectory(atPath: site.path("Passes")).sorted()
    #expect(pictures.count == 2 && pictures[0].hasPrefix("pass-00001-"))
    #expect(try site.done("verify", "Passes/\(pictures[0])").output.contains("pass"))
    for (name, mode) in [("Passes", 0o700), ("Passes/\(pictures[0])", 0o600)] {
      let attributes = try FileManager.default.attributesOfItem(atPath: site.path(name))
      #expect(attributes[.posixPermissions] as? Int == mode, "\(name)")
    }

    #expect(try site.done("pass", "check", codes[0]).output == "valid, issued under key 1\n")
    // Words of a call are seen by everybody on the machine, standard input is not.
    let piped = try site.done("pass", "check", "-", input: " \(codes[0]) \r\n")
    #expect(piped.output == "valid, issued under key 1\n")
    #expect(try site.run("pass", "check", "-").errors.contains("there is no pass"))
    let forged = String(codes[0].dropLast()) + (codes[0].hasSuffix("1") ? "2" : "1")
    let rows = [
      (forged, "bad_signature"), ("0912345678", "wrong_length"),
      (try Self.line(site.done("screen", Site.hotel)), "not_a_pass"),
    ]
    for (code, reason) in rows {
      let outcome = try site.run("pass", "check", code, "--json")
      #expect(try outcome.status == 1 && JSON(outcome.output)["reason"].text == reason)
    }
    let scan = try site.done(
      "scan", "--gateway", "g", "--venue", Site.hotel, "--json", input: "\(codes[0])\n\(codes[1])\n"
    )
    let answers = try JSON.lines(scan.output)
    #expect(answers.map { $0["grade"].number } == [2, 2])
    #expect(answers.allSatisfy { $0["venue"].text == Site.hotel && $0["direction"].text == "in" })
    // A case is registered with its pass, and who was there with it is found.
    try site.done("case", "add", "BN1", "--subject", codes[0], "--onset", "2020-08-06")
    let contacts = try site.done(
      "exposure", "--case", "BN1", "--json", at: "2020-08-07T09:00:00+07:00")
    let people = try JSON.lines(contacts.output).map { $0["contact"].text }
    #expect(Set(people).count == 1 && people.first == answers[1]["visitor"].text)
    // Elsewhere than at a door, a pass is nobody's name unless it is genuine.
    #expect(
      try site.run("case", "add", "BN2", "--subject", forged, "--onset", "2020-08-06").status == 2)
  }

  @Test("A running door takes the codes of a store whose secrets were made after it opened")
  func secretsOfLater() throws {
    let site = try Site()
    for name in ["screen-1", "pass-1"] {
      for ending in ["sealed", "made"] {
        try FileManager.default.removeItem(atPath: site.path("store/keys/\(name).\(ending)"))
      }
    }
    let door = try site.start("scan", "--gateway", "g", "--json")
    door.send("\(Site.hotel) an")
    #expect(door.nextLine()?.contains("\"accepted\":true") == true)
    let code = try Self.line(site.done("screen", Site.hotel))
    door.send("\(code) binh")
    #expect(door.nextLine()?.contains("\"grade\":2") == true)
    #expect(door.finish().status == 0)
  }
}
