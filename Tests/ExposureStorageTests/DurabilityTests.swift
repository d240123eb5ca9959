import ExposureStorage
import Foundation
import Presence
import Synchronization
import Testing
import VenueCodes

@Suite("Durability") struct DurabilityTests {
  /// Two days, a person and a gateway that are new, a repeated row and a conflict.
  private static func batch() -> [Evidence] {
    var rival = scan(1)
    rival.grade = 2
    return (1..<6).map { scan($0) } + (6..<12).map { scan($0, dayOffset: 1, person: $0 + 500) }
      + [rival]
  }

  @Test(
    "After a crash at any step, the same batch completes and nothing is lost or doubled",
    arguments: AppendStep.allCases)
  func crash(at step: AppendStep) throws {
    let folder = try TemporaryFolder()
    _ = try newStore(folder).append([scan(1), scan(100)])
    let path = folder.path + "/store"
    let images = Mutex<[String]>([])
    var tuning = StoreTuning()
    tuning.onStep = { reached in
      guard reached == step else { return }
      images.withLock { images in
        let image = folder.path + "/image-\(images.count)"
        TemporaryFolder.copy(path, to: image)
        images.append(image)
      }
    }
    let store = try ExposureStore(at: path, mode: .readWrite, tuning: tuning)
    let batch = DurabilityTests.batch()
    let outcomes = try store.append(batch)
    #expect(outcomes.first == .repeated && outcomes.last == .conflict)
    let expected = try allEvidence(of: store)
    let taken = images.withLock { $0 }
    #expect(!taken.isEmpty)
    for image in taken {
      let survivor = try ExposureStore.open(at: image)
      let again = try survivor.append(batch)
      #expect(again.last == .conflict && again.dropLast().allSatisfy { $0 != .conflict })
      #expect(try allEvidence(of: survivor) == expected)
      #expect(try survivor.append(batch).dropLast().allSatisfy { $0 == .repeated })
      #expect(try survivor.conflicts().count == 1)
      #expect(try survivor.integrityProblems() == [])
    }
  }

  @Test("What was acknowledged is there after a crash")
  func acknowledged() throws {
    let folder = try TemporaryFolder()
    let store = try newStore(folder)
    _ = try store.append((0..<300).map { scan($0) })
    let image = folder.path + "/image"
    TemporaryFolder.copy(store.path, to: image)
    let survivor = try ExposureStore.open(at: image)
    #expect(try survivor.append((0..<300).map { scan($0) }).allSatisfy { $0 == .repeated })
    #expect(try allEvidence(of: survivor).count == 300)
  }

  enum Loss: String, CaseIterable, Sendable {
    case deleted, damaged, empty, otherFile, cut, longer, powerLost, folder
  }

  @Test(
    "The ids are noted anew from the day files, whatever became of them", arguments: Loss.allCases)
  func tableRebuilt(loss: Loss) throws {
    let folder = try TemporaryFolder()
    let store = try newStore(folder)
    let rows = (0..<200).map { scan($0, dayOffset: Int64($0 % 3)) }
    _ = try store.append(rows)
    try store.close()
    let table = store.path + "/ids.table"
    let url = URL(fileURLWithPath: table)
    var bytes = try Data(contentsOf: url)
    switch loss {
    case .deleted: try FileManager.default.removeItem(atPath: table)
    case .damaged: try Data(repeating: 0x5a, count: 100_000).write(to: url)
    case .empty: try Data().write(to: url)
    case .otherFile:
      try FileManager.default.removeItem(atPath: table)
      try FileManager.default.copyItem(
        atPath: store.path + "/days/2020-08-06.sqlite", toPath: table)
    case .cut: try bytes.dropLast(8).write(to: url)
    case .longer: try (bytes + Data(count: 8)).write(to: url)
    case .powerLost:
      // The slots did not reach the disk and the header did, under another run of the kernel.
      bytes.replaceSubrange(70_000..., with: Data(count: bytes.count - 70_000))
      bytes[80] ^= 1
      try bytes.write(to: url)
    case .folder:
      try FileManager.default.removeItem(atPath: table)
      try FileManager.default.createDirectory(atPath: table, withIntermediateDirectories: false)
    }
    var tuning = StoreTuning()
    tuning.identityRegionSlots = 64
    let opened = try ExposureStore(at: store.path, mode: .readWrite, tuning: tuning)
    guard loss != .folder else {
      // A folder is not ours to take away.
      #expect(storeErrorCode { _ = try opened.append(rows) } == .cannotOpen)
      return
    }
    #expect(try opened.append(rows).allSatisfy { $0 == .repeated })
    #expect(try allEvidence(of: opened).count == 200)
    #expect(try opened.integrityProblems() == [])
  }

