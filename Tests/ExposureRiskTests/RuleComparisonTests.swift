import Bluetooth
import ExposureRisk
import Foundation
import Presence
import TestSupport
import Testing
import Tracing
import VenueCodes

/// A small history whose numbers were worked out by hand; times are UTC, on 2021-08-20.
private struct SmallHistory {
  static let people = (0..<5).map { Pseudonym(high: UInt64($0) + 1, low: 0) }
  static let day = LocalDay(year: 2021, month: 8, day: 20)
  static let midnight: Int64 = 1_629_417_600

  let history: ExposureHistory

  /// Visits as (person, venue, from, to) and encounters as (one, other, from, to, attenuation), in
  /// minutes of the day.
  init(
    visits: [(Int, UInt64, Int64, Int64)] = [], near: [(Int, Int, Int64, Int64, Int16)] = []
  ) throws {
    history = try ExposureHistory(
      people: Self.people,
      visits: try visits.enumerated().map { number, visit in
        Visit(
          subject: SubjectNumber(visit.0), venue: try #require(VenueID(rawValue: visit.1)),
          zone: 0, enter: Self.midnight + visit.2 * 60, leave: Self.midnight + visit.3 * 60,
          openedBy: EvidenceID(high: 1, low: UInt64(number)))
      },
      encounters: try near.enumerated().map { number, near in
        try #require(
          Encounter(
            SubjectNumber(near.0), SubjectNumber(near.1), start: Self.midnight + near.2 * 60,
            end: Self.midnight + near.3 * 60, attenuation: near.4,
            evidence: EvidenceID(high: 2, low: UInt64(number))))
      })
  }

  static func illness(daysAfterOnset: Int = 0, isolation: Int64? = nil) throws -> Case {
    try Case(
      id: "c", subject: people[0], onset: try #require(day).advanced(by: -daysAfterOnset),
      isolation: isolation)
  }

  func days(_ one: Case) throws -> [CaseRisk.Day] {
    try CaseRisk(history, by: try Support.cwa()).days(of: one)
  }
}

@Suite("A store's exposures as an app would have judged them")
struct CaseRiskTests {
  @Test("Encounters become windows whose minutes are weighted by attenuation")
  func encounters() throws {
    // Level 8 on the day of onset: 1.6. 10 min at 60 dB · 0.8 and 5 min at 70 dB · 1.
    let story = try SmallHistory(near: [(0, 1, 600, 610, 60), (1, 0, 610, 615, 70)])
    let days = try story.days(try SmallHistory.illness())
    #expect(days.count == 1)
    #expect(days.first?.contact == 1)
    #expect(days.first?.transmissionRiskLevel == 8)
    #expect(abs((days.first?.summary.windows?.normalizedMinutes ?? 0) - 13 * 1.6) < 1e-9)
    #expect(days.first?.summary.level == .high)
    #expect(days.first?.seconds == 900)
  }

  @Test("Encounters that overlap count once, by the smaller attenuation")
  func overlappingEncounters() throws {
    let story = try SmallHistory(
      near: [(0, 1, 600, 620, 70), (0, 1, 605, 610, 60), (0, 1, 600, 620, 70)])
    let days = try story.days(try SmallHistory.illness())
    // 15 min at 70 dB and 5 min at 60 dB.
    #expect(abs((days.first?.summary.windows?.normalizedMinutes ?? 0) - 19 * 1.6) < 1e-9)
    #expect(days.first?.seconds == 1_200)
  }

  @Test("What is too far away to weigh anything is no row")
  func farAway() throws {
    let story = try SmallHistory(near: [(0, 1, 600, 660, 79)])
    #expect(try story.days(try SmallHistory.illness()).isEmpty)
  }

  @Test("Long encounters are parted into windows of half an hour, each judged by itself")
  func windowsOfHalfAnHour() throws {
    // From 10:07: windows 10:00–10:30 and 10:30–11:00, 23 and 30 minutes.
    let story = try SmallHistory(near: [(0, 1, 607, 660, 70)])
    let risk = try story.days(try SmallHistory.illness())
    #expect(risk.first?.summary.windows?.minimumDistinctEncounters == [.high: 1])
    #expect(abs((risk.first?.summary.windows?.normalizedMinutes ?? 0) - 53 * 1.6) < 1e-9)
    // On the fifth day after onset, the level is 2 and a minute counts nothing.
    #expect(try story.days(try SmallHistory.illness(daysAfterOnset: 5)).isEmpty)
    // On the fourth it is 3, and a minute counts 0.6.
    let fourth = try story.days(try SmallHistory.illness(daysAfterOnset: 4))
    #expect(abs((fourth.first?.summary.windows?.normalizedMinutes ?? 0) - 53 * 0.6) < 1e-9)
  }

