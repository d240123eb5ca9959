import ExposureStorage
import Foundation
import Presence
import Synchronization
import Testing
import VenueCodes

@testable import GatewayServer

@Suite("The committer")
struct CommitterTests {
  private let site: TestDeployment

  init() throws { site = try TestDeployment() }

  private func evidence(_ number: UInt64, at time: Int64 = TestDeployment.start) throws -> Evidence
  {
    Evidence(
      id: EvidenceID(high: number, low: 1), kind: .scanIn,
      subject: Pseudonym(high: number, low: 2), venue: try VenueID(parsing: "C4C6BHFZC"),
      start: time, gateway: "g", receivedAt: TestDeployment.start)
  }

  @Test("Each is told what became of its own, in groups of any size")
  func tellsEach() throws {
    let committer = Committer(store: site.store)
    defer { committer.stop() }
    let boxes = (0..<200).map { _ in ResultBox() }
    for (number, box) in boxes.enumerated() {
      let pair = [try evidence(UInt64(number)), try evidence(UInt64(number + 1))]
      #expect(committer.append(pair) { box.put($0) })
    }
    for (number, box) in boxes.enumerated() {
      let outcomes = try box.wait().get()
      #expect(outcomes == (number == 0 ? [.stored, .stored] : [.repeated, .stored]))
    }
    #expect(try site.evidence().count == 201)
  }

  @Test("One time that no file can hold takes nobody else down")
  func isolatesFaults() throws {
    let committer = Committer(store: site.store)
    defer { committer.stop() }
    let boxes = (0..<3).map { _ in ResultBox() }
    for (number, box) in boxes.enumerated() {
      let one = try evidence(
        UInt64(number), at: number == 1 ? 99_000_000_000 : TestDeployment.start)
      #expect(committer.append([one]) { box.put($0) })
    }
    #expect(try boxes[0].wait().get() == [.stored])
    #expect(throws: StoreError.self) { try boxes[1].wait().get() }
    #expect(try boxes[2].wait().get() == [.stored])
    #expect(committer.isHealthy)
  }

  @Test("A damaged day fails by itself: check-ins of other days are stored")
  func isolatesDamagedDay() throws {
    // The ids of the other days are known before: the table of ids is made from all files.
    _ = try site.store.append([try evidence(101)])
    try Data(repeating: 7, count: 9_000).write(
      to: URL(fileURLWithPath: site.folder + "/store/days/2020-08-05.sqlite"))
    let committer = Committer(store: site.store)
    defer { committer.stop() }
    // Held up, so that all come in one group.
    let gate = DispatchSemaphore(value: 0)
    let first = ResultBox()
    #expect(
      committer.append([try evidence(100)]) { result in
        gate.wait()
        first.put(result)
      })
    let boxes = (0..<16).map { _ in ResultBox() }
    for (number, box) in boxes.enumerated() {
      let day: Int64 = number == 5 || number == 12 ? 86_400 : 0
      let one = try evidence(UInt64(number), at: TestDeployment.start - day)
      #expect(committer.append([one]) { box.put($0) })
    }
    gate.signal()
    #expect(try first.wait().get() == [.stored])
    for (number, box) in boxes.enumerated() {
      let result = box.wait()
      if number == 5 || number == 12 {
        guard case .failure(let error) = result else {
          Issue.record("a damaged day was acknowledged")
          continue
        }
        #expect(!error.code.isOfWholeStore)
      } else {
        let outcome = try? result.get().first
        #expect(outcome == .stored || outcome == .repeated, "row \(number)")
      }
    }
    #expect(committer.isHealthy)
  }

  @Test("A failure counts for some seconds and is told of once; a commit has an age while it runs")
  func recovers() throws {
    let time = Atomic<Int64>(1_000)
    let ages = Mutex<[Int64]>([])
    let lines = Mutex<[String]>([])
    let log = ServerLog(
      clock: { 0 },
      write: { line in lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) } })
    try Data(repeating: 7, count: 9_000).write(
      to: URL(fileURLWithPath: site.folder + "/store/days/2020-08-05.sqlite"))
    let committer = Committer(
      store: site.store, log: log, clock: { time.load(ordering: .relaxed) })
    defer { committer.stop() }
    for number in 0..<3 as Range<UInt64> {
      let box = ResultBox()
      let one = try evidence(number, at: TestDeployment.start - 86_400)
      let isTaken = committer.append([one]) { result in
        time.wrappingAdd(10, ordering: .relaxed)
        ages.withLock { $0.append(committer.commitMilliseconds) }
        box.put(result)
      }
      #expect(isTaken)
      #expect(throws: StoreError.self) { try box.wait().get() }
    }
    while committer.commitMilliseconds > 0 || committer.isHealthy { usleep(1_000) }
    #expect(ages.withLock { $0 } == [10, 10, 10])
    #expect(lines.withLock { $0 }.count == 1)
    time.wrappingAdd(Committer.failureMilliseconds, ordering: .relaxed)
    #expect(committer.isHealthy)
  }

  @Test("What does not fit is refused at once, and what was taken before a stop is stored")
  func shedsAndDrains() throws {
    let committer = Committer(store: site.store, capacity: 2)
    let three = try (0..<3).map { try evidence(UInt64($0)) }
    #expect(!committer.append(three) { _ in Issue.record("it was not taken") })
    let box = ResultBox()
    #expect(committer.append(Array(three[..<2])) { box.put($0) })
    committer.stop()
    #expect(try box.wait().get() == [.stored, .stored])
    #expect(!committer.append([three[2]]) { _ in Issue.record("it was not taken") })
  }
}
