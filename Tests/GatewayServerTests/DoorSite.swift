import DoorProtocol
import EvidenceIntake
import ExposureStorage
import GatewayServer
import Foundation
import Presence
import Synchronization
import TestSupport
import Testing
import VenueCodes
import VenueRegistry

/// A centre and a door without sockets: what one sends goes to the other's routes, or gets lost.
final class DoorSite: Sendable {
  /// What happens to a message on its way.
  enum Weather: Sendable {
    case fine
    /// Nothing arrives.
    case cut
    /// It arrives, and the answer does not.
    case answerLost
  }

  struct State: Sendable {
    var now: Int64 = 1_596_672_000_000
    /// How far the door's clock is ahead.
    var ahead: Int64 = 0
    var weather = Weather.fine
    var sent: [OutgoingRequest] = []
    var number: UInt64 = 1
    /// What answers in place of the first centre.
    var application: HTTPApplication?
  }

  let folder: TemporaryFolder
  let state = Mutex(State())
  let centre: ExposureStore
  let vault: KeyVault
  let deployment: Deployment
  let register: DoorRegister
  let application: HTTPApplication
  let edge: ExposureStore
  let edgeVault: KeyVault
  let edgeRegistry: RegistryFolder
  let own: [VenueID]
  let other: VenueID

  var now: Int64 { state.withLock { $0.now / 1_000 } }

  func set(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }

  init() throws {
    let folder = try TemporaryFolder()
    let path = folder.url.path
    var generator = SeededGenerator(seed: 7)
    let own = (0..<2).map { _ in VenueID.random(using: &generator) }
    let other = VenueID.random(using: &generator)
    let centreRegistry = RegistryFolder(path: path + "/venues")
    try centreRegistry.write(DoorSite.registry(own: own, other: other).files())
    let (centre, vault) = try DoorSite.makeStore("centre", in: path)
    let (edge, edgeVault) = try DoorSite.makeStore("edge", in: path)
    let register = try DoorRegister.open(inStore: centre.path)
    let deployment = try Deployment(
      store: centre, vault: vault, registryFolder: centreRegistry,
      configuration: GatewayConfiguration(), clock: { 1_596_672_000_000 })
    application = try DoorSite.application(deployment, register)
    self.folder = folder
    self.own = own
    self.other = other
    self.centre = centre
    self.vault = vault
    self.edge = edge
    self.edgeVault = edgeVault
    self.register = register
    self.deployment = deployment
    edgeRegistry = RegistryFolder(path: path + "/edge-venues")
  }

  private static func application(
    _ deployment: Deployment, _ register: DoorRegister
  ) throws -> HTTPApplication {
    HTTPApplication(
      faces: [try DoorFace(deployment, register: register)],
      authenticators: [.door: DoorAuthenticator(register)],
      workers: WorkerPool(threads: 2, capacity: 100))
  }

  /// Makes what answers doors for another store of the same centre.
  func application(of store: ExposureStore) throws -> HTTPApplication {
    try DoorSite.application(
      try Deployment(
        store: store, vault: vault, registryFolder: deployment.registryFolder,
        configuration: GatewayConfiguration(), clock: { 1_596_672_000_000 }),
      try DoorRegister.open(inStore: store.path))
  }

  private static func makeStore(
    _ name: String, in folder: String
  ) throws -> (ExposureStore, KeyVault) {
    let store = try ExposureStore.create(
      at: "\(folder)/\(name)", calendar: .haiPhong, createdAt: 1_596_600_000)
    let vault = try KeyVault.create(
      in: store.path + "/keys", secret: .keyFile("\(folder)/\(name).key"),
      notBefore: 1_596_600_000, notAfter: 1_800_000_000)
    return (store, vault)
  }

