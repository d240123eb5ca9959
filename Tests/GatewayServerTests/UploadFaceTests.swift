import EvidenceIntake
import ExposureStorage
import JSONText
import Presence
import TestSupport
import Testing
import VenueCodes
import VenueRegistry

@testable import GatewayServer

@Suite("Uploads of a case's phone over HTTP") struct UploadFaceTests {
  private let gateway: StaffFixture
  private let application: HTTPApplication
  private var now: Int64 { StaffFixture.now }
  private var store: ExposureStore { gateway.deployment.store }

  init() throws {
    gateway = try StaffFixture()
    try gateway.addCase("BN-1", StaffFixture.person(0), division: "303")
    application = Self.application(gateway)
  }

  private static func application(
    _ gateway: StaffFixture, limits: UploadFace.Limits = UploadFace.Limits()
  ) -> HTTPApplication {
    HTTPApplication(
      faces: [UploadFace(gateway.deployment, limits: limits)],
      workers: WorkerPool(threads: 1, capacity: 8))
  }

  private func send(
    _ body: String, to application: HTTPApplication? = nil, at time: Int64 = StaffFixture.now,
    from client: ClientAddress = .none
  ) -> HTTPResponse {
    let padded = body.dropLast() + (body.count > 2 ? "," : "") + "\"padding\":\""
    let room = max(0, UploadRequest.length - padded.utf8.count - 2)
    return (application ?? self.application).response(
      to: HTTPRequest(
        .post, "/uploads", fields: [("Content-Type", "application/json")],
        body: Array((padded + String(repeating: "x", count: room) + "\"}").utf8), client: client,
        receivedAt: time * 1_000))
  }

  private func code(of id: String = "BN-1", at time: Int64 = StaffFixture.now) throws -> String {
    var generator = SystemRandomNumberGenerator()
    return try UploadFace.makeCode(
      ofCase: id, in: store, using: &generator,
      note: AuditNote(at: time, actor: "test", action: "case upload-code", object: id, purpose: "")
    ).code
  }

  // MARK: Check-ins

  private func secretBytes(_ number: UInt8) -> [UInt8] { (0..<32).map { number &+ $0 } }

  private func secret(_ number: UInt8) throws -> CheckInSecret {
    let bytes = secretBytes(number)
    return try CheckInSecret(SecretBytes(copying: bytes.span))
  }

  private func stored(_ number: UInt8) throws -> Pseudonym {
    let (high, low) = try secret(number).pseudonym.storedPseudonym(
      with: gateway.deployment.vault.subjectHash())
    return Pseudonym(high: high, low: low)
  }

  private func row(
    _ number: UInt8, at venue: Venue? = nil, _ time: Int64
  ) throws -> Evidence { try row(number, .scanIn, at: venue, time) }

  private func row(
    _ number: UInt8, _ kind: Evidence.Kind, at venue: Venue? = nil, _ time: Int64
  ) throws -> Evidence {
    Evidence(
      id: EvidenceID(high: UInt64(time), low: UInt64(number) << 8 | UInt64(kind.rawValue)),
      kind: kind, subject: try stored(number), venue: (venue ?? gateway.venue).id, start: time,
      grade: 1, gateway: "gate", receivedAt: time)
  }

  private func entry(
    _ number: UInt8, named: UInt8? = nil, at venue: Venue? = nil, _ time: Int64
  ) throws -> String {
    let name = Base64URL.text(of: try secret(named ?? number).pseudonym.bytes)
    return """
      {"secret":"\(Base64URL.text(of: secretBytes(number)))","check_in":"\(name)",\
      "venue":"\((venue ?? gateway.venue).id)",\
      "at":"\(ISO8601.format(time, in: gateway.deployment.calendar))"}
      """
  }

  private func body(_ code: String?, _ entries: [String]) -> String {
    let code = code.map { "\"code\":\"\($0)\"," } ?? ""
    return "{\(code)\"check_ins\":[\(entries.joined(separator: ","))]}"
  }

  private func findings(_ response: HTTPResponse) throws -> [String] {
    try #require(try gateway.body(response)["check_ins"]?.array)
      .compactMap { $0.object?["finding"]?.string }
  }

  // MARK: Tests