  @Test("Visits become warnings with a tail, and the other's visits check-ins")
  func visits() throws {
    // 10:00–10:20 warns of 10:00–10:40. The second person comes when the case has left.
    let story = try SmallHistory(visits: [(0, 7, 600, 620), (1, 7, 620, 700), (2, 8, 600, 700)])
    let days = try story.days(try SmallHistory.illness())
    #expect(days.map(\.contact) == [1])
    #expect(days.first?.summary.checkIns?.normalizedMinutes == 32)
    #expect(days.first?.summary.checkIns?.level == .high)
    #expect(days.first?.summary.windows == nil)
    #expect(days.first?.seconds == 1_200)
  }

  @Test("A visit of less than ten minutes warns nobody")
  func shortVisits() throws {
    let story = try SmallHistory(visits: [(0, 7, 600, 609), (1, 7, 600, 700)])
    #expect(try story.days(try SmallHistory.illness()).isEmpty)
  }

  @Test("A minute that both know stands in both, and its seconds are told once")
  func bothAtOnce() throws {
    let story = try SmallHistory(
      visits: [(0, 7, 600, 660), (1, 7, 600, 660)], near: [(0, 1, 610, 630, 65)])
    let day = try #require(try story.days(try SmallHistory.illness()).first)
    #expect(day.summary.windows?.normalizedMinutes == 32)
    #expect(day.summary.checkIns?.normalizedMinutes == 96)
    #expect(day.seconds == 3_600)
  }

  @Test("Days are parted at UTC midnight, and each has its own level")
  func midnight() throws {
    // 23:50 to 00:10: ten minutes on the day of onset, ten on the day after, both of level 8; then
    // the same a day after onset, of levels 8 and 6.
    let story = try SmallHistory(near: [(0, 1, 1_430, 1_450, 70)])
    let first = try story.days(try SmallHistory.illness())
    #expect(first.map { $0.summary.windows?.normalizedMinutes } == [16, 16])
    let second = try story.days(try SmallHistory.illness(daysAfterOnset: 1))
    #expect(second.map(\.transmissionRiskLevel) == [8, 6])
    #expect(second.map { $0.summary.windows?.normalizedMinutes } == [16, 12])
  }

  @Test("Nothing counts after the isolation")
  func isolation() throws {
    let story = try SmallHistory(near: [(0, 1, 600, 620, 70)])
    let isolation = SmallHistory.midnight + 610 * 60
    let days = try story.days(try SmallHistory.illness(isolation: isolation))
    #expect(days.map(\.seconds) == [600])
  }

