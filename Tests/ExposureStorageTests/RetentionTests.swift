import Dispatch
import ExposureStorage
import Foundation
import Presence
import Synchronization
import TestSupport
import Testing
import Tracing
import VenueCodes

@Suite("Retention")
struct RetentionTests {
  private let folder: TemporaryFolder
  private let store: ExposureStore

  init() throws {
    folder = try TemporaryFolder()
    store = try newStore(folder)
  }

  /// Someone whose pseudonym, as real ones, has no half that stands elsewhere by chance.
  private func person(_ number: UInt64) -> Pseudonym {
    Pseudonym(high: number &* 0x9e37_79b9_7f4a_7c15, low: number &* 0xbf58_476d_1ce4_e5b9)
  }

  private func scan(_ number: UInt64, dayOffset: Int64 = 0, person who: UInt64 = 999) -> Evidence {
    var evidence = ExposureStorageTests.scan(number, dayOffset: dayOffset)
    evidence.subject = person(who)
    // Ids that share a half with a pseudonym would be found in its place.
    evidence.id = EvidenceID(high: number &* 0x94d0_49bb_1331_11eb, low: number)
    return evidence
  }

  /// An encounter that is told apart by its number.
  private func encounter(_ number: UInt64, dayOffset: Int64, _ one: UInt64, _ other: UInt64)
    -> Evidence
  {
    Evidence(
      id: EvidenceID(high: number &* 0x517c_c1b7_2722_0a95, low: number), kind: .bleEncounter,
      subject: person(one), peer: person(other), start: augustSixth + dayOffset * 86_400 + 600,
      end: augustSixth + dayOffset * 86_400 + 1_600, attenuation: 55,
      receivedAt: augustSixth + dayOffset * 86_400)
  }

