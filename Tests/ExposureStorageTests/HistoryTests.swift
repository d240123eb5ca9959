import ExposureStorage
import Presence
import Testing
import Tracing
import VenueCodes

@Suite("Histories of a store") struct HistoryTests {
  struct Row: CustomTestStringConvertible, Sendable {
    let name: String
    let statedStay: UInt8?
    let minutes: Int64
    let reason: Visit.EndReason
    var testDescription: String { name }
  }

  @Test(
    "A scan without exit lasts as long as its code states, else as long as its venue is known for",
    arguments: [
      Row(name: "the code's", statedStay: 6, minutes: 30, reason: .defaultStay),
      Row(name: "the venue's", statedStay: nil, minutes: 60, reason: .defaultStay),
      Row(name: "until check-out", statedStay: 0, minutes: 1_440, reason: .cap),
    ])
  func statedStay(row: Row) throws {
    let folder = try TemporaryFolder()
    let store = try newStore(folder)
    var evidence = scan(7)
    evidence.statedStay = row.statedStay
    var refused = scan(8)
    refused.status = .expiredCode
    #expect(try store.append([evidence, refused]) == [.stored, .stored])
    let history = try store.history(
      stayRules: StayRules(
        calendar: store.calendar, standard: StayRule(defaultStaySeconds: 3_600)),
      openVenues: [])
    let visits = try history.presence(at: try #require(evidence.venue), from: .min, to: .max)
    let visit = try #require(visits.first?.visit)
    // What does not count makes no visit.
    #expect(visits.count == 1)
    #expect(visit.leave - visit.enter == row.minutes * 60 && visit.endReason == row.reason)
  }
}