  @Test("A30: health staff make a code in their scope, audited; its check-ins are the case's")
  func makesCodes() throws {
    let token = try gateway.session("lan")
    try gateway.addCase("BN-9", StaffFixture.person(9), division: "304")
    #expect(gateway.post("/cases/BN-9/upload-codes", "{}", token).status == 403)
    #expect(try gateway.lastNote().detail == "out of scope")
    #expect(gateway.post("/cases/BN-8/upload-codes", "{}", token).status == 404)
    #expect(gateway.post("/cases/BN-1/upload-codes", "{}").status == 401)
    let made = gateway.post("/cases/BN-1/upload-codes", "{}", token)
    #expect(made.status == 201)
    #expect(
      try gateway.lastNote().action == "case upload-code" && gateway.lastNote().actor == "lan")
    let text = try #require(try gateway.body(made)["code"]?.string)
    #expect(!(try gateway.lastNote().detail.contains(text)))
    _ = try store.append([
      row(1, now - 7_200), row(1, .scanOut, now - 5_400),
      row(2, at: gateway.otherVenue, now - 3_600),
    ])
    try gateway.visit([StaffFixture.person(7)], at: gateway.venue, from: now - 7_200)
    let answer = send(
      body(text, [try entry(1, now - 7_200), try entry(2, at: gateway.otherVenue, now - 3_600)]))
    #expect(answer.status == 200)
    #expect(try findings(answer) == ["taken", "taken"])
    let note = try gateway.lastNote()
    #expect(note.action == "case upload" && note.object == "BN-1" && note.detail == "2 taken")
    let rows = try gateway.rows(gateway.get("/cases/BN-1/exposures", token))
    #expect(rows.count == 1)
    #expect(rows.first?["contact"]?.string == "\(StaffFixture.person(7))")
  }

  @Test("A30: a wrong, a used and an expired code have one and the same answer, and do nothing")
  func badCodes() throws {
    _ = try store.append([row(1, now - 600), row(2, now - 600)])
    let used = try code()
    let old = try code(at: now - 72 * 3_600)
    #expect(send(body(used, [try entry(1, now - 600)])).status == 200)
    let entries = [try entry(2, now - 600)]
    let lines = try store.auditEntries().count
    let answers = [used, old, "0000-0000-0000-0000", "no code", ""].map {
      send(body($0, entries))
    }
    for answer in answers {
      #expect(answer.status == 403 && answer.body == answers[0].body)
    }
    #expect(try store.auditEntries().count == lines)
    // As it is typed from a letter.
    let typed = try code().lowercased().replacing("-", with: " ").replacing("0", with: "o")
    #expect(try findings(send(body(typed, entries))) == ["taken"])
  }

  @Test("A30: guesses are counted before they are looked at, of one network and of all")
  func limits() throws {
    var limits = UploadFace.Limits()
    limits.client = RateLimit(burst: 3, perSecond: 0)
    limits.overall = RateLimit(burst: 5, perSecond: 0)
    let application = Self.application(gateway, limits: limits)
    let good = body(try code(), [])
    let one = try #require(ClientAddress("192.0.2.1"))
    let other = try #require(ClientAddress("198.51.100.1"))
    let third = try #require(ClientAddress("203.0.113.1"))
    let wrong = body("0000-0000-0000-0000", [])
    let statuses = [
      send(wrong, to: application, from: one), send("{}", to: application, from: one),
      send(body(nil, []), to: application, from: one), send(good, to: application, from: one),
      send(wrong, to: application, from: other), send(wrong, to: application, from: other),
      send(good, to: application, from: third),
    ].map(\.status)
    #expect(statuses == [403, 422, 200, 429, 403, 403, 429])
    #expect(send(good).status == 200)
  }

  @Test("A31: each check-in is judged by itself, and told why")
  func judges() throws {
    _ = try store.append([
      row(1, now - 7_200), row(2, now - 22 * 86_400), row(4, now - 600),
      row(6, now - 600), row(8, at: gateway.otherVenue, now - 7_200),
      row(8, .scanOut, at: gateway.otherVenue, now - 6_000),
      row(1, .scanOut, now - 3_600), row(9, now - 50_000),
    ])
    let answer = send(
      body(
        try code(),
        [
          try entry(1, now - 7_200), try entry(1, now - 7_200), try entry(2, now - 22 * 86_400),
          try entry(3, now - 600), try entry(4, named: 5, now - 600), try entry(6, now + 3_600),
          try entry(6, at: gateway.otherVenue, now - 600), try entry(9, now - 600),
          try entry(8, at: gateway.otherVenue, now - 7_200),
        ]))
    #expect(
      try findings(answer) == [
        "taken", "repeated", "too-old", "unknown", "wrong-secret", "future", "elsewhere",
        "elsewhere", "taken",
      ])
    let overlaps = try #require(try gateway.body(answer)["check_ins"]?.array)
      .map { $0.object?["overlaps"]?.bool ?? false }
    #expect(overlaps == [true] + [Bool](repeating: false, count: 7) + [true])
    #expect(try gateway.lastNote().detail.hasSuffix("2 at two venues at once"))
    _ = try gateway.addCase("BN-2", StaffFixture.person(3), division: "303")
    let rival = send(body(try code(of: "BN-2"), [try entry(1, now - 7_200)]))
    #expect(try findings(rival) == ["other-person"])
  }

  @Test("A31: more than fifty of one day are not taken")
  func tooMany() throws {
    _ = try store.append(try (0..<60).map { try row($0, now - 3_600) })
    let answer = send(body(try code(), try (0..<60).map { try entry($0, now - 3_600) }))
    let all = try findings(answer)
    #expect(all.prefix(50).allSatisfy { $0 == "taken" })
    #expect(all.count == 60 && all.dropFirst(50).allSatisfy { $0 == "too-many" })
  }

  @Test("A35: dummies and uploads are of one length, and so are their answers")
  func lengths() throws {
    _ = try store.append([row(1, now - 600)])
    let answers = [
      send(body(nil, [])), send(body(nil, [try entry(1, now - 600)])),
      send(body(try code(), [])), send(body(try code(), [try entry(1, now - 600)])),
      send(body(try code(), try (0..<200).map { try entry($0, now - 86_400) })),
    ]
    for answer in answers {
      #expect(answer.status == 200 && answer.body.count == UploadFace.answerLength)
      #expect(answer.headers.map(\.value) == answers[0].headers.map(\.value))
    }
    #expect(try findings(answers[1]).isEmpty && findings(answers[4]).count == 200)
  }

  @Test("A receipt that waited for its secret counts once the upload came; a forged one never does")
  func receipts() throws {
    let step = try #require(ScreenStep(at: now - 600))
    let genuine = CheckInReceipt(
      venue: gateway.venue.id, zone: 0, step: step, secret: try secret(1))
    var bytes = genuine.bytes
    bytes[28] ^= 1
    let forged = try CheckInReceipt(bytes: bytes.span)
    func unproved(_ receipt: CheckInReceipt) throws -> Evidence {
      Evidence(
        id: EvidenceID(ofReceipt: receipt, kind: .gatewayScan), kind: .gatewayScan,
        subject: try stored(1),
        venue: receipt.venue, zone: receipt.zone, start: step.start, status: .unproved,
        gateway: "gate", receivedAt: now)
    }
    _ = try store.append([unproved(forged)])
    let entries = [try entry(1, step.start)]
    #expect(try findings(send(body(try code(), entries))) == ["unknown"])
    _ = try store.append([unproved(genuine)])
    #expect(try findings(send(body(try code(), entries))) == ["taken"])
    let day = gateway.deployment.calendar.day(of: now)
    let accepted = try store.scans(from: day, to: day).filter { $0.status == .accepted }
    #expect(accepted.count == 1)
    #expect(accepted.first?.grade == 2 && accepted.first?.start == step.start)
    // The same again makes no second row.
    #expect(try findings(send(body(try code(), entries))) == ["taken"])
    #expect(try store.scans(from: day, to: day).count { $0.status == .accepted } == 1)
  }

  @Test("What is no upload is refused, and names the member only")
  func refusals() throws {
    let good = try entry(1, now)
    for text in [
      "{\"x\":1}", "{\"check_ins\":1}", "{\"code\":1,\"check_ins\":[]}", "{\"check_ins\":[1]}",
      body(nil, [good.replacing("secret", with: "proof")]),
      body(nil, [good.replacing(":\"20", with: ":\"x")]),
      body(nil, [good.replacing("venue\":\"", with: "venue\":\"!")]),
      body(nil, [good.replacing("check_in\":\"", with: "check_in\":\"A")]),
      body(nil, [String](repeating: good, count: 201)),
    ] {
      let answer = send(text)
      #expect([422, 413].contains(answer.status), "\(text.prefix(60))")
      #expect(
        !String(decoding: answer.body, as: UTF8.self).contains(Base64URL.text(of: secretBytes(1))))
    }
    for count in [0, 2, UploadRequest.length - 1] {
      #expect(throws: Problem.self) { try UploadRequest([UInt8](repeating: 0x20, count: count)) }
    }
    #expect(throws: Problem.self) {
      try UploadRequest([UInt8](repeating: 0x5b, count: UploadRequest.length))
    }
  }
}
