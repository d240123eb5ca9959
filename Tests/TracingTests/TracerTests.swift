import CrossMatch
import Presence
import Testing
import Tracing
import VenueCodes

/// Examples worked out by hand; A is the case, with onset on 6 August.
@Suite("Tracer, by hand") struct TracerTests {
  struct Row: CustomTestStringConvertible, Sendable {
    let name: String
    var visits: [String] = []
    var near: [String] = []
    var isolation: String?
    var others: [String] = []
    var degrees = 1
    var sameZone = false
    let rows: [String]
    var testDescription: String { name }
  }

  static let firstDegree = [
    Row(
      name: "fifteen minutes in a closed venue make an F1, and the tail counts on top",
      visits: ["A Café 09:00 10:00", "X Café 09:45 11:00"],
      rows: ["1 X C1 6 closed_venue 2700=0+900+1800 06/09:45-06/10:30 [Café] F1"]),
    Row(
      name: "a second less is brief",
      visits: ["A Café 09:00 10:00", "X Café 09:45:01 10:00"],
      rows: ["1 X C1 6 brief 899=0+899+0 06/09:45:01-06/10:00 [Café] brief"]),
    Row(
      name: "who leaves as the case comes shares nothing",
      visits: ["A Café 09:00 10:00", "X Café 08:00 09:00"], rows: []),
    Row(
      name: "a visit shorter than the threshold is brief, though it lies well inside the case's",
      visits: ["A Café 09:00 12:00", "X Café 10:00 10:10"],
      rows: ["1 X C1 6 brief 600=0+600+0 06/10:00-06/10:10 [Café] brief"]),
    Row(
      name: "a tail is as long as the visit",
      visits: ["A Café 09:00 09:10", "X Café 09:10 11:00"],
      rows: ["1 X C1 6 brief 600=0+0+600 06/09:10-06/09:20 [Café] brief"]),
    Row(
      name: "a tail is at most half an hour, which is a factor",
      visits: ["A Café 07:00 09:40", "X Café 09:40 11:00"],
      rows: ["1 X C1 6 tail 1800=0+0+1800 06/09:40-06/10:10 [Café] factor"]),
    Row(
      name: "the air of an open venue has no tail",
      visits: ["A Park 07:00 09:40", "X Park 09:40 11:00"], rows: []),
    Row(
      name: "a closed venue whose category rules it out has no tail either",
      visits: ["A Hall 07:00 09:40", "X Hall 09:40 11:00", "Y Hall 09:20 10:00"],
      rows: ["1 Y C1 6 closed_venue 1200=0+1200+0 06/09:20-06/09:40 [Hall] F1"]),
    Row(
      name: "half an hour in the open is a factor",
      visits: ["A Park 09:00 09:40", "X Park 09:10 10:00"],
      rows: ["1 X C1 6 open_venue 1800=0+1800+0 06/09:10-06/09:40 [Park] factor"]),
    Row(
      name: "a minute that both Bluetooth and the venue know counts once",
      visits: ["A Café 09:00 09:20", "X Café 09:00 09:20"], near: ["A X 09:05 09:15 60"],
      rows: ["1 X C1 6 closed_venue 1200=600+600+0 06/09:00-06/09:20 [Café] F1"]),
    Row(
      name: "near for fifteen minutes at a venue is the strongest class",
      visits: ["A Park 09:00 09:20", "X Park 09:00 09:20"], near: ["A X 09:05 09:20 63"],
      rows: ["1 X C1 6 near_at_venue 1200=900+300+0 06/09:00-06/09:20 [Park] F1"]),
    Row(
      name: "near at the venue and on the way home is near",
      visits: ["A Café 09:00 09:20", "X Café 09:00 09:20"], near: ["X A 09:10 09:25 60"],
      rows: ["1 X C1 6 near 1500=900+600+0 06/09:00-06/09:25 [Café] F1"]),
    Row(
      name: "two phones far from each other are not near",
      near: ["A X 09:00 10:00 64"], rows: []),
    Row(
      name: "two phones at the limit are near",
      near: ["A X 09:00 09:15 63"],
      rows: ["1 X C1 6 near 900=900+0+0 06/09:00-06/09:15 [] F1"]),
    Row(
      name: "midnight cuts a stay in two, and each day is judged alone",
      visits: ["A Hotel 6/23:50 7/00:10", "X Hotel 6/23:00 7/00:10"],
      rows: [
        "1 X C1 6 brief 600=0+600+0 06/23:50-07/00:00 [Hotel] brief",
        "1 X C1 7 brief 600=0+600+0 07/00:00-07/00:10 [Hotel] brief",
      ]),
    Row(
      name: "an isolation cuts the visit, which then leaves no tail",
      visits: ["A Café 09:00 10:00", "X Café 09:20 10:30"], isolation: "09:30",
      rows: ["1 X C1 6 brief 600=0+600+0 06/09:20-06/09:30 [Café] brief"]),
    Row(
      name: "a visit that ends with the isolation is not cut and leaves its tail",
      visits: ["A Café 09:00 09:30", "X Café 09:15 10:30"], isolation: "09:30",
      rows: ["1 X C1 6 closed_venue 2700=0+900+1800 06/09:15-06/10:00 [Café] F1"]),
    Row(
      name: "a case isolated before the window exposes nobody",
      visits: ["A Café 09:00 10:00", "X Café 09:00 10:00"], isolation: "1/00:00", rows: []),
    Row(
      name: "the window begins at midnight three days before the onset",
      visits: ["A Hotel 2/20:00 3/00:20", "X Hotel 2/20:00 3/00:20"],
      rows: ["1 X C1 3 closed_venue 1200=0+1200+0 03/00:00-03/00:20 [Hotel] F1"]),
    Row(
      name: "the window ends with the fourteenth day after the onset",
      visits: ["A Hotel 20/23:40 21/05:00", "X Hotel 20/23:40 21/05:00"],
      rows: ["1 X C1 20 closed_venue 1200=0+1200+0 20/23:40-21/00:00 [Hotel] F1"]),
    Row(
      name: "overlapping visits of one person count each second once",
      visits: ["A Café 09:00 09:10", "A Café 09:05 09:15", "X Café 09:00 09:15"],
      rows: ["1 X C1 6 closed_venue 900=0+900+0 06/09:00-06/09:15 [Café] F1"]),
    Row(
      name: "a day's minutes at two venues add up",
      visits: [
        "A Café 09:00 09:08", "X Café 09:00 09:08", "A Hotel 20:00 20:07", "X Hotel 20:00 20:07",
      ],
      rows: ["1 X C1 6 closed_venue 900=0+900+0 06/09:00-06/20:07 [Café,Hotel] F1"]),
    Row(
      name: "cases who met have no rows with each other",
      visits: ["A Café 09:00 10:00", "B Café 09:00 10:00", "X Café 09:00 09:20"], others: ["B"],
      rows: [
        "1 X C1 6 closed_venue 1200=0+1200+0 06/09:00-06/09:20 [Café] F1",
        "1 X C2 6 closed_venue 1200=0+1200+0 06/09:00-06/09:20 [Café] F1",
      ]),
    Row(
      name: "zones part a venue when the rule says so, the whole venue meets all",
      visits: [
        "A Café:1 09:00 09:20", "X Café:2 09:00 09:20", "Y Café:1 09:00 09:20",
        "Z Café 09:00 09:20",
      ],
      sameZone: true,
      rows: [
        "1 Y C1 6 closed_venue 1200=0+1200+0 06/09:00-06/09:20 [Café] F1",
        "1 Z C1 6 closed_venue 1200=0+1200+0 06/09:00-06/09:20 [Café] F1",
      ]),
  ]

