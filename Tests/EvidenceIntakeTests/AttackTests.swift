import EvidenceIntake
import Presence
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

  @Test("A17: a copied tick is refused a minute later; a forged one is worth nothing until proved")
  func a17() throws {
    let copied = try Sample.receipt()
    #expect(try LiveCodeTests.outcome(copied) == "gatewayScan accepted 0")
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
