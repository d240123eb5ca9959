import EvidenceIntake
import Presence
import Testing
import TestSupport
import VenueCodes

@Suite("Reading at a door") struct DoorTests {
  static func door(
    _ direction: Direction = .auto, visitor: String? = nil, rules: StayRules? = nil
  ) throws -> Door {
    Door(
      gateway: "door-1", direction: direction,
      defaultVisitor: try visitor.map { try Sample.subject($0) }, context: try Sample.context(),
      rules: rules)
  }

  static let uuid = EvidenceID(high: 1, low: 2)

  struct Line: Sendable {
    /// What stands for `CODE` in the line.
    var kind = PosterKind.inAndOut
    var venue = Sample.hotel
    var zone: UInt8 = 0
    var signer: UInt8 = 7
    var key: UInt8 = 7
    var from = "2020-07-01"
    var weeks: UInt8 = 26
    var serial: UInt8 = 0
    var direction = Direction.auto
    let line: String
    /// Kind, status, grade and way, or code and column of the refusal.
    let outcome: String
  }

  static let lines = [
    Named("digits and a visitor", Line(line: "CODE V1", outcome: "scan accepted 1 in")),
    Named(
      "an address and a tab",
      Line(line: "https://qr.haiphong.gov.vn/#CODE\tV1", outcome: "scan accepted 1 in")),
    Named(
      "CR LF and control characters around",
      Line(line: "\u{2}\0 CODE  V1\u{3}\r\n", outcome: "scan accepted 1 in")),
    Named("a typed id", Line(line: "000000Z92 V1", outcome: "scan accepted 0 in")),
    Named("a typed id with hyphens", Line(line: "0000-00z9-2 V1", outcome: "scan accepted 0 in")),
    Named(
      "a typed id in groups as on the poster",
      Line(line: "OOOO 00Z9  2 V1", outcome: "scan accepted 0 in")),
    Named(
      "a typed id in groups of both signs",
      Line(line: "0000-00Z9 2 V1", outcome: "scan accepted 0 in")),
    Named("an alias", Line(line: "hnhpmc V1", outcome: "scan accepted 0 in")),
    Named(
      "a known way in", Line(direction: .inward, line: "CODE V1", outcome: "scanIn accepted 1 in")),
    Named(
      "a known way out",
      Line(direction: .outward, line: "CODE V1", outcome: "scanOut accepted 1 out")),
    Named(
      "a typed id on the way out",
      Line(direction: .outward, line: "000000Z92 V1", outcome: "scanOut accepted 0 out")),
    Named("an entrance", Line(kind: .entrance, line: "CODE V1", outcome: "scanIn accepted 1 in")),
    Named("an exit", Line(kind: .exit, line: "CODE V1", outcome: "scanOut accepted 1 out")),
    Named(
      "an entrance on the way out",
      Line(
        kind: .entrance, direction: .outward, line: "CODE V1", outcome: "contradiction direction")),
    Named(
      "an exit on the way in",
      Line(kind: .exit, direction: .inward, line: "CODE V1", outcome: "contradiction direction")),
    Named("expired", Line(weeks: 2, line: "CODE V1", outcome: "scan expiredCode -1 in")),
    Named(
      "not valid yet",
      Line(from: "2020-08-21", line: "CODE V1", outcome: "scan codeNotYetValid -1 in")),
    Named("a revoked print", Line(serial: 9, line: "CODE V1", outcome: "scan revokedPrint -1 in")),
    Named(
      "a retired venue, out",
      Line(
        venue: Sample.bar, direction: .outward, line: "CODE V1",
        outcome: "scanOut retiredVenue -1 out")),
    Named("a retired venue, typed", Line(line: "000000ZA3 V1", outcome: "scan retiredVenue 0 in")),
    Named("a revoked key", Line(signer: 8, key: 8, line: "CODE V1", outcome: "bad-code code")),
    Named("forged", Line(signer: 9, line: "CODE V1", outcome: "bad-code code")),
    Named(
      "an unknown venue", Line(venue: Sample.id(5), line: "CODE V1", outcome: "unknown-venue code")),
    Named("an unknown venue, typed", Line(line: "C0FF EE00 Y V1", outcome: "unknown-venue code")),
    Named("a mistyped id", Line(line: "000000Z93 V1", outcome: "bad-venue code")),
    Named("an alias of two venues", Line(line: "shared V1", outcome: "bad-venue code")),
    Named("half a code", Line(line: "1234567890123456 V1", outcome: "bad-code code")),
    Named(
      "another service's code", Line(line: "https://example.org/x V1", outcome: "bad-code code")),
    Named("nothing", Line(line: " \r\n", outcome: "missing code")),
    Named("nobody", Line(line: "CODE", outcome: "missing subject")),
    Named("nobody, in groups", Line(line: "0000 00Z9 2", outcome: "missing subject")),
    Named("a visitor with a bell", Line(line: "CODE V\u{7}1", outcome: "bad-subject subject")),
    Named(
      "a visitor that is too long",
      Line(line: "CODE " + String(repeating: "9", count: 257), outcome: "bad-subject subject")),
    Named(
      "a line that is too long",
      Line(line: "CODE " + String(repeating: "9", count: 2_048), outcome: "bad-code code")),
  ]