  /// The files of the store that hold either half of a person's pseudonym, in either order of its
  /// bytes, found by Foundation and not by the store.
  private func files(naming who: UInt64) throws -> [String] {
    let root = folder.path + "/store"
    let halves = [person(who).high, person(who).low].flatMap { half in
      [half.bigEndian, half.littleEndian].map { withUnsafeBytes(of: $0) { Data($0) } }
    }
    return try #require(FileManager.default.subpaths(atPath: root)).filter { path in
      guard let data = FileManager.default.contents(atPath: "\(root)/\(path)") else { return false }
      return halves.contains { data.range(of: $0) != nil }
    }
  }

  private func retain(
    onDay offset: Int32, keeping linked: Set<EvidenceID> = [],
    _ policy: RetentionPolicy = RetentionPolicy()
  ) throws -> RetentionReport {
    let today = try day("2020-08-06").advanced(by: Int(offset))
    return try store.retain(
      policy, today: today, keeping: linked, now: augustSixth + Int64(offset) * 86_400)
  }

  @Test("Identifiers whose aliases went are left in no raw byte, though no row ever named them")
  func aliases() throws {
    // Days that lie beside each other in no order, so that pages are divided and joined.
    var numbers = Array<UInt64>(0..<4_000)
    var generator = SeededGenerator(seed: 6)
    numbers.shuffle(using: &generator)
    _ = try store.append([scan(1, person: 7), scan(2, dayOffset: 30, person: 7)])
    func alias(_ number: UInt64) -> CredentialAlias {
      // Every second is of a day that stays.
      let start = augustSixth + Int64(number % 2) * 30 * 86_400 + Int64(number % 96) * 900
      return CredentialAlias(
        credential: person(10_000 + number), person: person(7), from: start, to: start + 900)
    }
    for part in stride(from: 0, to: numbers.count, by: 500) {
      try store.addAliases(numbers[part..<part + 500].map(alias), note: note)
    }
    // One of those that go has another slot that stays.
    try store.addAliases(
      [
        CredentialAlias(
          credential: person(10_002), person: person(7), from: augustSixth + 30 * 86_400,
          to: augustSixth + 30 * 86_400 + 900)
      ], note: note)
    #expect(try !files(naming: 10_000).isEmpty, "the search finds what is there")
    let report = try retain(onDay: 31)
    #expect(report.aliases == 2_000 && report.filesWithTraces == [])
    for gone in stride(from: UInt64(10_000), to: 10_200, by: 20) {
      #expect(try files(naming: gone) == [], "\(gone)")
    }
    #expect(try !files(naming: 10_001).isEmpty && !files(naming: 10_002).isEmpty)
  }

  @Test("A day past its time is unlinked, and nobody it alone knew is left in any raw byte")
  func wholeDay() throws {
    _ = try store.append([
      scan(1, person: 101), scan(2, person: 102), scan(3, dayOffset: 10, person: 102),
      scan(4, dayOffset: 10, person: 103),
    ])
    #expect(try !files(naming: 101).isEmpty, "the search finds what is there")
    let early = try retain(onDay: 21)
    #expect(early.days.isEmpty && early.forgotten.isEmpty)
    let plan = try store.retentionPlan(
      RetentionPolicy(), today: try day("2020-08-28"), keeping: [])
    let report = try retain(onDay: 22)
    #expect(plan.days == report.days)
    #expect(report.deletedRows == 2)
    #expect(report.days.map(\.day) == [try day("2020-08-06")])
    #expect(report.forgotten == [person(101)])
    #expect(report.filesWithTraces == [])
    #expect(try files(naming: 101) == [])
    #expect(try !files(naming: 102).isEmpty)
    #expect(try allEvidence(of: store).count == 2)
    #expect(try store.storedDays() == [try day("2020-08-16")])
    #expect(try store.integrityProblems() == [])
  }

  @Test("Bluetooth goes earlier than scans, and rows of an open case stay")
  func thinnedDay() throws {
    let kept = encounter(5, dayOffset: 0, 201, 202)
    _ = try store.append([
      scan(1, person: 201), kept, encounter(6, dayOffset: 0, 203, 204), scan(2, person: 205),
    ])
    let report = try retain(onDay: 15, keeping: [kept.id])
    #expect(report.deletedRows == 1 && report.linkedRows == 1)
    #expect(report.forgotten == [person(203), person(204)])
    #expect(report.filesWithTraces == [])
    for who in UInt64(203)...204 { #expect(try files(naming: who) == []) }
    #expect(try Set(allEvidence(of: store).map(\.id)) == [scan(1).id, scan(2).id, kept.id])
    let later = try retain(onDay: 22, keeping: [kept.id, scan(1).id])
    #expect(later.deletedRows == 1 && later.forgotten == [person(205)])
    let last = try retain(onDay: 23)
    #expect(last.deletedRows == 2 && last.forgotten == [person(201), person(202)])
    #expect(try store.storedDays() == [])
    for who in UInt64(201)...205 { #expect(try files(naming: who) == []) }
  }

  @Test("An id that went may come again, and one that stayed is still known")
  func idsAfterwards() throws {
    let other = try ExposureStore.open(at: folder.path + "/store")
    _ = try store.append([scan(1, person: 301), scan(2, person: 302), scan(3, dayOffset: 9)])
    _ = try other.append([scan(4, dayOffset: 9, person: 301)])
    _ = try retain(onDay: 22, keeping: [scan(2).id])
    for writer in [store, other] {
      #expect(try writer.append([scan(2, person: 302)]) == [.repeated])
      #expect(try writer.append([scan(4, dayOffset: 9, person: 301)]) == [.repeated])
    }
    #expect(try other.append([scan(1, person: 301)]) == [.stored])
    #expect(try store.append([scan(1, person: 301)]) == [.repeated])
    #expect(try store.integrityProblems() == [])
  }

  @Test("Another process that remembers a forgotten person's number gives them a new one")
  func numbersAreLookedUpAgain() throws {
    let other = try ExposureStore.open(at: folder.path + "/store")
    _ = try other.append([scan(1, person: 401)])
    #expect(try retain(onDay: 22).forgotten == [person(401)])
    #expect(try other.append([scan(2, dayOffset: 30, person: 401)]) == [.stored])
    #expect(try allEvidence(of: store).map(\.subject) == [person(401)])
  }

  @Test("A person with a case, and evidence that was refused, go when their time comes")
  func casesAndConflicts() throws {
    let same = Evidence(
      id: scan(1).id, kind: .scanOut, subject: person(503), venue: VenueID(rawValue: 1),
      start: augustSixth, receivedAt: augustSixth)
    _ = try store.append([scan(1, person: 501), scan(2, person: 502)])
    #expect(try store.append([same]) == [.conflict])
    _ = try store.addCase(
      CaseRecord(
        id: "BN-1", subject: person(502), onset: try day("2020-08-06"),
        createdAt: augustSixth), note: note)
    let report = try retain(onDay: 40)
    #expect(report.conflicts == 1 && report.forgotten == [person(501)])
    #expect(try files(naming: 503) == [])
    #expect(try store.caseRecord("BN-1")?.subject == person(502))
  }

  @Test("Lines of the audit log past their time go, and the chain of the rest holds")
  func audit() throws {
    for day in Int64(0)..<10 {
      try store.audit(
        AuditNote(
          at: augustSixth + day * 86_400, actor: "a", action: "b", object: "c", purpose: "\(day)"))
    }
    let before = try store.verifyAudit()
    let report = try retain(onDay: 10, RetentionPolicy(audit: 5))
    #expect(report.auditLines == 5)
    #expect(try store.auditEntries().map(\.sequence) == [6, 7, 8, 9, 10])
    #expect(try store.verifyAudit() == before)
    try store.audit(note)
    #expect(try store.auditEntries().last?.sequence == 11)
    guard case .intact(count: 11, _) = try store.verifyAudit() else {
      Issue.record("the chain broke")
      return
    }
    #expect(try retain(onDay: 400, RetentionPolicy(audit: 5)).auditLines == 5)
    try store.audit(note)
    #expect(try store.auditEntries().last?.sequence == 12)
  }

  @Test("Segments of what went are unlinked with it, and those of other days stay")
  func segments() throws {
    let rules = StayRules(calendar: .haiPhong)
    func stay(_ number: UInt64, _ who: UInt64, dayOffset: Int64) -> Evidence {
      Evidence(
        id: EvidenceID(high: number, low: 77), kind: .visit, subject: person(who),
        venue: VenueID(rawValue: 4), start: augustSixth + dayOffset * 86_400 + 36_000,
        end: augustSixth + dayOffset * 86_400 + 39_600, receivedAt: augustSixth)
    }
    _ = try store.append([
      stay(1, 601, dayOffset: 0), stay(2, 602, dayOffset: 0), stay(3, 602, dayOffset: 12),
      scan(4, dayOffset: 12, person: 603),
    ])
    #expect(try store.buildSegments(stayRules: rules) == .built)
    #expect(try files(naming: 601).contains { $0.hasPrefix("segments/") })
    func names() throws -> Set<String> {
      Set(
        try FileManager.default.contentsOfDirectory(atPath: folder.path + "/store/segments")
          .filter { $0.hasSuffix(".stays") })
    }
    let before = try names()
    let report = try retain(onDay: 22)
    #expect(report.forgotten == [person(601)] && report.filesWithTraces == [])
    #expect(try files(naming: 601) == [])
    #expect(try names().count == 1 && names().isSubset(of: before))
    let history = try store.history(stayRules: rules, openVenues: [])
    #expect(try history.milestones(of: person(601)).isEmpty)
    #expect(try history.milestones(of: person(602)).count == 1)
    #expect(try history.milestones(of: person(603)).count == 1)
    #expect(try store.buildSegments(stayRules: rules) == .built)
    #expect(try files(naming: 601) == [] && store.verify().problems == [])
  }

  @Test("A policy is kept in the store")
  func policy() throws {
    #expect(try store.retentionPolicy() == RetentionPolicy(scans: 21, bluetooth: 14, audit: 1_826))
    try store.set(RetentionPolicy(scans: 30, bluetooth: 10, audit: 100))
    let again = try ExposureStore.open(at: folder.path + "/store", mode: .readOnly)
    #expect(try again.retentionPolicy() == RetentionPolicy(scans: 30, bluetooth: 10, audit: 100))
  }

  @Test("Whatever is appended and retained, what is left is what the rule says, raw bytes included")
  func random() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("retention seed \(seed)")
    var generator = SeededGenerator(seed: seed)
    var stored: [Evidence] = []
    for round in 0..<6 {
      let batch = (0..<80).map { index in
        let number = UInt64(round * 80 + index + 1)
        let offset = Int64.random(in: 0..<30, using: &generator)
        return Bool.random(using: &generator)
          ? scan(number, dayOffset: offset, person: UInt64.random(in: 900..<960, using: &generator))
          : encounter(
            number, dayOffset: offset, UInt64.random(in: 900..<930, using: &generator),
            UInt64.random(in: 930..<960, using: &generator))
      }
      #expect(try store.append(batch).allSatisfy { $0 == .stored })
      stored += batch
      let offset = Int32(20 + round * 5)
      let linked = Set(
        stored.map(\.id).filter { _ in Int.random(in: 0..<10, using: &generator) == 0 })
      let report = try retain(onDay: offset, keeping: linked)
      let before = stored.count
      stored.removeAll { evidence in
        let age = offset - Int32(store.calendar.day(of: evidence.start).daysSince2020 - 218)
        return age > (evidence.kind == .bleEncounter ? 14 : 21) && !linked.contains(evidence.id)
      }
      #expect(report.deletedRows == before - stored.count)
      #expect(try allEvidence(of: store) == stored.sorted { $0.id < $1.id }, "seed \(seed)")
      let known = Set(stored.flatMap { [$0.subject, $0.peer ?? $0.subject] })
      for who in UInt64(900)..<960 where !known.contains(person(who)) {
        #expect(try files(naming: who) == [], "seed \(seed)")
      }
      #expect(report.filesWithTraces == [])
    }
  }
}

