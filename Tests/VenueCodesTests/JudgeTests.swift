import TestSupport
import Testing
import VenueCodes

@Suite("What a check-in with a code is worth") struct JudgeTests {
  fileprivate struct Row: CustomTestStringConvertible, Sendable {
    let testDescription: String
    /// When the code was shown, in seconds from the present.
    let shown: Int64
    let rotating: String
    let batch: String
    /// Whether the moment shown is the time of the check-in: of the rotating code, of the batch.
    var isSeen = (true, true)

    init(
      _ description: String, _ shown: Int64, _ rotating: String, _ batch: String,
      isSeen: (Bool, Bool) = (true, true)
    ) {
      self.testDescription = description
      self.shown = shown
      self.rotating = rotating
      self.batch = batch
      self.isSeen = isSeen
    }
  }

  // The present is 10:00:00, the first second of a step and of a minute.
  fileprivate static let rows = [
    Row("now", 0, "2 ok", "2 ok"),
    Row("the step before", -30, "2 ok", "2 ok"),
    Row("the step after", 30, "2 ok", "2 ok"),
    Row("two steps before", -60, "1 ok", "2 ok"),
    Row("two steps after", 60, "1 ok", "2 ok"),
    Row("three steps before", -90, "1 ok", "1 ok"),
    Row("two minutes after", 120, "1 ok", "1 ok"),
    Row("five minutes before", -300, "1 ok", "1 ok"),
    Row("five minutes after", 300, "1 ok", "1 ok"),
    Row("eleven steps before", -330, "-1 clock_skew", "1 ok", isSeen: (true, false)),
    Row("eleven steps after", 330, "-1 clock_skew", "1 ok", isSeen: (true, true)),
    Row("six minutes after", 360, "-1 clock_skew", "1 ok", isSeen: (true, false)),
    Row("the first second of the day", -36_000, "-1 clock_skew", "1 ok", isSeen: (true, false)),
    Row("the last step of the day", 50_370, "-1 clock_skew", "1 ok", isSeen: (true, false)),
    Row(
      "the last step of yesterday", -36_030, "-1 screen_of_another_day", "-1 expired",
      isSeen: (true, false)),
    Row(
      "the first step of tomorrow", 50_400, "-1 screen_of_another_day", "-1 not_yet_valid",
      isSeen: (true, false)),
    Row(
      "a day before", -86_400, "-1 screen_of_another_day", "-1 expired", isSeen: (true, false)),
    Row(
      "a day after", 86_400, "-1 screen_of_another_day", "-1 not_yet_valid",
      isSeen: (true, false)),
  ]

  @Test("The nearer to its moment, the more a screen's code is worth", arguments: rows)
  fileprivate func time(row: Row) throws {
    let verifier = try Live.verifier()
    let shown = Live.now + row.shown
    let rotating = verifier.judge(try Live.rotating(at: shown).bytes, at: Live.now)
    #expect(rotating.summary == row.rotating)
    #expect(rotating.seenAt == (row.isSeen.0 ? shown : nil))
    let batch = verifier.judge(try Live.batch(at: shown).bytes, at: Live.now)
    #expect(batch.summary == row.batch)
    let minute = Live.now + (row.shown - ((row.shown % 60) + 60) % 60)
    #expect(batch.seenAt == (row.isSeen.1 ? minute : nil))
  }

  @Test("What was shown just before midnight is live just after it")
  func midnight() throws {
    let verifier = try Live.verifier()
    let midnight = Live.start(of: Live.today.advanced(by: 1))
    for (shown, now) in [(midnight - 1, midnight + 1), (midnight + 1, midnight - 1)] {
      #expect(verifier.judge(try Live.rotating(at: shown).bytes, at: now).summary == "2 ok")
      #expect(verifier.judge(try Live.batch(at: shown).bytes, at: now).summary == "2 ok")
    }
  }

  @Test("Receipts are fresh for a minute to either side, and are worth nothing until proved")
  func receipts() throws {
    let verifier = try Live.verifier()
    let rows: [(Int64, String)] = [
      (0, "0 ok"), (60, "0 ok"), (61, "-1 stale_receipt"), (-60, "0 ok"),
      (-61, "-1 receipt_ahead"), (3_600, "-1 stale_receipt"),
    ]
    for (age, expected) in rows {
      let verdict = verifier.judge(try Live.receipt().bytes, at: Live.now + age)
      #expect(verdict.summary == expected, "\(age) s")
    }
  }

