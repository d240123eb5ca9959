import EvidenceIntake
import Presence
import Testing
import VenueCodes
import VenueRegistry

@Suite("What a door remembers") struct DoorMemoryTests {
  private static let market = 1_003 as UInt64

  /// A door of a market that closes at 18:00 and one hour of late exits.
  private func makeDoor(capacity: Int = Door.usualCapacity) throws -> (door: Door, code: [UInt8]) {
    let id = try #require(VenueID(rawValue: Self.market))
    let calendar = LocalCalendar.haiPhong
    let registry = Registry(
      categories: [], agencies: [], divisions: [],
      venues: [Venue(id: id, name: "Chợ", category: "market", agency: "a", division: "31")])
    let seed = try SecretBytes(copying: [UInt8](repeating: 7, count: 32).span)
    let context = IntakeContext(
      registry: registry,
      verifier: VenueCodeVerifier(
        keys: KeySet(),
        directory: VenueDirectory(
          status: { _, _ in .active(name: "Chợ") }, isRevoked: { _, _ in false }),
        carrier: Carrier()),
      subjectHash: PseudonymHash(try KeyedHash(key: seed)), calendar: calendar, receivedAt: 0)
    let rules = StayRules(
      calendar: calendar, standard: StayRule(capSeconds: 36_000, closingSecond: 64_800))
    let door = Door(
      gateway: "g", direction: .auto, defaultVisitor: nil, context: context, rules: rules,
      capacity: capacity)
    return (door, Array("\(id) ".utf8))
  }

  private func scan(
    _ door: inout Door, _ code: [UInt8], _ visitor: String, at time: Int64
  ) throws -> Door.Answer {
    let reading = door.read(
      code + Array(visitor.utf8), at: time, id: EvidenceID(high: 0, low: UInt64(time)))
    guard case .evidence(_, let answer) = reading else {
      throw IntakeFailure(reading: "\(reading)")
    }
    return answer
  }

  private struct IntakeFailure: Error { let reading: String }

  @Test("Who never scanned out goes in again when the stay is no longer believed")
  func staysEnd() throws {
    let nine = try ISO8601.parse("2020-08-06T09:00:00+07:00")
    let rows: [(name: String, later: Int64, isEntry: Bool)] = [
      ("out after an hour", 3_600, false), ("out before the longest stay ends", 36_000, false),
      ("in after the longest stay", 36_001, true), ("in the next morning", 86_400, true),
    ]
    for row in rows {
      var (door, code) = try makeDoor()
      #expect(try scan(&door, code, "a", at: nine).isEntry)
      let answer = try scan(&door, code, "a", at: nine + row.later)
      #expect(answer.isEntry == row.isEntry, "\(row.name)")
    }
    // Came at 15:00, the market closed at 18:00: after 19:00 nobody is leaving.
    let three = nine + 6 * 3_600
    for (later, isEntry) in [(4 * 3_600, false), (4 * 3_600 + 1, true)] as [(Int64, Bool)] {
      var (door, code) = try makeDoor()
      _ = try scan(&door, code, "a", at: three)
      #expect(try scan(&door, code, "a", at: three + later).isEntry == isEntry, "\(later) s")
    }
  }

  @Test("However many come, a door remembers so many at most, and those who came last")
  func forgets() throws {
    var (door, code) = try makeDoor(capacity: 4_096)
    let start = try ISO8601.parse("2020-08-06T09:00:00+07:00")
    for day in 0..<30 as Range<Int64> {
      for person in 0..<1_000 as Range<Int64> {
        let answer = try scan(&door, code, "\(day)-\(person)", at: start + day * 86_400 + person)
        if !answer.isEntry { Issue.record("\(person) goes out on day \(day)") }
      }
    }
    #expect(door.rememberedCount <= 4_096)
    #expect(door.rememberedCount >= 2_048)
    let last = try scan(&door, code, "29-999", at: start + 29 * 86_400 + 2_000)
    #expect(!last.isEntry)
  }
}
