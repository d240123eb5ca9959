import EvidenceIntake
import ExposureStorage
import Foundation
import JSONText
import Presence
import StaffAccounts
import Testing
import VenueCodes
import VenueRegistry

@testable import GatewayServer

/// A gateway with a store, two districts with a venue each, and accounts.
final class StaffFixture: Sendable {
  static let now: Int64 = 1_596_690_000  // 2020-08-06 12:00 in Hai Phong
  static let password = "bốn từ ngẫu nhiên"

  let folder: URL
  let deployment: Deployment
  let desk: StaffDesk
  let application: HTTPApplication
  /// A venue in district 303, and one in district 304.
  let venue: Venue
  let otherVenue: Venue

  init() throws {
    folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("checkin-staff-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let root = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let store = try ExposureStore.create(
      at: folder.path + "/store",
      calendar: LocalCalendar(zoneName: "Asia/Ho_Chi_Minh", fixedOffset: 7 * 3_600),
      createdAt: Self.now, settings: [.urlPrefix: "https://qr.example/#"])
    let cheap = try #require(PassphraseCost(operations: 1, memoryKiB: 8))
    let vault = try KeyVault.create(
      in: store.path + "/keys", secret: .keyFile(folder.path + "/key"), notBefore: 0,
      notAfter: 4_000_000_000, cost: cheap)
    deployment = try Deployment(
      store: store, vault: vault,
      registryFolder: RegistryFolder(path: root.appendingPathComponent("Venues").path),
      configuration: GatewayConfiguration(), clock: { Self.now * 1_000 })
    desk = try StaffDesk(deployment: deployment, policy: SignInPolicy(cost: cheap))
    application = HTTPApplication(
      faces: desk.faces, authenticators: [.account: desk.authenticator],
      workers: WorkerPool(threads: 2, capacity: 64))
    let registry = deployment.snapshot.registry
    func venue(in division: String) throws -> Venue {
      let scope = StaffScope.divisions([division])
      return try #require(registry.venues.first { scope.covers($0, in: registry) })
    }
    self.venue = try venue(in: "303")
    self.otherVenue = try venue(in: "304")
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// Makes an account and signs it in.
  func session(
    _ name: String, _ role: StaffRole = .healthStaff, _ scope: String = "division:303"
  ) throws -> String {
    let setup = try desk.accounts.add(
      name, role: role, scope: try #require(StaffScope(text: scope)), password: Self.password,
      by: "test", at: Self.now
    ).setup
    let ticket = try body(signIn(name: name))["ticket"]
    let opened = post(
      "/sessions",
      #"{"ticket":"\#(try #require(ticket?.string))","code":"\#(try Self.code(of: setup))"}"#)
    return try #require(try body(opened)["token"]?.string)
  }

  static func code(of setup: FactorSetup, at now: Int64 = now) throws -> String {
    let text = try #require(setup.address.split(separator: "secret=").last?.prefix { $0 != "&" })
    let bytes = try #require(Base32.bytes(of: text))
    let factor = OneTimePassword(secret: try SecretBytes(copying: bytes.span))
    return factor.code(ofStep: OneTimePassword.step(at: now))
  }

  func signIn(name: String, password: String = password, at now: Int64 = now) -> HTTPResponse {
    post("/sessions", #"{"name":"\#(name)","password":"\#(password)"}"#, at: now)
  }

  // MARK: Requests

  func get(
    _ target: String, _ token: String? = nil, fields: [(name: String, value: String)] = [],
    at now: Int64 = now
  ) -> HTTPResponse {
    application.response(
      to: HTTPRequest(
        .get, target, target: target, fields: fields + Self.bearer(token), receivedAt: now * 1_000))
  }

  func post(
    _ target: String, _ body: String? = nil, _ token: String? = nil,
    fields: [(name: String, value: String)] = [], at now: Int64 = now
  ) -> HTTPResponse {
    let type = body == nil ? [] : [(name: "Content-Type", value: "application/json")]
    return application.response(
      to: HTTPRequest(
        .post, target, target: target, fields: type + fields + Self.bearer(token),
        body: Array((body ?? "").utf8), receivedAt: now * 1_000))
  }

  private static func bearer(_ token: String?) -> [(name: String, value: String)] {
    token.map { [("Authorization", "Bearer \($0)")] } ?? []
  }

  func body(_ response: HTTPResponse) throws -> JSONObject {
    try #require(try JSONValue(response.body).object)
  }

  /// The stable word of a problem; nil for an answer that is none.
  func code(_ response: HTTPResponse) -> String? {
    guard response.header("Content-Type") == "application/problem+json" else { return nil }
    return (try? body(response))?["type"]?.string.map { String($0.dropFirst(20)) }
  }

  func rows(_ response: HTTPResponse) throws -> [JSONObject] {
    try #require(try body(response)["rows"]?.array).compactMap(\.object)
  }

  /// The newest line of the audit log.
  func lastNote() throws -> AuditNote {
    try #require(try deployment.store.auditEntries(limit: 1).last).note
  }

  // MARK: Evidence

  static func person(_ number: UInt64) -> Pseudonym {
    Pseudonym(high: (number + 1) &* 0x9e37_79b9_7f4a_7c15, low: number)
  }

  /// Puts people at a venue for an hour from a moment on.
  func visit(_ people: [Pseudonym], at venue: Venue, from start: Int64) throws {
    let evidence = people.enumerated().map { place, person in
      Evidence(
        id: EvidenceID(high: person.high ^ UInt64(bitPattern: start), low: UInt64(place)),
        kind: .visit, subject: person, venue: venue.id, zone: 0, start: start, end: start + 3_600,
        grade: 0, gateway: "gate", receivedAt: start + 3_600)
    }
    _ = try deployment.store.append(evidence)
  }

  /// Registers a case of a person, and says which division works on it.
  func addCase(_ id: String, _ person: Pseudonym, division: String?) throws {
    _ = try deployment.store.addCase(
      CaseRecord(
        id: id, subject: person, onset: LocalDay(iso8601: "2020-08-05"), createdAt: Self.now),
      note: AuditNote(at: Self.now, actor: "test", action: "case add", object: id, purpose: ""))
    if let division { try desk.accounts.accounts.assign(id, to: division) }
  }
}