  @Test("Ids that share a fragment of their hash are told apart by their rows")
  func crowdedTable() throws {
    let folder = try TemporaryFolder()
    _ = try newStore(folder)
    var tuning = StoreTuning()
    // Regions of a few slots, which run full long before the table does.
    tuning.identityRegionSlots = 1
    let path = folder.path + "/store"
    var store = try ExposureStore(at: path, mode: .readWrite, tuning: tuning)
    for start in stride(from: UInt64(0), to: 4_000, by: 500) {
      let rows = (start..<start + 500).map { scan($0, dayOffset: Int64($0 % 5)) }
      #expect(try store.append(rows).allSatisfy { $0 == .stored })
      #expect(try store.append(rows).allSatisfy { $0 == .repeated })
      if start % 1_500 == 0 {
        store = try ExposureStore(at: path, mode: .readWrite, tuning: tuning)
      }
    }
    let all = (UInt64(0)..<4_000).map { scan($0, dayOffset: Int64($0 % 5)) }
    #expect(try store.append(all).allSatisfy { $0 == .repeated })
    #expect(try allEvidence(of: store).count == 4_000)
  }

  @Test("A day that is forgotten on purpose frees its ids, and only them, also for others")
  func deletedDay() throws {
    let folder = try TemporaryFolder()
    let store = try newStore(folder)
    let other = try ExposureStore.open(at: store.path)
    let rows = (0..<90).map { scan($0, dayOffset: Int64($0 % 3)) }
    _ = try store.append(rows)
    #expect(try other.append(rows).allSatisfy { $0 == .repeated })
    try store.deleteDay(day("2020-08-07"))
    for one in [other, store] {
      let outcomes = try one.append(Array(rows.prefix(45)))
      #expect(outcomes.filter { $0 == .stored }.count == (one === other ? 15 : 0))
    }
    #expect(try allEvidence(of: store).count == 75)
    let again = try store.append(rows)
    #expect(again.filter { $0 == .stored }.count == 15)
    #expect(try allEvidence(of: store) == rows.sorted { $0.id < $1.id })
  }

  @Test("A store forgets days and gets new ones for longer than its table has places")
  func manyDays() throws {
    let folder = try TemporaryFolder()
    var tuning = StoreTuning()
    tuning.identityDays = 6
    let path = try newStore(folder).path
    let store = try ExposureStore(at: path, mode: .readWrite, tuning: tuning)
    // Places are given out again when the table is made anew, which is when it has none left.
    for number in 0..<UInt64(40) {
      _ = try store.append([scan(number, dayOffset: Int64(number))])
      if number >= 3 {
        let old = store.calendar.day(of: scan(number - 3, dayOffset: Int64(number - 3)).start)
        try store.deleteDay(old)
      }
    }
    #expect(try store.storedDays().count == 3)
    let kept = try allEvidence(of: store)
    #expect(kept.count == 3)
    #expect(try store.append(kept).allSatisfy { $0 == .repeated })
    let many = (50..<54).map { scan($0, dayOffset: Int64($0)) }
    #expect(storeErrorCode { _ = try store.append(many) } == .full)
  }

