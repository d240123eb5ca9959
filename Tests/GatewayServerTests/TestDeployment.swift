import ExposureStorage
import Foundation
import Presence
import Synchronization
import TestSupport
import VenueCodes
import VenueRegistry

@testable import GatewayServer

/// A store with keys, two venues and a clock that the test moves, in a folder that goes with it.
final class TestDeployment: Sendable {
  static let start: Int64 = 1_596_679_200  // 2020-08-06T09:00:00+07:00

  let folder: String
  let store: ExposureStore
  let vault: KeyVault
  let lines = Mutex<[String]>([])
  private let time = Mutex<Int64>(TestDeployment.start * 1_000)

  var milliseconds: Int64 { time.withLock { $0 } }

  func advance(seconds: Int64) { time.withLock { $0 += seconds * 1_000 } }

  init() throws {
    folder =
      FileManager.default.temporaryDirectory
      .appendingPathComponent("checkin-gateway-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(
      atPath: folder + "/Venues", withIntermediateDirectories: true)
    let original = TestEnvironment.packageRoot.appendingPathComponent("Venues").path
    for name in ["categories.csv", "agencies.csv", "divisions.csv", "venues"] {
      try FileManager.default.copyItem(
        atPath: "\(original)/\(name)", toPath: "\(folder)/Venues/\(name)")
    }
    store = try ExposureStore.create(
      at: folder + "/store", calendar: TestDeployment.calendar, createdAt: TestDeployment.start)
    vault = try KeyVault.create(
      in: folder + "/store/keys", secret: .keyFile(folder + "/store.key"),
      notBefore: TestDeployment.start - 86_400, notAfter: TestDeployment.start + 86_400 * 400)
  }

  deinit {
    try? store.close()
    try? FileManager.default.removeItem(atPath: folder)
  }

  static let calendar = LocalCalendar(
    zoneName: "Asia/Ho_Chi_Minh", fixedOffset: 7 * 3_600)

  func deployment(_ change: (inout GatewayConfiguration) -> Void = { _ in }) throws -> Deployment {
    var configuration = GatewayConfiguration()
    configuration.port = 0
    configuration.metricsPort = 0
    change(&configuration)
    let clock: @Sendable () -> Int64 = { [self] in milliseconds }
    return try Deployment(
      store: store, vault: vault, registryFolder: RegistryFolder(path: folder + "/Venues"),
      configuration: configuration, clock: clock,
      log: ServerLog(
        clock: clock,
        write: { [self] line in
          lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
        }))
  }

  /// The URL of a venue's poster that was signed here.
  func poster(
    of venue: String = "C4C6BHFZC", kind: PosterKind = .inAndOut, weeks: UInt8 = 40
  ) throws -> String {
    let (published, key) = try vault.currentSigningKey(at: TestDeployment.start)
    let token = try VenueToken(
      kind: kind, keyID: published.id, venue: VenueID(parsing: venue),
      firstDay: TestDeployment.calendar.day(of: TestDeployment.start).advanced(by: -1),
      weeksValid: weeks, serial: 1)
    return VenueCode(signing: token, with: key)
      .url(prefix: try URLPrefix(ExposureStore.defaultCodePrefix))
  }

  /// The evidence of the day, as it is in the store.
  func evidence() throws -> [Evidence] {
    let day = TestDeployment.calendar.day(of: TestDeployment.start)
    return try store.scans(from: day.advanced(by: -2), to: day.advanced(by: 2))
  }

  /// Posts a check-in to a face without a socket.
  static func post(
    _ application: HTTPApplication, _ json: String, at milliseconds: Int64,
    fields: [(name: String, value: String)] = [], client: ClientAddress = .none
  ) -> HTTPResponse {
    application.response(
      to: HTTPRequest(
        .post, "/checkins", fields: [("Content-Type", "application/json")] + fields,
        body: Array(json.utf8), client: client, receivedAt: milliseconds))
  }
}

extension HTTPResponse {
  /// The members of the JSON object in the body.
  var members: [String: Any] {
    (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any] ?? [:]
  }
}