  static func registry(own: [VenueID], other: VenueID, name: String = "Chợ Sắt") -> Registry {
    func words(_ text: String) -> BilingualName { BilingualName(vietnamese: text, english: text) }
    func venue(_ id: VenueID, _ name: String, _ division: String) -> Venue {
      Venue(
        id: id, name: name, category: "market", agency: "city", division: division,
        zones: [Zone(number: 1, name: "Cổng")])
    }
    return Registry(
      categories: [
        VenueCategory(
          code: "market", wireNumber: 1, name: words("Chợ"), space: .closed,
          defaultStayMinutes: 60, isTailAllowed: true)
      ],
      agencies: [Agency(id: "city", name: words("UBND"), kind: .peoplesCommittee, division: "31")],
      divisions: [
        Division(code: "31", parent: nil, kind: "thành phố", name: "Hải Phòng"),
        Division(code: "303", parent: "31", kind: "quận", name: "Hồng Bàng"),
        Division(code: "304", parent: "31", kind: "quận", name: "Ngô Quyền"),
      ],
      venues: [
        venue(own[0], name, "303"), venue(own[1], "Chợ An Dương", "303"),
        venue(other, "Chợ Ga", "304"),
      ])
  }

  /// Carries a request to the centre.
  var transport: UpstreamTransport {
    { [self] request in
      let (now, weather) = state.withLock { state in
        state.sent.append(request)
        return (state.now, state.weather)
      }
      guard weather != .cut else { throw TransportError("no route") }
      let response = answer(to: request, at: now)
      guard weather != .answerLost else { throw TransportError("timed out") }
      return response
    }
  }

  func answer(to request: OutgoingRequest, at now: Int64) -> HTTPResponse {
    let target = String(request.url.dropFirst("http://centre".count))
    let application = state.withLock { $0.application } ?? application
    return application.response(
      to: HTTPRequest(
        request.method, target, target: target, fields: request.fields, body: request.body,
        receivedAt: now))
  }

  func client() throws -> UpstreamClient {
    UpstreamClient(
      url: "http://centre/", key: try edgeVault.doorKeys().signing, clock: doorClock,
      transport: transport)
  }

  var doorClock: @Sendable () -> Int64 {
    { [self] in state.withLock { $0.now + $0.ahead } }
  }

  /// Announces a door and has the edge join.
  func join(_ name: String = "market", passes: Bool = false) throws {
    var generator = SystemRandomNumberGenerator()
    let code = DoorCode(using: &generator)
    _ = try register.announce(
      name, scope: DoorScope.division("303").text, mayCheckPasses: passes, codeHash: code.hash,
      expiresAt: now + 1_000, at: now)
    let client = try client()
    let link = try client.join(
      code: code.text, boxKey: try edgeVault.doorKeys().box.publicKey, fingerprint: nil)
    let upstream = try UpstreamState.open(inStore: edge.path)
    _ = try client.refresh(link, state: upstream, vault: edgeVault, registry: edgeRegistry)
    try upstream.keep(link)
  }

  func upstream(
    batchRows: Int = 100, url: String? = nil, transport: UpstreamTransport? = nil
  ) throws -> Upstream {
    var settings = Upstream.Settings()
    settings.batchRows = batchRows
    return try Upstream(
      store: edge, vault: edgeVault, registry: edgeRegistry, url: url, settings: settings,
      clock: doorClock, transport: transport ?? self.transport)
  }

  /// Makes scans as the door stores them.
  func scans(
    _ count: Int, at venue: VenueID? = nil, grade: Int8 = 1, ago: Int64 = 0
  ) throws -> [Evidence] {
    let hash = try edgeVault.subjectHash()
    let first = state.withLock { state in
      defer { state.number += UInt64(count) }
      return state.number
    }
    return (0..<count).map { row in
      let (high, low) = hash.hash("visitor \(row % 10)")
      return Evidence(
        id: EvidenceID(high: 7, low: first + UInt64(row)), kind: .scan,
        subject: Pseudonym(high: high, low: low), venue: venue ?? own[0],
        start: now - ago + Int64(row % 50), grade: grade, gateway: "gate-1",
        receivedAt: now - ago)
    }
  }

  func rows(_ store: ExposureStore) throws -> [Evidence] {
    var rows: [Evidence] = []
    guard let first = try store.storedDays().first, let last = try store.storedDays().last else {
      return []
    }
    try store.forEachEvidence(from: first, to: last) { rows.append($0) }
    return rows
  }

  var standing: UpstreamStanding? { get throws { try UpstreamStanding(of: edge) } }
}
