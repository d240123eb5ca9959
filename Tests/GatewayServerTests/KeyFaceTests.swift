import ExposureStorage
import ForeignCodes
import Foundation
import Testing
import VenueCodes

@testable import GatewayServer

@Suite("Keys and revocations for anybody")
struct KeyFaceTests {
  private let site: TestDeployment
  private let deployment: Deployment
  private let application: HTTPApplication

  init() throws {
    site = try TestDeployment()
    deployment = try site.deployment()
    let faces: [any Face] = [KeyFace(deployment), StatusFace { true }]
    application = HTTPApplication(
      faces: faces + [DescriptionFace(of: faces, version: "1")],
      workers: WorkerPool(threads: 1, capacity: 1))
  }

  private func get(_ path: String, _ fields: [(name: String, value: String)] = []) -> HTTPResponse {
    application.response(to: HTTPRequest(.get, path, fields: fields))
  }

  @Test("The documents are signed by the key in force", arguments: ["/keys", "/revocations"])
  func signs(path: String) throws {
    let answer = get(path)
    #expect(answer.status == 200)
    let digest = try #require(answer.header("Content-Digest"))
    let input = try #require(answer.header("Signature-Input"))
    let text = try #require(answer.header("Signature"))
    #expect(
      digest == "sha-256=:\(Base64Text.text(of: SHA256.digest(of: answer.body)[...])):")
    #expect(input.hasPrefix("checkin="))
    let base = SignedDocument.base(
      path: path, digest: digest, parameters: String(input.dropFirst(8)))
    let signature = try #require(
      Base64Text.bytes(
        of: Array(text.dropFirst(9).dropLast().utf8)[...], .standard, isPadded: true))
    let key = try #require(deployment.snapshot.keys.keys.first).publicKey
    let isValid = key.isValid(signature: signature.span, for: base.span)
    #expect(isValid)
    var other = base
    other[12] ^= 1
    let isOtherValid = key.isValid(signature: signature.span, for: other.span)
    #expect(!isOtherValid)
    // One document cannot stand for another.
    let moved = SignedDocument.base(
      path: "/other", digest: digest, parameters: String(input.dropFirst(8)))
    let isMovedValid = key.isValid(signature: signature.span, for: moved.span)
    #expect(!isMovedValid)
    #expect(input.contains("\"@path\";req"))
  }

  @Test("Who has a document is told so", arguments: ["/keys", "/revocations", "/openapi.json"])
  func caches(path: String) throws {
    let tag = try #require(get(path).header("ETag"))
    for known in [tag, "\"x\", \(tag)", "*"] {
      let answer = get(path, [("if-none-match", known)])
      #expect(answer.status == 304)
      #expect(answer.body.isEmpty)
    }
    #expect(get(path, [("If-None-Match", "\"x\"")]).status == 200)
  }

  @Test("A reload takes a revoked key and a new venue without a stop")
  func reloads() throws {
    let before = try #require(get("/keys").header("ETag"))
    #expect(deployment.fingerprint == deployment.fingerprint)
    let fingerprint = deployment.fingerprint
    _ = try site.vault.rotate(
      notBefore: TestDeployment.start, notAfter: TestDeployment.start + 86_400)
    #expect(deployment.fingerprint != fingerprint)
    try deployment.reload()
    #expect(get("/keys").header("ETag") != before)
  }

  @Test("A reload that fails leaves everything as it was")
  func keepsWhatItHad() throws {
    try Data("nonsense\n\"".utf8).write(
      to: URL(fileURLWithPath: site.folder + "/Venues/venues/hotel.csv"))
    #expect(throws: (any Error).self) { try deployment.reload() }
    #expect(get("/keys").status == 200)
    #expect(deployment.snapshot.generation == 0)
  }

  @Test("The description names every route, and no other")
  func describes() throws {
    let paths = try #require(get("/openapi.json").members["paths"] as? [String: Any])
    #expect(Set(paths.keys) == Set(application.routes.map(\.pattern)))
  }
}
