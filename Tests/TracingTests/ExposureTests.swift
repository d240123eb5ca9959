import Presence
import Testing
import Tracing
import VenueCodes

@Suite("Rows in words and numbers") struct ExposureTests {
  static func trace() throws -> Trace {
    let story = try Story(
      visits: [
        "A Hotel 09:00 09:20", "X Hotel 09:00 09:50", "X Café 8/10:00 8/11:00",
        "Y Café 8/10:00 8/11:00", "A Park 20:00 20:30", "Z Park 20:00 20:30",
      ], near: ["A X 09:10 09:25 60", "A W 12:00 12:20 60"])
    return try Tracer(history: story.history, rules: Story.rules, calendar: .haiPhong)
      .trace(cases: [try Story.sixthOfAugust("Ca \"1\"", "A")], degrees: 2)
  }

  @Test("A row as JSON has the fixed keys in their order")
  func json() throws {
    let lines = try Self.trace().rows.map { $0.json(in: .haiPhong, nameOfPerson: Story.letter) }
    #expect(lines.count == 4)
    #expect(
      lines[1] == #"{"case":"Ca \"1\"","degree":1,"contact":"X","day":"2020-08-06","#
        + #""class":"near","seconds":2400,"near_seconds":900,"venue_seconds":600,"#
        + #""tail_seconds":900,"first":"2020-08-06T09:00:00+07:00","#
        + #""last":"2020-08-06T09:40:00+07:00","venues":["000000022"],"via":null,"#
        + #""label":"F1","rule":"3638-2021","evidence":["#
        + #""00000000-0000-0001-0000-000000000000","00000000-0000-0001-0000-000000000001","#
        + #""00000000-0000-0002-0000-000000000000"]}"#)
    #expect(lines[3].contains(#""via":"X","label":"F2""#))
  }

  @Test("A reason says where, how long and by what")
  func reasons() throws {
    let reasons = try Self.trace().rows.map {
      $0.reason(in: .haiPhong, nameOfVenue: Story.name)
    }
    #expect(
      reasons == [
        "with the case on 2020-08-06 between 12:00 and 12:20: phones near each other for 20 min "
          + "(near under 3638-2021)",
        "with the case on 2020-08-06 between 09:00 and 09:40: phones near each other for 15 min; "
          + "together at Hotel for 10 min; there for 15 min soon after the case left "
          + "(near under 3638-2021)",
        "with the case on 2020-08-06 between 20:00 and 20:30: together at Park for 30 min "
          + "(open_venue under 3638-2021)",
        "with s:000000000005, who was exposed before, on 2020-08-08 between 10:00 and 11:00: "
          + "together at Café for 1 h (closed_venue under 3638-2021)",
      ])
  }

  @Test("The summary counts people, pairs and seconds")
  func summary() throws {
    let summary = try Self.trace().summary
    #expect(summary.cases == 1)
    #expect(summary.contacts == [2, 1])
    #expect(summary.pairs == 4)
    #expect(summary.seconds == 1_200 + 2_400 + 1_800 + 3_600)
  }

  /// A row with a different value in every field, and its hash as the peer script computes it.
  static let row = Exposure(
    caseID: "C7", degree: 2, contact: Pseudonym(high: 0x0123_4567_89ab_cdef, low: 0xfedc_ba98),
    day: LocalDay(daysSince2020: 218), exposureClass: .nearAtVenue, seconds: 6, nearSeconds: 1,
    venueSeconds: 2, tailSeconds: 3, first: 1_596_700_000, last: 1_596_700_006,
    venues: [VenueID(rawValue: 5), VenueID(rawValue: 0xff_ffff_ffff)].compactMap(\.self),
    via: Pseudonym(high: 8, low: .max), label: "F2", rule: "r", evidence: [])

  @Test("The hash of a row is the documented one, and every field moves it")
  func hash() throws {
    let hash = TraceSummary.hash(of: Self.row, placeOfCase: 3)
    #expect(hash == 2_692_791_745_400_401_429)
    var hashes: Set<UInt64> = [hash, TraceSummary.hash(of: Self.row, placeOfCase: 4)]
    let changes: [(inout Exposure) -> Void] = [
      { $0.degree = 3 }, { $0.contact = Pseudonym(high: 0x0123_4567_89ab_cdef, low: 0) },
      { $0.contact = Pseudonym(high: 0, low: 0xfedc_ba98) },
      { $0.day = LocalDay(daysSince2020: 219) }, { $0.exposureClass = .near },
      { $0.nearSeconds = 2 }, { $0.venueSeconds = 3 }, { $0.tailSeconds = 4 },
      { $0.first += 1 }, { $0.last += 1 }, { $0.venues.removeLast() }, { $0.via = nil },
    ]
    for change in changes {
      var row = Self.row
      change(&row)
      hashes.insert(TraceSummary.hash(of: row, placeOfCase: 3))
    }
    #expect(hashes.count == changes.count + 2)
  }

  @Test("A checksum is written with all its digits")
  func checksumText() throws {
    let trace = try Self.trace()
    #expect(trace.summary.checksumText.count == 16)
    #expect(UInt64(trace.summary.checksumText, radix: 16) == trace.summary.checksum)
  }
}
