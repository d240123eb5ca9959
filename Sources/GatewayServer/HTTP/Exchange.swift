internal import CMicroHTTPD
internal import Synchronization

/// One request from its first line until its answer was read.
///
/// All of it runs on the connection's thread but the delivery of an answer, which may come from any.
final class Exchange: Sendable {
  private enum Delivery {
    /// The handler has not returned, or was not asked yet.
    case open
    /// The answer came before the handler returned.
    case ready(@Sendable () -> HTTPResponse)
    /// The connection sleeps until the answer comes.
    case asleep(Waking)
    /// The answer was handed to the library.
    case done
  }

  /// A connection that sleeps: nobody but who delivers the answer touches it.
  private struct Waking: @unchecked Sendable {
    let connection: OpaquePointer
  }

  /// What only the connection's thread touches.
  private struct Reading {
    var method = ""
    var fields: [(name: String, value: String)] = []
    var body: [UInt8] = []
    var plan: HTTPApplication.Plan?
    /// The answer that was decided on before the body was read to its end.
    var refusal: HTTPResponse?
    var isAsked = false
    var isAnsweredEarly = false
    var isCounted = false
    var reserved = 0
    /// How long the body may get: as it was announced, or the route's limit.
    var expected = 0
    var skipped = 0
    var status = 0

    func field(_ name: String) -> String? {
      fields.first { $0.name.isSameField(as: name) }?.value
    }

    /// The value of the last line of a field that may come in many.
    func lastField(_ name: String) -> String? {
      fields.last { $0.name.isSameField(as: name) }?.value
    }

    /// Whether the body was announced to be short, for which a part of the memory is kept.
    var isSmall: Bool { expected <= HTTPServer.smallBody }
  }

  private let server: HTTPServer
  private let connection: ConnectionState
  private let target: String
  private let began: Int64
  // The library calls on one thread at a time for a connection, so this is never waited for.
  private let reading = Mutex(Reading())
  private let delivery = Mutex(Delivery.open)

  init(server: HTTPServer, connection: ConnectionState, target: String) {
    self.server = server
    self.connection = connection
    self.target = target
    began = MonotonicClock.milliseconds
    connection.expect(within: Int64(server.limits.requestSeconds) * 1_000)
  }

  // MARK: Reading

  func receivedHead(_ library: OpaquePointer, method: String) {
    reading.withLock { reading in
      reading.method = method
      reading.fields = Exchange.fields(of: library)
      let plan = server.application.plan(method: method, target: target)
      reading.plan = plan
      switch plan {
      case .answer(let response):
        // A body, if there is one, is read to its end where it is short: then the connection lives.
        reading.refusal = response
      case .route(let place, _, _):
        decide(place, library, &reading)
      }
      let length = reading.field("Content-Length").flatMap { Int($0) }
      if reading.refusal != nil, length ?? 0 > Exchange.mostSkipped {
        answerEarly(library, &reading)
      }
    }
  }

  /// How much of a body that nobody wants is read, so that the client sees its answer.
  private static let mostSkipped = 65_536

  private func decide(_ place: Int, _ library: OpaquePointer, _ reading: inout Reading) {
    let text = reading.field("Content-Length")
    let length = text.flatMap { Int($0) }
    let isChunked = reading.field("Transfer-Encoding") != nil
    if let problem = server.application.refusal(
      place, length: length, isChunked: isChunked, contentType: reading.field("Content-Type"),
      coding: reading.field("Content-Encoding"))
    {
      reading.refusal = problem.response
      return
    }
    // What was announced costs nothing yet: memory is taken for what comes.
    reading.expected = isChunked ? server.application.routes[place].maximumBody : length ?? 0
  }

  private func answerEarly(_ library: OpaquePointer, _ reading: inout Reading) {
    guard let response = reading.refusal else { return }
    reading.isAnsweredEarly = true
    reading.status = response.status
    _ = write(response.adding("Connection", "close"), to: library)
  }

  func receivedBody(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    reading.withLock { reading in
      if reading.refusal != nil {
        reading.skipped += bytes.count
        return reading.skipped <= Exchange.mostSkipped
      }
      guard case .route(let place, _, _) = reading.plan else { return false }
      let limit = server.application.routes[place].maximumBody
      let count = reading.body.count + bytes.count
      guard count <= limit else {
        // What said no length turns out to be too long.
        reading.refusal = Problem.tooLarge(limit).response
        forget(&reading)
        return true
      }
      guard count <= reading.reserved || makeRoom(for: count, &reading) else {
        reading.refusal = Problem.overloaded(retryAfter: 5).response
        forget(&reading)
        return true
      }
      reading.body.append(contentsOf: bytes)
      // By what has come, and not by what is to come: who announces much buys no time.
      connection.expect(
        by: began + Int64(server.limits.requestSeconds) * 1_000
          + Int64(count) * 1_000 / Int64(server.limits.leastBytesPerSecond))
      return true
    }
  }

  /// Takes memory for a body that grows: twice what there was where that is free, else what it needs.
  private func makeRoom(for count: Int, _ reading: inout Reading) -> Bool {
    let generous = max(count, min(max(16_384, reading.reserved * 2), reading.expected))
    for room in generous == count ? [count] : [generous, count] {
      guard server.reserve(room - reading.reserved, isSmall: reading.isSmall) else { continue }
      reading.reserved = room
      reading.body.reserveCapacity(room)
      return true
    }
    return false
  }