  @Test("How long ago is told in the unit that a person would take, whatever the bytes say")
  func durations() {
    let rows: [(Int64, String)] = [
      (61, "61 seconds"), (119, "119 seconds"), (120, "2 minutes"), (7_199, "119 minutes"),
      (7_200, "2 hours"), (172_799, "47 hours"), (172_800, "2 days"), (31_622_399, "365 days"),
      (31_622_400, "more than a year"), (.max, "more than a year"),
    ]
    for (seconds, expected) in rows {
      #expect(VenueCodeError.staleReceipt(seconds: seconds).description.contains(expected))
      #expect(VenueCodeError.clockSkew(seconds: -seconds).description.contains("\(expected) ago"))
    }
  }

  @Test("Venue, print and key are asked for a screen's code as for a poster")
  func registry() throws {
    let open = try Live.verifier()
    #expect(open.judge(try Live.batch(serial: 9).bytes, at: Live.now).summary == "-1 revoked_print")
    #expect(
      open.judge(try Live.batch(keyID: 8).bytes, at: Live.now).summary == "- unknown_key")
    let elsewhere = try #require(VenueID(rawValue: 5))
    let codes = try [
      Live.poster().bytes, Live.batch().bytes, Live.rotating().bytes, Live.receipt().bytes,
    ]
    let closed = try Live.verifier(status: .retired(name: "Hải Âu"))
    for bytes in codes {
      let verdict = closed.judge(bytes, at: Live.now)
      #expect(verdict.summary == "-1 retired_venue" && verdict.venueName == "Hải Âu")
    }
    #expect(
      open.judge(try Live.rotating(venue: elsewhere).bytes, at: Live.now).summary
        == "-1 unknown_venue")
    // A revoked key is refused at once, whatever the minute.
    let keys = try KeySet([
      PublishedKey(
        id: 7, publicKey: goldenKey().publicKey, notBefore: 0, notAfter: 2_000_000_000,
        revokedAt: Live.now)
    ])
    let revoked = try Live.verifier(keys: keys)
    #expect(revoked.judge(try Live.batch().bytes, at: Live.now).summary == "- key_revoked")
  }

  @Test("Without secrets, what only they prove is refused and says so; posters are read as ever")
  func withoutSecrets() throws {
    let verifier = try Live.verifier(secrets: CodeSecrets())
    let rows: [([UInt8], String, Bool)] = [
      (try Live.rotating().bytes, "- unknown_screen_key", true),
      (try Live.pass().bytes, "- unknown_pass_key", true), (try Live.poster().bytes, "1 ok", false),
      (try Live.batch().bytes, "2 ok", false), (try Live.receipt().bytes, "0 ok", false),
    ]
    for (bytes, expected, needsSecrets) in rows {
      let verdict = verifier.judge(bytes, at: Live.now)
      #expect(verdict.summary == expected && verdict.needsSecrets == needsSecrets)
    }
    let again = try verifier.with(
      CodeSecrets(screens: [Live.screenMaster()], passes: [Live.passMaster()]))
    #expect(again.judge(rows[0].0, at: Live.now).summary == "2 ok")
  }

  @Test("A subject is a pass only when it is one: a forged one is an error and not a name")
  func subjects() throws {
    let verifier = try Live.verifier()
    let pass = try Live.pass()
    let prefix = try URLPrefix("https://qr.haiphong.gov.vn/#")
    let texts = [pass.digits, pass.url(prefix: prefix)]
    for text in texts {
      #expect(try verifier.pass(of: text)?.bytes == pass.bytes)
    }
    let names = [
      "", "an", "0912345678", String(repeating: "7", count: 73), String(pass.digits.dropLast()),
      pass.digits + "0", "x" + pass.digits, try Live.rotating().digits, try Live.poster().digits,
      "https://example.org/#" + pass.digits,
    ]
    for name in names {
      #expect(try verifier.pass(of: name) == nil, "\(name)")
    }
    var forged = pass.bytes
    forged[29] ^= 1
    let digits = Carrier.digits(of: forged.span)
    #expect(
      failure(VenueCodeError.self) { try verifier.pass(of: digits)?.bytes }
        == .badSignature)
    let blind = try Live.verifier(secrets: CodeSecrets())
    #expect(
      failure(VenueCodeError.self) { try blind.pass(of: pass.digits)?.bytes }
        == .unknownPassKey(1))
  }
}
