import DoorProtocol
import ExposureStorage
import GatewayServer
import Presence
import Synchronization
import TestSupport
import Testing
import VenueCodes
import VenueRegistry

@Suite("A door and its centre") struct DoorTests {
  @Test("What a door stores is at the centre once, under the centre's pseudonyms, with both times")
  func forwarding() throws {
    let site = try DoorSite()
    try site.join()
    let scans = try site.scans(250)
    _ = try site.edge.append(scans)
    site.set { $0.now += 60_000 }
    let worker = try site.upstream()
    while try site.standing?.backlog.rows ?? 0 > 0 { _ = worker.step() }
    let rows = try site.rows(site.centre)
    #expect(Set(rows.map(\.id)) == Set(scans.map(\.id)))
    #expect(rows.count == 250)
    #expect(rows.allSatisfy { $0.receivedAt == site.now })
    #expect(Set(rows.map(\.start)) == Set(scans.map(\.start)))
    #expect(Set(rows.map(\.gateway)) == ["market/gate-1"])
    let (high, low) = try site.vault.subjectHash().hash("visitor 3")
    #expect(rows.contains { $0.subject == Pseudonym(high: high, low: low) })
    #expect(Set(rows.map(\.subject)).isDisjoint(with: scans.map(\.subject)))
    #expect(try site.register.door(named: "market")?.storedRows ?? 0 >= 0)
  }

  @Test("An answer that is lost has the batch sent again, and nothing is doubled")
  func lostAnswers() throws {
    let site = try DoorSite()
    try site.join()
    _ = try site.edge.append(try site.scans(120))
    let worker = try site.upstream(batchRows: 50)
    site.set { $0.weather = .answerLost }
    for _ in 0..<3 { #expect(worker.step() >= 0) }
    #expect(try site.standing?.backlog.rows == 120)
    #expect(try site.standing?.contact.failure != nil)
    site.set { $0.weather = .fine }
    while try site.standing?.backlog.rows ?? 0 > 0 { _ = worker.step() }
    #expect(try site.rows(site.centre).count == 120)
    #expect(try site.centre.conflicts().isEmpty)
    // A door whose state was lost sends all of it again.
    let state = try UpstreamState.open(inStore: site.edge.path)
    try state.advance(
      try state.cursors().mapValues { UpstreamCursor(identity: $0.identity, row: 0) })
    while try site.standing?.backlog.rows ?? 0 > 0 { _ = worker.step() }
    #expect(try site.rows(site.centre).count == 120)
  }

  @Test("A request is taken once, whoever sends it again, and not when it was changed or is old")
  func replays() throws {
    let site = try DoorSite()
    try site.join()
    _ = try site.edge.append(try site.scans(5))
    _ = try site.upstream().step()
    let sent = site.state.withLock { $0.sent }
    let batch = try #require(sent.last { $0.url.hasSuffix("/evidence") })
    func code(_ request: OutgoingRequest, after milliseconds: Int64 = 0) -> String {
      let answer = site.answer(to: request, at: site.now * 1_000 + milliseconds)
      return "\(answer.status) \(String(decoding: answer.body, as: UTF8.self))"
    }
    #expect(code(batch).hasPrefix("401 "))
    #expect(code(batch).contains("replayed"))
    var changed = batch
    changed.body[changed.body.count - 1] ^= 1
    #expect(!code(changed).hasPrefix("200"))
    #expect(code(batch, after: 400_000).contains("clock-skew"))
    var unsigned = batch
    unsigned.fields.removeAll { $0.name == "Signature" }
    #expect(code(unsigned).hasPrefix("401 "))
    var elsewhere = batch
    elsewhere.url = "http://centre/registry"
    elsewhere.method = .get
    elsewhere.body = []
    elsewhere.fields.removeAll { $0.name.hasPrefix("Content-") && $0.name != "Content-Digest" }
    #expect(code(elsewhere).hasPrefix("401 "))
    #expect(try site.rows(site.centre).count == 5)
  }

  @Test("A revoked door is told so and its rows stay with it")
  func revoked() throws {
    let site = try DoorSite()
    try site.join()
    _ = try site.register.revoke("market", reason: "stolen", at: site.now)
    _ = try site.edge.append(try site.scans(5))
    #expect(try site.upstream().step() == Upstream.Settings().longestWait)
    #expect(try site.rows(site.centre).isEmpty)
    #expect(try site.standing?.backlog.rows == 5)
    #expect(try site.standing?.contact.failure?.contains("403") == true)
  }

  @Test(
    "A door whose clock is hours off sends all the same, and the offset is seen",
    arguments: [Int64(3_600_000), -7_200_000, 0])
  func clocks(ahead: Int64) throws {
    let site = try DoorSite()
    site.set { $0.ahead = ahead }
    try site.join()
    _ = try site.edge.append(try site.scans(7, ago: -ahead / 1_000))
    let worker = try site.upstream()
    _ = worker.step()
    #expect(try site.rows(site.centre).count == 7)
    #expect(try site.standing?.contact.clockOffsetMilliseconds == ahead)
    // It is set while the door runs: the next request is off, the one after knows it.
    site.set { $0.ahead = ahead + 1_000_000 }
    _ = try site.edge.append(try site.scans(3))
    for _ in 0..<4 { _ = worker.step() }
    #expect(try site.rows(site.centre).count == 10)
  }

  @Test("Rows are refused one by one, kept at the door with the reason, and not sent again (A31)")
  func refusals() throws {
    let site = try DoorSite()
    try site.join()
    let good = try site.scans(10)
    let foreign = try site.scans(1, at: site.other)
    let old = try site.scans(1, ago: 40 * 86_400)
    let boastful = try site.scans(1, grade: 3)
    for rows in [good, foreign, old, boastful] { _ = try site.edge.append(rows) }
    let worker = try site.upstream()
    while try site.standing?.backlog.rows ?? 0 > 0 { _ = worker.step() }
    #expect(Set(try site.rows(site.centre).map(\.id)) == Set(good.map(\.id)))
    let refused = try #require(try site.standing?.refused)
    #expect(
      Dictionary(uniqueKeysWithValues: refused.map { ($0.id, $0.code) }) == [
        foreign[0].id: "not-this-doors-venue", old[0].id: "older-than-retention",
        boastful[0].id: "grade-beyond-door",
      ])
    let before = site.state.withLock { $0.sent.count }
    _ = worker.step()
    #expect(site.state.withLock { $0.sent.count } == before)
  }