@Suite("Retention beside others, and killed")
struct RetentionFaultTests {
  private let folder: TemporaryFolder
  private let store: ExposureStore
  private let rules = StayRules(calendar: .haiPhong)

  init() throws {
    folder = try TemporaryFolder()
    store = try newStore(folder)
  }

  private func path(_ name: String) -> String { "\(folder.path)/store/\(name)" }

  private func retain(onDay offset: Int32, keeping linked: Set<EvidenceID> = []) throws
    -> RetentionReport
  {
    let today = try day("2020-08-06").advanced(by: Int(offset))
    return try store.retain(
      RetentionPolicy(), today: today, keeping: linked, now: augustSixth + Int64(offset) * 86_400)
  }

  @Test("A log and drafts that a killed run left are removed, and never applied to a new day")
  func leftovers() throws {
    _ = try store.append([scan(1), scan(2, dayOffset: 3)])
    // As a kill between two unlinks would leave it: the log of a day without its file.
    let day = path("days/2020-08-06.sqlite")
    let log = try Data(contentsOf: URL(fileURLWithPath: day + "-wal"))
    #expect(!log.isEmpty)
    _ = try retain(onDay: 22)
    try log.write(to: URL(fileURLWithPath: day + "-wal"))
    try log.write(to: URL(fileURLWithPath: day + ".kept"))
    #expect(try store.append([scan(7)]) == [.stored])
    #expect(try allEvidence(of: store).map(\.id) == [scan(2).id, scan(7).id].sorted())
    try log.write(to: URL(fileURLWithPath: path("days/2020-08-05.sqlite-wal")))
    _ = try retain(onDay: 22)
    let names = try FileManager.default.contentsOfDirectory(atPath: path("days"))
    #expect(!names.contains { $0.hasPrefix("2020-08-05") || $0.hasSuffix(".kept") }, "\(names)")
  }

