internal import ByteCompression
internal import Synchronization

/// The routes of all faces behind one function: it finds the route, and who asks, and has it
/// answered.
///
/// It knows no socket; `HTTPServer` feeds it, and so do tests.
public final class HTTPApplication: Sendable {
  /// What the head of a request comes to.
  enum Plan: Sendable {
    /// The route that takes it, by its place.
    case route(Int, parameters: [String: String], query: [(name: String, value: String)])
    /// The answer, which needs no body.
    case answer(HTTPResponse)
  }

  /// The routes.
  public let routes: [Route]
  /// What is measured.
  public let metrics: Metrics

  private let router: Router
  private let authenticators: [Access.Scheme: any Authenticator]
  private let workers: WorkerPool
  private let log: ServerLog
  private let measures: [RouteMeasures]
  private let unrouted: RouteMeasures
  private let draining = Atomic<Bool>(false)

  /// Puts faces together.
  ///
  /// - Parameters:
  ///   - faces: Whose routes to serve.
  ///   - authenticators: What finds out who asks, for each way that routes ask for.
  ///   - workers: The threads for what waits for a disk.
  ///   - metrics: Where to count.
  ///   - log: Where to say what went wrong.
  public init(
    faces: [any Face], authenticators: [Access.Scheme: any Authenticator] = [:],
    workers: WorkerPool, metrics: Metrics = Metrics(), log: ServerLog = .silent
  ) {
    routes = faces.flatMap(\.routes)
    for route in routes {
      if let scheme = route.access.scheme {
        precondition(
          authenticators[scheme] != nil,
          "\(route.pattern) needs \(scheme.rawValue), which nothing finds out")
      }
    }
    router = Router(routes)
    self.authenticators = authenticators
    self.workers = workers
    self.metrics = metrics
    self.log = log
    measures = routes.map {
      RouteMeasures(metrics, method: $0.method.rawValue, pattern: $0.pattern)
    }
    unrouted = RouteMeasures(metrics, method: "other", pattern: "other")
  }

  /// Whether new requests are refused because the server is about to stop.
  public var isDraining: Bool { draining.load(ordering: .relaxed) }

  /// Refuses new requests from now on.
  public func drain() { draining.store(true, ordering: .relaxed) }

  // MARK: The head

  /// Finds what takes a request, by its first line.
  ///
  /// - Parameters:
  ///   - method: As it was sent.
  ///   - target: As it was sent.
  /// - Returns: The route, or the answer that needs none.
  func plan(method: String, target: String) -> Plan {
    let (path, query) = HTTPApplication.cut(target)
    let known = HTTPMethod(rawValue: method == "HEAD" ? "GET" : method)
    switch router.match(known, path) {
    case .nothing: return .answer(Problem.notFound.response)
    case .otherMethods(let methods):
      let allowed = HTTPApplication.allowed(methods)
      if method == "OPTIONS" { return .answer(HTTPResponse.empty().adding("Allow", allowed)) }
      return .answer(Problem.methodNotAllowed.response.adding("Allow", allowed))
    case .route(let place, let parameters):
      guard let items = PercentEncoding.query(query) else {
        return .answer(
          Problem.badRequest("the query has an escape that is wrong, or too many parameters")
            .response)
      }
      return .route(place, parameters: parameters, query: items)
    }
  }

  /// Cuts what was asked for into path and query.
  static func cut(_ target: String) -> (path: Substring.UTF8View, query: Substring.UTF8View) {
    let text = target[...].utf8
    guard let mark = text.firstIndex(of: UInt8(ascii: "?")) else {
      return (text, target[target.endIndex...].utf8)
    }
    return (text[..<mark], text[text.index(after: mark)...])
  }

  private static func allowed(_ methods: [HTTPMethod]) -> String {
    var words = methods.map(\.rawValue)
    if words.contains("GET") { words.append("HEAD") }
    words.append("OPTIONS")
    return words.sorted().joined(separator: ", ")
  }