  @Test("A row under an id that is taken changes nothing there (A12)")
  func takenID() throws {
    let site = try DoorSite()
    try site.join()
    let first = try site.scans(1)
    _ = try site.edge.append(first)
    let worker = try site.upstream()
    _ = worker.step()
    let client = try site.client()
    let link = try #require(try UpstreamState.open(inStore: site.edge.path).link())
    var forged = first[0]
    forged.venue = site.own[1]
    let outcome = try client.send([forged], link)
    #expect(outcome.conflicts == 1)
    #expect(try site.rows(site.centre).map(\.venue) == [site.own[0]])
    #expect(try site.centre.conflicts().count == 1)
  }

  @Test(
    "Seven days without a line are nothing; after fourteen a code is worth no more than a typed id")
  func offline() throws {
    let site = try DoorSite()
    try site.join()
    let worker = try site.upstream()
    site.set { $0.weather = .cut }
    func limit() throws -> Int8 {
      try UpstreamStanding.gradeLimit(inStore: site.edge.path, at: site.now)
    }
    for _ in 0..<8 {
      _ = try site.edge.append(try site.scans(40))
      let wait = worker.step()
      #expect((0...Upstream.Settings().longestWait).contains(wait))
      site.set { $0.now += 86_400_000 }
    }
    #expect(try limit() == 3)
    #expect(try site.standing?.isOutOfDate(at: site.now) == false)
    #expect(try site.standing?.backlog.rows == 320)
    #expect(try site.standing?.backlog.oldestScan == 1_596_672_000)
    site.set { $0.now += 7 * 86_400_000 }
    #expect(try limit() == 0)
    #expect(try site.standing?.isOutOfDate(at: site.now) == true)
    site.set { $0.weather = .fine }
    while try site.standing?.backlog.rows ?? 0 > 0 { _ = worker.step() }
    #expect(try site.rows(site.centre).count == 320)
    #expect(try limit() == 3)
  }

