import Bluetooth
import CrossMatch
import Fusion
import Presence
import TestSupport
import Testing
import Tracing
import VenueCodes

/// Less shared time never makes a contact likelier, from the history to the probability.
@Suite("Less time together, from visits to probability") struct LessTimeTests {
  private static let midnight = LocalCalendar.haiPhong.start(of: FusionStory.day)

  private static func days(_ visits: [Visit], _ encounters: [Encounter]) throws -> [PairEvidence] {
    let history = try ExposureHistory(
      people: FusionStory.people, visits: visits, encounters: encounters)
    return try PairGatherer(
      history: history, rules: FusionStory.rules, calendar: .haiPhong, witness: nil
    ).contact(try FusionStory.person("B"), of: try FusionStory.caseA())?.days.map(\.evidence) ?? []
  }

  private static func chance(_ visits: [Visit], _ encounters: [Encounter] = []) throws -> Double {
    let days = try days(visits, encounters).filter { !$0.radio.isEmpty || !$0.together.isEmpty }
    return 1 - days.reduce(1) { $0 * (1 - ContactModel().judge($1).probability) }
  }

  @Test("Passers-by of a day do not dilute a day together, nor does leaving early concentrate it")
  func station() throws {
    let venue = try FusionStory.venue("Hotel")
    func visits(until leave: String) throws -> [Visit] {
      var visits: [Visit] = []
      let day = try FusionStory.span("08:00", "18:00")
      for (person, span) in [(0, day), (1, day.lowerBound..<(try FusionStory.time(leave)))] {
        visits.append(
          Visit(
            subject: SubjectNumber(person), venue: venue, enter: span.lowerBound,
            leave: span.upperBound, openedBy: EvidenceID(high: 1, low: UInt64(person))))
      }
      for place in 0..<600 {
        let enter = day.lowerBound + Int64(place) * 60
        visits.append(
          Visit(
            subject: SubjectNumber(2 + place % 20), venue: venue, enter: enter, leave: enter + 300,
            openedBy: EvidenceID(high: 2, low: UInt64(place))))
      }
      return visits
    }
    let (short, long) = (
      try Self.chance(visits(until: "08:15")), try Self.chance(visits(until: "18:00"))
    )
    #expect(short > 0 && short < long, "\(short) for 15 minutes, \(long) for the day")
  }

  @Test("An earlier exit, or a check-in elsewhere, never raises it", arguments: 1...400)
  func lessNeverRaises(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    var visits: [Visit] = []
    for place in 0..<number(2...30) {
      let enter = Self.midnight + Int64(number(0...600)) * 60
      visits.append(
        Visit(
          subject: SubjectNumber(place < 2 ? place : number(0...8)),
          venue: try FusionStory.venue(FusionStory.venues[number(0...1)]),
          zone: UInt8(number(0...2)), enter: enter, leave: enter + Int64(number(1...300)) * 60,
          openedBy: EvidenceID(high: 1, low: UInt64(place))))
    }
    var encounters: [Encounter] = []
    for place in 0..<number(0...3) {
      let start = Self.midnight + Int64(number(0...600)) * 60
      if let encounter = Encounter(
        0, 1, start: start, end: start + Int64(number(1...30)) * 60,
        attenuation: Int16(number(45...85)), evidence: EvidenceID(high: 2, low: UInt64(place)))
      {
        encounters.append(encounter)
      }
    }
    let mine = visits.indices.filter { visits[$0].subject < 2 }
    let place = mine[number(0...(mine.count - 1))]
    let before = visits[place]
    let cut = before.enter + Int64.random(in: 0...(before.leave - before.enter), using: &random)
    var less = visits
    less[place] = Visit(
      subject: before.subject, venue: before.venue, zone: before.zone, enter: before.enter,
      leave: cut, openedBy: before.openedBy)
    let (whole, early) = (
      try Self.chance(visits, encounters), try Self.chance(less, encounters)
    )
    func apart(_ visits: [Visit]) throws -> SpanSet {
      SpanSet(try Self.days(visits, encounters).flatMap(\.apart))
    }
    // An exit that takes a stay elsewhere away takes what spoke against a contact away.
    if try apart(visits).subtracting(apart(less)).isEmpty {
      #expect(early <= whole + 1e-9, "seed \(seed): \(visits[place]) until \(cut)")
    }
    if cut < before.leave {
      // Where nobody else is.
      less.append(
        Visit(
          subject: before.subject, venue: try FusionStory.venue("Park"), enter: cut,
          leave: before.leave, openedBy: EvidenceID(high: 3, low: 1)))
      let elsewhere = try Self.chance(less, encounters)
      #expect(elsewhere <= whole + 1e-9, "seed \(seed): \(visits[place]), elsewhere from \(cut)")
      #expect(elsewhere <= early + 1e-9, "seed \(seed): elsewhere from \(cut)")
    }
  }
}
