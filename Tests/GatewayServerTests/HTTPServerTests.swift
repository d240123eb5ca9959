import ByteCompression
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import GatewayServer

/// Routes that say what they got.
private struct EchoFace: Face {
  let held = Held()

  /// Answers that a test gives later.
  final class Held: Sendable {
    private let replies = Mutex<[Reply]>([])

    func add(_ reply: Reply) { replies.withLock { $0.append(reply) } }
    var count: Int { replies.withLock { $0.count } }

    func release(_ response: HTTPResponse?) {
      let all = replies.withLock { replies in
        defer { replies = [] }
        return replies
      }
      if let response { for reply in all { reply.send(response) } }
    }
  }

  private static func operation(_ id: String, body: Bool = false) -> GatewayServer.Operation {
    GatewayServer.Operation(
      id, "Echoes", tag: "test", body: body ? .json(.any) : nil,
      responses: [GatewayServer.Operation.Response(200, "Done")])
  }

  var routes: [Route] {
    let held = held
    return [
      Route(
        .get, "/echo/{word}", access: .anyone, operation: EchoFace.operation("echo"),
        answer: { request in
          .text("\(request.parameters["word"] ?? "-") \(request.query("q") ?? "-")")
        }),
      Route(
        .post, "/echo", access: .anyone, operation: EchoFace.operation("post", body: true),
        maximumBody: 1_000, answer: { HTTPResponse(status: 200, body: $0.body) }),
      Route(
        .post, "/work", access: .anyone, operation: EchoFace.operation("work", body: true),
        work: .queued, maximumBody: 1_000_000, answer: { HTTPResponse(status: 200, body: $0.body) }),
      Route(
        .get, "/later", access: .anyone, operation: EchoFace.operation("later"),
        handle: { _, reply in held.add(reply) }),
      Route(
        .get, "/fails", access: .anyone, operation: EchoFace.operation("fails"),
        answer: { _ in throw Problem.forbidden("not you") }),
      Route(
        .get, "/large", access: .anyone, operation: EchoFace.operation("large"),
        answer: { _ in HTTPResponse(status: 200, body: Array(repeating: 0x61, count: 4 << 20)) }),
    ]
  }
}

@Suite("The server")
struct HTTPServerTests {
  private let face = EchoFace()
  private let server: HTTPServer
  private let workers = WorkerPool(threads: 2, capacity: 8)

  init() throws {
    server = try Self.start(face, workers)
  }

  private static func start(
    _ face: EchoFace, _ workers: WorkerPool, _ change: (inout ServerLimits) -> Void = { _ in }
  ) throws -> HTTPServer {
    var limits = ServerLimits()
    change(&limits)
    return try HTTPServer(
      HTTPApplication(faces: [face], workers: workers),
      on: ListeningSocket(address: "127.0.0.1", port: 0), limits: limits,
      proxies: [], clock: { 1_000 })
  }

  @Test("Requests follow each other on one connection, and escapes are undone once")
  func keepsAlive() throws {
    defer { server.stop(within: 1_000) }
    let client = try HTTPClient(port: server.port)
    #expect(try client.request("GET", "/echo/a%2Fb%25?q=x+y%26").text == "a/b% x y&")
    #expect(try client.request("GET", "/echo/%C3%A9?q=%").status == 400)
    #expect(try client.request("GET", "/echo/%ff").status == 404)
    #expect(try client.request("GET", "/echo/%00").status == 404)
    #expect(try client.request("HEAD", "/echo/x").status == 200)
    #expect(try client.request("GET", "/nothing").status == 404)
    #expect(try client.request("GET", "/fails").status == 403)
    let other = try client.request("PUT", "/echo/x", body: [1, 2, 3])
    #expect(other.status == 405)
    #expect(other.fields["allow"] == "GET, HEAD, OPTIONS")
    #expect(other.fields["content-type"] == "application/problem+json")
    let options = try client.request("OPTIONS", "/echo")
    #expect(options.status == 204)
    #expect(options.fields["allow"] == "OPTIONS, POST")
    #expect(try client.post("/echo", json: "{}").text == "{}")
  }