  @Test(
    "A change of venues, keys or prints comes down signed, and what was changed on the way does not"
  )
  func bundle() throws {
    let site = try DoorSite()
    try site.join()
    func names() throws -> Set<String> {
      Set(try site.edgeRegistry.load().registry.venues.map(\.name))
    }
    #expect(try names() == ["Chợ Sắt", "Chợ An Dương"])
    let renamed = DoorSite.registry(own: site.own, other: site.other, name: "Chợ Sắt mới")
    try site.deployment.registryFolder.write(renamed.files())
    try site.deployment.reload()
    let worker = try site.upstream()
    _ = worker.step()
    #expect(try names() == ["Chợ Sắt mới", "Chợ An Dương"])
    let last = try #require(site.state.withLock { $0.sent }.last { $0.url.contains("/registry") })
    #expect(last.url.contains("?since="))
    // Another centre's answers are not believed.
    let impostor = try DoorSite()
    let state = try UpstreamState.open(inStore: site.edge.path)
    let link = try #require(try state.link())
    let client = UpstreamClient(
      url: "http://centre", key: try site.edgeVault.doorKeys().signing, clock: site.doorClock,
      transport: impostor.transport)
    #expect(throws: UpstreamError.self) {
      _ = try client.refresh(
        link, state: state, vault: site.edgeVault, registry: site.edgeRegistry)
    }
    #expect(try names() == ["Chợ Sắt mới", "Chợ An Dương"])
  }

  @Test("Wrong codes are counted and stopped, and a used one enrols nobody")
  func wrongCodes() throws {
    let site = try DoorSite()
    try site.join()
    var generator = SeededGenerator(seed: 3)
    var codes: [String] = []
    for _ in 0..<(DoorRegister.mostAttempts + 2) {
      do {
        _ = try site.client().join(
          code: DoorCode(using: &generator).text, boxKey: [UInt8](repeating: 1, count: 32),
          fingerprint: nil)
      } catch let error as UpstreamError {
        codes.append(error.code)
      }
    }
    #expect(codes.prefix(20).allSatisfy { $0 == "door-code-unknown" })
    #expect(codes.suffix(2).allSatisfy { $0 == "too-many-requests" })
    let noted = try site.centre.auditEntries().map(\.note).filter { $0.action == "door.refused" }
    #expect(noted.count { $0.detail == "door-code-unknown" } == DoorRegister.mostAttempts)
    // That too many came is told once, or anybody could fill the log.
    #expect(noted.count { $0.detail == "door-too-many-attempts" } == 1)
  }

  struct BadBatch: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let type: String
    let coding: String?
    let body: [UInt8]
    let status: Int

    init(_ name: String, _ type: String, _ body: [UInt8], _ status: Int, coding: String? = nil) {
      testDescription = name
      self.type = type
      self.coding = coding
      self.body = body
      self.status = status
    }
  }

  @Test(
    "A batch that cannot be read is refused clearly and stores nothing",
    arguments: [
      BadBatch("nothing", EvidenceBatch.mediaType, [], 422),
      BadBatch("another file", EvidenceBatch.mediaType, Array("PK".utf8), 422),
      BadBatch("no zstd", EvidenceBatch.mediaType, Array("xxxx".utf8), 400, coding: "zstd"),
      BadBatch("no gzip", EvidenceBatch.mediaType, Array("xxxx".utf8), 400, coding: "gzip"),
      BadBatch("an unknown packing", EvidenceBatch.mediaType, [1], 415, coding: "br"),
      BadBatch("another type", "text/csv", [1], 415),
      BadBatch("no row", "application/x-ndjson", Array("{}".utf8), 422),
      BadBatch(
        "too many rows", EvidenceBatch.mediaType, Array("CKEV".utf8) + [1, 0x11, 0x27, 0, 0], 413),
      BadBatch(
        "too large", EvidenceBatch.mediaType,
        [UInt8](repeating: 0, count: EvidenceBatch.mostBytes + 1), 413),
    ])
  func badBatches(batch: BadBatch) throws {
    let site = try DoorSite()
    try site.join()
    let link = try #require(try UpstreamState.open(inStore: site.edge.path).link())
    var generator = SystemRandomNumberGenerator()
    let signer = MessageSignature(
      created: site.now, nonce: MessageSignature.nonce(using: &generator), keyID: "\(link.door)")
    let headers = signer.headers(
      method: "POST", path: "/evidence", query: "?", body: batch.body, contentType: batch.type,
      contentEncoding: batch.coding, key: try site.edgeVault.doorKeys().signing)
    var fields: [(name: String, value: String)] = [
      ("Content-Type", batch.type), ("Content-Digest", headers.contentDigest),
      ("Signature-Input", headers.signatureInput), ("Signature", headers.signature),
    ]
    if let coding = batch.coding { fields.append(("Content-Encoding", coding)) }
    let answer = site.answer(
      to: OutgoingRequest(.post, "http://centre/evidence", fields: fields, body: batch.body),
      at: site.now * 1_000)
    #expect(answer.status == batch.status)
    #expect(answer.header("Content-Type") == "application/problem+json")
    #expect(try site.rows(site.centre).isEmpty)
  }
}