  /// Returns why the body that the head announces is not taken, or nil.
  func refusal(
    _ place: Int, length: Int?, isChunked: Bool, contentType: String?, coding: String?
  ) -> Problem? {
    let route = routes[place]
    if let length, length > route.maximumBody { return .tooLarge(route.maximumBody) }
    guard let body = route.operation.body else {
      guard length ?? 0 == 0, !isChunked else { return .tooLarge(0) }
      return nil
    }
    guard length != nil || isChunked else { return .lengthRequired }
    let type = (contentType ?? "").prefix { $0 != ";" }.lowercased()
    guard body.types.contains(where: { type.trimmed == $0[...] }) else {
      return .unsupportedMedia("send \(body.types.joined(separator: " or "))")
    }
    if let coding, coding.lowercased() != "identity",
      ContentCoding(rawValue: coding.lowercased()) == nil
    {
      return .unsupportedMedia("packed bodies are taken as gzip or zstd")
    }
    return nil
  }

  // MARK: The whole

  /// Answers a request whose route is known.
  ///
  /// - Parameters:
  ///   - request: Read to its end, its body as it was sent.
  ///   - place: The place of its route.
  ///   - reply: Where the answer goes.
  func handle(_ request: HTTPRequest, _ place: Int, _ reply: Reply) {
    let route = routes[place]
    guard !isDraining else { return reply.send(Problem.stopping.response) }
    guard route.work == .queued else { return answer(request, route, reply) }
    let isTaken = workers.add { self.answer(request, route, reply) }
    if !isTaken { reply.send(Problem.overloaded(retryAfter: 2).response) }
  }

  private func answer(_ request: HTTPRequest, _ route: Route, _ reply: Reply) {
    var request = request
    do throws(Problem) {
      // Who asks is found out first: what a stranger packed is not worth the work. Doors sign the
      // bytes as they are sent.
      if let scheme = route.access.scheme {
        guard let authenticator = authenticators[scheme] else { throw Problem.internalError }
        request.principal = try authenticator.principal(of: request, for: route.access)
      }
      if let coding = request.header("Content-Encoding") {
        request.body = try HTTPApplication.unpacked(
          request.sentBody, coding, limit: route.maximumBody)
      }
    } catch {
      reply.send(error.response)
      return
    }
    route.handle(request, reply)
  }

  private static func unpacked(
    _ body: [UInt8], _ coding: String, limit: Int
  ) throws(Problem) -> [UInt8] {
    guard let coding = ContentCoding(rawValue: coding.lowercased()) else { return body }
    do throws(UnpackingError) {
      return try coding.unpacked(body, limit: limit)
    } catch {
      switch error {
      case .tooLarge: throw .tooLarge(limit)
      case .damaged: throw .badRequest("the body is not whole \(coding.rawValue)")
      case .noMemory: throw .overloaded(retryAfter: 5)
      }
    }
  }

  /// Counts an answer.
  func measure(_ place: Int?, status: Int, milliseconds: Int64) {
    let measures = place.map { self.measures[$0] } ?? unrouted
    measures.note(status: status, milliseconds: milliseconds)
    if status == 500 {
      log.error("request-failed", [("route", place.map { routes[$0].pattern } ?? "other")])
    }
  }

  /// Answers a request as a server would, and waits for the answer.
  ///
  /// - Parameter request: The method and the target; parameters and query are found by the route.
  /// - Returns: The answer.
  public func response(to request: HTTPRequest) -> HTTPResponse {
    switch plan(method: request.method.rawValue, target: request.target) {
    case .answer(let response): return response.withDefaultHeaders
    case .route(let place, let parameters, let query):
      var request = request
      request.parameters = parameters
      request.queryItems = query
      if let problem = refusal(
        place, length: request.method.takesBody ? request.body.count : nil, isChunked: false,
        contentType: request.header("Content-Type"), coding: request.header("Content-Encoding"))
      {
        return problem.response.withDefaultHeaders
      }
      let box = AnswerBox()
      handle(request, place, Reply { box.put($0) })
      return box.wait().withDefaultHeaders
    }
  }
}

/// Holds an answer for who waits for it.
private final class AnswerBox: Sendable {
  private let answer = Mutex<HTTPResponse?>(nil)
  private let wake = Wakeup()

  func put(_ response: HTTPResponse) {
    answer.withLock { $0 = response }
    wake.broadcast()
  }

  func wait() -> HTTPResponse {
    wake.wait { answer.withLock { $0 != nil } }
    return answer.withLock { $0 } ?? Problem.internalError.response
  }
}

extension StringProtocol {
  /// Without the spaces and tabs around it.
  var trimmed: SubSequence {
    var rest = self[...]
    while let first = rest.first, first == " " || first == "\t" { rest = rest.dropFirst() }
    while let last = rest.last, last == " " || last == "\t" { rest = rest.dropLast() }
    return rest
  }
}
