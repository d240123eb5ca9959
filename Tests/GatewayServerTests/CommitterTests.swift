import ExposureStorage
import Presence
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