  @Test("A day that is deleted is forgotten, also by a store that is open")
  func dayDeleted() throws {
    let folder = try TemporaryFolder()
    let store = try newStore(folder)
    let rows = (0..<20).map { scan($0, dayOffset: Int64($0 % 2)) }
    _ = try store.append(rows)
    try store.close()
    let open = try ExposureStore.open(at: store.path)
    #expect(try open.append([scan(50)]) == [.stored])
    for suffix in ["", "-wal", "-shm"] {
      try? FileManager.default.removeItem(
        atPath: store.path + "/days/2020-08-07.sqlite" + suffix)
    }
    // A row that was lost with its day is new again.
    #expect(try open.append([rows[1]]) == [.stored])
    // Rows for that day go to a new file, not to the one that is deleted and still open.
    #expect(try open.append([scan(61, dayOffset: 1)]) == [.stored])
    #expect(try allEvidence(of: open).count == 13)
    try open.close()
    let again = try ExposureStore.open(at: store.path)
    let outcomes = try again.append(rows)
    #expect(outcomes.filter { $0 == .stored }.count == 9)
    #expect(try allEvidence(of: again).count == 22)
  }

  @Test("A day restored from an older backup takes the missing rows again")
  func dayRestored() throws {
    let folder = try TemporaryFolder()
    let store = try newStore(folder)
    _ = try store.append((0..<10).map { scan($0) })
    try store.close()
    let file = store.path + "/days/2020-08-06.sqlite"
    TemporaryFolder.copy(file, to: folder.path + "/backup")
    let later = try ExposureStore.open(at: store.path)
    _ = try later.append((10..<30).map { scan($0) })
    try later.close()
    TemporaryFolder.copy(folder.path + "/backup", to: file)
    let restored = try ExposureStore.open(at: store.path)
    let outcomes = try restored.append((0..<30).map { scan($0) })
    #expect(outcomes.filter { $0 == .repeated }.count == 10)
    #expect(try allEvidence(of: restored).count == 30)
  }

  @Test("Two stores that write at once store every id once")
  func concurrentWriters() async throws {
    let folder = try TemporaryFolder()
    let path = try newStore(folder).path
    var tuning = StoreTuning()
    tuning.identityRegionSlots = 64
    let rows = (0..<400).map { scan($0, dayOffset: Int64($0 % 3)) }
    let stored = try await withThrowingTaskGroup(of: Int.self) { group in
      for writer in 0..<3 {
        let tuning = tuning
        group.addTask {
          let store = try ExposureStore(at: path, mode: .readWrite, tuning: tuning)
          var count = 0
          for start in stride(from: 0, to: rows.count, by: 20) {
            // Each writer has its own order, and all write the same rows.
            let from = (start + writer * 140) % rows.count
            let batch = rows[from..<min(from + 20, rows.count)]
            count += try store.append(Array(batch)).filter { $0 == .stored }.count
            try store.audit(note)
          }
          return count
        }
      }
      var sum = 0
      for try await count in group { sum += count }
      return sum
    }
    let store = try ExposureStore.open(at: path)
    #expect(stored == 400)
    #expect(try allEvidence(of: store) == rows.sorted { $0.id < $1.id })
    #expect(try store.verifyAudit() != .broken(at: 1))
    #expect(try store.auditEntries().count == 60)
    #expect(try store.integrityProblems() == [])
  }

  @Test("Two stores that take turns see each other's rows, also when one was away for long")
  func turns() throws {
    let folder = try TemporaryFolder()
    let first = try newStore(folder)
    let second = try ExposureStore.open(at: first.path)
    var sizes: [Int] = []
    for turn in 0..<40 {
      let number = UInt64(turn)
      let writer = turn % 2 == 0 ? first : second
      let reader = turn % 2 == 0 ? second : first
      let row = scan(number, dayOffset: Int64(turn % 3))
      sizes.append(try writer.append([row]).filter { $0 == .stored }.count)
      sizes.append(try reader.append([row]).filter { $0 == .repeated }.count)
    }
    let many = (0..<1_100).map { scan(UInt64(1_000 + $0), dayOffset: $0 < 9 ? 7 : 1) }
    for row in many { _ = try first.append([row]) }
    let again = try second.append(many)
    sizes.append(again.filter { $0 == .repeated }.count)
    #expect(sizes == Array(repeating: 1, count: 80) + [1_100])
    #expect(try allEvidence(of: first).count == 1_140)
  }

