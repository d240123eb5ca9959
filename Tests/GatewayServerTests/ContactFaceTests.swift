import ExposureStorage
import Foundation
import Presence
import SealedContacts
import TestSupport
import Testing
import VenueCodes

@testable import GatewayServer

@Suite("Sealed contacts over HTTP") struct ContactFaceTests {
  private let folder: TemporaryFolder
  private let deployment: Deployment
  private let key: ContactKey
  private static let now: Int64 = 1_785_196_800_000
  private static let hotel = "C4C6BHFZC"

  init() throws {
    folder = try TemporaryFolder()
    let path = folder.url.appendingPathComponent("store").path
    let store = try ExposureStore.create(
      at: path, calendar: ZoneDatabase.calendar(named: "Asia/Ho_Chi_Minh"),
      createdAt: Self.now / 1_000)
    let vault = try KeyVault.create(
      in: path + "/keys", secret: .keyFile(folder.url.appendingPathComponent("key").path),
      notBefore: Self.now / 1_000, notAfter: Self.now / 1_000 + 86_400)
    var generator = SeededGenerator(seed: 3)
    key = ContactKey(publicKey: try X25519.PrivateKey(using: &generator).publicKey, madeAt: 1)
    var configuration = GatewayConfiguration()
    configuration.checkIns.client = RateLimit(burst: 20, perSecond: 0.001)
    deployment = try Deployment(
      store: store, vault: vault,
      registryFolder: RegistryFolder(
        path: TestEnvironment.packageRoot.appendingPathComponent("Venues").path),
      configuration: configuration, clock: { Self.now })
  }

  private func answer(
    _ method: HTTPMethod, _ target: String, body: String = "", at now: Int64 = Self.now
  ) throws -> HTTPResponse {
    let workers = WorkerPool(threads: 1, capacity: 8)
    defer { workers.stop() }
    let application = HTTPApplication(
      faces: [ContactFace(deployment)], workers: workers, metrics: Metrics(), log: .silent)
    return application.response(
      to: HTTPRequest(
        method, target, target: target, fields: [("Content-Type", "application/json")],
        body: Array(body.utf8), receivedAt: now))
  }

  private func body(_ id: EvidenceID, venue: String = Self.hotel, seed: UInt64 = 1) throws -> String
  {
    var generator = SeededGenerator(seed: seed)
    let place = ContactPlace(venue: try VenueID(parsing: venue), evidence: id)
    let details = try ContactDetails(phone: "+84912345678")
    let box = try ContactBox(sealing: details, of: place, to: key, using: &generator)
    return "{\"venue\":\"\(venue)\",\"contact\":\"\(box.text)\"}"
  }

  private func evidence(at now: Int64 = Self.now) -> EvidenceID {
    var generator = SeededGenerator(seed: UInt64(now))
    return EvidenceID(atMilliseconds: now, using: &generator)
  }

  @Test("A venue says what it is called and where it is, and which key seals")
  func places() throws {
    let before = String(decoding: try answer(.get, "/places/\(Self.hotel)").body, as: UTF8.self)
    #expect(before.contains("Khách sạn Hữu Nghị") && before.contains("Quận Hồng Bàng"))
    #expect(before.contains("\"contact_key\":null"))
    _ = try ContactKeyFolder.install(ContactKeySet([key]), in: deployment.store.path + "/keys")
    let after = String(decoding: try answer(.get, "/places/\(Self.hotel)").body, as: UTF8.self)
    #expect(after.contains("\"id\":\"\(key.id)\""))
    #expect(try answer(.get, "/places/000000000").status == 404)
    #expect(try answer(.get, "/places/xyz").status == 422)
    #expect(try answer(.get, "/places/\(Self.hotel)?zone=256").status == 422)
  }

  @Test("A box is kept with its check-in, once, and may be sent again")
  func keeps() throws {
    let id = evidence()
    let target = "/checkins/\(id)/contact"
    let first = try body(id)
    #expect(try answer(.post, target, body: first).status == 204)
    #expect(try answer(.post, target, body: first, at: Self.now + 9 * 60_000).status == 204)
    #expect(try answer(.post, target, body: body(id, seed: 2)).status == 409)
    let kept = try ContactArchive(at: deployment.store.path).contacts(of: [id])
    #expect(kept.count == 1 && kept.first?.receivedAt == Self.now / 1_000)
    #expect(kept.first?.day == deployment.calendar.day(of: Self.now / 1_000))
  }

  @Test("One network may leave so many boxes in a time, and no more")
  func limits() throws {
    let workers = WorkerPool(threads: 1, capacity: 8)
    defer { workers.stop() }
    let application = HTTPApplication(
      faces: [ContactFace(deployment)], workers: workers, metrics: Metrics(), log: .silent)
    var statuses: [Int: Int] = [:]
    for _ in 0..<40 {
      let answer = application.response(
        to: HTTPRequest(
          .post, "/checkins/x/contact", fields: [("Content-Type", "application/json")],
          receivedAt: Self.now))
      statuses[answer.status, default: 0] += 1
    }
    #expect(statuses == [422: 20, 429: 20])
  }

  @Test("A box of an old check-in, of no check-in, or of no venue is refused")
  func refuses() throws {
    let id = evidence()
    let target = "/checkins/\(id)/contact"
    let good = try body(id)
    #expect(try answer(.post, target, body: good, at: Self.now + 11 * 60_000).status == 422)
    #expect(try answer(.post, target, body: good, at: Self.now - 11 * 60_000).status == 422)
    #expect(try answer(.post, "/checkins/x/contact", body: good).status == 422)
    let digest = EvidenceID(contentDigest: id.high, id.low)
    #expect(try answer(.post, "/checkins/\(digest)/contact", body: good).status == 422)
    #expect(try answer(.post, target, body: body(id, venue: "000000000")).status == 422)
    #expect(try answer(.post, target, body: "{").status == 400)
    #expect(try answer(.post, target, body: String(repeating: " ", count: 2_000)).status == 413)
    #expect(try ContactArchive(at: deployment.store.path).count() == 0)
  }
}