  @Test(
    "An id of a day that another process replaced is known at once, whatever day it is used for")
  func replacedElsewhere() throws {
    let other = try ExposureStore.open(at: store.path)
    let kept = scan(1)
    _ = try other.append([kept, scan(2), scan(3, dayOffset: 30)])
    _ = try retain(onDay: 22, keeping: [kept.id])
    var changed = kept
    changed.start += 30 * 86_400
    #expect(try other.append([changed]) == [.conflict])
    #expect(try store.append([changed]) == [.conflict])
  }

  @Test("Segments that name people a killed run had forgotten are dropped by the next look")
  func forgottenInSegments() throws {
    _ = try store.append([scan(1, person: 41), scan(2, dayOffset: 30, person: 42)])
    _ = try store.buildSegments(stayRules: rules)
    let kept = try FileManager.default.contentsOfDirectory(atPath: path("segments"))
    let images = try kept.map {
      ($0, try Data(contentsOf: URL(fileURLWithPath: path("segments/" + $0))))
    }
    _ = try retain(onDay: 22)
    // As if the run had been killed before it came to the segments.
    for (name, bytes) in images {
      try bytes.write(to: URL(fileURLWithPath: path("segments/" + name)))
    }
    let report = try retain(onDay: 22)
    #expect(report.forgotten.isEmpty)
    let left = try FileManager.default.contentsOfDirectory(atPath: path("segments"))
    #expect(!left.contains { $0.hasSuffix(".people") }, "\(left)")
    let history = try store.history(stayRules: rules, openVenues: [])
    #expect(try history.milestones(of: person(42)).count == 1)
    #expect(try history.milestones(of: person(41)).isEmpty)
  }

