import ExposureStorage
import Presence
import Testing
import VenueCodes

@Suite("Sightings in no encounter") struct RadioSightingsTests {
  private func sighting(
    _ number: UInt64, of subject: UInt64, at second: Int64, venue: VenueID? = nil,
    peer: UInt64? = nil, status: Evidence.Status = .accepted
  ) -> Evidence {
    Evidence(
      id: EvidenceID(high: 9, low: number), kind: .bleSighting, subject: person(subject),
      venue: venue, peer: peer.map { person($0) }, start: augustSixth + second, attenuation: 60,
      status: status, gateway: "box", receivedAt: augustSixth + 90_000)
  }

  private func alias(_ credential: UInt64, _ who: UInt64, from: Int64) -> CredentialAlias {
    CredentialAlias(
      credential: person(credential), person: person(who), from: augustSixth + from,
      to: augustSixth + from + 900)
  }

  @Test("Receivers and unowned identifiers are found, and an owner that comes later is heeded")
  func finds() throws {
    let folder = try TemporaryFolder()
    let store = try newStore(folder)
    let hall = try venue(3)
    _ = try store.append([
      // A receiver heard a person, an identifier, and one whose row does not count.
      sighting(1, of: 1, at: 3_600, venue: hall),
      sighting(2, of: 101, at: 3_700, venue: hall, status: .rotatingIdentifier),
      sighting(3, of: 1, at: 3_800, venue: hall, status: .expiredIdentifier),
      // A phone heard a person, an identifier; the same phone is heard of by its own identifier.
      sighting(4, of: 1, at: 4_000, peer: 2),
      sighting(5, of: 1, at: 4_000, peer: 102, status: .rotatingIdentifier),
      sighting(6, of: 103, at: 4_100, peer: 102, status: .rotatingIdentifier),
      sighting(7, of: 2, at: 4_200, peer: 102, status: .rotatingIdentifier),
    ])
    let today = try day("2020-08-06")
    func found() throws -> RadioSightings {
      try store.radioSightings(from: today, to: today, unresolvedOf: [person(1), person(50)])
    }
    let before = try found()
    #expect(before.receivers.map(\.person) == [person(1)])
    #expect(before.receivers.map(\.moment) == [augustSixth + 3_600])
    #expect(before.receivers.map(\.evidence) == [EvidenceID(high: 9, low: 1)])
    #expect(before.unresolved.map(\.moment) == [augustSixth + 4_000])
    #expect(before.unresolved.map(\.identifier) == [person(102)])

    // The receiver's identifier is person 2's, and 103 is person 1's own.
    try store.addAliases([alias(101, 2, from: 3_600), alias(103, 1, from: 3_600)], note: note)
    let later = try found()
    #expect(later.receivers.map(\.person) == [person(1), person(2)])
    let ofSecond = try store.radioSightings(from: today, to: today, heardOf: [person(2)])
    #expect(ofSecond.receivers == [later.receivers[1]])
    #expect(try store.radioSightings(from: today, to: today, heardOf: []).receivers.isEmpty)
    #expect(later.unresolved.map(\.moment) == [augustSixth + 4_000, augustSixth + 4_100])
    #expect(later.unresolved.allSatisfy { $0.person == person(1) })

    // Outside its slot an identifier is nobody's, and with two owners too.
    try store.addAliases([alias(102, 3, from: 40_000)], note: note)
    #expect(try found().unresolved.count == 2)
    try store.addAliases([alias(102, 3, from: 3_600)], note: note)
    #expect(try found().unresolved.isEmpty)
    try store.addAliases([alias(102, 4, from: 3_600)], note: note)
    #expect(try found().unresolved.count == 2)
    let tomorrow = try day("2020-08-07")
    #expect(try store.radioSightings(from: tomorrow, to: tomorrow).receivers.isEmpty)
  }

  @Test("A receiver that hears an identifier late hears a replay of it, not its owner")
  func replays() throws {
    let folder = try TemporaryFolder()
    let store = try newStore(folder)
    let hall = try venue(3)
    // The slot ends at 4,500; a phone may be late by two minutes and its clock wrong by two more.
    let times: [Int64] = [3_360, 4_600, 4_739, 3_359, 4_740, 5_100, 6_000, 6_299]
    _ = try store.append(
      zip(UInt64(1)..., times).map { number, time in
        sighting(number, of: 101, at: time, venue: hall, status: .rotatingIdentifier)
      })
    try store.addAliases([alias(101, 2, from: 3_600)], note: note)
    let today = try day("2020-08-06")
    let found = try store.radioSightings(from: today, to: today)
    #expect(found.receivers.map { $0.moment - augustSixth } == [3_360, 4_600, 4_739])
  }
}
