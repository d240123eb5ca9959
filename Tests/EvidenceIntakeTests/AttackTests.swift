import EvidenceIntake
import Presence
import TestSupport
import Testing
import VenueCodes

@Suite("Attacks at a door") struct AttackTests {
  @Test("A16(b): a genuine poster of another venue is refused by a door that knows where it is")
  func a16() throws {
    let poster = try Sample.code(venue: Sample.market)
    for line in ["\(poster) an", "\(try Sample.rotating(venue: Sample.market)) an", "chợ an"] {
      var door = try LiveCodeTests.door()
      guard
        case .refused(let refusal) = door.read(
          Array(line.utf8), at: Sample.now, id: LiveCodeTests.uuid)
      else {
        Issue.record("taken: \(line)")
        continue
      }
      #expect(refusal.word == "other-venue")
      // Both places by name, so that staff know which poster to look for.
      #expect(
        refusal.reason.contains("Venue 000000ZB4") && refusal.reason.contains("Venue 000000Z92"))
    }
    #expect(try LiveCodeTests.outcome("\(try Sample.code()) an") == "scan accepted 1")
    #expect(try LiveCodeTests.outcome("\(poster) an", at: nil) == "scan accepted 1")
  }

  @Test("A17: a copied tick is refused a minute later; a forged one puts nobody anywhere")
  func a17() throws {
    let copied = try Sample.receipt()
    #expect(try LiveCodeTests.outcome(copied) == "gatewayScan unproved 0")
    // 18 random bytes behind the venue and the step are as good: nothing at a door tells them apart.
    let seed = UInt64.random(in: .min ... .max)
    var generator = SeededGenerator(seed: seed)
    let genuine = try Carrier().bytes(decoding: copied)
    for direction in Direction.allCases {
      let forged =
        genuine[..<11] + (0..<18).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
      var door = try LiveCodeTests.door(direction)
      let bytes = Array(forged)
      let line = Carrier.digits(of: bytes.span)
      guard
        case .evidence(let read, let answer) = door.read(
          Array(line.utf8), at: Sample.now, id: LiveCodeTests.uuid)
      else {
        Issue.record("refused, seed \(seed)")
        continue
      }
      #expect(read.status == .unproved && read.grade == 0 && !answer.isProved)
      #expect(PresenceEvent(read, subject: 0) == nil && door.rememberedCount == 0)
    }
    #expect(try LiveCodeTests.outcome(copied, now: Sample.now + 61) == "stale_receipt")
    #expect(try LiveCodeTests.outcome(copied, now: Sample.now + 3_600) == "stale_receipt")
    // A picture of a green tick, and the page's address without a receipt.
    for text in ["https://qr.haiphong.gov.vn/#", "OK", "https://example.org/tick"] {
      #expect(try !LiveCodeTests.outcome(text).contains("accepted"))
    }
  }

  @Test(
    "A21: a rotating code three steps later, elsewhere or twice is degraded, refused, one record")
  func a21() throws {
    let line = "\(try Sample.rotating()) an"
    #expect(try LiveCodeTests.outcome(line, now: Sample.now + 90) == "scan accepted 1")
    #expect(try LiveCodeTests.outcome(line, at: Sample.market) == "other-venue")
    var doors = [try LiveCodeTests.door(), try LiveCodeTests.door(at: nil)]
    var rows: [Evidence] = []
    var answers: [Bool] = []
    for (place, seconds) in [(0, 0), (0, 20), (1, 25)] as [(Int, Int64)] {
      let id = EvidenceID(high: 0, low: UInt64(seconds))
      if case .evidence(let read, let answer) = doors[place].read(
        Array(line.utf8), at: Sample.now + seconds, id: id)
      {
        rows.append(read)
        answers.append(answer.isRepeat)
      }
    }
    #expect(Set(rows.map(\.id)).count == 1 && rows.count == 3)
    #expect(rows.allSatisfy { $0.statesTheSame(as: rows[0]) })
    // The door that saw it before says so itself; of the other the store knows.
    #expect(answers == [false, true, false])
  }

  @Test("A21: what came late or too late never stands in the way of the live scan, in any order")
  func a21WorstFirst() throws {
    let line = "\(try Sample.rotating()) an"
    let lateness: [Int64] = [1_200, 180, 20]
    let orders: [[Int64]] = [lateness, lateness.reversed(), [180, 20, 1_200]]
    for order in orders {
      let rows = try order.map { seconds -> Evidence in
        var door = try LiveCodeTests.door()
        guard
          case .evidence(let read, _) = door.read(
            Array(line.utf8), at: Sample.now + seconds, id: LiveCodeTests.uuid)
        else { throw ForeignDoorTests.Unexpected() }
        return read
      }
      #expect(Set(rows.map(\.id)).count == 3)
      #expect(Set(rows.map(\.grade)) == [-1, 1, 2])
      // The two that count are one visit: they say the same moment.
      let events = rows.compactMap { PresenceEvent($0, subject: 0) }
      let visits = VisitDeriver(rules: StayRules(calendar: .haiPhong)).visits(from: events)
      #expect(events.count == 2 && visits.count == 1 && visits.first?.enter == Sample.now)
      #expect(visits.first?.endReason != .exitScan)
    }
  }

  @Test("A21: in and out in one step are two records, read in that order, and unknown ways one")
  func a21Ways() throws {
    let line = "\(try Sample.rotating()) an"
    func row(_ direction: Direction, after seconds: Int64) throws -> Evidence {
      var door = try LiveCodeTests.door(direction)
      guard
        case .evidence(let read, _) = door.read(
          Array(line.utf8), at: Sample.now + seconds, id: LiveCodeTests.uuid)
      else { throw ForeignDoorTests.Unexpected() }
      return read
    }
    let rows = try [row(.outward, after: 20), row(.inward, after: 0)]
    #expect(rows[0].id != rows[1].id)
    let events = rows.compactMap { PresenceEvent($0, subject: 0) }
    let visits = VisitDeriver(rules: StayRules(calendar: .haiPhong)).visits(from: events)
    #expect(visits.count == 1 && visits.first?.endReason == .exitScan)
    #expect(visits.first?.enter == Sample.now && visits.first?.isStartUnknown == false)
    for direction in Direction.allCases {
      #expect(try row(direction, after: 0).statesTheSame(as: row(direction, after: 25)))
    }
  }

  /// A second valid signature of `Sample.code()`: made with its key and a nonce of its own, which
  /// RFC 8032 does not take and no verifier can tell.
  private static let secondSignature = """
    7767a3242dc9b58bbc68488c1265cc6cc5f26c6f3c88a5d55e901b0734dca572\
    07c54b0f52086c4f08d77a5eb9c42c9bd35c5dca9930893ea9c4955530707601
    """

  @Test("A20: one poster under two valid signatures is one piece of evidence")
  func a20() throws {
    let first = try Sample.code()
    let digits = Array(Self.secondSignature)
    let signature = try stride(from: 0, to: digits.count, by: 2).map { place in
      try #require(UInt8(String(digits[place...place + 1]), radix: 16))
    }
    let bytes = try Carrier().bytes(decoding: first)
    let changed = Array(bytes[..<14]) + signature
    let second = Carrier.digits(of: changed.span)
    #expect(second != first && second.count == first.count)
    let rows = try [first, second].map { code in
      try Sample.evidence(
        .scans, "code,subject,time\n\(code),an,2020-08-20T12:00:00+07:00\n", Sample.context())
    }
    #expect(rows[0].id == rows[1].id && rows[0].statesTheSame(as: rows[1]))
    #expect(rows.allSatisfy { $0.grade == 1 && $0.status == .accepted })
    // At a door the second is a double beep of the first.
    var door = try LiveCodeTests.door()
    let repeats = [first, second].map { code -> Bool? in
      guard
        case .evidence(_, let answer) = door.read(
          Array("\(code) an".utf8), at: Sample.now, id: LiveCodeTests.uuid)
      else { return nil }
      return answer.isRepeat
    }
    #expect(repeats == [false, true])
  }

  @Test("A22: a visitor of the old poster, of the new one and of the screen are at one venue")
  func a22() throws {
    let context = try Sample.context()
    let codes = try [
      Sample.code(from: "2020-07-01", serial: 1), Sample.code(from: "2020-08-20", serial: 2),
      Sample.rotating(), Sample.batch(), "000000Z92",
    ]
    let venues = try codes.map { code in
      let column = code.count > 11 ? "code" : "venue"
      return try Sample.evidence(
        .scans, "\(column),subject,time\n\(code),an,2020-08-20T12:00:00+07:00\n", context
      ).venue
    }
    #expect(Set(venues) == [Sample.hotel])
  }

  @Test("A23: five minutes of skew are accepted, ten are flagged, a day is refused")
  func a23() throws {
    for (skew, expected) in [
      (-300, "scan accepted 1"), (300, "scan accepted 1"), (-600, "scan clockSkew -1"),
      (600, "scan clockSkew -1"), (-86_400, "screen_of_another_day"),
      (86_400, "screen_of_another_day"),
    ] as [(Int64, String)] {
      let line = "\(try Sample.rotating(at: Sample.now + skew)) an"
      #expect(try LiveCodeTests.outcome(line) == expected, "\(skew) s")
    }
  }
}
