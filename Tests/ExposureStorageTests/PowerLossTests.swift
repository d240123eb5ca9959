import ExposureStorage
import Foundation
import PowerLossVFS
import Presence
import Synchronization
import TestSupport
import Testing

/// `CHECKIN_POWER_CUTS` is the number of cuts (150 if not set).
@Suite("Power loss", .serialized) struct PowerLossTests {
  /// What the cut finds: it is called back by the layer below SQLite.
  private final class Cut {
    let store: String
    let image: String
    let seed: UInt64
    var acknowledged: [Evidence] = []
    /// What was acknowledged when the power went, and whether the image could be made.
    var atCut: (rows: [Evidence], isWhole: Bool)?

    init(store: String, image: String, seed: UInt64) {
      self.store = store
      self.image = image
      self.seed = seed
    }

    /// Copies what the disk was told to keep, and of the rest what happens to arrive.
    func happen() {
      TemporaryFolder.copy(store, to: image)
      let result = checkin_power_loss_apply(image, seed)
      // The index of a log lives in memory.
      for folder in [image, image + "/days"] {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        where name.hasSuffix("-shm") {
          try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
        }
      }
      atCut = (acknowledged, result == 0)
    }
  }

  /// Makes the table of ids one of another run of the kernel, as it is after a cut.
  private func forgetBoot(_ store: String) throws {
    let url = URL(fileURLWithPath: store + "/ids.table")
    guard var bytes = try? Data(contentsOf: url) else { return }
    for place in 80..<96 { bytes[place] ^= 0x5a }
    try bytes.write(to: url)
  }

  /// Appends some batches with a cut at an operation; returns how many operations there were.
  private func round(cutAt operation: Int64, seed: UInt64) throws -> Int64 {
    var generator = SeededGenerator(seed: seed)
    let folder = try TemporaryFolder()
    try newStore(folder).close()
    let path = folder.path + "/store"
    let cut = Cut(store: path, image: folder.path + "/image", seed: generator.next())
    var all: [Evidence] = []
    checkin_power_loss_begin(
      path, operation,
      { context in
        if let context { Unmanaged<Cut>.fromOpaque(context).takeUnretainedValue().happen() }
      },
      Unmanaged.passUnretained(cut).toOpaque())
    do {
      let store = try ExposureStore.open(at: path)
      for _ in 0..<6 where cut.atCut == nil {
        let count = Int.random(in: 1...30, using: &generator)
        let batch = (0..<count).map { _ in
          let number = UInt64.random(in: 0..<200, using: &generator)
          return scan(number, dayOffset: Int64(number % 2), person: number)
        }
        all += batch
        _ = try store.append(batch)
        cut.acknowledged += batch
      }
      try store.close()
    } catch {
      _ = checkin_power_loss_end()
      throw error
    }
    let operations = checkin_power_loss_end()
    guard let found = cut.atCut else { return operations }
    #expect(found.isWhole)
    try forgetBoot(cut.image)
    let survivor = try ExposureStore.open(at: cut.image)
    let rows = try allEvidence(of: survivor)
    let ids = Set(rows.map(\.id))
    let expected = Set(found.rows.map(\.id))
    #expect(ids.count == rows.count, "seed \(seed), operation \(operation): doubled")
    #expect(ids.isSuperset(of: expected), "seed \(seed), operation \(operation): lost")
    #expect(try survivor.integrityProblems() == [], "seed \(seed), operation \(operation)")
    // The same again completes it.
    let outcomes = try survivor.append(all)
    #expect(outcomes.allSatisfy { $0 != .conflict }, "seed \(seed), operation \(operation)")
    let complete = try allEvidence(of: survivor)
    #expect(complete.count == Set(all.map(\.id)).count, "seed \(seed), operation \(operation)")
    return operations
  }

  @Test("A power cut at any write loses nothing acknowledged, doubles nothing, and is survived")
  func cuts() throws {
    let seed = UInt64(ProcessInfo.processInfo.environment["CHECKIN_SEED"] ?? "") ?? 20_200_806
    var generator = SeededGenerator(seed: seed)
    let cuts =
      ProcessInfo.processInfo.environment["CHECKIN_POWER_CUTS"].flatMap { Int($0) } ?? 150
    // Without a cut, to know how many operations there are to cut at.
    let operations = try round(cutAt: 0, seed: seed)
    #expect(operations > 40)
    for _ in 0..<cuts {
      let operation = Int64.random(in: 1...operations, using: &generator)
      _ = try round(cutAt: operation, seed: generator.next())
    }
  }
}