  @Test("A day's spans are the time that counts by either, joined where they touch")
  func spans() throws {
    func spans(_ minutes: (Int64, Int64)...) -> [Range<Int64>] {
      minutes.map { (SmallHistory.midnight + $0.0 * 60)..<(SmallHistory.midnight + $0.1 * 60) }
    }
    // The visits of both touch what was heard after them; what was heard in the evening is apart.
    let story = try SmallHistory(
      visits: [(0, 7, 600, 660), (1, 7, 600, 660)],
      near: [(0, 1, 610, 630, 65), (0, 1, 660, 680, 65), (0, 1, 900, 910, 65)])
    let day = try #require(try story.days(try SmallHistory.illness()).first)
    #expect(day.spans == spans((600, 680), (900, 910)))
    #expect(day.seconds == 90 * 60)
    // UTC midnight parts them.
    let night = try SmallHistory(near: [(0, 1, 1_430, 1_450, 70)])
    #expect(
      try night.days(try SmallHistory.illness()).map(\.spans)
        == [spans((1_430, 1_440)), spans((1_440, 1_450))])
  }

  @Test("No minute counts on a day that the case does not say or its isolation does not leave")
  func countsWithinTheCase() throws {
    let story = try SmallHistory()
    let judge = CaseRisk(story.history, by: try Support.cwa())
    let onset = try #require(SmallHistory.day)
    let today = Int(SmallHistory.midnight / 86_400)
    func counted(isolation: Int64? = nil, from: Int64? = nil, to: Int64? = nil) throws -> [Int] {
      func second(_ minutes: Int64?) -> Int64? { minutes.map { SmallHistory.midnight + $0 * 60 } }
      let one = try Case(
        id: "c", subject: SmallHistory.people[0], onset: onset, isolation: second(isolation),
        from: second(from), to: second(to))
      return ((today - 6)...(today + 6)).filter { judge.counts(one, on: $0) }.map { $0 - today }
    }
    // By its level alone: from the sixth day before to the fourth after.
    let all = try counted()
    #expect(all.contains(0) && all.contains(2) && !all.contains(6))
    // At noon of the next day; at the midnight that ends this day.
    #expect(try counted(isolation: 1_440 + 720) == all.filter { $0 <= 1 })
    #expect(try counted(isolation: 1_440) == all.filter { $0 <= 0 })
    #expect(try counted(from: 720) == all.filter { $0 >= 0 })
    #expect(try counted(from: 1_440) == all.filter { $0 >= 1 })
    #expect(try counted(from: 720, to: 730) == [0])
    // `to` is taken before the isolation.
    #expect(try counted(isolation: 720, to: 3 * 1_440) == all.filter { $0 <= 2 })
    // Isolated before it begins.
    #expect(try counted(isolation: 600, from: 720) == [])
  }

  @Test("Nobody's seconds are more than the union, whatever is known of them twice")
  func secondsCountOnce() throws {
    for seed in 0..<UInt64(TestEnvironment.propertyRuns(default: 100)) {
      var generator = SeededGenerator(seed: seed)
      func span() -> (Int64, Int64) {
        let start = Int64.random(in: 0...2_800, using: &generator)
        return (start, start + Int64.random(in: 1...300, using: &generator))
      }
      var heard: [(Int, Int, Int64, Int64, Int16)] = []
      var visits: [(Int, UInt64, Int64, Int64)] = []
      for _ in 0..<8 {
        let (start, end) = span()
        heard.append((0, 1, start, end, Int16.random(in: 40...85, using: &generator)))
        let (enter, leave) = span()
        visits.append((Int.random(in: 0...1, using: &generator), 7, enter, leave))
      }
      let days = try SmallHistory(visits: visits, near: heard).days(try SmallHistory.illness())
      for day in days {
        #expect((1...86_400).contains(day.seconds), "seed \(seed)")
        let minutes = day.summary.windows?.normalizedMinutes ?? 0
        // A window's minute counts 1.6 at most, and no minute is in two windows.
        #expect(minutes <= 1_440 * 1.6 + 1e-6, "seed \(seed)")
      }
      let again = try SmallHistory(visits: visits, near: heard + heard)
        .days(try SmallHistory.illness())
      #expect(again == days, "seed \(seed): the same encounters twice change nothing")
    }
  }
}

@Suite("Rule sets side by side")
struct RuleComparisonTests {
  private static func ruleSets() throws -> [AnyRuleSet] {
    try ["3638-2021", "11042-2021"].map {
      .contacts(
        try RuleSet(json: Data(contentsOf: Support.rulesFolder.appending(path: "\($0).json"))))
    } + [.risk(try Support.cwa())]
  }

  private static func labels(_ day: ComparedDay) -> [String] {
    day.judgements.map { judgement in
      switch judgement {
      case .outsideWindow: "outside"
      case .nothing: "nothing"
      case .elsewhere(let day): "see \(day)"
      case .contact(let row): row.label
      case .risk(let day): day.summary.level?.name ?? "none"
      }
    }
  }

  private static func compared(
    _ story: SmallHistory, _ one: Case, in calendar: LocalCalendar = .haiPhong
  ) throws -> [ComparedDay] {
    try RuleComparison(try ruleSets(), of: story.history, calendar: calendar).days(of: one)
  }

  @Test("One hour in a room is an F1 under one decision, a factor under the next, and high risk")
  func decisionsDiffer() throws {
    let story = try SmallHistory(visits: [(0, 7, 300, 360), (1, 7, 300, 360)])
    let days = try Self.compared(story, try SmallHistory.illness())
    #expect(days.map(Self.labels) == [["F1", "factor", "high"]])
    #expect(days.map(\.contact) == [SmallHistory.people[1]])
    #expect(days.map(\.day) == [SmallHistory.day])
  }