  @Test("A body must be announced, of a type that is taken, and not too long")
  func limitsBodies() throws {
    defer { server.stop(within: 1_000) }
    let client = try HTTPClient(port: server.port)
    #expect(
      try client.request("POST", "/echo", ["Content-Type": "application/json"]).status == 411)
    #expect(
      try client.request("POST", "/echo", ["Content-Type": "text/plain"], body: [0x61]).status
        == 415)
    #expect(try client.request("POST", "/echo", body: [0x61]).status == 415)
    #expect(
      try client.request("POST", "/echo", ["Content-Type": " Application/JSON ; x"], body: [0x61])
        .status == 200)
    let long = String(repeating: "a", count: 1_001)
    #expect(try client.post("/echo", json: long).status == 413)
    // The connection lives on after a body that was a little too long.
    #expect(try client.post("/echo", json: "{}").status == 200)
    let chunked =
      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
      + "Transfer-Encoding: chunked\r\n\r\n"
    client.send(chunked + "3\r\nabc\r\n0\r\n\r\n")
    #expect(try client.answer().text == "abc")
    client.send(chunked + "3e9\r\n\(long)\r\n0\r\n\r\n")
    #expect(try client.answer().status == 413)
  }

  @Test("A body that is far too long is refused before it is sent")
  func refusesHugeBodies() throws {
    defer { server.stop(within: 1_000) }
    let client = try HTTPClient(port: server.port)
    client.send(
      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        + "Content-Length: 99999999999\r\n\r\n")
    #expect(try client.answer().status == 413)
    #expect(client.isClosed())
  }

  @Test("A body that is announced and does not come takes no memory from others")
  func reservesWhatComes() throws {
    server.stop(within: 0)
    let strict = try Self.start(face, workers) { $0.bodyMemory = 1_000_000 }
    defer { strict.stop(within: 1_000) }
    let head =
      "POST /work HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
      + "Content-Length: 1000000\r\n\r\n"
    let idle = try (0..<8).map { _ in try HTTPClient(port: strict.port) }
    for client in idle { client.send(head) }
    let client = try HTTPClient(port: strict.port)
    #expect(try client.post("/work", json: String(repeating: "x", count: 300_000)).status == 200)
    // The answer is there a moment before its request is forgotten.
    for _ in 0..<500 where strict.bodyBytesInUse != 0 { usleep(10_000) }
    #expect(strict.bodyBytesInUse == 0)
  }

  @Test("Large bodies leave room for check-ins")
  func keepsRoomForSmallBodies() throws {
    server.stop(within: 0)
    let strict = try Self.start(face, workers) { $0.bodyMemory = 100_000 }
    defer { strict.stop(within: 1_000) }
    let large = try HTTPClient(port: strict.port)
    large.send(
      "POST /work HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        + "Content-Length: 1000000\r\n\r\n" + String(repeating: "x", count: 74_000))
    while strict.bodyBytesInUse < 74_000 { usleep(1_000) }
    let other = try HTTPClient(port: strict.port)
    #expect(try other.post("/work", json: String(repeating: "x", count: 20_000)).status == 503)
    #expect(try other.post("/echo", json: "{}").status == 200)
  }

  @Test("Every answer says what a browser must not do, and a face may say more")
  func sendsSecurityHeaders() throws {
    defer { server.stop(within: 1_000) }
    let client = try HTTPClient(port: server.port)
    for path in ["/echo/x", "/nothing", "/fails"] {
      let fields = try client.request("GET", path).fields
      #expect(fields["x-content-type-options"] == "nosniff")
      #expect(fields["cache-control"] == "no-store")
      #expect(fields["referrer-policy"] == "no-referrer")
      #expect(fields["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'")
    }
    let own = HTTPResponse.text("x").adding("Cache-Control", "public").withDefaultHeaders
    #expect(own.headers.filter { $0.name == "Cache-Control" }.map(\.value) == ["public"])
  }

  @Test("A client behind a proxy is whom the last line of X-Forwarded-For names last")
  func believesTheLastProxy() throws {
    server.stop(within: 0)
    let seen = Mutex<[ClientAddress]>([])
    struct AddressFace: Face {
      let note: @Sendable (ClientAddress) -> Void
      var routes: [Route] {
        [
          Route(
            .get, "/who", access: .anyone,
            operation: GatewayServer.Operation("who", "Notes", tag: "test", responses: []),
            answer: { request in
              note(request.client)
              return .empty()
            })
        ]
      }
    }
    let notes: @Sendable (ClientAddress) -> Void = { one in seen.withLock { $0.append(one) } }
    let behind = try HTTPServer(
      HTTPApplication(faces: [AddressFace(note: notes)], workers: workers),
      on: ListeningSocket(address: "127.0.0.1", port: 0),
      proxies: [try #require(ClientAddress("127.0.0.1"))], clock: { 1_000 })
    defer { behind.stop(within: 1_000) }
    let client = try HTTPClient(port: behind.port)
    client.send(
      "GET /who HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 198.51.100.1\r\n"
        + "X-Forwarded-For: 198.51.100.2, 198.51.100.3\r\n\r\n")
    #expect(try client.answer().status == 204)
    #expect(seen.withLock { $0 } == [try #require(ClientAddress("198.51.100.3"))])
  }

  @Test("A stranger's packed body is not unpacked before it is known who sends it")
  func authenticatesFirst() throws {
    defer { server.stop(within: 0) }
    struct Nobody: Authenticator {
      func principal(of request: HTTPRequest, for access: Access) throws(Problem) -> any Principal {
        throw Problem.forbidden("not you")
      }
    }
    struct DoorOnly: Face {
      var routes: [Route] {
        [
          Route(
            .post, "/door", access: .door,
            operation: GatewayServer.Operation(
              "door", "Takes", tag: "test", body: .json(.any), responses: []),
            maximumBody: 1_000, answer: { _ in .empty() })
        ]
      }
    }
    let application = HTTPApplication(
      faces: [DoorOnly()], authenticators: [.door: Nobody()], workers: workers)
    let answer = application.response(
      to: HTTPRequest(
        .post, "/door",
        fields: [("Content-Type", "application/json"), ("Content-Encoding", "zstd")],
        body: [1, 2, 3]))
    #expect(answer.status == 403)
  }

  @Test("A pool may go on its own thread, and a log whose reader is stuck holds nobody up")
  func goesAnywhere() throws {
    defer { server.stop(within: 0) }
    let done = DispatchSemaphore(value: 0)
    let gate = DispatchSemaphore(value: 0)
    do {
      let pool = WorkerPool(threads: 1, capacity: 1)
      let isTaken = pool.add { [pool] in
        gate.wait()
        withExtendedLifetime(pool) {}
        done.signal()
      }
      #expect(isTaken)
    }
    gate.signal()
    done.wait()
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    defer { for end in ends { close(end) } }
    let log = ServerLog.descriptor(ends[1], clock: { 0 })
    for _ in 0..<5_000 { log.info("serving") }
    #expect(log.droppedLines > 0)
    #expect(log.droppedLines < 5_000)
  }

  @Test("There are never more connections than files that may be open")
  func clampsConnections() {
    #expect(OpenFiles.connections(of: 12_000, files: 65_536) == 12_000)
    #expect(OpenFiles.connections(of: 12_000, files: 1_024) == 512)
    #expect(OpenFiles.connections(of: 12_000, files: 4) == 8)
    #expect(OpenFiles.raise() >= 64)
  }

  @Test("Packed bodies are unpacked; bombs and damaged ones are refused")
  func unpacks() throws {
    defer { server.stop(within: 1_000) }
    let client = try HTTPClient(port: server.port)
    func post(_ body: [UInt8], _ coding: String) throws -> HTTPClient.Answer {
      try client.request(
        "POST", "/echo", ["Content-Type": "application/json", "Content-Encoding": coding],
        body: body)
    }
    let small = Array(repeating: UInt8(ascii: "a"), count: 1_000)
    let bomb = Array(repeating: UInt8(ascii: "a"), count: 1_000_000)
    #expect(try post(try #require(ContentCoding.zstandard(small)), "zstd").body == small)
    #expect(try post(try #require(ContentCoding.zstandard(bomb)), "zstd").status == 413)
    #expect(try post(small, "zstd").status == 400)
    #expect(try post(small, "gzip").status == 400)
    #expect(try post(small, "br").status == 415)
  }

  @Test("An answer may come later, from another thread; one that never comes is 500")
  func answersLater() throws {
    defer { server.stop(within: 1_000) }
    let clients = try (0..<20).map { _ in try HTTPClient(port: server.port) }
    for client in clients { client.send("GET /later HTTP/1.1\r\nHost: x\r\n\r\n") }
    while face.held.count < clients.count { usleep(1_000) }
    #expect(server.unanswered == 20)
    face.held.release(.text("now"))
    for client in clients { #expect(try client.answer().text == "now") }
    clients[0].send("GET /later HTTP/1.1\r\nHost: x\r\n\r\n")
    while face.held.count < 1 { usleep(1_000) }
    face.held.release(nil)
    #expect(try clients[0].answer().status == 500)
    #expect(try clients[0].request("GET", "/echo/x").status == 200)
  }

  @Test("Work that waits for a disk is done elsewhere, within the queue")
  func queues() throws {
    defer { server.stop(within: 1_000) }
    let client = try HTTPClient(port: server.port)
    let body = String(repeating: "x", count: 300_000)
    #expect(try client.post("/work", json: body).text == body)
  }

  @Test("A stop answers what was asked, and closes")
  func drains() throws {
    let client = try HTTPClient(port: server.port)
    let idle = try HTTPClient(port: server.port)
    client.send("GET /later HTTP/1.1\r\nHost: x\r\n\r\n")
    while face.held.count < 1 { usleep(1_000) }
    let held = face.held
    Thread.detachNewThread {
      usleep(50_000)
      held.release(.text("late"))
    }
    #expect(server.stop(within: 10_000))
    let answer = try client.answer()
    #expect(answer.text == "late")
    #expect(idle.isClosed())
    #expect(throws: HTTPClient.Failure.self) {
      let late = try HTTPClient(port: server.port)
      _ = try late.request("GET", "/echo/x")
    }
  }

  @Test("Who sends slowly is cut off, whether in the head or in the body")
  func cutsSlowClients() throws {
    server.stop(within: 0)
    let strict = try Self.start(face, workers) {
      $0.idleSeconds = 1
      $0.requestSeconds = 1
      $0.leastBytesPerSecond = 1_000_000
    }
    defer { strict.stop(within: 1_000) }
    let silent = try HTTPClient(port: strict.port)
    let inHead = try HTTPClient(port: strict.port)
    inHead.send("GET /echo/x HTTP/1.1\r\nHos")
    let inBody = try HTTPClient(port: strict.port)
    inBody.send(
      "POST /work HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        + "Content-Length: 1000\r\n\r\nabc")
    for client in [silent, inHead, inBody] { #expect(client.isClosed()) }
    #expect(strict.application.metrics.text.contains("connections_cut_total 3"))
  }

  @Test("One address has so many connections and no more")
  func limitsConnections() throws {
    server.stop(within: 0)
    let strict = try Self.start(face, workers) { $0.connectionsPerAddress = 3 }
    defer { strict.stop(within: 1_000) }
    let clients = try (0..<3).map { _ in try HTTPClient(port: strict.port) }
    for client in clients { #expect(try client.request("GET", "/echo/x").status == 200) }
    let another = try HTTPClient(port: strict.port)
    #expect(another.isClosed())
  }

  @Test("A head that is too long is refused, and bytes that are no HTTP stop nothing")
  func refusesOtherBytes() throws {
    defer { server.stop(within: 1_000) }
    let long = try HTTPClient(port: server.port)
    long.send(
      "GET /echo/x HTTP/1.1\r\nHost: x\r\nX-Long: \(String(repeating: "a", count: 40_000))\r\n\r\n")
    // The library's own answer, or none: its limit is that of a connection's memory.
    if let answer = try? long.answer() { #expect([413, 414, 431].contains(answer.status)) }
    let seed: UInt64 = 42
    var generator = SeededGenerator(seed: seed)
    let words = [
      "GET ", "POST ", "/echo/x", " HTTP/1.1", "\r\n", "Host: x", "Content-Length: ", "-1", "5",
      "Transfer-Encoding: chunked", "\0", "ÿ", ":", "?", "%", "\r\n\r\n", "HTTP/9", "\t",
    ]
    for _ in 0..<200 {
      let client = try HTTPClient(port: server.port)
      let count = Int.random(in: 1...12, using: &generator)
      client.send(
        (0..<count).map { _ in words.randomElement(using: &generator) ?? "" }.joined())
    }
    let good = try HTTPClient(port: server.port)
    #expect(try good.request("GET", "/echo/x").status == 200)
  }

  @Test("A large answer arrives whole")
  func sendsLargeAnswers() throws {
    defer { server.stop(within: 1_000) }
    let client = try HTTPClient(port: server.port)
    #expect(try client.request("GET", "/large").body.count == 4 << 20)
  }
}
