import Presence
import Testing
import VenueCodes

private let midnight: Int64 = 1_596_646_800  // 2020-08-06T00:00:00+07:00

/// Returns the second of a time on 6 August 2020, or on the day before or after it.
private func at(_ clock: String) throws -> Int64 {
  let parts = clock.split(separator: " ")
  let time = try #require(parts.last).split(separator: ":").compactMap { Int64($0) }
  try #require(time.count >= 2)
  let seconds = time[0] * 3_600 + time[1] * 60 + (time.count > 2 ? time[2] : 0)
  let day: Int64 = parts.count == 1 ? 0 : parts[0] == "next" ? 86_400 : -86_400
  return midnight + day + seconds
}

/// The venues of the examples by letter.
private let venues: [Character: UInt64] = [
  "S": 1,  // a shop: half an hour, 07:00 to 21:00
  "O": 2,  // an office: until 17:00
  "H": 3,  // a hotel: until check-out, two weeks at most
  "B": 4,  // a bar: two hours, until 02:00
  "P": 5,  // a station: a quarter of an hour, never closes, three hours at most
]

private func venue(_ letter: Character) throws -> VenueID {
  try #require(venues[letter].flatMap { VenueID(rawValue: $0) })
}

private func exampleRules() throws -> StayRules {
  StayRules(
    calendar: .haiPhong,
    byVenue: [
      try venue("S"): StayRule(defaultStaySeconds: 1_800, closingSecond: 75_600),
      try venue("O"): StayRule(closingSecond: 61_200),
      try venue("H"): StayRule(capSeconds: 14 * 86_400),
      try venue("B"): StayRule(defaultStaySeconds: 7_200, closingSecond: 93_600),
      try venue("P"): StayRule(defaultStaySeconds: 900, capSeconds: 10_800),
    ])
}