  private func forget(_ reading: inout Reading) {
    server.release(reading.reserved)
    reading.reserved = 0
    reading.body = []
  }

  private static func fields(of library: OpaquePointer) -> [(name: String, value: String)] {
    var fields: [(name: String, value: String)] = []
    withUnsafeMutablePointer(to: &fields) { pointer in
      checkin_http_each_field(library, pointer) { context, name, nameCount, value, valueCount in
        guard let context, let name, let value else { return }
        let fields = context.assumingMemoryBound(to: [(name: String, value: String)].self)
        fields.pointee.append(
          (Exchange.text(name, nameCount), Exchange.text(value, valueCount)))
      }
    }
    return fields
  }

  private static func text(_ start: UnsafePointer<CChar>, _ count: Int) -> String {
    String(
      decoding: UnsafeRawBufferPointer(start: UnsafeRawPointer(start), count: count), as: UTF8.self)
  }

  // MARK: Answering

  /// Called when all was read, and again when the connection was woken.
  func received(_ library: OpaquePointer) {
    let request: (HTTPRequest, Int)? = reading.withLock { reading in
      guard !reading.isAsked, !reading.isAnsweredEarly else { return nil }
      reading.isAsked = true
      if let refusal = reading.refusal {
        delivery.withLock { $0 = .ready { refusal } }
        return nil
      }
      guard case .route(let place, let parameters, let query) = reading.plan else { return nil }
      return (self.request(&reading, parameters, query), place)
    }
    if let (request, place) = request {
      connection.expectNothing()
      reading.withLock { $0.isCounted = true }
      server.asked()
      server.application.handle(request, place, Reply(making: { [self] in deliver($0) }))
    }
    let make: (@Sendable () -> HTTPResponse)? = delivery.withLock { delivery in
      switch delivery {
      case .ready(let make):
        delivery = .done
        return make
      case .open where request != nil:
        delivery = .asleep(Waking(connection: library))
        server.fellAsleep()
        checkin_http_suspend(library)
        return nil
      case .open, .asleep, .done: return nil
      }
    }
    guard let make else { return }
    let response = make()
    if request == nil, reading.withLock({ $0.isCounted }) { server.awoke() }
    reading.withLock { $0.status = response.status }
    connection.expect(
      within: Int64(server.limits.answerSeconds) * 1_000
        + Int64(response.body.count) * 1_000 / Int64(server.limits.leastBytesPerSecond))
    _ = write(
      server.application.isDraining ? response.adding("Connection", "close") : response,
      to: library)
  }

  private func request(
    _ reading: inout Reading, _ parameters: [String: String],
    _ query: [(name: String, value: String)]
  ) -> HTTPRequest {
    let (path, _) = HTTPApplication.cut(target)
    var request = HTTPRequest(
      HTTPMethod(rawValue: reading.method == "HEAD" ? "GET" : reading.method) ?? .get,
      PercentEncoding.decoded(path) ?? "", target: target, parameters: parameters, query: query,
      fields: reading.fields, body: reading.body,
      client: server.client(connection.peer, forwarded: reading.lastField("X-Forwarded-For")),
      receivedAt: server.now())
    request.sentBody = reading.body
    reading.body = []
    return request
  }

  /// Takes the answer, on any thread.
  private func deliver(_ make: @escaping @Sendable () -> HTTPResponse) {
    let waking: Waking? = delivery.withLock { delivery in
      switch delivery {
      case .open:
        delivery = .ready(make)
        return nil
      case .asleep(let waking):
        delivery = .ready(make)
        return waking
      case .ready, .done: return nil
      }
    }
    if let waking { checkin_http_resume(waking.connection) }
  }

  private func write(_ response: HTTPResponse, to library: OpaquePointer) -> Bool {
    let response = response.withDefaultHeaders
    var text: [CChar] = []
    text.reserveCapacity(256)
    var places: [Int] = []
    for (name, value) in response.headers {
      for part in [name, value] {
        places.append(text.count)
        // Bytes that would end the field early have no way into an answer.
        for byte in part.utf8 where byte != 0 && byte != 13 && byte != 10 {
          text.append(CChar(bitPattern: byte))
        }
        text.append(0)
      }
    }
    let count = places.count / 2
    return text.withUnsafeBufferPointer { text in
      withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: count * 2) { all in
        // Names first, then values.
        for (place, start) in places.enumerated() {
          all[place % 2 * count + place / 2] = text.baseAddress.map { $0 + start }
        }
        return checkin_http_answer(
          library, UInt32(response.status), response.body, response.body.count, all.baseAddress,
          all.baseAddress.map { $0 + count }, count) != 0
      }
    }
  }

  /// Nothing more is heard of it.
  func completed() {
    let (plan, status, isCounted) = reading.withLock { reading in
      forget(&reading)
      return (reading.plan, reading.status, reading.isCounted)
    }
    if isCounted { server.completed() }
    connection.expect(within: Int64(server.limits.idleSeconds) * 1_000)
    var place: Int?
    if case .route(let route, _, _) = plan { place = route }
    server.application.measure(
      place, status: status, milliseconds: MonotonicClock.milliseconds - began)
  }
}