  @Test("What many threads append meanwhile is committed together, and each gets its own outcomes")
  func groupCommit() async throws {
    let folder = try TemporaryFolder()
    let path = try newStore(folder).path
    let holder = Mutex<ExposureStore?>(nil)
    let commits = Mutex(0)
    var tuning = StoreTuning()
    tuning.onStep = { step in
      guard step == .dayInserted,
        commits.withLock({
          $0 += 1; return $0
        }) == 1
      else { return }
      // The first commit takes until all the others wait.
      while holder.withLock({ $0?.waitingAppends ?? 0 }) < 7 { usleep(100) }
    }
    let store = try ExposureStore(at: path, mode: .readWrite, tuning: tuning)
    holder.withLock { $0 = store }
    defer { holder.withLock { $0 = nil } }
    // Each row is in two batches, and one batch is refused alone.
    let results = Mutex<[Int: [AppendOutcome]?]>([:])
    func start(_ number: Int) {
      let thread = Thread {
        var batch = (0..<20).map { scan(UInt64(number / 2 * 20 + $0)) }
        if number == 5 { batch[3].start = -1 }
        let outcomes = try? store.append(batch)
        results.withLock { $0[number] = .some(outcomes) }
      }
      thread.start()
    }
    start(0)
    while commits.withLock({ $0 }) == 0 { usleep(100) }
    for number in 1..<8 { start(number) }
    while results.withLock({ $0.count }) < 8 { usleep(100) }
    let outcomes = results.withLock { $0 }
    #expect(outcomes[5] == .some(nil))
    #expect(outcomes[4] == .some(Array(repeating: .stored, count: 20)))
    for pair in [0, 1, 3] {
      let both = [outcomes[pair * 2], outcomes[pair * 2 + 1]].compactMap { $0 ?? nil }
      #expect(Set(both.map { Set($0) }) == [[.stored], [.repeated]])
    }
    #expect(try allEvidence(of: store).count == 80)
    #expect(commits.withLock { $0 } == 2)
  }

  @Test("A writer that waits too long says that the store is busy")
  func busy() throws {
    let folder = try TemporaryFolder()
    let path = try newStore(folder).path
    let inner = Mutex<StoreError.Code?>(nil)
    var impatient = StoreTuning()
    impatient.busyMilliseconds = 30
    let other = try ExposureStore(at: path, mode: .readWrite, tuning: impatient)
    var tuning = StoreTuning()
    tuning.onStep = { step in
      guard step == .dayInserted else { return }
      let code = storeErrorCode { _ = try other.append([scan(2)]) }
      inner.withLock { $0 = code }
    }
    let store = try ExposureStore(at: path, mode: .readWrite, tuning: tuning)
    #expect(try store.append([scan(1)]) == [.stored])
    #expect(inner.withLock { $0 } == .busy)
    #expect(try other.append([scan(1), scan(2)]) == [.repeated, .stored])
  }

  @Test("A full disk refuses the batch, keeps what was acknowledged, and heals")
  func diskFull() throws {
    let folder = try TemporaryFolder()
    let path = try newStore(folder).path
    var tuning = StoreTuning()
    tuning.dayPageLimit = 12
    let store = try ExposureStore(at: path, mode: .readWrite, tuning: tuning)
    var acknowledged = 0
    var failure: StoreError.Code?
    while failure == nil, acknowledged < 5_000 {
      let batch = (0..<50).map { scan(UInt64(acknowledged + $0)) }
      failure = storeErrorCode { _ = try store.append(batch) }
      if failure == nil { acknowledged += 50 }
    }
    #expect(failure == .diskFull)
    #expect(acknowledged > 0)
    #expect(try allEvidence(of: store).count == acknowledged)
    #expect(try store.integrityProblems() == [])
    // Two days: the one that has room is stored, the full one is not, and the batch can be repeated.
    let mixed = [scan(70_000, dayOffset: -1)] + (70_001..<70_100).map { scan($0) }
    #expect(storeErrorCode { _ = try store.append(mixed) } == .diskFull)
    let healed = try ExposureStore.open(at: path)
    let outcomes = try healed.append(mixed)
    #expect(outcomes.first == .repeated && outcomes.dropFirst().allSatisfy { $0 == .stored })
    #expect(try allEvidence(of: healed).count == acknowledged + 100)
    #expect(try store.append(mixed).allSatisfy { $0 == .repeated })
  }
}