/// Reads events like `09:00 in S`, `09:00 scan S2 stay 600`, `09:00 stay S until 10:00`.
private func events(_ text: String) throws -> [PresenceEvent] {
  let kinds: [Substring: PresenceEvent.Kind] = [
    "in": .entry, "out": .exit, "scan": .scan, "stay": .stay,
  ]
  return try text.split(separator: ";").enumerated().map { number, line in
    var words = line.split(separator: " ")
    let isOtherDay = words[0] == "next" || words[0] == "before"
    let time = try at(words.prefix(isOtherDay ? 2 : 1).joined(separator: " "))
    words.removeFirst(isOtherDay ? 2 : 1)
    let kind = try #require(kinds[words[0]])
    let leave = words.firstIndex(of: "until").map { words[($0 + 1)...].joined(separator: " ") }
    let stay = words.count > 3 && words[2] == "for" ? Int32(words[3]) : nil
    return PresenceEvent(
      kind, subject: 7, venue: try venue(try #require(words[1].first)),
      zone: UInt8(words[1].dropFirst()) ?? 0, time: time, leave: try leave.map(at),
      defaultStaySeconds: stay, evidence: EvidenceID(high: 0, low: UInt64(number)))
  }
}

/// Writes visits like `S 09:00–09:30 defaultStay`.
private func written(_ visits: [Visit]) -> [String] {
  func clock(_ second: Int64) -> String {
    let local = second - midnight
    let day = local < 0 ? "before " : local >= 86_400 ? "next " : ""
    let text = ISO8601.format(second, in: .haiPhong).dropFirst(11).prefix(8)
    return day + (text.hasSuffix(":00") ? text.dropLast(3) : text)
  }
  return visits.map { visit in
    let letter = venues.first { $0.value == visit.venue.rawValue }?.key ?? "?"
    let zone = visit.zone == 0 ? "" : String(visit.zone)
    return "\(letter)\(zone) \(visit.isStartUnknown ? "?" : "")\(clock(visit.enter))–"
      + "\(clock(visit.leave)) \(visit.endReason)"
  }
}

@Suite("Visit deriver") struct VisitDeriverTests {
  struct Story: CustomTestStringConvertible, Sendable {
    let name: String
    let events: String
    let visits: [String]
    var testDescription: String { name }

    init(_ name: String, _ events: String, _ visits: String...) {
      self.name = name
      self.events = events
      self.visits = visits
    }
  }

  static let stories: [Story] = [
    Story("nothing", ""),
    Story("an exit scan ends a visit", "09:00 in S;09:10 out S", "S 09:00–09:10 exitScan"),
    Story(
      "an exit scan is trusted over the default stay", "09:00 in S;11:00 out S",
      "S 09:00–11:00 exitScan"),
    Story(
      "an exit scan a little after closing time is the exit", "20:50 in S;21:40 out S",
      "S 20:50–21:40 exitScan"),
    Story(
      "an exit scan on the next day is not", "18:00 in S;next 10:00 out S",
      "S 18:00–18:30 defaultStay", "S ?next 09:30–next 10:00 exitScan"),
    Story("no exit: the default stay", "09:00 in S", "S 09:00–09:30 defaultStay"),
    Story(
      "closing time before the default stay is over", "20:45 in S", "S 20:45–21:00 closingTime"),
    Story(
      "closing time and default stay at once: the more trusted", "20:30 in S",
      "S 20:30–21:00 closingTime"),
    Story("no default stay: closing time", "08:00 in O", "O 08:00–17:00 closingTime"),
    Story(
      "in after closing time: until the day ends", "19:00 in O", "O 19:00–next 00:00 closingTime"),
    Story(
      "a bar's night belongs to the day it began", "next 01:30 in B",
      "B next 01:30–next 02:00 closingTime"),
    Story("and its evening ends by default stay", "20:00 in B", "B 20:00–22:00 defaultStay"),
    Story(
      "the cap, when nothing else is known", "14:00 in H;next 15:00 in P",
      "H 14:00–next 15:00 nextCheckIn", "P next 15:00–next 15:15 defaultStay"),
    Story(
      "a code's stay is trusted over the venue's", "09:00 in S for 600", "S 09:00–09:10 defaultStay"
    ),
    Story("a code's stay of 0 is until check-out", "09:00 in P for 0", "P 09:00–12:00 cap"),
    Story(
      "the next check-in elsewhere ends a visit", "09:00 in O;11:00 in S",
      "O 09:00–11:00 nextCheckIn", "S 11:00–11:30 defaultStay"),
    Story(
      "but not one that was over", "09:00 in S;11:00 in O", "S 09:00–09:30 defaultStay",
      "O 11:00–17:00 closingTime"),
    Story(
      "next check-in and default stay at once: the more trusted", "09:00 in S;09:30 in O",
      "S 09:00–09:30 nextCheckIn", "O 09:30–17:00 closingTime"),
    Story(
      "an exit scan elsewhere is being elsewhere too", "09:00 in O;11:00 out S",
      "O 09:00–11:00 nextCheckIn", "S ?10:30–11:00 exitScan"),
    Story("a second scan is the exit", "09:00 scan S;09:20 scan S", "S 09:00–09:20 exitScan"),
    Story(
      "and the third comes in again", "09:00 scan S;09:20 scan S;10:00 scan S",
      "S 09:00–09:20 exitScan", "S 10:00–10:30 defaultStay"),
    Story(
      "a scan on the next day comes in again", "09:00 scan S;next 08:00 scan S",
      "S 09:00–09:30 defaultStay", "S next 08:00–next 08:30 defaultStay"),
    Story(
      "a scan after the cap comes in again", "09:00 scan P;12:01 scan P",
      "P 09:00–09:15 defaultStay", "P 12:01–12:16 defaultStay"),
    Story(
      "a scan an hour after closing time is the exit", "20:45 scan S;22:00 scan S",
      "S 20:45–22:00 exitScan"),
    Story(
      "a scan where the visit was ended by being elsewhere comes in again",
      "09:00 scan O;10:00 scan S;10:20 scan O", "O 09:00–10:00 nextCheckIn",
      "S 10:00–10:20 nextCheckIn", "O 10:20–17:00 closingTime"),
    Story("a double beep is one scan", "09:00 scan S;09:01 scan S", "S 09:00–09:30 defaultStay"),
    Story(
      "61 seconds are not", "09:00 scan S;09:01:01 scan S", "S 09:00–09:01:01 exitScan"),
    Story(
      "a row of beeps is one scan", "09:00 scan S;09:00:50 scan S;09:01:40 scan S",
      "S 09:00–09:30 defaultStay"),
    Story(
      "a double beep of an exit is one", "09:00 in S;09:20 out S;09:20:30 out S",
      "S 09:00–09:20 exitScan"),
    Story(
      "a scan just after an exit is that exit", "09:00 in S;09:20 out S;09:20:30 scan S",
      "S 09:00–09:20 exitScan"),
    Story(
      "a scan just after an entry is that entry", "09:00 in S;09:00:20 scan S",
      "S 09:00–09:30 defaultStay"),
    Story(
      "out just after in is the other direction", "09:00 in S;09:00:20 out S",
      "S 09:00–09:00:20 exitScan"),
    Story(
      "going elsewhere in between is no double beep",
      "09:00 in S;09:00:20 in O;09:00:40 in S", "S 09:00–09:00:20 nextCheckIn",
      "O 09:00:20–09:00:40 nextCheckIn", "S 09:00:40–09:30:40 defaultStay"),
    Story(
      "coming in again carries the visit on", "09:00 in S;09:20 in S", "S 09:00–09:50 defaultStay"),
    Story(
      "also in the second in which it was to end", "09:00 in S;09:30 in S",
      "S 09:00–10:00 defaultStay"),
    Story(
      "cap and default stay at once: the more trusted", "09:00 in P for 10800",
      "P 09:00–12:00 defaultStay"),
    Story("a code's stay cannot pass the cap", "09:00 out P for 20000", "P ?06:00–09:00 exitScan"),
    Story(
      "coming in again after it was over is another", "09:00 in S;10:00 in S",
      "S 09:00–09:30 defaultStay", "S 10:00–10:30 defaultStay"),
    Story(
      "carrying on ends at closing time", "20:20 in S;20:45 in S", "S 20:20–21:00 closingTime"),
    Story(
      "an exit without entry", "09:00 out S", "S ?08:30–09:00 exitScan"),
    Story(
      "where there is no default stay, since midnight", "11:00 out H", "H ?00:00–11:00 exitScan"),
    Story(
      "but not before the person was last seen", "08:50 out O;09:00 out S",
      "O ?00:00–08:50 exitScan", "S ?08:50–09:00 exitScan"),
    Story("a code's stay before an exit", "09:00 out S for 600", "S ?08:50–09:00 exitScan"),
    Story(
      "a shop in a mall: the exit scan is trusted over the check-in elsewhere",
      "09:00 in O;10:00 in S;10:20 out S;12:00 out O", "O 09:00–12:00 exitScan",
      "S 10:00–10:20 exitScan"),
    Story(
      "leaving the mall is leaving the shop", "09:00 in O;10:00 in S;10:20 out O",
      "O 09:00–10:20 exitScan", "S 10:00–10:20 nextCheckIn"),
    Story(
      "another zone ends the visit to the former", "09:00 in O1;10:00 in O2",
      "O1 09:00–10:00 nextCheckIn", "O2 10:00–17:00 closingTime"),
    Story(
      "a scan in another zone is a move, not an exit", "09:00 scan O1;10:00 scan O2;11:00 scan O2",
      "O1 09:00–10:00 nextCheckIn", "O2 10:00–11:00 exitScan"),
    Story(
      "a scan at the door leaves from any zone", "09:00 scan O1;11:00 scan O",
      "O1 09:00–11:00 exitScan"),
    Story(
      "an exit from any zone leaves the venue", "09:00 in O1;11:00 out O2",
      "O1 09:00–11:00 exitScan"),
    Story(
      "the door's beep just after a zone's is one", "09:00 scan O1;09:00:20 scan O",
      "O1 09:00–17:00 closingTime"),
    Story(
      "a zone's scan just after the door's is a move", "09:00 scan O;09:00:20 scan O1",
      "O 09:00–09:00:20 nextCheckIn", "O1 09:00:20–17:00 closingTime"),
    Story(
      "a stay given with both ends is kept, whatever the rules",
      "06:00 stay S until next 23:00", "S 06:00–next 23:00 given"),
    Story(
      "stays that overlap are kept", "09:00 stay S until 11:00;10:00 stay O until 12:00",
      "S 09:00–11:00 given", "O 10:00–12:00 given"),
    Story(
      "a stay elsewhere is a check-in elsewhere", "09:00 in O;10:00 stay S until 11:00",
      "O 09:00–10:00 nextCheckIn", "S 10:00–11:00 given"),
    Story(
      "a stay at the venue leaves its open visit alone",
      "09:00 in O;10:00 stay O until 11:00;12:00 scan O", "O 09:00–12:00 exitScan",
      "O 10:00–11:00 given"),
    Story(
      "a stay of unknown end is an entry", "09:00 stay S;09:20 out S", "S 09:00–09:20 exitScan"),
    Story("without an exit it ends by the rules", "09:00 stay S", "S 09:00–09:30 defaultStay"),
    Story(
      "a stay that ends before it begins is empty", "09:00 stay S until 08:00",
      "S 09:00–09:00 given"),
  ]

  @Test("Scans become visits", arguments: stories)
  func derives(story: Story) throws {
    let visits = VisitDeriver(rules: try exampleRules()).visits(from: try events(story.events))
    #expect(written(visits) == story.visits)
  }

  struct Bounds: CustomTestStringConvertible, Sendable {
    let events: String
    /// The ends that the evidence of the first visit allows, and what opened and closed it.
    let earliest: String
    let latest: String
    let closedBy: UInt64?
    var testDescription: String { events }
  }

  static let bounds = [
    Bounds(events: "09:00 in S", earliest: "09:00", latest: "21:00", closedBy: nil),
    Bounds(events: "09:00 in P", earliest: "09:00", latest: "12:00", closedBy: nil),
    Bounds(events: "09:00 in S;09:20 in S", earliest: "09:20", latest: "21:00", closedBy: nil),
    Bounds(events: "09:00 in S;11:00 in O", earliest: "09:00", latest: "11:00", closedBy: nil),
    Bounds(events: "09:00 in S;09:10 in O", earliest: "09:00", latest: "09:10", closedBy: 1),
    Bounds(events: "09:00 in S;11:00 out S", earliest: "11:00", latest: "11:00", closedBy: 1),
    Bounds(events: "09:00 in S;10:00 in S", earliest: "09:00", latest: "10:00", closedBy: nil),
    Bounds(events: "09:00 out S", earliest: "09:00", latest: "09:00", closedBy: 0),
    Bounds(events: "09:00 stay S until 10:00", earliest: "10:00", latest: "10:00", closedBy: nil),
  ]

  @Test("A visit knows the ends that are possible, and its evidence", arguments: bounds)
  func knowsBounds(row: Bounds) throws {
    let visits = VisitDeriver(rules: try exampleRules()).visits(from: try events(row.events))
    let visit = try #require(visits.first)
    #expect(visit.earliestLeave == (try at(row.earliest)))
    #expect(visit.latestLeave == (try at(row.latest)))
    #expect(visit.closedBy?.low == row.closedBy)
    #expect(visit.openedBy.low == 0)
    // What opened and closed it at once is one piece of evidence.
    #expect(Set(visit.evidence).count == visit.evidence.count)
    #expect(visit.evidence.map(\.low) == (row.closedBy.map { $0 == 0 ? [0] : [0, $0] } ?? [0]))
  }

  @Test("Rows that do not count or are about people make no event")
  func takesAcceptedEvidenceOnly() throws {
    let shop = try venue("S")
    var made: [PresenceEvent.Kind?] = []
    for kind in Evidence.Kind.allCases {
      let row = Evidence(
        id: EvidenceID(high: 1, low: 2), kind: kind, subject: Pseudonym(high: 3, low: 4),
        venue: shop, zone: 5, start: midnight, end: midnight + 60, grade: 2, receivedAt: 0)
      made.append(PresenceEvent(row, subject: 7)?.kind)
    }
    #expect(made == [.entry, .exit, .scan, .scan, .stay, nil, nil, nil, nil])
    for status in Evidence.Status.allCases where status != .accepted {
      let row = Evidence(
        id: EvidenceID(high: 1, low: 2), kind: .scanIn, subject: Pseudonym(high: 3, low: 4),
        venue: shop, start: midnight, status: status, receivedAt: 0)
      if PresenceEvent(row, subject: 7) != nil { Issue.record("\(status) made an event") }
    }
  }

  @Test("Exits are matched with the last 64 places at least")
  func matchesManyPlaces() throws {
    var list: [PresenceEvent] = []
    for number in 0..<64 {
      list.append(
        PresenceEvent(
          .entry, subject: 1, venue: try #require(VenueID(rawValue: UInt64(number + 10))),
          time: midnight + Int64(number) * 100, evidence: EvidenceID(high: 0, low: UInt64(number))))
    }
    list.append(
      PresenceEvent(
        .exit, subject: 1, venue: list[0].venue, time: midnight + 20_000,
        evidence: EvidenceID(high: 1, low: 0)))
    let visits = VisitDeriver(rules: StayRules(calendar: .haiPhong)).visits(from: list)
    #expect(visits.first?.leave == midnight + 20_000)
    #expect(visits.count == 64)
  }
}