  @Test("Questions and backups beside retention are of one moment, and none fails")
  func beside() throws {
    let store = store
    let rules = rules
    _ = try store.append((1...400).map { scan($0, dayOffset: Int64($0 % 40), person: $0 % 90) })
    let stop = Flag()
    let asked = Mutex<Result<Int, any Error>>(.success(0))
    let done = DispatchSemaphore(value: 0)
    // A thread of its own: tests run side by side on as many as there are cores.
    Thread.detachNewThread {
      defer { done.signal() }
      do {
        let reader = try ExposureStore.open(at: store.path, mode: .readOnly)
        var count = 0
        repeat {
          let history = try reader.history(stayRules: rules, openVenues: [])
          do {
            for number in UInt64(0)..<90 { _ = try history.milestones(of: person(number)) }
          } catch let error as StoreError where error.code == .changedMeanwhile {
            // A history of before asks for rows of a file that is gone, and says so.
          }
          count += 1
        } while !stop.isSet
        let all = count
        asked.withLock { $0 = .success(all) }
      } catch {
        asked.withLock { $0 = .failure(error) }
      }
    }
    for offset in Int32(15)..<60 {
      _ = try retain(onDay: offset, keeping: Set((1...20).map { scan($0).id }))
      if offset % 5 == 0 {
        _ = try store.backUp(to: folder.path + "/copy", now: 0)
        let copy = folder.path + "/restored-\(offset)"
        _ = try ExposureStore.restore(at: copy, from: folder.path + "/copy")
        #expect(try ExposureStore.open(at: copy, mode: .readOnly).verify().problems == [])
      }
    }
    stop.set()
    done.wait()
    #expect(try asked.withLock { try $0.get() } > 0)
    // What is linked, and the two days that are not past their time.
    #expect(try allEvidence(of: store).count == 40)
    #expect(try store.verify().problems == [])
  }

  @Test("Who is named only by a refused row stays until that row goes, and closed cases go in time")
  func refusedAndClosed() throws {
    _ = try store.append([scan(1, person: 51)])
    let late = scan(2, dayOffset: 20, person: 52)
    _ = try store.append([late])
    var refused = late
    refused.subject = person(51)
    #expect(try store.append([refused]) == [.conflict])
    let early = try retain(onDay: 25)
    #expect(early.forgotten == [] && early.filesWithTraces == [])
    _ = try store.addCase(
      CaseRecord(
        id: "BN-2", subject: person(51), onset: try day("2020-08-06"), createdAt: augustSixth),
      note: note)
    try store.closeCase("BN-2", at: augustSixth, note: note)
    let last = try retain(onDay: 2_000)
    #expect(last.cases == 1)
    #expect(last.forgotten == [person(51), person(52)])
  }
}