  /// X is exposed at 09:15 on 6 August, and infectious from 09:15 on 8 August.
  static let exposed = ["A Hotel 09:00 09:20", "X Hotel 09:00 09:20"]
  static let exposedRow = "1 X C1 6 closed_venue 1200=0+1200+0 06/09:00-06/09:20 [Hotel] F1"

  static let higherDegrees = [
    Row(
      name: "who is with an F1 two days after the exposure becomes an F2",
      visits: exposed + ["X Café 8/09:00 8/10:00", "Y Café 8/08:00 8/09:50"], degrees: 2,
      rows: [
        exposedRow,
        "2 Y via X C1 8 closed_venue 2100=0+2100+0 08/09:15-08/09:50 [Café] F2",
      ]),
    Row(
      name: "who left fourteen minutes after the F1 became infectious does not",
      visits: exposed + ["X Café 8/09:00 8/10:00", "Y Café 8/08:00 8/09:29:59"], degrees: 2,
      rows: [exposedRow]),
    Row(
      name: "two pieces do not add up for a higher degree",
      visits: exposed + [
        "X Café 8/10:00 8/10:10", "Y Café 8/10:00 8/10:10", "X Hotel 8/11:00 8/11:10",
        "Y Hotel 8/11:00 8/11:10",
      ], degrees: 2, rows: [exposedRow]),
    Row(
      name: "an open venue and a tail make no F2 when their label is factor",
      visits: exposed + [
        "X Park 8/10:00 8/12:00", "Y Park 8/10:00 8/12:00", "X Café 8/13:00 8/15:00",
        "Y Café 8/15:00 8/16:00",
      ], degrees: 2, rows: [exposedRow]),
    Row(
      name: "an encounter makes an F2, and a shared visit around it says where",
      visits: exposed + ["X Park 8/10:00 8/12:00", "Y Park 8/10:00 8/12:00"],
      near: ["X Y 8/10:30 8/10:45 50", "X Z 8/11:00 8/11:20 50"], degrees: 2,
      rows: [
        exposedRow,
        "2 Y via X C1 8 near_at_venue 900=900+0+0 08/10:30-08/10:45 [Park] F2",
        "2 Z via X C1 8 near 1200=1200+0+0 08/11:00-08/11:20 [] F2",
      ]),
    Row(
      name: "of two who were there from the start, the one who stayed longer is named",
      visits: exposed + [
        "W Hotel 09:00 09:20", "W Café 8/10:00 8/11:00", "X Café 8/10:00 8/10:50",
        "Y Café 8/10:20 8/12:00",
      ], degrees: 2,
      rows: [
        exposedRow.replacing("1 X", with: "1 W"), exposedRow,
        "2 Y via W C1 8 closed_venue 2400=0+2400+0 08/10:20-08/11:00 [Café] F2",
      ]),
    Row(
      name: "of two who stayed equally long, the smaller pseudonym is named",
      visits: exposed + [
        "W Hotel 09:00 09:20", "X Café 8/10:00 8/11:00", "W Café 8/10:05 8/11:00",
        "Y Café 8/10:20 8/12:00",
      ], degrees: 2,
      rows: [
        exposedRow.replacing("1 X", with: "1 W"), exposedRow,
        "2 Y via W C1 8 closed_venue 2400=0+2400+0 08/10:20-08/11:00 [Café] F2",
      ]),
    Row(
      name: "the earlier exposure names the partner, not the longer stay",
      visits: exposed + [
        "W Hotel 09:00 09:20", "X Café 8/10:00 8/10:20", "W Café 8/10:01 8/18:00",
        "Y Café 8/10:00 8/12:00",
      ], degrees: 2,
      rows: [
        exposedRow.replacing("1 X", with: "1 W"), exposedRow,
        "2 Y via X C1 8 closed_venue 1200=0+1200+0 08/10:00-08/10:20 [Café] F2",
      ]),
    Row(
      name: "an F2 exposes an F3 after two more days, and the day is that of the exposure",
      visits: exposed + [
        "X Café 8/10:00 8/11:00", "Y Café 8/10:00 8/11:00", "Y Hotel 10/23:50 11/01:00",
        "Z Hotel 10/23:50 11/01:00", "V Hotel 10/10:00 10/10:29",
        "Y Hotel 10/10:00 10/10:29",
      ], degrees: 3,
      rows: [
        exposedRow,
        "2 Y via X C1 8 closed_venue 3600=0+3600+0 08/10:00-08/11:00 [Café] F2",
        "3 Z via Y C1 11 closed_venue 4200=0+4200+0 10/23:50-11/01:00 [Hotel] F3",
      ]),
    Row(
      name: "one who was only briefly with the case can still become an F2",
      visits: exposed + [
        "Y Hotel 09:00 09:05", "X Café 8/10:00 8/11:00", "Y Café 8/10:00 8/11:00",
      ], degrees: 2,
      rows: [
        exposedRow, "1 Y C1 6 brief 300=0+300+0 06/09:00-06/09:05 [Hotel] brief",
        "2 Y via X C1 8 closed_venue 3600=0+3600+0 08/10:00-08/11:00 [Café] F2",
      ]),
  ]

