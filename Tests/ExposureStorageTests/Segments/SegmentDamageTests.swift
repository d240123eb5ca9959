import ExposureStorage
import Foundation
import Presence
import Synchronization
import TestSupport
import Testing
import VenueCodes

@Suite("Damaged and interrupted segments") struct SegmentDamageTests {
  private let rules: StayRules

  init() throws {
    rules = try CrowdedEvidence.rules(.haiPhong)
  }

  /// A store whose segments have files of every kind, and rows that are in none.
  private func made(
    _ folder: TemporaryFolder, seed: UInt64
  ) throws -> (path: String, evidence: [Evidence]) {
    var crowd = CrowdedEvidence(seed: seed)
    let store = try newStore(folder)
    var all: [Evidence] = []
    // The later ones are small, so that files of before stay and have rows replaced.
    for count in [900, 20, 5] {
      let batch = try crowd.rows(count)
      _ = try store.append(batch)
      all += batch
      if count > 5 { _ = try store.buildSegments(stayRules: rules) }
    }
    try store.close()
    return (store.path, all)
  }

  private func names(_ store: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: store + "/segments").sorted()
  }

  /// What a store answers, without writing to it.
  private func answer(_ path: String) throws -> [Fact: Int] {
    let store = try ExposureStore.open(at: path, mode: .readOnly)
    return try facts(of: try store.history(stayRules: rules, openVenues: []))
  }

  @Test("The files of a store are of every kind, for the tests below to mean something")
  func hasEveryKind() throws {
    let folder = try TemporaryFolder()
    let names = try names(try made(folder, seed: 901).path)
    for kind in ColumnFileKind.allCases {
      #expect(names.contains { $0 == "\(kind)" || $0.hasSuffix(".\(kind)") }, "\(kind)")
    }
  }

  @Test("A damaged file of any kind changes no answer, and is made again", arguments: [911])
  func damagedFiles(seed: UInt64) throws {
    let folder = try TemporaryFolder()
    let (path, evidence) = try made(folder, seed: seed)
    let expected = try facts(of: evidence, rules)
    let spare = folder.path + "/spare"
    TemporaryFolder.copy(path + "/segments", to: spare)
    var generator = SeededGenerator(seed: seed)
    var wrong: [String] = []
    var kinds: Set<String> = []
    for name in try names(path) where name != "build.lock" && name != "verified" {
      let kind = name.split(separator: ".").last.map(String.init) ?? name
      guard kinds.insert(kind).inserted else { continue }
      let file = URL(fileURLWithPath: "\(path)/segments/\(name)")
      let whole = try Data(contentsOf: file)
      for damage in ["bit", "cut", "empty", "gone", "other"] {
        switch damage {
        case "bit":
          var bytes = whole
          bytes[Int.random(in: 0..<whole.count, using: &generator)] ^= 4
          try bytes.write(to: file)
        case "cut": try whole.prefix(whole.count / 2).write(to: file)
        case "empty": try Data().write(to: file)
        case "gone": try FileManager.default.removeItem(at: file)
        default:
          // A file that is whole, and not the one that should be here.
          let other = try names(path).last { $0.hasSuffix(".\(kind)") && $0 != name } ?? "verified"
          try Data(contentsOf: URL(fileURLWithPath: "\(path)/segments/\(other)")).write(to: file)
        }
        // As after a restart of the system, when nothing is believed unseen.
        try? FileManager.default.removeItem(atPath: path + "/segments/verified")
        if try answer(path) != expected { wrong.append("\(name), \(damage)") }
        let store = try ExposureStore.open(at: path)
        _ = try store.buildSegments(stayRules: rules)
        try store.close()
        if try answer(path) != expected { wrong.append("\(name), \(damage), built") }
        TemporaryFolder.copy(spare, to: path + "/segments")
      }
    }
    #expect(wrong == [], "seed \(seed)")
    #expect(kinds.count == ColumnFileKind.allCases.count)
  }

  @Test("A file that was written to is looked at again, also without a restart")
  func changedFile() throws {
    let folder = try TemporaryFolder()
    let (path, evidence) = try made(folder, seed: 921)
    let expected = try facts(of: evidence, rules)
    #expect(try answer(path) == expected)
    for kind in ["stays", "visits"] {
      let name = try #require(try names(path).first { $0.hasSuffix("." + kind) })
      let handle = try FileHandle(forUpdating: URL(fileURLWithPath: "\(path)/segments/\(name)"))
      // Past the directory, where the first column is.
      try handle.seek(toOffset: 600)
      try handle.write(contentsOf: Data([0x5a, 0x5a, 0x5a]))
      try handle.close()
      let later = Date(timeIntervalSince1970: 2_000_000_000)
      try FileManager.default.setAttributes(
        [.modificationDate: later], ofItemAtPath: "\(path)/segments/\(name)")
      #expect(try answer(path) == expected)
    }
  }

  @Test("Segments that are deleted are made again to the same bytes, also those of another order")
  func rebuilt() throws {
    let folder = try TemporaryFolder()
    let (path, _) = try made(folder, seed: 931)
    func rebuild() throws -> [String: Data] {
      try FileManager.default.removeItem(atPath: path + "/segments")
      let store = try ExposureStore.open(at: path)
      #expect(try store.buildSegments(stayRules: rules) == .built)
      #expect(try store.buildSegments(stayRules: rules) == .unchanged)
      try store.close()
      var files: [String: Data] = [:]
      for name in try names(path) where name != "build.lock" && name != "verified" {
        files[name] = try Data(contentsOf: URL(fileURLWithPath: "\(path)/segments/\(name)"))
      }
      return files
    }
    let first = try rebuild()
    let second = try rebuild()
    #expect(first.count > 10 && first == second)
  }

  @Test("A crash at any moment of building changes no answer", arguments: BuildStep.allCases)
  func crash(step: BuildStep) throws {
    let folder = try TemporaryFolder()
    let (path, evidence) = try made(folder, seed: 941)
    let expected = try facts(of: evidence, rules)
    let crashed = folder.path + "/crashed"
    let count = Mutex(0)
    var tuning = StoreTuning()
    tuning.onBuildStep = { reached in
      guard reached == step else { return }
      // The third file is one in the middle.
      let seen = count.withLock { count in
        count += 1
        return count
      }
      if seen == (step == .fileWritten ? 3 : 1) { TemporaryFolder.copy(path, to: crashed) }
    }
    let store = try ExposureStore(at: path, mode: .readWrite, tuning: tuning)
    #expect(try store.buildSegments(stayRules: rules) == .built)
    try store.close()
    #expect(try answer(crashed) == expected)
    let healed = try ExposureStore.open(at: crashed)
    _ = try healed.buildSegments(stayRules: rules)
    try healed.close()
    #expect(try answer(crashed) == expected)
    // What the crash left and nobody counts is gone.
    let drafts = try names(crashed).filter { $0.hasSuffix(".new") }
    #expect(drafts == [])
  }

  @Test("A full disk fails the building, leaves the old segments, and changes no answer")
  func diskFull() throws {
    let folder = try TemporaryFolder()
    let (path, evidence) = try made(folder, seed: 951)
    let expected = try facts(of: evidence, rules)
    let before = try names(path)
    for limit in [100, 1_000, 1_600, 3_000] {
      var tuning = StoreTuning()
      tuning.segmentSizeLimit = limit
      tuning.mostUnbuiltRows = 1
      let store = try ExposureStore(at: path, mode: .readWrite, tuning: tuning)
      #expect(storeErrorCode { _ = try store.buildSegments(stayRules: rules) } == .diskFull)
      #expect(try names(path) == before)
      // A question that would have them built answers without.
      #expect(try facts(of: try store.history(stayRules: rules, openVenues: [])) == expected)
      try store.close()
    }
  }

  @Test("A folder that cannot be written, or is no folder, costs time and no answer")
  func noFolder() throws {
    let folder = try TemporaryFolder()
    let (path, evidence) = try made(folder, seed: 961)
    let expected = try facts(of: evidence, rules)
    try FileManager.default.removeItem(atPath: path + "/segments")
    #expect(try answer(path) == expected)
    try Data("not a folder".utf8).write(to: URL(fileURLWithPath: path + "/segments"))
    #expect(try answer(path) == expected)
    var tuning = StoreTuning()
    tuning.mostUnbuiltRows = 1
    let store = try ExposureStore(at: path, mode: .readWrite, tuning: tuning)
    #expect(storeErrorCode { _ = try store.buildSegments(stayRules: rules) } != nil)
    #expect(try facts(of: try store.history(stayRules: rules, openVenues: [])) == expected)
  }

  @Test("Only one builds at a time, and nobody waits")
  func oneBuilder() throws {
    let folder = try TemporaryFolder()
    let (path, evidence) = try made(folder, seed: 971)
    let expected = try facts(of: evidence, rules)
    let other = try ExposureStore.open(at: path)
    let inner = Mutex<[SegmentBuildOutcome]>([])
    let answers = Mutex<[Bool]>([])
    var tuning = StoreTuning()
    tuning.onBuildStep = { [rules] step in
      guard step == .allWritten || step == .cleaned else { return }
      let outcome = try? other.buildSegments(stayRules: rules)
      inner.withLock { $0.append(outcome ?? .built) }
      let found = try? facts(of: try other.history(stayRules: rules, openVenues: []))
      answers.withLock { $0.append(found == expected) }
    }
    let store = try ExposureStore(at: path, mode: .readWrite, tuning: tuning)
    #expect(try store.buildSegments(stayRules: rules) == .built)
    #expect(inner.withLock { $0 } == [.busy, .busy])
    #expect(answers.withLock { $0 } == [true, true])
  }

  @Test("A history that was opened goes on while its files are replaced and deleted")
  func readersKeepFiles() throws {
    let folder = try TemporaryFolder()
    let (path, evidence) = try made(folder, seed: 981)
    let store = try ExposureStore.open(at: path)
    let history = try store.history(stayRules: rules, openVenues: [])
    try FileManager.default.removeItem(atPath: path + "/segments")
    _ = try store.buildSegments(stayRules: rules)
    #expect(try facts(of: history) == facts(of: evidence, rules))
  }

  @Test("Other rules of a place where people were scanned make other visits; of others, none")
  func otherRules() throws {
    let folder = try TemporaryFolder()
    let (path, evidence) = try made(folder, seed: 991)
    let store = try ExposureStore.open(at: path)
    _ = try store.buildSegments(stayRules: rules)
    var unrelated = rules
    unrelated.byVenue[try venue(99)] = StayRule(defaultStaySeconds: 60)
    #expect(try store.buildSegments(stayRules: unrelated) == .unchanged)
    var changed = rules
    changed.byVenue[try venue(0)] = StayRule(defaultStaySeconds: 4_321)
    let expected = try facts(of: evidence, changed)
    #expect(try expected != facts(of: evidence, rules))
    #expect(try facts(of: try store.history(stayRules: changed, openVenues: [])) == expected)
    #expect(try store.buildSegments(stayRules: changed) == .built)
    #expect(try facts(of: try store.history(stayRules: changed, openVenues: [])) == expected)
  }

  @Test("A day that is deleted, or begun again, takes its visits along")
  func deletedDay() throws {
    let folder = try TemporaryFolder()
    let (path, evidence) = try made(folder, seed: 995)
    let gone = LocalCalendar.haiPhong.day(of: augustSixth + 3 * 86_400)
    for suffix in ["", "-wal", "-shm"] {
      try? FileManager.default.removeItem(atPath: "\(path)/days/\(gone).sqlite\(suffix)")
    }
    let left = evidence.filter { LocalCalendar.haiPhong.day(of: $0.start) != gone }
    #expect(left.count < evidence.count)
    #expect(try answer(path) == facts(of: left, rules))
    let store = try ExposureStore.open(at: path)
    var again = scan(900_000, dayOffset: 3)
    again.receivedAt = augustSixth
    _ = try store.append([again])
    let expected = try facts(of: left + [again], rules)
    #expect(try facts(of: try store.history(stayRules: rules, openVenues: [])) == expected)
    _ = try store.buildSegments(stayRules: rules)
    #expect(try facts(of: try store.history(stayRules: rules, openVenues: [])) == expected)
  }
}