  @Test("A line is taken or refused with a reason", arguments: lines)
  func readsLines(row: Named<Line>) throws {
    let value = row.value
    let code = try Sample.code(
      value.kind, venue: value.venue, zone: value.zone, key: value.key, signedBy: value.signer,
      from: value.from, weeks: value.weeks, serial: value.serial)
    let line = value.line.replacing("CODE", with: code)
    var door = try Self.door(value.direction)
    switch door.read(Array(line.utf8), at: Sample.now, id: Self.uuid) {
    case .refused(let refusal):
      #expect("\(refusal.code.rawValue) \(refusal.column)" == value.outcome)
      #expect(!refusal.reason.isEmpty && !refusal.reason.contains("V1"))
    case .evidence(let read, let answer):
      let way = answer.isEntry ? "in" : "out"
      #expect("\(read.kind) \(read.status) \(read.grade) \(way)" == value.outcome)
      let expected = Evidence(
        id: Self.uuid, kind: read.kind, subject: try Sample.subject("V1"), venue: value.venue,
        start: Sample.now, statedStay: value.line.contains("CODE") ? Sample.stay : nil,
        grade: read.grade, status: read.status, gateway: "door-1", receivedAt: Sample.now)
      let stated = line.contains("ZA3") ? Sample.bar : value.venue
      #expect(read.venue == stated && answer.venue == stated)
      #expect(answer.visitor == expected.subject && answer.isRepeat == false)
      #expect((answer.failure == nil) == (read.status == .accepted))
      if stated == value.venue { #expect(read == expected) }
    }
  }

  @Test("A line that is not UTF-8 is refused")
  func refusesOtherEncodings() throws {
    var door = try Self.door()
    let line = Array("000000Z92 V".utf8) + [0xC0, 0xAF]
    guard case .refused(let refusal) = door.read(line, at: Sample.now, id: Self.uuid) else {
      Issue.record("the line was taken")
      return
    }
    #expect(refusal.code == .badCode && refusal.reason.contains("UTF-8"))
  }

  @Test("A line without a visitor is the door's own visitor, one with is not")
  func fillsInVisitor() throws {
    var door = try Self.door(visitor: "owner")
    var visitors: [Pseudonym] = []
    for line in ["000000Z92", "0000 00Z9 2", "000000Z92 V1"] {
      if case .evidence(let read, _) = door.read(Array(line.utf8), at: Sample.now, id: Self.uuid) {
        visitors.append(read.subject)
      }
    }
    let owner = try Sample.subject("owner")
    #expect(try visitors == [owner, owner, Sample.subject("V1")])
  }

  struct Story: Sendable {
    var direction = Direction.auto
    /// Seconds since the door opened and the line.
    let scans: [(Int64, String)]
    let answers: [String]
    var earlier: [(Int64, Evidence.Kind)] = []
  }

  static let stories = [
    Named(
      "in, out and in again",
      Story(
        scans: [(0, "000000Z92 A"), (61, "000000Z92 A"), (200, "000000Z92 A")],
        answers: ["in", "out", "in"])),
    Named(
      "a double beep",
      Story(
        scans: [(0, "000000Z92 A"), (60, "000000Z92 A"), (300, "000000Z92 A")],
        answers: ["in", "in again", "out"])),
    Named(
      "beep after beep is still one scan",
      Story(
        scans: [0, 50, 100, 150, 200, 250, 300, 400].map { ($0, "000000Z92 A") },
        answers: ["in"] + Array(repeating: "in again", count: 6) + ["out"])),
    Named(
      "beeps within a second on the way out",
      Story(
        scans: [0, 100, 100, 100, 100, 100].map { ($0, "000000Z92 A") },
        answers: ["in", "out"] + Array(repeating: "out again", count: 4))),
    Named(
      "a double beep on the way out",
      Story(
        scans: [(0, "000000Z92 A"), (100, "000000Z92 A"), (130, "000000Z92 A")],
        answers: ["in", "out", "out again"])),
    Named(
      "two people at once",
      Story(
        scans: [
          (0, "000000Z92 A"), (1, "000000Z92 B"), (100, "000000Z92 A"), (101, "000000Z92 B"),
        ],
        answers: ["in", "in", "out", "out"])),
    Named(
      "on to another venue and back",
      Story(
        scans: [(0, "000000Z92 A"), (100, "000000ZB4 A"), (200, "000000Z92 A")],
        answers: ["in", "in", "in"])),
    Named(
      "a stated direction, twice",
      Story(
        direction: .inward,
        scans: [(0, "000000Z92 A"), (30, "000000Z92 A"), (300, "000000Z92 A")],
        answers: ["in", "in again", "in"])),
    Named(
      "out without in",
      Story(
        direction: .outward, scans: [(0, "000000Z92 A"), (300, "000000Z92 A")],
        answers: ["out", "out"])),
    Named(
      "who is there since before the door opened",
      Story(scans: [(0, "000000Z92 A")], answers: ["out"], earlier: [(-3_600, .scanIn)])),
    Named(
      "who went before the door opened",
      Story(
        scans: [(0, "000000Z92 A")], answers: ["in"],
        earlier: [(-7_200, .scanIn), (-3_600, .scanOut)])),
    Named(
      "a scan just before the door opened",
      Story(scans: [(0, "000000Z92 A")], answers: ["in again"], earlier: [(-20, .scan)])),
    Named(
      "who came two days ago has gone since",
      Story(scans: [(0, "000000Z92 A")], answers: ["in"], earlier: [(-172_800, .scanIn)])),
    Named(
      "meetings of people say nothing about doors",
      Story(scans: [(0, "000000Z92 A")], answers: ["in"], earlier: [(-3_600, .staffNote)])),
  ]

  @Test("A door knows who comes and who goes", arguments: stories)
  func tellsInFromOut(row: Named<Story>) throws {
    var generator = SeededGenerator(seed: 1)
    var door = try Self.door(row.value.direction)
    for (time, kind) in row.value.earlier {
      door.remember(
        Evidence(
          id: EvidenceID(atMilliseconds: time, using: &generator), kind: kind,
          subject: try Sample.subject("A"), venue: Sample.hotel, start: Sample.now + time,
          receivedAt: 0))
    }
    let answers = row.value.scans.map { time, line in
      let id = EvidenceID(atMilliseconds: time * 1_000, using: &generator)
      guard
        case .evidence(_, let answer) = door.read(Array(line.utf8), at: Sample.now + time, id: id)
      else { return "refused" }
      return (answer.isEntry ? "in" : "out") + (answer.isRepeat ? " again" : "")
    }
    #expect(answers == row.value.answers)
  }

  @Test("Scans that do not count change no answer")
  func forgetsWhatDoesNotCount() throws {
    var door = try Self.door()
    let expired = try Sample.code(weeks: 2)
    var ways: [Bool] = []
    for (time, code) in [(0, expired), (100, "000000Z92"), (200, expired), (300, "000000Z92")] {
      let id = EvidenceID(high: 0, low: UInt64(time))
      let line = Array("\(code) A".utf8)
      if case .evidence(let read, let answer) = door.read(
        line, at: Sample.now + Int64(time), id: id),
        read.status == .accepted
      {
        ways.append(answer.isEntry)
      }
    }
    #expect(ways == [true, false])
  }

  @Test("Who was there when a venue closed comes in again the next morning")
  func knowsClosingTime() throws {
    let rules = StayRules(
      calendar: .haiPhong, byVenue: [Sample.hotel: StayRule(closingSecond: 17 * 3_600)])
    for (hours, isEntry) in [(5, false), (7, true), (20, true)] {
      var door = try Self.door(rules: rules)
      let line = Array("000000Z92 A".utf8)
      _ = door.read(line, at: Sample.now, id: EvidenceID(high: 0, low: 1))
      let later = door.read(
        line, at: Sample.now + Int64(hours) * 3_600, id: EvidenceID(high: 0, low: 2))
      guard case .evidence(_, let answer) = later else {
        Issue.record("refused")
        continue
      }
      #expect(answer.isEntry == isEntry, "after \(hours) hours")
    }
  }

  @Test(
    "A door answers as the visits are derived later",
    arguments: 1...UInt64(TestEnvironment.propertyRuns(default: 6)))
  func agreesWithVisits(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let zones = try [0, 1, 2].map { try Sample.code(zone: $0) }
    let places = zones + [try Sample.code(.entrance), try Sample.code(.exit), "000000ZB4"]
    let rules = StayRules(
      calendar: .haiPhong, byVenue: [Sample.market: StayRule(closingSecond: 20 * 3_600)])
    var door = try Self.door(rules: rules)
    var events: [String: [PresenceEvent]] = [:]
    var now = Sample.now
    var disagreements: [String] = []
    for _ in 0..<150 {
      now += [1, 20, 60, 61, 900, 40_000].randomElement(using: &generator) ?? 1
      let visitor = ["A", "B"].randomElement(using: &generator) ?? "A"
      let place = places.randomElement(using: &generator) ?? "000000ZB4"
      let id = EvidenceID(atMilliseconds: now * 1_000, using: &generator)
      guard
        case .evidence(let read, let answer) = door.read(
          Array("\(place) \(visitor)".utf8), at: now, id: id),
        let event = PresenceEvent(read, subject: 0)
      else { continue }
      events[visitor, default: []].append(event)
      let visits = VisitDeriver(rules: rules).visits(from: events[visitor] ?? [])
      let isExit = visits.contains { $0.closedBy == id && $0.endReason == .exitScan }
      let isEntry = !isExit && visits.contains { $0.openedBy == id }
      if isExit && answer.isEntry || isEntry && !answer.isEntry {
        disagreements.append("\(visitor) at \(now - Sample.now)")
      }
    }
    #expect(disagreements == [] && !events.isEmpty)
  }
}