  @Test("A history gives these rows", arguments: firstDegree + higherDegrees)
  func rows(row: Row) throws {
    // Rows are given by contact; the product sorts by case first.
    let story = try Story(visits: row.visits, near: row.near)
    var rules = Story.rules
    rules.sameZone = row.sameZone
    var cases = [try Story.sixthOfAugust("C1", "A", isolation: row.isolation)]
    for (place, letter) in row.others.enumerated() {
      cases.append(try Story.sixthOfAugust("C\(place + 2)", letter))
    }
    let trace = try Tracer(history: story.history, rules: rules, calendar: .haiPhong)
      .trace(cases: cases.reversed(), degrees: row.degrees)
    #expect(trace.rows.map(Story.text) == row.rows)
  }

  @Test("A person who is isolated exposes nobody afterwards")
  func isolations() throws {
    let story = try Story(
      visits: Self.exposed + ["X Café 8/10:00 8/11:00", "Y Café 8/10:00 8/11:00"])
    let tracer = Tracer(history: story.history, rules: Story.rules, calendar: .haiPhong)
    let cases = [try Story.sixthOfAugust("C1", "A")]
    let person = try Story.person("X")
    let counts = try ["8/10:14:59", "8/10:15"].map { time in
      try tracer.trace(
        cases: cases, degrees: 2, isolations: [person: try Story.time(time)]
      ).contactCounts
    }
    #expect(counts == [[1, 0], [1, 1]])
  }

