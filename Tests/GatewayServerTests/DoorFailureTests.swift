import DoorProtocol
import ExposureStorage
import Foundation
import GatewayServer
import Presence
import Synchronization
import TestSupport
import Testing
import VenueCodes
import VenueRegistry

@Suite("A door, when something is in the way") struct DoorFailureTests {
  private static func problem(_ status: Int, _ code: String) -> HTTPResponse {
    HTTPResponse(
      status: status, headers: [("Content-Type", "application/problem+json")],
      body: Array(#"{"type":"urn:checkin:problem:\#(code)","title":"no"}"#.utf8))
  }

  private static func nonce(of request: OutgoingRequest) -> String {
    let input = request.fields.first { $0.name == "Signature-Input" }?.value ?? ""
    return input.components(separatedBy: "nonce=\"").last?.components(separatedBy: "\"").first ?? ""
  }

  /// Answers evidence in place of the centre, and all else as the centre does.
  private func transport(
    _ site: DoorSite, _ answer: @escaping @Sendable (OutgoingRequest) throws -> HTTPResponse
  ) -> UpstreamTransport {
    let centre = site.transport
    return { request in
      request.url.hasSuffix("/evidence") ? try answer(request) : try centre(request)
    }
  }

  @Test(
    "What stands between can refuse evidence, but not have it thrown away",
    arguments: [
      HTTPResponse(status: 413, headers: [], body: Array("<html>too large".utf8)),
      problem(413, "too-large"), problem(422, "batch-bad-value"), problem(422, "batch-bad-line"),
    ])
  func unsignedRefusals(answer: HTTPResponse) throws {
    let site = try DoorSite()
    try site.join()
    _ = try site.edge.append(try site.scans(30))
    let worker = try site.upstream(transport: transport(site) { _ in answer })
    for _ in 0..<12 { #expect(worker.step() >= 0) }
    #expect(try site.standing?.backlog.rows == 30)
    #expect(try site.standing?.refused.isEmpty == true)
    #expect(try site.standing?.contact.failure?.contains("\(answer.status)") == true)
    let healed = try site.upstream()
    while try site.standing?.backlog.rows ?? 0 > 0 { _ = healed.step() }
    #expect(try site.rows(site.centre).count == 30)
  }

  @Test(
    "The centre's own word gives up a row only when it is on the row",
    arguments: [
      ("batch-unknown-version", 4, 0), ("not-a-batch", 4, 0), ("batch-wrong-length", 4, 0),
      ("batch-bad-value", 0, 4), ("batch-bad-line", 0, 4),
    ])
  func signedRefusals(code: String, waiting: Int, refused: Int) throws {
    let site = try DoorSite()
    try site.join()
    _ = try site.edge.append(try site.scans(4))
    let key = try site.vault.centreKey()
    let worker = try site.upstream(
      transport: transport(site) { request in
        var answer = Self.problem(422, code)
        let headers = MessageSignature.answerHeaders(
          status: 422, milliseconds: site.now * 1_000, body: answer.body,
          nonce: Self.nonce(of: request), key: key)
        answer.headers += [
          ("Content-Digest", headers.contentDigest), ("Checkin-Time", headers.time ?? ""),
          ("Signature-Input", headers.signatureInput), ("Signature", headers.signature),
        ]
        return answer
      })
    for _ in 0..<6 { #expect(worker.step() >= 0) }
    #expect(try site.standing?.backlog.rows == waiting)
    #expect(try site.standing?.refused.map(\.code) == Array(repeating: code, count: refused))
  }

  @Test("A door that signs with an absurd time ends nothing", arguments: [Int64.min, -1, .max])
  func absurdTimes(created: Int64) throws {
    let site = try DoorSite()
    try site.join()
    let link = try #require(try UpstreamState.open(inStore: site.edge.path).link())
    let signer = MessageSignature(
      created: created, nonce: "abcdefghijklmnop", keyID: "\(link.door)")
    let headers = signer.headers(
      method: "GET", path: "/registry", query: "?", body: [],
      key: try site.edgeVault.doorKeys().signing)
    let answer = site.answer(
      to: OutgoingRequest(
        .get, "http://centre/registry",
        fields: [
          ("Content-Digest", headers.contentDigest), ("Signature-Input", headers.signatureInput),
          ("Signature", headers.signature),
        ]), at: site.now * 1_000)
    #expect(answer.status == 401)
  }

  @Test("A centre that was restored from a backup gets again what came after the backup")
  func restoredCentre() throws {
    let site = try DoorSite()
    try site.join()
    let path = site.folder.url.path
    _ = try site.centre.backUp(to: path + "/backup", now: site.now)
    _ = try site.edge.append(try site.scans(50))
    let worker = try site.upstream()
    _ = worker.step()
    #expect(try site.standing?.backlog.rows == 0)
    #expect(try site.rows(site.centre).count == 50)
    _ = try ExposureStore.restore(at: path + "/restored", from: path + "/backup")
    let restored = try ExposureStore.open(at: path + "/restored")
    let application = try site.application(of: restored)
    site.set { $0.application = application }
    #expect(try site.rows(restored).isEmpty)
    // One more scan is enough to hear of it; without one, the next fetch is.
    _ = try site.edge.append(try site.scans(1))
    for _ in 0..<3 { _ = worker.step() }
    #expect(try site.rows(restored).count == 51)
    #expect(try site.standing?.backlog.rows == 0)
    _ = try site.upstream().sendAll(everything: true) { false }
    #expect(try site.rows(restored).count == 51)
  }

  @Test("With `everything` all goes up again, and nothing is doubled")
  func everything() throws {
    let site = try DoorSite()
    try site.join()
    _ = try site.edge.append(try site.scans(20))
    #expect(try site.upstream().sendAll { false } == 20)
    #expect(try site.upstream().sendAll { false } == 0)
    #expect(try site.upstream().sendAll(everything: true) { false } == 20)
    #expect(try site.rows(site.centre).count == 20)
  }

  @Test("What cannot be fetched keeps no evidence from being sent")
  func failingRefresh() throws {
    let site = try DoorSite()
    try site.join()
    _ = try site.edge.append(try site.scans(10))
    let centre = site.transport
    let worker = try site.upstream { request in
      request.url.contains("/registry")
        ? HTTPResponse(status: 500, headers: [], body: []) : try centre(request)
    }
    #expect(worker.step() == Upstream.Settings().idleMilliseconds)
    #expect(try site.rows(site.centre).count == 10)
    #expect(try site.standing?.contact.failure?.contains("500") == true)
    #expect(try site.standing?.contact.lastContactAt == site.now)
  }

  @Test("A line on which a large batch never ends carries smaller ones")
  func slowLine() throws {
    let site = try DoorSite()
    try site.join()
    _ = try site.edge.append(try site.scans(2_000))
    let centre = site.transport
    let limit = Mutex<Int?>(nil)
    let worker = try site.upstream(
      batchRows: 2_000,
      transport: transport(site) { request in
        let most = limit.withLock { limit in
          if limit == nil { limit = request.body.count / 3 }
          return limit ?? 0
        }
        guard request.body.count <= most else { throw TransportError("timed out") }
        return try centre(request)
      })
    for _ in 0..<60 { _ = worker.step() }
    #expect(try site.rows(site.centre).count == 2_000)
  }

  @Test("A row of a venue that becomes the door's is sent again, and a conflict is shown")
  func retriedRows() throws {
    let site = try DoorSite()
    try site.join()
    let foreign = try site.scans(1, at: site.other)
    var taken = try site.scans(1)
    _ = try site.edge.append(foreign + taken)
    taken[0].venue = site.other
    _ = try site.centre.append(taken)
    let worker = try site.upstream()
    _ = worker.step()
    #expect(
      try site.standing?.refused.map(\.code).sorted() == ["conflict", "not-this-doors-venue"])
    let moved = DoorSite.registry(own: [site.own[0], site.other], other: site.own[1])
    try site.deployment.registryFolder.write(moved.files())
    try site.deployment.reload()
    site.set { $0.now += 400_000 }
    _ = worker.step()
    #expect(try site.rows(site.centre).contains { $0.id == foreign[0].id })
    #expect(try site.standing?.refused.map(\.code) == ["conflict"])
  }

  @Test("A door that asks without end is put off, and no other one")
  func oneDoorAlone() throws {
    let site = try DoorSite()
    try site.join()
    let key = try Ed25519.SigningKey(
      seed: SecretBytes(copying: [UInt8](repeating: 9, count: 32).span))
    _ = try site.register.announce(
      "harbour", scope: DoorScope.division("303").text, mayCheckPasses: false,
      codeHash: [UInt8](repeating: 1, count: 32), expiresAt: site.now + 10, at: site.now)
    let other = try site.register.redeem(
      codeHash: [UInt8](repeating: 1, count: 32), key: key.publicKey.rawRepresentation,
      boxKey: try site.edgeVault.doorKeys().box.publicKey, at: site.now)
    let link = try #require(try UpstreamState.open(inStore: site.edge.path).link())
    let own = try site.edgeVault.doorKeys().signing
    func status(_ number: Int64, _ key: Ed25519.SigningKey, at seconds: Int64) -> Int {
      var generator = SystemRandomNumberGenerator()
      let signer = MessageSignature(
        created: seconds, nonce: MessageSignature.nonce(using: &generator), keyID: "\(number)")
      let headers = signer.headers(
        method: "GET", path: "/registry", query: "?", body: [], key: key)
      return site.answer(
        to: OutgoingRequest(
          .get, "http://centre/registry",
          fields: [
            ("Content-Digest", headers.contentDigest),
            ("Signature-Input", headers.signatureInput), ("Signature", headers.signature),
          ]), at: seconds * 1_000
      ).status
    }
    let found = (0..<500).map { _ in status(link.door, own, at: site.now) }
    #expect(found.prefix(300).allSatisfy { $0 == 200 })
    #expect(found.suffix(50).allSatisfy { $0 == 429 })
    #expect(status(other.number, key, at: site.now) == 200)
    #expect(status(link.door, own, at: site.now + 5) == 200)
  }

  @Test("Who asks for the time without end is put off, and nobody elsewhere")
  func oneNetworkAlone() throws {
    let site = try DoorSite()
    func status(_ client: String) throws -> Int {
      site.application.response(
        to: HTTPRequest(
          .get, "/doors/time", target: "/doors/time",
          fields: [("Checkin-Nonce", "abcdefghijklmnop")],
          client: try #require(ClientAddress(client)), receivedAt: site.now * 1_000)
      ).status
    }
    let found = try (0..<60).map { _ in try status("192.0.2.1") }
    #expect(found.first == 200 && found.last == 429)
    #expect(try status("192.0.2.2") == 200)
  }

  @Test(
    "Another address of the centre is https, or this machine",
    arguments: [
      ("https://centre.example", true), ("http://127.0.0.1:8080", true),
      ("http://127.0.0.1", true), ("http://[::1]:8080/x", true), ("http://localhost:1", true),
      ("http://centre.example", false), ("http://127.0.0.1:x@centre.example", false),
      ("http://localhost.example", false), ("ftp://127.0.0.1", false), ("centre.example", false),
      ("http://127.0.0.1.example:80", false), ("", false),
    ])
  func addresses(url: String, isTaken: Bool) throws {
    #expect(UpstreamAddress.isProtected(url) == isTaken)
    let site = try DoorSite()
    try site.join()
    let isMade = (try? site.upstream(url: url)) != nil
    #expect(isMade == isTaken)
  }
}