  @Test("A day that only some windows hold is outside for the others")
  func outsideWindows() throws {
    // Three days before onset: infectious by 3638, not by 11042, and level 6 in the app.
    let story = try SmallHistory(near: [(0, 1, 300, 360, 50)])
    let one = try SmallHistory.illness(daysAfterOnset: -3)
    #expect(try Self.compared(story, one).map(Self.labels) == [["F1", "outside", "high"]])
    // Four days before: only the app.
    let earlier = try SmallHistory.illness(daysAfterOnset: -4)
    #expect(
      try Self.compared(story, earlier).map(Self.labels) == [["outside", "outside", "high"]])
    // Ten days after: only the decisions.
    let later = try SmallHistory.illness(daysAfterOnset: 10)
    #expect(try Self.compared(story, later).map(Self.labels) == [["F1", "F1", "outside"]])
  }

  @Test("A rule set by which they shared nothing says so")
  func nothingShared() throws {
    // 60 dB is near by 3638 (63) and not by 11042 (55).
    let story = try SmallHistory(near: [(0, 1, 300, 360, 60)])
    let days = try Self.compared(story, try SmallHistory.illness())
    #expect(days.map(Self.labels) == [["F1", "nothing", "high"]])
  }

  @Test("What a risk calculation counts under another UTC day is pointed to")
  func otherDays() throws {
    // 18:00–19:00 UTC is 01:00–02:00 of the next day in Hai Phong.
    let night = try SmallHistory(near: [(0, 1, 1_080, 1_140, 50)])
    let days = try Self.compared(night, try SmallHistory.illness())
    #expect(days.map(\.day) == [SmallHistory.day, SmallHistory.day?.advanced(by: 1)])
    #expect(
      days.map(Self.labels) == [["nothing", "nothing", "high"], ["F1", "F1", "see 2021-08-20"]])
    // With more time in the morning by UTC the day has an answer of its own.
    let both = try SmallHistory(near: [(0, 1, 1_080, 1_140, 50), (0, 1, 1_800, 1_860, 50)])
    #expect(
      try Self.compared(both, try SmallHistory.illness()).map(Self.labels)
        == [["nothing", "nothing", "high"], ["F1", "F1", "high"]])
    // What the calculation counts on the day before is of other time than this local day's.
    let weak = try SmallHistory(
      visits: [(0, 7, 1_090, 1_098), (1, 7, 1_090, 1_098)], near: [(0, 1, 300, 360, 50)])
    #expect(
      try Self.compared(weak, try SmallHistory.illness()).map { Self.labels($0).last }
        == ["high", "nothing"])
    // West of Greenwich it is the day after: 20:00–21:00 of the 19th is 01:00–02:00 UTC of the 20th.
    let evening = try SmallHistory(near: [(0, 1, 60, 120, 50)])
    let west = try Self.compared(
      evening, try SmallHistory.illness(),
      in: LocalCalendar(zoneName: "Etc/GMT+5", fixedOffset: -18_000))
    #expect(
      west.map(Self.labels) == [["F1", "F1", "see 2021-08-20"], ["nothing", "nothing", "high"]])
  }

  @Test("Rows are those of a trace by each rule set, by contact and day")
  func rowsOfTraces() throws {
    let story = try SmallHistory(
      visits: [(0, 7, 300, 400), (2, 7, 350, 420), (1, 7, 390, 500)],
      near: [(0, 3, 360, 380, 50), (0, 1, 1_500, 1_530, 50)])
    let one = try SmallHistory.illness()
    let days = try Self.compared(story, one)
    #expect(days.map(\.contact) == days.map(\.contact).sorted())
    for (column, rules) in try Self.ruleSets().enumerated() {
      guard case .contacts(let rules) = rules else { continue }
      let trace = try Tracer(history: story.history, rules: rules, calendar: .haiPhong)
        .trace(cases: [one])
      let rows = days.compactMap { day in
        if case .contact(let row) = day.judgements[column] { row } else { nil }
      }
      #expect(rows == trace.rows)
    }
  }
}