  @Test("Evidence is that of both visits and the encounter, sorted and once")
  func evidence() throws {
    let story = try Story(
      visits: ["X Café 09:00 10:00", "A Café 09:00 09:20", "A Café 09:10 09:30"],
      near: ["A X 09:00 09:10 50", "A X 09:00 09:10 99"])
    let trace = try Tracer(history: story.history, rules: Story.rules, calendar: .haiPhong)
      .trace(cases: [try Story.sixthOfAugust("C1", "A")])
    #expect(
      trace.rows.map(\.evidence) == [
        [
          EvidenceID(high: 1, low: 0), EvidenceID(high: 1, low: 1), EvidenceID(high: 1, low: 2),
          EvidenceID(high: 2, low: 0),
        ]
      ])
  }

  @Test("Case ids are ordered as bytes, and the smaller of equals gives its name on")
  func inheritedCase() throws {
    let story = try Story(
      visits: Self.exposed + [
        "B Hotel 09:00 09:20", "X Café 8/10:00 8/11:00", "Y Café 8/10:00 8/11:00",
      ])
    let cases = [
      try Story.sixthOfAugust("è", "A"), try Story.sixthOfAugust("z", "B"),
      try Story.sixthOfAugust("z1", "A"), try Story.sixthOfAugust("e\u{301}", "C"),
    ]
    let trace = try Tracer(history: story.history, rules: Story.rules, calendar: .haiPhong)
      .trace(cases: cases, degrees: 2)
    #expect(trace.rows.map(\.caseID) == ["z", "z1", "è", "z"])
    // Decomposed, é begins with the byte of e.
    #expect(trace.caseIDs.map { Array($0.utf8)[0] } == [0x65, 0x7a, 0x7a, 0xc3])
  }

  @Test("A call that makes no sense is refused")
  func refusals() throws {
    let story = try Story(visits: Self.exposed)
    let tracer = Tracer(history: story.history, rules: Story.rules, calendar: .haiPhong)
    let one = try Story.sixthOfAugust("C1", "A")
    let calls: [(cases: [Case], degrees: Int)] = [([one, one], 1), ([one], 0), ([one], 21)]
    var codes: [String] = []
    for (cases, degrees) in calls {
      do {
        _ = try tracer.trace(cases: cases, degrees: degrees)
      } catch let error as TraceError {
        codes.append(error.code.rawValue)
      }
    }
    #expect(
      codes == [
        "trace-repeated-case", "trace-degree-out-of-range", "trace-degree-out-of-range",
      ])
  }

  @Test("A contact that the history does not explain ends the trace with a code")
  func unexplained() throws {
    let story = try Story(visits: Self.exposed).history
    let (contact, other) = (try Story.subject("X"), try Story.subject("Z"))
    // The contact was near another, but the other near nobody: no segment is built like that.
    let oneSided = EncounterSegment(
      people: Column([contact]), personStart: Column([0, 1]), peer: Column([other]),
      start: Column([ColumnTime.clamping(try Story.time("9/09:00"))]),
      end: Column([ColumnTime.clamping(try Story.time("9/10:00"))]), attenuation: Column([60]),
      source: Column([0]), quality: Column([EncounterQuality.given.rawValue]))
    let history = ExposureHistory(
      people: story.people, visits: story.visits, encounters: EncounterView([oneSided]),
      evidence: story.evidence, extent: story.extent)
    let tracer = Tracer(history: history, rules: Story.rules, calendar: .haiPhong)
    let one = try Story.sixthOfAugust("C1", "A")
    #expect(try tracer.trace(cases: [one]).rows.count == 1)
    do {
      _ = try tracer.trace(cases: [one], degrees: 2)
      Issue.record("the contact was left out")
    } catch let error as TraceError {
      #expect(error.code == .unexplainedContact && error.description.contains("incomplete"))
    }
  }

  @Test("No cases, no history and unknown subjects make no rows")
  func nothing() throws {
    let empty = try ExposureHistory(people: [], visits: [])
    let tracer = Tracer(history: empty, rules: Story.rules, calendar: .haiPhong)
    let one = try Story.sixthOfAugust("C1", "A")
    let traces = [try tracer.trace(cases: [], degrees: 3), try tracer.trace(cases: [one])]
    #expect(traces.allSatisfy { $0.rows.isEmpty })
    #expect(traces.map(\.contactCounts) == [[0, 0, 0], [0]])
    #expect(traces.map(\.summary.checksum) == [0, 0])
  }
}
