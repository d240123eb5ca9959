import ExposureStorage
import Foundation
import Presence
import TestSupport
import Testing
import VenueCodes

/// What is acknowledged survives the process, however it ends.
///
/// `CHECKIN_KILL_ROUNDS` says how often each test kills (4 unless it does); the seed of the moments
/// is printed and can be given back as `CHECKIN_KILL_SEED`.
@Suite("Killed processes", .tags(.process)) struct KillTests {
  private static let environment = ProcessInfo.processInfo.environment
  private static let rounds = environment["CHECKIN_KILL_ROUNDS"].flatMap { Int($0) } ?? 4

  /// Moments and subjects that follow from a seed.
  private struct Dice: RandomNumberGenerator {
    let seed: UInt64
    private var state: UInt64

    init() {
      seed = environment["CHECKIN_KILL_SEED"].flatMap { UInt64($0) } ?? .random(in: 1...999_999)
      state = seed
    }

    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var mixed = state
      mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
      return mixed ^ (mixed >> 31)
    }
  }

  /// All that a store holds, after SQLite found every file of it sound.
  private static func evidence(in path: String) throws -> [Evidence] {
    let store = try ExposureStore.open(at: path)
    #expect(try store.integrityProblems() == [])
    var all: [Evidence] = []
    try store.forEachEvidence(
      from: LocalDay(daysSince2020: .min), to: LocalDay(daysSince2020: .max)
    ) { all.append($0) }
    try store.close()
    return all.sorted { $0.id < $1.id }
  }

  @Test("A door that is killed at any moment has stored every scan it answered, once")
  func scan() throws {
    let site = try Site()
    var dice = Dice()
    var acknowledged: Set<String> = []
    var hits = 0
    for round in 0..<Self.rounds {
      let lines = (1..<20_000).map { "\(Site.hotel) r\(round)-\($0)\n" }.joined()
      let door = try site.start("scan", "--gateway", "g", "--json")
      // One in four may be killed while it opens the store; the others have begun to answer.
      if round % 4 != 3 {
        door.send("\(Site.hotel) r\(round)-0")
        let answer = try JSON(try #require(door.nextLine()))
        acknowledged.insert(try #require(answer["evidence"].text))
      }
      let outcome = door.kill(
        afterMilliseconds: .random(in: 1...200, using: &dice), feeding: Data(lines.utf8))
      if outcome.wasSignalled { hits += 1 }
      // What follows the last line feed is a line that was not said to its end.
      for line in outcome.output.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
      {
        let answer = try JSON(line)
        acknowledged.insert(try #require(answer["evidence"].text))
      }
      let stored = try Self.evidence(in: site.path("store"))
      let ids = stored.map { "\($0.id)" }
      let lost = acknowledged.subtracting(ids).count
      // Every line names another person, so a person with two rows was stored twice.
      let doubled = stored.count - min(Set(ids).count, Set(stored.map(\.subject)).count)
      #expect(
        lost == 0 && doubled == 0,
        "seed \(dice.seed), round \(round): \(lost) lost, \(doubled) doubled")
    }
    // The store goes on as if nothing had been.
    try site.done("scan", "--gateway", "g", input: "\(Site.hotel) last\n")
    let total = try Self.evidence(in: site.path("store")).count
    #expect(hits == Self.rounds)
    print(
      "scan: \(hits) kills, \(acknowledged.count) acknowledged, \(total) stored, seed \(dice.seed)")
  }

  /// A log of visits over five days, a part of them with ids of their own.
  private static func log(rows: Int) -> (text: String, explicit: Set<String>) {
    var text = "id,venue,subject,enter,leave\n"
    var explicit: Set<String> = []
    for row in 0..<rows {
      var id = ""
      if row % 3 == 0 {
        let tail = String(row, radix: 16)
        id = "0173c17f-1d00-7000-8000-" + String(repeating: "0", count: 12 - tail.count) + tail
        explicit.insert(id)
      }
      let (day, minute, second) = (1 + row % 5, (row / 60) % 60, row % 60)
      let time =
        "2020-08-0\(day)T10:\(minute / 10)\(minute % 10):\(second / 10)\(second % 10)+07:00"
      text += "\(id),\(Site.hotel),p\(row),\(time),\n"
    }
    return (text, explicit)
  }

  @Test("An import that is killed and run again ends as one that was not, row for row")
  func importVisits() throws {
    let site = try Site()
    let rows = Self.environment["CHECKIN_KILL_ROUNDS"] == nil ? 30_000 : 100_000
    let (text, explicit) = Self.log(rows: rows)
    try site.write(text, to: "visits.csv")
    func reset() throws {
      try? FileManager.default.removeItem(atPath: site.path("store"))
      try FileManager.default.copyItem(atPath: site.path("fresh"), toPath: site.path("store"))
    }
    try FileManager.default.copyItem(atPath: site.path("store"), toPath: site.path("fresh"))
    let started = ContinuousClock.now
    let first = try JSON(site.done("import", "visits", "visits.csv", "--json").output)
    let whole = started.duration(to: .now)
    #expect(first["stored"].number == rows && first["rejected"].number == 0)
    let expected = try Self.evidence(in: site.path("store"))
    #expect(explicit.isSubset(of: expected.map { "\($0.id)" }))

    var dice = Dice()
    let longest = max(40, Int(whole / .milliseconds(1)))
    var (hits, runs, ends) = (0, 0, 0)
    try reset()
    while hits < Self.rounds, runs < Self.rounds * 8 {
      runs += 1
      let outcome = try site.start("import", "visits", "visits.csv").kill(
        afterMilliseconds: .random(in: 15...longest, using: &dice), feeding: Data())
      if outcome.wasSignalled {
        hits += 1
        let partial = try Self.evidence(in: site.path("store"))
        #expect(
          Set(partial.map(\.id)).count == partial.count && Set(partial).isSubset(of: expected),
          "seed \(dice.seed), kill \(hits): rows doubled or made up")
        // One in four is run to its end; the others are killed again where they are.
        guard hits % 4 == 0 || hits == Self.rounds else { continue }
        let again = try JSON(site.done("import", "visits", "visits.csv", "--json").output)
        #expect(again["stored"].number == rows - partial.count)
        #expect(again["repeated"].number == partial.count && again["conflicts"].number == 0)
      }
      ends += 1
      #expect(
        try Self.evidence(in: site.path("store")) == expected,
        "seed \(dice.seed), kill \(hits): the store differs from one that was not killed")
      try reset()
    }
    #expect(hits == Self.rounds)
    print("import: \(hits) kills, \(ends) times run to the end, \(rows) rows, seed \(dice.seed)")
  }

  @Test("A door and an import may write at the same time")
  func together() throws {
    let site = try Site()
    let rows = 20_000
    try site.write(Self.log(rows: rows).text, to: "visits.csv")
    let door = try site.start("scan", "--gateway", "g", "--json")
    var answers: [String] = []
    func scan(_ count: Int) throws {
      for _ in 0..<count {
        door.send("\(Site.hotel) d\(answers.count)")
        answers.append(try #require(door.nextLine()))
      }
    }
    try scan(3)
    let log = try site.start("import", "visits", "visits.csv", "--json")
    try scan(100)
    let imported = log.finish()
    try scan(3)
    #expect(door.finish().status == 0 && imported.status == 0, "\(imported.errors)")
    #expect(try JSON(imported.output)["stored"].number == rows)
    let ids = try answers.map { try JSON($0)["evidence"].text ?? "" }
    let stored = try Self.evidence(in: site.path("store")).map { "\($0.id)" }
    #expect(stored.count == rows + ids.count && Set(stored).count == stored.count)
    #expect(Set(ids).isSubset(of: stored))
  }

  @Test("Ctrl-C stops a door and an import, and says that what was acknowledged stays")
  func interrupted() throws {
    let site = try Site()
    let door = try site.start("scan", "--gateway", "g")
    door.send("\(Site.hotel) an")
    #expect(door.nextLine()?.hasPrefix("IN") == true)
    door.send(signal: SIGINT)
    let stopped = door.finish()
    #expect(stopped.status == 130 && stopped.errors.contains("stays"))
    #expect(try Self.evidence(in: site.path("store")).count == 1)

    let log = try site.start("import", "visits", "-")
    log.send(Self.log(rows: 40_000).text)
    // A batch is stored once its days have files.
    for _ in 0..<600 where !site.has("store/days/2020-08-01.sqlite") { usleep(50_000) }
    log.send(signal: SIGTERM)
    let ended = log.finish()
    #expect(ended.status == 130 && ended.errors.contains("stays"), "\(ended.errors)")
    #expect(try Self.evidence(in: site.path("store")).count > 8_000)
  }
}
